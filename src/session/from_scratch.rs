//! The evaluator that trains every genotype from scratch.

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::config::{KernelChoice, TrainConfig};
use super::config_error::ConfigError;
use super::error::RunError;
use super::run_data::{RunData, split_images};
use super::train_run::{Accuracy, TrainState};
use crate::data::Dataset;
use crate::landscape::{Evaluator, EvaluatorError, Score};
use crate::space::{Genotype, Space};

/// Scores genotypes by training their networks from scratch on the weights half and measuring them on the architecture half. The
/// test part plays no role in a [`Score`]. Equal genotypes get equal scores: the seed is the same for all of them.
pub struct ScratchEvaluator {
    space: Space,
    config: TrainConfig,
    data: RunData,
    seed: u64,
    device: Device,
}

/// How good one trained network is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// On the architecture half.
    pub validation: Accuracy,
    /// On the test part.
    pub test: Accuracy,
}

impl ScratchEvaluator {
    /// Uploads a built-in data set, split by the seed.
    ///
    /// # Errors
    /// Settings out of range, an unknown data set, a test share that leaves nothing.
    pub fn new(
        space: Space,
        dataset: &str,
        test_share: f64,
        config: &TrainConfig,
        seed: u64,
        device: &Device,
    ) -> Result<Self, RunError> {
        config.check()?;
        ConfigError::test_share(test_share)?;
        let dataset = Dataset::load(dataset)?;
        config.check_images([dataset.height, dataset.width])?;
        let split = split_images(&dataset, test_share, seed)?;
        Ok(Self {
            space,
            config: config.clone(),
            data: RunData::new(&dataset, split, device)?,
            seed,
            device: device.clone(),
        })
    }

    /// Images of the weights half, the architecture half and the test part.
    pub fn split(&self) -> [usize; 3] {
        let split = &self.data.split;
        [&split.weights, &split.architecture, &split.test].map(Vec::len)
    }

    /// Trains one network with a seed of its own and measures it.
    ///
    /// # Errors
    /// A network that cannot be built, training that diverges, a device that fails.
    pub async fn train(&self, genotype: &Genotype, seed: u64) -> Result<Trained, RunError> {
        let state = self.trained(genotype, seed).await?;
        let Self { data, .. } = self;
        Ok(Trained {
            validation: state.measure(data, &data.split.architecture).await?,
            test: state.measure(data, &data.split.test).await?,
        })
    }

    /// The score of one genotype.
    ///
    /// # Errors
    /// As [`Self::train`].
    pub async fn score(&self, genotype: &Genotype) -> Result<Score, RunError> {
        let state = self.trained(genotype, self.seed).await?;
        let images = &self.data.split.architecture;
        let Accuracy { loss, share } = state.measure(&self.data, images).await?;
        let accuracy = 100.0 * share;
        Ok(Score { loss, accuracy })
    }

    async fn trained(&self, genotype: &Genotype, seed: u64) -> Result<TrainState, RunError> {
        let Self { config, data, .. } = self;
        let images = data.split.weights.clone();
        let mut state = TrainState::on(
            images,
            config,
            genotype,
            data,
            seed,
            KernelChoice::Fused,
            &self.device,
        )?;
        state.fit(data).await?;
        Ok(state)
    }
}

impl Evaluator for ScratchEvaluator {
    fn space(&self) -> Space {
        self.space
    }

    async fn scores(&mut self, genotypes: &[Genotype]) -> Result<Vec<Score>, EvaluatorError> {
        let mut scores = Vec::with_capacity(genotypes.len());
        for genotype in genotypes {
            EvaluatorError::check_space(self.space, genotype)?;
            let score = self.score(genotype).await;
            scores.push(score.map_err(|error| EvaluatorError::Failed(error.to_string()))?);
        }
        Ok(scores)
    }
}
