//! Flatness at matched accuracy (`method.md` §10.3). The expected numbers are scikit-learn's and SciPy's:
//! `f = IsotonicRegression().fit(own, means).predict(own)` and `scipy.stats.spearmanr(own, means)`, with `means` summed apart from this crate.

use plateau::landscape::{
    Budget, LandscapeError, Matched, SamplingOptions, TableEvaluator, isotonic, sampling_report,
    sampling_search,
};
use plateau::space::{Aggregation, Counting};

use super::{benchmark, small_table};

fn matched() -> Matched {
    Matched::new(&benchmark().values()[0], 6, 5).unwrap()
}

#[test]
fn the_monotone_regression_is_scikit_learn_s() {
    // x = [1,1,2,3,3,3,4,5,6,6,7]; y = [2,4,1,6,5,7.5,4,4.5,9,8,8.5]; IsotonicRegression().fit(x, y).predict(x)
    let x = [1., 1., 2., 3., 3., 3., 4., 5., 6., 6., 7.];
    let y = [2., 4., 1., 6., 5., 7.5, 4., 4.5, 9., 8., 8.5];
    let values = [7. / 3., 5.4, 8.5];
    let expected = [0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2].map(|block| values[block]);
    let points = [3, 3, 3, 5, 5, 5, 5, 5, 3, 3, 3];
    // In any order of the points.
    let shuffled = [6, 0, 10, 3, 8, 1, 5, 2, 9, 7, 4];
    for order in [std::array::from_fn(|place| place), shuffled] {
        let fits = isotonic(
            &order.map(|place: usize| x[place]),
            &order.map(|place| y[place]),
        );
        for (fit, place) in fits.iter().zip(order) {
            assert!((fit.value - expected[place]).abs() < 1e-12, "{fits:?}");
            assert_eq!(fit.points, points[place], "{fits:?}");
        }
    }
    // A rising line is its own regression, a falling one its mean.
    let line: Vec<f64> = (0..9).map(f64::from).collect();
    let values =
        |x: &[f64], y: &[f64]| -> Vec<f64> { isotonic(x, y).iter().map(|fit| fit.value).collect() };
    assert_eq!(values(&line, &line), line);
    let falling: Vec<f64> = line.iter().map(|value| -value).collect();
    assert_eq!(values(&falling, &line), [4.0; 9]);
    assert_eq!(isotonic(&[], &[1.0]), []);
    assert_eq!(isotonic(&[1.0, 2.0], &[f64::NAN, 1.0]).len(), 2);
}

#[test]
fn the_residual_of_a_real_cell_is_that_of_the_isotonic_regression_over_the_table() {
    let matched = matched();
    for (index, mean, expected, architectures) in [
        (0, 22.601_805_555_6, 46.382_975_521_3, 341),
        (7777, 90.981_111_111_1, 89.017_095_921_8, 1837),
        (11_038, 93.706_111_111_1, 93.641_712_963, 6),
        (11_667, 93.783_888_888_9, 93.820_856_481_5, 3),
    ] {
        let found = matched.at(index).unwrap();
        assert!((found.mean - mean).abs() < 1e-9, "{found:?}");
        assert!((found.expected - expected).abs() < 1e-9, "{found:?}");
        assert!((found.residual - (mean - expected)).abs() < 1e-9);
        assert_eq!(found.architectures, architectures);
    }
    let residuals: Vec<f64> = (0..15_625)
        .map(|index| matched.at(index).unwrap().residual)
        .collect();
    // Of a regression by pooling they add up to 0. (f - m).std() = 1.9271401307994847
    let mean = residuals.iter().sum::<f64>() / 15_625.0;
    assert!(mean.abs() < 1e-9, "{mean}");
    let variance = residuals.iter().map(|r| r * r).sum::<f64>() / 15_625.0;
    assert!((variance.sqrt() - 1.927_140_130_8).abs() < 1e-8);
    assert_eq!(matched.at(15_625), None);
}

#[test]
fn better_cells_have_better_neighbors_and_among_the_best_ones_hardly() {
    let matched = matched();
    let (count, rho) = matched.rank_correlation(-1.0);
    assert_eq!(count, 15_625);
    assert!((rho.unwrap() - 0.916_67).abs() < 1e-5, "{rho:?}");
    // Equal means differ by rounding, which breaks their ties at random: SciPy says 0.32705, and 0.32696 where all are rounded to 9 digits.
    let (count, rho) = matched.rank_correlation(93.0);
    assert_eq!(count, 1408);
    assert!((rho.unwrap() - 0.327).abs() < 2e-4, "{rho:?}");
    assert_eq!(
        matched.rank_correlation(94.37),
        (2, None),
        "equal accuracies"
    );
    assert_eq!(matched.rank_correlation(100.0), (0, None));
}

#[test]
fn a_cell_is_said_to_be_flatter_or_less_flat_than_cells_as_good_as_it() {
    // All are 50 % but for one that is better and one that is as good among worse neighbors.
    let table = small_table(|index| match index {
        0 => 90.0,
        124 => 70.0,
        // Around the last cell.
        24 | 49 | 74 | 99 => 30.0,
        _ => 50.0,
    });
    let matched = Matched::new(&table.values()[0], 3, 5).unwrap();
    let text = |index| matched.at(index).unwrap().to_string();
    assert!(
        text(0).starts_with("no other cell of the table is as good"),
        "{}",
        text(0)
    );
    assert_eq!(matched.at(0).unwrap().residual, 0.0);
    let mut signs = [0, 0];
    for index in 0..125 {
        let found = matched.at(index).unwrap();
        let line = found.to_string();
        assert_eq!(line.lines().count(), 1);
        if found.architectures > 1 && found.residual > 0.01 {
            assert!(
                line.starts_with("flatter than cells as good as it by"),
                "{line}"
            );
            signs[0] += 1;
        } else if found.residual < -0.01 {
            assert!(
                line.starts_with("less flat than cells as good as it by"),
                "{line}"
            );
            signs[1] += 1;
        }
    }
    assert!(signs.iter().all(|&count| count > 0), "{signs:?}");
    // The rest of the table decides nothing on a level landscape.
    let level = Matched::new(&[50.0; 125], 3, 5).unwrap();
    let line = level.at(7).unwrap().to_string();
    assert!(
        line.starts_with("as flat as cells as good as it: "),
        "{line}"
    );
    assert!(matches!(
        Matched::new(&[50.0; 124], 3, 5),
        Err(LandscapeError::Incomplete { .. })
    ));
}

#[test]
fn a_sampling_search_on_a_table_reports_the_mean_residual_of_its_choices() {
    let mut column = TableEvaluator::new(benchmark(), None).unwrap();
    let options = SamplingOptions {
        screen: None,
        budget: Budget::Draws(15),
        radius: 1,
        neighbors: 0,
        include_self: true,
        aggregation: Aggregation::Mean,
        counting: Counting::Topology,
        seed: 3,
    };
    let report = sampling_report(column, column, &options, 20).unwrap();
    let matched = matched();
    let mut sum = 0.0;
    for run in 0..20 {
        let options = SamplingOptions {
            seed: 3 + run,
            ..options
        };
        let choice = pollster::block_on(sampling_search(&mut column, &options)).unwrap();
        let index = benchmark().index_of(&choice.genotype).unwrap();
        sum += matched.at(index).unwrap().residual;
    }
    assert!((report.matched_residual.unwrap() - sum / 20.0).abs() < 1e-9);
    let text = report.to_string();
    assert!(text.contains("their worst  flatter by\n"), "{text}");
    assert!(text.contains(&format!("{:>+10.2}\n", sum / 20.0)), "{text}");
}
