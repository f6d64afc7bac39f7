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
    /// Their standard deviation as an estimate from a sample (n − 1 in the denominator); none for a single value, which has none.
    pub std: Option<f64>,
}

impl Spread {
    /// Nothing for no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let std = (count > 1).then(|| (squares / (count - 1) as f64).sqrt());
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
    /// Lower end of its 95 % confidence interval (Student's t); none where the differences are equal, which says nothing about how far
    /// those of other seeds would vary.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Whether the interval holds 0: these seeds do not tell the two apart. None without an interval.
    pub inside_noise: Option<bool>,
}

/// Differences that differ by less than this share of themselves are equal but for rounding.
const ROUNDING: f64 = 1e-9;

/// `a − b`, exactly 0 where they differ by rounding alone.
pub fn difference(a: f64, b: f64) -> f64 {
    let difference = a - b;
    if difference.abs() <= 1e-12 * a.abs().max(b.abs()) {
        0.0
    } else {
        difference
    }
}

impl Difference {
    /// Of the pairs' differences; nothing for fewer than two, or where one is not finite.
    pub fn of(differences: &[f64]) -> Option<Self> {
        let Spread { count, mean, std } = Spread::of(differences)?;
        let std = std.filter(|std| std.is_finite())?;
        let largest = differences
            .iter()
            .fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let half = student_t_95(count - 1) * std / (count as f64).sqrt();
        let interval = (std > ROUNDING * largest).then_some((mean - half, mean + half));
        Some(Self {
            count,
            mean,
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
            inside_noise: interval.map(|(low, high)| (low..=high).contains(&0.0)),
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
