//! Reports and sampling searches with the supernet of a run, with networks trained from scratch and with the table that comes
//! with the program, as a stranger and as a script ask for them.

use std::path::PathBuf;
use std::sync::OnceLock;

use plateau::landscape::builtin_table;
use plateau::space::{Genotype, Space};
use serde_json::Value;

use crate::support::folder::folder;
use crate::support::outcome::{failure, object, text};
use crate::support::program::plateau;

const CELL: &str = "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|";
const OTHER: &str = "|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|";

/// A search of a space in a few seconds.
fn search(space: &str) -> PathBuf {
    let folder = folder(&format!("evaluators-{space}"));
    let path = folder.to_str().unwrap();
    let flags = "--strategy darts --channels 2 --layers 2 --epochs 1 --batch 300 --train-channels 2 --train-layers 2 \
                 --train-epochs 1 --train-batch 300 --device cpu --json --run-dir";
    let mut args = vec!["search", "--space", space];
    args.extend(flags.split_whitespace());
    args.push(path);
    object(&plateau(&args));
    folder
}

/// A finished search of the DARTS space.
fn darts_run() -> &'static str {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| search("darts")).to_str().unwrap()
}

/// A finished search of the 3-node NAS-Bench-201 space.
fn small_run() -> &'static str {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| search("nas-bench-201-small"))
        .to_str()
        .unwrap()
}

const QUICK_TRAINING: [&str; 5] = ["--train", "--epochs", "1", "--device", "cpu"];

fn json(args: &[&str], more: &[&str]) -> Value {
    object(&plateau(&[args, more, &["--json"]].concat()))
}

fn percent(value: &Value) -> f64 {
    let found = value.as_f64().unwrap();
    assert!((0.0..=100.0).contains(&found), "{found}");
    found
}

#[test]
fn a_run_scores_the_96_neighbors_of_a_darts_genotype_with_its_supernet() {
    let on_run = ["--run", darts_run(), "--batches", "1", "--device", "cpu"];
    let value = json(&["neighborhood", "darts-v2"], &on_run);
    let metric = value["metric"].as_str().unwrap();
    assert!(metric.starts_with("supernet of "), "{metric}");
    percent(&value["own"]);
    assert_eq!(value["radii"][0]["count"], 96);
    assert_eq!(value["radii"][0]["size"], 96);
    for field in [
        "mean", "median", "worst", "best", "std", "q05", "q25", "q75", "q95",
    ] {
        percent(&value["radii"][0][field]);
    }
    let neighbors = value["neighbors"].as_array().unwrap();
    assert_eq!(neighbors.len(), 96);
    assert_eq!(neighbors[0]["changes"].as_array().unwrap().len(), 1);
    let rank = value["rank"].as_u64().unwrap();
    assert!((1..=97).contains(&rank));
    assert_eq!(
        json(&["neighborhood", "darts-v2"], &on_run),
        value,
        "the same images"
    );

    let far = ["--radius", "2", "--limit", "20"];
    let sampled = json(&["neighborhood", "darts-v2"], &[&on_run[..], &far].concat());
    let second = &sampled["radii"][1];
    assert_eq!(second["count"], 20);
    assert!(second["standard_error"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_run_walks_the_paths_between_two_genotypes() {
    let ends = ["barrier", CELL, OTHER, "--run", small_run()];
    let value = json(&ends, &["--device", "cpu"]);
    assert_eq!(value["distance"], 2);
    assert_eq!(value["paths"], 2);
    assert_eq!(value["levels"].as_array().unwrap().len(), 3);
    assert!(value["barrier"]["mean"].is_number());
    let shown = text(&plateau(&[&ends[..], &["--device", "cpu"]].concat()));
    assert!(shown.contains("all 2 shortest paths"), "{shown}");
}

#[test]
fn training_scores_each_neighbor_from_scratch() {
    let value = json(&["neighborhood", CELL], &QUICK_TRAINING);
    let metric = value["metric"].as_str().unwrap();
    assert!(
        metric.starts_with("trained on digits for 1 epochs"),
        "{metric}"
    );
    // Three edges with four other operations each.
    assert_eq!(value["radii"][0]["count"], 12);
    assert!(value["radii"][0]["unique"]["same_function"].is_number());
}

#[test]
fn the_builtin_table_answers_every_report() {
    let table = ["--table", "builtin"];
    let best = json(&["neighborhood", "best"], &table);
    assert_eq!(best["rank"], 1);
    let counts: Vec<u64> = best["radii"]
        .as_array()
        .unwrap()
        .iter()
        .map(|radius| radius["count"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [12, 48, 64]);
    assert_eq!(json(&["barrier", CELL, OTHER], &table)["distance"], 2);
    let spectrum = json(&["spectrum"], &table);
    assert_eq!(spectrum["orders"].as_array().unwrap().len(), 3);
    let report = json(&["sample", "--runs", "30"], &table);
    let genotype: Genotype = serde_json::from_value(report["genotype"].clone()).unwrap();
    assert_eq!(genotype.space(), Space::NasBench201Small);
    // 20 draws with 12 neighbors each see nearly all of 125 cells: the best of 30 runs is one of the best.
    let highest = builtin_table().values().first().unwrap().iter().copied();
    let highest = highest.fold(0.0, f64::max);
    assert!(percent(&report["genotype_accuracy"]) > highest - 5.0);
}

const SMALL: [&str; 5] = ["--batches", "1", "--device", "cpu", "--run"];

#[test]
fn a_sampling_search_shows_its_choice_among_its_neighbors() {
    let source = [&SMALL[..], &[small_run(), "--draws", "3"]].concat();
    for command in ["sample", "search"] {
        let plain = json(&[command, "--strategy", "rs"], &source);
        assert_eq!(plain["outcome"]["draws"], 3);
        assert!(plain["outcome"]["evaluations"].as_u64().unwrap() <= 3);
        let aware = json(&[command, "--strategy", "na-rs"], &source);
        assert!(aware["outcome"]["evaluations"].as_u64().unwrap() > 12);
        assert_eq!(aware["neighborhood"]["radii"][0]["count"], 12);
        // Every draw is worth its neighborhood, so that its choice is at least as good by that.
        let mean_loss = |report: &Value| {
            let neighbors = report["neighborhood"]["neighbors"].as_array().unwrap();
            let losses = neighbors
                .iter()
                .map(|neighbor| neighbor["loss"].as_f64().unwrap());
            (losses.sum::<f64>() + report["outcome"]["own"]["loss"].as_f64().unwrap()) / 13.0
        };
        assert!(mean_loss(&aware) <= mean_loss(&plain) + 1e-9);
    }
    let darts = [
        &["--draws", "2", "--neighbors", "2"][..],
        &SMALL,
        &[darts_run()],
    ]
    .concat();
    let aware = json(&["search", "--strategy", "na-rs"], &darts);
    assert_eq!(aware["outcome"]["evaluations"], 6);
    assert_eq!(aware["neighborhood"]["radii"][0]["count"], 96);
    let shown = text(&plateau(
        &[&["search", "--strategy", "rs"][..], &source].concat(),
    ));
    assert!(shown.contains("of 3 is chosen by the loss"), "{shown}");
}

#[test]
fn many_runs_on_a_supernet_are_reported_as_those_on_a_table() {
    let source = [&SMALL[..], &[small_run(), "--draws", "3", "--runs", "2"]].concat();
    let aware = json(&["search", "--strategy", "na-rs"], &source);
    assert_eq!(aware["runs"], 2);
    for field in ["chosen_mean", "neighborhood_mean", "genotype_accuracy"] {
        percent(&aware[field]);
    }
    let compared = json(&["sample", "--compare"], &source);
    assert_eq!(compared["na_rs"]["chosen_mean"], aware["chosen_mean"]);
    assert_eq!(compared["rs_equal_draws"]["evaluations"], 3.0);
    assert_eq!(
        compared["rs_equal_evaluations"]["evaluations"],
        compared["na_rs"]["evaluations"]
    );
    let shown = text(&plateau(
        &[&["sample", "--strategy", "rs"][..], &source].concat(),
    ));
    assert!(shown.contains("best by its score"), "{shown}");
}

#[test]
fn sampling_searches_run_on_training_from_scratch() {
    let flags = "--strategy rs --train --space nas-bench-201-small --device cpu --draws 1";
    let flags: Vec<&str> = flags.split_whitespace().collect();
    let with = |command, epochs| json(&[&[command][..], &flags].concat(), &[epochs, "1"]);
    let sampled = with("sample", "--epochs");
    assert_eq!(sampled["outcome"]["evaluations"], 1);
    assert_eq!(sampled["neighborhood"]["radii"][0]["count"], 12);
    assert_eq!(
        sampled,
        with("search", "--train-epochs"),
        "one training, two commands"
    );
}

#[test]
fn a_source_that_cannot_score_is_refused_in_one_line() {
    let refused = |args: &[&str]| failure(&plateau(&[args, &["--device", "cpu"]].concat()));
    let empty = folder("no-supernet");
    std::fs::create_dir_all(&empty).unwrap();
    let line = refused(&["neighborhood", CELL, "--run", empty.to_str().unwrap()]);
    assert!(line.contains("holds no run"), "{line}");
    for command in [
        &["neighborhood", "darts-v2"][..],
        &["barrier", "darts-v1", "darts-v2"],
        &["sample"],
        &["search", "--strategy", "rs"],
    ] {
        let line = refused(&[command, &["--run", "no-such-run"]].concat());
        assert!(line.contains("no-such-run"), "{line}");
    }
    let line = refused(&["neighborhood", CELL, "--run", darts_run()]);
    assert!(line.contains("nas-bench-201-small genotype"), "{line}");
    let line = refused(&["barrier", CELL, "darts-v1", "--run", small_run()]);
    assert!(line.contains("darts genotype"), "{line}");
    let line = refused(&["barrier", "darts-v1", CELL, "--train"]);
    assert!(line.contains("nas-bench-201-small genotype"), "{line}");
    let line = refused(&["neighborhood", "darts-v1", "--table", "builtin"]);
    assert!(line.contains("darts genotype"), "{line}");
    let other = ["--space", "nas-bench-201", "--run", darts_run()];
    let line = refused(&[&["search", "--strategy", "rs"][..], &other].concat());
    assert!(line.contains("leave --space away"), "{line}");
    let line = refused(&["neighborhood", CELL, "--train", "--dataset", "no-such-set"]);
    assert!(line.contains("no-such-set"), "{line}");
    let line = refused(&["search", "--strategy", "darts", "--run", small_run()]);
    assert!(line.contains("--strategy rs or na-rs"), "{line}");
}
