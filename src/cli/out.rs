//! What the command line says: results on the standard output, progress and messages on the standard error.
//!
//! No line of it ends the program in a panic. A standard output that its reader closed, as `head` does, ends it quietly; one that is
//! full is an error. A standard error that is closed or full, or a terminal that is gone, is let pass: a run goes on and records.
//! Whatever comes from outside, such as the name of a class, is printed with its control characters written out.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::CliError;
use crate::visible::{visible, visible_json, visible_lines};
use crate::whole::{check_writable, write_whole};

/// Whether the reader of the standard output has closed it.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Writes one line to the standard output, from what `format!` takes.
macro_rules! say {
    ($($part:tt)+) => { $crate::cli::out::line(&format!($($part)+)) };
}

/// Writes one line to the standard error, from what `format!` takes.
macro_rules! note {
    ($($part:tt)+) => { $crate::cli::out::note_line(&format!($($part)+)) };
}

pub(super) use {note, say};

/// Whether a result could not be written because nobody reads any more: no failure.
pub fn closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// One line of a result.
pub fn line(text: &str) -> Result<(), CliError> {
    raw(&(visible(text) + "\n"))
}

/// A result of several lines.
pub fn lines(text: &str) -> Result<(), CliError> {
    raw(&visible_lines(text))
}

/// A result as JSON, on a line of its own.
pub fn json(json: &str) -> Result<(), CliError> {
    raw(&(visible_json(json) + "\n"))
}

/// A text whose control characters are our own: colours.
pub fn raw(text: &str) -> Result<(), CliError> {
    let mut output = io::stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(|error| {
            if error.kind() == ErrorKind::BrokenPipe {
                CLOSED.store(true, Ordering::Relaxed);
            }
            CliError(format!("the standard output: {error}"))
        })
}

/// Whether a file that a flag names can be written, known before anything is computed for it.
///
/// # Errors
/// A place where nothing can be written; a file that is read.
pub fn check_file(flag: &str, path: &Path, read: &[Option<&Path>]) -> Result<(), CliError> {
    let shown = path.display();
    let same = |other: &&Path| match (path.canonicalize(), other.canonicalize()) {
        (Ok(path), Ok(other)) => path == other,
        _ => false,
    };
    if read.iter().flatten().any(same) {
        return Err(CliError(format!(
            "{flag} {shown}: what is read from this file would be overwritten"
        )));
    }
    check_writable(path).map_err(|error| CliError(format!("{flag} {shown}: {error}")))
}

/// Writes a file whole, or says which one could not be written.
pub fn file(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    write_whole(path, bytes).map_err(|error| CliError(format!("{}: {error}", path.display())))
}

/// One line of what is only told.
pub fn note_line(text: &str) {
    note_raw(&(visible(text) + "\n"));
}

/// Several lines of what is only told, whose control characters are our own.
pub fn note_raw(text: &str) {
    // Nobody is there to be told that nobody is told.
    let _unheard = io::stderr().lock().write_all(text.as_bytes());
}
