//! The window, driven as a person does: by the names of its controls, with a real session behind it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use plateau::app::flatness::Flatness;
use plateau::app::{
    Answer, App, Ask, Fragment, Keeper, LEAST_SIZE, Link, Pane, Recording, RunState, SessionState,
};
use plateau::landscape::{BUILTIN_METRIC, Verdict, builtin_table};
use plateau::search::Strategy;
use plateau::session::{
    Clock, Command, DeviceChoice, DeviceInfo, Event, Preset, RunConfig, RunKind, Timed,
};
use plateau::space::{Genotype, Space};

use crate::support::folder::folder;
use crate::support::runs::over_in_seconds;
use crate::support::write::png_image;

/// A window at 1280 × 800. `connect` makes its sessions.
pub fn window_with(
    connect: impl Fn(&egui::Context) -> Result<Link, String> + 'static,
) -> Harness<'static, App> {
    Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(20)
        .build_eframe(|creation| App::new(creation, Box::new(connect), Ok(Fragment::default())))
}

/// A window with a real session on a thread of its own.
pub fn window() -> Harness<'static, App> {
    window_with(|context| {
        let context = context.clone();
        Link::spawn(move || context.request_repaint()).map_err(|error| error.to_string())
    })
}

/// What a session says now.
pub fn now(event: Event) -> Timed {
    Clock::default().stamp(event)
}

/// The other ends of a window's line to a session.
pub type Ends = (
    async_channel::Receiver<Command>,
    async_channel::Sender<Timed>,
);

/// A window whose sessions the test plays: it holds their ends, the newest last, and ends a session by dropping them.
pub fn window_without_session() -> (Harness<'static, App>, Arc<Mutex<Vec<Ends>>>) {
    let ends: Arc<Mutex<Vec<Ends>>> = Arc::default();
    let keep = ends.clone();
    let window = window_with(move |_| {
        let (commands, inbox) = async_channel::unbounded();
        let (outbox, events) = async_channel::unbounded();
        keep.lock().unwrap().push((inbox, outbox));
        Ok(Link::new(commands, events))
    });
    (window, ends)
}

/// A window that keeps its runs below a folder.
pub fn keeping(runs: &Path) -> Harness<'static, App> {
    let keeper = Keeper::new(runs);
    let sessions = keeper.clone();
    Harness::builder()
        .with_size([1440.0, 900.0])
        .with_max_steps(20)
        .build_eframe(move |creation| {
            let connect = move |context: &egui::Context| {
                let session = sessions.session(context);
                session.map_err(|error| error.to_string())
            };
            let shelf = keeper.shelf(&creation.egui_ctx);
            App::new(creation, Box::new(connect), Ok(Fragment::default())).with_shelf(shelf)
        })
}

/// A search that takes a second on one core: the smallest space, few images a step.
pub fn small_search(window: &mut Harness<'_, App>) {
    let panel = window.state_mut().search_mut();
    panel.set_rival(None);
    let mut config = panel.config().clone();
    config.dataset = "digits".into();
    let (search, train) = over_in_seconds(8);
    (config.search, config.train) = (Some(search), train);
    config.device = DeviceChoice::Cpu;
    panel.set_config(config);
}

/// Draws frames until something holds; a minute without it fails.
pub fn wait(window: &mut Harness<'_, App>, what: &str, holds: impl Fn(&App) -> bool) {
    let start = Instant::now();
    while !holds(window.state()) {
        let said = window.state().notices();
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "no {what}: {said:?}"
        );
        std::thread::sleep(Duration::from_millis(5));
        window.step();
    }
    window.run_ok();
}

#[test]
fn the_first_frame_shows_a_recorded_search() {
    let start = Instant::now();
    let window = window();
    assert!(start.elapsed() < Duration::from_secs(1), "first frame");
    let run = window.state().run();
    assert_eq!(run.state, RunState::Finished);
    assert!(!run.live);
    assert!(run.steps.len() > 50);
    assert!(run.derived.is_some());
    window.get_by_label("A recorded race");
    window.get_by_label_contains("Loss, nats: training");
}

#[test]
fn the_least_window_fits_a_small_projector_and_shows_the_run() {
    let [width, height] = LEAST_SIZE;
    // 1366×768 pixels at 200 %, less the window's frame and a bar of the system.
    assert!(width <= 683.0 && height <= 384.0 - 60.0);
    let (mut window, _ends) = window_without_session();
    window.set_size(egui::Vec2::from(LEAST_SIZE));
    window.run_ok();
    window.get_by_label("A recorded race");
}

#[test]
fn larger_type_and_small_screens_cut_neither_the_step_counter_nor_plots_nor_choices() {
    // 1280×720 and 1366×768 with larger type, and 1366×768 pixels at 200 %.
    for [width, height] in [[948.0, 533.0], [1012.0, 569.0], [683.0, 384.0]] {
        let (mut window, _ends) = window_without_session();
        window.set_size(egui::vec2(width, height));
        window.run_ok();
        // The default layout: 20 % settings, 37 % run, less the gaps and what the frame of a panel takes. A narrow window has one panel.
        let columns = width - 8.0;
        let narrow = width < 1024.0;
        let ends = match narrow {
            true => [width; 2],
            false => [0.2 * columns, 0.57 * columns + 4.0],
        };
        let ends = ends.map(|end| end - 11.0);
        let last = window.state().run().steps.len();
        let epoch = window.state().run().shown().unwrap().epoch;
        let counter = format!("step {last} of {last}, epoch {epoch}");
        for label in [
            &counter,
            "Step of the run",
            "Export Loss, nats",
            "Export Accuracy, %",
            "Heat map",
            "Cells",
        ] {
            let right = window.get_by_label(label).rect().right();
            assert!(right <= ends[1], "{width}: {label} ends at {right}");
        }
        if narrow {
            window.state_mut().show(Pane::Search);
            window.run_ok();
        }
        let choices = window.get_all_by_role(egui::Role::ComboBox);
        let rights = choices
            .map(|choice| choice.rect())
            .filter(|rect| rect.left() < ends[0]);
        let rights: Vec<f32> = rights.map(|rect| rect.right()).collect();
        assert!(rights.len() >= 4, "{rights:?}");
        for right in rights {
            assert!(right <= ends[0], "{width}: a choice ends at {right}");
        }
    }
}

#[test]
fn both_cells_of_a_darts_architecture_and_their_neighborhood_are_on_one_screen() {
    let (mut window, _ends) = window_without_session();
    window.state_mut().show(Pane::Editor);
    window.run_ok();
    let genotype = Genotype::preset("darts-v2").unwrap();
    window.event(egui::Event::Paste(genotype.to_text()));
    window.run_ok();
    let bottom = |label: &str| {
        let shown = window.get_all_by_label_contains(label);
        let bottoms = shown.map(|one| one.rect().bottom());
        bottoms.fold(f32::NEG_INFINITY, f32::max)
    };
    let cells = bottom("reduction cell, edge");
    let dots = bottom("neighbor reduction");
    assert!(cells < dots);
    // Below the dots, which lie at the lower edge without scores, are the names of edges and cells, below those a bar.
    let end = 800.0 - 28.0;
    assert!(dots + 40.0 <= end, "{dots}");
}

#[test]
fn the_recorded_search_can_be_scrubbed_to_any_step() {
    let mut window = window();
    window.run_ok();
    let last = window.state().run().steps.len() - 1;
    assert_eq!(window.state().run().position(), Some(last));

    window.key_press(egui::Key::Home);
    window.run_ok();
    assert_eq!(window.state().run().position(), Some(0));
    window.get_by_label(&format!("step 1 of {}, epoch 1", last + 1));

    window.key_press(egui::Key::ArrowRight);
    window.run_ok();
    assert_eq!(window.state().run().position(), Some(1));

    // The genotype is that of the step that is looked at, not the newest.
    let (since, _) = window.state().run().derivable().unwrap();
    assert!(*since <= 1);

    window.get_by_label("Newest step").click();
    window.run_ok();
    assert_eq!(window.state().run().position(), Some(last));
}

#[test]
fn a_search_starts_pauses_steps_and_stops() {
    let mut window = window();
    small_search(&mut window);
    window.run_ok();
    window.get_by_label("▶  Run").scroll_to_me();
    window.get_by_label("▶  Run").click();
    wait(&mut window, "first step", |app| {
        app.run().live && !app.run().steps.is_empty()
    });
    window.get_by_label("▮▮  Pause").click();
    wait(&mut window, "hold", |app| app.run().state == RunState::Held);

    let before = window.state().run().steps.len();
    window.get_by_label("Step").click();
    wait(&mut window, "step", |app| {
        app.run().steps.len() == before + 1
    });
    assert_eq!(window.state().run().state, RunState::Held);

    window.get_by_label("▶  Resume").click();
    wait(&mut window, "going on", |app| {
        app.run().steps.len() > before + 2
    });
    window.get_by_label("Stop").click();
    wait(&mut window, "end", |app| {
        app.run().state == RunState::Stopped
    });
    assert_eq!(window.state().session(), SessionState::Idle);
    window.get_by_label("▶  Run");
}

#[test]
fn a_finished_run_has_been_searched_trained_and_tested() {
    let mut window = window();
    small_search(&mut window);
    window.run_ok();
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Enter);
    wait(&mut window, "end", |app| {
        app.run().live && app.run().state == RunState::Finished
    });
    let run = window.state().run();
    assert!(run.training.as_ref().unwrap().tested.is_some());
    assert_eq!(run.steps.len(), run.search.as_ref().unwrap().steps);
    assert_eq!(run.step_ends.len(), run.steps.len());
}

#[test]
fn a_killed_session_says_so_and_can_be_restarted() {
    let (mut window, ends) = window_without_session();
    window.run_ok();
    assert_eq!(window.state().session(), SessionState::Idle);
    ends.lock().unwrap().clear();
    window.run_ok();
    assert_eq!(window.state().session(), SessionState::Gone);
    window.get_by_label_contains("The session has ended");

    // The window goes on: the recorded run is still there and can be scrubbed.
    window.key_press(egui::Key::Home);
    window.run_ok();
    assert_eq!(window.state().run().position(), Some(0));

    window.get_by_label("Restart session").click();
    window.run_ok();
    assert_eq!(window.state().session(), SessionState::Idle);
    assert_eq!(ends.lock().unwrap().len(), 1);
    assert!(
        window
            .query_by_label_contains("The session has ended")
            .is_none()
    );
}

#[test]
fn a_device_that_fails_is_told_and_the_window_stays_usable() {
    let (mut window, ends) = window_without_session();
    let message = "the device failed: lost; lower --train-batch or use --device cpu";
    // A flag of the command line is a label here.
    let shown = "the device failed: lost; lower Batch (training from scratch) or use Device cpu";
    let recorded = Recording::demo().events;
    let (_, outbox) = ends.lock().unwrap()[0].clone();
    for timed in &recorded[..20] {
        outbox.try_send(timed.clone()).unwrap();
    }
    outbox
        .try_send(now(Event::Failed {
            message: message.into(),
        }))
        .unwrap();
    window.run_ok();
    assert_eq!(window.state().run().state, RunState::Failed(message.into()));
    assert_eq!(window.state().session(), SessionState::Idle);
    window.get_all_by_label(shown).next().unwrap();
    window.get_by_label("Close").click();
    window.run_ok();
    window.get_by_label("▶  Run");
}

#[test]
fn a_run_is_called_by_its_strategy_and_its_data_and_not_by_its_folder() {
    let (mut window, ends) = window_without_session();
    let (_, outbox) = ends.lock().unwrap()[0].clone();
    outbox.try_send(digits_search().events[0].clone()).unwrap();
    window.run_ok();
    assert_eq!(window.state().run().name, "digits-na-darts-0");
    window.get_by_label("NA-DARTS on digits");
    window.get_by_label("DARTS cells, seed 0");
    assert!(window.query_by_label("digits-na-darts-0").is_none());
}

#[test]
fn a_click_outside_of_what_is_open_closes_it_and_does_what_it_is_on() {
    let (mut window, _ends) = window_without_session();
    let has = |window: &Harness<'_, App>, name: &str| window.query_by_label(name).is_some();
    let click = |window: &mut Harness<'_, App>, name: &str| {
        window.get_by_label(name).click();
        window.run_ok();
    };
    click(&mut window, "Copy ▾");
    assert!(has(&window, "Copy as JSON"));
    click(&mut window, "Save ▾");
    assert!(!has(&window, "Copy as JSON") && has(&window, "Genotype as JSON"));
    click(&mut window, "Landscape");
    assert!(!has(&window, "Genotype as JSON") && has(&window, "Flatness map"));
    click(&mut window, "View");
    assert!(has(&window, "Reset layout"));
    click(&mut window, "Barrier");
    assert!(!has(&window, "Reset layout"));
    assert!(!has(&window, "Accuracy against neighborhood"));
}

#[test]
fn nothing_lies_on_the_run_while_its_slider_is_pointed_at() {
    let (mut window, _ends) = window_without_session();
    let point_at = |window: &mut Harness<'_, App>, place: egui::Pos2| {
        window.hover_at(place);
        for _ in 0..12 {
            window.step();
        }
        window.query_by_label_contains("replays the run").is_some()
    };
    let slider = window.get_by_role_and_label(egui::Role::Slider, "Step of the run");
    let slider = slider.rect().center();
    assert!(!point_at(&mut window, slider));
    // The words behind it say what it does.
    let counter = window.get_by_label("step 96 of 96, epoch 6").rect();
    assert!(point_at(&mut window, counter.center()));
}

#[test]
fn a_stop_shows_at_once_that_it_was_heard_and_until_the_last_step_ends() {
    let (mut window, ends) = window_without_session();
    let (inbox, outbox) = ends.lock().unwrap()[0].clone();
    for timed in &Recording::demo().events[..20] {
        outbox.try_send(timed.clone()).unwrap();
    }
    window.run_ok();
    while inbox.try_recv().is_ok() {}
    window.get_by_label("Stop").click();
    window.run_ok();
    assert_eq!(inbox.try_recv(), Ok(Command::Stop));
    assert_eq!(window.state().session(), SessionState::Stopping);
    window.get_by_label("stopping");
    // A second press, and the keys, ask for nothing more.
    window.get_by_label("Stopping…").click();
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Period);
    window.run_ok();
    assert!(inbox.try_recv().is_err());
    // The step that still ends changes nothing of that.
    outbox
        .try_send(Recording::demo().events[20].clone())
        .unwrap();
    window.run_ok();
    window.get_by_label("Stopping…");

    outbox.try_send(now(Event::Stopped)).unwrap();
    window.run_ok();
    assert_eq!(window.state().session(), SessionState::Idle);
    assert!(window.query_by_label("stopping").is_none());
    window.get_by_label("Stop");
}

/// A whole default run on the digits: `plateau search --preset quick --strategy na-darts --dataset digits --device cpu`.
pub fn digits_search() -> Recording {
    Recording::from_bytes(include_bytes!("../fixtures/digits-search.jsonl.gz")).unwrap()
}

/// The first frame: everything in it belongs together.
#[test]
fn the_recorded_race_differs_in_the_strategy_only_and_the_built_in_table_has_what_was_found() {
    let [run, rival] =
        [Recording::demo(), Recording::rival()].map(|recorded| recorded.view("recorded"));
    let mut config = run.config.clone().unwrap();
    let mut expected = Preset::Quick.run("fashion", Space::NasBench201Small, Strategy::NaDarts);
    (expected.kind, expected.device) = (RunKind::SearchOnly, DeviceChoice::Cpu);
    assert_eq!(config, expected);
    config.search.as_mut().unwrap().strategy = Strategy::Darts;
    assert_eq!(rival.config.as_ref(), Some(&config));
    assert_eq!(run.dataset, rival.dataset);
    let found = [run, rival].map(|run| run.genotype().cloned().unwrap());
    let [own, other] = found
        .clone()
        .map(|genotype| Verdict::of(builtin_table(), BUILTIN_METRIC, &genotype, &[]).unwrap());
    // What the first frame is about.
    assert!(own.worst > 60.0 && other.worst < 20.0, "{own:?} {other:?}");

    let mut window = window();
    window.run_ok();
    // Run makes it anew.
    let settings = window.state_mut().search_mut();
    assert_eq!(settings.rival(), Some(Strategy::Darts));
    let mut again = settings.config().clone();
    again.kind = RunKind::SearchOnly;
    again.device = DeviceChoice::Cpu;
    assert_eq!(again, expected);
    let edited = &window.state().summary()["edited"];
    assert_eq!(*edited, serde_json::json!(found[0].to_compact()));
    for verdict in [own, other] {
        window.get_by_label(&format!(
            "one change away {:.2} % on average, {:.2} % at worst",
            verdict.mean, verdict.worst
        ));
    }
    // The word stands beside what it is made of.
    for genotype in &found {
        let flatness = Flatness::in_table(builtin_table(), BUILTIN_METRIC, genotype).unwrap();
        for said in [flatness.margin().unwrap(), flatness.counts().unwrap()] {
            assert!(window.query_all_by_label(&said).next().is_some(), "{said}");
        }
    }
    // What is chosen of α stands above its own plot, and below the others.
    let y = |words: &str| {
        let one = window.query_all_by_label_contains(words).next();
        one.unwrap_or_else(|| panic!("{words}")).rect().top()
    };
    let [others, choice] = ["Its neighbors' mean, %", "weight of"].map(y);
    assert!(others < choice && choice < y("Weight of none on edge"));
    // Both go to the step that is looked at.
    window.key_press(egui::Key::Home);
    window.run_ok();
    assert_eq!(window.state().run().position(), Some(0));
}

/// The conditions of the manual's page on defaults.
#[test]
fn the_default_search_draws_neighbors_that_are_other_architectures() {
    let demo = digits_search().view("recorded");
    let config = demo.config.as_ref().unwrap();
    let expected = Preset::Quick.search(Space::Darts, Strategy::NaDarts);
    assert_eq!(config.search.as_ref().unwrap(), &expected);
    assert_eq!(config.train, Preset::Quick.train(Space::Darts));
    let last = demo.steps.last().unwrap();
    let radius = f64::from(last.effective_radius.unwrap());
    assert!(radius >= 0.5 * expected.asked_radius().unwrap(), "{radius}");
    assert!(
        f64::from(last.entropy) <= 0.8 * 8_f64.ln(),
        "{}",
        last.entropy
    );
}

#[test]
fn files_open_by_what_they_hold_and_others_are_refused() {
    let mut window = window();
    let app = window.state_mut();
    let demo = Recording::demo();

    let zip = demo.files.to_zip("demo").unwrap();
    app.open("run.zip", &zip);
    assert_eq!(app.run().name, "run.zip");
    assert_eq!(app.run_files(), &demo.files);
    assert_eq!(app.run().steps.len(), demo.view("demo").steps.len());

    // A killed process leaves half a line: it is left out, the rest opens.
    let text = demo.files.events.as_bytes();
    let half = &text[..text.len() / 2];
    app.open("half.jsonl", half);
    assert_eq!(app.run().name, "half.jsonl");
    assert!(!app.run().steps.is_empty());

    let steps = app.run().steps.len();
    app.open("broken.jsonl", b"{\"seconds\":1,\"event\":\"nonsense\"}\n");
    app.open("noise.bin", &[7; 300]);
    let errors: Vec<_> = app.notices().iter().filter(|notice| notice.error).collect();
    assert_eq!(errors.len(), 2);
    assert!(
        errors[0]
            .text
            .contains("does not know the event 'nonsense'"),
        "{}",
        errors[0].text
    );
    assert!(
        errors[1].text.contains("noise.bin is neither"),
        "{}",
        errors[1].text
    );
    assert_eq!(app.run().steps.len(), steps);
    window.run_ok();
}

#[test]
fn a_genotype_opens_from_a_log_a_python_file_and_a_file_in_utf_16() {
    let mut window = window();
    let app = window.state_mut();
    let [one, other] =
        ["darts-v1", "darts-v2"].map(|name| Genotype::preset(name).unwrap().to_python().unwrap());
    let newest = |app: &App| app.notices().last().unwrap().clone();

    assert!(app.open(
        "search.log",
        format!("07:00 {one}\n07:01 {other}\n").as_bytes()
    ));
    assert_eq!(
        newest(app).text,
        "opened the genotype search.log; 2 genotypes are in it, in lines 1 and 2; the last is read"
    );
    let utf16: Vec<u8> = format!("\u{feff}{one}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(app.open("best.txt", &utf16));
    assert_eq!(newest(app).text, "opened the genotype best.txt");

    assert!(!app.open(
        "genotypes.py",
        format!("A = {one}\nB = {other}\n").as_bytes()
    ));
    assert_eq!(
        newest(app).text,
        "genotypes.py: it holds 2 genotypes: A (line 1) and B (line 2); paste one of them into the cell editor"
    );
    assert!(!app.open("cut.txt", &one.as_bytes()[..80]));
    assert!(
        newest(app).text.starts_with("cut.txt: line 1, column "),
        "{}",
        newest(app).text
    );
    // A table with a mistake is no log.
    assert!(!app.open(
        "table.csv",
        b"ArchitectureString,acc\n|none~0|+|none~0|none~1|,93\n"
    ));
    assert!(
        newest(app).text.contains("as a table"),
        "{}",
        newest(app).text
    );
    window.run_ok();
}

#[test]
fn the_layout_is_remembered_and_can_be_reset() {
    let mut window = window();
    let fresh = window.state().layout();
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num5);
    window.run_ok();
    let moved = window.state().layout();
    assert_ne!(fresh, moved);

    let mut storage = Memory::default();
    eframe::App::save(window.state_mut(), &mut storage);
    let storage: &'static Memory = Box::leak(Box::new(storage));
    let mut again = Harness::builder()
        .with_size([1280.0, 800.0])
        .build_eframe(|creation| {
            creation.storage = Some(storage);
            let connect = |_: &egui::Context| Err("no session in this test".to_owned());
            App::new(creation, Box::new(connect), Ok(Fragment::default()))
        });
    again.run_ok();
    assert_eq!(again.state().layout(), moved);

    again.get_by_label("View").click();
    again.run_ok();
    again.get_by_label("Reset layout").click();
    again.run_ok();
    assert_eq!(again.state().layout(), fresh);
}

/// What is remembered between two days.
#[derive(Clone, Default)]
pub struct Memory(pub std::collections::BTreeMap<String, String>);

impl eframe::Storage for Memory {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.into(), value);
    }

    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn flush(&mut self) {}
}

#[test]
fn the_tour_leads_through_six_steps_and_ends() {
    let mut window = window();
    window.get_by_label("Help").click();
    window.run_ok();
    window.get_by_label("Guided tour").click();
    window.run_ok();
    for step in 0..6 {
        assert_eq!(window.state().lesson().map(|(_, at)| at), Some(step));
        window.get_by_label_contains(&format!("{} of 6", step + 1));
        let next = if step == 5 { "Done" } else { "Next" };
        window.get_by_label(next).click();
        window.run_ok();
    }
    assert!(window.state().lesson().is_none());
}

#[test]
fn every_panel_can_be_reached_by_keyboard_and_names_its_controls() {
    let mut window = window();
    for (number, pane) in Pane::ALL.into_iter().enumerate() {
        let key = [
            egui::Key::Num1,
            egui::Key::Num2,
            egui::Key::Num3,
            egui::Key::Num4,
            egui::Key::Num5,
            egui::Key::Num6,
        ][number];
        window.key_press_modifiers(egui::Modifiers::COMMAND, key);
        // `run` fails on a control without a name.
        window.run_ok();
        window.get_all_by_label(pane.title()).next().unwrap();
    }
}

#[test]
fn every_plot_of_the_run_has_a_menu_that_saves_it() {
    let (mut window, _ends) = window_without_session();
    // As high as all of the panel, so that nothing must be scrolled to.
    window.set_size(egui::vec2(1280.0, 2600.0));
    window.run_ok();
    for plot in [
        "Loss, nats",
        "Accuracy, %",
        "Neighbor losses, nats",
        "Shape of α",
    ] {
        window.get_by_label(&format!("Export {plot}")).click();
        window.run_ok();
        for form in ["SVG", "PNG", "CSV"] {
            window
                .get_all_by_label_contains(&format!("{form}: "))
                .next()
                .expect(plot);
        }
        window.key_press(egui::Key::Escape);
        window.run_ok();
    }
}

#[test]
fn a_stopped_search_goes_on_from_the_list_of_kept_runs_and_reaches_its_end() {
    let runs = std::env::temp_dir().join(format!("plateau-app-kept-{}", std::process::id()));
    let _absent = std::fs::remove_dir_all(&runs);
    let mut window = keeping(&runs);
    small_search(&mut window);
    window.get_by_label("▶  Run").click();
    wait(&mut window, "third step", |app| {
        app.run().live && app.run().steps.len() >= 3
    });
    window.get_by_label("Stop").click();
    wait(&mut window, "stop", |app| {
        app.session() == SessionState::Idle
    });
    let before = window.state().run().steps.clone();
    assert_eq!(window.state().run().state, RunState::Stopped);
    // The window heard what the folder has, with the times of this run and not of the one that was shown before.
    let path = runs.join("digits-na-darts-0/events.jsonl");
    let start = Instant::now();
    while std::fs::read_to_string(&path).unwrap() != window.state().run_files().events {
        assert!(start.elapsed() < Duration::from_secs(10), "they differ");
        std::thread::sleep(Duration::from_millis(5));
    }

    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    let name = "digits-na-darts-0";
    let start = Instant::now();
    while window.query_by_label(&format!("Go on {name}")).is_none() {
        assert!(start.elapsed() < Duration::from_secs(10), "no list");
        std::thread::sleep(Duration::from_millis(5));
        window.step();
    }
    window.get_by_label("1 run in the folder runs");
    window.get_by_label(&format!("Go on {name}")).click();
    wait(&mut window, "end", |app| {
        app.run().state == RunState::Finished
    });
    let run = window.state().run();
    assert_eq!(run.steps[..before.len()], before[..]);
    assert_eq!(run.steps.len(), run.search.as_ref().unwrap().steps);
    let recorded = plateau::record::read_events(&runs.join(name)).unwrap();
    assert_eq!(recorded.last().unwrap().event, Event::Finished);
    // What the window would save is the folder, byte for byte.
    let there = plateau::record::read_files(&runs.join(name)).unwrap();
    assert_eq!(window.state().run_files().events, there.events);
    let mut shelf = Keeper::new(&runs).shelf(&egui::Context::default());
    assert!(shelf.ask(Ask::Files(name.to_owned())));
    let files = loop {
        match shelf.answer() {
            Some(Answer::Files { files, .. }) => break files,
            Some(other) => panic!("{other:?}"),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    assert_eq!(files.unwrap(), there);
    std::fs::remove_dir_all(&runs).unwrap();
}

#[test]
fn a_configuration_that_is_dropped_sets_the_next_run() {
    let mut window = window();
    let mut config = window.state_mut().search_mut().config().clone();
    config.seed = 41;
    let file = serde_json::json!({ "config": config, "plateau": "0.1.0" });
    assert!(
        window
            .state_mut()
            .open("config.json", file.to_string().as_bytes())
    );
    assert_eq!(window.state_mut().search_mut().config().seed, 41);
    config.test_share = 7.0;
    let file = serde_json::json!({ "config": config });
    assert!(
        !window
            .state_mut()
            .open("config.json", file.to_string().as_bytes())
    );
    assert_eq!(window.state_mut().search_mut().config().test_share, 0.3);
}

/// A file or folder as the desktop hands it over.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

pub fn drop_on(window: &mut Harness<'_, App>, path: &Path) {
    window.input_mut().dropped_files = vec![Arc::new(Dropped(path.to_owned()))];
    window.step();
}

/// Three classes of 24 grey pictures of the given sides.
pub fn pictures(folder: &Path, side: impl Fn(usize) -> usize) {
    for class in ["cats", "dogs", "owls"] {
        std::fs::create_dir_all(folder.join(class)).unwrap();
        for number in 0..24 {
            let side = side(number);
            let file = folder.join(class).join(format!("{number}.png"));
            std::fs::write(file, png_image(number, 1, side, side)).unwrap();
        }
    }
}

/// Waits for a message with these words.
pub fn wait_for_notice(window: &mut Harness<'_, App>, words: &str) {
    wait(window, words, |app| {
        let said = app.notices().last();
        said.is_some_and(|notice| notice.text.contains(words))
    });
}

#[test]
fn a_folder_of_images_that_is_dropped_becomes_the_data_of_the_next_run() {
    let images = folder("dropped-images");
    pictures(&images, |_| 8);
    std::fs::write(images.join("cats/phone.heic"), b"\0\0\0\x18ftypheic").unwrap();
    let mut window = window();
    small_search(&mut window);
    drop_on(&mut window, &images);
    wait_for_notice(&mut window, "72 images, used by the next run");
    let name = images.to_string_lossy().into_owned();
    assert_eq!(window.state_mut().search_mut().config().dataset, name);
    window.get_by_label("72 images of 8×8 pixels, grey, 3 classes");
    window.get_by_label("Note: left out, HEIC is not read: cats/phone.heic.");
    window.get_by_label("▶  Run").click();
    wait(&mut window, "result", |app| {
        app.run().live && app.run().state == RunState::Finished
    });
    let config = window.state().run().config.clone().unwrap();
    assert_eq!(config.dataset, name);

    // What holds no images is told in one line, and the next run keeps what it had.
    let empty = folder("dropped-nothing");
    std::fs::create_dir_all(&empty).unwrap();
    drop_on(&mut window, &empty);
    wait_for_notice(&mut window, "dropped-nothing");
    assert!(window.state().notices().last().unwrap().error);
    assert_eq!(window.state_mut().search_mut().config().dataset, name);
    std::fs::remove_dir_all(images).unwrap();
    std::fs::remove_dir_all(empty).unwrap();
}

#[test]
fn photographs_of_different_sizes_are_scaled_to_what_was_stated_or_to_32() {
    let folder = folder("dropped-sizes");
    pictures(&folder, |number| 40 + number);
    let mut window = window();
    drop_on(&mut window, &folder);
    wait_for_notice(&mut window, "were scaled to 32×32");
    window.get_by_label("72 images of 32×32 pixels, grey, 3 classes");

    window.get_by_label("Options").focus();
    window.run_ok();
    window.get_by_label("Options").type_text("size=16x20");
    window.run_ok();
    drop_on(&mut window, &folder);
    wait(&mut window, "message about the size", |app| {
        let said = app.notices().last();
        said.is_some_and(|notice| notice.text.ends_with("72 images, used by the next run"))
    });
    window.get_by_label("72 images of 16×20 pixels, grey, 3 classes");
    let name = format!("{}#size=16x20", folder.display());
    assert_eq!(window.state_mut().search_mut().config().dataset, name);

    window.get_by_label("Options").focus();
    window.run_ok();
    window.get_by_label("Options").type_text(", colour");
    window.run_ok();
    drop_on(&mut window, &folder);
    wait_for_notice(&mut window, "'colour' behind # is no option");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn settings_that_do_not_fit_the_images_are_named_by_their_labels_before_a_run() {
    for (change, said) in [
        (
            (|config| config.train.augmentation.cutout = 16) as fn(&mut RunConfig),
            "Cutout (training from scratch) is 16: that leaves less than half of an image of 8×8, where at most 5 does not",
        ),
        (
            |config| config.search.as_mut().unwrap().augmentation.crop_padding = 3,
            "Shift is 3: that leaves less than half of an image of 8×8, where at most 2 does not",
        ),
        (
            |config| config.test_share = 0.0001,
            "Test share 0.0001 keeps none of the 1797 images of the data set 'digits' for the test: use 0.001 or more",
        ),
    ] {
        let mut window = window();
        let panel = window.state_mut().search_mut();
        let mut config = Preset::Quick.run("digits", Space::Darts, Strategy::NaDarts);
        change(&mut config);
        panel.set_config(config);
        window.run_ok();
        window.get_by_label(said);
    }
}

#[test]
fn a_hardware_gpu_is_asked_to_compile_what_the_settings_need_before_run_is_pressed() {
    for (software, device, rehearses) in [
        (false, DeviceChoice::Auto, true),
        (false, DeviceChoice::Cpu, false),
        (true, DeviceChoice::Gpu, false),
    ] {
        let (mut window, ends) = window_without_session();
        let panel = window.state_mut().search_mut();
        let mut config = panel.config().clone();
        config.device = device;
        panel.set_config(config.clone());
        let (inbox, outbox) = ends.lock().unwrap()[0].clone();
        let info = DeviceInfo {
            name: "a GPU".into(),
            backend: "wgpu".into(),
            driver: "WebGPU".into(),
            software,
            max_binding: 1 << 27,
        };
        outbox
            .try_send(now(Event::DeviceChecked {
                device: Some(info),
                problem: None,
            }))
            .unwrap();
        window.run_ok();
        let expected = rehearses.then(|| Command::Rehearse {
            config: Box::new(config),
        });
        assert_eq!(inbox.try_recv().ok(), expected);
        assert_eq!(window.state().session(), SessionState::Idle);
    }
}
