//! `plateau relax`, as a stranger and as a script ask for it. What it computes is tested in tests/landscape/relaxed.rs.

use plateau::landscape::Values;
use serde_json::Value;

use crate::support::folder::folder;
use crate::support::outcome::{failure, object, text};
use crate::support::program::plateau;

/// On the built-in table, in a moment.
fn relax(flags: &[&str]) -> std::process::Output {
    let short = [
        "relax", "--table", "builtin", "--starts", "20", "--steps", "50",
    ];
    plateau(&[&short[..], flags].concat())
}

fn rows(value: &Value) -> Vec<(String, u64)> {
    let name = |row: &Value| row["objective"].as_str().unwrap().to_owned();
    let rows = value["objectives"].as_array().unwrap();
    rows.iter()
        .map(|row| (name(row), row["radius"].as_u64().unwrap()))
        .collect()
}

#[test]
fn relax_shows_where_plain_and_neighborhood_ascent_lead() {
    let shown = text(&relax(&[]));
    for part in [
        "metric TestAccuracy",
        "20 starts",
        "plain",
        "permutation, radius 1",
        "mass-transfer:0.5, radius 1",
        "hard-replacement, radius 1",
        "the table's best cell",
        "where most starts led",
        "where α = 0 led",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("worst-neighbor"), "{shown}");
    assert!(!shown.contains("NaN"), "{shown}");

    let value = object(&relax(&["--json"]));
    assert_eq!(value["metric"], "TestAccuracy");
    assert!(value["report_metric"].is_null());
    assert_eq!(value["options"]["starts"], 20);
    assert_eq!(value["options"]["include_self"], true);
    assert_eq!(rows(&value).len(), 4);
    let plain = &value["objectives"][0];
    assert_eq!(plain["value"], plain["objective_value"]);
    assert!(plain["reported_mean"].is_null());
    for name in ["accuracy_mean", "neighborhood_mean", "neighborhood_worst"] {
        let figure = plain[name].as_f64().unwrap();
        assert!((10.0..100.0).contains(&figure), "{name} {figure}");
    }
    assert_eq!(object(&relax(&["--json"])), value, "the same seed");
    assert_ne!(object(&relax(&["--json", "--seed", "1"])), value);
}

#[test]
fn the_flags_of_relax_choose_what_is_ascended() {
    let flags = [
        "--representation",
        "hard-replacement,mass-transfer:0.25",
        "--radius",
        "1,3",
        "--worst",
        "--exclude-self",
        "--json",
    ];
    let value = object(&relax(&flags));
    let expected = [
        ("plain", 0),
        ("hard-replacement", 1),
        ("hard-replacement", 3),
        ("mass-transfer:0.25", 1),
        ("mass-transfer:0.25", 3),
        ("worst-neighbor", 1),
        ("worst-neighbor", 3),
    ];
    assert_eq!(
        rows(&value),
        expected.map(|(name, radius)| (name.to_owned(), radius))
    );
    assert_eq!(value["options"]["include_self"], false);

    let report = |name| object(&relax(&["--report-metric", name, "--json"]));
    let value = report("ValidationAccuracy");
    assert_eq!(value["report_metric"], "ValidationAccuracy");
    assert!(value["objectives"][0]["reported_mean"].is_number());
    let same = report("TestAccuracy");
    assert!(same["objectives"][0]["reported_mean"].is_null());
}

#[test]
fn what_relax_cannot_do_is_said_in_one_line() {
    for (flags, part) in [
        (&["--starts", "0"][..], "starts must be between 1 and"),
        (&["--steps", "0"], "steps must be between 1 and"),
        (&["--radius", "4"], "radius must be between 1 and 3"),
        (&["--rate", "0"], "rate must be between 0.000001 and"),
        (&["--rate", "NaN"], "rate must be between"),
        (&["--spread", "-1"], "spread must be between 0 and"),
        (&["--report-metric", "no"], "no metric"),
    ] {
        let short = ["relax", "--table", "builtin"];
        let line = failure(&plateau(&[&short[..], flags].concat()));
        assert!(line.contains(part), "{flags:?}: {line}");
    }
    let line = failure(&plateau(&["relax"]));
    assert!(line.contains("--table FILE, a benchmark table"), "{line}");
    let wrong = relax(&["--representation", "permutaion"]);
    assert_eq!(wrong.status.code(), Some(2));
    let message = String::from_utf8(wrong.stderr).unwrap();
    assert!(message.contains("did you mean permutation?"), "{message}");
}

#[test]
fn relax_writes_what_every_start_led_to() {
    let folder = folder("relaxed-values");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("values.jsonl");
    let name = file.to_str().unwrap();
    let report = object(&relax(&["--json", "--radius", "1,2", "--values", name]));
    let bytes = std::fs::read(&file).unwrap();
    let [cells, around] = &Values::recognised(&bytes).unwrap().unwrap()[..] else {
        panic!("two quantities");
    };
    assert_eq!(cells.at, [1.0, 2.0]);
    for (values, figure) in [(cells, "accuracy_mean"), (around, "neighborhood_mean")] {
        for row in report["objectives"].as_array().unwrap() {
            let objective = row["objective"].as_str().unwrap();
            let radius = row["radius"].as_f64().unwrap();
            // Plain ascent stands at all radii.
            let place = values.at.iter().position(|&at| at == radius).unwrap_or(1);
            assert_eq!(values.of(objective, place).unwrap().len(), 20);
            let mean = values.spread(objective, place).unwrap().mean;
            let known = row[figure].as_f64().unwrap();
            // Written in hundredths.
            assert!((mean - known).abs() < 0.006, "{objective} {mean} {known}");
        }
    }
    // Known before anything is computed.
    let nowhere = relax(&["--values", "/no/such/folder/values.jsonl"]);
    assert_eq!(nowhere.status.code(), Some(1));
    let [shown, said] =
        [nowhere.stdout, nowhere.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(shown, "");
    assert!(said.contains("--values /no/such/folder"), "{said}");
    std::fs::remove_dir_all(&folder).unwrap();
}
