//! A run folder whose run was interrupted: whether it can go on, and from where.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::checkpoints::{StoreError, glance, load, saved};
use super::event_lines::{Fault, Lines, MAX_LINE, newer_settings, read_lines};
use super::recorder::{LOCK, Lock, RecordError, Recorder, lock, write_error};
use super::run_folder::{is_absent, read_error, read_file};
use super::tape::EVENTS;
use crate::session::{Checkpoint, Event, RunConfig, Timed};

/// Bytes at the end of `events.jsonl` in which its last line is looked for.
const TAIL: u64 = 4096;
/// Most bytes of `config.json` that are read.
const MAX_CONFIG: u64 = 1 << 20;

/// A run that can go on.
pub struct Interrupted {
    /// What runs.
    pub config: RunConfig,
    /// SHA-256 of its data set.
    pub hash: String,
    /// The state to go on from; none where the run was interrupted before its first checkpoint: then it starts again.
    pub from: Option<Checkpoint>,
    /// What was said before that state.
    pub events: Vec<Timed>,
    /// Newer checkpoints that are damaged.
    pub refused: Vec<StoreError>,
    /// What comes after that state.
    pub tail: Tail,
}

/// What a run folder holds beyond the state that the run goes on from. The folder is locked while this lives.
pub struct Tail {
    folder: PathBuf,
    lock: Lock,
    /// Bytes of `events.jsonl` that stand.
    length: u64,
    /// Whether the last line that stands lacks its end.
    open: bool,
    checkpoints: Vec<PathBuf>,
}

impl Tail {
    /// Takes it back, since the run will say and save it again.
    pub fn cut(self) -> Result<Recorder, RecordError> {
        for file in &self.checkpoints {
            fs::remove_file(file).map_err(write_error(file))?;
        }
        Recorder::append_to(self.folder, self.lock, self.length, self.open)
    }
}

impl Interrupted {
    /// What a person must know before the run goes on, each without a full stop.
    pub fn notes(&self) -> Vec<String> {
        let refused = self.refused.iter();
        let mut notes: Vec<String> = refused
            .map(|error| format!("{error}; the checkpoint before it is used"))
            .collect();
        if self.from.is_none() {
            let folder = self.tail.folder.display();
            notes.push(format!("{folder} has no checkpoint; its run starts again"));
        }
        notes
    }
}

impl Recorder {
    /// Opens a run that was interrupted, at its newest checkpoint that is whole. Changes nothing in the folder but its lock:
    /// [`Tail::cut`] does.
    ///
    /// # Errors
    /// [`RecordError::NotResumable`] for a run that is finished, has not begun, or is of a newer Plateau; [`RecordError::Locked`] while another
    /// process records into the folder; [`RecordError::NoCheckpoint`] where there are checkpoints, but none that can be used;
    /// [`RecordError::Line`] for a line before every checkpoint that is not an event, and for any that a newer Plateau wrote.
    pub fn interrupted(folder: &Path) -> Result<Interrupted, RecordError> {
        let path = folder.join(EVENTS);
        check_there(folder, &path)?;
        let lock = lock(folder).map_err(|error| match error {
            // Another folder is no help here.
            RecordError::Create { path, source } => RecordError::Write { path, source },
            error => error,
        })?;
        let (lines, damage) = read_file(&path)?;
        let newer = |error: &RecordError| {
            let RecordError::Line { fault, .. } = error else {
                return false;
            };
            matches!(fault, Fault::Newer(_))
        };
        let damage = match damage {
            // Cutting it off would lose what is not understood here.
            Some(error) if newer(&error) => return Err(error),
            damage => damage,
        };
        let begun = lines.events.first().map(|timed| &timed.event);
        let (config, hash) = match begun {
            Some(Event::Started {
                config, dataset, ..
            }) => (RunConfig::clone(config), dataset.hash.clone()),
            _ => {
                let not_begun = || refused(folder, "its run has not begun; start it anew");
                return Err(damage.unwrap_or_else(not_begun));
            }
        };
        if let Some(what) = of_newer(folder, &lines) {
            return Err(refused(folder, &what));
        }
        let last = lines.events.last().map(|timed| &timed.event);
        if matches!(last, Some(Event::Finished)) {
            return Err(refused(folder, "its run is finished"));
        }
        let mut found = Newest::of(folder, lines.ends.len() as u64)?;
        let kept = match &found.checkpoint {
            // Not more than there are lines, as was asked for.
            Some(from) => from.position.events as usize,
            None => match (found.refused.drain(..).next(), damage) {
                (Some(error), _) => return Err(RecordError::NoCheckpoint(error)),
                (None, Some(error)) => return Err(error),
                (None, None) => 0,
            },
        };
        let mut events = lines.events;
        events.truncate(kept);
        Ok(Interrupted {
            config,
            hash,
            from: found.checkpoint,
            events,
            refused: found.refused,
            tail: Tail {
                folder: folder.to_path_buf(),
                lock,
                length: kept.checked_sub(1).map_or(0, |last| lines.ends[last]),
                open: lines.open && kept == lines.ends.len(),
                checkpoints: found.passed_over,
            },
        })
    }
}

fn refused(folder: &Path, reason: &str) -> RecordError {
    RecordError::NotResumable {
        folder: folder.to_path_buf(),
        reason: reason.to_owned(),
    }
}

/// Refuses a folder without events.
fn check_there(folder: &Path, events: &Path) -> Result<(), RecordError> {
    match events.symlink_metadata() {
        Ok(_) => Ok(()),
        Err(error) if !is_absent(&error) => Err(read_error(events)(error)),
        Err(_) if folder.is_file() => {
            Err(refused(folder, "it is a file; name the folder of the run"))
        }
        Err(_) if folder.is_symlink() && !folder.exists() => {
            Err(refused(folder, "it is a link that leads nowhere"))
        }
        Err(_) if !folder.exists() => Err(refused(folder, "there is no such run folder")),
        Err(_) => Err(refused(folder, "it holds no run")),
    }
}

/// What says that a newer Plateau wrote a run: its events, or the `config.json` beside them.
fn of_newer(folder: &Path, lines: &Lines) -> Option<String> {
    let in_events = || match (&lines.damage, &lines.newer) {
        (Some(Fault::Newer(what)), _) | (_, Some(what)) => Some(what.clone()),
        _ => None,
    };
    let in_config = || {
        let path = folder.join("config.json");
        let mut bytes = Vec::new();
        // It follows from the events; one that cannot be read is none.
        let file = File::open(path.is_file().then_some(&path)?).ok()?;
        file.take(MAX_CONFIG).read_to_end(&mut bytes).ok()?;
        let file: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
        newer_settings(file["config"]["version"].as_u64())
    };
    let what = in_events().or_else(in_config)?;
    Some(format!(
        "a newer Plateau wrote it ({what}); go on with it in that version"
    ))
}

/// The newest checkpoint that is whole and not ahead of the events.
#[derive(Default)]
struct Newest {
    checkpoint: Option<Checkpoint>,
    /// Newer ones that are damaged.
    refused: Vec<StoreError>,
    /// The files of all newer ones.
    passed_over: Vec<PathBuf>,
}

impl Newest {
    fn of(folder: &Path, lines: u64) -> Result<Self, RecordError> {
        let mut found = Self::default();
        for (_, file) in saved(folder)? {
            match load(&file) {
                Ok(checkpoint) if checkpoint.position.events <= lines => {
                    found.checkpoint = Some(checkpoint);
                    break;
                }
                // The events that it follows were lost.
                Ok(_) => {}
                Err(error) if error.is_damage() => found.refused.push(error),
                Err(error) => return Err(error.into()),
            }
            found.passed_over.push(file);
        }
        Ok(found)
    }
}

/// Whether a run folder can go on, by a glance: it has a checkpoint, nobody records into it, and its last event is not the last of a run.
/// `read`: its events, where they were read.
///
/// # Errors
/// Why an interrupted run with checkpoints cannot go on.
pub fn can_go_on(folder: &Path, read: Option<&Lines>) -> Result<bool, String> {
    let finished = |line: String| line.contains("\"event\":\"finished\"");
    if last_line(folder).map_or(true, finished) || is_held(folder) {
        return Ok(false);
    }
    let checkpoints = saved(folder).unwrap_or_default();
    if checkpoints.is_empty() {
        return Ok(false);
    }
    let first;
    let lines = match read {
        Some(lines) => lines,
        None => {
            first = first_line(folder).unwrap_or_default();
            &first
        }
    };
    if let Some(what) = of_newer(folder, lines) {
        return Err(what);
    }
    let damaged = read.filter(|lines| lines.damage.is_some());
    let standing = damaged.map_or(u64::MAX, |lines| lines.ends.len() as u64);
    let mut newest = None;
    for (number, path) in checkpoints {
        match glance(&path) {
            Ok(_) if number <= standing => return Ok(true),
            Ok(_) => {}
            Err(error) if error.is_damage() => {
                newest.get_or_insert(error);
            }
            // Nothing is passed over that another version may need.
            Err(error) => return Err(error.to_string()),
        }
    }
    Err(newest.map_or_else(
        || "its events are damaged before every checkpoint".to_owned(),
        |error| RecordError::NoCheckpoint(error).to_string(),
    ))
}

/// Whether somebody records into a run folder now.
fn is_held(folder: &Path) -> bool {
    // Where nobody ever did, no file is made for the question.
    folder.join(LOCK).exists() && matches!(lock(folder), Err(RecordError::Locked(_)))
}

/// The events of a run folder, where they are a file.
fn events_of(folder: &Path) -> io::Result<File> {
    let path = folder.join(EVENTS);
    match path.is_file() {
        true => File::open(path),
        false => Err(ErrorKind::NotFound.into()),
    }
}

fn last_line(folder: &Path) -> io::Result<String> {
    let mut file = events_of(folder)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let tail = String::from_utf8_lossy(&tail);
    Ok(tail.lines().next_back().unwrap_or_default().to_owned())
}

fn first_line(folder: &Path) -> io::Result<Lines> {
    let mut line = Vec::new();
    let mut file = BufReader::new(events_of(folder)?).take(MAX_LINE);
    file.read_until(b'\n', &mut line)?;
    read_lines(&line[..])
}
