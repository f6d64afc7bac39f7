//! The barrier between two architectures: what accuracy is lost on the way from one to the other (`method.md` §6, §8.15, §10.5).

use std::collections::BTreeMap;
use std::fmt;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::evaluator::{Evaluator, LandscapeError, finite_scores};
use super::statistics::Statistics;
use crate::space::{
    Genotype, MOST_LISTED_EDGES, PathError, Space, differing_edges, sample_paths, shortest_paths,
};

/// The landscape along the shortest paths between two architectures. Accuracies are in percent.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct BarrierReport {
    /// The space.
    pub space: Space,
    /// Both ends.
    pub ends: [Genotype; 2],
    /// The number of differing edges, k.
    pub distance: usize,
    /// How many paths were walked.
    pub paths: usize,
    /// Whether these are all k! of them; otherwise they are a uniform sample.
    pub complete: bool,
    /// Steps 0 (one end) to k (the other).
    pub levels: Vec<LevelReport>,
    /// B = ½ (accuracy of one end + accuracy of the other) − lowest accuracy of the path, both ends included: at least half the
    /// difference of the ends.
    pub barrier: PathBarriers,
    /// B⁺: the most that the accuracy falls below the straight line from one end's to the other's; 0 for a path that never does, and B where
    /// the ends are equal.
    pub below_line: PathBarriers,
}

/// The architectures after one number of steps.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct LevelReport {
    /// Steps from the first end.
    pub level: usize,
    /// Different architectures met: C(k, level) if all paths were walked.
    pub architectures: usize,
    /// Over the paths, `count` of them. With all paths every architecture of a level weighs the same.
    #[serde(flatten)]
    pub accuracy: Statistics,
}

/// How deep the paths fall, by one measure.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct PathBarriers {
    /// The mean over the paths.
    pub mean: f64,
    /// The population standard deviation over the paths.
    pub std: f64,
    /// On the flattest path.
    pub lowest: f64,
    /// On the deepest.
    pub highest: f64,
    /// Of the mean accuracies of the levels, as A2M (arXiv 2503.10404) draws it, but with the true ends.
    pub of_means: f64,
}

/// Walks all shortest paths if at most 6 edges differ, otherwise `samples` (1 to 1000) of them drawn with the seed. Every
/// architecture is asked for once.
///
/// # Errors
/// Ends without such paths or equal ends; samples out of range; a failing evaluator; scores that are not finite.
pub async fn barrier(
    evaluator: &mut impl Evaluator,
    a: &Genotype,
    b: &Genotype,
    samples: usize,
    seed: u64,
) -> Result<BarrierReport, LandscapeError> {
    let distance = differing_edges(a, b)?.len();
    if distance == 0 {
        return Err(PathError::Equal.into());
    }
    let complete = distance <= MOST_LISTED_EDGES;
    let paths = if complete {
        shortest_paths(a, b)?
    } else {
        sample_paths(a, b, samples, &mut ChaCha8Rng::seed_from_u64(seed))?
    };

    // Paths share most of their architectures: `places` are theirs among the distinct ones.
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut distinct: Vec<Genotype> = Vec::new();
    let places: Vec<Vec<usize>> = paths
        .iter()
        .map(|path| {
            path.iter()
                .map(|genotype| {
                    *numbers.entry(genotype.canonical()).or_insert_with(|| {
                        distinct.push(genotype.clone());
                        distinct.len() - 1
                    })
                })
                .collect()
        })
        .collect();
    let scores = finite_scores(evaluator, &distinct).await?;
    let accuracies: Vec<Vec<f64>> = places
        .iter()
        .map(|path| path.iter().map(|&place| scores[place].accuracy).collect())
        .collect();

    let mut levels = Vec::new();
    for level in 0..=distance {
        let on_level: Vec<f64> = accuracies.iter().map(|path| path[level]).collect();
        let mut met: Vec<usize> = places.iter().map(|path| path[level]).collect();
        met.sort_unstable();
        met.dedup();
        levels.extend(Statistics::of(&on_level).map(|accuracy| LevelReport {
            level,
            architectures: met.len(),
            accuracy,
        }));
    }
    let means: Vec<f64> = levels.iter().map(|level| level.accuracy.mean).collect();
    let barriers = |measure: fn(&[f64]) -> f64| {
        let depths: Vec<f64> = accuracies.iter().map(|path| measure(path)).collect();
        PathBarriers::of(&depths, measure(&means))
    };
    Ok(BarrierReport {
        space: a.space(),
        ends: [a.clone(), b.clone()],
        distance,
        paths: paths.len(),
        complete,
        levels,
        barrier: barriers(depth)?,
        below_line: barriers(fall)?,
    })
}

/// B of the accuracies along a path of at least one architecture.
fn depth(path: &[f64]) -> f64 {
    let ends = 0.5 * (path[0] + path[path.len() - 1]);
    ends - path.iter().copied().fold(f64::INFINITY, f64::min)
}

/// A fall of less than this share of the ends is rounding.
const ROUNDING: f64 = 1e-12;

/// B⁺ of the accuracies along a path of at least one architecture.
fn fall(path: &[f64]) -> f64 {
    let [first, last] = [path[0], path[path.len() - 1]];
    let steps = (path.len() - 1).max(1) as f64;
    let line = |step: usize| first + step as f64 / steps * (last - first);
    let deepest = (0..path.len())
        .map(|step| line(step) - path[step])
        .fold(0.0, f64::max);
    if deepest > ROUNDING * first.abs().max(last.abs()) {
        deepest
    } else {
        0.0
    }
}

impl PathBarriers {
    /// Of the depths of the paths and that of the level means; an error for no paths.
    fn of(depths: &[f64], of_means: f64) -> Result<Self, PathError> {
        let depths = Statistics::of(depths).ok_or(PathError::Samples(0))?;
        Ok(Self {
            mean: depths.mean,
            std: depths.std,
            lowest: depths.worst,
            highest: depths.best,
            of_means,
        })
    }

    /// In words, of more than one path.
    fn spread(&self) -> String {
        let Self {
            mean,
            std,
            lowest,
            highest,
            of_means,
        } = self;
        format!(
            "{mean:.2} ± {std:.2} (lowest {lowest:.2}, highest {highest:.2}), of the mean path {of_means:.2}"
        )
    }
}

impl fmt::Display for BarrierReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for end in &self.ends {
            writeln!(f, "{}", end.to_text())?;
        }
        let which = if self.complete { "all" } else { "a sample of" };
        writeln!(
            f,
            "{} edges differ, {which} {} shortest paths",
            self.distance, self.paths
        )?;
        writeln!(f, "steps  architectures    mean     std   worst    best")?;
        for level in &self.levels {
            let Statistics {
                mean,
                std,
                worst,
                best,
                ..
            } = level.accuracy;
            writeln!(
                f,
                "{:>5}  {:>13} {mean:>7.2} {std:>7.2} {worst:>7.2} {best:>7.2}",
                level.level, level.architectures
            )?;
        }
        let [barrier, below_line] = [&self.barrier, &self.below_line];
        if self.paths == 1 {
            writeln!(f, "barrier of the only path {:.2}", barrier.mean)?;
            // Between neighbors there is nothing that could fall.
            return match self.distance {
                1 => Ok(()),
                _ => writeln!(f, "most below the straight line {:.2}", below_line.mean),
            };
        }
        writeln!(f, "barrier of a path {}", barrier.spread())?;
        writeln!(f, "most below the straight line {}", below_line.spread())
    }
}
