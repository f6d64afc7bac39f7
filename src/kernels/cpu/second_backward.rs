//! Second backward stage: from the gradient of the output through the last normalisation and the second convolutions
//! of the separable branches down to the normalised first stage.

use super::Problem;
use super::buffer::Buffer;
use super::depthwise::{self, Correlate, KernelGradient, Pass};
use super::dispatch::dispatch;
use super::gradient::{Rows, by_runs, filter_len, second_len};
use super::layout::{embed, pack};
use super::mix::lane_weights;
use super::mix_backward::Sums;
use super::plan::{Filter, Plan};
use super::pointwise::{OuterProduct, Product};
use super::second_stage::{forward_passes, hidden};
use super::simd::{Simd, Task, V, vectors, vectors_mut};
use super::stats::{Normal, NormalGradient, channel, gradient_sums, sum_lanes};
use crate::kernels::shape::Branch;

/// The gradient after the first normalisation of every separable branch.
pub(super) struct SecondGradients {
    /// `[I, second units, blocks, Q, 8]`.
    pub data: Buffer,
    /// Σ and Σ·ŷ over the batch: `[lanes, second units, 2, blocks·8]`.
    sums: Vec<f32>,
    /// The packed weight gradients `[E, …]`; empty if not wanted.
    pub weights: Buffer,
    units: usize,
    unit_len: usize,
    padded_channels: usize,
}

impl SecondGradients {
    pub fn unit(&self, image: usize, unit: usize) -> &[f32] {
        let start = (image * self.units + unit) * self.unit_len;
        &self.data[start..start + self.unit_len]
    }

    /// Σ grad and Σ grad·ŷ per channel.
    pub fn sums(&self, lane: usize, unit: usize) -> (&[f32], &[f32]) {
        let start = (lane * self.units + unit) * 2 * self.padded_channels;
        self.sums[start..start + 2 * self.padded_channels].split_at(self.padded_channels)
    }
}

pub(super) fn run(problem: &Problem, sums: &Sums) -> SecondGradients {
    let plan = problem.plan;
    let shape = &plan.shape;
    let units = plan.second_units();
    let (unit_len, padded_channels) = (plan.unit_len(), plan.padded_channels());
    let mut gradients = SecondGradients {
        data: Buffer::default(),
        sums: Vec::new(),
        weights: Buffer::default(),
        units,
        unit_len,
        padded_channels,
    };
    if units == 0 {
        return gradients;
    }
    gradients.data = Buffer::stale(shape.images() * units * unit_len);
    let partial_len = units * 2 * padded_channels;
    let mut partial = vec![0.0; shape.images() * partial_len];
    let weights_len = match problem.wanted.weights {
        true => shape.edges * second_len(plan),
        false => 0,
    };
    let filters = plan.second_filters(problem.weights);
    let passes = forward_passes(plan);
    let backward: Vec<_> = Branch::SEPARABLE
        .iter()
        .map(|branch| depthwise::transposed(*branch, 1, shape.out_height(), shape.out_width()))
        .collect();
    let rows = [
        Rows {
            data: &mut gradients.data,
            len: units * unit_len,
        },
        Rows {
            data: &mut partial,
            len: partial_len,
        },
    ];
    gradients.weights = by_runs(
        shape.images(),
        rows,
        weights_len,
        || Scratch::new(plan),
        |scratch, image, [data, partial], weights| {
            dispatch(Image {
                problem,
                sums,
                filters: &filters,
                passes: &passes,
                backward: &backward,
                image,
                data,
                partial,
                weights,
                scratch,
            });
        },
    );
    gradients.sums = sum_lanes(&partial, partial_len, shape.batch);
    gradients
}

/// Working memory of one thread; planes with a margin keep it zero.
struct Scratch {
    grad: Buffer,
    unit_grad: Buffer,
    hidden: Buffer,
    filtered: Buffer,
    filtered_grad: Buffer,
    filtered_planes: Buffer,
}

impl Scratch {
    fn new(plan: &Plan) -> Self {
        let dense = || Buffer::zeros(plan.unit_len());
        let planes = || Buffer::zeros(plan.output_plane().floats(plan.shape.channels));
        Self {
            grad: dense(),
            unit_grad: dense(),
            hidden: planes(),
            filtered: dense(),
            filtered_grad: dense(),
            filtered_planes: planes(),
        }
    }
}

struct Image<'a> {
    problem: &'a Problem<'a>,
    sums: &'a Sums,
    filters: &'a [Filter],
    passes: &'a [Pass],
    backward: &'a [Vec<Pass>],
    image: usize,
    data: &'a mut [f32],
    partial: &'a mut [f32],
    weights: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Task for Image<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            problem,
            sums,
            filters,
            passes,
            backward,
            image,
            data,
            partial,
            mut weights,
            scratch,
        } = self;
        let plan = problem.plan;
        let saved = problem.saved;
        let shape = &plan.shape;
        let (pixels, padded) = (shape.out_pixels(), plan.padded_channels());
        let lane = image / shape.batch;
        let outputs = data
            .chunks_exact_mut(plan.unit_len())
            .zip(partial.chunks_exact_mut(2 * padded));
        for (unit, (out, partial)) in outputs.enumerate() {
            let (edge, slot) = (unit / passes.len(), unit % passes.len());
            let (filter, source) = (&filters[unit], plan.branch_unit(edge, slot));
            if slot == 0 {
                pack(
                    problem.grad(edge, image),
                    shape.channels,
                    pixels,
                    &mut scratch.grad,
                );
            }
            let operation = filter.branch.operation();
            let Some(term) = plan.term_of(operation) else {
                continue;
            };
            NormalGradient {
                normal: saved.second.normal(lane, unit),
                sum: sums.grad(lane, edge),
                product: sums.product(lane, edge, term),
                n: (shape.batch * pixels) as f32,
                scale: lane_weights(plan, problem.mix, lane, edge)[operation],
            }
            .apply(
                lanes,
                saved.second.unit(image, unit),
                &scratch.grad,
                pixels,
                &mut scratch.unit_grad,
            );
            lanes.call(Product {
                input: &scratch.unit_grad,
                weights: &filter.transposed,
                pixels,
                columns: &plan.all,
                out: &mut scratch.filtered_grad,
            });
            let first = (
                saved.first.unit(image, source),
                saved.first.normal(lane, source),
            );
            if problem.wanted.weights {
                let (own, rest) = weights.split_at_mut(filter_len(plan, filter.branch));
                weights = rest;
                add_weights(lanes, plan, filter, &passes[slot], first, scratch, own);
            }
            let out = [out, partial];
            through_depthwise(lanes, plan, filter, &backward[slot], first, scratch, out);
        }
    }
}

/// Adds to the gradient of a filter's weights. `first`: the unit that the filter reads, before its normalisation.
#[inline(always)]
fn add_weights<S: Simd>(
    lanes: S,
    plan: &Plan,
    filter: &Filter,
    pass: &Pass,
    (first, normal): (&[f32], Normal),
    scratch: &mut Scratch,
    sum: &mut [f32],
) {
    let kernels_len = filter.branch.depthwise_len(plan.padded_channels());
    let (kernels, matrix) = sum.split_at_mut(kernels_len);
    hidden(lanes, plan, first, normal, &mut scratch.hidden);
    lanes.call(Correlate {
        pass,
        weights: &filter.depthwise,
        input: &scratch.hidden,
        out: &mut scratch.filtered,
        add: false,
    });
    lanes.call(OuterProduct {
        rows: &scratch.unit_grad,
        columns: &scratch.filtered,
        pixels: plan.shape.out_pixels(),
        only: &[],
        sum: matrix,
    });
    lanes.call(KernelGradient {
        branch: filter.branch,
        pass,
        grad: &scratch.filtered_grad,
        input: &scratch.hidden,
        sum: kernels,
    });
}

/// Takes the gradient on to the unit that the filter reads, behind its normalisation: into `out`, and its sums into `partial`.
#[inline(always)]
fn through_depthwise<S: Simd>(
    lanes: S,
    plan: &Plan,
    filter: &Filter,
    passes: &[Pass],
    (first, normal): (&[f32], Normal),
    scratch: &mut Scratch,
    [out, partial]: [&mut [f32]; 2],
) {
    let planes = &mut scratch.filtered_planes;
    embed::<S>(
        &scratch.filtered_grad,
        plan.output_plane(),
        plan.blocks,
        planes,
        |_, value| value,
    );
    for pass in passes {
        lanes.call(Correlate {
            pass,
            weights: &filter.depthwise,
            input: planes,
            out,
            add: false,
        });
    }
    let pixels = plan.shape.out_pixels();
    mask(lanes, first, normal, pixels, out);
    let (sum, products) = partial.split_at_mut(plan.padded_channels());
    gradient_sums(lanes, first, out, normal, pixels, [sum, products]);
}

/// Sets the gradient to zero where the normalised value is not positive.
#[inline(always)]
fn mask<S: Simd>(lanes: S, unit: &[f32], normal: Normal, pixels: usize, grad: &mut [f32]) {
    let zero = lanes.splat_f32s(0.0);
    let units = vectors::<S>(unit).chunks_exact(pixels);
    for (block, (grad, unit)) in vectors_mut::<S>(grad)
        .chunks_exact_mut(pixels)
        .zip(units)
        .enumerate()
    {
        let mean: V<S> = channel::<S>(normal.mean, block);
        for (grad, value) in grad.iter_mut().zip(unit) {
            *grad = lanes.select_f32s(lanes.greater_than_f32s(*value, mean), *grad, zero);
        }
    }
}
