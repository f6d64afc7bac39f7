//! The WGSL kernels give what the CPU twin gives: values and gradients. Runs on any wgpu adapter, software ones
//! included; without any adapter the tests fail.

use burn::tensor::{Device, Tensor, TensorData};
use plateau::kernels::cell::CellShape;
use plateau::kernels::shape::ConvShape;
use plateau::kernels::{Memory, conv_bn, gpu, mixed_cell, total};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::sync::OnceLock;

/// The adapter, with fresh buffers filled by a large number.
pub fn gpu_device() -> Device {
    static DEVICE: OnceLock<Device> = OnceLock::new();
    DEVICE
        .get_or_init(|| match Device::wgpu_options().init() {
            Ok(device) => {
                gpu::poison_outputs(true);
                device
            }
            Err(error) => {
                panic!("these tests need a wgpu adapter, a software one at least: {error}")
            }
        })
        .clone()
}

fn random(seed: u64, len: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..len).map(|_| rng.random_range(-1.0f32..1.0)).collect()
}

fn tensor<const D: usize>(values: &[f32], dims: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Output and the gradients that were tracked, of a random projection of the output.
struct Pass {
    out: Vec<f32>,
    gradients: Vec<Option<Vec<f32>>>,
}

fn run_cell(shape: CellShape, memory: Memory, tracked: [bool; 4], device: &Device) -> Pass {
    let device = device.clone().autodiff();
    // Coarse steps make equal values meet in pooling windows; none is zero, where ReLU has its kink. Behind an inner
    // node, rounding would decide between equal values.
    let input = |seed| -> Vec<f32> {
        let fine = random(seed, shape.input_len());
        match shape.nodes {
            1 => fine
                .iter()
                .map(|value| (value * 8.0).round() / 8.0 + 0.2)
                .collect(),
            _ => fine,
        }
    };
    let state = [shape.images(), shape.channels, shape.height, shape.width];
    let mix = random(3, shape.mix_len());
    let weights = random(2, shape.weights_len());
    let first = track(tensor(&input(1), state, &device), tracked[0]);
    let second = track(tensor(&input(5), state, &device), tracked[1]);
    let weights = track(tensor(&weights, [shape.weights_len()], &device), tracked[2]);
    let mix = track(
        tensor(&mix, [shape.lanes, shape.edges(), 8], &device),
        tracked[3],
    );
    let inputs = [first.clone(), second.clone()];
    let out = mixed_cell(&inputs, weights.clone(), mix.clone(), shape, memory);
    let projection = tensor(&random(4, shape.output_len()), out.dims(), &device);
    let gradients = (out.clone() * projection).sum().backward();
    Pass {
        out: values(out),
        gradients: vec![
            first.grad(&gradients).map(values),
            second.grad(&gradients).map(values),
            weights.grad(&gradients).map(values),
            mix.grad(&gradients).map(values),
        ],
    }
}

fn track<const D: usize>(tensor: Tensor<D>, on: bool) -> Tensor<D> {
    if on { tensor.require_grad() } else { tensor }
}

fn run_conv(shape: ConvShape, device: &Device) -> Pass {
    let device = device.clone().autodiff();
    let plane = [shape.images(), shape.in_channels, shape.height, shape.width];
    let x = tensor(&random(1, shape.input_len()), plane, &device).require_grad();
    let weights = tensor(
        &random(2, shape.weights_len()),
        [shape.weights_len()],
        &device,
    )
    .require_grad();
    let out = conv_bn(x.clone(), weights.clone(), shape);
    let projection = tensor(&random(3, shape.output_len()), out.dims(), &device);
    let gradients = (out.clone() * projection).sum().backward();
    Pass {
        out: values(out),
        gradients: vec![
            x.grad(&gradients).map(values),
            weights.grad(&gradients).map(values),
        ],
    }
}

/// Largest difference against the largest value.
fn assert_close(name: &str, actual: &[f32], expected: &[f32]) {
    assert_eq!(actual.len(), expected.len(), "{name}: length");
    let scale = expected
        .iter()
        .fold(1e-3f32, |most, value| most.max(value.abs()));
    for (index, (a, b)) in actual.iter().zip(expected).enumerate() {
        assert!(
            (a - b).abs() <= 3e-4 * scale,
            "{name}[{index}]: {a} instead of {b} (scale {scale})"
        );
    }
}

fn assert_same(name: &str, actual: &Pass, expected: &Pass) {
    assert_close(&format!("{name}: out"), &actual.out, &expected.out);
    let pairs = actual.gradients.iter().zip(&expected.gradients);
    for (index, (actual, expected)) in pairs.enumerate() {
        match (actual, expected) {
            (Some(a), Some(b)) => assert_close(&format!("{name}: gradient {index}"), a, b),
            (None, None) => {}
            _ => panic!("{name}: gradient {index} exists on one device only"),
        }
    }
}

fn cell([lanes, batch, channels, height, width, nodes, stride]: [usize; 7]) -> CellShape {
    CellShape {
        lanes,
        batch,
        channels,
        height,
        width,
        inputs: 2,
        nodes,
        stride,
    }
}

const TRACK_ALL: [bool; 4] = [true; 4];

#[test]
fn cells_agree_with_the_cpu_twin() {
    let device = gpu_device();
    for sizes in [
        [1, 4, 8, 8, 8, 4, 1],
        [1, 4, 8, 8, 8, 4, 2],
        [3, 3, 4, 5, 7, 3, 1],
        [2, 3, 6, 7, 5, 2, 2],
        [1, 5, 2, 1, 3, 1, 1],
        [2, 2, 16, 9, 9, 2, 1],
        [1, 2, 40, 4, 4, 1, 1],
        [1, 2, 72, 4, 6, 1, 2],
        [2, 9, 4, 16, 16, 1, 1],
        [5, 3, 4, 6, 6, 2, 1],
        [5, 7, 2, 5, 9, 1, 2],
        [1, 3, 4, 18, 34, 1, 1],
        [1, 2, 4, 35, 33, 1, 2],
    ] {
        let shape = cell(sizes);
        let expected = run_cell(shape, Memory::Keep, TRACK_ALL, &Device::flex());
        let actual = run_cell(shape, Memory::Keep, TRACK_ALL, &device);
        assert_same(&format!("{sizes:?}"), &actual, &expected);
    }
}

#[test]
fn only_the_tracked_inputs_get_gradients() {
    let device = gpu_device();
    let shape = cell([2, 3, 8, 6, 6, 3, 2]);
    let all = run_cell(shape, Memory::Keep, TRACK_ALL, &device);
    for index in 0..4 {
        let mut tracked = [false; 4];
        tracked[index] = true;
        let one = run_cell(shape, Memory::Keep, tracked, &device);
        for (position, gradient) in one.gradients.iter().enumerate() {
            assert_eq!(gradient.is_some(), position == index);
        }
        assert_eq!(one.gradients[index], all.gradients[index]);
    }
}

#[test]
fn recomputing_the_forward_pass_gives_the_same_bits_as_keeping_it() {
    for device in [gpu_device(), Device::flex()] {
        let shape = cell([2, 3, 8, 6, 6, 3, 1]);
        let kept = run_cell(shape, Memory::Keep, TRACK_ALL, &device);
        let recomputed = run_cell(shape, Memory::Recompute, TRACK_ALL, &device);
        assert_eq!(kept.out, recomputed.out);
        assert_eq!(kept.gradients, recomputed.gradients);
    }
}

#[test]
fn the_same_input_gives_the_same_bits() {
    let device = gpu_device();
    let shape = cell([1, 40, 4, 8, 8, 2, 1]);
    let first = run_cell(shape, Memory::Keep, TRACK_ALL, &device);
    let second = run_cell(shape, Memory::Keep, TRACK_ALL, &device);
    assert_eq!(first.out, second.out);
    assert_eq!(first.gradients, second.gradients);
}

#[test]
fn convolutions_agree_with_the_cpu_twin() {
    let device = gpu_device();
    for (channels, size, kernel, stride, relu, reduce) in [
        ([3, 12], [8, 8], 3, 1, false, false),
        ([8, 16], [7, 5], 3, 2, true, false),
        ([20, 8], [6, 6], 1, 1, true, false),
        ([12, 6], [8, 6], 1, 2, true, true),
        ([70, 66], [5, 5], 1, 2, true, true),
        ([66, 34], [4, 4], 1, 1, true, false),
        ([1, 1], [3, 3], 3, 1, false, false),
        ([9, 40], [5, 6], 3, 1, true, false),
        ([40, 9], [33, 20], 1, 2, false, false),
    ] {
        let shape = ConvShape {
            lanes: 2,
            batch: 3,
            in_channels: channels[0],
            out_channels: channels[1],
            height: size[0],
            width: size[1],
            kernel,
            stride,
            relu,
            reduce,
        };
        let expected = run_conv(shape, &Device::flex());
        assert_same(&format!("{shape:?}"), &run_conv(shape, &device), &expected);
    }
}

#[test]
fn a_total_is_the_same_in_every_bit_in_every_run() {
    let device = gpu_device();
    // Burn's sum differs on Mesa's software adapter where its workgroups overlap, which takes millions.
    for count in [1, 255, 256, 511, 512, 70_001, 2_000_003] {
        let values: Vec<f32> = random(count as u64, count).iter().map(|v| v * v).collect();
        let exact: f64 = values.iter().map(|&value| f64::from(value)).sum();
        let values = tensor::<1>(&values, [count], &device);
        let sums: Vec<Tensor<1>> = (0..100).map(|_| total(values.clone())).collect();
        let sums = self::values(Tensor::cat(sums, 0));
        let different: HashSet<u32> = sums.iter().map(|sum| sum.to_bits()).collect();
        assert_eq!(different.len(), 1, "{count}: {different:?}");
        let error = (f64::from(sums[0]) - exact).abs() / exact;
        assert!(error <= 1e-6, "{count}: off by {error}");
    }
}
