//! The recipes of the manual, as they are.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{SMALL, by_one_process, compare, entries, in_the_midst, merge, start, timeless};
use crate::support::folder::folder;
use crate::support::outcome::text;
use crate::support::peers;

const RECIPES: &str = "src/manual/recipes";

/// Lets a program find `plateau`, and before it what lies in a folder.
fn with_path<'a>(command: &'a mut Command, first: &Path) -> &'a mut Command {
    let program = Path::new(env!("CARGO_BIN_EXE_plateau")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    command.env(
        "PATH",
        format!("{}:{}:{path}", first.display(), program.display()),
    )
}

fn send(signal: &str, pid: u32) {
    let sent = Command::new("kill")
        .args(["-s", signal, &pid.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_list_has_a_command_for_each_missing_run_and_the_recipe_runs_several_at_once() {
    let [one, listed] = ["list-one", "listed"].map(folder);
    let what = "--strategies random,darts --seeds 2 --dataset digits#size=8";
    // Given twice, a flag is refused.
    let small = SMALL.replacen("--dataset digits ", "", 1);
    let command = |folder: &Path, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plateau"));
        let command = command.args(["compare", "--run-dir"]).arg(folder);
        let all = small.split_whitespace().chain(what.split_whitespace());
        text(&command.args(all).args(more).output().unwrap())
    };
    command(&one, &[]);
    let lines = command(&listed, &["--list"]);
    let lines: Vec<&str> = lines.lines().collect();
    assert!(!listed.exists(), "a list writes nothing");
    assert_eq!(lines.len(), 4, "{lines:?}");
    for (place, line) in lines.iter().enumerate() {
        let end = format!(" --shard {}/4 --only-own", place + 1);
        assert!(
            line.ends_with(&end) && line.contains("'digits#size=8'"),
            "{line}"
        );
    }
    let third = Command::new("sh").args(["-c", lines[2]]).output().unwrap();
    assert!(text(&third).starts_with("shard 3/4: 1 of 4 runs"));
    let left = command(&listed, &["--list"]);
    assert_eq!(
        left.lines().collect::<Vec<_>>(),
        [lines[0], lines[1], lines[3]]
    );

    let mut recipe = Command::new("bash");
    recipe
        .arg(format!("{RECIPES}/parallel.sh"))
        .arg("2")
        .arg(&listed);
    recipe
        .args(small.split_whitespace())
        .args(what.split_whitespace());
    let said = text(&with_path(&mut recipe, &listed).output().unwrap());
    assert!(!said.contains("missing  "), "{said}");
    assert_eq!(timeless(&listed), timeless(&one));
    assert_eq!(entries(&listed), entries(&one));
    let again = text(&with_path(&mut recipe, &listed).output().unwrap());
    assert!(again.starts_with("every run is finished\n"), "{again}");
    for folder in [one, listed] {
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn the_recipe_for_one_machine_fails_where_a_run_fails_after_it_has_joined_the_others() {
    let stubs = folder("parallel-stubs");
    fs::create_dir_all(&stubs).unwrap();
    let path = stubs.join("plateau");
    let lists = "case \"$*\" in *--list) echo false; echo true;; *--merge*) echo joined;; esac";
    fs::write(&path, format!("#!/bin/sh\n{lists}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let mut recipe = Command::new("bash");
    recipe
        .arg(format!("{RECIPES}/parallel.sh"))
        .args(["2", "x"]);
    let output = with_path(&mut recipe, &stubs).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert_eq!(output.stdout, b"joined\n");
    assert!(said.contains("some runs have failed"), "{said}");
    fs::remove_dir_all(&stubs).unwrap();
}

#[test]
fn a_slurm_array_stops_before_its_limit_is_queued_again_and_ends_as_one_process_does() {
    let [one, shared, stubs] = ["slurm-one", "slurm", "slurm-stubs"].map(folder);
    let what = "--strategies random,darts --seeds 3";
    let expected = by_one_process(&one, what);
    fs::create_dir_all(&stubs).unwrap();
    for (name, body) in [
        ("srun", "exec \"$@\""),
        ("scontrol", "echo \"$@\" >>\"${0%/*}/asked\""),
    ] {
        let path = stubs.join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let task = |number: &str| {
        let mut job = Command::new("bash");
        job.arg(format!("{RECIPES}/slurm.sh")).arg(&shared);
        job.args(SMALL.split_whitespace())
            .args(what.split_whitespace());
        job.env("SLURM_ARRAY_JOB_ID", "77")
            .env("SLURM_ARRAY_TASK_MAX", "2");
        start(with_path(job.env("SLURM_ARRAY_TASK_ID", number), &stubs))
    };
    let first = task("1");
    in_the_midst(&shared);
    send("USR1", first.id());
    let output = first.wait_with_output().unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(75), "{messages}");
    let asked = stubs.join("asked");
    assert_eq!(fs::read_to_string(&asked).unwrap(), "requeue 77_1\n");

    // One that is cancelled, whose steps alone hear of it, is not queued again.
    let second = task("2");
    send("TERM", in_the_midst(&shared));
    assert_eq!(second.wait_with_output().unwrap().status.code(), Some(75));
    assert_eq!(fs::read_to_string(&asked).unwrap(), "requeue 77_1\n");

    for job in ["1", "2"].map(task) {
        text(&job.wait_with_output().unwrap());
    }
    assert!(!merge(&shared).contains("missing  "));
    assert_eq!(timeless(&shared), expected);
    for folder in [one, shared, stubs] {
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn twenty_runs_of_which_one_is_killed_are_those_of_one_process_by_the_real_hyperqueue() {
    let [one, shared] = ["hyperqueue-one", "hyperqueue"].map(folder);
    let what = "--strategies random,darts --seeds 10";
    let expected = by_one_process(&one, what);
    let mut recipe = peers::python();
    recipe.arg(format!("{RECIPES}/hyperqueue_sweep.py"));
    recipe.args(["--local", "2"]).arg(&shared);
    recipe
        .args(SMALL.split_whitespace())
        .args(what.split_whitespace());
    let child = start(with_path(&mut recipe, &shared));
    send("KILL", in_the_midst(&shared));
    let output = child.wait_with_output().unwrap();
    assert!(!text(&output).contains("missing  "));
    assert_eq!(timeless(&shared), expected);
    assert_eq!(entries(&shared), entries(&one));
    assert!(compare(&shared, what).output().unwrap().status.success());
    for folder in [one, shared] {
        fs::remove_dir_all(&folder).unwrap();
    }
}
