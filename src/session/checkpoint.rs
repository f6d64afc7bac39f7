//! The state of a run in one file, so that it goes on bit for bit after whatever interrupted it.
//!
//! The file is a sealed safetensors file (`tensor_file`), whose metadata say where the run stands ([`Position`]). No times are in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::as_base64;
use super::config::{RUN_VERSION, RunConfig};
use super::differences::differences;
use super::info::DeviceInfo;
use super::monitor::Watch;
use super::random::Purpose;
use super::tensor_file::{self, HostTensor, Limits, TensorFile, TensorFileError, UNSEALED};
use crate::json::problem;
use crate::space::Genotype;

/// The version of the file.
pub const CHECKPOINT_VERSION: u32 = 1;
/// The largest file that is read, bytes.
pub const MAX_CHECKPOINT_BYTES: u64 = 1 << 31;
/// The longest header that is read, bytes.
pub const MAX_HEADER_BYTES: u64 = 1 << 20;
const LIMITS: Limits = Limits {
    bytes: MAX_CHECKPOINT_BYTES,
    header: MAX_HEADER_BYTES,
    tensors: 64,
};
/// This version of Plateau.
const THIS: &str = env!("CARGO_PKG_VERSION");
/// The tensor of a search's weights.
const SUPERNET: &str = "supernet.weights";

/// When a run hands out checkpoints, besides at the end of every epoch and at a stop. Results do not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckpointEvery {
    /// After so many seconds.
    Seconds(u32),
    /// After so many steps.
    Steps(u32),
}

impl Default for CheckpointEvery {
    fn default() -> Self {
        CheckpointEvery::Seconds(30)
    }
}

/// The part of a run that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The architecture search.
    Search,
    /// Training the derived network from scratch.
    Train,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Phase::Search => "search",
            Phase::Train => "training",
        })
    }
}

/// Where a run stands: all of its state that is not a tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Version of Plateau.
    pub plateau: String,
    /// What runs.
    pub config: RunConfig,
    /// Where it runs.
    pub device: DeviceInfo,
    /// SHA-256 of the data set, as in the first event.
    pub dataset: String,
    /// Events said before: the lines of `events.jsonl` that stand.
    pub events: u64,
    /// Search or training.
    pub phase: Phase,
    /// Steps of the phase that are done.
    pub step: usize,
    /// Steps of the phase.
    pub steps: usize,
    /// What the search ended with, or what is trained; none while a search is under way.
    pub genotype: Option<Genotype>,
    /// Words drawn from each generator. Its seed and stream follow from the run's seed and the purpose.
    pub generators: BTreeMap<Purpose, u64>,
    /// Mini-batches drawn from each sampler. Its order follows from the run's seed and the purpose.
    pub batches: BTreeMap<Purpose, u64>,
    /// Steps that Adam has taken.
    pub adam_steps: u32,
    /// What a search was watched for.
    pub watch: Watch,
    /// Sums of loss and accuracy over the steps of the epoch so far (training only).
    pub totals: [f64; 2],
}

impl Position {
    /// The beginning of a run.
    pub fn start(config: &RunConfig, device: &DeviceInfo, dataset: &str) -> Self {
        Self {
            plateau: THIS.into(),
            config: config.clone(),
            device: device.clone(),
            dataset: dataset.into(),
            events: 0,
            phase: Phase::Search,
            step: 0,
            steps: 0,
            genotype: None,
            generators: BTreeMap::new(),
            batches: BTreeMap::new(),
            adam_steps: 0,
            watch: Watch::default(),
            totals: [0.0; 2],
        }
    }

    /// Whether a run that starts like `start` can go on from here bit for bit.
    ///
    /// # Errors
    /// What differs: the version, a setting, the data or the device.
    pub fn check(&self, start: &Position) -> Result<(), CheckpointError> {
        self.check_version()?;
        let differences = differences(&self.config, &start.config);
        if !differences.is_empty() {
            return Err(CheckpointError::Other(differences.join("; ")));
        }
        if self.dataset != start.dataset {
            return Err(CheckpointError::Images(self.config.dataset.clone()));
        }
        // The CPU computes the same whatever it is called and however many threads it has.
        let cpu = self.device.backend == "cpu" && start.device.backend == "cpu";
        if !cpu && self.device.name != start.device.name {
            return Err(CheckpointError::Other(format!(
                "it ran on {}, here it would run on {}, which rounds differently",
                self.device.name, start.device.name
            )));
        }
        Ok(())
    }

    /// Refuses what another version has written: its runs are not the same.
    fn check_version(&self) -> Result<(), CheckpointError> {
        match self.plateau == THIS {
            true => Ok(()),
            false => Err(CheckpointError::of_plateau(&self.plateau)),
        }
    }
}

/// The state of a run between two steps.
///
/// Tensors of a search: `supernet.weights`, `supernet.alpha`, `sgd.momentum`, `adam.first`, `adam.second`; of training:
/// `derived.weights`, `derived.statistics`, `sgd.momentum`. An optimizer that has not stepped yet has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Everything but the tensors.
    pub position: Position,
    /// By name.
    pub tensors: BTreeMap<String, HostTensor>,
}

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CheckpointError {
    /// The bytes are none.
    #[error("not a checkpoint: {0}")]
    Format(String),
    /// It was written whole and is not any more.
    #[error("the checkpoint is damaged: its checksum does not match")]
    Damaged,
    /// Another program wrote it.
    #[error("the checkpoint is of {found}, this is {expected}; use the version that wrote it")]
    Version {
        /// In the file.
        found: String,
        /// Here.
        expected: String,
    },
    /// The run would not be the same.
    #[error("the run cannot go on with another configuration: {0}")]
    Other(String),
    /// The data set of this name is not what it was.
    #[error("the images of {0} have changed since; bring back those that the run was on")]
    Images(String),
    /// A tensor that the run needs is missing or has another shape.
    #[error("the checkpoint does not fit the run: {0}")]
    Tensor(String),
}

impl CheckpointError {
    fn of_plateau(version: &str) -> Self {
        CheckpointError::Version {
            found: format!("Plateau {version}"),
            expected: format!("Plateau {THIS}"),
        }
    }
}

/// What the metadata holds; the sum comes first, so that its digits are the first such text of the file.
#[derive(Serialize, Deserialize)]
struct Metadata<P> {
    sha256: String,
    version: u32,
    position: P,
}

/// The key of the metadata.
const KEY: &str = "plateau";

impl Checkpoint {
    /// A state without tensors.
    pub fn new(position: Position) -> Self {
        Self {
            position,
            tensors: BTreeMap::new(),
        }
    }

    /// Words drawn for a purpose.
    ///
    /// # Errors
    /// [`CheckpointError::Tensor`] where the state has no such generator.
    pub fn drawn(&self, purpose: Purpose) -> Result<u64, CheckpointError> {
        get(&self.position.generators, purpose, "generator")
    }

    /// Mini-batches drawn for a purpose.
    ///
    /// # Errors
    /// [`CheckpointError::Tensor`] where the state has no such sampler.
    pub fn batches(&self, purpose: Purpose) -> Result<u64, CheckpointError> {
        get(&self.position.batches, purpose, "sampler")
    }

    /// Whether the search of the run is over in this state: what it holds is the final supernet.
    pub fn search_is_done(&self) -> bool {
        self.position.phase == Phase::Search && self.position.genotype.is_some()
    }

    /// Whether it has the weights of a search, which score architectures.
    pub fn has_supernet(&self) -> bool {
        self.tensors.contains_key(SUPERNET)
    }

    /// Whether every value is a number. A state with others must not take the place of a good one.
    pub fn is_finite(&self) -> bool {
        let mut values = self.tensors.values().flat_map(|tensor| &tensor.values);
        values.all(|value| value.is_finite())
    }

    /// The file.
    ///
    /// # Errors
    /// [`CheckpointError::Format`] where a tensor's values do not fill its shape, or the state exceeds what
    /// [`Checkpoint::from_bytes`] reads.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CheckpointError> {
        let metadata = Metadata {
            sha256: UNSEALED.to_owned(),
            version: CHECKPOINT_VERSION,
            position: &self.position,
        };
        let text = serde_json::to_string(&metadata)
            .map_err(|error| CheckpointError::Format(error.to_string()))?;
        Ok(tensor_file::to_bytes(KEY, text, &self.tensors, &LIMITS)?)
    }

    /// Reads a file and checks every byte of it.
    ///
    /// # Errors
    /// [`CheckpointError`] says what is wrong; nothing that was cut or changed is read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let file = TensorFile::open(bytes, &LIMITS)?;
        let state = State::of(&file)?;
        file.check_sum(&state.sealed.sha256)?;
        let position = state.position()?;
        let tensors = file.tensors(&LIMITS)?;
        Ok(Self { position, tensors })
    }

    /// Whether a run may go on from a file of so many bytes, as far as its beginning, up to its data, says: the data are not looked at.
    ///
    /// # Errors
    /// A file that was cut or is none; one of another version.
    pub fn glance(beginning: &[u8], size: u64) -> Result<Position, CheckpointError> {
        let file = TensorFile::open(beginning, &LIMITS)?;
        let position = State::of(&file)?.position()?;
        if size != file.size() {
            return Err(CheckpointError::Format("it was cut".into()));
        }
        position.check_version()?;
        Ok(position)
    }
}

/// The metadata of a file, of any version.
struct State<'a> {
    text: &'a str,
    sealed: Metadata<serde_json::Value>,
}

impl<'a> State<'a> {
    fn of(file: &'a TensorFile) -> Result<Self, CheckpointError> {
        let text = file
            .text(KEY)
            .ok_or(CheckpointError::Format("no state of Plateau in it".into()))?;
        let sealed = serde_json::from_str(text).map_err(tensor_file::header_error)?;
        Ok(State { text, sealed })
    }

    /// Where the run stands.
    fn position(&self) -> Result<Position, CheckpointError> {
        let version = self.sealed.version;
        if version != CHECKPOINT_VERSION {
            return Err(CheckpointError::Version {
                found: format!("format {version}"),
                expected: format!("format {CHECKPOINT_VERSION}"),
            });
        }
        // From the text again: a JSON value would not keep every number as it was written.
        let read = serde_json::from_str::<Metadata<Position>>(self.text);
        let position = read.map_err(|error| self.other_form(&error))?.position;
        let settings = position.config.version;
        match settings > RUN_VERSION {
            true => Err(CheckpointError::Version {
                found: format!("a newer Plateau (version {settings} of the settings)"),
                expected: format!("Plateau {THIS}"),
            }),
            false => Ok(position),
        }
    }

    /// Another version may have other fields.
    fn other_form(&self, error: &serde_json::Error) -> CheckpointError {
        match self.sealed.position["plateau"].as_str() {
            Some(version) if version != THIS => CheckpointError::of_plateau(version),
            _ => CheckpointError::Format(problem(error)),
        }
    }
}

impl From<TensorFileError> for CheckpointError {
    fn from(error: TensorFileError) -> Self {
        match error {
            TensorFileError::Format(reason) => CheckpointError::Format(reason),
            TensorFileError::Damaged => CheckpointError::Damaged,
        }
    }
}

fn get(map: &BTreeMap<Purpose, u64>, purpose: Purpose, kind: &str) -> Result<u64, CheckpointError> {
    map.get(&purpose)
        .copied()
        .ok_or_else(|| CheckpointError::Tensor(format!("the {kind} {purpose:?} is missing")))
}

/// As text: the file in Base64.
impl Serialize for Checkpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.to_bytes().map_err(serde::ser::Error::custom)?;
        as_base64::serialize(&bytes, serializer)
    }
}

impl<'de> Deserialize<'de> for Checkpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = as_base64::deserialize(deserializer)?;
        Self::from_bytes(&bytes).map_err(serde::de::Error::custom)
    }
}
