//! A run as files in memory: what the browser keeps, what the window shows, and what a zip holds.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write as _};

use super::event_lines::{Fault, read_lines};
use super::tape::{
    EVENTS, KEPT, NETWORK_FILE, SUPERNET_FILE, Write, checkpoint_number, follows, is_of_run,
    names_of, writes,
};
use crate::session::{Checkpoint, Event, Timed, TrainedNetwork};

/// Most bytes of a run that are read.
pub(super) const LARGEST: u64 = 1 << 30;

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
    /// The archive is of a run, whose events cannot be unpacked.
    #[error("{0} in it is damaged ({1}), so that nothing can be shown; get the archive anew")]
    Events(String, String),
    /// Already the first line is no event.
    #[error("line 1: {0}")]
    Line(Fault),
    /// No event at all.
    #[error("there is no event in it: the run has not begun")]
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
                | RunFileError::Line(_)
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
    /// What a person must know who is shown the events: where they are damaged, or that a newer Plateau wrote them.
    pub warning: Option<String>,
}

impl RunFiles {
    /// Takes up what an event leaves; whether who writes them seldom should do so now. A checkpoint that cannot be written is not kept.
    pub fn take(&mut self, timed: &Timed) -> bool {
        let mut due = false;
        for write in writes(timed) {
            due |= matches!(
                write,
                Write::Checkpoint(_) | Write::Network(_) | Write::Close
            );
            match write {
                Write::Line(line) => self.events.push_str(&line),
                Write::File(name, text) => {
                    self.others.insert(name.to_owned(), text.into_bytes());
                }
                Write::Checkpoint(state) => self.keep(state),
                Write::Network(network) => {
                    // One that is too large to be read is not kept.
                    if let Ok(bytes) = network.to_bytes() {
                        self.others.insert(NETWORK_FILE.to_owned(), bytes);
                    }
                }
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

    /// The state whose supernet scores architectures: that of the end of the search, or the newest other.
    pub fn supernet(&self) -> Option<Checkpoint> {
        let of_search = self.others.get(SUPERNET_FILE).into_iter();
        let others = self.checkpoints().into_iter().rev();
        let others = others.filter_map(|(_, name)| self.others.get(name));
        // What is damaged was left out, and said.
        let states = of_search.chain(others);
        let mut states = states.filter_map(|bytes| Checkpoint::from_bytes(bytes).ok());
        states.find(Checkpoint::has_supernet)
    }

    /// What the run has trained, where it kept that; one that is damaged was left out, and said.
    pub fn network(&self) -> Option<TrainedNetwork> {
        TrainedNetwork::from_bytes(self.others.get(NETWORK_FILE)?).ok()
    }

    /// Whether bytes look like a run: an archive, or lines of events.
    pub fn recognises(bytes: &[u8]) -> bool {
        bytes.starts_with(b"PK\x03\x04")
            || bytes.starts_with(b"\x1f\x8b")
            || bytes.starts_with(b"{\"seconds\"")
    }

    /// A run and its events from a zip that holds `events.jsonl`, from that file, or from that file through gzip. A last line that
    /// a killed process left unfinished is left out, and so is a line that is no event with all after it: [`RunFiles::warning`] says so.
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
        let is_log = |name: &str| name == EVENTS || name.ends_with(&format!("/{EVENTS}"));
        let logs = zip.file_names().filter(|name| is_log(name));
        let mut logs = logs.map(str::to_owned);
        let path = logs.next().ok_or(RunFileError::NoEvents)?;
        let others: Vec<String> = logs.collect();
        let damaged = |error: RunFileError| match error {
            RunFileError::Archive(why) => RunFileError::Events(path.clone(), why),
            error => error,
        };
        let lines = zip.by_name(&path).map_err(archive);
        let lines = lines.and_then(|lines| read_capped(lines, &mut room));
        let (mut files, said) = Self::of(lines.map_err(damaged)?)?;
        let others = others.iter().map(|other| format!("{other}: another run"));
        files.left_out.extend(others);
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
            let read = read.map_err(|error| match error {
                RunFileError::Archive(why) => format!("it is damaged ({why})"),
                error => error.to_string(),
            });
            let checked = read.and_then(|bytes| {
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
        let (mut files, said) = whole_lines(bytes)?;
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
        let others = self
            .others
            .iter()
            .map(|(name, bytes)| (name.as_str(), &bytes[..]));
        zipped(
            folder,
            std::iter::once((EVENTS, self.events.as_bytes())).chain(others),
        )
    }
}

/// Files by their names as a zip, in a folder of that name.
///
/// # Errors
/// [`RunFileError::Archive`]: the files are too large for an archive.
pub fn zipped<'a>(
    folder: &str,
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Result<Vec<u8>, RunFileError> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        // Weights do not get smaller, and a window waits.
        let method = match name.ends_with(".safetensors") {
            true => zip::CompressionMethod::Stored,
            false => zip::CompressionMethod::Deflated,
        };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        zip.start_file(format!("{folder}/{name}"), options)
            .map_err(archive)?;
        zip.write_all(content).map_err(archive)?;
    }
    Ok(zip.finish().map_err(archive)?.into_inner())
}

fn archive(error: impl std::fmt::Display) -> RunFileError {
    RunFileError::Archive(error.to_string())
}

/// Refuses a checkpoint from outside that is damaged, or another than its name says, and a damaged network.
fn check_state(name: &str, bytes: &[u8]) -> Result<(), String> {
    if name == NETWORK_FILE {
        let read = TrainedNetwork::from_bytes(bytes);
        return read.map(drop).map_err(|error| error.to_string());
    }
    let number = checkpoint_number(name);
    if number.is_none() && name != SUPERNET_FILE {
        return Ok(());
    }
    let state = Checkpoint::from_bytes(bytes).map_err(|error| error.to_string())?;
    match number.is_none_or(|number| state.position.events == number) {
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
fn whole_lines(mut bytes: Vec<u8>) -> Result<(RunFiles, Vec<Timed>), RunFileError> {
    let mut lines = read_lines(&bytes[..]).map_err(archive)?;
    if lines.events.is_empty() {
        let fault = lines.damage.take();
        return Err(fault.map_or(RunFileError::Empty, RunFileError::Line));
    }
    let warning = lines.warning();
    bytes.truncate(lines.ends.last().map_or(0, |end| *end as usize));
    let text = String::from_utf8(bytes).map_err(archive)?;
    let mut events = text.trim_start_matches('\u{feff}').to_owned();
    if !events.ends_with('\n') {
        events.push('\n');
    }
    let files = RunFiles {
        events,
        warning,
        ..RunFiles::default()
    };
    Ok((files, lines.events))
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
