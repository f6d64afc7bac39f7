//! The sampling searches where scores are noisy (`method.md` §10.8).

use std::collections::{BTreeMap, HashMap};
use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::differences::{Difference, difference, signed};
use super::evaluator::{Evaluator, EvaluatorError, LandscapeError, Score, TableEvaluator};
use super::index::{architecture_count, architecture_index};
use super::relaxed_report::twice;
use super::sampling::SamplingOptions;
use super::sampling_arms::{Arm, Run, Searches, runs_on_table};
use super::sampling_report::{SamplingReport, nth, reports};
use super::table::Networks;
use super::values::{ValueSeries, Values};
use crate::space::Genotype;

/// How far the scores that a search chooses by deviate from the accuracies of its column.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
#[serde(into = "NoiseName", try_from = "NoiseName")]
pub enum Noise {
    /// By the same σ for all architectures, in points of accuracy.
    Sigma(f64),
    /// Each by the standard error of its own accuracy ([`Table::standard_errors`](super::Table::standard_errors)); those without one
    /// not at all, those that share their [`Networks`] alike.
    Table,
}

/// How noise stands in JSON: a number or `"table"`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum NoiseName {
    Sigma(f64),
    Name(String),
}

/// The name of [`Noise::Table`].
const TABLE: &str = "table";

impl From<Noise> for NoiseName {
    fn from(noise: Noise) -> Self {
        match noise {
            Noise::Sigma(sigma) => Self::Sigma(sigma),
            Noise::Table => Self::Name(TABLE.to_owned()),
        }
    }
}

impl TryFrom<NoiseName> for Noise {
    type Error = String;

    fn try_from(name: NoiseName) -> Result<Self, String> {
        match name {
            NoiseName::Sigma(sigma) => Ok(Self::Sigma(sigma)),
            NoiseName::Name(name) => name.parse(),
        }
    }
}

impl FromStr for Noise {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == TABLE {
            return Ok(Self::Table);
        }
        let sigma = text.parse().map(Self::Sigma);
        sigma.map_err(|_| format!("noise is a number of points, or {TABLE}, not '{text}'"))
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Sigma(sigma) => write!(f, "{sigma}"),
            Self::Table => f.write_str(TABLE),
        }
    }
}

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
/// The generator's stream: the draws have 0, what surrounds them has 1.
const STREAM: u64 = 2;

/// ε of the first `count` architectures in the run of a seed, by [`architecture_index`]: `sigma` times the same standard normal numbers
/// whatever `sigma` is; nothing where it is 0.
pub fn noise(seed: u64, sigma: f64, count: usize) -> Vec<f64> {
    if sigma == 0.0 {
        return Vec::new();
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    let pairs = (0..count.div_ceil(2)).flat_map(|_| {
        // Box and Muller; 1 − u is never zero.
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        let (sine, cosine) = (TAU * rng.random::<f64>()).sin_cos();
        [sigma * radius * cosine, sigma * radius * sine]
    });
    pairs.take(count).collect()
}

/// Of each architecture of a column with standard errors the first one that has the same [`Networks`], whose error is its own, too.
pub(super) fn networks(column: TableEvaluator) -> Vec<usize> {
    let mut firsts = HashMap::new();
    let both = column.accuracies().iter().zip(column.standard_errors());
    both.enumerate()
        .map(|(index, (&accuracy, &error))| {
            match Networks::of(column.space(), index, accuracy, error) {
                Some(networks) => *firsts.entry(networks).or_insert(index),
                None => index,
            }
        })
        .collect()
}

/// A column of a table, and the noise of one run on it.
pub(super) struct NoisyTable<'a> {
    column: TableEvaluator<'a>,
    /// By architecture; empty where there is none.
    noise: Vec<f64>,
}

impl<'a> NoisyTable<'a> {
    /// `networks`: those of [`networks`] for [`Noise::Table`].
    pub(super) fn new(
        column: TableEvaluator<'a>,
        level: Noise,
        networks: &[usize],
        seed: u64,
    ) -> Self {
        let count = architecture_count(column.space()).unwrap_or(0);
        let noise = match level {
            Noise::Sigma(sigma) => noise(seed, sigma, count),
            Noise::Table => {
                let errors = column.standard_errors().iter();
                let sigmas = errors.map(|error| error.unwrap_or_default());
                let standard = noise(seed, 1.0, count);
                sigmas
                    .zip(networks)
                    .map(|(sigma, &first)| sigma * standard[first])
                    .collect()
            }
        };
        Self { column, noise }
    }
}

impl Evaluator for NoisyTable<'_> {
    fn space(&self) -> crate::space::Space {
        self.column.space()
    }

    async fn scores(&mut self, genotypes: &[Genotype]) -> Result<Vec<Score>, EvaluatorError> {
        let mut scores = self.column.scores(genotypes).await?;
        if !self.noise.is_empty() {
            for (score, genotype) in scores.iter_mut().zip(genotypes) {
                let index = architecture_index(genotype);
                let noise = index.and_then(|index| self.noise.get(index));
                score.accuracy += noise.copied().unwrap_or(0.0);
                score.loss = 1.0 - score.accuracy / 100.0;
            }
        }
        Ok(scores)
    }
}

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
