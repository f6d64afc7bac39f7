//! The command line as a stranger and as a script use it.

use std::process::Output;

use plateau::record::read_events;
use plateau::session::Event;
use plateau::space::Genotype;

use crate::support::folder::folder;
use crate::support::program::plateau;

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const TINY: [&str; 14] = [
    "--device",
    "cpu",
    "--channels",
    "4",
    "--layers",
    "3",
    "--epochs",
    "1",
    "--train-channels",
    "4",
    "--train-layers",
    "3",
    "--train-epochs",
    "1",
];

#[test]
fn search_prints_one_json_object_and_leaves_a_run_folder() {
    let folder = folder("search");
    let path = folder.to_str().unwrap();
    let mut args = vec!["search", "--json", "--batch", "300", "--run-dir", path];
    args.extend(TINY);
    let output = plateau(&args);
    assert!(output.status.success(), "{}", stderr(&output));
    let value: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let genotype: Genotype = serde_json::from_value(value["genotype"].clone()).unwrap();
    let accuracy = value["test_accuracy"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&accuracy));
    assert!(value["search_seconds"].as_f64().unwrap() > 0.0);
    assert!(value["train_seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(value["seed"], 0);
    assert!(value["device"].as_str().unwrap().starts_with("CPU"));
    assert_eq!(value["run_dir"], path);

    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(Genotype::parse(&read("genotype.json")).unwrap(), genotype);
    assert_eq!(Genotype::parse(&read("genotype.txt")).unwrap(), genotype);
    let config: serde_json::Value = serde_json::from_str(&read("config.json")).unwrap();
    assert_eq!(config["config"]["seed"], 0);
    assert_eq!(config["dataset"]["hash"].as_str().unwrap().len(), 64);
    let events = read_events(&folder).unwrap();
    assert!(matches!(events[0].event, Event::Started { .. }));
    assert_eq!(events.last().unwrap().event, Event::Finished);

    // A folder with a run is never written into.
    let again = plateau(&args);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("already holds a run"));

    // What was found can be trained again, from its file.
    let file = folder.join("genotype.txt");
    let second = folder.join("again");
    let mut args = vec![
        "train",
        file.to_str().unwrap(),
        "--run-dir",
        second.to_str().unwrap(),
    ];
    args.extend([
        "--device",
        "cpu",
        "--train-channels",
        "4",
        "--train-layers",
        "3",
        "--train-epochs",
        "1",
    ]);
    let output = plateau(&args);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let line = format!("test accuracy  {:.2} %", 100.0 * accuracy);
    assert!(
        text.contains(&line),
        "the same seed trains the same network: {text}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn count_prints_the_published_numbers() {
    let output = plateau(&[
        "genotype",
        "count",
        "darts-v2",
        "--space",
        "darts",
        "--channels",
        "36",
        "--layers",
        "20",
        "--classes",
        "10",
        "--image",
        "32",
        "--auxiliary",
        "--json",
    ]);
    let value: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(value["parameters"], 3_825_768);
    let plain = plateau(&["genotype", "count", "darts-v2"]);
    assert!(stdout(&plain).contains("3,349,342"));
    assert!(stdout(&plain).contains("528,359,040"));
}

#[test]
fn convert_round_trips_between_the_text_forms() {
    let python = stdout(&plateau(&[
        "genotype", "convert", "darts-v1", "--to", "python",
    ]));
    let json = stdout(&plateau(&["genotype", "convert", python.trim()]));
    assert_eq!(
        Genotype::parse(&json).unwrap(),
        Genotype::preset("darts-v1").unwrap()
    );
    let wrong = plateau(&["genotype", "convert", "darts-v1", "--to", "string"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert_eq!(stderr(&wrong).lines().count(), 1, "{}", stderr(&wrong));
}

#[test]
fn show_draws_both_cells() {
    let text = stdout(&plateau(&["genotype", "show", "darts-v2"]));
    for part in ["normal", "reduc", "sep_conv_3x3", "skip_connect"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn failures_are_one_line_and_exit_code_1_wrong_usage_is_2() {
    for args in [
        &["search", "--dataset", "nothing"][..],
        &["search", "--channels", "5"],
        &["train", "no-such-file"],
        &["train", "Genotype(normal=["],
        &["genotype", "show", "|nor_conv_9x9~0|"],
    ] {
        let output = plateau(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let text = stderr(&output);
        assert_eq!(text.lines().count(), 1, "{args:?}: {text}");
        assert!(text.starts_with("plateau: "), "{text}");
    }
    for args in [
        &["search", "--strategy", "guess"][..],
        &["search", "--device", "tpu"],
        &["fly"],
    ] {
        assert_eq!(plateau(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn bench_times_a_step_and_says_where() {
    let output = plateau(&[
        "bench",
        "--size",
        "quick",
        "--strategy",
        "darts",
        "--kernels",
        "fused",
        "--device",
        "cpu",
        "--warmup",
        "1",
        "--steps",
        "2",
        "--json",
    ]);
    let list: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let case = &list[0];
    assert_eq!(case["size"], "quick");
    assert_eq!(case["strategy"], "darts");
    assert_eq!(case["kernels"], "fused");
    assert!(case["device"].as_str().unwrap().starts_with("CPU"));
    assert!(case["ms_per_step"].as_f64().unwrap() > 0.0);
    assert!(case["launches"].is_null(), "the CPU launches nothing");
}

#[test]
fn a_first_order_step_at_paper_size_makes_at_most_2000_launches() {
    // Launches do not depend on the batch, and a software adapter makes a step of two images in seconds.
    let output = plateau(&[
        "bench",
        "--size",
        "paper",
        "--strategy",
        "darts",
        "--kernels",
        "fused",
        "--device",
        "gpu",
        "--batch",
        "2",
        "--warmup",
        "0",
        "--steps",
        "1",
        "--bandwidth",
        "100",
        "--json",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let list: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let launches = list[0]["launches"].as_u64().unwrap();
    assert!((1000..=2000).contains(&launches), "{launches} launches");
    let bytes = list[0]["bytes_per_step"].as_f64().unwrap();
    let seconds = 1e-3 * list[0]["ms_per_step"].as_f64().unwrap();
    let share = list[0]["bandwidth_share"].as_f64().unwrap();
    assert!((share - bytes / seconds / 100e9).abs() < 1e-12, "{share}");
}
