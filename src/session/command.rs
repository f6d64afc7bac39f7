//! What a person can ask of a session.

use serde::{Deserialize, Serialize};

use super::checkpoint::{Checkpoint, CheckpointEvery};
use super::config::RunConfig;
use super::device_choice::DeviceChoice;
use super::trained_network::TrainedNetwork;
use crate::space::Genotype;

/// A request to the session. It is taken up between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Starts a run. One run goes at a time; a second start is answered with a failure and changes nothing.
    Start(Box<Start>),
    /// Holds before the next step.
    Pause,
    /// Goes on.
    Resume,
    /// Takes exactly one step and holds again.
    Step,
    /// Ends the run after the current step; what was found so far is kept.
    Stop,
    /// Scores genotypes with the supernet's weights of the search that runs, or of the last one. Answered by
    /// [`Event::Scored`](super::Event::Scored), the newest request of each asker (see [`ASKER`]), or by [`Event::Refused`](super::Event::Refused) where there is no supernet.
    Score {
        /// Comes back in the answer.
        request: u64,
        /// Of the supernet's space.
        genotypes: Vec<Genotype>,
    },
    /// Takes up the supernet of a saved search, to score with it until the next start. Answered by
    /// [`Event::SupernetOpened`](super::Event::SupernetOpened), or by [`Event::Refused`](super::Event::Refused) where the checkpoint
    /// has none or a run is going on.
    Open {
        /// Of a search: `supernet.safetensors` of its run folder.
        checkpoint: Box<Checkpoint>,
    },
    /// Reads a data set from files that have no path here, so that runs can name it. Answered by
    /// [`Event::DataAdded`](super::Event::DataAdded), or by [`Event::Refused`](super::Event::Refused) with what is wrong with them.
    AddData {
        /// What runs call it.
        name: String,
        /// Names and contents.
        files: Vec<DataFile>,
    },
    /// Asks a trained network what images show. Answered by [`Event::Classified`](super::Event::Classified), also while a run is going on.
    Classify {
        /// Comes back in the answer.
        request: u64,
        /// Which network.
        network: Box<TrainedNetwork>,
        /// `[images, channels, height, width]`, as the network takes them; base64 where a command is text.
        #[serde(with = "super::as_base64")]
        images: Vec<u8>,
    },
    /// Opens a device and runs every kernel against known numbers. Answered by
    /// [`Event::DeviceChecked`](super::Event::DeviceChecked), or by [`Event::Refused`](super::Event::Refused) while a run is
    /// going on.
    CheckDevice {
        /// Which one.
        device: DeviceChoice,
    },
    /// Takes the first step of a run and forgets it, so that a GPU has compiled what the run will need before it is started.
    /// Nothing answers, whatever comes of it, and nothing is done while a run is going on.
    Rehearse {
        /// Of the run.
        config: Box<RunConfig>,
    },
}

impl Command {
    /// Whether it holds, steps or ends the run that goes on.
    pub fn is_for_run(&self) -> bool {
        matches!(
            self,
            Command::Pause | Command::Resume | Command::Step | Command::Stop
        )
    }
}

/// Requests for scores below this number come from one asker, those below its double from another, and so on: a request takes the place of
/// an unfinished one of the same asker only.
pub const ASKER: u64 = 1 << 32;

/// What to run and from where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// What to run.
    pub config: RunConfig,
    /// When to hand out checkpoints; none: never.
    #[serde(default)]
    pub checkpoints: Option<CheckpointEvery>,
    /// Where to go on; none: at the beginning. The events that follow are those that an uninterrupted run would have said after
    /// this state, bit for bit.
    #[serde(default)]
    pub from: Option<Checkpoint>,
    /// What its clock showed there, seconds.
    #[serde(default)]
    pub seconds: f64,
}

impl Start {
    /// A run from its beginning, without checkpoints.
    pub fn new(config: RunConfig) -> Self {
        Self {
            config,
            checkpoints: None,
            from: None,
            seconds: 0.0,
        }
    }

    /// The same, with checkpoints.
    pub fn kept(config: RunConfig) -> Self {
        Self {
            checkpoints: Some(CheckpointEvery::default()),
            ..Self::new(config)
        }
    }
}

/// A file that is sent along with its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Its name; folders end with `/`.
    pub name: String,
    /// Its content; base64 where a command is text.
    #[serde(with = "super::as_base64")]
    pub bytes: Vec<u8>,
}
