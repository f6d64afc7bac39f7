//! Neighborhood-aware DARTS: the differentiable neighbors of a relaxed architecture (`method.md` §3.2).
//!
//! The paper (arXiv 2105.06369) fixes the objective; the three representations are this project's own definitions.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};

use super::objective::NeighborMaps;
pub use super::strategy::Representation;

/// The changes of one neighbor: distinct edges, each with a shift in `1..operations`.
pub type Substitutions = Vec<(usize, usize)>;

/// Turns sampled changes into maps of β; lane 0 is the architecture itself. `edges` counts all cell kinds together.
pub fn neighbor_maps(
    representation: Representation,
    edges: usize,
    operations: usize,
    neighbors: &[Substitutions],
    device: &Device,
) -> NeighborMaps {
    let lanes = neighbors.len() + 1;
    let k = operations;
    let mut linear = vec![0.0_f32; lanes * edges * k * k];
    let mut constant = vec![0.0_f32; lanes * edges * k];
    for lane_edge in linear.chunks_exact_mut(k * k) {
        for diagonal in lane_edge.iter_mut().step_by(k + 1) {
            *diagonal = 1.0;
        }
    }
    for (lane, neighbor) in neighbors.iter().enumerate() {
        for &(edge, shift) in neighbor {
            let place = (lane + 1) * edges + edge;
            let map = &mut linear[place * k * k..(place + 1) * k * k];
            let added = &mut constant[place * k..(place + 1) * k];
            match representation {
                Representation::Permutation => {
                    map.fill(0.0);
                    for from in 0..k {
                        map[from * k + (from + shift) % k] = 1.0;
                    }
                }
                Representation::MassTransfer { share } => {
                    for diagonal in map.iter_mut().step_by(k + 1) {
                        *diagonal = 1.0 - share;
                    }
                    added[shift % k] = share;
                }
                Representation::HardReplacement => {
                    map.fill(0.0);
                    added[shift % k] = 1.0;
                }
            }
        }
    }
    let changed = neighbors
        .iter()
        .map(|neighbor| neighbor.iter().map(|&(edge, _)| edge).collect());
    let own = std::iter::once(Vec::new()).chain(changed).collect();
    NeighborMaps {
        linear: Tensor::from_data(TensorData::new(linear, [lanes, edges, k, k]), device),
        constant: Tensor::from_data(TensorData::new(constant, [lanes, edges, k]), device),
        own,
    }
}

/// Ball-uniform changes for one step. A permutation's shift runs over `1..K`; the other two choose a target operation
/// uniformly among all K, which is drawn here so that every representation takes the same number of random values.
pub fn draw_neighbors(
    representation: Representation,
    edges: usize,
    operations: usize,
    radius: usize,
    count: usize,
    rng: &mut impl Rng,
) -> Result<Vec<Substitutions>, super::SearchError> {
    if radius == 0 || count == 0 {
        return Ok(Vec::new());
    }
    let mut neighbors = crate::space::sample_ball(edges, operations, radius, count, rng)
        .map_err(|error| super::SearchError::Setting(error.to_string()))?;
    if representation != Representation::Permutation {
        for (_, target) in neighbors.iter_mut().flatten() {
            *target = rng.random_range(0..operations);
        }
    }
    Ok(neighbors)
}
