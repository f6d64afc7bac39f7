//! Every kernel against known numbers on one device: what a start-up check runs, natively and in a browser, where a refused
//! shader is otherwise only a line in a log (cubecl#1641).

use burn::tensor::{Device, Tensor, TensorData};

use super::cell::CellShape;
use super::graph::{Graph, GraphShape, Norm, Pool, Size, Term, Value, Work};
use super::shape::{Branch, ConvShape};
use super::{Memory, conv_bn, graph, mixed_cell, total};
use std::sync::Arc;

/// One comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The stages that made the numbers.
    pub name: String,
    /// What the definition gives, from the CPU twin, which tests compare with a reference in `f64`.
    pub expected: f64,
    /// What the device gave.
    pub found: f64,
}

impl Check {
    /// Within 1e-4 of the sum of magnitudes that rounding can move.
    pub fn passed(&self) -> bool {
        (self.found - self.expected).abs() <= 1e-4 * self.expected.abs().max(10.0)
    }
}

/// Checksums of outputs and gradients, in the order of [`self_test`]'s checks.
const EXPECTED: [f64; 22] = [
    -19.05363, -65.93791, -55.91599, -16.41108, 30.94406, 11.94894, 114.16651, 77.29248, 12.96666,
    11.84295, 0.45352, -6.57277, -4.33915, 5.26932, 6.03643, 7.38522, -3.92048, -0.23421, 9.54396,
    48.01163, 17.88858, 7.79891,
];

/// Runs all checks; an error is a device that failed altogether.
pub async fn self_test(device: &Device) -> Result<Vec<Check>, String> {
    let mut found = Vec::new();
    for stride in [1, 2] {
        let shape = CellShape {
            lanes: 2,
            batch: 3,
            channels: 4,
            height: 5,
            width: 6,
            inputs: 2,
            nodes: 2,
            stride,
        };
        found.extend(cell(shape, device).await?);
    }
    for (kernel, stride, reduce) in [(1, 1, false), (3, 2, false), (1, 2, true)] {
        let shape = ConvShape {
            lanes: 2,
            batch: 3,
            in_channels: 3,
            out_channels: 4,
            height: 5,
            width: 6,
            kernel,
            stride,
            relu: true,
            reduce,
        };
        found.extend(convolution(shape, device).await?);
    }
    found.extend(whole_graph(device).await?);
    Ok(found
        .into_iter()
        .zip(EXPECTED)
        .map(|((name, found), expected)| Check {
            name,
            expected,
            found,
        })
        .collect())
}

async fn cell(shape: CellShape, device: &Device) -> Result<Vec<(String, f64)>, String> {
    let x = values(
        [shape.images(), shape.channels, shape.height, shape.width],
        device,
    );
    let weights = values([shape.weights_len()], device);
    let mix = values([shape.lanes, shape.edges(), 8], device);
    let inputs = [x.clone(), x.clone()];
    let y = mixed_cell(&inputs, weights.clone(), mix.clone(), shape, Memory::Keep);
    let loss = total(y.clone() * coefficients(y.dims(), device));
    let mut gradients = loss.backward();
    let stride = shape.stride;
    Ok(vec![
        (
            format!("depthwise, pool, pointwise, stats, mix (stride {stride})"),
            checksum(Some(y.inner())).await?,
        ),
        (
            format!("pointwise_, second_, branch_, input_backward (stride {stride})"),
            checksum(x.grad_remove(&mut gradients)).await?,
        ),
        (
            format!("pointwise_weights, depthwise_weights, sum_chunks (stride {stride})"),
            checksum(weights.grad_remove(&mut gradients)).await?,
        ),
        (
            format!("mix_backward, mix_gradient (stride {stride})"),
            checksum(mix.grad_remove(&mut gradients)).await?,
        ),
    ])
}

async fn convolution(shape: ConvShape, device: &Device) -> Result<Vec<(String, f64)>, String> {
    let x = values(
        [shape.images(), shape.in_channels, shape.height, shape.width],
        device,
    );
    let weights = values([shape.weights_len()], device);
    let y = conv_bn(x.clone(), weights.clone(), shape);
    let loss = total(y.clone() * coefficients(y.dims(), device));
    let mut gradients = loss.backward();
    let kind = if shape.reduce {
        "factorised reduction".to_string()
    } else {
        format!("{0}×{0}, stride {1}", shape.kernel, shape.stride)
    };
    Ok(vec![
        (
            format!("conv, stats, conv_normalize ({kind})"),
            checksum(Some(y.inner())).await?,
        ),
        (
            format!("conv_sums, conv_gradient, conv_input ({kind})"),
            checksum(x.grad_remove(&mut gradients)).await?,
        ),
        (
            format!("conv_weights, sum_chunks ({kind})"),
            checksum(weights.grad_remove(&mut gradients)).await?,
        ),
    ])
}

/// A graph with every kind of unit and pooling.
fn every_kind() -> Graph {
    let channels = 4;
    let size = Size {
        channels,
        height: 5,
        width: 6,
    };
    let norm = |place: usize| Norm::Batch {
        affine: Some([200 + 8 * place, 204 + 8 * place]),
        running: Some(8 * place),
    };
    let separable = |depthwise, stride| Work::Separable {
        branch: Branch::Sep3,
        stride,
        depthwise,
        pointwise: depthwise + 36,
    };
    let term = |value, factor| Term { value, factor };
    let mut graph = Graph::new(size);
    let dense = Work::Dense {
        kernel: 1,
        stride: 1,
        relu: true,
        weights: 0,
    };
    let dense = graph.unit(&[Graph::INPUT], channels, dense, norm(0));
    let maximum = term(Value::Pool(Pool::Max(1), Graph::INPUT), Some(0));
    let state = graph.state(size, vec![term(Value::Unit(dense), Some(1)), maximum]);
    let first = graph.unit(&[state], channels, separable(16, 2), norm(1));
    let second = graph.second(first, channels, separable(68, 1), norm(2));
    let reduce = Work::Reduce { weights: 120 };
    let reduce = graph.unit(&[state], channels, reduce, norm(3));
    let copy = graph.unit(&[Graph::INPUT, state], 2 * channels, Work::Copy, Norm::None);
    let joined = graph.behind(copy);
    let terms = vec![
        term(Value::Unit(second), Some(2)),
        term(Value::Unit(reduce), None),
        term(Value::Pool(Pool::Average(2), state), Some(3)),
        term(Value::Pool(Pool::Halve, Graph::INPUT), None),
    ];
    let sum = graph.state(size.strided(2), terms);
    graph.outputs = vec![vec![sum], vec![joined]];
    graph
}

async fn whole_graph(device: &Device) -> Result<Vec<(String, f64)>, String> {
    let shape = GraphShape {
        graph: Arc::new(every_kind()),
        lanes: 2,
        batch: 3,
        groups: 2,
        running: false,
    };
    let size = shape.graph.states[Graph::INPUT].size;
    let x = values(
        [shape.images(), size.channels, size.height, size.width],
        device,
    );
    let weights = values([shape.graph.weights], device);
    let factors = values([shape.graph.places, shape.groups], device);
    let statistics = values([shape.graph.statistics], device);
    let y = graph(
        x.clone(),
        weights.clone(),
        factors.clone(),
        statistics.clone(),
        shape.clone(),
    );
    let loss = total(y.clone() * coefficients(y.dims(), device));
    let mut gradients = loss.backward();
    let shape = GraphShape {
        running: true,
        ..shape
    };
    let tested = graph(
        x.clone().inner(),
        weights.clone().inner(),
        factors.clone().inner(),
        statistics.inner().abs().add_scalar(0.5),
        shape,
    );
    Ok(vec![
        (
            "graph_move, _unit, _pool, _rectify, _depthwise, _stats, conv".into(),
            checksum(Some(y.inner())).await?,
        ),
        ("graph_coefficients".into(), checksum(Some(tested)).await?),
        (
            "graph_gradient, _pool_backward, _depthwise_input, _open, conv_input".into(),
            checksum(x.grad_remove(&mut gradients)).await?,
        ),
        (
            "graph_sums, _lane_sums, _depthwise_weights, conv_weights, sum_chunks".into(),
            checksum(weights.grad_remove(&mut gradients)).await?,
        ),
        (
            "graph_dots, _sums, _factors".into(),
            checksum(factors.grad_remove(&mut gradients)).await?,
        ),
    ])
}

/// Fixed numbers in −1..1 without ties, tracked.
fn values<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|i| ((i * 7919 + 13) % 10_007) as f32 / 5003.5 - 1.0)
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
        .autodiff()
        .require_grad()
}

fn coefficients<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count).map(coefficient).map(|c| c as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device).autodiff()
}

/// Different for neighbors, so that swapped values show.
fn coefficient(index: usize) -> f64 {
    ((index * 31 + 7) % 64) as f64 / 32.0 - 1.0
}

async fn checksum<const D: usize>(tensor: Option<Tensor<D>>) -> Result<f64, String> {
    let tensor = tensor.ok_or("a gradient is missing")?;
    let data = tensor
        .into_data_async()
        .await
        .map_err(|error| format!("{error:?}"))?;
    let values = data
        .try_into_vec::<f32>()
        .map_err(|error| format!("{error:?}"))?;
    Ok(values
        .iter()
        .enumerate()
        .map(|(index, &value)| f64::from(value) * coefficient(index))
        .sum())
}
