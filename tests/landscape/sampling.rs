//! Random search and NA-RS (`method.md` §2).

use std::collections::BTreeSet;

use plateau::landscape::{
    Arm, Budget, LandscapeError, SamplingOptions, TableEvaluator, architecture_index,
    compare_sampling, compare_sampling_on, sampling_report, sampling_report_on, sampling_search,
};
use plateau::space::{Aggregation, Counting, Genotype, NeighborhoodError, Space, neighbors};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{Scripted, benchmark, small_table};

pub(super) const NA_RS: SamplingOptions = SamplingOptions {
    budget: Budget::Draws(40),
    radius: 1,
    neighbors: 0,
    include_self: true,
    aggregation: Aggregation::Mean,
    counting: Counting::Topology,
    screen: None,
    seed: 9,
};

pub(super) fn bench() -> TableEvaluator<'static> {
    TableEvaluator::new(benchmark(), None).unwrap()
}

/// The draws of a seed.
pub(super) fn draws(space: Space, seed: u64, count: usize) -> Vec<Genotype> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|_| Genotype::random(space, &mut rng))
        .collect()
}

fn loss(genotype: &Genotype) -> f64 {
    1.0 - benchmark().values()[0][architecture_index(genotype).unwrap()] / 100.0
}

#[test]
fn the_chosen_draw_has_the_least_aggregated_loss() {
    for aggregation in [
        "mean",
        "median",
        "max",
        "min",
        "mean+std:1",
        "quantile:0.9",
        "logsumexp:0.1",
    ] {
        let aggregation: Aggregation = aggregation.parse().unwrap();
        for include_self in [true, false] {
            let options = SamplingOptions {
                aggregation,
                include_self,
                ..NA_RS
            };
            let outcome = pollster::block_on(sampling_search(&mut bench(), &options)).unwrap();
            let drawn = draws(Space::NasBench201, NA_RS.seed, 40);
            let scores: Vec<f64> = drawn
                .iter()
                .map(|genotype| {
                    let mut losses: Vec<f64> = neighbors(genotype, 1, Counting::Topology)
                        .unwrap()
                        .iter()
                        .map(|neighbor| loss(&neighbor.genotype))
                        .collect();
                    if include_self {
                        losses.insert(0, loss(genotype));
                    }
                    aggregation.value(&losses)
                })
                .collect();
            assert_eq!(outcome.genotype, drawn[outcome.draw]);
            assert_eq!(outcome.score, scores[outcome.draw]);
            assert!(scores.iter().all(|&score| score >= outcome.score));
            assert_eq!(outcome.own.loss, loss(&outcome.genotype));
        }
    }
}

#[test]
fn without_a_radius_it_is_plain_random_search() {
    for aggregation in [Aggregation::Max, Aggregation::MeanStd { lambda: 3.0 }] {
        let options = SamplingOptions {
            radius: 0,
            include_self: false,
            aggregation,
            ..NA_RS
        };
        let outcome = pollster::block_on(sampling_search(&mut bench(), &options)).unwrap();
        let drawn = draws(Space::NasBench201, NA_RS.seed, 40);
        let least = drawn.iter().map(loss).fold(f64::INFINITY, f64::min);
        assert_eq!([outcome.score, outcome.own.loss], [least, least]);
        let distinct: BTreeSet<_> = drawn.iter().map(Genotype::canonical).collect();
        assert_eq!(outcome.evaluations, distinct.len());
        assert_eq!(outcome.draws, 40);
    }
}

#[test]
fn ties_go_to_the_smaller_own_loss_and_then_to_the_earlier_draw() {
    // The whole ball of radius 3 is the whole small space: every draw has the same score.
    let options = SamplingOptions {
        radius: 3,
        aggregation: Aggregation::Max,
        ..NA_RS
    };
    let table = small_table(|index| (index % 3) as f64);
    let mut evaluator = TableEvaluator::new(&table, None).unwrap();
    let outcome = pollster::block_on(sampling_search(&mut evaluator, &options)).unwrap();
    let drawn = draws(Space::NasBench201Small, NA_RS.seed, 40);
    let own: Vec<usize> = drawn
        .iter()
        .map(|genotype| architecture_index(genotype).unwrap() % 3)
        .collect();
    let highest = own.iter().max().unwrap();
    let first = own.iter().position(|accuracy| accuracy == highest).unwrap();
    assert!(own.iter().filter(|accuracy| *accuracy == highest).count() > 1);
    assert_eq!(outcome.draw, first);
    assert_eq!(outcome.evaluations, 125);
}

#[test]
fn no_architecture_is_evaluated_twice_in_a_search() {
    let accuracy = |genotype: &Genotype| genotype.to_text().matches("dil").count() as f64;
    let mut evaluator = Scripted::new(Space::Darts, accuracy);
    let options = SamplingOptions {
        radius: 2,
        neighbors: 10,
        ..NA_RS
    };
    let outcome = pollster::block_on(sampling_search(&mut evaluator, &options)).unwrap();
    assert_eq!(outcome.genotype, draws(Space::Darts, 9, 40)[outcome.draw]);
    let asked: BTreeSet<_> = evaluator.asked.iter().map(Genotype::canonical).collect();
    assert_eq!(asked.len(), evaluator.asked.len());
    assert_eq!(asked.len(), outcome.evaluations);
    // Two of 10^18 architectures are hardly ever the same: 11 for each draw.
    assert_eq!(outcome.evaluations, 440);

    let mut small = Scripted::new(Space::NasBench201Small, accuracy);
    let outcome = pollster::block_on(sampling_search(&mut small, &NA_RS)).unwrap();
    assert_eq!(outcome.evaluations, small.asked.len());
    assert!(outcome.evaluations <= 125);
}

#[test]
fn a_budget_of_evaluations_is_met_exactly_by_random_search() {
    for evaluations in [1, 77, 2000] {
        let options = SamplingOptions {
            budget: Budget::Evaluations(evaluations),
            radius: 0,
            ..NA_RS
        };
        let outcome = pollster::block_on(sampling_search(&mut bench(), &options)).unwrap();
        assert_eq!(outcome.evaluations, evaluations);
        assert!(outcome.draws >= evaluations);
    }
    // A whole space can be exhausted.
    let table = small_table(|index| index as f64 / 2.0);
    let mut evaluator = TableEvaluator::new(&table, None).unwrap();
    let options = SamplingOptions {
        budget: Budget::Evaluations(125),
        radius: 0,
        ..NA_RS
    };
    let outcome = pollster::block_on(sampling_search(&mut evaluator, &options)).unwrap();
    assert_eq!(outcome.own.accuracy, 62.0);
}

#[test]
fn a_comparison_runs_na_rs_and_random_search_on_the_same_seeds() {
    let comparison = compare_sampling(bench(), bench(), &NA_RS, 30).unwrap();
    let aware_report = &comparison.arms[&Arm::NaRs];
    let outcomes = |options: SamplingOptions| -> Vec<_> {
        (0..30)
            .map(|run| {
                let seed = NA_RS.seed + run;
                let options = SamplingOptions { seed, ..options };
                pollster::block_on(sampling_search(&mut bench(), &options)).unwrap()
            })
            .collect()
    };
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let aware = outcomes(NA_RS);
    let chosen = mean(aware.iter().map(|o| o.own.accuracy).collect());
    assert!((aware_report.chosen_mean - chosen).abs() < 1e-10);
    let around = |genotype: &Genotype| {
        let nearest = neighbors(genotype, 1, Counting::Topology).unwrap();
        mean(
            nearest
                .iter()
                .map(|n| 100.0 * (1.0 - loss(&n.genotype)))
                .collect(),
        )
    };
    let neighborhood = mean(aware.iter().map(|o| around(&o.genotype)).collect());
    assert!((aware_report.neighborhood_mean - neighborhood).abs() < 1e-10);

    let random = outcomes(SamplingOptions { radius: 0, ..NA_RS });
    let chosen = mean(random.iter().map(|o| o.own.accuracy).collect());
    assert!((comparison.arms[&Arm::RsEqualDraws].chosen_mean - chosen).abs() < 1e-10);
    assert_eq!(comparison.arms[&Arm::RsEqualDraws].draws, 40.0);
    assert_eq!(
        comparison.arms[&Arm::RsEqualEvaluations].evaluations,
        aware_report.evaluations
    );
    assert_eq!(
        comparison,
        compare_sampling(bench(), bench(), &NA_RS, 30).unwrap()
    );
    assert_eq!(
        *aware_report,
        sampling_report(bench(), bench(), &NA_RS, 30).unwrap()
    );
    let json = serde_json::to_value(aware_report).unwrap();
    for field in ["runs", "chosen_mean", "chosen_std", "neighborhood_mean"] {
        assert!(json[field].is_number());
    }
    assert_eq!(comparison.to_string().lines().count(), 8);
}

#[test]
fn a_search_by_one_metric_reports_the_other() {
    let csv = small_table(|index| index as f64 / 2.0).to_csv();
    let rows: Vec<String> = csv
        .lines()
        .enumerate()
        .map(|(line, text)| {
            if line == 0 {
                format!("test,{text}")
            } else {
                format!("{},{text}", 80 - line / 2)
            }
        })
        .collect();
    let table = plateau::landscape::Table::parse(&rows.join("\n")).unwrap();
    let [search, test] =
        ["accuracy", "test"].map(|name| TableEvaluator::new(&table, Some(name)).unwrap());
    let options = SamplingOptions {
        budget: Budget::Evaluations(125),
        radius: 0,
        ..NA_RS
    };
    let report = sampling_report(search, test, &options, 3).unwrap();
    // The best by one is the worst by the other.
    assert_eq!((report.chosen_mean, report.chosen_std), (18.0, 0.0));
}

#[test]
fn one_run_and_equal_runs_are_reported_without_a_deviation() {
    let text = |runs, accuracy: fn(usize) -> f64| {
        let table = small_table(accuracy);
        let column = TableEvaluator::new(&table, None).unwrap();
        let options = SamplingOptions {
            budget: Budget::Draws(3),
            ..NA_RS
        };
        sampling_report(column, column, &options, runs)
            .unwrap()
            .to_string()
    };
    let one = text(1, |index| index as f64 / 2.0);
    assert!(
        one.contains("1 run, accuracies in percent; one run has no deviation"),
        "{one}"
    );
    assert!(!one.contains('±') && !one.contains("NaN"), "{one}");
    let equal = text(4, |_| 50.0);
    assert!(
        equal.contains(" 50.00 (equal)") && !equal.contains('±'),
        "{equal}"
    );
    let several = text(4, |index| index as f64 / 2.0);
    assert!(
        several.contains('±') && !several.contains("equal)"),
        "{several}"
    );
}

#[test]
fn dear_evaluators_make_the_runs_of_a_table_without_scoring_anything_twice() {
    let options = SamplingOptions {
        budget: Budget::Draws(6),
        ..NA_RS
    };
    let accuracy = |genotype: &Genotype| 100.0 * (1.0 - loss(genotype));
    let mut dear = Scripted::new(Space::NasBench201, accuracy);
    let report = pollster::block_on(sampling_report_on(&mut dear, &options, 4)).unwrap();
    let expected = sampling_report(bench(), bench(), &options, 4).unwrap();
    assert_eq!(report.genotype, expected.genotype);
    assert_eq!(report.evaluations, expected.evaluations);
    assert!((report.chosen_mean - expected.chosen_mean).abs() < 1e-9);
    assert!((report.neighborhood_mean - expected.neighborhood_mean).abs() < 1e-9);
    let compared = pollster::block_on(compare_sampling_on(&mut dear, &options, 4)).unwrap();
    assert_eq!(compared.arms[&Arm::NaRs], report);
    let arms: Vec<Arm> = compared.arms.keys().copied().collect();
    assert_eq!(
        arms,
        [Arm::NaRs, Arm::RsEqualDraws, Arm::RsEqualEvaluations],
        "what costs much is asked for"
    );
    let screened = SamplingOptions {
        screen: Some(3),
        ..options
    };
    let screened = pollster::block_on(compare_sampling_on(&mut dear, &screened, 4)).unwrap();
    assert_eq!(screened.arms[&Arm::NaRs], report);
    assert_eq!(
        screened.arms[&Arm::NaRsScreen].evaluations,
        report.evaluations
    );
    let distinct = |asked: &[Genotype]| {
        let names: BTreeSet<_> = asked.iter().map(Genotype::canonical).collect();
        names.len()
    };
    let mut fresh = Scripted::new(Space::NasBench201, accuracy);
    pollster::block_on(compare_sampling_on(&mut fresh, &options, 4)).unwrap();
    assert_eq!(distinct(&fresh.asked), fresh.asked.len());
}

#[test]
fn impossible_searches_are_refused() {
    let ask = |options| pollster::block_on(sampling_search(&mut bench(), &options));
    for budget in [
        Budget::Draws(0),
        Budget::Draws(1_000_001),
        Budget::Evaluations(0),
        Budget::Evaluations(15_626),
    ] {
        let result = ask(SamplingOptions { budget, ..NA_RS });
        assert!(
            matches!(result, Err(LandscapeError::Range { .. })),
            "{budget:?}"
        );
    }
    for (radius, screen) in [(7, None), (0, Some(10)), (1, Some(0)), (1, Some(1001))] {
        let result = ask(SamplingOptions {
            radius,
            screen,
            ..NA_RS
        });
        assert!(
            matches!(result, Err(LandscapeError::Range { .. })),
            "{radius} {screen:?}"
        );
    }
    assert!(compare_sampling(bench(), bench(), &NA_RS, 0).is_err());
    let mut darts = Scripted::new(Space::Darts, |_: &Genotype| 50.0);
    let options = SamplingOptions {
        radius: 4,
        counting: Counting::Encoding,
        ..NA_RS
    };
    assert!(matches!(
        pollster::block_on(sampling_search(&mut darts, &options)),
        Err(LandscapeError::Neighborhood(NeighborhoodError::TooLarge(_)))
    ));
}
