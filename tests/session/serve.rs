//! What a session does between runs.

use plateau::search::Strategy;
use plateau::session::{Command, DeviceChoice, Event, Preset, SessionHandle, Start};
use plateau::space::Space;

use crate::support::runs::on_digits;

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
