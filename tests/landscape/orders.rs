//! Spearman's ρ, Kendall's τ_b and the bootstrap, against SciPy 1.17.

use plateau::landscape::{KendallTau, bootstrap_interval, spearman};

/// i = arange(60); a = (37*i*i + 11) % 17 / 2; b = a + (53*i) % 13 / 2: 9 and 23 different values.
fn lists() -> [Vec<f64>; 2] {
    let a = (0..60).map(|i| f64::from((37 * i * i + 11) % 17) / 2.0);
    let b = a
        .clone()
        .zip(0..60)
        .map(|(a, i)| a + f64::from(53 * i % 13) / 2.0);
    [a.clone().collect(), b.collect()]
}

fn tau(a: &[f64], b: &[f64]) -> Option<f64> {
    KendallTau::of(a, b, 0).map(|kendall| kendall.tau)
}

#[test]
fn the_rank_correlations_of_lists_with_ties_are_scipy_s() {
    let [a, b] = lists();
    // scipy.stats.kendalltau(a, b), scipy.stats.spearmanr(a, b)
    for (a, b, kendall, rho) in [
        (
            &a[..],
            &b[..],
            0.648_311_996_848_107_7,
            0.807_104_987_077_892_8,
        ),
        (&[1., 2., 2., 3.], &[4., 1., 3., 3.], -0.4, -0.5),
        (&[1., 2., 3., 4.], &[1., 2., 4., 3.], 2.0 / 3.0, 0.8),
        (&[1., 2.], &[2., 1.], -1.0, -1.0),
        (&b[..], &b[..], 1.0, 1.0),
    ] {
        let [found, swapped] = [tau(a, b), tau(b, a)].map(Option::unwrap);
        assert!((found - kendall).abs() < 1e-12, "{found}");
        assert_eq!(found, swapped);
        let found = spearman(a, b).unwrap();
        assert!((found - rho).abs() < 1e-12, "{found}");
    }
    // Against counting every pair.
    let (mut difference, mut first, mut second) = (0.0, 0.0, 0.0);
    for i in 0..60 {
        for j in 0..i {
            let sign = |values: &[f64]| {
                let step = values[i] - values[j];
                if step == 0.0 { 0.0 } else { step.signum() }
            };
            difference += sign(&a) * sign(&b);
            first += sign(&a).abs();
            second += sign(&b).abs();
        }
    }
    let counted = difference / f64::sqrt(first * second);
    assert!((tau(&a, &b).unwrap() - counted).abs() < 1e-12);
}

#[test]
fn the_interval_of_tau_is_the_percentile_bootstrap_of_the_pairs() {
    let [a, b] = lists();
    let found = KendallTau::of(&a, &b, 5).unwrap();
    assert_eq!(found.count, 60);
    // scipy.stats.bootstrap((a, b), lambda x, y: kendalltau(x, y).statistic, paired=True, vectorized=False, method='percentile',
    // n_resamples=9999, random_state=0): 0.547, 0.733. The quantiles of 1,000 resamples vary by about 0.01.
    let [low, high] = [found.low, found.high].map(Option::unwrap);
    assert!(
        (low - 0.547).abs() < 0.03 && (high - 0.733).abs() < 0.03,
        "{found:?}"
    );
    assert_eq!(KendallTau::of(&a, &b, 5), Some(found), "the same seed");
    assert_ne!(KendallTau::of(&a, &b, 6), Some(found), "another seed");
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(found, serde_json::from_str(&json).unwrap());
}

#[test]
fn lists_without_an_order_have_no_correlation_and_too_short_ones_no_interval() {
    for (a, b) in [
        (&[][..], &[][..]),
        (&[1.0], &[2.0]),
        (&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]),
        (&[1.0, 2.0, 3.0], &[5.0, 5.0, 5.0]),
        (&[1.0, 2.0], &[1.0, 2.0, 3.0]),
        (&[1.0, f64::NAN], &[1.0, 2.0]),
        (&[1.0, 2.0], &[f64::INFINITY, 2.0]),
    ] {
        assert_eq!((tau(a, b), spearman(a, b)), (None, None), "{a:?} {b:?}");
    }
    // Half of the resamples of two pairs are one pair twice.
    let two = KendallTau::of(&[1.0, 2.0], &[1.0, 2.0], 0).unwrap();
    assert_eq!((two.tau, two.low, two.high), (1.0, None, None));
}

#[test]
fn a_bootstrap_interval_holds_the_middle_of_the_resamples() {
    // Of two values 0 and 1 the mean of a resample is 0, ½ or 1, the outer ones a quarter of the time.
    let mean = |places: &[usize]| Some(places.iter().sum::<usize>() as f64 / 2.0);
    assert_eq!(bootstrap_interval(2, 1000, 0, mean), Some([0.0, 1.0]));
    // Of 400 values the mean of a resample is nearly normal: 199.5 ± 1.96·115.47/√400.
    let mean = |places: &[usize]| Some(places.iter().sum::<usize>() as f64 / 400.0);
    let [low, high] = bootstrap_interval(400, 10_000, 1, mean).unwrap();
    assert!(
        (low - 188.18).abs() < 0.8 && (high - 210.82).abs() < 0.8,
        "{low} {high}"
    );
    assert_eq!(bootstrap_interval(0, 1000, 0, mean), None);
    assert_eq!(bootstrap_interval(400, 0, 0, mean), None);
    assert_eq!(bootstrap_interval(5, 100, 0, |_| None), None);
    assert_eq!(bootstrap_interval(5, 100, 0, |_| Some(f64::NAN)), None);
}
