//! A run of very many steps.

use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use plateau::app::figure::short;
use plateau::app::{App, Recording};
use plateau::session::Event;

use crate::window::{now, window_without_session};

/// What the fastest of a few frames takes.
fn frame(window: &mut Harness<'_, App>) -> Duration {
    window.run_ok();
    let frames = (0..10).map(|_| {
        let start = Instant::now();
        window.step();
        start.elapsed()
    });
    frames.min().unwrap()
}

#[test]
fn the_curves_of_100_000_steps_follow_the_run_and_cost_a_frame_little_more_than_those_of_1_000() {
    let (mut window, ends) = window_without_session();
    window.run_ok();
    let (_, outbox) = ends.lock().unwrap()[0].clone();
    let events = Recording::demo().events;
    let first = events
        .iter()
        .position(|timed| matches!(timed.event, Event::SearchStep(_)));
    let (before, after) = events.split_at(first.unwrap());
    let Event::SearchStep(model) = &after[0].event else {
        panic!("no step");
    };
    for timed in before {
        outbox.try_send(timed.clone()).unwrap();
    }
    let mut took = Vec::new();
    for (from, to) in [(1, 1_000), (1_001, 100_000)] {
        for step in from..=to {
            let mut next = model.clone();
            next.step = step;
            next.validation_loss = 1.0 + step as f32 / 1e6;
            next.neighbor_losses = vec![0.5, 1.5 + (step % 7) as f32];
            outbox.try_send(now(Event::SearchStep(next))).unwrap();
        }
        took.push(frame(&mut window));
        assert_eq!(window.state().run().steps.len(), to);
        let values = [f64::from(model.train_loss), 1.0 + to as f64 / 1e6];
        let [training, validation] = values.map(short);
        window.get_by_label(&format!(
            "Loss, nats: training {training}, validation {validation}"
        ));
    }
    println!(
        "a frame of 1,000 steps takes {:?}, of 100,000 {:?}",
        took[0], took[1]
    );
    assert!(took[1] < took[0] + Duration::from_millis(15), "{took:?}");
}
