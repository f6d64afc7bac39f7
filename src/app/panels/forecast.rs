//! What a run will need, before it starts: steps, memory, and time where this machine has measured it.

use serde::{Deserialize, Serialize};

use crate::data::{Dataset, Split};
use crate::session::{DeviceInfo, MemoryPlan, RunConfig};

/// What is known of a data set without touching a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFacts {
    /// Its name.
    pub name: String,
    /// Channels, height, width.
    pub image: [usize; 3],
    /// Number of classes.
    pub classes: usize,
    /// Images that train weights, architecture, and test.
    pub split: [usize; 3],
}

/// Arithmetic on a run that was not started.
#[derive(Clone, Debug, PartialEq)]
pub struct RunForecast {
    /// Steps of the search.
    pub steps: usize,
    /// Forecast peak of a search step, bytes, and what the kernels keep; or why the run cannot fit.
    pub memory: Result<(u64, &'static str), String>,
}

/// The facts of a run's data set.
///
/// # Errors
/// An unknown data set, or a split that leaves nothing, in one line.
pub fn facts(config: &RunConfig) -> Result<DataFacts, String> {
    let dataset = Dataset::load(&config.dataset).map_err(|error| error.to_string())?;
    // Only the sizes of the parts matter here, and those do not depend on the seed.
    let split = Split::new(&dataset, config.test_share, 0).map_err(|error| error.to_string())?;
    Ok(DataFacts {
        name: config.dataset.clone(),
        image: [dataset.channels, dataset.height, dataset.width],
        classes: dataset.classes.len(),
        split: [
            split.weights.len(),
            split.architecture.len(),
            split.test.len(),
        ],
    })
}

/// The forecast of a search; none for a run without one. `device`: the one that a run used last, or none.
pub fn forecast(
    config: &RunConfig,
    facts: &DataFacts,
    device: Option<&DeviceInfo>,
) -> Option<RunForecast> {
    let search = config.search.as_ref()?;
    let steps = match facts.split[0] {
        0 => 0,
        images => search.last_batch.batches(images, search.batch) * search.epochs,
    };
    let cpu = DeviceInfo {
        name: String::new(),
        backend: "cpu".into(),
        driver: String::new(),
        software: false,
        max_binding: 0,
    };
    let size = search.size(facts.image, facts.classes);
    let memory = MemoryPlan::choose(
        &search.within([facts.split[0], facts.split[1]]),
        config.kernels,
        config.memory,
        &size,
        device.unwrap_or(&cpu),
    )
    .map(|plan| (plan.bytes, plan.name()))
    .map_err(|error| error.to_string());
    Some(RunForecast { steps, memory })
}

/// Seconds a step that runs on this machine have taken, by everything that a step's time depends on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Speeds(Vec<(String, f64)>);

/// Most kinds of steps that are remembered.
const REMEMBERED: usize = 64;

impl Speeds {
    /// What a step of such a run took; none if none has run yet.
    pub fn get(&self, config: &RunConfig) -> Option<f64> {
        let key = key(config)?;
        let known = self.0.iter().find(|(known, _)| *known == key)?;
        Some(known.1)
    }

    /// Remembers what a step took.
    pub fn set(&mut self, config: &RunConfig, seconds: f64) {
        let Some(key) = key(config) else { return };
        self.0.retain(|(known, _)| *known != key);
        self.0.push((key, seconds));
        let excess = self.0.len().saturating_sub(REMEMBERED);
        self.0.drain(..excess);
    }
}

fn key(config: &RunConfig) -> Option<String> {
    let search = config.search.as_ref()?;
    let neighbors = match search.strategy.neighborhood_aware() && search.radius > 0 {
        true => search.neighbors,
        false => 0,
    };
    Some(format!(
        "{} {} {} {} {} {} {} {} {} {} {} {}",
        config.dataset,
        config.device,
        config.kernels.name(),
        config.memory.name(),
        search.space,
        search.strategy,
        search.channels,
        search.layers,
        search.batch,
        search.alpha_images(),
        neighbors,
        search.memory_limit,
    ))
}

/// A length of time for people.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A number of bytes for people.
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000_000 => format!("{} kB", count.div_ceil(1000)),
        1_000_000..10_000_000_000 => format!("{} MB", count / 1_000_000),
        _ => format!("{:.1} GB", count as f64 / 1e9),
    }
}
