//! The aggregation g over the losses of a neighborhood (`method.md` §1, §3.3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How the losses of a neighborhood become one. All are oriented on a loss: the worst neighbor is the maximum.
///
/// One loss alone is returned unchanged, bit for bit; equal losses give their common value up to rounding.
/// Text forms: `mean`, `median`, `max`, `min`, `mean+std:λ`, `quantile:q`, `logsumexp:τ`, `own:W`.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
#[serde(try_from = "String", into = "String")]
pub enum Aggregation {
    /// The mean.
    Mean,
    /// The middle, or the mean of the two in the middle.
    Median,
    /// The worst.
    Max,
    /// The best.
    Min,
    /// Mean + λ · population standard deviation, λ ≥ 0.
    MeanStd {
        /// The weight of the deviation.
        lambda: f64,
    },
    /// The q-quantile, linear between order statistics.
    Quantile {
        /// Between 0 (min) and 1 (max).
        q: f64,
    },
    /// τ · log of the mean of exp(ℓ/τ): between the mean (τ → ∞) and the maximum (τ → 0).
    LogSumExp {
        /// The temperature, above 0.
        tau: f64,
    },
    /// W · own + (1 − W) · mean of the others; the first loss is the architecture's own.
    Own {
        /// Between 0 and 1.
        weight: f64,
    },
}

/// A text that is not an aggregation.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[error(
    "unknown aggregation \"{0}\": expected mean, median, max, min, mean+std:λ (λ ≥ 0), quantile:q (0 ≤ q ≤ 1), logsumexp:τ (τ > 0) or own:W (0 ≤ W ≤ 1)"
)]
pub struct AggregationError(String);

/// Below this standard deviation its gradient is taken as zero.
const LEAST_DEVIATION: f64 = 1e-8;

impl Aggregation {
    /// Why it cannot join a neighborhood without its centre, where [`Self::weighs_own`].
    pub const WEIGHS_OWN: &str =
        "own:W weighs the own loss, which --exclude-self leaves out; give one of the two";

    /// Whether the own loss has a weight of its own.
    pub const fn weighs_own(self) -> bool {
        matches!(self, Aggregation::Own { .. })
    }

    /// g of the losses; NaN if one of them is NaN or there are none.
    pub fn value(&self, losses: &[f64]) -> f64 {
        if losses.is_empty() || losses.iter().any(|loss| loss.is_nan()) {
            return f64::NAN;
        }
        match *self {
            Aggregation::Mean => mean(losses),
            Aggregation::MeanStd { lambda } => mean(losses) + lambda * deviation(losses),
            Aggregation::Own { weight } => match &losses[1..] {
                [] => losses[0],
                others => weight * losses[0] + (1.0 - weight) * mean(others),
            },
            Aggregation::LogSumExp { tau } => {
                let largest = losses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                if largest.is_infinite() {
                    return largest;
                }
                let scaled: Vec<f64> = losses
                    .iter()
                    .map(|loss| ((loss - largest) / tau).exp())
                    .collect();
                largest + tau * mean(&scaled).ln()
            }
            Aggregation::Median
            | Aggregation::Max
            | Aggregation::Min
            | Aggregation::Quantile { .. } => {
                let order = ascending(losses);
                let (low, high, fraction) = self.order_statistics(losses.len());
                let [low, high] = [losses[order[low]], losses[order[high]]];
                if fraction == 0.0 {
                    low
                } else {
                    (1.0 - fraction) * low + fraction * high
                }
            }
        }
    }

    /// ∂g/∂ℓ of every loss, a subgradient at ties. They add up to 1. All NaN if a loss is NaN.
    pub fn weights(&self, losses: &[f64]) -> Vec<f64> {
        let count = losses.len();
        if losses.iter().any(|loss| loss.is_nan()) {
            return vec![f64::NAN; count];
        }
        let equal = 1.0 / count as f64;
        match *self {
            Aggregation::Mean => vec![equal; count],
            Aggregation::MeanStd { lambda } => {
                let [mean, deviation] = [mean(losses), deviation(losses)];
                if deviation < LEAST_DEVIATION {
                    return vec![equal; count];
                }
                losses
                    .iter()
                    .map(|loss| equal + lambda * (loss - mean) / (count as f64 * deviation))
                    .collect()
            }
            Aggregation::Own { .. } if count < 2 => vec![1.0; count],
            Aggregation::Own { weight } => {
                let mut weights = vec![(1.0 - weight) / (count - 1) as f64; count];
                weights[0] = weight;
                weights
            }
            Aggregation::LogSumExp { tau } => {
                let largest = losses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let scaled: Vec<f64> = losses
                    .iter()
                    .map(|loss| ((loss - largest) / tau).exp())
                    .collect();
                let sum: f64 = scaled.iter().sum();
                scaled.iter().map(|value| value / sum).collect()
            }
            Aggregation::Median
            | Aggregation::Max
            | Aggregation::Min
            | Aggregation::Quantile { .. } => {
                let mut weights = vec![0.0; count];
                if count > 0 {
                    let order = ascending(losses);
                    let (low, high, fraction) = self.order_statistics(count);
                    weights[order[low]] += 1.0 - fraction;
                    weights[order[high]] += fraction;
                }
                weights
            }
        }
    }

    /// The two order statistics that an order-based aggregation of `count` ≥ 1 losses mixes, and the share of the second.
    fn order_statistics(&self, count: usize) -> (usize, usize, f64) {
        let last = count - 1;
        let q = match *self {
            Aggregation::Min => 0.0,
            Aggregation::Max => 1.0,
            Aggregation::Quantile { q } => q,
            _ => 0.5,
        };
        let place = q * last as f64;
        let low = (place.floor() as usize).min(last);
        (low, (low + 1).min(last), place - low as f64)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The population standard deviation.
fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / values.len() as f64).sqrt()
}

/// Indices by ascending loss, equal losses in their order.
fn ascending(losses: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..losses.len()).collect();
    order.sort_by(|&a, &b| losses[a].total_cmp(&losses[b]));
    order
}

impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Aggregation::Mean => f.pad("mean"),
            Aggregation::Median => f.pad("median"),
            Aggregation::Max => f.pad("max"),
            Aggregation::Min => f.pad("min"),
            Aggregation::MeanStd { lambda } => write!(f, "mean+std:{lambda:?}"),
            Aggregation::Quantile { q } => write!(f, "quantile:{q:?}"),
            Aggregation::LogSumExp { tau } => write!(f, "logsumexp:{tau:?}"),
            Aggregation::Own { weight } => write!(f, "own:{weight:?}"),
        }
    }
}

impl FromStr for Aggregation {
    type Err = AggregationError;

    fn from_str(text: &str) -> Result<Self, AggregationError> {
        let error = || AggregationError(text.chars().take(40).collect());
        let Some((name, number)) = text.split_once(':') else {
            return match text {
                "mean" => Ok(Aggregation::Mean),
                "median" => Ok(Aggregation::Median),
                "max" => Ok(Aggregation::Max),
                "min" => Ok(Aggregation::Min),
                _ => Err(error()),
            };
        };
        let number: f64 = number.parse().map_err(|_| error())?;
        match name {
            "mean+std" if number.is_finite() && number >= 0.0 => {
                Ok(Aggregation::MeanStd { lambda: number })
            }
            "quantile" if (0.0..=1.0).contains(&number) => Ok(Aggregation::Quantile { q: number }),
            "own" if (0.0..=1.0).contains(&number) => Ok(Aggregation::Own { weight: number }),
            "logsumexp" if number.is_finite() && number > 0.0 => {
                Ok(Aggregation::LogSumExp { tau: number })
            }
            _ => Err(error()),
        }
    }
}

impl TryFrom<String> for Aggregation {
    type Error = AggregationError;

    fn try_from(text: String) -> Result<Self, AggregationError> {
        text.parse()
    }
}

impl From<Aggregation> for String {
    fn from(aggregation: Aggregation) -> Self {
        aggregation.to_string()
    }
}
