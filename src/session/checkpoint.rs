//! The state of a run in one file, so that it goes on bit for bit after whatever interrupted it.
//!
//! The file is a safetensors file: any reader of that format gets the tensors. Its metadata holds one JSON text, which says where
//! the run stands ([`Position`]) and has the SHA-256 of the whole file, taken with the digits of the sum itself as zeros: a file
//! that was cut or changed anywhere is refused. The same state gives the same bytes. No times are in it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, View};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::as_base64;
use super::config::RunConfig;
use super::differences::differences;
use super::info::DeviceInfo;
use super::monitor::Watch;
use super::random::Purpose;
use crate::space::Genotype;

/// The version of the file.
pub const CHECKPOINT_VERSION: u32 = 1;
/// The largest file that is read, bytes.
pub const MAX_CHECKPOINT_BYTES: u64 = 1 << 31;
const MAX_HEADER_BYTES: usize = 1 << 20;
const MAX_TENSORS: usize = 64;

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
            plateau: env!("CARGO_PKG_VERSION").into(),
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
        if self.plateau != start.plateau {
            return Err(CheckpointError::Version {
                found: format!("Plateau {}", self.plateau),
                expected: format!("Plateau {}", start.plateau),
            });
        }
        let differences = differences(&self.config, &start.config);
        if !differences.is_empty() {
            return Err(CheckpointError::Other(differences.join("; ")));
        }
        if self.dataset != start.dataset {
            let name = &self.config.dataset;
            return Err(CheckpointError::Other(format!(
                "the images of {name} have changed since"
            )));
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
}

/// A tensor of 32-bit floats on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct HostTensor {
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Its values in row-major order.
    pub values: Vec<f32>,
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
    /// A tensor that the run needs is missing or has another shape.
    #[error("the checkpoint does not fit the run: {0}")]
    Tensor(String),
}

/// What the metadata holds; the sum comes first, so that its digits are the first such text of the file.
#[derive(Serialize, Deserialize)]
struct Metadata<P> {
    sha256: String,
    version: u32,
    position: P,
}

/// The header of a safetensors file.
#[derive(Deserialize)]
struct Header {
    #[serde(rename = "__metadata__")]
    metadata: BTreeMap<String, String>,
    #[serde(flatten)]
    tensors: BTreeMap<String, Place>,
}

#[derive(Deserialize)]
struct Place {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

/// The key of the metadata.
const KEY: &str = "plateau";
/// Digits of a SHA-256.
const DIGITS: usize = 64;

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
        let zeros = "0".repeat(DIGITS);
        let metadata = Metadata {
            sha256: zeros.clone(),
            version: CHECKPOINT_VERSION,
            position: &self.position,
        };
        let text = serde_json::to_string(&metadata).map_err(format_error)?;
        // One key only: the crate writes a hash map, whose order would differ from run to run.
        let metadata = HashMap::from([(KEY.to_string(), text)]);
        let mut bytes =
            safetensors::serialize(&self.tensors, Some(metadata)).map_err(format_error)?;
        let place = find(&bytes, zeros.as_bytes())
            .ok_or(CheckpointError::Format("no room for the sum".into()))?;
        let sum = format!("{:x}", Sha256::digest(&bytes));
        bytes[place..place + DIGITS].copy_from_slice(sum.as_bytes());
        if header(&bytes).is_err()
            || self.tensors.len() > MAX_TENSORS
            || bytes.len() as u64 > MAX_CHECKPOINT_BYTES
        {
            return Err(CheckpointError::Format("too large".into()));
        }
        Ok(bytes)
    }

    /// Reads a file and checks every byte of it.
    ///
    /// # Errors
    /// [`CheckpointError`] says what is wrong; nothing that was cut or changed is read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let (text, data) = header(bytes)?;
        let header: Header = serde_json::from_slice(text).map_err(format_error)?;
        let metadata = header
            .metadata
            .get(KEY)
            .ok_or(CheckpointError::Format("no state of Plateau in it".into()))?;
        let sealed: Metadata<serde_json::Value> =
            serde_json::from_str(metadata).map_err(format_error)?;
        if sealed.sha256.len() != DIGITS
            || sum(bytes, sealed.sha256.as_bytes()) != Some(sealed.sha256)
        {
            return Err(CheckpointError::Damaged);
        }
        if sealed.version != CHECKPOINT_VERSION {
            return Err(CheckpointError::Version {
                found: format!("format {}", sealed.version),
                expected: format!("format {CHECKPOINT_VERSION}"),
            });
        }
        // From the text again: a JSON value would not keep every number as it was written.
        let metadata: Metadata<Position> = serde_json::from_str(metadata).map_err(format_error)?;
        if header.tensors.len() > MAX_TENSORS {
            return Err(CheckpointError::Format("too many tensors".into()));
        }
        let tensors = header
            .tensors
            .into_iter()
            .map(|(name, place)| {
                let tensor = place
                    .read(data)
                    .ok_or_else(|| CheckpointError::Format(format!("tensor {name}")))?;
                Ok((name, tensor))
            })
            .collect::<Result<_, CheckpointError>>()?;
        Ok(Self {
            position: metadata.position,
            tensors,
        })
    }
}

fn format_error(error: impl std::fmt::Display) -> CheckpointError {
    CheckpointError::Format(error.to_string())
}

fn get(map: &BTreeMap<Purpose, u64>, purpose: Purpose, kind: &str) -> Result<u64, CheckpointError> {
    map.get(&purpose)
        .copied()
        .ok_or_else(|| CheckpointError::Tensor(format!("the {kind} {purpose:?} is missing")))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// The sum of a file, taken with the digits that it holds as zeros.
fn sum(bytes: &[u8], digits: &[u8]) -> Option<String> {
    let (text, _) = header(bytes).ok()?;
    let place = 8 + find(text, digits)?;
    let mut hash = Sha256::new();
    hash.update(&bytes[..place]);
    hash.update([b'0'; DIGITS]);
    hash.update(&bytes[place + DIGITS..]);
    Some(format!("{:x}", hash.finalize()))
}

/// Cuts a file into its header and its data.
fn header(bytes: &[u8]) -> Result<(&[u8], &[u8]), CheckpointError> {
    let cut = || CheckpointError::Format("it ends within its header".into());
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(cut)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > MAX_HEADER_BYTES {
        return Err(CheckpointError::Format("the header is too long".into()));
    }
    rest.split_at_checked(length).ok_or_else(cut)
}

impl Place {
    /// None where the place is not one of 32-bit floats within the data.
    fn read(&self, data: &[u8]) -> Option<HostTensor> {
        let [start, end] = self.data_offsets;
        let bytes = data.get(start..end)?;
        let values = self
            .shape
            .iter()
            .try_fold(1_usize, |product, &size| product.checked_mul(size))?;
        if self.dtype != "F32" || values.checked_mul(4)? != bytes.len() {
            return None;
        }
        let (words, _) = bytes.as_chunks::<4>();
        Some(HostTensor {
            shape: self.shape.clone(),
            values: words.iter().map(|word| f32::from_le_bytes(*word)).collect(),
        })
    }
}

impl View for &HostTensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect()
    }

    fn data_len(&self) -> usize {
        4 * self.values.len()
    }
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
