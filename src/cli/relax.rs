//! `plateau relax`: the objective of a gradient search without any noise, on a benchmark table.

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;
use super::out;
use super::report::{print, reported_in, write_values};
use super::table::{Column, TableArgs};
use crate::landscape::{RelaxOptions, relax};
use crate::search::Representation;

/// Arguments of `plateau relax`.
#[derive(Args)]
#[command(after_help = RELAX_HELP)]
pub struct RelaxArgs {
    #[command(flatten)]
    table: TableArgs,
    /// Column in which the architectures that were found and their neighborhoods are reported; by default the one that is ascended
    #[arg(long, value_name = "NAME")]
    report_metric: Option<String>,
    /// How a neighbor of a relaxed architecture is made: permutation, mass-transfer:SHARE or hard-replacement, several with commas
    /// [default: all three, with half of the weight]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    representation: Vec<Representation>,
    /// How many edges a neighbor may change (1 to 3), several with commas
    #[arg(long, value_name = "D", value_delimiter = ',', default_value = "1")]
    radius: Vec<usize>,
    /// Also ascend a lower bound of the worst neighbor: the expectation of the accuracy of the worst neighbor of each architecture
    #[arg(long)]
    worst: bool,
    /// Leave the architecture itself out of its neighborhood
    #[arg(long)]
    exclude_self: bool,
    /// Starts, the same ones for every objective (1 to 100000); the first is α = 0
    #[arg(long, value_name = "N", default_value_t = 1000)]
    starts: usize,
    /// Standard deviation of the normal entries of α at the other starts (0 to 1000); that of a search is 0.001
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    spread: f64,
    /// What the gradient in α is multiplied by, accuracies being in percent (0.000001 to 1000000)
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// Most steps of an ascent (1 to 1000000)
    #[arg(long, value_name = "N", default_value_t = 3000)]
    steps: usize,
    /// Seed of the starts
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Also write what every start led to into this file, JSON that the window opens
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// Print exactly one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// What the report means.
const RELAX_HELP: &str = "Gradient searches relax an architecture: every edge mixes its operations with weights softmax(α). On a \
table the expected accuracy F of an architecture drawn from these weights is known exactly, and so is its mean over the neighbors that \
NA-DARTS makes. plain ascends F, the others the mean of F over all neighbors of that kind, worst-neighbor a lower bound of the worst. \
What an ascent finds is the operation of most weight on every edge.\n\n\
cells: how many different architectures the starts led to; settled: share of starts that no further step can lead to another one, \
proven; optima: share that ended where no neighbor is better. Means over the starts: entropy (in nats, of the weights of an edge), F, \
accuracy, rank (1 is the table's best), the mean accuracy of the neighbors (one edge changed) and the worst of them. Shares and \
accuracies are in percent. With --report-metric, rank and neighbors are those of that column.\n\n\
JSON: metric, report_metric, options, objectives (objective, radius, cells, settled, local_optima, accuracy_mean, accuracy_best, \
reported_mean, reported_best, rank_mean, neighborhood_mean, neighborhood_worst, entropy, value (F), objective_value (what was \
ascended), steps, from_zero, from_zero_value, most_frequent, most_frequent_starts), best (the table's best), flattest (the best mean \
of the neighbors); each architecture has genotype, accuracy, reported, rank, neighborhood_mean, neighborhood_worst, local_optimum";

/// Climbs and prints where it led.
pub fn run(args: &RelaxArgs) -> Result<(), CliError> {
    if let Some(file) = &args.values {
        out::check_file("--values", file, &[args.table.table.as_deref()])?;
    }
    let others: Vec<&str> = args.report_metric.iter().map(String::as_str).collect();
    let opened = args.table.read(&others)?;
    let table = &*opened.table;
    let searched = args.table.column(table)?;
    let reported = match &args.report_metric {
        Some(name) => Some(Column::new(table, Some(name))?),
        None => None,
    };
    // The column that is ascended is no other one.
    let reported = reported.filter(|column| column.metric != searched.metric);
    let options = args.options();
    let bar = ProgressBar::new((options.objectives().len() * options.starts) as u64);
    // The template is a constant of this file; a mistake in it falls back to the default bar.
    if let Ok(style) = ProgressStyle::with_template("ascents {wide_bar} {pos}/{len}  {eta} left") {
        bar.set_style(style);
    }
    let report = relax(
        table.space(),
        searched.accuracies,
        reported.map(|column| column.accuracies),
        &options,
        &|| bar.inc(1),
    );
    bar.finish_and_clear();
    let report = report.map_err(CliError::new)?;
    let other = reported.map(|column| column.metric);
    let written = args.values.as_ref().map_or(Ok(()), |path| {
        let panel = reported_in(other.unwrap_or(searched.metric), searched.metric);
        write_values(path, &report.values(&panel))
    });
    // A file that cannot be written takes nothing from what was computed.
    print(searched.metric, other, &report, args.json)?;
    written?;
    opened.say();
    Ok(())
}

impl RelaxArgs {
    fn options(&self) -> RelaxOptions {
        let all = [
            Representation::Permutation,
            Representation::MassTransfer { share: 0.5 },
            Representation::HardReplacement,
        ];
        RelaxOptions {
            representations: match self.representation.is_empty() {
                true => all.to_vec(),
                false => self.representation.clone(),
            },
            radii: self.radius.clone(),
            worst: self.worst,
            include_self: !self.exclude_self,
            starts: self.starts,
            rate: self.rate,
            steps: self.steps,
            spread: self.spread,
            seed: self.seed,
        }
    }
}
