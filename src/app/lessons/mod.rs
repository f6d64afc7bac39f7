//! Lessons: cards that each put the window into a state, say what is seen there, and may ask a question. They are data, as the manual's
//! page on lessons says, and some come with the program.

mod read;

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use read::Checked;

use super::pane::Pane;
use super::runs::recording::Recorded;
use super::share_link::Fragment;
use crate::space::{CellKind, Edge, Genotype, Operation, Space};

/// What comes with the program, by the names in links.
const FILES: [(&str, &str); 4] = [
    (TOUR, include_str!("tour.json")),
    ("supernet", include_str!("supernet.json")),
    ("skip", include_str!("skip.json")),
    ("flat", include_str!("flat.json")),
];

/// The lesson that leads through the window.
pub const TOUR: &str = "tour";
/// The largest file that is read, bytes.
const MOST: usize = 1 << 18;
/// Bytes at the beginning of a file that tell what it is.
const HEAD: usize = 1 << 12;
/// What a lesson has, however long its title is.
const CARDS: &[u8] = b"\"cards\"";
/// Most letters of what is wrong with a file.
const MOST_SAID: usize = 400;
/// Most cards of a lesson.
const MOST_CARDS: usize = 50;

// A test opens them; one that is damaged is not offered.
static BUILT_IN: LazyLock<Vec<(&str, Arc<Lesson>)>> = LazyLock::new(|| {
    let read = |&(name, text): &(&'static str, &str)| {
        let lesson = Lesson::read(text.as_bytes()).ok()?;
        Some((name, Arc::new(lesson)))
    };
    FILES.iter().filter_map(read).collect()
});

/// The lessons that come with the program, by the names in links.
pub fn built_in() -> &'static [(&'static str, Arc<Lesson>)] {
    &BUILT_IN
}

/// Cards in their order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// The format of its file.
    #[serde(rename = "lesson", deserialize_with = "read::format")]
    pub format: u32,
    /// What it is called.
    #[serde(deserialize_with = "read::title")]
    pub title: String,
    /// Its cards.
    #[serde(deserialize_with = "read::list")]
    pub cards: Vec<Card>,
}

/// A state of the window, and what is said of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Its heading.
    #[serde(deserialize_with = "read::title")]
    pub title: String,
    /// What it says.
    #[serde(deserialize_with = "read::text")]
    pub text: String,
    /// The panel that it is about.
    #[serde(deserialize_with = "read::panel")]
    pub panel: Pane,
    /// A control of the panel that it points at, by the name that screen readers say.
    #[serde(default, deserialize_with = "read::some_title")]
    pub points_at: Option<String>,
    /// What is shown of the recorded race; none: the run that is shown stays.
    #[serde(default, deserialize_with = "read::recording")]
    pub recording: Option<Recorded>,
    /// The step that is looked at, counted from 1.
    #[serde(default)]
    pub step: Option<usize>,
    /// Whether the built-in table is opened.
    #[serde(default, deserialize_with = "read::table")]
    pub table: bool,
    /// The cell in the editor; none: it stays.
    #[serde(default, deserialize_with = "read::some_cell")]
    pub cell: Option<Genotype>,
    /// Settings of the next run; none: they stay.
    #[serde(default, deserialize_with = "read::settings")]
    pub settings: Option<Fragment>,
    /// What the person is asked to do.
    #[serde(default, rename = "do")]
    pub task: Option<Task>,
    /// What the person is asked.
    #[serde(default, deserialize_with = "read::some_whole")]
    pub question: Option<Question>,
}

/// What a person is asked to do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// In words.
    #[serde(deserialize_with = "read::text")]
    pub text: String,
    /// When it is done: then the next card comes by itself.
    #[serde(default)]
    pub until: Option<Until>,
}

/// When something is done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Until {
    /// The editor has this cell.
    #[serde(deserialize_with = "read::cell")]
    Cell(Genotype),
    /// An edge of the cell in the editor has an operation.
    Edge {
        /// The state that is read.
        from: usize,
        /// The node that reads it.
        to: usize,
        /// The operation.
        operation: Operation,
        /// The cell.
        #[serde(default = "normal")]
        of: CellKind,
    },
    /// A run of the person's own has so many steps.
    Steps(usize),
    /// The step that is looked at is this one or a later one.
    Step(usize),
}

fn normal() -> CellKind {
    CellKind::Normal
}

/// A question that the picture answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// In words.
    #[serde(deserialize_with = "read::text")]
    pub text: String,
    /// From which one is chosen.
    pub answers: Vec<Answer>,
}

/// An answer to a question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// In words.
    #[serde(deserialize_with = "read::text")]
    pub text: String,
    /// Whether it is the right one.
    #[serde(default)]
    pub right: bool,
    /// Why it is, or is not.
    #[serde(deserialize_with = "read::text")]
    pub why: String,
}

impl Lesson {
    /// From a file.
    ///
    /// # Errors
    /// One line that says what is wrong, and where.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MOST {
            let (has, most) = (bytes.len() >> 10, MOST >> 10);
            return Err(format!("the lesson has {has} KiB: at most {most} are read"));
        }
        let mut from = serde_json::Deserializer::from_slice(bytes);
        let read = read::whole(&mut from);
        let read = read.and_then(|lesson| from.end().map(|()| lesson));
        read.map_err(|error| placed(&error))
    }

    /// From a file, if it looks like a lesson's: an object with `"lesson"` near its beginning, and `"cards"`. A mistake makes it no other file.
    pub fn recognised(bytes: &[u8]) -> Option<Result<Self, String>> {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]);
        let is_one = head.trim_start().starts_with('{')
            && head.contains("\"lesson\"")
            && bytes.windows(CARDS.len()).any(|part| part == CARDS);
        is_one.then(|| Self::read(bytes))
    }
}

/// What the reader of JSON says, its place first.
fn placed(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let mut said = error.to_string().replace(char::is_control, " ");
    // The position is in fields of its own.
    if let Some(end) = said.rfind(" at line ") {
        said.truncate(end);
    }
    let said: String = said.chars().take(MOST_SAID).collect();
    format!("line {line}, column {column}: {said}")
}

impl Checked for Lesson {
    fn check(&self) -> Result<(), String> {
        match self.cards.len() {
            1..=MOST_CARDS => Ok(()),
            cards => Err(format!(
                "the lesson has {cards} cards: it must have 1 to {MOST_CARDS}"
            )),
        }
    }
}

impl Checked for Card {
    fn check(&self) -> Result<(), String> {
        let wrong = |what: String| Err(format!("the card \"{}\": {what}", self.title));
        let last = self.recording.map_or(usize::MAX, Recorded::steps);
        match self.step {
            Some(0) => return wrong("steps are counted from 1".into()),
            Some(step) if step > last => {
                return wrong(format!("the recording has {last} steps, none is {step}"));
            }
            _ => {}
        }
        let until = self.task.as_ref().and_then(|task| task.until.as_ref());
        if let Some(&Until::Edge { from, to, of, .. }) = until {
            let edge = Edge { from, to };
            let space = self.cell.as_ref().map(Genotype::space);
            let has =
                |space: &Space| space.edges().contains(&edge) && space.cell_kinds().contains(&of);
            let known = match &space {
                Some(space) => has(space),
                None => Space::ALL.iter().any(has),
            };
            if !known {
                return wrong(format!("its {of} cell has no edge from {from} to {to}"));
            }
        }
        Ok(())
    }
}

impl Checked for Question {
    fn check(&self) -> Result<(), String> {
        let right = self.answers.iter().filter(|answer| answer.right).count();
        match self.answers.len() {
            2..=4 if right == 1 => Ok(()),
            2..=4 => Err(format!(
                "{right} answers of the question are right: it must be one"
            )),
            answers => Err(format!(
                "the question has {answers} answers: it must have 2 to 4"
            )),
        }
    }
}
