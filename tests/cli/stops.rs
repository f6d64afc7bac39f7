//! Signals as batch systems, terminals and people send them.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use plateau::record::{read_events, saved};
use plateau::session::Event;

use crate::support::folder::folder;
use crate::support::outcome::text;
use crate::support::program::plateau;

/// Longest time that anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn start(args: &str, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(args.split_whitespace())
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Waits until a file has a word.
fn wait_for(path: &Path, word: &str) {
    let end = Instant::now() + PATIENCE;
    while !std::fs::read_to_string(path).is_ok_and(|text| text.contains(word)) {
        assert!(Instant::now() < end, "{} has no {word}", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until a process listens to signals.
fn wait_until_it_listens(child: &Child) {
    let status = format!("/proc/{}/status", child.id());
    let end = Instant::now() + PATIENCE;
    while cfg!(target_os = "linux") && Instant::now() < end {
        let text = std::fs::read_to_string(&status).unwrap();
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
        // SIGTERM.
        if mask & (1 << 14) != 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(50));
}

/// Exit code and stderr, and how long it took from now.
fn end(mut child: Child) -> (Option<i32>, String, Duration) {
    let began = Instant::now();
    let mut text = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut text).unwrap();
    (child.wait().unwrap().code(), text, began.elapsed())
}

const ENDLESS: &str = "search --dataset digits --strategy darts --device cpu --channels 4 --layers 3 --epochs 5000 --run-dir";

#[test]
fn every_signal_that_asks_for_an_end_saves_the_step_and_says_how_to_go_on() {
    for name in ["INT", "TERM", "HUP", "USR1"] {
        let folder = folder(&format!("stop-{name}"));
        let path = folder.to_str().unwrap();
        let child = start(ENDLESS, &[path]);
        wait_for(&folder.join("events.jsonl"), "search-step");
        signal(&child, name);
        let (code, stderr, _) = end(child);
        assert_eq!(code, Some(75), "{name}: {stderr}");
        let last = stderr.lines().last().unwrap();
        let expected = format!("plateau: stopped; go on with plateau search --resume {path}");
        assert_eq!(last, expected, "{name}");
        let said = read_events(&folder).unwrap();
        assert_eq!(said.last().unwrap().event, Event::Stopped);
        let newest = saved(&folder).unwrap()[0].0 as usize;
        // All but what says that it was stopped.
        assert_eq!(newest, said.len() - 2, "{name}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_run_that_nohup_started_outlives_its_terminal() {
    let folder = folder("nohup");
    let path = folder.to_str().unwrap();
    let child = Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_plateau"))
        .args(ENDLESS.split_whitespace())
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let events = folder.join("events.jsonl");
    wait_for(&events, "search-step");
    signal(&child, "HUP");
    let before = read_events(&folder).unwrap().len();
    wait_for(&events, &format!("\"step\":{},", before + 10));
    signal(&child, "TERM");
    assert_eq!(end(child).0, Some(75));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_second_signal_ends_a_long_step_at_once() {
    let folder = folder("twice");
    // A step of this takes seconds.
    let long = "search --dataset mnist5k --preset paper --strategy darts-2nd --device cpu --train-channels 4 --train-layers 2 --run-dir";
    let child = start(long, &[folder.to_str().unwrap()]);
    wait_for(&folder.join("events.jsonl"), "search-started");
    // Before its first step a run stops at once.
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "TERM");
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "TERM");
    let (code, stderr, took) = end(child);
    assert_eq!(code, Some(143), "{stderr}");
    assert!(stderr.contains("a second signal"), "{stderr}");
    assert!(took < Duration::from_secs(3), "{took:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_sharpness_that_a_stop_cuts_short_is_measured_when_the_run_goes_on() {
    let flags = "search --dataset digits --strategy darts --space nas-bench-201-small --device cpu --test-share 0.8 --channels 4 \
                 --epochs 8 --batch 60 --sharpness 1 --train-channels 4 --train-epochs 1 --run-dir";
    let [whole, cut] = ["sharp-whole", "sharp-cut"].map(folder);
    let (code, stderr, _) = end(start(flags, &[whole.to_str().unwrap()]));
    assert_eq!(code, Some(0), "{stderr}");
    let path = cut.to_str().unwrap();
    let mut child = start(flags, &[path]);
    let steps = || -> usize {
        let text = std::fs::read_to_string(cut.join("events.jsonl")).unwrap_or_default();
        text.matches("\"event\":\"search-step\"").count()
    };
    for _ in 0..3 {
        // One of its own: it listens then.
        wait_for(
            &cut.join("events.jsonl"),
            &format!("\"event\":\"search-step\",\"step\":{},", steps() + 1),
        );
        // Nearly all of the time goes into measurements.
        std::thread::sleep(Duration::from_millis(5));
        signal(&child, "TERM");
        let (code, stderr, _) = end(child);
        assert_eq!(code, Some(75), "{stderr}");
        child = start("search --resume", &[path]);
    }
    let (code, stderr, _) = end(child);
    assert_eq!(code, Some(0), "{stderr}");
    let events = |folder: &Path| -> Vec<Event> {
        let timed = read_events(folder).unwrap();
        timed.into_iter().map(|timed| timed.event).collect()
    };
    assert_eq!(events(&cut), events(&whole));
    for folder in [whole, cut] {
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_signal_while_data_load_ends_the_program_and_leaves_nothing() {
    let [set, run] = ["slow-set", "slow-run"].map(folder);
    std::fs::create_dir_all(&set).unwrap();
    let mut batch = vec![0; 10_000 * 3073];
    for (n, record) in batch.chunks_exact_mut(3073).enumerate() {
        record.fill(n as u8);
        record[0] = (n % 10) as u8;
    }
    for number in 1..=5 {
        std::fs::write(set.join(format!("data_batch_{number}.bin")), &batch).unwrap();
    }
    let paths = [set.to_str().unwrap(), "--run-dir", run.to_str().unwrap()];
    for (name, expected) in [("INT", 130), ("TERM", 143), ("USR1", 138)] {
        let child = start("search --strategy darts --device cpu --dataset", &paths);
        wait_until_it_listens(&child);
        signal(&child, name);
        let (code, stderr, took) = end(child);
        assert_eq!(code, Some(expected), "{stderr}");
        assert_eq!(stderr, "plateau: stopped before anything was recorded\n");
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert!(!run.exists());
    }
    std::fs::remove_dir_all(&set).unwrap();
}

#[test]
fn a_comparison_is_stopped_while_its_judge_trains_and_while_a_run_goes_on() {
    let flags = "compare --dataset digits --device cpu --space nas-bench-201-small --channels 4 --train-channels 4 --seeds 1 \
                 --strategies darts --run-dir";
    for (more, word) in [
        (["--judge-epochs", "90000"], "memory   about"),
        (["--train-epochs", "90000"], "train    epoch 5 "),
    ] {
        let folder = folder("compare-stopped");
        let path = folder.to_str().unwrap();
        let quick = ["--epochs", "1", "--judge-epochs", "1"];
        let quick = &quick[..if more[0] == "--judge-epochs" { 2 } else { 4 }];
        let mut child = start(flags, &[&[path], &more[..], quick].concat());
        let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().starts_with(word)), "{word}");
        std::thread::sleep(Duration::from_millis(100));
        signal(&child, "TERM");
        let (code, stderr, took) = end(child);
        assert_eq!(code, Some(75), "{stderr}");
        let last = stderr.lines().last().unwrap();
        assert!(last.starts_with("plateau: stopped; "), "{stderr}");
        assert!(last.contains("the same plateau compare"), "{stderr}");
        assert!(took < Duration::from_secs(5), "{took:?}");
        let _unless_nothing_was_recorded = std::fs::remove_dir_all(&folder);
    }
}

#[test]
fn the_help_says_what_the_exit_codes_mean() {
    let help = text(&plateau(&["--help"]));
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "1 failed or refused",
        "75 stopped, and it can go on",
        "128 + the signal's number",
        "SIGTERM, SIGHUP and SIGUSR1",
    ] {
        assert!(words.contains(said), "{help}");
    }
}

/// A comparison by a table, in which nothing is trained.
fn compared(more: &str) -> String {
    format!(
        "compare --dataset digits --device cpu --table builtin --space nas-bench-201-small --channels 4 {more} --run-dir"
    )
}

#[test]
fn jobs_of_a_comparison_give_what_one_process_gives() {
    let [one, two] = ["one-process", "two-jobs"].map(folder);
    for (folder, jobs) in [(&one, ""), (&two, "--jobs 2")] {
        let flags = compared(&format!(
            "--epochs 1 --strategies darts,random --seeds 2 {jobs}"
        ));
        let (code, stderr, _) = end(start(&flags, &[folder.to_str().unwrap()]));
        assert_eq!(code, Some(0), "{stderr}");
        for job in ["[1] ", "[2] "] {
            let told = stderr.lines().any(|line| line.starts_with(job));
            assert_eq!(told, !jobs.is_empty(), "{stderr}");
        }
    }
    let read = |folder: &Path| -> serde_json::Value {
        let text = std::fs::read_to_string(folder.join("compare.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let [one_json, two_json] = [&one, &two].map(|folder| read(folder));
    let entries = two_json["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 4);
    for (entry, expected) in entries.iter().zip(one_json["entries"].as_array().unwrap()) {
        for key in [
            "strategy",
            "seed",
            "genotype",
            "accuracy",
            "neighborhood",
            "sharpness",
            "multiply_adds",
        ] {
            assert_eq!(entry[key], expected[key], "{key}");
        }
    }
    assert_eq!(two_json["summaries"][0]["runs"], 2);
    // How many jobs it had is no part of what it is.
    let commands = two_json["commands"].to_string();
    assert!(!commands.contains("--jobs"), "{commands}");
    for folder in [one, two] {
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_signal_stops_every_job_of_a_comparison() {
    let folder = folder("jobs-stopped");
    let flags = compared("--epochs 90000 --strategies darts --seeds 2 --jobs 2");
    let mut child = start(&flags, &[folder.to_str().unwrap()]);
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
    let mut begun = [false; 2];
    while begun != [true; 2] {
        let line = lines.next().expect("both begin").unwrap();
        for (begun, job) in begun.iter_mut().zip(["[1]", "[2]"]) {
            *begun |= line.starts_with(&format!("{job} memory   about"));
        }
    }
    drop(lines);
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "TERM");
    let (code, stderr, took) = end(child);
    assert_eq!(code, Some(75), "{stderr}");
    for job in ["[1]", "[2]"] {
        let said = format!("{job} plateau: stopped; ");
        assert!(
            stderr.lines().any(|line| line.starts_with(&said)),
            "{stderr}"
        );
    }
    let last = stderr.lines().last().unwrap();
    assert!(last.starts_with("plateau: stopped; "), "{stderr}");
    assert!(last.contains("the same plateau compare"), "{stderr}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_table_that_is_stopped_goes_on_with_the_networks_that_it_has() {
    let folder = folder("table-stopped");
    std::fs::create_dir_all(&folder).unwrap();
    let [whole, cut] = ["whole.csv", "cut.csv"].map(|name| folder.join(name));
    let flags = "tabulate --epochs 2 --channels 4 --seeds 4 --out";
    let (code, stderr, _) = end(start(flags, &[whole.to_str().unwrap()]));
    assert_eq!(code, Some(0), "{stderr}");
    let path = [cut.to_str().unwrap()];
    let networks = folder.join("cut.csv.networks.jsonl");
    let child = start(flags, &path);
    wait_for(&networks, "\"network\":");
    signal(&child, "USR1");
    let (code, stderr, _) = end(child);
    assert_eq!(code, Some(75), "{stderr}");
    let line = stderr.lines().last().unwrap();
    assert_eq!(
        line,
        "plateau: stopped; go on with the same plateau tabulate"
    );
    assert!(!cut.exists());

    // As a crash leaves it.
    let mut text = std::fs::read_to_string(&networks).unwrap();
    text.push_str("{\"network\":3,\"trai");
    std::fs::write(&networks, &text).unwrap();
    let (code, stderr, _) = end(start(&flags.replace("--epochs 2", "--epochs 3"), &path));
    assert_eq!(code, Some(1), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.contains("cut.csv.networks.jsonl keeps networks of a table with other settings"),
        "{stderr}"
    );
    assert_eq!(std::fs::read_to_string(&networks).unwrap(), text);
    let (code, stderr, _) = end(start(flags, &path));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("networks are trained already"), "{stderr}");
    let [whole, cut] = [whole, cut].map(|table| std::fs::read_to_string(table).unwrap());
    assert_eq!(cut, whole);
    assert!(!networks.exists());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_keeps_nothing_ends_at_once_with_a_line() {
    let table = folder("stopped.csv");
    // The same wiring, so that there is a way from one to the other.
    let other = text(&plateau(&[
        "genotype", "convert", "darts-v2", "--to", "python",
    ]))
    .replacen("sep_conv_3x3", "max_pool_3x3", 1);
    for (args, more) in [
        ("sample --train --device cpu --epochs 9000", None),
        (
            "neighborhood darts-v2 --train --device cpu --epochs 9000",
            None,
        ),
        (
            "barrier --train --device cpu --epochs 9000 darts-v2",
            Some(other.as_str()),
        ),
        ("tabulate --epochs 9000 --out", table.to_str()),
    ] {
        let child = start(args, more.as_slice());
        wait_until_it_listens(&child);
        std::thread::sleep(Duration::from_millis(1000));
        signal(&child, "TERM");
        let (code, stderr, took) = end(child);
        assert_eq!(code, Some(143), "{args}: {stderr}");
        let line = stderr.lines().last().unwrap();
        assert_eq!(line, "plateau: stopped before anything was recorded");
        assert!(took < Duration::from_secs(1), "{args}: {took:?}");
    }
    // What needs no time is over, or dies as any program does.
    assert!(plateau(&["genotype", "show", "darts-v2"]).status.success());
    let _unless_it_was_never_made = std::fs::remove_file(&table);
}

#[test]
fn a_signal_is_heard_while_nobody_reads_what_is_printed() {
    use std::io::Write;
    let folder = folder("unread");
    let (reader, mut writer) = std::io::pipe().unwrap();
    // A reader that is slow: the pipe is full before the program begins.
    let filler = writer.try_clone().unwrap();
    let filling = std::thread::spawn(move || {
        let mut filler = filler;
        // Ends when the reader is gone.
        while filler.write_all(&[b'.'; 4096]).is_ok() {}
    });
    std::thread::sleep(Duration::from_millis(300));
    writer.flush().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args("search --dataset digits --strategy darts --device cpu --epochs 5000 --channels 4 --layers 3 --run-dir".split(' '))
        .arg(&folder)
        .stdout(Stdio::null())
        .stderr(writer)
        .spawn()
        .unwrap();
    wait_until_it_listens(&child);
    std::thread::sleep(Duration::from_millis(1500));
    let begun = Instant::now();
    signal(&child, "TERM");
    std::thread::sleep(Duration::from_millis(500));
    signal(&child, "TERM");
    let status = child.wait().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3), "{status}");
    assert!(!status.success());
    drop(reader);
    filling.join().unwrap();
    let _unless_nothing_was_recorded = std::fs::remove_dir_all(&folder);
}
