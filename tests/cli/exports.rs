//! Runs for other programs: the table of their curves, and the event file, which TensorBoard itself reads.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, SystemTime};

use plateau::app::Recording;
use plateau::export::tfrecord::crc32c;
use plateau::export::{Phase, event_file};
use serde_json::{Value, json};

use crate::support::folder::folder;
use crate::support::outcome::{failure, text};
use crate::support::peers::said;
use crate::support::program::plateau;

/// A search of 6 steps and a training of 10.
const FINISHED: &str = "tests/fixtures/before/finished.zip";
/// When the log of the test's run was written last, seconds since 1970.
const WRITTEN: u64 = 1_700_000_000;

fn export(run: &Path, to: &str, more: &[&str]) -> Output {
    let mut args = vec!["export", run.to_str().unwrap(), "--to", to];
    args.extend(more);
    plateau(&args)
}

/// What is told of a success.
fn told(output: &Output) -> String {
    assert_eq!(text(output), "");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A run folder with the log of the finished run, in which the sharpness was measured after step 4; and its lines.
fn run_folder(name: &str) -> (PathBuf, Vec<Value>) {
    let run = Recording::from_bytes(&fs::read(FINISHED).unwrap()).unwrap();
    let mut lines: Vec<Value> = run
        .files
        .events
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let fourth = lines.iter().position(|line| line["step"] == 4).unwrap();
    let seconds = lines[fourth]["seconds"].clone();
    let sharpness =
        json!({"seconds": seconds, "event": "sharpness", "step": 4, "eigenvalue": 0.7654321});
    lines.insert(fourth + 1, sharpness);
    let folder = folder(name);
    fs::create_dir_all(&folder).unwrap();
    let log = folder.join("events.jsonl");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(&log, text).unwrap();
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(WRITTEN);
    let log = File::options().write(true).open(log).unwrap();
    log.set_modified(written).unwrap();
    (folder, lines)
}

/// The lines of an event.
fn of<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

/// A table whose cells have neither commas nor quotes, as a row is read by the names of the columns.
fn rows(csv: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), names.len(), "{line}");
            names.iter().copied().zip(cells).collect()
        })
        .collect()
}

/// The number in a cell; none: it is empty.
fn number(cell: &str) -> Option<f64> {
    (!cell.is_empty()).then(|| cell.parse().unwrap())
}

#[test]
fn the_csv_has_a_row_a_step_and_every_number_of_the_log() {
    let (run, lines) = run_folder("export-csv");
    let file = run.join("curves.csv");
    let wrote = format!("wrote {} (16 steps)\n", file.display());
    assert_eq!(told(&export(&run, "csv", &[])), wrote);
    let csv = fs::read_to_string(&file).unwrap();
    let rows = rows(&csv);
    let (search, training) = rows.split_at(6);
    let [steps, trained] = ["search-step", "train-step"].map(|event| of(&lines, event));
    assert_eq!([steps.len(), trained.len()], [6, 10]);
    let same = |row: &BTreeMap<&str, &str>, column: &str, value: &Value| {
        assert_eq!(number(row[column]), value.as_f64(), "{column}: {row:?}");
    };
    for (row, step) in search.iter().zip(steps) {
        assert_eq!(row["phase"], "search");
        for (column, key) in [
            ("epoch", "epoch"),
            ("step", "step"),
            ("time (s)", "seconds"),
            ("train_loss (nats)", "train_loss"),
            ("train_accuracy (0 to 1)", "train_accuracy"),
            ("validation_loss (nats)", "validation_loss"),
            ("validation_accuracy (0 to 1)", "validation_accuracy"),
            ("effective_radius (edges)", "effective_radius"),
            ("temperature", "temperature"),
            ("entropy (nats)", "entropy"),
        ] {
            same(row, column, &step[key]);
        }
        let losses = step["neighbor_losses"].as_array().unwrap().iter();
        let mean = losses.map(|loss| loss.as_f64().unwrap()).sum::<f64>() / 4.0;
        let written = number(row["neighbor_loss (nats)"]).unwrap();
        assert!((written - mean).abs() < 1e-6, "{row:?}");
        let sharpness = (step["step"] == 4).then_some(0.7654321);
        assert_eq!(number(row["sharpness (nats)"]), sharpness);
        assert_eq!(number(row["test_accuracy (0 to 1)"]), None);
    }
    let test = of(&lines, "tested")[0];
    for (row, step) in training.iter().zip(trained) {
        assert_eq!(row["phase"], "training");
        same(row, "step", &step["step"]);
        same(row, "time (s)", &step["seconds"]);
        same(row, "train_loss (nats)", &step["loss"]);
        same(row, "train_accuracy (0 to 1)", &step["accuracy"]);
        assert_eq!(
            row["epoch"],
            if step["step"].as_u64() <= Some(5) {
                "1"
            } else {
                "2"
            }
        );
        assert_eq!(row["validation_loss (nats)"], "");
        let last = step["step"] == 10;
        let tested = |value: &Value| value.as_f64().filter(|_| last);
        assert_eq!(number(row["test_loss (nats)"]), tested(&test["loss"]));
        assert_eq!(
            number(row["test_accuracy (0 to 1)"]),
            tested(&test["accuracy"])
        );
    }
    // Along the cosine: from 0.05 to 0.001 in three epochs of two steps, and from 0.1 to 0 in two of five.
    let rates = rows.iter().map(|row| number(row["learning_rate"]).unwrap());
    let expected = [[0.05; 2], [0.03775; 2], [0.01325; 2]].concat();
    let expected = expected.into_iter().chain([0.1; 5]).chain([0.05; 5]);
    for (rate, expected) in rates.zip(expected) {
        assert!((rate - expected).abs() < 1e-12, "{rate} {expected}");
    }
    fs::remove_dir_all(run).unwrap();
}

#[test]
fn an_export_reads_folders_zips_and_logs_and_writes_over_nothing_without_a_word() {
    let (run, lines) = run_folder("export-refused");
    let file = run.join("curves.csv");
    fs::write(&file, "mine").unwrap();
    let line = failure(&export(&run, "csv", &[]));
    assert!(
        line.contains("curves.csv is there already; give --replace"),
        "{line}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    told(&export(&run, "csv", &["--replace"]));
    let csv = fs::read_to_string(&file).unwrap();
    assert_eq!(csv.lines().count(), 17);

    let log = run.join("events.jsonl");
    let log = log.to_str().unwrap();
    let line = failure(&export(&run, "csv", &["--replace", "--out", log]));
    assert!(line.contains("would be overwritten"), "{line}");
    let line = failure(&export(Path::new(FINISHED), "csv", &[]));
    assert!(
        line.contains("is no folder that could take the result; give --out"),
        "{line}"
    );
    let events = run.join("mine.events");
    let line = failure(&export(
        &run,
        "tensorboard",
        &["--out", events.to_str().unwrap()],
    ));
    assert!(line.contains("whose names contain tfevents"), "{line}");
    let line = failure(&export(Path::new("src"), "tensorboard", &[]));
    assert!(line.contains("src holds no run"), "{line}");
    let line = failure(&export(Path::new("Cargo.toml"), "csv", &[]));
    assert!(line.contains("Cargo.toml: line 1"), "{line}");

    // The zip has the same run, but for the sharpness.
    let out = run.join("of-the-zip");
    fs::create_dir(&out).unwrap();
    told(&export(
        Path::new(FINISHED),
        "csv",
        &["--out", out.to_str().unwrap()],
    ));
    let zipped = fs::read_to_string(out.join("curves.csv")).unwrap();
    assert_eq!(zipped, csv.replace(",0.7654321,", ",,"));

    // Of a damaged log what is before the damage, and a word.
    let whole = lines.iter().take(5).map(|line| format!("{line}\n"));
    let damaged = whole.collect::<String>() + "{\"seconds\":9,\"event\":\"search-step\"}\n";
    fs::write(log, damaged).unwrap();
    let said = told(&export(&run, "csv", &["--replace"]));
    assert!(said.contains("line 6: the line is damaged"), "{said}");
    assert!(fs::read_to_string(&file).unwrap().lines().count() < 6);
    fs::remove_dir_all(run).unwrap();
}

#[test]
fn crc32c_has_the_check_values_of_rfc_3720() {
    let rising: Vec<u8> = (0..32).collect();
    let falling: Vec<u8> = (0..32).rev().collect();
    for (bytes, sum) in [
        (&[0; 32][..], 0x8a91_36aa),
        (&[0xff; 32], 0x62a8_ab43),
        (&rising, 0x46dd_794e),
        (&falling, 0x113f_db5c),
        (b"123456789", 0xe306_9283),
    ] {
        assert_eq!(crc32c(bytes), sum, "{bytes:?}");
    }
}

/// The records of a file, each with both its checksums right; none: the file is damaged.
fn records(mut file: &[u8]) -> Option<Vec<&[u8]>> {
    let masked = |bytes: &[u8]| {
        let sum = crc32c(bytes);
        sum.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
    };
    let mut records = Vec::new();
    while !file.is_empty() {
        let (length, rest) = file.split_at_checked(8)?;
        let (sum, rest) = rest.split_at_checked(4)?;
        let bytes = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
        let (content, rest) = rest.split_at_checked(bytes)?;
        let (sum_of_content, rest) = rest.split_at_checked(4)?;
        if sum != masked(length) || sum_of_content != masked(content) {
            return None;
        }
        records.push(content);
        file = rest;
    }
    Some(records)
}

#[test]
fn every_record_of_an_event_file_has_its_checksums_and_the_time_of_its_line() {
    let run = Recording::from_bytes(&fs::read(FINISHED).unwrap()).unwrap();
    let started = 1e9;
    let mut file = event_file(&run.events, started, &[]);
    let times: Vec<f64> = records(&file)
        .unwrap()
        .iter()
        .map(|record| {
            // The first field of each, of 64 bits.
            assert_eq!(record[0], 1 << 3 | 1);
            f64::from_le_bytes(record[1..9].try_into().unwrap()) - started
        })
        .collect();
    // The version, 16 steps, the settings, 6 times α and the genotype.
    assert_eq!(times.len(), 25);
    let known = |time: &&f64| {
        let near = |seconds: f64| (**time - seconds).abs() < 1e-6;
        near(0.0) || run.events.iter().any(|timed| near(timed.seconds))
    };
    assert_eq!(times.iter().filter(known).count(), 25, "{times:?}");

    let middle = file.len() / 2;
    file[middle] ^= 4;
    assert_eq!(records(&file), None);
}

/// What TensorBoard's own reader finds below a folder, as JSON.
const READ: &str = r"
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
kinds = ('scalars', 'histograms', 'images', 'tensors')
run = EventAccumulator(sys.argv[1], {kind: 0 for kind in kinds})
run.Reload()
tags = run.Tags()
values = lambda h: [h.min, h.max, h.num, h.sum, sum(h.bucket), h.bucket_limit[-1]]
print(json.dumps({
    'scalars': {tag: [[e.step, e.wall_time, e.value] for e in run.Scalars(tag)] for tag in tags['scalars']},
    'histograms': {tag: [[e.step, *values(e.histogram_value)] for e in run.Histograms(tag)] for tag in tags['histograms']},
    'images': {tag: [[e.step, e.width, e.height, list(e.encoded_image_string[:4])] for e in run.Images(tag)] for tag in tags['images']},
    'texts': {tag: run.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in tags['tensors']},
}))
";

#[test]
fn the_event_file_is_read_by_the_real_tensorboard() {
    let (run, lines) = run_folder("export-tensorboard");
    let file = run.join("events.out.tfevents.plateau");
    let wrote = format!("wrote {} (16 steps)\n", file.display());
    assert_eq!(told(&export(&run, "tensorboard", &[])), wrote);
    let read = said(READ, &[run.to_str().unwrap()]);

    let started = WRITTEN as f64 - lines.last().unwrap()["seconds"].as_f64().unwrap();
    let steps = of(&lines, "search-step");
    for (event, phase, keys) in [
        (
            "search-step",
            Phase::Search,
            &[
                ("train_loss", "train_loss"),
                ("validation_accuracy", "validation_accuracy"),
                ("entropy", "entropy"),
            ][..],
        ),
        (
            "train-step",
            Phase::Training,
            &[("train_loss", "loss"), ("train_accuracy", "accuracy")],
        ),
    ] {
        for (name, key) in keys {
            let curve = read["scalars"][format!("{phase}/{name}")].as_array();
            let expected = of(&lines, event);
            let curve = curve.unwrap();
            assert_eq!(curve.len(), expected.len());
            for (point, line) in curve.iter().zip(expected) {
                assert_eq!(point[0], line["step"]);
                let time = started + line["seconds"].as_f64().unwrap();
                assert!(
                    (point[1].as_f64().unwrap() - time).abs() < 1e-3,
                    "{point} {time}"
                );
                let [value, logged] = [&point[2], &line[key]].map(|one| one.as_f64().unwrap());
                assert_eq!(value as f32, logged as f32);
            }
        }
    }
    assert_eq!(
        read["scalars"]["search/sharpness"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(read["scalars"]["training/test_accuracy"][0][0], 10);

    // Three edges and five operations.
    let histograms = read["histograms"].as_object().unwrap();
    assert_eq!(histograms.len(), 8, "{:?}", histograms.keys());
    for (shown, step) in read["histograms"]["alpha_normal/edge_0-2"]
        .as_array()
        .unwrap()
        .iter()
        .zip(&steps)
    {
        let alpha = step["alpha"][0][1].as_array().unwrap().iter();
        let alpha: Vec<f64> = alpha.map(|one| one.as_f64().unwrap()).collect();
        let low = alpha.iter().copied().fold(f64::INFINITY, f64::min);
        let high = alpha.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let expected = [low, high, 5.0, alpha.iter().sum(), 5.0, high];
        assert_eq!(shown[0], step["step"]);
        for (place, expected) in expected.into_iter().enumerate() {
            let value = shown[place + 1].as_f64().unwrap();
            assert!((value - expected).abs() < 1e-6, "{shown} {expected}");
        }
    }
    assert_eq!(read["histograms"]["alpha_normal/skip_connect"][5][3], 3.0);
    let png = [0x89, b'P', b'N', b'G'];
    assert_eq!(
        read["images"],
        json!({"cells/normal": [[6, 1336, 354, png]]})
    );
    let settings = read["texts"]["settings"].as_str().unwrap();
    assert!(
        settings.contains("| search.strategy | `na-darts` |\n"),
        "{settings}"
    );
    let genotype = read["texts"]["genotype"].as_str().unwrap();
    assert!(genotype.starts_with("`|avg_pool_3x3~0|+|"), "{genotype}");
    fs::remove_dir_all(run).unwrap();
}
