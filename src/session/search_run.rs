//! The loop of a gradient search: α-step, weight step, measurements.

mod resume;
mod selection;
mod single_path;
mod steps;

use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::checkpoint::Position;
use super::config::SearchConfig;
use super::control::{Control, Flow};
use super::error::RunError;
use super::event::{Event, SearchStep, Sharpness};
use super::memory::MemoryPlan;
use super::monitor::{Watch, sharpness_interval};
use super::random::{Purpose, generator, seed_for};
use super::readback::Pace;
use super::run_data::RunData;
use crate::data::{Batch, Sampler, chunks};
use crate::landscape::{Evaluator, EvaluatorError, Spread, SupernetEvaluator};
use crate::search::na_darts::Substitutions;
use crate::search::objective::{Network, Objective, Wanted, read};
use crate::search::optimizer::{Adam, Sgd};
use crate::search::relaxation::{Relaxation, Shown};
use crate::search::sharpness::{PRODUCTS, hessian_product, largest_eigenvalue};
use crate::search::{SearchError, Select, Strategy};
use crate::space::{Allowed, Counting, Genotype, Macro, MacroError, NO_CANDIDATE, neighbors_among};
use single_path::SinglePaths;

/// Everything that changes during a search.
pub struct SearchState {
    config: SearchConfig,
    network: Network,
    plan: MemoryPlan,
    device: Device,
    weights: Tensor<1>,
    /// Those that are no candidates are [`NO_CANDIDATE`].
    alpha: Tensor<3>,
    allowed: Allowed,
    weight_optimizer: Sgd,
    alpha_optimizer: Adam,
    weight_batches: Sampler,
    alpha_batches: Sampler,
    augmentation: ChaCha8Rng,
    neighbors: ChaCha8Rng,
    noise: ChaCha8Rng,
    /// Of a search on single paths.
    paths: Option<SinglePaths>,
    /// The batches that every sharpness is measured on, where any is.
    sharpness_batches: Vec<Batch>,
    watch: Watch,
    pending: Vec<Measured>,
    /// Steps that are done.
    done: usize,
}

/// One step's values, still on the device: train loss, train accuracy, validation accuracy, lane losses, α and, where there are neighbors,
/// their effective radius.
struct Measured {
    step: usize,
    epoch: usize,
    temperature: f64,
    lanes: usize,
    neighbors: Vec<Substitutions>,
    values: Tensor<1>,
}

impl SearchState {
    /// A search at its start.
    pub fn new(
        config: &SearchConfig,
        data: &RunData,
        seed: u64,
        plan: MemoryPlan,
        device: &Device,
    ) -> Result<Self, RunError> {
        let allowed = config.allowed().map_err(SearchError::from)?;
        let size = config.size(data.shape, data.classes);
        let single_paths = config.strategy == Strategy::Rsps;
        let network = Network {
            lanes_a_pass: plan.lanes_a_pass,
            ..match single_paths || config.strategy.by_paths() {
                true => Network::single_paths_among(allowed, &size, plan.fused)?,
                false => Network::among(allowed, &size, plan.fused)?,
            }
        };
        let weights = network
            .supernet
            .layout()
            .initial_weights(seed_for(seed, Purpose::SupernetWeights), device);
        let alpha_seed = alpha_seed(config, seed);
        let weight_batches = Sampler::new(
            data.split.weights.clone(),
            config.batch,
            seed_for(seed, Purpose::WeightBatches),
        )?
        .with_last(config.last_batch);
        let alpha_batches = Sampler::new(
            data.split.architecture.clone(),
            config.alpha_images(),
            seed_for(alpha_seed, Purpose::AlphaBatches),
        )?
        .with_last(config.last_batch);
        Ok(Self {
            config: config.clone(),
            network,
            plan,
            device: device.clone(),
            weights,
            alpha: initial_alpha(&allowed, alpha_seed, device),
            allowed,
            weight_optimizer: Sgd::new(
                config.momentum,
                config.weight_decay,
                config.space != crate::space::Space::Darts,
            ),
            alpha_optimizer: Adam::new(config.alpha_rate, config.alpha_decay),
            weight_batches,
            alpha_batches,
            augmentation: generator(seed, Purpose::SearchAugmentation),
            neighbors: generator(alpha_seed, Purpose::Neighbors),
            noise: generator(alpha_seed, Purpose::Perturbation),
            paths: single_paths.then(|| SinglePaths::new(config, &allowed, data, seed)),
            sharpness_batches: match sharpness_interval(config, 1) {
                Some(_) => sharpness_batches(config, data, seed)?,
                None => Vec::new(),
            },
            watch: Watch::default(),
            pending: Vec::new(),
            done: 0,
        })
    }

    fn steps(&self) -> usize {
        self.weight_batches.batches_per_epoch() * self.config.epochs
    }

    /// Runs to the end, or until stopped; returns the derived genotype.
    pub async fn run(
        &mut self,
        data: &RunData,
        origin: &Position,
        control: &mut Control<'_>,
    ) -> Result<Genotype, RunError> {
        let steps_per_epoch = self.weight_batches.batches_per_epoch();
        let mut pace = Pace::new(&self.device);
        let steps = self.steps();
        let every = sharpness_interval(&self.config, steps);
        let due = |step: usize| every.is_some_and(|every| step.is_multiple_of(every));
        // Where a stop came while the sharpness after a step was measured, that is done first.
        let mut owed = self.done > 0 && due(self.done) && !self.watch.has_seen(self.done);
        let mut last = None;
        while self.done < steps || owed {
            if control.before_step().await? == Flow::Stop {
                self.checkpoint(None, origin, control).await?;
                return self.genotype().await;
            }
            if !std::mem::take(&mut owed) {
                let epoch = self.done / steps_per_epoch + 1;
                let rate = self.config.rate_in(epoch);
                self.step(data, rate, self.done + 1, epoch).await?;
                self.done += 1;
                control.scoring().update(&self.weights);
            }
            let number = self.done;
            let end_of_epoch = number.is_multiple_of(steps_per_epoch);
            let measure = due(number);
            let pending = self.pending.len();
            if pace.due(pending) || measure || end_of_epoch || control.watched() {
                self.report(control).await?;
                pace.has_read(pending);
            }
            if measure {
                match self.watch_sharpness(data, number, steps, control).await {
                    // The next turn of the loop hears the stop, too.
                    Err(RunError::Stopped) => {
                        owed = true;
                        continue;
                    }
                    Err(error) => return Err(error),
                    Ok(Some(earlier)) => return self.end(earlier, origin, control).await,
                    Ok(None) => {}
                }
            }
            if end_of_epoch {
                last = Some(self.end_epoch(number / steps_per_epoch, control).await?);
            }
            if control.checkpoint_due(end_of_epoch) && number < steps {
                self.checkpoint(None, origin, control).await?;
            }
        }
        // The last step ends an epoch.
        let last = match last {
            Some(genotype) => genotype,
            None => self.genotype().await?,
        };
        let seed = origin.config.seed;
        let selected = match (self.config.select, self.watch.best()) {
            (Select::BestValidation, Some(genotype)) => Ok(genotype.clone()),
            (Select::Perturbation, _) => self.by_perturbation(data, seed, control).await,
            (Select::Neighborhood, _) => self.by_neighborhood(data, seed, control).await,
            (Select::BestValidation | Select::Last, _) => Ok(last.clone()),
        };
        match selected {
            // It is selected anew where the run goes on.
            Err(RunError::Stopped) => {
                self.checkpoint(None, origin, control).await?;
                Ok(last)
            }
            selected => self.end(selected?, origin, control).await,
        }
    }

    /// Says what the search would end with now.
    async fn end_epoch(
        &mut self,
        epoch: usize,
        control: &mut Control<'_>,
    ) -> Result<Genotype, RunError> {
        let genotype = self.genotype().await?;
        self.watch.epoch(&genotype);
        let collapse = self.watch.collapse(&genotype);
        control.emit(Event::SearchEpoch {
            epoch,
            genotype: genotype.clone(),
        });
        if let Some([skips, edges]) = collapse {
            let step = self.done;
            control.emit(Event::SkipCollapse { step, skips, edges });
        }
        Ok(genotype)
    }

    /// Keeps the final state with the genotype that the search ends with.
    async fn end(
        &mut self,
        genotype: Genotype,
        origin: &Position,
        control: &mut Control<'_>,
    ) -> Result<Genotype, RunError> {
        self.checkpoint(Some(&genotype), origin, control).await?;
        Ok(genotype)
    }

    /// What scores genotypes by the weights of now.
    pub(super) fn evaluator(
        &self,
        size: &Macro,
        batches: Vec<Batch>,
        lanes_a_pass: usize,
    ) -> Result<SupernetEvaluator, MacroError> {
        let (fused, weights) = (self.network.fused, self.weights.clone());
        SupernetEvaluator::new(
            self.config.space,
            size,
            fused,
            weights,
            batches,
            lanes_a_pass,
        )
    }

    /// One step whose measurements are read back, so that all its work is done when this returns: what the benchmark times.
    #[cfg(not(target_arch = "wasm32"))]
    pub async fn timed_step(&mut self, data: &RunData, number: usize) -> Result<(), RunError> {
        self.step(data, self.config.weight_rate, number, 1).await?;
        for measured in std::mem::take(&mut self.pending) {
            read(measured.values).await?;
        }
        // The weight step is the last work of a step.
        read(self.weights.clone().narrow(0, 0, 1)).await?;
        Ok(())
    }

    /// Reads the pending measurements in one go and says them; a loss that is not a number ends the search.
    async fn report(&mut self, control: &mut Control<'_>) -> Result<(), RunError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let joined = pending.iter().map(|m| m.values.clone()).collect();
        let values = read(Tensor::cat(joined, 0)).await?;
        let [kinds, edges, operations] = self.alpha.dims();
        let mut rest = values.as_slice();
        for measured in pending {
            let length = measured.values.dims()[0];
            let (own, after) = rest.split_at(length);
            rest = after;
            let (head, own) = own.split_at(3);
            let (losses, own) = own.split_at(measured.lanes);
            let (alpha, radius) = own.split_at(kinds * edges * operations);
            let not_finite = [("training loss", head[0])]
                .into_iter()
                .chain(losses.iter().map(|&loss| ("validation loss", loss)))
                .chain(alpha.iter().map(|&value| ("α", value)))
                .find(|(_, value)| !value.is_finite());
            if let Some((what, value)) = not_finite {
                return Err(SearchError::NotFinite {
                    what,
                    value,
                    step: measured.step,
                }
                .into());
            }
            self.watch.validation(head[2]);
            let weights = Shown::of(self.config.strategy);
            control.emit(Event::SearchStep(SearchStep {
                step: measured.step,
                epoch: measured.epoch,
                train_loss: head[0],
                train_accuracy: head[1],
                validation_accuracy: head[2],
                validation_loss: losses[0],
                neighbor_losses: losses[1..].to_vec(),
                neighbors: measured.neighbors,
                effective_radius: radius.first().copied(),
                temperature: measured.temperature as f32,
                weights,
                entropy: weights.at(measured.temperature).entropy(alpha, operations),
                alpha: nest(alpha, edges, operations),
            }));
        }
        Ok(())
    }

    /// Measures the sharpness after a step; the earlier genotype to end with where the early stop applies.
    async fn watch_sharpness(
        &mut self,
        data: &RunData,
        step: usize,
        steps: usize,
        control: &mut Control<'_>,
    ) -> Result<Option<Genotype>, RunError> {
        if self.sharpness_batches.is_empty() {
            return Ok(None);
        }
        let (mut eigenvalues, mut losses) = (Vec::new(), Vec::new());
        for batch in &self.sharpness_batches {
            let relaxation = Relaxation::mean(self.config.strategy, self.temperature(step));
            let objective = self.objective([batch, batch], &relaxation, None, None);
            let (weights, alpha) = (&self.weights, &self.alpha);
            let size = alpha.dims().iter().product();
            let eigenvalue = largest_eigenvalue(size, PRODUCTS, async |vector| {
                if control.stops() {
                    return Err(RunError::Stopped);
                }
                Ok(hessian_product(&objective, weights, alpha, vector).await?)
            })
            .await?;
            if !eigenvalue.is_finite() {
                let (what, value) = ("sharpness", eigenvalue as f32);
                return Err(SearchError::NotFinite { what, value, step }.into());
            }
            eigenvalues.push(eigenvalue);
            let evaluated = objective
                .validation(weights, alpha, Wanted::NOTHING)
                .await?;
            losses.extend(read(evaluated.losses).await?.first().copied());
        }
        let genotype = self.genotype().await?;
        if control.stops() {
            return Err(RunError::Stopped);
        }
        let rise = self.rise(data, &genotype).await?;
        let Spread { mean, std, .. } = Spread::of(&eigenvalues)
            .ok_or_else(|| SearchError::Internal("no batch to measure on".into()))?;
        let batches = eigenvalues.len();
        let loss = losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / batches as f64;
        control.emit(Event::Sharpness(Sharpness {
            step,
            eigenvalue: mean,
            batches,
            standard_error: std.map(|std| std / (batches as f64).sqrt()),
            loss: Some(loss).filter(|loss| loss.is_finite()),
            rise,
        }));
        let earlier = self
            .watch
            .sharpness(&self.config, steps, step, mean, genotype);
        Ok(earlier.map(|(kept_step, genotype)| {
            control.emit(Event::StoppedEarly { step, kept_step });
            genotype
        }))
    }

    /// The mean loss of an architecture's neighbors at distance 1 less its own, by the weights of now on the batches of the sharpness;
    /// none where a loss is not a number.
    async fn rise(&self, data: &RunData, genotype: &Genotype) -> Result<Option<f64>, RunError> {
        let near = neighbors_among(genotype, 1, Counting::Topology, &self.allowed)
            .map_err(|error| SearchError::Internal(error.to_string()))?;
        let near = near.into_iter().map(|neighbor| neighbor.genotype);
        let genotypes: Vec<Genotype> = [genotype.clone()].into_iter().chain(near).collect();
        let size = self.config.size(data.shape, data.classes);
        let (batches, lanes) = (self.sharpness_batches.clone(), self.plan.lanes_a_pass);
        let mut evaluator = self.evaluator(&size, batches, lanes)?;
        let scores = evaluator.scores(&genotypes).await.map_err(failed)?;
        let losses: Vec<f64> = scores.iter().map(|score| score.loss).collect();
        let Some((own, near)) = losses.split_first().filter(|(_, near)| !near.is_empty()) else {
            return Ok(None);
        };
        let rise = near.iter().sum::<f64>() / near.len() as f64 - own;
        Ok(rise.is_finite().then_some(rise))
    }

    /// The genotype that α derives now, or that the weights of now choose.
    pub async fn genotype(&self) -> Result<Genotype, RunError> {
        if let Some(paths) = &self.paths {
            return self.best_candidate(paths).await;
        }
        let [_, edges, operations] = self.alpha.dims();
        let values = read(self.alpha.clone().reshape([-1])).await?;
        let alpha: Vec<Vec<Vec<f64>>> = nest(&values, edges, operations)
            .into_iter()
            .map(|kind| {
                kind.into_iter()
                    .map(|edge| edge.into_iter().map(f64::from).collect())
                    .collect()
            })
            .collect();
        Ok(Shown::of(self.config.strategy).derive(self.config.space, &alpha)?)
    }
}

/// Batches of the architecture half as it is, the same for a whole search, so that sharpness changes with the search alone: as many as were
/// asked for, or as there are.
fn sharpness_batches(
    config: &SearchConfig,
    data: &RunData,
    seed: u64,
) -> Result<Vec<Batch>, RunError> {
    let seed = seed_for(seed, Purpose::SharpnessBatch);
    let mut sampler = Sampler::new(data.split.architecture.clone(), config.batch, seed)?;
    let count = config.sharpness_batches.min(sampler.batches_per_epoch());
    let batches = (0..count).map(|_| {
        let indices = sampler.next();
        let placements: Vec<_> = chunks(&indices, indices.len()).flatten().collect();
        data.images.batch(&placements)
    });
    Ok(batches.collect())
}

/// The seed of everything random about α: its first values, images, neighbors and perturbations.
fn alpha_seed(config: &SearchConfig, seed: u64) -> u64 {
    match config.replica {
        true => seed_for(seed, Purpose::Replica),
        false => seed,
    }
}

/// α of every cell kind, `1e-3·N(0, 1)` (§4.4), `[cell kinds, edges, operations]`; what is no candidate has drawn its number, too.
fn initial_alpha(allowed: &Allowed, seed: u64, device: &Device) -> Tensor<3> {
    let space = allowed.space();
    let shape = [
        space.cell_kinds().len(),
        space.edges().len(),
        space.operations().len(),
    ];
    let mut rng = generator(seed, Purpose::Alpha);
    let values: Vec<f32> = allowed
        .flags()
        .into_iter()
        .map(|allowed| {
            // Box and Muller; 1 − u is never zero.
            let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
            let angle = std::f64::consts::TAU * rng.random::<f64>();
            let drawn = (1e-3 * radius * angle.cos()) as f32;
            if allowed { drawn } else { NO_CANDIDATE }
        })
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn nest(values: &[f32], edges: usize, operations: usize) -> Vec<Vec<Vec<f32>>> {
    values
        .chunks(edges * operations)
        .map(|kind| kind.chunks(operations).map(<[f32]>::to_vec).collect())
        .collect()
}

/// The genotype of a strategy that does not look at data.
pub fn random_genotype(config: &SearchConfig, seed: u64) -> Result<Option<Genotype>, SearchError> {
    if config.strategy != Strategy::Random {
        return Ok(None);
    }
    let mut rng = generator(seed, Purpose::RandomGenotype);
    Ok(Some(Genotype::random_among(&config.allowed()?, &mut rng)))
}

/// What an evaluator's failure is in a search.
fn failed(error: EvaluatorError) -> SearchError {
    match error {
        EvaluatorError::Failed(text) => SearchError::Device(text),
        error => SearchError::Internal(error.to_string()),
    }
}
