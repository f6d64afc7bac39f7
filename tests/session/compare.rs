//! `plateau compare`: the numbers of its intervals, and a tiny comparison from start to files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use plateau::record::read_events;
use plateau::search::Strategy;
use plateau::session::{
    CheckpointEvery, DeviceChoice, Event, MemoryChoice, Preset, RunConfig, RunKind, Start,
    open_supernet, run_blocking_from,
};
use plateau::space::{Genotype, Space};
use plateau::study::compare::{
    Arm, Comparison, ComparisonError, Difference, Entry, Judged, JudgedBy, Metric, Paired, Spread,
    TrainedRun, judge_of, search_halves, student_t_95,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::support::runs::on_digits;

/// Images of the two halves.
const HALVES: [usize; 2] = [200, 200];

#[test]
fn student_s_quantiles_are_those_of_the_published_tables() {
    for (freedom, expected) in [
        (1, 12.7062),
        (2, 4.3027),
        (3, 3.1824),
        (4, 2.7764),
        (5, 2.5706),
        (9, 2.2622),
        (10, 2.2281),
        (30, 2.0423),
        (120, 1.9799),
        (999, 1.9623),
    ] {
        let found = student_t_95(freedom);
        assert!((found - expected).abs() < 1e-4, "{freedom}: {found}");
    }
}

#[test]
fn the_interval_of_a_known_sample_is_its_textbook_interval() {
    // Mean 2, deviation √2.5, t of 4 degrees of freedom: 2 ± 2.7764·√(2.5 / 5).
    let difference = Difference::of(&[0.0, 1.0, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!(difference.count, 5);
    assert_eq!(difference.mean, 2.0);
    let [low, high] = [difference.low, difference.high].map(Option::unwrap);
    assert!((low - 0.0367).abs() < 1e-3, "{difference:?}");
    assert!((high - 3.9633).abs() < 1e-3, "{difference:?}");
    assert_eq!(difference.inside_noise, Some(false));
    let noisy = Difference::of(&[-1.0, 0.0, 1.0, 2.0, 3.0]).unwrap();
    assert_eq!(noisy.inside_noise, Some(true));
    assert_eq!(Difference::of(&[1.0]), None, "one pair has no interval");
    let spread = Spread::of(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!((spread.count, spread.mean), (4, 2.5));
    assert!((spread.std.unwrap() - (5.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    assert_eq!(Spread::of(&[]), None);
}

#[test]
fn equal_differences_and_single_values_have_no_interval_and_no_deviation() {
    // Equal, equal but for the rounding of decimal numbers, all 0, and too large to square.
    for differences in [
        &[2.0, 2.0][..],
        &[1.0, 86.1 - 85.1, 81.0 - 80.0],
        &[-0.3, -0.3, 0.1 - 0.4],
        &[0.0, 0.0, 0.0, 0.0],
    ] {
        let found = Difference::of(differences).unwrap();
        assert_eq!(found.count, differences.len());
        assert!((found.mean - differences[0]).abs() < 1e-9);
        let nothing = (found.low, found.high, found.inside_noise);
        assert_eq!(nothing, (None, None, None), "{differences:?}");
    }
    for differences in [
        &[][..],
        &[1.0],
        &[1.0, f64::NAN],
        &[f64::INFINITY, 1.0],
        &[1e300, -1e300],
    ] {
        assert_eq!(Difference::of(differences), None, "{differences:?}");
    }
    // Small differences are differences.
    let small = Difference::of(&[1e-7, 3e-7, 2e-7]).unwrap();
    assert!(small.low.unwrap() < small.mean && small.mean < small.high.unwrap());
    assert_eq!(Spread::of(&[93.2]).unwrap().std, None);
    assert_eq!(Spread::of(&[93.2, 93.2]).unwrap().std, Some(0.0));
}

#[test]
fn a_comparison_of_one_seed_says_why_it_has_no_intervals() {
    let strategies = [Strategy::Random, Strategy::Darts];
    let mut comparison =
        Comparison::new(settings(), BY_JUDGE, &strategies.map(Arm::from), &[0]).unwrap();
    for strategy in strategies {
        comparison.add(entry(strategy, 0, 90.0));
    }
    let [tables, json, svg] = [
        comparison.tables(),
        comparison.to_json().unwrap(),
        comparison.svg(),
    ];
    assert!(
        tables.contains("One seed: there is no deviation and no interval"),
        "{tables}"
    );
    assert!(
        tables.contains("`–`: fewer than two seeds have both values"),
        "{tables}"
    );
    let no_interval = !tables.contains("[+") && !tables.contains("[-");
    assert!(no_interval && !tables.contains('±'), "{tables}");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["summaries"][0]["metrics"]["accuracy"]["std"].is_null());
    assert!(json["pairs"][0]["metrics"]["accuracy"].is_null());
    // No bar of no height.
    assert!(
        !svg.contains("stroke-width=\"1.5\"") && !svg.contains("NaN"),
        "{svg}"
    );
    assert_eq!(svg.matches("r=\"4.5\"").count(), 5 * 2 + 1);
}

const BY_JUDGE: JudgedBy = JudgedBy::Judge { epochs: 5 };

fn settings() -> RunConfig {
    let space = Space::NasBench201Small;
    let mut search = Preset::Quick.search(space, Strategy::NaDarts);
    search.channels = 4;
    search.epochs = 1;
    let mut train = Preset::Quick.train(space);
    train.channels = 4;
    train.epochs = 1;
    RunConfig {
        seed: 9,
        split_seed: Some(0),
        kind: RunKind::Full,
        memory: MemoryChoice::Auto,
        ..on_digits(Some(search), train)
    }
}

fn entry(strategy: Strategy, seed: u64, accuracy: f64) -> Entry {
    Entry {
        strategy: strategy.into(),
        seed,
        run_dir: format!("{strategy}-{seed}"),
        genotype: Genotype::random(
            Space::NasBench201Small,
            &mut ChaCha8Rng::seed_from_u64(seed),
        ),
        accuracy,
        trained: Some(TrainedRun {
            test_images: 90,
            train_images: 210,
            seconds: 2.0,
        }),
        neighborhood: Judged {
            own: 50.0,
            count: 12,
            mean: accuracy / 2.0,
            worst: 10.0,
            best: 60.0,
        },
        sharpness: (strategy != Strategy::Random).then_some(0.5),
        residual: None,
        skips: 1,
        curve: Vec::new(),
        multiply_adds: 3_000_000_000_000,
        search_seconds: 1.0,
    }
}

#[test]
fn runs_are_paired_by_seed_and_differences_inside_the_noise_are_marked() {
    let strategies = [Strategy::Random, Strategy::Darts];
    let mut comparison =
        Comparison::new(settings(), BY_JUDGE, &strategies.map(Arm::from), &[0, 1, 2]).unwrap();
    assert_eq!(comparison.missing().len(), 6);
    assert_eq!(
        comparison.missing()[1],
        (0, Strategy::Darts.into()),
        "seed by seed"
    );
    // Random varies by ten points, and darts is one better whatever the seed.
    for (seed, accuracy) in [(2, 90.0), (0, 80.0), (1, 85.0)] {
        comparison.add(entry(Strategy::Random, seed, accuracy));
        comparison.add(entry(
            Strategy::Darts,
            seed,
            accuracy + 1.0 + 0.01 * seed as f64,
        ));
    }
    assert!(comparison.missing().is_empty());
    let order: Vec<u64> = comparison.entries.iter().map(|entry| entry.seed).collect();
    assert_eq!(order, [0, 0, 1, 1, 2, 2]);
    let pair = &comparison.pairs[0];
    assert_eq!(
        (pair.first.clone(), pair.second.clone()),
        (Strategy::Darts.into(), Strategy::Random.into())
    );
    let accuracy = pair.metrics.get(Metric::Accuracy).unwrap();
    assert!((accuracy.mean - 1.01).abs() < 1e-9);
    assert_eq!(accuracy.inside_noise, Some(false));
    let equal = pair.metrics.get(Metric::NeighborhoodWorst).unwrap();
    assert_eq!(
        (equal.mean, equal.low, equal.inside_noise),
        (0.0, None, None)
    );
    assert_eq!(
        *pair.metrics.get(Metric::Sharpness),
        None,
        "random has none"
    );
    let tables = comparison.tables();
    assert!(tables.contains("| 85.00 ± 5.00"), "{tables}");
    assert!(tables.contains("| +1.01 [+0.99, +1.03] ~ "), "{tables}");
    // Three seeds cannot do better, and the text says so.
    assert!(
        tables.contains("no p (Holm) can be below 0.250"),
        "{tables}"
    );
    assert!(tables.contains("| 0.00 all equal "), "{tables}");
    assert!(
        tables.contains("`all equal`: the difference is the same for every seed"),
        "{tables}"
    );
    assert!(tables.contains("`–`: fewer than two seeds"), "{tables}");

    // The files hold every run, and the picture is closed.
    comparison.commands = vec!["plateau compare --seeds 2".into(), "plateau compare".into()];
    let markdown = comparison.markdown();
    assert!(markdown.contains("`plateau compare --seeds 2`\n\n`plateau compare`\n"));
    for genotype in comparison.entries.iter().map(|entry| &entry.genotype) {
        assert!(markdown.contains(&genotype.to_text().replace('|', "\\|")));
    }
    comparison.device = "\u{1b}[2Ja card".into();
    assert!(comparison.markdown().contains("\\u{1b}[2Ja card"));
    let svg = comparison.svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("<title>").count(), 5 * 6 + 3);
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

#[test]
fn accuracies_are_primary_with_adjusted_p_and_a_null_pair_belongs_to_no_family() {
    let arms =
        ["darts", "na-darts", "a2m", "darts:replica"].map(|name| name.parse::<Arm>().unwrap());
    let seeds: Vec<u64> = (0..6).collect();
    let mut comparison = Comparison::new(settings(), BY_JUDGE, &arms, &seeds).unwrap();
    for &seed in &seeds {
        let wobble = [0.3, -0.2, 0.1, 0.4, -0.1, 0.0][seed as usize];
        for (arm, gain) in arms.iter().zip([0.0, 2.0, 0.1 * wobble, -wobble]) {
            let mut entry = entry(Strategy::Darts, seed, 90.0 + gain + wobble);
            entry.strategy = arm.clone();
            comparison.add(entry);
        }
    }
    let pairs = &comparison.primary.pairs;
    assert_eq!(pairs.len(), 6);
    let pair = |first: &str, second: &str| {
        pairs
            .iter()
            .find(|pair| pair.first.to_string() == first && pair.second.to_string() == second)
            .unwrap()
    };
    // Differences of 2 for every seed say nothing about the spread.
    let equal = pair("na-darts", "darts");
    assert!(matches!(
        equal.paired,
        Some(Paired::AllEqual { count: 6, .. })
    ));
    assert_eq!((equal.adjusted_p, equal.seeds_needed), (None, None));
    let null = pair("darts:replica", "darts");
    assert!(matches!(null.paired, Some(Paired::Varying(_))));
    assert_eq!(null.adjusted_p, None);
    // All six differences have one sign: 2 of 64 patterns. Two p are in the family, which replicas are not.
    let clear = pair("a2m", "na-darts");
    let Some(Paired::Varying(varying)) = clear.paired else {
        panic!("{clear:?}");
    };
    assert_eq!(varying.p, 2.0 / 64.0);
    assert_eq!(clear.adjusted_p, Some(2.0 * 2.0 / 64.0));
    assert_eq!(comparison.primary.least_p(), Some(2.0 * 2.0 / 64.0));
    assert_eq!(pair("darts:replica", "na-darts").adjusted_p, None);
    assert_eq!(clear.leaves_out_zero(), Some(true));
    let tables = comparison.tables();
    assert!(
        tables.contains("darts:replica − darts (null pair)"),
        "{tables}"
    );
    assert!(
        tables.contains("is a null pair, whose differences are chance alone: its interval holds 0"),
        "{tables}"
    );

    // With images drawn anew for every seed the same differences have a wider interval.
    let mut redrawn = settings();
    redrawn.split_seed = None;
    let mut wider = Comparison::new(redrawn, BY_JUDGE, &arms, &seeds).unwrap();
    for entry in &comparison.entries {
        wider.add(entry.clone());
    }
    let width = |comparison: &Comparison| {
        let pair = &comparison.primary.pairs[1];
        pair.interval.map(|[low, high]| high - low)
    };
    // 90 test images and 210 others: √((1/6 + 90/210) / (1/6)).
    let ratio = width(&wider).unwrap() / width(&comparison).unwrap();
    assert!((ratio - 1.8898).abs() < 1e-3, "{ratio}");
    assert!(wider.tables().contains("Nadeau and Bengio"));
}

#[test]
fn an_arm_spends_as_many_multiply_adds_as_the_strategy_that_it_names() {
    let [wide, long]: [Arm; 2] =
        ["darts:cost=na-darts", "rsps:cost=na-darts"].map(|name| name.parse().unwrap());
    assert_eq!(wide.to_string(), "darts:cost=na-darts");
    assert_eq!(long.folder_name(), "rsps-cost-na-darts");
    for (text, why) in [
        ("na-darts:cost=darts", "cannot be given the cost"),
        ("darts:cost=random", "costs nothing"),
        ("darts:cost=dart", "darts"),
        ("darts:cost=darts", "its own cost"),
    ] {
        let message = text.parse::<Arm>().unwrap_err();
        assert!(message.contains(why), "{message}");
    }
    let mut settings = settings();
    let search = settings.search.as_mut().unwrap();
    (search.batch, search.epochs, search.neighbors) = (10, 20, 4);
    let dear: Arm = Strategy::NaDarts.into();
    // The first arm must not change the settings that the others begin from.
    let comparison = Comparison::new(
        settings,
        BY_JUDGE,
        &[wide.clone(), dear.clone(), long.clone()],
        &[3],
    )
    .unwrap();
    let run = |arm: Arm| comparison.run(&arm, 3, HALVES);
    let searches = [wide, dear, long].map(|arm| run(arm).unwrap().search.unwrap());
    // By hand: 2·5 passes of 10 images against 2 passes of 50.
    assert_eq!(searches[0].alpha_batch, 50);
    assert_eq!(searches[1].alpha_batch, 0);
    assert!(searches[2].epochs > searches[1].epochs);
    let [wide, dear, long] = searches.map(|search| {
        let steps = search.epochs * search.last_batch.batches(200, search.batch);
        search.multiply_adds(1000, steps, HALVES) as f64
    });
    assert_eq!(wide, dear);
    // By hand: 400 steps of 3·10 + 2·5·10 images' passes through a thousand.
    assert_eq!(dear, 400.0 * 130.0 * 1000.0);
    assert!((long / dear - 1.0).abs() < 0.05, "{long} {dear}");

    // Epochs in which α stands still are reckoned with.
    let mut odd = comparison.settings.clone();
    let search = odd.search.as_mut().unwrap();
    (search.alpha_after, search.batch) = (5, 32);
    let arms: [Arm; 2] = ["na-darts", "darts:cost=na-darts"].map(|name| name.parse().unwrap());
    let odd = Comparison::new(odd, BY_JUDGE, &arms, &[3]).unwrap();
    let halves = [630, 629];
    let [dear, wide] = arms.map(|arm| {
        let search = odd.run(&arm, 3, halves).unwrap().search.unwrap();
        let steps = search.epochs * search.last_batch.batches(630, search.batch);
        search.multiply_adds(1_000_000, steps, halves) as f64
    });
    assert!((wide / dear - 1.0).abs() < 0.05, "{wide} {dear}");
    // RSPS spends less than DARTS' weights alone, and a half has only so many images.
    for (arm, halves) in [
        ("darts:cost=rsps", [630, 629]),
        ("darts:cost=na-darts", [100, 40]),
    ] {
        let refused = comparison
            .run(&arm.parse().unwrap(), 3, halves)
            .unwrap_err();
        assert!(
            refused.to_string().contains("times as much as"),
            "{refused}"
        );
    }
}

#[test]
fn an_arm_has_settings_that_the_others_do_not_have() {
    let text =
        "na-darts:temperature=1:0.3:--radius=3:representation=mass-transfer:0.25:early_stop=true";
    let arm: Arm = text.parse().unwrap();
    let written =
        "na-darts:early-stop=true:radius=3:representation=mass-transfer:0.25:temperature=1:0.3";
    assert_eq!(arm.to_string(), written);
    assert_eq!(written.parse::<Arm>().unwrap(), arm);
    assert_eq!(
        arm.folder_name(),
        "na-darts-early-stop-true-radius-3-representation-mass-transfer-0.25-temperature-1-0.3"
    );
    let plain: Arm = Strategy::NaDarts.into();
    assert!(!arm.is_null_pair(&plain));
    let arms = [arm.clone(), plain.clone()];
    let comparison = Comparison::new(settings(), BY_JUDGE, &arms, &[3]).unwrap();
    let [own, other] = arms.map(|arm| comparison.run(&arm, 3, HALVES).unwrap().search.unwrap());
    assert_eq!((own.radius, own.early_stop), (3, true));
    assert_eq!(own.temperature, "1:0.3".parse().unwrap());
    assert_eq!(own.representation.to_string(), "mass-transfer:0.25");
    assert_eq!(
        other,
        comparison.run(&plain, 4, HALVES).unwrap().search.unwrap()
    );
    assert_eq!((other.radius, other.early_stop), (1, false));
    // Its own settings count where it spends what another costs.
    let few: Arm = "darts:batch=20:cost=na-darts".parse().unwrap();
    let spent = |arm: &Arm| {
        let search = comparison.run(arm, 3, HALVES).unwrap().search.unwrap();
        let steps = search.epochs * search.last_batch.batches(200, search.batch);
        (
            search.batch,
            search.multiply_adds(1_000_000, steps, HALVES) as f64,
        )
    };
    assert_eq!(spent(&few).0, 20);
    assert!((spent(&few).1 / spent(&plain).1 - 1.0).abs() < 0.05);

    for (text, why) in [
        ("na-darts:radios=3", "did you mean radius"),
        ("na-darts:radius=many", "radius=many"),
        ("na-darts:radius=1.5", "radius=1.5"),
        ("na-darts:representation=hard", "hard-replacement"),
        ("darts:strategy=a2m", "no setting 'strategy'"),
        ("darts:radius=3", "darts has no use for radius"),
        ("random:epochs=3", "random has no use for epochs"),
        ("darts:channels=8:cost=na-darts", "no channels of its own"),
        (
            "darts:alpha-batch=16:cost=na-darts",
            "no alpha-batch of its own",
        ),
        ("rsps:epochs=3:cost=na-darts", "no epochs of its own"),
        ("na-darts:early-stop=yes", "true or false is expected"),
        ("na-darts:radius=3.0", "a whole number from 0"),
        ("na-darts:alpha-rate=nan", "not a number"),
        ("na-darts:radius=9", "radius"),
    ] {
        let arm: Arm = text.parse().unwrap();
        let refused = comparison.run(&arm, 3, HALVES).unwrap_err().to_string();
        assert!(refused.contains(why), "{text}: {refused}");
        assert!(!refused.contains('\n'), "{refused}");
    }
    for (text, why) in [
        ("darts:radius=1:radius=2", "twice"),
        ("darts:cost=na-darts:cost=a2m", "twice"),
        ("darts:early-stop:early-stop=true", "twice"),
        ("na-darts:radius=3:early", "SETTING=VALUE"),
        ("darts:3", "SETTING=VALUE"),
    ] {
        let refused = text.parse::<Arm>().unwrap_err();
        assert!(refused.contains(why), "{text}: {refused}");
    }
}

#[test]
fn an_arm_has_its_own_augmentation_and_switches_without_a_value() {
    let arm: Arm = "darts:cutout=2:crop-padding=1:no-flip:early-stop"
        .parse()
        .unwrap();
    let comparison =
        Comparison::new(settings(), BY_JUDGE, std::slice::from_ref(&arm), &[3]).unwrap();
    let search = comparison.run(&arm, 3, HALVES).unwrap().search.unwrap();
    let own = search.augmentation;
    assert_eq!((own.cutout, own.crop_padding, own.flip), (2, 1, false));
    assert!(search.early_stop);
}

#[test]
fn two_strategies_that_are_one_search_are_refused() {
    for (other, same) in [
        ("darts:weight-rate=0.050", true),
        ("darts:replica", false),
        ("darts:weight-rate=0.04", false),
    ] {
        let arms: [Arm; 2] = ["darts", other].map(|name| name.parse().unwrap());
        let mut settings = settings();
        settings.search.as_mut().unwrap().weight_rate = 0.05;
        let comparison = Comparison::new(settings, BY_JUDGE, &arms, &[3]).unwrap();
        let checked = comparison.check(HALVES);
        assert_eq!(checked.is_err(), same, "{other}: {checked:?}");
        if let Err(refused) = checked {
            let refused = refused.to_string();
            assert!(
                refused.contains(other) && refused.contains("darts:replica"),
                "{refused}"
            );
        }
    }
}

#[test]
fn only_declared_differences_are_tested_together() {
    let arms: [Arm; 4] =
        ["random", "darts", "na-darts", "darts:replica"].map(|name| name.parse().unwrap());
    let mut comparison = Comparison::new(settings(), BY_JUDGE, &arms, &[0, 1, 2, 3]).unwrap();
    let pair = [arms[2].clone(), arms[1].clone()];
    let alien: Arm = "a2m".parse().unwrap();
    let refused = comparison
        .declare(vec![[alien, arms[1].clone()]])
        .unwrap_err();
    assert!(refused.to_string().contains("a2m"), "{refused}");
    let same = vec![[arms[1].clone(), arms[1].clone()]];
    assert!(comparison.declare(same).is_err());
    let chance = vec![[arms[3].clone(), arms[1].clone()]];
    assert!(comparison.declare(chance).is_err(), "a replica");
    let [first, second] = pair.clone();
    let twice = vec![pair.clone(), [second, first]];
    let refused = comparison.declare(twice).unwrap_err().to_string();
    assert!(refused.contains("twice"), "{refused}");
    comparison.declare(vec![pair.clone()]).unwrap();
    for seed in 0..4 {
        for (place, arm) in arms.iter().enumerate() {
            let accuracy =
                80.0 + [0.0, 1.0, 3.0, 1.0][place] + 0.1 * (seed * (place as u64 + 1)) as f64;
            comparison.add(Entry {
                strategy: arm.clone(),
                ..entry(Strategy::Darts, seed, accuracy)
            });
        }
    }
    let pairs = &comparison.primary.pairs;
    assert_eq!(pairs.len(), 2, "the declared pair and the null pair");
    assert_eq!([&pairs[0].first, &pairs[0].second], [&pair[0], &pair[1]]);
    let Some(Paired::Varying(varying)) = pairs[0].paired else {
        panic!("{pairs:?}");
    };
    assert_eq!(pairs[0].adjusted_p, Some(varying.p), "a family of one");
    assert_eq!(pairs[1].adjusted_p, None);
    assert!(pairs[1].first.is_null_pair(&pairs[1].second));
    // All differences are still there to be explored.
    assert_eq!(comparison.pairs.len(), 6);
    // What was declared stays so.
    let json = comparison.to_json().unwrap();
    let mut other = Comparison::new(settings(), BY_JUDGE, &arms, &[0]).unwrap();
    let refused = other.resume(&json).unwrap_err().to_string();
    assert!(refused.contains("--primary"), "{refused}");
}

#[test]
fn other_strategies_are_added_to_fewer_seeds_than_the_first_ones_have() {
    let [darts, a2m] = [Strategy::Darts, Strategy::A2m].map(Arm::from);
    let first = [darts.clone()];
    let mut long = Comparison::new(settings(), BY_JUDGE, &first, &[0, 1, 2]).unwrap();
    long.add(entry(Strategy::Darts, 0, 90.0));
    let json = long.to_json().unwrap();
    let mut more =
        Comparison::new(settings(), BY_JUDGE, &[darts.clone(), a2m.clone()], &[0, 1]).unwrap();
    more.resume(&json).unwrap();
    assert_eq!(more.seeds, [0, 1, 2]);
    assert_eq!(
        more.missing(),
        [(0, a2m.clone()), (1, darts), (1, a2m)],
        "seed 2 was not asked for this time"
    );
}

#[test]
fn a_replica_differs_in_alpha_alone_and_only_strategies_with_alpha_have_one() {
    assert!(
        "random:replica"
            .parse::<Arm>()
            .unwrap_err()
            .contains("no α")
    );
    assert!("darts:copy".parse::<Arm>().is_err());
    let arm: Arm = "na-darts:replica".parse().unwrap();
    assert_eq!(arm.to_string(), "na-darts:replica");
    let comparison =
        Comparison::new(settings(), BY_JUDGE, std::slice::from_ref(&arm), &[3]).unwrap();
    let search = comparison.run(&arm, 4, HALVES).unwrap().search.unwrap();
    assert_eq!((search.strategy, search.replica), (Strategy::NaDarts, true));
    let first_loss = |replica: bool| {
        let mut config = settings();
        config.kind = RunKind::SearchOnly;
        config.search.as_mut().unwrap().replica = replica;
        run_blocking_from(&Start::new(config))
            .into_iter()
            .find_map(|event| match event {
                Event::SearchStep(step) => Some((step.train_loss, step.alpha)),
                _ => None,
            })
    };
    let [own, other] = [false, true].map(|replica| first_loss(replica).unwrap());
    // The first step of the weights sees the same weights and images, and nearly the same α.
    assert!(
        (own.0 - other.0).abs() < 1e-2 * own.0,
        "{} {}",
        own.0,
        other.0
    );
    assert_ne!(own.1, other.1);
}

#[test]
fn an_earlier_comparison_is_taken_over_only_with_the_same_settings() {
    let mut first =
        Comparison::new(settings(), BY_JUDGE, &[Strategy::Darts.into()], &[0, 1]).unwrap();
    first.add(entry(Strategy::Darts, 0, 90.0));
    let json = first.to_json().unwrap();
    let more = [Strategy::A2m, Strategy::Darts].map(Arm::from);
    let mut second = Comparison::new(settings(), BY_JUDGE, &more, &[0, 1, 2]).unwrap();
    second.resume(&json).unwrap();
    assert_eq!(second.entries, first.entries);
    assert_eq!(second.missing().len(), 5);

    let refused = |change: fn(&mut RunConfig), judge_epochs| {
        let mut other = settings();
        change(&mut other);
        let mut other = Comparison::new(
            other,
            JudgedBy::Judge {
                epochs: judge_epochs,
            },
            &more,
            &[0],
        )
        .unwrap();
        other.resume(&json).unwrap_err()
    };
    let train = refused(|config| config.train.epochs = 7, 5);
    let text = train.to_string();
    assert!(text.contains("epochs") && text.contains('7'), "{text}");
    assert!(matches!(refused(|_| {}, 6), ComparisonError::Settings(_)));
    let mut third = Comparison::new(settings(), BY_JUDGE, &more, &[0]).unwrap();
    assert!(matches!(third.resume("{"), Err(ComparisonError::Format(_))));
    assert_eq!(
        Comparison::new(settings(), BY_JUDGE, &[], &[0]),
        Err(ComparisonError::Empty)
    );
}

#[test]
fn sharpness_is_measured_once_after_the_last_step_of_every_search() {
    let comparison = Comparison::new(settings(), BY_JUDGE, &[Strategy::A2m.into()], &[3]).unwrap();
    let halves = search_halves(&comparison.settings).unwrap();
    assert_eq!(halves, [629, 629]);
    let run = |arm: &str| {
        let run = comparison.run(&arm.parse().unwrap(), 4, halves).unwrap();
        assert_eq!(run.seed, 4);
        run.search.unwrap()
    };
    // 629 images in batches of 64, and in those of a strategy's own.
    assert_eq!(
        (run("a2m").strategy, run("a2m").sharpness),
        (Strategy::A2m, 9)
    );
    assert_eq!(run("a2m:batch=100").sharpness, 6);
    assert_eq!(run("a2m:epochs=3").sharpness, 27);
}

#[test]
fn a_judge_learns_and_is_the_same_for_the_same_seed() {
    let genotype = Genotype::random(Space::NasBench201Small, &mut ChaCha8Rng::seed_from_u64(1));
    let judged = |epochs, strategy| {
        let mut config = settings();
        config.search.as_mut().unwrap().strategy = strategy;
        let start = Start {
            checkpoints: Some(CheckpointEvery::default()),
            ..Start::new(judge_of(&config, epochs))
        };
        let checkpoint =
            run_blocking_from(&start)
                .into_iter()
                .rev()
                .find_map(|event| match event {
                    Event::Checkpoint { state } => Some(state),
                    _ => None,
                });
        let checkpoint = checkpoint.unwrap();
        let supernet = open_supernet(&checkpoint, DeviceChoice::Cpu, None);
        let mut supernet = pollster::block_on(supernet).unwrap();
        pollster::block_on(Judged::by(&mut supernet, &genotype)).unwrap()
    };
    let short = judged(1, Strategy::Darts);
    assert_eq!(short.count, 12, "3 edges, 4 other operations");
    assert_eq!(short, judged(1, Strategy::A2m));
    let long = judged(12, Strategy::Darts);
    assert!(long.best > short.best + 10.0, "{short:?} {long:?}");
    assert!(long.worst <= long.mean && long.mean <= long.best);
}

fn compare(folder: &Path, more: &[&str]) -> Output {
    let tiny = "compare --dataset digits --device cpu --space nas-bench-201-small --channels 4 --epochs 1 --judge-epochs 1 \
                --train-channels 4 --train-epochs 1 --json --run-dir";
    Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(tiny.split_whitespace())
        .arg(folder)
        .args(more)
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    let messages = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(output.status.success(), "{messages}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_comparison_leaves_its_files_and_does_not_repeat_a_run() {
    let folder: PathBuf =
        std::env::temp_dir().join(format!("plateau-compare-{}", std::process::id()));
    let _absent = std::fs::remove_dir_all(&folder);
    let two = compare(&folder, &["--strategies", "random,a2m", "--seeds", "1"]);
    let two = json(&two);
    assert_eq!(two["entries"].as_array().unwrap().len(), 2);
    for (entry, strategy) in two["entries"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["random", "a2m"])
    {
        assert_eq!(entry["strategy"], strategy);
        assert_eq!(entry["seed"], 0);
        let accuracy = entry["accuracy"].as_f64().unwrap();
        assert!((0.0..=100.0).contains(&accuracy));
        assert_eq!(entry["neighborhood"]["count"], 12);
        // A run folder like any other.
        let run = folder.join(entry["run_dir"].as_str().unwrap());
        let events = read_events(&run).unwrap();
        assert_eq!(events.last().unwrap().event, Event::Finished);
    }
    assert!(two["entries"][0]["sharpness"].is_null());
    assert!(two["entries"][1]["sharpness"].is_number());
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&read("compare.json")).unwrap(),
        two
    );
    assert!(read("compare.md").contains("--strategies random,a2m"));
    assert!(read("compare.svg").contains("</svg>"));

    // The same again computes nothing; a third strategy computes itself only.
    let again = compare(&folder, &["--strategies", "random,a2m", "--seeds", "1"]);
    assert_eq!(json(&again), two);
    assert!(!String::from_utf8(again.stderr).unwrap().contains("run 1"));
    let three = compare(
        &folder,
        &["--strategies", "random,a2m,darts", "--seeds", "1"],
    );
    let messages = String::from_utf8(three.stderr.clone()).unwrap();
    assert!(messages.contains("run 1 of 1: darts, seed 0"), "{messages}");
    let three = json(&three);
    assert_eq!(
        three["entries"].as_array().unwrap()[..2],
        two["entries"].as_array().unwrap()[..]
    );
    assert_eq!(three["pairs"].as_array().unwrap().len(), 3);

    // Other settings belong into another folder.
    let other = compare(&folder, &["--seeds", "1", "--train-rate", "0.05"]);
    assert_eq!(other.status.code(), Some(1));
    let message = String::from_utf8(other.stderr).unwrap();
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(
        message.contains("rate") && message.contains("--run-dir"),
        "{message}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
