//! The judge of a comparison: one supernet a seed that scores what every strategy found, and its neighbors.

use super::super::config::RunConfig;
use super::super::device;
use super::super::failure::RunError;
use super::super::memory::MemoryPlan;
use super::super::random::{Purpose, generator, seed_for};
use super::super::search_run::{RunData, split_images};
use super::Judged;
use crate::data::{Dataset, Sampler, chunks};
use crate::landscape::{
    LandscapeError, NeighborhoodOptions, NeighborhoodReport, SupernetEvaluator, neighborhood,
};
use crate::nn::{Packing, Pass, Statistics, Supernet, lane_losses};
use crate::search::SearchError;
use crate::search::objective::read;
use crate::search::optimizer::{Sgd, cosine_rate};
use crate::space::{Counting, Genotype};

/// Uniformly drawn architectures that every step trains.
const ARCHITECTURES: usize = 8;
/// Images a forward pass of the evaluation.
const EVALUATION_BATCH: usize = 256;

/// A supernet that favours no strategy: its weights were trained on uniformly drawn architectures (as in single-path one-shot
/// search, Guo et al., ECCV 2020), with the settings and data of the searches.
pub struct Judge {
    evaluator: SupernetEvaluator,
}

impl Judge {
    /// Trains the judge of a run's seed for so many epochs. The strategy plays no part.
    ///
    /// # Errors
    /// No search in the settings, and all that can go wrong in a search.
    pub async fn new(config: &RunConfig, epochs: usize) -> Result<Self, RunError> {
        config.check()?;
        let Some(search) = &config.search else {
            return Err(
                SearchError::Setting("a judge needs the settings of a search".into()).into(),
            );
        };
        let dataset = Dataset::load(&config.dataset)?;
        let seed = config.seed;
        let split = split_images(&dataset, config.test_share, seed)?;
        let device::OpenDevice { device, info } = device::open(config.device).await?;
        let data = RunData::new(&dataset, split, &device)?;
        let size = search.size(data.shape, data.classes);
        let plan = MemoryPlan::choose(search, config.kernels, config.memory, &size, &info)?;
        let supernet = Supernet::new(search.space, &size, Packing::of_body(plan.fused.is_some()))?;
        let layout = supernet.layout();
        let mut weights = layout.initial_weights(seed_for(seed, Purpose::SupernetWeights), &device);
        let mut batches = Sampler::new(
            data.split.weights.clone(),
            search.batch,
            seed_for(seed, Purpose::WeightBatches),
        )?;
        let mut augmentation = generator(seed, Purpose::SearchAugmentation);
        let mut paths = generator(seed, Purpose::JudgePaths);
        let mut optimizer = Sgd::new(
            search.momentum,
            search.weight_decay,
            search.space != crate::space::Space::Darts,
        );
        for epoch in 0..epochs {
            let (high, low) = (search.weight_rate, search.weight_rate_min);
            let rate = cosine_rate(epoch, epochs, high, low);
            for _ in 0..batches.batches_per_epoch() {
                let batch = data.batch(&search.augmentation, &batches.next(), &mut augmentation);
                let genotypes: Vec<Genotype> = (0..ARCHITECTURES)
                    .map(|_| Genotype::random(search.space, &mut paths))
                    .collect();
                let leaves = layout.leaves(&weights, true);
                let pass = Pass {
                    leaves: &leaves,
                    lanes: ARCHITECTURES,
                    statistics: Statistics::Batch,
                    fused: plan.fused,
                    multiply_adds: None,
                };
                let images = batch.images.autodiff();
                let logits = supernet.forward_genotypes(pass, images, &genotypes);
                let losses = lane_losses(logits, &batch.labels.autodiff(), ARCHITECTURES);
                let mut gradients = losses.mean().backward();
                let gradient = leaves.gradient(&mut gradients);
                weights = optimizer.clipped_step(weights, gradient, search.clip, rate);
            }
            // One number tells whether any weight has left the numbers.
            let value = read(weights.clone().sum()).await?[0];
            if !value.is_finite() {
                let step = (epoch + 1) * batches.batches_per_epoch();
                let what = "sum of the judge's weights";
                return Err(SearchError::NotFinite { what, value, step }.into());
            }
        }
        let lanes_a_pass =
            MemoryPlan::score_lanes(search, EVALUATION_BATCH, plan.fused, &size, &info)?;
        let images = chunks(&data.split.architecture, EVALUATION_BATCH);
        let batches = images.map(|chunk| data.images.batch(&chunk)).collect();
        Ok(Self {
            evaluator: SupernetEvaluator {
                supernet,
                fused: plan.fused,
                weights,
                batches,
                lanes_a_pass,
            },
        })
    }

    /// A genotype and all its neighbors at distance 1, with the images that choose architectures.
    ///
    /// # Errors
    /// A genotype of another space; a device that fails.
    pub async fn neighborhood(
        &mut self,
        genotype: &Genotype,
    ) -> Result<NeighborhoodReport, LandscapeError> {
        let options = NeighborhoodOptions {
            counting: Counting::Topology,
            radius: 1,
            ..NeighborhoodOptions::default()
        };
        neighborhood(&mut self.evaluator, genotype, &options).await
    }
}

impl Judged {
    /// The short form of a report; nothing for one without neighbors.
    pub fn of(report: &NeighborhoodReport) -> Option<Self> {
        let nearest = report.radii.first()?;
        Some(Self {
            own: report.own,
            count: nearest.raw.count,
            mean: nearest.raw.mean,
            worst: nearest.raw.worst,
            best: nearest.raw.best,
        })
    }
}
