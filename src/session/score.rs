//! Answers [`Command::Score`](super::Command::Score): scores by the weights of a supernet, as they come.

use std::collections::VecDeque;

use burn::tensor::Tensor;
use web_time::Instant;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::command::ASKER;
use super::config::{RunKind, SCORE_BATCHES};
use super::device;
use super::device_choice::DeviceChoice;
use super::error::RunError;
use super::event::Event;
use super::memory::MemoryPlan;
use super::run_data::{RunData, score_batches, split_of, stream_seed};
use crate::data::Dataset;
use crate::landscape::{Evaluator, SupernetEvaluator};
use crate::space::{Genotype, count_supernet};

/// Images whose statistics a judge normalises with, at least (`method.md` §10.7).
const JUDGED_TOGETHER: usize = 256;
/// The longest that a pass should take, seconds: a person who edits meanwhile waits for its end.
const PASS: f64 = 0.06;

/// The evaluator of a saved search: its supernet with the weights of the checkpoint, on the images that its own architecture half
/// had; `most` batches of them, or all.
///
/// # Errors
/// A checkpoint without a supernet, images that have changed since, a device that cannot be opened.
pub async fn open_supernet(
    checkpoint: &Checkpoint,
    device: DeviceChoice,
    most: Option<usize>,
) -> Result<SupernetEvaluator, RunError> {
    let config = &checkpoint.position.config;
    config.check()?;
    let Some(search) = &config.search else {
        return Err(CheckpointError::Tensor("it trained a given genotype".into()).into());
    };
    let dataset = Dataset::load(&config.dataset)?;
    if dataset.hash() != checkpoint.position.dataset {
        return Err(CheckpointError::Images(config.dataset.clone()).into());
    }
    let split = split_of(&dataset, config)?;
    let device::OpenDevice { device, info } = device::open(device).await?;
    let data = RunData::new(&dataset, split, &device)?;
    let size = search.size(data.shape, data.classes);
    let plan = MemoryPlan::choose(search, config.kernels, config.memory, &size, &info)?;
    let parameters = count_supernet(search.space, &size)?.parameters as usize;
    let weights = checkpoint.tensor("supernet.weights", [parameters], &device)?;
    let batch = match config.kind {
        RunKind::Judge => search.batch.max(JUDGED_TOGETHER),
        RunKind::Full | RunKind::SearchOnly => search.batch,
    };
    let batches = score_batches(batch, &data, stream_seed(config), most);
    let largest = batches.iter().map(|batch| batch.labels.dims()[0]).max();
    let largest = largest.unwrap_or(batch);
    let lanes = MemoryPlan::score_lanes(search, largest, plan.fused, &size, &info)?;
    let evaluator =
        SupernetEvaluator::new(search.space, &size, plan.fused, weights, batches, lanes);
    Ok(evaluator?)
}

/// The supernet that scores, and what it still has to score.
///
/// The window asks for the edited cell, its neighbors and random cells, in this order, at every edit. The cell is scored alone and first; a
/// new request of the same asker ends what is left of the last one. Only the pass that is being computed is not cut off, so passes are short.
#[derive(Default)]
pub struct Scoring {
    supernet: Option<SupernetEvaluator>,
    /// In the order of asking, one of each asker.
    jobs: VecDeque<Job>,
    pace: Pace,
}

/// How many genotypes ride in a pass: as many as do not take longer than [`PASS`], or half as long again as one alone takes where that is
/// more, since launches are what some devices wait for. Scores are the same, however many ride together.
struct Pace {
    together: usize,
    /// More have taken too long.
    most: usize,
    /// Passes of this size so far.
    passes: usize,
    /// What a genotype alone took last, seconds.
    alone: f64,
}

impl Pace {
    /// That of a supernet that can score so many in a pass: it begins with one.
    fn up_to(most: usize) -> Self {
        Self {
            together: 1,
            most: most.max(1),
            passes: 0,
            alone: 0.0,
        }
    }

    /// A pass of so many behind the first genotype of a request has taken so many seconds.
    fn heard(&mut self, genotypes: usize, seconds: f64) {
        // The rest of a request is of no size.
        if genotypes < self.together {
            return;
        }
        self.passes += 1;
        // The first pass of a size may compile for a GPU.
        if self.passes < 2 {
            return;
        }
        self.passes = 0;
        if seconds > PASS.max(1.5 * self.alone) {
            self.most = (self.together / 2).max(1);
        }
        self.together = (2 * self.together).min(self.most);
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::up_to(1)
    }
}

/// One request. It keeps the weights of the moment when it came, so that its scores compare with each other.
struct Job {
    request: u64,
    genotypes: Vec<Genotype>,
    done: usize,
    supernet: SupernetEvaluator,
}

impl Scoring {
    /// From now on this supernet scores.
    pub(super) fn take_up(&mut self, supernet: SupernetEvaluator) {
        self.pace = Pace::up_to(supernet.lanes_a_pass);
        self.supernet = Some(supernet);
    }

    /// Takes up the supernet of a checkpoint.
    pub(super) async fn open(&mut self, checkpoint: &Checkpoint) -> Event {
        let device = checkpoint.position.config.device;
        match open_supernet(checkpoint, device, Some(SCORE_BATCHES)).await {
            Ok(supernet) => {
                let (space, images) = (supernet.space(), supernet.images());
                *self = Scoring::default();
                self.take_up(supernet);
                Event::SupernetOpened { space, images }
            }
            Err(error) => Event::Refused {
                request: None,
                message: error.to_string(),
            },
        }
    }

    /// The supernet's weights have moved.
    pub(super) fn update(&mut self, weights: &Tensor<1>) {
        if let Some(supernet) = &mut self.supernet {
            supernet.weights = weights.clone();
        }
    }

    /// Takes up a request in the place of an unfinished one of the same asker; answers at once where nothing can or need be scored.
    pub(super) fn ask(&mut self, request: u64, genotypes: Vec<Genotype>) -> Option<Event> {
        self.jobs
            .retain(|job| job.request / ASKER != request / ASKER);
        let Some(supernet) = &self.supernet else {
            return Some(Event::Refused {
                request: Some(request),
                message: "there is no supernet to score with; start a search first".into(),
            });
        };
        if genotypes.is_empty() {
            return Some(Event::Scored {
                request,
                first: 0,
                scores: Vec::new(),
            });
        }
        self.jobs.push_back(Job {
            request,
            genotypes,
            done: 0,
            supernet: supernet.clone(),
        });
        None
    }

    /// Whether a request is unfinished.
    pub(super) fn busy(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// The next scores of an unfinished request: of its first genotype alone, so that an edit shows at once, then of as many as go
    /// into one pass. A failure ends the request.
    pub(super) async fn next(&mut self) -> Option<Event> {
        // A person waits for the first answer to what was asked last; the rest goes in turn.
        let fresh = self.jobs.iter().position(|job| job.done == 0);
        let mut job = self.jobs.remove(fresh.unwrap_or(0))?;
        let first = job.done;
        let most = match first {
            0 => 1,
            _ => self.pace.together,
        };
        let end = job.genotypes.len().min(first + most);
        let since = Instant::now();
        let scored = job.supernet.pass(&job.genotypes[first..end]).await;
        match (first, since.elapsed().as_secs_f64()) {
            (0, seconds) => self.pace.alone = seconds,
            (_, seconds) => self.pace.heard(end - first, seconds),
        }
        let request = job.request;
        Some(match scored {
            Ok(scores) => {
                job.done = end;
                if end < job.genotypes.len() {
                    self.jobs.push_back(job);
                }
                Event::Scored {
                    request,
                    first,
                    scores,
                }
            }
            Err(error) => Event::Refused {
                request: Some(request),
                message: format!("no scores: {error}"),
            },
        })
    }
}
