//! Neighborhood-aware DARTS: the differentiable neighbors of a relaxed architecture (`method.md` §3.2).
//!
//! The paper (arXiv 2105.06369) fixes the objective; the three representations are this project's own definitions.

use crate::kernels::total;
use burn::tensor::{Int, Tensor, TensorData};
use rand::Rng;
use rand::seq::index::sample;

use super::objective::{NeighborMaps, mixing_weights};
pub use super::strategy::{Draw, Representation};

/// The changes of one neighbor: distinct edges, each with a shift in `1..operations`.
pub type Substitutions = Vec<(usize, usize)>;

/// Turns sampled changes into maps of β, `[cell kinds, edges, operations]` off the tape; lane 0 is the architecture itself. A permutation
/// rotates by the shift; the other two move weight to the operation that is the shift away from the strongest one, so that no neighbor
/// is the architecture itself where that has decided. Edges count over all cell kinds.
pub fn neighbor_maps(
    representation: Representation,
    beta: &Tensor<3>,
    neighbors: &[Substitutions],
) -> NeighborMaps {
    let [.., operations] = beta.dims();
    let behind = |_, operation, shift| (operation + shift) % operations;
    neighbor_maps_among(representation, beta, neighbors, behind)
}

/// The same where a shift counts among the candidates of its edge: `shifted(edge, operation, shift)` is the one that lies so far behind another.
pub fn neighbor_maps_among(
    representation: Representation,
    beta: &Tensor<3>,
    neighbors: &[Substitutions],
    shifted: impl Fn(usize, usize, usize) -> usize,
) -> NeighborMaps {
    let [kinds, edges, k] = beta.dims();
    let edges = kinds * edges;
    let device = &beta.device();
    let lanes = neighbors.len() + 1;
    let mut linear = vec![0.0_f32; lanes * edges * k * k];
    for lane_edge in linear.chunks_exact_mut(k * k) {
        for diagonal in lane_edge.iter_mut().step_by(k + 1) {
            *diagonal = 1.0;
        }
    }
    let share = match representation {
        Representation::Permutation => 0.0,
        Representation::MassTransfer { share } => share,
        Representation::HardReplacement => 1.0,
    };
    // What a strongest operation gives to which.
    let mut moved = match representation {
        Representation::Permutation => Vec::new(),
        _ => vec![0.0_f32; linear.len()],
    };
    for (lane, neighbor) in neighbors.iter().enumerate() {
        for &(edge, shift) in neighbor {
            let place = (lane + 1) * edges + edge;
            let map = place * k * k..(place + 1) * k * k;
            let rotated = |from: usize| from * k + shifted(edge, from, shift);
            let own = &mut linear[map.clone()];
            if representation == Representation::Permutation {
                own.fill(0.0);
                (0..k).for_each(|from| own[rotated(from)] = 1.0);
            } else {
                own.iter_mut()
                    .step_by(k + 1)
                    .for_each(|diagonal| *diagonal -= share);
                let moved = &mut moved[map];
                (0..k).for_each(|from| moved[rotated(from)] = share);
            }
        }
    }
    let constant = match representation {
        Representation::Permutation => Tensor::zeros([lanes, edges, k], device),
        _ => {
            let moved =
                Tensor::<4>::from_data(TensorData::new(moved, [lanes, edges, k, k]), device);
            let strongest = beta.clone().reshape([edges, k]).argmax(1);
            let operations = Tensor::<1, Int>::arange(0..k as i64, device).reshape([1, k]);
            let strongest = strongest
                .repeat_dim(1, k)
                .equal(operations.repeat_dim(0, edges));
            let strongest = strongest.float().reshape([1, edges, k, 1]);
            moved.mul(strongest).sum_dim(2).reshape([lanes, edges, k])
        }
    };
    let changed = neighbors
        .iter()
        .map(|neighbor| neighbor.iter().map(|&(edge, _)| edge).collect());
    let own = std::iter::once(Vec::new()).chain(changed).collect();
    NeighborMaps {
        linear: Tensor::from_data(TensorData::new(linear, [lanes, edges, k, k]), device),
        constant,
        own,
        include_self: true,
    }
}

/// The effective radius of a step, `[1]`: the mean over its neighbors of the total variation between their mixing weights and those of the
/// architecture, summed over the edges (`method.md` §10.1). beta `[cell kinds, edges, operations]`, off the tape.
pub fn effective_radius(beta: &Tensor<3>, maps: &NeighborMaps) -> Tensor<1> {
    let neighbors = maps.lanes() - 1;
    let mix = mixing_weights(beta.clone().autodiff(), Some(maps));
    let mix = Tensor::cat(mix, 1).inner();
    let own = mix.clone().narrow(0, 0, 1);
    let variation = total((mix.narrow(0, 1, neighbors) - own).abs());
    variation.mul_scalar(0.5 / neighbors as f64)
}

/// The changes of at most `count` neighbors of one step, all different.
pub fn draw_neighbors(
    draw: Draw,
    edges: usize,
    operations: usize,
    radius: usize,
    count: usize,
    rng: &mut impl Rng,
) -> Result<Vec<Substitutions>, super::SearchError> {
    draw_neighbors_among(draw, &vec![operations; edges], radius, count, rng)
}

/// The same where the edges have different numbers of candidates; a shift counts among those of its edge.
pub fn draw_neighbors_among(
    draw: Draw,
    candidates: &[usize],
    radius: usize,
    count: usize,
    rng: &mut impl Rng,
) -> Result<Vec<Substitutions>, super::SearchError> {
    if radius == 0 || count == 0 {
        return Ok(Vec::new());
    }
    let ball = |count, rng: &mut _| {
        crate::space::sample_ball_of(candidates, radius, count, rng)
            .map_err(|error| super::SearchError::Setting(error.to_string()))
    };
    match draw {
        Draw::Ball => ball(count, rng),
        Draw::Antithetic => {
            let mut pairs: Vec<Substitutions> = Vec::new();
            for one in ball(count.div_ceil(2), rng)? {
                let opposite = one
                    .iter()
                    .map(|&(edge, shift)| (edge, candidates[edge] - shift))
                    .collect();
                for member in [one, opposite] {
                    if !pairs.contains(&member) {
                        pairs.push(member);
                    }
                }
            }
            pairs.truncate(count);
            Ok(pairs)
        }
        Draw::Edge => {
            // An edge with one candidate is not searched.
            let searched = |edge: &usize| candidates[*edge] > 1;
            let edges: Vec<usize> = (0..candidates.len()).filter(searched).collect();
            let order = sample(rng, edges.len(), edges.len().min(count));
            let mut all = Vec::new();
            for edge in order.into_iter().map(|place| edges[place]) {
                let others = candidates[edge] - 1;
                let shifts = sample(rng, others, others.min(count - all.len()));
                all.extend(shifts.into_iter().map(|shift| vec![(edge, shift + 1)]));
                if all.len() == count {
                    break;
                }
            }
            Ok(all)
        }
    }
}
