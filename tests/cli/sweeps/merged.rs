//! Shards that are joined, or refused.

use std::fs;
use std::path::Path;

use plateau::search::Strategy;
use plateau::session::RunConfig;
use plateau::space::{Genotype, Space};
use plateau::study::compare::{Arm, Comparison, Entry, Judged, JudgedBy, TrainedRun};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::merge;
use crate::support::folder::folder;
use crate::support::outcome::failure;
use crate::support::program::plateau;
use crate::support::runs::{on_digits, over_in_seconds};

fn settings() -> RunConfig {
    let (search, train) = over_in_seconds(64);
    RunConfig {
        split_seed: Some(0),
        ..on_digits(Some(search), train)
    }
}

/// Two strategies and two seeds, of which these runs are finished.
fn shard(settings: RunConfig, runs: &[(Strategy, u64)], device: &str) -> Comparison {
    let arms = [Strategy::Random, Strategy::Darts].map(Arm::from);
    let judged_by = JudgedBy::Judge { epochs: 1 };
    let mut comparison = Comparison::new(settings, judged_by, &arms, &[0, 1]).unwrap();
    comparison.ran_on(device);
    for &(strategy, seed) in runs {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        comparison.add(Entry {
            strategy: strategy.into(),
            seed,
            run_dir: format!("{strategy}-{seed}"),
            genotype: Genotype::random(Space::NasBench201Small, &mut rng),
            accuracy: 80.0 + seed as f64,
            trained: Some(TrainedRun {
                test_images: 90,
                train_images: 210,
                seconds: 2.0,
            }),
            neighborhood: Judged::default(),
            residual: None,
            skips: 1,
            curve: Vec::new(),
            sharpness: None,
            multiply_adds: 1,
            search_seconds: 1.0,
        });
    }
    comparison
}

fn write(folder: &Path, name: &str, comparison: &Comparison) {
    fs::write(folder.join(name), comparison.to_json().unwrap()).unwrap();
}

fn read(folder: &Path) -> Comparison {
    let bytes = fs::read(folder.join("compare.json")).unwrap();
    Comparison::recognised(&bytes).unwrap().unwrap()
}

#[test]
fn shards_that_are_there_are_joined_and_what_is_missing_is_said() {
    let folder = folder("joined");
    fs::create_dir_all(&folder).unwrap();
    let [random, darts] = [Strategy::Random, Strategy::Darts];
    write(
        &folder,
        "compare-1-of-3.json",
        &shard(settings(), &[(darts, 1), (random, 0)], "one"),
    );
    write(
        &folder,
        "compare-3-of-3.json",
        &shard(settings(), &[(random, 0), (darts, 0)], "other"),
    );
    // What is none by its name is left alone.
    fs::write(folder.join("compare-old.json"), "{").unwrap();
    let said = merge(&folder);
    let missing: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("missing"))
        .collect();
    assert_eq!(missing, ["missing  random, seed 1"]);
    let joined = read(&folder);
    let runs: Vec<(u64, String)> = joined
        .entries
        .iter()
        .map(|entry| (entry.seed, entry.strategy.to_string()))
        .collect();
    let expected = [(0, "random"), (0, "darts"), (1, "darts")];
    assert_eq!(runs, expected.map(|(seed, name)| (seed, name.to_owned())));
    assert_eq!(joined.device, "one; other");
    assert!(!joined.extended);
    assert_eq!(joined.summaries[1].runs, 2);
    assert!(
        fs::read_to_string(folder.join("compare.md"))
            .unwrap()
            .contains("on one; other.")
    );
    // A shard that comes later is added.
    write(
        &folder,
        "compare-2-of-3.json",
        &shard(settings(), &[(random, 1)], "one"),
    );
    assert!(!merge(&folder).contains("missing  "));
    assert_eq!(read(&folder).entries.len(), 4);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_shard_that_asks_for_more_seeds_than_others_were_run_with_makes_a_comparison_that_was_added_to()
{
    let folder = folder("joined-more");
    fs::create_dir_all(&folder).unwrap();
    let first = shard(settings(), &[(Strategy::Darts, 0)], "one");
    let mut more = shard(settings(), &[], "one");
    more.seeds.push(2);
    // Whichever is read first.
    for names in [
        ["compare-1-of-2.json", "compare-2-of-2.json"],
        ["compare-2-of-2.json", "compare-1-of-2.json"],
    ] {
        for (name, comparison) in names.into_iter().zip([&first, &more]) {
            write(&folder, name, comparison);
        }
        merge(&folder);
        assert!(read(&folder).extended, "{names:?}");
        fs::remove_file(folder.join("compare.json")).unwrap();
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn shards_whose_images_lay_elsewhere_are_joined_where_the_images_are_the_same() {
    let folder = folder("joined-elsewhere");
    fs::create_dir_all(&folder).unwrap();
    let with = |dataset: &str, seed, images: Option<&str>| {
        let mut settings = settings();
        settings.dataset = dataset.into();
        let mut comparison = shard(settings, &[(Strategy::Darts, seed)], "one");
        comparison.images = images.map(str::to_owned);
        comparison
    };
    let [one, two] = ["compare-1-of-2.json", "compare-2-of-2.json"];
    write(&folder, one, &with("/home/images", 0, Some("a")));
    for images in [None, Some("b")] {
        write(&folder, two, &with("/scratch/images", 1, images));
        let line = failure(&plateau(&["compare", "--merge", folder.to_str().unwrap()]));
        assert!(line.contains("/scratch/images"), "{line}");
    }
    write(&folder, two, &with("/scratch/images", 1, Some("a")));
    merge(&folder);
    assert_eq!(read(&folder).entries.len(), 2);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_shard_of_another_comparison_and_a_damaged_one_are_one_line_and_nothing_is_lost() {
    let folder = folder("refused-shards");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.to_str().unwrap();
    let line = failure(&plateau(&["compare", "--merge", path]));
    assert!(line.contains("holds no results of a comparison"), "{line}");

    write(
        &folder,
        "compare-1-of-2.json",
        &shard(settings(), &[(Strategy::Darts, 0)], "one"),
    );
    merge(&folder);
    let before = fs::read(folder.join("compare.json")).unwrap();
    let mut other = settings();
    other.train.epochs = 9;
    let other = shard(other, &[(Strategy::Darts, 1)], "one")
        .to_json()
        .unwrap();
    let good = shard(settings(), &[(Strategy::Darts, 1)], "one")
        .to_json()
        .unwrap();
    let newer = good.replacen("\"version\": 2", "\"version\": 9", 1);
    let wrong = good.replacen("81.0", "181.0", 1);
    let mut again = shard(settings(), &[(Strategy::Darts, 0)], "one");
    again.entries[0].accuracy = 70.0;
    let again = again.to_json().unwrap();
    let cases: [(&str, &str); 7] = [
        (
            &again,
            "darts, seed 0, has another result there; remove one of the two",
        ),
        (&other, "compare-2-of-2.json is not of the comparison in "),
        (&other, "epochs is 9 there, 1 here"),
        (
            &good[..good.len() / 2],
            "compare-2-of-2.json: not a comparison: ",
        ),
        ("", "compare-2-of-2.json: not a comparison: "),
        (&newer, "a newer Plateau"),
        (&wrong, "has an accuracy of 181 %"),
    ];
    let file = folder.join("compare-2-of-2.json");
    for (text, words) in cases {
        fs::write(&file, text).unwrap();
        let line = failure(&plateau(&["compare", "--merge", path]));
        assert!(line.contains(words), "{words}: {line}");
        assert_eq!(fs::read(folder.join("compare.json")).unwrap(), before);
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
    fs::write(&file, good).unwrap();
    merge(&folder);
    assert_eq!(read(&folder).entries.len(), 2);
    // Settings of shards are those of the command, too.
    let line = failure(&plateau(&[
        "compare",
        "--seeds",
        "1",
        "--shard",
        "1/2",
        "--run-dir",
        path,
    ]));
    assert!(
        line.contains("other settings") && line.contains("choose another --run-dir"),
        "{line}"
    );
    fs::remove_dir_all(&folder).unwrap();
}
