//! The keys of the window: one table that says what they do, and from which their list is made.

use eframe::egui::{self, Event, InputState, Key, KeyboardShortcut, Modifiers};

use super::pane::Pane;

/// What a key asks for.
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
    /// Looks at the step before.
    StepBack,
    /// Looks at the step after.
    StepOn,
    /// Looks at the first step.
    FirstStep,
    /// Follows the newest step.
    NewestStep,
    /// Replays the run, or holds the replay.
    Play,
    /// Makes the last undone edit again.
    Redo,
    /// Takes the last edit back.
    Undo,
    /// Copies the cell as text.
    Copy,
    /// Shows the cell of a text.
    Paste,
    /// The edge reads an earlier state.
    RewireBack,
    /// The edge reads a later state.
    RewireOn,
    /// Goes to the edge before.
    EdgeBack,
    /// Goes to the edge after.
    EdgeOn,
    /// Gives the edge the operation of that key's place in its row.
    Operation,
    /// The next card of the lesson.
    NextCard,
    /// The card before.
    CardBefore,
    /// Gives the answer of that key's place in its row.
    Answer,
    /// Leaves a control, closes what is on top.
    Close,
    /// What the library of the window does itself.
    Library,
}

/// Where keys work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the whole window.
    Window,
    /// In the whole window, for the run that is shown.
    Run,
    /// While the cell editor is in sight.
    Editor,
    /// At the edge of a cell that has the keyboard.
    Edge,
    /// While a lesson is on.
    Lesson,
    /// At controls and at windows over the panels.
    Control,
}

impl Place {
    /// All places, as they are listed.
    pub const ALL: [Place; 6] = [
        Place::Window,
        Place::Run,
        Place::Editor,
        Place::Edge,
        Place::Lesson,
        Place::Control,
    ];

    /// What it is called above its keys.
    pub fn title(self) -> &'static str {
        match self {
            Place::Window => "Everywhere",
            Place::Run => "The run that is shown",
            Place::Editor => "Cell editor",
            Place::Edge => "The chosen edge of a cell",
            Place::Lesson => "A lesson",
            Place::Control => "Controls and windows",
        }
    }
}

/// One row of the table: any of the keys asks for the deed.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Where they work.
    pub place: Place,
    /// The keys.
    pub keys: &'static [KeyboardShortcut],
    /// What they ask for.
    pub deed: Deed,
    /// What that is in words.
    pub words: &'static str,
}

impl Row {
    /// The keys as the person's keyboard names them.
    pub fn names(&self, context: &egui::Context) -> String {
        let names = self.keys.iter().map(|keys| context.format_shortcut(keys));
        match names.collect::<Vec<_>>().as_slice() {
            [first, .., last] if self.keys.len() > 3 => format!("{first} – {last}"),
            names => names.join(", "),
        }
    }

    /// Whether a control that has the focus may want these keys for itself: those without a modifier, but for the row of F keys.
    pub fn is_typed(&self) -> bool {
        let typed = |keys: &KeyboardShortcut| {
            keys.modifiers == Modifiers::NONE && keys.logical_key != Key::F1
        };
        self.keys.iter().any(typed)
    }
}

const PLAIN: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const COMMAND: Modifiers = Modifiers::COMMAND;
const COMMAND_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

const fn with(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

const fn plain(key: Key) -> KeyboardShortcut {
    with(PLAIN, key)
}

const fn command(key: Key) -> KeyboardShortcut {
    with(COMMAND, key)
}

const fn row(
    place: Place,
    keys: &'static [KeyboardShortcut],
    deed: Deed,
    words: &'static str,
) -> Row {
    Row {
        place,
        keys,
        deed,
        words,
    }
}

/// The keys of the operations in the order of the palette.
const DIGITS: [KeyboardShortcut; 7] = [
    plain(Key::Num1),
    plain(Key::Num2),
    plain(Key::Num3),
    plain(Key::Num4),
    plain(Key::Num5),
    plain(Key::Num6),
    plain(Key::Num7),
];

/// The keys of the answers to a question.
const ANSWERS: [KeyboardShortcut; 4] = [
    plain(Key::Num1),
    plain(Key::Num2),
    plain(Key::Num3),
    plain(Key::Num4),
];

/// All keys. Of two rows that one key press could mean, the one with more modifiers comes first.
pub const KEYS: &[Row] = {
    use Deed::*;
    use Place::{Control, Edge, Editor, Lesson, Window};
    &[
        row(Window, &[command(Key::Enter)], Run, "Run"),
        row(Window, &[plain(Key::Space)], Hold, "Pause or resume"),
        row(Window, &[plain(Key::N)], Step, "One step, then hold"),
        row(Window, &[command(Key::Period)], Stop, "Stop"),
        row(Window, &[command(Key::O)], Open, "Open a file"),
        row(Window, &[command(Key::K)], Runs, "Kept runs"),
        row(Window, &[command(Key::S)], Save, "Save the run as a zip"),
        row(
            Window,
            &[command(Key::L)],
            CopyLink,
            "Copy a link to settings, cell and lesson",
        ),
        row(Window, &[command(Key::D)], Theme, "Light or dark"),
        row(
            Window,
            &[command(Key::P)],
            Projector,
            "Larger type for a projector",
        ),
        // The browser has keys of its own for these.
        #[cfg(not(target_arch = "wasm32"))]
        row(
            Window,
            &[command(Key::Plus), command(Key::Minus), command(Key::Num0)],
            Library,
            "Everything larger, smaller, as it was",
        ),
        #[cfg(not(target_arch = "wasm32"))]
        row(Window, &[command(Key::Q)], Library, "Quit"),
        row(Window, &[plain(Key::F1)], Help, "This list"),
        row(
            Window,
            &[command(Key::Num1)],
            Show(Pane::Search),
            "Search panel",
        ),
        row(Window, &[command(Key::Num2)], Show(Pane::Run), "Run panel"),
        row(
            Window,
            &[command(Key::Num3)],
            Show(Pane::Editor),
            "Cell editor",
        ),
        row(
            Window,
            &[command(Key::Num4)],
            Show(Pane::Landscape),
            "Landscape panel",
        ),
        row(
            Window,
            &[command(Key::Num5)],
            Show(Pane::Network),
            "Network panel",
        ),
        row(
            Window,
            &[command(Key::Num6)],
            Show(Pane::Data),
            "Data panel",
        ),
        row(
            Place::Run,
            &[plain(Key::ArrowLeft)],
            StepBack,
            "One step back",
        ),
        row(Place::Run, &[plain(Key::ArrowRight)], StepOn, "One step on"),
        row(Place::Run, &[plain(Key::Home)], FirstStep, "First step"),
        row(Place::Run, &[plain(Key::End)], NewestStep, "Newest step"),
        row(
            Place::Run,
            &[plain(Key::P)],
            Play,
            "Replay, or hold the replay",
        ),
        row(
            Editor,
            &[with(COMMAND_SHIFT, Key::Z), command(Key::Y)],
            Redo,
            "Redo",
        ),
        row(Editor, &[command(Key::Z)], Undo, "Undo"),
        row(Editor, &[command(Key::C)], Copy, "Copy the cell as text"),
        row(
            Editor,
            &[command(Key::V)],
            Paste,
            "Show the cell of the copied text",
        ),
        row(
            Edge,
            &[with(SHIFT, Key::ArrowLeft), with(SHIFT, Key::ArrowUp)],
            RewireBack,
            "Read an earlier state",
        ),
        row(
            Edge,
            &[with(SHIFT, Key::ArrowRight), with(SHIFT, Key::ArrowDown)],
            RewireOn,
            "Read a later state",
        ),
        row(
            Edge,
            &[plain(Key::ArrowLeft), plain(Key::ArrowUp)],
            EdgeBack,
            "The edge before",
        ),
        row(
            Edge,
            &[plain(Key::ArrowRight), plain(Key::ArrowDown)],
            EdgeOn,
            "The edge after",
        ),
        row(Edge, &DIGITS, Operation, "Choose its operation"),
        row(Lesson, &[plain(Key::PageDown)], NextCard, "The next card"),
        row(Lesson, &[plain(Key::PageUp)], CardBefore, "The card before"),
        row(Lesson, &ANSWERS, Answer, "Answer the question"),
        row(
            Control,
            &[plain(Key::Tab), with(SHIFT, Key::Tab)],
            Library,
            "Next control, the one before",
        ),
        row(
            Control,
            &[plain(Key::Enter), plain(Key::Space)],
            Library,
            "Press the control",
        ),
        row(
            Control,
            &[plain(Key::Escape)],
            Close,
            "Leave a text field, close a menu or the window on top, end the lesson",
        ),
    ]
};

/// What was asked for by keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The deed.
    pub deed: Deed,
    /// The place of the key in its row.
    pub key: usize,
    /// What shall be pasted.
    pub text: String,
}

/// What was asked for in this frame at a place, by the rows that are wanted. Nobody else hears of these keys.
pub fn asked(input: &mut InputState, place: Place, wanted: impl Fn(&Row) -> bool) -> Vec<Asked> {
    let mut asked = Vec::new();
    for row in KEYS {
        let deed = row.deed;
        if row.place != place || deed == Deed::Library || !wanted(row) {
            continue;
        }
        let one = |key, text| Asked { deed, key, text };
        if let Deed::Copy | Deed::Paste = deed {
            // The system has keys of its own for these, and hands the text over.
            input.events.retain(|event| {
                let text = match event {
                    Event::Copy if deed == Deed::Copy => String::new(),
                    Event::Paste(text) if deed == Deed::Paste => text.clone(),
                    _ => return true,
                };
                asked.push(one(0, text));
                false
            });
            continue;
        }
        for (key, keys) in row.keys.iter().enumerate() {
            if input.consume_shortcut(keys) {
                asked.push(one(key, String::new()));
            }
        }
    }
    asked
}

/// The names of a deed's keys, for a menu.
pub fn names(context: &egui::Context, deed: Deed) -> String {
    let row = KEYS.iter().find(|row| row.deed == deed);
    row.map(|row| row.names(context)).unwrap_or_default()
}

/// Whether a key press is the window's where a browser has a use of its own for it: the keys with a modifier, and the list of all keys. The browser
/// itself makes the events of the clipboard from theirs.
pub fn is_kept_from_browser(key: Key, pressed: Modifiers) -> bool {
    let kept = |row: &&Row| {
        !row.is_typed() && !matches!(row.deed, Deed::Copy | Deed::Paste | Deed::Library)
    };
    let mut keys = KEYS.iter().filter(kept).flat_map(|row| row.keys);
    keys.any(|keys| keys.logical_key == key && pressed.matches_exact(keys.modifiers))
}
