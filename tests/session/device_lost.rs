//! A GPU that is taken away in the middle of a search. The device is the process's: nextest gives each test a
//! process of its own, which this one needs.

use plateau::record::{Recorder, latest, read_events};
use plateau::search::Strategy;
use plateau::session::{
    CheckpointEvery, Command, DeviceChoice, Event, Preset, SessionHandle, Start, Timed, device,
};
use plateau::space::Space;

use crate::support::folder::folder;
use crate::support::program::plateau;
use crate::support::runs::on_digits;

#[test]
fn a_lost_gpu_ends_in_a_message_and_what_was_saved_goes_on_in_this_process_and_in_a_new_one() {
    let mut search = Preset::Quick.search(Space::Darts, Strategy::Darts);
    search.channels = 4;
    search.layers = 2;
    search.batch = 60;
    search.epochs = 2;
    let mut train = Preset::Quick.train(Space::Darts);
    train.channels = 4;
    train.layers = 2;
    train.epochs = 1;
    let mut config = on_digits(Some(search), train);
    config.device = DeviceChoice::Gpu;
    config.test_share = 0.8;

    let folder = folder("device-lost");
    let mut recorder = Recorder::create(&folder).unwrap();
    let session = SessionHandle::spawn().unwrap();
    let start = Start {
        checkpoints: Some(CheckpointEvery::Steps(1)),
        ..Start::new(config.clone())
    };
    session
        .commands
        .try_send(Command::Start(Box::new(start)))
        .unwrap();
    let mut checkpoints = 0;
    let message = loop {
        let event = session
            .events
            .recv()
            .expect("the session says why it ends")
            .event;
        let timed = Timed {
            seconds: 0.0,
            event,
        };
        recorder.record(&timed).unwrap();
        match timed.event {
            Event::Checkpoint { .. } => {
                checkpoints += 1;
                if checkpoints == 2 {
                    assert!(device::lose());
                }
            }
            Event::Failed { message } => break message,
            Event::Finished => panic!("the run went on without its GPU"),
            _ => {}
        }
    };
    assert!(message.contains("the GPU was lost"), "{message}");
    assert!(message.contains("what was saved stands"), "{message}");
    drop(recorder);

    // The next run opens a fresh device.
    let from = latest(&folder).unwrap().checkpoint;
    let after = from.as_ref().unwrap().position.events as usize;
    let again = Start {
        from,
        ..Start::new(config)
    };
    session
        .commands
        .try_send(Command::Start(Box::new(again)))
        .unwrap();
    let mut here = Vec::new();
    while here.last() != Some(&Event::Finished) {
        let event = session.events.recv().expect("the session goes on").event;
        if let Event::Failed { message } = &event {
            panic!("{message}");
        }
        here.push(event);
    }

    let output = plateau(&["search", "--resume", folder.to_str().unwrap(), "--json"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let events = read_events(&folder).unwrap();
    let mut there: Vec<Event> = events.into_iter().map(|timed| timed.event).collect();
    assert_eq!(there.split_off(after), here);
    std::fs::remove_dir_all(&folder).unwrap();
}
