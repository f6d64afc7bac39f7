//! A process that is killed at any moment loses nothing but the steps after its last checkpoint.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use plateau::record::{latest, load_supernet, read_events};
use plateau::session::Event;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::folder::folder;

/// How often a process is killed.
const KILLS: usize = 50;

const TINY: [&str; 27] = [
    "search",
    "--strategy",
    "na-darts",
    "--device",
    "cpu",
    "--test-share",
    "0.8",
    "--channels",
    "4",
    "--layers",
    "2",
    "--neighbors",
    "1",
    "--epochs",
    "2",
    "--batch",
    "60",
    "--train-channels",
    "4",
    "--train-layers",
    "2",
    "--train-epochs",
    "3",
    "--train-batch",
    "120",
    "--checkpoint-every",
    "2",
];

fn start(args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn events(folder: &Path) -> Vec<Event> {
    let timed = read_events(folder).unwrap();
    let seconds: Vec<f64> = timed.iter().map(|timed| timed.seconds).collect();
    assert!(seconds.is_sorted(), "{seconds:?}");
    timed.into_iter().map(|timed| timed.event).collect()
}

#[test]
fn a_run_that_is_killed_fifty_times_ends_as_if_it_had_not_been() {
    let reference = folder("reference");
    let args = [&TINY[..], &["--run-dir", reference.to_str().unwrap()]].concat();
    let began = Instant::now();
    assert!(start(&args).wait().unwrap().success());
    let whole = began.elapsed();
    let expected = events(&reference);
    assert_eq!(expected.last(), Some(&Event::Finished));

    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (mut kills, mut runs) = (0, 0);
    while kills < KILLS {
        runs += 1;
        let folder = folder(&runs.to_string());
        let path = folder.to_str().unwrap();
        loop {
            let said = match folder.exists() {
                true => events(&folder),
                false => Vec::new(),
            };
            let mut child = match said.last() {
                // Killed between its last event and its end.
                Some(Event::Finished) => break,
                Some(_) => start(&["search", "--resume", path]),
                // Killed before its first event: there is nothing yet to go on with.
                None => {
                    let _absent = std::fs::remove_dir_all(&folder);
                    start(&[&TINY[..], &["--run-dir", path]].concat())
                }
            };
            if kills < KILLS {
                std::thread::sleep(Duration::from_micros(
                    rng.random_range(0..whole.as_micros() as u64),
                ));
                if child.try_wait().unwrap().is_none() {
                    // SIGKILL on Unix.
                    child.kill().unwrap();
                    child.wait().unwrap();
                    kills += 1;
                    // What is there opens.
                    if folder.exists() {
                        let found = latest(&folder).unwrap();
                        assert!(found.refused.is_empty(), "{:?}", found.refused);
                    }
                    continue;
                }
            }
            let output = child.wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{stderr}");
            break;
        }
        assert_eq!(events(&folder), expected);
        for name in [
            "supernet.safetensors",
            "network.safetensors",
            "genotype.json",
            "result.json",
        ] {
            let [one, other] = [&reference, &folder].map(|f| std::fs::read(f.join(name)).unwrap());
            assert_eq!(one, other, "{name}");
        }
        load_supernet(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }
    assert!(runs >= 2, "the kills came before anything was done");
    std::fs::remove_dir_all(&reference).unwrap();
}
