//! The neighborhood of an architecture: how good it is and how good what surrounds it is (`method.md` §1, §6).

use std::collections::BTreeMap;
use std::fmt;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::classes::{Collapse, function_string};
use super::evaluator::{Evaluator, LandscapeError, Score, finite_scores};
use super::statistics::Statistics;
use crate::space::{
    Allowed, Change, Counting, Genotype, Neighbor, NeighborhoodError, Space, neighbors_among,
    sample_neighbors_among, shell_size_among,
};

/// What of a neighborhood is looked at.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct NeighborhoodOptions {
    /// What one step is. On DARTS: topology, encoding or mutation.
    pub counting: Counting,
    /// The largest radius, 1 to 6.
    pub radius: usize,
    /// A shell of at most so many members is evaluated whole, of a larger one so many are drawn. 2 to 200,000.
    pub limit: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for NeighborhoodOptions {
    fn default() -> Self {
        Self {
            counting: Counting::Topology,
            radius: 3,
            limit: 2000,
            seed: 0,
        }
    }
}

/// An architecture among its neighbors. Accuracies are in percent.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct NeighborhoodReport {
    /// The space.
    pub space: Space,
    /// What one step is.
    pub counting: Counting,
    /// The architecture.
    pub genotype: Genotype,
    /// Its accuracy.
    pub own: f64,
    /// Its loss.
    pub own_loss: f64,
    /// Its place among the neighbors at distance 1 by loss: 1 where none of them has a smaller one.
    pub rank: usize,
    /// Exact distance 1, 2, ….
    pub radii: Vec<RadiusReport>,
    /// The neighbors at distance 1 that were evaluated, smallest loss first.
    pub neighbors: Vec<NeighborReport>,
}

/// The neighbors at exactly one distance.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct RadiusReport {
    /// The distance.
    pub radius: usize,
    /// How many there are.
    pub size: u64,
    /// The evaluated ones: all of them, or a uniform sample.
    #[serde(flatten)]
    pub raw: Statistics,
    /// The standard error of the mean where they are a sample of several values.
    pub standard_error: Option<f64>,
    /// NAS-Bench-201 only: the same by function.
    pub unique: Option<UniqueReport>,
}

/// Neighbors by what they compute ([`Collapse::SkipAndZero`]).
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct UniqueReport {
    /// How many of the neighbors compute the architecture's own function; they are not counted below.
    pub same_function: usize,
    /// The other functions, each with the mean of its neighbors' accuracies; nothing where there are none.
    pub classes: Option<Statistics>,
}

/// A neighbor at distance 1.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct NeighborReport {
    /// The architecture.
    pub genotype: Genotype,
    /// The edge that differs and both operations.
    pub changes: Vec<Change>,
    /// In percent.
    pub accuracy: f64,
    /// What searches minimise.
    pub loss: f64,
    /// NAS-Bench-201 only: whether it computes the architecture's own function.
    pub same_function: Option<bool>,
}

/// The report on a genotype by an evaluator. Every architecture is asked for once: members of different shells differ.
///
/// # Errors
/// Options out of range; the supernet view of DARTS; a failing evaluator; scores that are not finite.
pub async fn neighborhood(
    evaluator: &mut impl Evaluator,
    genotype: &Genotype,
    options: &NeighborhoodOptions,
) -> Result<NeighborhoodReport, LandscapeError> {
    let out_of_range = |what, least, most| LandscapeError::Range { what, least, most };
    if !(1..=6).contains(&options.radius) {
        return Err(out_of_range("the radius", 1, 6));
    }
    if !(2..=200_000).contains(&options.limit) {
        return Err(out_of_range("the number of samples", 2, 200_000));
    }
    let space = genotype.space();
    let own = finite_scores(evaluator, std::slice::from_ref(genotype)).await?;
    let Score {
        loss: own_loss,
        accuracy: own,
    } = own[0];
    let own_function = function_string(genotype, Collapse::SkipAndZero);
    let allowed = evaluator.allowed();
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let mut radii = Vec::new();
    let mut nearest = Vec::new();
    for radius in 1..=options.radius {
        let (size, members) = shell(genotype, radius, options, &allowed, &mut rng)?;
        let genotypes: Vec<Genotype> = members.iter().map(|n| n.genotype.clone()).collect();
        let scores = finite_scores(evaluator, &genotypes).await?;
        let accuracies: Vec<f64> = scores.iter().map(|score| score.accuracy).collect();
        // Shells beyond the farthest architecture are empty.
        let Some(raw) = Statistics::of(&accuracies) else {
            break;
        };
        radii.push(RadiusReport {
            radius,
            size,
            raw,
            standard_error: if (raw.count as u64) < size {
                raw.standard_error(size)
            } else {
                None
            },
            unique: own_function
                .as_ref()
                .map(|own| unique(own, &genotypes, &accuracies)),
        });
        if radius == 1 {
            nearest = members.into_iter().zip(scores).collect();
        }
    }
    nearest.sort_by(|(_, a), (_, b)| a.loss.total_cmp(&b.loss));
    let better = nearest.iter().filter(|(_, score)| score.loss < own_loss);
    Ok(NeighborhoodReport {
        space,
        counting: options.counting,
        genotype: genotype.clone(),
        own,
        own_loss,
        rank: 1 + better.count(),
        radii,
        neighbors: nearest
            .into_iter()
            .map(|(neighbor, score)| NeighborReport {
                same_function: own_function.as_ref().map(|own| {
                    function_string(&neighbor.genotype, Collapse::SkipAndZero).as_ref() == Some(own)
                }),
                genotype: neighbor.genotype,
                changes: neighbor.changes,
                accuracy: score.accuracy,
                loss: score.loss,
            })
            .collect(),
    })
}

/// The number of genotypes at exactly this distance, and all of them or a uniform sample without replacement.
fn shell(
    genotype: &Genotype,
    radius: usize,
    options: &NeighborhoodOptions,
    allowed: &Allowed,
    rng: &mut ChaCha8Rng,
) -> Result<(u64, Vec<Neighbor>), LandscapeError> {
    let counting = options.counting;
    let sizes: Result<Vec<u128>, NeighborhoodError> = (1..=radius)
        .map(|radius| shell_size_among(genotype, radius, counting, allowed))
        .collect();
    let sizes = sizes?;
    let size = sizes[radius - 1];
    // At radius 6 there are less than 2^64 neighbors in any space.
    let reported = u64::try_from(size).unwrap_or(u64::MAX);
    if size <= options.limit as u128 {
        let all = neighbors_among(genotype, radius, counting, allowed)?;
        return Ok((reported, all));
    }
    // A uniform draw from the ball is uniform over its outermost shell, too, once the others are left out. A quarter more draws
    // than are expected to be needed make up for bad luck; where they do not, `count` says so.
    let ball: u128 = sizes.iter().sum();
    let wanted = options.limit as f64 * (ball as f64 / size as f64);
    let draws = (wanted * 1.25).ceil().min(200_000.0) as usize;
    let mut members = sample_neighbors_among(genotype, radius, counting, allowed, draws, rng)?;
    members.retain(|member| steps(&member.changes, counting) == radius);
    // The order of the sample depends on the rank: only after a shuffle is its beginning as good as any other part.
    for last in (1..members.len()).rev() {
        members.swap(last, rng.random_range(0..=last));
    }
    members.truncate(options.limit);
    Ok((reported, members))
}

/// The distance that the changes make.
fn steps(changes: &[Change], counting: Counting) -> usize {
    changes
        .iter()
        .map(|change| {
            let rewired = change.before.from != change.after.from;
            if rewired && counting == Counting::Encoding {
                2
            } else {
                1
            }
        })
        .sum()
}

fn unique(own: &str, genotypes: &[Genotype], accuracies: &[f64]) -> UniqueReport {
    let mut classes: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut same_function = 0;
    for (genotype, &accuracy) in genotypes.iter().zip(accuracies) {
        let function = function_string(genotype, Collapse::SkipAndZero).unwrap_or_default();
        if function == own {
            same_function += 1;
        } else {
            classes.entry(function).or_default().push(accuracy);
        }
    }
    let means: Vec<f64> = classes
        .values()
        .map(|members| members.iter().sum::<f64>() / members.len() as f64)
        .collect();
    UniqueReport {
        same_function,
        classes: Statistics::of(&means),
    }
}

/// The most neighbors that the text lists.
const LISTED: usize = 24;

impl fmt::Display for NeighborhoodReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "{}", self.genotype.to_text())?;
        write!(f, "own accuracy {:.2} %, ", self.own)?;
        match self.neighbors.len() {
            0 => writeln!(f, "no neighbors")?,
            count => writeln!(f, "rank {} of {} with its neighbors", self.rank, count + 1)?,
        }
        writeln!(
            f,
            "radius    count    mean  median   worst     q05     q95    best     std"
        )?;
        for shell in &self.radii {
            row(f, &shell.radius.to_string(), &shell.raw)?;
            match shell.standard_error {
                Some(error) => writeln!(f, "  of {}, mean ± {error:.2}", shell.size)?,
                None if shell.raw.count as u64 == shell.size => writeln!(f)?,
                None => {
                    let why = if shell.raw.count > 1 {
                        "equal values"
                    } else {
                        "one value"
                    };
                    writeln!(f, "  of {}, {why}: no standard error", shell.size)?;
                }
            }
            if let Some(unique) = shell.unique
                && let Some(classes) = unique.classes
            {
                row(f, "unique", &classes)?;
                writeln!(f, "  and {} of the same function", unique.same_function)?;
            }
        }
        if self.neighbors.len() > LISTED {
            writeln!(
                f,
                "the {} best and worst of {} neighbors",
                LISTED / 2,
                self.neighbors.len()
            )?;
        }
        let left_out = if self.neighbors.len() > LISTED {
            LISTED / 2..self.neighbors.len() - LISTED / 2
        } else {
            0..0
        };
        for (place, neighbor) in self.neighbors.iter().enumerate() {
            if left_out.contains(&place) {
                continue;
            }
            let changes: Vec<String> = neighbor.changes.iter().map(Change::to_string).collect();
            let same = if neighbor.same_function == Some(true) {
                "  (same function)"
            } else {
                ""
            };
            writeln!(
                f,
                "{:>7.2} % {:>+7.2}  {}{same}",
                neighbor.accuracy,
                neighbor.accuracy - self.own,
                changes.join(", ")
            )?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter, name: &str, statistics: &Statistics) -> fmt::Result {
    let Statistics {
        count,
        mean,
        median,
        worst,
        best,
        std,
        q05,
        q95,
        ..
    } = statistics;
    write!(
        f,
        "{name:>6} {count:>8} {mean:>7.2} {median:>7.2} {worst:>7.2} {q05:>7.2} {q95:>7.2} {best:>7.2} {std:>7.2}"
    )
}
