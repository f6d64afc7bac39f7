//! The neighborhood-aware objective and its gradients, against the check values of `method.md` §9.4.

use burn::tensor::{Tensor, activation::softmax};
use plateau::data::Batch;
use plateau::kernels::cpu::{SgdStep, sgd};
use plateau::search::cosine_rate;
use plateau::search::darts::second_order;
use plateau::search::na_darts::{
    Draw, Representation, Substitutions, draw_neighbors, effective_radius, neighbor_maps,
};
use plateau::search::objective::{
    Evaluated, NeighborMaps, Network, Objective, Point, Wanted, evaluate, mixing_weights,
    softmax_at,
};
use plateau::search::optimizer::{Adam, Sgd, clip};
use plateau::search::relaxation::Relaxation;
use plateau::search::{SearchError, Temperature};
use plateau::space::{Aggregation, distance, enumerate_ball};
use pollster::block_on;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::support::supernet::{of_cells, small, values, vector};

/// α whose softmax is one-hot to the last bit.
fn one_hot(choices: &[usize], operations: usize) -> Tensor<3> {
    let mut alpha = vec![-200.0; choices.len() * operations];
    for (edge, &choice) in choices.iter().enumerate() {
        alpha[edge * operations + choice] = 200.0;
    }
    vector(&alpha, [1, choices.len(), operations])
}

/// A point at temperature 1.
fn at<'a>(weights: &'a Tensor<1>, alpha: &'a Tensor<3>) -> Point<'a> {
    let relaxation = &Relaxation::DARTS;
    Point {
        weights,
        alpha,
        relaxation,
    }
}

fn all_neighbors(edges: usize, operations: usize) -> NeighborMaps {
    let ball = enumerate_ball(edges, operations, 1).unwrap();
    let even = vec![1.0; edges * operations];
    let beta = vector(&even, [1, edges, operations]);
    neighbor_maps(Representation::Permutation, &beta, &ball)
}

#[test]
fn the_permutations_of_a_discrete_cell_are_its_98_discrete_neighbors_at_distance_one() {
    let choices: Vec<usize> = (0..14).map(|edge| edge * 5 % 8).collect();
    let beta = softmax(one_hot(&choices, 8), 2);
    let mix = mixing_weights(beta, Some(&all_neighbors(14, 8)));
    let lanes: Vec<Vec<Vec<f64>>> = values(mix[0].clone())
        .chunks(14 * 8)
        .map(|lane| {
            lane.chunks(8)
                .map(|edge| edge.iter().map(|&p| f64::from(p)).collect())
                .collect()
        })
        .collect();
    assert_eq!(lanes.len(), 99);
    let mut discrete: Vec<Vec<usize>> = Vec::new();
    for lane in &lanes[1..] {
        assert_eq!(distance(&lanes[0], lane), 1.0);
        discrete.push(
            lane.iter()
                .map(|edge| edge.iter().position(|&p| p == 1.0).unwrap())
                .collect(),
        );
    }
    let mut expected: Vec<Vec<usize>> = Vec::new();
    for edge in 0..14 {
        for operation in (0..8).filter(|&operation| operation != choices[edge]) {
            let mut neighbor = choices.clone();
            neighbor[edge] = operation;
            expected.push(neighbor);
        }
    }
    discrete.sort();
    expected.sort();
    assert_eq!(discrete, expected);
}

#[test]
fn mass_transfer_moves_its_share_and_hard_replacement_all() {
    let change = vec![vec![(1, 2)]];
    for (representation, expected) in [
        (
            Representation::MassTransfer { share: 0.25 },
            [0.25 * 0.75, 0.25 * 0.75, 0.25 * 0.75 + 0.25, 0.25 * 0.75],
        ),
        (Representation::HardReplacement, [0.0, 0.0, 1.0, 0.0]),
    ] {
        let beta = vector(&[0.25; 8], [1, 2, 4]);
        let maps = neighbor_maps(representation, &beta, &change);
        let mix = mixing_weights(beta, Some(&maps));
        let mix = values(mix[0].clone());
        assert_eq!(mix[..12], [0.25; 12], "lane 0, and the edge that stays");
        assert_eq!(mix[12..], expected);
    }
}

fn some_alpha() -> Vec<f32> {
    (0..224)
        .map(|i| ((i * 29 % 17) as f32) / 10.0 - 0.8)
        .collect()
}

fn alpha_gradient(
    small: &(Network, Tensor<1>, Batch),
    alpha: &[f32],
    neighborhood: Option<(&NeighborMaps, Aggregation)>,
) -> (Vec<f32>, Vec<f32>) {
    let (network, weights, batch) = small;
    let alpha = vector(alpha, [2, 14, 8]);
    let wanted = Wanted {
        alpha: true,
        weights: false,
    };
    let evaluated = block_on(evaluate(
        network,
        at(weights, &alpha),
        neighborhood,
        batch,
        wanted,
    ));
    let evaluated = evaluated.unwrap();
    (values(evaluated.losses), values(evaluated.alpha.unwrap()))
}

#[test]
fn where_beta_is_uniform_every_neighbor_is_the_architecture_and_the_gradient_shrinks_by_the_eigenvalue()
 {
    let small = small(1);
    let alpha = vec![0.0; 224];
    let (own, plain) = alpha_gradient(&small, &alpha, None);
    let maps = all_neighbors(28, 8);
    let (losses, aware) = alpha_gradient(&small, &alpha, Some((&maps, Aggregation::Mean)));
    assert_eq!(losses.len(), 197);
    for loss in losses {
        assert!((loss - own[0]).abs() < 1e-5);
    }
    for (plain, aware) in plain.iter().zip(&aware) {
        assert!(
            (aware - plain * 189.0 / 197.0).abs() < 2e-6,
            "{aware} {plain}"
        );
    }
}

#[test]
fn for_a_linear_loss_the_full_ball_shrinks_the_gradient_by_its_eigenvalue() {
    for (edges, factor) in [(14, 91.0 / 99.0), (28, 189.0 / 197.0)] {
        let gradient_of = |maps: Option<&NeighborMaps>| {
            let alpha: Vec<f32> = (0..edges * 8)
                .map(|i| ((i * 13 % 23) as f32) / 9.0)
                .collect();
            let alpha = vector(&alpha, [1, edges, 8]).autodiff().require_grad();
            let slope: Vec<f32> = (0..edges * 8)
                .map(|i| ((i * 7 % 19) as f32) - 9.0)
                .collect();
            let mix = mixing_weights(softmax(alpha.clone(), 2), maps).remove(0);
            let lanes = mix.dims()[0];
            let loss = (mix * vector(&slope, [1, edges, 8]).autodiff()).sum();
            let mut gradients = loss.div_scalar(lanes as f64).backward();
            values(alpha.grad_remove(&mut gradients).unwrap())
        };
        let plain = gradient_of(None);
        let aware = gradient_of(Some(&all_neighbors(edges, 8)));
        for (plain, aware) in plain.iter().zip(&aware) {
            assert!(
                (f64::from(*aware) - f64::from(*plain) * factor).abs() < 1e-5,
                "{aware} {plain}"
            );
        }
    }
}

#[test]
fn finite_differences_confirm_the_gradient_of_every_aggregation_and_representation() {
    let small = small(2);
    let alpha = some_alpha();
    let changes = vec![
        vec![(3, 2)],
        vec![(17, 5)],
        vec![(25, 1), (8, 4)],
        vec![(0, 7)],
    ];
    let representations = [
        Representation::Permutation,
        Representation::MassTransfer { share: 0.5 },
        Representation::HardReplacement,
    ];
    let aggregations = [
        Aggregation::Mean,
        Aggregation::Max,
        Aggregation::Min,
        Aggregation::Median,
        Aggregation::MeanStd { lambda: 1.0 },
        Aggregation::LogSumExp { tau: 0.5 },
    ];
    for representation in representations {
        let maps = neighbor_maps(representation, &vector(&alpha, [2, 14, 8]), &changes);
        for aggregation in aggregations {
            let neighborhood = Some((&maps, aggregation));
            let (_, gradient) = alpha_gradient(&small, &alpha, neighborhood);
            assert!(gradient.iter().all(|g| g.is_finite()));
            // Along the gradient itself and along two fixed directions.
            let directions: [Vec<f32>; 3] = [
                gradient.clone(),
                (0..224).map(|i| ((i % 5) as f32) - 2.0).collect(),
                (0..224).map(|i| f32::from(i / 8 == 17)).collect(),
            ];
            for direction in directions {
                let norm = direction.iter().map(|d| d * d).sum::<f32>().sqrt();
                let step = 5e-3 / norm;
                let at = |sign: f32| {
                    let moved: Vec<f32> = alpha
                        .iter()
                        .zip(&direction)
                        .map(|(a, d)| a + sign * step * d)
                        .collect();
                    let losses = alpha_gradient(&small, &moved, neighborhood).0;
                    let losses: Vec<f64> = losses.into_iter().map(f64::from).collect();
                    aggregation.value(&losses)
                };
                let numeric = (at(1.0) - at(-1.0)) / f64::from(2.0 * step);
                let analytic: f64 = gradient
                    .iter()
                    .zip(&direction)
                    .map(|(g, d)| f64::from(g * d))
                    .sum();
                let scale = f64::from(norm);
                assert!(
                    (numeric - analytic).abs() < 0.03 * analytic.abs() + 2e-4 * scale,
                    "{representation} {aggregation}: {numeric} {analytic}"
                );
            }
        }
    }
}

#[test]
fn gradients_are_finite_with_only_alpha_and_with_only_weights_tracked() {
    let (network, weights, batch) = small(5);
    let alpha = vector(&some_alpha(), [2, 14, 8]);
    let run = |wanted| {
        block_on(evaluate(
            &network,
            at(&weights, &alpha),
            None,
            &batch,
            wanted,
        ))
        .unwrap()
    };
    let only_alpha = run(Wanted {
        alpha: true,
        weights: false,
    });
    let only_weights = run(Wanted {
        alpha: false,
        weights: true,
    });
    let both = run(Wanted {
        alpha: true,
        weights: true,
    });
    assert!(only_alpha.weights.is_none() && only_weights.alpha.is_none());
    let alpha_alone = values(only_alpha.alpha.unwrap());
    let weights_alone = values(only_weights.weights.unwrap());
    assert!(weights_alone.iter().any(|g| *g != 0.0));
    assert_eq!(alpha_alone, values(both.alpha.unwrap()));
    assert_eq!(weights_alone, values(both.weights.unwrap()));
}

/// L_train = (w − α)² / 2 and L_val = (w − 1)² / 2 on scalars.
struct Scalars;

impl Scalars {
    fn evaluated(loss: Tensor<1>, alpha: Tensor<3>, weights: Tensor<1>) -> Evaluated {
        Evaluated {
            accuracy: loss.clone().zeros_like(),
            losses: loss,
            alpha: Some(alpha),
            weights: Some(weights),
        }
    }
}

impl Objective for Scalars {
    async fn training(
        &self,
        weights: &Tensor<1>,
        alpha: &Tensor<3>,
        _: Wanted,
    ) -> Result<Evaluated, SearchError> {
        let difference = weights.clone() - alpha.clone().reshape([1]);
        let loss = difference.clone().square().div_scalar(2.0);
        let alpha = difference.clone().neg().reshape([1, 1, 1]);
        Ok(Self::evaluated(loss, alpha, difference))
    }

    async fn validation(
        &self,
        weights: &Tensor<1>,
        alpha: &Tensor<3>,
        _: Wanted,
    ) -> Result<Evaluated, SearchError> {
        let difference = weights.clone().sub_scalar(1.0);
        let loss = difference.clone().square().div_scalar(2.0);
        Ok(Self::evaluated(loss, alpha.zeros_like(), difference))
    }
}

#[test]
fn second_order_darts_is_exact_where_the_weights_follow_alpha_in_closed_form() {
    let (w, a, rate) = (0.3_f32, -0.7_f32, 0.25);
    let optimizer = Sgd::new(0.0, 0.0, false);
    let evaluated = block_on(second_order(
        &Scalars,
        &vector(&[w], [1]),
        &vector(&[a], [1, 1, 1]),
        &optimizer,
        rate,
    ));
    let ahead = f64::from(w) - rate * f64::from(w - a);
    let expected = rate * (ahead - 1.0);
    let gradient = f64::from(values(evaluated.unwrap().alpha.unwrap())[0]);
    assert!((gradient - expected).abs() < 1e-5, "{gradient} {expected}");
}

#[test]
fn the_optimizers_take_the_steps_of_their_definitions() {
    let mut sgd = Sgd::new(0.9, 0.1, false);
    let w = sgd.step(vector(&[1.0], [1]), vector(&[0.5], [1]), 0.1);
    assert!((values(w.clone())[0] - 0.94).abs() < 1e-6);
    // Buffer 0.9·0.6 + (0.5 + 0.1·0.94).
    let w = sgd.step(w, vector(&[0.5], [1]), 0.1);
    assert!((values(w)[0] - (0.94 - 0.1 * 1.134)).abs() < 1e-6);

    let mut adam = Adam::new(0.01, 0.0);
    let a = adam.step(vector(&[1.0], [1, 1, 1]), vector(&[3.0], [1, 1, 1]));
    // The first step of Adam has the length of its rate.
    assert!((values(a)[0] - 0.99).abs() < 1e-6);

    let long = values(clip(vector(&[3.0, 4.0], [2]), 1.0));
    assert!((long[0] - 0.6).abs() < 1e-5 && (long[1] - 0.8).abs() < 1e-5);
    assert_eq!(values(clip(vector(&[0.3, 0.4], [2]), 1.0)), [0.3, 0.4]);

    assert_eq!(cosine_rate(0, 50, 0.025, 0.001), 0.025);
    assert!((cosine_rate(25, 50, 0.025, 0.001) - 0.013).abs() < 1e-12);
}

/// Numbers between −1 and 1, the same at every call.
fn some_numbers(count: usize, seed: usize) -> Vec<f32> {
    let number = |index: usize| ((index * 7919 + seed * 104_729) % 20_011) as f32 / 10_005.5 - 1.0;
    (0..count).map(number).collect()
}

#[test]
fn a_step_in_one_pass_is_the_step_of_the_stock_operations() {
    // More than two pieces, and not a whole number of them.
    let count = 40_003;
    for (momentum, weight_decay, nesterov, limit) in [
        (0.9, 3e-4, false, 5.0),
        (0.9, 3e-4, true, 5.0),
        (0.9, 3e-4, true, 1e6),
        (0.0, 0.0, false, 1e6),
    ] {
        let mut one_pass = Sgd::new(momentum, weight_decay, nesterov);
        let mut stock = one_pass.clone();
        let mut weights = [0, 1].map(|_| vector(&some_numbers(count, 1), [count]));
        for step in 2..6 {
            let gradient = vector(&some_numbers(count, step), [count]);
            let [mine, theirs] = weights;
            weights = [
                one_pass.clipped_step(mine, gradient.clone(), limit, 0.025),
                stock.step(theirs, clip(gradient, limit), 0.025),
            ];
            let pairs = [
                weights.clone().map(values),
                [&one_pass, &stock].map(|sgd| values(sgd.buffer.clone().unwrap())),
            ];
            for [mine, theirs] in pairs {
                // The stock norm adds 40,003 squares up in single precision; where nothing is clipped, the bits are the same.
                let tolerance = if limit > 1e3 { 0.0 } else { 1e-5 };
                for (mine, theirs) in mine.iter().zip(&theirs) {
                    let far = (mine - theirs).abs();
                    assert!(far <= tolerance * theirs.abs().max(1e-2), "{mine} {theirs}");
                }
            }
        }
    }
}

#[test]
fn adam_in_one_pass_follows_its_definition() {
    let count = 2 * 14 * 8;
    let mut adam = Adam::new(3e-4, 1e-3);
    let mut alpha = vector(&some_numbers(count, 1), [2, 14, 8]);
    let mut expected: Vec<f64> = values(alpha.clone()).into_iter().map(f64::from).collect();
    let mut moments = vec![[0.0; 2]; count];
    for step in 1..5 {
        let gradient = some_numbers(count, step + 1);
        alpha = adam.step(alpha, vector(&gradient, [2, 14, 8]));
        let values = values(alpha.clone());
        for (index, parameter) in expected.iter_mut().enumerate() {
            let slope = f64::from(gradient[index]) + 1e-3 * *parameter;
            let [first, second] = &mut moments[index];
            *first = 0.5 * *first + 0.5 * slope;
            *second = 0.999 * *second + 0.001 * slope * slope;
            let unbiased = [
                *first / (1.0 - 0.5_f64.powi(step as i32)),
                *second / (1.0 - 0.999_f64.powi(step as i32)),
            ];
            *parameter -= 3e-4 * unbiased[0] / (unbiased[1].sqrt() + 1e-8);
            let far = (f64::from(values[index]) - *parameter).abs();
            assert!(far <= 1e-6, "step {step}: {} {parameter}", values[index]);
        }
    }
}

#[test]
fn a_gradient_that_is_not_a_number_is_not_clipped_away() {
    let mut sgd = Sgd::new(0.9, 0.0, false);
    let gradient = vector(&[1.0, f32::NAN], [2]);
    let stepped = values(sgd.clipped_step(vector(&[1.0, 1.0], [2]), gradient, 5.0, 0.1));
    assert!(stepped.iter().all(|value| value.is_nan()), "{stepped:?}");
}

#[test]
fn a_step_has_the_same_bits_on_any_number_of_threads() {
    let count = 100_001;
    let [weights, gradient] = [1, 2].map(|seed| some_numbers(count, seed));
    let step = SgdStep {
        limit: 5.0,
        momentum: 0.9,
        weight_decay: 3e-4,
        nesterov: true,
        rate: 0.025,
    };
    let stepped = [1, 2, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let mut buffer = some_numbers(count, 3);
        let weights = pool.install(|| sgd(&weights, &gradient, &mut buffer, &step));
        (weights, buffer)
    });
    assert_eq!(stepped[0], stepped[1]);
    assert_eq!(stepped[0], stepped[2]);
}

#[test]
fn neighbors_share_one_softmax_with_the_architecture() {
    let alpha = some_alpha();
    let maps = neighbor_maps(
        Representation::Permutation,
        &vector(&[1.0; 224], [2, 14, 8]),
        &[vec![(20, 3)]],
    );
    let mix = mixing_weights(softmax(vector(&alpha, [2, 14, 8]), 2), Some(&maps));
    let beta = values(softmax(vector(&alpha, [28, 8]), 1));
    let reduction = values(mix[1].clone());
    let edge = (20 - 14) * 8;
    assert_eq!(reduction[edge..edge + 8], beta[160..168]);
    for k in 0..8 {
        let shifted = reduction[14 * 8 + edge + (k + 3) % 8];
        assert_eq!(shifted, beta[160 + k]);
    }
}

#[test]
fn lanes_in_chunks_give_the_losses_and_gradients_of_one_pass() {
    let (mut network, weights, batch) = small(7);
    let changes = vec![vec![(3, 2)], vec![(17, 5)], vec![(25, 1)], vec![(0, 7)]];
    let maps = neighbor_maps(
        Representation::Permutation,
        &vector(&[1.0; 224], [2, 14, 8]),
        &changes,
    );
    let alpha = vector(&some_alpha(), [2, 14, 8]);
    let both = Wanted {
        alpha: true,
        weights: true,
    };
    for aggregation in [Aggregation::Mean, Aggregation::Max] {
        let mut run = |lanes| {
            network.lanes_a_pass = lanes;
            let neighborhood = Some((&maps, aggregation));
            let evaluated = evaluate(&network, at(&weights, &alpha), neighborhood, &batch, both);
            let evaluated = block_on(evaluated).unwrap();
            [
                values(evaluated.losses),
                values(evaluated.alpha.unwrap()),
                values(evaluated.weights.unwrap()),
            ]
        };
        let whole = run(usize::MAX);
        for lanes in [1, 2, 3] {
            for (whole, chunked) in whole.iter().zip(run(lanes)) {
                assert_eq!(whole.len(), chunked.len());
                for (a, b) in whole.iter().zip(chunked) {
                    assert!((a - b).abs() < 1e-5, "{aggregation} {lanes}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn a_neighborhood_without_its_centre_gives_the_gradient_of_the_neighbors_alone() {
    let (network, weights, batch) = small(7);
    let alpha = vector(&some_alpha(), [2, 14, 8]);
    let changes = [vec![(3, 2)], vec![(17, 5)], vec![(25, 1)]];
    let with_self = neighbor_maps(Representation::Permutation, &alpha, &changes);
    let without = NeighborMaps {
        include_self: false,
        ..with_self.clone()
    };
    let wanted = Wanted {
        alpha: true,
        weights: false,
    };
    let gradient = |maps: &NeighborMaps, aggregation| {
        let neighborhood = Some((maps, aggregation));
        let evaluated = evaluate(&network, at(&weights, &alpha), neighborhood, &batch, wanted);
        let evaluated = block_on(evaluated).unwrap();
        assert_eq!(
            values(evaluated.losses).len(),
            4,
            "its loss is measured all the same"
        );
        values(evaluated.alpha.unwrap())
    };
    let neighbors = gradient(&without, Aggregation::Mean);
    let same = gradient(&with_self, Aggregation::Own { weight: 0.0 });
    let all = gradient(&with_self, Aggregation::Mean);
    let own = gradient(&with_self, Aggregation::Own { weight: 1.0 });
    for (index, neighbors) in neighbors.iter().enumerate() {
        assert!((neighbors - same[index]).abs() < 1e-6);
        let joined = 0.25 * own[index] + 0.75 * neighbors;
        assert!(
            (all[index] - joined).abs() < 1e-5,
            "{joined} {}",
            all[index]
        );
    }
}

#[test]
fn lanes_that_share_what_is_equal_give_the_losses_and_gradients_of_lanes_apart() {
    // Normal, reduction, reduction, normal: the first reduction cell follows one that some lanes share.
    let (network, weights, batch) = of_cells(4, 7);
    let alpha = vector(&some_alpha(), [2, 14, 8]);
    let wanted = Wanted {
        alpha: true,
        weights: true,
    };
    let run = |maps: &NeighborMaps| {
        let neighborhood = Some((maps, Aggregation::LogSumExp { tau: 0.1 }));
        let evaluated = evaluate(&network, at(&weights, &alpha), neighborhood, &batch, wanted);
        let evaluated = block_on(evaluated).unwrap();
        [
            values(evaluated.losses),
            values(evaluated.alpha.unwrap()),
            values(evaluated.weights.unwrap()),
        ]
    };
    let changes = [
        vec![(17, 5)],
        vec![(3, 2)],
        vec![(25, 1), (26, 2)],
        vec![(0, 7), (14, 1)],
        vec![(3, 1)],
    ];
    let all: Vec<usize> = (0..28).collect();
    for changes in [&changes[..], &[vec![], vec![]]] {
        let together = neighbor_maps(
            Representation::Permutation,
            &vector(&[1.0; 224], [2, 14, 8]),
            changes,
        );
        let apart = NeighborMaps {
            own: vec![all.clone(); together.lanes()],
            ..together.clone()
        };
        for (together, apart) in run(&together).iter().zip(run(&apart)) {
            let largest = apart
                .iter()
                .fold(0.0_f32, |most, value| most.max(value.abs()));
            for (a, b) in together.iter().zip(&apart) {
                assert!((a - b).abs() < 2e-5 * largest, "{a} {b} of {largest}");
            }
        }
    }
}

/// The effective radius of some changes at these weights of 2 edges with 8 operations.
fn radius(beta: &[f32], representation: Representation, changes: &[Substitutions]) -> f32 {
    let beta = vector(beta, [1, 2, 8]);
    let maps = neighbor_maps(representation, &beta, changes);
    values(effective_radius(&beta, &maps))[0]
}

#[test]
fn the_effective_radius_is_0_for_even_weights_that_are_permuted_and_an_edge_for_each_that_is_decided()
 {
    let even = [0.125; 16];
    let mut decided = [0.0; 16];
    decided[3] = 1.0;
    decided[8] = 1.0;
    let one = [vec![(0, 3)]];
    let both = [vec![(0, 3), (1, 5)]];
    let permuted =
        |beta, changes: &[Substitutions]| radius(beta, Representation::Permutation, changes);
    assert_eq!(permuted(&even, &one), 0.0);
    assert_eq!(permuted(&decided, &one), 1.0);
    assert_eq!(permuted(&decided, &both), 2.0);
    // The mean of both.
    assert_eq!(
        permuted(&decided, &[one.clone(), both.clone()].concat()),
        1.5
    );
    // Hard replacement by operation k: 1 − β_k.
    let replaced = radius(&even, Representation::HardReplacement, &one);
    assert_eq!(replaced, 0.875);
    let replaced = radius(&even, Representation::HardReplacement, &both);
    assert_eq!(replaced, 1.75);
    let moved = Representation::MassTransfer { share: 0.5 };
    assert_eq!(radius(&decided, moved, &one), 0.5);
    assert_eq!(radius(&decided, moved, &both), 1.0);
    // Never the operation that is chosen already.
    let every = (1..8).map(|shift| vec![(0, shift)]).collect::<Vec<_>>();
    let replaced = radius(&decided, Representation::HardReplacement, &every);
    assert_eq!(replaced, 1.0);
}

#[test]
fn a_lower_temperature_is_the_same_as_a_larger_alpha() {
    let alpha = some_alpha();
    let large: Vec<f32> = alpha.iter().map(|value| 4.0 * value).collect();
    let cold = values(softmax_at(vector(&alpha, [2, 14, 8]), 0.25));
    assert_eq!(cold, values(softmax_at(vector(&large, [2, 14, 8]), 1.0)));
    let temperature: Temperature = "1:0.25".parse().unwrap();
    let of = |step| temperature.at(step, 5);
    assert_eq!([of(1), of(3), of(5), of(6)], [1.0, 0.5, 0.25, 0.25]);
    assert_eq!(temperature.to_string(), "1:0.25");
    assert_eq!("2".parse::<Temperature>().unwrap().at(7, 9), 2.0);
    for wrong in ["", "0", "-1", "1:", "NaN", "1e9", "1:2:3"] {
        assert!(wrong.parse::<Temperature>().is_err(), "{wrong}");
    }
}

#[test]
fn the_neighbors_of_a_step_differ_and_come_as_they_are_drawn() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for (draw, radius) in [(Draw::Ball, 3), (Draw::Antithetic, 3), (Draw::Edge, 1)] {
        for count in [1, 2, 7, 10] {
            let drawn = draw_neighbors(draw, 14, 8, radius, count, &mut rng).unwrap();
            assert!(drawn.len() <= count && drawn.len() + 1 >= count, "{draw:?}");
            for (index, one) in drawn.iter().enumerate() {
                assert!(!drawn[..index].contains(one), "{draw:?}");
                assert!((1..=radius).contains(&one.len()));
                assert!(
                    one.iter()
                        .all(|&(edge, shift)| edge < 14 && (1..8).contains(&shift))
                );
            }
        }
    }
    let edge = draw_neighbors(Draw::Edge, 14, 8, 1, 7, &mut rng).unwrap();
    assert!(edge.iter().all(|one| one[0].0 == edge[0][0].0), "one edge");
    let pairs = draw_neighbors(Draw::Antithetic, 14, 8, 2, 200, &mut rng).unwrap();
    for one in &pairs[..pairs.len() - 1] {
        let opposite: Substitutions = one.iter().map(|&(edge, shift)| (edge, 8 - shift)).collect();
        assert!(pairs.contains(&opposite), "{one:?}");
    }
}
