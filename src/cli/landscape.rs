//! `plateau neighborhood|barrier|spectrum`: reports on the landscape of a table, of a run's supernet, or of networks trained from
//! scratch.

use std::fmt::Display;

use clap::Args;
use serde::Serialize;

use super::CliError;
use super::report::print;
use super::scorer::ScorerArgs;
use super::table::TableArgs;
use crate::landscape::{self, MatchedFlatness, NeighborhoodOptions, Transform};
use crate::space::{Candidates, Counting};

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
    /// The operations that a neighbor may have instead: see plateau search [default: all; with --run those of the run]
    #[arg(long)]
    candidates: Option<Candidates>,
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
            scorer.restrict(args.candidates.as_ref())?;
            let report = landscape::neighborhood(scorer, &genotypes[0], &options);
            let report = pollster::block_on(report).map_err(CliError::new)?;
            let report = InTable {
                error: scorer.standard_error(&genotypes[0]),
                matched: scorer.matched(&genotypes[0]),
                report,
            };
            print(&scorer.scored(), None, &report, args.json)
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
