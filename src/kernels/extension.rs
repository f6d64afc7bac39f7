//! The backend extension: fused operations on Burn tensors, and their place on the autodiff tape.

use super::shape::{ConvShape, EdgesShape, Wanted};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;
use std::fmt::Debug;

/// How much of a forward pass is kept for its backward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Memory {
    /// Keep the feature maps of every branch: about six times the output.
    Keep,
    /// Keep the inputs only, and run the forward stages again in the backward pass.
    Recompute,
}

/// Gradients of [`Kernels::edges_forward`]: those that were wanted.
#[derive(Debug)]
pub struct EdgesGradients<T> {
    /// `[I,C,H,W]`.
    pub x: Option<T>,
    /// `[E,S]`.
    pub weights: Option<T>,
    /// `[lanes,E,8]`.
    pub mix: Option<T>,
}

/// Gradients of [`Kernels::conv_forward`]: those that were wanted.
#[derive(Debug)]
pub struct ConvGradients<T> {
    /// `[I,Ci,H,W]`.
    pub x: Option<T>,
    /// Flat, in the order of the weights.
    pub weights: Option<T>,
}

/// What a device implements: forward and backward passes on its own tensors, off the tape.
/// Sizes and meaning are those of [`EdgesShape`] and [`ConvShape`].
pub trait Kernels: Backend {
    /// What the backward pass of the mixed edges needs beyond its inputs.
    type EdgesSaved: Clone + Debug + Send + 'static;
    /// What the backward pass of a convolution needs beyond its inputs.
    type ConvSaved: Clone + Debug + Send + 'static;

    /// Mixed edges: `[E,I,C,Ho,Wo]`.
    fn edges_forward(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        mix: FloatTensor<Self>,
        shape: EdgesShape,
    ) -> (FloatTensor<Self>, Self::EdgesSaved);

    /// Everything of [`Kernels::edges_forward`] that is saved, without the output.
    fn edges_recompute(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        mix: FloatTensor<Self>,
        shape: EdgesShape,
    ) -> Self::EdgesSaved;

    /// Gradients of the mixed edges for `grad` `[E,I,C,Ho,Wo]`.
    fn edges_backward(
        inputs: [FloatTensor<Self>; 3],
        saved: Self::EdgesSaved,
        grad: FloatTensor<Self>,
        shape: EdgesShape,
        wanted: Wanted,
    ) -> EdgesGradients<FloatTensor<Self>>;

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
    /// See [`mixed_edges`].
    fn mixed_edges(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        mix: FloatTensor<Self>,
        shape: EdgesShape,
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
    fn mixed_edges(
        x: FloatTensor<B>,
        weights: FloatTensor<B>,
        mix: FloatTensor<B>,
        shape: EdgesShape,
        _memory: Memory,
    ) -> FloatTensor<B> {
        B::edges_forward(x, weights, mix, shape).0
    }

    fn conv_bn(x: FloatTensor<B>, weights: FloatTensor<B>, shape: ConvShape) -> FloatTensor<B> {
        B::conv_forward(x, weights, shape).0
    }
}

#[derive(Debug)]
struct MixedEdgesStep;

#[derive(Debug, Clone)]
struct EdgesState<B: Kernels> {
    inputs: [FloatTensor<B>; 3],
    saved: Option<B::EdgesSaved>,
    shape: EdgesShape,
}

impl<B: Kernels> Backward<B, 3> for MixedEdgesStep {
    type State = EdgesState<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let EdgesState {
            inputs,
            saved,
            shape,
        } = ops.state;
        let [x, weights, mix] = ops.parents;
        let wanted = Wanted {
            x: x.is_some(),
            weights: weights.is_some(),
            mix: mix.is_some(),
        };
        let saved = saved.unwrap_or_else(|| {
            let [x, weights, mix] = inputs.clone();
            B::edges_recompute(x, weights, mix, shape)
        });
        let gradients = B::edges_backward(inputs, saved, grad, shape, wanted);
        let pairs = [
            (x, gradients.x),
            (weights, gradients.weights),
            (mix, gradients.mix),
        ];
        for (node, gradient) in pairs {
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
    fn mixed_edges(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        mix: FloatTensor<Self>,
        shape: EdgesShape,
        memory: Memory,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weights.node(), mix.node()];
        let inputs = [
            x.into_primitive(),
            weights.into_primitive(),
            mix.into_primitive(),
        ];
        let [x, weights, mix] = inputs.clone();
        let (out, saved) = B::edges_forward(x, weights, mix, shape);
        match MixedEdgesStep
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => {
                let saved = (memory == Memory::Keep).then_some(saved);
                prep.finish(
                    EdgesState {
                        inputs,
                        saved,
                        shape,
                    },
                    out,
                )
            }
            OpsKind::UnTracked(prep) => prep.finish(out),
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

/// All DARTS mixed edges that leave one state of a cell: `out[e] = Σ_k mix[lane,e,k] · operation_k(x; weights_e)`
/// (method.md §4.1), with batch statistics of every edge, operation, lane and channel.
///
/// x `[I,C,H,W]`, weights `[E,S]` in the order of [`EdgesShape`], mix `[lanes,E,8]`; returns `[E,I,C,Ho,Wo]`.
///
/// # Panics
/// If the shape fails [`EdgesShape::check`] or a tensor does not have the size it says: a mistake of the program.
pub fn mixed_edges(
    x: Tensor<4>,
    weights: Tensor<2>,
    mix: Tensor<3>,
    shape: EdgesShape,
    memory: Memory,
) -> Tensor<5> {
    assert_eq!(shape.check(), Ok(()), "shape of the mixed edges");
    let plane = [shape.images(), shape.channels, shape.height, shape.width];
    assert_eq!(x.dims(), plane, "x must be [I,C,H,W]");
    assert_eq!(
        weights.dims(),
        [shape.edges, shape.weights_per_edge()],
        "weights must be [E,S]"
    );
    assert_eq!(
        mix.dims(),
        [shape.lanes, shape.edges, 8],
        "mix must be [lanes,E,8]"
    );
    Tensor::from_dispatch(Dispatch::mixed_edges(
        x.into_dispatch(),
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
