//! What a trained network says of images.

use burn::tensor::{Device, Tensor};

use super::error::RunError;
use super::trained_network::{NetworkDescription, TrainedNetwork};
use crate::data::{DataError, Dataset, DeviceImages, chunks};
use crate::nn::{DerivedNetwork, Leaves};
use crate::search::objective::read;

/// Images a forward pass, as in the test of training.
pub(super) const TEST_BATCH: usize = 256;

/// A trained network on a device.
pub struct Predictor {
    description: NetworkDescription,
    network: DerivedNetwork,
    leaves: Leaves,
    statistics: Tensor<1>,
    device: Device,
}

impl Predictor {
    /// Builds the network of the genotype and uploads its weights.
    ///
    /// # Errors
    /// Weights that do not fit the genotype.
    pub fn new(network: &TrainedNetwork, device: &Device) -> Result<Self, RunError> {
        let TrainedNetwork { description, .. } = network;
        let derived = DerivedNetwork::new(&description.genotype, &description.size(), true)?;
        let [weights, statistics] = network.upload(derived.layout(), device)?;
        Ok(Self {
            leaves: derived.layout().leaves(&weights, false),
            statistics: statistics.autodiff(),
            description: description.clone(),
            network: derived,
            device: device.clone(),
        })
    }

    /// The logits of images `[images, channels, height, width]`, image by image, with the running statistics of training.
    ///
    /// # Errors
    /// Pixels that are no whole images, or none; a device that fails.
    pub async fn logits(&self, pixels: Vec<u8>) -> Result<Vec<Vec<f32>>, RunError> {
        let [channels, height, width] = self.description.input;
        let count = pixels.len() / (channels * height * width);
        let classes = self.description.classes.len();
        let dataset = Dataset {
            name: "the images".to_owned(),
            images: pixels,
            labels: vec![0; count],
            classes: self.description.classes.clone(),
            channels,
            height,
            width,
            flip: false,
            test_from: None,
            notes: Vec::new(),
        };
        let images = DeviceImages::new(&dataset, &self.description.normalisation, &self.device)?;
        let count = u32::try_from(count).map_err(|_| DataError::Empty)?;
        let indices: Vec<u32> = (0..count).collect();
        let mut logits = Vec::with_capacity(indices.len());
        for placements in chunks(&indices, TEST_BATCH) {
            let batch = images.batch(&placements).images.autodiff();
            let answers = self.network.test(&self.leaves, &self.statistics, batch);
            let values = read(answers.inner()).await?;
            logits.extend(values.chunks_exact(classes).map(<[f32]>::to_vec));
        }
        Ok(logits)
    }
}
