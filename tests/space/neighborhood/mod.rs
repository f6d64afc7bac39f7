//! Distances, shells and sampling, against `method.md` §1.1, §1.2 and §9.4.

use std::collections::BTreeSet;

use plateau::space::{
    Counting, Genotype, NeighborhoodError, Operation, Space, distance, enumerate_ball, hamming,
    neighbors, sample_ball, sample_neighbors, shell_size, substitutions,
};
use proptest::prelude::*;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

mod aggregation;
mod smoothing;

const EDGES: usize = 6;
const OPERATIONS: usize = 5;

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

#[test]
fn shells_of_nas_bench_201_have_the_known_sizes() {
    let expected = [1, 24, 240, 1280, 3840, 6144, 4096, 0];
    let by_formula = |radius| shell_size(Space::NasBench201, Counting::Supernet, 1, radius);
    let mut by_listing = [0; 8];
    by_listing[0] = 1;
    for member in enumerate_ball(EDGES, OPERATIONS, EDGES).unwrap() {
        by_listing[member.len()] += 1;
    }
    for (radius, &size) in expected.iter().enumerate() {
        assert_eq!(by_formula(radius), size);
        assert_eq!(by_listing[radius], size);
    }
}

#[test]
fn shells_of_darts_have_the_known_sizes_in_every_view() {
    let shells = |counting, cells, radii: std::ops::RangeInclusive<usize>| -> Vec<u128> {
        radii
            .map(|radius| shell_size(Space::Darts, counting, cells, radius))
            .collect()
    };
    assert_eq!(shells(Counting::Supernet, 1, 0..=2), [1, 98, 4459]);
    assert_eq!(
        shells(Counting::Supernet, 2, 1..=3),
        [196, 18_522, 1_123_668]
    );
    assert_eq!(shells(Counting::Topology, 1, 0..=1), [1, 48]);
    assert_eq!(shells(Counting::Topology, 2, 1..=3), [96, 4320, 120_960]);
    let encoding = [1, 48, 1092, 15_624, 156_576];
    assert_eq!(shells(Counting::Encoding, 1, 0..=4), encoding);
    let encoding = [1, 96, 4488, 136_080, 3_005_520];
    assert_eq!(shells(Counting::Encoding, 2, 0..=4), encoding);
    assert_eq!(shells(Counting::Mutation, 1, 0..=1), [1, 132]);
    assert_eq!(shells(Counting::Mutation, 2, 0..=1), [1, 264]);
}

#[test]
fn all_shells_together_are_the_whole_space() {
    let total = |counting, cells| -> u128 {
        (0..=40)
            .map(|radius| shell_size(Space::Darts, counting, cells, radius))
            .sum()
    };
    for counting in [Counting::Encoding, Counting::Mutation] {
        assert_eq!(total(counting, 1), 1_037_664_180);
        assert_eq!(total(counting, 2), 1_076_746_950_455_072_400);
    }
    assert_eq!(total(Counting::Topology, 2), 7u128.pow(16));
    assert_eq!(total(Counting::Supernet, 2), 8u128.pow(28));
}

#[test]
fn the_listed_neighbors_of_a_genotype_are_its_shell() {
    let darts = Genotype::preset("darts-v2").unwrap();
    let nb201 = Genotype::preset("resnet-like").unwrap();
    let cases = [
        (&darts, Counting::Topology, 2),
        (&darts, Counting::Encoding, 2),
        (&darts, Counting::Mutation, 1),
        (&nb201, Counting::Supernet, 3),
        (&nb201, Counting::Mutation, 6),
    ];
    for (genotype, counting, farthest) in cases {
        for radius in 1..=farthest {
            let listed = neighbors(genotype, radius, counting).unwrap();
            let expected = shell_size(genotype.space(), counting, 2, radius);
            assert_eq!(listed.len() as u128, expected);
            let different: BTreeSet<_> = listed.iter().map(|n| n.genotype.canonical()).collect();
            assert_eq!(different.len(), listed.len());
            for neighbor in &listed {
                let apart = hamming(genotype, &neighbor.genotype).unwrap();
                match counting {
                    Counting::Mutation => assert!((radius..=2 * radius).contains(&apart)),
                    _ => assert_eq!(apart, radius),
                }
                // Only checked constructors make genotypes: a neighbor passes them, too.
                let checked = Genotype::new(genotype.space(), neighbor.genotype.cells().to_vec());
                assert_eq!(checked.as_ref(), Ok(&neighbor.genotype));
            }
        }
    }
}

#[test]
fn a_neighbor_says_what_changed() {
    let darts = Genotype::preset("darts-v2").unwrap();
    let listed = neighbors(&darts, 1, Counting::Mutation).unwrap();
    let texts: BTreeSet<_> = listed
        .iter()
        .map(|neighbor| {
            assert_eq!(neighbor.changes.len(), 1);
            neighbor.changes[0].to_string()
        })
        .collect();
    assert_eq!(texts.len(), 264);
    assert!(texts.contains("normal 0→2 sep_conv_3x3 ⇒ skip_connect"));
    assert!(texts.contains("reduction 1→5 max_pool_3x3 ⇒ 4→5 dil_conv_5x5"));
    for neighbor in &listed {
        let change = neighbor.changes[0];
        let node = |genotype: &Genotype| {
            let cell = genotype.cell(change.cell).unwrap();
            cell.nodes[change.node - 2].clone()
        };
        assert!(node(&darts).contains(&change.before));
        assert!(node(&neighbor.genotype).contains(&change.after));
    }
}

#[test]
fn neighborhoods_that_cannot_be_listed_are_refused() {
    let darts = Genotype::preset("darts-v2").unwrap();
    assert_eq!(
        neighbors(&darts, 1, Counting::Supernet),
        Err(NeighborhoodError::SupernetView)
    );
    assert_eq!(
        neighbors(&darts, 4, Counting::Encoding),
        Err(NeighborhoodError::TooLarge(3_005_520))
    );
    assert_eq!(
        enumerate_ball(28, 8, 3),
        Err(NeighborhoodError::TooLarge(196 + 18_522 + 1_123_668))
    );
    assert!(sample_ball(28, 8, 3, 0, &mut rng(1)).is_err());
    assert!(sample_ball(28, 8, 3, 200_001, &mut rng(1)).is_err());
    let huge = usize::MAX;
    assert!(sample_ball(huge, huge, huge, 3, &mut rng(1)).is_err());
    assert!(sample_ball(1000, 8, 1000, 3, &mut rng(1)).is_err());
    assert_eq!(neighbors(&darts, 0, Counting::Topology), Ok(Vec::new()));
    assert_eq!(neighbors(&darts, 99, Counting::Topology), Ok(Vec::new()));
    assert_eq!(sample_ball(14, 8, 0, 5, &mut rng(1)), Ok(Vec::new()));
    assert_eq!(sample_ball(0, 8, 2, 5, &mut rng(1)), Ok(Vec::new()));
    assert_eq!(sample_ball(14, 1, 2, 5, &mut rng(1)), Ok(Vec::new()));
}

#[test]
fn a_sampled_neighborhood_is_uniform_over_the_ball() {
    // Two of the ball's 60 members a draw: each about 1000 times in 30,000 draws, σ = 31.
    let ball = enumerate_ball(3, 5, 2).unwrap();
    assert_eq!(ball.len(), 12 + 48);
    let mut seen = std::collections::BTreeMap::new();
    let mut rng = rng(2);
    for _ in 0..30_000 {
        for member in sample_ball(3, 5, 2, 2, &mut rng).unwrap() {
            *seen.entry(member).or_insert(0usize) += 1;
        }
    }
    assert_eq!(
        seen.keys().cloned().collect::<BTreeSet<_>>(),
        ball.into_iter().collect()
    );
    assert!(seen.values().all(|n| (840..1160).contains(n)), "{seen:?}");
}

#[test]
fn samples_of_genotype_neighbors_spread_over_the_shells_in_proportion() {
    let darts = Genotype::preset("darts-v1").unwrap();
    let mut rng = rng(3);
    let mut near = 0;
    for _ in 0..200 {
        let sample = sample_neighbors(&darts, 2, Counting::Topology, 50, &mut rng).unwrap();
        let different: BTreeSet<_> = sample.iter().map(|n| n.genotype.canonical()).collect();
        assert_eq!(different.len(), 50);
        for neighbor in sample {
            let apart = hamming(&darts, &neighbor.genotype).unwrap();
            assert!((1..=2).contains(&apart));
            near += usize::from(apart == 1);
        }
    }
    // 10,000 · 96 / 4416 = 217, σ = 15.
    assert!((150..290).contains(&near), "{near}");
}

#[test]
fn a_sample_that_asks_for_all_is_the_whole_ball() {
    let ball = enumerate_ball(EDGES, OPERATIONS, 1).unwrap();
    for count in [0, 24, 1000] {
        assert_eq!(
            sample_ball(EDGES, OPERATIONS, 1, count, &mut rng(4)).as_ref(),
            Ok(&ball)
        );
    }
    let genotype = Genotype::preset("resnet-like").unwrap();
    let all = neighbors(&genotype, 1, Counting::Supernet);
    assert_eq!(
        sample_neighbors(&genotype, 1, Counting::Supernet, 0, &mut rng(4)),
        all
    );
}

#[test]
fn the_same_seed_draws_the_same_neighbors() {
    let draw = |seed| sample_ball(28, 8, 3, 10, &mut rng(seed)).unwrap();
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[test]
fn joint_edges_are_split_into_cell_and_edge() {
    let split = substitutions(Space::Darts, &[(0, 1), (13, 2), (14, 3), (27, 7)]);
    let split: Vec<_> = split.iter().map(|s| (s.cell, s.edge, s.shift)).collect();
    assert_eq!(split, [(0, 0, 1), (0, 13, 2), (1, 0, 3), (1, 13, 7)]);
}

#[test]
fn hamming_counts_a_rewiring_twice_and_needs_one_space() {
    let darts = Genotype::preset("darts-v2").unwrap();
    let mut cells = darts.cells().to_vec();
    cells[1].nodes[2][1].from = 3;
    let rewired = Genotype::new(Space::Darts, cells.clone()).unwrap();
    assert_eq!(hamming(&darts, &rewired), Some(2));
    cells[0].nodes[0][0].operation = Operation::AvgPool3x3;
    cells[0].nodes[1].reverse();
    let changed = Genotype::new(Space::Darts, cells).unwrap();
    assert_eq!(hamming(&darts, &changed), Some(3));
    let nb201 = Genotype::preset("resnet-like").unwrap();
    assert_eq!(hamming(&darts, &nb201), None);
}

/// β with the operations of some edges shifted: β'_e[k] = β_e[(k − s) mod K].
fn shifted(beta: &[Vec<f64>], shifts: &[(usize, usize)]) -> Vec<Vec<f64>> {
    let mut moved = beta.to_vec();
    for &(edge, shift) in shifts {
        moved[edge].rotate_right(shift);
    }
    moved
}

#[test]
fn shifts_of_a_one_hot_cell_are_its_98_discrete_neighbors() {
    let mut rng = rng(15);
    let chosen: Vec<usize> = (0..14).map(|_| rng.random_range(0..8)).collect();
    let one_hot = |chosen: &[usize]| -> Vec<Vec<f64>> {
        let row = |&k: &usize| (0..8).map(|j| f64::from(u8::from(j == k))).collect();
        chosen.iter().map(row).collect()
    };
    let beta = one_hot(&chosen);
    let ball = enumerate_ball(14, 8, 1).unwrap();
    let relaxed: Vec<_> = ball.iter().map(|shifts| shifted(&beta, shifts)).collect();
    let mut discrete = Vec::new();
    for edge in 0..14 {
        for operation in (0..8).filter(|&k| k != chosen[edge]) {
            let mut other = chosen.clone();
            other[edge] = operation;
            discrete.push(one_hot(&other));
        }
    }
    assert_eq!(relaxed.len(), 98);
    for neighbor in &relaxed {
        assert_eq!(distance(&beta, neighbor), 1.0);
        assert_eq!(discrete.iter().filter(|d| *d == neighbor).count(), 1);
    }
}

#[test]
fn shifts_of_a_relaxed_cell_stay_within_the_radius() {
    let mut rng = rng(16);
    let row = |rng: &mut ChaCha8Rng| {
        let values: Vec<f64> = (0..8).map(|_| rng.random::<f64>().exp()).collect();
        let sum: f64 = values.iter().sum();
        values.into_iter().map(|value| value / sum).collect()
    };
    let beta: Vec<Vec<f64>> = (0..14).map(|_| row(&mut rng)).collect();
    for shifts in sample_ball(14, 8, 3, 500, &mut rng).unwrap() {
        let apart = distance(&beta, &shifted(&beta, &shifts));
        assert!(apart > 0.0 && apart <= shifts.len() as f64);
    }
    assert!(distance(&beta, &beta[1..]).is_nan());
}

/// §9.4, 7: with a linear loss ⟨G, β⟩ the gradient of the mean over the full ball, taken through the inverse shifts and the
/// softmax, is λ_1 times the plain one.
#[test]
fn the_mean_over_all_shifts_scales_a_linear_gradient() {
    for (edges, expected) in [(14, 91.0 / 99.0), (28, 189.0 / 197.0)] {
        let mut rng = rng(17);
        let mut table = || -> Vec<Vec<f64>> {
            (0..edges)
                .map(|_| (0..8).map(|_| rng.random::<f64>() - 0.5).collect())
                .collect()
        };
        let [alpha, gradient] = [table(), table()];
        let beta: Vec<Vec<f64>> = alpha
            .iter()
            .map(|row| {
                let sum: f64 = row.iter().map(|a| a.exp()).sum();
                row.iter().map(|a| a.exp() / sum).collect()
            })
            .collect();
        let ball = enumerate_ball(edges, 8, 1).unwrap();
        let mut summed = gradient.clone();
        for shifts in &ball {
            for (edge, row) in gradient.iter().enumerate() {
                let shift = shifts.iter().find(|s| s.0 == edge).map_or(0, |s| s.1);
                for k in 0..8 {
                    summed[edge][k] += row[(k + shift) % 8];
                }
            }
        }
        for edge in 0..edges {
            let through_softmax = |g: &[f64]| -> Vec<f64> {
                let inner: f64 = g.iter().zip(&beta[edge]).map(|(g, b)| g * b).sum();
                let term = |(g, b): (&f64, &f64)| b * (g - inner);
                g.iter().zip(&beta[edge]).map(term).collect()
            };
            let plain = through_softmax(&gradient[edge]);
            let aggregated = through_softmax(&summed[edge]);
            for (a, p) in aggregated.iter().zip(&plain) {
                let mean = a / (ball.len() + 1) as f64;
                assert!((mean - expected * p).abs() < 1e-14);
            }
        }
    }
}

proptest! {
    #[test]
    fn sampled_shifts_are_different_and_in_range(
        edges in 1..30usize, operations in 2..9usize, radius in 1..4usize, count in 1..40usize, seed: u64,
    ) {
        let sample = sample_ball(edges, operations, radius, count, &mut rng(seed)).unwrap();
        let different: BTreeSet<_> = sample.iter().cloned().collect();
        prop_assert_eq!(different.len(), sample.len());
        for shifts in &sample {
            prop_assert!((1..=radius).contains(&shifts.len()));
            prop_assert!(shifts.windows(2).all(|pair| pair[0].0 < pair[1].0));
            prop_assert!(shifts.iter().all(|&(e, s)| e < edges && (1..operations).contains(&s)));
        }
    }

    #[test]
    fn hamming_is_the_distance_of_the_one_hot_encodings(a: u64, b: u64) {
        for space in Space::ALL {
            let [a, b] = [a, b].map(|seed| Genotype::random(space, &mut rng(seed)));
            let one_hot = |genotype: &Genotype| -> Vec<Vec<f64>> {
                let row = |o: &Operation| {
                    space.operations().iter().map(|k| f64::from(u8::from(k == o))).collect()
                };
                genotype.encoding().concat().iter().map(row).collect()
            };
            let apart = distance(&one_hot(&a), &one_hot(&b));
            prop_assert_eq!(hamming(&a, &b), Some(apart as usize));
        }
    }
}
