//! A graph on the CPU: all feature maps in blocks of eight channels from the input to the outputs.

mod backward;
mod filters;
mod forward;
mod norm;
mod place;
mod plan;
mod problem;
mod scratch;
mod sums;

use std::sync::Arc;

use super::buffer::Buffer;
use crate::kernels::graph::{GraphShape, GraphTensors};
use norm::Coefficients;
use plan::Plan;

/// What [`graph_backward`] needs beyond what the graph read: everything that was computed, and the statistics.
#[derive(Debug)]
pub struct GraphSaved {
    plan: Plan,
    chunks: Buffer,
    coefficients: Vec<Coefficients>,
}

/// What a graph returns, as [`GraphShape::output_len`] says, and what the backward pass needs, if it is to be kept; nothing in a test.
///
/// # Panics
/// If a slice does not have the length its shape says.
pub fn graph_forward(
    shape: &GraphShape,
    tensors: GraphTensors<&[f32]>,
    keep: bool,
) -> (Vec<f32>, Option<Arc<GraphSaved>>) {
    assert_lengths(shape, &tensors);
    let keep = keep && !shape.running;
    let plan = Plan::new(&shape.graph, keep);
    let mut out = vec![0.0; shape.output_len()];
    if shape.running {
        forward::running(&plan, shape, tensors, &mut out);
        return (out, None);
    }
    let (chunks, coefficients) = forward::batch(&plan, shape, tensors, &mut out);
    let saved = keep.then(|| {
        Arc::new(GraphSaved {
            plan,
            chunks,
            coefficients,
        })
    });
    (out, saved)
}

/// The wanted gradients for that of the outputs. The statistics behind them have none.
///
/// # Panics
/// As [`graph_forward`].
pub fn graph_backward(
    shape: &GraphShape,
    tensors: GraphTensors<&[f32]>,
    saved: &GraphSaved,
    grad: &[f32],
    wanted: GraphTensors<bool>,
) -> GraphTensors<Option<Vec<f32>>> {
    assert_lengths(shape, &tensors);
    assert_eq!(
        grad.len(),
        shape.output_len(),
        "grad must be like the output"
    );
    backward::run(&problem::Problem {
        plan: &saved.plan,
        shape,
        tensors,
        coefficients: &saved.coefficients,
        chunks: &saved.chunks,
        grad,
        wanted,
    })
}

fn assert_lengths(shape: &GraphShape, tensors: &GraphTensors<&[f32]>) {
    let graph = &shape.graph;
    let input = graph.states[crate::kernels::graph::Graph::INPUT].size;
    assert_eq!(
        tensors.x.len(),
        shape.images() * input.elements(),
        "x must be [I,C,H,W]"
    );
    assert!(
        tensors.weights.len() >= graph.weights,
        "weights must be all there"
    );
    if graph.places > 0 {
        assert_eq!(
            tensors.factors.len(),
            graph.places * shape.groups,
            "factors must be [places,groups]"
        );
    }
    if shape.running {
        assert!(
            tensors.statistics.len() >= graph.statistics,
            "statistics must be all there"
        );
    }
}
