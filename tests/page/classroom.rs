//! What a class may meet: no network, a new version of the page, a reload in the middle of a run, two tabs, and browsers that keep
//! nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use plateau::record::{RunFiles, checkpoint_file};
use plateau::session::{Checkpoint, DeviceChoice};
use serde_json::{Value, json};

use super::{ALONE, Chromium, QUICK, Window, page, small};
use crate::support::chromium::{Host, Tab};
use crate::support::folder::folder;
use crate::support::outcome::text;

/// A host of the built page alone, whose files may be exchanged.
fn publish(name: &str) -> (Host, PathBuf) {
    let root = folder(name);
    let dist = root.join("plateau");
    std::fs::create_dir_all(&dist).unwrap();
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist-check");
    for file in std::fs::read_dir(built).unwrap().flatten() {
        let name = file.file_name().into_string().unwrap();
        if !name.ends_with(".br") && !name.ends_with(".gz") {
            std::fs::copy(file.path(), dist.join(name)).unwrap();
        }
    }
    (Host::of(root.clone()), dist)
}

/// Puts a text into the place of another in a file of the page, and makes a version of it.
fn publish_another(dist: &Path, changes: [(&str, &str, &str); 2]) {
    for (file, before, after) in changes {
        let path = dist.join(file);
        let content = std::fs::read_to_string(&path).unwrap();
        assert!(content.contains(before), "{file} has {before}");
        std::fs::write(&path, content.replacen(before, after, 1)).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/service.sh");
    text(&Command::new("bash").arg(script).arg(dist).output().unwrap());
}

/// Puts a run into the browser's storage that has said nothing yet, with its worker.
fn put_early(tab: &mut Tab, name: &str, writer: &str) {
    let mark = json!({ "changed": 1, "writer": writer }).to_string();
    tab.evaluate(&format!(
        "new Promise(done => indexedDB.open('plateau').onsuccess = opened => {{
            const database = opened.target.result;
            const writing = database.transaction(['events', 'marks'], 'readwrite');
            writing.objectStore('events').put('', {name:?});
            writing.objectStore('marks').put({mark:?}, {name:?});
            writing.oncomplete = () => {{ database.close(); done(); }};
        }})"
    ));
}

/// The worker that writes a run, as the browser's storage has it; null: none does.
fn writer(tab: &mut Tab, name: &str) -> Value {
    let mark: Value = serde_json::from_str(&tab.stored("marks", name)).unwrap();
    mark["writer"].clone()
}

/// Starts the small search on the CPU and waits for some steps of it.
fn search(tab: &mut Tab, dataset: &str, steps: usize) {
    let mut config = small(DeviceChoice::Cpu);
    config.dataset = dataset.into();
    tab.take_settings(&config);
    tab.press("▶  Run");
    let there = format!("s.run.live && s.run.steps >= {steps}");
    tab.wait_until("there are steps", &there, QUICK);
}

fn alive(tab: &mut Tab) {
    tab.wait_for("the page is alive", "window.plateauState?.()", QUICK);
}

/// Steps of the search that the browser keeps of a run, which has begun once; as soon as there are so many.
fn kept_steps(tab: &mut Tab, name: &str, least: u64) -> u64 {
    let end = Instant::now() + QUICK;
    loop {
        let lines = tab.stored("events", name);
        let of = |event: &str| lines.matches(&format!("\"event\":\"{event}\"")).count();
        assert_eq!(of("started"), 1, "{name}: {lines}");
        let steps = of("search-step") as u64;
        if steps >= least {
            return steps;
        }
        assert!(Instant::now() < end, "{name} has {steps} of {least} steps");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn after_one_visit_a_lesson_needs_no_network_and_a_new_version_is_taken_whole_at_the_next_load() {
    let (host, dist) = publish("lesson");
    let url = format!("{}/plateau/{ALONE}", host.address);
    let mut browser = Chromium::start("lesson", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&url);
    let kept = "navigator.serviceWorker.controller";
    tab.wait_for("the page is kept for later", kept, QUICK);

    host.set_down(true);
    tab.reload(None);
    alive(&mut tab);
    // The engine and the data set are there, too.
    search(&mut tab, "mnist5k", 1);
    tab.shortcut(".");
    tab.wait_until("the run is stopped", "s.run.state == 'stopped'", QUICK);

    let changes = [
        ("index.html", "<title>Plateau", "<title>Another Plateau"),
        ("page.js", "", "window.another = true;\n"),
    ];
    publish_another(&dist, changes);
    host.set_down(false);
    let version = "[document.title, !!window.another]";
    tab.reload(None);
    alive(&mut tab);
    assert_eq!(tab.evaluate(version), json!(["Another Plateau", true]));
    // Whichever of them is kept by now is kept whole.
    host.set_down(true);
    tab.reload(None);
    alive(&mut tab);
    let kept = tab.evaluate(version);
    let whole = [json!(["Plateau", false]), json!(["Another Plateau", true])];
    assert!(whole.contains(&kept), "{kept}");
    drop(browser);
    std::fs::remove_dir_all(dist.parent().unwrap()).unwrap();
}

#[test]
fn an_engine_of_another_version_is_told_in_a_sentence_and_the_right_one_comes_with_the_next_load() {
    let (host, dist) = publish("mixed");
    let bootstrap = dist.join("worker.js");
    let stale = std::fs::read(&bootstrap).unwrap();
    let changes = [
        ("index.html", "<title>Plateau", "<title>Another Plateau"),
        ("page.js", "", "window.another = true;\n"),
    ];
    publish_another(&dist, changes);
    let right = std::fs::read(&bootstrap).unwrap();
    std::fs::write(&bootstrap, stale).unwrap();
    let mut browser = Chromium::start("mixed", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&format!("{}/plateau/{ALONE}", host.address));
    let said = "s.notices.filter(text => text.includes('of another version than this page'))";
    let told = format!("s.session == 'Gone' && {said}.length == 1");
    tab.wait_until("the page says so once", &told, QUICK);

    std::fs::write(&bootstrap, right).unwrap();
    tab.reload(None);
    alive(&mut tab);
    search(&mut tab, "digits", 1);
    drop(browser);
    std::fs::remove_dir_all(dist.parent().unwrap()).unwrap();
}

#[test]
fn a_kept_run_that_cannot_begin_again_stays_as_it_was() {
    // A line behind its checkpoint, which was made with other images.
    let fixture = Path::new("tests/fixtures/before/interrupted");
    let mut events = std::fs::read_to_string(fixture.join("events.jsonl")).unwrap();
    events += "{\"seconds\":9.0,\"event\":\"stopped\"}\n";
    let file = checkpoint_file(30);
    let bytes = std::fs::read(fixture.join(&file)).unwrap();
    let mut state = Checkpoint::from_bytes(&bytes).unwrap();
    state.position.dataset = "0".repeat(64);
    let files = RunFiles {
        events: events.clone(),
        others: [(file, state.to_bytes().unwrap())].into(),
        ..RunFiles::default()
    };
    let mut browser = Chromium::start("changed", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&(page() + ALONE));
    tab.drop_files(&[("changed.zip", files.to_zip("changed").unwrap())]);
    // The list that is opened before it is kept has it as soon as it is.
    tab.shortcut("k");
    tab.press("Go on changed");
    let told = "s.notices.some(text => text.includes('have changed since'))";
    tab.wait_until("the page says why not", told, QUICK);
    let end = Instant::now() + QUICK;
    while !writer(&mut tab, "changed").is_null() {
        assert!(Instant::now() < end, "the run is not free");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(tab.stored("events", "changed"), events);
}

#[test]
fn a_reload_in_the_middle_of_a_run_asks_first_and_the_run_is_offered_at_its_step_and_goes_on() {
    let mut browser = Chromium::start("reload", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&format!("{}{ALONE}", page()));
    let name = "digits-na-darts-3";
    search(&mut tab, "digits", 3);
    // And a run whose worker went before its first step was done.
    put_early(&mut tab, "early", "gone");
    tab.reload(Some(false));
    assert_eq!(tab.state()["run"]["live"], true);
    tab.reload(Some(true));
    alive(&mut tab);
    let told =
        "s.notices.some(text => text.includes('early was cut off before its first checkpoint'))";
    tab.wait_until("what cannot go on is told", told, QUICK);

    let offer = tab.label(&format!("{name} was interrupted at step "));
    let steps = kept_steps(&mut tab, name, 1);
    assert!(offer.contains(&format!(" at step {steps} of ")), "{offer}");
    // Its notice moves the offer.
    let checked = "s.notices.some(text => text.includes('WebGPU'))";
    tab.wait_until("the GPU was looked for", checked, QUICK);
    tab.press("Go on");
    let further = format!("s.run.live && s.run.name == {name:?} && s.run.steps > {steps}");
    tab.wait_until("the run goes on", &further, QUICK);
    tab.shortcut(".");
    tab.wait_until("the run is stopped", "s.run.state == 'stopped'", QUICK);
    let all = tab.state()["run"]["steps"].as_u64().unwrap();
    assert_eq!(kept_steps(&mut tab, name, all), all);
}

#[test]
fn two_tabs_with_equal_settings_have_runs_of_their_own_and_neither_goes_on_with_the_other_s() {
    let mut browser = Chromium::start("tabs", &[]);
    let url = format!("{}{ALONE}", page());
    let (first, second) = ("digits-na-darts-3", "digits-na-darts-3-2");
    let mut tab = browser.tab(1280, 800);
    tab.load(&url);
    search(&mut tab, "digits", 1);
    assert_eq!(tab.state()["run"]["name"], first);
    tab.key(" ", &[]);
    tab.wait_until("the run is held", "s.run.state == 'held'", QUICK);
    let left = tab.leave();

    let mut tab = browser.tab(1280, 800);
    tab.load(&url);
    tab.shortcut("k");
    tab.widget(&format!("Open {first}"));
    let widgets = tab.evaluate("plateauWidgets()");
    let goes_on = format!("Go on {first}");
    assert!(!widgets.as_str().unwrap().contains(&goes_on), "{widgets}");
    tab.key("Escape", &[]);
    search(&mut tab, "digits", 1);
    let named = format!("s.run.name == {second:?}");
    tab.wait_until("the run has a name of its own", &named, QUICK);

    let mut tab = browser.back_to(left);
    assert_eq!(tab.state()["run"]["name"], first);
    kept_steps(&mut tab, first, 1);
    kept_steps(&mut tab, second, 1);
}

#[test]
fn over_plain_http_a_second_tab_neither_offers_nor_takes_what_the_first_one_computes() {
    let elsewhere = ["--host-resolver-rules=MAP plateau.test 127.0.0.1"];
    let mut browser = Chromium::start("plain-tabs", &elsewhere);
    let url = page().replace("127.0.0.1", "plateau.test") + ALONE;
    let mut tab = browser.tab(1280, 800);
    tab.load(&url);
    assert_eq!(tab.evaluate("!!navigator.locks"), false);
    search(&mut tab, "digits", 1);
    tab.key(" ", &[]);
    tab.wait_until("the run is held", "s.run.state == 'held'", QUICK);
    let name = "digits-na-darts-3";
    let own = writer(&mut tab, name);
    // One that the same worker makes, before its first step is done, and one whose worker went there.
    put_early(&mut tab, "early", own.as_str().unwrap());
    put_early(&mut tab, "cut", "gone");
    tab.leave();

    let mut tab = browser.tab(1280, 800);
    tab.load(&url);
    let told = "s.notices.filter(text => text.includes('was cut off'))";
    tab.wait_until("the one is told", &format!("{told}.length"), QUICK);
    let notices = tab.state()["notices"].to_string();
    assert!(notices.contains("cut was cut off"), "{notices}");
    assert!(!notices.contains("early was cut off"), "{notices}");
    assert_eq!(writer(&mut tab, "early"), own);
    tab.shortcut("k");
    tab.label(&format!("Open {name}"));
    let widgets = tab.evaluate("plateauWidgets()");
    let widgets = widgets.as_str().unwrap();
    for offer in [format!("Go on {name}").as_str(), "was interrupted"] {
        assert!(!widgets.contains(offer), "{widgets}");
    }
}

#[test]
fn a_browser_that_keeps_nothing_and_a_page_without_https_are_told_once_and_search_all_the_same() {
    let refuses = json!({ "profile": { "default_content_setting_values": { "cookies": 2 } } });
    let elsewhere = ["--host-resolver-rules=MAP plateau.test 127.0.0.1"];
    for (name, flags, settings, url, said) in [
        (
            "keeps-nothing",
            &[][..],
            refuses,
            page() + ALONE,
            "this browser keeps no runs for this page",
        ),
        (
            "plain-http",
            &elsewhere,
            json!(null),
            page().replace("127.0.0.1", "plateau.test") + ALONE,
            "only to pages that come by https",
        ),
    ] {
        let mut browser = Chromium::with_preferences(name, flags, &settings);
        let mut tab = browser.tab(1280, 800);
        tab.load(&url);
        let count = format!("s.notices.filter(text => text.includes({said:?})).length");
        tab.wait_until("the page says so", &count, QUICK);
        search(&mut tab, "digits", 2);
        tab.wait_until("it is said once", &format!("{count} == 1"), QUICK);
    }
}

#[test]
fn a_storage_without_room_is_told_as_that_and_the_search_goes_on() {
    let mut browser = Chromium::start("full", &[]);
    let mut tab = browser.tab(1280, 800);
    let address = page();
    let origin = address.trim_end_matches("/dist-check/");
    let quota = json!({ "origin": origin, "quotaSize": 1000 });
    tab.ask("Storage.overrideQuotaForOrigin", quota);
    tab.load(&(address.clone() + ALONE));
    search(&mut tab, "digits", 2);
    let told = "s.notices.some(text => text.includes('no more room, so it does not keep the run'))";
    tab.wait_until("the run is not kept", told, QUICK);
    tab.shortcut(".");
    tab.wait_until("it is stopped", "s.run.state == 'stopped'", QUICK);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/before/finished.zip");
    tab.drop_files(&[("finished.zip", std::fs::read(file).unwrap())]);
    let told = "s.notices.some(text => text.includes('so nothing new is kept'))";
    tab.wait_until("neither is the zip", told, QUICK);
}

#[test]
fn a_program_or_an_engine_that_does_not_come_whole_is_told_in_a_sentence_and_comes_when_asked_again()
 {
    let (host, dist) = publish("cut");
    let hide = |name: &str| {
        let whole = std::fs::read(dist.join(name)).unwrap();
        std::fs::remove_file(dist.join(name)).unwrap();
        whole
    };
    let mut browser = Chromium::start("cut", &[]);
    let mut tab = browser.tab(1280, 800);
    let program = hide("page.js");
    tab.open(&format!("{}/plateau/{ALONE}", host.address));
    let said = "document.body?.innerText.includes('not all of it has come; load the page anew')";
    tab.wait_for("the page says so", said, QUICK);

    std::fs::write(dist.join("page.js"), program).unwrap();
    let engine = hide("engine.js");
    tab.reload(None);
    alive(&mut tab);
    let said = "s.notices.some(text => text.includes('stopped (not all of it has come'))";
    tab.wait_until("the engine is missed", said, QUICK);
    std::fs::write(dist.join("engine.js"), engine).unwrap();
    tab.press("Restart session");
    tab.wait_until("there is an engine", "s.session == 'Idle'", QUICK);
    search(&mut tab, "digits", 1);
    drop(browser);
    std::fs::remove_dir_all(dist.parent().unwrap()).unwrap();
}
