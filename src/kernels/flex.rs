//! The CPU device: Burn's Flex tensors over the [CPU twin](super::cpu).

use super::cpu;
use super::extension::{ConvGradients, EdgesGradients, Kernels};
use super::shape::{ConvShape, EdgesShape, Wanted};
use burn::tensor::{Shape, TensorData};
use burn_flex::{Flex, FlexTensor};
use std::sync::Arc;

impl Kernels for Flex {
    type EdgesSaved = Arc<cpu::EdgesSaved>;
    type ConvSaved = Arc<cpu::ConvSaved>;

    fn edges_forward(
        x: FlexTensor,
        weights: FlexTensor,
        mix: FlexTensor,
        shape: EdgesShape,
    ) -> (FlexTensor, Self::EdgesSaved) {
        let [x, weights, mix] = [x, weights, mix].map(contiguous);
        let (out, saved) =
            cpu::mixed_edges_forward(&shape, slice(&x), slice(&weights), slice(&mix));
        let dims = [
            shape.edges,
            shape.images(),
            shape.channels,
            shape.out_height(),
            shape.out_width(),
        ];
        (tensor(out, dims), Arc::new(saved))
    }

    fn edges_recompute(
        x: FlexTensor,
        weights: FlexTensor,
        mix: FlexTensor,
        shape: EdgesShape,
    ) -> Self::EdgesSaved {
        Self::edges_forward(x, weights, mix, shape).1
    }

    fn edges_backward(
        inputs: [FlexTensor; 3],
        saved: Self::EdgesSaved,
        grad: FlexTensor,
        shape: EdgesShape,
        wanted: Wanted,
    ) -> EdgesGradients<FlexTensor> {
        let [x, weights, mix] = inputs.map(contiguous);
        let grad = contiguous(grad);
        let gradients = cpu::mixed_edges_backward(
            &shape,
            slice(&x),
            slice(&weights),
            slice(&mix),
            &saved,
            slice(&grad),
            wanted,
        );
        let plane = [shape.images(), shape.channels, shape.height, shape.width];
        EdgesGradients {
            x: gradients.x.map(|values| tensor(values, plane)),
            weights: gradients
                .weights
                .map(|values| tensor(values, [shape.edges, shape.weights_per_edge()])),
            mix: gradients
                .mix
                .map(|values| tensor(values, [shape.lanes, shape.edges, 8])),
        }
    }

    fn conv_forward(
        x: FlexTensor,
        weights: FlexTensor,
        shape: ConvShape,
    ) -> (FlexTensor, Self::ConvSaved) {
        let [x, weights] = [x, weights].map(contiguous);
        let (out, saved) = cpu::conv_bn_forward(&shape, slice(&x), slice(&weights));
        let dims = [
            shape.images(),
            shape.out_channels,
            shape.out_height(),
            shape.out_width(),
        ];
        (tensor(out, dims), Arc::new(saved))
    }

    fn conv_backward(
        inputs: [FlexTensor; 2],
        saved: Self::ConvSaved,
        grad: FlexTensor,
        shape: ConvShape,
        wanted: Wanted,
    ) -> ConvGradients<FlexTensor> {
        let [x, weights] = inputs.map(contiguous);
        let grad = contiguous(grad);
        let gradients = cpu::conv_bn_backward(
            &shape,
            slice(&x),
            slice(&weights),
            &saved,
            slice(&grad),
            wanted,
        );
        let plane = [shape.images(), shape.in_channels, shape.height, shape.width];
        ConvGradients {
            x: gradients.x.map(|values| tensor(values, plane)),
            weights: gradients
                .weights
                .map(|values| tensor(values, [shape.weights_len()])),
        }
    }
}

/// Row-major storage.
fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() {
        tensor
    } else {
        tensor.to_contiguous()
    }
}

/// The elements of a contiguous tensor. A view may begin inside a larger buffer.
fn slice(tensor: &FlexTensor) -> &[f32] {
    let layout = tensor.layout();
    let start = layout.start_offset();
    &tensor.storage::<f32>()[start..start + layout.num_elements()]
}

fn tensor<const D: usize>(values: Vec<f32>, dims: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, Shape::from(dims)))
}
