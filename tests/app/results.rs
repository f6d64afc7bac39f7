//! What a run came to, runs beside each other, and who scores cells: with real sessions and real run folders.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use flate2::{Compression, GzBuilder};
use plateau::app::{
    App, JudgeOf, Recording, RunState, SearchPanel, SessionState, shipped, shipped_name,
};
use plateau::record::{
    RIVAL_FILE, Recorder, SUPERNET_FILE, load_supernet, read_events, read_rival, write_files,
    write_rival,
};
use plateau::search::Strategy;
use plateau::session::{
    Clock, Command, DeviceChoice, Event, Preset, RunConfig, RunKind, Start, differences,
    judge_name, run,
};
use plateau::space::{Genotype, Space};

use crate::support::folder::folder;
use crate::window::{digits_search, keeping, small_search, wait, window, window_without_session};

/// Draws frames until a label with some words is there.
pub fn wait_for(window: &mut Harness<'_, App>, words: &str) {
    let start = Instant::now();
    while window.query_all_by_label_contains(words).next().is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "no \"{words}\"");
        std::thread::sleep(Duration::from_millis(5));
        window.step();
    }
}

/// Chooses from a list of the settings.
fn choose(window: &mut Harness<'_, App>, list: &str, choice: &str) {
    window
        .get_by_role_and_label(egui::Role::ComboBox, list)
        .click();
    window.run_ok();
    let choices = window.get_all_by_label(choice);
    choices.last().unwrap().click();
    window.run_ok();
}

#[test]
fn a_finished_run_begins_with_its_accuracy_its_interval_its_cell_and_what_to_do() {
    let mut window = window();
    small_search(&mut window);
    window.get_by_label("▶  Run").click();
    wait(&mut window, "end", |app| {
        app.run().live && app.run().state == RunState::Finished
    });
    window.run_ok();
    let tested = window.state().run().tested().unwrap();
    let (low, high) = tested.interval();
    assert!(low < tested.accuracy && tested.accuracy < high);
    window.get_by_label(&format!("{:.2} %", 100.0 * tested.accuracy));
    window.get_by_label(&format!(
        "test accuracy, {:.1} to {:.1} %",
        100.0 * low,
        100.0 * high
    ));
    // Who said how flat it is stands behind it.
    window.get_by_label_contains("Fashion-MNIST, TestAccuracy)");
    window.get_by_label_contains("; training ");
    window.get_by_label("picture of the cell");
    window.get_by_label("Export ▾");
    // What was found is one press away.
    window.get_all_by_label("Edit").next().unwrap().click();
    window.run_ok();
    let found = window.state().run().genotype().unwrap().to_compact();
    assert_eq!(window.state().summary()["edited"], serde_json::json!(found));
}

/// Waits until both sides of a race have taken steps.
fn wait_for_both(window: &mut Harness<'_, App>) {
    wait(window, "both", |app| {
        let rival = app.rival().is_some_and(|rival| rival.steps.len() > 1);
        app.run().live && app.run().steps.len() > 1 && rival
    });
}

#[test]
fn two_strategies_race_on_the_same_seed_and_images_and_are_held_together() {
    let mut window = window();
    small_search(&mut window);
    window.run_ok();
    choose(&mut window, "Race against", "DARTS");
    window.get_by_label("▶  Run").click();
    wait_for_both(&mut window);
    window.get_by_label("Stop").click();
    wait(&mut window, "end of both", |app| {
        let over = |state: &RunState| matches!(state, RunState::Stopped | RunState::Finished);
        over(&app.run().state) && app.rival().is_some_and(|rival| over(&rival.state))
    });
    let app = window.state();
    let [own, other] = [app.run(), app.rival().unwrap()].map(|run| run.config.clone().unwrap());
    let mut expected = own.clone();
    expected.search.as_mut().unwrap().strategy = Strategy::Darts;
    assert_eq!(own.search.as_ref().unwrap().strategy, Strategy::NaDarts);
    assert_eq!(other, expected);
    assert_eq!(app.run().dataset, app.rival().unwrap().dataset);
}

/// Presses the button of a kept run.
pub fn in_the_list(window: &mut Harness<'_, App>, button: &str) {
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    wait_for(window, button);
    window.get_by_label(button).click();
    window.run_ok();
}

/// The names of the shown run and its rival.
fn sides(app: &App) -> [Option<&str>; 2] {
    let rival = app.rival().map(|rival| rival.name.as_str());
    [Some(app.run().name.as_str()), rival]
}

#[test]
fn a_stopped_race_goes_on_with_both_sides_in_one_press_and_opens_from_either() {
    let runs = folder("kept-race");
    let names = ["digits-na-darts-0", "digits-darts-0"];
    let events = |name: &str| read_events(&runs.join(name)).unwrap_or_default();
    let mut window = keeping(&runs);
    small_search(&mut window);
    let panel = window.state_mut().search_mut();
    panel.set_rival(Some(Strategy::Darts));
    let mut config = panel.config().clone();
    config.search.as_mut().unwrap().epochs = 4;
    panel.set_config(config);
    window.run_ok();
    window.get_by_label("▶  Run").click();
    wait_for_both(&mut window);
    window.get_by_label("Stop").click();
    wait(&mut window, "stop and names", |app| {
        let stopped = names.map(|name| events(name).last().map(|timed| timed.event.clone()));
        let know = names.map(|name| read_rival(&runs.join(name)));
        let rivals = [names[1], names[0]].map(|name| Ok(Some(name.to_owned())));
        app.session() == SessionState::Idle
            && stopped == [Some(Event::Stopped), Some(Event::Stopped)]
            && know == rivals
    });
    drop(window);
    let before = names.map(|name| events(name).len());

    let mut window = keeping(&runs);
    wait_for(&mut window, "was interrupted at step ");
    window.get_by_label_contains("The race of digits-");
    window.get_by_label("Go on").click();
    wait(&mut window, "end of both", |app| {
        let runs = [Some(app.run()), app.rival()].into_iter().flatten();
        let finished = runs.filter(|run| run.live && run.state == RunState::Finished);
        finished.count() == 2
    });
    for (name, before) in names.into_iter().zip(before) {
        let events = events(name);
        assert_eq!(events.last().unwrap().event, Event::Finished, "{name}");
        assert!(events.len() > before);
    }

    // Whichever is opened, the other is beside it.
    for side in [0, 1] {
        in_the_list(&mut window, &format!("Open {}", names[side]));
        wait(&mut window, "both sides", |app| {
            sides(app) == [Some(names[side]), Some(names[1 - side])]
        });
        assert!(window.state().rival().unwrap().tested().is_some());
    }
    std::fs::remove_dir_all(&runs).unwrap();
}

#[test]
fn a_racer_whose_rival_is_gone_or_another_run_by_now_is_shown_alone_and_says_so() {
    let runs = folder("lonely-racer");
    let [first, second] = [Recording::demo(), Recording::rival()];
    write_files(&first.files, &runs, "first").unwrap();
    write_files(&second.files, &runs, "second").unwrap();
    write_rival(&runs.join("first"), "second").unwrap();
    let mut window = keeping(&runs);
    let open = |window: &mut Harness<'_, App>, words: &str| {
        in_the_list(window, "Open first");
        wait(window, words, |app| {
            let said = app.notices().last();
            said.is_some_and(|notice| notice.text.contains(words) && !notice.error)
        });
        assert_eq!(sides(window.state()), [Some("first"), None]);
    };
    in_the_list(&mut window, "Open first");
    wait(&mut window, "both sides", |app| {
        sides(app) == [Some("first"), Some("second")]
    });

    std::fs::write(runs.join("second/events.jsonl"), &first.files.events).unwrap();
    open(
        &mut window,
        "first is shown without its rival: second is another run by now",
    );
    std::fs::remove_dir_all(runs.join("second")).unwrap();
    open(
        &mut window,
        "first is shown without its rival: second is not kept here any more",
    );
    std::fs::write(runs.join("first").join(RIVAL_FILE), "{").unwrap();
    open(
        &mut window,
        "first is shown without its rival: rival.json names no run",
    );
    std::fs::remove_dir_all(&runs).unwrap();
}

#[test]
fn kept_runs_are_a_table_that_is_sorted_filtered_and_compared() {
    let runs = folder("table-of-runs");
    for (recording, name) in [(Recording::demo(), "first"), (Recording::rival(), "second")] {
        write_files(&recording.files, &runs, name).unwrap();
    }
    std::fs::create_dir_all(runs.join("damaged")).unwrap();
    std::fs::write(runs.join("damaged/events.jsonl"), "{\"seconds\":0}\n").unwrap();
    let mut window = keeping(&runs);
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    wait_for(&mut window, "cannot be read");
    let start = Instant::now();
    for cell in ["64.38", "75.83", "0.72"] {
        while window.query_by_label(cell).is_none() {
            assert!(start.elapsed() < Duration::from_secs(20), "no {cell}");
            window.step();
        }
    }
    let above = |window: &Harness<'_, App>, one: &str, other: &str| {
        let top = |name: &str| window.get_by_label(&format!("Tick {name}")).rect().top();
        top(one) < top(other)
    };
    window.get_by_label("Sort by neighbors, %").click();
    window.run_ok();
    assert!(above(&window, "first", "second"));
    window.get_by_label("Sort by neighbors, %").click();
    window.run_ok();
    assert!(above(&window, "second", "first"));

    window.get_by_label("Filter runs").focus();
    window.run_ok();
    window.get_by_label("Filter runs").type_text("na-darts");
    window.run_ok();
    assert!(window.query_by_label("Tick second").is_none());
    window.get_by_label("Tick first").click();
    window.run_ok();
    for _ in 0.."na-darts".len() {
        window.get_by_label("Filter runs").focus();
        window.key_press(egui::Key::Backspace);
        window.run_ok();
    }
    window.get_by_label("Tick second").click();
    window.run_ok();
    window.get_by_label("Compare 2 runs").click();
    wait_for(&mut window, "Runs beside each other");
    // One more of each than the race behind it.
    wait(&mut window, "both", |_| true);
    wait_for(&mut window, "Weight of none on edge 0 → 1");
}

#[test]
fn the_weights_of_a_kept_run_are_opened_and_those_of_a_recording_are_said_to_be_missing() {
    let runs = folder("weights-of-runs");
    let mut window = keeping(&runs);
    window.get_by_label("This search's weights").click();
    window.run();
    window.get_by_label_contains("this run came without its supernet");

    small_search(&mut window);
    window.get_by_label("▶  Run").click();
    wait(&mut window, "end", |app| {
        app.run().live && app.run().state == RunState::Finished
    });
    drop(window);

    let mut window = keeping(&runs);
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    wait_for(&mut window, "Open digits-na-darts-0");
    window.get_by_label("Open digits-na-darts-0").click();
    wait(&mut window, "run", |app| {
        app.run().name == "digits-na-darts-0"
    });
    window.get_by_label("This search's weights").click();
    wait_for(&mut window, "on 16 images");
    wait_for(&mut window, "also: Table");
    std::fs::remove_dir_all(&runs).unwrap();
}

/// Trains a small judge below a folder, as `plateau judge` does.
fn train_judge(runs: &Path, dataset: &str, space: Space) -> PathBuf {
    let mut config: RunConfig = Preset::Quick.run(dataset, space, Strategy::Rsps);
    (config.kind, config.device) = (RunKind::Judge, DeviceChoice::Cpu);
    let search = config.search.as_mut().unwrap();
    (search.channels, search.epochs) = (2, 1);
    let folder = runs.join(judge_name(dataset, space));
    let mut recorder = Recorder::create(&folder).unwrap();
    let (_commands, inbox) = async_channel::unbounded();
    let clock = Clock::default();
    let start = Start::kept(config);
    let mut record = |event: Event| {
        assert!(!matches!(event, Event::Failed { .. }), "{event:?}");
        recorder.record(&clock.stamp(event)).unwrap();
    };
    pollster::block_on(run(&start, &inbox, &mut record));
    assert!(folder.join(SUPERNET_FILE).exists());
    folder
}

#[test]
fn a_judge_that_is_kept_scores_cells_without_a_table_in_later_sessions() {
    let runs = folder("kept-judge");
    train_judge(&runs, "fashion", Space::NasBench201Small);
    let mut window = keeping(&runs);
    window.get_by_label("Judge").click();
    // Wherever it is right: the number of images is that of its own architecture half.
    wait_for(&mut window, "of fashion, on");
    wait_for(&mut window, "also: Table");
    std::fs::remove_dir_all(&runs).unwrap();
}

/// A number with 7 bits of mantissa.
fn rounded(value: f32) -> f32 {
    f32::from_bits((value.to_bits() + (1 << 15)) & !((1 << 16) - 1))
}

/// The judge that comes with the program. It is made anew from the run folder of
/// `plateau judge --preset quick --dataset digits --space darts --device cpu --epochs 240 --cells 40` with `PLATEAU_JUDGE=FOLDER`.
#[test]
fn the_judge_of_the_digits_comes_with_the_program_and_is_what_the_window_would_train() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app/runs/judge-digits-darts.gz");
    if let Some(folder) = std::env::var_os("PLATEAU_JUDGE") {
        let mut judge = load_supernet(Path::new(&folder)).unwrap().checkpoint;
        judge.tensors.retain(|name, _| name == "supernet.weights");
        for tensor in judge.tensors.values_mut() {
            tensor
                .values
                .iter_mut()
                .for_each(|value| *value = rounded(*value));
        }
        let mut packed = GzBuilder::new().write(Vec::new(), Compression::best());
        packed.write_all(&judge.to_bytes().unwrap()).unwrap();
        std::fs::write(&file, packed.finish().unwrap()).unwrap();
    }
    let of = JudgeOf {
        dataset: "digits".into(),
        space: Space::Darts,
    };
    assert_eq!(shipped_name(&of), Some("judge-digits-darts"));
    let judge = shipped(&std::fs::read(&file).unwrap()).unwrap();
    let mut expected = SearchPanel::default().judge_of(&of);
    expected.device = DeviceChoice::Cpu;
    assert_eq!(
        differences(&judge.position.config, &expected),
        Vec::<String>::new()
    );
    assert_eq!(
        judge.tensors.keys().collect::<Vec<_>>(),
        ["supernet.weights"]
    );

    let mut window = window_of_digits();
    window.get_by_label("Judge").click();
    wait_for(&mut window, "of digits, on ");
    wait(&mut window, "score", |app| app.score().is_some());
    // A cell of single operations, of ten classes.
    let accuracy = window.state().score().unwrap().accuracy;
    assert!(accuracy > 80.0, "{accuracy}");
}

/// A window with a run on the digits and a cell of its space.
fn window_of_digits() -> Harness<'static, App> {
    let runs = folder("shipped-judge");
    let mut window = keeping(&runs);
    // A software GPU would compile for minutes.
    let mut config = window.state_mut().search_mut().config().clone();
    config.device = DeviceChoice::Cpu;
    window.state_mut().search_mut().set_config(config);
    let zip = digits_search().files.to_zip("digits").unwrap();
    window.state_mut().open("digits.zip", &zip);
    let cell = Genotype::preset("darts-v2").unwrap().to_json();
    window.state_mut().open("cell.json", cell.as_bytes());
    window.run_ok();
    window
}

#[test]
fn a_judge_is_trained_in_a_session_of_its_own_while_the_window_stays_free() {
    let (mut window, ends) = window_without_session();
    window.get_by_label("Judge").click();
    window.run();
    window.get_by_label_contains("no judge of 3-edge NAS-Bench-201 cells on fashion");
    window
        .get_all_by_label("Train the judge")
        .next()
        .unwrap()
        .click();
    window.run_ok();
    let ends = ends.lock().unwrap();
    let (inbox, _) = ends.last().unwrap();
    let started = std::iter::from_fn(|| inbox.try_recv().ok());
    let config = started
        .filter_map(|command| match command {
            Command::Start(start) => Some(start.config),
            _ => None,
        })
        .last()
        .unwrap();
    assert_eq!(config.kind, RunKind::Judge);
    assert_eq!(config.dataset, "fashion");
    assert_eq!(config.search.unwrap().strategy, Strategy::Rsps);
    // The session of runs has heard nothing of it.
    assert_eq!(window.state().session(), SessionState::Idle);
}

#[test]
fn a_judge_whose_training_was_stopped_goes_on_and_says_how_far_it_is_wherever_one_looks() {
    let runs = folder("stopped-judge");
    let mut window = keeping(&runs);
    let mut config = window.state_mut().search_mut().config().clone();
    config.device = DeviceChoice::Cpu;
    window.state_mut().search_mut().set_config(config);
    // The smallest images, for which no judge comes with the program in this space.
    let events = Recording::demo().files.events.replace("fashion", "digits");
    assert!(window.state_mut().open("digits.jsonl", events.as_bytes()));
    window.run_ok();
    let name = judge_name("digits", Space::NasBench201Small);
    let events = |name: &str| read_events(&runs.join(name)).unwrap_or_default();
    let steps = || {
        let is_step = |event: &Event| matches!(event, Event::SearchStep(_));
        let events = events(&name).into_iter();
        events.filter(|timed| is_step(&timed.event)).count()
    };
    let train = |window: &mut Harness<'_, App>| {
        window.get_by_label("Judge").click();
        wait_for(window, "Train the judge");
        window
            .get_all_by_label("Train the judge")
            .next()
            .unwrap()
            .click();
        window.run_ok();
    };
    let stop = |window: &mut Harness<'_, App>| {
        window.get_by_label("Stop the judge").click();
        wait(window, "stop", |_| {
            events(&name).last().map(|timed| &timed.event) == Some(&Event::Stopped)
        });
        assert!(window.query_by_label("Stop the judge").is_none());
    };
    window.get_by_label("Judge").click();
    wait_for(&mut window, " steps, a minute or two on two cores");
    train(&mut window);
    wait_for(&mut window, "The judge of digits is being trained: step ");
    // Its progress does not depend on who scores, or on the panel.
    window.get_by_label("Table").click();
    window.state_mut().show(plateau::app::Pane::Data);
    window.run_ok();
    window.get_by_label_contains("The judge of digits is being trained: step ");
    wait(&mut window, "steps", |_| steps() > 2);
    stop(&mut window);
    let before = steps();

    window.state_mut().show(plateau::app::Pane::Editor);
    window.run_ok();
    train(&mut window);
    wait(&mut window, "going on", |app| {
        let words = format!("going on with {name}");
        app.notices().iter().any(|notice| notice.text == words)
    });
    wait(&mut window, "further steps", |_| steps() > before);
    stop(&mut window);
    // No second one was begun.
    let folders = std::fs::read_dir(&runs).unwrap();
    assert_eq!(folders.count(), 1);
    drop(window);
    std::fs::remove_dir_all(&runs).unwrap();
}

#[test]
fn the_heat_map_of_a_run_has_a_scale_with_numbers() {
    let (mut window, _ends) = window_without_session();
    window.run_ok();
    for text in [
        "weight",
        "0",
        "0.1",
        "0.25",
        "0.5",
        "1",
        "framed: the largest of its edge",
    ] {
        assert!(window.query_all_by_label(text).next().is_some(), "{text}");
    }
}

#[test]
fn slow_motion_draws_the_neighbors_of_a_step_their_losses_and_how_alpha_moved() {
    let mut window = window();
    window.get_by_label("Slow motion").click();
    window.step();
    window.get_by_label("Hold").click();
    window.run();
    let step = window.state().run().shown().unwrap().clone();
    assert_eq!(step.neighbors.len(), step.neighbor_losses.len());
    window.get_by_label("α itself");
    for (number, loss) in step.neighbor_losses.iter().enumerate() {
        window.get_by_label(&format!("neighbor {}", number + 1));
        let bar = format!("loss {loss:.3} nats");
        assert!(window.query_all_by_label(&bar).next().is_some(), "{bar}");
    }
    // α has moved since the step before.
    window.key_press(egui::Key::ArrowRight);
    window.run();
    window.get_by_label("2  α-step").click();
    window.run();
    window.get_by_label_contains("before and after the step");
    window.get_by_label("Speed of slow motion");
}

#[test]
fn searches_are_drawn_as_ways_over_the_landscape_as_far_as_the_step_that_is_looked_at() {
    let mut window = window();
    window.state_mut().show(plateau::app::Pane::Landscape);
    window.run_ok();
    for strategy in ["NA-DARTS", "DARTS"] {
        let way = format!("way of {strategy}");
        assert!(
            window.query_all_by_label_contains(&way).next().is_some(),
            "{way}"
        );
    }
}
