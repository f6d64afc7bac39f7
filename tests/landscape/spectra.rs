//! The energy of a landscape by interaction order (`method.md` §1.2, §9.4, §10.4).

use plateau::landscape::{
    LandscapeError, Spectrum, Transform, architecture_index, spectrum, transformed_spectrum,
};
use plateau::space::{Counting, Space, neighbors, smoothing_eigenvalue};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{benchmark, digits};

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Values over 5 operations that add up to zero.
fn centred(rng: &mut ChaCha8Rng) -> Vec<f64> {
    let values: Vec<f64> = (0..5).map(|_| rng.random()).collect();
    let mean = values.iter().sum::<f64>() / 5.0;
    values.iter().map(|value| value - mean).collect()
}

fn mean_square(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64
}

#[test]
fn a_pure_interaction_has_all_its_energy_in_its_order() {
    let mut rng = rng(1);
    for edges in [3, 6] {
        let count = 5usize.pow(edges as u32);
        for order in 1..=edges {
            // On edges that are not adjacent where possible: the last and then the first ones.
            let on: Vec<usize> = (0..order)
                .map(|i| if i == 0 { edges - 1 } else { i - 1 })
                .collect();
            let factors: Vec<Vec<f64>> = on.iter().map(|_| centred(&mut rng)).collect();
            let values: Vec<f64> = (0..count)
                .map(|index| {
                    let digit = |edge: usize| index / 5usize.pow((edges - 1 - edge) as u32) % 5;
                    let product: f64 = on.iter().zip(&factors).map(|(&e, f)| f[digit(e)]).product();
                    80.0 + product
                })
                .collect();
            let expected: f64 = factors.iter().map(|factor| mean_square(factor)).product();
            let report = spectrum(&values, edges, 5).unwrap();
            assert!((report.mean - 80.0).abs() < 1e-10);
            for part in &report.orders {
                let share = f64::from(u8::from(part.order == order));
                assert!((part.share - share).abs() < 1e-9, "{report:?}");
                assert!((part.energy - share * expected).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn the_energies_add_up_to_the_variance() {
    let mut rng = rng(2);
    for (edges, operations) in [(1, 2), (4, 3), (2, 8), (6, 5)] {
        let count = (operations as usize).pow(edges);
        let values: Vec<f64> = (0..count).map(|_| rng.random()).collect();
        let mean = values.iter().sum::<f64>() / count as f64;
        let variance = mean_square(&values) - mean * mean;
        let report = spectrum(&values, edges as usize, operations as usize).unwrap();
        assert_eq!(report.orders.len(), edges as usize);
        assert!((report.variance - variance).abs() < 1e-12);
        let shares: f64 = report.orders.iter().map(|part| part.share).sum();
        assert!((shares - 1.0).abs() < 1e-12);
    }
    // Independent values have energy in proportion to the number of components: C(6, j) 4^j of 15,624.
    let values: Vec<f64> = (0..15_625).map(|_| rng.random()).collect();
    let report = spectrum(&values, 6, 5).unwrap();
    for (part, components) in report
        .orders
        .iter()
        .zip([24., 240., 1280., 3840., 6144., 4096.])
    {
        let expected = components / 15_624.0;
        let noise = f64::sqrt(2.0 * components) / 15_624.0;
        assert!((part.share - expected).abs() < 4.0 * noise, "{part:?}");
    }
}

#[test]
fn averaging_over_neighborhoods_scales_every_order_by_its_eigenvalue() {
    let table = benchmark();
    let values = &table.values()[0];
    let smoothed: Vec<f64> = (0..values.len())
        .map(|index| {
            let genotype = table.genotype_of(index).unwrap();
            let around = neighbors(&genotype, 1, Counting::Topology).unwrap();
            let others: f64 = around
                .iter()
                .map(|neighbor| values[architecture_index(&neighbor.genotype).unwrap()])
                .sum();
            (values[index] + others) / 25.0
        })
        .collect();
    let before = spectrum(values, 6, 5).unwrap();
    let after = spectrum(&smoothed, 6, 5).unwrap();
    assert!((before.mean - after.mean).abs() < 1e-9);
    for (before, after) in before.orders.iter().zip(&after.orders) {
        assert_eq!(
            before.smoothing,
            smoothing_eigenvalue(6, 5, 1, before.order)
        );
        let expected = before.smoothing.powi(2) * before.energy;
        assert!(
            (after.energy - expected).abs() < 1e-9,
            "{before:?} {after:?}"
        );
    }
}

#[test]
fn the_real_landscape_is_shaped_by_few_edges_at_a_time() {
    let values = &benchmark().values()[0];
    let report = spectrum(values, 6, 5).unwrap();
    let mean = values.iter().sum::<f64>() / 15_625.0;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 15_625.0;
    assert!((report.variance / variance - 1.0).abs() < 1e-12);
    let total: f64 = report.orders.iter().map(|part| part.energy).sum();
    assert!((total / variance - 1.0).abs() < 1e-12);
    // The additive part by direct computation: the means of each operation on each edge.
    let mut additive = 0.0;
    for edge in 0..6 {
        let mut sums = [0.0; 5];
        for (index, value) in values.iter().enumerate() {
            sums[digits(Space::NasBench201, index)[edge]] += value - mean;
        }
        additive += sums.map(|sum| (sum / 3125.0).powi(2)).iter().sum::<f64>() / 5.0;
    }
    assert!((report.orders[0].energy - additive).abs() < 1e-9);
    let text = report.to_string();
    assert_eq!(text.lines().count(), 8, "{text}");
}

#[test]
fn a_landscape_of_equal_values_has_no_shares_whatever_their_sum_rounds_to() {
    for value in [91.37, 0.1, 9.712, 100.0 / 3.0] {
        for (edges, count) in [(3, 125), (6, 15_625)] {
            let report = spectrum(&vec![value; count], edges, 5).unwrap();
            assert_eq!(report.variance, 0.0, "{value}");
            assert!(
                report
                    .orders
                    .iter()
                    .all(|part| part.share == 0.0 && part.energy == 0.0)
            );
            let text = report.to_string();
            assert!(
                text.contains("all values are equal: there is no variance"),
                "{text}"
            );
            assert!(
                !text.contains("NaN") && !text.contains("share of variance"),
                "{text}"
            );
        }
    }
    // One other value is a difference.
    let mut values = vec![91.37; 125];
    values[7] += 0.0001;
    assert!(spectrum(&values, 3, 5).unwrap().variance > 0.0);
}

#[test]
fn a_constant_landscape_has_no_shares_and_an_incomplete_one_no_spectrum() {
    let report = spectrum(&[70.0; 125], 3, 5).unwrap();
    assert_eq!((report.mean, report.variance), (70.0, 0.0));
    assert!(report.orders.iter().all(|part| part.share == 0.0));
    for (edges, operations) in [(3, 5), (0, 5), (500, 1), (1, 1), (usize::MAX, 2), (64, 2)] {
        assert!(matches!(
            spectrum(&[1.0; 124], edges, operations),
            Err(LandscapeError::Incomplete { .. })
        ));
    }
}

#[test]
fn ranks_and_errors_of_the_real_table_have_the_shares_of_an_independent_computation() {
    // With NumPy: x = v.reshape([5] * 6) - v.mean(), multiplied along every axis by the Q of a QR decomposition of [1, e1, e2, e3, e4]; v
    // through scipy.stats.rankdata, -np.log(100.0001 - v) and np.maximum(v, 90).
    let values = &benchmark().values()[0];
    for (name, expected) in [
        ("raw", [28.5786, 39.3244, 25.4938, 5.7928, 0.6866, 0.1238]),
        ("rank", [71.2481, 18.5802, 6.6369, 2.3517, 0.806, 0.377]),
        (
            "log-error",
            [51.7775, 32.0095, 12.7233, 2.8677, 0.4827, 0.1392],
        ),
        (
            "floor:90",
            [65.0164, 17.9822, 10.1072, 4.5113, 1.7296, 0.6533],
        ),
    ] {
        let transform: Transform = name.parse().unwrap();
        let report = transformed_spectrum(values, 6, 5, transform).unwrap();
        for (part, share) in report.orders.iter().zip(expected) {
            assert!(
                (100.0 * part.share - share).abs() < 1e-4,
                "{name}: {part:?}"
            );
        }
        let text = report.to_string();
        let said = text.contains(&format!("transform {name}: "));
        assert_eq!(said, transform != Transform::Raw, "{text}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["transform"], name);
        let back: Spectrum = serde_json::from_value(json).unwrap();
        assert_eq!(back, report);
    }
    let raw = transformed_spectrum(values, 6, 5, Transform::Raw);
    assert_eq!(raw, spectrum(values, 6, 5));
}

#[test]
fn equal_accuracies_share_the_mean_of_their_ranks() {
    // scipy.stats.rankdata([3, 1, 3, 2, 3])
    let ranks = Transform::Rank.of(&[3.0, 1.0, 3.0, 2.0, 3.0]);
    assert_eq!(ranks, [4.0, 1.0, 4.0, 2.0, 4.0]);
    assert!(Transform::Rank.of(&[]).is_empty());
    let floored = Transform::Floor { at: 2.5 }.of(&[3.0, 1.0, 2.5]);
    assert_eq!(floored, [3.0, 2.5, 2.5]);
    // No accuracy has an error without a logarithm.
    let errors = Transform::LogError.of(&[0.0, 90.0, 100.0, 100.5]);
    let expected = [-(100.0001_f64.ln()), -(10.0001_f64.ln()), -(1e-4_f64.ln())];
    for (error, expected) in errors.iter().zip(expected) {
        assert!((error - expected).abs() < 1e-9, "{error}, not {expected}");
    }
    assert_eq!(errors[2], errors[3]);
    // Under a floor above all there is nothing left to share out.
    let report = transformed_spectrum(&[50.0; 125], 3, 5, Transform::Floor { at: 60.0 }).unwrap();
    assert_eq!((report.mean, report.variance), (60.0, 0.0));
}

#[test]
fn a_transform_that_there_is_not_is_refused_with_the_names() {
    for transform in Transform::ALL {
        assert_eq!(transform.to_string().parse(), Ok(transform));
    }
    for (text, part) in [
        ("ranks", "(did you mean rank?)"),
        ("logerror", "(did you mean log-error?)"),
        ("none", "use raw, rank, log-error or floor:X"),
        ("floor", "(did you mean floor:X?)"),
        ("floor:", "a percentage from 0 to 100"),
        ("floor:101", "a percentage from 0 to 100"),
        ("floor:-1", "a percentage from 0 to 100"),
        ("floor:NaN", "a percentage from 0 to 100"),
    ] {
        let error = text.parse::<Transform>().unwrap_err();
        assert!(error.contains(part), "{text}: {error}");
    }
    let old = r#"{"edges":1,"operations":2,"mean":1.0,"variance":0.0,"orders":[]}"#;
    let old: Spectrum = serde_json::from_str(old).unwrap();
    assert_eq!(old.transform, Transform::Raw, "a report without the key");
}
