//! What the keyboard does everywhere in the window.

use eframe::egui::{self, Key, KeyboardShortcut, Modifiers};

use crate::app::pane::Pane;

/// What a shortcut asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Starts what the settings describe.
    Run,
    /// Pauses a run that goes, resumes one that is held.
    Hold,
    /// One step.
    Step,
    /// Ends the run.
    Stop,
    /// Opens a file.
    Open,
    /// Lists the runs that are kept.
    Runs,
    /// Saves the run as a zip.
    Save,
    /// Copies a link to what is shown.
    CopyLink,
    /// Light or dark.
    Theme,
    /// Larger or normal type.
    Projector,
    /// Shortcuts.
    Help,
    /// Brings a panel to the front.
    Show(Pane),
}

const PLAIN: Modifiers = Modifiers::NONE;
const COMMAND: Modifiers = Modifiers::COMMAND;

/// All shortcuts of the window but those of the scrubber.
pub const SHORTCUTS: [(KeyboardShortcut, Deed, &str); 17] = [
    (shortcut(COMMAND, Key::Enter), Deed::Run, "Run"),
    (shortcut(PLAIN, Key::Space), Deed::Hold, "Pause or resume"),
    (shortcut(PLAIN, Key::N), Deed::Step, "One step, then hold"),
    (shortcut(COMMAND, Key::Period), Deed::Stop, "Stop"),
    (shortcut(COMMAND, Key::O), Deed::Open, "Open a file"),
    (shortcut(COMMAND, Key::K), Deed::Runs, "Kept runs"),
    (
        shortcut(COMMAND, Key::S),
        Deed::Save,
        "Save the run as a zip",
    ),
    (
        shortcut(COMMAND, Key::L),
        Deed::CopyLink,
        "Copy a link to settings and cell",
    ),
    (shortcut(COMMAND, Key::D), Deed::Theme, "Light or dark"),
    (
        shortcut(COMMAND, Key::P),
        Deed::Projector,
        "Larger type for a projector",
    ),
    (shortcut(PLAIN, Key::F1), Deed::Help, "This list"),
    (
        shortcut(COMMAND, Key::Num1),
        Deed::Show(Pane::Search),
        "Search panel",
    ),
    (
        shortcut(COMMAND, Key::Num2),
        Deed::Show(Pane::Run),
        "Run panel",
    ),
    (
        shortcut(COMMAND, Key::Num3),
        Deed::Show(Pane::Editor),
        "Cell editor",
    ),
    (
        shortcut(COMMAND, Key::Num4),
        Deed::Show(Pane::Landscape),
        "Landscape panel",
    ),
    (
        shortcut(COMMAND, Key::Num5),
        Deed::Show(Pane::Network),
        "Network panel",
    ),
    (
        shortcut(COMMAND, Key::Num6),
        Deed::Show(Pane::Data),
        "Data panel",
    ),
];

/// Keys of other places, for the list.
const ELSEWHERE: [(&str, &str); 5] = [
    ("Left, Right", "Run: one step back or on"),
    ("Home, End", "Run: first step, newest step"),
    ("P", "Run: replay or hold"),
    ("Tab", "Next control; Enter or Space presses it"),
    ("Esc", "Leaves a control or closes a window"),
];

const fn shortcut(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

/// What was asked for by keyboard in this frame. Keys without a modifier belong to a control while one has the focus.
pub fn asked(context: &egui::Context) -> Vec<Deed> {
    let free = context.memory(|memory| memory.focused().is_none());
    context.input_mut(|input| {
        SHORTCUTS
            .iter()
            .filter(|(keys, ..)| free || keys.modifiers != PLAIN || keys.logical_key == Key::F1)
            .filter(|(keys, ..)| input.consume_shortcut(keys))
            .map(|(_, deed, _)| *deed)
            .collect()
    })
}

/// The text of a deed's keys, for a menu.
pub fn keys(context: &egui::Context, deed: Deed) -> String {
    SHORTCUTS
        .iter()
        .find(|(_, known, _)| *known == deed)
        .map(|(keys, ..)| context.format_shortcut(keys))
        .unwrap_or_default()
}

/// The list of all shortcuts.
pub fn window(context: &egui::Context, open: &mut bool) {
    egui::Window::new("Keyboard")
        .open(open)
        .collapsible(false)
        .resizable(false)
        .anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO)
        .show(context, |ui| {
            egui::Grid::new("shortcuts")
                .num_columns(2)
                .spacing([24.0, 4.0])
                .show(ui, |ui| {
                    for (keys, _, text) in &SHORTCUTS {
                        ui.label(egui::RichText::new(context.format_shortcut(keys)).monospace());
                        ui.label(*text);
                        ui.end_row();
                    }
                    for (keys, text) in ELSEWHERE {
                        ui.label(egui::RichText::new(keys).monospace());
                        ui.label(text);
                        ui.end_row();
                    }
                });
        });
}
