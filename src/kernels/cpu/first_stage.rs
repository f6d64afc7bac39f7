//! First stage: the depthwise and pointwise convolutions that read the input, both poolings and the factorised
//! reduce, with the statistics of each image.

use super::Images;
use super::buffer::Buffer;
use super::columns::Columns;
use super::depthwise::{self, Correlate, Pass};
use super::dispatch::dispatch;
use super::layout::{embed, pack};
use super::plan::{Filter, Matrix, POOLS, Plan};
use super::pointwise::Product;
use super::pool::Pooling;
use super::simd::{Simd, Task};
use super::stats::{Units, moments};
use crate::kernels::shape::{Branch, MAX_POOL};
use rayon::prelude::*;

/// Working memory of one thread.
struct Scratch {
    /// The packed image.
    input: Buffer,
    /// ReLU of the image with its margin.
    rectified: Buffer,
    /// Output of a depthwise convolution.
    filtered: Buffer,
    /// The two diagonals of a factorised reduce.
    diagonals: Buffer,
}

/// Computes all first-stage units of x, `[C,H,W]` of every image.
pub(super) fn run(plan: &Plan, x: Images, weights: &[f32]) -> Units {
    let shape = &plan.shape;
    let mut units = Units::new(
        shape.images(),
        plan.first_units(),
        plan.padded_channels(),
        shape.out_pixels(),
    );
    if units.count == 0 {
        return units;
    }
    let filters = plan.first_filters(weights);
    let reduces = plan.reduce_filters(weights);
    let passes = forward_passes(plan);
    let mut partial = vec![0.0; shape.images() * units.partial_len()];
    let (image_len, partial_len) = (units.image_len(), units.partial_len());
    units
        .data
        .par_chunks_exact_mut(image_len)
        .zip(partial.par_chunks_exact_mut(partial_len))
        .enumerate()
        .for_each_init(
            || Scratch {
                input: Buffer::zeros(plan.input_len()),
                rectified: Buffer::zeros(plan.input_plane().floats(shape.channels)),
                filtered: Buffer::zeros(plan.unit_len()),
                diagonals: Buffer::zeros(if plan.reduce { 2 * plan.unit_len() } else { 0 }),
            },
            |scratch, (image, (units, partial))| {
                dispatch(Image {
                    plan,
                    filters: &filters,
                    reduces: &reduces,
                    passes: &passes,
                    x: x.image(image),
                    units,
                    partial,
                    scratch,
                });
            },
        );
    units.finish(&partial, shape.lanes, shape.batch);
    units
}

/// The forward pass of every branch.
pub(super) fn forward_passes(plan: &Plan) -> Vec<Pass> {
    let shape = &plan.shape;
    let forward = |branch| depthwise::forward(branch, shape.stride, shape.height, shape.width);
    Branch::ALL.iter().map(|branch| forward(*branch)).collect()
}

struct Image<'a> {
    plan: &'a Plan,
    filters: &'a [Filter],
    reduces: &'a [Matrix],
    passes: &'a [Pass],
    x: &'a [f32],
    units: &'a mut [f32],
    partial: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Task for Image<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            plan,
            filters,
            reduces,
            passes,
            x,
            units,
            partial,
            scratch,
        } = self;
        let shape = &plan.shape;
        let pixels = shape.out_pixels();
        let zero = lanes.splat_f32s(0.0);
        pack(x, shape.channels, shape.in_pixels(), &mut scratch.input);
        embed::<S>(
            &scratch.input,
            plan.input_plane(),
            plan.blocks,
            &mut scratch.rectified,
            |_, value| lanes.max_f32s(value, zero),
        );
        let diagonals = Columns::diagonals(shape.height, shape.width);
        if plan.reduce {
            diagonals.gather(
                lanes,
                &scratch.input,
                true,
                0..shape.out_height(),
                &mut scratch.diagonals,
            );
        }
        let (means, squares) = partial.split_at_mut(plan.first_units() * plan.padded_channels());
        let mut outputs = units
            .chunks_exact_mut(plan.unit_len())
            .zip(means.chunks_exact_mut(plan.padded_channels()))
            .zip(squares.chunks_exact_mut(plan.padded_channels()));
        for edge in 0..shape.edges {
            for (slot, pass) in passes.iter().enumerate() {
                let filter = &filters[edge * passes.len() + slot];
                let Some(((unit, mean), square)) = outputs.next() else {
                    return;
                };
                lanes.call(Correlate {
                    pass,
                    weights: &filter.depthwise,
                    input: &scratch.rectified,
                    out: &mut scratch.filtered,
                    add: false,
                });
                lanes.call(Product {
                    input: &scratch.filtered,
                    weights: &filter.pointwise,
                    pixels,
                    columns: &plan.all,
                    out: unit,
                });
                moments(lanes, unit, pixels, mean, square);
            }
            if plan.reduce {
                let reduce = &reduces[edge];
                let Some(((unit, mean), square)) = outputs.next() else {
                    return;
                };
                lanes.call(Product {
                    input: &scratch.diagonals,
                    weights: &reduce.rows,
                    pixels,
                    columns: &reduce.inputs,
                    out: unit,
                });
                moments(lanes, unit, pixels, mean, square);
            }
        }
        let pooling = Pooling::three(shape.height, shape.width, shape.stride);
        for operation in &POOLS {
            let Some(((unit, mean), square)) = outputs.next() else {
                return;
            };
            if *operation == MAX_POOL {
                pooling.max(lanes, &scratch.input, unit);
            } else {
                pooling.average(lanes, &scratch.input, unit);
            }
            moments(lanes, unit, pixels, mean, square);
        }
    }
}
