//! Flatness at matched accuracy: how good the neighbors of an architecture are, compared with those of architectures that are as good as it
//! (`method.md` §10.3).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::evaluator::LandscapeError;
use super::ranks::spearman;
use super::smooth::neighbor_means;

/// The accuracies of a complete landscape, the mean of the neighbors at distance 1 of each, and what that mean is among architectures of one
/// accuracy. Better architectures have better neighbors, so a mean alone does not say whether something was found that is flat for how good
/// it is.
#[derive(Clone, PartialEq, Debug)]
pub struct Matched {
    own: Vec<f64>,
    means: Vec<f64>,
    fits: Vec<Fit>,
}

/// The neighbors of an architecture beside those of architectures as good as it. In percent.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct MatchedFlatness {
    /// The mean of its neighbors at distance 1.
    pub mean: f64,
    /// What that mean is at its accuracy: the monotone regression over all architectures, itself among them.
    pub expected: f64,
    /// mean − expected: above 0 it is flatter than architectures as good as it.
    pub residual: f64,
    /// How many architectures have that expectation, itself among them: those that the regression pools. Where there are few, as at the best
    /// accuracies, the residual says little; where there is one, it is 0.
    pub architectures: usize,
}

/// A value of a monotone regression.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Fit {
    /// The value.
    pub value: f64,
    /// How many points have it: it is their mean.
    pub points: usize,
}

/// Points that share a value.
struct Block {
    sum: f64,
    points: usize,
}

impl Block {
    fn mean(&self) -> f64 {
        self.sum / self.points as f64
    }
}

/// The monotone (isotonic) least-squares regression of `y` on `x`: the value at each point of the function that never falls and is nearest to
/// all of them, by pooling adjacent violators. Points of equal `x` are one point of their mean `y`, with their weight, as in scikit-learn's
/// `IsotonicRegression`. Points without a partner, where one list is longer, are left out.
pub fn isotonic(x: &[f64], y: &[f64]) -> Vec<Fit> {
    let count = x.len().min(y.len());
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let mut blocks: Vec<Block> = Vec::new();
    for equal in order.chunk_by(|&a, &b| x[a] == x[b]) {
        let mut last = Block {
            sum: equal.iter().map(|&place| y[place]).sum(),
            points: equal.len(),
        };
        while let Some(before) = blocks.pop_if(|before| before.mean() >= last.mean()) {
            last.sum += before.sum;
            last.points += before.points;
        }
        blocks.push(last);
    }
    let mut fits = vec![
        Fit {
            value: 0.0,
            points: 0
        };
        count
    ];
    let mut places = order.into_iter();
    for block in blocks {
        let fit = Fit {
            value: block.mean(),
            points: block.points,
        };
        for place in places.by_ref().take(block.points) {
            fits[place] = fit;
        }
    }
    fits
}

impl Matched {
    /// Of a complete landscape: row-major `[K; E]`, in percent, as [`super::Table::values`] has them. A few milliseconds for 15,625
    /// architectures.
    ///
    /// # Errors
    /// Another number of values than K^E.
    pub fn new(values: &[f64], edges: usize, operations: usize) -> Result<Self, LandscapeError> {
        let means = neighbor_means(values, edges, operations)?;
        Ok(Self {
            own: values.to_vec(),
            fits: isotonic(values, &means),
            means,
        })
    }

    /// An architecture by its index; nothing beyond the last.
    pub fn at(&self, index: usize) -> Option<MatchedFlatness> {
        let (&mean, fit) = (self.means.get(index)?, self.fits.get(index)?);
        Some(MatchedFlatness {
            mean,
            expected: fit.value,
            residual: mean - fit.value,
            architectures: fit.points,
        })
    }

    /// How many architectures are better than an accuracy in percent, and Spearman's ρ between their own accuracy and their neighbors' mean;
    /// no ρ where there are fewer than two of them or all are equal. Below 0, all are meant.
    pub fn rank_correlation(&self, above: f64) -> (usize, Option<f64>) {
        let pairs = self.own.iter().zip(&self.means);
        let (own, means): (Vec<f64>, Vec<f64>) = pairs.filter(|&(&own, _)| own > above).unzip();
        (own.len(), spearman(&own, &means))
    }
}

impl fmt::Display for MatchedFlatness {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self {
            mean,
            expected,
            residual,
            architectures,
        } = self;
        if *architectures == 1 {
            return writeln!(
                f,
                "no other cell of the table is as good as it, so nothing says how flat it is for its accuracy"
            );
        }
        let points = residual.abs();
        match residual {
            // As it is printed.
            _ if points < 0.005 => write!(f, "as flat as cells as good as it")?,
            r if *r > 0.0 => write!(f, "flatter than cells as good as it by {points:.2} points")?,
            _ => write!(
                f,
                "less flat than cells as good as it by {points:.2} points"
            )?,
        }
        writeln!(
            f,
            ": neighbors {mean:.2} %, {expected:.2} % expected at its accuracy (monotone fit over the table, {architectures} cells)"
        )
    }
}
