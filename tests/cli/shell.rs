//! Standard output and error that close or fill, as in a shell.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, pipe};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use plateau::record::read_events;
use plateau::session::Event;

use crate::support::folder::folder;

/// A pipe whose reader is gone, as after `| head`.
fn closed() -> Stdio {
    let (_reader, writer) = pipe().unwrap();
    writer.into()
}

/// A disk without room.
fn full() -> Stdio {
    OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap()
        .into()
}

fn run(args: &[&str], out: Stdio, err: Stdio) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(args)
        .stdout(out)
        .stderr(err)
        .output()
        .unwrap()
}

/// Commands of every kind that print a result.
const RESULTS: [&[&str]; 15] = [
    &["genotype", "show", "darts-v2"],
    &["genotype", "convert", "darts-v1", "--to", "python"],
    &["genotype", "convert", "darts-v1"],
    &["genotype", "count", "darts-v2"],
    &["genotype", "count", "darts-v2", "--json"],
    &["neighborhood", "best", "--table", "builtin"],
    &["neighborhood", "best", "--table", "builtin", "--json"],
    &["spectrum", "--table", "builtin"],
    &["sample", "--table", "builtin", "--runs", "2"],
    &["relax", "--table", "builtin", "--starts", "2"],
    &["data", "info", "digits"],
    &["data", "info", "digits", "--json"],
    &["--version"],
    &["--help"],
    &["search", "--help"],
];

#[test]
fn a_reader_who_stops_early_ends_every_command_quietly() {
    for args in RESULTS.iter().chain([&["devices"][..], &["help"]].iter()) {
        let output = run(args, closed(), Stdio::piped());
        let messages = String::from_utf8(output.stderr).unwrap();
        assert_eq!(messages, "", "{args:?}");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
    }
}

#[test]
fn a_full_disk_behind_the_standard_output_is_one_line_and_exit_code_1() {
    for args in RESULTS {
        let output = run(args, full(), Stdio::piped());
        let messages = String::from_utf8(output.stderr).unwrap();
        assert_eq!(messages.lines().count(), 1, "{args:?}: {messages}");
        assert!(
            messages.starts_with("plateau: the standard output: No space left"),
            "{args:?}: {messages}"
        );
        assert_eq!(output.status.code(), Some(1), "{args:?}");
    }
}

#[test]
fn a_standard_error_that_is_closed_or_full_changes_nothing() {
    for (args, code) in [
        (&["genotype", "show", "darts-v2"][..], 0),
        (&["genotype", "show", "nothing"], 1),
        (&["data", "info", "no/such/folder"], 1),
        (&["search", "--no-such-flag"], 2),
        (&["neighborhood"], 2),
    ] {
        let told = run(args, Stdio::piped(), Stdio::piped());
        for err in [closed(), full()] {
            let output = run(args, Stdio::piped(), err);
            assert_eq!(output.status.code(), Some(code), "{args:?}");
            assert_eq!(output.stdout, told.stdout, "{args:?}");
        }
    }
}

/// A search of a second.
fn small_search(folder: &Path) -> Vec<&str> {
    let mut args = vec!["search", "--run-dir", folder.to_str().unwrap()];
    args.extend("--device cpu --space nas-bench-201-small --strategy darts".split(' '));
    args.extend("--channels 2 --layers 1 --epochs 1 --batch 64".split(' '));
    args.extend("--train-channels 4 --train-layers 1 --train-epochs 5".split(' '));
    args
}

fn assert_finished(folder: &Path) {
    let events = read_events(folder).unwrap();
    assert_eq!(events.last().unwrap().event, Event::Finished);
    assert!(folder.join("result.json").is_file());
}

#[test]
fn a_run_goes_on_recording_when_its_progress_cannot_be_printed() {
    for (name, out, err, code) in [
        ("closed", closed(), closed(), 0),
        ("error-full", Stdio::piped(), full(), 0),
        // Its result could not be printed: that is a failure, but the run is whole.
        ("full", full(), full(), 1),
    ] {
        let folder = folder(&format!("shell-{name}"));
        let output = run(&small_search(&folder), out, err);
        assert_eq!(output.status.code(), Some(code), "{name}");
        assert_finished(&folder);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn a_run_whose_first_line_alone_is_read_goes_on_to_its_end() {
    let folder = folder("shell-head");
    let (reader, writer) = pipe().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(small_search(&folder))
        .stdout(writer.try_clone().unwrap())
        .stderr(writer)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(reader).read_line(&mut line).unwrap();
    assert!(line.starts_with("device "), "{line}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_finished(&folder);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_window_without_a_display_is_refused_in_one_line() {
    for args in [&["app"][..], &[], &["app", "--link", "v=1&seed=3"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_plateau"))
            .args(args)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .output()
            .unwrap();
        let messages = String::from_utf8(output.stderr).unwrap();
        assert_eq!(messages.lines().count(), 1, "{messages}");
        assert!(messages.contains("the command line works"), "{messages}");
        assert!(
            !messages.contains(".rs:"),
            "a place in a source: {messages}"
        );
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn what_can_be_dropped_on_the_window_is_taken_on_the_command_line_and_what_is_not_there_is_refused()
{
    let images = folder("app-images");
    std::fs::create_dir_all(images.join("cats")).unwrap();
    let there = images.to_string_lossy().into_owned();
    let absent = images.join("dogs").to_string_lossy().into_owned();
    std::fs::write(images.join("note"), "a text").unwrap();
    let below_a_file = images.join("note/dogs").to_string_lossy().into_owned();
    for (path, said) in [
        (&there, "the command line works"),
        (&absent, "dogs: there is no such file or folder\n"),
        (&below_a_file, "dogs: there is no such file or folder\n"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_plateau"))
            .args(["app", path])
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .output()
            .unwrap();
        let messages = String::from_utf8(output.stderr).unwrap();
        assert!(messages.contains(said), "{messages}");
    }
    std::fs::remove_dir_all(images).unwrap();
}

#[test]
fn commands_without_a_window_print_no_lines_of_a_driver() {
    for args in [
        "devices",
        "devices --json",
        "bench --json --size quick --strategy darts --kernels stock --device gpu --batch 2 --warmup 0 --steps 1",
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_plateau"))
            .args(args.split(' '))
            .env_remove("XDG_RUNTIME_DIR")
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{args}");
        assert_eq!(output.status.code(), Some(0), "{args}");
    }
}
