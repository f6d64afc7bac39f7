//! The window around the panels: its own windows, its keys, files without dialogs, closing and the next start.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use eframe::egui::gui_zoom::kb_shortcuts;
use eframe::egui::{
    self, Event as Input, Key, KeyboardShortcut, Modifiers, ThemePreference, ViewportCommand,
    ViewportEvent, ViewportId,
};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use plateau::app::keys::{self, Deed, KEYS, Place};
use plateau::app::{
    Answer, App, Aside, Ask, Fragment, KeptRun, LEAST_SIZE, Link, Pane, Recording, RunState,
    RunView, Seat, SessionState, Shelf, WELCOME, cell_pictures, described, unplaced,
};
use plateau::export::{curves, curves_csv, event_file, onnx, pytorch};
use plateau::landscape::builtin_table;
use plateau::record::RunFiles;
use plateau::search::Strategy;
use plateau::session::{Clock, Command, Event, Start, run_blocking_from};
use plateau::space::Genotype;

use crate::support::folder::folder;
use crate::support::runs::{on_digits, over_in_seconds};
use crate::window::{
    Ends, Memory, drop_on, now, pictures, small_search, wait, wait_for_notice, window,
    window_without_session,
};

/// Draws frames until a control or a text of that name is there; ten seconds without it fail.
fn wait_for(window: &mut Harness<'_, App>, name: &str) {
    let start = Instant::now();
    while window.query_by_label_contains(name).is_none() {
        assert!(start.elapsed() < Duration::from_secs(10), "no {name}");
        std::thread::sleep(Duration::from_millis(5));
        window.step();
    }
    window.run_ok();
}

fn press(window: &mut Harness<'_, App>, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_ok();
}

fn esc(window: &mut Harness<'_, App>) {
    press(window, Modifiers::NONE, Key::Escape);
}

fn shows(window: &Harness<'_, App>, text: &str) -> bool {
    window.query_by_label_contains(text).is_some()
}

/// Whether a list of the settings has the keyboard.
fn has_keyboard(window: &Harness<'_, App>, list: &str) -> bool {
    let list = window.get_by_role_and_label(egui::Role::ComboBox, list);
    list.is_focused()
}

#[test]
fn a_list_and_a_menu_give_the_keyboard_back_when_they_close() {
    let (mut window, _ends) = window_without_session();
    window.run_ok();
    let plain = |window: &mut Harness<'_, App>, key| press(window, Modifiers::NONE, key);
    let list = egui::Role::ComboBox;
    window.get_by_role_and_label(list, "Strategy").focus();
    window.run_ok();
    // By a choice.
    let before = window.state_mut().search_mut().config().clone();
    for key in [Key::Enter, Key::ArrowDown, Key::Enter] {
        plain(&mut window, key);
    }
    assert_ne!(window.state_mut().search_mut().config(), &before);
    assert!(has_keyboard(&window, "Strategy"));
    // By Esc, from inside and from the list itself.
    for keys in [&[Key::Enter, Key::ArrowDown][..], &[Key::Enter]] {
        for key in keys {
            plain(&mut window, *key);
        }
        esc(&mut window);
        assert!(has_keyboard(&window, "Strategy"), "{keys:?}");
    }
    // A menu.
    window.get_by_label("Lessons").focus();
    window.run_ok();
    for key in [Key::Enter, Key::ArrowDown] {
        plain(&mut window, key);
    }
    assert!(!window.get_by_label("Lessons").is_focused());
    esc(&mut window);
    assert!(window.get_by_label("Lessons").is_focused());
}

/// What the last frame asked of the system's window.
fn commands(window: &Harness<'_, App>) -> Vec<ViewportCommand> {
    let output = &window.output().viewport_output;
    output[&ViewportId::ROOT].commands.clone()
}

/// A window whose sessions say nothing, and what it remembers from another day.
fn remembering(
    storage: &Memory,
    link: Fragment,
) -> (Harness<'static, App>, Option<ThemePreference>) {
    let storage: &'static Memory = Box::leak(Box::new(storage.clone()));
    let theme: Arc<Mutex<Option<ThemePreference>>> = Arc::default();
    let seen = theme.clone();
    let mut window = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(20)
        .build_eframe(move |creation| {
            creation.storage = Some(storage);
            let connect = |_: &egui::Context| Err("no session in this test".to_owned());
            let app = App::new(creation, Box::new(connect), Ok(link));
            // The bench sets a theme of its own after this.
            let options = |options: &egui::Options| options.theme_preference;
            *seen.lock().unwrap() = Some(creation.egui_ctx.options(options));
            app
        });
    window.run_ok();
    let theme = *theme.lock().unwrap();
    (window, theme)
}

fn remembered(window: &mut Harness<'_, App>) -> Memory {
    let mut storage = Memory::default();
    eframe::App::save(window.state_mut(), &mut storage);
    storage
}

/// A window without dialogs, as on a desktop that has none.
fn without_dialogs() -> Harness<'static, App> {
    Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(20)
        .build_eframe(|creation| {
            let connect = |_: &egui::Context| Err("no session in this test".to_owned());
            App::new(creation, Box::new(connect), Ok(Fragment::default())).without_dialogs()
        })
}

const KEY_LIST: &str = "Larger type for a projector";
const NO_RUNS: &str = "No run is kept";

#[test]
fn esc_closes_the_window_on_top_and_the_others_after_it() {
    let (mut window, _ends) = window_without_session();
    press(&mut window, Modifiers::NONE, Key::F1);
    press(&mut window, Modifiers::COMMAND, Key::K);
    assert!(shows(&window, KEY_LIST) && shows(&window, NO_RUNS));
    esc(&mut window);
    assert!(shows(&window, KEY_LIST) && !shows(&window, NO_RUNS));
    esc(&mut window);
    assert!(!shows(&window, KEY_LIST));

    window.get_by_label("Help").click();
    window.run_ok();
    window.get_by_label("Messages").click();
    window.run_ok();
    assert!(shows(&window, "Nothing so far."));
    // What is closed by hand does not stand in the way of what lies below.
    press(&mut window, Modifiers::COMMAND, Key::K);
    press(&mut window, Modifiers::NONE, Key::F1);
    press(&mut window, Modifiers::NONE, Key::F1);
    esc(&mut window);
    assert!(!shows(&window, NO_RUNS) && shows(&window, "Nothing so far."));
    esc(&mut window);
    assert!(!shows(&window, "Nothing so far."));
}

#[test]
fn esc_leaves_a_text_field_and_a_menu_before_it_closes_a_window() {
    let (mut window, _ends) = window_without_session();
    window.state_mut().show(Pane::Editor);
    window.run_ok();
    window.get_by_label("Paste…").click();
    window.run_ok();
    assert!(shows(&window, "Show this cell"));
    esc(&mut window);
    assert!(
        shows(&window, "Show this cell"),
        "the field had the keyboard"
    );
    esc(&mut window);
    assert!(!shows(&window, "Show this cell"));

    press(&mut window, Modifiers::COMMAND, Key::K);
    window.get_by_label("View").click();
    window.run_ok();
    esc(&mut window);
    assert!(!shows(&window, "Reset layout") && shows(&window, NO_RUNS));
    esc(&mut window);
    assert!(!shows(&window, NO_RUNS));
}

#[test]
fn the_list_of_keys_fits_the_smallest_window_and_scrolls() {
    let (mut window, _ends) = window_without_session();
    window.set_size(egui::Vec2::from(LEAST_SIZE));
    window.run_ok();
    press(&mut window, Modifiers::NONE, Key::F1);
    let role = egui::accesskit::Role::Window;
    let place = window.get_by_role_and_label(role, "Keyboard").rect();
    let [width, height] = LEAST_SIZE;
    assert!(place.top() >= 0.0 && place.bottom() <= height, "{place}");
    assert!(place.left() >= 0.0 && place.right() <= width, "{place}");
}

#[test]
fn every_key_that_works_is_in_the_list_of_keys() {
    let (mut window, _ends) = window_without_session();
    press(&mut window, Modifiers::NONE, Key::F1);
    for row in KEYS {
        let found = window.query_all_by_label(row.words).next().is_some();
        assert!(found, "{}", row.words);
        let names = row.names(&window.ctx);
        let found = window.query_all_by_label(&names).next().is_some();
        assert!(found, "{names}");
    }
    for missing_before in [
        Deed::Undo,
        Deed::Redo,
        Deed::Copy,
        Deed::Paste,
        Deed::Operation,
        Deed::RewireOn,
        Deed::EdgeOn,
    ] {
        let listed = KEYS.iter().any(|row| row.deed == missing_before);
        assert!(listed, "{missing_before:?}");
    }
    // What the library of the window does by itself.
    let zoom = [
        kb_shortcuts::ZOOM_IN,
        kb_shortcuts::ZOOM_OUT,
        kb_shortcuts::ZOOM_RESET,
    ];
    let quit = window.ctx.options(|options| options.quit_shortcuts.clone());
    for keys in zoom.into_iter().chain(quit) {
        let listed = KEYS.iter().any(|row| row.keys.contains(&keys));
        assert!(listed, "{keys:?}");
    }
}

/// What the keys of a place ask for when one of them is pressed.
fn asked(place: Place, keys: KeyboardShortcut, deed: Deed) -> Vec<(Deed, usize)> {
    let event = match deed {
        Deed::Copy => Input::Copy,
        Deed::Paste => Input::Paste("text".into()),
        _ => Input::Key {
            key: keys.logical_key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: keys.modifiers,
        },
    };
    let context = egui::Context::default();
    context.begin_pass(egui::RawInput {
        events: vec![event],
        ..egui::RawInput::default()
    });
    let asked = context.input_mut(|input| keys::asked(input, place, |_| true));
    let _drawn = context.end_pass();
    asked.iter().map(|one| (one.deed, one.key)).collect()
}

#[test]
fn every_key_of_the_list_asks_for_what_stands_beside_it() {
    for row in KEYS.iter().filter(|row| row.deed != Deed::Library) {
        for (place, &keys) in row.keys.iter().enumerate() {
            assert_eq!(
                asked(row.place, keys, row.deed),
                [(row.deed, place)],
                "{}",
                row.words
            );
        }
    }
}

#[test]
fn a_browser_keeps_its_clipboard_and_what_is_typed_and_no_key_of_the_window() {
    for row in KEYS.iter().filter(|row| row.deed != Deed::Library) {
        let clipboard = matches!(row.deed, Deed::Copy | Deed::Paste);
        for keys in row.keys {
            assert_eq!(
                keys::is_kept_from_browser(keys.logical_key, keys.modifiers),
                !clipboard && !row.is_typed(),
                "{}",
                row.words
            );
        }
    }
    let ctrl = Modifiers {
        ctrl: true,
        ..Modifiers::COMMAND
    };
    assert!(keys::is_kept_from_browser(Key::K, ctrl));
    for (key, pressed) in [
        (Key::R, ctrl),
        (Key::T, ctrl),
        (Key::D, ctrl | Modifiers::SHIFT),
        (Key::ArrowLeft, Modifiers::ALT),
        (Key::K, Modifiers::NONE),
    ] {
        assert!(!keys::is_kept_from_browser(key, pressed), "{key:?}");
    }
}

#[test]
fn without_dialogs_of_the_desktop_a_file_is_opened_by_its_path() {
    let folder = folder("path-open");
    std::fs::create_dir_all(&folder).unwrap();
    let cell = Genotype::preset("darts-v2").unwrap();
    let file = folder.join("cell.json");
    std::fs::write(&file, cell.to_json()).unwrap();
    let mut window = without_dialogs();
    let field = "Path of a file or folder to open";

    window.key_press_modifiers(Modifiers::COMMAND, Key::O);
    wait_for(&mut window, field);
    window.get_by_label(field).focus();
    window.run_ok();
    let absent = folder.join("absent.json");
    window
        .get_by_label(field)
        .type_text(&absent.to_string_lossy());
    window.run_ok();
    window.get_by_label("Open").click();
    wait_for(&mut window, "absent.json: ");

    window.get_by_label(field).focus();
    window.run_ok();
    press(&mut window, Modifiers::COMMAND, Key::A);
    window
        .get_by_label(field)
        .type_text(&file.to_string_lossy());
    window.run_ok();
    window.get_by_label("Open").click();
    wait(&mut window, "cell", |app| {
        app.summary()["edited"] == serde_json::json!(cell.to_compact())
    });
    assert!(!shows(&window, field));
    std::fs::remove_dir_all(folder).unwrap();
}

/// Writes a file that is ready to a path.
fn save_as(window: &mut Harness<'_, App>, path: &Path) {
    wait_for_notice(window, "is ready: choose where it goes");
    wait_for(window, "Save as");
    window.get_by_label("Save as").focus();
    window.run_ok();
    press(window, Modifiers::COMMAND, Key::A);
    let path = path.to_string_lossy().into_owned();
    window.get_by_label("Save as").type_text(&path);
    window.run_ok();
    window.get_by_label("Save").click();
    window.run_ok();
}

#[test]
fn the_curves_of_a_result_leave_as_csv_and_as_an_event_file_with_its_cell() {
    let folder = folder("curves");
    std::fs::create_dir_all(&folder).unwrap();
    let mut window = without_dialogs();
    let run = std::fs::read("tests/fixtures/before/finished.zip").unwrap();
    window.state_mut().open("finished.zip", &run);
    window.run_ok();
    let run = Recording::from_bytes(&run).unwrap();
    let mut save = |item: &str, name: &str| {
        window.get_by_label("Export ▾").click();
        window.run_ok();
        window.get_by_label(item).click();
        window.run_ok();
        save_as(&mut window, &folder.join(name));
        wait_for_notice(&mut window, &format!("saved {name}"));
        std::fs::read(folder.join(name)).unwrap()
    };
    let csv = save("Curves as CSV", "mine.csv");
    assert_eq!(
        String::from_utf8(csv).unwrap(),
        curves_csv(&curves(&run.events))
    );
    let file = save("Curves for TensorBoard", "events.out.tfevents.mine");
    // The start of the run is the first number of the file: a moment ago, since nobody knows when a zip was written.
    let started = f64::from_le_bytes(file[13..21].try_into().unwrap());
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let age = since.unwrap().as_secs_f64() - started;
    assert!((0.0..60.0).contains(&age), "{age}");
    let view = run.view("");
    let cells = cell_pictures(view.genotype().unwrap()).unwrap();
    assert_eq!(cells.len(), 1);
    assert!(file == event_file(&run.events, started, &cells));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_a_run_has_trained_leaves_as_onnx_and_as_a_zip_for_pytorch() {
    let folder = folder("network-forms");
    std::fs::create_dir_all(&folder).unwrap();
    let (search, train) = over_in_seconds(64);
    let mut files = RunFiles::default();
    for event in run_blocking_from(&Start::kept(on_digits(Some(search), train))) {
        files.take(&Clock::default().stamp(event));
    }
    let network = files.network().unwrap();
    let mut window = without_dialogs();
    let zip = files.to_zip("small").unwrap();
    window.state_mut().open("small.zip", &zip);
    window.run_ok();
    let mut save = |item: &str, name: &str| {
        window.get_by_label("Export ▾").click();
        window.run_ok();
        window.get_by_label(item).click();
        window.run_ok();
        save_as(&mut window, &folder.join(name));
        wait_for_notice(&mut window, &format!("saved {name}"));
        std::fs::read(folder.join(name)).unwrap()
    };
    let model = save("Trained network as ONNX", "mine.onnx");
    assert!(model == onnx(&network, false).unwrap());
    let zip = save("Trained network for PyTorch", "mine.zip");
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    assert_eq!(zip.len(), 2);
    for (place, (name, expected)) in pytorch(&network).unwrap().into_iter().enumerate() {
        let mut file = zip.by_index(place).unwrap();
        assert!(file.name().ends_with(&format!("-pytorch/{name}")));
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut content).unwrap();
        assert!(content == expected, "{name}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn each_side_of_a_race_leaves_with_its_own_curves_and_its_own_network() {
    let folder = folder("race-exports");
    std::fs::create_dir_all(&folder).unwrap();
    let mut window = Harness::builder()
        .with_size([1280.0, 1000.0])
        .with_max_steps(20)
        .build_eframe(|creation| {
            let connect = |context: &egui::Context| {
                let context = context.clone();
                Link::spawn(move || context.request_repaint()).map_err(|error| error.to_string())
            };
            App::new(creation, Box::new(connect), Ok(Fragment::default())).without_dialogs()
        });
    small_search(&mut window);
    let panel = window.state_mut().search_mut();
    panel.set_rival(Some(Strategy::Darts));
    let seed = panel.config().seed;
    window.run_ok();
    window.get_by_label("▶  Run").click();
    wait(&mut window, "end of both", |app| {
        let over = |run: &RunView| run.live && run.state == RunState::Finished;
        over(app.run()) && app.rival().is_some_and(over)
    });
    for strategy in [Strategy::NaDarts, Strategy::Darts] {
        let mut save = |item: &str, name: &str| {
            let name = format!("{strategy}-{name}");
            let button = format!("Export {}, seed {seed}", strategy.title());
            window.get_by_label(&button).click();
            window.run_ok();
            window.get_by_label(item).click();
            window.run_ok();
            save_as(&mut window, &folder.join(&name));
            wait_for_notice(&mut window, &format!("saved {name}"));
            std::fs::read(folder.join(name)).unwrap()
        };
        let run = Recording::from_bytes(&save("Run as zip", "run.zip")).unwrap();
        let config = run.view("").config.unwrap();
        assert_eq!(config.search.unwrap().strategy, strategy);
        let csv = String::from_utf8(save("Curves as CSV", "curves.csv")).unwrap();
        assert_eq!(csv, curves_csv(&curves(&run.events)));
        let network = run.files.network().unwrap();
        let model = save("Trained network as ONNX", "network.onnx");
        assert!(model == onnx(&network, false).unwrap());
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn without_dialogs_of_the_desktop_a_run_is_saved_by_its_path() {
    let folder = folder("path-save");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("saved.zip");
    let mut window = without_dialogs();
    let save = |window: &mut Harness<'_, App>, path: &Path| {
        window.key_press_modifiers(Modifiers::COMMAND, Key::S);
        save_as(window, path);
    };
    save(&mut window, &folder.join("absent").join("saved.zip"));
    wait_for(&mut window, "could not be written");
    esc(&mut window);
    esc(&mut window);

    save(&mut window, &file);
    wait_for_notice(&mut window, "saved saved.zip");
    let saved = Recording::from_bytes(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(saved.events, Recording::demo().events);
    assert!(!shows(&window, "Save as"));

    // What is there is replaced only by a second press.
    std::fs::write(&file, b"mine").unwrap();
    save(&mut window, &file);
    wait_for(&mut window, "press Save again to replace it");
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    window.get_by_label("Save").click();
    window.run_ok();
    wait(&mut window, "file", |_| {
        std::fs::read(&file).is_ok_and(|bytes| bytes != b"mine")
    });
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_folder_of_images_on_the_command_line_becomes_the_data_of_the_next_run() {
    let images = folder("given-images");
    pictures(&images, |_| 8);
    let mut window = window();
    window.state().open_path(&window.ctx, images.clone());
    wait_for_notice(&mut window, "72 images, used by the next run");
    let name = images.to_string_lossy().into_owned();
    assert_eq!(window.state_mut().search_mut().config().dataset, name);
    std::fs::remove_dir_all(images).unwrap();
}

#[test]
fn paste_fetches_what_was_copied_into_the_field() {
    let (mut window, _ends) = window_without_session();
    window.state_mut().show(Pane::Editor);
    window.run_ok();
    window.get_by_label("Paste…").click();
    window.step();
    assert!(commands(&window).contains(&ViewportCommand::RequestPaste));
    window.run_ok();
    let cell = Genotype::preset("darts-v1").unwrap();
    window.event(Input::Paste(cell.to_text()));
    window.run_ok();
    let before = window.state().summary()["edited"].clone();
    assert_ne!(before, serde_json::json!(cell.to_compact()));
    window.get_by_label("Show this cell").click();
    window.run_ok();
    let shown = window.state().summary()["edited"].clone();
    assert_eq!(shown, serde_json::json!(cell.to_compact()));
}

#[test]
fn a_restart_keeps_the_theme_and_forgets_how_far_panels_were_scrolled() {
    let (mut window, _) = remembering(&Memory::default(), Fragment::default());
    assert!(!eframe::App::persist_egui_memory(window.state()));
    window.ctx.set_theme(ThemePreference::Light);
    window.run_ok();
    let mut storage = Memory::default();
    storage.0.insert("egui".into(), "scrolled".into());
    eframe::App::save(window.state_mut(), &mut storage);
    // What an earlier version kept is gone, too.
    assert!(!storage.0["egui"].contains("scrolled"));
    let (_, theme) = remembering(&storage, Fragment::default());
    assert_eq!(theme, Some(ThemePreference::Light));
}

#[test]
fn a_restart_keeps_settings_cell_and_table_and_a_link_goes_first() {
    let folder = folder("remembered");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("mine.csv");
    std::fs::write(&file, builtin_table().to_csv()).unwrap();
    let cell = Genotype::preset("darts-v2").unwrap();
    let (mut window, _) = remembering(&Memory::default(), Fragment::default());
    let mut config = window.state_mut().search_mut().config().clone();
    config.seed = 41;
    window.state_mut().search_mut().set_config(config.clone());
    let text = cell.to_json();
    assert!(window.state_mut().open("cell.json", text.as_bytes()));
    drop_on(&mut window, &file);
    wait(&mut window, "table", |app| {
        app.table_name() == Some("mine.csv")
    });
    let storage = remembered(&mut window);
    let edited = serde_json::json!(cell.to_compact());

    let (mut again, _) = remembering(&storage, Fragment::default());
    assert_eq!(again.state_mut().search_mut().config(), &config);
    assert_eq!(again.state().summary()["edited"], edited);
    wait(&mut again, "table of last time", |app| {
        app.table_name() == Some("mine.csv")
    });
    let told = again.state().notices().iter();
    assert!(!told.clone().any(|one| one.text.contains("mine.csv")));

    let link = Fragment {
        seed: Some(7),
        cell: Genotype::preset("darts-v1"),
        ..Fragment::default()
    };
    let (mut linked, _) = remembering(&storage, link);
    assert_eq!(linked.state_mut().search_mut().config().seed, 7);
    let linked = linked.state().summary()["edited"].clone();
    assert_ne!(linked, edited);

    // What is gone, or what another version wrote, is left out.
    std::fs::remove_dir_all(&folder).unwrap();
    let mut other = storage.clone();
    for text in other.0.values_mut() {
        *text = text.replace("test_share", "share");
        *text = text.replace("sep_conv_3x3", "sep_conv_9x9");
    }
    let (mut other, _) = remembering(&other, Fragment::default());
    assert_eq!(other.state_mut().search_mut().config().seed, 0);
    assert_ne!(other.state().summary()["edited"], edited);
    wait_for_notice(
        &mut other,
        "the table of last time cannot be read: mine.csv: ",
    );
    assert!(!other.state().notices().last().unwrap().error);
    let name = other.state().table_name().unwrap();
    assert!(name.starts_with("built-in"), "{name}");
}

#[test]
fn data_of_one_s_own_are_read_again_beside_the_window() {
    let images = folder("remembered-images");
    pictures(&images, |_| 8);
    let (mut window, _) = remembering(&Memory::default(), Fragment::default());
    drop_on(&mut window, &images);
    wait_for_notice(&mut window, "72 images, used by the next run");
    let storage = remembered(&mut window);
    let name = images.to_string_lossy().into_owned();
    let (mut again, _) = remembering(&storage, Fragment::default());
    wait(&mut again, "data", |app| {
        app.summary()["config"]["dataset"] == serde_json::json!(name)
    });
    std::fs::remove_dir_all(images).unwrap();
    let (mut gone, _) = remembering(&storage, Fragment::default());
    wait_for_notice(&mut gone, "the images of last time, ");
    assert_eq!(gone.state_mut().search_mut().config().dataset, "fashion");
}

#[test]
fn the_window_is_placed_by_the_system_and_as_large_as_before() {
    let saved = egui::ViewportBuilder::default()
        .with_position([3000.0, 200.0])
        .with_inner_size([900.0, 700.0]);
    let window = unplaced(saved);
    assert_eq!(window.position, None);
    assert_eq!(window.inner_size, Some(egui::vec2(900.0, 700.0)));
}

#[test]
fn larger_type_leaves_the_least_window_as_large_as_it_was() {
    let (mut window, _ends) = window_without_session();
    let context = window.ctx.clone();
    for on in [true, false] {
        window.state_mut().set_projector(&context, on);
        window.step();
        let least = commands(&window).into_iter().find_map(|one| match one {
            ViewportCommand::MinInnerSize(size) => Some(size),
            _ => None,
        });
        let pixels = least.expect("a least size") * context.zoom_factor();
        assert!((pixels - egui::Vec2::from(LEAST_SIZE)).length() < 0.01);
        assert_eq!(on, context.zoom_factor() > 1.0);
    }
}

/// A run that goes on.
fn running() -> (Harness<'static, App>, Arc<Mutex<Vec<Ends>>>) {
    let (mut window, ends) = window_without_session();
    let (_, outbox) = ends.lock().unwrap()[0].clone();
    for timed in &Recording::demo().events[..20] {
        outbox.try_send(timed.clone()).unwrap();
    }
    window.run_ok();
    assert_eq!(window.state().session(), SessionState::Busy);
    (window, ends)
}

/// Closes the window as the system does. Whether it stays open.
fn close(window: &mut Harness<'_, App>) -> bool {
    let viewports = &mut window.input_mut().viewports;
    let root = viewports.get_mut(&ViewportId::ROOT).unwrap();
    root.events.push(ViewportEvent::Close);
    window.step();
    let stays = commands(window).contains(&ViewportCommand::CancelClose);
    window.run_ok();
    stays
}

/// Draws frames until the window asks to be closed; how long that took.
fn wait_for_close(window: &mut Harness<'_, App>) -> Duration {
    let start = Instant::now();
    loop {
        window.step();
        if commands(window).contains(&ViewportCommand::Close) {
            return start.elapsed();
        }
        assert!(start.elapsed() < Duration::from_secs(20), "still open");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn closing_while_a_run_goes_on_asks_and_stops_the_run_first() {
    let (mut window, _ends) = window_without_session();
    assert!(!close(&mut window), "nothing goes on");

    let (mut window, ends) = running();
    assert!(close(&mut window));
    window.get_by_label("A run is going on.");
    window.get_by_label("Keep running").click();
    window.run_ok();
    assert!(!shows(&window, "A run is going on."));
    assert_eq!(window.state().session(), SessionState::Busy);

    assert!(close(&mut window));
    window.get_by_label("Stop and close").click();
    window.run_ok();
    let (inbox, outbox) = ends.lock().unwrap()[0].clone();
    let mut sent = std::iter::from_fn(|| inbox.try_recv().ok());
    assert!(sent.any(|command| command == Command::Stop));
    assert!(close(&mut window), "it has not stopped yet");
    outbox.try_send(now(Event::Stopped)).unwrap();
    wait_for_close(&mut window);
    assert!(!close(&mut window));
}

#[test]
fn a_run_that_does_not_stop_holds_the_window_for_five_seconds_at_most() {
    let (mut window, _ends) = running();
    assert!(close(&mut window));
    window.get_by_label("Stop and close").click();
    window.run_ok();
    let waited = wait_for_close(&mut window);
    assert!((2..10).contains(&waited.as_secs()), "{waited:?}");
    assert!(!close(&mut window));
}

/// The other ends of a window's line to the keeper of runs.
pub type KeeperEnds = (async_channel::Receiver<Ask>, async_channel::Sender<Answer>);

/// A window with a keeper of runs that the test plays.
pub fn with_keeper(storage: &Memory) -> (Harness<'static, App>, KeeperEnds) {
    let ends: Arc<Mutex<Vec<Ends>>> = Arc::default();
    // No end is ever dropped.
    std::mem::forget(ends.clone());
    with_keeper_and_sessions(storage, ends)
}

/// The same with sessions that the test plays, too: their ends come into `ends`, the newest last.
fn with_keeper_and_sessions(
    storage: &Memory,
    ends: Arc<Mutex<Vec<Ends>>>,
) -> (Harness<'static, App>, KeeperEnds) {
    let storage: &'static Memory = Box::leak(Box::new(storage.clone()));
    let (asks, inbox) = async_channel::unbounded();
    let (outbox, answers) = async_channel::unbounded();
    let window = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(20)
        .build_eframe(move |creation| {
            creation.storage = Some(storage);
            let connect = move |_: &egui::Context| {
                let (commands, inbox) = async_channel::unbounded();
                let (outbox, events) = async_channel::unbounded();
                ends.lock().unwrap().push((inbox, outbox));
                Ok(Link::new(commands, events))
            };
            let app = App::new(creation, Box::new(connect), Ok(Fragment::default()));
            app.with_shelf(Shelf::new(asks, answers))
        });
    (window, (inbox, outbox))
}

/// A run that is kept, recorded last so many seconds after the first.
pub fn kept(name: &str, can_go_on: bool, seconds: u64) -> KeptRun {
    KeptRun {
        name: name.into(),
        can_go_on,
        stuck: None,
        changed: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
        rival: None,
    }
}

#[test]
fn the_next_start_offers_to_go_on_with_the_newest_interrupted_run_until_it_is_declined() {
    let runs = || {
        Answer::Listed(Ok(vec![
            kept("a", true, 3),
            kept("b", true, 2),
            kept("c", false, 4),
        ]))
    };
    let offer = "The run a was interrupted.";
    let start = |storage: &Memory| {
        let (mut window, (asks, answers)) = with_keeper(storage);
        assert_eq!(asks.try_recv(), Ok(Ask::List));
        answers.try_send(runs()).unwrap();
        window.run_ok();
        (window, (asks, answers))
    };
    let (mut window, (asks, _answers)) = start(&Memory::default());
    window.get_by_label(offer);
    assert!(!shows(&window, "3 runs"), "the list is not opened");
    window.get_by_label("Go on").click();
    window.run_ok();
    let mut asked = std::iter::from_fn(|| asks.try_recv().ok());
    assert!(asked.any(|ask| ask == Ask::GoOn("a".into(), Seat::Shown)));
    assert!(!shows(&window, offer));

    let (mut window, _ends) = start(&Memory::default());
    window.get_by_label("Not now").click();
    window.run_ok();
    assert!(!shows(&window, offer));
    let storage = remembered(&mut window);
    let (window, _ends) = start(&storage);
    assert!(!shows(&window, offer));
}

#[test]
fn a_stopped_race_is_offered_as_one_with_its_step_and_declined_as_one() {
    // Another day the other side may have been the last to stop.
    let start = |storage: &Memory, seconds: [u64; 2]| {
        let sides = [("a", "b", seconds[0]), ("b", "a", seconds[1])];
        let runs = sides.map(|(name, rival, seconds)| KeptRun {
            rival: Some(rival.into()),
            ..kept(name, true, seconds)
        });
        let (mut window, (asks, answers)) = with_keeper(storage);
        assert_eq!(asks.try_recv(), Ok(Ask::List));
        answers.try_send(Answer::Listed(Ok(runs.into()))).unwrap();
        window.run_ok();
        (window, (asks, answers))
    };
    let (mut window, (asks, answers)) = start(&Memory::default(), [2, 3]);
    window.get_by_label("The race of b and a was interrupted.");
    assert_eq!(asks.try_recv(), Ok(Ask::Describe("b".into())));
    let events = Recording::demo().files.events;
    let begun: Vec<&str> = events.lines().take(28).collect();
    let begun = begun.join("\n") + "\n";
    let steps = Recording::from_bytes(begun.as_bytes()).unwrap().view("b");
    let steps = steps.steps.len();
    let said = described("b".into(), Ok(begun.into_bytes()));
    answers.try_send(said).unwrap();
    window.run_ok();
    window.get_by_label(&format!(
        "The race of b and a was interrupted at step {steps} of 96."
    ));

    window.get_by_label("Not now").click();
    window.run_ok();
    let storage = remembered(&mut window);
    let (window, _ends) = start(&storage, [3, 2]);
    assert!(!shows(&window, "was interrupted"));
}

#[test]
fn a_race_that_is_over_is_offered_at_the_next_start_and_shown_at_a_press() {
    let (mut window, (asks, answers)) = with_keeper(&Memory::default());
    assert_eq!(asks.try_recv(), Ok(Ask::List));
    let runs = [("a", "b", 2), ("b", "a", 1)].map(|(name, rival, seconds)| KeptRun {
        rival: Some(rival.into()),
        ..kept(name, false, seconds)
    });
    answers.try_send(Answer::Listed(Ok(runs.into()))).unwrap();
    window.run_ok();
    window.get_by_label("Your last race, a and b, is kept.");
    window.get_by_label("Show the race").click();
    window.run_ok();
    assert_eq!(asks.try_recv(), Ok(Ask::Open("a".into())));
    assert!(!shows(&window, "Your last race"));
}

#[test]
fn a_declined_run_hides_no_race_and_a_race_is_offered_only_with_both_sides() {
    let start = |storage: &Memory, names: &[&str]| {
        let race = [("a", "b", 2), ("b", "a", 1)].map(|(name, rival, seconds)| KeptRun {
            rival: Some(rival.into()),
            ..kept(name, false, seconds)
        });
        let mut runs: Vec<KeptRun> = race.into_iter().chain([kept("c", true, 3)]).collect();
        runs.retain(|run| names.contains(&run.name.as_str()));
        let (mut window, ends) = with_keeper(storage);
        ends.1.try_send(Answer::Listed(Ok(runs))).unwrap();
        window.run_ok();
        (window, ends)
    };
    let [interrupted, race] = [
        "The run c was interrupted.",
        "Your last race, a and b, is kept.",
    ];
    let mut storage = Memory::default();
    for offer in [interrupted, race] {
        let (mut window, _ends) = start(&storage, &["a", "b", "c"]);
        window.get_by_label(offer);
        window.get_by_label("Not now").click();
        window.run_ok();
        storage = remembered(&mut window);
    }
    // Both stay declined.
    let (window, _ends) = start(&storage, &["a", "b", "c"]);
    assert!(!shows(&window, interrupted) && !shows(&window, race));

    // What is left of a race whose other side was removed.
    let (window, _ends) = start(&Memory::default(), &["a"]);
    assert!(!shows(&window, "Your last race"));
}

#[test]
fn a_link_opens_with_both_sides_of_a_race_and_without_one_races_with_nobody() {
    let (mut window, _) = remembering(&Memory::default(), Fragment::default());
    let text = window.state().fragment().to_text();
    assert!(text.contains("&strategy=na-darts&rival=darts&"), "{text}");
    let config = window.state_mut().search_mut().config().clone();
    let open = |text: &str| {
        let link = Fragment::parse(text).unwrap();
        remembering(&Memory::default(), link).0
    };
    let mut again = open(&text);
    assert_eq!(
        again.state_mut().search_mut().rival(),
        Some(Strategy::Darts)
    );
    assert_eq!(again.state_mut().search_mut().config(), &config);
    for alone in ["v=1&seed=3", "v=1&strategy=darts&rival=darts"] {
        let mut alone = open(alone);
        assert_eq!(alone.state_mut().search_mut().rival(), None);
    }
    let wrong = Fragment::parse("v=1&rival=dats").unwrap_err();
    assert!(wrong.starts_with("rival in the link: "), "{wrong}");
}

#[test]
fn a_list_of_runs_that_cannot_be_had_says_why() {
    let (mut window, (asks, answers)) = with_keeper(&Memory::default());
    assert_eq!(asks.try_recv(), Ok(Ask::List));
    press(&mut window, Modifiers::COMMAND, Key::K);
    assert_eq!(asks.try_recv(), Ok(Ask::List));
    for _ in 0..2 {
        let failed = Answer::Listed(Err("runs: permission denied".into()));
        answers.try_send(failed).unwrap();
    }
    // Nothing turns any more.
    assert!(window.run_ok().is_some());
    window.get_by_label("runs: permission denied");
    assert!(window.state().notices().iter().all(|notice| !notice.error));
}

#[test]
fn a_list_that_was_opened_before_a_run_was_kept_has_it_as_soon_as_it_is() {
    let (mut window, (asks, answers)) = with_keeper(&Memory::default());
    assert_eq!(asks.try_recv(), Ok(Ask::List));
    let run = || kept("a", false, 3);
    let is_kept = || Answer::Kept("a.zip".into(), run());
    answers.try_send(is_kept()).unwrap();
    window.run_ok();
    assert!(asks.try_recv().is_err(), "nobody looks at the list");
    press(&mut window, Modifiers::COMMAND, Key::K);
    assert_eq!(asks.try_recv(), Ok(Ask::List));
    answers.try_send(Answer::Listed(Ok(Vec::new()))).unwrap();
    window.run_ok();
    answers.try_send(is_kept()).unwrap();
    window.run_ok();
    assert_eq!(asks.try_recv(), Ok(Ask::List));
    answers.try_send(Answer::Listed(Ok(vec![run()]))).unwrap();
    window.run_ok();
    window.get_by_label("Open a");
}

#[test]
fn of_a_thousand_kept_runs_only_those_in_sight_are_drawn() {
    let (mut window, (_asks, answers)) = with_keeper(&Memory::default());
    press(&mut window, Modifiers::COMMAND, Key::K);
    let runs = (0..1000).map(|number| kept(&format!("run-{number:04}"), false, number));
    answers
        .try_send(Answer::Listed(Ok(runs.collect())))
        .unwrap();
    window.run_ok();
    window.get_by_label("1000 runs in the folder runs");
    let drawn = |window: &Harness<'_, App>| window.query_all_by_label_contains("Tick run-").count();
    window.get_by_label("Tick run-0999");
    assert!((3..60).contains(&drawn(&window)), "{}", drawn(&window));
    window.get_by_label("Sort by recorded").click();
    window.run_ok();
    window.get_by_label("Tick run-0000");
    assert!((3..60).contains(&drawn(&window)), "{}", drawn(&window));
}

#[test]
fn nothing_starts_while_a_kept_run_is_about_to_be_gone_on_with() {
    let (mut window, (asks, answers)) = with_keeper(&Memory::default());
    assert_eq!(asks.try_recv(), Ok(Ask::List));
    let runs = Answer::Listed(Ok(vec![kept("a", true, 3)]));
    answers.try_send(runs).unwrap();
    window.run_ok();
    assert_eq!(asks.try_recv(), Ok(Ask::Describe("a".into())));
    window.get_by_label("Go on").click();
    window.run_ok();
    assert_eq!(asks.try_recv(), Ok(Ask::GoOn("a".into(), Seat::Shown)));
    // The keeper is slow, the person is not.
    assert_eq!(window.state().session(), SessionState::Starting);
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    assert!(window.state().rival().is_some_and(|rival| !rival.live));
    assert_eq!(window.state().run().name, "A recorded race");

    let why = Answer::CannotGoOn(Seat::Shown, "a: its folder is in use".into());
    answers.try_send(why).unwrap();
    window.run_ok();
    assert_eq!(window.state().session(), SessionState::Idle);
    window
        .get_all_by_label("a: its folder is in use")
        .next()
        .unwrap();
}

#[test]
fn what_is_pressed_before_a_kept_run_goes_on_reaches_both_sides_behind_their_starts() {
    let sides = [("a", Recording::demo()), ("b", Recording::rival())];
    let goes_on = |side: usize, seat| {
        let (name, run) = &sides[side];
        let begun: Vec<&str> = run.files.events.lines().take(20).collect();
        let config = run.view(name).config.unwrap();
        Answer::GoesOn {
            seat,
            name: (*name).into(),
            events: begun.join("\n") + "\n",
            notes: Vec::new(),
            start: Some(Box::new(Start::kept(config))),
        }
    };
    for (button, pressed) in [("Stop", Command::Stop), ("▮▮  Pause", Command::Pause)] {
        let ends: Arc<Mutex<Vec<Ends>>> = Arc::default();
        let (mut window, (asks, answers)) =
            with_keeper_and_sessions(&Memory::default(), ends.clone());
        let run = |name: &str, rival: &str| KeptRun {
            rival: Some(rival.into()),
            ..kept(name, true, 3)
        };
        // What a session has got by now.
        let sent = |session: usize| -> Vec<&'static str> {
            let (inbox, _) = ends.lock().unwrap()[session].clone();
            let sent = std::iter::from_fn(|| inbox.try_recv().ok());
            let named = sent.filter_map(|command| match command {
                Command::Start(_) => Some("start"),
                command => (command == pressed).then_some("pressed"),
            });
            named.collect()
        };
        let listed = Answer::Listed(Ok(vec![run("a", "b")]));
        answers.try_send(listed).unwrap();
        window.run_ok();
        window.get_by_label("Go on").click();
        window.run_ok();
        assert_eq!(window.state().session(), SessionState::Starting);
        if pressed == Command::Stop {
            window.get_by_label(button).click();
            window.run_ok();
            assert_eq!(window.state().session(), SessionState::Stopping);
            assert!(sent(0).is_empty());
            answers.try_send(goes_on(0, Seat::Shown)).unwrap();
            window.run_ok();
            assert_eq!(sent(0), ["start", "pressed"]);
            assert_eq!(window.state().session(), SessionState::Stopping);
            continue;
        }
        answers.try_send(goes_on(0, Seat::Shown)).unwrap();
        window.run_ok();
        assert_eq!(sent(0), ["start"]);
        let events = sides[1].1.files.events.clone().into_bytes();
        let rival = Ok(Some((run("b", "a"), events)));
        let of = "a".into();
        answers.try_send(Answer::Rival { of, rival }).unwrap();
        window.run_ok();
        let mut asked = std::iter::from_fn(|| asks.try_recv().ok());
        assert!(asked.any(|ask| ask == Ask::GoOn("b".into(), Seat::Rival)));
        let second = ends.lock().unwrap().len() - 1;
        // The keeper has not handed the rival over yet.
        window.get_by_label(button).click();
        window.run_ok();
        assert_eq!(sent(0), ["pressed"]);
        assert!(sent(second).is_empty());
        answers.try_send(goes_on(1, Seat::Rival)).unwrap();
        window.run_ok();
        assert_eq!(sent(second), ["start", "pressed"]);
    }
}

#[test]
fn the_first_frame_says_what_the_program_is_and_leads_into_the_tour_once() {
    let start = |storage: &Memory| remembering(storage, Fragment::default()).0;
    let mut window = start(&Memory::default());
    window.get_by_label(WELCOME);
    window.get_by_label("Take the tour").click();
    window.run_ok();
    assert_eq!(window.state().lesson().map(|(_, at)| at), Some(0));
    assert!(!shows(&window, WELCOME));
    let storage = remembered(&mut window);
    assert!(!shows(&start(&storage), "Take the tour"));
}

#[test]
fn what_an_engine_does_is_seen_until_the_gpu_is_checked_and_that_there_is_none_is_told_once() {
    let (asides, told) = async_channel::unbounded();
    let (outbox, events) = async_channel::unbounded();
    let mut window = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(20)
        .build_eframe(move |creation| {
            let connect = move |_: &egui::Context| {
                let (commands, inbox) = async_channel::unbounded();
                // It is never dropped.
                std::mem::forget(inbox);
                Ok(Link::new(commands, events.clone()).with_asides(told.clone()))
            };
            App::new(creation, Box::new(connect), Ok(Fragment::default()))
        });
    let loading = "loading the engine: 1.2 of 3.4 MB";
    let does = |what: Option<&str>| asides.try_send(Aside::Engine(what.map(str::to_owned)));
    does(Some(loading)).unwrap();
    window.run_ok();
    window.get_by_label(loading);
    does(None).unwrap();
    let problem = "this browser has no WebGPU";
    for _ in 0..2 {
        let checked = Event::DeviceChecked {
            device: None,
            problem: Some(problem.into()),
        };
        outbox.try_send(now(checked)).unwrap();
        window.run_ok();
        assert!(!shows(&window, loading));
        let [notice] = window.state().notices() else {
            panic!("it is told once");
        };
        assert!(notice.text == problem && !notice.error);
    }
    // The strip and the status bar.
    assert_eq!(window.get_all_by_label(problem).count(), 2);
    window.get_by_label("Close").click();
    window.run_ok();
    assert_eq!(window.get_all_by_label(problem).count(), 1);
}
