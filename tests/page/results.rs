//! Races, the table of kept runs, runs beside each other and comparisons, as the window has them, in the browser.

use std::path::Path;
use std::time::{Duration, Instant};

use plateau::app::Recording;
use plateau::export::{Curve, curves, curves_csv, event_file};
use plateau::session::{DeviceChoice, Preset, RunConfig};

use super::{Chromium, QUICK, WIDGETS, Window, page, small};
use crate::support::folder::folder;

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

#[test]
fn the_curves_of_a_run_leave_the_page_as_csv_and_as_an_event_file() {
    let mut browser = Chromium::start("curves", &[]);
    let mut tab = browser.tab(1600, 1000);
    tab.load(&page());
    let downloads = folder("page-curves");
    tab.download_into(&downloads);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/before/finished.zip");
    let zip = std::fs::read(file).unwrap();
    let run = Recording::from_bytes(&zip).unwrap();
    tab.drop_files(&[("finished.zip", zip)]);
    let kept = "s.notices.some(text => text.includes('is kept as finished'))";
    tab.wait_until("the run is kept", kept, QUICK);
    let mut save = |item: &str, name: &str| {
        tab.press("Export ▾");
        tab.press(item);
        let file = downloads.join(name);
        let end = Instant::now() + QUICK;
        while !file.exists() {
            assert!(Instant::now() < end, "{name} was not downloaded");
            std::thread::sleep(Duration::from_millis(50));
        }
        std::fs::read(file).unwrap()
    };
    let csv = String::from_utf8(save("Curves as CSV", "finished.csv")).unwrap();
    let expected = curves_csv(&curves(&run.events));
    assert_eq!(csv.lines().count(), expected.lines().count());
    for (line, expected) in csv.lines().zip(expected.lines()) {
        // A browser's cosine may differ from that of the desktop in the last digit.
        let rate = 4 + Curve::LearningRate as usize;
        let but_rate = |line: &str| {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            cells.remove(rate);
            cells
        };
        assert_eq!(but_rate(line), but_rate(expected));
    }
    let file = save("Curves for TensorBoard", "events.out.tfevents.finished");
    let started = f64::from_le_bytes(file[13..21].try_into().unwrap());
    assert!(started > 1.7e9, "{started}");
    // A page draws no pictures of cells.
    assert!(file == event_file(&run.events, started, &[]));
    std::fs::remove_dir_all(downloads).unwrap();
}
