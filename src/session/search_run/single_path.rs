//! Random search with parameter sharing: the step that trains single paths, and the choice by the shared weights.

use burn::tensor::Tensor;
use rand_chacha::ChaCha8Rng;

use super::{Measured, SearchState, failed};
use crate::data::Batch;
use crate::kernels::total;
use crate::landscape::{Evaluator, SupernetEvaluator};
use crate::nn::{Leaves, Pass, Statistics, lane_correct, lane_losses};
use crate::search::SearchError;
use crate::session::config::SCORE_BATCHES;
use crate::session::config::SearchConfig;
use crate::session::error::RunError;
use crate::session::random::{Purpose, generator};
use crate::session::run_data::{RunData, score_batches};
use crate::space::{Allowed, Genotype};

/// Architectures that the supernet chooses among.
const CANDIDATES: usize = 100;

/// What a search on single paths has beside the supernet.
pub(super) struct SinglePaths {
    /// Draws the paths.
    pub rng: ChaCha8Rng,
    /// What is chosen among, the same at every epoch.
    candidates: Vec<Genotype>,
    /// Images that they are scored on at an epoch.
    few: Vec<Batch>,
    /// At the end.
    all: Vec<Batch>,
}

impl SinglePaths {
    /// Those of a run.
    pub fn new(config: &SearchConfig, allowed: &Allowed, data: &RunData, seed: u64) -> Self {
        let mut rng = generator(seed, Purpose::Candidates);
        let candidates = (0..CANDIDATES).map(|_| Genotype::random_among(allowed, &mut rng));
        Self {
            rng: generator(seed, Purpose::SinglePaths),
            candidates: candidates.collect(),
            few: score_batches(config.batch, data, seed, Some(SCORE_BATCHES)),
            all: score_batches(config.batch, data, seed, None),
        }
    }
}

impl SearchState {
    /// Leaves the choice among candidates away: a judge is trained for its weights alone.
    pub(in crate::session) fn choose_nothing(&mut self) {
        if let Some(paths) = &mut self.paths {
            paths.candidates.truncate(1);
        }
    }

    /// One step of the weights on a fair set of single paths, their gradients added up (strict fairness, §10.7): an operation occurs in one of
    /// them, and is trained at the full rate. The loss on the architecture half is that of the first path.
    pub(super) async fn single_path_step(
        &mut self,
        data: &RunData,
        rate: f64,
        number: usize,
        epoch: usize,
    ) -> Result<(), RunError> {
        let Some(paths) = &mut self.paths else {
            return Err(SearchError::Internal("a search without single paths".into()).into());
        };
        let genotypes = Genotype::fair_set_among(&self.allowed, &mut paths.rng);
        let [training, validation] = self.next_batches(data);
        let [loss, accuracy] = self.measured(&validation, &genotypes[..1]);
        let (gradient, trained) = self.gradient(&training, &genotypes);
        let [train_loss, train_accuracy] = trained;
        let (weights, limit) = (self.weights.clone(), self.config.clip);
        self.weights = self
            .weight_optimizer
            .clipped_step(weights, gradient, limit, rate);
        let alpha = self.alpha.clone().reshape([-1]);
        self.pending.push(Measured {
            neighbors: Vec::new(),
            step: number,
            epoch,
            temperature: self.temperature(number),
            lanes: 1,
            values: Tensor::cat(vec![train_loss, train_accuracy, accuracy, loss, alpha], 0),
        });
        Ok(())
    }

    /// The gradient of the sum of the losses of single paths, their mean loss and mean share of right answers.
    fn gradient(&self, batch: &Batch, genotypes: &[Genotype]) -> (Tensor<1>, [Tensor<1>; 2]) {
        let supernet = &self.network.supernet;
        let count = genotypes.len() as f64;
        let mut sums: Option<(Tensor<1>, [Tensor<1>; 2])> = None;
        for genotypes in genotypes.chunks(self.network.lanes_a_pass.max(1)) {
            let leaves = supernet.layout().leaves(&self.weights, true);
            let logits = self.logits(&leaves, batch, genotypes);
            let labels = batch.labels.clone();
            let losses = lane_losses(logits.clone(), &labels.clone().autodiff(), genotypes.len());
            let loss = total(losses);
            let mut gradients = loss.backward();
            let gradient = leaves.gradient(&mut gradients);
            let right = total(lane_correct(logits.inner(), &labels, genotypes.len()));
            let right = right.div_scalar(count * labels.dims()[0] as f64);
            let loss = loss.inner().div_scalar(count);
            sums = Some(match sums {
                None => (gradient, [loss, right]),
                Some((gradients, [losses, rights])) => {
                    (gradients + gradient, [losses + loss, rights + right])
                }
            });
        }
        // A fair set is never empty.
        sums.unwrap_or_else(|| {
            let nothing = self.weights.zeros_like();
            let zero = nothing.clone().narrow(0, 0, 1);
            (nothing, [zero.clone(), zero])
        })
    }

    /// Mean loss of architectures and their share of right answers, without gradients.
    fn measured(&self, batch: &Batch, genotypes: &[Genotype]) -> [Tensor<1>; 2] {
        let supernet = &self.network.supernet;
        let leaves = supernet.layout().leaves(&self.weights, false);
        let logits = self.logits(&leaves, batch, genotypes).inner();
        let lanes = genotypes.len();
        let right = total(lane_correct(logits.clone(), &batch.labels, lanes));
        let count = (lanes * batch.labels.dims()[0]) as f64;
        [
            lane_losses(logits, &batch.labels, lanes).mean(),
            right.div_scalar(count),
        ]
    }

    /// Logits of architectures, one after the other, on the images of a batch.
    fn logits(&self, leaves: &Leaves, batch: &Batch, genotypes: &[Genotype]) -> Tensor<2> {
        let pass = Pass {
            leaves,
            lanes: genotypes.len(),
            statistics: Statistics::Batch,
            fused: self.network.fused,
            multiply_adds: None,
        };
        let images = batch.images.clone().autodiff();
        self.network
            .supernet
            .forward_genotypes(pass, images, genotypes)
    }

    /// The best of the candidates by the weights of now: on a few images, at the end of the search on all that choose architectures.
    pub(super) async fn best_candidate(&self, paths: &SinglePaths) -> Result<Genotype, RunError> {
        if let [only] = &paths.candidates[..] {
            return Ok(only.clone());
        }
        let batches = match self.done == self.steps() {
            true => &paths.all,
            false => &paths.few,
        };
        let mut evaluator = SupernetEvaluator {
            supernet: self.network.supernet.clone(),
            fused: self.network.fused,
            weights: self.weights.clone(),
            batches: batches.clone(),
            lanes_a_pass: self.network.lanes_a_pass,
        };
        let scores = evaluator.scores(&paths.candidates).await.map_err(failed)?;
        // The least loss tells more than the number of right answers; the first of equal ones.
        let best = scores.iter().zip(&paths.candidates).reduce(|best, other| {
            if other.0.loss < best.0.loss {
                other
            } else {
                best
            }
        });
        best.map(|(_, genotype)| genotype.clone())
            .ok_or_else(|| SearchError::Internal("no candidates".into()).into())
    }
}
