//! The aggregations g over the losses of a neighborhood (`method.md` §1, §3.3).

use plateau::space::Aggregation;
use proptest::prelude::*;

#[test]
fn every_aggregation_has_the_value_and_weights_of_its_definition() {
    let losses = [3.0, 1.0, 2.0, 6.0];
    let check = |text: &str, value: f64, weights: [f64; 4]| {
        let aggregation: Aggregation = text.parse().unwrap();
        assert!((aggregation.value(&losses) - value).abs() < 1e-12, "{text}");
        for (weight, expected) in aggregation.weights(&losses).iter().zip(weights) {
            assert!((weight - expected).abs() < 1e-12, "{text}");
        }
    };
    check("mean", 3.0, [0.25; 4]);
    check("median", 2.5, [0.5, 0.0, 0.5, 0.0]);
    check("max", 6.0, [0.0, 0.0, 0.0, 1.0]);
    check("min", 1.0, [0.0, 1.0, 0.0, 0.0]);
    check("quantile:0.9", 5.1, [0.3, 0.0, 0.0, 0.7]);
    let std = 3.5f64.sqrt();
    let weight = |loss: f64| 0.25 + 2.0 * (loss - 3.0) / (4.0 * std);
    check("mean+std:2", 3.0 + 2.0 * std, losses.map(weight));
    let sum: f64 = losses.iter().map(|loss| (loss / 0.5).exp()).sum();
    let value = 0.5 * (sum / 4.0).ln();
    check(
        "logsumexp:0.5",
        value,
        losses.map(|loss| (loss / 0.5).exp() / sum),
    );
    // Half of the first loss and half of the mean of the others.
    let others = losses[1..].iter().sum::<f64>() / 3.0;
    let sixth = 1.0 / 6.0;
    check(
        "own:0.5",
        0.5 * losses[0] + 0.5 * others,
        [0.5, sixth, sixth, sixth],
    );
    assert_eq!(
        Aggregation::Median.weights(&[3.0, 1.0, 2.0]),
        [0.0, 0.0, 1.0]
    );
}

const AGGREGATIONS: [Aggregation; 8] = [
    Aggregation::Mean,
    Aggregation::Median,
    Aggregation::Max,
    Aggregation::Min,
    Aggregation::MeanStd { lambda: 1.5 },
    Aggregation::Quantile { q: 0.9 },
    Aggregation::LogSumExp { tau: 0.25 },
    Aggregation::Own { weight: 0.25 },
];

#[test]
fn an_undefined_loss_is_never_hidden() {
    for aggregation in AGGREGATIONS {
        assert!(aggregation.value(&[1.0, f64::NAN]).is_nan());
        assert!(aggregation.weights(&[1.0, f64::NAN])[0].is_nan());
        assert!(aggregation.value(&[]).is_nan());
        assert!(aggregation.weights(&[]).is_empty());
    }
}

#[test]
fn names_of_aggregations_are_read_back() {
    for aggregation in AGGREGATIONS {
        assert_eq!(aggregation.to_string().parse(), Ok(aggregation));
        let json = serde_json::to_string(&aggregation).unwrap();
        assert_eq!(json, format!("\"{aggregation}\""));
        assert_eq!(
            serde_json::from_str::<Aggregation>(&json).unwrap(),
            aggregation
        );
    }
    for wrong in [
        "",
        "mode",
        "mean:1",
        "max:",
        "quantile",
        "quantile:1.1",
        "quantile:nan",
        "mean+std:-1",
        "mean+std:inf",
        "logsumexp:0",
        "logsumexp:x",
        "own",
        "own:1.5",
    ] {
        assert!(wrong.parse::<Aggregation>().is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn one_loss_alone_is_unchanged_bit_for_bit(loss in -1e6..1e6f64) {
        for aggregation in AGGREGATIONS {
            prop_assert_eq!(aggregation.value(&[loss]).to_bits(), loss.to_bits());
            prop_assert_eq!(aggregation.weights(&[loss]), vec![1.0]);
        }
    }

    #[test]
    fn weights_are_the_gradient_of_the_value(losses in prop::collection::vec(0.0..5.0f64, 2..9), at: prop::sample::Index) {
        let step = 1e-6;
        // Order statistics have kinks where two losses meet, the deviation where all do.
        let mut sorted = losses.clone();
        sorted.sort_by(f64::total_cmp);
        prop_assume!(sorted.windows(2).all(|pair| pair[1] - pair[0] > 10.0 * step));
        prop_assume!(sorted[sorted.len() - 1] - sorted[0] > 0.1);
        let at = at.index(losses.len());
        for aggregation in AGGREGATIONS {
            let moved = |by: f64| {
                let mut losses = losses.clone();
                losses[at] += by;
                aggregation.value(&losses)
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step);
            let weights = aggregation.weights(&losses);
            prop_assert!((slope - weights[at]).abs() < 1e-6, "{} {} {}", aggregation, slope, weights[at]);
            prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
