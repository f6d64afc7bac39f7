//! The objective of a gradient search without noise (`method.md` §3.2, §10.2).

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use plateau::landscape::{
    Extension, LandscapeError, RelaxOptions, RelaxReport, RelaxedObjective, Table,
    architecture_index, ascend, neighbor_means, relax,
};
use plateau::search::Representation;
use plateau::space::{Counting, Space, enumerate_ball, neighbors};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{benchmark, cell};

const REPRESENTATIONS: [Representation; 4] = [
    Representation::Permutation,
    Representation::MassTransfer { share: 0.25 },
    Representation::MassTransfer { share: 0.5 },
    Representation::HardReplacement,
];
const SHAPES: [[usize; 2]; 6] = [[1, 2], [2, 3], [3, 5], [4, 3], [5, 2], [2, 8]];
/// The third best of 15,625 cells.
const THIRD: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|";

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Accuracies of all architectures.
fn landscape(edges: usize, operations: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let count = operations.pow(edges as u32);
    (0..count).map(|_| 100.0 * rng.random::<f64>()).collect()
}

fn random_alpha(entries: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    (0..entries)
        .map(|_| 4.0 * rng.random::<f64>() - 2.0)
        .collect()
}

fn softmax(alpha: &[f64], operations: usize) -> Vec<f64> {
    let edge = |edge: &[f64]| {
        let sum: f64 = edge.iter().map(|alpha| alpha.exp()).sum();
        edge.iter()
            .map(|alpha| alpha.exp() / sum)
            .collect::<Vec<f64>>()
    };
    alpha.chunks_exact(operations).flat_map(edge).collect()
}

fn strongest(weights: &[f64], operations: usize) -> Vec<usize> {
    let edge = |edge: &[f64]| (1..operations).fold(0, |b, k| if edge[k] > edge[b] { k } else { b });
    weights.chunks_exact(operations).map(edge).collect()
}

fn one_hot(digits: &[usize], operations: usize) -> Vec<f64> {
    let edge = |&digit| (0..operations).map(move |k| f64::from(u8::from(k == digit)));
    digits.iter().flat_map(edge).collect()
}

/// The operations of an architecture, the first edge the most significant.
fn digits_of(index: usize, edges: usize, operations: usize) -> Vec<usize> {
    let place = |edge: usize| operations.pow((edges - 1 - edge) as u32);
    (0..edges)
        .map(|edge| index / place(edge) % operations)
        .collect()
}

fn index_of(digits: &[usize], operations: usize) -> usize {
    digits
        .iter()
        .fold(0, |index, digit| index * operations + digit)
}

/// F by its definition.
fn expected(values: &[f64], beta: &[f64], operations: usize) -> f64 {
    let edges = beta.len() / operations;
    let term = |(index, value): (usize, &f64)| {
        let digits = digits_of(index, edges, operations);
        let weights = digits
            .iter()
            .enumerate()
            .map(|(e, k)| beta[e * operations + k]);
        value * weights.product::<f64>()
    };
    values.iter().enumerate().map(term).sum()
}

/// One neighbor of β, as `search::na_darts` makes it.
fn neighbor(
    beta: &[f64],
    changes: &[(usize, usize)],
    representation: Representation,
    operations: usize,
) -> Vec<f64> {
    let mut moved = beta.to_vec();
    let best = strongest(beta, operations);
    for &(edge, shift) in changes {
        let own = &beta[edge * operations..][..operations];
        for k in 0..operations {
            let share = match representation {
                Representation::Permutation => {
                    moved[edge * operations + (k + shift) % operations] = own[k];
                    continue;
                }
                Representation::MassTransfer { share } => f64::from(share),
                Representation::HardReplacement => 1.0,
            };
            let target = k == (best[edge] + shift) % operations;
            moved[edge * operations + k] =
                (1.0 - share) * own[k] + share * f64::from(u8::from(target));
        }
    }
    moved
}

fn close(found: f64, wanted: f64, within: f64) {
    assert!((found - wanted).abs() <= within, "{found}, not {wanted}");
}

fn options(starts: usize, steps: usize) -> RelaxOptions {
    RelaxOptions {
        representations: vec![
            Representation::Permutation,
            Representation::MassTransfer { share: 0.5 },
            Representation::HardReplacement,
        ],
        radii: vec![1],
        worst: true,
        include_self: true,
        starts,
        rate: 1.0,
        steps,
        spread: 1.0,
        seed: 5,
    }
}

/// The 125 cells on the digits, three seeds each: what `plateau tabulate --out tests/landscape/digits.csv` wrote when it trained every cell
/// for itself.
fn digits() -> &'static Table {
    static TABLE: LazyLock<Table> =
        LazyLock::new(|| Table::parse(include_str!("digits.csv")).unwrap());
    &TABLE
}

/// On the validation accuracies of the digits.
fn on_digits(options: &RelaxOptions) -> RelaxReport {
    let values = &digits().values()[0];
    relax(Space::NasBench201Small, values, None, options, &|| ()).unwrap()
}

#[test]
fn the_extension_is_the_mean_accuracy_of_architectures_drawn_from_the_weights() {
    let mut rng = rng(1);
    for [edges, operations] in SHAPES {
        let values = landscape(edges, operations, &mut rng);
        let extension = Extension::new(&values, edges, operations).unwrap();
        let beta = softmax(&random_alpha(edges * operations, &mut rng), operations);
        let (value, gradient) = extension.value_and_gradient(&beta).unwrap();
        close(value, expected(&values, &beta, operations), 1e-10);
        // It is linear in every entry, so that a difference of any length is the gradient.
        for (entry, &slope) in gradient.iter().enumerate() {
            let mut other = beta.clone();
            other[entry] += 1.0;
            close(slope, expected(&values, &other, operations) - value, 1e-9);
        }
        assert!(extension.value_and_gradient(&beta[1..]).is_none());
    }
}

#[test]
fn a_decided_architecture_has_its_own_accuracy_and_those_of_its_neighbors_as_gradient() {
    let mut rng = rng(2);
    for [edges, operations] in SHAPES {
        let values = landscape(edges, operations, &mut rng);
        let extension = Extension::new(&values, edges, operations).unwrap();
        for index in 0..values.len() {
            let own = digits_of(index, edges, operations);
            let found = extension.value_and_gradient(&one_hot(&own, operations));
            let (value, gradient) = found.unwrap();
            assert_eq!(value, values[index]);
            for (entry, slope) in gradient.into_iter().enumerate() {
                let mut other = own.clone();
                other[entry / operations] = entry % operations;
                assert_eq!(slope, values[index_of(&other, operations)]);
            }
        }
    }
}

#[test]
fn the_mean_over_a_neighborhood_is_that_over_its_listed_neighbors() {
    let mut rng = rng(3);
    for [edges, operations] in SHAPES {
        let values = landscape(edges, operations, &mut rng);
        let extension = Extension::new(&values, edges, operations).unwrap();
        for representation in REPRESENTATIONS {
            for (radius, include_self) in [(1, true), (1, false), (2, true), (3, true), (3, false)]
            {
                let beta = softmax(&random_alpha(edges * operations, &mut rng), operations);
                let mut members = enumerate_ball(edges, operations, radius).unwrap();
                if include_self {
                    members.push(Vec::new());
                }
                let accuracy = |changes: &Vec<_>| {
                    let moved = neighbor(&beta, changes, representation, operations);
                    expected(&values, &moved, operations)
                };
                let listed = members.iter().map(accuracy).sum::<f64>() / members.len() as f64;
                let objective = RelaxedObjective::Mean {
                    representation,
                    radius,
                    include_self,
                };
                let table = objective.table(&extension, &strongest(&beta, operations));
                let found = expected(&table.unwrap(), &beta, operations);
                close(found, listed, 1e-9);
            }
        }
    }
}

#[test]
fn the_mean_over_permuted_neighbors_is_the_extension_of_the_table_of_neighborhood_means() {
    let values = &benchmark().values()[0];
    let extension = Extension::new(values, 6, 5).unwrap();
    let objective = RelaxedObjective::Mean {
        representation: Representation::Permutation,
        radius: 1,
        include_self: false,
    };
    let table = objective.table(&extension, &[3; 6]).unwrap();
    for (found, mean) in table.iter().zip(neighbor_means(values, 6, 5).unwrap()) {
        close(*found, mean, 1e-9);
    }
}

#[test]
fn at_a_decided_architecture_every_neighborhood_is_that_of_the_table() {
    let values = &benchmark().values()[0];
    let extension = Extension::new(values, 6, 5).unwrap();
    let genotype = cell(THIRD);
    let index = architecture_index(&genotype).unwrap();
    let digits = digits_of(index, 6, 5);
    let mut around: Vec<f64> = [1, 2]
        .iter()
        .flat_map(|&radius| neighbors(&genotype, radius, Counting::Topology).unwrap())
        .map(|neighbor| values[architecture_index(&neighbor.genotype).unwrap()])
        .collect();
    around.push(values[index]);
    assert_eq!(around.len(), 265);
    let mean = around.iter().sum::<f64>() / 265.0;
    for representation in [Representation::Permutation, Representation::HardReplacement] {
        let objective = RelaxedObjective::Mean {
            representation,
            radius: 2,
            include_self: true,
        };
        close(
            objective.table(&extension, &digits).unwrap()[index],
            mean,
            1e-9,
        );
    }
    let worst = RelaxedObjective::Worst {
        radius: 2,
        include_self: true,
    };
    let least = around.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(worst.table(&extension, &digits).unwrap()[index], least);
}

#[test]
fn the_worst_neighbors_table_is_a_lower_bound_of_the_worst_permuted_neighbor() {
    let mut rng = rng(4);
    for [edges, operations] in SHAPES {
        let values = landscape(edges, operations, &mut rng);
        let extension = Extension::new(&values, edges, operations).unwrap();
        for (radius, include_self) in [(1, true), (2, true), (2, false)] {
            let objective = RelaxedObjective::Worst {
                radius,
                include_self,
            };
            let table = objective.table(&extension, &vec![0; edges]).unwrap();
            let members = || {
                enumerate_ball(edges, operations, radius)
                    .unwrap()
                    .into_iter()
            };
            let least = |beta: &[f64]| {
                let own = include_self.then(Vec::new);
                members()
                    .chain(own)
                    .map(|changes| {
                        neighbor(beta, &changes, Representation::Permutation, operations)
                    })
                    .map(|moved| expected(&values, &moved, operations))
                    .fold(f64::INFINITY, f64::min)
            };
            for _ in 0..5 {
                let beta = softmax(&random_alpha(edges * operations, &mut rng), operations);
                let bound = expected(&table, &beta, operations);
                assert!(bound <= least(&beta) + 1e-9);
            }
            for (index, &worst) in table.iter().enumerate() {
                let decided = one_hot(&digits_of(index, edges, operations), operations);
                close(worst, least(&decided), 1e-9);
            }
        }
    }
}

#[test]
fn a_step_follows_the_gradient_in_alpha() {
    let mut rng = rng(5);
    let (rate, distance) = (1e-3, 1e-5);
    for [edges, operations] in SHAPES {
        let values = landscape(edges, operations, &mut rng);
        let extension = Extension::new(&values, edges, operations).unwrap();
        let means = REPRESENTATIONS.map(|representation| RelaxedObjective::Mean {
            representation,
            radius: 2,
            include_self: true,
        });
        let worst = RelaxedObjective::Worst {
            radius: 1,
            include_self: true,
        };
        for objective in means.into_iter().chain([RelaxedObjective::Plain, worst]) {
            let alpha = random_alpha(edges * operations, &mut rng);
            // No gradient flows through which operation is the strongest.
            let table = objective
                .table(&extension, &strongest(&alpha, operations))
                .unwrap();
            let at = |alpha: &[f64]| expected(&table, &softmax(alpha, operations), operations);
            let ascent = ascend(extension, objective, alpha.clone(), rate, 1).unwrap();
            assert_eq!(ascent.steps, 1);
            for entry in 0..alpha.len() {
                let mut ends = [alpha.clone(), alpha.clone()];
                ends[0][entry] += distance;
                ends[1][entry] -= distance;
                let slope = (at(&ends[0]) - at(&ends[1])) / (2.0 * distance);
                close((ascent.alpha[entry] - alpha[entry]) / rate, slope, 1e-6);
            }
        }
    }
}

/// `python tests/peers/relax.py`, which lists every neighbor.
#[test]
fn ascents_on_the_table_of_the_digits_are_those_of_numpy() {
    let permutation = Representation::Permutation;
    let transfer = Representation::MassTransfer { share: 0.5 };
    let hard = Representation::HardReplacement;
    let mean = |representation, radius, include_self| RelaxedObjective::Mean {
        representation,
        radius,
        include_self,
    };
    let values = &digits().values()[0];
    let extension = Extension::new(values, 3, 5).unwrap();
    let start: Vec<f64> = (1..=15).map(|i| 2.0 * f64::from(i).sin()).collect();
    for (objective, ascended, value, entropy, found) in [
        (
            RelaxedObjective::Plain,
            97.842_238_834,
            97.842_238_834,
            0.395_294_830,
            [1, 2, 3],
        ),
        (
            mean(permutation, 1, true),
            97.458_912_832,
            97.738_259_957,
            0.582_193_248,
            [1, 1, 3],
        ),
        (
            mean(permutation, 2, true),
            94.323_917_828,
            97.684_788_227,
            0.699_170_969,
            [1, 2, 3],
        ),
        (
            mean(permutation, 1, false),
            97.446_581_203,
            97.711_369_297,
            0.576_567_801,
            [1, 1, 3],
        ),
        (
            mean(transfer, 1, true),
            97.613_947_294,
            97.832_419_368,
            0.464_199_936,
            [1, 2, 3],
        ),
        (
            mean(transfer, 2, true),
            96.746_031_693,
            97.804_511_339,
            0.527_024_169,
            [1, 2, 3],
        ),
        (
            mean(transfer, 1, false),
            97.596_733_295,
            97.829_073_558,
            0.475_156_123,
            [1, 2, 3],
        ),
        (
            mean(hard, 1, true),
            97.452_053_309,
            97.756_347_954,
            0.578_359_195,
            [1, 2, 3],
        ),
        (
            mean(hard, 2, true),
            94.331_161_727,
            97.713_525_239,
            0.652_787_322,
            [1, 2, 3],
        ),
        (
            mean(hard, 1, false),
            97.460_041_126,
            97.734_499_720,
            0.577_732_692,
            [1, 1, 3],
        ),
    ] {
        let ascent = ascend(extension, objective, start.clone(), 1.0, 30).unwrap();
        close(ascent.objective, ascended, 1e-8);
        close(ascent.value, value, 1e-8);
        close(ascent.entropy, entropy, 1e-8);
        assert_eq!(ascent.strongest, found, "{objective}");
        assert_eq!(ascent.steps, 30);
    }
}

#[test]
fn without_noise_gradient_ascent_finds_the_third_best_of_all_cells() {
    let values = &benchmark().values()[0];
    let extension = Extension::new(values, 6, 5).unwrap();
    let (value, _) = extension.value_and_gradient(&[0.2; 30]).unwrap();
    close(value, 87.0424, 5e-5);
    let plain = RelaxedObjective::Plain;
    let ascent = ascend(extension, plain, vec![0.0; 30], 1.0, 3000).unwrap();
    let index = index_of(&ascent.strongest, 5);
    assert_eq!(Some(index), architecture_index(&cell(THIRD)));
    close(values[index], 94.3633, 5e-5);
    close(ascent.value, 94.3618, 5e-5);
    assert_eq!(ascent.objective, ascent.value);
    // A neighbor of it is better by 0.01, and the ascent is on its way there.
    assert!(!ascent.settled);
    let on = ascend(extension, plain, ascent.alpha, 100.0, 10_000).unwrap();
    close(values[index_of(&on.strongest, 5)], 94.3733, 5e-5);
    assert!(on.settled);
    // The mean over its neighborhood has its highest value at that cell.
    let mean = RelaxedObjective::Mean {
        representation: Representation::Permutation,
        radius: 1,
        include_self: true,
    };
    let aware = ascend(extension, mean, vec![0.0; 30], 1.0, 3000).unwrap();
    assert_eq!(index_of(&aware.strongest, 5), index);
    assert!(aware.settled);
}

#[test]
fn what_has_settled_stays_and_much_of_the_rest_moves_on() {
    let mut rng = rng(6);
    let [mut settled, mut moved, mut rest] = [0; 3];
    for _ in 0..300 {
        let values = landscape(4, 3, &mut rng);
        let extension = Extension::new(&values, 4, 3).unwrap();
        for objective in [
            RelaxedObjective::Plain,
            RelaxedObjective::Mean {
                representation: Representation::HardReplacement,
                radius: 1,
                include_self: true,
            },
        ] {
            let alpha = random_alpha(12, &mut rng);
            let steps = rng.random_range(1..60);
            let early = ascend(extension, objective, alpha, 0.1, steps).unwrap();
            let later = ascend(extension, objective, early.alpha, 1.0, 3000).unwrap();
            if early.settled {
                settled += 1;
                assert_eq!(early.strongest, later.strongest);
            } else {
                rest += 1;
                moved += usize::from(early.strongest != later.strongest);
            }
        }
    }
    assert!(settled > 50 && 4 * moved > rest, "{settled} {moved} {rest}");
}

#[test]
fn where_edges_do_not_interact_every_start_near_zero_finds_the_best_cell() {
    // Operation k of edge e adds its own part; the best of every edge is another one.
    let parts = [
        [3.0, 9.0, 1.0, 0.0, 5.0],
        [8.0, 2.0, 3.0, 1.0, 6.0],
        [1.0, 2.0, 3.0, 7.0, 5.0],
    ];
    let accuracy = |index: usize| -> f64 {
        let digits = digits_of(index, 3, 5);
        60.0 + (0..3).map(|edge| parts[edge][digits[edge]]).sum::<f64>()
    };
    let values: Vec<f64> = (0..125).map(accuracy).collect();
    let climbed = |spread, rate, steps| {
        let options = RelaxOptions {
            spread,
            rate,
            ..options(50, steps)
        };
        relax(Space::NasBench201Small, &values, None, &options, &|| ()).unwrap()
    };
    // Far from uniform weights an edge may all but decide for another operation first, and is slow to leave it.
    for row in climbed(1.0, 0.1, 5000).objectives {
        assert_eq!(row.settled, row.local_optima, "{row:?}");
        assert!(row.settled > 0.8 && row.accuracy_best == 84.0);
    }
    let report = climbed(0.1, 0.1, 5000);
    assert_eq!(report.best.accuracy, 84.0);
    for row in &report.objectives {
        assert_eq!(row.cells, 1, "{row:?}");
        assert_eq!(row.most_frequent.genotype, report.best.genotype);
        assert_eq!([row.settled, row.local_optima], [1.0, 1.0]);
        assert_eq!([row.accuracy_mean, row.accuracy_best], [84.0, 84.0]);
        assert_eq!(row.rank_mean, 1.0);
        // One edge changed: the mean of the K − 1 losses on each of three edges.
        let losses = (4.0 * 9.0 - 9.0) + (4.0 * 8.0 - 12.0) + (4.0 * 7.0 - 11.0);
        close(row.neighborhood_mean, 84.0 - losses / 12.0, 1e-9);
        assert_eq!(row.neighborhood_worst, 75.0);
        assert!(row.value > 83.9 && row.value <= 84.0);
    }
}

#[test]
fn a_landscape_of_equal_values_leads_nowhere_at_once() {
    let report = relax(
        Space::NasBench201Small,
        &[70.0; 125],
        None,
        &options(4, 500),
        &|| (),
    );
    for row in report.unwrap().objectives {
        assert!(row.steps <= 1.0, "{row:?}");
        assert_eq!([row.value, row.objective_value], [70.0, 70.0]);
        assert_eq!([row.settled, row.local_optima], [1.0, 1.0]);
    }
}

#[test]
fn the_report_is_the_same_whatever_the_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| on_digits(&options(24, 200)))
    };
    let alone = with(1);
    assert_eq!(with(3), alone);
    let other = on_digits(&RelaxOptions {
        seed: 6,
        ..options(24, 200)
    });
    assert_ne!(other.objectives[0].value, alone.objectives[0].value);
    // Another radius changes no other objective.
    let more = on_digits(&RelaxOptions {
        radii: vec![1, 2],
        ..options(24, 200)
    });
    let names: Vec<String> = more
        .objectives
        .iter()
        .map(|row| format!("{} {}", row.objective, row.radius))
        .collect();
    assert_eq!(names.len(), 9);
    assert_eq!(names[2], "permutation 2");
    assert_eq!(more.objectives[..2], alone.objectives[..2]);
}

#[test]
fn the_first_start_is_undecided_and_the_spread_scales_the_others() {
    let none = on_digits(&RelaxOptions {
        spread: 0.0,
        ..options(6, 300)
    });
    for row in none.objectives {
        assert_eq!((row.cells, row.most_frequent_starts), (1, 6));
        assert_eq!(row.most_frequent, row.from_zero);
        close(row.value, row.from_zero_value, 1e-9);
    }
    let wide = on_digits(&RelaxOptions {
        spread: 10.0,
        ..options(40, 300)
    });
    assert!(wide.objectives[0].cells > 10, "{wide}");
}

#[test]
fn what_was_found_is_judged_by_the_reported_metric() {
    let table = digits();
    let [searched, reported] = [&table.values()[0], &table.values()[1]];
    let space = Space::NasBench201Small;
    let options = options(30, 300);
    let report = relax(space, searched, Some(reported), &options, &|| ()).unwrap();
    let alone = on_digits(&options);
    for (row, own) in report.objectives.iter().zip(&alone.objectives) {
        assert_eq!(row.accuracy_mean, own.accuracy_mean);
        assert_eq!(row.local_optima, own.local_optima);
        assert_eq!((own.reported_mean, own.reported_best), (None, None));
        let cell = &row.most_frequent;
        let index = architecture_index(&cell.genotype).unwrap();
        assert_eq!(cell.accuracy, searched[index]);
        assert_eq!(cell.reported, Some(reported[index]));
        let better = reported.iter().filter(|&&other| other > reported[index]);
        assert_eq!(cell.rank, 1 + better.count());
        close(
            cell.neighborhood_mean,
            neighbor_means(reported, 3, 5).unwrap()[index],
            1e-9,
        );
        assert!(row.reported_best.unwrap() >= row.reported_mean.unwrap());
    }
    let flattest = neighbor_means(reported, 3, 5).unwrap();
    let highest = flattest.iter().copied().fold(0.0, f64::max);
    close(report.flattest.neighborhood_mean, highest, 1e-9);
    let text = report.to_string();
    assert!(text.contains("reported"), "{text}");
    assert!(!alone.to_string().contains("reported"));
    let widths: Vec<usize> = text
        .lines()
        .skip(1)
        .take(8)
        .map(|line| line.chars().count())
        .collect();
    assert!(widths.iter().all(|&width| width == widths[0]), "{text}");
}

#[test]
fn every_ascent_is_counted() {
    let done = AtomicUsize::new(0);
    let options = options(7, 3);
    let count = || {
        done.fetch_add(1, Ordering::Relaxed);
    };
    let values = &digits().values()[0];
    relax(Space::NasBench201Small, values, None, &options, &count).unwrap();
    assert_eq!(done.into_inner(), 7 * options.objectives().len());
}

#[test]
fn options_out_of_range_are_refused_in_words() {
    let values = &digits().values()[0];
    let refused = |options: RelaxOptions| {
        relax(Space::NasBench201Small, values, None, &options, &|| ())
            .unwrap_err()
            .to_string()
    };
    let valid = options(1, 1);
    for (options, words) in [
        (options(0, 1), "starts must be between 1 and 100000"),
        (options(1, 0), "steps must be between 1 and 1000000"),
        (options(1, 1_000_001), "steps must be between"),
        (
            RelaxOptions {
                rate: 0.0,
                ..valid.clone()
            },
            "the rate must be between 0.000001 and 1000000",
        ),
        (
            RelaxOptions {
                rate: f64::NAN,
                ..valid.clone()
            },
            "the rate must be",
        ),
        (
            RelaxOptions {
                spread: -1.0,
                ..valid.clone()
            },
            "the spread must be between 0 and 1000",
        ),
        (
            RelaxOptions {
                radii: vec![4],
                ..valid.clone()
            },
            "the radius must be between 1 and 3",
        ),
        (
            RelaxOptions {
                radii: vec![0],
                ..valid
            },
            "the radius must be between 1 and 3",
        ),
    ] {
        let found = refused(options);
        assert!(found.contains(words), "{found}");
    }
    let incomplete = relax(Space::Darts, values, None, &self::options(1, 1), &|| ());
    assert!(matches!(incomplete, Err(LandscapeError::Incomplete { .. })));
    let extension = Extension::new(values, 3, 5).unwrap();
    let plain = RelaxedObjective::Plain;
    assert!(ascend(extension, plain, vec![0.0; 14], 1.0, 1).is_err());
    assert!(plain.table(&extension, &[0, 5, 0]).is_err());
    assert!(plain.table(&extension, &[0, 0]).is_err());
}
