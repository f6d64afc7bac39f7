//! The lines of `events.jsonl`, and what is wrong with one that is no event.

use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, Error, Read};

use serde_json::Value;

use crate::json::problem;
use crate::session::{Event, RUN_VERSION, Timed};
use crate::space::without_mark;

/// The longest line that is read, bytes.
pub(super) const MAX_LINE: u64 = 1 << 24;
/// This version of Plateau.
const THIS: &str = env!("CARGO_PKG_VERSION");

/// What stands in a file of events.
#[derive(Default)]
pub struct Lines {
    /// Its events, up to the first line that is none.
    pub events: Vec<Timed>,
    /// Where the line of each event ends, bytes from the beginning.
    pub ends: Vec<u64>,
    /// Whether the last of them lacks its end, as an editor may leave it.
    pub open: bool,
    /// What is wrong with the line after them, if it is no event. A piece of a line at the end, which a killed process left, is no line.
    pub damage: Option<Fault>,
    /// What says that a newer Plateau wrote them, if something does: then they may say more than is read.
    pub newer: Option<String>,
}

/// Why a line is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A newer Plateau wrote it, as this says.
    Newer(String),
    /// It was changed since, and this is wrong with it.
    Damaged(String),
    /// It is the first, and no event of any version: this is wrong with it.
    Foreign(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Newer(what) => write!(
                f,
                "a newer Plateau wrote it ({what}); open it with that version"
            ),
            Fault::Damaged(why) => write!(f, "the line is damaged ({why})"),
            Fault::Foreign(why) => write!(
                f,
                "this is no event of a run ({why}): the file is something else, or its beginning is damaged"
            ),
        }
    }
}

impl Lines {
    /// What a person must know who is shown the events.
    pub fn warning(&self) -> Option<String> {
        let line = self.events.len() + 1;
        match (&self.damage, &self.newer) {
            (Some(fault), _) => Some(format!("line {line}: {fault}; what is before it is shown")),
            (None, Some(what)) => Some(format!(
                "a newer Plateau wrote it ({what}), so some of it may be missing here"
            )),
            (None, None) => None,
        }
    }
}

/// Reads events up to the first line that is none.
///
/// # Errors
/// What the system said.
pub fn read_lines(mut reader: impl BufRead) -> Result<Lines, Error> {
    let mut lines = Lines::default();
    let (mut line, mut end) = (Vec::new(), 0);
    loop {
        line.clear();
        end += (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line)? as u64;
        let whole = line.pop_if(|last| *last == b'\n').is_some();
        let piece = !whole && (line.len() as u64) < MAX_LINE;
        // A byte order mark that an editor has put there.
        let json = if lines.ends.is_empty() {
            without_mark(&line)
        } else {
            Cow::Borrowed(&line[..])
        };
        match event(&json) {
            Ok(event) => lines.events.push(event),
            Err(_) if piece => return Ok(lines),
            Err(why) => {
                lines.damage = Some(lines.fault(&json, why));
                return Ok(lines);
            }
        }
        if let [first] = &lines.events[..]
            && let Event::Started {
                config, plateau, ..
            } = &first.event
        {
            lines.newer = newer(Some(config.version.into()), Some(plateau));
        }
        lines.ends.push(end);
        if piece {
            lines.open = true;
            return Ok(lines);
        }
    }
}

/// The event of a line, or why it is none.
fn event(json: &[u8]) -> Result<Timed, String> {
    // The reader looks into no text that it skips.
    std::str::from_utf8(json).map_err(|_| "it is no text".to_owned())?;
    serde_json::from_slice(json).map_err(|error| match error.is_data() {
        true => problem(&error),
        false => format!("column {}: {}", error.column(), problem(&error)),
    })
}

impl Lines {
    /// What is wrong with the line after these.
    fn fault(&self, json: &[u8], why: String) -> Fault {
        let value: Value = serde_json::from_slice(json).unwrap_or_default();
        let settings = value["config"]["version"].as_u64();
        let known = self.newer.clone();
        if let Some(what) = known.or_else(|| newer(settings, value["plateau"].as_str())) {
            return Fault::Newer(what);
        }
        match value["event"].as_str() {
            Some(name) if why.starts_with(&format!("unknown word '{name}'")) => {
                Fault::Newer(format!("Plateau {THIS} does not know the event '{name}'"))
            }
            Some(_) if value["seconds"].is_number() => Fault::Damaged(why),
            _ if self.events.is_empty() => Fault::Foreign(why),
            _ => Fault::Damaged(why),
        }
    }
}

/// What says that a newer Plateau wrote settings of this version, or is the program of this one.
fn newer(settings: Option<u64>, plateau: Option<&str>) -> Option<String> {
    newer_settings(settings).or_else(|| {
        let plateau = plateau.filter(|plateau| numbers(plateau) > numbers(THIS))?;
        Some(format!("Plateau {plateau}, and this is {THIS}"))
    })
}

/// What says that a newer Plateau wrote settings of this version.
pub(super) fn newer_settings(version: Option<u64>) -> Option<String> {
    let version = version.filter(|version| *version > u64::from(RUN_VERSION))?;
    Some(format!(
        "its settings have version {version}, and {RUN_VERSION} is known here"
    ))
}

/// The numbers of a version; none: it is no version.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut parts = version.splitn(3, '.').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}
