//! The CPU device: Burn's Flex tensors over the [CPU twin](super::cpu).

use super::Memory;
use super::cell::{CellShape, CellTensors};
use super::cpu;
use super::extension::{ConvGradients, Kernels};
use super::graph::{Graph, GraphShape, GraphTensors};
use super::graph_extension::GraphKernels;
use super::shape::{ConvShape, Wanted};
use burn::tensor::{Shape, TensorData};
use burn_flex::{Flex, FlexTensor};
use std::sync::Arc;

impl Kernels for Flex {
    type CellSaved = Arc<Vec<cpu::EdgesSaved>>;
    type ConvSaved = Arc<cpu::ConvSaved>;

    fn cell_forward(
        tensors: CellTensors<FlexTensor>,
        shape: CellShape,
        memory: Memory,
    ) -> (FlexTensor, Self::CellSaved) {
        let tensors = tensors.map(contiguous);
        let (out, saved) = cpu::mixed_cell_forward(&shape, slices(&tensors), memory);
        let dims = [
            shape.images(),
            shape.nodes * shape.channels,
            shape.out_height(),
            shape.out_width(),
        ];
        (tensor(out, dims), Arc::new(saved))
    }

    fn cell_backward(
        tensors: CellTensors<FlexTensor>,
        out: FlexTensor,
        saved: Self::CellSaved,
        grad: FlexTensor,
        shape: CellShape,
        wanted: CellTensors<bool>,
    ) -> CellTensors<Option<FlexTensor>> {
        let tensors = tensors.map(contiguous);
        let out = contiguous(out);
        // A gradient that nobody else holds is not copied.
        let mut grad = own(grad);
        let CellTensors {
            inputs: [first, second],
            weights,
            mix,
        } = cpu::mixed_cell_backward(
            &shape,
            slices(&tensors),
            slice(&out),
            // Nobody else holds it: the tape has handed it over.
            Arc::unwrap_or_clone(saved),
            &mut grad.storage_mut::<f32>()[..shape.output_len()],
            wanted,
        );
        let state = [shape.images(), shape.channels, shape.height, shape.width];
        let edges = [shape.lanes, shape.edges(), 8];
        CellTensors {
            inputs: [first, second].map(|values| values.map(|values| tensor(values, state))),
            weights: weights.map(|values| tensor(values, [shape.weights_len()])),
            mix: mix.map(|values| tensor(values, edges)),
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

impl GraphKernels for Flex {
    type GraphSaved = Arc<cpu::GraphSaved>;

    fn graph_forward(
        tensors: GraphTensors<FlexTensor>,
        shape: &GraphShape,
        keep: bool,
    ) -> (FlexTensor, Option<Self::GraphSaved>) {
        let [x, weights, factors, statistics] = tensors.into_array().map(contiguous);
        let slices = [&x, &weights, &factors, &statistics].map(slice);
        let (out, saved) = cpu::graph_forward(shape, slices.into(), keep);
        (tensor(out, [shape.output_len()]), saved)
    }

    fn graph_backward(
        tensors: GraphTensors<FlexTensor>,
        saved: Self::GraphSaved,
        grad: FlexTensor,
        shape: &GraphShape,
        wanted: GraphTensors<bool>,
    ) -> GraphTensors<Option<FlexTensor>> {
        let [x, weights, factors, statistics] = tensors.into_array().map(contiguous);
        let slices = [&x, &weights, &factors, &statistics].map(slice);
        let grad = contiguous(grad);
        let gradients = cpu::graph_backward(shape, slices.into(), &saved, slice(&grad), wanted);
        let input = shape.graph.states[Graph::INPUT].size;
        let plane = [shape.images(), input.channels, input.height, input.width];
        let [weights, factors] = [weights, factors].map(|tensor| tensor.layout().shape().clone());
        GraphTensors {
            x: gradients.x.map(|values| tensor(values, plane)),
            weights: gradients.weights.map(|values| shaped(values, weights)),
            factors: gradients.factors.map(|values| shaped(values, factors)),
            statistics: None,
        }
    }
}

/// Row-major storage that begins with the tensor, to be written.
pub(super) fn own(tensor: FlexTensor) -> FlexTensor {
    match tensor.is_contiguous() && tensor.layout().start_offset() == 0 {
        true => tensor,
        false => tensor.to_contiguous(),
    }
}

/// Row-major storage.
pub(super) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() {
        tensor
    } else {
        tensor.to_contiguous()
    }
}

/// The elements of a contiguous tensor. A view may begin inside a larger buffer.
pub(super) fn slice(tensor: &FlexTensor) -> &[f32] {
    let layout = tensor.layout();
    let start = layout.start_offset();
    &tensor.storage::<f32>()[start..start + layout.num_elements()]
}

fn slices(tensors: &CellTensors<FlexTensor>) -> CellTensors<&[f32]> {
    CellTensors {
        inputs: tensors.inputs.each_ref().map(slice),
        weights: slice(&tensors.weights),
        mix: slice(&tensors.mix),
    }
}

pub(super) fn tensor<const D: usize>(values: Vec<f32>, dims: [usize; D]) -> FlexTensor {
    shaped(values, Shape::from(dims))
}

fn shaped(values: Vec<f32>, shape: Shape) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
