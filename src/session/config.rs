//! Everything that determines a run.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::settings::{SEARCH, TRAIN};
use crate::data::{Augmentation, LastBatch, file_name};
use crate::nearest::named;
use crate::search::{Draw, HessianPoint, Order, Representation, Select, Strategy, Temperature};
use crate::space::{Aggregation, Genotype, Macro, Space};

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

/// Where a run computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceChoice {
    /// A hardware GPU where there is one, else the CPU.
    Auto,
    /// Any wgpu adapter, software ones included.
    Gpu,
    /// The CPU (Burn's Flex backend).
    Cpu,
}

impl std::str::FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(
            text,
            "a device",
            &[DeviceChoice::Auto, DeviceChoice::Gpu, DeviceChoice::Cpu],
            DeviceChoice::name,
        )
    }
}

impl DeviceChoice {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            DeviceChoice::Auto => "auto",
            DeviceChoice::Gpu => "gpu",
            DeviceChoice::Cpu => "cpu",
        }
    }
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
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

/// A named set of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Two CPU cores, under three minutes on digits.
    Quick,
    /// A lesson: a search one can watch, minutes on a laptop GPU.
    Teach,
    /// The published settings of DARTS; hours on a strong GPU.
    Paper,
}

impl Preset {
    /// The name on the command line and in links.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Quick => "quick",
            Preset::Teach => "teach",
            Preset::Paper => "paper",
        }
    }
}

impl std::str::FromStr for Preset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(
            text,
            "a preset",
            &[Preset::Quick, Preset::Teach, Preset::Paper],
            Preset::name,
        )
    }
}

/// The temperature of short searches, which ends where a choice has weight.
const SHARPENING: Temperature = Temperature { from: 1.0, to: 0.3 };

impl Preset {
    /// A whole run on a data set: a search, then training of what it finds, with seed 0 on the best device there is.
    pub fn run(self, dataset: &str, space: Space, strategy: Strategy) -> RunConfig {
        RunConfig {
            version: RUN_VERSION,
            dataset: dataset.into(),
            test_share: TEST_SHARE,
            seed: 0,
            split_seed: None,
            kind: RunKind::Full,
            device: DeviceChoice::Auto,
            kernels: KernelChoice::Fused,
            memory: MemoryChoice::Auto,
            search: Some(self.search(space, strategy)),
            genotype: None,
            train: self.train(space),
        }
    }

    /// The search settings for a space.
    pub fn search(self, space: Space, strategy: Strategy) -> SearchConfig {
        let darts = space == Space::Darts;
        let paper = SearchConfig {
            space,
            strategy,
            replica: false,
            channels: 16,
            layers: if darts { 8 } else { 5 },
            epochs: 50,
            batch: 64,
            alpha_batch: 0,
            last_batch: LastBatch::Drop,
            weight_rate: 0.025,
            weight_rate_min: 0.001,
            momentum: 0.9,
            weight_decay: if darts { 3e-4 } else { 5e-4 },
            clip: 5.0,
            alpha_rate: 3e-4,
            alpha_decay: 1e-3,
            temperature: Temperature::default(),
            radius: 1,
            neighbors: 10,
            aggregation: Aggregation::Mean,
            representation: Representation::Permutation,
            exclude_self: false,
            draw: Draw::Ball,
            alpha_after: 0,
            order: Order::AlphaFirst,
            select: Select::Last,
            rho: if darts { 1e-1 } else { 1e-2 },
            hessian_point: HessianPoint::default(),
            perturbation: 0.3,
            sharpness: 0,
            sharpness_batches: 1,
            early_stop: false,
            augmentation: Augmentation {
                crop_padding: 4,
                flip: true,
                cutout: 0,
            },
            memory_limit: 0,
        };
        match self {
            Preset::Paper => paper,
            // Few steps: α must move further in each, and its weights sharpen, for its choice to be more than its initial noise and for a
            // neighbor to be another architecture; measured in the manual's page on defaults.
            Preset::Teach => SearchConfig {
                channels: 8,
                layers: if darts { 5 } else { 1 },
                epochs: 15,
                batch: 32,
                alpha_rate: 3e-2,
                temperature: SHARPENING,
                neighbors: 4,
                augmentation: Augmentation {
                    crop_padding: 2,
                    ..paper.augmentation
                },
                ..paper
            },
            Preset::Quick => SearchConfig {
                channels: 8,
                layers: if darts { 5 } else { 1 },
                epochs: 6,
                weight_rate: 0.05,
                alpha_rate: 1e-1,
                temperature: SHARPENING,
                neighbors: 4,
                augmentation: Augmentation {
                    crop_padding: 1,
                    ..paper.augmentation
                },
                ..paper
            },
        }
    }

    /// The training settings for a space.
    pub fn train(self, space: Space) -> TrainConfig {
        let darts = space == Space::Darts;
        let paper = TrainConfig {
            channels: if darts { 36 } else { 16 },
            layers: if darts { 20 } else { 5 },
            epochs: if darts { 600 } else { 200 },
            batch: if darts { 96 } else { 256 },
            last_batch: LastBatch::Drop,
            rate: if darts { 0.025 } else { 0.1 },
            momentum: 0.9,
            weight_decay: if darts { 3e-4 } else { 5e-4 },
            // NAS-Bench-201 trained without a limit.
            clip: if darts { 5.0 } else { 0.0 },
            auxiliary_weight: if darts { 0.4 } else { 0.0 },
            drop_path: if darts { 0.2 } else { 0.0 },
            label_smoothing: 0.0,
            augmentation: Augmentation {
                crop_padding: 4,
                flip: true,
                cutout: if darts { 16 } else { 0 },
            },
        };
        let small = TrainConfig {
            channels: 16,
            layers: if darts { 5 } else { 1 },
            batch: 64,
            rate: 0.1,
            clip: 5.0,
            auxiliary_weight: 0.0,
            drop_path: 0.0,
            ..paper
        };
        match self {
            Preset::Paper => paper,
            Preset::Teach => TrainConfig {
                epochs: 40,
                augmentation: Augmentation {
                    crop_padding: 2,
                    flip: true,
                    cutout: 0,
                },
                ..small
            },
            Preset::Quick => TrainConfig {
                channels: if darts { 12 } else { 16 },
                epochs: 30,
                augmentation: Augmentation {
                    crop_padding: 1,
                    flip: true,
                    cutout: 0,
                },
                ..small
            },
        }
    }
}

impl SearchConfig {
    /// The radius that a step's neighbors are asked to have, in edges; none without neighbors.
    pub fn asked_radius(&self) -> Option<f64> {
        let share = match self.representation {
            Representation::MassTransfer { share } => f64::from(share),
            Representation::Permutation | Representation::HardReplacement => 1.0,
        };
        (self.strategy.neighborhood_aware() && self.radius > 0 && self.neighbors > 0)
            .then_some(share * self.radius as f64)
    }

    /// The same with batches no larger than the halves `[weights, architecture]` have images.
    #[must_use]
    pub fn within(&self, halves: [usize; 2]) -> Self {
        Self {
            batch: self.batch.min(halves[0]),
            alpha_batch: self.alpha_images().min(halves[1]),
            ..self.clone()
        }
    }

    /// Neighbors whose losses a step of α has: as many as were asked for, or as there are.
    fn neighbors_a_step(&self) -> u64 {
        if !self.strategy.neighborhood_aware() {
            return 0;
        }
        let edges = (self.space.cell_kinds().len() * self.space.edges().len()) as u64;
        let others = self.space.operations().len() as u64 - 1;
        let mut shell = 1_u64;
        let ball = (1..=self.radius as u64).fold(0_u64, |ball, distance| {
            // C(E, d)·(K − 1)^d from the shell before.
            shell = shell.saturating_mul((edges + 1).saturating_sub(distance) * others) / distance;
            ball.saturating_add(shell)
        });
        ball.min(self.neighbors as u64)
    }

    /// Images of a step of α.
    pub fn alpha_images(&self) -> usize {
        match self.alpha_batch {
            0 => self.batch,
            images => images,
        }
    }

    /// Images of the larger of a step's two batches.
    pub fn largest_batch(&self) -> usize {
        self.batch.max(self.alpha_images())
    }

    /// Multiply-adds that a step asks for on an image of the weights half and on one of the architecture half, through a supernet of
    /// so many.
    ///
    /// A forward pass counts once, the gradient of the feature maps once more, and that of the weights, where it is wanted, once more.
    /// It is the work of the definition: what a kernel computes again counts no second time, and what it shares is not left out.
    pub fn multiply_adds_an_image(&self, supernet: u64) -> [u64; 2] {
        const ALPHA: u64 = 2;
        const WEIGHTS: u64 = 3;
        let lanes = 1 + self.neighbors_a_step();
        match self.strategy {
            Strategy::Random => [0; 2],
            // Every operation of as many edges as an architecture has, and one architecture forward.
            Strategy::Rsps => {
                let edges = self.space.edges().len() as u64;
                let used = match self.space {
                    Space::Darts => 2 * self.space.nodes() as u64,
                    Space::NasBench201 | Space::NasBench201Small => edges,
                };
                let operations = self.space.operations().len() as u64;
                [
                    WEIGHTS * supernet * used / edges,
                    supernet * used / operations / edges,
                ]
            }
            // The gradient at α, the ascended one and the two of the difference.
            Strategy::A2m => [WEIGHTS * supernet, 4 * ALPHA * supernet],
            // The look-ahead step, the gradient in both after it and the two of the difference.
            strategy if strategy.second_order() => [
                (WEIGHTS + 2 * ALPHA + WEIGHTS) * supernet,
                lanes * WEIGHTS * supernet,
            ],
            _ => [WEIGHTS * supernet, lanes * ALPHA * supernet],
        }
    }

    /// Multiply-adds that so many steps ask for, where the halves `[weights, architecture]` have so many images. In the epochs in which α does
    /// not move its loss is only measured.
    pub fn multiply_adds(&self, supernet: u64, steps: usize, halves: [usize; 2]) -> u64 {
        let [weights, alpha] = self.multiply_adds_an_image(supernet);
        let mean = |images: usize, batch: usize, steps: usize| {
            let batches = self.last_batch.batches(images, batch) as u64;
            steps as u64 * self.last_batch.images(images, batch) as u64 / batches
        };
        let epoch = self.last_batch.batches(halves[0], self.batch);
        let frozen = match self.strategy {
            Strategy::Rsps | Strategy::Random => 0,
            _ => steps.min(self.alpha_after.saturating_mul(epoch)),
        };
        let alpha_images = |steps| mean(halves[1], self.alpha_images(), steps);
        [
            (weights, mean(halves[0], self.batch, steps)),
            (alpha, alpha_images(steps - frozen)),
            (supernet, alpha_images(frozen)),
        ]
        .into_iter()
        .fold(0, |sum, (work, images)| {
            sum.saturating_add(work.saturating_mul(images))
        })
    }

    /// The supernet's outer shape on images `[channels, height, width]`.
    pub fn size(&self, image: [usize; 3], classes: usize) -> Macro {
        outer_shape(self.channels, self.layers, image, classes, false)
    }
}

impl TrainConfig {
    /// The derived network's outer shape on images `[channels, height, width]`.
    pub fn size(&self, image: [usize; 3], classes: usize) -> Macro {
        let auxiliary = self.auxiliary_weight > 0.0;
        outer_shape(self.channels, self.layers, image, classes, auxiliary)
    }
}

fn outer_shape(
    channels: usize,
    layers: usize,
    image: [usize; 3],
    classes: usize,
    auxiliary: bool,
) -> Macro {
    Macro {
        channels,
        layers,
        classes,
        image_channels: image[0],
        height: image[1],
        width: image[2],
        auxiliary,
        imagenet_stem: false,
    }
}

/// A setting outside its range.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{name} is {value}: {rule}")]
pub struct ConfigError {
    name: &'static str,
    value: String,
    rule: Cow<'static, str>,
}

impl ConfigError {
    pub(super) fn new(
        name: &'static str,
        value: impl ToString,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            name,
            value: value.to_string(),
            rule: rule.into(),
        }
    }

    /// Refuses a share of test images that no run has.
    pub(super) fn test_share(value: f64) -> Result<(), ConfigError> {
        Self::range("--test-share", value, [0.01, 0.9])
    }

    /// Refuses a number out of a range.
    pub(super) fn range(
        name: &'static str,
        value: f64,
        [low, high]: [f64; 2],
    ) -> Result<(), ConfigError> {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        let problem = if value < low {
            "too small"
        } else if value > high {
            "too large"
        } else {
            "not a number"
        };
        let rule = format!("{problem}, use {low} to {high}");
        Err(Self::new(name, value, rule))
    }
}

impl RunConfig {
    /// What a run is called, as its folder is: data set, strategy or `train`, and seed.
    pub fn name(&self) -> String {
        let what = match (&self.search, self.kind) {
            (_, RunKind::Judge) => "judge",
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

    /// Checks every range, before anything is allocated.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.version != RUN_VERSION {
            return Err(ConfigError::new(
                "the version of the configuration",
                self.version,
                "another version of Plateau wrote it",
            ));
        }
        if self.search.is_some() == self.genotype.is_some() {
            return Err(ConfigError::new(
                "the run",
                "ambiguous",
                "give either a search or a genotype to train",
            ));
        }
        ConfigError::test_share(self.test_share)?;
        if let Some(search) = &self.search {
            search.check()?;
        }
        let strategy = self.search.as_ref().map(|search| search.strategy);
        let fits = match self.kind {
            RunKind::Full => true,
            RunKind::SearchOnly => strategy.is_some(),
            RunKind::Judge => strategy == Some(Strategy::Rsps),
        };
        if !fits {
            let kind = match self.kind {
                RunKind::Judge => "a judge",
                RunKind::Full | RunKind::SearchOnly => "a search only",
            };
            let rule = "a judge is trained by rsps, and only a search can be left without training";
            return Err(ConfigError::new("the run", kind, rule));
        }
        self.train.check()
    }
}

impl SearchConfig {
    fn check(&self) -> Result<(), ConfigError> {
        SEARCH.iter().try_for_each(|setting| setting.check(self))?;
        even_channels("--channels", self.channels)?;
        if self.alpha_batch == 1 {
            let rule = "use 0 for as many as a step of the weights has, or 2 to 65536";
            return Err(ConfigError::new("--alpha-batch", self.alpha_batch, rule));
        }
        let most = (self.epochs - 1) as f64;
        ConfigError::range("--alpha-after", self.alpha_after as f64, [0.0, most])?;
        if self.draw == Draw::Edge && self.radius > 1 {
            let rule = "--draw edge changes one edge a neighbor; use --radius 1";
            return Err(ConfigError::new("--radius", self.radius, rule));
        }
        if !self.strategy.by_gradient() && (self.replica || self.select != Select::Last) {
            let rule = "it has no α, so it has no replica and no validation to select an epoch by";
            return Err(ConfigError::new("--strategy", self.strategy, rule));
        }
        if self.exclude_self && self.aggregation.weighs_own() {
            let rule = Aggregation::WEIGHS_OWN;
            return Err(ConfigError::new("--aggregation", self.aggregation, rule));
        }
        Ok(())
    }
}

impl TrainConfig {
    /// Checks every range.
    pub fn check(&self) -> Result<(), ConfigError> {
        TRAIN.iter().try_for_each(|setting| setting.check(self))?;
        even_channels("--train-channels", self.channels)
    }
}

fn even_channels(name: &'static str, value: usize) -> Result<(), ConfigError> {
    match value.is_multiple_of(2) {
        true => Ok(()),
        false => Err(ConfigError::new(
            name,
            value,
            "it must be even, since a factorised reduction halves it",
        )),
    }
}
