//! Many runs of the sampling searches on a table, and what they choose (`method.md` §2).

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::evaluator::{LandscapeError, TableEvaluator, finite_scores};
use super::sampling::{Budget, SamplingOptions, SamplingOutcome, sampling_search};
use super::statistics::mean_and_deviation;
use crate::space::{Aggregation, Counting, neighbors};

/// Runs of one search. Accuracies are those of the reported metric, in percent; deviations are population ones over the runs.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct SamplingReport {
    /// What was run: the options of the first run. Run i has seed + i.
    pub options: SamplingOptions,
    /// How many runs.
    pub runs: usize,
    /// The mean accuracy of the chosen architectures.
    pub chosen_mean: f64,
    /// Its deviation.
    pub chosen_std: f64,
    /// The lowest.
    pub chosen_worst: f64,
    /// The highest.
    pub chosen_best: f64,
    /// The mean over the runs of the mean accuracy of the chosen one's neighbors at distance 1.
    pub neighborhood_mean: f64,
    /// Its deviation.
    pub neighborhood_std: f64,
    /// The mean over the runs of the worst accuracy among these neighbors.
    pub neighborhood_worst: f64,
    /// The mean number of draws.
    pub draws: f64,
    /// The mean number of different evaluated architectures.
    pub evaluations: f64,
}

/// A neighborhood-aware search and plain random search, seed by seed.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct SamplingComparison {
    /// The search itself.
    pub na_rs: SamplingReport,
    /// Random search with as many draws.
    pub rs_equal_draws: SamplingReport,
    /// Random search with as many different evaluations as the search of the same seed made.
    pub rs_equal_evaluations: SamplingReport,
}

/// One run and how its choice does in the reported metric.
struct Run {
    outcome: SamplingOutcome,
    chosen: f64,
    /// Of the neighbors at distance 1.
    nearest: Vec<f64>,
}

/// Runs a search with the seeds `options.seed`, `options.seed + 1`, … in parallel, choosing by one metric and reporting another:
/// that of the chosen architecture, never of the best in its neighborhood.
///
/// # Errors
/// No runs or more than 100,000; those of [`sampling_search`].
pub fn sampling_report(
    search: TableEvaluator,
    report: TableEvaluator,
    options: &SamplingOptions,
    runs: usize,
) -> Result<SamplingReport, LandscapeError> {
    let runs = run_all(search, report, &vec![*options; checked(runs)?])?;
    Ok(summary(options, &runs))
}

/// Runs the search and random search with equal draws and with equal evaluations.
///
/// # Errors
/// As [`sampling_report`].
pub fn compare_sampling(
    search: TableEvaluator,
    report: TableEvaluator,
    options: &SamplingOptions,
    runs: usize,
) -> Result<SamplingComparison, LandscapeError> {
    let count = checked(runs)?;
    let random = |budget| SamplingOptions {
        budget,
        radius: 0,
        ..*options
    };
    let aware = run_all(search, report, &vec![*options; count])?;
    let equal = |budget: fn(&SamplingOutcome) -> Budget| {
        let each: Vec<SamplingOptions> = aware
            .iter()
            .map(|run| random(budget(&run.outcome)))
            .collect();
        let runs = run_all(search, report, &each)?;
        Ok::<_, LandscapeError>(summary(&each[0], &runs))
    };
    Ok(SamplingComparison {
        rs_equal_draws: equal(|outcome| Budget::Draws(outcome.draws))?,
        rs_equal_evaluations: equal(|outcome| Budget::Evaluations(outcome.evaluations))?,
        na_rs: summary(options, &aware),
    })
}

fn checked(runs: usize) -> Result<usize, LandscapeError> {
    let (least, most) = (1, 100_000);
    if (least..=most).contains(&runs) {
        Ok(runs)
    } else {
        let what = "the number of runs";
        Err(LandscapeError::Range { what, least, most })
    }
}

/// Run i with seed + i.
fn run_all(
    search: TableEvaluator,
    report: TableEvaluator,
    options: &[SamplingOptions],
) -> Result<Vec<Run>, LandscapeError> {
    options
        .par_iter()
        .enumerate()
        .map(|(index, options)| {
            let seed = options.seed.wrapping_add(index as u64);
            let options = SamplingOptions { seed, ..*options };
            // Looking a table up never waits.
            pollster::block_on(run(search, report, &options))
        })
        .collect()
}

async fn run(
    mut search: TableEvaluator<'_>,
    mut report: TableEvaluator<'_>,
    options: &SamplingOptions,
) -> Result<Run, LandscapeError> {
    let outcome = sampling_search(&mut search, options).await?;
    let mut genotypes = vec![outcome.genotype.clone()];
    let nearest = neighbors(&outcome.genotype, 1, Counting::Topology)?;
    genotypes.extend(nearest.into_iter().map(|neighbor| neighbor.genotype));
    let accuracies: Vec<f64> = finite_scores(&mut report, &genotypes)
        .await?
        .iter()
        .map(|score| score.accuracy)
        .collect();
    Ok(Run {
        outcome,
        chosen: accuracies[0],
        nearest: accuracies[1..].to_vec(),
    })
}

fn summary(options: &SamplingOptions, runs: &[Run]) -> SamplingReport {
    let figures = |figure: fn(&Run) -> f64| runs.iter().map(figure).collect::<Vec<f64>>();
    let chosen = figures(|run| run.chosen);
    let [chosen_mean, chosen_std] = mean_and_deviation(&chosen);
    let [neighborhood_mean, neighborhood_std] =
        mean_and_deviation(&figures(|run| Aggregation::Mean.value(&run.nearest)));
    let mean = |figure| Aggregation::Mean.value(&figures(figure));
    SamplingReport {
        options: *options,
        runs: runs.len(),
        chosen_mean,
        chosen_std,
        chosen_worst: Aggregation::Min.value(&chosen),
        chosen_best: Aggregation::Max.value(&chosen),
        neighborhood_mean,
        neighborhood_std,
        neighborhood_worst: mean(|run| Aggregation::Min.value(&run.nearest)),
        draws: mean(|run| run.outcome.draws as f64),
        evaluations: mean(|run| run.outcome.evaluations as f64),
    }
}

const HEADER: &str =
    "search                     draws  evaluations  chosen cell     its neighbors   their worst";

impl SamplingReport {
    fn row(&self, f: &mut fmt::Formatter, name: &str) -> fmt::Result {
        writeln!(
            f,
            "{name:<24} {:>7.0}  {:>11.1}  {:>6.2} ± {:<5.2}  {:>6.2} ± {:<5.2}  {:>11.2}",
            self.draws,
            self.evaluations,
            self.chosen_mean,
            self.chosen_std,
            self.neighborhood_mean,
            self.neighborhood_std,
            self.neighborhood_worst
        )
    }
}

impl fmt::Display for SamplingReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "{} runs, accuracies in percent", self.runs)?;
        writeln!(f, "{HEADER}")?;
        let name = if self.options.radius == 0 {
            "RS"
        } else {
            "NA-RS"
        };
        self.row(f, name)
    }
}

impl fmt::Display for SamplingComparison {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "{} runs, accuracies in percent", self.na_rs.runs)?;
        writeln!(f, "{HEADER}")?;
        self.na_rs.row(f, "NA-RS")?;
        self.rs_equal_draws.row(f, "RS, equal draws")?;
        self.rs_equal_evaluations.row(f, "RS, equal evaluations")
    }
}
