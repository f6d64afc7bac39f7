//! A run as files in memory: what the browser keeps, what the window shows, and what a zip holds.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write as _};

use super::event_lines::read_lines;
use super::tape::{EVENTS, KEPT, Write, checkpoint_number, follows, is_of_run, names_of, writes};
use crate::session::{Checkpoint, Event, Timed};

/// Most bytes of a run that are read.
const LARGEST: u64 = 1 << 30;

/// Why a file is not a run.
#[derive(Debug, thiserror::Error)]
pub enum RunFileError {
    /// Not an archive, or a damaged one.
    #[error("the archive cannot be read: {0}")]
    Archive(String),
    /// An archive of something else.
    #[error("the archive holds no events.jsonl, so it is not a run")]
    NoEvents,
    /// Too long to be read.
    #[error("the run has more than {} MB", LARGEST >> 20)]
    TooLarge,
    /// A line that is not an event.
    #[error("line {line} is not an event: {message}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// Why.
        message: String,
    },
    /// No event at all.
    #[error("there is no event in it")]
    Empty,
}

impl RunFileError {
    /// Whether the file may well be something else than a run: an archive without events, or a packed file of another kind.
    pub fn is_other_content(&self) -> bool {
        matches!(
            self,
            RunFileError::NoEvents
                | RunFileError::Archive(_)
                | RunFileError::Empty
                | RunFileError::Line { line: 1, .. }
        )
    }
}

/// A run as files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFiles {
    /// The lines of `events.jsonl`, each with its end.
    pub events: String,
    /// The others, by name.
    pub others: BTreeMap<String, Vec<u8>>,
    /// Others that could not be read, and why.
    pub left_out: Vec<String>,
}

impl RunFiles {
    /// Takes up what an event leaves; whether who writes them seldom should do so now. A checkpoint that cannot be written is not kept.
    pub fn take(&mut self, timed: &Timed) -> bool {
        let mut due = false;
        for write in writes(timed) {
            due |= matches!(write, Write::Checkpoint(_) | Write::Close);
            match write {
                Write::Line(line) => self.events.push_str(&line),
                Write::File(name, text) => {
                    self.others.insert(name.to_owned(), text.into_bytes());
                }
                Write::Checkpoint(state) => self.keep(state),
                Write::Close => {}
            }
        }
        due
    }

    fn keep(&mut self, state: &Checkpoint) {
        let Ok(bytes) = state.to_bytes() else { return };
        for name in names_of(state) {
            self.others.insert(name, bytes.clone());
        }
        let oldest = self.checkpoints().into_iter().rev().skip(KEPT);
        for name in oldest.map(|(_, name)| name.to_owned()).collect::<Vec<_>>() {
            self.others.remove(&name);
        }
    }

    /// The checkpoints by their numbers, the newest last.
    fn checkpoints(&self) -> Vec<(u64, &str)> {
        let names = self.others.keys();
        let mut found: Vec<_> = names
            .filter_map(|name| Some((checkpoint_number(name)?, name.as_str())))
            .collect();
        found.sort_unstable();
        found
    }

    /// The newest state to go on from that is not ahead of the lines, where the run is not finished.
    pub fn checkpoint(&self) -> Option<&[u8]> {
        if is_finished(&self.events) {
            return None;
        }
        let lines = self.events.lines().count() as u64;
        let checkpoints = self.checkpoints();
        let (_, newest) = checkpoints.iter().rfind(|(number, _)| *number <= lines)?;
        self.others.get(*newest).map(Vec::as_slice)
    }

    /// Whether bytes look like a run: an archive, or lines of events.
    pub fn recognises(bytes: &[u8]) -> bool {
        bytes.starts_with(b"PK\x03\x04")
            || bytes.starts_with(b"\x1f\x8b")
            || bytes.starts_with(b"{\"seconds\"")
    }

    /// A run and its events from a zip that holds `events.jsonl`, from that file, or from that file through gzip. A last line that
    /// a killed process left unfinished is left out.
    ///
    /// # Errors
    /// [`RunFileError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Vec<Timed>), RunFileError> {
        let mut room = LARGEST;
        if bytes.starts_with(b"\x1f\x8b") {
            return Self::of(read_capped(flate2::read::GzDecoder::new(bytes), &mut room)?);
        }
        if !bytes.starts_with(b"PK\x03\x04") {
            return Self::of(read_capped(bytes, &mut room)?);
        }
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(archive)?;
        let path = zip
            .file_names()
            .find(|name| *name == EVENTS || name.ends_with("/events.jsonl"))
            .ok_or(RunFileError::NoEvents)?
            .to_owned();
        let lines = zip.by_name(&path).map_err(archive)?;
        let (mut files, said) = Self::of(read_capped(lines, &mut room)?)?;
        let folder = path.strip_suffix(EVENTS).unwrap_or_default();
        let own = |full: &str| full.strip_prefix(folder).is_some_and(is_of_run);
        let names: Vec<String> = zip
            .file_names()
            .filter(|full| own(full))
            .map(str::to_owned)
            .collect();
        for full in names {
            let name = full[folder.len()..].to_owned();
            let read = zip.by_name(&full).map_err(archive);
            let read = read.and_then(|file| read_capped(file, &mut room));
            let checked = read.map_err(|error| error.to_string()).and_then(|bytes| {
                check_state(&name, &bytes)?;
                Ok(bytes)
            });
            match checked {
                Ok(bytes) => drop(files.others.insert(name, bytes)),
                Err(why) => files.left_out.push(format!("{name}: {why}")),
            }
        }
        Ok((files, said))
    }

    /// From the lines alone: with the files that follow from them.
    fn of(bytes: Vec<u8>) -> Result<(Self, Vec<Timed>), RunFileError> {
        let (events, said) = whole_lines(bytes)?;
        let mut files = Self {
            events,
            ..Self::default()
        };
        for write in said.iter().flat_map(|timed| follows(&timed.event)) {
            if let Write::File(name, text) = write {
                files.others.insert(name.to_owned(), text.into_bytes());
            }
        }
        Ok((files, said))
    }

    /// The files as a zip, in a folder of that name.
    ///
    /// # Errors
    /// [`RunFileError::Archive`]: the files are too large for an archive.
    pub fn to_zip(&self, folder: &str) -> Result<Vec<u8>, RunFileError> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = |name: &str| {
            // Weights do not get smaller, and a window waits.
            let method = match name.ends_with(".safetensors") {
                true => zip::CompressionMethod::Stored,
                false => zip::CompressionMethod::Deflated,
            };
            zip::write::SimpleFileOptions::default().compression_method(method)
        };
        let others = self
            .others
            .iter()
            .map(|(name, bytes)| (name.as_str(), &bytes[..]));
        for (name, content) in std::iter::once((EVENTS, self.events.as_bytes())).chain(others) {
            zip.start_file(format!("{folder}/{name}"), options(name))
                .map_err(archive)?;
            zip.write_all(content).map_err(archive)?;
        }
        Ok(zip.finish().map_err(archive)?.into_inner())
    }
}

fn archive(error: impl std::fmt::Display) -> RunFileError {
    RunFileError::Archive(error.to_string())
}

/// Refuses a checkpoint from outside that is damaged, or another than its name says.
fn check_state(name: &str, bytes: &[u8]) -> Result<(), String> {
    let Some(number) = checkpoint_number(name) else {
        return Ok(());
    };
    let state = Checkpoint::from_bytes(bytes).map_err(|error| error.to_string())?;
    match state.position.events == number {
        true => Ok(()),
        false => Err(format!("it follows {} lines", state.position.events)),
    }
}

/// Whether the last of these lines is that of a finished run.
fn is_finished(events: &str) -> bool {
    let last = events.lines().next_back().unwrap_or_default();
    let timed = serde_json::from_str(last);
    matches!(
        timed,
        Ok(Timed {
            event: Event::Finished,
            ..
        })
    )
}

/// The lines that are whole, and what they say.
fn whole_lines(mut bytes: Vec<u8>) -> Result<(String, Vec<Timed>), RunFileError> {
    let lines = read_lines(&bytes[..]).map_err(archive)?;
    let line = lines.events.len() + 1;
    if let Some(message) = lines.damage {
        return Err(RunFileError::Line { line, message });
    }
    bytes.truncate(lines.ends.last().map_or(0, |end| *end as usize));
    let text = String::from_utf8(bytes).map_err(archive)?;
    let mut text = text.trim_start_matches('\u{feff}').to_owned();
    if lines.events.is_empty() {
        return Err(RunFileError::Empty);
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok((text, lines.events))
}

fn read_capped(reader: impl Read, room: &mut u64) -> Result<Vec<u8>, RunFileError> {
    let mut bytes = Vec::new();
    reader
        .take(*room + 1)
        .read_to_end(&mut bytes)
        .map_err(archive)?;
    *room = room
        .checked_sub(bytes.len() as u64)
        .ok_or(RunFileError::TooLarge)?;
    Ok(bytes)
}
