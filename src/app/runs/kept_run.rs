//! A run that is kept, and what the window and the keeper of runs say to each other.

use web_time::SystemTime;

use super::link::Seat;
use super::recording::Recording;
use super::supernet::JudgeOf;
use crate::record::{Digest, RunFiles, RunView};
use crate::session::{Checkpoint, RunConfig, Start, TrainedNetwork};

/// A run that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRun {
    /// What it is called where it is kept.
    pub name: String,
    /// Whether it has not reached its end and has a checkpoint that can be read.
    pub can_go_on: bool,
    /// Why it cannot, where it has not reached its end and has checkpoints.
    pub stuck: Option<String>,
    /// When it was recorded last, where that is known.
    pub changed: Option<SystemTime>,
    /// The run that raced with it, where it names one; it need not be there any more.
    pub rival: Option<String>,
}

impl KeptRun {
    /// The newest that can go on; of runs without a time, the last.
    pub fn newest_unfinished(runs: &[Self]) -> Option<&Self> {
        let unfinished = runs.iter().filter(|run| run.can_go_on);
        unfinished.max_by_key(|run| run.changed)
    }

    /// The newest whose rival is kept, too, unless it can go on.
    pub fn newest_raced(runs: &[Self]) -> Option<&Self> {
        let is_kept = |name: &String| runs.iter().any(|run| run.name == *name);
        let raced = |run: &&Self| run.rival.as_ref().is_some_and(is_kept);
        let newest = runs.iter().filter(raced).max_by_key(|run| run.changed);
        newest.filter(|run| !run.can_go_on)
    }
}

/// What the window asks the keeper of runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Which runs there are.
    List,
    /// The events of a run.
    Open(String),
    /// Let the session of a seat go on with a run from its checkpoint.
    GoOn(String, Seat),
    /// The newest run of just these settings that can go on.
    Interrupted(Box<RunConfig>),
    /// The run that raced with one.
    Rival(String),
    /// Two runs race: each shall name the other.
    Pair([String; 2]),
    /// The files of a run.
    Files(String),
    /// The weights of a supernet.
    Supernet(Wanted),
    /// What a run has trained.
    Network(String),
    /// A run in short.
    Describe(String),
    /// The whole run, to be seen beside others.
    Beside(String),
    /// Keep a run that was opened from a file, by its name, where it could not be opened again or gone on with otherwise.
    Keep(String, RunFiles),
    /// Forget a run.
    #[cfg(target_arch = "wasm32")]
    Remove(String),
}

impl Ask {
    /// What is answered where it cannot be done.
    pub fn refusal(&self) -> impl Fn(String) -> Answer + use<> {
        let goes_on = match self {
            Self::GoOn(_, seat) => Some(*seat),
            _ => None,
        };
        move |why| match goes_on {
            Some(seat) => Answer::CannotGoOn(seat, why),
            None => Answer::Failed(why),
        }
    }
}

/// A supernet that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// That of a run by its name.
    Run(String),
    /// The newest finished judge.
    Judge(JudgeOf),
}

/// A state with a supernet, and what a person must know of it.
pub type FoundSupernet = Result<(Option<Box<Checkpoint>>, Option<String>), String>;

/// What the keeper answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// All runs, or why they cannot be listed.
    Listed(Result<Vec<KeptRun>, String>),
    /// A run's events.
    Opened {
        /// Its name.
        run: KeptRun,
        /// Its `events.jsonl`.
        events: Vec<u8>,
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
        found: FoundSupernet,
    },
    /// What a run has trained.
    Network {
        /// Its name.
        name: String,
        /// The network; none: it has kept none. Or why it cannot be read.
        found: Result<Option<Box<TrainedNetwork>>, String>,
    },
    /// A run that was opened from the file of that name is kept.
    Kept(String, KeptRun),
    /// A run in short, or why it cannot be read.
    Described {
        /// Its name.
        name: String,
        /// What the list shows of it.
        digest: Result<Box<Digest>, String>,
    },
    /// A whole run, to be seen beside others.
    Beside(Box<RunView>),
    /// The session of a seat can go on with a run.
    GoesOn {
        /// Whose session.
        seat: Seat,
        /// The run's name.
        name: String,
        /// What it had said before the state that it goes on from.
        events: String,
        /// What a person must know of it.
        notes: Vec<String>,
        /// What the window sends to the session for it; none: the session has it.
        start: Option<Box<Start>>,
    },
    /// The session of a seat cannot go on with a run, and why.
    CannotGoOn(Seat, String),
    /// The newest run of these settings that can go on, by its name; none: there is none.
    Interrupted(Box<RunConfig>, Option<String>),
    /// The run that raced with one.
    Rival {
        /// That one.
        of: String,
        /// The other and its events; none: it raced with nobody. Or why the other cannot be had.
        rival: Result<Option<(KeptRun, Vec<u8>)>, String>,
    },
    /// Something else could not be done, and why.
    Failed(String),
}

/// The answer about a run in short, from its events.
pub fn described(name: String, events: Result<Vec<u8>, String>) -> Answer {
    let digest = events.and_then(|events| {
        let recording = Recording::from_bytes(&events).map_err(|error| error.to_string())?;
        let digest = Digest::of(&recording.view(&name));
        digest.map(Box::new).ok_or("it has not begun".to_owned())
    });
    Answer::Described { name, digest }
}

/// Whether events are those of a run with just these settings.
#[cfg(target_arch = "wasm32")]
pub fn is_of(config: &RunConfig, events: &[u8]) -> bool {
    let recording = Recording::from_bytes(events);
    recording.is_ok_and(|run| run.view("").config.as_ref() == Some(config))
}

/// A whole run, from its events.
///
/// # Errors
/// Why the events cannot be read.
pub fn beside(name: &str, events: &[u8]) -> Result<Answer, String> {
    let recording = Recording::from_bytes(events);
    let recording = recording.map_err(|error| format!("{name}: {error}"))?;
    Ok(Answer::Beside(Box::new(recording.view(name))))
}

/// The last part of a path.
pub fn name_of(path: &std::path::Path) -> String {
    path.file_name()
        .map_or_else(|| "file".into(), |name| name.to_string_lossy().into_owned())
}
