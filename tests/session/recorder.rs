//! A run folder keeps what was said, also when the process was killed.

use std::io::Write;

use plateau::record::{Recorder, read_events};
use plateau::session::{Event, Timed};

use crate::support::folder::folder;

fn epoch(number: usize) -> Timed {
    Timed {
        seconds: number as f64,
        event: Event::TrainEpoch {
            epoch: number,
            loss: 0.1 + number as f32,
            accuracy: 0.5,
        },
    }
}

#[test]
fn events_come_back_as_they_were_recorded() {
    let folder = folder("recorder");
    let mut recorder = Recorder::create(&folder).unwrap();
    let events: Vec<_> = (1..=3).map(epoch).collect();
    for event in &events {
        recorder.record(event).unwrap();
        let so_far = read_events(&folder).unwrap();
        assert_eq!(so_far.last(), Some(event), "on disk at once");
    }
    assert_eq!(read_events(&folder).unwrap(), events);
    assert!(Recorder::create(&folder).is_err(), "never written over");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_line_cut_by_a_killed_process_is_left_out_a_broken_line_is_named() {
    let folder = folder("recorder-cut");
    let mut recorder = Recorder::create(&folder).unwrap();
    recorder.record(&epoch(1)).unwrap();
    let path = folder.join("events.jsonl");
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap();
    file.write_all(b"{\"seconds\":2.0,\"event\":\"train")
        .unwrap();
    assert_eq!(read_events(&folder).unwrap(), [epoch(1)]);
    file.write_all(b"\n").unwrap();
    let error = read_events(&folder).unwrap_err().to_string();
    assert!(
        error.contains("events.jsonl:2: the line is damaged"),
        "{error}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_folder_that_is_taken_gets_a_number() {
    let base = folder("recorder-free");
    assert_eq!(Recorder::free_folder(&base, "run"), base.join("run"));
    std::fs::create_dir_all(base.join("run")).unwrap();
    assert_eq!(Recorder::free_folder(&base, "run"), base.join("run-2"));
    std::fs::remove_dir_all(&base).unwrap();
}
