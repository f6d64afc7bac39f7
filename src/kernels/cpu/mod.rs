//! The CPU twin of the fused kernels: plain Rust on slices, fast with vectors of eight channels and all cores.
//!
//! ```text
//! forward   branch ─▶ stats ─▶ second ─▶ stats ─▶ mix
//! backward  mix_backward ─▶ second_backward ─▶ branch_backward
//! ```
//! These are the stages of a cell; `graph/` has those of a graph, over the same convolutions, products, poolings and statistics.
//!
//! Every stage works on one image (forward) or on a run of images (backward) at a time, so that what it needs stays in
//! the cache. All sums have an order that depends on the shape only: the same input gives the same bits on any number
//! of threads.

mod branch_backward;
mod buffer;
mod cell;
mod columns;
mod conv_bn;
mod depthwise;
mod dispatch;
mod first_stage;
mod gradient;
mod graph;
mod layout;
mod mix;
mod mix_backward;
#[cfg(not(target_arch = "wasm32"))]
mod peak;
mod plan;
mod pointwise;
mod pool;
#[cfg(any(
    all(target_arch = "aarch64", target_feature = "neon"),
    all(target_arch = "wasm32", target_feature = "simd128")
))]
mod quads;
mod second_backward;
mod second_stage;
mod simd;
mod stats;
mod update;

use super::shape::{EdgesShape, Wanted};
pub use cell::{mixed_cell_backward, mixed_cell_forward};
pub use conv_bn::{ConvGradients, ConvSaved, conv_bn_backward, conv_bn_forward};
pub use graph::{GraphSaved, graph_backward, graph_forward};
#[cfg(not(target_arch = "wasm32"))]
pub use peak::peak_flops;
use plan::Plan;
use stats::Units;
pub use update::{AdamStep, SgdStep, adam, norm, sgd};

/// What the backward pass of one fan needs beyond x, weights and mix: all feature maps before their normalisation, and
/// the batch statistics.
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

/// The mixed edges that leave one state on their own: `out[e] = Σ_k mix[lane,e,k] · operation_k(x; weights_e)`
/// (method.md §4.1; Liu et al. 2019), with batch statistics per edge, operation, lane and channel. This is what a
/// [cell](mixed_cell_forward) is made of, and what is compared with the definition.
///
/// x `[I,C,H,W]`, weights `[E,S]` in the order of [`EdgesShape`], mix `[lanes,E,8]`; returns out `[I,E,C,Ho,Wo]`.
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
    let x = Images::all(x, shape.channels * shape.in_pixels());
    let saved = EdgesSaved::new(&plan, x, weights);
    let mut out = vec![0.0; shape.output_len()];
    let targets = Targets {
        image_len: out.len() / shape.images(),
        out: &mut out,
        first: 0,
        add: false,
    };
    mix::run(&plan, Some(x), mix, &saved, targets);
    (out, saved)
}

/// Gradients of [`mixed_edges_forward`] for `grad` `[I,E,C,Ho,Wo]`; only what is wanted is computed.
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
    assert_eq!(grad.len(), shape.output_len(), "grad must be [I,E,C,Ho,Wo]");
    Problem {
        plan: &Plan::new(shape),
        x: Images::all(x, shape.channels * shape.in_pixels()),
        weights,
        mix,
        saved,
        grad: Images::all(grad, grad.len() / shape.images()),
        wanted,
    }
    .backward()
}

impl EdgesSaved {
    /// The stages in front of the mix.
    fn new(plan: &Plan, x: Images, weights: &[f32]) -> Self {
        let first = first_stage::run(plan, x, weights);
        let second = second_stage::run(plan, &first, weights);
        Self { first, second }
    }
}

/// A part of every image of a tensor.
#[derive(Clone, Copy)]
struct Images<'a> {
    data: &'a [f32],
    /// Floats from one image to the next.
    stride: usize,
    /// Where the part begins in an image, and its floats.
    first: usize,
    len: usize,
}

impl<'a> Images<'a> {
    /// Whole images.
    fn all(data: &'a [f32], len: usize) -> Self {
        Self {
            data,
            stride: len,
            first: 0,
            len,
        }
    }

    fn image(&self, image: usize) -> &'a [f32] {
        let start = image * self.stride + self.first;
        &self.data[start..start + self.len]
    }
}

/// Where a fan puts what its edges compute: `[E,C,Ho,Wo]` from `first` to the end of every image of `out`.
struct Targets<'a> {
    out: &'a mut [f32],
    image_len: usize,
    first: usize,
    /// Adds to what is there.
    add: bool,
}

/// All a backward stage may read.
struct Problem<'a> {
    plan: &'a Plan,
    x: Images<'a>,
    weights: &'a [f32],
    mix: &'a [f32],
    saved: &'a EdgesSaved,
    /// `[E,C,Ho,Wo]` of every image.
    grad: Images<'a>,
    wanted: Wanted,
}

impl Problem<'_> {
    fn backward(&self) -> EdgesGradients {
        let (plan, wanted) = (self.plan, self.wanted);
        let mut gradients = EdgesGradients::default();
        if !(wanted.x || wanted.weights || wanted.mix) {
            return gradients;
        }
        let sums = mix_backward::run(self);
        if wanted.mix {
            gradients.mix = Some(sums.mix_gradient(plan));
        }
        if wanted.x || wanted.weights {
            let second = second_backward::run(self, &sums);
            let first = branch_backward::run(self, &sums, &second);
            if wanted.weights {
                let weights = gradient::unpack_edges(plan, &first.weights, &second.weights);
                gradients.weights = Some(weights);
            }
            gradients.x = first.x;
        }
        gradients
    }

    /// One image of x `[C,H,W]`.
    fn image(&self, image: usize) -> &[f32] {
        self.x.image(image)
    }

    /// The gradient of one edge's output for one image `[C,Ho,Wo]`.
    fn grad(&self, edge: usize, image: usize) -> &[f32] {
        let len = self.plan.shape.channels * self.plan.shape.out_pixels();
        &self.grad.image(image)[edge * len..(edge + 1) * len]
    }
}

fn assert_edges(shape: &EdgesShape, x: &[f32], weights: &[f32], mix: &[f32]) {
    assert_eq!(shape.check(), Ok(()), "shape");
    assert_eq!(x.len(), shape.input_len(), "x must be [I,C,H,W]");
    assert_eq!(weights.len(), shape.weights_len(), "weights must be [E,S]");
    assert_eq!(mix.len(), shape.mix_len(), "mix must be [lanes,E,8]");
}
