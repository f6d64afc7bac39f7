//! Penalties on α that a strategy adds to the validation loss.
//!
//! β-DARTS (Ye et al., CVPR 2022; the authors' `Beta-DARTS`): λ times the mean over the edges of logsumexp(α), with λ from 0 along the
//! epochs to its weight, 50 in the authors' program. FairDARTS (Chu et al., ECCV 2020; the authors' `FairDARTS`): minus the weight, 10
//! in the authors' program, times the mean square of σ(α) − ½.

use super::simplex::{sigmoid, softmax};
use super::strategy::Strategy;
use crate::space::NO_CANDIDATE;

/// The weight of a strategy's penalty in its authors' program; 0 where it has none.
pub fn published(strategy: Strategy) -> f64 {
    match strategy.plain() {
        Strategy::BetaDarts => 50.0,
        Strategy::FairDarts => 10.0,
        _ => 0.0,
    }
}

/// What the penalty weighs in an epoch counted from 1.
pub fn weight(strategy: Strategy, highest: f64, epoch: usize, epochs: usize) -> f64 {
    match strategy.plain() {
        Strategy::BetaDarts => highest * epoch.saturating_sub(1) as f64 / epochs.max(1) as f64,
        Strategy::FairDarts => highest,
        _ => 0.0,
    }
}

fn is_candidate(alpha: &f64) -> bool {
    *alpha > f64::from(NO_CANDIDATE)
}

/// The penalty at α, `[edges][operations]`, before its weight.
pub fn penalty(strategy: Strategy, alpha: &[f32], operations: usize) -> f64 {
    let values = || alpha.iter().copied().map(f64::from);
    match strategy.plain() {
        Strategy::BetaDarts => {
            let edges = (alpha.len() / operations) as f64;
            let rows = alpha.chunks_exact(operations);
            rows.map(|row| {
                let highest = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
                let sum: f64 = row.iter().map(|&a| (f64::from(a) - highest).exp()).sum();
                highest + sum.ln()
            })
            .sum::<f64>()
                / edges
        }
        Strategy::FairDarts => {
            let squares: f64 = values()
                .filter(is_candidate)
                .map(|a| (sigmoid(a) - 0.5).powi(2))
                .sum();
            -squares / values().filter(is_candidate).count() as f64
        }
        _ => 0.0,
    }
}

/// The gradient of the penalty in α.
pub fn gradient(strategy: Strategy, alpha: &[f32], operations: usize) -> Vec<f64> {
    let values = || alpha.iter().copied().map(f64::from);
    match strategy.plain() {
        Strategy::BetaDarts => {
            let edges = (alpha.len() / operations) as f64;
            let row = |row: &[f32]| {
                let row: Vec<f64> = row.iter().copied().map(f64::from).collect();
                softmax(&row, 1.0)
            };
            let rows = alpha.chunks_exact(operations).flat_map(row);
            rows.map(|share| share / edges).collect()
        }
        Strategy::FairDarts => {
            let count = values().filter(is_candidate).count() as f64;
            values()
                .map(|a| {
                    let weight = sigmoid(a);
                    -2.0 * (weight - 0.5) * weight * (1.0 - weight) / count
                })
                .collect()
        }
        _ => vec![0.0; alpha.len()],
    }
}
