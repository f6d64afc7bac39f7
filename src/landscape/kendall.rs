//! Kendall's τ_b: how often two lists order a pair of architectures alike (`method.md` §10.7).

use serde::{Deserialize, Serialize};

use super::bootstrap::bootstrap_interval;
use super::ranks::{comparable, dense_ranks};

/// Kendall's τ_b of two lists with its bootstrap interval.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct KendallTau {
    /// Pairs of values.
    pub count: usize,
    /// τ_b, from −1 to 1.
    pub tau: f64,
    /// Lower end of its 95 % percentile bootstrap interval; none where more than a tenth of the resamples have no τ_b, as those of two or
    /// three values.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Resamples of the interval.
const RESAMPLES: usize = 1000;

impl KendallTau {
    /// τ_b = (concordant − discordant) / √((pairs − ties of the first) · (pairs − ties of the second)) in n·log n time (Knight 1966), and the
    /// interval of 1,000 seeded resamples of the pairs. A pair that is drawn twice is tied with itself in both lists, which τ_b leaves out.
    ///
    /// Nothing for lists of different lengths, for fewer than 2 or more than 2^24 values, where one is not finite or where all of a list are
    /// equal.
    pub fn of(a: &[f64], b: &[f64], seed: u64) -> Option<Self> {
        if !comparable(a, b) {
            return None;
        }
        let ranks: Vec<[u32; 2]> = dense_ranks(a)
            .into_iter()
            .zip(dense_ranks(b))
            .map(<[u32; 2]>::from)
            .collect();
        let mut drawn = ranks.clone();
        let tau = tau_b(&mut drawn)?;
        let interval = bootstrap_interval(ranks.len(), RESAMPLES, seed, |places| {
            for (pair, &place) in drawn.iter_mut().zip(places) {
                *pair = ranks[place];
            }
            tau_b(&mut drawn)
        });
        Some(Self {
            count: ranks.len(),
            tau,
            low: interval.map(|[low, _]| low),
            high: interval.map(|[_, high]| high),
        })
    }
}

/// τ_b of pairs, which are sorted. Nothing where all of a list are tied.
fn tau_b(pairs: &mut [[u32; 2]]) -> Option<f64> {
    pairs.sort_unstable();
    let first = ties(pairs.chunk_by(|a, b| a[0] == b[0]));
    let both = ties(pairs.chunk_by(|a, b| a == b));
    let mut seconds: Vec<u32> = pairs.iter().map(|pair| pair[1]).collect();
    // Those of equal firsts ascend, so only discordant pairs are out of order.
    let discordant = sort_counting(&mut seconds, &mut vec![0; pairs.len()]);
    let second = ties(seconds.chunk_by(|a, b| a == b));
    let all = pairs_of(pairs.len());
    let difference = all - first - second + both - 2 * discordant;
    let scale = ((all - first) as f64).sqrt() * ((all - second) as f64).sqrt();
    (scale > 0.0).then(|| (difference as f64 / scale).clamp(-1.0, 1.0))
}

/// How many pairs so many values have. At most 2^24 values: far from overflowing.
fn pairs_of(count: usize) -> i64 {
    let count = count as i64;
    count * (count - 1) / 2
}

/// How many pairs are within the runs.
fn ties<'a, T: 'a>(runs: impl Iterator<Item = &'a [T]>) -> i64 {
    runs.map(|run| pairs_of(run.len())).sum()
}

/// Sorts by merging and says how many pairs were in the wrong order; `room` is as long as the values.
fn sort_counting(values: &mut [u32], room: &mut [u32]) -> i64 {
    let count = values.len();
    if count < 2 {
        return 0;
    }
    let middle = count / 2;
    let (left, right) = values.split_at_mut(middle);
    let mut wrong =
        sort_counting(left, &mut room[..middle]) + sort_counting(right, &mut room[middle..]);
    let [mut i, mut j] = [0, 0];
    for place in room.iter_mut() {
        if j == right.len() || (i < left.len() && left[i] <= right[j]) {
            *place = left[i];
            i += 1;
        } else {
            // It passes all that are left on the left.
            wrong += (left.len() - i) as i64;
            *place = right[j];
            j += 1;
        }
    }
    values.copy_from_slice(room);
    wrong
}
