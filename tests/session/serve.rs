//! What a session does between runs.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use plateau::search::Strategy;
use plateau::session::{
    Command, DataFile, DeviceChoice, Event, Preset, RunConfig, SessionHandle, Start, spawn_session,
};
use plateau::space::{Genotype, Space};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::support::runs::{on_digits, over_in_seconds};
use crate::support::write::idx;

#[test]
fn a_run_on_the_cpu_does_not_wait_for_the_check_of_the_gpu() {
    let mut train = Preset::Quick.train(Space::Darts);
    (train.channels, train.layers, train.epochs) = (4, 1, 1);
    let mut search = Preset::Quick.search(Space::Darts, Strategy::Darts);
    (search.channels, search.layers, search.epochs) = (4, 2, 1);
    let config = on_digits(Some(search), train);
    let session = SessionHandle::spawn().unwrap();
    for command in [
        Command::CheckDevice {
            device: DeviceChoice::Gpu,
        },
        Command::Pause,
        Command::Start(Box::new(Start::new(config))),
        Command::Stop,
    ] {
        session.commands.try_send(command).unwrap();
    }
    let events: Vec<Event> = std::iter::from_fn(|| Some(session.events.recv().ok()?.event))
        .take_while(|event| {
            !matches!(
                event,
                Event::DeviceChecked {
                    device: Some(_),
                    ..
                }
            )
        })
        .collect();
    assert!(matches!(events[0], Event::Started { .. }), "{events:?}");
    // The check comes after the run.
    assert_eq!(events.last(), Some(&Event::Stopped), "{events:?}");
}

/// A run of a second on one core.
fn short() -> RunConfig {
    let (search, train) = over_in_seconds(90);
    RunConfig {
        test_share: 0.8,
        ..on_digits(Some(search), train)
    }
}

/// A session that makes the short run and gets these commands when only its test is left; what it says. It ends when the sender goes.
fn during_the_test(mut late: Vec<Command>) -> (async_channel::Sender<Command>, Receiver<Event>) {
    let (commands, inbox) = async_channel::unbounded();
    let (outbox, events) = std::sync::mpsc::channel();
    let sender = commands.downgrade();
    spawn_session(inbox, move |timed| {
        if matches!(timed.event, Event::TrainEpoch { .. }) {
            for command in late.drain(..) {
                sender.upgrade().unwrap().try_send(command).unwrap();
            }
        }
        let _gone = outbox.send(timed.event);
    })
    .unwrap();
    let start = Command::Start(Box::new(Start::new(short())));
    commands.try_send(start).unwrap();
    (commands, events)
}

/// What is said until something holds.
fn until(events: &Receiver<Event>, holds: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut said = Vec::new();
    loop {
        let next = events.recv_timeout(Duration::from_secs(60));
        let event = next.unwrap_or_else(|error| panic!("{error} after {said:?}"));
        let last = holds(&event);
        said.push(event);
        if last {
            return said;
        }
    }
}

#[test]
fn what_is_asked_during_the_final_test_is_answered_after_it() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let cell = Genotype::random(Space::NasBench201Small, &mut rng);
    let pixels: Vec<u8> = (0..40 * 64).map(|at| (at * 7) as u8).collect();
    let labels: Vec<u8> = (0..40).map(|at| at % 2).collect();
    let file = |name: &str, bytes| DataFile {
        name: name.into(),
        bytes,
    };
    let files = vec![
        file("images-idx3-ubyte", idx(8, &[40, 8, 8], &pixels)),
        file("labels-idx1-ubyte", idx(8, &[40], &labels)),
    ];
    let (_commands, events) = during_the_test(vec![
        Command::Score {
            request: 7,
            genotypes: vec![cell],
        },
        Command::AddData {
            name: "of the last minute".into(),
            files,
        },
    ]);
    let run = until(&events, |event| *event == Event::Finished);
    let tested = |event: &Event| matches!(event, Event::Tested { .. });
    assert!(run.iter().any(tested), "{run:?}");
    let added = |event: &Event| matches!(event, Event::DataAdded { .. });
    let after = until(&events, added);
    let scored = |event: &Event| matches!(event, Event::Scored { request: 7, .. });
    // A score may come after the images, which are read at once.
    if !after.iter().any(scored) {
        until(&events, scored);
    }
}

#[test]
fn a_run_that_is_started_behind_a_stop_during_the_final_test_begins_and_hears_what_comes_behind_it()
{
    let next = RunConfig { seed: 4, ..short() };
    let (_commands, events) = during_the_test(vec![
        Command::Stop,
        Command::Start(Box::new(Start::new(next))),
        Command::Pause,
    ]);
    let run = until(&events, |event| *event == Event::Stopped);
    let tested = |event: &Event| matches!(event, Event::Tested { .. });
    assert!(!run.iter().any(tested), "{run:?}");
    let next = until(&events, |event| *event == Event::Paused);
    let [
        Event::Started { config, .. },
        Event::SearchStarted { .. },
        Event::Paused,
    ] = &next[..]
    else {
        panic!("{next:?}");
    };
    assert_eq!(config.seed, 4);
}
