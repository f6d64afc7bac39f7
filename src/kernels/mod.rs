//! The hot path of all networks as fused operations with their own gradients: a Burn backend extension.
//!
//! ```text
//! mixed_cell, conv_bn, graph            functions on Burn tensors
//!           │
//! MixedOps, GraphOps  ── Autodiff ──    records the operation, computes only the gradients that are wanted
//!           │
//! Kernels, GraphKernels  ─┬─ CubeBackend: gpu/  launches shaders/*.wgsl
//!                         └─ Flex:        cpu/  plain Rust, rayon and vectors
//! ```
//! The whole body of a derived network or of a NAS-Bench-201 supernet is one *graph*, whose lanes share what is equal in them. Cells of the
//! DARTS supernet have kernels of their own, whose backward pass can compute again what was not kept.
//!
//! A cell's edges are computed in *fans*: all edges that leave one state, from the first input to the last node but one,
//! backward the other way round. Every fan adds to the nodes it enters, which lie where the cell's output has them, and
//! backward to the gradient of the node it leaves. Its stages, as the GPU runs them (the twin's files fuse some of them):
//! ```text
//! forward   depthwise, pool ─▶ pointwise ─▶ stats ─▶ depthwise ─▶ pointwise ─▶ stats ─▶ mix
//! backward  mix_backward ─┬─▶ mix_gradient                                                          (mix)
//!                         └─▶ pointwise_backward ─▶ second_backward ─▶ pointwise_backward
//!                                               ─▶ branch_backward ─▶ input_backward                (x)
//!           depthwise (again), pointwise_weights, depthwise_weights, twice ─▶ sum_chunks            (weights)
//! ```
//! and of a dense convolution: `conv ─▶ stats ─▶ conv_normalize`; backward `conv_sums ─▶ conv_gradient ─▶ conv_input`, and
//! `conv_weights ─▶ sum_chunks`. A graph has its own (`graph_order.rs` says when), those of a dense convolution but for the normalisation, and
//! ```text
//! unit      graph_move │ graph_rectify ─▶ graph_depthwise, conv ─▶ graph_stats │ graph_coefficients (running statistics)
//! state     graph_unit, graph_pool, a launch a term
//! backward  graph_sums, graph_dots ─▶ graph_lane_sums, graph_factors                                (scales, shifts, factors)
//!           graph_gradient ─▶ conv_input ─▶ graph_depthwise_input ─▶ graph_open; graph_pool_backward (x)
//!           graph_depthwise_weights, conv_weights ─▶ sum_chunks                                     (weights)
//! ```
//! A stage's shader is `shaders/STAGE.wgsl`, whose head says what it reads, writes and reduces and which file of `gpu/` launches it; text that
//! several shaders share lies in `shaders/include/`.
//!
//! Off the tape, `update.rs` makes a step of an optimizer one pass over the flat weights, on the CPU device.

pub mod cell;
pub mod cpu;
mod extension;
mod flex;
pub mod gpu;
pub mod graph;
mod graph_extension;
mod graph_order;
mod self_test;
pub mod shape;
mod total;
mod update;

pub use crate::forecast::Memory;
pub use extension::{ConvGradients, Kernels, MixedOps, conv_bn, mixed_cell};
pub use graph_extension::{GraphKernels, GraphOps, graph};

/// Whether a device is the CPU.
pub fn on_cpu(device: &burn::tensor::Device) -> bool {
    *device == burn::tensor::Device::flex()
}
pub use self_test::{Check, self_test};
pub use total::total;
pub(crate) use update::{adam_step, sgd_step};
