//! Many runs of the sampling searches, on a table or on any evaluator, and what they choose (`method.md` §2, §10.3).

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::evaluator::{Evaluator, LandscapeError, TableEvaluator, finite_scores};
use super::index::architecture_index;
use super::matched::Matched;
use super::memo::Memo;
use super::sampling::{Budget, SamplingOptions, SamplingOutcome, sampling_search};
use super::statistics::mean_and_deviation;
use crate::space::{Aggregation, Genotype, neighbors};

/// Runs of one search. Accuracies are those of the reported metric, in percent; deviations are population ones over the runs.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
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
    /// On a table: the mean over the runs of how much better the neighbors of the chosen one are than those of architectures as good as
    /// it ([`super::MatchedFlatness::residual`] in the reported column).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_residual: Option<f64>,
    /// The mean number of draws.
    pub draws: f64,
    /// The mean number of different evaluated architectures.
    pub evaluations: f64,
    /// What the run with the least score chose.
    pub genotype: Genotype,
    /// Its accuracy.
    pub genotype_accuracy: f64,
}

/// A neighborhood-aware search and plain random search, seed by seed.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
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
    /// How much better these are than those of architectures as good as the chosen one.
    residual: Option<f64>,
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
    // Looking a table up never waits.
    pollster::block_on(report_by(&mut Tables::new(search, report)?, options, runs))
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
    pollster::block_on(compare_by(&mut Tables::new(search, report)?, options, runs))
}

/// [`sampling_report`] on an evaluator whose scores cost something: one run after the other, no architecture evaluated twice.
/// `evaluations` counts for each run what it would have evaluated alone.
///
/// # Errors
/// As [`sampling_report`].
pub async fn sampling_report_on(
    evaluator: &mut impl Evaluator,
    options: &SamplingOptions,
    runs: usize,
) -> Result<SamplingReport, LandscapeError> {
    report_by(&mut Memo::new(evaluator), options, runs).await
}

/// [`compare_sampling`] on an evaluator whose scores cost something, as [`sampling_report_on`].
///
/// # Errors
/// As [`sampling_report`].
pub async fn compare_sampling_on(
    evaluator: &mut impl Evaluator,
    options: &SamplingOptions,
    runs: usize,
) -> Result<SamplingComparison, LandscapeError> {
    compare_by(&mut Memo::new(evaluator), options, runs).await
}

/// What makes many runs.
trait Runs {
    /// Run i with seed + i.
    async fn run_all(&mut self, options: &[SamplingOptions]) -> Result<Vec<Run>, LandscapeError>;
}

/// Two columns of a table: the runs are made in parallel.
struct Tables<'a> {
    search: TableEvaluator<'a>,
    report: TableEvaluator<'a>,
    /// Of the reported column.
    matched: Matched,
}

impl<'a> Tables<'a> {
    fn new(search: TableEvaluator<'a>, report: TableEvaluator<'a>) -> Result<Self, LandscapeError> {
        let space = report.space();
        let [edges, operations] = [space.edges().len(), space.operations().len()];
        Ok(Self {
            search,
            report,
            matched: Matched::new(report.accuracies(), edges, operations)?,
        })
    }
}

impl Runs for Tables<'_> {
    async fn run_all(&mut self, options: &[SamplingOptions]) -> Result<Vec<Run>, LandscapeError> {
        let runs = options.par_iter().enumerate().map(|(index, options)| {
            let options = seeded(options, index);
            let (mut search, mut report) = (self.search, self.report);
            pollster::block_on(async {
                let outcome = sampling_search(&mut search, &options).await?;
                let index = architecture_index(&outcome.genotype);
                let matched = index.and_then(|index| self.matched.at(index));
                Ok(Run {
                    residual: matched.map(|matched| matched.residual),
                    ..judged(outcome, &options, &mut report).await?
                })
            })
        });
        runs.collect()
    }
}

impl<E: Evaluator> Runs for Memo<E> {
    async fn run_all(&mut self, options: &[SamplingOptions]) -> Result<Vec<Run>, LandscapeError> {
        let mut runs = Vec::with_capacity(options.len());
        for (index, options) in options.iter().enumerate() {
            let options = seeded(options, index);
            let outcome = sampling_search(self, &options).await?;
            runs.push(judged(outcome, &options, self).await?);
        }
        Ok(runs)
    }
}

fn seeded(options: &SamplingOptions, index: usize) -> SamplingOptions {
    SamplingOptions {
        seed: options.seed.wrapping_add(index as u64),
        ..*options
    }
}

/// Looks at what a search chose.
async fn judged(
    outcome: SamplingOutcome,
    options: &SamplingOptions,
    report: &mut impl Evaluator,
) -> Result<Run, LandscapeError> {
    let mut genotypes = vec![outcome.genotype.clone()];
    let nearest = neighbors(&outcome.genotype, 1, options.counting)?;
    genotypes.extend(nearest.into_iter().map(|neighbor| neighbor.genotype));
    let accuracies: Vec<f64> = finite_scores(report, &genotypes)
        .await?
        .iter()
        .map(|score| score.accuracy)
        .collect();
    Ok(Run {
        outcome,
        chosen: accuracies[0],
        nearest: accuracies[1..].to_vec(),
        residual: None,
    })
}

async fn report_by(
    by: &mut impl Runs,
    options: &SamplingOptions,
    runs: usize,
) -> Result<SamplingReport, LandscapeError> {
    let runs = by.run_all(&vec![*options; checked(runs)?]).await?;
    Ok(summary(options, &runs))
}

async fn compare_by(
    by: &mut impl Runs,
    options: &SamplingOptions,
    runs: usize,
) -> Result<SamplingComparison, LandscapeError> {
    let aware = by.run_all(&vec![*options; checked(runs)?]).await?;
    let random = |budget: fn(&SamplingOutcome) -> Budget| -> Vec<SamplingOptions> {
        let each = aware.iter().map(|run| SamplingOptions {
            budget: budget(&run.outcome),
            radius: 0,
            ..*options
        });
        each.collect()
    };
    let draws = random(|outcome| Budget::Draws(outcome.draws));
    let evaluations = random(|outcome| Budget::Evaluations(outcome.evaluations));
    Ok(SamplingComparison {
        rs_equal_draws: summary(&draws[0], &by.run_all(&draws).await?),
        rs_equal_evaluations: summary(&evaluations[0], &by.run_all(&evaluations).await?),
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

fn summary(options: &SamplingOptions, runs: &[Run]) -> SamplingReport {
    let figures = |figure: fn(&Run) -> f64| runs.iter().map(figure).collect::<Vec<f64>>();
    let chosen = figures(|run| run.chosen);
    let [chosen_mean, chosen_std] = mean_and_deviation(&chosen);
    let [neighborhood_mean, neighborhood_std] =
        mean_and_deviation(&figures(|run| Aggregation::Mean.value(&run.nearest)));
    let mean = |figure| Aggregation::Mean.value(&figures(figure));
    let residuals: Option<Vec<f64>> = runs.iter().map(|run| run.residual).collect();
    // There is at least one run.
    let least = (1..runs.len()).fold(0, |least, index| {
        if runs[index].outcome.score < runs[least].outcome.score {
            index
        } else {
            least
        }
    });
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
        matched_residual: residuals.map(|residuals| Aggregation::Mean.value(&residuals)),
        draws: mean(|run| run.outcome.draws as f64),
        evaluations: mean(|run| run.outcome.evaluations as f64),
        genotype: runs[least].outcome.genotype.clone(),
        genotype_accuracy: runs[least].chosen,
    }
}

const HEADER: &str =
    "search                     draws  evaluations  chosen cell     its neighbors   their worst";

impl SamplingReport {
    fn row(&self, f: &mut fmt::Formatter, name: &str) -> fmt::Result {
        // One run has no deviation.
        let spread = |mean: f64, std: f64| match self.runs {
            1 => format!("{mean:>6.2}        "),
            // But for rounding.
            _ if std <= 1e-9 * mean.abs() => format!("{mean:>6.2} (equal)"),
            _ => format!("{mean:>6.2} ± {std:<5.2}"),
        };
        write!(
            f,
            "{name:<24} {:>7.0}  {:>11.1}  {}  {}  {:>11.2}",
            self.draws,
            self.evaluations,
            spread(self.chosen_mean, self.chosen_std),
            spread(self.neighborhood_mean, self.neighborhood_std),
            self.neighborhood_worst
        )?;
        match self.matched_residual {
            Some(residual) => writeln!(f, "  {residual:>+10.2}"),
            None => writeln!(f),
        }
    }
}

/// What the table of a report begins with.
fn heading(f: &mut fmt::Formatter, report: &SamplingReport) -> fmt::Result {
    match report.runs {
        1 => writeln!(f, "1 run, accuracies in percent; one run has no deviation")?,
        runs => writeln!(f, "{runs} runs, accuracies in percent")?,
    }
    match report.matched_residual {
        Some(_) => writeln!(f, "{HEADER}  flatter by"),
        None => writeln!(f, "{HEADER}"),
    }
}

impl fmt::Display for SamplingReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        heading(f, self)?;
        self.row(f, self.options.name())?;
        writeln!(
            f,
            "best by its score: {:.2} %, {}",
            self.genotype_accuracy,
            self.genotype.to_text()
        )
    }
}

impl fmt::Display for SamplingComparison {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        heading(f, &self.na_rs)?;
        self.na_rs.row(f, "NA-RS")?;
        self.rs_equal_draws.row(f, "RS, equal draws")?;
        self.rs_equal_evaluations.row(f, "RS, equal evaluations")
    }
}
