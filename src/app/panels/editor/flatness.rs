//! Flat or sharp: what one change costs, beside what it would cost if every edge counted for itself.

use super::edits::operations;
use crate::landscape::{Networks, Statistics, Table, with_neighbors};
use crate::space::Genotype;

/// What is said where flat and sharp cannot be told apart.
pub const INSIDE_THE_NOISE: &str = "inside the noise";

/// How far an accuracy is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its standard error, points.
    pub error: f64,
    /// What errs.
    pub of: ErrorOf,
}

/// What an accuracy is measured by, which errs alike for all that share it.
#[derive(Clone, Debug, PartialEq)]
pub enum ErrorOf {
    /// The networks that a table has the mean of.
    Networks(Networks),
    /// The images that weights score the architecture on. Those of its neighbors are the same, but how far they err together is not known:
    /// both are counted as if they were others, so that the error of a difference is an upper bound.
    Images,
    /// The images that they score its neighbors on.
    ImagesOfNeighbors,
}

impl Known {
    /// Of a share of so many images, in percent (Wilson's centre keeps it above 0 where all or none are right).
    pub fn on_images(accuracy: f64, images: usize, of: ErrorOf) -> Self {
        let count = images.max(1) as f64;
        let share = (accuracy / 100.0 * count + 2.0) / (count + 4.0);
        Self {
            error: 100.0 * (share * (1.0 - share) / count).sqrt(),
            of,
        }
    }

    /// That of an architecture; nothing for a single run or equal ones.
    pub fn of(table: &Table, metric: &str, genotype: &Genotype) -> Option<Self> {
        Self::at(table, metric, table.index_of(genotype)?)
    }

    /// That of an architecture by its index.
    fn at(table: &Table, metric: &str, index: usize) -> Option<Self> {
        Some(Self {
            error: table.standard_error(metric, index)?,
            of: ErrorOf::Networks(table.networks(metric, index)?),
        })
    }
}

/// What is said of an architecture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// Better than the space's mean, and one change costs no more than its share of that.
    Flat,
    /// Better than the space's mean, but one change costs more than its share of that.
    Sharp,
    /// No better than the space's mean: there is no height to lose.
    Low,
}

impl Word {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Word::Flat => "flat",
            Word::Sharp => "sharp",
            Word::Low => "below average",
        }
    }
}

/// An architecture among its neighbors. Accuracies are in percent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Flatness {
    /// Its accuracy.
    pub own: f64,
    /// Those of its neighbors.
    pub neighbors: Statistics,
    /// Its place among them: 1 where none of them is better.
    pub rank: usize,
    /// The drop: what one change costs on average, in points.
    pub cost: f64,
    /// The limit: what it would cost if the accuracy were a sum over edges, in points, where the space's mean is known.
    pub share: Option<f64>,
    /// How many neighbors lose more than that, or anything where it is no loss.
    pub below: Option<usize>,
    /// How far it is above the space's mean, in points, where that is known.
    pub lead: Option<f64>,
    /// Flat or sharp, where the space's mean is known.
    pub word: Option<Word>,
    /// The standard errors of the own accuracy, of the neighbors' mean and of `cost` − `share`, in points, where accuracies are means of
    /// runs.
    pub errors: Option<[f64; 3]>,
}

/// The part of the way to the space's mean that one change of an operation makes where the accuracy is a sum over E edges with K operations
/// each: K / (E·(K − 1)). It is 1 − λ₁ of `method.md` §1.2 for the neighbors without the architecture itself.
pub fn share_of_one_change(genotype: &Genotype) -> f64 {
    let edges: usize = genotype
        .cells()
        .iter()
        .flat_map(|cell| &cell.nodes)
        .map(Vec::len)
        .sum();
    let choices = operations(genotype.space()).len() as f64;
    choices / (edges as f64 * (choices - 1.0))
}

impl Flatness {
    /// That of an architecture in a column of a table; nothing where the table does not have it.
    pub fn in_table(table: &Table, metric: &str, genotype: &Genotype) -> Option<Self> {
        let column = table.column(metric)?;
        let (own, around) = with_neighbors(table, genotype)?;
        let around: Vec<usize> = around.collect();
        let scores: Vec<f64> = around.iter().map(|&index| column[index]).collect();
        let reference = column.iter().sum::<f64>() / column.len().max(1) as f64;
        let share = share_of_one_change(genotype);
        let flatness = Self::of(column[own], &scores, Some(reference), share)?;
        let known: Vec<Option<Known>> = around
            .iter()
            .map(|&index| Known::at(table, metric, index))
            .collect();
        let known: Vec<Option<&Known>> = known.iter().map(Option::as_ref).collect();
        let own = Known::at(table, metric, own);
        Some(flatness.with_errors(own.as_ref(), &known, share))
    }

    /// What is said of it.
    pub fn words(&self) -> Option<&'static str> {
        match self.is_doubtful() {
            true => Some(INSIDE_THE_NOISE),
            false => self.word.map(Word::name),
        }
    }

    /// From accuracies in percent; `reference` is the mean of the space, `share` is [`share_of_one_change`]. Nothing without neighbors.
    pub fn of(own: f64, neighbors: &[f64], reference: Option<f64>, share: f64) -> Option<Self> {
        let statistics = Statistics::of(neighbors)?;
        let cost = own - statistics.mean;
        let share = reference.map(|reference| share * (own - reference));
        // Rounding must not make a sum over edges sharp.
        let word = share.map(|share| match share {
            share if share <= 0.0 => Word::Low,
            share if cost <= share + 1e-9 => Word::Flat,
            _ => Word::Sharp,
        });
        Some(Self {
            own,
            neighbors: statistics,
            rank: 1 + neighbors.iter().filter(|one| **one > own).count(),
            cost,
            share,
            below: share.map(|share| {
                let limit = share.max(0.0) + 1e-9;
                neighbors.iter().filter(|one| own - **one > limit).count()
            }),
            lead: reference.map(|reference| own - reference),
            word,
            errors: None,
        })
    }

    /// Adds the standard errors, where the own accuracy has one. Those of neighbors without one, whose runs were equal, count as 0; those that
    /// share networks err together. One that may be above the mean of the space as well as below it is called by what one change costs. `share`
    /// is [`share_of_one_change`].
    #[must_use]
    pub fn with_errors(
        self,
        own: Option<&Known>,
        neighbors: &[Option<&Known>],
        share: f64,
    ) -> Self {
        let Some(own) = own else {
            return Self {
                errors: None,
                ..self
            };
        };
        let part = 1.0 / neighbors.len().max(1) as f64;
        // Factors of the accuracies of the same networks in a sum, times their error.
        let error = |of_own: f64, of_neighbor: f64| {
            // What errs alike adds up before it is squared.
            let mut terms: Vec<(&ErrorOf, f64)> = vec![(&own.of, of_own * own.error)];
            for known in neighbors.iter().flatten() {
                let part = of_neighbor * known.error;
                match terms.iter_mut().find(|(of, _)| **of == known.of) {
                    Some((_, sum)) => *sum += part,
                    None => terms.push((&known.of, part)),
                }
            }
            let squares = terms.iter().map(|(_, sum)| sum.powi(2));
            squares.sum::<f64>().sqrt()
        };
        // cost − share = (1 − s)·own − mean of neighbors + s·mean of the space, whose own error is small.
        let errors = [own.error, error(0.0, part), error(1.0 - share, -part)];
        // Whether it is below the mean of the space is not known: what one change costs can be.
        let near = self.lead.is_some_and(|lead| lead.abs() < 2.0 * errors[0]);
        let word = match self.word {
            Some(Word::Low) if near && self.cost > 0.0 => Some(Word::Sharp),
            Some(Word::Low) if near => Some(Word::Flat),
            word => word,
        };
        Self {
            errors: Some(errors),
            word,
            ..self
        }
    }

    /// The drop less and plus two standard errors of its distance from the limit, in points: about 95 %.
    pub fn interval(&self) -> Option<[f64; 2]> {
        let [_, _, error] = self.errors?;
        Some([self.cost - 2.0 * error, self.cost + 2.0 * error])
    }

    /// Whether flat and sharp are less than two standard errors apart.
    pub fn is_doubtful(&self) -> bool {
        let Some(([_, _, error], share)) = self.errors.zip(self.share) else {
            return false;
        };
        self.word != Some(Word::Low) && (self.cost - share).abs() < 2.0 * error
    }
}
