//! Numbers that describe a set of accuracies.

use serde::{Deserialize, Serialize};

use crate::space::Aggregation;

/// Accuracies in short, in percent.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Statistics {
    /// How many there are, at least 1.
    pub count: usize,
    /// The mean.
    pub mean: f64,
    /// The middle, or the mean of the two in the middle.
    pub median: f64,
    /// The lowest.
    pub worst: f64,
    /// The highest.
    pub best: f64,
    /// The population standard deviation.
    pub std: f64,
    /// The 5 % quantile, linear between order statistics, as are the others.
    pub q05: f64,
    /// The lower quartile.
    pub q25: f64,
    /// The upper quartile.
    pub q75: f64,
    /// The 95 % quantile.
    pub q95: f64,
}

/// The mean and the population standard deviation; NaN where there are no values.
pub(super) fn mean_and_deviation(values: &[f64]) -> [f64; 2] {
    let mean = Aggregation::Mean.value(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    [mean, (squares / values.len() as f64).sqrt()]
}

impl Statistics {
    /// The statistics of some accuracies; nothing where there are none.
    pub fn of(accuracies: &[f64]) -> Option<Self> {
        if accuracies.is_empty() {
            return None;
        }
        let [mean, std] = mean_and_deviation(accuracies);
        let mut sorted = accuracies.to_vec();
        sorted.sort_by(f64::total_cmp);
        let quantile = |q| Aggregation::Quantile { q }.value(&sorted);
        Some(Self {
            count: accuracies.len(),
            mean,
            median: Aggregation::Median.value(&sorted),
            worst: sorted[0],
            best: sorted[sorted.len() - 1],
            std,
            q05: quantile(0.05),
            q25: quantile(0.25),
            q75: quantile(0.75),
            q95: quantile(0.95),
        })
    }

    /// The standard error of the mean when these are a sample without replacement from `population` values; nothing for one value and
    /// for equal ones, which do not say how far the others vary.
    pub fn standard_error(&self, population: u64) -> Option<f64> {
        if self.count < 2 || self.worst == self.best {
            return None;
        }
        let count = self.count as f64;
        let sample_variance = self.std.powi(2) * count / (count - 1.0);
        let left = (1.0 - count / population as f64).max(0.0);
        Some((sample_variance / count * left).sqrt())
    }
}

/// The 95 % interval of a share that was found in `count` draws (Wilson 1927), as shares.
pub fn wilson(share: f64, count: usize) -> (f64, f64) {
    // The 97.5th percentile of the normal distribution.
    const Z: f64 = 1.959_963_984_540_054;
    let count = count.max(1) as f64;
    let scale = 1.0 + Z * Z / count;
    let center = (share + Z * Z / (2.0 * count)) / scale;
    let half = Z / scale * (share * (1.0 - share) / count + (Z / (2.0 * count)).powi(2)).sqrt();
    ((center - half).max(0.0), (center + half).min(1.0))
}
