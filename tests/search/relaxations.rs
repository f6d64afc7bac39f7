//! How α becomes weights, and how it moves: each strategy against what can be worked out by hand.

use burn::tensor::{Device, Tensor, TensorData};
use plateau::search::darts_minus::{self, with_auxiliary};
use plateau::search::gumbel::{Gumbel, published};
use plateau::search::na_darts::{Representation, neighbor_maps};
use plateau::search::objective::{
    Evaluated, NeighborMaps, Network, Point, Wanted, evaluate, mixing_weights, relaxed,
};
use plateau::search::relaxation::{Relaxation, progress};
use plateau::search::sdarts::adversarial;
use plateau::search::{Family, Select, Strategy, gaea, penalty};
use plateau::session::{Event, run_blocking};
use plateau::space::{
    Aggregation, Allowed, NO_CANDIDATE, Operation, Space, derive, derive_independent, likeliest,
};
use pollster::block_on;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::promises::{steps, tiny};
use crate::support::supernet::{paths, values, vector};

const EDGES: usize = 5;
const OPERATIONS: usize = 4;

/// Numbers in (−2, 2) without a pattern.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|_| (4.0 * rng.random::<f64>() - 2.0) as f32)
        .collect()
}

fn drawn(strategy: Strategy, entries: usize, seed: u64) -> Relaxation {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Relaxation::draw(strategy, entries, 0.7, None, 0.9, &mut rng)
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let products = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b));
    products.sum()
}

#[test]
fn the_gradient_through_every_relaxation_is_that_of_finite_differences() {
    let entries = EDGES * OPERATIONS;
    let relaxations = [
        drawn(Strategy::Darts, entries, 1),
        drawn(Strategy::Snas, entries, 2),
        drawn(Strategy::DrNas, entries, 3),
        drawn(Strategy::FairDarts, entries, 4),
        Relaxation::mean(Strategy::DrNas, 1.0),
        Relaxation::Given,
    ];
    let (alpha, direction) = (numbers(entries, 5), numbers(entries, 6));
    for relaxation in relaxations {
        let gradient = relaxation.transpose(&alpha, &direction, OPERATIONS);
        for place in 0..entries {
            let loss = |offset: f32| {
                let mut alpha = alpha.clone();
                alpha[place] += offset;
                let step = f64::from(alpha[place]);
                (dot(&relaxation.mix(&alpha, OPERATIONS), &direction), step)
            };
            let ((above, high), (below, low)) = (loss(2e-3), loss(-2e-3));
            let slope = (above - below) / (high - low);
            let found = f64::from(gradient[place]);
            let near = (found - slope).abs() < 2e-3 * slope.abs().max(0.2);
            assert!(near, "{relaxation:?} at {place}: {found} {slope}");
        }
    }
}

#[test]
fn gdas_draws_each_operation_as_often_as_softmax_of_alpha_says_and_takes_the_gradient_of_the_soft_form()
 {
    let alpha = [0.3_f32, -1.0, 1.2, 0.0];
    let exact: Vec<f64> = alpha.iter().map(|&a| f64::from(a).exp()).collect();
    let total: f64 = exact.iter().sum();
    let mut counts = [0.0; 4];
    let draws = 20_000;
    for seed in 0..draws {
        let relaxation = drawn(Strategy::Gdas, 4, seed);
        let mix = relaxation.mix(&alpha, 4);
        let mut sorted = mix.clone();
        sorted.sort_by(f32::total_cmp);
        assert_eq!(sorted, [0.0, 0.0, 0.0, 1.0]);
        let chosen = mix.iter().position(|&weight| weight == 1.0).unwrap();
        counts[chosen] += 1.0;
    }
    for (count, exact) in counts.iter().zip(&exact) {
        let (found, expected) = (count / draws as f64, exact / total);
        assert!((found - expected).abs() < 0.012, "{found} {expected}");
    }
    // Two equal operations without noise: the soft form is ½, ½, and only what was computed has a gradient: ½·½·g/τ.
    let even = Relaxation::Gumbel(Gumbel {
        noise: vec![0.0, 0.0],
        temperature: 0.25,
        hard: true,
    });
    assert_eq!(even.mix(&[0.4, 0.4], 2), [1.0, 0.0]);
    assert_eq!(even.transpose(&[0.4, 0.4], &[3.0, 99.0], 2), [3.0, -3.0]);
    assert!(even.is_hard());
    assert!(!drawn(Strategy::Snas, 4, 0).is_hard());
    // In equal steps from the first epoch to the last.
    let range = published(Strategy::Gdas);
    assert_eq!(range.linear(progress(1, 11)), 10.0);
    assert!((range.linear(progress(6, 11)) - 5.05).abs() < 1e-12);
    assert!((range.linear(progress(11, 11)) - 0.1).abs() < 1e-12);
    assert_eq!(published(Strategy::Snas).to_string(), "1:0.03");
}

#[test]
fn drnas_draws_from_the_dirichlet_distribution_of_its_concentrations() {
    // α = 0 is a concentration of 1, whose gamma variable is exponential: −ln(1 − u).
    let places = vec![0.1, 0.5, 0.97];
    let exponential: Vec<f64> = places.iter().map(|u| -f64::ln(1.0 - u)).collect();
    let sum: f64 = exponential.iter().sum();
    let mix = Relaxation::Dirichlet(places).mix(&[0.0; 3], 3);
    for (found, expected) in mix.iter().zip(&exponential) {
        assert!((f64::from(*found) - expected / sum).abs() < 1e-6);
    }
    // elu(α) + 1: 3, 1 and 1/e², of which the mean is the share of the sum.
    let alpha = [2.0_f32, 0.0, -2.0];
    let concentrations = [3.0, 1.0, f64::exp(-2.0)];
    let total: f64 = concentrations.iter().sum();
    let (mut mean, mut square) = ([0.0; 3], [0.0; 3]);
    let draws = 20_000;
    for seed in 0..draws {
        let mix = drawn(Strategy::DrNas, 3, seed).mix(&alpha, 3);
        assert!((mix.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        for k in 0..3 {
            mean[k] += f64::from(mix[k]) / draws as f64;
            square[k] += f64::from(mix[k]).powi(2) / draws as f64;
        }
    }
    let shown = Relaxation::mean(Strategy::DrNas, 1.0).mix(&alpha, 3);
    for k in 0..3 {
        let expected = concentrations[k] / total;
        assert!((mean[k] - expected).abs() < 0.006, "{} {expected}", mean[k]);
        assert!((f64::from(shown[k]) - expected).abs() < 1e-6);
        let variance = expected * (1.0 - expected) / (total + 1.0);
        let found = square[k] - mean[k].powi(2);
        assert!((found - variance).abs() < 0.005, "{found} {variance}");
    }
    // What α has all but given up still gives numbers.
    let lost = drawn(Strategy::DrNas, 3, 0);
    let (mix, back) = (
        lost.mix(&[-80.0, -90.0, 30.0], 3),
        lost.transpose(&[-80.0, -90.0, 30.0], &[1.0, -1.0, 2.0], 3),
    );
    assert!(mix.iter().chain(&back).all(|value| value.is_finite()));
}

#[test]
fn gaea_multiplies_the_weights_by_the_exponential_of_the_gradient() {
    let mut alpha = vector(&[0.0, 0.0, 0.0], [1, 1, 3]);
    let slopes = [1.0_f32, 0.0, -2.0];
    for _ in 0..5 {
        alpha = gaea::step(alpha, vector(&slopes, [1, 1, 3]), 0.1);
    }
    let powers: Vec<f64> = slopes
        .iter()
        .map(|&c| (-0.5 * f64::from(c)).exp())
        .collect();
    let sum: f64 = powers.iter().sum();
    let theta = Relaxation::Simplex.mix(&values(alpha), 3);
    for (found, expected) in theta.iter().zip(&powers) {
        assert!((f64::from(*found) - expected / sum).abs() < 1e-5);
    }
    // The gradient of the weights is not taken through softmax.
    assert_eq!(
        Relaxation::Simplex.transpose(&[1.0, 2.0, 3.0], &slopes, 3),
        slopes
    );
    // No weight is lost for good.
    let far = gaea::step(
        vector(&[0.0, 0.0], [1, 1, 2]),
        vector(&[900.0, 0.0], [1, 1, 2]),
        1.0,
    );
    let theta = Relaxation::Simplex.mix(&values(far), 2);
    assert!((theta[0] - 1e-5).abs() < 1e-7, "{theta:?}");
}

#[test]
fn penalties_have_the_gradient_of_finite_differences_and_the_weights_of_their_papers() {
    let alpha = numbers(EDGES * OPERATIONS, 8);
    for strategy in [Strategy::BetaDarts, Strategy::NaFairDarts] {
        let gradient = penalty::gradient(strategy, &alpha, OPERATIONS);
        for place in 0..alpha.len() {
            let at = |offset: f32| {
                let mut alpha = alpha.clone();
                alpha[place] += offset;
                (
                    penalty::penalty(strategy, &alpha, OPERATIONS),
                    f64::from(alpha[place]),
                )
            };
            let ((above, high), (below, low)) = (at(1e-2), at(-1e-2));
            let slope = (above - below) / (high - low);
            assert!((gradient[place] - slope).abs() < 1e-5, "{strategy} {place}");
        }
    }
    // Even operations: ln K for β-DARTS, no cost at ½ for FairDARTS, at most ¼ below.
    assert!((penalty::penalty(Strategy::BetaDarts, &[0.0; 8], 4) - 4.0_f64.ln()).abs() < 1e-12);
    assert_eq!(penalty::penalty(Strategy::FairDarts, &[0.0; 8], 4), 0.0);
    assert!((penalty::penalty(Strategy::FairDarts, &[50.0; 8], 4) + 0.25).abs() < 1e-9);
    // Along the epochs, and at once.
    let [beta, fair] = [Strategy::BetaDarts, Strategy::FairDarts];
    assert_eq!(
        [penalty::published(beta), penalty::published(fair)],
        [50.0, 10.0]
    );
    assert_eq!(penalty::weight(beta, 50.0, 1, 100), 0.0);
    assert_eq!(penalty::weight(beta, 50.0, 51, 100), 25.0);
    assert_eq!(penalty::weight(fair, 10.0, 1, 100), 10.0);
    assert_eq!(penalty::published(Strategy::NaDarts), 0.0);
}

#[test]
fn fair_darts_ranks_edges_by_the_weight_itself_where_softmax_ranks_them_by_their_lead() {
    // In the third node's rows: one with a strong operation among strong ones, one with a weak one that leads.
    let space = Space::Darts;
    let rows = space.edges().len();
    let mut alpha = vec![vec![vec![0.0; 8]; rows]; 2];
    alpha[0][2] = vec![0.0, 3.0, 2.9, 2.9, 2.9, 2.9, 2.9, 2.9];
    alpha[0][3] = vec![-4.0, 1.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0];
    alpha[0][4] = vec![-4.0, 1.5, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0];
    let of = |genotype: plateau::space::Genotype| -> Vec<usize> {
        let node = &genotype.cells()[0].nodes[1];
        let mut from: Vec<usize> = node.iter().map(|input| input.from).collect();
        from.sort_unstable();
        from
    };
    assert_eq!(of(derive(space, &alpha).unwrap()), [1, 2]);
    assert_eq!(of(derive_independent(space, &alpha).unwrap()), [0, 2]);
}

#[test]
fn the_auxiliary_skip_of_darts_minus_is_added_to_every_lane_and_fades() {
    let beta = Tensor::<3>::from_data(
        TensorData::new(vec![0.25_f32; 24], [2, 3, 4]),
        &Device::flex(),
    );
    let maps = neighbor_maps(Representation::HardReplacement, &beta, &[vec![(0, 1)]]);
    let plain = mixing_weights(beta.clone().autodiff(), Some(&maps));
    for (maps, plain) in [
        (None, mixing_weights(beta.clone().autodiff(), None)),
        (Some(maps), plain),
    ] {
        let with = with_auxiliary(maps, &[0.5; 6], [3, 4], &Device::flex());
        let mix = mixing_weights(beta.clone().autodiff(), Some(&with));
        for (mix, plain) in mix.into_iter().zip(plain) {
            let more = values((mix - plain).inner());
            for (place, more) in more.into_iter().enumerate() {
                assert_eq!(more, if place % 4 == 3 { 0.5 } else { 0.0 });
            }
        }
    }
    assert_eq!(darts_minus::weight(1.0, 1, 50), 1.0);
    assert_eq!(darts_minus::weight(1.0, 26, 50), 0.5);
    assert!((darts_minus::weight(1.0, 50, 50) - 0.02).abs() < 1e-12);
}

#[test]
fn the_adversary_of_sdarts_finds_the_worst_weights_of_a_linear_loss_within_its_box() {
    let slopes = [4.0_f32, -1.0, 0.5, -3.5];
    let loss = async |beta: &Tensor<3>| {
        let slopes = vector(&slopes, [1, 1, 4]);
        Ok(((beta.clone() * slopes.clone()).sum(), slopes))
    };
    let beta = vector(&[0.25; 4], [1, 1, 4]);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let lane = block_on(adversarial(&beta, 0.1, &[true; 4], &mut rng, loss)).unwrap();
    let worst = values(lane.constant);
    // Two operations up and two down keep the sum: 0.35 and 0.15, whatever the start.
    for (found, slope) in worst.iter().zip(slopes) {
        let expected = 0.25 + 0.1 * slope.signum();
        assert!((found - expected).abs() < 0.03, "{worst:?}");
    }
    // Where the loss is lower all around, the weights stay.
    let peak = async |beta: &Tensor<3>| {
        let offset = beta.clone() - vector(&[0.25; 4], [1, 1, 4]);
        Ok((offset.clone().square().sum().neg(), offset.zeros_like()))
    };
    let lane = block_on(adversarial(&beta, 0.1, &[true; 4], &mut rng, peak)).unwrap();
    assert_eq!(values(lane.constant), [0.25; 4]);
}

/// Loss and gradients of a pass at given weights of the operations, with or without the knowledge that each edge has one.
fn at_paths(
    network: &Network,
    weights: &Tensor<1>,
    batch: &plateau::data::Batch,
    maps: Option<&NeighborMaps>,
    relaxation: &Relaxation,
    alpha: &Tensor<3>,
) -> Evaluated {
    let wanted = Wanted {
        alpha: true,
        weights: true,
    };
    let point = Point {
        weights,
        alpha,
        relaxation,
    };
    let neighborhood = maps.map(|maps| (maps, Aggregation::Mean));
    block_on(evaluate(network, point, neighborhood, batch, wanted)).unwrap()
}

#[test]
fn gdas_computes_the_drawn_operations_alone_and_gets_what_all_of_them_would_give() {
    for space in [Space::Darts, Space::NasBench201] {
        let (network, weights, batch) = paths(space, 4);
        let dims = [
            space.cell_kinds().len(),
            space.edges().len(),
            space.operations().len(),
        ];
        let entries = dims.iter().product();
        let alpha = vector(&numbers(entries, 9), dims);
        let relaxation = drawn(Strategy::Gdas, entries, 10);
        let beta = block_on(relaxed(&relaxation, &alpha)).unwrap();
        let near = neighbor_maps(
            Representation::Permutation,
            &beta,
            &[vec![(1, 2)], vec![(0, 1)]],
        );
        for maps in [None, Some(&near)] {
            let alone = at_paths(&network, &weights, &batch, maps, &relaxation, &alpha);
            let all = at_paths(&network, &weights, &batch, maps, &Relaxation::Given, &beta);
            for (a, b) in values(alone.losses).iter().zip(values(all.losses)) {
                assert!((a - b).abs() < 1e-5, "{space} {a} {b}");
            }
            let mixed = values(all.alpha.unwrap());
            let expected = relaxation.transpose(&values(alpha.clone()), &mixed, dims[2]);
            for (a, b) in values(alone.alpha.unwrap()).iter().zip(expected) {
                assert!((a - b).abs() < 1e-4 * b.abs().max(1.0), "{space} {a} {b}");
            }
            for (a, b) in values(alone.weights.unwrap())
                .iter()
                .zip(values(all.weights.unwrap()))
            {
                assert!((a - b).abs() < 1e-4 * b.abs().max(1.0), "{space} {a} {b}");
            }
        }
    }
}

#[test]
fn a_strategy_whose_modifier_is_zero_is_the_plain_one_bit_for_bit() {
    let darts = steps(&run_blocking(&tiny(Space::NasBench201, Strategy::Darts)));
    let zero = |strategy| {
        let mut config = tiny(Space::NasBench201, strategy);
        let search = config.search.as_mut().unwrap();
        search.epochs = 2;
        search.penalty = Some(0.0);
        search.auxiliary_skip = 0.0;
        search.perturbation = 0.0;
        search.rho = 0.0;
        steps(&run_blocking(&config))
    };
    let two_epochs = zero(Strategy::Darts);
    assert_ne!(two_epochs, darts);
    for strategy in [
        Strategy::BetaDarts,
        Strategy::DartsMinus,
        Strategy::SdartsAdv,
        Strategy::SdartsRs,
    ] {
        assert_eq!(zero(strategy), two_epochs, "{strategy}");
    }
    // And is another with it.
    for strategy in [
        Strategy::BetaDarts,
        Strategy::DartsMinus,
        Strategy::SdartsAdv,
        Strategy::SdartsRs,
    ] {
        let mut config = tiny(Space::NasBench201, strategy);
        config.search.as_mut().unwrap().epochs = 2;
        assert_ne!(steps(&run_blocking(&config)), two_epochs, "{strategy}");
    }
}

#[test]
fn every_strategy_with_a_neighborhood_of_radius_zero_is_the_one_without_bit_for_bit() {
    let aware = Strategy::ALL
        .into_iter()
        .filter(|strategy| strategy.neighborhood_aware());
    let mut seen = 0;
    for strategy in aware {
        seen += 1;
        let plain = run_blocking(&tiny(Space::NasBench201, strategy.plain()));
        let mut none = tiny(Space::NasBench201, strategy);
        none.search.as_mut().unwrap().radius = 0;
        assert_eq!(run_blocking(&none)[1..], plain[1..], "{strategy}");
        let with = run_blocking(&tiny(Space::NasBench201, strategy));
        assert_ne!(steps(&with), steps(&plain), "{strategy}");
        assert!(
            steps(&with)
                .iter()
                .all(|step| step.neighbor_losses.len() == 2)
        );
        assert_eq!(with.last(), Some(&Event::Finished));
    }
    assert_eq!(seen, 12);
}

#[test]
fn strategies_have_names_titles_and_families_of_their_own() {
    for (place, strategy) in Strategy::ALL.into_iter().enumerate() {
        assert_eq!(strategy.name().parse(), Ok(strategy));
        let text = serde_json::to_string(&strategy).unwrap();
        assert_eq!(text, format!("\"{}\"", strategy.name()));
        assert_eq!(serde_json::from_str::<Strategy>(&text).unwrap(), strategy);
        for other in &Strategy::ALL[..place] {
            assert_ne!(other.name(), strategy.name());
            assert_ne!(other.title(), strategy.title());
        }
        let aware = strategy.neighborhood_aware();
        assert_eq!(aware, strategy.name().starts_with("na-"));
        assert_eq!(aware, strategy.title().starts_with("NA-"));
        if aware {
            assert_eq!(strategy.family(), Family::Flat);
            assert_eq!(strategy.name(), format!("na-{}", strategy.plain()));
        }
        assert!(strategy.sentence().ends_with('.') || strategy.sentence().ends_with(": slow."));
    }
    assert!(
        Space::NasBench201
            .operation_index(Operation::SkipConnect)
            .is_some()
    );
}

#[test]
fn the_likeliest_architectures_are_those_of_the_largest_joint_weight() {
    let space = Space::NasBench201Small;
    let log_weights = vec![
        numbers(15, 11)
            .chunks(5)
            .map(|row| row.iter().map(|&value| f64::from(value)).collect())
            .collect::<Vec<Vec<f64>>>(),
    ];
    let mut all: Vec<(f64, Vec<Operation>)> = Vec::new();
    for place in 0..125 {
        let chosen = [place / 25, place / 5 % 5, place % 5];
        let weight = (0..3).map(|edge| log_weights[0][edge][chosen[edge]]).sum();
        all.push((weight, chosen.map(|k| space.operations()[k]).to_vec()));
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let found = likeliest(&Allowed::all(space), &log_weights, 10);
    assert_eq!(found.len(), 10);
    for (found, (_, expected)) in found.iter().zip(&all) {
        assert_eq!(found.encoding(), std::slice::from_ref(expected));
    }
    assert_eq!(
        likeliest(&Allowed::all(space), &log_weights, 500).len(),
        125
    );
    // In the DARTS space the first of them is what is derived.
    let alpha: Vec<Vec<Vec<f64>>> = numbers(224, 12)
        .chunks(112)
        .map(|kind| {
            kind.chunks(8)
                .map(|row| {
                    let exact: Vec<f64> = row.iter().map(|&a| f64::from(a)).collect();
                    let sum: f64 = exact.iter().map(|a| a.exp()).sum();
                    exact.iter().map(|a| a - sum.ln()).collect()
                })
                .collect()
        })
        .collect();
    let found = likeliest(&Allowed::all(Space::Darts), &alpha, 10);
    assert_eq!(found[0], derive(Space::Darts, &alpha).unwrap());
    for (place, genotype) in found.iter().enumerate() {
        assert!(!found[..place].contains(genotype));
    }
    assert!(likeliest(&Allowed::all(space), &[], 10).is_empty());
}

#[test]
fn a_search_may_end_with_what_its_supernet_misses_most_or_with_the_flattest_likely_cell() {
    for space in [Space::Darts, Space::NasBench201] {
        for select in [Select::Perturbation, Select::Neighborhood] {
            let mut config = tiny(space, Strategy::NaDarts);
            config.search.as_mut().unwrap().select = select;
            let events = run_blocking(&config);
            assert_eq!(events.last(), Some(&Event::Finished), "{space}");
            assert_eq!(events, run_blocking(&config));
            // The search itself is the same.
            let mut last = config.clone();
            last.search.as_mut().unwrap().select = Select::Last;
            assert_eq!(steps(&run_blocking(&last)), steps(&events));
        }
    }
}

#[test]
fn what_is_no_candidate_has_no_weight_in_any_relaxation_and_gets_none_by_any_step() {
    let mut alpha = numbers(12, 13);
    for place in [1, 2, 7] {
        alpha[place] = NO_CANDIDATE;
    }
    let slopes = numbers(12, 14);
    let mut relaxations: Vec<Relaxation> = [
        Strategy::Darts,
        Strategy::Gdas,
        Strategy::Snas,
        Strategy::DrNas,
        Strategy::FairDarts,
        Strategy::Gaea,
    ]
    .map(|strategy| drawn(strategy, 12, 15))
    .into();
    relaxations.push(Relaxation::mean(Strategy::DrNas, 1.0));
    for relaxation in relaxations {
        let mix = relaxation.mix(&alpha, 4);
        let back = relaxation.transpose(&alpha, &slopes, 4);
        for place in [1, 2, 7] {
            assert_eq!(mix[place], 0.0, "{relaxation:?}");
            let left_in_the_weights = relaxation == Relaxation::Simplex;
            assert!(left_in_the_weights || back[place] == 0.0, "{relaxation:?}");
        }
        assert!(mix.iter().chain(&back).all(|value| value.is_finite()));
    }
    for strategy in [Strategy::BetaDarts, Strategy::FairDarts] {
        let gradient = penalty::gradient(strategy, &alpha, 4);
        assert_eq!([gradient[1], gradient[7]], [0.0; 2]);
    }
    let stepped = gaea::step(vector(&alpha, [1, 3, 4]), vector(&slopes, [1, 3, 4]), 0.1);
    let stepped = values(stepped);
    assert_eq!([stepped[1], stepped[2], stepped[7]], [NO_CANDIDATE; 3]);
    let theta = Relaxation::Simplex.mix(&stepped, 4);
    for row in theta.chunks(4) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
    let loss = async |beta: &Tensor<3>| Ok((beta.clone().sum(), beta.ones_like()));
    let beta = vector(&[0.5, 0.0, 0.5, 0.0], [1, 1, 4]);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let allowed = [true, false, true, false];
    let lane = block_on(adversarial(&beta, 0.3, &allowed, &mut rng, loss)).unwrap();
    let worst = values(lane.constant);
    assert_eq!([worst[1], worst[3]], [0.0; 2]);
}

#[test]
fn every_strategy_searches_a_restricted_space_and_finds_nothing_else_there() {
    for strategy in Strategy::ALL {
        let mut config = tiny(Space::Darts, strategy);
        let search = config.search.as_mut().unwrap();
        search.candidates = "S2".parse().unwrap();
        let events = run_blocking(&config);
        assert_eq!(events.last(), Some(&Event::Finished), "{strategy}");
        let found = events.iter().find_map(|event| match event {
            Event::Derived { genotype } => Some(genotype.clone()),
            _ => None,
        });
        for input in found
            .unwrap()
            .cells()
            .iter()
            .flat_map(|cell| cell.nodes.iter().flatten())
        {
            let candidate = [Operation::SkipConnect, Operation::SepConv3x3];
            assert!(candidate.contains(&input.operation), "{strategy}");
        }
        for step in steps(&events) {
            for row in step.alpha.iter().flatten() {
                let weights = step.relaxation().mix(row, row.len());
                let counting = weights.iter().filter(|&&weight| weight > 0.0).count();
                assert!(counting <= 2, "{strategy} {weights:?}");
            }
        }
    }
}
