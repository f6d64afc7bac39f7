//! The loop of training a derived network from scratch, and its one test.

use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::checkpoint::{Checkpoint, Phase, Position};
use super::config::{KernelChoice, TrainConfig};
use super::control::{Control, Flow};
use super::error::RunError;
use super::event::{Event, MISTAKES, Mistake};
use super::predict::TEST_BATCH;
use super::random::{Purpose, drawn, generator, generator_at, seed_for};
use super::readback::Pace;
use super::run_data::RunData;
use super::trained_network::{NetworkDescription, TrainedNetwork};
use crate::data::{Batch, Sampler, chunks};
use crate::nn::{
    DerivedNetwork, draw_drop_path, lane_correct, lane_losses, smoothed_loss, update_statistics,
};
use crate::search::SearchError;
use crate::search::objective::read;
use crate::search::optimizer::Sgd;
use crate::space::{Genotype, Macro, Space, count_genotype};

/// Everything that changes during training.
pub struct TrainState {
    config: TrainConfig,
    genotype: Genotype,
    size: Macro,
    network: DerivedNetwork,
    device: Device,
    weights: Tensor<1>,
    statistics: Tensor<1>,
    optimizer: Sgd,
    batches: Sampler,
    augmentation: ChaCha8Rng,
    drop_path: ChaCha8Rng,
    /// Loss and accuracy of the steps since the last report, `[2]` each, still on the device.
    pending: Vec<Tensor<1>>,
    /// Steps that are done.
    done: usize,
    /// Sums of loss and accuracy over the reported steps of this epoch.
    totals: [f64; 2],
}

impl TrainState {
    /// Training at its start, on everything but the test part.
    pub fn new(
        config: &TrainConfig,
        genotype: &Genotype,
        data: &RunData,
        seed: u64,
        kernels: KernelChoice,
        device: &Device,
    ) -> Result<Self, RunError> {
        let images = data.split.train();
        Self::on(images, config, genotype, data, seed, kernels, device)
    }

    /// Training at its start, on the images of these indices.
    pub fn on(
        images: Vec<u32>,
        config: &TrainConfig,
        genotype: &Genotype,
        data: &RunData,
        seed: u64,
        kernels: KernelChoice,
        device: &Device,
    ) -> Result<Self, RunError> {
        let size = config.size(data.shape, data.classes);
        let network = DerivedNetwork::new(genotype, &size, kernels == KernelChoice::Fused)?;
        let layout = network.layout();
        let weights = layout.initial_weights(seed_for(seed, Purpose::DerivedWeights), device);
        let statistics = layout.initial_statistics(device);
        let batches = Sampler::new(images, config.batch, seed_for(seed, Purpose::TrainBatches))?
            .with_last(config.last_batch);
        Ok(Self {
            config: config.clone(),
            genotype: genotype.clone(),
            size,
            network,
            device: device.clone(),
            weights,
            statistics,
            optimizer: Sgd::new(
                config.momentum,
                config.weight_decay,
                genotype.space() != Space::Darts,
            ),
            batches,
            augmentation: generator(seed, Purpose::TrainAugmentation),
            drop_path: generator(seed, Purpose::DropPath),
            pending: Vec::new(),
            done: 0,
            totals: [0.0; 2],
        })
    }

    /// Goes on where a checkpoint stands.
    pub fn restore(&mut self, from: &Checkpoint, seed: u64) -> Result<(), RunError> {
        let (device, weights) = (&self.device, self.weights.dims());
        let statistics = self.statistics.dims();
        self.weights = from.tensor("derived.weights", weights, device)?;
        self.statistics = from.tensor("derived.statistics", statistics, device)?;
        self.optimizer.buffer = from.optional("sgd.momentum", weights, device)?;
        self.batches.restore(from.batches(Purpose::TrainBatches)?);
        let generators = [
            (Purpose::TrainAugmentation, &mut self.augmentation),
            (Purpose::DropPath, &mut self.drop_path),
        ];
        for (purpose, rng) in generators {
            *rng = generator_at(seed, purpose, from.drawn(purpose)?);
        }
        self.done = from.position.step;
        self.totals = from.position.totals;
        Ok(())
    }

    /// Says what is pending, then hands out the state where it is wanted; `origin` is the beginning of the run.
    async fn checkpoint(
        &mut self,
        origin: &Position,
        control: &mut Control<'_>,
    ) -> Result<(), RunError> {
        self.report(control).await?;
        if !control.keeps() {
            return Ok(());
        }
        let mut state = Checkpoint::new(Position {
            events: control.said(),
            phase: Phase::Train,
            step: self.done,
            steps: self.steps(),
            genotype: Some(self.genotype.clone()),
            generators: [
                (Purpose::TrainAugmentation, drawn(&self.augmentation)),
                (Purpose::DropPath, drawn(&self.drop_path)),
            ]
            .into(),
            batches: [(Purpose::TrainBatches, self.batches.position())].into(),
            totals: self.totals,
            ..origin.clone()
        });
        state.put("derived.weights", &self.weights).await?;
        state.put("derived.statistics", &self.statistics).await?;
        if let Some(buffer) = &self.optimizer.buffer {
            state.put("sgd.momentum", buffer).await?;
        }
        control.checkpoint(state);
        Ok(())
    }

    fn steps(&self) -> usize {
        self.batches.batches_per_epoch() * self.config.epochs
    }

    /// Says that training starts.
    pub fn announce(&self, control: &mut Control<'_>) -> Result<(), RunError> {
        let without_head = Macro {
            auxiliary: false,
            ..self.size
        };
        let count = count_genotype(&self.genotype, &without_head)?;
        control.emit(Event::TrainStarted {
            genotype: self.genotype.clone(),
            parameters: count.parameters,
            multiply_adds: count.multiply_adds,
            epochs: self.config.epochs,
            steps_per_epoch: self.batches.batches_per_epoch(),
        });
        Ok(())
    }

    /// Trains to the end and tests once. A stop ends the training without a test.
    pub async fn run(
        &mut self,
        data: &RunData,
        origin: &Position,
        control: &mut Control<'_>,
    ) -> Result<Flow, RunError> {
        let steps_per_epoch = self.batches.batches_per_epoch();
        let mut pace = Pace::new(&self.device);
        while self.done < self.steps() {
            if control.before_step().await? == Flow::Stop {
                self.checkpoint(origin, control).await?;
                return Ok(Flow::Stop);
            }
            let epoch = self.done / steps_per_epoch;
            let measured = self.next_step(data, epoch);
            self.pending.push(measured);
            self.done += 1;
            let end_of_epoch = self.done.is_multiple_of(steps_per_epoch);
            let pending = self.pending.len();
            if pace.due(pending) || end_of_epoch || control.watched() {
                self.report(control).await?;
                pace.has_read(pending);
            }
            if end_of_epoch {
                let [loss, accuracy] = self.totals.map(|sum| (sum / steps_per_epoch as f64) as f32);
                self.totals = [0.0; 2];
                control.emit(Event::TrainEpoch {
                    epoch: epoch + 1,
                    loss,
                    accuracy,
                });
            }
            if control.checkpoint_due(end_of_epoch) {
                self.checkpoint(origin, control).await?;
            }
        }
        self.test(data, control).await?;
        Ok(Flow::Go)
    }

    /// Trains to the end without a word and without a test.
    ///
    /// # Errors
    /// A loss that is not a number.
    pub async fn fit(&mut self, data: &RunData) -> Result<(), RunError> {
        let steps = self.config.epochs * self.batches.batches_per_epoch();
        for epoch in 0..self.config.epochs {
            let mut last = None;
            for _ in 0..self.batches.batches_per_epoch() {
                last = Some(self.next_step(data, epoch));
            }
            let Some(last) = last else { continue };
            let value = read(last).await?[0];
            if !value.is_finite() {
                return Err(SearchError::NotFinite {
                    what: "training loss",
                    value,
                    step: steps / self.config.epochs * (epoch + 1),
                }
                .into());
            }
        }
        Ok(())
    }

    /// One step whose results are read back, so that all its work is done when this returns: what the benchmark times.
    #[cfg(not(target_arch = "wasm32"))]
    pub async fn timed_step(&mut self, data: &RunData) -> Result<(), RunError> {
        let measured = self.next_step(data, 0);
        // The weights and the running statistics are the last work of a step.
        let ends = [&self.weights, &self.statistics].map(|tensor| tensor.clone().narrow(0, 0, 1));
        read(Tensor::cat([vec![measured], ends.to_vec()].concat(), 0)).await?;
        Ok(())
    }

    /// The next mini-batch of an epoch (counted from 0) and the step on it.
    fn next_step(&mut self, data: &RunData, epoch: usize) -> Tensor<1> {
        let rate = self.config.rate_in(epoch + 1);
        let drop = self.config.drop_path * epoch as f64 / self.config.epochs as f64;
        let indices = self.batches.next();
        let batch = data.batch(&self.config.augmentation, &indices, &mut self.augmentation);
        self.step(&batch, rate, drop)
    }

    /// One step; returns loss and accuracy, `[2]`, still on the device.
    fn step(&mut self, batch: &Batch, rate: f64, drop: f64) -> Tensor<1> {
        let images = batch.labels.dims()[0];
        let leaves = self.network.layout().leaves(&self.weights, true);
        let masks = (drop > 0.0).then(|| {
            draw_drop_path(
                self.network.drop_places(),
                images,
                drop,
                &mut self.drop_path,
                &self.device,
            )
            .autodiff()
        });
        let labels = batch.labels.clone().autodiff();
        let (logits, seen) =
            self.network
                .train(&leaves, batch.images.clone().autodiff(), masks.as_ref());
        let accuracy =
            lane_correct(logits.main.clone().inner(), &batch.labels, 1).div_scalar(images as f64);
        let own = lane_losses(logits.main.clone(), &labels, 1).inner();
        let mut loss = smoothed_loss(logits.main, &labels, self.config.label_smoothing);
        if let Some(auxiliary) = logits.auxiliary {
            let extra = smoothed_loss(auxiliary, &labels, self.config.label_smoothing);
            loss = loss + extra.mul_scalar(self.config.auxiliary_weight);
        }
        let mut gradients = loss.backward();
        let gradient = leaves.gradient(&mut gradients);
        let (weights, limit) = (self.weights.clone(), self.config.clip);
        self.weights = self.optimizer.clipped_step(weights, gradient, limit, rate);
        self.statistics = update_statistics(self.statistics.clone(), seen);
        Tensor::cat(vec![own, accuracy], 0)
    }

    /// Reads the pending measurements in one go and says them; a loss that is not a number ends the training.
    async fn report(&mut self, control: &mut Control<'_>) -> Result<(), RunError> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(());
        }
        let first = self.done + 1 - pending.len();
        let values = read(Tensor::cat(pending, 0)).await?;
        for (index, pair) in values.chunks_exact(2).enumerate() {
            let step = first + index;
            if !pair[0].is_finite() {
                return Err(SearchError::NotFinite {
                    what: "training loss",
                    value: pair[0],
                    step,
                }
                .into());
            }
            self.totals[0] += f64::from(pair[0]);
            self.totals[1] += f64::from(pair[1]);
            control.emit(Event::TrainStep {
                step,
                loss: pair[0],
                accuracy: pair[1],
            });
        }
        Ok(())
    }

    /// Reads the test part, once, with the running statistics. A stop ends it: the state after the last epoch is kept, and the test
    /// begins again from there.
    async fn test(&self, data: &RunData, control: &mut Control<'_>) -> Result<(), RunError> {
        let stops = &mut || control.stops();
        let (measured, chosen) = self.answers(data, &data.split.test, stops).await?;
        let loss = measured.loss as f32;
        if !loss.is_finite() {
            return Err(SearchError::NotFinite {
                what: "test loss",
                value: loss,
                step: self.done,
            }
            .into());
        }
        control.emit(Event::Tested {
            loss,
            accuracy: measured.share,
            images: data.split.test.len(),
        });
        control.emit(predicted(&data.split.test, &chosen, data.classes));
        if control.keeps() {
            let network = Box::new(self.trained_network(data).await?);
            network.check_values()?;
            control.emit(Event::Network { network });
        }
        Ok(())
    }

    /// What was trained, without its auxiliary head.
    async fn trained_network(&self, data: &RunData) -> Result<TrainedNetwork, SearchError> {
        let description = NetworkDescription {
            plateau: env!("CARGO_PKG_VERSION").to_owned(),
            space: self.genotype.space(),
            genotype: self.genotype.clone(),
            channels: self.size.channels,
            layers: self.size.layers,
            input: data.shape,
            imagenet_stem: self.size.imagenet_stem,
            auxiliary_head_left_out: self.network.has_auxiliary_head(),
            normalisation: data.normalisation.clone(),
            white: data.white,
            classes: data.class_names.clone(),
            dataset: data.name.clone(),
        };
        let layout = self.network.layout();
        TrainedNetwork::read_back(description, layout, &self.weights, &self.statistics).await
    }

    /// Loss and accuracy on the images of these indices (at least one), with the running statistics of training.
    pub async fn measure(&self, data: &RunData, images: &[u32]) -> Result<Accuracy, RunError> {
        Ok(self.answers(data, images, &mut || false).await?.0)
    }

    /// The same, and of each image its class and the class that the network chose; until `stops`.
    async fn answers(
        &self,
        data: &RunData,
        images: &[u32],
        stops: &mut dyn FnMut() -> bool,
    ) -> Result<(Accuracy, Vec<[u16; 2]>), RunError> {
        let leaves = self.network.layout().leaves(&self.weights, false);
        let statistics = self.statistics.clone().autodiff();
        let mut measured = Vec::new();
        for placements in chunks(images, TEST_BATCH) {
            if stops() {
                return Err(RunError::Stopped);
            }
            let batch = data.images.batch(&placements);
            let images = placements.len();
            let logits = self
                .network
                .test(&leaves, &statistics, batch.images.autodiff())
                .inner();
            let correct = lane_correct(logits.clone(), &batch.labels, 1);
            let chosen: Tensor<1> = logits.clone().argmax(1).reshape([images]).float();
            let loss = lane_losses(logits, &batch.labels, 1).mul_scalar(images as f64);
            let labels = batch.labels.float();
            measured.push(Tensor::cat(vec![loss, correct, labels, chosen], 0));
        }
        let values = read(Tensor::cat(measured, 0)).await?;
        let mut rest = &values[..];
        let [mut loss, mut correct] = [0.0; 2];
        let mut said = Vec::with_capacity(images.len());
        for placements in chunks(images, TEST_BATCH) {
            let (sums, after) = rest.split_at(2);
            let (labels, after) = after.split_at(placements.len());
            let (chosen, after) = after.split_at(placements.len());
            loss += f64::from(sums[0]);
            correct += f64::from(sums[1]);
            // Classes are small whole numbers.
            said.extend(
                labels
                    .iter()
                    .zip(chosen)
                    .map(|(&label, &chosen)| [label as u16, chosen as u16]),
            );
            rest = after;
        }
        let count = images.len() as f64;
        let accuracy = Accuracy {
            loss: loss / count,
            share: correct / count,
        };
        Ok((accuracy, said))
    }
}

/// How good a trained network is on some images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Mean cross-entropy, nats.
    pub loss: f64,
    /// Share of right answers.
    pub share: f64,
}

/// What the network said of the test images. With more than 256 classes nobody can read the confusion, and it is left empty.
fn predicted(test: &[u32], chosen: &[[u16; 2]], classes: usize) -> Event {
    let rows = if classes <= 256 { classes } else { 0 };
    let mut confusion = vec![vec![0; rows]; rows];
    let mut mistakes = Vec::new();
    for (&image, &[label, predicted]) in test.iter().zip(chosen) {
        let row: Option<&mut Vec<u32>> = confusion.get_mut(usize::from(label));
        if let Some(count) = row.and_then(|row| row.get_mut(usize::from(predicted))) {
            *count += 1;
        }
        if label != predicted && mistakes.len() < MISTAKES {
            mistakes.push(Mistake {
                image,
                label,
                predicted,
            });
        }
    }
    Event::Predicted {
        confusion,
        mistakes,
    }
}
