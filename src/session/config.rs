//! Everything that determines a run.

use serde::{Deserialize, Serialize};

use super::device_choice::DeviceChoice;
use crate::data::{Augmentation, LastBatch, file_name};
use crate::nearest::named;
use crate::search::{
    Draw, GAEA_RATE, HessianPoint, Order, Representation, Select, Strategy, Temperature,
    cosine_rate,
};
use crate::space::{Aggregation, Allowed, Candidates, CandidatesError, Genotype, Space};

/// The version of the files of a run folder.
pub const RUN_VERSION: u32 = 1;

/// Share of the images that no search ever sees, where no other was asked for.
pub const TEST_SHARE: f64 = 0.3;

/// A run: a search, or the training of one genotype. The same configuration on the same device and version gives the same events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// [`RUN_VERSION`] when it was written.
    pub version: u32,
    /// A built-in data set.
    pub dataset: String,
    /// Share of the images that no search ever sees.
    pub test_share: f64,
    /// Seed of everything random.
    pub seed: u64,
    /// The seed that shares the images out, where it is not that one: runs with the same are tested on the same images.
    #[serde(default)]
    pub split_seed: Option<u64>,
    /// How far it goes, and on which images.
    #[serde(default)]
    pub kind: RunKind,
    /// Where it computes.
    pub device: DeviceChoice,
    /// How the supernet's mixed operations are computed.
    pub kernels: KernelChoice,
    /// What the fused kernels keep for the backward pass.
    pub memory: MemoryChoice,
    /// The search; none when a given genotype is trained.
    pub search: Option<SearchConfig>,
    /// The genotype to train; none when a search finds it.
    pub genotype: Option<Genotype>,
    /// Training of the derived network from scratch.
    pub train: TrainConfig,
}

/// How far a run goes, and on which images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    /// Searches, if it does; then trains from scratch and tests.
    #[default]
    Full,
    /// Searches only.
    SearchOnly,
    /// Trains a judge of architectures with random numbers of its own on images that train weights but neither choose nor test anything
    /// (`method.md` §10.7): half of them trains it, it scores on the other half.
    Judge,
}

/// How mixed operations are computed. All choices agree to rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KernelChoice {
    /// Composed from Burn's own operations: the baseline.
    Stock,
    /// Plateau's kernels.
    Fused,
}

impl KernelChoice {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            KernelChoice::Stock => "stock",
            KernelChoice::Fused => "fused",
        }
    }
}

impl MemoryChoice {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            MemoryChoice::Auto => "auto",
            MemoryChoice::Keep => "keep",
            MemoryChoice::Recompute => "recompute",
        }
    }
}

impl std::str::FromStr for KernelChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(
            text,
            "a choice of kernels",
            &[KernelChoice::Fused, KernelChoice::Stock],
            KernelChoice::name,
        )
    }
}

/// What the fused kernels keep of a forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryChoice {
    /// What the forecast says fits.
    Auto,
    /// Every branch: faster, several times the memory.
    Keep,
    /// The states of the cells; branches are computed again in the backward pass.
    Recompute,
}

impl std::str::FromStr for MemoryChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(
            text,
            "a memory plan",
            &[
                MemoryChoice::Auto,
                MemoryChoice::Keep,
                MemoryChoice::Recompute,
            ],
            MemoryChoice::name,
        )
    }
}

/// Settings of a search (`method.md` §3, §4.4, §4.6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// The search space.
    pub space: Space,
    /// How it is searched.
    pub strategy: Strategy,
    /// The operations that the edges have to choose from; all of the space where runs of earlier versions do not say it.
    #[serde(default, skip_serializing_if = "Candidates::is_all")]
    pub candidates: Candidates,
    /// Whether α has other random numbers than the seed gives it: the other half of a null pair.
    #[serde(default)]
    pub replica: bool,
    /// Channels of the first cells.
    pub channels: usize,
    /// Cells (DARTS) or cells a stage (NAS-Bench-201).
    pub layers: usize,
    /// Passes over the weights half.
    pub epochs: usize,
    /// Images a step.
    pub batch: usize,
    /// Images of a step of α; 0 for as many as the weights' step has.
    #[serde(default)]
    pub alpha_batch: usize,
    /// What becomes of an epoch's incomplete last batch.
    #[serde(default)]
    pub last_batch: LastBatch,
    /// Highest rate of the weights' cosine schedule.
    pub weight_rate: f64,
    /// Its lowest.
    pub weight_rate_min: f64,
    /// Momentum of the weights' SGD.
    pub momentum: f64,
    /// L2 penalty of the weights.
    pub weight_decay: f64,
    /// Longest gradient of the weights; 0 for any length.
    pub clip: f64,
    /// Adam's rate for α.
    pub alpha_rate: f64,
    /// L2 penalty of α.
    pub alpha_decay: f64,
    /// T of β = softmax(α/T), over the search.
    #[serde(default)]
    pub temperature: Temperature,
    /// Largest distance of a neighbor, in edges (NA-DARTS).
    pub radius: usize,
    /// Neighbors a step (NA-DARTS).
    pub neighbors: usize,
    /// How the neighbors' losses are joined (NA-DARTS).
    pub aggregation: Aggregation,
    /// How a neighbor is made differentiable (NA-DARTS).
    pub representation: Representation,
    /// Whether the loss of the architecture itself is left out of them (NA-DARTS).
    #[serde(default)]
    pub exclude_self: bool,
    /// How the neighbors are drawn (NA-DARTS).
    #[serde(default)]
    pub draw: Draw,
    /// Epochs at the start in which only the weights are trained.
    #[serde(default)]
    pub alpha_after: usize,
    /// Which step comes first.
    #[serde(default)]
    pub order: Order,
    /// Which epoch's architecture it ends with.
    #[serde(default)]
    pub select: Select,
    /// How far α is moved along its gradient before the gradient is taken (A2M's ρ).
    #[serde(default)]
    pub rho: f64,
    /// Where the Hessian is taken (A2M).
    #[serde(default)]
    pub hessian_point: HessianPoint,
    /// Perturbation of softmax(α) in the weight step: its tenth at the first epoch, rising linearly (SDARTS-RS).
    #[serde(default)]
    pub perturbation: f64,
    /// Temperatures of the drawn weights, from the first epoch to the last (GDAS, SNAS); none: those of the authors' programs.
    #[serde(default)]
    pub gumbel: Option<Temperature>,
    /// Weight of the penalty on α (β-DARTS, FairDARTS); none: that of the authors' programs.
    #[serde(default)]
    pub penalty: Option<f64>,
    /// Weight of the auxiliary skip connection in the first epoch (DARTS−).
    #[serde(default = "one")]
    pub auxiliary_skip: f64,
    /// Rate of the exponentiated gradient (GAEA).
    #[serde(default = "gaea_rate")]
    pub gaea_rate: f64,
    /// Steps between two measurements of the sharpness; 0 for none but those of the early stop.
    #[serde(default)]
    pub sharpness: usize,
    /// Batches that each measurement is the mean over.
    #[serde(default = "one_batch")]
    pub sharpness_batches: usize,
    /// Whether a rising sharpness ends the search (RobustDARTS).
    #[serde(default)]
    pub early_stop: bool,
    /// Augmentation of both halves.
    pub augmentation: Augmentation,
    /// Most memory a step may take, MB; 0 for half of what this process may use.
    pub memory_limit: u64,
}

fn one_batch() -> usize {
    1
}

fn one() -> f64 {
    1.0
}

fn gaea_rate() -> f64 {
    GAEA_RATE
}

/// Settings of training a derived network from scratch (§4.6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Channels of the first cells.
    pub channels: usize,
    /// Cells (DARTS) or cells a stage (NAS-Bench-201).
    pub layers: usize,
    /// Passes over the training part.
    pub epochs: usize,
    /// Images a step.
    pub batch: usize,
    /// What becomes of an epoch's incomplete last batch.
    #[serde(default)]
    pub last_batch: LastBatch,
    /// Highest rate of the cosine schedule to 0.
    pub rate: f64,
    /// Momentum of SGD.
    pub momentum: f64,
    /// L2 penalty.
    pub weight_decay: f64,
    /// Longest gradient; 0 for any length.
    pub clip: f64,
    /// Share of the auxiliary head's loss; 0 leaves the head away.
    pub auxiliary_weight: f64,
    /// Probability of drop path at the last epoch; it rises linearly.
    pub drop_path: f64,
    /// Share of the target spread over all classes.
    pub label_smoothing: f64,
    /// Augmentation.
    pub augmentation: Augmentation,
}

impl SearchConfig {
    /// The mask of its candidates.
    ///
    /// # Errors
    /// Candidates that its space cannot have; a checked configuration has none of these.
    pub fn allowed(&self) -> Result<Allowed, CandidatesError> {
        self.candidates.allowed(self.space)
    }

    /// The rate of the weights in an epoch, counted from 1.
    pub fn rate_in(&self, epoch: usize) -> f64 {
        let [highest, lowest] = [self.weight_rate, self.weight_rate_min];
        cosine_rate(epoch.saturating_sub(1), self.epochs, highest, lowest)
    }
}

impl TrainConfig {
    /// The rate in an epoch, counted from 1.
    pub fn rate_in(&self, epoch: usize) -> f64 {
        cosine_rate(epoch.saturating_sub(1), self.epochs, self.rate, 0.0)
    }
}

/// Batches of the architecture half that a genotype is scored on while a person waits, of the search's batch size.
pub const SCORE_BATCHES: usize = 2;

/// What the judge of a data set and a space is called.
pub fn judge_name(dataset: &str, space: Space) -> String {
    format!("judge-{}-{space}", file_name(dataset))
}

impl RunConfig {
    /// Steps that train the derived network on so many images; 0 for a run that trains none.
    pub fn train_steps(&self, images: usize) -> usize {
        match (self.kind, images) {
            (RunKind::Full, 1..) => {
                let batches = self.train.last_batch.batches(images, self.train.batch);
                batches * self.train.epochs
            }
            _ => 0,
        }
    }

    /// Whether two searches differ in the strategy, and in nothing else.
    pub fn races_with(&self, other: &Self) -> bool {
        let mut same = other.clone();
        let (Some(search), Some(own)) = (&mut same.search, &self.search) else {
            return false;
        };
        let other = std::mem::replace(&mut search.strategy, own.strategy);
        other != own.strategy && same == *self
    }

    /// What a run is called, as its folder is: data set, strategy or `train`, and seed.
    pub fn name(&self) -> String {
        let what = match (&self.search, self.kind) {
            (Some(search), RunKind::Judge) => return judge_name(&self.dataset, search.space),
            (Some(search), _) if search.replica => {
                let strategy = search.strategy;
                return format!(
                    "{}-{strategy}-replica-{}",
                    file_name(&self.dataset),
                    self.seed
                );
            }
            (Some(search), _) => search.strategy.name(),
            (None, _) => "train",
        };
        format!("{}-{what}-{}", file_name(&self.dataset), self.seed)
    }
}
