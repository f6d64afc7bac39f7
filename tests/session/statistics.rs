//! What the seeds of a comparison say about others (`method.md` §10.6), against SciPy 1.17 and statsmodels 0.15.

use plateau::landscape::signed;
use plateau::study::compare::{Paired, Varying, holm, interquartile_mean};

const EIGHT: [f64; 8] = [0.56, -0.19, 1.30, 0.74, 0.0, 2.22, -0.37, 0.93];

/// x = [round(0.35 + 1.3 * np.sin(7 * i * i + 1), 2) for i in range(30)]
const THIRTY: [f64; 30] = [
    1.44, 1.64, -0.51, 1.55, 0.22, 0.44, 1.64, -0.95, 0.67, 1.11, -0.19, 0.05, -0.33, 0.83, 0.19,
    -0.8, 1.33, 1.3, 1.26, 1.43, -0.9, 0.59, 1.26, 0.27, -0.59, 0.66, 1.63, 1.5, -0.42, 1.14,
];

fn varying(differences: &[f64]) -> Varying {
    match Paired::of(differences, 0) {
        Some(Paired::Varying(varying)) => varying,
        other => panic!("{differences:?}: {other:?}"),
    }
}

#[test]
fn a_difference_that_rounding_makes_zero_has_no_sign() {
    for (value, digits, text) in [
        (0.0, 2, "0.00"),
        (-0.0, 2, "0.00"),
        (-0.004, 2, "0.00"),
        (0.004, 2, "0.00"),
        (-0.006, 2, "-0.01"),
        (1.25, 1, "+1.2"),
        (10.0, 0, "+10"),
    ] {
        assert_eq!(signed(value, digits), text, "{value}");
    }
}

#[test]
fn the_interquartile_mean_cuts_whole_values_as_rliable_does() {
    // scipy.stats.trim_mean(x[:n], 0.25)
    for (count, expected) in [
        (1, 0.56),
        (2, 0.185),
        (3, 0.556_666_666_667),
        (4, 0.65),
        (5, 0.433_333_333_333),
        (8, 0.5575),
    ] {
        let found = interquartile_mean(&EIGHT[..count]).unwrap();
        assert!((found - expected).abs() < 1e-9, "{count}: {found}");
    }
    assert_eq!(interquartile_mean(&[]), None);
}

#[test]
fn the_interval_of_the_interquartile_mean_is_its_percentile_bootstrap() {
    // np.quantile([trim_mean(t, 0.25) for t in itertools.product(x, repeat=len(x))], [0.025, 0.975]), and for more than seven
    // scipy.stats.bootstrap((x,), lambda a, axis: trim_mean(a, 0.25, axis=axis), method='percentile', n_resamples=100000, random_state=0).
    for (differences, low, high) in [
        (&EIGHT[..5], -0.126_67, 1.113_33),
        (&EIGHT[..6], 0.045, 1.575),
        (&EIGHT[..7], -0.112, 1.372),
        (&EIGHT[..], -0.095, 1.2975),
        (&THIRTY[..], 0.233, 1.082),
    ] {
        let found = varying(differences);
        // The quantiles of 10,000 resamples vary by about a hundredth here.
        assert!((found.low - low).abs() < 0.05, "{found:?}");
        assert!((found.high - high).abs() < 0.05, "{found:?}");
        assert!(found.low < found.interquartile_mean && found.interquartile_mean < found.high);
    }
    let found = varying(&EIGHT);
    assert_eq!(found.count, 8);
    assert!((found.interquartile_mean - 0.5575).abs() < 1e-12);
    assert!((found.mean - 0.648_75).abs() < 1e-12 && (found.std - 0.857_778_484_6).abs() < 1e-9);
    assert_eq!(Paired::of(&EIGHT, 0), Paired::of(&EIGHT, 0));
    assert_ne!(Paired::of(&EIGHT, 0), Paired::of(&EIGHT, 1));
}

#[test]
fn the_p_of_up_to_twenty_differences_counts_all_their_signs() {
    // scipy.stats.permutation_test((x,), lambda x, axis: x.mean(axis=axis), permutation_type='samples', vectorized=True,
    // n_resamples=2**20 + 1).pvalue
    for (differences, expected) in [
        (&EIGHT[..], 0.078_125),
        (&EIGHT[..5], 0.25),
        (&[1.0, 2.0, 3.0], 0.25),
        // Sums that would be equal but for rounding.
        (&[0.1, 0.2, 0.3, -0.6, 0.15], 0.9375),
        (&[0.1, 0.2, -0.3], 1.0),
        (&[0.5, -0.5, 0.25, -0.25, 0.0], 1.0),
        (&THIRTY[..20], 6210.0 / 1_048_576.0),
    ] {
        let found = varying(differences);
        assert!(found.exact);
        assert_eq!(found.p, expected, "{differences:?}");
        let negative: Vec<f64> = differences.iter().map(|value| -value).collect();
        assert_eq!(varying(&negative).p, expected, "two-sided");
    }
}

#[test]
fn the_p_of_more_differences_is_drawn_and_never_zero() {
    // Exact, by convolution of the two-point distributions on the grid of hundredths: 0.00122716. SciPy's 99,999 draws said 0.00126.
    let found = varying(&THIRTY);
    assert!(!found.exact);
    assert!((found.p - 0.001_227).abs() < 4.0 * 0.000_111, "{}", found.p);
    // More than one word of signs; 2⁻⁶⁹ of them are as far from 0.
    let mut far = [1.0; 70];
    far[0] = 1.5;
    assert_eq!(varying(&far).p, 1.0 / 100_001.0);
    // As many above as below: every draw is at least as far from 0.
    let even: Vec<f64> = (0..80)
        .map(|i| if i % 2 == 0 { 1.0 } else { -1.0 })
        .collect();
    assert_eq!(varying(&even).p, 1.0);
}

#[test]
fn holm_s_adjusted_p_are_those_of_statsmodels() {
    // multipletests([0.012, 0.5, 0.03, 0.0004, 0.03, 0.9, 0.041], method='holm')[1]; R's p.adjust(p, "holm") says the same.
    let adjusted = holm(&[0.012, 0.5, 0.03, 0.0004, 0.03, 0.9, 0.041]);
    let expected = [0.072, 1.0, 0.15, 0.0028, 0.15, 1.0, 0.15];
    for (found, expected) in adjusted.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
    }
    assert_eq!(adjusted.len(), 7);
    assert_eq!(holm(&[0.03]), [0.03]);
    assert!(holm(&[]).is_empty());
}

#[test]
fn equal_differences_say_nothing_about_other_seeds() {
    // Equal, equal but for the rounding of decimal numbers, all 0.
    for differences in [
        &[2.0, 2.0][..],
        &[1.0, 86.1 - 85.1, 81.0 - 80.0],
        &[0.0, 0.0, 0.0, 0.0],
    ] {
        let Some(Paired::AllEqual { count, mean }) = Paired::of(differences, 0) else {
            panic!("{differences:?}");
        };
        assert_eq!(count, differences.len());
        assert!((mean - differences[0]).abs() < 1e-9);
    }
    for differences in [&[][..], &[1.0], &[1.0, f64::NAN], &[1e300, -1e300]] {
        assert_eq!(Paired::of(differences, 0), None, "{differences:?}");
    }
    let json = |paired: Option<Paired>| serde_json::to_value(paired).unwrap();
    let equal = json(Paired::of(&[2.0, 2.0], 0));
    assert_eq!(equal["all-equal"]["mean"], 2.0);
    assert!(json(Paired::of(&EIGHT, 0))["varying"]["p"].is_number());
}

#[test]
fn the_numbers_of_seeds_and_the_shared_images_are_those_of_the_method() {
    let spread = |std, count| Varying {
        count,
        std,
        ..varying(&EIGHT)
    };
    // For 0.5 points at deviations of 1.3 and 1.65.
    for (std, seeds) in [(1.3, 55), (1.65, 87)] {
        assert_eq!(spread(std, 5).seeds_needed(0.5), Some(seeds));
        assert_eq!(spread(std, 5).seeds_needed(-0.5), Some(seeds));
    }
    for delta in [0.0, f64::NAN, f64::INFINITY] {
        assert_eq!(spread(1.3, 5).seeds_needed(delta), None, "{delta}");
    }
    // 539 of 1,797 images for testing and five seeds widen the standard error 1.77 times.
    let error = spread(1.3, 5)
        .corrected_standard_error(1797 - 539, 539)
        .unwrap();
    let wider = error / (1.3 / 5.0_f64.sqrt());
    assert!((wider - 1.7727).abs() < 1e-4, "{wider}");
    assert_eq!(spread(1.3, 5).corrected_standard_error(0, 539), None);
    let alone = spread(1.3, 5).corrected_standard_error(1000, 0).unwrap();
    assert!((alone - 1.3 / 5.0_f64.sqrt()).abs() < 1e-12);
}
