//! `plateau sample` and `plateau search --strategy rs|na-rs`: random search and neighborhood-aware random search on a benchmark
//! table, on the supernet of a run, or on networks trained from scratch.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::CliError;
use super::out;
use super::report::{print, reported_in, write_values};
use super::scorer::{Compute, ScorerArgs, SourceArgs, mask};
use super::settings::NeighborhoodSettings;
use super::table::Column;
use crate::landscape::{
    Budget, LandscapeError, Noise, SamplingOptions, compare_sampling, compare_sampling_on,
    compare_under_noise, sampling_choice, sampling_report, sampling_report_on,
};
use crate::space::{Aggregation, Allowed, Candidates, Counting, Space};

/// A sampling search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SamplingStrategy {
    /// Random search.
    Rs,
    /// Neighborhood-aware random search.
    NaRs,
}

/// Arguments of `plateau sample`.
#[derive(Args)]
#[command(after_help = SAMPLING_HELP)]
pub struct SampleArgs {
    /// rs: the best of random architectures; na-rs: of random architectures the one whose neighborhood is best
    #[arg(long, default_value = "na-rs", hide_possible_values = true)]
    strategy: SamplingStrategy,
    #[command(flatten)]
    scorer: ScorerArgs,
    /// With --train: darts, nas-bench-201 or nas-bench-201-small [default: darts]
    #[arg(long)]
    space: Option<Space>,
    #[command(flatten)]
    sampling: SamplingArgs,
    /// na-rs: how many edges a neighbor may change (1 to 6) [default: 1]
    #[arg(long)]
    radius: Option<usize>,
    /// na-rs: neighbors of a draw that are evaluated, drawn uniformly; 0: all of them [default: 0]
    #[arg(long)]
    neighbors: Option<usize>,
    /// na-rs: how the losses of a neighborhood are joined: mean, median, max, min, mean+std:λ, quantile:q,
    /// logsumexp:τ or own:W (W times the own loss, the rest the mean of the others) [default: mean]
    #[arg(long)]
    aggregation: Option<Aggregation>,
    /// na-rs: leave a draw itself out of its neighborhood
    #[arg(long)]
    exclude_self: bool,
    /// The operations that edges may have: see plateau search [default: all; with --run those of the run]
    #[arg(long)]
    candidates: Option<Candidates>,
    /// Seed of the first run
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print exactly one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// What the report of a sampling search means.
const SAMPLING_HELP: &str = "Of the chosen architectures: mean ± standard deviation over the runs of their accuracy and of the mean accuracy of \
their neighbors (one edge changed), and the mean of the worst of these, in percent. Flatter by, on a table: how much better the neighbors' mean is \
than that of cells as good as the chosen one (as plateau neighborhood says it of one), in points. On the supernet of a run (--run) and on training from \
scratch (--train) one search is made and its choice shown among its neighbors; with --runs or --compare the runs share their scores.\n\n\
--compare, on a table: na-rs; na-rs behind a screen; rs with as many draws; and with as many different evaluated architectures as \
na-rs of the same seed, neighbors included: rs, local search (all neighbors of an architecture, the best of them next, from a random one again \
where none is better) and an additive fit to what rs evaluates (one coefficient an edge and operation; the ridge is the number of edges), which chooses the best \
fitted of all architectures. Elsewhere: na-rs and rs; behind a screen with --screen. With --noise the scores that they choose by are \
accuracies with normal noise, the same for all of a run; reported are accuracies without: mean ± standard error for each σ, and \
the differences to rs with equal evaluations, run by run, with their 95 % interval (Student's t).\n\n\
JSON: metric, report_metric, options, runs, chosen_mean, chosen_std, chosen_worst, chosen_best, neighborhood_mean, neighborhood_std, \
neighborhood_worst, matched_residual (on a table), draws, evaluations, screened (with a screen), genotype, genotype_accuracy (of the run with the least score), genotype_standard_error (where the column has them); with --compare these from \
options on under na_rs, na_rs_screen, rs_equal_draws, rs_equal_evaluations, local_search, additive_fit; with --noise metric, report_metric, \
options, runs, levels (sigma (a number or the word table), arms: by the same names the same and standard_error, difference (count, mean, low, high, inside_noise)). \
With --run or --train, without --runs and --compare: metric, options, outcome (genotype, score, own, draw, draws, evaluations, screened), \
neighborhood (as of plateau neighborhood)";

/// Most neighbors of the choice that are scored.
const AROUND: usize = 200;
/// Runs of a comparison on what is not a table.
const DEAR_RUNS: usize = 10;

/// Settings that only sampling searches have.
#[derive(Args)]
#[command(next_help_heading = "Settings of rs and na-rs")]
pub struct SamplingArgs {
    /// With --table: column in which the chosen architectures and their neighborhoods are reported; by default the one that they are chosen by
    #[arg(long, value_name = "NAME", conflicts_with_all = ["run", "train"])]
    report_metric: Option<String>,
    /// Run na-rs and what its evaluations could be spent on instead side by side
    #[arg(long)]
    compare: bool,
    /// With --compare on a table: choose by accuracy + N(0, σ²), drawn once an architecture and run, for each of these σ in
    /// points (0 to 100), or for table, where σ is the standard error of each architecture's own accuracy; and report accuracies
    /// without noise
    #[arg(
        long,
        value_name = "σ,…",
        value_delimiter = ',',
        requires = "compare",
        conflicts_with_all = ["run", "train"]
    )]
    noise: Vec<Noise>,
    /// With --noise: also write the accuracy of what every run chose into this file, JSON that the window opens
    #[arg(long, value_name = "FILE", requires = "noise")]
    values: Option<PathBuf>,
    /// na-rs: random search first, with as many evaluations in all, and only the best K of its draws are ranked by their neighborhoods
    /// (1 to 1000) [default with --compare on a table: 10]
    #[arg(long, value_name = "K")]
    screen: Option<usize>,
    /// How often the search is repeated, with the seeds SEED, SEED + 1, … (1 to 100000) [default: 500 on a
    /// table]
    #[arg(long)]
    runs: Option<usize>,
    /// Random architectures that a search draws [default: 20]
    #[arg(long, value_name = "N", conflicts_with = "evaluations")]
    draws: Option<usize>,
    /// Instead of --draws: draw until so many different architectures, neighbors included, have been evaluated
    #[arg(long, value_name = "N")]
    evaluations: Option<usize>,
}

/// Runs the searches and prints what they choose.
pub fn run(args: &SampleArgs) -> Result<(), CliError> {
    let neighborhood = NeighborhoodSettings {
        radius: args.radius,
        neighbors: args.neighbors,
        aggregation: args.aggregation,
        exclude_self: args.exclude_self,
    };
    let task = Task {
        strategy: args.strategy,
        candidates: args.candidates.as_ref(),
        neighborhood,
        source: &args.scorer.source,
        space: args.space,
        compute: args
            .scorer
            .compute(args.space.unwrap_or(Space::Darts), args.seed)?,
        json: args.json,
    };
    args.sampling.run(task)
}

/// A sampling search and what it needs from the command that runs it.
pub struct Task<'a> {
    /// Which.
    pub strategy: SamplingStrategy,
    /// What is drawn, where not everything is.
    pub candidates: Option<&'a Candidates>,
    /// Of na-rs.
    pub neighborhood: NeighborhoodSettings,
    /// What scores.
    pub source: &'a SourceArgs,
    /// The space that was named.
    pub space: Option<Space>,
    /// Where the source computes; its seed is that of the first run, too.
    pub compute: Compute<'a>,
    /// Whether to print JSON.
    pub json: bool,
}

impl SamplingArgs {
    /// Whether any of them was given.
    pub fn given(&self) -> bool {
        self.report_metric.is_some() || self.searches()
    }

    /// Whether a setting was given that only searches by sampling have.
    pub fn searches(&self) -> bool {
        self.compare
            || !self.noise.is_empty()
            || self.screen.is_some()
            || self.runs.is_some()
            || self.draws.is_some()
            || self.evaluations.is_some()
    }

    /// The column that was asked for to report.
    pub fn report_metric(&self) -> Option<&str> {
        self.report_metric.as_deref()
    }

    /// Runs the searches and prints what they choose.
    pub fn run(&self, task: Task) -> Result<(), CliError> {
        let options = self.options(task.strategy, &task.neighborhood, task.compute.seed)?;
        if task.source.is_table() {
            return self.on_table(&task, &options);
        }
        if self.values.is_some() {
            return Err(CliError(
                "--values has what is chosen on a table under --noise: leave --run and --train away".into(),
            ));
        }
        let mut scorer = task.source.open_for(task.space, task.compute)?;
        scorer.restrict(task.candidates)?;
        let metric = scorer.scored();
        if self.compare {
            let runs = self.runs.unwrap_or(DEAR_RUNS);
            let comparison = compare_sampling_on(&mut scorer, &options, runs);
            let comparison = pollster::block_on(comparison).map_err(CliError::new)?;
            print(&metric, None, &comparison, task.json)?;
        } else if let Some(runs) = self.runs {
            let report = sampling_report_on(&mut scorer, &options, runs);
            let report = pollster::block_on(report).map_err(CliError::new)?;
            print(&metric, None, &report, task.json)?;
        } else {
            let choice = sampling_choice(&mut scorer, &options, AROUND);
            let choice = pollster::block_on(choice).map_err(CliError::new)?;
            print(&metric, None, &choice, task.json)?;
        }
        scorer.say();
        Ok(())
    }

    fn on_table(&self, task: &Task, options: &SamplingOptions) -> Result<(), CliError> {
        if let Some(file) = &self.values {
            out::check_file("--values", file, &[task.source.table_file()])?;
        }
        let others: Vec<&str> = self.report_metric.iter().map(String::as_str).collect();
        let opened = task.source.read_table(&others)?;
        let search = task.source.column(&opened.table)?;
        let report = match &self.report_metric {
            Some(name) => Column::new(&opened.table, Some(name))?,
            None => search,
        };
        let allowed = match task.candidates {
            Some(candidates) => mask(candidates, opened.table.space())?,
            None => Allowed::all(opened.table.space()),
        };
        let [choose, judge] = [search, report].map(|column| column.evaluator().among(allowed));
        let metric = match allowed.is_all() {
            true => search.metric.to_owned(),
            false => format!(
                "{}; candidates {}",
                search.metric,
                Candidates::from(&allowed)
            ),
        };
        let other = Some(report.metric);
        let runs = self.runs.unwrap_or(500);
        if !self.noise.is_empty() {
            if self.values.is_some() && self.noise.contains(&Noise::Table) {
                return Err(CliError(
                    "--values has numbers of σ only: leave `table` out of --noise".into(),
                ));
            }
            let comparison = compare_under_noise(choose, judge, options, runs, &self.noise)
                .map_err(CliError::new)?;
            let panel = reported_in(report.metric, search.metric);
            let values = self.values.as_ref().zip(comparison.values(&panel));
            let written = values.map_or(Ok(()), |(path, values)| write_values(path, &[values]));
            // A file that cannot be written takes nothing from what was computed.
            print(&metric, other, &comparison, task.json)?;
            written?;
        } else if self.compare {
            let comparison =
                compare_sampling(choose, judge, options, runs).map_err(CliError::new)?;
            print(&metric, other, &comparison, task.json)?;
        } else {
            let runs = sampling_report(choose, judge, options, runs).map_err(CliError::new)?;
            print(&metric, other, &runs, task.json)?;
        }
        opened.say();
        Ok(())
    }

    fn options(
        &self,
        strategy: SamplingStrategy,
        neighborhood: &NeighborhoodSettings,
        seed: u64,
    ) -> Result<SamplingOptions, CliError> {
        let neighborhood_flags = neighborhood.radius.is_some()
            || neighborhood.neighbors.is_some()
            || neighborhood.aggregation.is_some()
            || neighborhood.exclude_self
            || self.screen.is_some()
            || self.compare;
        let radius = match strategy {
            SamplingStrategy::Rs if neighborhood_flags => {
                return Err(CliError(
                    "rs has no neighborhood: --radius, --neighbors, --aggregation, --exclude-self, --screen and --compare go with --strategy na-rs"
                        .into(),
                ));
            }
            SamplingStrategy::Rs => 0,
            SamplingStrategy::NaRs => neighborhood.radius.unwrap_or(1),
        };
        let aggregation = neighborhood.aggregation.unwrap_or(Aggregation::Mean);
        if neighborhood.exclude_self && aggregation.weighs_own() {
            return Err(CliError::new(Aggregation::WEIGHS_OWN));
        }
        // Radius 0 would be random search under another name.
        let [least, most] = [1, 6];
        if strategy == SamplingStrategy::NaRs && !(least..=most).contains(&radius) {
            let what = "the radius of na-rs";
            return Err(CliError::new(LandscapeError::Range { what, least, most }));
        }
        let budget = match self.evaluations {
            Some(evaluations) => Budget::Evaluations(evaluations),
            None => Budget::Draws(self.draws.unwrap_or(20)),
        };
        Ok(SamplingOptions {
            budget,
            radius,
            neighbors: neighborhood.neighbors.unwrap_or(0),
            include_self: !neighborhood.exclude_self,
            aggregation,
            // On NAS-Bench-201 every counting is the same; on DARTS the wiring of a neighbor stays.
            counting: Counting::Topology,
            screen: self.screen,
            seed,
        })
    }
}
