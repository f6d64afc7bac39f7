//! A complete benchmark table: the accuracies of all architectures of a NAS-Bench-201 space.

use super::classes::{Collapse, function_string};
use super::index::{architecture, architecture_count, architecture_index};
use super::table_names::{is_accuracy, name_problem};
use crate::space::{Genotype, Space};

/// One or more accuracies in percent for each of the 15,625 (or 125) architectures of a NAS-Bench-201 space.
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    space: Space,
    metrics: Vec<String>,
    values: Vec<Vec<f64>>,
    /// Of each value of each metric; empty for a metric without.
    standard_errors: Vec<Vec<Option<f64>>>,
}

/// The networks that an accuracy is the mean of. Architectures that compute one function may share them, as those that `plateau tabulate`
/// trains do: their errors are one error then. Where function, accuracy and standard error are the same, they are taken for shared.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Networks {
    function: String,
    accuracy: u64,
    error: Option<u64>,
}

impl Networks {
    /// Of an architecture by its index.
    pub(super) fn of(
        space: Space,
        index: usize,
        accuracy: f64,
        error: Option<f64>,
    ) -> Option<Self> {
        let function = function_string(&architecture(space, index)?, Collapse::SkipAndZero)?;
        Some(Self {
            function,
            accuracy: accuracy.to_bits(),
            error: error.map(f64::to_bits),
        })
    }
}

/// A table and what was not taken as it stood in its file.
#[derive(Clone, PartialEq, Debug)]
pub struct ReadTable {
    /// The table.
    pub table: Table,
    /// Columns that are left out, averaged or scaled, each a sentence without its full stop.
    pub notes: Vec<String>,
}

/// Why something is not a table.
#[derive(thiserror::Error, Clone, PartialEq, Debug)]
pub enum TableError {
    /// The file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Read {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// A file, or what it unpacks to, beyond the limit.
    #[error("the table has more than {} MiB: the largest real ones have about 5", MOST_BYTES >> 20)]
    TooLarge,
    /// A gzip stream that does not unpack.
    #[error("the gzip data is damaged: {0}")]
    Gzip(String),
    /// Bytes that are no text.
    #[error("the table is not a text file: save it as CSV")]
    NotText,
    /// Nothing in it.
    #[error("the table is empty")]
    Empty,
    /// A mistake on a line.
    #[error("line {line}: {message}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// Too few rows.
    #[error(
        "{found} of the {expected} architectures of {space} are in the table: {missing} is missing"
    )]
    Rows {
        /// The space.
        space: Space,
        /// How many it has.
        expected: usize,
        /// How many rows there are.
        found: usize,
        /// The first architecture without a row.
        missing: String,
    },
    /// Columns that are no complete landscapes of accuracies.
    #[error("not a table: {0}")]
    Columns(String),
}

/// The most bytes of a file, packed and unpacked.
pub(super) const MOST_BYTES: u64 = 32 << 20;
/// The most metrics.
pub(super) const MOST_METRICS: usize = 64;

impl Table {
    /// Checks the columns: `values[metric][architecture]`, architectures by [`architecture_index`].
    ///
    /// # Errors
    /// A space without complete tables, no metrics or more than 64, names that are empty, repeated or have commas or line breaks,
    /// a wrong number of values, accuracies outside 0 to 100.
    pub fn new(
        space: Space,
        metrics: Vec<String>,
        values: Vec<Vec<f64>>,
    ) -> Result<Self, TableError> {
        let wrong = |message: String| Err(TableError::Columns(message));
        let Some(count) = architecture_count(space) else {
            return wrong(format!("{space} is too large for a complete table"));
        };
        if metrics.is_empty() || metrics.len() > MOST_METRICS || metrics.len() != values.len() {
            return wrong(format!(
                "{} names for {} columns: there are 1 to {MOST_METRICS} metrics",
                metrics.len(),
                values.len()
            ));
        }
        for (place, (name, column)) in metrics.iter().zip(&values).enumerate() {
            if let Some(problem) = name_problem(name, &metrics[..place]) {
                return wrong(problem);
            }
            if column.len() != count {
                return wrong(format!(
                    "{name} has {} values for {count} architectures",
                    column.len()
                ));
            }
            if let Some(value) = column.iter().find(|value| !is_accuracy(**value)) {
                return wrong(format!("{name} has {value}: an accuracy is 0 to 100"));
            }
        }
        Ok(Self {
            space,
            standard_errors: vec![Vec::new(); metrics.len()],
            metrics,
            values,
        })
    }

    /// Adds the standard errors of the values, those that are above 0: `errors[metric][architecture]`, empty for a metric without.
    #[must_use]
    pub(crate) fn with_standard_errors(mut self, errors: Vec<Vec<Option<f64>>>) -> Self {
        self.standard_errors = errors;
        self.standard_errors.resize(self.metrics.len(), Vec::new());
        self
    }

    /// The space.
    pub fn space(&self) -> Space {
        self.space
    }

    /// The names of the columns.
    pub fn metrics(&self) -> &[String] {
        &self.metrics
    }

    /// Accuracies in percent, `[metric][architecture]`, architectures by [`architecture_index`].
    pub fn values(&self) -> &[Vec<f64>] {
        &self.values
    }

    /// The standard errors of the values: `[metric][architecture]`, an empty column for a metric that is no mean of runs.
    pub fn standard_errors(&self) -> &[Vec<Option<f64>>] {
        &self.standard_errors
    }

    /// The standard error of an architecture's accuracy where that is the mean of several runs that differ.
    pub fn standard_error(&self, metric: &str, index: usize) -> Option<f64> {
        let place = self.metrics.iter().position(|name| name == metric)?;
        *self.standard_errors.get(place)?.get(index)?
    }

    /// How many trainings a metric is the mean of, where the table has a column for each (`TestAccuracySeed0` and so on).
    pub fn trainings(&self, metric: &str) -> Option<usize> {
        let is_one = |name: &&String| {
            let seed = name.strip_prefix(metric);
            let seed = seed.and_then(|rest| rest.strip_prefix("Seed"));
            seed.is_some_and(|seed| seed.parse::<u64>().is_ok())
        };
        Some(self.metrics.iter().filter(is_one).count()).filter(|count| *count > 1)
    }

    /// What stands behind an architecture's accuracy: architectures with the same networks have equal ones.
    pub fn networks(&self, metric: &str, index: usize) -> Option<Networks> {
        let accuracy = *self.column(metric)?.get(index)?;
        Networks::of(
            self.space,
            index,
            accuracy,
            self.standard_error(metric, index),
        )
    }

    /// A column by its name.
    pub fn column(&self, metric: &str) -> Option<&[f64]> {
        let index = self.metrics.iter().position(|name| name == metric)?;
        Some(&self.values[index])
    }

    /// The number of a genotype of this table's space.
    pub fn index_of(&self, genotype: &Genotype) -> Option<usize> {
        (genotype.space() == self.space)
            .then(|| architecture_index(genotype))
            .flatten()
    }

    /// The genotype of a number.
    pub fn genotype_of(&self, index: usize) -> Option<Genotype> {
        architecture(self.space, index)
    }

    /// The architecture with the highest accuracy in a column, the first of equals, and that accuracy.
    pub fn best(&self, metric: &str) -> Option<(Genotype, f64)> {
        let (index, accuracy) = self.column(metric)?.iter().copied().enumerate().fold(
            (0, f64::NEG_INFINITY),
            |best, next| {
                if next.1 > best.1 { next } else { best }
            },
        );
        Some((self.genotype_of(index)?, accuracy))
    }
}
