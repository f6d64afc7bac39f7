//! The page with a screen reader: what stands behind the canvas, and what is read aloud.

use std::time::{Duration, Instant};

use plateau::app::lessons::built_in;
use plateau::session::{DeviceChoice, RunConfig};
use serde_json::{Value, json};

use super::{Chromium, QUICK, SLOW, Window, page, small};
use crate::support::chromium::Tab;
use crate::support::runs::over_in_seconds;

/// What is behind the canvas, by its name.
trait Behind {
    fn part(&mut self, name: &str) -> String;
    fn press_part(&mut self, name: &str);
    fn enter(&mut self, name: &str, value: &str);
    fn wait_to_hear(&mut self, words: &str);
    fn read(&mut self) -> Vec<(String, String)>;
}

/// What a person can do something with.
const CONTROLS: &str = ":is(button, input, textarea)";

/// An expression for the first of the elements of which `holds` is true, with its `name`.
fn first(elements: &str, holds: &str) -> String {
    format!(
        "[...document.querySelectorAll('#mirror {elements}')].find(e => {{
            const name = e.getAttribute('aria-label') || (e.firstElementChild ? '' : e.textContent);
            return e.ariaDisabled != 'true' && ({holds});
        }})"
    )
}

impl Behind for Tab<'_> {
    /// An expression for the control of that name, once it is there.
    fn part(&mut self, name: &str) -> String {
        let find = first(CONTROLS, &format!("name == {name:?}"));
        self.wait_for(&format!("“{name}” is behind the canvas"), &find, QUICK);
        find
    }

    /// Presses it as a screen reader does.
    fn press_part(&mut self, name: &str) {
        let part = self.part(name);
        self.evaluate(&format!("{part}.click()"));
    }

    /// Gives a field another value.
    fn enter(&mut self, name: &str, value: &str) {
        let part = self.part(name);
        // What comes after that comes in a later frame.
        self.evaluate(&format!(
            "(field => {{
                field.value = {value:?};
                field.dispatchEvent(new Event('change', {{ bubbles: true }}));
                const frame = () => new Promise(requestAnimationFrame);
                return frame().then(frame).then(frame);
            }})({part})"
        ));
    }

    /// Waits until what is read aloud has such words.
    fn wait_to_hear(&mut self, pattern: &str) {
        let told = format!("/{pattern}/.test(document.getElementById('told').textContent)");
        self.wait_for(&format!("“{pattern}” is read aloud"), &told, SLOW);
    }

    /// Role and name of everything in the browser's own tree for screen readers.
    fn read(&mut self) -> Vec<(String, String)> {
        let tree = self.ask("Accessibility.getFullAXTree", json!({}));
        let nodes = tree["nodes"].as_array().unwrap().iter();
        let text = |value: &Value| {
            let text = value["value"].as_str().unwrap_or_default();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let told = nodes.filter(|node| node["ignored"] != true);
        told.map(|node| (text(&node["role"]), text(&node["name"])))
            .collect()
    }
}

/// A run of few and small steps, to its end.
fn tiny() -> RunConfig {
    let (search, train) = over_in_seconds(32);
    RunConfig {
        search: Some(search),
        train,
        ..small(DeviceChoice::Cpu)
    }
}

/// Fails where the browser's tree lacks one of these; an empty role is any.
fn check_read(read: &[(String, String)], expected: &[(&str, &str)]) {
    for &(role, name) in expected {
        let found = read.iter();
        // A button that stays pressed is a role of its own in some versions.
        let found = found.filter(|one| one.0.to_lowercase().ends_with(role));
        assert!(
            found.filter(|one| one.1.starts_with(name)).count() > 0,
            "no {role} “{name}” in {read:?}"
        );
    }
}

#[test]
fn a_run_is_started_held_stopped_and_its_result_heard_without_the_canvas() {
    let mut browser = Chromium::start("reader-run", &[]);
    let mut tab = browser.tab(1280, 800);
    // With settings in the address nobody races with the run.
    tab.load(&format!("{}#v=1&seed=5", page()));
    tab.take_settings(&small(DeviceChoice::Cpu));
    tab.press_part("▶  Run");
    tab.wait_until("there are steps", "s.run.live && s.run.steps >= 2", QUICK);
    tab.press_part("▮▮  Pause");
    tab.wait_to_hear("NA-DARTS on digits: held.");
    let read = tab.read();
    check_read(
        &read,
        &[
            ("application", "Plateau"),
            ("region", "Run panel"),
            ("button", "▶ Resume"),
            ("button", "Step"),
            ("button", "Stop"),
            ("button", "Cell editor"),
            ("combobox", "Strategy"),
            ("slider", "Step of the run"),
            (
                "",
                "weights of the normal cell. The strongest on each edge: c_{k−2} → 2",
            ),
        ],
    );
    let progress = |(role, name): &(String, String)| role == "progressbar" && name.contains(" of ");
    assert!(read.iter().any(progress), "{read:?}");
    let controls = [
        "button",
        "checkbox",
        "combobox",
        "slider",
        "spinbutton",
        "textbox",
    ];
    for (role, name) in &read {
        let silent = controls.contains(&role.as_str()) && name.is_empty();
        assert!(!silent, "a {role} without a name in {read:?}");
    }
    tab.press_part("Stop");
    tab.wait_to_hear("NA-DARTS on digits: stopped.");

    tab.take_settings(&tiny());
    let taken = "s.config.search.space == 'nas-bench-201-small'";
    tab.wait_until("the other settings are taken", taken, QUICK);
    tab.press_part("▶  Run");
    // The second run of that name has a number.
    tab.wait_to_hear("digits-na-darts-3-2: test accuracy [0-9.]+ %, 95 % interval ");
    tab.wait_until("the run is over", "s.run.state == 'finished'", SLOW);
    let result = "name.startsWith('test accuracy, ')";
    tab.wait_for("the result can be read", &first("*", result), QUICK);
    check_read(&tab.read(), &[("statictext", "test accuracy, ")]);
}

#[test]
fn fields_and_the_cell_are_changed_without_the_canvas_and_the_score_is_heard() {
    let mut browser = Chromium::start("reader-edit", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&page());
    tab.enter("Step of the run", "3");
    tab.wait_until("the slider moves", "s.run.position == 3", QUICK);
    tab.press_part("Machine");
    let open = format!("{}.ariaExpanded == 'true'", tab.part("Machine"));
    tab.wait_for("the section is open", &open, QUICK);
    // It unfolds.
    std::thread::sleep(Duration::from_millis(500));
    tab.enter("Seed", "41");
    tab.wait_until("the seed is taken", "s.config.seed == 41", QUICK);
    tab.press_part("Data");
    tab.enter("Options", "size=14");
    tab.press_part("digits");
    let taken = "s.config.dataset == 'digits#size=14'";
    tab.wait_until("the text is used", taken, QUICK);

    tab.press_part("Cell editor");
    let edge = first(CONTROLS, "name.startsWith('normal cell, edge 0 → 1, ')");
    tab.wait_for("the edge is behind the canvas", &edge, QUICK);
    let before = tab.state()["edited"].clone();
    tab.evaluate(&format!("{edge}.click()"));
    let other = first(
        CONTROLS,
        "name.startsWith('use ') && e.ariaPressed == 'false'",
    );
    tab.wait_for("its operations are behind it", &other, QUICK);
    let follows =
        format!("{edge}.compareDocumentPosition({other}) & Node.DOCUMENT_POSITION_FOLLOWING");
    assert_eq!(tab.evaluate(&format!("!!({follows})")), true);
    tab.evaluate(&format!("{other}.click()"));
    let changed = format!("s.edited != {before}");
    tab.wait_until("the cell is changed", &changed, QUICK);
    tab.wait_to_hear("The edited cell: [0-9.]+ %, neighbors [0-9.]+ % on average");
}

#[test]
fn a_lesson_is_taken_from_start_to_end_without_the_canvas() {
    let (name, lesson) = built_in().iter().find(|(name, _)| *name == "flat").unwrap();
    let mut browser = Chromium::start("reader-lesson", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&format!("{}#v=1&lesson={name}", page()));
    for (at, card) in lesson.cards.iter().enumerate() {
        tab.wait_until("the card is shown", &format!("s.lesson?.at == {at}"), QUICK);
        let text = first("*", &format!("name == {:?}", card.text));
        tab.wait_for("its text can be read", &text, QUICK);
        if let Some(question) = &card.question {
            let right = question.answers.iter().find(|answer| answer.right).unwrap();
            tab.press_part(&right.text);
            let why = first("*", &format!("name.includes({:?})", right.why));
            tab.wait_for("why it is right can be read", &why, QUICK);
        }
        let last = at + 1 == lesson.cards.len();
        tab.press_part(if last { "Done" } else { "Next" });
    }
    tab.wait_until("the lesson is over", "!s.lesson", QUICK);
}

#[test]
fn the_keyboard_goes_on_from_where_a_screen_reader_puts_it_and_nobody_else_gets_there() {
    let mut browser = Chromium::start("reader-keys", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&page());
    // On the canvas the keyboard stays there, and the canvas says what it is on.
    tab.part("▶  Run");
    tab.key("Tab", &[]);
    let active = "document.getElementById(document.querySelector('canvas').getAttribute('aria-activedescendant'))";
    tab.wait_for("a control has the keyboard", active, QUICK);
    assert_eq!(tab.evaluate("document.activeElement.tagName"), "CANVAS");
    let reachable =
        "[...document.querySelectorAll('#mirror *')].filter(e => e.tabIndex >= 0).length";
    assert_eq!(tab.evaluate(reachable), 0);

    let step = tab.part("Step of the run");
    tab.evaluate(&format!("{step}.focus()"));
    tab.wait_for("it has the keyboard", &format!("{active} == {step}"), QUICK);
    tab.key("Tab", &[]);
    let next =
        format!("document.activeElement != {step} && document.activeElement.closest('#mirror *')");
    tab.wait_for("Tab goes on", &next, QUICK);
    tab.wait_for(
        "so does egui",
        &format!("{active} == document.activeElement"),
        QUICK,
    );
    // What is chosen from a list is gone with the list.
    let list = tab.part("Strategy");
    tab.evaluate(&format!("{list}.focus(); {list}.click()"));
    let choice = tab.part("SDARTS-RS");
    assert_eq!(tab.evaluate(&format!("{list}.ariaExpanded")), "true");
    tab.evaluate(&format!("{choice}.focus(); {choice}.click()"));
    let chosen = "s.config.search.strategy == 'sdarts-rs'";
    tab.wait_until("it is chosen", chosen, QUICK);
    let back = format!("document.activeElement == {list} && {list}.textContent == 'SDARTS-RS'");
    tab.wait_for("the keyboard is on the list again", &back, QUICK);
}

#[test]
fn nothing_behind_the_canvas_changes_while_nothing_happens() {
    let mut browser = Chromium::start("reader-idle", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&page());
    tab.part("▶  Run");
    let still = "new Promise(done => {
        let changes = 0;
        const watch = new MutationObserver(all => { changes += all.length; });
        const everything = { subtree: true, childList: true, attributes: true, characterData: true };
        watch.observe(document, everything);
        setTimeout(() => { watch.disconnect(); done(changes); }, 2000);
    })";
    // The engine and the data sets come behind the page.
    let start = Instant::now();
    while tab.evaluate(still) != 0 {
        assert!(start.elapsed() < QUICK, "the page never rests");
    }
}

#[test]
fn a_key_of_the_window_does_not_lead_to_the_address_another_tab_or_the_browser_s_help_as_well() {
    let mut browser = Chromium::start("keys", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&page());
    tab.evaluate(
        "window.kept = {}; window.addEventListener('keydown', event =>
            setTimeout(() => { kept[event.key] = event.defaultPrevented; }), true)",
    );
    for key in ["k", "d", "1", "c"] {
        tab.shortcut(key);
    }
    tab.key("F1", &[]);
    tab.wait_for("all were heard", "'F1' in kept", QUICK);
    let kept = json!({ "k": true, "d": true, "1": true, "c": false, "F1": true });
    assert_eq!(tab.evaluate("kept"), kept);
}
