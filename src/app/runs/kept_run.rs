//! A run that is kept, and what the window and the keeper of runs say to each other.

use std::time::SystemTime;

use super::supernet::JudgeOf;
use crate::record::RunFiles;
use crate::session::Checkpoint;

/// A run that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRun {
    /// What it is called where it is kept.
    pub name: String,
    /// Whether it has not reached its end and has a checkpoint.
    pub can_go_on: bool,
    /// When it was recorded last; a browser does not know.
    pub changed: Option<SystemTime>,
}

impl KeptRun {
    /// The newest that can go on; of runs without a time, the last.
    pub fn newest_unfinished(runs: &[Self]) -> Option<&Self> {
        let unfinished = runs.iter().filter(|run| run.can_go_on);
        unfinished.max_by_key(|run| run.changed)
    }
}

/// What the window asks the keeper of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Which runs there are.
    List,
    /// The events of a run.
    Open(String),
    /// Let the session go on with a run from its checkpoint.
    GoOn(String),
    /// The files of a run.
    Files(String),
    /// The weights of a supernet.
    Supernet(Wanted),
    /// Keep a run that was opened from a file, by its name, where it could not be opened again or gone on with otherwise.
    Keep(String, RunFiles),
    /// Forget a run.
    #[cfg(target_arch = "wasm32")]
    Remove(String),
}

/// A supernet that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// That of a run by its name.
    Run(String),
    /// The newest finished judge.
    Judge(JudgeOf),
}

/// What the keeper answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// All runs, or why they cannot be listed.
    Listed(Result<Vec<KeptRun>, String>),
    /// A run's events.
    Opened {
        /// Its name.
        run: KeptRun,
        /// The lines of its `events.jsonl`.
        events: String,
    },
    /// A run's files.
    Files {
        /// Its name.
        name: String,
        /// Its files, or why they cannot be read; its events may end before those that the window has heard.
        files: Result<RunFiles, String>,
    },
    /// The weights of a supernet; none: nothing of the kind is kept.
    Supernet {
        /// Which one.
        wanted: Wanted,
        /// The state that has them, or why it cannot be read.
        found: Result<Option<Box<Checkpoint>>, String>,
    },
    /// A run that was opened from the file of that name is kept.
    Kept(String, KeptRun),
    /// The session goes on with a run.
    GoesOn {
        /// Its name.
        name: String,
        /// What it had said before the state that it goes on from.
        events: String,
    },
    /// It could not be done, and why.
    Failed(String),
}

/// The last part of a path.
pub fn name_of(path: &std::path::Path) -> String {
    path.file_name()
        .map_or_else(|| "file".into(), |name| name.to_string_lossy().into_owned())
}
