//! A few pictures of the window, drawn by a software adapter: what a person sees stays what it was. After a change that is meant,
//! `UPDATE_SNAPSHOTS=true cargo nextest run --release --test app pictures` makes them anew; look at them before you commit.

use eframe::egui;
use egui_kittest::{Harness, SnapshotOptions};
use plateau::app::{App, Fragment, Link, Pane, WELCOME, first_picture};
use plateau::space::Genotype;

/// A window in its first state, without an engine that could do anything in between.
fn window(theme: egui::Theme) -> Harness<'static, App> {
    let mut window = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_theme(theme)
        .with_max_steps(20)
        .build_eframe(|creation| {
            let connect = |_: &egui::Context| {
                let (commands, inbox) = async_channel::unbounded();
                let (outbox, events) = async_channel::unbounded();
                // Neither end is ever dropped.
                std::mem::forget((inbox, outbox));
                Ok(Link::new(commands, events))
            };
            App::new(creation, Box::new(connect), Ok(Fragment::default()))
        });
    window.run_ok();
    window
}

/// Other versions of the software adapter may round the edges of letters differently.
fn compare(window: &mut Harness<'_, App>, name: &str) {
    let options = SnapshotOptions::new().max_failed_pixels(400);
    window.snapshot_options(name, &options);
}

fn show(window: &mut Harness<'_, App>, pane: Pane) {
    window.state_mut().show(pane);
    window.run_ok();
}

/// What the page shows before its program has come; `web/build.sh` puts it into `index.html`.
#[test]
fn the_page_s_first_picture_is_the_recorded_run_of_this_version() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web/first.html");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&file, first_picture(WELCOME)).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept == first_picture(WELCOME), "make web/first.html anew");
    assert!(kept.contains("74.80 %") && kept.contains("avg pool"));
}

#[test]
fn the_first_frame_in_light() {
    compare(&mut window(egui::Theme::Light), "first-frame-light");
}

#[test]
fn the_first_frame_in_dark() {
    compare(&mut window(egui::Theme::Dark), "first-frame-dark");
}

#[test]
fn a_darts_cell_in_the_editor() {
    let mut window = window(egui::Theme::Light);
    let genotype = Genotype::preset("darts-v2").unwrap();
    let text = genotype.to_json();
    assert!(window.state_mut().open("darts-v2.json", text.as_bytes()));
    window.run_ok();
    compare(&mut window, "editor-darts");
}

#[test]
fn the_built_in_landscape() {
    let mut window = window(egui::Theme::Light);
    show(&mut window, Pane::Landscape);
    compare(&mut window, "landscape");
}
