//! A supernet on the fused kernels of both devices gives the losses and gradients of the same supernet from stock operations.

use crate::gpu::gpu_device;
use burn::tensor::{Device, Int, Tensor, TensorData};
use plateau::data::Batch;
use plateau::kernels::Memory;
use plateau::search::na_darts::{Representation, neighbor_maps};
use plateau::search::objective::{Network, Point, Wanted, evaluate};
use plateau::search::relaxation::Relaxation;
use plateau::space::{Aggregation, Macro, Space};
use pollster::block_on;

fn tensor<const D: usize>(
    shape: [usize; D],
    device: &Device,
    value: impl Fn(usize) -> f32,
) -> Tensor<D> {
    let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

const SIZE: Macro = Macro {
    channels: 4,
    layers: 3,
    classes: 3,
    image_channels: 1,
    height: 9,
    width: 7,
    auxiliary: false,
    imagenet_stem: false,
};

/// Losses of four lanes, gradient of α, gradient of the weights.
fn run(space: Space, fused: Option<Memory>, device: &Device) -> [Vec<f32>; 3] {
    run_network(&Network::new(space, &SIZE, fused).unwrap(), device)
}

/// The same of a network.
fn run_network(network: &Network, device: &Device) -> [Vec<f32>; 3] {
    let space = network.supernet.space();
    let weights = network.supernet.layout().initial_weights(3, device);
    let labels = TensorData::new(vec![0_i32, 1, 2, 0, 1], [5]);
    let batch = Batch {
        images: tensor([5, 1, 9, 7], device, |i| {
            ((i * PATTERN % 101) as f32) / 50.0 - 1.0
        }),
        labels: Tensor::<1, Int>::from_ints(labels, device),
    };
    let (kinds, edges) = (space.cell_kinds().len(), space.edges().len());
    let (rows, operations) = (kinds * edges, space.operations().len());
    let alpha = tensor([kinds, edges, operations], device, |i| {
        ((i * 29 % 17) as f32) / 10.0 - 0.8
    });
    // The first cell is the same in the lanes 0, 1 and 3.
    let neighbors = [
        vec![(rows / 2, 2)],
        vec![(0, 1), (rows - 1, 3)],
        vec![(rows / 2, 1)],
    ];
    let maps = neighbor_maps(Representation::Permutation, &alpha, &neighbors);
    let wanted = Wanted {
        alpha: true,
        weights: true,
    };
    // Every lane counts differently.
    let neighborhood = Some((&maps, Aggregation::LogSumExp { tau: 0.1 }));
    let point = Point {
        weights: &weights,
        alpha: &alpha,
        relaxation: &Relaxation::DARTS,
    };
    let evaluated = evaluate(network, point, neighborhood, &batch, wanted);
    let evaluated = block_on(evaluated).unwrap();
    [
        values(evaluated.losses),
        values(evaluated.alpha.unwrap()),
        values(evaluated.weights.unwrap()),
    ]
}

/// A pattern whose activations keep away from the kinks of the ReLUs, where rounding decides on a gradient: of the six primes from 41 to 61
/// only 41 has one.
const PATTERN: usize = 43;

/// Within this share of the largest value.
fn assert_close(space: Space, found: &[Vec<f32>; 3], expected: &[Vec<f32>; 3], share: f32) {
    let names = ["losses", "gradient of α", "gradient of the weights"];
    for ((found, expected), name) in found.iter().zip(expected).zip(names) {
        assert_eq!(found.len(), expected.len());
        let scale = expected
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        let worst = found
            .iter()
            .zip(expected)
            .fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
        assert!(
            scale > 0.0 && worst <= share * scale,
            "{space}, {name}: {worst} of {scale}; {found:?} {expected:?}"
        );
    }
}

#[test]
fn whole_cells_give_the_losses_and_gradients_of_stock_operations() {
    let device = Device::flex();
    for space in Space::ALL {
        let stock = run(space, None, &device);
        for memory in [Memory::Keep, Memory::Recompute] {
            let fused = run(space, Some(memory), &device);
            assert_close(space, &fused, &stock, 1e-4);
        }
    }
}

#[test]
fn whole_cells_on_the_gpu_give_the_losses_and_gradients_of_the_cpu() {
    for space in Space::ALL {
        let expected = run(space, Some(Memory::Keep), &Device::flex());
        let found = run(space, Some(Memory::Keep), &gpu_device());
        assert_close(space, &found, &expected, 1e-3);
    }
}
