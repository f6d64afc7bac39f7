//! Runs that the program of November 2026 recorded open and go on.

use std::fs;
use std::path::Path;

use plateau::app::Recording;
use plateau::record::{Recorder, read_events};
use plateau::session::{CheckpointEvery, Event, Start, Timed, run_blocking_from};

use crate::support::folder::folder;
use crate::support::runs::interrupted;

const BEFORE: &str = "tests/fixtures/before";

#[test]
fn an_older_run_folder_goes_on_to_its_end() {
    let folder = folder("older");
    interrupted(&folder);
    let before = fs::read(folder.join("events.jsonl")).unwrap();
    let found = Recorder::interrupted(&folder).unwrap();
    assert!(found.refused.is_empty());
    let start = Start {
        from: found.from,
        checkpoints: Some(CheckpointEvery::Steps(5)),
        ..Start::new(found.config)
    };
    let mut recorder = found.tail.cut().unwrap();
    for event in run_blocking_from(&start) {
        let seconds = 1.0;
        recorder.record(&Timed { seconds, event }).unwrap();
    }
    drop(recorder);
    let after = fs::read(folder.join("events.jsonl")).unwrap();
    assert!(after.starts_with(&before), "what stood there has changed");
    let events = read_events(&folder).unwrap();
    assert_eq!(events.last().unwrap().event, Event::Finished);
    for name in [
        "result.json",
        "network.safetensors",
        "supernet.safetensors",
        "genotype.json",
    ] {
        assert!(folder.join(name).is_file(), "{name}");
    }
}

#[test]
fn an_older_zip_of_a_run_opens() {
    let bytes = fs::read(Path::new(BEFORE).join("finished.zip")).unwrap();
    let recording = Recording::from_bytes(&bytes).unwrap();
    assert_eq!(recording.events.len(), 28);
    assert_eq!(recording.events.last().unwrap().event, Event::Finished);
    assert!(recording.view("older").training.unwrap().tested.is_some());
}
