//! Means, deviations and paired differences of a few seeds.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

use serde::{Deserialize, Serialize};

/// Mean and deviation of some values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// How many values there are.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation as an estimate from a sample (n − 1 in the denominator); 0 for a single value.
    pub std: f64,
}

impl Spread {
    /// Nothing for no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let freedom = count.saturating_sub(1).max(1) as f64;
        let std = (squares / freedom).sqrt();
        (count > 0).then_some(Self { count, mean, std })
    }
}

/// How much larger one value of a pair is than the other, over pairs that share a seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Pairs.
    pub count: usize,
    /// Mean difference.
    pub mean: f64,
    /// Lower end of its 95 % confidence interval (Student's t).
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Whether the interval holds 0: these seeds do not tell the two apart.
    pub inside_noise: bool,
}

impl Difference {
    /// Of the pairs' differences; nothing for fewer than two.
    pub fn of(differences: &[f64]) -> Option<Self> {
        let Spread { count, mean, std } = Spread::of(differences).filter(|s| s.count > 1)?;
        let half = student_t_95(count - 1) * std / (count as f64).sqrt();
        let (low, high) = (mean - half, mean + half);
        Some(Self {
            count,
            mean,
            low,
            high,
            inside_noise: (low..=high).contains(&0.0),
        })
    }
}

/// The t that a variable of Student's distribution with `freedom` ≥ 1 degrees of freedom exceeds in absolute value with
/// probability 0.05.
pub fn student_t_95(freedom: usize) -> f64 {
    // In the angle θ = atan(t / √ν) the probability is a finite sum and rises from 0 to 1 over [0, π/2].
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if probability_within(middle, freedom) < 0.95 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low.tan() * (freedom as f64).sqrt()
}

/// P(|T| ≤ √ν·tan θ) for ν degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
fn probability_within(theta: f64, freedom: usize) -> f64 {
    let (sine, cosine) = theta.sin_cos();
    let odd = !freedom.is_multiple_of(2);
    if freedom == 1 {
        return FRAC_2_PI * theta;
    }
    // cos θ + 2/3·cos³θ + … for odd ν, 1 + 1/2·cos²θ + … for even ν, up to the power ν − 2.
    let mut power = usize::from(odd);
    let mut term = if odd { cosine } else { 1.0 };
    let mut sum = term;
    while power + 2 <= freedom - 2 {
        term *= (power + 1) as f64 / (power + 2) as f64 * cosine * cosine;
        sum += term;
        power += 2;
    }
    if odd {
        FRAC_2_PI * (theta + sine * sum)
    } else {
        sine * sum
    }
}
