//! Mixed edges on the GPU: eight launches forward; backward thirteen for all gradients, fourteen with a factorised reduce.

use super::fan::Fan;
use super::launch::output;
use crate::kernels::extension::EdgesGradients;
use crate::kernels::shape::{EdgesShape, OPERATIONS, Wanted};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;

/// Coefficient sets of one edge: one for every operation, two for the first stages of the separable branches, and the
/// dot products of every operation.
const COEFFICIENT_SLOTS: usize = 18;

/// Feature maps before their normalisation, and their statistics.
#[derive(Debug, Clone)]
pub struct EdgesSaved {
    /// First stage of every branch, factorised reduce, poolings, and the place of the maximum: `[E·N1 + …, I, C, Q]`.
    z1: CubeTensor,
    /// Second stage of the separable branches: `[E·N2, I, C, Q]`.
    z2: CubeTensor,
    /// Mean and inverse standard deviation of all of them: `[E·N1 + pools + E·N2, lanes, C, 2]`.
    stats: CubeTensor,
}

/// The stages in front of the mix.
fn forward_maps(fan: &Fan, x: &CubeTensor, weights: &CubeTensor) -> EdgesSaved {
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
    EdgesSaved { z1, z2, stats }
}

/// See [`Kernels::edges_forward`](crate::kernels::Kernels::edges_forward).
pub(super) fn forward(
    x: CubeTensor,
    weights: CubeTensor,
    mix: CubeTensor,
    shape: EdgesShape,
) -> (CubeTensor, EdgesSaved) {
    let [x, weights, mix] = [x, weights, mix].map(into_contiguous);
    let fan = Fan::new(shape);
    let saved = forward_maps(&fan, &x, &weights);
    let out = output(
        &x,
        [
            shape.edges,
            shape.images(),
            shape.channels,
            shape.out_height(),
            shape.out_width(),
        ],
    );
    fan.mix()
        .launch(&[&x, &saved.z1, &saved.z2, &saved.stats, &mix, &out]);
    (out, saved)
}

/// See [`Kernels::edges_recompute`](crate::kernels::Kernels::edges_recompute).
pub(super) fn recompute(x: CubeTensor, weights: CubeTensor, shape: EdgesShape) -> EdgesSaved {
    let [x, weights] = [x, weights].map(into_contiguous);
    forward_maps(&Fan::new(shape), &x, &weights)
}

/// See [`Kernels::edges_backward`](crate::kernels::Kernels::edges_backward).
pub(super) fn backward(
    inputs: [CubeTensor; 3],
    saved: EdgesSaved,
    grad: CubeTensor,
    shape: EdgesShape,
    wanted: Wanted,
) -> EdgesGradients<CubeTensor> {
    let [x, weights, mix] = inputs.map(into_contiguous);
    let grad = into_contiguous(grad);
    let EdgesSaved { z1, z2, stats } = saved;
    let fan = Fan::new(shape);
    let mut gradients = EdgesGradients {
        x: None,
        weights: None,
        mix: None,
    };

    let coef = output(
        &x,
        [
            shape.edges,
            COEFFICIENT_SLOTS,
            shape.lanes,
            shape.channels,
            4,
        ],
    );
    fan.mix_backward()
        .launch(&[&grad, &x, &z1, &z2, &stats, &mix, &coef]);
    if wanted.mix {
        let total = output(&x, [shape.lanes, shape.edges, OPERATIONS]);
        fan.mix_gradient().launch(&[&coef, &total]);
        gradients.mix = Some(total);
    }
    if !(wanted.x || wanted.weights) {
        return gradients;
    }

    let maps = |count: usize| {
        output(
            &x,
            [count, shape.images(), shape.channels, shape.out_pixels()],
        )
    };
    let dt = maps(fan.input_gradient_maps());
    let dz = maps(fan.gradient_maps());
    let d1 = maps(fan.second_units());
    fan.pointwise_backward(true, wanted.weights)
        .launch(&[&grad, &d1, &z2, &coef, &weights, &dt, &dz]);
    fan.second_backward()
        .launch(&[&dt, &z1, &stats, &weights, &d1, &coef]);
    fan.pointwise_backward(false, wanted.weights)
        .launch(&[&grad, &d1, &z1, &coef, &weights, &dt, &dz]);
    if wanted.x {
        let input = |count: usize| {
            output(
                &x,
                [
                    count,
                    shape.images(),
                    shape.channels,
                    shape.height,
                    shape.width,
                ],
            )
        };
        let dh = input(fan.input_parts());
        fan.branch_backward().launch(&[&dt, &weights, &dh]);
        let total = output(
            &x,
            [shape.images(), shape.channels, shape.height, shape.width],
        );
        let skip = if shape.stride == 1 { &grad } else { &dt };
        fan.input_backward()
            .launch(&[&x, &dh, &dz, &z1, skip, &coef, &total]);
        gradients.x = Some(total);
    }
    if wanted.weights {
        // Computing these again costs less than keeping them costs memory.
        let t = maps(fan.input_maps());
        fan.depthwise(false)
            .launch(&[&x, &z1, &stats, &weights, &t]);
        if fan.reduce {
            fan.pool().launch(&[&x, &z1, &t]);
        }
        fan.depthwise(true).launch(&[&x, &z1, &stats, &weights, &t]);
        let dims = [shape.edges, shape.weights_per_edge()];
        let partials = output(&x, [dims[0], dims[1], fan.chunks()]);
        fan.pointwise_weights().launch(&[&dz, &t, &partials]);
        for second in [false, true] {
            fan.depthwise_weights(second)
                .launch(&[&x, &z1, &coef, &dt, &partials]);
        }
        let total = output(&x, dims);
        fan.sum_chunks().launch(&[&partials, &total]);
        gradients.weights = Some(total);
    }
    gradients
}

/// Name and complete text of every shader that runs for a shape.
pub fn edges_sources(shape: EdgesShape) -> Vec<(&'static str, String)> {
    let fan = Fan::new(shape);
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
    .into_iter()
    .map(|stage| (stage.name(), stage.source().complete()))
    .collect()
}
