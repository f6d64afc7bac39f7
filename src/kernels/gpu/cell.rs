//! A cell on the GPU: eight launches a fan forward; backward thirteen for all gradients, fourteen with a factorised
//! reduce. A fan's mix stage adds to the nodes it enters where the cell's output has them; backward, the gradient of a
//! node is added to the cell's gradient, before the fan of the node reads it.

use super::fan::FanStages;
use super::launch::output;
use crate::kernels::Memory;
use crate::kernels::cell::{CellShape, CellTensors, Fan};
use crate::kernels::shape::{COEFFICIENTS, OPERATIONS};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;

/// A fan's feature maps before their normalisation, and their statistics.
#[derive(Debug, Clone)]
pub struct FanSaved {
    /// First stage of every branch, factorised reduce, poolings, and the place of the maximum: `[E·N1 + …, I, C, Q]`.
    z1: CubeTensor,
    /// Second stage of the separable branches: `[E·N2, I, C, Q]`.
    z2: CubeTensor,
    /// Mean and inverse standard deviation of all of them: `[E·N1 + pools + E·N2, lanes, C, 2]`.
    stats: CubeTensor,
}

/// The stages in front of the mix.
fn forward_maps(fan: &FanStages, x: &CubeTensor, weights: &CubeTensor) -> FanSaved {
    let shape = &fan.shape;
    let maps = |count: usize| {
        output(
            x,
            [count, shape.images(), shape.channels, shape.out_pixels()],
        )
    };
    let z1 = maps(fan.first_maps());
    let z2 = maps(fan.second_units());
    let stats = output(x, [fan.units(), shape.lanes, shape.channels, 2]);
    let t = maps(fan.input_maps());
    fan.depthwise(false).launch(&[x, &z1, &stats, weights, &t]);
    fan.pool().launch(&[x, &z1, &t]);
    fan.pointwise(false).launch(&[&t, weights, &z1]);
    fan.stats(false).launch(&[&z1, &stats]);
    fan.depthwise(true).launch(&[x, &z1, &stats, weights, &t]);
    fan.pointwise(true).launch(&[&t, weights, &z2]);
    fan.stats(true).launch(&[&z2, &stats]);
    FanSaved { z1, z2, stats }
}

/// The buffer that holds the state that a fan leaves.
fn source<'a>(
    fan: &Fan,
    tensors: &'a CellTensors<CubeTensor>,
    out: &'a CubeTensor,
) -> &'a CubeTensor {
    match fan.node {
        None => &tensors.inputs[fan.source],
        Some(_) => out,
    }
}

/// See [`Kernels::cell_forward`](crate::kernels::Kernels::cell_forward).
pub(super) fn forward(
    tensors: CellTensors<CubeTensor>,
    shape: CellShape,
    memory: Memory,
) -> (CubeTensor, Vec<FanSaved>) {
    let tensors = tensors.map(into_contiguous);
    let out = output(
        &tensors.weights,
        [
            shape.images(),
            shape.nodes * shape.channels,
            shape.out_height(),
            shape.out_width(),
        ],
    );
    let mut kept = Vec::new();
    for fan in shape.fans() {
        let stages = FanStages::new(&shape, &fan);
        let x = source(&fan, &tensors, &out);
        let saved = forward_maps(&stages, x, &tensors.weights);
        let FanSaved { z1, z2, stats } = &saved;
        let mut buffers = vec![z1, z2, stats, &tensors.mix, &out];
        buffers.extend(stages.identity_buffer().map(|_| x));
        stages.mix().launch(&buffers);
        if memory == Memory::Keep {
            kept.push(saved);
        }
    }
    (out, kept)
}

/// See [`Kernels::cell_backward`](crate::kernels::Kernels::cell_backward).
pub(super) fn backward(
    tensors: CellTensors<CubeTensor>,
    out: CubeTensor,
    mut saved: Vec<FanSaved>,
    grad: CubeTensor,
    shape: CellShape,
    wanted: CellTensors<bool>,
) -> CellTensors<Option<CubeTensor>> {
    let tensors = tensors.map(into_contiguous);
    // The gradients of the nodes are added to it; one that nobody else holds is not copied.
    let grad = into_contiguous(grad);
    let grad = if grad.can_mut() { grad } else { grad.copy() };
    let like = &tensors.weights;
    let state = [shape.images(), shape.channels, shape.height, shape.width];
    let gradients = CellTensors {
        inputs: wanted
            .inputs
            .map(|wanted| wanted.then(|| output(like, state))),
        weights: wanted.weights.then(|| output(like, [shape.weights_len()])),
        mix: wanted
            .mix
            .then(|| output(like, [shape.lanes, shape.edges(), OPERATIONS])),
    };
    for fan in shape.fans().rev() {
        let stages = FanStages::new(&shape, &fan);
        let x = source(&fan, &tensors, &out);
        let saved = match saved.pop() {
            Some(saved) => saved,
            None => forward_maps(&stages, x, &tensors.weights),
        };
        let x_gradient = match fan.node {
            None => gradients.inputs[fan.source].as_ref(),
            Some(_) => Some(&grad),
        };
        let fan_gradients = FanGradients {
            x: x_gradient,
            weights: gradients.weights.as_ref(),
            mix: gradients.mix.as_ref(),
        };
        fan_backward(&stages, x, &tensors, &saved, &grad, fan_gradients);
    }
    gradients
}

/// Where a fan's gradients go, those that are wanted: buffers of the cell.
struct FanGradients<'a> {
    x: Option<&'a CubeTensor>,
    weights: Option<&'a CubeTensor>,
    mix: Option<&'a CubeTensor>,
}

fn fan_backward(
    fan: &FanStages,
    x: &CubeTensor,
    tensors: &CellTensors<CubeTensor>,
    FanSaved { z1, z2, stats }: &FanSaved,
    grad: &CubeTensor,
    wanted: FanGradients,
) {
    let shape = &fan.shape;
    let (weights, mix) = (&tensors.weights, &tensors.mix);
    let coef = output(
        x,
        [shape.edges, COEFFICIENTS, shape.lanes, shape.channels, 4],
    );
    fan.mix_backward()
        .launch(&[grad, x, z1, z2, stats, mix, &coef]);
    if let Some(total) = wanted.mix {
        fan.mix_gradient().launch(&[&coef, total]);
    }
    if wanted.x.is_none() && wanted.weights.is_none() {
        return;
    }

    let maps = |count: usize| {
        output(
            x,
            [count, shape.images(), shape.channels, shape.out_pixels()],
        )
    };
    let dt = maps(fan.input_gradient_maps());
    let dz = maps(fan.gradient_maps());
    let d1 = maps(fan.second_units());
    let store = wanted.weights.is_some();
    fan.pointwise_backward(true, store)
        .launch(&[grad, &d1, z2, &coef, weights, &dt, &dz]);
    fan.second_backward()
        .launch(&[&dt, z1, stats, weights, &d1, &coef]);
    fan.pointwise_backward(false, store)
        .launch(&[grad, &d1, z1, &coef, weights, &dt, &dz]);
    drop(d1);
    if let Some(total) = wanted.weights {
        // Computing these again costs less than keeping them costs memory.
        let t = maps(fan.input_maps());
        fan.depthwise(false).launch(&[x, z1, stats, weights, &t]);
        if fan.reduce {
            fan.pool().launch(&[x, z1, &t]);
        }
        fan.depthwise(true).launch(&[x, z1, stats, weights, &t]);
        let partials = output(x, [shape.weights_len(), fan.chunks()]);
        fan.pointwise_weights().launch(&[&dz, &t, &partials]);
        for second in [false, true] {
            fan.depthwise_weights(second)
                .launch(&[x, z1, &coef, &dt, &partials]);
        }
        fan.sum_chunks().launch(&[&partials, total]);
    }
    // Last, since it may add to the gradient that the others read.
    if let Some(total) = wanted.x {
        let dh = output(
            x,
            [
                fan.input_parts(),
                shape.images(),
                shape.channels,
                shape.in_pixels(),
            ],
        );
        fan.branch_backward().launch(&[&dt, weights, &dh]);
        let mut buffers = vec![x, &dh, &dz, z1, &coef, total];
        buffers.extend(
            fan.skip_gradient_buffer()
                .map(|_| if fan.reduce { &dt } else { grad }),
        );
        fan.input_backward().launch(&buffers);
    }
}

/// Name and complete text of every shader that runs for a shape.
pub fn cell_sources(shape: CellShape) -> Vec<(&'static str, String)> {
    let sources = |fan: Fan| {
        let fan = FanStages::new(&shape, &fan);
        [
            fan.depthwise(false),
            fan.pool(),
            fan.pointwise(false),
            fan.stats(false),
            fan.depthwise(true),
            fan.pointwise(true),
            fan.stats(true),
            fan.mix(),
            fan.mix_backward(),
            fan.mix_gradient(),
            fan.pointwise_backward(true, true),
            fan.second_backward(),
            fan.pointwise_backward(false, false),
            fan.branch_backward(),
            fan.input_backward(),
            fan.pointwise_weights(),
            fan.depthwise_weights(false),
            fan.depthwise_weights(true),
            fan.sum_chunks(),
        ]
    };
    shape
        .fans()
        .flat_map(sources)
        .map(|stage| (stage.name(), stage.source().complete()))
        .collect()
}
