//! The CPU twin of the fused kernels: plain Rust on slices, fast with vectors of eight channels and all cores.
//!
//! ```text
//! forward   branch ─▶ stats ─▶ second ─▶ stats ─▶ mix
//! backward  mix_backward ─▶ second_backward ─▶ branch_backward
//! ```
//! Every stage works on one image (forward) or on a run of images (backward) at a time, so that what it needs stays in
//! the cache. All sums have an order that depends on the shape only: the same input gives the same bits on any number
//! of threads.

mod branch;
mod branch_backward;
mod buffer;
mod columns;
mod conv_bn;
mod depthwise;
mod gradient;
mod lanes;
mod layout;
mod mix;
mod mix_backward;
mod plan;
mod pointwise;
mod pool;
mod second;
mod second_backward;
mod stats;

use super::shape::{EdgesShape, Wanted};
pub use conv_bn::{ConvGradients, ConvSaved, conv_bn_backward, conv_bn_forward};
use plan::Plan;
use stats::Units;

/// What the backward pass needs beyond x, weights and mix: all feature maps before their normalisation, and the batch
/// statistics.
#[derive(Debug, Clone)]
pub struct EdgesSaved {
    first: Units,
    second: Units,
}

/// Gradients of [`mixed_edges_forward`], those that were wanted.
#[derive(Debug, Clone, Default)]
pub struct EdgesGradients {
    /// `[I,C,H,W]`.
    pub x: Option<Vec<f32>>,
    /// `[E,S]`.
    pub weights: Option<Vec<f32>>,
    /// `[lanes,E,8]`.
    pub mix: Option<Vec<f32>>,
}

/// All DARTS mixed edges that leave one state of a cell: `out[e] = Σ_k mix[lane,e,k] · operation_k(x; weights_e)`
/// (method.md §4.1; Liu et al. 2019), with batch statistics per edge, operation, lane and channel.
///
/// x `[I,C,H,W]`, weights `[E,S]` in the order of [`EdgesShape`], mix `[lanes,E,8]`; returns out `[E,I,C,Ho,Wo]`.
///
/// # Panics
/// If a slice does not have the length its shape says, or the shape fails [`EdgesShape::check`].
pub fn mixed_edges_forward(
    shape: &EdgesShape,
    x: &[f32],
    weights: &[f32],
    mix: &[f32],
) -> (Vec<f32>, EdgesSaved) {
    assert_edges(shape, x, weights, mix);
    let plan = Plan::new(shape);
    let first = branch::run(&plan, x, weights);
    let second = second::run(&plan, &first, weights);
    let out = mix::run(&plan, x, mix, &first, &second);
    (out, EdgesSaved { first, second })
}

/// Gradients of [`mixed_edges_forward`] for `grad` `[E,I,C,Ho,Wo]`; only what is wanted is computed.
///
/// # Panics
/// As [`mixed_edges_forward`].
pub fn mixed_edges_backward(
    shape: &EdgesShape,
    x: &[f32],
    weights: &[f32],
    mix: &[f32],
    saved: &EdgesSaved,
    grad: &[f32],
    wanted: Wanted,
) -> EdgesGradients {
    assert_edges(shape, x, weights, mix);
    assert_eq!(grad.len(), shape.output_len(), "grad must be [E,I,C,Ho,Wo]");
    let mut gradients = EdgesGradients::default();
    if !(wanted.x || wanted.weights || wanted.mix) {
        return gradients;
    }
    let plan = Plan::new(shape);
    let problem = Problem {
        plan: &plan,
        x,
        weights,
        mix,
        saved,
        grad,
        wanted,
    };
    let sums = mix_backward::run(&problem);
    if wanted.mix {
        gradients.mix = Some(sums.mix_gradient(&plan));
    }
    if wanted.x || wanted.weights {
        let second = second_backward::run(&problem, &sums);
        let first = branch_backward::run(&problem, &sums, &second);
        if wanted.weights {
            gradients.weights = Some(gradient::unpack_edges(
                &plan,
                &first.weights,
                &second.weights,
            ));
        }
        gradients.x = first.x;
    }
    gradients
}

/// All a backward stage may read.
struct Problem<'a> {
    plan: &'a Plan,
    x: &'a [f32],
    weights: &'a [f32],
    mix: &'a [f32],
    saved: &'a EdgesSaved,
    grad: &'a [f32],
    wanted: Wanted,
}

impl Problem<'_> {
    /// One image of x `[C,H,W]`.
    fn image(&self, image: usize) -> &[f32] {
        let len = self.plan.shape.channels * self.plan.shape.in_pixels();
        &self.x[image * len..(image + 1) * len]
    }

    /// The gradient of one edge's output for one image `[C,Ho,Wo]`.
    fn grad(&self, edge: usize, image: usize) -> &[f32] {
        let len = self.plan.shape.channels * self.plan.shape.out_pixels();
        let start = (edge * self.plan.shape.images() + image) * len;
        &self.grad[start..start + len]
    }
}

fn assert_edges(shape: &EdgesShape, x: &[f32], weights: &[f32], mix: &[f32]) {
    assert_eq!(shape.check(), Ok(()), "shape");
    assert_eq!(x.len(), shape.input_len(), "x must be [I,C,H,W]");
    assert_eq!(weights.len(), shape.weights_len(), "weights must be [E,S]");
    assert_eq!(mix.len(), shape.mix_len(), "mix must be [lanes,E,8]");
}
