//! A [graph](mod@super::graph) as one operation on Burn tensors, and its place on the autodiff tape.

use super::graph::{Graph, GraphShape, GraphTensors};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;
use std::fmt::Debug;

/// What a device implements: a graph forward and backward on its own tensors, off the tape.
pub trait GraphKernels: Backend {
    /// What the backward pass needs beyond what the graph reads.
    type GraphSaved: Clone + Debug + Send + 'static;

    /// What [`GraphShape::output_len`] says, and what the backward pass needs, if one is to follow (`keep`); nothing is saved where the
    /// statistics are the running ones.
    fn graph_forward(
        tensors: GraphTensors<FloatTensor<Self>>,
        shape: &GraphShape,
        keep: bool,
    ) -> (FloatTensor<Self>, Option<Self::GraphSaved>);

    /// The wanted gradients.
    fn graph_backward(
        tensors: GraphTensors<FloatTensor<Self>>,
        saved: Self::GraphSaved,
        grad: FloatTensor<Self>,
        shape: &GraphShape,
        wanted: GraphTensors<bool>,
    ) -> GraphTensors<Option<FloatTensor<Self>>>;
}

/// The operation as Burn dispatches it to a backend or to the autodiff tape around it.
#[backend_extension(Cube, Flex, Autodiff)]
pub trait GraphOps: Backend {
    /// See [`graph`].
    fn graph(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        factors: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        shape: GraphShape,
    ) -> FloatTensor<Self>;
}

impl<B: GraphKernels> GraphOps for B {
    fn graph(
        x: FloatTensor<B>,
        weights: FloatTensor<B>,
        factors: FloatTensor<B>,
        statistics: FloatTensor<B>,
        shape: GraphShape,
    ) -> FloatTensor<B> {
        B::graph_forward([x, weights, factors, statistics].into(), &shape, false).0
    }
}

#[derive(Debug)]
struct GraphStep;

#[derive(Debug, Clone)]
struct GraphState<B: GraphKernels> {
    tensors: GraphTensors<FloatTensor<B>>,
    saved: Option<B::GraphSaved>,
    shape: GraphShape,
}

impl<B: GraphKernels> Backward<B, 4> for GraphStep {
    type State = GraphState<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 4>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let GraphState {
            tensors,
            saved,
            shape,
        } = ops.state;
        let Some(saved) = saved else { return };
        let wanted = GraphTensors::from(ops.parents.each_ref().map(Option::is_some));
        let gradients = B::graph_backward(tensors, saved, grad, &shape, wanted);
        for (node, gradient) in ops.parents.into_iter().zip(gradients.into_array()) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: GraphKernels, C: CheckpointStrategy> GraphOps for Autodiff<B, C> {
    fn graph(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        factors: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        shape: GraphShape,
    ) -> FloatTensor<Self> {
        let parents = [x, weights, factors, statistics];
        let nodes = parents.each_ref().map(|parent| parent.node());
        let tensors = GraphTensors::from(parents.map(|parent| parent.into_primitive()));
        match GraphStep.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (out, saved) = B::graph_forward(tensors.clone(), &shape, true);
                let state = GraphState {
                    tensors,
                    saved,
                    shape,
                };
                prep.finish(state, out)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::graph_forward(tensors, &shape, false).0),
        }
    }
}

/// The outputs of a graph, `[output_len]` of its shape.
///
/// x `[I, channels, height, width]`, weights `[weights]`, factors `[places, groups]` (anything where the graph has no places), statistics
/// `[statistics]` (anything where they are those of the batch).
///
/// # Panics
/// If a tensor does not have the size that the shape says: a mistake of the program.
pub fn graph(
    x: Tensor<4>,
    weights: Tensor<1>,
    factors: Tensor<2>,
    statistics: Tensor<1>,
    shape: GraphShape,
) -> Tensor<1> {
    let input = shape.graph.states[Graph::INPUT].size;
    let plane = [shape.images(), input.channels, input.height, input.width];
    assert_eq!(x.dims(), plane, "x must be [I,C,H,W]");
    Tensor::from_dispatch(Dispatch::graph(
        x.into_dispatch(),
        weights.into_dispatch(),
        factors.into_dispatch(),
        statistics.into_dispatch(),
        shape,
    ))
}
