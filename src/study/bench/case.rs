//! What is measured: the cases of the benchmark, their sizes and the work of their steps.

use serde::{Deserialize, Serialize};

use crate::data::Augmentation;
use crate::nearest::named;
use crate::search::Strategy;
use crate::session::{DeviceChoice, KernelChoice, MemoryChoice, Preset, SearchConfig, TrainConfig};
use crate::space::{Count, Genotype, Macro, MacroError, Space, count_genotype, count_supernet};

/// Neighbors of the NA-DARTS cases.
const NEIGHBORS: usize = 4;
/// Classes of the images.
pub(super) const CLASSES: usize = 10;

/// A problem size of the benchmark; [`BenchCase::shape`] has the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BenchSize {
    /// The default run on digits.
    Quick,
    /// Between the two.
    Teach,
    /// A search as published; a derived network that fits a lesson.
    Paper,
}

impl std::str::FromStr for BenchSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(
            text,
            "a size",
            &[BenchSize::Quick, BenchSize::Teach, BenchSize::Paper],
            BenchSize::name,
        )
    }
}

impl BenchSize {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            BenchSize::Quick => "quick",
            BenchSize::Teach => "teach",
            BenchSize::Paper => "paper",
        }
    }
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum BenchStep {
    /// A step of a search in the supernet: of α, then of the weights.
    Search(Strategy),
    /// A step of training a derived network from scratch.
    Train,
}

impl BenchStep {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            BenchStep::Search(strategy) => strategy.name(),
            BenchStep::Train => "train",
        }
    }
}

impl From<BenchStep> for &'static str {
    fn from(step: BenchStep) -> Self {
        step.name()
    }
}

impl TryFrom<String> for BenchStep {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for BenchStep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Random choice has no steps.
        let searches = Strategy::ALL
            .into_iter()
            .filter(|&strategy| strategy != Strategy::Random);
        let mut steps: Vec<BenchStep> = searches.map(BenchStep::Search).collect();
        steps.push(BenchStep::Train);
        named(text, "a strategy", &steps, BenchStep::name)
    }
}

/// One case.
#[derive(Clone, Debug)]
pub struct BenchCase {
    /// How large.
    pub size: BenchSize,
    /// Where is searched.
    pub space: Space,
    /// Which step.
    pub step: BenchStep,
    /// What [`BenchStep::Train`] trains, of the DARTS space.
    pub genotype: Genotype,
    /// Stock or fused.
    pub kernels: KernelChoice,
    /// What fused kernels keep.
    pub memory: MemoryChoice,
    /// Where.
    pub device: DeviceChoice,
    /// Images a step, instead of the size's.
    pub batch: Option<usize>,
    /// Memory that a step may take, in megabytes; 0: as a search allows itself.
    pub memory_limit: u64,
    /// What the device's memory can move, GB/s, where it is known.
    pub bandwidth: Option<f64>,
    /// Whether the launches of a GPU are timed by stage, in one step more.
    pub stages: bool,
    /// Untimed steps before.
    pub warmup: usize,
    /// Timed steps.
    pub steps: usize,
}

/// The numbers of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BenchShape {
    /// Of the first cells.
    pub channels: usize,
    /// Cells (DARTS) or cells a stage (NAS-Bench-201).
    pub layers: usize,
    /// `[channels, height, width]` of an image.
    pub image: [usize; 3],
    /// Images a step.
    pub batch: usize,
}

impl BenchCase {
    /// The numbers of this case.
    pub fn shape(&self) -> BenchShape {
        let (channels, layers, image, batch) = match (self.step, self.space, self.size) {
            (BenchStep::Train, _, BenchSize::Quick) => (12, 5, [1, 8, 8], 64),
            (BenchStep::Train, _, BenchSize::Teach) => (12, 5, [1, 28, 28], 32),
            (BenchStep::Train, _, BenchSize::Paper) => (16, 8, [3, 32, 32], 64),
            (_, Space::Darts, BenchSize::Quick) => (8, 5, [1, 8, 8], 64),
            (_, Space::Darts, BenchSize::Teach) => (8, 5, [1, 28, 28], 32),
            (_, Space::Darts, BenchSize::Paper) => (16, 8, [3, 32, 32], 64),
            (_, _, BenchSize::Quick) => (8, 1, [3, 32, 32], 64),
            (_, _, BenchSize::Teach) => (16, 1, [3, 32, 32], 64),
            (_, _, BenchSize::Paper) => (16, 5, [3, 32, 32], 64),
        };
        BenchShape {
            channels,
            layers,
            image,
            batch: self.batch.unwrap_or(batch),
        }
    }

    /// The settings of a search whose step is timed: as published, without augmentation.
    pub(super) fn search(&self, strategy: Strategy) -> SearchConfig {
        let shape = self.shape();
        SearchConfig {
            channels: shape.channels,
            layers: shape.layers,
            batch: shape.batch,
            neighbors: NEIGHBORS,
            memory_limit: self.memory_limit,
            augmentation: Augmentation::default(),
            ..Preset::Paper.search(self.space, strategy)
        }
    }

    /// The settings of a training whose step is timed: as published, without augmentation, auxiliary head and drop path.
    pub(super) fn training(&self) -> TrainConfig {
        let shape = self.shape();
        TrainConfig {
            channels: shape.channels,
            layers: shape.layers,
            batch: shape.batch,
            auxiliary_weight: 0.0,
            drop_path: 0.0,
            augmentation: Augmentation::default(),
            ..Preset::Paper.train(Space::Darts)
        }
    }

    /// The network's outer shape.
    pub(super) fn network(&self) -> Macro {
        let image = self.shape().image;
        match self.step {
            BenchStep::Search(strategy) => self.search(strategy).size(image, CLASSES),
            BenchStep::Train => self.training().size(image, CLASSES),
        }
    }

    /// The size of the network.
    pub(super) fn count(&self) -> Result<Count, MacroError> {
        match self.step {
            BenchStep::Search(_) => count_supernet(self.space, &self.network()),
            BenchStep::Train => count_genotype(&self.genotype, &self.network()),
        }
    }

    /// Architectures of whose losses the step of α takes the gradient.
    pub(super) fn lanes(&self) -> usize {
        match self.step {
            BenchStep::Search(strategy) if strategy.neighborhood_aware() => 1 + NEIGHBORS,
            _ => 1,
        }
    }

    /// Multiply-adds that a step asks for: of the convolutions and the classifier, in their passes over all images; see
    /// [`SearchConfig::multiply_adds_an_image`].
    pub(super) fn multiply_adds(&self) -> Result<u64, MacroError> {
        let network = self.count()?.multiply_adds;
        let images = self.shape().batch as u64;
        Ok(images
            * match self.step {
                BenchStep::Train => 3 * network,
                BenchStep::Search(strategy) => {
                    let halves = self.search(strategy).multiply_adds_an_image(network);
                    halves.iter().sum()
                }
            })
    }
}
