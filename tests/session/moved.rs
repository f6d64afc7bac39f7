//! Runs whose images have moved, folders on file systems without locks, and what is advised where nothing can be written.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use plateau::record::{RecordError, latest, read_events};
use plateau::session::Event;

use crate::support::folder::folder;
use crate::support::write::idx;

const TINY: &str = "search --strategy darts --device cpu --channels 4 --layers 2 --epochs 2 --batch 10 --train-channels 4 \
                    --train-layers 2 --train-epochs 2 --train-batch 20";

/// A set of 40 images of two classes.
fn write_set(folder: &Path, seed: usize) {
    std::fs::create_dir_all(folder).unwrap();
    let pixels: Vec<u8> = (0..40 * 64).map(|at| (at * (7 + seed)) as u8).collect();
    let labels: Vec<u8> = (0..40).map(|at| at % 2).collect();
    std::fs::write(
        folder.join("images-idx3-ubyte"),
        idx(8, &[40, 8, 8], &pixels),
    )
    .unwrap();
    std::fs::write(folder.join("labels-idx1-ubyte"), idx(8, &[40], &labels)).unwrap();
}

fn run(place: &Path, args: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(args.split_whitespace())
        .current_dir(place)
        .output()
        .unwrap()
}

/// The last line of a refusal.
fn refusal(output: &Output) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(output.stdout.is_empty());
    let line = stderr.lines().last().unwrap().to_owned();
    assert!(line.starts_with("plateau: "), "{stderr}");
    line
}

fn events(folder: &Path) -> Vec<Event> {
    let timed = read_events(folder).unwrap();
    timed.into_iter().map(|timed| timed.event).collect()
}

/// A folder with `set`, `elsewhere` and `run`, which was cut off at its last checkpoint and knew the set by a relative path; and the
/// events of the whole run.
fn cut_off(name: &str) -> (PathBuf, Vec<Event>) {
    let root = folder(name);
    write_set(&root.join("set"), 0);
    std::fs::create_dir_all(root.join("elsewhere")).unwrap();
    let output = run(&root, &format!("{TINY} --dataset set --run-dir run"));
    assert!(output.status.success(), "{output:?}");
    let whole = cut(&root.join("run"));
    (root, whole)
}

/// Cuts a run off at its last checkpoint; the events that it had.
fn cut(path: &Path) -> Vec<Event> {
    let whole = events(path);
    let kept = latest(path).unwrap().checkpoint.unwrap().position.events as usize;
    let text = std::fs::read_to_string(path.join("events.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().take(kept).collect();
    std::fs::write(path.join("events.jsonl"), lines.join("\n") + "\n").unwrap();
    whole
}

#[test]
fn a_run_goes_on_from_any_folder_with_the_images_that_it_had() {
    let (root, whole) = cut_off("any-folder");
    let text = std::fs::read_to_string(root.join("run/config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_str(&text).unwrap();
    let path = std::fs::canonicalize(&root).unwrap().join("set");
    assert_eq!(config["config"]["dataset"], path.to_str().unwrap());
    let output = run(&root.join("elsewhere"), "search --resume ../run");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(events(&root.join("run")), whole);
    std::fs::remove_dir_all(&root).unwrap();
}

#[test]
fn a_run_whose_images_have_moved_says_where_they_were_and_takes_where_they_are() {
    let (root, whole) = cut_off("moved");
    let (old, elsewhere) = (root.join("set"), root.join("elsewhere"));
    let before = std::fs::read(root.join("run/events.jsonl")).unwrap();
    std::fs::rename(&old, root.join("new place")).unwrap();
    let line = refusal(&run(&elsewhere, "search --resume ../run"));
    assert!(line.contains(old.to_str().unwrap()), "{line}");
    assert!(line.contains("--dataset PATH"), "{line}");
    assert!(!line.contains("go on with"), "{line}");

    // Other images, and none.
    write_set(&root.join("other"), 1);
    for (given, word) in [
        ("../other", "SHA-256"),
        ("digits", "SHA-256"),
        ("../nowhere", "unknown data set"),
    ] {
        let line = refusal(&run(
            &elsewhere,
            &format!("search --resume ../run --dataset {given}"),
        ));
        assert!(line.contains(word), "{line}");
        let hash = |text: &str| text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
        let hashes = line.split([' ', ',']).filter(|word| hash(word)).count();
        assert_eq!(hashes, if word == "SHA-256" { 2 } else { 0 }, "{line}");
    }
    assert_eq!(
        before,
        std::fs::read(root.join("run/events.jsonl")).unwrap()
    );

    // What scores with its supernet asks the same.
    std::fs::rename(root.join("new place"), root.join("new")).unwrap();
    for command in [
        "neighborhood darts-v2 --limit 2",
        "sample --draws 1",
        "search --strategy rs --draws 1",
    ] {
        let command = format!("{command} --batches 1 --device cpu --run ../run");
        let line = refusal(&run(&elsewhere, &command));
        assert!(
            line.contains(old.to_str().unwrap()) && line.contains("--dataset"),
            "{line}"
        );
        let line = refusal(&run(&elsewhere, &format!("{command} --dataset ../other")));
        assert!(line.contains("SHA-256"), "{line}");
        let output = run(&elsewhere, &format!("{command} --dataset ../new"));
        assert!(output.status.success(), "{output:?}");
    }
    let output = run(&elsewhere, "search --resume ../run --dataset ../new");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(events(&root.join("run")), whole);
    std::fs::remove_dir_all(&root).unwrap();
}

#[test]
fn a_run_on_images_of_another_size_is_named_after_it_and_goes_on_with_no_other() {
    let root = folder("other-size");
    write_set(&root.join("set"), 0);
    let output = run(&root, &format!("{TINY} --dataset set#size=12"));
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let note = "enlarged from 8×8 to 12×12 by bilinear interpolation";
    assert!(stderr.contains(note), "{stderr}");
    let whole = cut(&root.join("runs/set-size=12-darts-0"));
    let resume = "search --resume runs/set-size=12-darts-0";
    for other in ["set", "set#size=10", "set#size=12x10"] {
        let line = refusal(&run(&root, &format!("{resume} --dataset {other}")));
        assert!(line.contains("SHA-256"), "{line}");
    }
    std::fs::rename(root.join("set"), root.join("new")).unwrap();
    let output = run(&root, &format!("{resume} --dataset new#size=12"));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(events(&root.join("runs/set-size=12-darts-0")), whole);
    std::fs::remove_dir_all(&root).unwrap();
}

#[test]
fn a_run_that_kept_a_relative_path_goes_on_where_that_leads_or_with_another() {
    let (root, _) = cut_off("relative");
    // As earlier versions wrote it, in the events and in the checkpoints; those are not changed here, so that the run begins anew.
    let absolute = root.join("set");
    let path = root.join("run/events.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace(absolute.to_str().unwrap(), "set")).unwrap();
    for (_, checkpoint) in plateau::record::saved(&root.join("run")).unwrap() {
        std::fs::remove_file(checkpoint).unwrap();
    }
    let elsewhere = root.join("elsewhere");
    let line = refusal(&run(&elsewhere, "search --resume ../run"));
    assert!(
        line.contains(elsewhere.join("set").to_str().unwrap()),
        "{line}"
    );
    let output = run(&elsewhere, "search --resume ../run --dataset ../set");
    assert!(output.status.success(), "{output:?}");
    std::fs::remove_dir_all(&root).unwrap();
}

/// Runs on a file system whose locks fail with an error of the system.
#[cfg(target_os = "linux")]
fn with_lock_error(root: &Path, code: i32) -> Output {
    let source = root.join("locks.c");
    let library = root.join("locks.so");
    let text = "#include <errno.h>\n#include <stdlib.h>\n\
                int flock(int file, int operation) { (void)file; (void)operation; errno = atoi(getenv(\"LOCK_ERROR\")); return -1; }\n";
    std::fs::write(&source, text).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    assert!(built.unwrap().success(), "this test needs the linker's cc");
    Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(TINY.split_whitespace())
        .args(["--dataset", "digits", "--test-share", "0.8", "--run-dir"])
        .arg(root.join("run"))
        .env("LD_PRELOAD", &library)
        .env("LOCK_ERROR", code.to_string())
        .output()
        .unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_system_without_locks_is_a_note_and_one_whose_locks_fail_a_refusal() {
    for (code, works) in [(37, true), (38, true), (95, true), (5, false)] {
        let root = folder(&format!("locks-{code}"));
        std::fs::create_dir_all(&root).unwrap();
        let output = with_lock_error(&root, code);
        let stderr = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(output.status.success(), works, "{code}: {stderr}");
        assert_eq!(stderr.contains("has no locks"), works, "{code}: {stderr}");
        assert!(!stderr.contains("free some space"), "{stderr}");
        std::fs::remove_dir_all(&root).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn advice_fits_what_the_system_said() {
    let write = |code| {
        let (path, source) = (PathBuf::from("x"), std::io::Error::from_raw_os_error(code));
        RecordError::Write { path, source }.to_string()
    };
    let create = |code| {
        let (path, source) = (PathBuf::from("x"), std::io::Error::from_raw_os_error(code));
        RecordError::Create { path, source }.to_string()
    };
    for (code, advice) in [
        (28, "free some space"),
        (122, "free some space"),
        (13, "get the permission to write there"),
        (30, "make its file system writable"),
    ] {
        assert!(
            write(code).ends_with(&format!("; {advice}")),
            "{}",
            write(code)
        );
        let expected = format!("; {advice} or choose another folder with --run-dir");
        assert!(create(code).ends_with(&expected), "{}", create(code));
    }
    for code in [5, 2, 20] {
        assert!(write(code).ends_with(&format!("(os error {code})")));
        let advice = "; choose another folder with --run-dir";
        assert!(create(code).ends_with(&format!("(os error {code}){advice}")));
    }
}

#[test]
fn a_folder_with_a_piece_of_a_first_line_is_begun_anew() {
    let root = folder("piece");
    write_set(&root.join("set"), 0);
    std::fs::create_dir_all(root.join("run")).unwrap();
    std::fs::write(root.join("run/events.jsonl"), "{\"seconds\":0.0,\"ev").unwrap();
    let output = run(&root, &format!("{TINY} --dataset set --run-dir run"));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        events(&root.join("run")).last(),
        Some(&Event::Finished),
        "what was there is gone"
    );
    let line = refusal(&run(&root, &format!("{TINY} --dataset set --run-dir run")));
    assert!(line.contains("already holds a run"), "{line}");
    std::fs::remove_dir_all(&root).unwrap();
}
