//! Barriers between architectures (`method.md` §6, §8.15, §9.4 item 13, §10.5).

use plateau::landscape::{LandscapeError, TableEvaluator, barrier};
use plateau::space::{Genotype, Operation, PathError, Space};

use super::{BEST, Scripted, benchmark, cell, small_table};

/// A 3-node cell by the indices of its operations.
fn small(digits: [usize; 3]) -> Genotype {
    let operations = Space::NasBench201Small.operations();
    let encoding = digits.map(|digit| operations[digit]).to_vec();
    Genotype::from_encoding(Space::NasBench201Small, &[encoding]).unwrap()
}

#[test]
fn a_path_through_an_additive_landscape_can_dip_below_equal_ends() {
    // From 000 to 111 the three edges change the accuracy by +2, +3 and −5: the ends are equal. The lowest prefix sum over the six
    // orders of the changes is −5 where −5 comes first (two of them), −3 after +2, −2 after +3, and 0 after both.
    let change = [2.0, 3.0, -5.0];
    let table = small_table(|index| {
        let digits = [index / 25, index / 5 % 5, index % 5];
        let part = |edge: usize| if digits[edge] == 1 { change[edge] } else { 0.0 };
        50.0 + part(0) + part(1) + part(2)
    });
    let mut evaluator = TableEvaluator::new(&table, None).unwrap();
    let [a, b] = [small([0; 3]), small([1; 3])];
    let report = pollster::block_on(barrier(&mut evaluator, &a, &b, 10, 0)).unwrap();
    assert_eq!(
        (report.distance, report.paths, report.complete),
        (3, 6, true)
    );
    let expected = [5.0, 5.0, 3.0, 2.0, 0.0, 0.0];
    let mean = expected.iter().sum::<f64>() / 6.0;
    let variance = expected.iter().map(|b| (b - mean).powi(2)).sum::<f64>() / 6.0;
    assert!((report.barrier.mean - mean).abs() < 1e-12);
    assert!((report.barrier.std - variance.sqrt()).abs() < 1e-12);
    assert_eq!((report.barrier.lowest, report.barrier.highest), (0.0, 5.0));
    // Level means: 50, 50 + 0/3, 50 + 0/3, 50.
    assert!(report.barrier.of_means.abs() < 1e-12);
    // The line between equal ends is level.
    assert_eq!(report.below_line, report.barrier);
    let levels: Vec<(usize, usize)> = report
        .levels
        .iter()
        .map(|level| (level.level, level.architectures))
        .collect();
    assert_eq!(levels, [(0, 1), (1, 3), (2, 3), (3, 1)]);
    let first = report.levels[1].accuracy;
    assert_eq!((first.worst, first.best, first.count), (45.0, 53.0, 6));
    assert!((first.std - (38.0f64 / 3.0).sqrt()).abs() < 1e-12);
}

#[test]
fn the_true_ends_are_the_ends() {
    // A slope without a dip: the barrier is half the difference of the ends.
    let table = small_table(|index| 10.0 * (index / 25) as f64 + (index / 5 % 5) as f64);
    let mut evaluator = TableEvaluator::new(&table, None).unwrap();
    let [a, b] = [small([1, 1, 0]), small([4, 4, 0])];
    for (a, b) in [(&a, &b), (&b, &a)] {
        let report = pollster::block_on(barrier(&mut evaluator, a, b, 10, 0)).unwrap();
        assert_eq!(
            (report.barrier.lowest, report.barrier.highest),
            (16.5, 16.5)
        );
        assert_eq!(report.barrier.of_means, 16.5);
        // Whichever edge comes first, one of both ways sags by (30 − 3) / 2 below the line, and the other is above it.
        let below = report.below_line;
        assert_eq!((below.lowest, below.highest), (0.0, 13.5));
        assert_eq!((below.mean, below.std, below.of_means), (6.75, 6.75, 0.0));
        assert_eq!(report.ends, [a.clone(), b.clone()]);
        let ends = [0, 2].map(|level| report.levels[level].accuracy.mean);
        assert_eq!(ends[0].min(ends[1]), 11.0);
        assert_eq!(ends[0].max(ends[1]), 44.0);
    }
}

#[test]
fn a_path_that_never_falls_below_the_straight_line_has_none_of_the_second_barrier() {
    let [a, b] = [small([0; 3]), small([4; 3])];
    // The same rise on every edge: all paths are the line itself, whatever decimal fractions round to.
    for rise in [0.1, 7.3, -7.3] {
        let table = small_table(|index| {
            let digits = [index / 25, index / 5 % 5, index % 5];
            50.0 + rise * digits.iter().filter(|&&digit| digit > 0).count() as f64
        });
        let mut evaluator = TableEvaluator::new(&table, None).unwrap();
        let report = barrier(&mut evaluator, &a, &b, 10, 0);
        let report = pollster::block_on(report).unwrap();
        let half = 1.5 * f64::abs(rise);
        assert!((report.barrier.mean - half).abs() < 1e-9, "{report:?}");
        let below = report.below_line;
        let all = [
            below.mean,
            below.std,
            below.lowest,
            below.highest,
            below.of_means,
        ];
        assert_eq!(all, [0.0; 5]);
        let text = report.to_string();
        let line = "most below the straight line 0.00 ± 0.00 (lowest 0.00, highest 0.00), of the mean path 0.00\n";
        assert!(text.ends_with(line), "{text}");
    }
    // One sag of 4 in the middle of a line from 50 to 60, and hills, which do not count.
    let table = small_table(|index| match index {
        0 => 50.0,
        124 => 60.0,
        // One and two edges at the last operation.
        100 | 20 | 4 => 50.0 + 10.0 / 3.0 - 4.0,
        120 | 104 | 24 => 90.0,
        _ => 0.0,
    });
    let mut evaluator = TableEvaluator::new(&table, None).unwrap();
    let report = barrier(&mut evaluator, &a, &b, 10, 0);
    let below = pollster::block_on(report).unwrap().below_line;
    for value in [below.mean, below.lowest, below.highest, below.of_means] {
        assert!((value - 4.0).abs() < 1e-12, "{below:?}");
    }
}

#[test]
fn the_real_table_has_720_paths_across_the_whole_space() {
    let mut evaluator = TableEvaluator::new(benchmark(), None).unwrap();
    let far = cell(
        "|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_1x1~1|+|nor_conv_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|",
    );
    let report = pollster::block_on(barrier(&mut evaluator, &cell(BEST), &far, 10, 0)).unwrap();
    assert_eq!((report.distance, report.paths), (6, 720));
    let sizes: Vec<usize> = report.levels.iter().map(|l| l.architectures).collect();
    assert_eq!(sizes, [1, 6, 15, 20, 15, 6, 1]);
    assert!(report.barrier.lowest >= 0.0 && report.barrier.lowest <= report.barrier.mean);
    // By walking all permutations in Python.
    let [b, below] = [report.barrier, report.below_line];
    for (found, expected) in [
        (b.mean, 0.976_305_555_6),
        (b.std, 0.346_530_901_8),
        (below.mean, 0.413_681_327_2),
        (below.std, 0.469_516_631_2),
        (below.lowest, 0.0),
        (below.highest, 1.947_777_777_8),
        (below.of_means, 0.002_222_222_8),
    ] {
        assert!((found - expected).abs() < 1e-9, "{report:?}");
    }
    let text = report.to_string();
    assert!(
        text.contains("6 edges differ, all 720 shortest paths"),
        "{text}"
    );
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(report, serde_json::from_str(&json).unwrap());
}

#[test]
fn distant_darts_genotypes_are_joined_by_sampled_paths() {
    let a = Genotype::preset("darts-v2").unwrap();
    let mut cells = a.cells().to_vec();
    for input in cells[0].nodes.iter_mut().flatten() {
        input.operation = Operation::DilConv5x5;
    }
    let b = Genotype::new(Space::Darts, cells).unwrap();
    let dilated = |genotype: &Genotype| {
        let inputs = genotype.cells()[0].nodes.iter().flatten();
        let count = inputs
            .filter(|input| input.operation == Operation::DilConv5x5)
            .count();
        count as f64
    };
    let mut evaluator = Scripted::new(Space::Darts, dilated);
    let report = pollster::block_on(barrier(&mut evaluator, &a, &b, 30, 4)).unwrap();
    assert_eq!(
        (report.distance, report.paths, report.complete),
        (8, 30, false)
    );
    for level in &report.levels {
        assert_eq!(level.accuracy.mean, level.level as f64);
        assert_eq!(level.accuracy.std, 0.0);
    }
    assert_eq!(report.barrier.mean, 4.0);
    // No architecture is asked for twice.
    let distinct: usize = report.levels.iter().map(|level| level.architectures).sum();
    assert_eq!(evaluator.asked.len(), distinct);
    // A single one of many paths.
    let report = pollster::block_on(barrier(&mut evaluator, &a, &b, 1, 4)).unwrap();
    let text = report.to_string();
    let lines = "barrier of the only path 4.00\nmost below the straight line 0.00\n";
    assert!(text.ends_with(lines), "{text}");
}

#[test]
fn the_only_path_between_neighbors_has_no_deviation() {
    let table = small_table(|index| index as f64 / 2.0);
    let mut evaluator = TableEvaluator::new(&table, None).unwrap();
    for ends in [
        [[1, 2, 3], [1, 2, 4]],
        [[0, 0, 0], [4, 0, 0]],
        [[2, 1, 2], [2, 3, 2]],
    ] {
        let [a, b] = ends.map(small);
        let report = pollster::block_on(barrier(&mut evaluator, &a, &b, 10, 0)).unwrap();
        let text = report.to_string();
        assert!(
            text.ends_with(&format!(
                "barrier of the only path {:.2}\n",
                report.barrier.mean
            )),
            "{text}"
        );
        assert!(!text.contains('±') && !text.contains("NaN"), "{text}");
    }
}

#[test]
fn impossible_barriers_are_refused() {
    let table = small_table(|_| 1.0);
    let mut evaluator = TableEvaluator::new(&table, None).unwrap();
    let a = small([1, 2, 3]);
    let equal = pollster::block_on(barrier(&mut evaluator, &a, &a, 10, 0));
    assert_eq!(equal, Err(LandscapeError::Path(PathError::Equal)));
    let mut diverged = Scripted::new(Space::NasBench201Small, |_: &Genotype| f64::NAN);
    let error = pollster::block_on(barrier(&mut diverged, &a, &small([0; 3]), 10, 0)).unwrap_err();
    assert!(error.to_string().contains("not a finite number"), "{error}");
}
