//! What says how good and how flat a found architecture is: a table that looks it up, and a judge that ranks it.

use std::fs;

use plateau::landscape::architecture;
use plateau::space::Space;
use serde_json::Value;

use crate::support::folder::folder;
use crate::support::outcome::{failure, object, text};
use crate::support::program::plateau;

/// A search of two epochs in the small space.
const TINY: [&str; 10] = [
    "--space",
    "nas-bench-201-small",
    "--channels",
    "4",
    "--epochs",
    "2",
    "--dataset",
    "digits",
    "--device",
    "cpu",
];

fn tiny<'a>(command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[command][..], &TINY, more].concat()
}

#[test]
fn a_search_is_looked_up_in_a_table_and_nothing_is_trained() {
    let folder = folder("looked-up");
    let run = folder.to_str().unwrap();
    let found = object(&plateau(&tiny(
        "search",
        &[
            "--strategy",
            "darts",
            "--table",
            "builtin",
            "--run-dir",
            run,
            "--json",
        ],
    )));
    assert!(found["test_accuracy"].is_null());
    assert_eq!(found["metric"], "TestAccuracy");
    let table = &found["table"];
    assert_eq!(table["of"], 125);
    assert_eq!(table["count"], 12);
    assert_eq!(table["curve"].as_array().unwrap().len(), 2);
    assert_eq!(table["curve"][1], table["accuracy"]);
    let genotype = found["genotype_text"].as_str().unwrap();
    let around = object(&plateau(&[
        "neighborhood",
        genotype,
        "--table",
        "builtin",
        "--radius",
        "1",
        "--json",
    ]));
    assert_eq!(around["own"], table["accuracy"]);
    let mean = around["radii"][0]["mean"].as_f64().unwrap();
    assert!((mean - table["mean"].as_f64().unwrap()).abs() < 1e-9);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_table_of_another_space_or_without_the_column_is_one_line_before_anything_runs() {
    for (more, words) in [
        (
            &["--table", "builtin", "--space", "darts"][..],
            "nas-bench-201-small",
        ),
        (&["--table", "builtin", "--metric", "Accuracy"], "no metric"),
        (
            &["--table", "builtin", "--report-metric", "Accuracy"],
            "no metric",
        ),
        (&["--table", "no-such-file.csv"], "no-such-file.csv"),
        (
            &["--table", "builtin", "--draws", "5"],
            "--strategy rs or na-rs",
        ),
    ] {
        let mut arguments = vec!["search", "--strategy", "darts", "--device", "cpu"];
        if !more.contains(&"--space") {
            arguments.extend(["--space", "nas-bench-201-small"]);
        }
        arguments.extend(more);
        let message = failure(&plateau(&arguments));
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn strategies_are_compared_by_a_table_with_a_null_pair() {
    let folder = folder("compared-by-table");
    let arguments = [
        "--strategies",
        "darts,darts:replica,rsps",
        "--seeds",
        "2",
        "--table",
        "builtin",
        "--run-dir",
        folder.to_str().unwrap(),
    ];
    let shown = text(&plateau(&tiny("compare", &arguments)));
    for words in [
        "table accuracy, %",
        "(null pair)",
        "p (Holm)",
        "neighbors' mean, %",
    ] {
        assert!(shown.contains(words), "{shown}");
    }
    assert!(!folder.join("judge").exists(), "a table needs no judge");
    let json: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("compare.json")).unwrap()).unwrap();
    let entries = json["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 6);
    for entry in entries {
        assert!(entry["trained"].is_null());
        assert_eq!(entry["curve"].as_array().unwrap().len(), 2);
        assert!(entry["multiply_adds"].as_u64().unwrap() > 0);
    }
    assert_eq!(entries[1]["strategy"], "darts:replica");
    // What is there is not done again.
    let again = plateau(&tiny("compare", &arguments));
    assert_eq!(text(&again), shown);
    assert!(!String::from_utf8_lossy(&again.stderr).contains("run 1"));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_judge_of_a_comparison_has_the_settings_that_all_have_in_common() {
    let folder = folder("common-judge");
    let small = "--channels 2 --epochs 1 --train-channels 2 --train-epochs 1 --judge-epochs 1 --seeds 1 --device cpu \
        --space nas-bench-201-small --strategies darts:channels=4,darts";
    let arguments: Vec<&str> = small.split_whitespace().collect();
    let run = ["--run-dir", folder.to_str().unwrap()];
    let shown = text(&plateau(&[&["compare"], &arguments[..], &run].concat()));
    let config = fs::read_to_string(folder.join("judge/config.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["config"]["search"]["channels"], 2);
    // What a full disk kept back is written by the same command.
    let file = folder.join("compare.md");
    let before = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!(
        text(&plateau(&[&["compare"], &arguments[..], &run].concat())),
        shown
    );
    assert_eq!(fs::read(&file).unwrap(), before);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_judge_says_how_well_it_ranks_and_scores_neighborhoods_with_it() {
    let folder = folder("judge");
    let run = folder.to_str().unwrap();
    let arguments = ["--table", "builtin", "--cells", "60", "--run-dir", run];
    let json = [&arguments[..], &["--json"]].concat();
    let first = object(&plateau(&tiny("judge", &json)));
    assert_eq!(first["cells"].as_array().unwrap().len(), 60);
    let tau = first["tau"]["tau"].as_f64().unwrap();
    assert!((-1.0..=1.0).contains(&tau));
    // Its scores are a table that other commands take.
    let scores = folder.join("scores.csv");
    let scores = scores.to_str().unwrap();
    let all = ["--table", "builtin", "--cells", "20000", "--run-dir", run];
    plateau(&tiny("judge", &[&all[..], &["--scores", scores]].concat()));
    let sampled = object(&plateau(&[
        "sample",
        "--compare",
        "--noise",
        "0",
        "--runs",
        "3",
        "--draws",
        "2",
        "--table",
        scores,
        "--metric",
        "JudgeAccuracy",
        "--report-metric",
        "TestAccuracy",
        "--json",
    ]));
    let truth = sampled["levels"][0]["arms"]["na_rs"]["chosen_mean"]
        .as_f64()
        .unwrap();
    assert!((10.0..100.0).contains(&truth), "{sampled}");
    // What is read is never written over.
    for file in [scores, folder.join("judge.json").to_str().unwrap()] {
        let before = fs::read(file).unwrap();
        let over = [
            "--table",
            scores,
            "--metric",
            "JudgeAccuracy",
            "--run-dir",
            run,
        ];
        let over = failure(&plateau(&tiny(
            "judge",
            &[&over[..], &["--scores", file]].concat(),
        )));
        assert!(over.contains("would be overwritten"), "{over}");
        assert_eq!(fs::read(file).unwrap(), before);
    }
    let values = folder.join("values.jsonl");
    let values = values.to_str().unwrap();
    let unfit = [
        "sample",
        "--run",
        run,
        "--compare",
        "--runs",
        "2",
        "--draws",
        "2",
    ];
    let unfit = failure(&plateau(&[&unfit[..], &["--values", values]].concat()));
    assert!(unfit.contains("--values"), "{unfit}");
    // Trained once.
    let again = plateau(&tiny("judge", &json));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is trained already"));
    assert_eq!(object(&again), first);
    let shown = text(&plateau(&tiny("judge", &arguments)));
    assert!(shown.contains("Kendall's τ"), "{shown}");
    let cell = architecture(Space::NasBench201Small, 37).unwrap().to_text();
    let around = object(&plateau(&["neighborhood", &cell, "--run", run, "--json"]));
    let metric = around["metric"].as_str().unwrap();
    assert!(
        metric.contains("Kendall's τ") && metric.contains("over 60 architectures"),
        "{metric}"
    );

    let other = failure(&plateau(&tiny(
        "judge",
        &["--run-dir", run, "--batch", "32"],
    )));
    assert!(
        other.contains("batch") && other.contains("--run-dir"),
        "{other}"
    );
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_judge_is_measured_on_trained_networks_which_are_trained_once() {
    let folder = folder("judge-trained");
    let arguments = [
        "--cells",
        "3",
        "--train-epochs",
        "6",
        "--train-channels",
        "8",
        "--run-dir",
        folder.to_str().unwrap(),
        "--json",
    ];
    let first = plateau(&tiny("judge", &arguments));
    let said = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(said.contains("trained  3 of 3"), "{said}");
    let found = object(&first);
    assert_eq!(found["against"], "training from scratch for 6 epochs");
    // The last one was cut short, as by a process that was killed.
    let trained = folder.join("trained.jsonl");
    let lines = fs::read_to_string(&trained).unwrap();
    fs::write(&trained, &lines[..lines.len() - 20]).unwrap();
    let again = plateau(&tiny("judge", &arguments));
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(
        said.contains("trained  3 of 3") && !said.contains("trained  2 of 3"),
        "{said}"
    );
    assert_eq!(object(&again), found);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_run_is_scored_by_the_judge_beside_it_unless_its_own_weights_are_asked_for() {
    let runs = folder("judge-beside");
    let [run, judge] = ["search", "judge-digits-nas-bench-201-small"].map(|name| runs.join(name));
    let [run, judge] = [&run, &judge].map(|path| path.to_str().unwrap());
    let trained = [
        "--train-epochs",
        "1",
        "--train-channels",
        "4",
        "--run-dir",
        run,
    ];
    text(&plateau(&tiny(
        "search",
        &[&["--strategy", "darts"][..], &trained].concat(),
    )));
    let cell = architecture(Space::NasBench201Small, 37).unwrap().to_text();
    let scored = |more: &[&str]| {
        let output =
            plateau(&[&["neighborhood", &cell, "--run", run, "--json"][..], more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (object(&output)["metric"].as_str().unwrap().to_owned(), said)
    };
    let (metric, said) = scored(&[]);
    assert!(metric.starts_with("supernet of"), "{metric}");
    assert!(
        said.contains("plateau judge --space nas-bench-201-small --dataset digits"),
        "{said}"
    );
    text(&plateau(&tiny(
        "judge",
        &["--table", "builtin", "--cells", "20", "--run-dir", judge],
    )));
    let (metric, said) = scored(&[]);
    assert!(
        metric.starts_with("judge ") && metric.contains("over 20 architectures"),
        "{metric}"
    );
    assert!(said.contains("--own-weights"), "{said}");
    let (metric, said) = scored(&["--own-weights"]);
    assert!(
        metric.starts_with("supernet of") && said.is_empty(),
        "{metric} {said}"
    );
    fs::remove_dir_all(&runs).unwrap();
}

#[test]
fn a_search_may_end_with_what_it_found_without_training_it() {
    let folder = folder("search-only");
    let run = folder.to_str().unwrap();
    let more = ["--strategy", "darts", "--search-only", "--run-dir", run];
    let found = object(&plateau(&tiny(
        "search",
        &[&more[..], &["--json"]].concat(),
    )));
    assert!(found["genotype_text"].is_string());
    for key in ["test_accuracy", "train_seconds", "parameters", "table"] {
        assert!(found[key].is_null(), "{key}");
    }
    let events = fs::read_to_string(folder.join("events.jsonl")).unwrap();
    assert!(events.contains("\"derived\"") && !events.contains("train-step"));
    fs::remove_dir_all(&folder).unwrap();
}
