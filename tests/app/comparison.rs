//! A comparison that is opened in the window.

use egui_kittest::kittest::Queryable;
use plateau::search::Strategy;
use plateau::session::{Preset, RunConfig};
use plateau::space::{Genotype, Space};
use plateau::study::compare::{Arm, Comparison, Entry, Judged, JudgedBy};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::support::runs::on_digits;
use crate::window::window;

/// Three arms and four seeds by a table: na-darts is two points better, the replica differs by chance.
fn comparison() -> Comparison {
    let space = Space::NasBench201Small;
    let search = Preset::Quick.search(space, Strategy::Darts);
    let settings = RunConfig {
        split_seed: Some(0),
        ..on_digits(Some(search), Preset::Quick.train(space))
    };
    let arms: Vec<Arm> = ["darts", "na-darts", "darts:replica"]
        .map(|name| name.parse().unwrap())
        .into();
    let by = JudgedBy::Table {
        metric: "accuracy".into(),
        hash: "0".repeat(64),
    };
    let mut comparison = Comparison::new(settings, by, &arms, &[0, 1, 2, 3]).unwrap();
    for seed in 0..4 {
        let noise = [0.4, -0.3, 0.1, -0.2][seed as usize];
        for (strategy, gain) in arms.iter().zip([0.0, 2.0 - 0.3 * noise, noise]) {
            let accuracy = 90.0 + gain + noise;
            comparison.add(Entry {
                strategy: strategy.clone(),
                seed,
                run_dir: format!("{strategy}-{seed}"),
                genotype: Genotype::random(space, &mut ChaCha8Rng::seed_from_u64(seed)),
                accuracy,
                trained: None,
                neighborhood: Judged {
                    own: accuracy,
                    count: 12,
                    mean: accuracy - 3.0,
                    worst: 60.0,
                    best: 95.0,
                },
                residual: Some(noise),
                skips: 1,
                curve: vec![80.0, 85.0 + noise, accuracy],
                sharpness: Some(0.4),
                multiply_adds: 2_000_000_000_000,
                search_seconds: 3.0,
            });
        }
    }
    comparison
}

#[test]
fn an_opened_comparison_shows_its_runs_its_intervals_and_the_null_pair() {
    let json = comparison().to_json().unwrap();
    let mut window = window();
    assert!(window.state_mut().open("compare.json", json.as_bytes()));
    window.run_steps(4);
    for label in [
        "table accuracy, %",
        "NA-DARTS − DARTS",
        "DARTS, replica − DARTS (null pair)",
        "p (Holm)",
        "Table accuracy by epoch",
    ] {
        window.get_all_by_label(label).next().expect(label);
    }
    // The strips are spoken, too.
    let mean = window.get_all_by_label_contains("NA-DARTS: 9").count();
    assert_eq!(mean, 1);
    window.get_by_label("neighbors' mean, %").click();
    window.run_steps(2);
    assert_eq!(window.get_all_by_label_contains("NA-DARTS: 8").count(), 1);
}

#[test]
fn a_comparison_of_another_version_or_cut_short_is_refused_in_one_line() {
    let json = comparison().to_json().unwrap();
    let mut window = window();
    let old = json.replacen("\"version\": 2", "\"version\": 1", 1);
    assert!(!window.state_mut().open("old.json", old.as_bytes()));
    let said = &window.state().notices().last().unwrap().text;
    assert!(
        said.contains("old.json") && said.contains("format 1"),
        "{said}"
    );
    let broken = json.replacen("\"accuracy\": 9", "\"acuracy\": 9", 1);
    assert!(!window.state_mut().open("broken.json", broken.as_bytes()));
    let said = &window.state().notices().last().unwrap().text;
    assert!(said.contains("not a comparison"), "{said}");
}

/// The recorded values of an experiment, as they lie beside its page.
#[test]
fn the_values_of_an_experiment_open_in_the_window() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/manual/experiments/noise.jsonl.gz");
    let bytes = std::fs::read(file).unwrap();
    let mut window = window();
    assert!(window.state_mut().open("noise.jsonl.gz", &bytes));
    window.run_steps(4);
    for label in [
        "Difference from RS, equal evaluations",
        "Means",
        "NA-RS, screen of 10",
    ] {
        assert!(window.query_all_by_label(label).count() > 0, "{label}");
    }
    let spoken = window
        .get_all_by_label_contains("500 repetitions, paired by seed")
        .count();
    assert_eq!(spoken, 1);
    // The difference is in sight, then the mean itself.
    assert!(window.query_all_by_label_contains("+0.13 ± ").count() > 0);
    window.get_by_label("Means").click();
    window.run_steps(2);
    assert!(window.query_all_by_label_contains("90.12 ± ").count() > 0);
    assert!(!window.state_mut().open("noise.jsonl", b"{\"values\":1,"));
    let said = &window.state().notices().last().unwrap().text;
    assert!(said.contains("noise.jsonl: line 1"), "{said}");
}

#[test]
fn a_compressed_comparison_opens_like_any() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed
        .write_all(comparison().to_json().unwrap().as_bytes())
        .unwrap();
    let mut window = window();
    assert!(
        window
            .state_mut()
            .open("compare.json.gz", &packed.finish().unwrap())
    );
    window.run_steps(4);
    window.get_by_label("NA-DARTS − DARTS");
}
