//! What a trained network says of images.

use burn::tensor::{Device, Tensor};

use super::error::RunError;
use super::event::Event;
use super::trained_network::{NetworkDescription, NetworkError, TrainedNetwork};
use crate::data::{DataError, Dataset, DeviceImages, Placement};
use crate::nn::{DerivedNetwork, Leaves};
use crate::search::objective::read;

/// Images a forward pass, as in the test of training.
pub(super) const TEST_BATCH: usize = 256;

/// Answers [`Command::Classify`](super::Command::Classify), on the CPU: a GPU would compile for longer than that takes.
pub(super) async fn classify(request: u64, network: &TrainedNetwork, images: &[u8]) -> Event {
    let logits = match Predictor::new(network, &Device::flex()) {
        Ok(predictor) => predictor.logits(images).await,
        Err(error) => Err(error),
    };
    let problem = logits.as_ref().err().map(ToString::to_string);
    Event::Classified {
        request,
        logits: logits.unwrap_or_default(),
        problem,
    }
}

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
    /// Pixels that are no whole images; a device that fails.
    pub async fn logits(&self, pixels: &[u8]) -> Result<Vec<Vec<f32>>, RunError> {
        let volume: usize = self.description.input.iter().product();
        let mut logits = Vec::with_capacity(pixels.len() / volume);
        for pixels in pixels.chunks(TEST_BATCH * volume) {
            let values = read(self.pass(pixels.to_vec())?).await?;
            if values.iter().any(|value| !value.is_finite()) {
                return Err(NetworkError::Answer.into());
            }
            let images = values.chunks_exact(self.description.classes.len());
            logits.extend(images.map(<[f32]>::to_vec));
        }
        Ok(logits)
    }

    /// The logits of some images, `[images, classes]`, still on the device.
    fn pass(&self, pixels: Vec<u8>) -> Result<Tensor<2>, DataError> {
        let [channels, height, width] = self.description.input;
        let count = pixels.len() / (channels * height * width);
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
        // At most a batch.
        let placements: Vec<_> = (0..count as u32).map(Placement::identity).collect();
        let batch = images.batch(&placements).images.autodiff();
        let logits = self.network.test(&self.leaves, &self.statistics, batch);
        Ok(logits.inner())
    }
}
