//! A step of an optimizer on slices: one pass over the parameters, in parallel. Every operation rounds as the stock one does.

use rayon::prelude::*;

/// Parameters that one task handles, and that one share of a norm adds up: the order of the sum depends on nothing else.
const PIECE: usize = 1 << 14;

/// Numbers of a step of SGD, as [`crate::search::optimizer::Sgd`] has them.
#[derive(Debug, Clone, Copy)]
pub struct SgdStep {
    /// The gradient is scaled down to this norm where it is longer.
    pub limit: f64,
    /// Share of the buffer that stays.
    pub momentum: f32,
    /// L2 penalty added to the gradient.
    pub weight_decay: f32,
    /// Whether the step looks ahead.
    pub nesterov: bool,
    /// Length of the step.
    pub rate: f32,
}

/// Numbers of a step of Adam, as [`crate::search::optimizer::Adam`] has them.
#[derive(Debug, Clone, Copy)]
pub struct AdamStep {
    /// Decay rates of the two moments.
    pub betas: (f64, f64),
    /// L2 penalty added to the gradient.
    pub weight_decay: f32,
    /// Rate over the correction of the first moment.
    pub rate: f32,
    /// Root of the correction of the second moment.
    pub correction: f32,
}

/// The Euclidean norm.
pub fn norm(values: &[f32]) -> f64 {
    let shares: Vec<f64> = values.par_chunks(PIECE).map(square_sum).collect();
    shares.iter().sum::<f64>().sqrt()
}

fn square_sum(values: &[f32]) -> f64 {
    let mut sums = [0.0_f32; 16];
    let (rows, rest) = values.as_chunks::<16>();
    for row in rows {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value * value;
        }
    }
    let rest = rest.iter().map(|value| f64::from(*value).powi(2));
    sums.iter().map(|sum| f64::from(*sum)).chain(rest).sum()
}

/// One step of SGD with clipping, momentum and L2 decay: updates the buffer, zeros before the first step, and returns the weights.
pub fn sgd(weights: &[f32], gradient: &[f32], buffer: &mut [f32], step: &SgdStep) -> Vec<f32> {
    // PyTorch's clip_grad_norm_ has the same guard. What is not a number stays so.
    let scale = (step.limit / (norm(gradient) + 1e-6)) as f32;
    let scale = if scale > 1.0 { 1.0 } else { scale };
    let mut out = vec![0.0; weights.len()];
    out.par_chunks_mut(PIECE)
        .zip(buffer.par_chunks_mut(PIECE))
        .zip(weights.par_chunks(PIECE).zip(gradient.par_chunks(PIECE)))
        .for_each(|((out, buffer), (weights, gradient))| {
            let values = weights.iter().zip(gradient);
            for ((out, buffer), (weight, gradient)) in out.iter_mut().zip(buffer).zip(values) {
                let gradient = gradient * scale + weight * step.weight_decay;
                *buffer = *buffer * step.momentum + gradient;
                let direction = if step.nesterov {
                    gradient + *buffer * step.momentum
                } else {
                    *buffer
                };
                *out = weight - direction * step.rate;
            }
        });
    out
}

/// One step of Adam with L2 decay in the gradient: updates the moments, zeros before the first step, and returns the parameters.
/// For the few hundred numbers of an architecture, so on one thread.
pub fn adam(
    parameters: &[f32],
    gradient: &[f32],
    moments: [&mut [f32]; 2],
    step: &AdamStep,
) -> Vec<f32> {
    let [first, second] = moments;
    let keep = [step.betas.0 as f32, step.betas.1 as f32];
    let add = [(1.0 - step.betas.0) as f32, (1.0 - step.betas.1) as f32];
    let values = parameters.iter().zip(gradient);
    let moments = first.iter_mut().zip(second);
    values
        .zip(moments)
        .map(|((parameter, gradient), (first, second))| {
            let gradient = gradient + parameter * step.weight_decay;
            *first = *first * keep[0] + gradient * add[0];
            *second = *second * keep[1] + gradient * gradient * add[1];
            let denominator = second.sqrt() / step.correction + 1e-8;
            parameter - *first / denominator * step.rate
        })
        .collect()
}
