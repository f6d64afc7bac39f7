//! Named sets of settings.

use serde::{Deserialize, Serialize};

use super::config::{
    KernelChoice, MemoryChoice, RUN_VERSION, RunConfig, RunKind, SearchConfig, TEST_SHARE,
    TrainConfig,
};
use super::device_choice::DeviceChoice;
use crate::data::{Augmentation, LastBatch};
use crate::nearest::named;
use crate::search::{
    Draw, GAEA_RATE, HessianPoint, Order, Representation, Select, Strategy, Temperature,
};
use crate::space::{Aggregation, Candidates, Space};

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

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Preset::Quick => "Quick",
            Preset::Teach => "Lesson",
            Preset::Paper => "As published",
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
        let shown = space == Space::NasBench201Small;
        let paper = SearchConfig {
            space,
            strategy,
            candidates: Candidates::default(),
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
            gumbel: None,
            penalty: None,
            auxiliary_skip: 1.0,
            gaea_rate: GAEA_RATE,
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
                // The space of demonstrations: a race there, with the training of both cells, takes a minute on two cores in a browser.
                neighbors: if shown { 2 } else { 4 },
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
        let shown = space == Space::NasBench201Small;
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
                channels: match space {
                    Space::Darts => 12,
                    Space::NasBench201 => 16,
                    Space::NasBench201Small => 8,
                },
                epochs: if shown { 4 } else { 30 },
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
