//! The GPU device: launches of `shaders/*.wgsl` on Burn's wgpu backend.
//!
//! One pipeline serves all shapes: a shader reads the sizes from its first buffer, and only what selects code is a
//! constant in its text (stride, kernel, which operations are active, the stage). The text is part of the key under
//! which the compiled pipeline is kept. Shaders stay within the WebGPU baseline: 8 storage buffers, 16 KiB of workgroup
//! memory, 256 invocations, 65,535 workgroups a dimension. All sums have an order fixed by the shape: the same input on
//! the same device gives the same bits.
//!
//! What the kernels are written for: few loads for each multiplication, since a load of one value costs as much as some
//! fifty multiply-adds on Mesa's software adapter (it reads the values of neighboring invocations one by one), and no
//! device minds. So products keep 8 × 8 results in registers, depthwise convolutions keep the rows they meet again, and
//! workgroup memory serves reductions only. There both sides of a branch are executed: what only some invocations need
//! stands in a loop without iterations for the others, or in a stage of its own.

mod conv_bn;
mod edges;
mod fan;
mod launch;
mod product;

pub use conv_bn::conv_sources;
pub use edges::edges_sources;
#[doc(hidden)]
pub use launch::poison_outputs;

use super::extension::{ConvGradients, EdgesGradients, Kernels};
use super::shape::{ConvShape, EdgesShape, Wanted};
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;

impl Kernels for CubeBackend {
    type EdgesSaved = edges::EdgesSaved;
    type ConvSaved = conv_bn::ConvSaved;

    fn edges_forward(
        x: CubeTensor,
        weights: CubeTensor,
        mix: CubeTensor,
        shape: EdgesShape,
    ) -> (CubeTensor, Self::EdgesSaved) {
        edges::forward(x, weights, mix, shape)
    }

    fn edges_recompute(
        x: CubeTensor,
        weights: CubeTensor,
        _mix: CubeTensor,
        shape: EdgesShape,
    ) -> Self::EdgesSaved {
        edges::recompute(x, weights, shape)
    }

    fn edges_backward(
        inputs: [CubeTensor; 3],
        saved: Self::EdgesSaved,
        grad: CubeTensor,
        shape: EdgesShape,
        wanted: Wanted,
    ) -> EdgesGradients<CubeTensor> {
        edges::backward(inputs, saved, grad, shape, wanted)
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
