//! How a search begins, how its state becomes a checkpoint, and how it goes on from one.

use super::{SearchState, alpha_seed};
use crate::session::checkpoint::{Checkpoint, Phase, Position};
use crate::session::control::Control;
use crate::session::error::RunError;
use crate::session::event::Event;
use crate::session::random::{Purpose, drawn, generator_at};
use crate::session::run_data::RunData;
use crate::space::{Genotype, count_supernet_among};

impl SearchState {
    /// Says that the search starts.
    pub fn announce(&self, data: &RunData, control: &mut Control<'_>) -> Result<(), RunError> {
        let size = self.config.size(data.shape, data.classes);
        let count = count_supernet_among(&self.allowed, &size)?;
        control.emit(Event::SearchStarted {
            parameters: count.parameters,
            multiply_adds: count.multiply_adds,
            steps: self.steps(),
            memory: self.plan.name().into(),
            lanes: self.plan.lanes_a_pass,
            memory_bytes: self.plan.bytes,
        });
        Ok(())
    }

    /// Goes on where a checkpoint stands.
    pub fn restore(&mut self, from: &Checkpoint, seed: u64) -> Result<(), RunError> {
        let (device, weights, alpha) = (&self.device, self.weights.dims(), self.alpha.dims());
        self.weights = from.tensor("supernet.weights", weights, device)?;
        self.alpha = from.tensor("supernet.alpha", alpha, device)?;
        self.weight_optimizer.buffer = from.optional("sgd.momentum", weights, device)?;
        let first = from.optional("adam.first", alpha, device)?;
        let second = from.optional("adam.second", alpha, device)?;
        self.alpha_optimizer.moments = first.zip(second);
        self.alpha_optimizer.steps = from.position.adam_steps;
        let samplers = [
            (Purpose::WeightBatches, &mut self.weight_batches),
            (Purpose::AlphaBatches, &mut self.alpha_batches),
        ];
        for (purpose, sampler) in samplers {
            sampler.restore(from.batches(purpose)?);
        }
        let of_alpha = alpha_seed(&self.config, seed);
        let generators = [
            (seed, Purpose::SearchAugmentation, &mut self.augmentation),
            (of_alpha, Purpose::Neighbors, &mut self.neighbors),
            (of_alpha, Purpose::Perturbation, &mut self.noise),
        ];
        let paths = self.paths.as_mut().map(|paths| &mut paths.rng);
        let paths = paths.map(|rng| (seed, Purpose::SinglePaths, rng));
        for (seed, purpose, rng) in generators.into_iter().chain(paths) {
            *rng = generator_at(seed, purpose, from.drawn(purpose)?);
        }
        self.watch = from.position.watch.clone();
        self.done = from.position.step;
        Ok(())
    }

    /// Says what is pending, then hands out the state where it is wanted. `found`: what the search ended with; `origin`: the
    /// beginning of the run.
    pub(super) async fn checkpoint(
        &mut self,
        found: Option<&Genotype>,
        origin: &Position,
        control: &mut Control<'_>,
    ) -> Result<(), RunError> {
        self.report(control).await?;
        if !control.keeps() {
            return Ok(());
        }
        let mut state = Checkpoint::new(Position {
            events: control.said(),
            phase: Phase::Search,
            step: self.done,
            steps: self.steps(),
            genotype: found.cloned(),
            generators: [
                (Purpose::SearchAugmentation, drawn(&self.augmentation)),
                (Purpose::Neighbors, drawn(&self.neighbors)),
                (Purpose::Perturbation, drawn(&self.noise)),
            ]
            .into_iter()
            .chain(
                self.paths
                    .iter()
                    .map(|paths| (Purpose::SinglePaths, drawn(&paths.rng))),
            )
            .collect(),
            batches: [
                (Purpose::WeightBatches, self.weight_batches.position()),
                (Purpose::AlphaBatches, self.alpha_batches.position()),
            ]
            .into(),
            adam_steps: self.alpha_optimizer.steps,
            watch: self.watch.clone(),
            ..origin.clone()
        });
        state.put("supernet.weights", &self.weights).await?;
        state.put("supernet.alpha", &self.alpha).await?;
        if let Some(buffer) = &self.weight_optimizer.buffer {
            state.put("sgd.momentum", buffer).await?;
        }
        if let Some((first, second)) = &self.alpha_optimizer.moments {
            state.put("adam.first", first).await?;
            state.put("adam.second", second).await?;
        }
        control.checkpoint(state);
        Ok(())
    }
}
