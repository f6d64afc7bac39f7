//! `plateau neighborhood|barrier|spectrum`: reports on the landscape of a table, of a run's supernet, or of networks trained from
//! scratch.

use std::borrow::Cow;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::CliError;
use super::out::{self, note, say};
use super::scorer::ScorerArgs;
use crate::landscape::{
    self, BUILTIN_METRIC, Matched, MatchedFlatness, NeighborhoodOptions, ReadTable, Table,
    TableError, TableEvaluator, Transform, Values, builtin_table,
};
use crate::space::{Counting, Genotype, Space};

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

/// Arguments of `plateau neighborhood`.
#[derive(Args)]
#[command(
    after_help = "Accuracies are in percent. The lines `unique` count neighbors that compute the same function once and leave out those \
that compute the architecture's own. An architecture is flat if its neighbors are nearly as good as itself. A \
neighbor of a DARTS genotype has other operations on its edges (48 with one change in each cell); the wiring stays.\n\n\
On a table the last line compares the mean of the neighbors with that of cells as good as it: a monotone regression of the neighbors' mean \
on the accuracy over the whole table. The number of cells is that of those with the same expectation: few say little.\n\n\
JSON: metric, own_standard_error (of a mean of runs), matched (on a table: mean, expected, residual, architectures), space, genotype, own, own_loss, rank, radii (radius, size, count, mean, median, worst, best, std, q05, q25, q75, q95, \
standard_error (of the mean of a sample whose values differ), unique), neighbors (genotype, changes, accuracy, loss, same_function)"
)]
pub struct NeighborhoodArgs {
    /// A file (FILE:NAME of several), - (standard input), a preset (resnet-like, darts-v2), the text of a genotype, or `best`: the
    /// table's best architecture
    genotype: String,
    #[command(flatten)]
    scorer: ScorerArgs,
    /// Look at the neighbors that differ in 1, 2, … up to this many edges (1 to 6) [default: 3 on a table, else 1]
    #[arg(long)]
    radius: Option<usize>,
    /// Score all neighbors at a distance if there are at most so many, otherwise a random sample of so many (2 to 200000)
    /// [default: 2000 on a table, else 200]
    #[arg(long)]
    limit: Option<usize>,
    /// Seed of the samples, and of training with --train
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print exactly one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// Arguments of `plateau barrier`.
#[derive(Args)]
#[command(
    after_help = "A shortest path changes one differing edge a step; all orders are walked (a sample where more than 6 edges differ). The barrier of a path is the mean accuracy of \
its two ends less the lowest accuracy on it, in percent: at least half the difference of the ends. The most that it falls below the straight \
line between its ends is 0 for a path that never does.\n\n\
JSON: metric, space, ends, distance, paths, complete, levels (level, architectures, count, mean, median, worst, best, std, q05, q25, \
q75, q95), barrier and below_line (each mean, std, lowest, highest, of_means)"
)]
pub struct BarrierArgs {
    /// One end: a file (FILE:NAME of several), - (standard input), a preset (resnet-like), the text of a genotype, or `best`: the
    /// table's best architecture
    a: String,
    /// The other end, in the same forms
    b: String,
    #[command(flatten)]
    scorer: ScorerArgs,
    /// Paths that are walked where more than 6 edges differ (1 to 1000)
    #[arg(long, default_value_t = 20)]
    samples: usize,
    /// Seed of the sampled paths, and of training with --train
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print exactly one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// Arguments of `plateau spectrum`.
#[derive(Args)]
#[command(
    after_help = "Order 1 is what single edges contribute whatever the others do, order 2 what pairs of edges add, and so on: the analysis \
of variance of the table. Averaging over a neighborhood keeps low orders and damps high ones. Most of the variance of a table is that \
between cells that learn and cells that do not; the transforms let the differences among the good ones count.\n\n\
JSON: metric, transform, edges, operations, mean, variance, orders (order, energy, share, smoothing)"
)]
pub struct SpectrumArgs {
    #[command(flatten)]
    table: TableArgs,
    /// What is done to the accuracies first: raw (nothing), rank (their ranks), log-error (-ln(100.0001 - accuracy)) or floor:X (those
    /// below X % are X %)
    #[arg(long, default_value_t)]
    transform: Transform,
    /// Print exactly one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// Prints how good an architecture is and how good what surrounds it is.
pub fn neighborhood(args: &NeighborhoodArgs) -> Result<(), CliError> {
    let [radius, limit] = match args.scorer.source.is_table() {
        true => [3, 2000],
        false => [1, 200],
    };
    let options = NeighborhoodOptions {
        // On NAS-Bench-201 every counting is the same.
        counting: Counting::Topology,
        radius: args.radius.unwrap_or(radius),
        limit: args.limit.unwrap_or(limit),
        seed: args.seed,
    };
    let arguments = [args.genotype.as_str()];
    args.scorer
        .with(&arguments, args.seed, |scorer, genotypes| {
            let report = landscape::neighborhood(scorer, &genotypes[0], &options);
            let report = pollster::block_on(report).map_err(CliError::new)?;
            let report = InTable {
                error: scorer.standard_error(&genotypes[0]),
                matched: scorer.matched(&genotypes[0]),
                report,
            };
            print(&scorer.metric, None, &report, args.json)
        })
}

/// Prints what is lost on the way from one architecture to another.
pub fn barrier(args: &BarrierArgs) -> Result<(), CliError> {
    let ends = [args.a.as_str(), args.b.as_str()];
    args.scorer.with(&ends, args.seed, |scorer, genotypes| {
        let [a, b] = [&genotypes[0], &genotypes[1]];
        let report = landscape::barrier(scorer, a, b, args.samples, args.seed);
        let report = pollster::block_on(report).map_err(CliError::new)?;
        print(&scorer.metric, None, &report, args.json)
    })
}

/// Prints how much of a landscape comes from interactions of how many edges.
pub fn spectrum(args: &SpectrumArgs) -> Result<(), CliError> {
    let opened = args.table.read(&[])?;
    let table = &*opened.table;
    let column = args.table.column(table)?;
    let space = table.space();
    let [edges, operations] = [space.edges().len(), space.operations().len()];
    let report =
        landscape::transformed_spectrum(column.accuracies, edges, operations, args.transform)
            .map_err(CliError::new)?;
    print(column.metric, None, &report, args.json)?;
    opened.say();
    Ok(())
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

/// A neighborhood, and what only a table knows about its centre.
#[derive(Serialize)]
struct InTable<R> {
    #[serde(rename = "own_standard_error", skip_serializing_if = "Option::is_none")]
    error: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<MatchedFlatness>,
    #[serde(flatten)]
    report: R,
}

impl<R: Display> Display for InTable<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}", self.report)?;
        if let Some(error) = self.error {
            writeln!(
                f,
                "own accuracy: mean of several runs, standard error {error:.2}"
            )?;
        }
        match &self.matched {
            Some(matched) => write!(f, "{matched}"),
            None => Ok(()),
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

/// A report with the columns that it is about.
#[derive(Serialize)]
struct Labelled<'a, R> {
    metric: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    report_metric: Option<&'a str>,
    #[serde(flatten)]
    report: &'a R,
}

/// Prints a report as text, or as one JSON object.
pub fn print<R: Serialize + Display>(
    metric: &str,
    report_metric: Option<&str>,
    report: &R,
    json: bool,
) -> Result<(), CliError> {
    if json {
        let labelled = Labelled {
            metric,
            report_metric,
            report,
        };
        return out::json(&serde_json::to_string(&labelled).map_err(CliError::new)?);
    }
    match report_metric {
        Some(other) if other != metric => say!("chosen by {metric}, reported in {other}"),
        _ => say!("metric {metric}"),
    }?;
    out::lines(&report.to_string())
}

/// What the numbers behind a report are about: the column that they are of, and the one that chose where that is another.
pub fn reported_in(metric: &str, chosen_by: &str) -> String {
    match metric == chosen_by {
        true => metric.to_owned(),
        false => format!("{metric}, chosen by {chosen_by}"),
    }
}

/// Writes the numbers behind a report into a file, one line for each quantity.
pub fn write_values(path: &Path, values: &[Values]) -> Result<(), CliError> {
    let lines = values.iter().map(Values::line);
    let lines: Result<String, _> = lines.collect();
    out::file(path, lines.map_err(CliError::new)?.as_bytes())
}
