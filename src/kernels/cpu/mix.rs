//! Mix stage: normalises every unit of an edge and adds them up with the lane's weights, and the skip connection.

use super::buffer::Buffer;
use super::dispatch::dispatch;
use super::layout::unpack;
use super::plan::{Plan, Source, Term};
use super::simd::{Simd, Task, WIDTH, vectors, vectors_mut};
use super::stats::{Normal, Units, channel};
use super::{EdgesSaved, Images, Targets};
use crate::kernels::shape::{OPERATIONS, SKIP};
use rayon::prelude::*;

/// Computes what the edges give and puts it into `targets`. x `[C,H,W]` of every image; none: the state that lies in
/// front of the targets.
pub(super) fn run(
    plan: &Plan,
    x: Option<Images>,
    mix: &[f32],
    saved: &EdgesSaved,
    targets: Targets,
) {
    let shape = &plan.shape;
    let len = shape.channels * shape.out_pixels();
    let terms: Vec<_> = (0..shape.edges).map(|edge| plan.terms(edge)).collect();
    let (start, add) = (targets.first, targets.add);
    targets
        .out
        .par_chunks_exact_mut(targets.image_len)
        .enumerate()
        .for_each_init(
            || Buffer::stale(plan.unit_len()),
            |sum, (image, out)| {
                let (before, out) = out.split_at_mut(start);
                let x = match x {
                    Some(x) => x.image(image),
                    None => &before[start - len..],
                };
                for (edge, out) in out.chunks_exact_mut(len).enumerate() {
                    let weights = lane_weights(plan, mix, image / shape.batch, edge);
                    dispatch(EdgeImage {
                        plan,
                        terms: &terms[edge],
                        weights,
                        x,
                        saved,
                        image,
                        sum: &mut *sum,
                        out,
                        add,
                    });
                }
            },
        );
}

/// The eight mixing weights of an edge in a lane.
pub(super) fn lane_weights<'a>(plan: &Plan, mix: &'a [f32], lane: usize, edge: usize) -> &'a [f32] {
    let start = (lane * plan.shape.edges + edge) * OPERATIONS;
    &mix[start..start + OPERATIONS]
}

/// A normalised unit of an image, with its lane's statistics; none for the identity.
pub(super) fn unit_of<'a>(
    source: Source,
    first: &'a Units,
    second: &'a Units,
    image: usize,
    lane: usize,
) -> Option<(&'a [f32], Normal<'a>)> {
    match source {
        Source::First(unit) => Some((first.unit(image, unit), first.normal(lane, unit))),
        Source::Second(unit) => Some((second.unit(image, unit), second.normal(lane, unit))),
        Source::Input => None,
    }
}

struct EdgeImage<'a> {
    plan: &'a Plan,
    terms: &'a [Term],
    weights: &'a [f32],
    x: &'a [f32],
    saved: &'a EdgesSaved,
    image: usize,
    sum: &'a mut [f32],
    out: &'a mut [f32],
    add: bool,
}

impl Task for EdgeImage<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            plan,
            terms,
            weights,
            x,
            saved,
            image,
            sum,
            out,
            add,
        } = self;
        let (first, second) = (&saved.first, &saved.second);
        let pixels = plan.shape.out_pixels();
        let lane = image / plan.shape.batch;
        for (block, sum) in sum.chunks_exact_mut(pixels * WIDTH).enumerate() {
            let range = block * sum.len()..(block + 1) * sum.len();
            let sum = vectors_mut::<S>(sum);
            sum.fill(lanes.splat_f32s(0.0));
            for term in terms {
                let Some((unit, normal)) = unit_of(term.source, first, second, image, lane) else {
                    continue;
                };
                let weight = lanes.splat_f32s(weights[term.operation]);
                let scale = lanes.mul_f32s(weight, channel::<S>(normal.inv_std, block));
                let mean = channel::<S>(normal.mean, block);
                for (sum, value) in sum.iter_mut().zip(vectors::<S>(&unit[range.clone()])) {
                    *sum = lanes.fma(lanes.sub_f32s(*value, mean), scale, *sum);
                }
            }
        }
        if add {
            unpack::<true>(sum, plan.shape.channels, pixels, out);
        } else {
            unpack::<false>(sum, plan.shape.channels, pixels, out);
        }
        if plan.shape.stride == 1 {
            for (out, x) in out.iter_mut().zip(x) {
                *out += weights[SKIP] * x;
            }
        }
    }
}
