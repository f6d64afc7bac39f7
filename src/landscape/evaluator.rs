//! What answers "how good is this architecture?", and the evaluator that looks it up in a table.

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::index::architecture_index;
use super::table::Table;
use crate::nearest::guess;
use crate::space::{Allowed, Genotype, NeighborhoodError, PathError, Space};

/// How good an architecture is.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Score {
    /// What searches minimise: a cross-entropy, or 1 − accuracy.
    pub loss: f64,
    /// In percent.
    pub accuracy: f64,
}

/// Scores genotypes of one space. Asynchronous because some evaluators read from a device.
pub trait Evaluator {
    /// The space whose genotypes it scores.
    fn space(&self) -> Space;

    /// The candidates of that space's edges: what is drawn, and what neighbors may have. It scores all genotypes of the space.
    fn allowed(&self) -> Allowed {
        Allowed::all(self.space())
    }

    /// One score for each genotype, in their order.
    ///
    /// # Errors
    /// A genotype of another space; whatever can go wrong on a device.
    fn scores(
        &mut self,
        genotypes: &[Genotype],
    ) -> impl Future<Output = Result<Vec<Score>, EvaluatorError>>;
}

impl<E: Evaluator> Evaluator for &mut E {
    fn space(&self) -> Space {
        (**self).space()
    }

    fn allowed(&self) -> Allowed {
        (**self).allowed()
    }

    fn scores(
        &mut self,
        genotypes: &[Genotype],
    ) -> impl Future<Output = Result<Vec<Score>, EvaluatorError>> {
        (**self).scores(genotypes)
    }
}

/// Why a genotype has no score.
#[derive(thiserror::Error, Clone, PartialEq, Debug)]
pub enum EvaluatorError {
    /// A genotype of another space.
    #[error("this evaluator scores {expected} genotypes, not {found} ones")]
    Space {
        /// The evaluator's space.
        expected: Space,
        /// The genotype's.
        found: Space,
    },
    /// A metric that the table does not have.
    #[error("the table has no metric \"{name}\"{meant}: choose one of {choices}")]
    Metric {
        /// What was asked for.
        name: String,
        /// Which was probably meant.
        meant: String,
        /// The names that exist.
        choices: String,
    },
    /// Not one score for each genotype.
    #[error("the evaluator gave {found} scores for {expected} genotypes")]
    Count {
        /// How many genotypes there were.
        expected: usize,
        /// How many scores came back.
        found: usize,
    },
    /// A loss or an accuracy that is infinite or NaN.
    #[error("the score of {0} is not a finite number: the network has diverged")]
    NotFinite(String),
    /// Training or the device failed; the message says how and what to do.
    #[error("{0}")]
    Failed(String),
}

impl EvaluatorError {
    /// Refuses a genotype of another space than the evaluator's.
    ///
    /// # Errors
    /// [`EvaluatorError::Space`].
    pub fn check_space(expected: Space, genotype: &Genotype) -> Result<(), Self> {
        match genotype.space() {
            found if found == expected => Ok(()),
            found => Err(EvaluatorError::Space { expected, found }),
        }
    }
}

/// Why a report cannot be made.
#[derive(thiserror::Error, Clone, PartialEq, Debug)]
pub enum LandscapeError {
    /// The evaluator failed.
    #[error(transparent)]
    Evaluator(#[from] EvaluatorError),
    /// The neighborhood cannot be listed or sampled.
    #[error(transparent)]
    Neighborhood(#[from] NeighborhoodError),
    /// There are no such paths.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The same thing twice in a list, where each is computed once.
    #[error("{0} twice in the list")]
    Twice(&'static str),
    /// A radius or a number of samples out of range.
    #[error("{what} must be between {least} and {most}")]
    Range {
        /// Which number.
        what: &'static str,
        /// The smallest that is allowed.
        least: usize,
        /// The largest.
        most: usize,
    },
    /// A number with a fraction out of range.
    #[error("{what} must be between {least} and {most}")]
    Number {
        /// Which number.
        what: &'static str,
        /// The smallest that is allowed.
        least: f64,
        /// The largest.
        most: f64,
    },
    /// A metric that is no mean of runs where its standard errors are needed.
    #[error(
        "--noise table needs standard errors, which this metric has none of: choose one that is the mean of several runs, or name a number"
    )]
    NoStandardErrors,
    /// A space that is too large for complete tables.
    #[error(
        "{0} has too many architectures to choose among all of them: use a NAS-Bench-201 space"
    )]
    NoTable(Space),
    /// Not one value for each architecture.
    #[error(
        "a complete landscape of {edges} edges and {operations} operations is needed, not {found} values"
    )]
    Incomplete {
        /// Edges.
        edges: usize,
        /// Operations of each.
        operations: usize,
        /// How many values were given.
        found: usize,
    },
}

/// One finite score for each genotype, or an error.
pub(super) async fn finite_scores(
    evaluator: &mut impl Evaluator,
    genotypes: &[Genotype],
) -> Result<Vec<Score>, EvaluatorError> {
    let scores = evaluator.scores(genotypes).await?;
    if scores.len() != genotypes.len() {
        return Err(EvaluatorError::Count {
            expected: genotypes.len(),
            found: scores.len(),
        });
    }
    let diverged = scores
        .iter()
        .position(|score| !(score.loss.is_finite() && score.accuracy.is_finite()));
    match diverged {
        Some(index) => Err(EvaluatorError::NotFinite(genotypes[index].to_text())),
        None => Ok(scores),
    }
}

/// Looks accuracies up in one column of a table; loss = 1 − accuracy / 100.
#[derive(Clone, Copy, Debug)]
pub struct TableEvaluator<'a> {
    allowed: Allowed,
    accuracies: &'a [f64],
    errors: &'a [Option<f64>],
}

impl<'a> TableEvaluator<'a> {
    /// The evaluator of a metric by name, or of the first one.
    ///
    /// # Errors
    /// A name that the table does not have.
    pub fn new(table: &'a Table, metric: Option<&str>) -> Result<Self, EvaluatorError> {
        let is = |name: &String| metric.is_none_or(|metric| metric == name);
        let place = table.metrics().iter().position(is);
        let place = place.ok_or_else(|| EvaluatorError::Metric {
            name: metric.unwrap_or_default().chars().take(80).collect(),
            meant: guess(
                metric.unwrap_or_default(),
                table.metrics().iter().map(String::as_str),
            ),
            choices: table.metrics().join(", "),
        })?;
        Ok(Self {
            allowed: Allowed::all(table.space()),
            accuracies: &table.values()[place],
            errors: &table.standard_errors()[place],
        })
    }

    /// The same where edges have fewer candidates. They must be of the table's space.
    #[must_use]
    pub fn among(self, allowed: Allowed) -> Self {
        Self { allowed, ..self }
    }

    /// The accuracies of all architectures by index, in percent.
    pub fn accuracies(&self) -> &'a [f64] {
        self.accuracies
    }

    /// The standard errors of these accuracies; empty where the metric has none.
    pub fn standard_errors(&self) -> &'a [Option<f64>] {
        self.errors
    }
}

impl Evaluator for TableEvaluator<'_> {
    fn space(&self) -> Space {
        self.allowed.space()
    }

    fn allowed(&self) -> Allowed {
        self.allowed
    }

    async fn scores(&mut self, genotypes: &[Genotype]) -> Result<Vec<Score>, EvaluatorError> {
        genotypes
            .iter()
            .map(|genotype| {
                EvaluatorError::check_space(self.space(), genotype)?;
                // Every architecture of a space that has tables is in them.
                let index = architecture_index(genotype);
                let &accuracy = index
                    .and_then(|index| self.accuracies.get(index))
                    .ok_or_else(|| EvaluatorError::NotFinite(genotype.to_text()))?;
                Ok(Score {
                    loss: 1.0 - accuracy / 100.0,
                    accuracy,
                })
            })
            .collect()
    }
}
