//! What the evaluations of NA-RS can be spent on instead (`method.md` §10.8).

use std::collections::BTreeSet;

use plateau::landscape::{
    Arm, Budget, SamplingOptions, TableEvaluator, architecture, architecture_index,
    compare_sampling, local_search, sampling_search,
};
use plateau::space::{Counting, Genotype, Space, neighbors};

use super::sampling::{NA_RS, bench, draws};
use super::{Scripted, benchmark, digits, small_table};

pub(super) fn accuracy(genotype: &Genotype) -> f64 {
    benchmark().values()[0][architecture_index(genotype).unwrap()]
}

pub(super) fn number(genotype: &Genotype) -> usize {
    architecture_index(genotype).unwrap()
}

/// The numbers of the neighbors.
fn around(genotype: &Genotype) -> BTreeSet<usize> {
    let nearest = neighbors(genotype, 1, Counting::Topology).unwrap();
    nearest.iter().map(|one| number(&one.genotype)).collect()
}

/// The draws of a seed without repetitions.
pub(super) fn distinct_draws(seed: u64, count: usize) -> Vec<Genotype> {
    let mut seen = BTreeSet::new();
    let drawn = draws(Space::NasBench201, seed, 2 * count + 100);
    let new = drawn.into_iter().filter(|one| seen.insert(number(one)));
    new.take(count).collect()
}

#[test]
fn every_arm_evaluates_exactly_as_many_architectures_as_na_rs() {
    let options = SamplingOptions {
        budget: Budget::Draws(20),
        ..NA_RS
    };
    let comparison = compare_sampling(bench(), bench(), &options, 12).unwrap();
    assert_eq!(
        comparison.arms.keys().copied().collect::<Vec<_>>(),
        Arm::ALL
    );
    let aware = comparison.arms[&Arm::NaRs].evaluations;
    assert!(aware < 500.0, "neighborhoods overlap: {aware}");
    for (arm, report) in &comparison.arms {
        match arm {
            Arm::RsEqualDraws => assert_eq!(report.draws, 20.0),
            _ => assert_eq!(report.evaluations, aware, "{arm:?}"),
        }
    }
    let json = serde_json::to_value(&comparison).unwrap();
    for arm in [
        "na_rs",
        "na_rs_screen",
        "rs_equal_draws",
        "rs_equal_evaluations",
        "local_search",
        "additive_fit",
    ] {
        assert_eq!(json[arm]["runs"], 12, "{arm}");
    }
    assert_eq!(json["na_rs_screen"]["options"]["screen"], 10);
    assert!(
        json["na_rs"]["options"].get("screen").is_none(),
        "the search itself has no screen"
    );
    let back: plateau::landscape::SamplingComparison = serde_json::from_value(json).unwrap();
    assert_eq!(back, comparison);
    let shown = comparison.to_string();
    for row in ["NA-RS, screen of 10 ", "local search ", "additive fit "] {
        assert!(shown.contains(row), "{shown}");
    }
}

#[test]
fn a_screen_that_the_evaluations_do_not_pay_for_is_reported() {
    let table = small_table(|index| index as f64 / 2.0);
    let column = TableEvaluator::new(&table, None).unwrap();
    let options = SamplingOptions {
        budget: Budget::Draws(4),
        ..NA_RS
    };
    let few = compare_sampling(column, column, &options, 20).unwrap();
    let paid = few.arms[&Arm::NaRsScreen].screened.unwrap();
    assert!((3.0..=4.5).contains(&paid), "{paid}");
    let note = format!("the evaluations pay for {paid:.1} of the 10 neighborhoods of the screen");
    assert!(few.to_string().contains(&note), "{few}");
    let screen = Some(2);
    let options = SamplingOptions { screen, ..options };
    let two = compare_sampling(column, column, &options, 20).unwrap();
    assert!(
        !two.to_string().contains("neighborhoods of the screen"),
        "{two}"
    );
}

#[test]
fn a_screen_ranks_the_best_draws_alone_by_their_neighborhoods() {
    for seed in 0..6 {
        let options = SamplingOptions {
            budget: Budget::Evaluations(450),
            screen: Some(8),
            seed,
            ..NA_RS
        };
        let mut evaluator = Scripted::new(Space::NasBench201, accuracy);
        let outcome = pollster::block_on(sampling_search(&mut evaluator, &options)).unwrap();
        assert_eq!(outcome.evaluations, 450);
        assert_eq!(evaluator.asked.len(), 450, "none twice");
        let paid = outcome.screened.unwrap();
        assert!((7..=8).contains(&paid), "{paid}");

        // The draws come first; the rest surrounds the best of them.
        let asked: Vec<usize> = evaluator.asked.iter().map(number).collect();
        let drawn: Vec<Genotype> = distinct_draws(seed, 450);
        let first = drawn.iter().zip(&asked);
        let first = first.take_while(|(one, asked)| number(one) == **asked);
        let first = first.count();
        assert!((250..320).contains(&first), "{first}");
        let mut best: Vec<&Genotype> = drawn[..first].iter().collect();
        best.sort_by(|a, b| accuracy(b).total_cmp(&accuracy(a)));
        best.truncate(paid);
        let expected: BTreeSet<usize> = best.iter().flat_map(|one| around(one)).collect();
        let seen: BTreeSet<usize> = asked[..first].iter().copied().collect();
        let rest: BTreeSet<usize> = asked[first..].iter().copied().collect();
        assert_eq!(rest, &expected - &seen);

        let mean = |one: &Genotype| {
            let near = around(one);
            let sum: f64 = near
                .iter()
                .map(|&index| benchmark().values()[0][index])
                .sum();
            (sum + accuracy(one)) / 25.0
        };
        let highest = best.iter().map(|one| mean(one)).fold(0.0, f64::max);
        assert!((mean(&outcome.genotype) - highest).abs() < 1e-9);
        assert!((100.0 * (1.0 - outcome.score) - highest).abs() < 1e-9);
        assert!(best.contains(&&outcome.genotype));
        assert_eq!(
            outcome.genotype,
            draws(Space::NasBench201, seed, outcome.draws)[outcome.draw]
        );
    }
}

#[test]
fn a_screen_over_draws_evaluates_what_the_search_without_it_would() {
    for seed in 0..5 {
        for (radius, neighbors) in [(1, 0), (1, 6), (2, 10)] {
            let plain = SamplingOptions {
                budget: Budget::Draws(12),
                radius,
                neighbors,
                seed,
                ..NA_RS
            };
            let screened = SamplingOptions {
                screen: Some(4),
                ..plain
            };
            let [plain, screened] = [plain, screened].map(|options| {
                pollster::block_on(sampling_search(&mut bench(), &options)).unwrap()
            });
            assert_eq!(screened.evaluations, plain.evaluations);
            assert!(screened.draws > plain.draws);
            assert_eq!(plain.screened, None);
        }
    }
    // Evaluations that pay for no neighborhood buy random search.
    let few = SamplingOptions {
        budget: Budget::Evaluations(10),
        screen: Some(4),
        ..NA_RS
    };
    let outcome = pollster::block_on(sampling_search(&mut bench(), &few)).unwrap();
    let random = SamplingOptions {
        radius: 0,
        screen: None,
        ..few
    };
    let random = pollster::block_on(sampling_search(&mut bench(), &random)).unwrap();
    assert_eq!((outcome.screened, outcome.evaluations), (Some(0), 10));
    assert_eq!(outcome.genotype, random.genotype);
    // A screen that lets everything through is NA-RS.
    let wide = SamplingOptions {
        budget: Budget::Draws(6),
        screen: Some(1000),
        ..NA_RS
    };
    let outcome = pollster::block_on(sampling_search(&mut bench(), &wide)).unwrap();
    let plain = SamplingOptions {
        screen: None,
        ..wide
    };
    let plain = pollster::block_on(sampling_search(&mut bench(), &plain)).unwrap();
    assert_eq!(
        (outcome.genotype, outcome.score),
        (plain.genotype, plain.score)
    );
}

#[test]
fn a_screen_works_on_any_evaluator() {
    let dilated = |genotype: &Genotype| genotype.to_text().matches("dil").count() as f64;
    let mut evaluator = Scripted::new(Space::Darts, dilated);
    let options = SamplingOptions {
        budget: Budget::Draws(10),
        neighbors: 9,
        screen: Some(3),
        ..NA_RS
    };
    let outcome = pollster::block_on(sampling_search(&mut evaluator, &options)).unwrap();
    // 100 evaluations, of which three neighborhoods of nine take 27.
    assert_eq!((outcome.evaluations, outcome.screened), (100, Some(3)));
    assert_eq!((outcome.draws, evaluator.asked.len()), (73, 100));
    let drawn = draws(Space::Darts, NA_RS.seed, 73);
    assert_eq!(evaluator.asked[..73], drawn);
    assert_eq!(outcome.genotype, drawn[outcome.draw]);
}

#[test]
fn local_search_climbs_to_the_best_neighbor_and_starts_again_where_there_is_none() {
    // No two are equal.
    let value = |index: usize| benchmark().values()[0][index] + 1e-7 * index as f64;
    let accuracy = |genotype: &Genotype| value(number(genotype));
    for seed in 0..6 {
        let options = SamplingOptions {
            budget: Budget::Evaluations(300),
            seed,
            ..NA_RS
        };
        let mut evaluator = Scripted::new(Space::NasBench201, accuracy);
        let outcome = pollster::block_on(local_search(&mut evaluator, &options)).unwrap();
        let asked: Vec<usize> = evaluator.asked.iter().map(number).collect();
        assert_eq!((outcome.evaluations, asked.len()), (300, 300), "none twice");
        assert!(outcome.draw < outcome.draws);
        let highest = evaluator.asked.iter().map(accuracy).fold(0.0, f64::max);
        assert_eq!(outcome.own.accuracy, highest);

        // The same climb from the numbers alone.
        let mut known = BTreeSet::new();
        let mut orders = BTreeSet::new();
        for start in draws(Space::NasBench201, seed, outcome.draws) {
            let mut here = start;
            if known.insert(number(&here)) {
                assert_eq!(asked[known.len() - 1], number(&here));
            }
            loop {
                let new = &around(&here) - &known;
                let end = (known.len() + new.len()).min(300);
                let seen: Vec<usize> = asked[known.len()..end].to_vec();
                assert!(seen.iter().all(|index| new.contains(index)));
                orders.insert(seen.is_sorted());
                known.extend(seen);
                let best = around(&here)
                    .into_iter()
                    .filter(|index| known.contains(index))
                    .max_by(|&a, &b| value(a).total_cmp(&value(b)));
                match best.filter(|&best| value(best) > accuracy(&here)) {
                    Some(best) => here = architecture(Space::NasBench201, best).unwrap(),
                    None => break,
                }
            }
        }
        assert_eq!(known.len(), 300);
        assert!(orders.contains(&false), "in random order");
    }
}

#[test]
fn local_search_finds_the_summit_of_a_landscape_with_a_single_one() {
    let table = small_table(|index| {
        let digits = digits(Space::NasBench201Small, index);
        digits.iter().map(|&digit| digit as f64).sum()
    });
    let mut evaluator = TableEvaluator::new(&table, None).unwrap();
    let options = SamplingOptions {
        budget: Budget::Draws(1),
        ..NA_RS
    };
    let outcome = pollster::block_on(local_search(&mut evaluator, &options)).unwrap();
    assert_eq!(
        (number(&outcome.genotype), outcome.own.accuracy),
        (124, 12.0)
    );
    // A whole space can be exhausted.
    let all = SamplingOptions {
        budget: Budget::Evaluations(125),
        ..NA_RS
    };
    let outcome = pollster::block_on(local_search(&mut evaluator, &all)).unwrap();
    assert_eq!((outcome.evaluations, outcome.own.accuracy), (125, 12.0));
}
