use serde::{Deserialize, Serialize};

use super::{DataError, Dataset};

/// A deviation below this (in raw units, one unit a grey level) counts as noise and is raised to it.
const DEVIATION_FLOOR: f64 = 0.1;

/// Per-channel mean and standard deviation of pixels, in raw units. Compute it from the training part only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// Mean of each channel.
    pub mean: Vec<f32>,
    /// Population standard deviation of each channel, at least 0.1.
    pub deviation: Vec<f32>,
}

impl Normalisation {
    /// Statistics of the images at `indices`. The sums are exact integers: the order of the indices does not matter.
    ///
    /// # Errors
    /// [`DataError::Empty`] without indices, [`DataError::OutOfRange`] for an index that is no image,
    /// [`DataError::Inconsistent`] from [`Dataset::check`].
    pub fn new(dataset: &Dataset, indices: &[u32]) -> Result<Normalisation, DataError> {
        dataset.check()?;
        if indices.is_empty() {
            return Err(DataError::Empty);
        }
        let area = dataset.height * dataset.width;
        let mut sums = vec![(0u64, 0u64); dataset.channels];
        for &index in indices {
            let image = dataset.image(index).ok_or(DataError::OutOfRange {
                index,
                len: dataset.len(),
            })?;
            for ((sum, squares), channel) in sums.iter_mut().zip(image.chunks_exact(area)) {
                for &pixel in channel {
                    *sum += u64::from(pixel);
                    *squares += u64::from(pixel) * u64::from(pixel);
                }
            }
        }
        let pixels = (indices.len() * area) as f64;
        let (mean, deviation) = sums
            .into_iter()
            .map(|(sum, squares)| {
                let mean = sum as f64 / pixels;
                let variance = (squares as f64 / pixels - mean * mean).max(0.0);
                (mean as f32, variance.sqrt().max(DEVIATION_FLOOR) as f32)
            })
            .unzip();
        Ok(Normalisation { mean, deviation })
    }

    /// The network's input for a raw value of a channel: `(raw − mean) / deviation`.
    ///
    /// # Panics
    /// If there is no such channel.
    pub fn apply(&self, channel: usize, raw: u8) -> f32 {
        (f32::from(raw) - self.mean[channel]) / self.deviation[channel]
    }

    /// Checks that there are as many channels as the data set has.
    pub fn check(&self, dataset: &Dataset) -> Result<(), DataError> {
        let found = self.mean.len().min(self.deviation.len());
        if found == dataset.channels {
            Ok(())
        } else {
            Err(DataError::Channels {
                expected: dataset.channels,
                found,
            })
        }
    }
}
