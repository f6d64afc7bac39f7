//! Strategies side by side: the same seeds, the same training of what each finds, and what the seeds say about the differences.

mod arm;
mod entry;
mod judge;
mod primary;
mod read;
mod report;
#[cfg(not(target_arch = "wasm32"))]
mod results;
mod svg;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[cfg(feature = "engine")]
use crate::data::Dataset;
use crate::landscape::{KendallTau, difference};
#[cfg(feature = "engine")]
use crate::search::SearchError;
#[cfg(feature = "engine")]
use crate::session::RunError;
#[cfg(feature = "engine")]
use crate::session::split_of;
use crate::session::{RunConfig, RunKind, SearchConfig};

pub use crate::landscape::{
    Difference, Paired, Spread, Varying, holm, interquartile_mean, student_t_95,
};
pub use arm::Arm;
pub use entry::{Entry, Judged, Metric, Metrics, TrainedRun};
pub use judge::{JUDGE_EPOCHS, judge_of};
pub use primary::{DETECTED, Primary, PrimaryPair};
#[cfg(not(target_arch = "wasm32"))]
pub use results::{RESULTS, ResultsError, Shard, result_files};

/// The version of `compare.json`.
const VERSION: u32 = 2;
/// Between the names of devices.
const DEVICES: &str = "; ";
/// Of the resamples of the judge's τ.
const TAU_SEED: u64 = 0;

/// Strategies run with the same seeds: what `compare.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// 2.
    pub version: u32,
    /// Version of Plateau.
    pub plateau: String,
    /// Where it ran; several devices with semicolons.
    pub device: String,
    /// Every run's settings, but for the strategy and the seed, which are those of the first.
    pub settings: RunConfig,
    /// What says how good and how flat: the column of a table, or training from scratch and a judge.
    pub judged_by: JudgedBy,
    /// The commands that made it, in their order.
    #[serde(default)]
    pub commands: Vec<String>,
    /// The differences that were declared primary, `first − second`; where there are none, those of every two strategies.
    #[serde(default)]
    pub declared: Vec<[Arm; 2]>,
    /// In the order of the tables.
    pub strategies: Vec<Arm>,
    /// Every strategy is run with each.
    pub seeds: Vec<u64>,
    /// Whether strategies or seeds were added after the first runs.
    #[serde(default)]
    pub extended: bool,
    /// SHA-256 of the images; none before the first run.
    pub images: Option<String>,
    /// Every run that is finished; no run is left out.
    pub entries: Vec<Entry>,
    /// Every strategy over its seeds.
    pub summaries: Vec<Summary>,
    /// Every two strategies over the seeds that both have.
    pub pairs: Vec<Pair>,
    /// The accuracies' differences, which were declared primary together before anything ran.
    pub primary: Primary,
    /// Kendall's τ between the judge's scores of the found genotypes and their accuracies, where there is a judge.
    pub judge_tau: Option<KendallTau>,
    /// The strategies and seeds that were asked for this time, which others may be there beside.
    #[serde(skip)]
    asked: (Vec<Arm>, Vec<u64>),
}

/// What says how good the found genotypes are, and how good their neighbors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JudgedBy {
    /// Training from scratch, and a supernet trained on single paths for their neighbors.
    Judge {
        /// Passes over its images that it is trained for.
        epochs: usize,
    },
    /// A table.
    Table {
        /// Its column.
        metric: String,
        /// SHA-256 of that column.
        hash: String,
    },
}

/// A strategy over its seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Which.
    pub strategy: Arm,
    /// Finished runs.
    pub runs: usize,
    /// Mean and deviation, where there are values.
    pub metrics: Metrics<Option<Spread>>,
}

/// `first − second`, seed by seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// One strategy.
    pub first: Arm,
    /// The other.
    pub second: Arm,
    /// Differences, where at least two seeds have both values.
    pub metrics: Metrics<Option<Difference>>,
}

/// A comparison that cannot be gone on with.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ComparisonError {
    /// The file is none.
    #[error("not a comparison: {0}")]
    Format(String),
    /// Its runs had other settings.
    #[error("it was made with other settings ({0})")]
    Settings(String),
    /// Its runs have other results.
    #[error("{0}")]
    Contradiction(String),
    /// Another version wrote it.
    #[error("it was made by {0}, whose runs are not like those of another version")]
    Version(String),
    /// A strategy that cannot be run with these settings.
    #[error("{0}")]
    Arm(String),
    /// No strategy or no seed.
    #[error("nothing to compare: give at least one strategy and one seed")]
    Empty,
}

impl Comparison {
    /// Without any run yet. The settings' strategy and seed become the first ones.
    ///
    /// # Errors
    /// Without strategies, seeds or a search.
    pub fn new(
        mut settings: RunConfig,
        judged_by: JudgedBy,
        strategies: &[Arm],
        seeds: &[u64],
    ) -> Result<Self, ComparisonError> {
        let (Some(_), Some(first), Some(&seed)) =
            (&settings.search, strategies.first(), seeds.first())
        else {
            return Err(ComparisonError::Empty);
        };
        if let Some(search) = &mut settings.search {
            // What an arm has of its own, or may spend, is reckoned from these settings, and is no part of them.
            (search.strategy, search.replica) = (first.strategy, first.replica);
        }
        settings.seed = seed;
        settings.kind = match judged_by {
            JudgedBy::Judge { .. } => RunKind::Full,
            JudgedBy::Table { .. } => RunKind::SearchOnly,
        };
        Ok(Self {
            version: VERSION,
            plateau: env!("CARGO_PKG_VERSION").into(),
            device: String::new(),
            settings,
            judged_by,
            commands: Vec::new(),
            declared: Vec::new(),
            strategies: strategies.to_vec(),
            seeds: seeds.to_vec(),
            extended: false,
            images: None,
            entries: Vec::new(),
            summaries: Vec::new(),
            pairs: Vec::new(),
            primary: Primary::default(),
            judge_tau: None,
            asked: (strategies.to_vec(), seeds.to_vec()),
        })
    }

    /// The runs that were asked for, seed by seed, so that an interrupted comparison is a fair one of fewer seeds.
    pub fn runs(&self) -> Vec<(u64, Arm)> {
        let (strategies, seeds) = &self.asked;
        let of_seed = |&seed| {
            strategies
                .iter()
                .map(move |strategy| (seed, strategy.clone()))
        };
        seeds.iter().flat_map(of_seed).collect()
    }

    /// Those of [`Comparison::runs`] that are still to do.
    pub fn missing(&self) -> Vec<(u64, Arm)> {
        let mut runs = self.runs();
        runs.retain(|(seed, strategy)| !self.has(strategy, *seed));
        runs
    }

    /// Whether a run is finished.
    fn has(&self, strategy: &Arm, seed: u64) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| entry.seed == seed && entry.strategy == *strategy)
    }

    /// The settings of one run. Its sharpness is measured at its end if no other interval was asked for.
    ///
    /// # Errors
    /// A strategy that cannot spend as much as the one that it names; settings out of range.
    pub fn run(
        &self,
        strategy: &Arm,
        seed: u64,
        halves: [usize; 2],
    ) -> Result<RunConfig, ComparisonError> {
        let mut config = self.settings.clone();
        config.seed = seed;
        if let Some(search) = &mut config.search {
            let own = strategy.search(search, halves);
            *search = own.map_err(ComparisonError::Arm)?;
            if search.sharpness == 0 && !search.early_stop {
                search.sharpness = steps(search, halves);
            }
        }
        config
            .check()
            .map_err(|error| ComparisonError::Arm(format!("{strategy}: {error}")))?;
        Ok(config)
    }

    /// Whether everything that is still to do can be run, and no two strategies are the same search.
    ///
    /// # Errors
    /// The first that cannot; two that search alike.
    pub fn check(&self, halves: [usize; 2]) -> Result<(), ComparisonError> {
        let missing = self.missing();
        for (seed, strategy) in &missing {
            self.run(strategy, *seed, halves)?;
        }
        let Some((seed, _)) = missing.first() else {
            return Ok(());
        };
        let (strategies, _) = &self.asked;
        let mut searches: Vec<(&Arm, RunConfig)> = Vec::new();
        for strategy in strategies {
            let run = self.run(strategy, *seed, halves)?;
            if let Some((other, _)) = searches.iter().find(|(_, other)| *other == run) {
                let text = format!(
                    "{strategy} searches as {other} does; {}:replica is the same with other random numbers",
                    strategy.strategy
                );
                return Err(ComparisonError::Arm(text));
            }
            searches.push((strategy, run));
        }
        Ok(())
    }

    /// Declares these differences primary instead of those of every two strategies.
    ///
    /// # Errors
    /// One of a strategy that is not compared, of a strategy and itself, of a replica, or one that is there twice.
    pub fn declare(&mut self, pairs: Vec<[Arm; 2]>) -> Result<(), ComparisonError> {
        for (place, pair) in pairs.iter().enumerate() {
            let strange = pair.iter().find(|arm| !self.strategies.contains(arm));
            if let Some(arm) = strange {
                let text = format!("--primary names {arm}, which is not among the --strategies");
                return Err(ComparisonError::Arm(text));
            }
            if pair[0] == pair[1] {
                let text = format!("--primary compares {} with itself", pair[0]);
                return Err(ComparisonError::Arm(text));
            }
            if let Some(replica) = pair.iter().find(|arm| arm.replica) {
                let text = format!(
                    "--primary names {replica}: what differs by chance alone is no question"
                );
                return Err(ComparisonError::Arm(text));
            }
            let same = |other: &[Arm; 2]| other.iter().all(|arm| pair.contains(arm));
            if pairs[..place].iter().any(same) {
                let text = format!("--primary has {} and {} twice", pair[0], pair[1]);
                return Err(ComparisonError::Arm(text));
            }
        }
        self.declared = pairs;
        Ok(())
    }

    /// Adds a finished run and computes the summaries again. One that is there stays as it is.
    pub fn add(&mut self, entry: Entry) {
        if !self.has(&entry.strategy, entry.seed) {
            self.entries.push(entry);
            self.summarise();
        }
    }

    /// Adds devices to those that it ran on.
    pub fn ran_on(&mut self, devices: &str) {
        for device in devices.split(DEVICES) {
            if self.device.is_empty() {
                device.clone_into(&mut self.device);
            } else if !self.device.split(DEVICES).any(|known| known == device) {
                self.device += &format!("{DEVICES}{device}");
            }
        }
    }

    fn summarise(&mut self) {
        // In the order of the tables, whatever the order they were run in.
        let place = |entry: &Entry| {
            let seed = self.seeds.iter().position(|&seed| seed == entry.seed);
            let strategies = &mut self.strategies.iter();
            (seed, strategies.position(|s| *s == entry.strategy))
        };
        self.entries.sort_by_key(place);
        let value = |strategy: &Arm, seed, metric: Metric| {
            let mut entries = self.entries.iter();
            let entry = entries.find(|entry| entry.strategy == *strategy && entry.seed == seed)?;
            metric.of(entry)
        };
        let summary = |strategy: &Arm| Summary {
            strategy: strategy.clone(),
            runs: self
                .entries
                .iter()
                .filter(|entry| entry.strategy == *strategy)
                .count(),
            metrics: Metrics::from(|metric| {
                let values = self.seeds.iter();
                let values: Vec<f64> = values
                    .filter_map(|&seed| value(strategy, seed, metric))
                    .collect();
                Spread::of(&values)
            }),
        };
        let pair = |first: &Arm, second: &Arm| Pair {
            first: first.clone(),
            second: second.clone(),
            metrics: Metrics::from(|metric| {
                let seeds = self.seeds.iter();
                let differences: Vec<f64> = seeds
                    .filter_map(|&seed| {
                        let second = value(second, seed, metric)?;
                        Some(difference(value(first, seed, metric)?, second))
                    })
                    .collect();
                Difference::of(&differences)
            }),
        };
        let summaries = self.strategies.iter().map(summary).collect();
        let pairs = self
            .strategies
            .iter()
            .enumerate()
            .flat_map(|(index, b)| self.strategies[index + 1..].iter().map(move |a| (a, b)));
        let pairs = pairs.map(|(a, b)| pair(a, b)).collect();
        self.summaries = summaries;
        self.pairs = pairs;
        self.primary = Primary::of(self);
        self.judge_tau = match self.judged_by {
            // Judges of other splits have other scales.
            JudgedBy::Judge { .. } if self.settings.split_seed.is_some() => self.tau_of_judge(),
            _ => None,
        };
    }

    /// Kendall's τ between the judge's scores of the different genotypes and the means of their accuracies.
    fn tau_of_judge(&self) -> Option<KendallTau> {
        let mut found: BTreeMap<String, (f64, Vec<f64>)> = BTreeMap::new();
        for entry in &self.entries {
            let key = entry.genotype.canonical();
            let (_, accuracies) = found
                .entry(key)
                .or_insert((entry.neighborhood.own, Vec::new()));
            accuracies.push(entry.accuracy);
        }
        let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let judged: Vec<f64> = found.values().map(|(judged, _)| *judged).collect();
        let trained: Vec<f64> = found.values().map(|(_, values)| mean(values)).collect();
        KendallTau::of(&judged, &trained, TAU_SEED)
    }

    /// The differences in accuracy of two strategies, seed by seed.
    fn differences(&self, first: &Arm, second: &Arm) -> Vec<f64> {
        let accuracy = |strategy: &Arm, seed| {
            let mut entries = self.entries.iter();
            entries
                .find(|entry| entry.strategy == *strategy && entry.seed == seed)
                .map(|entry| entry.accuracy)
        };
        let both = |&seed: &u64| Some(difference(accuracy(first, seed)?, accuracy(second, seed)?));
        self.seeds.iter().filter_map(both).collect()
    }

    /// The text of `compare.json`.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}

/// Images of the weights half and of the architecture half of a search with these settings.
///
/// # Errors
/// An unknown data set, settings that do not fit its images, a split that cannot be made, no search.
#[cfg(feature = "engine")]
pub fn search_halves(config: &RunConfig) -> Result<[usize; 2], RunError> {
    if config.search.is_none() {
        return Err(SearchError::Setting("these settings hold no search".into()).into());
    }
    let dataset = Dataset::load(&config.dataset)?;
    config.check_images([dataset.height, dataset.width])?;
    let split = split_of(&dataset, config)?;
    Ok([split.weights.len(), split.architecture.len()])
}

/// Steps of a search whose halves have so many images.
fn steps(search: &SearchConfig, halves: [usize; 2]) -> usize {
    let batches = search.last_batch.batches(halves[0], search.batch);
    batches.saturating_mul(search.epochs)
}
