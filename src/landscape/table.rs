//! A complete benchmark table: the accuracies of all architectures of a NAS-Bench-201 space.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::classes::{Collapse, function_string};
use super::index::{architecture, architecture_count, architecture_index};
use super::table_text;
use crate::packed::{PackedError, unpacked};
use crate::space::{Genotype, Space, without_mark};

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
const MOST_BYTES: u64 = 32 << 20;
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
            if let Some(problem) = table_text::name_problem(name, &metrics[..place]) {
                return wrong(problem);
            }
            if column.len() != count {
                return wrong(format!(
                    "{name} has {} values for {count} architectures",
                    column.len()
                ));
            }
            if let Some(value) = column
                .iter()
                .find(|value| !table_text::is_accuracy(**value))
            {
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

    /// Reads a file without asking for a metric, and forgets the notes. See [`ReadTable::read`].
    ///
    /// # Errors
    /// As [`ReadTable::read`].
    pub fn read(path: &Path) -> Result<Self, TableError> {
        ReadTable::read(path, &[]).map(|read| read.table)
    }

    /// Reads the content of a file without asking for a metric, and forgets the notes. See [`ReadTable::from_bytes`].
    ///
    /// # Errors
    /// As [`ReadTable::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TableError> {
        ReadTable::from_bytes(bytes, &[]).map(|read| read.table)
    }

    /// Reads a text without asking for a metric, and forgets the notes. See [`ReadTable::from_bytes`].
    ///
    /// # Errors
    /// As [`ReadTable::from_bytes`].
    pub fn parse(text: &str) -> Result<Self, TableError> {
        table_text::parse(text, &[]).map(|read| read.table)
    }

    /// The CSV layout, rows in the order of [`architecture_index`]. [`Table::parse`] gives the same table again, bit for bit.
    pub fn to_csv(&self) -> String {
        table_text::to_csv(self)
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

impl ReadTable {
    /// Reads a file, plain or gzip (told apart by its first bytes), of at most 32 MiB packed and unpacked. See
    /// [`ReadTable::from_bytes`].
    ///
    /// # Errors
    /// A file that cannot be read, is too large or damaged; those of [`ReadTable::from_bytes`].
    pub fn read(path: &Path, wanted: &[&str]) -> Result<Self, TableError> {
        let bytes = File::open(path)
            .and_then(|file| {
                let mut bytes = Vec::new();
                file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
                Ok(bytes)
            })
            .map_err(|error| TableError::Read {
                path: path.display().to_string(),
                reason: error.to_string(),
            })?;
        Self::from_bytes(&bytes, wanted)
    }

    /// Reads the content of a file, in either layout. One of them has lines `[o1, …, o6],accuracy` with the indices of
    /// [`Space::operations`] on [`Space::edges`], all of NAS-Bench-201; its metric is named `CIFAR10TestAccuracy200Epochs`, which it
    /// holds. The other has a header and a row an architecture, parted by commas, semicolons or tabs: one column has cells of either
    /// space, `UniqueString` is ignored, and every other column that is one of accuracies by its name and its values is a metric.
    /// Runs of one metric become their mean. Rows come in any order; empty lines are ignored. The manual's page *Benchmark tables*
    /// has everything that is understood.
    ///
    /// A column of `wanted` is read whatever its name says, and refused where it cannot be.
    ///
    /// # Errors
    /// Unknown operations, repeated or missing architectures, wanted columns that are no accuracies, with the line; no metric at all.
    pub fn from_bytes(bytes: &[u8], wanted: &[&str]) -> Result<Self, TableError> {
        let text = unpacked(bytes, MOST_BYTES).map_err(|error| match error {
            PackedError::Gzip(error) => TableError::Gzip(error),
            PackedError::TooLarge => TableError::TooLarge,
        })?;
        let text = without_mark(&text);
        if let Ok(text) = std::str::from_utf8(&text) {
            return table_text::parse(text, wanted);
        }
        let control = |byte: &u8| byte.is_ascii_control() && !b"\t\r\n".contains(byte);
        if text.iter().any(control) {
            return Err(TableError::NotText);
        }
        // Spreadsheets of Western Europe: only names of columns and blanks can have such bytes.
        let latin: String = text.iter().map(|&byte| char::from(byte)).collect();
        let mut read = table_text::parse(&latin, wanted)?;
        let note = "the file is not UTF-8; names of its columns are read as Latin-1";
        read.notes.insert(0, note.to_owned());
        Ok(read)
    }
}
