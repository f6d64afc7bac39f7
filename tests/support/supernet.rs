//! A supernet small enough for finite differences and full Hessians.

use std::cell::Cell;

use burn::tensor::{Device, Int, Tensor, TensorData};
use plateau::data::Batch;
use plateau::kernels::Memory;
use plateau::nn::{Pass, Statistics, Supernet};
use plateau::search::objective::Network;
use plateau::space::{Macro, Space};

/// A tensor on the CPU.
pub fn vector<const D: usize>(values: &[f32], shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

/// What a tensor holds.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

/// The supernet, weights for it, and a batch.
pub fn small(seed: u64) -> (Network, Tensor<1>, Batch) {
    of_cells(2, seed)
}

/// The same of so many cells.
pub fn of_cells(layers: usize, seed: u64) -> (Network, Tensor<1>, Batch) {
    let network = Network::new(Space::Darts, &outer_shape(layers), Some(Memory::Keep));
    with_batch(network.unwrap(), seed)
}

/// One of a space whose passes may have one operation an edge.
pub fn paths(space: Space, seed: u64) -> (Network, Tensor<1>, Batch) {
    let layers = if space == Space::Darts { 3 } else { 1 };
    let network = Network::single_paths(space, &outer_shape(layers), Some(Memory::Keep));
    with_batch(network.unwrap(), seed)
}

fn outer_shape(layers: usize) -> Macro {
    Macro {
        channels: 2,
        layers,
        classes: 3,
        image_channels: 1,
        height: 6,
        width: 6,
        auxiliary: false,
        imagenet_stem: false,
    }
}

fn with_batch(network: Network, seed: u64) -> (Network, Tensor<1>, Batch) {
    let device = Device::flex();
    let weights = network.supernet.layout().initial_weights(seed, &device);
    let pixels: Vec<f32> = (0..6 * 36)
        .map(|i| ((i * 37 % 101) as f32) / 50.0 - 1.0)
        .collect();
    let batch = Batch {
        images: vector(&pixels, [6, 1, 6, 6]),
        labels: Tensor::<1, Int>::from_ints(
            TensorData::new(vec![0_i32, 1, 2, 0, 1, 2], [6]),
            &device,
        ),
    };
    (network, weights, batch)
}

/// Multiply-adds of a supernet of stock operations, counted while one image passes through.
pub fn computed(supernet: &Supernet, size: &Macro, mix: &[Tensor<3>]) -> u64 {
    let device = Device::flex();
    let weights = supernet.layout().initial_weights(0, &device);
    let leaves = supernet.layout().leaves(&weights, false);
    let counter = Cell::new(0);
    let pass = Pass {
        leaves: &leaves,
        lanes: 1,
        statistics: Statistics::Batch,
        fused: None,
        multiply_adds: Some(&counter),
    };
    let image = [1, size.image_channels, size.height, size.width];
    let images = Tensor::ones(image, &device).autodiff();
    supernet.forward(pass, images, mix, None, None);
    counter.get()
}
