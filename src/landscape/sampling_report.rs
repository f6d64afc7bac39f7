//! Many runs of the sampling searches, on a table or on any evaluator, and what they choose (`method.md` §2, §10.3).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::differences::{plus_minus, signed};
use super::evaluator::{Evaluator, LandscapeError, TableEvaluator};
use super::memo::Memo;
use super::sampling::SamplingOptions;
use super::sampling_arms::{Arm, Run, Searches, runs_on, runs_on_table};
use super::sampling_noise::Noise;
use super::statistics::mean_and_deviation;
use crate::space::{Aggregation, Genotype};

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
    /// With a screen: the mean number of draws that were ranked by their neighborhoods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screened: Option<f64>,
    /// What the run with the least score chose.
    pub genotype: Genotype,
    /// Its accuracy.
    pub genotype_accuracy: f64,
    /// The standard error of that, where it is the mean of several runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genotype_standard_error: Option<f64>,
}

/// A neighborhood-aware search and other ways to spend its evaluations, seed by seed.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct SamplingComparison {
    /// What was run: all of [`Arm::ALL`] on a table; NA-RS and random search where evaluations cost something.
    #[serde(flatten)]
    pub arms: BTreeMap<Arm, SamplingReport>,
}

/// Runs a search with the seeds `options.seed`, `options.seed + 1`, … in parallel, choosing by one metric and reporting another:
/// that of the chosen architecture, never of the best in its neighborhood.
///
/// # Errors
/// No runs or more than 100,000; those of [`sampling_search`](super::sampling_search).
pub fn sampling_report(
    search: TableEvaluator,
    report: TableEvaluator,
    options: &SamplingOptions,
    runs: usize,
) -> Result<SamplingReport, LandscapeError> {
    let runs = runs_on_table(
        [search, report],
        options,
        runs,
        Searches::Given,
        Noise::Sigma(0.0),
    )?;
    Ok(SamplingReport::of(options, &nth(&runs, 0)))
}

/// Runs all of [`Arm::ALL`], the screened search with the options' screen or one of 10.
///
/// # Errors
/// As [`sampling_report`].
pub fn compare_sampling(
    search: TableEvaluator,
    report: TableEvaluator,
    options: &SamplingOptions,
    runs: usize,
) -> Result<SamplingComparison, LandscapeError> {
    let searches = Searches::Arms(&Arm::ALL);
    let runs = runs_on_table([search, report], options, runs, searches, Noise::Sigma(0.0))?;
    let arms = reports(&Arm::ALL, options, &runs);
    Ok(SamplingComparison { arms })
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
    let mut memo = Memo::new(evaluator);
    let runs = runs_on(&mut memo, options, runs, Searches::Given).await?;
    Ok(SamplingReport::of(options, &nth(&runs, 0)))
}

/// NA-RS, with a screen, too, where the options have one, and random search with equal draws and with equal evaluations on an evaluator
/// whose scores cost something, as [`sampling_report_on`].
///
/// # Errors
/// As [`sampling_report`].
pub async fn compare_sampling_on(
    evaluator: &mut impl Evaluator,
    options: &SamplingOptions,
    runs: usize,
) -> Result<SamplingComparison, LandscapeError> {
    let mut memo = Memo::new(evaluator);
    let arms = Arm::few(options);
    let runs = runs_on(&mut memo, options, runs, Searches::Arms(arms)).await?;
    let arms = reports(arms, options, &runs);
    Ok(SamplingComparison { arms })
}

/// The runs of one search of `[run][search]`.
pub(super) fn nth(runs: &[Vec<Run>], search: usize) -> Vec<&Run> {
    runs.iter().map(|run| &run[search]).collect()
}

/// The report of every arm of `[run][arm]`, of which NA-RS is the first.
pub(super) fn reports(
    arms: &[Arm],
    options: &SamplingOptions,
    runs: &[Vec<Run>],
) -> BTreeMap<Arm, SamplingReport> {
    let aware = &runs[0][0];
    let report = |(place, &arm): (usize, &Arm)| {
        let options = arm.options(options, aware.draws, aware.evaluations);
        (arm, SamplingReport::of(&options, &nth(runs, place)))
    };
    arms.iter().enumerate().map(report).collect()
}

const HEADER: &str =
    "search                     draws  evaluations  chosen cell     its neighbors   their worst";

impl SamplingReport {
    /// Of at least one run of a search with these options.
    fn of(options: &SamplingOptions, runs: &[&Run]) -> Self {
        let figures =
            |figure: fn(&Run) -> f64| -> Vec<f64> { runs.iter().map(|run| figure(run)).collect() };
        let mean = |figure| Aggregation::Mean.value(&figures(figure));
        let chosen = figures(|run| run.chosen);
        let [chosen_mean, chosen_std] = mean_and_deviation(&chosen);
        let [neighborhood_mean, neighborhood_std] = mean_and_deviation(&figures(|run| run.around));
        let residuals: Option<Vec<f64>> = runs.iter().map(|run| run.residual).collect();
        let least = (1..runs.len()).fold(0, |least, index| {
            if runs[index].score < runs[least].score {
                index
            } else {
                least
            }
        });
        Self {
            options: *options,
            runs: runs.len(),
            chosen_mean,
            chosen_std,
            chosen_worst: Aggregation::Min.value(&chosen),
            chosen_best: Aggregation::Max.value(&chosen),
            neighborhood_mean,
            neighborhood_std,
            neighborhood_worst: mean(|run| run.worst),
            matched_residual: residuals.map(|residuals| Aggregation::Mean.value(&residuals)),
            draws: mean(|run| run.draws as f64),
            evaluations: mean(|run| run.evaluations as f64),
            screened: options
                .screen
                .map(|_| mean(|run| run.screened.unwrap_or(0) as f64)),
            genotype: runs[least].genotype.clone(),
            genotype_accuracy: runs[least].chosen,
            genotype_standard_error: runs[least].error,
        }
    }

    /// Whether all choices are equally accurate.
    pub(super) fn is_equal(&self) -> bool {
        is_rounding(self.chosen_mean, self.chosen_std)
    }

    /// What is said where a screen lets fewer draws through than it should; a run now and then may lack one.
    pub(super) fn short_screen(&self) -> Option<String> {
        let (screen, screened) = (self.options.screen?, self.screened?);
        (screened < screen as f64 - 0.5).then(|| {
            format!("the evaluations pay for {screened:.1} of the {screen} neighborhoods of the screen\n")
        })
    }

    fn row(&self, f: &mut fmt::Formatter, name: &str) -> fmt::Result {
        // One run has no deviation.
        let spread = |mean: f64, std: f64| match self.runs {
            1 => format!("{mean:>6.2}        "),
            _ if is_rounding(mean, std) => format!("{mean:>6.2} (equal)"),
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
            Some(residual) => writeln!(f, "  {:>10}", signed(residual, 2)),
            None => writeln!(f),
        }
    }
}

/// Whether runs that deviate so far are equal but for rounding.
fn is_rounding(mean: f64, std: f64) -> bool {
    std <= 1e-9 * mean.abs()
}

/// What the table begins with.
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
        let error = self.genotype_standard_error;
        writeln!(
            f,
            "best by its score: {:.2}{} %, {}",
            self.genotype_accuracy,
            plus_minus(error),
            self.genotype.to_text()
        )
    }
}

impl fmt::Display for SamplingComparison {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let Some(first) = self.arms.values().next() {
            heading(f, first)?;
        }
        for (arm, report) in &self.arms {
            report.row(f, &arm.name(&report.options))?;
        }
        let mut notes = self.arms.values().filter_map(SamplingReport::short_screen);
        notes.try_for_each(|note| f.write_str(&note))
    }
}
