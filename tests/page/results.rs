//! Races, the table of kept runs, runs beside each other and comparisons, as the window has them, in the browser.

use std::path::Path;
use std::time::{Duration, Instant};

use plateau::app::Recording;
use plateau::data::Dataset;
use plateau::export::{Curve, curves, curves_csv, event_file, onnx, pytorch};
use plateau::record::{NETWORK_FILE, RunFiles};
use plateau::session::{Clock, DeviceChoice, Preset, RunConfig, Start, run_blocking_from};

use super::{ALONE, Chromium, QUICK, WIDGETS, Window, page, small};
use crate::support::chromium::Tab;
use crate::support::folder::folder;
use crate::support::write::png;

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

/// Drops a picture of a digit and waits for what the network of a run says of it.
fn ask(tab: &mut Tab, run: &str) {
    let digits = Dataset::load("digits").unwrap();
    let pixels = digits.image(3).unwrap().iter();
    let bright: Vec<u8> = pixels.map(|pixel| pixel.saturating_mul(15)).collect();
    tab.drop_files(&[("digit.png", png(8, 8, 1, &bright))]);
    let answered = format!("{WIDGETS}.some(w => w.label.includes('as the network of {run}'))");
    tab.wait_for("the network answers", &answered, RACE);
    let bars = format!("{WIDGETS}.filter(w => /^[0-9] +[0-9.]+ %$/.test(w.label)).length == 5");
    tab.wait_for("five classes have bars", &bars, QUICK);
}

#[test]
fn a_picture_is_answered_by_a_network_from_a_zip_by_that_of_a_kept_run_and_by_one_trained_here() {
    let mut files = RunFiles::default();
    for event in run_blocking_from(&Start::kept(short())) {
        files.take(&Clock::default().stamp(event));
    }
    assert!(files.others.contains_key(NETWORK_FILE));
    let zip = files.to_zip("desktop").unwrap();
    let mut browser = Chromium::start("answers", &[]);
    let address = page() + ALONE;
    let mut tab = browser.tab(1280, 800);
    tab.load(&address);
    tab.drop_files(&[("desktop.zip", zip)]);
    let kept = "s.notices.some(text => text.includes('is kept as desktop'))";
    tab.wait_until("the run of the zip is kept", kept, QUICK);
    ask(&mut tab, "desktop");

    let mut tab = browser.tab(1280, 800);
    tab.load(&address);
    tab.shortcut("k");
    tab.press("Open desktop");
    let shown = "s.notices.some(text => text.includes('opened the run desktop'))";
    tab.wait_until("the kept run is shown", shown, QUICK);
    ask(&mut tab, "desktop");

    tab.take_settings(&short());
    tab.press("▶  Run");
    let over = "s.run.live && s.run.state == 'finished'";
    tab.wait_until("the run is over", over, RACE);
    ask(&mut tab, "digits-na-darts-3");
}

/// What the page hands over as that file when an item of the menu is pressed.
fn export(tab: &mut Tab, item: &str, file: &Path) -> Vec<u8> {
    tab.press("Export ▾");
    tab.press(item);
    let end = Instant::now() + QUICK;
    while !file.exists() {
        assert!(Instant::now() < end, "{} is not there", file.display());
        std::thread::sleep(Duration::from_millis(50));
    }
    std::fs::read(file).unwrap()
}

#[test]
fn what_a_kept_run_has_trained_leaves_the_page_as_onnx_and_as_a_zip_for_pytorch() {
    let mut files = RunFiles::default();
    for event in run_blocking_from(&Start::kept(short())) {
        files.take(&Clock::default().stamp(event));
    }
    let network = files.network().unwrap();
    let zip = files.to_zip("desktop").unwrap();
    let mut browser = Chromium::start("networks", &[]);
    let mut tab = browser.tab(1600, 1000);
    let address = page();
    tab.load(&address);
    let downloads = folder("page-networks");
    tab.download_into(&downloads);
    tab.drop_files(&[("desktop.zip", zip)]);
    let kept = "s.notices.some(text => text.includes('is kept as desktop'))";
    tab.wait_until("the run of the zip is kept", kept, QUICK);
    let model = export(
        &mut tab,
        "Trained network as ONNX",
        &downloads.join("desktop.onnx"),
    );
    assert!(model == onnx(&network, false).unwrap());

    // Of a kept run the page has the events only.
    let mut tab = browser.tab(1600, 1000);
    tab.load(&(address + ALONE));
    tab.shortcut("k");
    tab.press("Open desktop");
    let shown = "s.notices.some(text => text.includes('opened the run desktop'))";
    tab.wait_until("the kept run is shown", shown, QUICK);
    let zip = downloads.join("desktop-pytorch.zip");
    let zip = export(&mut tab, "Trained network for PyTorch", &zip);
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    for (name, expected) in pytorch(&network).unwrap() {
        let mut file = zip.by_name(&format!("desktop-pytorch/{name}")).unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut content).unwrap();
        assert!(content == expected, "{name}");
    }
    std::fs::remove_dir_all(downloads).unwrap();
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
    let mut save = |item: &str, name: &str| export(&mut tab, item, &downloads.join(name));
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
    // The cell is drawn by the browser.
    let without = event_file(&run.events, started, &[]);
    assert!(file.len() > without.len() + 1000, "{}", file.len());
    let is_png = |part: &[u8]| part == b"\x89PNG\r\n\x1a\n";
    assert_eq!(file.windows(8).filter(|part| is_png(part)).count(), 1);
    std::fs::remove_dir_all(downloads).unwrap();
}
