//! A whole cell: its fans one after the other. Each adds what its edges give to the nodes they enter, which lie where the
//! cell's output has them, so that nothing is joined at the end.

use super::plan::Plan;
use super::{EdgesSaved, Images, Problem, Targets, mix};
use crate::kernels::Memory;
use crate::kernels::cell::{CellShape, CellTensors, Fan};
use crate::kernels::shape::OPERATIONS;
use rayon::prelude::*;

/// A cell; see [`CellShape`] for what is computed and for the sizes. Returns the output `[I,nodes·C,Ho,Wo]` and, with
/// [`Memory::Keep`], what the backward pass needs beyond the inputs and the output.
///
/// # Panics
/// If a slice does not have the length its shape says, or the shape fails [`CellShape::check`].
pub fn mixed_cell_forward(
    shape: &CellShape,
    tensors: CellTensors<&[f32]>,
    memory: Memory,
) -> (Vec<f32>, Vec<EdgesSaved>) {
    assert_cell(shape, &tensors);
    let mut out = vec![0.0; shape.output_len()];
    let mut kept = Vec::new();
    for fan in shape.fans() {
        let plan = Plan::new(&fan.shape);
        let input = source(shape, &fan, &tensors, &out);
        let saved = EdgesSaved::new(&plan, input, fan_weights(&fan, tensors.weights));
        let x = match fan.node {
            None => Some(Images::all(
                tensors.inputs[fan.source],
                shape.input_state_len(),
            )),
            Some(_) => None,
        };
        let targets = Targets {
            out: &mut out,
            image_len: shape.nodes * shape.node_len(),
            first: fan.first_target * shape.node_len(),
            add: fan.source > 0,
        };
        mix::run(
            &plan,
            x,
            &fan_mix(shape, &fan, tensors.mix),
            &saved,
            targets,
        );
        if memory == Memory::Keep {
            kept.push(saved);
        }
    }
    (out, kept)
}

/// Gradients of [`mixed_cell_forward`], those that are wanted, for the gradient of its output, which is used up. Where
/// nothing was saved the forward stages run again.
///
/// # Panics
/// As [`mixed_cell_forward`].
pub fn mixed_cell_backward(
    shape: &CellShape,
    tensors: CellTensors<&[f32]>,
    out: &[f32],
    mut saved: Vec<EdgesSaved>,
    grad: &mut [f32],
    wanted: CellTensors<bool>,
) -> CellTensors<Option<Vec<f32>>> {
    assert_cell(shape, &tensors);
    assert_eq!(
        out.len(),
        shape.output_len(),
        "out must be [I,nodes·C,Ho,Wo]"
    );
    assert_eq!(grad.len(), out.len(), "grad must be [I,nodes·C,Ho,Wo]");
    let mut gradients = CellTensors {
        inputs: [None, None],
        weights: wanted.weights.then(|| vec![0.0; shape.weights_len()]),
        mix: wanted.mix.then(|| vec![0.0; shape.mix_len()]),
    };
    // From the last state back, so that the gradient of a node is complete before it is read.
    for fan in shape.fans().rev() {
        let plan = Plan::new(&fan.shape);
        let weights = fan_weights(&fan, tensors.weights);
        let x = source(shape, &fan, &tensors, out);
        let saved = match saved.pop() {
            Some(saved) => saved,
            None => EdgesSaved::new(&plan, x, weights),
        };
        let own = Problem {
            plan: &plan,
            x,
            weights,
            mix: &fan_mix(shape, &fan, tensors.mix),
            saved: &saved,
            grad: nodes(shape, grad, fan.first_target, fan.shape.edges),
            wanted: fan.wanted(wanted),
        }
        .backward();
        if let (Some(all), Some(own)) = (&mut gradients.weights, own.weights) {
            all[fan.first_weight..][..own.len()].copy_from_slice(&own);
        }
        if let (Some(all), Some(own)) = (&mut gradients.mix, own.mix) {
            for (lane, own) in own.chunks_exact(fan.shape.edges * OPERATIONS).enumerate() {
                all[mix_start(shape, &fan, lane)..][..own.len()].copy_from_slice(own);
            }
        }
        match (fan.node, own.x) {
            (Some(node), Some(x)) => add_to_node(shape, grad, node, &x),
            (None, x) => gradients.inputs[fan.source] = x,
            (Some(_), None) => {}
        }
    }
    gradients
}

/// The state that a fan leaves.
fn source<'a>(
    shape: &CellShape,
    fan: &Fan,
    tensors: &CellTensors<&'a [f32]>,
    out: &'a [f32],
) -> Images<'a> {
    match fan.node {
        None => Images::all(tensors.inputs[fan.source], shape.input_state_len()),
        Some(node) => nodes(shape, out, node, 1),
    }
}

/// Neighboring nodes in the cell's output or its gradient.
fn nodes<'a>(shape: &CellShape, data: &'a [f32], first: usize, count: usize) -> Images<'a> {
    let len = shape.node_len();
    Images {
        data,
        stride: shape.nodes * len,
        first: first * len,
        len: count * len,
    }
}

fn add_to_node(shape: &CellShape, grad: &mut [f32], node: usize, x: &[f32]) {
    let len = shape.node_len();
    grad.par_chunks_exact_mut(shape.nodes * len)
        .zip(x.par_chunks_exact(len))
        .for_each(|(grad, x)| {
            for (sum, value) in grad[node * len..].iter_mut().zip(x) {
                *sum += value;
            }
        });
}

fn fan_weights<'a>(fan: &Fan, weights: &'a [f32]) -> &'a [f32] {
    &weights[fan.first_weight..][..fan.shape.weights_len()]
}

/// Where a fan's mixing weights of one lane begin.
fn mix_start(shape: &CellShape, fan: &Fan, lane: usize) -> usize {
    (lane * shape.edges() + fan.first_edge) * OPERATIONS
}

/// A fan's mixing weights `[lanes,E,8]`.
fn fan_mix(shape: &CellShape, fan: &Fan, mix: &[f32]) -> Vec<f32> {
    (0..shape.lanes)
        .flat_map(|lane| &mix[mix_start(shape, fan, lane)..][..fan.shape.edges * OPERATIONS])
        .copied()
        .collect()
}

fn assert_cell(shape: &CellShape, tensors: &CellTensors<&[f32]>) {
    assert_eq!(shape.check(), Ok(()), "shape");
    for input in tensors.inputs {
        assert_eq!(input.len(), shape.input_len(), "inputs must be [I,C,H,W]");
    }
    assert_eq!(
        tensors.weights.len(),
        shape.weights_len(),
        "weights must be [S]"
    );
    assert_eq!(
        tensors.mix.len(),
        shape.mix_len(),
        "mix must be [lanes,edges,8]"
    );
}
