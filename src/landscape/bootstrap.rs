//! How far a statistic of a few values would vary: the percentile bootstrap (Efron 1979).

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::space::Aggregation;

/// The percentile bootstrap interval at 95 % of a statistic of `count` values: its 2.5 % and 97.5 % quantiles, linear between order
/// statistics, over resamples of as many values, drawn with replacement by a generator of its own. The statistic is told the drawn places,
/// each below `count`; so pairs are drawn together. It has no value where a resample does not say one.
///
/// Nothing for no values or no resamples, or where more than a tenth of the resamples have no finite value.
pub fn bootstrap_interval(
    count: usize,
    resamples: usize,
    seed: u64,
    mut statistic: impl FnMut(&[usize]) -> Option<f64>,
) -> Option<[f64; 2]> {
    if count == 0 || resamples == 0 {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut places = vec![0; count];
    let values: Vec<f64> = (0..resamples)
        .filter_map(|_| {
            places.fill_with(|| rng.random_range(0..count));
            statistic(&places).filter(|value| value.is_finite())
        })
        .collect();
    let quantile = |q| Aggregation::Quantile { q }.value(&values);
    let missing = resamples - values.len();
    (missing <= resamples / 10 && !values.is_empty()).then(|| [quantile(0.025), quantile(0.975)])
}
