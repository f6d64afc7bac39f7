//! The differences that a comparison declares primary before it runs: those in accuracy.

use serde::{Deserialize, Serialize};

use super::Comparison;
use super::arm::Arm;
use super::entry::TrainedRun;
use crate::landscape::{Paired, holm};

/// The family of primary differences, of the strategies without their replicas. All others are exploratory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Primary {
    /// Every two strategies, then the pairs with a replica.
    pub pairs: Vec<PrimaryPair>,
    /// Images of the test part for each that trains, where every seed draws both anew: what widens the intervals (Nadeau and Bengio 2003).
    pub redrawn: Option<[usize; 2]>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrimaryPair {
    /// One strategy.
    pub first: Arm,
    /// The other.
    pub second: Arm,
    /// What the differences `first − second` say; none for fewer than two seeds.
    pub paired: Option<Paired>,
    /// Its p by Holm's method over the family; none for a pair with a replica, which belongs to no family, and where there is no p.
    pub adjusted_p: Option<f64>,
    /// Seeds that would show a difference of [`DETECTED`] points with 80 % power.
    pub seeds_needed: Option<u64>,
    /// 95 % interval of the mean (Student's t), widened where every seed draws its images anew.
    pub interval: Option<[f64; 2]>,
}

/// The difference that is asked to be found, in points of accuracy.
pub const DETECTED: f64 = 0.5;
/// Of the resamples and of drawn signs.
const SEED: u64 = 0;

impl Primary {
    /// Those of a comparison.
    pub(super) fn of(comparison: &Comparison) -> Self {
        // A data set with test images of its own draws none.
        let share = comparison.settings.test_share;
        let drawn = |run: &TrainedRun| {
            let all = (run.test_images + run.train_images) as f64;
            (run.test_images as f64 - share * all).abs() <= 1.0
        };
        let trained = comparison.entries.iter().find_map(|entry| entry.trained);
        let redrawn = trained
            .filter(|run| comparison.settings.split_seed.is_none() && drawn(run))
            .map(|run| [run.test_images, run.train_images]);
        let arms = &comparison.strategies;
        let every_two = arms
            .iter()
            .enumerate()
            .flat_map(|(index, second)| arms[index + 1..].iter().map(move |first| (first, second)));
        let declared = &comparison.declared;
        // A null pair belongs to no family, and is no part of what is declared.
        let shown = |first: &Arm, second: &Arm| {
            declared.is_empty() || first.is_null_pair(second) && first.replica != second.replica
        };
        let declared = declared.iter().map(|[first, second]| (first, second));
        let mut pairs: Vec<PrimaryPair> = declared
            .chain(every_two.filter(|(first, second)| shown(first, second)))
            .map(|(first, second)| PrimaryPair::of(comparison, first, second, redrawn))
            .collect();
        pairs.sort_by_key(|pair| !pair.in_family());
        let family: Vec<usize> = (0..pairs.len())
            .filter(|&at| pairs[at].in_family() && pairs[at].p().is_some())
            .collect();
        let p: Vec<f64> = family.iter().filter_map(|&at| pairs[at].p()).collect();
        for (&at, p) in family.iter().zip(holm(&p)) {
            pairs[at].adjusted_p = Some(p);
        }
        Self { pairs, redrawn }
    }

    /// The least p that so many seeds can give a pair of the family, by Holm's method: where all differences have one sign.
    pub fn least_p(&self) -> Option<f64> {
        let family = self.pairs.iter().filter(|pair| pair.adjusted_p.is_some());
        let seeds = family.clone().filter_map(|pair| match pair.paired {
            Some(Paired::Varying(varying)) => Some(varying.count),
            _ => None,
        });
        let seeds = seeds.max()?;
        let signs = 2.0 / 2f64.powi(i32::try_from(seeds).unwrap_or(i32::MAX));
        Some((signs * family.count() as f64).min(1.0))
    }
}

impl PrimaryPair {
    fn of(comparison: &Comparison, first: &Arm, second: &Arm, redrawn: Option<[usize; 2]>) -> Self {
        let differences = comparison.differences(first, second);
        let paired = Paired::of(&differences, SEED);
        let varying = match paired {
            Some(Paired::Varying(varying)) => Some(varying),
            _ => None,
        };
        let interval = varying.and_then(|varying| {
            let error = match redrawn {
                Some([test, train]) => varying.corrected_standard_error(train, test)?,
                None => varying.std / (varying.count as f64).sqrt(),
            };
            let half = super::student_t_95(varying.count - 1) * error;
            Some([varying.mean - half, varying.mean + half])
        });
        Self {
            first: first.clone(),
            second: second.clone(),
            paired,
            adjusted_p: None,
            // Seeds that share images are no independent ones.
            seeds_needed: varying
                .filter(|_| redrawn.is_none())
                .and_then(|varying| varying.seeds_needed(DETECTED)),
            interval,
        }
    }

    fn p(&self) -> Option<f64> {
        match self.paired {
            Some(Paired::Varying(varying)) => Some(varying.p),
            _ => None,
        }
    }

    /// Whether it was declared primary: a replica only shows what chance does.
    pub fn in_family(&self) -> bool {
        !self.first.replica && !self.second.replica
    }

    /// Whether the family as a whole tells the two apart: p by Holm's method below 5 %.
    pub fn tells_apart(&self) -> Option<bool> {
        self.adjusted_p.map(|p| p < 0.05)
    }

    /// Whether its interval leaves out 0.
    pub fn leaves_out_zero(&self) -> Option<bool> {
        self.interval.map(|[low, high]| low > 0.0 || high < 0.0)
    }
}
