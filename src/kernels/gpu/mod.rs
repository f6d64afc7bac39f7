//! The GPU device: launches of `shaders/*.wgsl` on Burn's wgpu backend.
//!
//! One pipeline serves all shapes: a shader reads the sizes from its first buffer, and only what selects code is a
//! constant in its text (stride, kernel, which operations are active, the stage). The text is part of the key under
//! which the compiled pipeline is kept. Shaders stay within the WebGPU baseline: 8 storage buffers, 16 KiB of workgroup
//! memory, 256 invocations, 65,535 workgroups a dimension. All sums have an order fixed by the shape: the same input on
//! the same device gives the same bits.
//!
//! The stages of a cell stand in `stages.rs`, each by the name of its shader, over what `fan.rs` makes of a shape; `cell.rs` launches them. The stages of a dense convolution stand in `conv_bn.rs`, those of a graph in `graph_*.rs`: `graph.rs` launches them forward,
//! `graph_backward.rs` backward.
//!
//! What the kernels are written for: few loads for each multiplication, since a load of one value costs as much as some
//! fifty multiply-adds on Mesa's software adapter (it reads the values of neighboring invocations one by one), and no
//! device minds. So products keep 8 × 8 results in registers, depthwise convolutions keep the rows they meet again, and
//! workgroup memory serves reductions only. There both sides of a branch are executed: what only some invocations need
//! stands in a loop without iterations for the others, or in a stage of its own.

mod cell;
mod conv_bn;
mod fan;
mod graph;
mod graph_backward;
mod graph_depthwise;
mod graph_maps;
mod graph_norm;
mod launch;
mod product;
mod stages;
mod watch;

pub use cell::cell_sources;
pub use conv_bn::conv_sources;
pub use graph::graph_sources;
#[doc(hidden)]
pub use launch::poison_outputs;
pub use watch::{Launch, Watch};

use super::Memory;
use super::cell::{CellShape, CellTensors};
use super::extension::{ConvGradients, Kernels};
use super::graph::{GraphShape, GraphTensors};
use super::graph_extension::GraphKernels;
use super::shape::{ConvShape, Wanted};
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;

impl Kernels for CubeBackend {
    type CellSaved = Vec<cell::FanSaved>;
    type ConvSaved = conv_bn::ConvSaved;

    fn cell_forward(
        tensors: CellTensors<CubeTensor>,
        shape: CellShape,
        memory: Memory,
    ) -> (CubeTensor, Self::CellSaved) {
        cell::forward(tensors, shape, memory)
    }

    fn cell_backward(
        tensors: CellTensors<CubeTensor>,
        out: CubeTensor,
        saved: Self::CellSaved,
        grad: CubeTensor,
        shape: CellShape,
        wanted: CellTensors<bool>,
    ) -> CellTensors<Option<CubeTensor>> {
        cell::backward(tensors, out, saved, grad, shape, wanted)
    }

    fn conv_forward(
        x: CubeTensor,
        weights: CubeTensor,
        shape: ConvShape,
    ) -> (CubeTensor, Self::ConvSaved) {
        conv_bn::forward(x, weights, shape)
    }

    fn conv_backward(
        inputs: [CubeTensor; 2],
        saved: Self::ConvSaved,
        grad: CubeTensor,
        shape: ConvShape,
        wanted: Wanted,
    ) -> ConvGradients<CubeTensor> {
        conv_bn::backward(inputs, saved, grad, shape, wanted)
    }
}

impl GraphKernels for CubeBackend {
    type GraphSaved = graph::GraphSaved;

    fn graph_forward(
        tensors: GraphTensors<CubeTensor>,
        shape: &GraphShape,
        keep: bool,
    ) -> (CubeTensor, Option<Self::GraphSaved>) {
        graph::forward(tensors, shape, keep)
    }

    fn graph_backward(
        tensors: GraphTensors<CubeTensor>,
        saved: Self::GraphSaved,
        grad: CubeTensor,
        shape: &GraphShape,
        wanted: GraphTensors<bool>,
    ) -> GraphTensors<Option<CubeTensor>> {
        graph_backward::run(tensors, saved, grad, shape, wanted)
    }
}
