//! What the page does before, and without, any GPU.

use std::time::{Duration, Instant};

use plateau::session::DeviceChoice;
use serde_json::json;

use super::{ALONE, Chromium, QUICK, WIDGETS, Window, page, small};
use crate::support::folder::folder;
use crate::support::write::{Member, png_image, zip};

#[test]
fn without_webgpu_the_recorded_run_scrubs_the_cpu_searches_and_a_run_is_kept_and_exchanged() {
    let mut browser = Chromium::start("bare", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&(page() + ALONE));

    let state = tab.state();
    assert_eq!(state["run"]["live"], false);
    let steps = state["run"]["steps"].as_u64().unwrap();
    assert!(steps > 10, "{state}");
    tab.key("Home", &[]);
    tab.wait_until("Home shows the first step", "s.run.position == 0", QUICK);
    tab.key("ArrowRight", &[]);
    tab.wait_until("Right shows the second step", "s.run.position == 1", QUICK);
    tab.key("End", &[]);
    let last = format!("s.run.position == {}", steps - 1);
    tab.wait_until("End shows the newest step", &last, QUICK);

    tab.wait_until(
        "a notice says that there is no WebGPU",
        "s.notices.some(text => text.includes('WebGPU'))",
        QUICK,
    );
    // The built-in landscape scores edits without any engine.
    let table = state["table"].as_str().unwrap();
    assert!(table.starts_with("built-in"), "{table}");

    // The CPU of the worker searches all the same, and the run is kept in the browser's storage.
    tab.take_settings(&small(DeviceChoice::Cpu));
    tab.trace();
    tab.press("▶  Run");
    tab.wait_until("there are steps", "s.run.live && s.run.steps >= 10", QUICK);
    let longest = tab.longest_task();
    assert!(
        longest <= Duration::from_millis(50),
        "the search blocks the page for {longest:?}"
    );
    tab.shortcut(".");
    tab.wait_until("the run is stopped", "s.run.state == 'stopped'", QUICK);
    let steps = tab.state()["run"]["steps"].as_u64().unwrap();
    tab.shortcut("k");
    tab.widget("Sort by test, %");
    tab.press("Go on digits-na-darts-3");
    let further = format!("s.run.live && s.run.steps > {steps}");
    tab.wait_until("the kept run goes on", &further, QUICK);

    // It leaves as a zip that the desktop opens, and what the desktop zips comes back and is kept.
    tab.shortcut(".");
    tab.wait_until("the run is stopped", "s.run.state == 'stopped'", QUICK);
    let steps = tab.state()["run"]["steps"].as_u64().unwrap();
    let run = tab.save_run("digits-na-darts-3");
    let view = run.view("from the page");
    assert_eq!(view.steps.len() as u64, steps);
    let keys: Vec<&str> = run.files.others.keys().map(String::as_str).collect();
    let [checkpoint, others @ ..] = &keys[..] else {
        panic!("the zip of a stopped run has nothing but its events");
    };
    assert!(checkpoint.starts_with("checkpoint-"), "{keys:?}");
    assert_eq!(others, ["config.json", "genotype.json", "genotype.txt"]);
    let kept = tab.stored("events", "digits-na-darts-3");
    assert!(
        kept == run.files.events,
        "the zip and the browser's storage differ"
    );
    let back = run.files.to_zip("desktop").unwrap();
    tab.drop_files(&[("desktop.zip", back)]);
    let shown = format!("!s.run.live && s.run.steps == {steps}");
    tab.wait_until("the run of the desktop is shown", &shown, QUICK);
    tab.shortcut("k");
    tab.widget("Open desktop");
    // With its checkpoint came what it goes on from.
    tab.press("Go on desktop");
    let further = format!("s.run.live && s.run.steps > {steps}");
    tab.wait_until("the run of the desktop goes on", &further, QUICK);
}

#[test]
fn a_browser_that_cannot_run_or_draw_the_program_is_told_why_below_the_recorded_race() {
    for (name, flags, script, parts) in [
        // No Chromium of today can switch these two off.
        (
            "no-simd",
            &[][..],
            "WebAssembly.validate = () => false",
            "['SIMD', 'Safari since 16.4']",
        ),
        (
            "no-wasm",
            &[],
            "delete globalThis.WebAssembly",
            "['WebAssembly is switched off here']",
        ),
        (
            "no-webgl",
            &["--disable-3d-apis"],
            "",
            "['gives no WebGL', 'in its settings']",
        ),
    ] {
        let mut browser = Chromium::start(name, flags);
        let mut tab = browser.tab(1280, 800);
        tab.ask(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": script }),
        );
        tab.open(&page());
        let told = format!(
            "{parts}.every(part => document.getElementById('progress')?.textContent.includes(part))"
        );
        tab.wait_for("the page says what is missing", &told, QUICK);
        let seen = "document.querySelector('#first svg').checkVisibility() && document.getElementById('message').hidden";
        assert_eq!(tab.evaluate(seen), true);
    }
}

#[test]
fn a_link_restores_settings_and_the_edited_cell() {
    let mut browser = Chromium::start("links", &[]);
    let url = page();
    let mut tab = browser.tab(1280, 800);
    tab.load(&format!(
        "{url}#v=1&preset=teach&strategy=a2m&seed=7&data=mnist5k"
    ));
    let state = tab.state();
    assert_eq!(state["config"]["seed"], 7);
    assert_eq!(state["config"]["dataset"], "mnist5k");
    assert_eq!(state["config"]["search"]["strategy"], "a2m");

    // Another operation on the first edge, by mouse and by keyboard; the address follows.
    let before = state["edited"].as_str().unwrap().to_owned();
    tab.wait_for(
        "the address has the cell",
        "location.hash.includes('cell=')",
        QUICK,
    );
    // The notice moves everything down when it comes.
    tab.wait_until("the notice is there", "s.notices.length >= 1", QUICK);
    tab.press("normal cell, edge 0 → 1, avg pool 3×3");
    tab.key("2", &[]);
    tab.wait_until(
        "a digit changes the cell",
        &format!("s.edited != {before:?}"),
        QUICK,
    );
    let by_key = tab.state()["edited"].as_str().unwrap().to_owned();
    tab.press("↶ Undo");
    tab.wait_until(
        "a click takes it back",
        &format!("s.edited == {before:?}"),
        QUICK,
    );
    tab.press("↷ Redo");
    tab.wait_until(
        "and makes it again",
        &format!("s.edited == {by_key:?}"),
        QUICK,
    );
    let edited = tab.state()["edited"].clone();
    let in_address = format!("location.hash.includes({edited})");
    tab.wait_for("the address has the new cell", &in_address, QUICK);
    let address = tab.evaluate("location.href");

    let mut other = browser.tab(1024, 700);
    other.load(address.as_str().unwrap());
    let restored = other.state();
    assert_eq!(restored["edited"], edited);
    assert_eq!(restored["config"], state["config"]);
}

#[test]
fn a_link_that_cannot_be_read_says_why_and_the_page_works() {
    let mut browser = Chromium::start("bad-link", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&format!("{}#v=1&cell=nonsense", page()));
    tab.wait_until(
        "the notice names the part",
        "s.notices.some(text => text.includes('cell in the link'))",
        QUICK,
    );
    assert!(tab.state()["run"]["steps"].as_u64().unwrap() > 10);
}

#[test]
fn mnist_comes_behind_the_page_and_can_be_searched_on() {
    let mut browser = Chromium::start("mnist", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&(page() + ALONE));
    let mut config = small(DeviceChoice::Cpu);
    config.dataset = "mnist5k".into();
    tab.take_settings(&config);
    tab.press("▶  Run");
    tab.wait_until("there are steps", "s.run.live && s.run.steps >= 1", QUICK);
}

#[test]
fn a_link_to_fashion_at_another_size_is_kept_and_can_be_searched_on() {
    let mut browser = Chromium::start("fashion-scaled", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&format!("{}#v=1&data=fashion%23size=14", page()));
    assert_eq!(tab.state()["config"]["dataset"], "fashion#size=14");
    tab.wait_for(
        "the address has the cell and the size",
        "location.hash.includes('cell=') && location.hash.includes('data=fashion%23size=14')",
        QUICK,
    );
    let mut config = small(DeviceChoice::Cpu);
    config.dataset = "fashion#size=14".into();
    tab.take_settings(&config);
    tab.press("▶  Run");
    tab.wait_until("there are steps", "s.run.live && s.run.steps >= 1", QUICK);
}

#[test]
fn a_set_that_is_still_being_loaded_is_no_failure_and_one_that_cannot_be_is() {
    for (name, answer, told) in [
        ("hangs", "new Promise(() => {})", "is still being loaded"),
        (
            "refused",
            "Promise.reject('no line')",
            "could not be loaded: check the connection",
        ),
    ] {
        let mut browser = Chromium::start(name, &[]);
        let mut tab = browser.tab(1280, 800);
        let script = format!(
            "const line = fetch;
            window.fetch = (file, ...how) => String(file).includes('fashion.bin') ? {answer} : line(file, ...how);"
        );
        tab.ask(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": script }),
        );
        tab.load(&page());
        tab.label(&format!("the data set 'fashion' {told}"));
        let failed = format!("{WIDGETS}.some(w => w.label.includes('could not be loaded'))");
        assert_eq!(tab.evaluate(&failed), name == "refused");
    }
}

#[test]
fn a_picture_is_downloaded_as_png_at_twice_its_size() {
    let mut browser = Chromium::start("png", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&page());
    let downloads = folder("pictures");
    tab.download_into(&downloads);
    tab.press("Save ▾");
    tab.press("cell as PNG");
    let file = downloads.join("cell.png");
    let end = Instant::now() + QUICK;
    while !file.exists() {
        assert!(Instant::now() < end, "nothing was downloaded");
        std::thread::sleep(Duration::from_millis(50));
    }
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"\x89PNG"));
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    // The cell with its margins, and no more.
    assert_eq!([number(16), number(20)], [2 * 668, 2 * 177]);
    std::fs::remove_dir_all(&downloads).unwrap();
}

#[test]
fn files_that_are_dropped_become_the_data_of_the_next_run() {
    let count = 60u8;
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 8, 0, 0, 0, 8];
    images.extend((0..usize::from(count) * 64).map(|index| (index % 251) as u8));
    let mut labels = vec![0, 0, 8, 1, 0, 0, 0, count];
    labels.extend((0..count).map(|index| index % 3));
    let mut browser = Chromium::start("idx", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&(page() + ALONE));
    tab.drop_files(&[
        ("train-images-idx3-ubyte", images.clone()),
        ("train-labels-idx1-ubyte", labels),
    ]);
    let read = "s.notices.some(text => text.includes('60 images, used by the next run'))";
    tab.wait_until("the images are read", read, QUICK);
    let name = tab.state()["config"]["dataset"].clone();
    assert_eq!(name, "train-images-idx3-ubyte");
    assert!(
        !tab.evaluate("location.hash")
            .as_str()
            .unwrap()
            .contains("ubyte")
    );

    // Cut short, they are refused, and what was there stays.
    images.truncate(1000);
    tab.drop_files(&[
        ("train-images-idx3-ubyte", images),
        ("notes.txt", b"no labels".to_vec()),
    ]);
    tab.wait_until(
        "the notice says why",
        "s.notices.length >= 2 && !s.notices.at(-1).includes('next run')",
        QUICK,
    );
    assert_eq!(tab.state()["config"]["dataset"], name);

    // A zip of photographs of many sizes is scaled, and the worker searches on it.
    tab.drop_files(&[("pets.zip", photographs())]);
    let read =
        "s.notices.some(text => text.includes('72 images') && text.includes('scaled to 32×32'))";
    tab.wait_until("the photographs are read", read, QUICK);
    let mut config = small(DeviceChoice::Cpu);
    config.dataset = "pets#size=32".into();
    assert_eq!(tab.state()["config"]["dataset"], config.dataset);
    tab.take_settings(&config);
    tab.press("▶  Run");
    tab.wait_until("there are steps", "s.run.live && s.run.steps >= 1", QUICK);
}

/// A zip of 72 pictures of three kinds, each in a folder of its kind.
fn photographs() -> Vec<u8> {
    let pictures = (0..72).map(|number| {
        let kind = ["cats", "dogs", "owls"][number % 3];
        let png = png_image(number, 3, 90 - number, 30 + number);
        Member::stored(&format!("pets/{kind}/{number}.png"), &png)
    });
    zip(&pictures.collect::<Vec<_>>())
}
