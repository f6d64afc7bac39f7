//! The two steps of a gradient search.

use burn::tensor::Tensor;

use super::{Measured, SearchState};
use crate::data::Batch;
use crate::search::a2m::a2m;
use crate::search::darts::{first_order, second_order, wanted, weight_gradient};
use crate::search::na_darts::{
    Substitutions, draw_neighbors_among, effective_radius, neighbor_maps_among,
};
use crate::search::objective::{
    Evaluated, NeighborMaps, Objective, StepObjective, Wanted, softmax_at,
};
use crate::search::sdarts::{perturbation, perturbed};
use crate::search::{Order, SearchError, Strategy};
use crate::session::error::RunError;
use crate::session::run_data::RunData;

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

    /// The temperature of a step, counted from 1.
    pub(super) fn temperature(&self, step: usize) -> f64 {
        self.config.temperature.at(step, self.steps())
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
        if epoch <= self.config.alpha_after {
            let objective = self.objective([training, validation], temperature, None, None);
            let measured = Wanted {
                alpha: false,
                weights: false,
            };
            let evaluated = objective.validation(&self.weights, &self.alpha, measured);
            return Ok((evaluated.await?, None));
        }
        let (maps, drawn) = self.draw_neighbor_maps(temperature)?.unzip();
        let batches = [training, validation];
        let objective = self.objective(batches, temperature, maps.as_ref(), None);
        let (weights, alpha) = (&self.weights, &self.alpha);
        let outer = match self.config.strategy {
            Strategy::A2m => {
                let (rho, point) = (self.config.rho, self.config.hessian_point);
                a2m(&objective, weights, alpha, rho, point).await?
            }
            strategy if strategy.second_order() => {
                second_order(&objective, weights, alpha, &self.weight_optimizer, rate).await?
            }
            _ => first_order(&objective, weights, alpha).await?,
        };
        let gradient = wanted(outer.alpha.clone())?;
        self.alpha = self.alpha_optimizer.step(self.alpha.clone(), gradient);
        Ok((outer, drawn))
    }

    /// The step of the weights.
    async fn weight_step(
        &mut self,
        batches: [&Batch; 2],
        rate: f64,
        epoch: usize,
        temperature: f64,
    ) -> Result<Evaluated, RunError> {
        let noise = (self.config.strategy == Strategy::SdartsRs && self.config.perturbation > 0.0)
            .then(|| {
                let epochs = self.config.epochs;
                let epsilon = perturbation(epoch - 1, epochs, self.config.perturbation);
                let beta = softmax_at(self.alpha.clone(), temperature);
                perturbed(&beta, epsilon, &self.allowed.flags(), &mut self.noise)
            });
        let objective = self.objective(batches, temperature, None, noise.as_ref());
        let inner = weight_gradient(&objective, &self.weights, &self.alpha).await?;
        let gradient = wanted(inner.weights.clone())?;
        let (weights, limit) = (self.weights.clone(), self.config.clip);
        self.weights = self
            .weight_optimizer
            .clipped_step(weights, gradient, limit, rate);
        Ok(inner)
    }

    /// The two losses on the batches `[training, validation]`.
    pub(super) fn objective<'a>(
        &'a self,
        [training, validation]: [&'a Batch; 2],
        temperature: f64,
        neighbors: Option<&'a NeighborMaps>,
        perturbed: Option<&'a NeighborMaps>,
    ) -> StepObjective<'a> {
        StepObjective {
            network: &self.network,
            training,
            validation,
            neighborhood: neighbors.map(|maps| (maps, self.config.aggregation)),
            perturbed,
            temperature,
        }
    }

    /// Fresh neighbors for one step, their effective radius and their changes; none for plain DARTS, radius 0 or no neighbors, which therefore compute the
    /// same.
    fn draw_neighbor_maps(
        &mut self,
        temperature: f64,
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
        let beta = softmax_at(self.alpha.clone(), temperature);
        let shifted = |edge, operation, shift| allowed.shifted(edge, operation, shift);
        let maps = NeighborMaps {
            include_self: !config.exclude_self,
            ..neighbor_maps_among(config.representation, &beta, &neighbors, shifted)
        };
        let radius = effective_radius(&beta, &maps);
        Ok(Some((maps, (radius, neighbors))))
    }
}
