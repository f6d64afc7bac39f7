//! The page on a phone, a tablet, a small laptop and zoomed in: run, edit and result by touch alone and by keyboard alone.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::results::short;
use super::{ALONE, Chromium, QUICK, WIDGETS, Window, page};
use crate::support::chromium::{Modifier, Tab};

/// A search and a training of a few steps, on a machine that does other things.
const RUN: Duration = Duration::from_secs(120);
/// What a thumb hits, CSS pixels.
const THUMB: f64 = 44.0;
/// The panels that a run leads through, and the bar below them.
const TABS: [&str; 6] = [
    "Search",
    "Run",
    "Cell editor",
    "Landscape",
    "Network",
    "Data",
];

/// How a person uses a page of another size.
trait Device {
    fn become_device(&mut self, width: u32, height: u32, touch: bool);
    fn tap(&mut self, label: &str);
    fn rectangles(&mut self, roles: &[&str]) -> Vec<(String, [f64; 4])>;
    fn check_bars(&mut self, what: &str, width: f64, height: f64);
    fn keep_picture(&mut self, name: &str);
}

impl Device for Tab<'_> {
    /// In CSS pixels: an emulated screen of finer pixels does not tell how many of them a canvas has.
    fn become_device(&mut self, width: u32, height: u32, touch: bool) {
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch }),
        );
        let touch = json!({ "enabled": touch, "maxTouchPoints": 1 });
        self.ask("Emulation.setTouchEmulationEnabled", touch);
    }

    /// Puts a finger on a widget and takes it away.
    fn tap(&mut self, label: &str) {
        let (x, y) = self.widget(label);
        let down = json!({ "type": "touchStart", "touchPoints": [{ "x": x, "y": y }] });
        self.ask("Input.dispatchTouchEvent", down);
        let up = json!({ "type": "touchEnd", "touchPoints": [] });
        self.ask("Input.dispatchTouchEvent", up);
    }

    /// Names and rectangles of the widgets of such roles.
    fn rectangles(&mut self, roles: &[&str]) -> Vec<(String, [f64; 4])> {
        self.wait_for("there are widgets", &format!("{WIDGETS}.length"), QUICK);
        let list = self.evaluate(WIDGETS);
        let list = list.as_array().unwrap().clone();
        let wanted = list
            .into_iter()
            .filter(|widget| roles.contains(&widget["role"].as_str().unwrap()));
        let read = wanted.map(|widget| {
            let at = |index: usize| widget["rect"][index].as_f64().unwrap();
            (
                widget["label"].as_str().unwrap().to_owned(),
                [0, 1, 2, 3].map(at),
            )
        });
        read.collect()
    }

    /// Fails where a control is cut at the side, or where a menu or a tab lies on another.
    fn check_bars(&mut self, what: &str, width: f64, height: f64) {
        let roles = [
            "Button",
            "CheckBox",
            "ComboBox",
            "Slider",
            "SpinButton",
            "Tab",
            "TextInput",
        ];
        for (label, [left, _, right, _]) in self.rectangles(&roles) {
            let drawn = label.starts_with("neighbor ") || label.contains(", edge ");
            assert!(
                drawn || left >= -1.0 && right <= width + 1.0,
                "{what}: {label} lies from {left} to {right}"
            );
        }
        let menus = ["File", "View", "Lessons", "Help"];
        let bars: Vec<_> = self
            .rectangles(&["Button", "Tab"])
            .into_iter()
            .filter(|(label, _)| menus.contains(&&**label) || TABS.contains(&&**label))
            .collect();
        assert!(bars.len() >= menus.len() + TABS.len(), "{what}: {bars:?}");
        for (number, (label, one)) in bars.iter().enumerate() {
            assert!(
                one[1] >= -1.0 && one[3] <= height + 1.0,
                "{what}: {label} at {one:?}"
            );
            for (other_label, other) in &bars[..number] {
                let apart = one[0] >= other[2] - 1.0
                    || other[0] >= one[2] - 1.0
                    || one[1] >= other[3] - 1.0
                    || other[1] >= one[3] - 1.0;
                assert!(apart, "{what}: {label} lies on {other_label}");
            }
        }
    }

    /// Keeps a picture for who looks at it, in the folder that PLATEAU_PICTURES names.
    fn keep_picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("PLATEAU_PICTURES") else {
            return;
        };
        let answer = self.ask("Page.captureScreenshot", json!({ "format": "png" }));
        let png = STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        std::fs::write(PathBuf::from(folder).join(format!("{name}.png")), png).unwrap();
    }
}

#[test]
fn on_a_phone_a_thumb_runs_a_search_edits_a_cell_and_sees_the_result() {
    let mut browser = Chromium::start("phone", &[]);
    let mut tab = browser.tab(390, 844);
    tab.become_device(390, 844, true);
    tab.load(&(page() + ALONE));
    for (label, [_, top, _, bottom]) in tab.rectangles(&["Tab"]) {
        assert!(bottom - top >= THUMB, "{label} is {} high", bottom - top);
    }
    for pane in TABS {
        tab.tap(pane);
        tab.widget(&format!("{pane} panel"));
        tab.check_bars(&format!("phone, {pane}"), 390.0, 844.0);
        tab.keep_picture(&format!("phone-{pane}"));
    }
    tab.take_settings(&short());
    tab.tap("Search");
    tab.tap("▶  Run");
    tab.wait_until(
        "it is finished",
        "s.run.live && s.run.state == 'finished'",
        RUN,
    );
    tab.tap("Run");
    tab.widget("picture of the normal cell");
    tab.keep_picture("phone-result");
    // Its cell goes into the editor, and an edge of it gets another operation.
    tab.tap("Edit");
    tab.tap("Cell editor");
    let edge = first_edge(&mut tab);
    let before = tab.state()["edited"].as_str().unwrap().to_owned();
    tab.tap(&edge);
    let other = if edge.ends_with("sep conv 5×5") {
        "use max pool 3×3"
    } else {
        "use sep conv 5×5"
    };
    tab.keep_picture("phone-palette");
    tab.tap(other);
    let changed = format!("s.edited != {before:?}");
    tab.wait_until("the cell is another", &changed, QUICK);
    tab.keep_picture("phone-edited");
}

/// An edge of the cell that is in sight.
fn first_edge(tab: &mut Tab) -> String {
    let end = Instant::now() + QUICK;
    loop {
        let buttons = tab.rectangles(&["Button"]);
        let mut edges = buttons.into_iter();
        if let Some((label, _)) = edges.find(|(label, _)| label.starts_with("normal cell, edge ")) {
            return label;
        }
        assert!(Instant::now() < end, "no edge is in sight");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn on_a_tablet_the_keyboard_alone_runs_a_search_edits_a_cell_and_shows_the_result() {
    let mut browser = Chromium::start("tablet", &[]);
    let mut tab = browser.tab(820, 1180);
    tab.load(&(page() + ALONE));
    tab.check_bars("tablet", 820.0, 1180.0);
    tab.keep_picture("tablet");
    tab.take_settings(&short());
    tab.key("Enter", &[Modifier::Control]);
    tab.wait_until(
        "it is finished",
        "s.run.live && s.run.state == 'finished'",
        RUN,
    );
    tab.key("2", &[Modifier::Control]);
    tab.widget("picture of the normal cell");
    tab.keep_picture("tablet-result");
    tab.key("3", &[Modifier::Control]);
    let edge = first_edge(&mut tab);
    let before = tab.state()["edited"].as_str().unwrap().to_owned();
    // From control to control until an edge has the keyboard; a digit gives it another operation.
    let end = Instant::now() + QUICK;
    let digits = ["1", "2", "3"];
    let mut number = 0;
    while tab.state()["edited"] == before.as_str() {
        assert!(Instant::now() < end, "no way by Tab to {edge}");
        tab.key("Tab", &[]);
        tab.key(digits[number % digits.len()], &[]);
        number += 1;
    }
    tab.keep_picture("tablet-edited");
}

#[test]
fn on_a_small_laptop_and_zoomed_in_nothing_is_cut_or_lies_on_another() {
    let mut browser = Chromium::start("sizes", &[]);
    // 1366×768, the same at 150 %, and at 200 %.
    for (name, width, height) in [
        ("laptop", 1366, 768),
        ("zoom-150", 911, 512),
        ("zoom-200", 683, 384),
    ] {
        let mut tab = browser.tab(width, height);
        tab.become_device(width, height, false);
        tab.load(&page());
        tab.check_bars(name, width.into(), height.into());
        tab.keep_picture(name);
        if width < 1000 {
            for pane in TABS {
                tab.press(pane);
                tab.widget(&format!("{pane} panel"));
                tab.check_bars(&format!("{name}, {pane}"), width.into(), height.into());
                tab.keep_picture(&format!("{name}-{pane}"));
            }
        }
    }
}
