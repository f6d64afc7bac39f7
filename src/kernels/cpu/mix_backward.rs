//! First backward stage: per edge, lane and channel the sum of the gradient and its products with every normalised
//! operation; from these follow the gradient of the mixing weights and all gradients through the last normalisations.

use super::Problem;
use super::buffer::Buffer;
use super::dispatch::dispatch;
use super::layout::pack;
use super::mix::unit_of;
use super::plan::{Plan, Term};
use super::simd::{Simd, Task, WIDTH};
use super::stats::{Normal, gradient_sums, sum_lanes};
use crate::kernels::shape::OPERATIONS;
use rayon::prelude::*;

/// Sums over the batch, `[lanes, E, 1 + terms, blocks·8]`: Σ grad, then Σ grad·ŷ of every term.
pub(super) struct Sums {
    data: Vec<f32>,
    terms: usize,
    edges: usize,
    padded_channels: usize,
}

impl Sums {
    fn row(&self, lane: usize, edge: usize, row: usize) -> &[f32] {
        let start = ((lane * self.edges + edge) * (1 + self.terms) + row) * self.padded_channels;
        &self.data[start..start + self.padded_channels]
    }

    /// Σ grad per channel.
    pub fn grad(&self, lane: usize, edge: usize) -> &[f32] {
        self.row(lane, edge, 0)
    }

    /// Σ grad·ŷ per channel of the edge's `term`-th term.
    pub fn product(&self, lane: usize, edge: usize, term: usize) -> &[f32] {
        self.row(lane, edge, 1 + term)
    }

    /// Gradient of the mixing weights `[lanes,E,8]`.
    pub fn mix_gradient(&self, plan: &Plan) -> Vec<f32> {
        let mut out = vec![0.0; plan.shape.mix_len()];
        for (index, out) in out.chunks_exact_mut(OPERATIONS).enumerate() {
            let (lane, edge) = (index / self.edges, index % self.edges);
            for (position, term) in plan.terms(edge).iter().enumerate() {
                out[term.operation] = self.product(lane, edge, position).iter().sum();
            }
        }
        out
    }
}

pub(super) fn run(problem: &Problem) -> Sums {
    let plan = problem.plan;
    let shape = &plan.shape;
    let terms: Vec<_> = (0..shape.edges).map(|edge| plan.terms(edge)).collect();
    let edge_len = (1 + terms[0].len()) * plan.padded_channels();
    let image_len = shape.edges * edge_len;
    let mut partial = vec![0.0; shape.images() * image_len];
    partial
        .par_chunks_exact_mut(image_len)
        .enumerate()
        .for_each_init(
            || {
                [
                    Buffer::stale(plan.unit_len()),
                    Buffer::stale(plan.input_len()),
                ]
            },
            |[grad, input], (image, partial)| {
                dispatch(Image {
                    problem,
                    terms: &terms,
                    image,
                    partial,
                    grad,
                    input,
                });
            },
        );
    Sums {
        data: sum_lanes(&partial, image_len, shape.batch),
        terms: terms[0].len(),
        edges: shape.edges,
        padded_channels: plan.padded_channels(),
    }
}

struct Image<'a> {
    problem: &'a Problem<'a>,
    terms: &'a [Vec<Term>],
    image: usize,
    partial: &'a mut [f32],
    grad: &'a mut [f32],
    input: &'a mut [f32],
}

impl Task for Image<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            problem,
            terms,
            image,
            partial,
            grad,
            input,
        } = self;
        let plan = problem.plan;
        let shape = &plan.shape;
        let (pixels, padded) = (shape.out_pixels(), plan.padded_channels());
        let lane = image / shape.batch;
        let identity = Normal {
            mean: &vec![0.0; padded],
            inv_std: &vec![1.0; padded],
        };
        if terms[0]
            .iter()
            .any(|term| matches!(term.source, super::plan::Source::Input))
        {
            pack(problem.image(image), shape.channels, pixels, input);
        }
        let edges = partial.chunks_exact_mut(partial.len() / shape.edges);
        for (edge, (partial, terms)) in edges.zip(terms).enumerate() {
            pack(problem.grad(edge, image), shape.channels, pixels, grad);
            let (sum, products) = partial.split_at_mut(padded);
            if terms.is_empty() {
                // Nothing follows from the sum then, but it is defined.
                sum.fill(0.0);
            }
            for (term, product) in terms.iter().zip(products.chunks_exact_mut(padded)) {
                let (saved_first, saved_second) = (&problem.saved.first, &problem.saved.second);
                let source = unit_of(term.source, saved_first, saved_second, image, lane);
                let (unit, normal) = source.unwrap_or((input, identity));
                gradient_sums(lanes, unit, grad, normal, pixels, [&mut *sum, product]);
            }
        }
        debug_assert_eq!(padded % WIDTH, 0);
    }
}
