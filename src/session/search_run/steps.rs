//! The two steps of a gradient search.

use burn::tensor::{Tensor, TensorData};

use super::{Measured, SearchState};
use crate::data::Batch;
use crate::search::a2m::a2m;
use crate::search::darts::{first_order, second_order, wanted, weight_gradient};
use crate::search::darts_minus::{self, with_auxiliary};
use crate::search::na_darts::{
    Substitutions, draw_neighbors_among, effective_radius, neighbor_maps_among,
};
use crate::search::objective::{
    Evaluated, NeighborMaps, Objective, Point, StepObjective, Wanted, evaluate, read, relaxed,
    softmax_at,
};
use crate::search::relaxation::{Relaxation, progress};
use crate::search::sdarts::{adversarial, perturbation, perturbed};
use crate::search::{Order, SearchError, Strategy};
use crate::search::{gaea, penalty};
use crate::session::error::RunError;
use crate::session::run_data::RunData;
use crate::space::Operation;

/// What is said of a step's neighbors: their effective radius, `[1]`, and what each of them changes.
type Drawn = (Tensor<1>, Vec<Substitutions>);

impl SearchState {
    /// One step of each with a fresh batch: of α on the architecture half, and of the weights (§3.3); on single paths of the weights alone.
    pub(super) async fn step(
        &mut self,
        data: &RunData,
        rate: f64,
        number: usize,
        epoch: usize,
    ) -> Result<(), RunError> {
        if self.paths.is_some() {
            return self.single_path_step(data, rate, number, epoch).await;
        }
        let temperature = self.temperature(number);
        let [training, validation] = self.next_batches(data);
        let batches = [&training, &validation];
        let (outer, drawn, inner);
        match self.config.order {
            Order::AlphaFirst => {
                (outer, drawn) = self.alpha_step(batches, rate, epoch, temperature).await?;
                inner = self.weight_step(batches, rate, epoch, temperature).await?;
            }
            Order::WeightsFirst => {
                inner = self.weight_step(batches, rate, epoch, temperature).await?;
                (outer, drawn) = self.alpha_step(batches, rate, epoch, temperature).await?;
            }
        }
        let lanes = outer.losses.dims()[0];
        let mut values = vec![
            inner.losses,
            inner.accuracy,
            outer.accuracy,
            outer.losses,
            self.alpha.clone().reshape([-1]),
        ];
        let (radius, neighbors) = drawn.unzip();
        values.extend(radius);
        self.pending.push(Measured {
            step: number,
            epoch,
            temperature,
            lanes,
            neighbors: neighbors.unwrap_or_default(),
            values: Tensor::cat(values, 0),
        });
        Ok(())
    }

    /// A fresh batch of the weights half and one of the architecture half.
    pub(super) fn next_batches(&mut self, data: &RunData) -> [Batch; 2] {
        let augmentation = self.config.augmentation;
        let halves = [self.weight_batches.next(), self.alpha_batches.next()];
        halves.map(|indices| data.batch(&augmentation, &indices, &mut self.augmentation))
    }

    /// The temperature of a step, counted from 1; 1 where α has weights that are no softmax(α/T).
    pub(super) fn temperature(&self, step: usize) -> f64 {
        let strategy = self.config.strategy;
        match strategy.by_gradient() && !strategy.by_softmax() {
            true => 1.0,
            false => self.config.temperature.at(step, self.steps()),
        }
    }

    /// How α becomes weights in one pass.
    fn draw_relaxation(&mut self, epoch: usize, temperature: f64) -> Relaxation {
        let config = &self.config;
        Relaxation::draw(
            config.strategy,
            self.alpha.dims().iter().product(),
            temperature,
            config.gumbel,
            progress(epoch, config.epochs),
            &mut self.noise,
        )
    }

    /// The step of α, with the batches `[training, validation]`, and the effective radius of its neighbors with their changes, where there are any. In the
    /// epochs in which α does not move its loss is measured only.
    async fn alpha_step(
        &mut self,
        [training, validation]: [&Batch; 2],
        rate: f64,
        epoch: usize,
        temperature: f64,
    ) -> Result<(Evaluated, Option<Drawn>), RunError> {
        let relaxation = self.draw_relaxation(epoch, temperature);
        let batches = [training, validation];
        if epoch <= self.config.alpha_after {
            let maps = self.faded(None, epoch);
            let objective = self.objective(batches, &relaxation, maps.as_ref(), None);
            let evaluated = objective.validation(&self.weights, &self.alpha, Wanted::NOTHING);
            return Ok((evaluated.await?, None));
        }
        let (maps, drawn) = self.draw_neighbor_maps(&relaxation).await?.unzip();
        let maps = self.faded(maps, epoch);
        let objective = self.objective(batches, &relaxation, maps.as_ref(), None);
        let (weights, alpha) = (&self.weights, &self.alpha);
        let outer = match self.config.strategy.plain() {
            Strategy::A2m => {
                let (rho, point) = (self.config.rho, self.config.hessian_point);
                a2m(&objective, weights, alpha, rho, point).await?
            }
            Strategy::Darts2nd => {
                second_order(&objective, weights, alpha, &self.weight_optimizer, rate).await?
            }
            _ => first_order(&objective, weights, alpha).await?,
        };
        let gradient = self.penalised(wanted(outer.alpha.clone())?, epoch).await?;
        let alpha = self.alpha.clone();
        self.alpha = match self.config.strategy.plain() {
            Strategy::Gaea => gaea::step(alpha, gradient, self.config.gaea_rate),
            _ => self.alpha_optimizer.step(alpha, gradient),
        };
        Ok((outer, drawn))
    }

    /// A gradient in α with that of the strategy's penalty.
    async fn penalised(&self, gradient: Tensor<3>, epoch: usize) -> Result<Tensor<3>, RunError> {
        let config = &self.config;
        let strategy = config.strategy;
        let highest = config.penalty.unwrap_or(penalty::published(strategy));
        let weight = penalty::weight(strategy, highest, epoch, config.epochs);
        if weight == 0.0 {
            return Ok(gradient);
        }
        let dims = self.alpha.dims();
        let alpha = read(self.alpha.clone().reshape([-1])).await?;
        let own = penalty::gradient(strategy, &alpha, dims[2]).into_iter();
        let own: Vec<f32> = own.map(|value| (weight * value) as f32).collect();
        let own = Tensor::from_data(TensorData::new(own, dims), &self.device);
        Ok(gradient + own)
    }

    /// These architectures, α alone where there are none, with the auxiliary skip connection of DARTS− where it has not faded.
    fn faded(&self, maps: Option<NeighborMaps>, epoch: usize) -> Option<NeighborMaps> {
        let config = &self.config;
        let weight = darts_minus::weight(config.auxiliary_skip, epoch, config.epochs);
        if config.strategy.plain() != Strategy::DartsMinus || weight == 0.0 {
            return maps;
        }
        let Some(skip) = config.space.operation_index(Operation::SkipConnect) else {
            return maps;
        };
        let operations = self.alpha.dims()[2];
        let flags = self.allowed.flags();
        let of_edge = |edge: &[bool]| if edge[skip] { weight as f32 } else { 0.0 };
        let more: Vec<f32> = flags.chunks_exact(operations).map(of_edge).collect();
        Some(with_auxiliary(
            maps,
            &more,
            [skip, operations],
            &self.device,
        ))
    }

    /// The step of the weights.
    async fn weight_step(
        &mut self,
        batches: [&Batch; 2],
        rate: f64,
        epoch: usize,
        temperature: f64,
    ) -> Result<Evaluated, RunError> {
        let relaxation = self.draw_relaxation(epoch, temperature);
        let lane = match self.perturbation(batches[0], epoch, temperature).await? {
            Some(lane) => Some(lane),
            None => self.faded(None, epoch),
        };
        let objective = self.objective(batches, &relaxation, None, lane.as_ref());
        let inner = weight_gradient(&objective, &self.weights, &self.alpha).await?;
        let gradient = wanted(inner.weights.clone())?;
        let (weights, limit) = (self.weights.clone(), self.config.clip);
        self.weights = self
            .weight_optimizer
            .clipped_step(weights, gradient, limit, rate);
        Ok(inner)
    }

    /// The architecture near α that SDARTS trains the weights on; `batch` is that of the weights' step.
    async fn perturbation(
        &mut self,
        batch: &Batch,
        epoch: usize,
        temperature: f64,
    ) -> Result<Option<NeighborMaps>, RunError> {
        let config = &self.config;
        let epsilon = perturbation(epoch - 1, config.epochs, config.perturbation);
        if config.perturbation == 0.0 {
            return Ok(None);
        }
        match config.strategy.plain() {
            Strategy::SdartsRs => {
                let beta = softmax_at(self.alpha.clone(), temperature);
                Ok(Some(perturbed(
                    &beta,
                    epsilon,
                    &self.allowed.flags(),
                    &mut self.noise,
                )))
            }
            Strategy::SdartsAdv => {
                let beta = softmax_at(self.alpha.clone(), temperature);
                let (network, weights) = (&self.network, &self.weights);
                let loss = async |beta: &Tensor<3>| {
                    let point = Point {
                        weights,
                        alpha: beta,
                        relaxation: &Relaxation::Given,
                    };
                    let at = evaluate(network, point, None, batch, Wanted::ALPHA).await?;
                    Ok((at.losses, wanted(at.alpha)?))
                };
                let allowed = self.allowed.flags();
                let lane = adversarial(&beta, epsilon, &allowed, &mut self.noise, loss).await?;
                Ok(Some(lane))
            }
            _ => Ok(None),
        }
    }

    /// The two losses on the batches `[training, validation]`.
    pub(super) fn objective<'a>(
        &'a self,
        [training, validation]: [&'a Batch; 2],
        relaxation: &'a Relaxation,
        neighbors: Option<&'a NeighborMaps>,
        perturbed: Option<&'a NeighborMaps>,
    ) -> StepObjective<'a> {
        StepObjective {
            network: &self.network,
            training,
            validation,
            neighborhood: neighbors.map(|maps| (maps, self.config.aggregation)),
            perturbed,
            relaxation,
        }
    }

    /// Fresh neighbors for one step, their effective radius and their changes; none for plain DARTS, radius 0 or no neighbors, which therefore compute the
    /// same.
    async fn draw_neighbor_maps(
        &mut self,
        relaxation: &Relaxation,
    ) -> Result<Option<(NeighborMaps, Drawn)>, SearchError> {
        let config = &self.config;
        if !config.strategy.neighborhood_aware() {
            return Ok(None);
        }
        let allowed = self.allowed;
        let neighbors = draw_neighbors_among(
            config.draw,
            &allowed.counts(),
            config.radius,
            config.neighbors,
            &mut self.neighbors,
        )?;
        if neighbors.is_empty() {
            return Ok(None);
        }
        let beta = relaxed(relaxation, &self.alpha).await?;
        let shifted = |edge, operation, shift| allowed.shifted(edge, operation, shift);
        let maps = NeighborMaps {
            include_self: !config.exclude_self,
            ..neighbor_maps_among(config.representation, &beta, &neighbors, shifted)
        };
        let radius = effective_radius(&beta, &maps);
        Ok(Some((maps, (radius, neighbors))))
    }
}
