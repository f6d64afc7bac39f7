//! How well one list of values ranks another.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Resamples of a bootstrap interval.
const RESAMPLES: usize = 1000;

/// Kendall's τ_b with its 95 % interval.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Kendall {
    /// Pairs of values.
    pub count: usize,
    /// τ_b, between −1 and 1.
    pub tau: f64,
    /// Lower end: the 2.5 % quantile of resamples.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Kendall's τ_b of two lists of equal length; nothing where one of them holds a single value only.
pub fn kendall(a: &[f64], b: &[f64], seed: u64) -> Option<Kendall> {
    let count = a.len().min(b.len());
    let tau = tau_b(a, b)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut taus: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| {
            let drawn: Vec<usize> = (0..count).map(|_| rng.random_range(0..count)).collect();
            let [a, b] = [a, b].map(|values| drawn.iter().map(|&i| values[i]).collect::<Vec<_>>());
            tau_b(&a, &b)
        })
        .collect();
    taus.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (share * (taus.len().max(1) - 1) as f64).round() as usize;
        taus.get(place).copied().unwrap_or(tau)
    };
    Some(Kendall {
        count,
        tau,
        low: at(0.025),
        high: at(0.975),
    })
}

fn tau_b(a: &[f64], b: &[f64]) -> Option<f64> {
    let (mut agree, mut of_a, mut of_b) = (0_i64, 0_u64, 0_u64);
    for i in 0..a.len().min(b.len()) {
        for j in 0..i {
            let [x, y] = [(a[i], a[j]), (b[i], b[j])].map(|(p, q)| p.total_cmp(&q) as i64);
            agree += x * y;
            of_a += x.unsigned_abs();
            of_b += y.unsigned_abs();
        }
    }
    (of_a > 0 && of_b > 0).then(|| agree as f64 / ((of_a as f64) * (of_b as f64)).sqrt())
}
