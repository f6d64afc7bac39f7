//! The normalisations of a graph's units: their coefficients, and sums over the images of a lane.

use super::plan::{Plan, Stage, padded};
use crate::kernels::cpu::stats::{Normal, lane_moments};
use crate::kernels::graph::{GraphShape, Norm};
use crate::kernels::shape::EPSILON;

/// What a unit becomes behind its normalisation: `(value − mean)·gain + shift`; `[lanes, padded channels]` each.
#[derive(Debug, Clone, Default)]
pub(super) struct Coefficients {
    pub mean: Vec<f32>,
    /// 1 / sqrt(variance + ε).
    pub inv_std: Vec<f32>,
    /// The scale times `inv_std`.
    pub gain: Vec<f32>,
    pub shift: Vec<f32>,
}

/// The coefficients of one lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Affine<'a> {
    pub normal: Normal<'a>,
    pub gain: &'a [f32],
    pub shift: &'a [f32],
}

impl Coefficients {
    pub fn lane(&self, lane: usize, padded: usize) -> Affine<'_> {
        let range = lane * padded..(lane + 1) * padded;
        Affine {
            normal: Normal {
                mean: &self.mean[range.clone()],
                inv_std: &self.inv_std[range.clone()],
            },
            gain: &self.gain[range.clone()],
            shift: &self.shift[range],
        }
    }

    /// Of mean and inverse deviation; `padded` channels a lane.
    fn new(plan: &Plan, unit: usize, weights: &[f32], mean: Vec<f32>, inv_std: Vec<f32>) -> Self {
        let channels = plan.graph.units[unit].size.channels;
        let padded = padded(channels);
        let at = |place: Option<usize>, index: usize, otherwise: f32| {
            let channel = index % padded;
            match place {
                Some(place) if channel < channels => weights[place + channel],
                _ => otherwise,
            }
        };
        let [scale, shift] = match plan.graph.units[unit].norm {
            Norm::Batch {
                affine: Some(places),
                ..
            } => places.map(Some),
            _ => [None, None],
        };
        let gain = inv_std.iter().enumerate();
        let gain = gain
            .map(|(index, inv_std)| at(scale, index, 1.0) * inv_std)
            .collect();
        let shift = (0..mean.len()).map(|index| at(shift, index, 0.0)).collect();
        Self {
            mean,
            inv_std,
            gain,
            shift,
        }
    }

    /// Of a unit that is not normalised.
    pub fn identity(plan: &Plan, unit: usize, lanes: usize) -> Self {
        let len = lanes * padded(plan.graph.units[unit].size.channels);
        Self::new(plan, unit, &[], vec![0.0; len], vec![1.0; len])
    }

    /// Of the running statistics.
    pub fn running(plan: &Plan, unit: usize, weights: &[f32], statistics: &[f32]) -> Option<Self> {
        let Norm::Batch {
            running: Some(place),
            ..
        } = plan.graph.units[unit].norm
        else {
            return None;
        };
        let channels = plan.graph.units[unit].size.channels;
        let mut mean = statistics[place..place + channels].to_vec();
        let variance = &statistics[place + channels..place + 2 * channels];
        let mut inv_std: Vec<f32> = variance
            .iter()
            .map(|v| 1.0 / (v + EPSILON).sqrt())
            .collect();
        mean.resize(padded(channels), 0.0);
        inv_std.resize(padded(channels), 1.0);
        Some(Self::new(plan, unit, weights, mean, inv_std))
    }
}

/// The coefficients of a stage's units from the partial statistics of all images, and what the tracked ones saw: mean and unbiased variance
/// of lane 0 into `seen`.
pub(super) fn finish(
    plan: &Plan,
    stage: &Stage,
    shape: &GraphShape,
    weights: &[f32],
    partial: &[f32],
    seen: &mut [f32],
    all: &mut [Coefficients],
) {
    let len = plan.moments_len(stage);
    for (unit, at) in plan.moments_at(stage) {
        let size = plan.graph.units[unit].size;
        let Norm::Batch { running, .. } = plan.graph.units[unit].norm else {
            all[unit] = Coefficients::identity(plan, unit, shape.lanes);
            continue;
        };
        let padded = padded(size.channels);
        let n = (shape.batch * size.pixels()) as f32;
        let (mut means, mut inv_stds) = (Vec::new(), Vec::new());
        for (lane, images) in partial.chunks_exact(len * shape.batch).enumerate() {
            let (mean, squares) = lane_moments(images, len, at, padded, size.pixels() as f32);
            if let (0, Some(place)) = (lane, running) {
                let (to, variance) = seen[place..].split_at_mut(size.channels);
                to.copy_from_slice(&mean[..size.channels]);
                // A single value has no unbiased variance; PyTorch refuses it, the biased one is recorded.
                let unbiased = (n - 1.0).max(1.0);
                for (to, sum) in variance[..size.channels].iter_mut().zip(&squares) {
                    *to = sum / unbiased;
                }
            }
            inv_stds.extend(squares.iter().map(|sum| 1.0 / (sum / n + EPSILON).sqrt()));
            means.extend(mean);
        }
        all[unit] = Coefficients::new(plan, unit, weights, means, inv_stds);
    }
}
