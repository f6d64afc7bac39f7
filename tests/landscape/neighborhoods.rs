//! Neighborhood reports.

use std::collections::BTreeSet;

use plateau::landscape::{
    Collapse, EvaluatorError, LandscapeError, NeighborhoodOptions, Statistics, TableEvaluator,
    function_string, neighborhood,
};
use plateau::space::{Counting, Genotype, NeighborhoodError, Space, neighbors};

use super::{BEST, Scripted, benchmark, cell, small_table};

#[test]
fn the_optimum_of_the_real_table_is_first_among_its_24_neighbors() {
    let table = benchmark();
    let mut evaluator = TableEvaluator::new(table, None).unwrap();
    let best = cell(BEST);
    let options = NeighborhoodOptions::default();
    let report = pollster::block_on(neighborhood(&mut evaluator, &best, &options)).unwrap();
    assert!((report.own - 94.37).abs() < 0.005);
    assert_eq!(report.rank, 1);
    assert_eq!(report.neighbors.len(), 24);
    let shells: Vec<(usize, u64, usize)> = report
        .radii
        .iter()
        .map(|shell| (shell.radius, shell.size, shell.raw.count))
        .collect();
    assert_eq!(shells, [(1, 24, 24), (2, 240, 240), (3, 1280, 1280)]);
    // By hand: every architecture at the distance, straight from the table.
    for shell in &report.radii {
        let accuracies: Vec<f64> = neighbors(&best, shell.radius, Counting::Topology)
            .unwrap()
            .iter()
            .map(|n| table.values()[0][table.index_of(&n.genotype).unwrap()])
            .collect();
        let count = accuracies.len() as f64;
        let mean = accuracies.iter().sum::<f64>() / count;
        let variance = accuracies.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / count;
        assert!((shell.raw.mean - mean).abs() < 1e-10);
        assert!((shell.raw.std - variance.sqrt()).abs() < 1e-10);
        let highest = accuracies.iter().copied().fold(0.0, f64::max);
        let lowest = accuracies.iter().copied().fold(100.0, f64::min);
        assert_eq!((shell.raw.worst, shell.raw.best), (lowest, highest));
        assert_eq!(shell.standard_error, None);
    }
    // Best first, one edge each, and the difference is what the neighbor says.
    assert!(
        report
            .neighbors
            .windows(2)
            .all(|pair| pair[0].loss <= pair[1].loss)
    );
    for neighbor in &report.neighbors {
        assert_eq!(neighbor.changes.len(), 1);
        assert_ne!(neighbor.changes[0].before, neighbor.changes[0].after);
        let index = table.index_of(&neighbor.genotype).unwrap();
        assert_eq!(neighbor.accuracy, table.values()[0][index]);
    }
    let text = report.to_string();
    assert!(
        text.contains("own accuracy 94.37 %, rank 1 of 25"),
        "{text}"
    );
    assert_eq!(text.matches('⇒').count(), 24);
}

#[test]
fn neighbors_of_the_same_function_are_told_apart() {
    let mut evaluator = TableEvaluator::new(benchmark(), None).unwrap();
    // Node 2 is zero, so the edge 2→3 may hold anything but a skip of the sum of zeros.
    let genotype =
        cell("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|nor_conv_1x1~2|");
    let options = NeighborhoodOptions {
        radius: 1,
        ..NeighborhoodOptions::default()
    };
    let report = pollster::block_on(neighborhood(&mut evaluator, &genotype, &options)).unwrap();
    let own = function_string(&genotype, Collapse::SkipAndZero);
    let same = report
        .neighbors
        .iter()
        .filter(|n| n.same_function == Some(true));
    for neighbor in same.clone() {
        assert_eq!(
            function_string(&neighbor.genotype, Collapse::SkipAndZero),
            own
        );
    }
    let unique = report.radii[0].unique.unwrap();
    assert_eq!(unique.same_function, same.count());
    let others: BTreeSet<_> = report
        .neighbors
        .iter()
        .map(|n| function_string(&n.genotype, Collapse::SkipAndZero))
        .filter(|function| *function != own)
        .collect();
    assert_eq!(unique.classes.unwrap().count, others.len());
    assert!(others.len() < 24);
}

#[test]
fn cells_with_the_same_function_as_all_their_neighbors_have_no_other_classes() {
    // Nothing but zeros: half of the neighbors of a dead cell are dead, too.
    let table = small_table(|index| index as f64 / 2.0);
    let mut evaluator = TableEvaluator::new(&table, None).unwrap();
    let dead = cell("|none~0|+|none~0|none~1|");
    let options = NeighborhoodOptions::default();
    let report = pollster::block_on(neighborhood(&mut evaluator, &dead, &options)).unwrap();
    let sizes: Vec<u64> = report.radii.iter().map(|shell| shell.size).collect();
    assert_eq!(sizes, [12, 48, 64]);
    // 0→1 may be anything, 1→2 may be anything: 8 of the 12.
    assert_eq!(report.radii[0].unique.unwrap().same_function, 8);
    assert_eq!(report.rank, 13);
    // There is nothing beyond distance 3.
    let options = NeighborhoodOptions {
        radius: 6,
        ..options
    };
    let report = pollster::block_on(neighborhood(&mut evaluator, &dead, &options)).unwrap();
    assert_eq!(report.radii.len(), 3);
}

#[test]
fn a_large_shell_is_sampled_with_a_standard_error() {
    let table = benchmark();
    let mut evaluator = TableEvaluator::new(table, None).unwrap();
    let best = cell(BEST);
    let whole = pollster::block_on(neighborhood(
        &mut evaluator,
        &best,
        &NeighborhoodOptions::default(),
    ))
    .unwrap();
    let mut within = 0;
    for seed in 0..100 {
        let options = NeighborhoodOptions {
            limit: 200,
            seed,
            ..NeighborhoodOptions::default()
        };
        let report = pollster::block_on(neighborhood(&mut evaluator, &best, &options)).unwrap();
        assert_eq!(report.radii[0], whole.radii[0]);
        for (sampled, whole) in report.radii.iter().zip(&whole.radii).skip(1) {
            assert_eq!((sampled.raw.count, sampled.size), (200, whole.size));
            let error = sampled.standard_error.unwrap();
            within += usize::from((sampled.raw.mean - whole.raw.mean).abs() < 2.0 * error);
        }
        let again = pollster::block_on(neighborhood(&mut evaluator, &best, &options)).unwrap();
        assert_eq!(report, again);
    }
    // About 95 % of 200.
    assert!((175..=199).contains(&within), "{within}");
}

#[test]
fn a_sample_of_equal_values_has_no_standard_error_and_says_so() {
    let table = small_table(|_| 60.0);
    let mut evaluator = TableEvaluator::new(&table, None).unwrap();
    let options = NeighborhoodOptions {
        limit: 5,
        ..NeighborhoodOptions::default()
    };
    let genotype = table.genotype_of(7).unwrap();
    let report = pollster::block_on(neighborhood(&mut evaluator, &genotype, &options)).unwrap();
    assert_eq!(report.radii[0].raw.count, 5);
    assert!(
        report
            .radii
            .iter()
            .all(|shell| shell.standard_error.is_none())
    );
    let text = report.to_string();
    assert!(
        text.contains("of 12, equal values: no standard error"),
        "{text}"
    );
    assert!(!text.contains('±') && !text.contains("NaN"), "{text}");
    let of = |values: &[f64]| Statistics::of(values).unwrap().standard_error(100);
    assert_eq!([of(&[3.0]), of(&[3.0, 3.0]), of(&[0.1; 9])], [None; 3]);
    assert!(of(&[3.0, 4.0]).unwrap() > 0.0);
}

#[test]
fn every_member_of_a_sampled_shell_is_as_likely_as_any_other() {
    // Of the 240 cells at distance 2, 80 differ on the first edge: a third.
    let best = cell(BEST);
    let first = best.cells()[0].nodes[0].clone();
    let changed = |genotype: &Genotype| {
        let differs = genotype.cells()[0].nodes[0] != first;
        if differs { 100.0 } else { 0.0 }
    };
    let means: Vec<f64> = (0..300)
        .map(|seed| {
            let mut evaluator = Scripted::new(Space::NasBench201, changed);
            let options = NeighborhoodOptions {
                radius: 2,
                limit: 100,
                seed,
                ..NeighborhoodOptions::default()
            };
            let report = pollster::block_on(neighborhood(&mut evaluator, &best, &options)).unwrap();
            report.radii[1].raw.mean
        })
        .collect();
    // The deviation of the mean of all runs is 0.21.
    let mean = means.iter().sum::<f64>() / 300.0;
    assert!((mean - 100.0 / 3.0).abs() < 0.84, "{mean}");
}

#[test]
fn darts_neighborhoods_are_listed_near_and_sampled_far() {
    let genotype = Genotype::preset("darts-v2").unwrap();
    let score = |g: &Genotype| 90.0 - g.to_text().matches("none").count() as f64;
    for (counting, nearest, second) in [
        (Counting::Topology, 96, 4320),
        (Counting::Encoding, 96, 4488),
        (Counting::Mutation, 264, 31_200),
    ] {
        let mut evaluator = Scripted::new(Space::Darts, score);
        let options = NeighborhoodOptions {
            counting,
            radius: 2,
            limit: 300,
            seed: 1,
        };
        let report = pollster::block_on(neighborhood(&mut evaluator, &genotype, &options)).unwrap();
        assert_eq!(
            (report.radii[0].size, report.radii[0].raw.count),
            (nearest, nearest as usize)
        );
        assert_eq!(report.radii[1].size, second, "{counting:?}");
        assert_eq!(report.radii[1].raw.count, 300);
        assert_eq!(report.radii[1].unique, None);
        assert_eq!(report.neighbors[0].same_function, None);
        let distinct: BTreeSet<String> = evaluator.asked.iter().map(Genotype::canonical).collect();
        assert_eq!(distinct.len(), 1 + nearest as usize + 300);
    }
}

#[test]
fn the_json_of_a_report_has_its_figures_side_by_side() {
    let mut evaluator = TableEvaluator::new(benchmark(), None).unwrap();
    let options = NeighborhoodOptions::default();
    let report = pollster::block_on(neighborhood(&mut evaluator, &cell(BEST), &options)).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["own"], report.own);
    for field in ["count", "mean", "worst", "best", "std"] {
        assert!(json["radii"][0][field].is_number(), "{field}");
    }
    assert_eq!(report, serde_json::from_value(json).unwrap());
}

#[test]
fn quantiles_are_linear_between_order_statistics() {
    let values: Vec<f64> = (0..=20).rev().map(f64::from).collect();
    let statistics = Statistics::of(&values).unwrap();
    assert_eq!(
        [
            statistics.q05,
            statistics.q25,
            statistics.median,
            statistics.q75,
            statistics.q95
        ],
        [1.0, 5.0, 10.0, 15.0, 19.0]
    );
    assert_eq!(Statistics::of(&[]), None);
}

#[test]
fn impossible_neighborhoods_are_refused() {
    let darts = Genotype::preset("darts-v1").unwrap();
    let mut evaluator = Scripted::new(Space::Darts, |_: &Genotype| 50.0);
    let mut ask = |options| pollster::block_on(neighborhood(&mut evaluator, &darts, &options));
    let options = NeighborhoodOptions::default();
    for radius in [0, 7] {
        let result = ask(NeighborhoodOptions { radius, ..options });
        assert!(matches!(result, Err(LandscapeError::Range { .. })));
    }
    for limit in [1, 200_001] {
        let result = ask(NeighborhoodOptions { limit, ..options });
        assert!(matches!(result, Err(LandscapeError::Range { .. })));
    }
    let counting = Counting::Supernet;
    assert_eq!(
        ask(NeighborhoodOptions {
            counting,
            ..options
        }),
        Err(LandscapeError::Neighborhood(
            NeighborhoodError::SupernetView
        ))
    );
    let mut table = TableEvaluator::new(benchmark(), None).unwrap();
    assert!(matches!(
        pollster::block_on(neighborhood(&mut table, &darts, &options)),
        Err(LandscapeError::Evaluator(EvaluatorError::Space { .. }))
    ));
}
