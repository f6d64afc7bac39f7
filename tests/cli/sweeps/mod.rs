//! A comparison that several processes work on at once.

mod left_to_others;
mod lying_about;
mod merged;
mod recipes;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use plateau::record::saved;
use serde_json::Value;

use crate::support::folder::folder;
use crate::support::outcome::{failure, text};
use crate::support::program::plateau;

/// Longest time that anything here may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs of a part of a second, with so many checkpoints that one can be killed behind some.
const SMALL: &str = "--dataset digits --device cpu --space nas-bench-201-small --test-share 0.7 --channels 2 --epochs 1 --judge-epochs 1 \
                     --train-channels 2 --train-epochs 6 --checkpoint-every 1";

/// `plateau compare` in a folder, as the recipes call it.
fn compare(folder: &Path, more: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plateau"));
    command
        .args(["compare", "--run-dir"])
        .arg(folder)
        .args(SMALL.split_whitespace())
        .args(more.split_whitespace());
    command
}

fn start(command: &mut Command) -> Child {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// All runs of a comparison by one process: its report without times.
fn by_one_process(folder: &Path, more: &str) -> String {
    text(&compare(folder, more).output().unwrap());
    timeless(folder)
}

/// What `--merge` prints.
fn merge(folder: &Path) -> String {
    text(&plateau(&["compare", "--merge", folder.to_str().unwrap()]))
}

/// A report without the columns of times, and without where it lies.
fn timeless(folder: &Path) -> String {
    let report = fs::read_to_string(folder.join("compare.md")).unwrap();
    let report = report.replace(folder.to_str().unwrap(), "FOLDER");
    let (mut lines, mut times) = (Vec::new(), None);
    for line in report.lines() {
        if !line.starts_with('|') {
            times = None;
            lines.push(line.to_owned());
            continue;
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let of_times = |cell: &&str| ["search, s", "training, s"].contains(cell);
        let times = times.get_or_insert_with(|| cells.iter().map(of_times).collect::<Vec<_>>());
        let kept = cells
            .iter()
            .enumerate()
            .filter(|(at, _)| !times.get(*at).is_some_and(|is| *is));
        // A rule is as wide as what it stands under.
        let kept = kept.map(|(_, cell)| match cell.trim_matches('-').is_empty() {
            true => "-",
            false => *cell,
        });
        lines.push(kept.collect::<Vec<_>>().join(" | "));
    }
    lines.join("\n")
}

/// What a folder holds.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The process that is in the midst of a run, behind its first checkpoint.
fn in_the_midst(folder: &Path) -> u32 {
    let end = Instant::now() + PATIENCE;
    loop {
        let names = fs::read_dir(folder).map_or(Vec::new(), |_| names(folder));
        for name in names.iter().filter_map(|name| name.strip_suffix(".claim")) {
            let run = folder.join(name);
            let claim = fs::read(folder.join(format!("{name}.claim"))).unwrap_or_default();
            let begun = saved(&run).is_ok_and(|saved| !saved.is_empty());
            if name != "judge"
                && begun
                && let Ok(claim) = serde_json::from_slice::<Value>(&claim)
            {
                return claim["pid"].as_u64().unwrap() as u32;
            }
        }
        assert!(Instant::now() < end, "no run has begun in {names:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Everything of `compare.json` but times.
fn entries(folder: &Path) -> Vec<Value> {
    let json = fs::read(folder.join("compare.json")).unwrap();
    let mut json: Value = serde_json::from_slice(&json).unwrap();
    let mut entries = json["entries"].take();
    for entry in entries.as_array_mut().unwrap() {
        entry["search_seconds"] = Value::Null;
        entry["trained"]["seconds"] = Value::Null;
    }
    entries.as_array().unwrap().clone()
}

#[test]
fn four_shards_of_which_one_is_killed_and_started_again_give_the_report_of_one_process() {
    let [one, shared] = ["one-process", "four-shards"].map(folder);
    let what = "--strategies random,darts,na-darts --seeds 4";
    let expected = by_one_process(&one, what);
    let shard = |number: usize| start(&mut compare(&shared, &format!("{what} --shard {number}/4")));
    let mut shards: Vec<Child> = (1..=4).map(shard).collect();
    let pid = in_the_midst(&shared);
    let killed = shards.iter().position(|shard| shard.id() == pid).unwrap();
    // SIGKILL.
    shards[killed].kill().unwrap();
    shards[killed].wait().unwrap();
    shards[killed] = shard(killed + 1);
    for shard in shards {
        let said = text(&shard.wait_with_output().unwrap());
        assert!(said.contains("of 12 runs are finished"), "{said}");
    }
    assert!(!shared.join("compare.json").exists(), "each writes its own");
    let of_each = (1..=4).map(|number| {
        let json = fs::read(shared.join(format!("compare-{number}-of-4.json")));
        let json: Value = serde_json::from_slice(&json.unwrap_or_default()).unwrap_or_default();
        json["entries"].as_array().map_or(0, Vec::len)
    });
    assert_eq!(of_each.sum::<usize>(), 12, "each run is in one file");
    let merged = merge(&shared);
    assert!(!merged.contains("missing  "), "{merged}");
    assert_eq!(timeless(&shared), expected);
    assert_eq!(entries(&shared), entries(&one));
    for folder in [one, shared] {
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn two_processes_in_one_folder_share_its_runs_and_lose_none() {
    let folder = folder("two-processes");
    let both = || start(&mut compare(&folder, "--strategies random,darts --seeds 3"));
    let outputs = [both(), both()].map(|child| child.wait_with_output().unwrap());
    let said = outputs.each_ref().map(text);
    assert_eq!(said[0], said[1], "each waits for what the other does");
    let begun = outputs.each_ref().map(|output| {
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        messages.matches("compare  run ").count()
    });
    assert_eq!(begun[0] + begun[1], 6, "{begun:?}");
    assert_eq!(entries(&folder).len(), 6);
    let runs = [
        "darts-0", "darts-1", "darts-2", "judge", "random-0", "random-1", "random-2",
    ];
    let files = ["compare.json", "compare.md", "compare.svg"];
    assert_eq!(names(&folder), [&files[..], &runs].concat());
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_run_that_is_killed_in_a_comparison_goes_on_and_a_finished_one_is_read() {
    let [whole, cut] = ["run-whole", "run-cut"].map(folder);
    let what = "--strategies darts --seeds 1";
    let expected = by_one_process(&whole, what);
    let mut child = start(&mut compare(&cut, what));
    assert_eq!(in_the_midst(&cut), child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    let output = compare(&cut, what).output().unwrap();
    text(&output);
    let messages = String::from_utf8_lossy(&output.stderr);
    let resumed = format!("resuming {} after ", cut.join("darts-0").display());
    assert!(messages.contains(&resumed), "{messages}");
    assert_eq!(timeless(&cut), expected);
    assert_eq!(entries(&cut), entries(&whole));

    // A run that was finished and not yet judged.
    let events = fs::read(cut.join("darts-0/events.jsonl")).unwrap();
    for name in ["compare.json", "compare.md", "compare.svg"] {
        fs::remove_file(cut.join(name)).unwrap();
    }
    text(&compare(&cut, what).output().unwrap());
    assert_eq!(timeless(&cut), expected);
    assert_eq!(entries(&cut), entries(&whole));
    assert_eq!(fs::read(cut.join("darts-0/events.jsonl")).unwrap(), events);
    assert!(!cut.join("darts-0-2").exists(), "{:?}", names(&cut));
    for folder in [whole, cut] {
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_shard_does_its_own_runs_alone_where_that_is_asked_for() {
    let folder = folder("only-own");
    let what = "--strategies random,darts --seeds 2";
    let said = text(
        &compare(&folder, &format!("{what} --shard 2/3 --only-own"))
            .output()
            .unwrap(),
    );
    assert!(
        said.starts_with("shard 2/3: 1 of 4 runs are finished"),
        "{said}"
    );
    assert_eq!(names(&folder), ["compare-2-of-3.json", "darts-0", "judge"]);
    let said = merge(&folder);
    for missing in ["random, seed 0", "random, seed 1", "darts, seed 1"] {
        assert!(said.contains(&format!("missing  {missing}\n")), "{said}");
    }
    assert!(!said.contains("missing  darts, seed 0"), "{said}");
    // Without a shard the rest is done, and what is there stays.
    let expected = text(&compare(&folder, what).output().unwrap());
    assert_eq!(entries(&folder).len(), 4);
    assert_eq!(text(&compare(&folder, what).output().unwrap()), expected);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_folder_where_nothing_can_be_written_is_one_line_before_anything_runs() {
    let nowhere = Path::new("/proc/nowhere");
    for more in ["--seeds 1", "--seeds 1 --shard 1/2"] {
        let line = failure(&compare(nowhere, more).output().unwrap());
        assert!(line.contains("/proc/nowhere: "), "{line}");
    }
    let line = failure(&plateau(&["compare", "--merge", "/proc/nowhere"]));
    assert!(
        line.contains("/proc/nowhere holds no results of a comparison"),
        "{line}"
    );
    for (shard, words) in [
        ("2", "a shard is I/N, such as 2/4"),
        ("+1/4", "a shard is I/N, such as 2/4"),
        ("0/4", "the shards of N are 1/N to N/N"),
        ("5/4", "the shards of N are 1/N to N/N"),
    ] {
        let output = compare(nowhere, &format!("--shard {shard}"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(words), "{said}");
    }
}
