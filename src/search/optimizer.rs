//! The two optimizers of a search, each on one flat vector (`method.md` §4.4, §4.6).

use crate::kernels::cpu::{AdamStep, SgdStep};
use crate::kernels::{adam_step, sgd_step, total};
use burn::tensor::Tensor;

/// Scales a gradient `[parameters]` down to the norm `limit` where it is longer; stays on the device.
pub fn clip(gradient: Tensor<1>, limit: f64) -> Tensor<1> {
    let norm = total(gradient.clone().square()).sqrt();
    // PyTorch's clip_grad_norm_ adds the same guard.
    let scale = (norm + 1e-6).recip().mul_scalar(limit).clamp_max(1.0);
    gradient * scale
}

/// SGD with momentum and L2 weight decay, as PyTorch computes it: `buffer ← momentum·buffer + gradient + decay·w`, `w ← w − rate·buffer`.
#[derive(Clone, Debug)]
pub struct Sgd {
    /// Share of the buffer that stays.
    pub momentum: f64,
    /// L2 penalty added to the gradient.
    pub weight_decay: f64,
    /// Nesterov's look-ahead: the step is `gradient + momentum·buffer`.
    pub nesterov: bool,
    /// `[parameters]`; empty before the first step.
    pub buffer: Option<Tensor<1>>,
}

impl Sgd {
    /// An optimizer at rest.
    pub fn new(momentum: f64, weight_decay: f64, nesterov: bool) -> Self {
        Self {
            momentum,
            weight_decay,
            nesterov,
            buffer: None,
        }
    }

    /// The buffer after this gradient, without keeping it: second-order DARTS looks one step ahead with it.
    pub fn look_ahead(&self, weights: &Tensor<1>, gradient: Tensor<1>) -> Tensor<1> {
        let gradient = gradient + weights.clone().mul_scalar(self.weight_decay);
        match &self.buffer {
            Some(buffer) => buffer.clone().mul_scalar(self.momentum) + gradient,
            None => gradient,
        }
    }

    /// One step along the gradient [clipped](clip) to the norm `limit`, any length where that is 0; returns the new weights. On the CPU device it is one pass.
    pub fn clipped_step(
        &mut self,
        weights: Tensor<1>,
        gradient: Tensor<1>,
        limit: f64,
        rate: f64,
    ) -> Tensor<1> {
        let limit = if limit > 0.0 { limit } else { f64::INFINITY };
        let step = SgdStep {
            limit,
            momentum: self.momentum as f32,
            weight_decay: self.weight_decay as f32,
            nesterov: self.nesterov,
            rate: rate as f32,
        };
        match sgd_step(&weights, &gradient, &mut self.buffer, &step) {
            Some(weights) => weights,
            None => self.step(weights, clip(gradient, limit), rate),
        }
    }

    /// One step; returns the new weights.
    pub fn step(&mut self, weights: Tensor<1>, gradient: Tensor<1>, rate: f64) -> Tensor<1> {
        let buffer = self.look_ahead(&weights, gradient.clone());
        self.buffer = Some(buffer.clone());
        let direction = if self.nesterov {
            gradient
                + weights.clone().mul_scalar(self.weight_decay)
                + buffer.mul_scalar(self.momentum)
        } else {
            buffer
        };
        weights - direction.mul_scalar(rate)
    }
}

/// Adam with L2 decay in the gradient (not AdamW) and the betas of DARTS, on α `[cell kinds, edges, operations]`.
#[derive(Clone, Debug)]
pub struct Adam {
    /// Learning rate.
    pub rate: f64,
    /// Decay rates of the two moments.
    pub betas: (f64, f64),
    /// L2 penalty added to the gradient.
    pub weight_decay: f64,
    /// Steps taken.
    pub steps: u32,
    /// First and second moment, before the first step none.
    pub moments: Option<(Tensor<3>, Tensor<3>)>,
}

impl Adam {
    /// An optimizer at rest.
    pub fn new(rate: f64, weight_decay: f64) -> Self {
        Self {
            rate,
            betas: (0.5, 0.999),
            weight_decay,
            steps: 0,
            moments: None,
        }
    }

    /// One step; returns the new α. On the CPU device it is one pass.
    pub fn step(&mut self, alpha: Tensor<3>, gradient: Tensor<3>) -> Tensor<3> {
        self.steps += 1;
        let power = self.steps as i32;
        let rate = self.rate / (1.0 - self.betas.0.powi(power));
        let correction = (1.0 - self.betas.1.powi(power)).sqrt();
        let step = AdamStep {
            betas: self.betas,
            weight_decay: self.weight_decay as f32,
            rate: rate as f32,
            correction: correction as f32,
        };
        match adam_step(&alpha, &gradient, &mut self.moments, &step) {
            Some(alpha) => alpha,
            None => self.stock_step(alpha, gradient, rate, correction),
        }
    }

    /// The same from Burn's operations.
    fn stock_step(
        &mut self,
        alpha: Tensor<3>,
        gradient: Tensor<3>,
        rate: f64,
        correction: f64,
    ) -> Tensor<3> {
        let (first_beta, second_beta) = self.betas;
        let gradient = gradient + alpha.clone().mul_scalar(self.weight_decay);
        let square = gradient.clone().square();
        let (first, second) = match self.moments.take() {
            Some((first, second)) => (
                first.mul_scalar(first_beta) + gradient.mul_scalar(1.0 - first_beta),
                second.mul_scalar(second_beta) + square.mul_scalar(1.0 - second_beta),
            ),
            None => (
                gradient.mul_scalar(1.0 - first_beta),
                square.mul_scalar(1.0 - second_beta),
            ),
        };
        let denominator = second
            .clone()
            .sqrt()
            .div_scalar(correction)
            .add_scalar(1e-8);
        let step = first.clone() / denominator;
        self.moments = Some((first, second));
        alpha - step.mul_scalar(rate)
    }
}
