//! Sums of the gradients over the images of a lane: what the way through a normalisation needs, and the gradients of factors, scales and
//! shifts.

use super::forward::factor;
use super::plan::{Plan, padded};
use super::problem::Problem;
use crate::kernels::cpu::simd::WIDTH;
use crate::kernels::graph::{GraphShape, Norm, Source, Value};

/// Of a unit, Σ grad and Σ grad·ŷ behind its normalisation, with the factors: `[lanes, padded channels]` each.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    grad: Vec<f32>,
    product: Vec<f32>,
}

impl Sums {
    /// Those of one lane.
    pub fn lane(&self, lane: usize, padded: usize) -> [&[f32]; 2] {
        let range = lane * padded..(lane + 1) * padded;
        [&self.grad[range.clone()], &self.product[range]]
    }
}

/// Adds the partial sums of a walk up, image by image.
pub(super) fn finish(
    problem: &Problem,
    walk: usize,
    partial: &[f32],
    sums: &mut [Sums],
    factors: &mut Option<Vec<f32>>,
) {
    let (plan, shape) = (problem.plan, problem.shape);
    let graph = &*plan.graph;
    let len = plan.reverse[walk].partial;
    if len == 0 {
        return;
    }
    for &state in &plan.reverse[walk].complete {
        for (term, &dot_at) in graph.states[state].terms.iter().zip(&plan.dots_at[state]) {
            if let Value::Unit(unit) = term.value {
                sums[unit] = add_up(problem, unit, term.factor, partial, len);
            }
            let (Some(factors), Some(place)) = (factors.as_mut(), term.factor) else {
                continue;
            };
            for (image, partial) in partial.chunks_exact(len).enumerate() {
                factors[place * shape.groups + shape.group(image)] += match term.value {
                    Value::Unit(unit) => of_unit(problem, unit, image / shape.batch, partial),
                    Value::State(_) | Value::Pool(..) => {
                        partial[dot_at..dot_at + WIDTH].iter().sum()
                    }
                };
            }
        }
    }
    for &unit in &plan.stages[walk].units {
        if let (Source::Unit(first), Some(_)) = (&graph.units[unit].source, plan.readers[unit]) {
            sums[*first] = add_up(problem, *first, None, partial, len);
        }
    }
}

fn add_up(
    problem: &Problem,
    unit: usize,
    place: Option<usize>,
    partial: &[f32],
    len: usize,
) -> Sums {
    let (plan, shape) = (problem.plan, problem.shape);
    let padded = padded(plan.graph.units[unit].size.channels);
    let at = plan.sums_at[unit];
    let mut sums = Sums {
        grad: vec![0.0; shape.lanes * padded],
        product: vec![0.0; shape.lanes * padded],
    };
    for (image, partial) in partial.chunks_exact(len).enumerate() {
        let scale = factor(shape, problem.tensors.factors, place, image);
        let range = image / shape.batch * padded..(image / shape.batch + 1) * padded;
        let (grad, product) = partial[at..at + 2 * padded].split_at(padded);
        for (sum, value) in sums.grad[range.clone()].iter_mut().zip(grad) {
            *sum += scale * value;
        }
        for (sum, value) in sums.product[range].iter_mut().zip(product) {
            *sum += scale * value;
        }
    }
    sums
}

/// Σ grad·value of a unit behind its normalisation, of one image.
fn of_unit(problem: &Problem, unit: usize, lane: usize, partial: &[f32]) -> f32 {
    let plan = problem.plan;
    let padded = padded(plan.graph.units[unit].size.channels);
    let affine = problem.coefficients[unit].lane(lane, padded);
    let at = plan.sums_at[unit];
    let (grad, product) = partial[at..at + 2 * padded].split_at(padded);
    let mut total = 0.0;
    for channel in 0..plan.graph.units[unit].size.channels {
        let scale = affine.gain[channel] / affine.normal.inv_std[channel];
        total += scale * product[channel] + affine.shift[channel] * grad[channel];
    }
    total
}

/// Writes the gradients of scales and shifts to their places.
pub(super) fn affine(plan: &Plan, shape: &GraphShape, sums: &[Sums], gradient: &mut [f32]) {
    for (unit, sums) in plan.graph.units.iter().zip(sums) {
        let Norm::Batch {
            affine: Some([scale, shift]),
            ..
        } = unit.norm
        else {
            continue;
        };
        if sums.grad.is_empty() {
            continue;
        }
        let padded = padded(unit.size.channels);
        for lane in 0..shape.lanes {
            let [grad, product] = sums.lane(lane, padded);
            for channel in 0..unit.size.channels {
                gradient[scale + channel] += product[channel];
                gradient[shift + channel] += grad[channel];
            }
        }
    }
}
