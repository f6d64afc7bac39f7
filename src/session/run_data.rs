//! The images of a run: how they are shared out, and batches of them on the device.

use burn::tensor::Device;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::config::{RunConfig, RunKind};
use super::error::RunError;
use super::random::{Purpose, generator, seed_for};
use crate::data::{Augmentation, Batch, Dataset, DeviceImages, Normalisation, Split, chunks};

/// The images of a run and how they are shared out.
pub struct RunData {
    /// All images, on the device.
    pub images: DeviceImages,
    /// Which are for what.
    pub split: Split,
    /// `[channels, height, width]`.
    pub shape: [usize; 3],
    /// Number of classes.
    pub classes: usize,
    /// Their names.
    pub class_names: Vec<String>,
    /// The short name of the data set.
    pub name: String,
    /// The pixel of white.
    pub white: u8,
    /// How the images are normalised.
    pub normalisation: Normalisation,
    /// Whether the data set allows flips.
    pub flip: bool,
}

/// Shares the images of a run out; the seed fixes how.
///
/// # Errors
/// A share that leaves a part empty.
pub fn split_images(dataset: &Dataset, test_share: f64, seed: u64) -> Result<Split, RunError> {
    Ok(Split::new(
        dataset,
        test_share,
        seed_for(seed, Purpose::Split),
    )?)
}

/// Shares the images of a configured run out.
///
/// # Errors
/// As [`split_images`]; too few images for a judge.
pub fn split_of(dataset: &Dataset, config: &RunConfig) -> Result<Split, RunError> {
    let seed = config.split_seed.unwrap_or(config.seed);
    let split = split_images(dataset, config.test_share, seed)?;
    match config.kind {
        RunKind::Full | RunKind::SearchOnly => Ok(split),
        RunKind::Judge => Ok(split.of_judge(dataset, seed_for(seed, Purpose::Judge))?),
    }
}

/// The seed of all random numbers of a run but those that share its images out.
pub fn stream_seed(config: &RunConfig) -> u64 {
    match config.kind {
        RunKind::Full | RunKind::SearchOnly => config.seed,
        RunKind::Judge => seed_for(config.seed, Purpose::Judge),
    }
}

impl RunData {
    /// Uploads a data set, normalised by its training part.
    pub fn new(dataset: &Dataset, split: Split, device: &Device) -> Result<Self, RunError> {
        let normalisation = Normalisation::new(dataset, &split.train())?;
        Ok(Self {
            images: DeviceImages::new(dataset, &normalisation, device)?,
            normalisation,
            name: dataset.name.clone(),
            white: dataset.white(),
            class_names: dataset.classes.clone(),
            split,
            shape: [dataset.channels, dataset.height, dataset.width],
            classes: dataset.classes.len(),
            flip: dataset.flip,
        })
    }

    /// A mini-batch with fresh augmentation.
    pub fn batch(
        &self,
        augmentation: &Augmentation,
        indices: &[u32],
        rng: &mut ChaCha8Rng,
    ) -> Batch {
        let [_, height, width] = self.shape;
        let augmentation = Augmentation {
            flip: augmentation.flip && self.flip,
            ..*augmentation
        };
        self.images
            .batch(&augmentation.draw(indices, height, width, rng))
    }
}

/// Images of the architecture half, without augmentation, for scores: `most` batches of this size from an order that the seed fixes, or
/// all images in batches of at least that size.
pub(super) fn score_batches(
    batch: usize,
    data: &RunData,
    seed: u64,
    most: Option<usize>,
) -> Vec<Batch> {
    let mut images = data.split.architecture.clone();
    images.shuffle(&mut generator(seed, Purpose::ScoreBatches));
    let batches = (images.len() / batch).max(1);
    let size = match most {
        Some(most) if most < batches => {
            images.truncate(most * batch);
            batch
        }
        // Batch statistics of a small rest would be bad ones.
        _ => images.len().div_ceil(batches),
    };
    let placements = chunks(&images, size);
    placements
        .map(|placements| data.images.batch(&placements))
        .collect()
}
