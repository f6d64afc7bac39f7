//! The engine in its worker, on Chromium's software adapter.

use plateau::session::{Command, DeviceChoice, Event, RunConfig, SessionHandle, Start};

use super::{ALONE, QUICK, SLOW, Window, browser, page, small};
use crate::support::chromium::Tab;

/// Waits for the page and its engine and gives it the small search's settings.
fn ready(tab: &mut Tab) {
    tab.wait_for("the page is alive", "window.plateauState?.()", QUICK);
    tab.wait_until("the engine has checked its GPU", "s.device", SLOW);
    tab.take_settings(&small(DeviceChoice::Gpu));
}

/// Losses of the first steps of a run on the native GPU, software or hardware: training, then validation.
fn native_losses(config: RunConfig, steps: usize) -> Vec<[f64; 2]> {
    let session = SessionHandle::spawn().unwrap();
    let start = Command::Start(Box::new(Start::new(config)));
    session.commands.try_send(start).unwrap();
    let mut losses = Vec::new();
    while losses.len() < steps {
        match session
            .events
            .recv()
            .expect("the native run ended early")
            .event
        {
            Event::SearchStep(step) => {
                losses.push([step.train_loss.into(), step.validation_loss.into()]);
            }
            Event::Failed { message } => panic!("{message}"),
            _ => {}
        }
    }
    losses
}

#[test]
fn a_search_pauses_steps_has_the_losses_of_the_native_gpu_and_outlives_its_device() {
    let mut browser = browser("search");
    let mut tab = browser.tab(1280, 800);
    tab.hold_workers();
    tab.open(&(page() + ALONE));
    let worker = tab.worker("0");
    ready(&mut tab);
    assert_eq!(
        tab.state()["notices"].as_array().unwrap().len(),
        1,
        "nothing but the settings was told: the self-test passed"
    );
    tab.press("▶  Run");
    tab.wait_until("there is a step", "s.run.live && s.run.steps >= 1", SLOW);
    tab.key(" ", &[]);
    tab.wait_until("the run is held", "s.run.state == 'held'", SLOW);
    let held = tab.state()["run"]["steps"].as_u64().unwrap();
    tab.key("n", &[]);
    let one_more = format!("s.run.state == 'held' && s.run.steps > {held}");
    tab.wait_until("a step is taken", &one_more, SLOW);
    let state = tab.state();

    let numbers = |key: &str| -> Vec<f64> {
        let list = state["run"][key].as_array().unwrap();
        list.iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let (train, validation) = (numbers("train_losses"), numbers("validation_losses"));
    // Two adapters round differently, and training amplifies that step by step.
    let steps = train.len().min(3);
    let native = native_losses(small(DeviceChoice::Gpu), steps);
    for (step, [native_train, native_validation]) in native.iter().enumerate() {
        for (name, here, there) in [
            ("train", train[step], native_train),
            ("validation", validation[step], native_validation),
        ] {
            assert!(
                (here - there).abs() <= 1e-3 * there.abs(),
                "step {}: {name} loss {here} in the tab, {there} natively",
                step + 1
            );
        }
    }

    let edited = tab.state()["edited"].clone();
    assert_eq!(tab.evaluate_in(&worker, "plateauLose()"), true);
    let explained =
        "s.session == 'Gone' && s.notices.some(text => text.includes('the GPU was lost'))";
    tab.wait_until("the message explains it", explained, SLOW);
    tab.press("Restart session");
    tab.worker("0");
    tab.wait_until("there is a session again", "s.session == 'Idle'", SLOW);
    assert_eq!(tab.state()["edited"], edited);
    tab.shortcut("k");
    tab.widget("Go on digits-na-darts-3");
}

#[test]
fn a_worker_that_dies_is_an_explained_message_and_a_restart_keeps_the_cell() {
    let mut browser = browser("dies");
    let mut tab = browser.tab(1280, 800);
    tab.hold_workers();
    tab.open(&(page() + ALONE));
    let worker = tab.worker("0");
    tab.wait_for("the page is alive", "window.plateauState?.()", QUICK);
    tab.wait_until("the engine has checked its GPU", "s.device", SLOW);
    let edited = tab.state()["edited"].clone();
    tab.evaluate_in(&worker, "self.close()");
    let explained =
        "s.session == 'Gone' && s.notices.some(text => text.includes('the engine stopped'))";
    tab.wait_until("the message explains it", explained, SLOW);
    tab.press("Restart session");
    tab.worker("0");
    tab.wait_until("there is a session again", "s.session == 'Idle'", SLOW);
    assert_eq!(tab.state()["edited"], edited);
}
