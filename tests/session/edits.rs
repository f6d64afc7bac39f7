//! How long a person waits for the score of a cell that was edited by hand.

use std::path::Path;
use std::time::{Duration, Instant};

use plateau::app::shipped;
use plateau::session::{Command, DeviceChoice, Event, SessionHandle};
use plateau::space::{Counting, Genotype, neighbors};

/// The next answer about scores, or that a supernet was taken up.
fn next(session: &SessionHandle) -> Event {
    session
        .events
        .recv_timeout(Duration::from_secs(60))
        .unwrap()
        .event
}

#[test]
fn an_edit_is_answered_before_its_neighbors_and_while_those_of_the_edit_before_are_scored() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app/runs/judge-digits-darts.gz");
    let mut checkpoint = shipped(&std::fs::read(file).unwrap()).unwrap();
    checkpoint.position.config.device = DeviceChoice::Cpu;
    let session = SessionHandle::spawn().unwrap();
    session
        .commands
        .try_send(Command::Open { checkpoint })
        .unwrap();
    assert!(matches!(next(&session), Event::SupernetOpened { .. }));

    let cell = Genotype::preset("darts-v2").unwrap();
    let edits = neighbors(&cell, 1, Counting::Topology).unwrap();
    let mut waits = Vec::new();
    for (request, edit) in (1..).zip(edits.iter().step_by(11).take(7)) {
        let around = neighbors(&edit.genotype, 1, Counting::Topology).unwrap();
        let around = around.into_iter().map(|one| one.genotype);
        let genotypes = std::iter::once(edit.genotype.clone())
            .chain(around)
            .collect();
        let since = Instant::now();
        let score = Command::Score { request, genotypes };
        session.commands.try_send(score).unwrap();
        // A pass of the edit before may still come.
        loop {
            match next(&session) {
                Event::Scored {
                    request: of,
                    first,
                    scores,
                } if of == request => {
                    assert_eq!((first, scores.len()), (0, 1));
                    break;
                }
                Event::Scored { request: of, .. } => assert_eq!(of, request - 1),
                other => panic!("{other:?}"),
            }
        }
        waits.push(since.elapsed());
        // The next edit comes while neighbors are scored, and nothing of the edit before comes any more.
        for _ in 0..3 {
            match next(&session) {
                Event::Scored {
                    request: of, first, ..
                } => assert!(of == request && first > 0),
                other => panic!("{other:?}"),
            }
        }
    }
    waits.sort_unstable();
    println!(
        "the score of an edit after {:?}, at worst {:?}",
        waits[3], waits[6]
    );
    // 150 ms on two idle cores; other tests run beside this one.
    assert!(waits[3] < Duration::from_secs(1), "{waits:?}");
}
