//! DARTS− (Chu et al., ICLR 2021; the authors' `DARTS-`): every edge has an auxiliary skip connection beside its operations, which fades
//! linearly along the epochs. Here it is the edge's own skip connection with more weight; where an edge halves its map, the authors'
//! has a reduction of its own.

use burn::tensor::{Device, Tensor, TensorData};

use super::objective::NeighborMaps;

/// What the auxiliary connection weighs in an epoch counted from 1, `highest` in the first.
pub fn weight(highest: f64, epoch: usize, epochs: usize) -> f64 {
    highest * (1.0 - epoch.saturating_sub(1) as f64 / epochs.max(1) as f64)
}

/// The same architectures, α alone where there are none, with `more` weight `[edges]`, of all cell kinds, on one of the `operations`, the
/// number `skip`.
pub fn with_auxiliary(
    maps: Option<NeighborMaps>,
    more: &[f32],
    [skip, operations]: [usize; 2],
    device: &Device,
) -> NeighborMaps {
    let edges = more.len();
    let mut maps = maps.unwrap_or_else(|| NeighborMaps::identity(edges, operations, device));
    let mut all = vec![0.0_f32; edges * operations];
    let skips = all.iter_mut().skip(skip).step_by(operations);
    skips.zip(more).for_each(|(all, more)| *all = *more);
    let more = Tensor::<3>::from_data(TensorData::new(all, [1, edges, operations]), device);
    maps.constant = maps.constant + more;
    maps
}
