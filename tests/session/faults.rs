//! What goes wrong ends in one clear line, and what was saved opens.

use std::path::{Path, PathBuf};
use std::process::Output;

use plateau::record::{Recorder, latest, read_events};
use plateau::session::{Event, Timed};

use crate::support::folder::folder;
use crate::support::program::plateau;

/// The last line of stderr, where the failure is.
fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    let line = stderr.lines().last().unwrap().to_string();
    assert!(line.starts_with("plateau: "), "{stderr}");
    line
}

const TINY: [&str; 23] = [
    "search",
    "--strategy",
    "darts",
    "--device",
    "cpu",
    "--test-share",
    "0.8",
    "--channels",
    "4",
    "--layers",
    "2",
    "--epochs",
    "2",
    "--batch",
    "60",
    "--train-channels",
    "4",
    "--train-layers",
    "2",
    "--train-epochs",
    "2",
    "--train-batch",
    "120",
];

/// A finished run, then cut back to what a killed process would have left: everything up to its last checkpoint but one.
fn interrupted(name: &str) -> PathBuf {
    let folder = folder(name);
    let path = folder.to_str().unwrap();
    let output = plateau(&[&TINY[..], &["--run-dir", path]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(folder.join("events.jsonl")).unwrap();
    let kept = latest(&folder).unwrap().checkpoint.unwrap();
    let lines: Vec<&str> = text.lines().take(kept.position.events as usize).collect();
    std::fs::write(folder.join("events.jsonl"), lines.join("\n") + "\n").unwrap();
    folder
}

fn resume(folder: &Path, more: &[&str]) -> Output {
    plateau(&[&["search", "--resume", folder.to_str().unwrap()], more].concat())
}

#[test]
fn a_folder_that_another_process_records_into_is_left_alone() {
    let folder = interrupted("locked");
    let before = std::fs::read(folder.join("events.jsonl")).unwrap();
    let held = Recorder::interrupted(&folder).unwrap();
    let line = complaint(&resume(&folder, &[]));
    assert!(line.contains("in use by another process"), "{line}");
    assert_eq!(before, std::fs::read(folder.join("events.jsonl")).unwrap());
    drop(held);
    assert!(resume(&folder, &[]).status.success());
    // A finished run has nothing to go on with.
    let line = complaint(&resume(&folder, &[]));
    assert!(line.contains("its run is finished"), "{line}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn resuming_with_other_flags_says_what_differs_and_changes_nothing() {
    let folder = interrupted("flags");
    let before = std::fs::read(folder.join("events.jsonl")).unwrap();
    let line = complaint(&resume(&folder, &["--epochs", "9", "--seed", "1"]));
    assert!(line.contains("--epochs is 2 there, 9 here"), "{line}");
    assert!(line.contains("seed is 0 there, 1 here"), "{line}");
    let line = complaint(&plateau(&["train", "--resume", folder.to_str().unwrap()]));
    assert!(line.contains("plateau search --resume"), "{line}");
    assert_eq!(before, std::fs::read(folder.join("events.jsonl")).unwrap());
    // The same flags as before are welcome.
    let same = resume(
        &folder,
        &["--strategy", "darts", "--epochs", "2", "--seed", "0"],
    );
    assert!(same.status.success(), "{same:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_corrupt_event_line_is_named_unless_a_checkpoint_stands_before_it() {
    let folder = interrupted("line");
    let path = folder.join("events.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    // After the checkpoint: what a power cut leaves.
    std::fs::write(&path, format!("{text}\0\0\0\n{text}")).unwrap();
    assert!(resume(&folder, &[]).status.success());
    assert_eq!(
        read_events(&folder)
            .unwrap()
            .last()
            .map(|timed| &timed.event),
        Some(&Event::Finished)
    );
    // Before every checkpoint.
    let broken = text.replacen("search-step", "serch-step", 1);
    std::fs::write(&path, broken).unwrap();
    let line = complaint(&resume(&folder, &[]));
    assert!(
        line.contains("events.jsonl:3: a newer Plateau wrote it"),
        "{line}"
    );
    // The configuration, which the first line holds.
    std::fs::write(&path, text.replacen("\"seed\":0", "\"seed\":-1", 1)).unwrap();
    let line = complaint(&resume(&folder, &[]));
    assert!(
        line.contains("events.jsonl:1: the line is damaged"),
        "{line}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn damaged_checkpoints_are_named_and_never_silently_forgotten() {
    let folder = interrupted("damaged");
    let kept = plateau::record::saved(&folder).unwrap();
    std::fs::write(&kept[0].1, b"").unwrap();
    let output = resume(&folder, &[]);
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("it ends within its header; the checkpoint before it is used"));
    std::fs::remove_dir_all(&folder).unwrap();

    let folder = interrupted("all-damaged");
    for (_, file) in plateau::record::saved(&folder).unwrap() {
        std::fs::write(file, b"nonsense").unwrap();
    }
    let line = complaint(&resume(&folder, &[]));
    assert!(line.contains("not a checkpoint"), "{line}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_folder_without_a_run_cannot_be_resumed() {
    let folder = folder("empty");
    let line = complaint(&resume(&folder, &[]));
    assert!(line.contains("there is no such run folder"), "{line}");
    std::fs::create_dir_all(&folder).unwrap();
    let line = complaint(&resume(&folder, &[]));
    assert!(line.contains("it holds no run"), "{line}");
    std::fs::write(folder.join("events.jsonl"), "").unwrap();
    let line = complaint(&resume(&folder, &[]));
    assert!(line.contains("its run has not begun"), "{line}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_before_the_run_starts() {
    // Below a file: also root cannot write there.
    let file = folder("file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("run");
    let output = plateau(&[&TINY[..], &["--run-dir", below.to_str().unwrap()]].concat());
    let line = complaint(&output);
    assert!(
        line.contains("choose another folder with --run-dir"),
        "{line}"
    );
    std::fs::remove_file(&file).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_may_only_be_read_is_refused_before_the_run_starts() {
    // Nobody, root neither, makes a folder there.
    let output = plateau(&[&TINY[..], &["--run-dir", "/sys/plateau-run"]].concat());
    let line = complaint(&output);
    assert!(line.contains("/sys/plateau-run"), "{line}");
    assert!(
        line.contains("choose another folder with --run-dir"),
        "{line}"
    );
}

#[test]
fn training_that_cannot_fit_is_refused_before_the_search_that_it_would_follow() {
    let huge = [
        "--dataset",
        "mnist5k",
        "--train-channels",
        "4096",
        "--train-layers",
        "64",
        "--train-batch",
        "5000",
    ];
    let folder = folder("huge");
    let path = folder.to_str().unwrap();
    // The later of two same flags is not taken: the tiny ones are left out.
    let output = plateau(&[&TINY[..15], &huge[..], &["--run-dir", path]].concat());
    let line = complaint(&output);
    assert!(line.contains("training needs"), "{line}");
    assert!(line.contains("lower --train-batch"), "{line}");
    // The folder says what was asked for, and no step was made.
    let steps = read_events(&folder).unwrap_or_default();
    assert!(
        steps
            .iter()
            .all(|timed| !matches!(timed.event, Event::SearchStep(_)))
    );
    let _unless_it_was_never_made = std::fs::remove_dir_all(&folder);
}

#[test]
fn a_run_whose_clock_has_jumped_is_read_and_never_goes_back() {
    let folder = interrupted("clock");
    let path = folder.join("events.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut jumping = String::new();
    let count = text.lines().count();
    for (number, line) in text.lines().enumerate() {
        let mut timed: serde_json::Value = serde_json::from_str(line).unwrap();
        timed["seconds"] = match number % 3 {
            _ if number + 1 == count => 5000.0,
            0 => 1e9,
            1 => -3.0,
            _ => 7.0,
        }
        .into();
        jumping += &format!("{timed}\n");
    }
    std::fs::write(&path, jumping).unwrap();
    let output = resume(&folder, &[]);
    assert!(output.status.success(), "{output:?}");
    let seconds: Vec<f64> = read_events(&folder)
        .unwrap()
        .iter()
        .map(|timed| timed.seconds)
        .collect();
    assert!(seconds.len() > count);
    assert!(
        seconds[count - 1..].is_sorted() && seconds[count] >= 5000.0,
        "{:?}",
        &seconds[count - 1..]
    );
    let bytes = std::fs::read(&path).unwrap();
    let run = plateau::app::Recording::from_bytes(&bytes).unwrap();
    assert!(run.view("jumped").steps.len() > 1);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn training_from_the_command_line_goes_on_bit_for_bit_where_it_was_interrupted() {
    let folder = folder("train");
    let path = folder.to_str().unwrap();
    let size = ["--train-channels", "4", "--train-layers", "2"];
    let length = ["--train-epochs", "2", "--train-batch", "120"];
    let place = ["--device", "cpu", "--test-share", "0.8", "--run-dir", path];
    let every = ["train", "darts-v2", "--checkpoint-every", "1"];
    let output = plateau(&[&every[..], &size, &length, &place].concat());
    assert!(output.status.success(), "{output:?}");
    let whole = read_events(&folder).unwrap();
    let kept = latest(&folder).unwrap().checkpoint.unwrap();
    let at = kept.position.events as usize;
    assert!(at < whole.len(), "there is something left to do");
    let text = std::fs::read_to_string(folder.join("events.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().take(at).collect();
    std::fs::write(folder.join("events.jsonl"), lines.join("\n") + "\n").unwrap();

    let line = complaint(&resume(&folder, &[]));
    assert!(line.contains("plateau train --resume"), "{line}");
    let output = plateau(&["train", "--resume", path]);
    assert!(output.status.success(), "{output:?}");
    let events =
        |timed: &[Timed]| -> Vec<Event> { timed.iter().map(|timed| timed.event.clone()).collect() };
    assert_eq!(events(&read_events(&folder).unwrap()), events(&whole));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_in_one_line_and_the_run_goes_on_once_there_is_space() {
    // A whole run to compare with.
    let whole = folder("whole");
    let output = plateau(&[&TINY[..], &["--run-dir", whole.to_str().unwrap()]].concat());
    assert!(output.status.success());
    let last = latest(&whole).unwrap().checkpoint.unwrap().position.events;
    // Every write to /dev/full says "no space left on device"; here it takes the place of the last checkpoint.
    let folder = folder("full");
    std::fs::create_dir(&folder).unwrap();
    let temporary = folder.join(format!(".checkpoint-{last:06}.safetensors.new"));
    std::os::unix::fs::symlink("/dev/full", &temporary).unwrap();
    let output = plateau(&[&TINY[..], &["--run-dir", folder.to_str().unwrap()]].concat());
    let line = complaint(&output);
    assert!(line.contains("No space left on device"), "{line}");
    assert!(line.contains("free some space"), "{line}");
    assert!(!temporary.exists(), "nothing half written stays");
    // The one before stands.
    let kept = latest(&folder).unwrap().checkpoint.unwrap();
    assert!(0 < kept.position.events && kept.position.events < last);
    assert!(resume(&folder, &[]).status.success());
    let events = |folder: &Path| -> Vec<Event> {
        let timed = read_events(folder).unwrap();
        timed.into_iter().map(|timed| timed.event).collect()
    };
    assert_eq!(events(&folder), events(&whole));
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::remove_dir_all(&whole).unwrap();
}
