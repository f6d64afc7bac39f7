//! `--candidates`: what is refused, and that draws and neighbors keep to it.

use plateau::space::{Candidates, Genotype, Space};
use serde_json::Value;

use crate::support::folder::folder;
use crate::support::outcome::{failure, object};
use crate::support::program::plateau;

/// What clap says of a value that cannot be read.
fn refused(args: &[&str]) -> String {
    let output = plateau(args);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty());
    text
}

#[test]
fn a_mistake_in_the_candidates_is_named_with_its_column_and_what_was_meant() {
    let text = refused(&["search", "--candidates", "skip_connect,sep_conv3x3"]);
    assert!(
        text.contains("column 14: 'sep_conv3x3' is not an operation (did you mean sep_conv_3x3?)"),
        "{text}"
    );
    let text = refused(&["search", "--candidates", "S4"]);
    assert!(text.contains("S4 needs a noise operation"), "{text}");
    let text = refused(&["sample", "--table", "builtin", "--candidates", "normal/0"]);
    assert!(
        text.contains("column 1: 'normal/0' is not an operation"),
        "{text}"
    );
}

#[test]
fn candidates_that_the_space_does_not_have_are_refused_before_anything_is_made() {
    let output = plateau(&[
        "search",
        "--device",
        "cpu",
        "--space",
        "nas-bench-201",
        "--candidates",
        "S2",
    ]);
    assert_eq!(output.status.code(), Some(1));
    // Notes on the images may stand before it.
    let line = String::from_utf8(output.stderr).unwrap();
    let expected =
        "--candidates is S2: column 1: S2 is a part of the darts space, not of nas-bench-201";
    assert!(line.contains(expected), "{line}");
    let line = failure(&plateau(&[
        "sample",
        "--strategy",
        "rs",
        "--table",
        "builtin",
        "--candidates",
        "sep_conv_3x3",
    ]));
    assert!(
        line.contains("--candidates sep_conv_3x3: column 1: 'sep_conv_3x3' is not an operation of"),
        "{line}"
    );
}

#[test]
fn a_run_keeps_its_candidates_and_says_what_is_left_of_the_space() {
    let folder = folder("candidates-run");
    let place = folder.to_str().unwrap();
    let args = "search --strategy random --device cpu --candidates S2 --train-channels 4 --train-layers 3 --train-epochs 1 --json";
    let args: Vec<&str> = args.split(' ').chain(["--run-dir", place]).collect();
    let output = plateau(&args);
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(
        told.contains("space    darts, candidates S2: 2,123,366,400 architectures"),
        "{told}"
    );
    let found = object(&output)["genotype"].clone();
    let found: Genotype = serde_json::from_value(found).unwrap();
    let candidates: Candidates = "S2".parse().unwrap();
    assert!(found.is_among(&candidates.allowed(Space::Darts).unwrap()));
    let kept = std::fs::read_to_string(folder.join("config.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["config"]["search"]["candidates"], "S2");
}

#[test]
fn a_judge_has_all_operations() {
    let output = plateau(&["judge", "--device", "cpu", "--candidates", "S2"]);
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert!(
        line.contains("--candidates is S2: a judge scores all"),
        "{line}"
    );
}

#[test]
fn a_search_on_a_table_draws_candidates_and_counts_what_is_left_of_the_space() {
    let two = "none,nor_conv_3x3";
    let base = [
        "sample",
        "--table",
        "builtin",
        "--candidates",
        two,
        "--runs",
        "3",
    ];
    for strategy in [
        &["--strategy", "rs"][..],
        &["--strategy", "na-rs"],
        &["--compare"],
    ] {
        let report = object(&plateau(&[&base, strategy, &["--json"]].concat()));
        let metric = report["metric"].as_str().unwrap();
        assert!(
            metric.ends_with("; candidates none,nor_conv_3x3"),
            "{metric}"
        );
        let text = report.to_string();
        for other in [
            "skip_connect~",
            "nor_conv_1x1~",
            "\"skip_connect\"",
            "\"nor_conv_1x1\"",
            "\"avg_pool_3x3\"",
        ] {
            assert!(!text.contains(other), "{other} in {text}");
        }
    }
    // 2³ architectures.
    let line = failure(&plateau(&[&base[..], &["--evaluations", "9"]].concat()));
    assert!(
        line.contains("the number of evaluations must be between 1 and 8"),
        "{line}"
    );
}

#[test]
fn a_neighborhood_has_the_neighbors_that_are_candidates() {
    let cell = "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|";
    let report = object(&plateau(&[
        "neighborhood",
        cell,
        "--table",
        "builtin",
        "--radius",
        "1",
        "--candidates",
        "nor_conv_3x3,nor_conv_1x1",
        "--json",
    ]));
    // One other operation on the edges that have one of the two, both on the edge that has neither.
    assert_eq!(report["radii"][0]["size"], 4);
    assert!(report["matched"].is_null(), "that is about all neighbors");
}
