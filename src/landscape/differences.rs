//! Means, deviations and paired differences of a few seeds (`method.md` §10.6).

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::bootstrap::bootstrap_interval;

/// A difference with its sign and so many digits behind the point; without one where those are all 0.
pub fn signed(value: f64, digits: usize) -> String {
    let text = format!("{value:+.digits$}");
    match text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) || !value.is_finite() {
        true => text,
        false => format!("{:.digits$}", 0.0),
    }
}

/// A standard error as it follows a value; nothing where there is none.
pub fn plus_minus(error: Option<f64>) -> String {
    error.map_or(String::new(), |error| format!(" ± {error:.2}"))
}

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
        let half = student_t_95(count - 1) * std / (count as f64).sqrt();
        let interval = varies(differences, std).then_some((mean - half, mean + half));
        Some(Self {
            count,
            mean,
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
            inside_noise: interval.map(|(low, high)| (low..=high).contains(&0.0)),
        })
    }
}

/// Whether values with this deviation differ by more than rounding.
fn varies(values: &[f64], std: f64) -> bool {
    let largest = values
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    std > ROUNDING * largest
}

/// What paired differences say about those of other seeds beyond Student's interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paired {
    /// All differences are equal but for rounding: how far others vary could not be estimated, so there is no interval, no p and no number
    /// of seeds.
    AllEqual {
        /// Pairs.
        count: usize,
        /// The difference.
        mean: f64,
    },
    /// They vary.
    Varying(Varying),
}

/// Differences that vary.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Varying {
    /// Pairs, at least 2.
    pub count: usize,
    /// Mean difference.
    pub mean: f64,
    /// Standard deviation of the differences (n − 1 in the denominator), above 0.
    pub std: f64,
    /// [`interquartile_mean`] of the differences.
    pub interquartile_mean: f64,
    /// Lower end of its 95 % percentile bootstrap interval, of 10,000 resamples.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p of the mean under random signs, which are as likely as those that were seen where neither strategy is better.
    pub p: f64,
    /// Whether p is over all 2ⁿ signs; otherwise over 100,000 draws.
    pub exact: bool,
}

/// Resamples of the interquartile mean.
const RESAMPLES: usize = 10_000;
/// Most differences whose signs are all tried.
const MOST_EXACT: usize = 20;
/// Draws of signs for more.
const SIGN_DRAWS: usize = 100_000;
/// The stream of the signs; the bootstrap has the first.
const SIGNS: u64 = 1;

impl Paired {
    /// Of the pairs' differences, with one seed for the resamples and the signs; nothing for fewer than two, or where one is not finite.
    pub fn of(differences: &[f64], seed: u64) -> Option<Self> {
        let Spread { count, mean, std } = Spread::of(differences)?;
        let std = std.filter(|std| std.is_finite())?;
        if !varies(differences, std) {
            return Some(Paired::AllEqual { count, mean });
        }
        let mut drawn = differences.to_vec();
        let [low, high] = bootstrap_interval(count, RESAMPLES, seed, |places| {
            for (value, &place) in drawn.iter_mut().zip(places) {
                *value = differences[place];
            }
            interquartile_mean(&drawn)
        })?;
        Some(Paired::Varying(Varying {
            count,
            mean,
            std,
            interquartile_mean: interquartile_mean(differences)?,
            low,
            high,
            p: sign_flip_p(differences, seed),
            exact: count <= MOST_EXACT,
        }))
    }
}

impl Varying {
    /// How many seeds show a true difference of `delta` with 80 % power at two-sided 5 %, where differences vary as these:
    /// n ≈ 7.85·(s/δ)² + 2, to the nearest. Nothing for 0 and for what is not finite.
    pub fn seeds_needed(&self, delta: f64) -> Option<u64> {
        let ratio = self.std / delta;
        let seeds = 7.85 * ratio * ratio + 2.0;
        // At most 2^64 − 1.
        (delta.is_finite() && seeds.is_finite()).then(|| seeds.round() as u64)
    }

    /// The standard error of the mean where every seed draws its training and test images anew from the same ones: the variance
    /// (1/n + test/train)·s² of Nadeau and Bengio (2003), since such seeds share images. Nothing without training images.
    pub fn corrected_standard_error(&self, train: usize, test: usize) -> Option<f64> {
        let shared = test as f64 / train as f64;
        (train > 0).then(|| self.std * (1.0 / self.count as f64 + shared).sqrt())
    }
}

/// The interquartile mean: the mean without the lowest and the highest ⌊n/4⌋ of n values, as `scipy.stats.trim_mean` with
/// `proportiontocut=0.25` and so as rliable (Agarwal et al. 2021) has it: whole values are cut, none of three. Nothing for no values.
pub fn interquartile_mean(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 4;
    let middle = &sorted[cut..sorted.len() - cut];
    (!middle.is_empty()).then(|| middle.iter().sum::<f64>() / middle.len() as f64)
}

/// The share of sign patterns whose mean is at least as far from 0 as that of the differences. Of drawn patterns, the seen one counts as one
/// more draw: (b + 1)/(m + 1).
fn sign_flip_p(differences: &[f64], seed: u64) -> f64 {
    let seen = differences.iter().sum::<f64>().abs();
    // Sums that are equal but for rounding are equal.
    let rounding = ROUNDING * differences.iter().map(|value| value.abs()).sum::<f64>();
    let as_far = |sum: f64| sum.abs() >= seen - rounding;
    if differences.len() <= MOST_EXACT {
        let (first, second) = differences.split_at(differences.len() / 2);
        let [first, second] = [first, second].map(signed_sums);
        let patterns = first.iter().flat_map(|a| second.iter().map(move |b| a + b));
        return patterns.filter(|&sum| as_far(sum)).count() as f64
            / (first.len() * second.len()) as f64;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(SIGNS);
    let mut draw = || -> f64 {
        let signed = differences.chunks(64).map(|chunk| {
            let signs = rng.next_u64();
            let flip = |(bit, &value): (usize, &f64)| match signs >> bit & 1 {
                0 => value,
                _ => -value,
            };
            chunk.iter().enumerate().map(flip).sum::<f64>()
        });
        signed.sum()
    };
    let found = (0..SIGN_DRAWS).filter(|_| as_far(draw())).count();
    (found + 1) as f64 / (SIGN_DRAWS + 1) as f64
}

/// The sums of some values under all their signs.
fn signed_sums(values: &[f64]) -> Vec<f64> {
    values.iter().fold(vec![0.0], |sums, value| {
        sums.iter()
            .flat_map(|sum| [sum + value, sum - value])
            .collect()
    })
}

/// Holm's adjusted p of each p of a family, in their order: the p at which the family's step-down test just rejects it, so that the
/// probability of any false rejection stays below it (Holm 1979). Differences that are all equal have no p and belong to no family.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![0.0; p.len()];
    let mut largest = 0.0_f64;
    for (rank, place) in order.into_iter().enumerate() {
        largest = largest.max(((p.len() - rank) as f64 * p[place]).min(1.0));
        adjusted[place] = largest;
    }
    adjusted
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
