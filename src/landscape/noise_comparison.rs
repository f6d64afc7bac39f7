//! Sampling searches compared under noise.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::differences::{Difference, difference, signed};
use super::evaluator::{LandscapeError, TableEvaluator};
use super::relaxed_report::twice;
use super::sampling::SamplingOptions;
use super::sampling_arms::{Arm, Run, Searches, runs_on_table};
use super::sampling_noise::Noise;
use super::sampling_report::{SamplingReport, nth, reports};
use super::values::{ValueSeries, Values};

/// A comparison under noise: score = accuracy + ε, ε ~ N(0, σ²) drawn once an architecture and run.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct NoiseComparison {
    /// The options of the first run of NA-RS. Run i has seed + i.
    pub options: SamplingOptions,
    /// How many runs each level has, with the same seeds.
    pub runs: usize,
    /// One after the other, as they were asked for.
    pub levels: Vec<NoiseLevel>,
}

/// All arms under noise of one deviation.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct NoiseLevel {
    /// σ, in points of accuracy.
    pub sigma: Noise,
    /// Each of [`Arm::ALL`].
    pub arms: BTreeMap<Arm, NoiseReport>,
}

/// An arm under noise. What is reported is without it.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct NoiseReport {
    /// Its runs.
    #[serde(flatten)]
    pub report: SamplingReport,
    /// The standard error of `chosen_mean`; none for one run and for equal ones, which do not say how far others vary.
    pub standard_error: Option<f64>,
    /// How much more accurate its choice is than that of random search with equal evaluations, run by run; none for that search itself
    /// and for one run.
    pub difference: Option<Difference>,
    /// The accuracy of what each run chose, as [`NoiseComparison::values`] writes it down.
    #[serde(skip)]
    pub chosen: Vec<f64>,
}

/// The most levels of a comparison.
const MOST_LEVELS: usize = 32;

/// The largest σ.
const MOST_NOISE: usize = 100;

/// Runs all of [`Arm::ALL`] under noise of each deviation: they choose by the noisy scores of `search`, and what they choose is reported
/// by `report`, without noise. All arms of a run see the same noise.
///
/// # Errors
/// No levels or more than 32; a deviation that is not 0 to 100; [`Noise::Table`] for a column without standard errors; those of
/// [`compare_sampling`](super::compare_sampling).
pub fn compare_under_noise(
    search: TableEvaluator,
    report: TableEvaluator,
    options: &SamplingOptions,
    runs: usize,
    levels: &[Noise],
) -> Result<NoiseComparison, LandscapeError> {
    let check = |inside, what, least, most| match inside {
        true => Ok(()),
        false => Err(LandscapeError::Range { what, least, most }),
    };
    let few = (1..=MOST_LEVELS).contains(&levels.len());
    check(few, "the number of noise levels", 1, MOST_LEVELS)?;
    let small = |level: &Noise| match level {
        Noise::Sigma(sigma) => (0.0..=MOST_NOISE as f64).contains(sigma),
        Noise::Table => true,
    };
    let what = "the standard deviation of the noise";
    check(levels.iter().all(small), what, 0, MOST_NOISE)?;
    if twice(levels) {
        return Err(LandscapeError::Twice("the same noise level"));
    }
    if levels.contains(&Noise::Table) && search.standard_errors().is_empty() {
        return Err(LandscapeError::NoStandardErrors);
    }
    let levels = levels.iter().map(|&level| {
        let searches = Searches::Arms(&Arm::ALL);
        let runs = runs_on_table([search, report], options, runs, searches, level)?;
        Ok(NoiseLevel::of(level, options, &runs))
    });
    let levels: Result<Vec<NoiseLevel>, LandscapeError> = levels.collect();
    Ok(NoiseComparison {
        options: Arm::NaRs.options(options, 0, 0),
        runs,
        levels: levels?,
    })
}

impl NoiseComparison {
    /// What every run of every arm chose, in the reported metric; nothing where a level is no number.
    pub fn values(&self, metric: &str) -> Option<Values> {
        let sigma = |level: &NoiseLevel| match level.sigma {
            Noise::Sigma(sigma) => Some(sigma),
            Noise::Table => None,
        };
        let at: Option<Vec<f64>> = self.levels.iter().map(sigma).collect();
        let series = Arm::ALL.iter().map(|arm| {
            let reports = self.levels.iter().filter_map(|level| level.arms.get(arm));
            ValueSeries {
                name: arm.name(&self.options),
                of: reports.map(|report| report.chosen.clone()).collect(),
            }
        });
        Some(Values::new(
            [metric, "accuracy of the chosen architecture, %"],
            ["σ of the noise, points", "seed"],
            at?,
            &Arm::RsEqualEvaluations.name(&self.options),
            series.collect(),
        ))
    }
}

impl NoiseLevel {
    /// Of `[run][arm]`.
    fn of(sigma: Noise, options: &SamplingOptions, runs: &[Vec<Run>]) -> Self {
        let chosen = |place| nth(runs, place).into_iter().map(|run| run.chosen);
        let places = Arm::ALL.iter().enumerate();
        let reference = places
            .clone()
            .find(|(_, arm)| **arm == Arm::RsEqualEvaluations)
            .map(|(place, _)| place);
        let reports = reports(&Arm::ALL, options, runs);
        let arms = places.zip(reports).map(|((place, _), (arm, report))| {
            let other = reference.filter(|&other| other != place);
            let differences = other.map(|other| -> Vec<f64> {
                let pairs = chosen(place).zip(chosen(other));
                pairs.map(|(a, b)| difference(a, b)).collect()
            });
            (
                arm,
                NoiseReport {
                    standard_error: standard_error(&report),
                    difference: differences.and_then(|all| Difference::of(&all)),
                    chosen: chosen(place).collect(),
                    report,
                },
            )
        });
        Self {
            sigma,
            arms: arms.collect(),
        }
    }
}

/// Of the mean accuracy of the choices.
fn standard_error(report: &SamplingReport) -> Option<f64> {
    let error = report.chosen_std / (report.runs as f64 - 1.0).sqrt();
    (report.runs > 1 && !report.is_equal()).then_some(error)
}

impl NoiseReport {
    fn mean(&self) -> String {
        let mean = self.report.chosen_mean;
        match self.standard_error {
            Some(error) => format!("{mean:.2} ± {error:.2}"),
            None if self.report.runs > 1 => format!("{mean:.2} (equal)"),
            None => format!("{mean:.2}"),
        }
    }

    fn difference(&self) -> String {
        let Some(difference) = self.difference else {
            return "–".to_owned();
        };
        let mean = difference.mean;
        match (difference.low, difference.high) {
            (Some(low), Some(high)) => {
                let mark = if difference.inside_noise == Some(true) {
                    "~"
                } else {
                    " "
                };
                format!("{} ± {:.2}{mark}", signed(mean, 2), (high - low) / 2.0)
            }
            _ => format!("{} all equal", signed(mean, 2)),
        }
    }
}

impl fmt::Display for NoiseComparison {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let runs = match self.runs {
            1 => "1 run, which has no standard error and no interval".to_owned(),
            runs => format!("{runs} runs"),
        };
        writeln!(
            f,
            "{runs}; chosen by accuracy + N(0, σ²), drawn once an architecture and run; reported without noise, in percent"
        )?;
        if self.levels.iter().any(|level| level.sigma == Noise::Table) {
            writeln!(
                f,
                "σ = table: each architecture has the standard error of its own accuracy, none where that is unknown; those that share networks share ε"
            )?;
        }
        let mut block = |heading: &str, cell: fn(&NoiseReport) -> String| {
            write!(f, "{heading:<26}")?;
            for level in &self.levels {
                write!(f, " {:>15}", format!("σ = {}", level.sigma))?;
            }
            writeln!(f)?;
            for arm in Arm::ALL {
                let mut name = String::new();
                let mut cells = String::new();
                for report in self.levels.iter().filter_map(|level| level.arms.get(&arm)) {
                    name = arm.name(&report.report.options);
                    cells += &format!(" {:>15}", cell(report));
                }
                writeln!(f, "{name:<26}{}", cells.trim_end())?;
            }
            Ok(())
        };
        block("mean ± standard error", NoiseReport::mean)?;
        block("− RS, equal evaluations", NoiseReport::difference)?;
        let screened = self.levels.first();
        let screened = screened.and_then(|level| level.arms.get(&Arm::NaRsScreen));
        if let Some(note) = screened.and_then(|arm| arm.report.short_screen()) {
            f.write_str(&note)?;
        }
        writeln!(
            f,
            "Differences are run by run, ± half of their 95 % confidence interval (Student's t); ~ marks an interval that holds 0."
        )
    }
}
