//! What the window says of kept runs that are damaged, of a newer Plateau, or oddly named.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use plateau::app::{Answer, App, Ask, Keeper, KeptRun, Seat, SessionState, Shelf};
use plateau::data::{Dataset, hand_over};
use plateau::session::Checkpoint;

use crate::support::folder::folder;
use crate::support::runs::{interrupted, replace, replace_line};
use crate::window::{keeping, wait, wait_for_notice, window};

const CHECKPOINT: &str = "checkpoint-000030.safetensors";

/// Opens the list of kept runs, and waits for a control in it.
fn list(window: &mut Harness<'_, App>, label: &str) {
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    let start = Instant::now();
    while window.query_by_label(label).is_none() {
        assert!(start.elapsed() < Duration::from_secs(10), "no {label}");
        std::thread::sleep(Duration::from_millis(5));
        window.step();
    }
}

/// What a keeper answers.
fn answer(shelf: &mut Shelf, ask: Ask) -> Answer {
    assert!(shelf.ask(ask));
    let start = Instant::now();
    loop {
        match shelf.answer() {
            Some(answer) => return answer,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
        assert!(start.elapsed() < Duration::from_secs(10), "no answer");
    }
}

/// The runs of a list.
fn listed(shelf: &mut Shelf) -> Vec<KeptRun> {
    shelf.runs = None;
    assert!(shelf.ask(Ask::List));
    let start = Instant::now();
    loop {
        assert!(shelf.answer().is_none());
        match &shelf.runs {
            Some(runs) => return runs.clone().unwrap(),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
        assert!(start.elapsed() < Duration::from_secs(10), "no list");
    }
}

fn shelf(runs: &Path) -> Shelf {
    Keeper::new(runs).shelf(&egui::Context::default())
}

#[test]
fn a_run_whose_only_checkpoint_is_damaged_is_not_offered_and_says_why() {
    let runs = folder("stuck");
    interrupted(&runs.join("stuck"));
    fs::write(runs.join("stuck").join(CHECKPOINT), "").unwrap();
    let mut window = keeping(&runs);
    list(&mut window, "Go on stuck");
    assert!(window.query_by_label_contains("was interrupted").is_none());
    window.get_by_label("Open stuck").click();
    wait_for_notice(&mut window, "stuck cannot go on: ");
    let said = &window.state().notices().last().unwrap().text;
    assert!(
        said.contains("it ends within its header") && said.ends_with("start it anew"),
        "{said}"
    );
    assert_eq!(window.state().run().steps.len(), 19);
    assert!(window.query_by_label_contains("was interrupted").is_none());
    fs::remove_dir_all(&runs).unwrap();
}

#[test]
fn a_damaged_log_is_shown_up_to_the_damage_which_is_said_in_the_list_too() {
    let runs = folder("damaged-log");
    interrupted(&runs.join("log"));
    replace_line(&runs.join("log"), 5, "nonsense");
    let mut window = keeping(&runs);
    list(&mut window, "incomplete");
    window.get_by_label("Open log").click();
    wait_for_notice(&mut window, "log cannot go on: ");
    let said: Vec<&str> = window
        .state()
        .notices()
        .iter()
        .map(|one| one.text.as_str())
        .collect();
    let opened = said[said.len() - 2];
    assert!(
        opened.starts_with("opened the run log: 2 steps; line 5: the line is damaged ("),
        "{opened}"
    );
    assert!(
        said.last()
            .unwrap()
            .contains("damaged before every checkpoint"),
        "{said:?}"
    );
    assert_eq!(window.state().run().steps.len(), 2);
    assert!(window.query_by_label_contains("was interrupted").is_none());
    fs::remove_dir_all(&runs).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn every_folder_of_runs_is_listed_and_opens_or_says_why_not() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let runs = folder("odd-folders");
    for name in [&b"odd\xff"[..], b"odd\xfe", b"whole"] {
        interrupted(&runs.join(OsStr::from_bytes(name)));
    }
    replace(
        &runs.join("whole"),
        "events.jsonl",
        "\"version\":1",
        "\"version\":99",
    );
    symlink("nowhere", runs.join("link")).unwrap();
    fs::create_dir_all(runs.join("folder/events.jsonl")).unwrap();
    fs::create_dir_all(runs.join("begun")).unwrap();
    fs::write(runs.join("begun/events.jsonl"), "").unwrap();
    // Neither is a run.
    fs::create_dir_all(runs.join("empty")).unwrap();
    fs::write(runs.join("notes.txt"), "mine").unwrap();

    let mut shelf = shelf(&runs);
    let found = listed(&mut shelf);
    let names: Vec<&str> = found.iter().map(|run| run.name.as_str()).collect();
    let odd = ["odd\\xFE", "odd\\xFF"];
    assert_eq!(names, ["begun", "folder", "link", odd[0], odd[1], "whole"]);
    let go_on: Vec<bool> = found.iter().map(|run| run.can_go_on).collect();
    assert_eq!(go_on, [false, false, false, true, true, false]);
    let why = found[5].stuck.as_deref().unwrap();
    assert!(why.contains("its settings have version 99"), "{why}");

    for name in odd {
        let Answer::Opened { run, events } = answer(&mut shelf, Ask::Open(name.into())) else {
            panic!("{name} does not open");
        };
        assert!(run.can_go_on && !events.is_empty());
        let Answer::Supernet { found, .. } = answer(
            &mut shelf,
            Ask::Supernet(plateau::app::Wanted::Run(name.into())),
        ) else {
            panic!("{name} has no supernet");
        };
        assert!(found.unwrap().0.is_some());
    }
    for (name, words) in [
        ("folder", "events.jsonl: it is no file"),
        ("link", "link is a link that leads nowhere"),
    ] {
        let Answer::Failed(said) = answer(&mut shelf, Ask::Open(name.into())) else {
            panic!("{name} opens");
        };
        assert!(said.contains(words), "{said}");
    }
    let mut window = keeping(&runs);
    list(&mut window, "Open begun");
    window.get_by_label("Open begun").click();
    wait_for_notice(
        &mut window,
        "begun: there is no event in it: the run has not begun",
    );
    fs::remove_dir_all(&runs).unwrap();
}

#[test]
fn a_file_where_the_folder_of_runs_should_be_is_said() {
    let runs = folder("runs-is-a-file");
    fs::write(&runs, "").unwrap();
    let mut shelf = shelf(&runs);
    assert!(shelf.ask(Ask::List));
    let start = Instant::now();
    let said = loop {
        assert!(shelf.answer().is_none());
        if let Some(runs) = &shelf.runs {
            break runs.clone().unwrap_err();
        }
        assert!(start.elapsed() < Duration::from_secs(10), "no list");
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(said.contains("is a file"), "{said}");
    fs::remove_file(&runs).unwrap();
}

#[test]
fn a_run_whose_images_are_gone_says_which_and_goes_on_with_them_where_they_are_opened_again() {
    let runs = folder("gone-images");
    let run = runs.join("moved");
    interrupted(&run);
    let set = runs.join("set");
    let name = format!("\"dataset\":\"{}\"", set.display());
    replace(&run, "events.jsonl", "\"dataset\":\"digits\"", &name);
    let before = fs::read(run.join("events.jsonl")).unwrap();
    let mut shelf = shelf(&runs);
    let go_on = || Ask::GoOn("moved".into(), Seat::Shown);
    let Answer::CannotGoOn(_, said) = answer(&mut shelf, go_on()) else {
        panic!("it goes on");
    };
    assert_eq!(
        said,
        format!(
            "moved cannot go on: its images are not at {} any more; put them back, or open them where they are now, and press Go on again",
            set.display()
        )
    );
    assert_eq!(fs::read(run.join("events.jsonl")).unwrap(), before);

    hand_over("/elsewhere/set", Arc::new(Dataset::load("digits").unwrap()));
    let Answer::CannotGoOn(_, said) = answer(&mut shelf, go_on()) else {
        panic!("there is a session");
    };
    // The images are no obstacle any more.
    assert!(said.starts_with("there is no session"), "{said}");
    fs::remove_dir_all(&runs).unwrap();
}

#[test]
fn a_run_that_cannot_begin_again_keeps_every_line_that_it_had() {
    let runs = folder("changed-images");
    let run = runs.join("run");
    interrupted(&run);
    // A line behind the checkpoint, which was made with other images.
    let events = run.join("events.jsonl");
    let text = fs::read_to_string(&events).unwrap();
    fs::write(&events, text + "{\"seconds\":9.0,\"event\":\"stopped\"}\n").unwrap();
    let file = run.join(CHECKPOINT);
    let mut state = Checkpoint::from_bytes(&fs::read(&file).unwrap()).unwrap();
    state.position.dataset = "0".repeat(64);
    fs::write(&file, state.to_bytes().unwrap()).unwrap();
    let before = [&events, &file].map(|path| fs::read(path).unwrap());

    let mut window = keeping(&runs);
    list(&mut window, "Go on run");
    window.get_by_label("Go on run").click();
    wait_for_notice(&mut window, "the images of digits have changed since");
    wait(&mut window, "idle session", |app| {
        app.session() == SessionState::Idle
    });
    drop(window);
    let after = [&events, &file].map(|path| fs::read(path).unwrap());
    assert!(before == after, "the run lost something");
    // The session lets go of the folder a moment after it has said so.
    let start = Instant::now();
    while !listed(&mut shelf(&runs))[0].can_go_on {
        assert!(start.elapsed() < Duration::from_secs(10), "it is stuck");
        std::thread::sleep(Duration::from_millis(5));
    }
    fs::remove_dir_all(&runs).unwrap();
}

#[test]
fn settings_of_a_newer_plateau_or_with_a_mistake_are_refused_in_words() {
    let mut window = window();
    let config = window.state_mut().search_mut().config().clone();
    let seed = config.seed;
    let file = serde_json::json!({ "config": config });
    for (key, value, words) in [
        (
            "version",
            serde_json::json!(99),
            "config.json: a newer Plateau wrote it (version 99 of the settings, and 1 is known here); open it with that version",
        ),
        (
            "seed",
            serde_json::json!(-1),
            "config.json: its settings cannot be read: the number -1 stands where a whole number from 0 belongs",
        ),
        (
            "dreams",
            serde_json::json!(3),
            "config.json: its settings cannot be read: unknown field 'dreams'",
        ),
    ] {
        let mut changed = file.clone();
        changed["config"][key] = value;
        let app = window.state_mut();
        assert!(!app.open("config.json", changed.to_string().as_bytes()));
        assert_eq!(app.notices().last().unwrap().text, words);
        assert_eq!(app.search_mut().config().seed, seed);
    }
}
