//! The strategies beyond DARTS and NA-DARTS, and what a search is watched for: sharpness, early stop, skip collapse.

use burn::tensor::{Tensor, activation::softmax};
use plateau::search::a2m::{HessianPoint, a2m};
use plateau::search::early_stop::{early_stop, first_candidate, interval};
use plateau::search::objective::{Evaluated, Objective, StepObjective, Wanted, mixing_weights};
use plateau::search::relaxation::Relaxation;
use plateau::search::sdarts::{perturbation, perturbed};
use plateau::search::sharpness::{hessian_product, largest_eigenvalue, sharpness, symmetric_eigen};
use plateau::search::{SearchError, Select, Strategy, Temperature};
use plateau::session::{Event, Preset, RunConfig, RunKind, SearchStep, Sharpness, run_blocking};
use plateau::space::{Genotype, Space};
use pollster::block_on;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::support::runs::on_digits;
use crate::support::supernet::{small, values, vector};

/// L(α) = ½ βᵀAβ with β = α, or β = softmax(α); A is symmetric.
struct Quadratic {
    matrix: Tensor<2>,
    softmax: bool,
}

impl Quadratic {
    /// A fixed symmetric matrix.
    fn new(size: usize, softmax: bool) -> Self {
        let entry = |i: usize, j: usize| ((i * j + 3 * (i + j)) % 17) as f32 / 8.0 - 1.0;
        let matrix: Vec<f32> = (0..size * size)
            .map(|place| entry(place / size, place % size))
            .collect();
        Self {
            matrix: vector(&matrix, [size, size]),
            softmax,
        }
    }

    fn rows(&self) -> Vec<Vec<f64>> {
        values(self.matrix.clone())
            .chunks(self.matrix.dims()[0])
            .map(|row| row.iter().map(|&value| f64::from(value)).collect())
            .collect()
    }
}

impl Objective for Quadratic {
    async fn training(
        &self,
        _: &Tensor<1>,
        _: &Tensor<3>,
        _: Wanted,
    ) -> Result<Evaluated, SearchError> {
        unreachable!("the α-step of these strategies looks at the validation loss only")
    }

    async fn validation(
        &self,
        _: &Tensor<1>,
        alpha: &Tensor<3>,
        _: Wanted,
    ) -> Result<Evaluated, SearchError> {
        let size = self.matrix.dims()[0];
        let alpha = alpha.clone().autodiff().require_grad();
        let beta = if self.softmax {
            softmax(alpha.clone(), 2)
        } else {
            alpha.clone()
        };
        let beta = beta.reshape([1, size]);
        let image = beta.clone().matmul(self.matrix.clone().autodiff());
        let loss = (image * beta).sum().div_scalar(2.0);
        let mut gradients = loss.backward();
        Ok(Evaluated {
            losses: loss.clone().inner(),
            accuracy: loss.inner().zeros_like(),
            alpha: alpha.grad_remove(&mut gradients),
            weights: None,
        })
    }
}

fn product(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix
        .iter()
        .map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
        .collect()
}

#[test]
fn a2m_on_a_quadratic_is_its_closed_form_wherever_the_hessian_is_taken() {
    let quadratic = Quadratic::new(12, false);
    let matrix = quadratic.rows();
    let alpha: Vec<f32> = (0..12).map(|i| (i as f32 - 5.0) / 7.0).collect();
    let rho = 0.1;
    // v + ρAv.
    let ascended = |v: &[f64]| -> Vec<f64> {
        let image = product(&matrix, v);
        v.iter().zip(image).map(|(v, av)| v + rho * av).collect()
    };
    let exact: Vec<f64> = alpha.iter().map(|&a| f64::from(a)).collect();
    let expected = ascended(&product(&matrix, &ascended(&exact)));
    for point in [HessianPoint::Ascended, HessianPoint::Alpha] {
        let weights = vector(&[0.0], [1]);
        let alpha = vector(&alpha, [1, 3, 4]);
        let direction = block_on(a2m(&quadratic, &weights, &alpha, rho, point)).unwrap();
        for (found, expected) in values(direction.alpha.unwrap()).iter().zip(&expected) {
            let difference = (f64::from(*found) - expected).abs();
            assert!(
                difference < 1e-3 * expected.abs().max(1.0),
                "{found} {expected}"
            );
        }
    }
}

#[test]
fn the_points_of_a2m_s_hessian_differ_where_the_loss_is_no_quadratic() {
    let loss = Quadratic::new(24, true);
    let alpha: Vec<f32> = (0..24).map(|i| (i % 5) as f32 / 2.0).collect();
    let alpha = vector(&alpha, [1, 3, 8]);
    let weights = vector(&[0.0], [1]);
    let direction = |point| {
        let direction = block_on(a2m(&loss, &weights, &alpha, 2.0, point));
        values(direction.unwrap().alpha.unwrap())
    };
    let [ascended, own] = [
        direction(HessianPoint::Ascended),
        direction(HessianPoint::Alpha),
    ];
    let difference = ascended
        .iter()
        .zip(&own)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(difference > 1e-3, "{difference}");
}

#[test]
fn the_hessian_of_a_function_of_softmax_has_one_zero_eigenvalue_an_edge() {
    let loss = Quadratic::new(224, true);
    let alpha: Vec<f32> = (0..224).map(|i| (i * 29 % 17) as f32 / 10.0).collect();
    let alpha = vector(&alpha, [2, 14, 8]);
    let weights = vector(&[0.0], [1]);
    let hessian = |v: &[f64]| block_on(hessian_product(&loss, &weights, &alpha, v)).unwrap();
    // The directions are known: a constant on one edge.
    let mut scale = 0.0_f64;
    for edge in 0..28 {
        let constant: Vec<f64> = (0..224)
            .map(|i| f64::from(u8::from(i / 8 == edge)))
            .collect();
        let single: Vec<f64> = (0..224)
            .map(|i| f64::from(u8::from(i == edge * 8)))
            .collect();
        let largest = |v: Vec<f64>| v.into_iter().map(f64::abs).fold(0.0, f64::max);
        scale = scale.max(largest(hessian(&single)));
        assert!(largest(hessian(&constant)) < 2e-4, "edge {edge}");
    }
    assert!(scale > 1e-2, "{scale}");
    // And there are no others.
    let mut matrix = Vec::new();
    for row in 0..224 {
        let unit: Vec<f64> = (0..224).map(|i| f64::from(u8::from(i == row))).collect();
        matrix.extend(hessian(&unit));
    }
    for row in 0..224 {
        for column in 0..row {
            let mean = 0.5 * (matrix[row * 224 + column] + matrix[column * 224 + row]);
            matrix[row * 224 + column] = mean;
            matrix[column * 224 + row] = mean;
        }
    }
    let (eigenvalues, _) = symmetric_eigen(matrix, 224);
    let mut sizes: Vec<f64> = eigenvalues.iter().map(|value| value.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    println!("{:?}", &sizes[20..40]);
    assert!(
        sizes[27] < 2e-4 && sizes[28] > 5.0 * sizes[27],
        "{:?}",
        &sizes[24..32]
    );
}

#[test]
fn lanczos_finds_the_largest_eigenvalue_of_matrices_that_are_known() {
    // Eigenvalues 1, 2, …, 40 in a rotated basis: a diagonal matrix reflected at a vector.
    let size = 40;
    let mirror: Vec<f64> = (0..size).map(|i| ((i * 7 % 11) as f64) - 4.0).collect();
    let length: f64 = mirror.iter().map(|m| m * m).sum();
    let reflect = |v: &[f64]| -> Vec<f64> {
        let share = 2.0 * v.iter().zip(&mirror).map(|(v, m)| v * m).sum::<f64>() / length;
        v.iter().zip(&mirror).map(|(v, m)| v - share * m).collect()
    };
    let mut products = 0;
    let found = block_on(largest_eigenvalue(size, 40, async |v: &[f64]| {
        products += 1;
        let mut v = reflect(v);
        for (place, value) in v.iter_mut().enumerate() {
            *value *= (place + 1) as f64;
        }
        Ok::<_, ()>(reflect(&v))
    }));
    assert!((found.unwrap() - 40.0).abs() < 0.01, "{found:?}");
    assert!(products < 40, "{products}");
    // Nothing is positive here: the largest is the one nearest to zero, not that of the largest size.
    let negative = block_on(largest_eigenvalue(3, 20, async |v: &[f64]| {
        Ok::<_, ()>(vec![-5.0 * v[0], -2.0 * v[1], -7.0 * v[2]])
    }));
    assert!((negative.unwrap() + 2.0).abs() < 1e-9, "{negative:?}");
}

#[test]
fn sharpness_is_the_largest_eigenvalue_of_the_full_hessian_of_a_supernet() {
    let (network, weights, batch) = small(4);
    let objective = StepObjective {
        network: &network,
        training: &batch,
        validation: &batch,
        neighborhood: None,
        perturbed: None,
        relaxation: &Relaxation::DARTS,
    };
    let alpha: Vec<f32> = (0..224).map(|i| (i * 29 % 17) as f32 / 10.0).collect();
    let alpha = vector(&alpha, [2, 14, 8]);
    let found = block_on(sharpness(&objective, &weights, &alpha)).unwrap();
    let mut matrix = Vec::new();
    for row in 0..224 {
        let unit: Vec<f64> = (0..224).map(|i| f64::from(u8::from(i == row))).collect();
        matrix.extend(block_on(hessian_product(&objective, &weights, &alpha, &unit)).unwrap());
    }
    let (eigenvalues, _) = symmetric_eigen(matrix, 224);
    let largest = eigenvalues.into_iter().fold(f64::NEG_INFINITY, f64::max);
    assert!(largest > 1e-3, "{largest}");
    assert!(
        (found - largest).abs() < 0.02 * largest,
        "{found} {largest}"
    );
    // The same again: nothing random is left in it.
    assert_eq!(
        found,
        block_on(sharpness(&objective, &weights, &alpha)).unwrap()
    );
}

#[test]
fn perturbed_weights_are_distributions_within_epsilon_of_beta() {
    let alpha: Vec<f32> = (0..112).map(|i| (i * 29 % 17) as f32 / 5.0).collect();
    let alpha = vector(&alpha, [1, 14, 8]);
    let weights = softmax(alpha, 2);
    let beta = values(weights.clone());
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let draw = |epsilon, rng: &mut ChaCha8Rng| {
        let maps = perturbed(&weights, epsilon, &[true; 2 * 14 * 8], rng);
        values(mixing_weights(weights.clone(), Some(&maps)).remove(0))
    };
    let small = draw(0.001, &mut rng);
    for (edge, row) in small.chunks(8).enumerate() {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        for (place, value) in row.iter().enumerate() {
            // The division by a sum within 8ε of 1 adds to the ε of the noise.
            let difference = (value - beta[edge * 8 + place]).abs();
            assert!(difference < 0.01, "{difference}");
        }
    }
    assert_ne!(small, beta);
    // Noise far beyond every weight still leaves distributions: rows that lost all become one-hot.
    for _ in 0..50 {
        for row in draw(1.0, &mut rng).chunks(8) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{row:?}");
            assert!(
                row.iter().all(|value| (0.0..=1.0).contains(value)),
                "{row:?}"
            );
        }
    }
    assert_eq!(perturbation(0, 50, 0.3), 0.03);
    assert!((perturbation(25, 50, 0.3) - 0.165).abs() < 1e-12);
}

#[test]
fn the_early_stop_goes_back_four_evaluations_where_sharpness_has_risen_by_a_third() {
    let flat = [1.0; 12];
    assert_eq!(early_stop(&flat, 0), None);
    // Means of five, centred at evaluations 9 and 5: 1.6 against 1.
    let rising = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0];
    let stops: Vec<_> = (1..=12)
        .map(|count| early_stop(&rising[..count], 0))
        .collect();
    // With 11 evaluations the mean at 8 is 1.4, that at 4 is 1.
    let mut expected = vec![None; 12];
    expected[10] = Some(4);
    expected[11] = Some(5);
    assert_eq!(stops, expected);
    assert_eq!(early_stop(&rising, 5), Some(5));
    assert_eq!(
        early_stop(&rising, 6),
        None,
        "the earliest candidate is later"
    );
    // A mean that is not positive says nothing.
    let negative: Vec<f64> = rising.iter().map(|value| value - 1.5).collect();
    assert_eq!(early_stop(&negative, 0), None);
    // The published schedule: every second of 50 epochs of 390 steps, at the earliest back to epoch 10.
    assert_eq!(interval(50 * 390), 2 * 390);
    assert_eq!(first_candidate(50 * 390, 2 * 390), 4);
    // Evaluations are counted from 0: the fifth is after epoch 10.
    assert_eq!((4 + 1) * interval(50 * 390), 10 * 390);
}

/// A run of three search steps and one training epoch on digits.
fn tiny(space: Space, strategy: Strategy) -> RunConfig {
    let mut search = Preset::Quick.search(space, strategy);
    search.channels = 4;
    search.layers = if space == Space::Darts { 3 } else { 1 };
    search.epochs = 1;
    search.batch = 60;
    let mut train = Preset::Quick.train(space);
    train.channels = 4;
    train.layers = search.layers;
    train.epochs = 1;
    train.batch = 180;
    RunConfig {
        test_share: 0.8,
        ..on_digits(Some(search), train)
    }
}

fn with(
    mut config: RunConfig,
    change: impl FnOnce(&mut plateau::session::SearchConfig),
) -> RunConfig {
    change(config.search.as_mut().unwrap());
    config
}

fn steps(events: &[Event]) -> Vec<SearchStep> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::SearchStep(step) => Some(step.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_search_may_end_with_the_epoch_of_the_best_validation() {
    let space = Space::NasBench201Small;
    let mut config = with(tiny(space, Strategy::Darts), |search| {
        search.epochs = 8;
        search.alpha_rate = 0.3;
        search.weight_rate = 0.3;
        search.select = Select::BestValidation;
    });
    config.kind = RunKind::SearchOnly;
    let events = run_blocking(&config);
    let mut best: Option<(f32, Genotype)> = None;
    let (mut sum, mut count) = (0.0, 0.0);
    for event in &events {
        match event {
            Event::SearchStep(step) => {
                sum += step.validation_accuracy;
                count += 1.0;
            }
            Event::SearchEpoch { genotype, .. } => {
                let mean = sum / count;
                if best.as_ref().is_none_or(|(other, _)| mean > *other) {
                    best = Some((mean, genotype.clone()));
                }
                (sum, count) = (0.0, 0.0);
            }
            _ => {}
        }
    }
    let derived = events.iter().find_map(|event| match event {
        Event::Derived { genotype } => Some(genotype.clone()),
        _ => None,
    });
    assert_eq!(derived, best.map(|(_, genotype)| genotype));
}

#[test]
fn rsps_learns_on_single_paths_and_chooses_by_the_shared_weights() {
    for space in [Space::Darts, Space::NasBench201Small] {
        let config = |epochs, seed| {
            let mut config = with(tiny(space, Strategy::Rsps), |search| search.epochs = epochs);
            config.kind = RunKind::SearchOnly;
            config.seed = seed;
            config
        };
        let events = run_blocking(&config(12, 3));
        assert_eq!(events.last(), Some(&Event::Finished));
        let found = |events: &[Event]| {
            events.iter().rev().find_map(|event| match event {
                Event::Derived { genotype } => Some(genotype.clone()),
                _ => None,
            })
        };
        assert_eq!(found(&events).unwrap().space(), space);
        let trained = events
            .iter()
            .any(|event| matches!(event, Event::TrainStarted { .. }));
        assert!(!trained, "it was asked for a search only");
        let steps = steps(&events);
        let mean = |steps: &[SearchStep]| {
            let losses = steps.iter().map(|step| step.train_loss);
            losses.sum::<f32>() / steps.len() as f32
        };
        let [early, late] = [mean(&steps[..3]), mean(&steps[steps.len() - 3..])];
        assert!(late < early - 0.1, "{space}: {early} to {late}");
        assert_eq!(run_blocking(&config(12, 3)), events);
        // Seeds may choose the same cell of a small space, but not by the same losses.
        assert_ne!(run_blocking(&config(12, 4))[1..], events[1..]);
    }
}

#[test]
fn a2m_without_ascent_and_sdarts_without_noise_follow_darts_bit_for_bit() {
    for space in [Space::Darts, Space::NasBench201Small] {
        let darts = run_blocking(&tiny(space, Strategy::Darts));
        assert_eq!(darts.last(), Some(&Event::Finished));
        for strategy in [Strategy::A2m, Strategy::SdartsRs] {
            let still = with(tiny(space, strategy), |search| {
                search.rho = 0.0;
                search.perturbation = 0.0;
            });
            // Every event after the first, which holds the configuration.
            assert_eq!(darts[1..], run_blocking(&still)[1..], "{strategy}");
            let moved = run_blocking(&tiny(space, strategy));
            assert_ne!(steps(&darts), steps(&moved), "{strategy}");
            assert_eq!(moved, run_blocking(&tiny(space, strategy)), "{strategy}");
        }
    }
}

fn sharpnesses(events: &[Event]) -> Vec<(usize, f64)> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Sharpness(sharpness) => Some((sharpness.step, sharpness.eigenvalue)),
            _ => None,
        })
        .collect()
}

#[test]
fn measuring_sharpness_changes_nothing_else_of_a_search() {
    for strategy in [Strategy::NaDarts, Strategy::A2m] {
        let config = tiny(Space::NasBench201Small, strategy);
        let plain = run_blocking(&config);
        let watched = run_blocking(&with(config, |search| search.sharpness = 2));
        let measured = sharpnesses(&watched);
        assert_eq!(measured.len(), 1);
        assert_eq!(measured[0].0, 2);
        assert!(measured[0].1.is_finite());
        let sharpness = watched.iter().find_map(|event| match event {
            Event::Sharpness(sharpness) => Some(sharpness),
            _ => None,
        });
        let Sharpness { loss, rise, .. } = *sharpness.unwrap();
        assert!(loss.unwrap() > 0.0 && rise.unwrap().is_finite());
        let rest: Vec<Event> = watched
            .into_iter()
            .filter(|event| !matches!(event, Event::Sharpness(_)))
            .collect();
        assert_eq!(plain[1..], rest[1..]);
    }
}

#[test]
fn sharpness_of_several_batches_is_their_mean_with_its_standard_error() {
    let one = with(tiny(Space::NasBench201Small, Strategy::Darts), |search| {
        (search.sharpness, search.batch) = (2, 16);
    });
    let measured = |batches: usize| {
        let config = with(one.clone(), |search| search.sharpness_batches = batches);
        let found = run_blocking(&config)
            .into_iter()
            .find_map(|event| match event {
                Event::Sharpness(sharpness) => Some(sharpness),
                _ => None,
            });
        found.unwrap()
    };
    let [one, two] = [1, 2].map(measured);
    assert_eq!((one.batches, one.standard_error), (1, None));
    // Of two values the standard error of the mean is half of what parts them, and the first batch is the same.
    let error = two.standard_error.unwrap();
    assert_eq!(two.batches, 2);
    assert!(((two.eigenvalue - one.eigenvalue).abs() - error).abs() < 1e-9 * error.max(1.0));
    let text = two.to_string();
    assert!(
        text.contains(" ± ") && text.contains("(2 batches)"),
        "{text}"
    );
    assert!((two.relative().unwrap() - two.eigenvalue / two.loss.unwrap()).abs() < 1e-12);
    // As many as there are, where more are asked for.
    assert!(measured(1024).batches < 1024);
}

#[test]
fn an_early_stop_ends_where_its_rule_says_and_returns_the_earlier_genotype() {
    let mut config = with(tiny(Space::NasBench201Small, Strategy::Darts), |search| {
        search.channels = 2;
        search.batch = 200;
        search.epochs = 9;
        search.alpha_rate = 0.05;
        search.weight_rate = 0.1;
        search.early_stop = true;
    });
    config.test_share = 0.3;
    let events = run_blocking(&config);
    let measured = sharpnesses(&events);
    // 27 steps, one measurement each.
    let values: Vec<f64> = measured.iter().map(|(_, value)| *value).collect();
    let rule = (1..=values.len())
        .find_map(|count| Some((count, early_stop(&values[..count], first_candidate(27, 1))?)));
    let stopped = events.iter().find_map(|event| match event {
        Event::StoppedEarly { step, kept_step } => Some((*step, *kept_step)),
        _ => None,
    });
    println!("{stopped:?} {values:?}");
    assert_eq!(stopped, rule.map(|(count, kept)| (count, kept + 1)));
    let (last, kept) = stopped.expect("the sharpness of this search rises");
    assert_eq!(steps(&events).len(), last);
    // A search that is stopped by hand at that step derives the same.
    let kept_alpha = &steps(&events)[kept - 1].alpha;
    let alpha: Vec<Vec<Vec<f64>>> = kept_alpha
        .iter()
        .map(|cell| {
            let row = |row: &Vec<f32>| row.iter().map(|&value| f64::from(value)).collect();
            cell.iter().map(row).collect()
        })
        .collect();
    let expected = plateau::space::derive(Space::NasBench201Small, &alpha).unwrap();
    let derived = events.iter().find_map(|event| match event {
        Event::Derived { genotype } => Some(genotype.clone()),
        _ => None,
    });
    assert_eq!(derived, Some(expected));
    assert_eq!(events.last(), Some(&Event::Finished));
}

#[test]
fn a_cell_of_skip_connections_is_warned_of_once_an_onset() {
    // Epoch after epoch the derived cells are those of the events; the warnings must follow from them.
    let half = |genotype: &Genotype| {
        let inputs = genotype.cells()[0].nodes.iter().flatten();
        let skips = inputs
            .clone()
            .filter(|input| input.operation.name() == "skip_connect");
        2 * skips.count() >= inputs.count()
    };
    let mut warned = 0;
    for seed in 0..6 {
        let mut config = with(tiny(Space::NasBench201Small, Strategy::Darts), |search| {
            search.epochs = 4;
            search.alpha_rate = 0.2;
            search.temperature = Temperature::default();
        });
        config.seed = seed;
        let events = run_blocking(&config);
        let mut before = false;
        for pair in events.windows(2) {
            if let Event::SearchEpoch { epoch, genotype } = &pair[0] {
                let onset = half(genotype) && !before;
                before = half(genotype);
                let warning = matches!(&pair[1], Event::SkipCollapse { step, skips, edges }
                    if *step == 3 * epoch && 2 * skips >= *edges && *edges == 3);
                assert_eq!(warning, onset, "{pair:?}");
                warned += usize::from(warning);
            }
        }
    }
    assert!(
        warned > 0,
        "none of these searches collapses: choose others"
    );
}

#[test]
fn settings_of_the_strategies_out_of_range_are_refused() {
    for (flag, change) in [
        (
            "--rho",
            (|search| search.rho = -1.0) as fn(&mut plateau::session::SearchConfig),
        ),
        ("--perturbation", |search| search.perturbation = 1.5),
    ] {
        let events = run_blocking(&with(tiny(Space::Darts, Strategy::Darts), change));
        assert!(
            matches!(&events[0], Event::Failed { message } if message.contains(flag)),
            "{events:?}"
        );
    }
}
