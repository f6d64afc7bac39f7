//! Strategies side by side: the same seeds, the same training of what each finds, and what the seeds say about the differences.

mod judge;
mod report;
mod svg;

use serde::{Deserialize, Serialize};

use super::config::RunConfig;
use super::differences::differences;
use super::failure::RunError;
use super::search_run::split_images;
use crate::data::{Dataset, Sampler, absolute};
use crate::landscape::difference;
use crate::search::{SearchError, Strategy};
use crate::space::Genotype;

pub use crate::landscape::{Difference, Spread, student_t_95};
pub use judge::Judge;

/// The version of `compare.json`.
const VERSION: u32 = 1;

/// Strategies run with the same seeds: what `compare.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// 1.
    pub version: u32,
    /// Version of Plateau.
    pub plateau: String,
    /// Where it ran.
    pub device: String,
    /// Every run's settings, but for the strategy and the seed, which are those of the first.
    pub settings: RunConfig,
    /// Epochs that every judge is trained for.
    pub judge_epochs: usize,
    /// In the order of the tables.
    pub strategies: Vec<Strategy>,
    /// Every strategy is run with each.
    pub seeds: Vec<u64>,
    /// Every run that is finished; no run is left out.
    pub entries: Vec<Entry>,
    /// Every strategy over its seeds.
    pub summaries: Vec<Summary>,
    /// Every two strategies over the seeds that both have.
    pub pairs: Vec<Pair>,
}

/// One strategy with one seed. Accuracies are in percent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What searched.
    pub strategy: Strategy,
    /// With which seed.
    pub seed: u64,
    /// Its run folder, beside `compare.json`.
    pub run_dir: String,
    /// What it found.
    pub genotype: Genotype,
    /// On the test part, after training from scratch.
    pub test_accuracy: f64,
    /// Images tested.
    pub test_images: usize,
    /// What surrounds the genotype, by the seed's judge.
    pub neighborhood: Judged,
    /// Largest eigenvalue of the Hessian of the validation loss in α at the end of the search; none where nothing was searched.
    pub sharpness: Option<f64>,
    /// Wall time of the search steps.
    pub search_seconds: f64,
    /// Wall time of training from scratch.
    pub train_seconds: f64,
}

/// A genotype and all its neighbors at distance 1 by a [`Judge`], in percent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The genotype itself.
    pub own: f64,
    /// Neighbors.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their worst.
    pub worst: f64,
    /// Their best.
    pub best: f64,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// [`Entry::test_accuracy`].
    TestAccuracy,
    /// [`Judged::mean`].
    NeighborhoodMean,
    /// [`Judged::worst`].
    NeighborhoodWorst,
    /// [`Entry::sharpness`].
    Sharpness,
    /// [`Entry::search_seconds`].
    SearchSeconds,
}

impl Metric {
    /// In the order of the tables.
    pub const ALL: [Metric; 5] = [
        Metric::TestAccuracy,
        Metric::NeighborhoodMean,
        Metric::NeighborhoodWorst,
        Metric::Sharpness,
        Metric::SearchSeconds,
    ];

    /// Heading, with the unit.
    pub fn name(self) -> &'static str {
        match self {
            Metric::TestAccuracy => "test accuracy, %",
            Metric::NeighborhoodMean => "neighbors' mean, %",
            Metric::NeighborhoodWorst => "worst neighbor, %",
            Metric::Sharpness => "sharpness",
            Metric::SearchSeconds => "search, s",
        }
    }

    /// Digits after the point.
    fn digits(self) -> usize {
        match self {
            Metric::Sharpness => 4,
            Metric::SearchSeconds => 1,
            _ => 2,
        }
    }

    /// Of a run, where it has one.
    pub fn of(self, entry: &Entry) -> Option<f64> {
        match self {
            Metric::TestAccuracy => Some(entry.test_accuracy),
            Metric::NeighborhoodMean => Some(entry.neighborhood.mean),
            Metric::NeighborhoodWorst => Some(entry.neighborhood.worst),
            Metric::Sharpness => entry.sharpness,
            Metric::SearchSeconds => Some(entry.search_seconds),
        }
    }
}

/// One value a [`Metric`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics<T> {
    /// [`Metric::TestAccuracy`].
    pub test_accuracy: T,
    /// [`Metric::NeighborhoodMean`].
    pub neighborhood_mean: T,
    /// [`Metric::NeighborhoodWorst`].
    pub neighborhood_worst: T,
    /// [`Metric::Sharpness`].
    pub sharpness: T,
    /// [`Metric::SearchSeconds`].
    pub search_seconds: T,
}

impl<T> Metrics<T> {
    fn from(mut value: impl FnMut(Metric) -> T) -> Self {
        Self {
            test_accuracy: value(Metric::TestAccuracy),
            neighborhood_mean: value(Metric::NeighborhoodMean),
            neighborhood_worst: value(Metric::NeighborhoodWorst),
            sharpness: value(Metric::Sharpness),
            search_seconds: value(Metric::SearchSeconds),
        }
    }

    /// The one of a metric.
    pub fn get(&self, metric: Metric) -> &T {
        match metric {
            Metric::TestAccuracy => &self.test_accuracy,
            Metric::NeighborhoodMean => &self.neighborhood_mean,
            Metric::NeighborhoodWorst => &self.neighborhood_worst,
            Metric::Sharpness => &self.sharpness,
            Metric::SearchSeconds => &self.search_seconds,
        }
    }
}

/// A strategy over its seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Which.
    pub strategy: Strategy,
    /// Finished runs.
    pub runs: usize,
    /// Mean and deviation, where there are values.
    pub metrics: Metrics<Option<Spread>>,
}

/// `first − second`, seed by seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// One strategy.
    pub first: Strategy,
    /// The other.
    pub second: Strategy,
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
    /// Another version wrote it.
    #[error("it was made by {0}, whose runs are not like those of this version")]
    Version(String),
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
        judge_epochs: usize,
        strategies: &[Strategy],
        seeds: &[u64],
    ) -> Result<Self, ComparisonError> {
        let (Some(search), Some(&strategy), Some(&seed)) =
            (&mut settings.search, strategies.first(), seeds.first())
        else {
            return Err(ComparisonError::Empty);
        };
        search.strategy = strategy;
        settings.seed = seed;
        Ok(Self {
            version: VERSION,
            plateau: env!("CARGO_PKG_VERSION").into(),
            device: String::new(),
            settings,
            judge_epochs,
            strategies: strategies.to_vec(),
            seeds: seeds.to_vec(),
            entries: Vec::new(),
            summaries: Vec::new(),
            pairs: Vec::new(),
        })
    }

    /// Takes over the runs of an earlier file that was made with the same settings and version; strategies and seeds may differ.
    ///
    /// # Errors
    /// Other text than [`Comparison::to_json`]'s; other settings.
    pub fn resume(&mut self, json: &str) -> Result<(), ComparisonError> {
        let earlier: Comparison = serde_json::from_str(json)
            .map_err(|error| ComparisonError::Format(error.to_string()))?;
        if earlier.version != VERSION || earlier.plateau != self.plateau {
            let version = format!("Plateau {}, format {}", earlier.plateau, earlier.version);
            return Err(ComparisonError::Version(version));
        }
        let mut settings = earlier.settings;
        settings.seed = self.settings.seed;
        // As it is kept since paths are made absolute.
        settings.dataset = absolute(&settings.dataset);
        if let (Some(old), Some(new)) = (&mut settings.search, &self.settings.search) {
            old.strategy = new.strategy;
        }
        if earlier.judge_epochs != self.judge_epochs {
            let (there, here) = (earlier.judge_epochs, self.judge_epochs);
            let text = format!("judge_epochs is {there} there, {here} here");
            return Err(ComparisonError::Settings(text));
        }
        let different = differences(&settings, &self.settings);
        if !different.is_empty() {
            return Err(ComparisonError::Settings(different.join("; ")));
        }
        for strategy in earlier.strategies {
            if !self.strategies.contains(&strategy) {
                self.strategies.push(strategy);
            }
        }
        for seed in earlier.seeds {
            if !self.seeds.contains(&seed) {
                self.seeds.push(seed);
            }
        }
        self.device = earlier.device;
        self.entries = earlier.entries;
        self.summarise();
        Ok(())
    }

    /// The runs that are still to do, seed by seed, so that an interrupted comparison is a fair one of fewer seeds.
    pub fn missing(&self) -> Vec<(u64, Strategy)> {
        let finished = |seed, strategy| {
            let mut entries = self.entries.iter();
            entries.any(|entry| entry.seed == seed && entry.strategy == strategy)
        };
        self.seeds
            .iter()
            .flat_map(|&seed| self.strategies.iter().map(move |&s| (seed, s)))
            .filter(|&(seed, strategy)| !finished(seed, strategy))
            .collect()
    }

    /// The settings of one run. Its sharpness is measured at its end if no other interval was asked for: `steps` are those of a
    /// search.
    pub fn run(&self, strategy: Strategy, seed: u64, steps: usize) -> RunConfig {
        let mut config = self.settings.clone();
        config.seed = seed;
        if let Some(search) = &mut config.search {
            search.strategy = strategy;
            if search.sharpness == 0 && !search.early_stop {
                search.sharpness = steps;
            }
        }
        config
    }

    /// Adds a finished run and computes the summaries again.
    pub fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
        self.summarise();
    }

    fn summarise(&mut self) {
        // In the order of the tables, whatever the order they were run in.
        let place = |entry: &Entry| {
            let seed = self.seeds.iter().position(|&seed| seed == entry.seed);
            let strategies = &mut self.strategies.iter();
            (seed, strategies.position(|&s| s == entry.strategy))
        };
        self.entries.sort_by_key(place);
        let value = |strategy, seed, metric: Metric| {
            let mut entries = self.entries.iter();
            let entry = entries.find(|entry| entry.strategy == strategy && entry.seed == seed)?;
            metric.of(entry)
        };
        let summary = |&strategy: &Strategy| Summary {
            strategy,
            runs: self
                .entries
                .iter()
                .filter(|entry| entry.strategy == strategy)
                .count(),
            metrics: Metrics::from(|metric| {
                let values = self.seeds.iter();
                let values: Vec<f64> = values
                    .filter_map(|&seed| value(strategy, seed, metric))
                    .collect();
                Spread::of(&values)
            }),
        };
        let pair = |first, second| Pair {
            first,
            second,
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
            .flat_map(|(index, &b)| self.strategies[index + 1..].iter().map(move |&a| (a, b)));
        let pairs = pairs.map(|(a, b)| pair(a, b)).collect();
        self.summaries = summaries;
        self.pairs = pairs;
    }

    /// The text of `compare.json`.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}

/// Steps of a search with these settings.
///
/// # Errors
/// An unknown data set, settings that do not fit its images, a split that cannot be made, no search.
pub fn search_steps(config: &RunConfig) -> Result<usize, RunError> {
    let Some(search) = &config.search else {
        return Err(SearchError::Setting("these settings hold no search".into()).into());
    };
    let dataset = Dataset::load(&config.dataset)?;
    config.check_images([dataset.height, dataset.width])?;
    let split = split_images(&dataset, config.test_share, config.seed)?;
    let batches = Sampler::new(split.weights, search.batch, 0)?.batches_per_epoch();
    Ok(batches.saturating_mul(search.epochs))
}
