//! A graph with everything that graphs have gives on the GPU what it gives on the CPU: outputs, statistics and every gradient.

use crate::gpu::gpu_device;
use burn::tensor::{Device, Tensor, TensorData};
use plateau::kernels::graph as run_graph;
use plateau::kernels::graph::{Graph, GraphShape, Norm, Pool, Size, Term, Value, Work};
use plateau::kernels::shape::Branch;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Hands out the places of weights and statistics.
#[derive(Default)]
struct Places {
    weights: usize,
    statistics: usize,
}

impl Places {
    fn weights(&mut self, length: usize) -> usize {
        // Between two units something lies that none of them reads.
        self.weights += length + 3;
        self.weights - length
    }

    fn affine(&mut self, channels: usize) -> Norm {
        let running = self.statistics;
        self.statistics += 2 * channels;
        Norm::Batch {
            affine: Some([self.weights(channels), self.weights(channels)]),
            running: Some(running),
        }
    }
}

fn untracked(norm: Norm) -> Norm {
    match norm {
        Norm::Batch { affine, .. } => Norm::Batch {
            affine,
            running: None,
        },
        Norm::None => norm,
    }
}

const PLAIN: Norm = Norm::Batch {
    affine: None,
    running: None,
};

/// Every operation, pooling and normalisation, with and without a factor, at stride 1 and 2.
fn graph(size: Size) -> Graph {
    let mut graph = Graph::new(size);
    let mut places = Places::default();
    let (from, c) = (size.channels, 6);
    let dense = |places: &mut Places, inputs: usize, kernel: usize, stride, relu| Work::Dense {
        kernel,
        stride,
        relu,
        weights: places.weights(c * inputs * kernel * kernel),
    };
    let stem = dense(&mut places, from, 3, 1, false);
    let norm = places.affine(c);
    let stem = graph.unit(&[Graph::INPUT], c, stem, norm);
    let stem = graph.behind(stem);
    let side = dense(&mut places, from, 1, 1, true);
    let side = graph.unit(&[Graph::INPUT], c, side, Norm::None);
    let inner = graph.states[stem].size;
    let term = |value, factor| Term { value, factor };
    let mixed = graph.state(
        inner,
        vec![
            term(Value::Unit(side), Some(0)),
            term(Value::State(stem), Some(1)),
            term(Value::Pool(Pool::Max(1), stem), None),
            term(Value::Pool(Pool::Average(1), stem), Some(2)),
        ],
    );
    let separable = |places: &mut Places, branch: Branch, stride| Work::Separable {
        branch,
        stride,
        depthwise: places.weights(branch.depthwise_len(c)),
        pointwise: places.weights(c * c),
    };
    for stride in [1, 2] {
        let small = inner.strided(stride);
        let mut terms = Vec::new();
        for (branch, factor) in Branch::ALL
            .into_iter()
            .zip([None, Some(3), Some(4), Some(1)])
        {
            let work = separable(&mut places, branch, stride);
            let norm = places.affine(c);
            let mut unit = graph.unit(&[mixed], c, work, norm);
            if branch.separable() {
                let work = separable(&mut places, branch, 1);
                let norm = if stride == 1 { PLAIN } else { places.affine(c) };
                unit = graph.second(unit, c, work, norm);
            }
            terms.push(term(Value::Unit(unit), factor));
        }
        let work = dense(&mut places, 2 * c, 3, stride, true);
        let norm = places.affine(c);
        let both = graph.unit(&[stem, mixed], c, work, norm);
        terms.push(term(Value::Unit(both), Some(5)));
        if stride == 2 {
            let weights = places.weights(c * c);
            let reduce = graph.unit(&[mixed], c, Work::Reduce { weights }, PLAIN);
            terms.push(term(Value::Unit(reduce), Some(0)));
            terms.push(term(Value::Pool(Pool::Max(2), mixed), Some(6)));
            terms.push(term(Value::Pool(Pool::Average(2), mixed), None));
            terms.push(term(Value::Pool(Pool::Halve, mixed), Some(7)));
        }
        // Units share weights, scales and shifts.
        let norm = untracked(norm);
        let again = graph.unit(&[mixed, stem], c, work, norm);
        terms.push(term(Value::Unit(again), Some(3)));
        let work = separable(&mut places, Branch::Dil3, stride);
        for (from, factor) in [(stem, Some(2)), (mixed, None)] {
            let unit = graph.unit(&[from], c, work, norm);
            terms.push(term(Value::Unit(unit), factor));
        }
        for pool in [Pool::Max(stride), Pool::Average(stride)] {
            let pooled = graph.only(Value::Pool(pool, stem));
            let unit = graph.unit(&[pooled], c, Work::Copy, PLAIN);
            terms.push(term(Value::Unit(unit), Some(4)));
        }
        let sum = graph.state(small, terms);
        let empty = graph.state(small, Vec::new());
        let copy = graph.unit(&[sum, empty], 2 * c, Work::Copy, PLAIN);
        let copy = graph.behind(copy);
        // Nothing that is returned depends on it.
        let work = dense(&mut places, c, 1, 1, false);
        let norm = places.affine(c);
        graph.unit(&[sum], c, work, norm);
        graph.outputs.push(vec![copy, sum]);
    }
    graph
}

/// The outputs, and the gradients of x, the weights and the factors that were tracked.
#[derive(Debug, PartialEq)]
struct Outcome {
    out: Vec<f32>,
    gradients: [Option<Vec<f32>>; 3],
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

fn run(shape: &GraphShape, tracked: [bool; 3], device: &Device) -> Outcome {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let device = device.clone().autodiff();
    let mut random = |length: usize| -> Vec<f32> {
        (0..length)
            .map(|_| rng.random_range(-1.0f32..1.0))
            .collect()
    };
    let graph = &shape.graph;
    let size = graph.states[Graph::INPUT].size;
    let images = shape.images();
    let x = random(images * size.elements());
    let weights = random(graph.weights + 5);
    let factors = random(graph.places * shape.groups);
    let statistics = random(graph.statistics)
        .iter()
        .map(|v| v.abs() + 0.3)
        .collect();
    let towards = random(shape.output_len());
    fn leaf<const D: usize>(
        values: Vec<f32>,
        dims: [usize; D],
        tracked: bool,
        device: &Device,
    ) -> Tensor<D> {
        let leaf = Tensor::from_data(TensorData::new(values, dims), device);
        if tracked { leaf.require_grad() } else { leaf }
    }
    let dims = [images, size.channels, size.height, size.width];
    let x = leaf(x, dims, tracked[0], &device);
    let weights = leaf(weights, [graph.weights + 5], tracked[1], &device);
    let factors = leaf(factors, [graph.places, shape.groups], tracked[2], &device);
    let statistics: Tensor<1> = leaf(statistics, [graph.statistics], false, &device);
    let out = run_graph(
        x.clone(),
        weights.clone(),
        factors.clone(),
        statistics,
        shape.clone(),
    );
    let gradients = if tracked.contains(&true) {
        let towards = leaf(towards, [shape.output_len()], false, &device);
        let gradients = (out.clone() * towards).sum().backward();
        [
            x.grad(&gradients).map(values),
            weights.grad(&gradients).map(values),
            factors.grad(&gradients).map(values),
        ]
    } else {
        [None, None, None]
    };
    Outcome {
        out: values(out),
        gradients,
    }
}

fn shape([lanes, batch, groups]: [usize; 3], size: [usize; 3]) -> GraphShape {
    let [channels, height, width] = size;
    GraphShape {
        graph: Arc::new(graph(Size {
            channels,
            height,
            width,
        })),
        lanes,
        batch,
        groups,
        running: false,
    }
}

/// Largest difference against the largest value.
fn assert_close(name: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{name}: length");
    let scale = expected.iter().fold(1e-3f32, |most, v| most.max(v.abs()));
    for (index, (a, b)) in found.iter().zip(expected).enumerate() {
        let near = (a - b).abs() <= 5e-4 * scale;
        assert!(near, "{name}[{index}]: {a} instead of {b} (scale {scale})");
    }
}

#[test]
fn graphs_agree_with_the_cpu_twin() {
    for (pass, size) in [
        ([1, 3, 3], [3, 8, 8]),
        ([2, 2, 2], [3, 7, 5]),
        ([3, 2, 6], [2, 5, 9]),
        ([1, 2, 1], [9, 12, 13]),
    ] {
        let shape = shape(pass, size);
        let expected = run(&shape, [true; 3], &Device::flex());
        let found = run(&shape, [true; 3], &gpu_device());
        let name = format!("{pass:?} {size:?}");
        assert_close(&format!("{name}: out"), &found.out, &expected.out);
        let names = ["x", "weights", "factors"];
        let pairs = found.gradients.iter().zip(&expected.gradients);
        for (of, (found, expected)) in names.into_iter().zip(pairs) {
            let (found, expected) = (found.as_deref().unwrap(), expected.as_deref().unwrap());
            assert_close(&format!("{name}: gradient of {of}"), found, expected);
        }
    }
}

#[test]
fn graphs_with_running_statistics_agree_with_the_cpu_twin() {
    let tracked = |norm: &mut Norm, statistics: &mut usize, channels: usize| {
        if let Norm::Batch { running, .. } = norm
            && running.is_none()
        {
            *running = Some(*statistics);
            *statistics += 2 * channels;
        }
    };
    let mut shape = shape([1, 3, 3], [3, 7, 8]);
    let graph = Arc::make_mut(&mut shape.graph);
    for unit in &mut graph.units {
        tracked(&mut unit.norm, &mut graph.statistics, unit.size.channels);
    }
    shape.running = true;
    let expected = run(&shape, [false; 3], &Device::flex());
    let found = run(&shape, [false; 3], &gpu_device());
    assert_close("out", &found.out, &expected.out);
}

#[test]
fn graphs_give_only_the_gradients_that_are_tracked_and_the_same_bits_each_time() {
    let shape = shape([2, 2, 4], [3, 6, 5]);
    let all = run(&shape, [true; 3], &gpu_device());
    assert_eq!(all, run(&shape, [true; 3], &gpu_device()));
    for index in 0..3 {
        let mut tracked = [false; 3];
        tracked[index] = true;
        let one = run(&shape, tracked, &gpu_device());
        for (position, gradient) in one.gradients.iter().enumerate() {
            assert_eq!(gradient.is_some(), position == index);
        }
        assert_eq!(one.gradients[index], all.gradients[index]);
    }
}
