//! A search by an additive fit (`method.md` §10.8).

use plateau::landscape::{
    AdditiveFit, Budget, LandscapeError, SamplingOptions, additive_search, ridge,
};
use plateau::space::{Genotype, Space};

use super::sampling::NA_RS;
use super::sampling_arms::{accuracy, distinct_draws, number};
use super::{Scripted, digits};

/// Numbers of an independent program (NumPy 2: columns and values centred, `solve(X'X + ridge I, X'y)`):
///
/// ```text
/// index = np.arange(60) * 7 % 125; value = (index * index * 13 % 101) / 101
/// digits = np.stack([index // 25, index // 5 % 5, index % 5], 1)
/// x = (digits[:, :, None] == np.arange(5)).reshape(60, 15).astype(float); mx, my = x.mean(0), value.mean()
/// b = np.linalg.solve((x - mx).T @ (x - mx) + ridge * np.eye(15), (x - mx).T @ (value - my)); a = my - mx @ b
/// ```
#[test]
fn the_additive_fit_is_that_of_an_independent_program() {
    let values: Vec<(usize, f64)> = (0..60)
        .map(|step| {
            let index = step * 7 % 125;
            (index, (index * index * 13 % 101) as f64 / 101.0)
        })
        .collect();
    let fit = AdditiveFit::of(Space::NasBench201Small, &values, 1.0).unwrap();
    let expected = [
        [
            -0.061355638336,
            0.018989925813,
            0.122904802069,
            -0.028733618334,
            -0.051805471213,
        ],
        [
            -0.132545620942,
            -0.039097563706,
            0.154077246462,
            0.107719493317,
            -0.090153555132,
        ],
        [
            0.099549635634,
            0.179442095679,
            -0.15747707676,
            0.017931119427,
            -0.139445773981,
        ],
    ];
    assert!((fit.intercept - 0.49028913022974746).abs() < 1e-11);
    for (found, expected) in fit.coefficients.iter().zip(expected) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-11, "{found} {expected}");
        }
    }
    assert_eq!(fit.least(), 2);
    assert!((fit.value(2) - 0.13891079419255076).abs() < 1e-11);
    let weaker = AdditiveFit::of(Space::NasBench201Small, &values, 0.25).unwrap();
    assert!((weaker.intercept - 0.49026717371527107).abs() < 1e-11);
    assert!((weaker.value(weaker.least()) - 0.11936389336448094).abs() < 1e-11);

    let one = [(3, 0.5)];
    for (space, values, ridge) in [
        (Space::Darts, &one[..], 1.0),
        (Space::NasBench201Small, &[], 1.0),
        (Space::NasBench201Small, &[(125, 0.5)], 1.0),
        (Space::NasBench201Small, &[(3, f64::NAN)], 1.0),
        (Space::NasBench201Small, &one, 0.0),
        (Space::NasBench201Small, &one, f64::INFINITY),
    ] {
        assert_eq!(AdditiveFit::of(space, values, ridge), None);
    }
}

#[test]
fn the_additive_search_chooses_by_a_fit_to_what_random_search_evaluates() {
    let options = SamplingOptions {
        budget: Budget::Evaluations(400),
        radius: 0,
        ..NA_RS
    };
    let mut evaluator = Scripted::new(Space::NasBench201, accuracy);
    let outcome = pollster::block_on(additive_search(&mut evaluator, &options)).unwrap();
    assert_eq!(evaluator.asked, distinct_draws(NA_RS.seed, 400));
    assert_eq!(outcome.evaluations, 400);
    let values: Vec<(usize, f64)> = evaluator
        .asked
        .iter()
        .map(|one| (number(one), 1.0 - accuracy(one) / 100.0))
        .collect();
    let fit = AdditiveFit::of(Space::NasBench201, &values, ridge(Space::NasBench201)).unwrap();
    let least = (0..15_625).min_by(|&a, &b| fit.value(a).total_cmp(&fit.value(b)));
    assert_eq!(number(&outcome.genotype), least.unwrap());
    assert_eq!(outcome.score, fit.value(least.unwrap()));
    assert_eq!(outcome.own.loss, outcome.score, "the fitted one");

    // On a landscape that is additive it finds the best of 15,625 by a few of them.
    let additive = |genotype: &Genotype| {
        let digits = digits(Space::NasBench201, number(genotype));
        let parts = digits.iter().map(|&digit| [3.0, 1.0, 4.0, 1.5, 5.0][digit]);
        parts.sum::<f64>()
    };
    let mut evaluator = Scripted::new(Space::NasBench201, additive);
    let few = SamplingOptions {
        budget: Budget::Evaluations(150),
        ..options
    };
    let outcome = pollster::block_on(additive_search(&mut evaluator, &few)).unwrap();
    assert_eq!(number(&outcome.genotype), 15_624);

    let mut darts = Scripted::new(Space::Darts, |_: &Genotype| 50.0);
    assert_eq!(
        pollster::block_on(additive_search(&mut darts, &few)),
        Err(LandscapeError::NoTable(Space::Darts))
    );
}
