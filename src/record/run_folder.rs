//! Reads a run folder.

use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

use super::checkpoints::is_lost_link;
use super::event_lines::{Lines, read_lines};
use super::files::{LARGEST, RunFiles};
use super::recorder::RecordError;
use super::tape::{EVENTS, is_of_run};
use crate::session::{MAX_CHECKPOINT_BYTES, Timed};

/// Why a file cannot be read: what the system said, or that a link leads nowhere.
pub(super) fn read_error(path: &Path) -> impl FnOnce(io::Error) -> RecordError {
    let path = path.to_path_buf();
    move |source| {
        // The file, or its folder.
        let mut links = path.ancestors().take(2).filter(|path| path.is_symlink());
        let link = links.find(|link| !link.exists());
        let source = match link.filter(|_| source.kind() == ErrorKind::NotFound) {
            Some(link) if link == path => io::Error::other("it is a link that leads nowhere"),
            Some(link) => {
                io::Error::other(format!("{} is a link that leads nowhere", link.display()))
            }
            None => source,
        };
        RecordError::Read { path, source }
    }
}

/// Opens a file that ends: of a pipe or a device nobody knows when.
fn open(path: &Path) -> Result<File, io::Error> {
    match fs::metadata(path)?.is_file() {
        true => File::open(path),
        false => Err(io::Error::other("it is no file")),
    }
}

/// A file whole, of at most so many bytes.
fn read_capped(path: &Path, most: u64) -> Result<Vec<u8>, RecordError> {
    let mut bytes = Vec::new();
    open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .and_then(|read| match read as u64 > most {
            true => Err(ErrorKind::FileTooLarge.into()),
            false => Ok(()),
        })
        .map_err(read_error(path))?;
    Ok(bytes)
}

/// The files of a run folder; what else lies in it is left out, and what cannot be read is said to be.
///
/// # Errors
/// [`RecordError::Read`].
pub fn read_files(folder: &Path) -> Result<RunFiles, RecordError> {
    let mut files = RunFiles::default();
    for entry in fs::read_dir(folder).map_err(read_error(folder))? {
        let path = entry.map_err(read_error(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(name) = name.filter(|name| *name == EVENTS || is_of_run(name)) {
            match (read_capped(&path, MAX_CHECKPOINT_BYTES), name == EVENTS) {
                // A run that goes on may be in the midst of a line.
                (Ok(bytes), true) => files.events = String::from_utf8_lossy(&bytes).into_owned(),
                (Ok(bytes), false) => drop(files.others.insert(name.to_owned(), bytes)),
                (Err(error), true) => return Err(error),
                (Err(error), false) => files.left_out.push(error.to_string()),
            }
        }
    }
    let whole = files.events.rfind('\n').map_or(0, |end| end + 1);
    files.events.truncate(whole);
    Ok(files)
}

/// The bytes of the events of a run folder, or of a file that holds a run in any form that [`RunFiles::from_bytes`] reads.
///
/// # Errors
/// [`RecordError::NoRun`]; [`RecordError::Read`].
pub fn read_log(run: &Path) -> Result<Vec<u8>, RecordError> {
    if run.is_file() {
        return read_capped(run, LARGEST);
    }
    check_there(run)?;
    read_capped(&run.join(EVENTS), LARGEST)
}

/// Refuses what is no folder with events; what else is wrong with them shows when they are read.
fn check_there(run: &Path) -> Result<(), RecordError> {
    match run.join(EVENTS).symlink_metadata() {
        Err(error) if is_absent(&error) && !is_lost_link(run) => {
            Err(RecordError::NoRun(run.to_path_buf()))
        }
        _ => Ok(()),
    }
}

/// Whether an error says that a file, or the folder that it would be in, is not there.
pub(super) fn is_absent(error: &io::Error) -> bool {
    [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind())
}

/// Reads the events of a run folder. A last line that a killed process left unfinished is left out.
///
/// # Errors
/// [`RecordError::NoRun`]; [`RecordError::Read`]; [`RecordError::Line`] for a line that is no event.
pub fn read_events(folder: &Path) -> Result<Vec<Timed>, RecordError> {
    check_there(folder)?;
    match read_file(&folder.join(EVENTS))? {
        (lines, None) => Ok(lines.events),
        (_, Some(error)) => Err(error),
    }
}

/// The events of a file, and what is wrong with the line where they end.
pub(super) fn read_file(path: &Path) -> Result<(Lines, Option<RecordError>), RecordError> {
    let read = open(path).and_then(|file| read_lines(BufReader::new(file)));
    let mut lines = read.map_err(read_error(path))?;
    let damage = lines.damage.take().map(|fault| RecordError::Line {
        path: path.to_path_buf(),
        line: lines.events.len() + 1,
        fault,
    });
    Ok((lines, damage))
}
