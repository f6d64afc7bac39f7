//! DARTS− (Chu et al., ICLR 2021; the authors' `DARTS-`): every edge has an auxiliary skip connection beside its operations, which fades
//! linearly along the epochs. Here it is the edge's own skip connection with more weight; where an edge halves its map, the authors'
//! has a reduction of its own.

use burn::tensor::{Tensor, TensorData};

use super::objective::NeighborMaps;

/// What the auxiliary connection weighs in an epoch counted from 1, `highest` in the first.
pub fn weight(highest: f64, epoch: usize, epochs: usize) -> f64 {
    highest * (1.0 - epoch.saturating_sub(1) as f64 / epochs.max(1) as f64)
}

/// The same architectures, α alone where there are none, with so much more weight on the operation `skip` of every edge. β is
/// `[cell kinds, edges, operations]`.
pub fn with_auxiliary(
    maps: Option<NeighborMaps>,
    beta: [usize; 3],
    skip: usize,
    weight: f64,
    device: &burn::tensor::Device,
) -> NeighborMaps {
    let [kinds, edges, operations] = beta;
    let edges = kinds * edges;
    let mut maps = maps.unwrap_or_else(|| NeighborMaps::identity(edges, operations, device));
    let mut more = vec![0.0_f32; edges * operations];
    more.iter_mut()
        .skip(skip)
        .step_by(operations)
        .for_each(|more| *more = weight as f32);
    let more = Tensor::<3>::from_data(TensorData::new(more, [1, edges, operations]), device);
    maps.constant = maps.constant + more;
    maps
}
