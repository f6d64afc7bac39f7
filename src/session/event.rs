//! What a session says. A run is this stream and nothing else: the terminal, the window and the run folder all read it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::checkpoint::Checkpoint;
use super::config::RunConfig;
use super::finite::finite;
use super::info::{DatasetInfo, DeviceInfo};
use super::trained_network::TrainedNetwork;
use crate::landscape::{Score, signed};
use crate::search::relaxation::{Relaxation, Shown};
use crate::space::{Genotype, Space};

/// How sharp the validation loss is at α, on a few batches of the architecture half.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sharpness {
    /// The step after which it was measured.
    pub step: usize,
    /// Largest eigenvalue of the Hessian of the validation loss on a batch in α, the mean over the batches. Chance makes that of a batch larger
    /// than that of all images, however many batches there are.
    pub eigenvalue: f64,
    /// Batches.
    #[serde(default = "one_batch")]
    pub batches: usize,
    /// The standard error of that mean; none for a single batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<f64>,
    /// The validation loss at α on these batches, nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// How much higher the loss is after one changed operation: the mean over all neighbors at distance 1 of the genotype that would be
    /// derived, less its own, by the supernet's weights on these batches, nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rise: Option<f64>,
}

fn one_batch() -> usize {
    1
}

impl Sharpness {
    /// The eigenvalue in units of the loss, 1/α².
    pub fn relative(&self) -> Option<f64> {
        self.loss
            .filter(|&loss| loss > 0.0)
            .map(|loss| self.eigenvalue / loss)
    }
}

impl fmt::Display for Sharpness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4}", self.eigenvalue)?;
        if let Some(error) = self.standard_error {
            write!(f, " ± {error:.4} ({} batches)", self.batches)?;
        }
        if let Some(relative) = self.relative() {
            write!(f, ", {relative:.4} of the loss")?;
        }
        if let Some(rise) = self.rise {
            let rise = signed(rise, 4);
            write!(f, "; one operation changed: loss {rise}")?;
        }
        Ok(())
    }
}

/// One thing that happened in a run. It holds no times, so the same run gives the same events bit for bit; see [`Timed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first event of every run.
    Started {
        /// What runs.
        config: Box<RunConfig>,
        /// Version of Plateau.
        plateau: String,
        /// Where it runs.
        device: DeviceInfo,
        /// On what.
        dataset: DatasetInfo,
    },
    /// A search begins.
    SearchStarted {
        /// Weights of the supernet.
        parameters: u64,
        /// Multiply-adds of one image.
        multiply_adds: u64,
        /// Steps until the end.
        steps: usize,
        /// What the kernels keep: `keep`, `recompute` or `stock`.
        memory: String,
        /// Architectures in one pass.
        lanes: usize,
        /// Forecast peak of a step, bytes.
        memory_bytes: u64,
    },
    /// One search step: an α-step, then a weight step.
    SearchStep(SearchStep),
    /// An epoch of the search is over.
    SearchEpoch {
        /// Counted from 1.
        epoch: usize,
        /// The genotype that would be derived now.
        genotype: Genotype,
    },
    /// How sharp the validation loss is at α.
    Sharpness(Sharpness),
    /// Skip connections have come to dominate the normal cell that would be derived now: at least half of its edges.
    SkipCollapse {
        /// The step after which that was seen.
        step: usize,
        /// Skip connections in the cell.
        skips: usize,
        /// Edges of the cell.
        edges: usize,
    },
    /// The search ended because its sharpness rose; an earlier genotype is the result.
    StoppedEarly {
        /// The step after which it ended.
        step: usize,
        /// The step whose genotype is the result.
        kept_step: usize,
    },
    /// The search is over.
    Derived {
        /// What it found.
        genotype: Genotype,
    },
    /// Training from scratch begins.
    TrainStarted {
        /// The network's genotype.
        genotype: Genotype,
        /// Weights, without the auxiliary head.
        parameters: u64,
        /// Multiply-adds of one image.
        multiply_adds: u64,
        /// Epochs until the end.
        epochs: usize,
        /// Steps in each.
        steps_per_epoch: usize,
    },
    /// One step of training.
    TrainStep {
        /// Counted from 1.
        step: usize,
        /// Cross-entropy in nats.
        #[serde(deserialize_with = "finite")]
        loss: f32,
        /// Share of right answers in the batch.
        #[serde(deserialize_with = "finite")]
        accuracy: f32,
    },
    /// An epoch of training is over.
    TrainEpoch {
        /// Counted from 1.
        epoch: usize,
        /// Mean over its steps, nats.
        #[serde(deserialize_with = "finite")]
        loss: f32,
        /// Mean over its steps.
        #[serde(deserialize_with = "finite")]
        accuracy: f32,
    },
    /// Training is over and the test part was read, once.
    Tested {
        /// Mean cross-entropy, nats.
        #[serde(deserialize_with = "finite")]
        loss: f32,
        /// Share of right answers.
        accuracy: f64,
        /// Images tested.
        images: usize,
    },
    /// What the trained network said of the test part.
    Predicted {
        /// Images of class `row` that were taken for class `column`.
        confusion: Vec<Vec<u32>>,
        /// Images that were taken for another class, the first [`MISTAKES`] of them.
        mistakes: Vec<Mistake>,
    },
    /// Scores that [`Command::Score`](super::Command::Score) asked for, as they come.
    Scored {
        /// The number of the request.
        request: u64,
        /// Place of the first of `scores` among the genotypes that were asked for.
        first: usize,
        /// On the architecture half, with the supernet's weights and batch statistics.
        scores: Vec<Score>,
    },
    /// The state of the run, to be kept; not a line of `events.jsonl`, since when it is said may depend on the clock.
    Checkpoint {
        /// From which the run can go on.
        state: Box<Checkpoint>,
    },
    /// What was trained and tested, to be kept; not a line of `events.jsonl`.
    Network {
        /// With its weights.
        network: Box<TrainedNetwork>,
    },
    /// The supernet of a checkpoint was taken up: from now on it answers [`Command::Score`](super::Command::Score).
    SupernetOpened {
        /// Its space.
        space: Space,
        /// Images of the architecture half that genotypes are scored on.
        images: usize,
    },
    /// A data set of [`Command::AddData`](super::Command::AddData) can be used.
    DataAdded {
        /// What runs call it.
        name: String,
    },
    /// What a trained network says of the images of [`Command::Classify`](super::Command::Classify).
    Classified {
        /// The number of the request.
        request: u64,
        /// The logits of each image.
        #[serde(deserialize_with = "finite")]
        logits: Vec<Vec<f32>>,
        /// Why there are none.
        problem: Option<String>,
    },
    /// What [`Command::CheckDevice`](super::Command::CheckDevice) found.
    DeviceChecked {
        /// The device; none: there is none of that choice.
        device: Option<DeviceInfo>,
        /// What is wrong with it, and what to do; none: every kernel computes right.
        problem: Option<String>,
    },
    /// Held.
    Paused,
    /// Going on.
    Resumed,
    /// Ended on request: the last event of such a run.
    Stopped,
    /// The run reached its end.
    Finished,
    /// A command could not be taken up; the run goes on.
    Refused {
        /// The request for scores that it answers; none: another command.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<u64>,
        /// Why.
        message: String,
    },
    /// The run could not go on; what was recorded stands.
    Failed {
        /// What happened and what to do.
        message: String,
    },
}

impl Event {
    /// Whether it is part of the run, a line of `events.jsonl`. The others answer whoever asked, or are files of their own.
    pub fn is_line(&self) -> bool {
        !matches!(
            self,
            Event::Scored { .. }
                | Event::Classified { .. }
                | Event::SupernetOpened { .. }
                | Event::DataAdded { .. }
                | Event::DeviceChecked { .. }
                | Event::Refused { .. }
                | Event::Checkpoint { .. }
                | Event::Network { .. }
        )
    }

    /// Whether a run has come further with it. What begins, holds or ends one is no progress, nor is what it had found when it was ended.
    pub fn is_progress(&self) -> bool {
        let stands = matches!(
            self,
            Event::Started { .. }
                | Event::Derived { .. }
                | Event::Paused
                | Event::Resumed
                | Event::Stopped
                | Event::Failed { .. }
        );
        self.is_line() && !stands
    }
}

/// The measurements of one search step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchStep {
    /// Counted from 1, over all epochs.
    pub step: usize,
    /// Counted from 1.
    pub epoch: usize,
    /// Cross-entropy of the weight step's batch, nats.
    #[serde(deserialize_with = "finite")]
    pub train_loss: f32,
    /// Share of right answers in it.
    #[serde(deserialize_with = "finite")]
    pub train_accuracy: f32,
    /// Cross-entropy of the α-step's batch at α itself.
    #[serde(deserialize_with = "finite")]
    pub validation_loss: f32,
    /// Share of right answers in it.
    #[serde(deserialize_with = "finite")]
    pub validation_accuracy: f32,
    /// Losses of the neighbors on the same batch; empty for plain DARTS.
    #[serde(deserialize_with = "finite")]
    pub neighbor_losses: Vec<f32>,
    /// What each of them changes: edges, counted over all cell kinds, and by how many operations the strongest one is exchanged there; empty in
    /// logs of versions that did not write it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub neighbors: Vec<Vec<(usize, usize)>>,
    /// The mean over the neighbors of the total variation between their mixing weights and those of α, summed over the edges; none
    /// without neighbors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_radius: Option<f32>,
    /// T of β = softmax(α/T) in this step.
    #[serde(default = "one", deserialize_with = "finite")]
    pub temperature: f32,
    /// What the weights of the operations are.
    #[serde(default, skip_serializing_if = "Shown::is_softmax")]
    pub weights: Shown,
    /// Mean entropy over the edges of the operations' weights, nats.
    #[serde(deserialize_with = "finite")]
    pub entropy: f32,
    /// α after the step, `[cell kind][edge][operation]`.
    #[serde(deserialize_with = "finite")]
    pub alpha: Vec<Vec<Vec<f32>>>,
}

fn one() -> f32 {
    1.0
}

impl SearchStep {
    /// How α became the weights of the operations, without anything drawn.
    pub fn relaxation(&self) -> Relaxation {
        self.weights.at(f64::from(self.temperature))
    }
}

/// Most mistakes that [`Event::Predicted`] lists.
pub const MISTAKES: usize = 200;

/// A test image that was taken for another class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// Its index in the data set.
    pub image: u32,
    /// Its class.
    pub label: u16,
    /// The class that the network chose.
    pub predicted: u16,
}

/// An event and when it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    /// Seconds since the run started.
    pub seconds: f64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}
