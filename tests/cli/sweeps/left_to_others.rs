//! Runs that another process has, had, or leaves.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use plateau::record::lock;
use serde_json::json;

use super::{PATIENCE, by_one_process, compare, entries, in_the_midst, names, start, timeless};
use crate::support::folder::folder;
use crate::support::outcome::text;

/// The claim of a process on another machine, renewed so many seconds ago.
fn claim_elsewhere(path: &Path, ago: u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let heartbeat = now.as_secs() - ago;
    let claim = json!({ "host": "elsewhere", "pid": 1, "heartbeat": heartbeat });
    // Never half there.
    let beside = path.with_extension("beside");
    fs::write(&beside, claim.to_string()).unwrap();
    fs::rename(beside, path).unwrap();
}

fn send(signal: &str, pid: u32) {
    let sent = Command::new("kill")
        .args(["-s", signal, &pid.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_process_that_was_suspended_leaves_its_run_to_who_took_it_over_and_does_it_if_that_one_dies() {
    let [whole, shared] = ["never-suspended", "suspended"].map(folder);
    let what = "--strategies darts --seeds 1";
    let expected = by_one_process(&whole, what);
    let child = start(&mut compare(&shared, what));
    assert_eq!(in_the_midst(&shared), child.id());
    send("STOP", child.id());
    let claim = shared.join("darts-0.claim");
    claim_elsewhere(&claim, 0);
    // Longer than between two renewals.
    std::thread::sleep(Duration::from_secs(6));
    send("CONT", child.id());
    std::thread::sleep(Duration::from_secs(3));
    let events = fs::read(shared.join("darts-0/events.jsonl")).unwrap();
    let finished = String::from_utf8_lossy(&events).contains("\"finished\"");
    assert!(!finished, "it went on");
    claim_elsewhere(&claim, 61);
    let output = child.wait_with_output().unwrap();
    text(&output);
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(
        messages.contains("another process does darts, seed 0"),
        "{messages}"
    );
    assert_eq!(timeless(&shared), expected);
    assert_eq!(entries(&shared), entries(&whole));
    for folder in [whole, shared] {
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_run_that_is_recorded_without_a_claim_is_passed_over_and_looked_at_again() {
    let folder = folder("passed-over");
    let what = "--strategies darts,random --seeds 1";
    let mut child = start(&mut compare(&folder, what));
    assert_eq!(in_the_midst(&folder), child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    let held = lock(&folder.join("darts-0")).unwrap();
    let child = start(&mut compare(&folder, what));
    let end = Instant::now() + PATIENCE;
    while !folder.join("compare.json").exists() {
        assert!(Instant::now() < end, "the other run is done meanwhile");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(held);
    let output = child.wait_with_output().unwrap();
    text(&output);
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(
        messages.contains("another process does darts, seed 0") && messages.contains("resuming "),
        "{messages}"
    );
    assert_eq!(entries(&folder).len(), 2);
    assert!(!folder.join("darts-0-2").exists());
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_shard_does_not_end_while_its_own_run_is_claimed_by_a_process_that_may_be_dead() {
    let folder = folder("own-claimed");
    fs::create_dir_all(&folder).unwrap();
    claim_elsewhere(&folder.join("darts-0.claim"), 57);
    let shard = "--strategies darts,random --seeds 1 --shard 1/2 --only-own";
    let said = text(&compare(&folder, shard).output().unwrap());
    assert!(
        said.starts_with("shard 1/2: 1 of 2 runs are finished"),
        "{said}"
    );
    // Those of others are none of its business.
    let claim = folder.join("random-0.claim");
    claim_elsewhere(&claim, 0);
    let shard = "--strategies darts,random --seeds 1 --shard 1/2";
    let before = Instant::now();
    text(&compare(&folder, shard).output().unwrap());
    assert!(before.elapsed() < Duration::from_secs(30));
    assert!(claim.exists());
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_judge_that_cannot_go_on_is_trained_in_another_folder_and_found_there_again() {
    let folder = folder("second-judge");
    let what = "--strategies darts --seeds 1";
    text(&compare(&folder, what).output().unwrap());
    let expected = entries(&folder);
    let judge = folder.join("judge");
    let events = fs::read_to_string(judge.join("events.jsonl")).unwrap();
    let lines: Vec<&str> = events.lines().collect();
    let unfinished = lines[..lines.len() - 1].join("\n") + "\n";
    fs::write(judge.join("events.jsonl"), unfinished).unwrap();
    fs::write(judge.join("checkpoint-000001.safetensors"), "damaged").unwrap();
    for name in names(&judge) {
        if name.starts_with("checkpoint-") {
            fs::write(judge.join(name), "damaged").unwrap();
        }
    }
    for trained in [1, 0] {
        fs::remove_file(folder.join("compare.json")).unwrap();
        let output = compare(&folder, what).output().unwrap();
        text(&output);
        assert_eq!(entries(&folder), expected);
        let messages = String::from_utf8_lossy(&output.stderr);
        let told = messages.matches("another folder takes the judge").count();
        assert_eq!(told, trained, "{messages}");
    }
    let judges = names(&folder);
    let judges = judges.iter().filter(|name| name.starts_with("judge"));
    assert_eq!(judges.collect::<Vec<_>>(), ["judge", "judge-2"]);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_job_that_is_killed_is_a_note_where_the_others_do_its_runs() {
    let folder = folder("killed-job");
    let child = start(&mut compare(
        &folder,
        "--strategies darts --seeds 3 --jobs 8",
    ));
    let job = in_the_midst(&folder);
    assert_ne!(job, child.id());
    send("KILL", job);
    let output = child.wait_with_output().unwrap();
    text(&output);
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(messages.contains("jobs     3 at once"), "{messages}");
    assert!(
        messages.contains("note: a job was killed; the others have done its runs"),
        "{messages}"
    );
    assert_eq!(entries(&folder).len(), 3);
    fs::remove_dir_all(&folder).unwrap();
}
