//! A run leaves the same files wherever it is kept.

use std::fs;

use plateau::record::{
    EVENTS, RIVAL_FILE, Recorder, RunFiles, read_events, read_files, read_rival, write_files,
    write_rival,
};
use plateau::search::Strategy;
use plateau::session::{
    CheckpointEvery, Command, Event, Preset, RunConfig, RunKind, SessionHandle, Start, Timed,
};
use plateau::space::Space;

use crate::support::folder::folder;
use crate::support::runs::on_digits;

/// A search of four steps and training of three.
fn tiny() -> RunConfig {
    let space = Space::NasBench201Small;
    let mut search = Preset::Quick.search(space, Strategy::NaDarts);
    (search.channels, search.layers) = (4, 1);
    (search.epochs, search.batch) = (2, 90);
    let mut train = Preset::Quick.train(space);
    (train.channels, train.layers, train.epochs) = (4, 1, 1);
    RunConfig {
        test_share: 0.8,
        kind: RunKind::Full,
        ..on_digits(Some(search), train)
    }
}

/// What a session says of a run, with a checkpoint after every step, up to an event.
fn said(start: Start, last: impl Fn(&Event) -> bool) -> Vec<Timed> {
    let session = SessionHandle::spawn().unwrap();
    let start = Command::Start(Box::new(Start {
        checkpoints: Some(CheckpointEvery::Steps(1)),
        ..start
    }));
    session.commands.try_send(start).unwrap();
    let mut events = Vec::new();
    for timed in session.events {
        let done = last(&timed.event);
        events.push(timed);
        if done {
            break;
        }
    }
    events
}

/// The files of a run that has said these events.
fn files_of(events: &[Timed]) -> RunFiles {
    let mut files = RunFiles::default();
    for timed in events {
        files.take(timed);
    }
    files
}

#[test]
fn a_folder_a_zip_and_the_memory_hold_the_same_bytes_of_a_run_times_included() {
    let folder = folder("kept");
    let mut recorder = Recorder::create(&folder).unwrap();
    let mut files = RunFiles::default();
    let events = said(Start::new(tiny()), |event| *event == Event::Finished);
    let more: Vec<bool> = events
        .iter()
        .map(|timed| {
            files.take(timed);
            recorder.record(timed).unwrap()
        })
        .collect();
    assert_eq!(more.iter().position(|more| !more), Some(more.len() - 1));
    assert!(events.is_sorted_by_key(|timed| timed.seconds));
    drop(recorder);

    assert_eq!(read_files(&folder).unwrap(), files);
    let names: Vec<&str> = files.others.keys().map(String::as_str).collect();
    let [one, other, named @ ..] = &names[..] else {
        panic!("{names:?}");
    };
    assert!(one.starts_with("checkpoint-") && other.starts_with("checkpoint-"));
    let expected = [
        "config.json",
        "genotype.json",
        "genotype.txt",
        "result.json",
    ];
    let weights = ["network.safetensors", "supernet.safetensors"];
    assert_eq!(named[..3], expected[..3]);
    assert_eq!(named[3..], [weights[0], expected[3], weights[1]]);

    let zip = files.to_zip("a-run").unwrap();
    let (unpacked, read) = RunFiles::from_bytes(&zip).unwrap();
    assert_eq!(unpacked, files);
    assert_eq!(read, read_events(&folder).unwrap());
    // From its lines alone come the files that follow from them.
    let (derived, _) = RunFiles::from_bytes(files.events.as_bytes()).unwrap();
    assert!(derived.others.keys().map(String::as_str).eq(expected));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_run_goes_on_from_a_zip_and_its_clock_from_where_it_stood() {
    let events = said(Start::new(tiny()), |event| {
        matches!(event, Event::SearchEpoch { .. })
    });
    let files = files_of(&events);
    assert!(files.checkpoint().is_some());
    let (files, _) = RunFiles::from_bytes(&files.to_zip("half").unwrap()).unwrap();
    let base = folder("unpacked");
    let kept = write_files(&files, &base, "half").unwrap();
    assert_eq!(kept, base.join("half"));
    assert_eq!(
        write_files(&files, &base, "half").unwrap(),
        base.join("half-2")
    );

    let found = Recorder::interrupted(&kept).unwrap();
    let start = Start {
        from: found.from,
        seconds: 1000.0,
        ..Start::new(found.config)
    };
    let mut recorder = found.tail.cut().unwrap();
    for timed in said(start, |event| *event == Event::Finished) {
        assert!(
            (1000.0..2000.0).contains(&timed.seconds),
            "{}",
            timed.seconds
        );
        recorder.record(&timed).unwrap();
    }
    let (whole, _) =
        RunFiles::from_bytes(&read_files(&kept).unwrap().to_zip("whole").unwrap()).unwrap();
    assert!(
        whole.checkpoint().is_none(),
        "a finished run goes on from nothing"
    );
    assert!(whole.others.contains_key("result.json"));
    fs::remove_dir_all(&base).unwrap();
}

#[test]
fn a_zip_with_a_damaged_file_opens_with_the_checkpoint_before_and_says_what_is_left_out() {
    let events = said(Start::new(tiny()), |event| {
        matches!(event, Event::SearchEpoch { epoch: 2, .. })
    });
    let mut files = files_of(&events);
    files.others.insert("notes.md".into(), b"mine".to_vec());
    let newest = files.checkpoint().unwrap().to_vec();
    let mut zip = files.to_zip("run").unwrap();
    // Weights lie there as they are.
    let at = zip.windows(newest.len()).position(|part| part == newest);
    zip[at.unwrap() + newest.len() / 2] ^= 1;
    let (read, said) = RunFiles::from_bytes(&zip).unwrap();
    assert_eq!(said.len(), files.events.lines().count());
    let [left_out] = &read.left_out[..] else {
        panic!("{:?}", read.left_out);
    };
    assert!(left_out.starts_with("checkpoint-"), "{left_out}");
    assert!(!read.others.contains_key("notes.md"));
    let before = read.checkpoint().expect("the checkpoint before");
    assert!(before != newest);

    // Lines that were lost leave no checkpoint that is ahead of them.
    let (short, _) = RunFiles::from_bytes(files.events.lines().next().unwrap().as_bytes()).unwrap();
    files.events = short.events;
    assert!(files.checkpoint().is_none());
}

#[test]
fn a_last_line_without_its_end_counts_where_it_is_whole_and_the_run_goes_on_behind_it() {
    let events = said(Start::new(tiny()), |event| {
        matches!(event, Event::SearchEpoch { .. })
    });
    let files = files_of(&events);
    let base = folder("open-end");
    let folder = write_files(&files, &base, "run").unwrap();
    let path = folder.join(EVENTS);
    let lines = read_events(&folder).unwrap().len();
    for (cut, left) in [(1, lines), (2, lines - 1)] {
        let text = &files.events[..files.events.len() - cut];
        fs::write(&path, text).unwrap();
        assert_eq!(read_events(&folder).unwrap().len(), left);
        let (read, _) = RunFiles::from_bytes(text.as_bytes()).unwrap();
        assert_eq!(read.events.lines().count(), left);
        assert!(read.events.ends_with('\n'));
    }
    fs::write(&path, &files.events[..files.events.len() - 1]).unwrap();
    let found = Recorder::interrupted(&folder).unwrap();
    let kept = found.events.len();
    let mut recorder = found.tail.cut().unwrap();
    let seconds = 9.0;
    recorder
        .record(&Timed {
            seconds,
            event: Event::Stopped,
        })
        .unwrap();
    let read = read_events(&folder).unwrap();
    assert_eq!(read.len(), kept + 1);
    assert_eq!(read.last().unwrap().event, Event::Stopped);
    fs::remove_dir_all(&base).unwrap();
}

#[test]
fn the_run_that_raced_with_one_is_named_in_its_folder_and_its_zip_and_by_nothing_else() {
    let events = said(Start::new(tiny()), |event| {
        matches!(event, Event::SearchStarted { .. })
    });
    let files = files_of(&events);
    let base = folder("rivals");
    let run = write_files(&files, &base, "run").unwrap();
    // So is every run of an earlier version.
    assert_eq!(read_rival(&run), Ok(None));
    write_rival(&run, "digits-darts-0-2").unwrap();
    let zip = read_files(&run).unwrap().to_zip("run").unwrap();
    let (opened, _) = RunFiles::from_bytes(&zip).unwrap();
    let other = write_files(&opened, &base, "other").unwrap();
    assert_eq!(read_rival(&other), Ok(Some("digits-darts-0-2".into())));

    for wrong in [
        "",
        "{",
        r#"{"rival": ""}"#,
        r#"{"rival": ".."}"#,
        r#"{"rival": "../digits-darts-0"}"#,
        r#"{"rival": 3}"#,
    ] {
        fs::write(run.join(RIVAL_FILE), wrong).unwrap();
        let message = "rival.json names no run".to_owned();
        assert_eq!(read_rival(&run), Err(message), "{wrong}");
    }
    // The run itself is read as before.
    assert_eq!(read_events(&run).unwrap().len(), events.len());
    fs::remove_dir_all(&base).unwrap();
}
