//! The backend extension: fused operations on Burn tensors, and their place on the autodiff tape.

use super::Memory;
use super::cell::{CellShape, CellTensors};
use super::shape::{ConvShape, Wanted};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;
use std::fmt::Debug;

/// Gradients of [`Kernels::conv_forward`]: those that were wanted.
#[derive(Debug)]
pub struct ConvGradients<T> {
    /// `[I,Ci,H,W]`.
    pub x: Option<T>,
    /// Flat, in the order of the weights.
    pub weights: Option<T>,
}

/// What a device implements: forward and backward passes on its own tensors, off the tape.
/// Sizes and meaning are those of [`CellShape`] and [`ConvShape`].
pub trait Kernels: Backend {
    /// What the backward pass of a cell needs beyond its inputs and its output; nothing with [`Memory::Recompute`].
    type CellSaved: Clone + Debug + Send + 'static;
    /// What the backward pass of a convolution needs beyond its inputs.
    type ConvSaved: Clone + Debug + Send + 'static;

    /// A cell: `[I,nodes·C,Ho,Wo]`.
    fn cell_forward(
        tensors: CellTensors<FloatTensor<Self>>,
        shape: CellShape,
        memory: Memory,
    ) -> (FloatTensor<Self>, Self::CellSaved);

    /// The wanted gradients of a cell whose output was `out`, for `grad` `[I,nodes·C,Ho,Wo]`.
    fn cell_backward(
        tensors: CellTensors<FloatTensor<Self>>,
        out: FloatTensor<Self>,
        saved: Self::CellSaved,
        grad: FloatTensor<Self>,
        shape: CellShape,
        wanted: CellTensors<bool>,
    ) -> CellTensors<Option<FloatTensor<Self>>>;

    /// Convolution and batch normalisation: `[I,Co,Ho,Wo]`.
    fn conv_forward(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        shape: ConvShape,
    ) -> (FloatTensor<Self>, Self::ConvSaved);

    /// Gradients of the convolution for `grad` `[I,Co,Ho,Wo]`.
    fn conv_backward(
        inputs: [FloatTensor<Self>; 2],
        saved: Self::ConvSaved,
        grad: FloatTensor<Self>,
        shape: ConvShape,
        wanted: Wanted,
    ) -> ConvGradients<FloatTensor<Self>>;
}

/// The fused operations as Burn dispatches them to a backend or to the autodiff tape around it.
#[backend_extension(Cube, Flex, Autodiff)]
pub trait MixedOps: Backend {
    /// See [`mixed_cell`].
    fn mixed_cell(
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        mix: FloatTensor<Self>,
        shape: CellShape,
        memory: Memory,
    ) -> FloatTensor<Self>;

    /// See [`conv_bn`].
    fn conv_bn(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        shape: ConvShape,
    ) -> FloatTensor<Self>;
}

impl<B: Kernels> MixedOps for B {
    fn mixed_cell(
        first: FloatTensor<B>,
        second: FloatTensor<B>,
        weights: FloatTensor<B>,
        mix: FloatTensor<B>,
        shape: CellShape,
        _memory: Memory,
    ) -> FloatTensor<B> {
        // There is no backward pass to keep anything for.
        B::cell_forward(
            [first, second, weights, mix].into(),
            shape,
            Memory::Recompute,
        )
        .0
    }

    fn conv_bn(x: FloatTensor<B>, weights: FloatTensor<B>, shape: ConvShape) -> FloatTensor<B> {
        B::conv_forward(x, weights, shape).0
    }
}

#[derive(Debug)]
struct CellStep;

#[derive(Debug, Clone)]
struct CellState<B: Kernels> {
    tensors: CellTensors<FloatTensor<B>>,
    out: FloatTensor<B>,
    saved: B::CellSaved,
    shape: CellShape,
}

impl<B: Kernels> Backward<B, 4> for CellStep {
    type State = CellState<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 4>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let CellState {
            tensors,
            out,
            saved,
            shape,
        } = ops.state;
        let mut wanted = CellTensors::from(ops.parents.each_ref().map(Option::is_some));
        // Where there is one input, its second mention has no gradient of its own.
        wanted.inputs[1] &= shape.inputs > 1;
        let gradients = B::cell_backward(tensors, out, saved, grad, shape, wanted);
        for (node, gradient) in ops.parents.into_iter().zip(gradients.into_array()) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct ConvStep;

impl<B: Kernels> Backward<B, 2> for ConvStep {
    type State = ([FloatTensor<B>; 2], B::ConvSaved, ConvShape);

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let (inputs, saved, shape) = ops.state;
        let [x, weights] = ops.parents;
        let wanted = Wanted {
            x: x.is_some(),
            weights: weights.is_some(),
            mix: false,
        };
        let gradients = B::conv_backward(inputs, saved, grad, shape, wanted);
        for (node, gradient) in [(x, gradients.x), (weights, gradients.weights)] {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: Kernels, C: CheckpointStrategy> MixedOps for Autodiff<B, C> {
    fn mixed_cell(
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        mix: FloatTensor<Self>,
        shape: CellShape,
        memory: Memory,
    ) -> FloatTensor<Self> {
        let parents = [first, second, weights, mix];
        let nodes = parents.each_ref().map(|parent| parent.node());
        let tensors = CellTensors::from(parents.map(|parent| parent.into_primitive()));
        match CellStep.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (out, saved) = B::cell_forward(tensors.clone(), shape, memory);
                let state = CellState {
                    tensors,
                    out: out.clone(),
                    saved,
                    shape,
                };
                prep.finish(state, out)
            }
            OpsKind::UnTracked(prep) => {
                prep.finish(B::cell_forward(tensors, shape, Memory::Recompute).0)
            }
        }
    }

    fn conv_bn(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        shape: ConvShape,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weights.node()];
        let inputs = [x.into_primitive(), weights.into_primitive()];
        let [x, weights] = inputs.clone();
        let (out, saved) = B::conv_forward(x, weights, shape);
        match ConvStep.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((inputs, saved, shape), out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }
}

/// A whole DARTS cell behind its pre-processing: every edge is `Σ_k mix[lane,edge,k] · operation_k(state; weights)`
/// (method.md §4.1), with batch statistics of every edge, operation, lane and channel; every node the sum of its edges.
///
/// inputs `[I,C,H,W]`, weights `[S]`, mix `[lanes,edges,8]`, in the orders of [`CellShape`]; returns `[I,nodes·C,Ho,Wo]`.
///
/// # Panics
/// If the shape fails [`CellShape::check`] or a tensor does not have the size it says: a mistake of the program.
pub fn mixed_cell(
    inputs: &[Tensor<4>],
    weights: Tensor<1>,
    mix: Tensor<3>,
    shape: CellShape,
    memory: Memory,
) -> Tensor<4> {
    assert_eq!(shape.check(), Ok(()), "shape of the cell");
    let state = [shape.images(), shape.channels, shape.height, shape.width];
    assert_eq!(inputs.len(), shape.inputs, "inputs of the cell");
    for input in inputs {
        assert_eq!(input.dims(), state, "inputs must be [I,C,H,W]");
    }
    assert_eq!(weights.dims(), [shape.weights_len()], "weights must be [S]");
    assert_eq!(
        mix.dims(),
        [shape.lanes, shape.edges(), 8],
        "mix must be [lanes,edges,8]"
    );
    // Of a single input there is no second: it stands for itself.
    let [first, second] = [0, shape.inputs - 1].map(|input| inputs[input].clone());
    Tensor::from_dispatch(Dispatch::mixed_cell(
        first.into_dispatch(),
        second.into_dispatch(),
        weights.into_dispatch(),
        mix.into_dispatch(),
        shape,
        memory,
    ))
}

/// Dense convolution, with ReLU before it where the shape says so, and batch normalisation without scale and shift
/// after it, statistics of every lane apart.
///
/// x `[I,Ci,H,W]`, weights flat in the order `[Co,Ci,k,k]` (or `[Co,Ci]` for a factorised reduce); returns
/// `[I,Co,Ho,Wo]`.
///
/// # Panics
/// If the shape fails [`ConvShape::check`] or a tensor does not have the size it says: a mistake of the program.
pub fn conv_bn(x: Tensor<4>, weights: Tensor<1>, shape: ConvShape) -> Tensor<4> {
    assert_eq!(shape.check(), Ok(()), "shape of the convolution");
    let plane = [shape.images(), shape.in_channels, shape.height, shape.width];
    assert_eq!(x.dims(), plane, "x must be [I,Ci,H,W]");
    assert_eq!(
        weights.dims(),
        [shape.weights_len()],
        "weights must be flat [Co,Ci,k,k]"
    );
    Tensor::from_dispatch(Dispatch::conv_bn(
        x.into_dispatch(),
        weights.into_dispatch(),
        shape,
    ))
}
