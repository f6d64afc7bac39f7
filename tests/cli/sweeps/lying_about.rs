//! What lies about where a comparison goes on: claims of processes that were killed, files, images that have moved.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use plateau::data::Dataset;
use plateau::record::{Claim, saved};
use serde_json::Value;

use super::{PATIENCE, SMALL, by_one_process, compare, entries, in_the_midst, merge, names, start};
use crate::support::folder::folder;
use crate::support::outcome::{failure, text};
use crate::support::program::plateau;
use crate::support::write::idx;

/// The last line of what a refused command says.
fn refusal(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said.lines().last().unwrap().to_owned()
}

/// Leaves the claim of a process that has ended.
#[cfg(unix)]
fn claim_of_ended(path: &Path) {
    let claim = Claim::take(path).unwrap().unwrap();
    let mut holder: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    drop(claim);
    let mut child = Command::new("true").spawn().unwrap();
    holder["pid"] = child.id().into();
    child.wait().unwrap();
    fs::write(path, holder.to_string()).unwrap();
}

#[cfg(unix)]
#[test]
fn a_claim_that_a_killed_process_left_on_a_finished_run_is_in_nobodys_way_and_is_removed() {
    let folder = folder("left-behind");
    let what = "--strategies darts --seeds 1";
    by_one_process(&folder, what);
    let claim = folder.join("darts-0.claim");
    let events = fs::read(folder.join("darts-0/events.jsonl")).unwrap();

    claim_of_ended(&claim);
    let listed = text(
        &compare(&folder, &format!("{what} --list"))
            .output()
            .unwrap(),
    );
    assert_eq!(listed, "");
    assert!(claim.exists(), "a list changes nothing");
    let merged = merge(&folder);
    assert!(
        !merged.contains("missing") && !merged.contains(".claim"),
        "{merged}"
    );
    assert!(!claim.exists());

    claim_of_ended(&claim);
    text(&compare(&folder, what).output().unwrap());
    let files = ["compare.json", "compare.md", "compare.svg"];
    assert_eq!(names(&folder), [&files[..], &["darts-0", "judge"]].concat());
    assert_eq!(
        fs::read(folder.join("darts-0/events.jsonl")).unwrap(),
        events
    );
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_file_where_a_run_folder_belongs_is_kept_and_said_in_one_line() {
    let folder = folder("file-for-run");
    fs::create_dir_all(&folder).unwrap();
    for name in ["darts-0", "judge"] {
        fs::write(folder.join(name), "mine").unwrap();
    }
    let output = compare(&folder, "--strategies darts --seeds 1")
        .output()
        .unwrap();
    text(&output);
    let said = String::from_utf8_lossy(&output.stderr);
    for name in ["darts-0", "judge"] {
        let line = format!(
            "{} is a file, where a run folder belongs; another folder takes ",
            folder.join(name).display()
        );
        assert_eq!(said.matches(&line).count(), 1, "{said}");
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), "mine");
    }
    assert_eq!(entries(&folder)[0]["run_dir"], "darts-0-2");

    let file = folder.join("darts-0");
    let line = failure(&compare(&file, "--seeds 1").output().unwrap());
    let belongs = "darts-0: it is a file, where the folder of a comparison belongs";
    assert!(line.contains(belongs), "{line}");
    let file = file.to_str().unwrap();
    let line = failure(&plateau(&["compare", "--merge", file]));
    assert!(line.contains(belongs), "{line}");
    let more = ["--device", "cpu", "--strategy", "random", "--run-dir", file];
    let line = refusal(&plateau(&[&["search"], &more[..]].concat()));
    assert!(
        line.contains("is a file, where a run folder belongs; move it"),
        "{line}"
    );
    fs::remove_dir_all(&folder).unwrap();
}

#[cfg(unix)]
#[test]
fn a_merge_where_nothing_can_be_written_says_so_and_what_to_do() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let folder = folder("read-only");
    by_one_process(&folder, "--strategies random --seeds 1");
    let may = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    may(0o555);
    let mut command = Command::new(env!("CARGO_BIN_EXE_plateau"));
    command.args(["compare", "--merge"]).arg(&folder);
    if fs::write(folder.join("by-root"), "").is_ok() {
        // Whom no permission binds: another user tries, where that one may run the program.
        command.uid(65534);
    }
    if let Ok(output) = command.output() {
        let line = failure(&output);
        assert!(
            line.contains("read-only") && line.contains(" cannot be written ("),
            "{line}"
        );
        assert!(line.contains("copy its compare*.json"), "{line}");
        assert!(!line.contains("--run-dir"), "{line}");
    }
    may(0o755);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_judge_that_fails_within_a_comparison_goes_on_with_the_comparison() {
    let folder = folder("judge-fails");
    let long = SMALL.replace("--judge-epochs 1", "--judge-epochs 500");
    let mut command = Command::new(env!("CARGO_BIN_EXE_plateau"));
    command.args("compare --strategies darts --seeds 1 --run-dir".split(' '));
    command.arg(&folder).args(long.split_whitespace());
    let child = start(&mut command);
    let judge = folder.join("judge");
    let end = Instant::now() + PATIENCE;
    // Behind the second one the first is known to be saved.
    while saved(&judge).map_or(0, |found| found.len()) < 2 {
        assert!(Instant::now() < end, "no checkpoint");
        std::thread::sleep(Duration::from_millis(2));
    }
    fs::rename(&judge, folder.join("gone")).unwrap();
    let line = refusal(&child.wait_with_output().unwrap());
    assert!(
        line.contains("go on with the same plateau compare: "),
        "{line}"
    );
    assert!(!line.contains("--resume"), "{line}");
    fs::remove_dir_all(&folder).unwrap();
}

/// The digits as files; `first`: their first pixel.
fn write_digits(folder: &Path, first: u8) {
    let digits = Dataset::load("digits").unwrap();
    let count = digits.labels.len() as u32;
    let mut pixels = digits.images.clone();
    pixels[0] = first;
    let labels: Vec<u8> = digits.labels.iter().map(|&label| label as u8).collect();
    fs::create_dir_all(folder).unwrap();
    let images = idx(8, &[count, 8, 8], &pixels);
    fs::write(folder.join("images-idx3-ubyte"), images).unwrap();
    fs::write(folder.join("labels-idx1-ubyte"), idx(8, &[count], &labels)).unwrap();
}

/// A command in a folder, on a data set there.
fn on(root: &Path, dataset: &str, command: &str) -> Command {
    let mut call = Command::new(env!("CARGO_BIN_EXE_plateau"));
    call.args(command.split_whitespace())
        .args(["--dataset", dataset])
        .current_dir(root);
    call
}

#[test]
fn a_comparison_whose_images_have_moved_goes_on_with_the_same_ones_and_with_no_others() {
    let root = folder("moved-comparison");
    write_digits(&root.join("set"), 0);
    write_digits(&root.join("other"), 1);
    let small = SMALL.replace("--dataset digits", "");
    let command = format!("compare --run-dir runs --strategies darts --seeds 1 {small}");
    let mut child = start(&mut on(&root, "set", &command));
    in_the_midst(&root.join("runs"));
    child.kill().unwrap();
    child.wait().unwrap();

    // Nothing is written down yet, and the judge and the run know the old place.
    fs::rename(root.join("set"), root.join("new")).unwrap();
    let output = on(&root, "new", &command).output().unwrap();
    text(&output);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("resuming runs/darts-0 after "), "{said}");
    let runs = root.join("runs");
    let files = ["compare.json", "compare.md", "compare.svg"];
    let all = [&files[..], &["darts-0", "judge"]].concat();
    assert_eq!(names(&runs), all);

    // One that has results.
    fs::rename(root.join("new"), root.join("newer")).unwrap();
    let more = command.replace("--seeds 1", "--seeds 2");
    text(&on(&root, "newer", &more).output().unwrap());
    assert_eq!(entries(&runs).len(), 2);
    assert!(!runs.join("judge-2").exists(), "{:?}", names(&runs));
    let line = refusal(&on(&root, "other", &more).output().unwrap());
    assert!(line.contains("other settings (dataset is "), "{line}");
    fs::remove_dir_all(&root).unwrap();
}

#[test]
fn a_judge_whose_images_have_moved_is_measured_without_being_trained_again() {
    let root = folder("moved-judge");
    write_digits(&root.join("set"), 0);
    write_digits(&root.join("other"), 1);
    let command = "judge --run-dir judge --table builtin --cells 60 --space nas-bench-201-small --device cpu --channels 4 --epochs 2";
    let first = text(&on(&root, "set", command).output().unwrap());
    fs::rename(root.join("set"), root.join("new")).unwrap();
    let output = on(&root, "new", command).output().unwrap();
    assert_eq!(text(&output), first);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("judge is trained already"), "{said}");
    let line = refusal(&on(&root, "other", command).output().unwrap());
    assert!(line.contains("holds a run with other settings"), "{line}");
    fs::remove_dir_all(&root).unwrap();
}
