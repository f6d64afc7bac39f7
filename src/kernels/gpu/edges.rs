//! Mixed edges on the GPU: five launches forward, nine backward.

use super::fan::Fan;
use super::launch::output;
use crate::kernels::extension::EdgesGradients;
use crate::kernels::shape::{EdgesShape, OPERATIONS, Wanted};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;

/// Coefficient sets of one edge: one for every operation, and two for the first stages of the separable branches.
const COEFFICIENT_SLOTS: usize = 10;

/// Feature maps before their normalisation, and their statistics.
#[derive(Debug, Clone)]
pub struct EdgesSaved {
    /// First stage of every branch, factorised reduce, poolings: `[E·N1 + pools, I, C, Q]`.
    z1: CubeTensor,
    /// Second stage of the separable branches: `[E·N2, I, C, Q]`.
    z2: CubeTensor,
    /// Mean and inverse standard deviation of all of them: `[E·N1 + pools + E·N2, lanes, C, 2]`.
    stats: CubeTensor,
}

/// The stages in front of the mix.
fn forward_maps(fan: &Fan, x: &CubeTensor, weights: &CubeTensor) -> EdgesSaved {
    let shape = &fan.shape;
    let map = [shape.images(), shape.channels, shape.out_pixels()];
    let z1 = output(x, [fan.first_units(), map[0], map[1], map[2]]);
    let z2 = output(x, [fan.second_units(), map[0], map[1], map[2]]);
    let units = fan.first_units() + fan.second_units();
    let stats = output(x, [units, shape.lanes, shape.channels, 2]);
    fan.branch().launch(&[x, weights, &z1]);
    fan.stats(false).launch(&[&z1, &stats]);
    fan.second().launch(&[&z1, &stats, weights, &z2]);
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

    let per_channel = [shape.lanes, shape.channels];
    let coef = output(
        &x,
        [
            shape.edges,
            COEFFICIENT_SLOTS,
            per_channel[0],
            per_channel[1],
            4,
        ],
    );
    let dots = output(
        &x,
        [shape.edges, OPERATIONS, per_channel[0], per_channel[1]],
    );
    fan.mix_backward()
        .launch(&[&grad, &x, &z1, &z2, &stats, &mix, &coef, &dots]);
    if wanted.mix {
        let total = output(&x, [shape.lanes, shape.edges, OPERATIONS]);
        fan.mix_gradient().launch(&[&dots, &total]);
        gradients.mix = Some(total);
    }
    if !(wanted.x || wanted.weights) {
        return gradients;
    }

    let map = [shape.images(), shape.channels, shape.out_pixels()];
    let dt2 = output(&x, [fan.second_units(), map[0], map[1], map[2]]);
    let d1 = output(&x, [fan.second_units(), map[0], map[1], map[2]]);
    let dt1 = output(&x, [fan.first_items(), map[0], map[1], map[2]]);
    fan.pointwise_backward(true)
        .launch(&[&grad, &d1, &z2, &coef, &weights, &dt2]);
    fan.second_backward()
        .launch(&[&dt2, &z1, &stats, &weights, &d1, &coef]);
    fan.pointwise_backward(false)
        .launch(&[&grad, &d1, &z1, &coef, &weights, &dt1]);
    if wanted.x {
        let dims = [shape.images(), shape.channels, shape.height, shape.width];
        let total = output(&x, dims);
        fan.input_backward()
            .launch(&[&x, &dt1, &weights, &grad, &coef, &z1, &total]);
        gradients.x = Some(total);
    }
    if wanted.weights {
        let dims = [shape.edges, shape.weights_per_edge()];
        let partials = output(&x, [fan.chunks().0, dims[0], dims[1]]);
        fan.pointwise_weights()
            .launch(&[&x, &z1, &z2, &grad, &d1, &coef, &weights, &partials]);
        fan.depthwise_weights()
            .launch(&[&x, &z1, &dt1, &dt2, &coef, &partials]);
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
        fan.branch(),
        fan.stats(false),
        fan.second(),
        fan.mix(),
        fan.mix_backward(),
        fan.mix_gradient(),
        fan.pointwise_backward(true),
        fan.second_backward(),
        fan.pointwise_backward(false),
        fan.input_backward(),
        fan.pointwise_weights(),
        fan.depthwise_weights(),
        fan.sum_chunks(),
    ]
    .into_iter()
    .map(|stage| (stage.name(), stage.source().complete()))
    .collect()
}
