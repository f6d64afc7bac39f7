//! Races, the table of kept runs, runs beside each other and comparisons, as the window has them, in the browser.

use std::path::Path;
use std::time::Duration;

use plateau::session::{DeviceChoice, Preset, RunConfig};

use super::{Chromium, QUICK, WIDGETS, Window, page, small};

/// Two searches and two trainings, one after the other on a machine that does other things.
const RACE: Duration = Duration::from_secs(120);

/// A search and a training of a few steps.
pub fn short() -> RunConfig {
    let mut config = small(DeviceChoice::Cpu);
    let search = config.search.as_mut().unwrap();
    search.epochs = 1;
    config.train = Preset::Quick.train(search.space);
    (
        config.train.channels,
        config.train.layers,
        config.train.epochs,
    ) = (4, 3, 1);
    config
}

#[test]
fn a_race_ends_with_two_results_which_are_kept_and_stand_beside_each_other() {
    let mut browser = Chromium::start("race-results", &[]);
    let mut tab = browser.tab(1600, 1000);
    tab.load(&page());
    tab.take_settings(&short());
    tab.press("Race against");
    tab.press("DARTS");
    tab.press("▶  Run");
    let both = "s.run.live && s.run.state == 'finished' && s.rival?.state == 'finished'";
    tab.wait_until("both have finished", both, RACE);
    assert!(tab.state()["rival"]["steps"].as_u64() >= Some(2));
    // One card a side.
    let cards = format!("{WIDGETS}.filter(w => w.label == 'Edit').length == 2");
    tab.wait_for("each side has its card", &cards, QUICK);

    tab.shortcut("k");
    tab.press("Tick digits-na-darts-3");
    tab.press("Tick digits-darts-3");
    tab.press("Compare 2 runs");
    let shown = format!("{WIDGETS}.some(w => w.label.startsWith('Weight of'))");
    tab.wait_for("α of one edge of both is shown", &shown, QUICK);
}

#[test]
fn a_comparison_opens_with_its_intervals() {
    let mut browser = Chromium::start("comparison", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&page());
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manual/experiments/scratch-digits.json.gz");
    tab.drop_files(&[("compare.json.gz", std::fs::read(file).unwrap())]);
    tab.label("null pair");
}
