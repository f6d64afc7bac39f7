//! The evaluator that scores genotypes with the shared weights of a supernet.

use burn::tensor::Tensor;

use super::evaluator::{Evaluator, EvaluatorError, Score};
use crate::data::Batch;
use crate::kernels::Memory;
use crate::nn::{Packing, Pass, Statistics, Supernet, lane_correct, lane_losses, read};
use crate::space::{Genotype, Macro, MacroError, Space};

/// Scores genotypes with the weights of a supernet as they are: many genotypes in one pass, one operation an edge, statistics of the
/// batch (`method.md` §8, pitfall 1), no augmentation. Loss is the mean cross-entropy in nats, accuracy is in percent, both over all
/// images of the batches. Such scores compare genotypes with each other; trained from scratch, a network is better.
#[derive(Clone, Debug)]
pub struct SupernetEvaluator {
    /// The plan.
    pub supernet: Supernet,
    /// Fused kernels or stock operations.
    pub fused: Option<Memory>,
    /// `[parameters]`, outside autodiff.
    pub weights: Tensor<1>,
    /// Images of the architecture half, the same for every genotype.
    pub batches: Vec<Batch>,
    /// Most genotypes in one pass.
    pub lanes_a_pass: usize,
}

impl SupernetEvaluator {
    /// The evaluator of a supernet of this size. weights `[parameters]`, whatever it was trained with: they lie in the same order.
    ///
    /// # Errors
    /// A size that cannot be built.
    pub fn new(
        space: Space,
        size: &Macro,
        fused: Option<Memory>,
        weights: Tensor<1>,
        batches: Vec<Batch>,
        lanes_a_pass: usize,
    ) -> Result<Self, MacroError> {
        Ok(Self {
            supernet: Supernet::new(space, size, Packing::of_body(fused.is_some()))?,
            fused,
            weights,
            batches,
            lanes_a_pass,
        })
    }

    /// Images that a genotype is scored on.
    pub fn images(&self) -> usize {
        let sizes = self.batches.iter().map(|batch| batch.labels.dims()[0]);
        sizes.sum()
    }

    /// The scores of at most [`Self::lanes_a_pass`] genotypes, in one pass a batch and one read.
    ///
    /// # Errors
    /// A genotype of another space, a loss that is not a number, a device that fails.
    pub async fn pass(&self, genotypes: &[Genotype]) -> Result<Vec<Score>, EvaluatorError> {
        for genotype in genotypes {
            EvaluatorError::check_space(self.supernet.space(), genotype)?;
        }
        let lanes = genotypes.len();
        if lanes == 0 || self.batches.is_empty() {
            return Ok(Vec::new());
        }
        let leaves = self.supernet.layout().leaves(&self.weights, false);
        let pass = Pass {
            leaves: &leaves,
            lanes,
            statistics: Statistics::Batch,
            fused: self.fused,
            multiply_adds: None,
        };
        let mut sums: Option<Tensor<1>> = None;
        for Batch { images, labels } in &self.batches {
            let logits = self
                .supernet
                .forward_genotypes(pass, images.clone().autodiff(), genotypes)
                .inner();
            let count = labels.dims()[0] as f64;
            let losses = lane_losses(logits.clone(), labels, lanes).mul_scalar(count);
            let correct = lane_correct(logits, labels, lanes);
            let values = Tensor::cat(vec![losses, correct], 0);
            sums = Some(match sums {
                Some(sums) => sums + values,
                None => values,
            });
        }
        let Some(sums) = sums else {
            return Ok(Vec::new());
        };
        let values = read(sums)
            .await
            .map_err(|error| EvaluatorError::Failed(format!("the device failed: {error}")))?;
        let images = self.images() as f64;
        let (losses, correct) = values.split_at(lanes);
        let scores = losses.iter().zip(correct).zip(genotypes);
        scores
            .map(|((&loss, &correct), genotype)| {
                let loss = f64::from(loss) / images;
                let accuracy = 100.0 * f64::from(correct) / images;
                if loss.is_finite() {
                    Ok(Score { loss, accuracy })
                } else {
                    Err(EvaluatorError::NotFinite(genotype.to_text()))
                }
            })
            .collect()
    }
}

impl Evaluator for SupernetEvaluator {
    fn space(&self) -> Space {
        self.supernet.space()
    }

    async fn scores(&mut self, genotypes: &[Genotype]) -> Result<Vec<Score>, EvaluatorError> {
        let mut scores = Vec::with_capacity(genotypes.len());
        for chunk in genotypes.chunks(self.lanes_a_pass.max(1)) {
            scores.extend(self.pass(chunk).await?);
        }
        Ok(scores)
    }
}
