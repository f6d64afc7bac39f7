//! The lines of `events.jsonl`.

use std::borrow::Cow;
use std::io::{BufRead, Error, Read};

use crate::session::Timed;
use crate::space::without_mark;

/// The longest line that is read, bytes.
const MAX_LINE: u64 = 1 << 24;

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
    pub damage: Option<String>,
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
        match serde_json::from_slice(&json) {
            Ok(event) => lines.events.push(event),
            Err(_) if piece => return Ok(lines),
            Err(error) => {
                lines.damage = Some(error.to_string());
                return Ok(lines);
            }
        }
        lines.ends.push(end);
        if piece {
            lines.open = true;
            return Ok(lines);
        }
    }
}
