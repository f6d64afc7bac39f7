//! Second stage: the second depthwise and pointwise convolution of the separable branches, reading the first stage
//! with its normalisation and ReLU applied on the fly.

use super::buffer::Buffer;
use super::depthwise::{self, Correlate, Pass};
use super::dispatch::dispatch;
use super::layout::embed;
use super::plan::{Filter, Plan};
use super::pointwise::Product;
use super::simd::{Simd, Task};
use super::stats::{Normal, Units, channel, moments};
use crate::kernels::shape::Branch;
use rayon::prelude::*;

/// Computes all second-stage units.
pub(super) fn run(plan: &Plan, first: &Units, weights: &[f32]) -> Units {
    let shape = &plan.shape;
    let mut units = Units::new(
        shape.images(),
        plan.second_units(),
        plan.padded_channels(),
        shape.out_pixels(),
    );
    if units.count == 0 {
        return units;
    }
    let filters = plan.second_filters(weights);
    let passes = forward_passes(plan);
    let mut partial = vec![0.0; shape.images() * units.partial_len()];
    let (image_len, partial_len) = (units.image_len(), units.partial_len());
    units
        .data
        .par_chunks_exact_mut(image_len)
        .zip(partial.par_chunks_exact_mut(partial_len))
        .enumerate()
        .for_each_init(
            || {
                let hidden = Buffer::zeros(plan.output_plane().floats(shape.channels));
                (hidden, Buffer::stale(plan.unit_len()))
            },
            |(hidden, filtered), (image, (units, partial))| {
                dispatch(Image {
                    plan,
                    filters: &filters,
                    passes: &passes,
                    first,
                    image,
                    units,
                    partial,
                    hidden,
                    filtered,
                });
            },
        );
    units.finish(&partial, shape.lanes, shape.batch);
    units
}

/// The forward pass of every separable branch at stride 1.
pub(super) fn forward_passes(plan: &Plan) -> Vec<Pass> {
    let shape = &plan.shape;
    let forward = |branch| depthwise::forward(branch, 1, shape.out_height(), shape.out_width());
    Branch::SEPARABLE
        .iter()
        .map(|branch| forward(*branch))
        .collect()
}

/// Writes ReLU of the normalised first-stage unit into planes with a margin.
#[inline(always)]
pub(super) fn hidden<S: Simd>(
    lanes: S,
    plan: &Plan,
    unit: &[f32],
    normal: Normal,
    out: &mut [f32],
) {
    let zero = lanes.splat_f32s(0.0);
    embed::<S>(
        unit,
        plan.output_plane(),
        plan.blocks,
        out,
        |block, value| {
            let centred = lanes.sub_f32s(value, channel::<S>(normal.mean, block));
            lanes.max_f32s(
                lanes.mul_f32s(centred, channel::<S>(normal.inv_std, block)),
                zero,
            )
        },
    );
}

struct Image<'a> {
    plan: &'a Plan,
    filters: &'a [Filter],
    passes: &'a [Pass],
    first: &'a Units,
    image: usize,
    units: &'a mut [f32],
    partial: &'a mut [f32],
    hidden: &'a mut [f32],
    filtered: &'a mut [f32],
}

impl Task for Image<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            plan,
            filters,
            passes,
            first,
            image,
            units,
            partial,
            hidden: planes,
            filtered,
        } = self;
        let pixels = plan.shape.out_pixels();
        let lane = image / plan.shape.batch;
        let (means, squares) = partial.split_at_mut(plan.second_units() * plan.padded_channels());
        let outputs = units
            .chunks_exact_mut(plan.unit_len())
            .zip(means.chunks_exact_mut(plan.padded_channels()))
            .zip(squares.chunks_exact_mut(plan.padded_channels()))
            .enumerate();
        for (index, ((unit, mean), square)) in outputs {
            let (edge, slot) = (index / passes.len(), index % passes.len());
            let source = plan.branch_unit(edge, slot);
            hidden(
                lanes,
                plan,
                first.unit(image, source),
                first.normal(lane, source),
                planes,
            );
            lanes.call(Correlate {
                pass: &passes[slot],
                weights: &filters[index].depthwise,
                input: planes,
                out: filtered,
                add: false,
            });
            lanes.call(Product {
                input: filtered,
                weights: &filters[index].pointwise,
                pixels,
                columns: &plan.all,
                out: unit,
            });
            moments(lanes, unit, pixels, mean, square);
        }
    }
}
