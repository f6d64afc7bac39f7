//! The benchmark table of the command line: which file, which column.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::Args;

use super::CliError;
use super::out::note;
use crate::landscape::{
    BUILTIN_METRIC, Matched, MatchedFlatness, ReadTable, Table, TableError, TableEvaluator,
    builtin_table,
};
use crate::space::{Genotype, Space};

/// How the command line calls the table that is part of the program.
const BUILTIN: &str = "builtin";

/// What scores the architectures.
#[derive(Args)]
pub struct TableArgs {
    /// Benchmark table that has the accuracy of every architecture: CSV with a header and a column of architectures, or lines
    /// `[o1, …, o6],accuracy`; plain or .gz. Runs of one metric become their mean, and columns that are no accuracies are left out,
    /// both said. NAS-Bench-201 (15,625 cells) or its 3-node version (125). `builtin`: the 3-node version on Fashion-MNIST, part of
    /// this program
    #[arg(long, value_name = "FILE|builtin")]
    pub(super) table: Option<PathBuf>,
    /// Column of accuracies, or common name of several runs, by its name in the table's header; by default the first
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
}

/// A table, and what was not taken as it stood in its file.
pub struct OpenedTable {
    /// The table.
    pub table: Cow<'static, Table>,
    notes: Vec<String>,
}

impl OpenedTable {
    /// Refuses a table of another space than the one that is searched.
    pub fn fits(&self, space: Space) -> Result<(), CliError> {
        let found = self.table.space();
        match found == space {
            true => Ok(()),
            false => Err(CliError(format!(
                "the table is of {found}, and {space} is searched; give --space {found}"
            ))),
        }
    }

    /// Says the notes on stderr, once nothing can fail any more: a failure is one line.
    pub fn say(&self) {
        for note in &self.notes {
            note!("note: {note}");
        }
    }
}

impl TableArgs {
    /// Whether a table or a column was named.
    pub fn given(&self) -> bool {
        self.table.is_some() || self.metric.is_some()
    }

    /// Whether a table was named.
    pub fn named(&self) -> bool {
        self.table.is_some()
    }

    /// The table that was asked for, read so that it has the metrics of `--metric` and of `others`.
    pub fn read(&self, others: &[&str]) -> Result<OpenedTable, CliError> {
        let Some(path) = &self.table else {
            return Err(CliError(
                "nothing to score architectures with: give --table FILE, a benchmark table, or --table builtin"
                    .into(),
            ));
        };
        if path.as_os_str() == BUILTIN {
            return Ok(OpenedTable {
                table: Cow::Borrowed(builtin_table()),
                notes: Vec::new(),
            });
        }
        let wanted: Vec<&str> = others
            .iter()
            .copied()
            .chain(self.metric.as_deref())
            .collect();
        let ReadTable { table, mut notes } =
            ReadTable::read(path, &wanted).map_err(|error| match error {
                TableError::Read { .. } => CliError::new(error),
                _ => CliError(format!("{}: {error}", path.display())),
            })?;
        if let (None, [first, others @ ..]) = (&self.metric, table.metrics())
            && !others.is_empty()
        {
            let others = others.join(", ");
            notes.push(format!(
                "{first} is the first of the metrics; --metric names another: {others}"
            ));
        }
        Ok(OpenedTable {
            table: Cow::Owned(table),
            notes,
        })
    }

    /// The column of `--metric`.
    pub fn column<'a>(&'a self, table: &'a Table) -> Result<Column<'a>, CliError> {
        let builtin = self
            .table
            .as_deref()
            .is_some_and(|path| path.as_os_str() == BUILTIN);
        let default = builtin.then_some(BUILTIN_METRIC);
        Column::new(table, self.metric.as_deref().or(default))
    }
}

/// One landscape of a table.
#[derive(Clone, Copy)]
pub struct Column<'a> {
    evaluator: TableEvaluator<'a>,
    table: &'a Table,
    /// Its name.
    pub metric: &'a str,
    /// Of all architectures, in percent.
    pub accuracies: &'a [f64],
}

impl<'a> Column<'a> {
    /// The column of a name, or the first.
    pub fn new(table: &'a Table, name: Option<&str>) -> Result<Self, CliError> {
        // A name that the table does not have is refused here.
        let evaluator = TableEvaluator::new(table, name).map_err(CliError::new)?;
        let place = table
            .metrics()
            .iter()
            .position(|metric| name.is_none_or(|name| name == metric))
            .unwrap_or_default();
        Ok(Self {
            evaluator,
            table,
            metric: &table.metrics()[place],
            accuracies: &table.values()[place],
        })
    }

    /// The standard error of an architecture's accuracy, where that is a mean of runs.
    pub fn standard_error(&self, genotype: &Genotype) -> Option<f64> {
        self.table
            .standard_error(self.metric, self.table.index_of(genotype)?)
    }

    /// How good an architecture's neighbors are beside those of architectures as good as it; nothing for one of another space.
    pub fn matched(&self, genotype: &Genotype) -> Option<MatchedFlatness> {
        let space = self.table.space();
        let [edges, operations] = [space.edges().len(), space.operations().len()];
        // A column is complete.
        let matched = Matched::new(self.accuracies, edges, operations).ok()?;
        matched.at(self.table.index_of(genotype)?)
    }

    /// What looks accuracies up in it.
    pub fn evaluator(&self) -> TableEvaluator<'a> {
        self.evaluator
    }
}
