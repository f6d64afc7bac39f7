//! What a run will need, before it starts: steps, memory, and time where this machine has measured it.

use serde::{Deserialize, Serialize};

use crate::app::draw::words::counted;
use crate::data::{Dataset, Split};
use crate::record::{Progress, RunView};
use crate::search::Strategy;
use crate::session::{DeviceInfo, MemoryPlan, RunConfig, RunKind, SearchConfig};
use crate::space::Genotype;

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
    /// Steps of the search; 0 where nothing is searched.
    pub steps: usize,
    /// Steps of training from scratch; 0 of a run that only searches.
    pub train_steps: usize,
    /// Forecast peak of a search step, bytes, and what the kernels keep; or why the run cannot fit. None where nothing is searched.
    pub memory: Option<Result<(u64, &'static str), String>>,
}

impl RunForecast {
    /// What there is to do, with its time where the seconds of all steps are known. `paces`: of a search step and of a training step.
    pub fn work(&self, paces: [Option<f64>; 2]) -> String {
        let text = self.steps_in_words();
        match self.seconds(paces) {
            Some(seconds) => format!("{text}, about {}", duration(seconds)),
            None => text,
        }
    }

    fn steps_in_words(&self) -> String {
        let parts = self.parts([None; 2]).into_iter();
        let steps = parts.map(|part| counted(part.steps, part.step));
        steps.collect::<Vec<_>>().join(" + ")
    }

    /// The time of all steps, where it is known.
    fn seconds(&self, paces: [Option<f64>; 2]) -> Option<f64> {
        let parts = self.parts(paces);
        let seconds: Option<f64> = parts.iter().map(Part::seconds).sum();
        seconds.filter(|_| !parts.is_empty())
    }

    /// Where that time comes from, or from when on it is known.
    pub fn time(&self, paces: [Option<f64>; 2]) -> String {
        let parts = self.parts(paces);
        if parts.iter().all(|part| part.pace.is_none()) {
            return "time: known after the first steps".into();
        }
        let text = |part: &Part| match (part.seconds(), part.pace) {
            (Some(seconds), Some(pace)) => {
                let time = duration(seconds);
                format!("{} {time}, by steps of {}", part.name, short(pace))
            }
            _ => format!("{}: time known after its first {}", part.name, part.after),
        };
        parts.iter().map(text).collect::<Vec<_>>().join("; ")
    }

    fn parts(&self, [search, training]: [Option<f64>; 2]) -> Vec<Part> {
        let mut parts = vec![
            Part {
                name: "search",
                step: "search step",
                after: "steps",
                steps: self.steps,
                pace: search,
            },
            Part {
                name: "training",
                step: "training step",
                after: "epochs",
                steps: self.train_steps,
                pace: training,
            },
        ];
        parts.retain(|part| part.steps > 0);
        parts
    }
}

/// What both sides of a race have to do, with its time where that is known: that of the longer side by the paces of races, or of one side
/// after the other by those of runs that had the machine for themselves.
pub fn race(
    sides: [(Strategy, &RunForecast); 2],
    raced: [[Option<f64>; 2]; 2],
    alone: [[Option<f64>; 2]; 2],
) -> String {
    let [(_, own), (_, other)] = sides;
    let text = match own.steps_in_words() == other.steps_in_words() {
        true => format!("each side: {}", own.steps_in_words()),
        false => sides
            .map(|(strategy, side)| format!("{}: {}", strategy.title(), side.steps_in_words()))
            .join("; "),
    };
    let seconds = |[one, two]: [[Option<f64>; 2]; 2]| own.seconds(one).zip(other.seconds(two));
    let by_races = seconds(raced).map(|(one, two)| one.max(two));
    match by_races.or_else(|| seconds(alone).map(|(one, two)| one + two)) {
        Some(seconds) => format!("{text}; about {} for both", duration(seconds)),
        None => text,
    }
}

/// The steps of a judge's training that are left, and their time. `pace`: seconds a step.
pub fn of_judge(steps: usize, pace: Option<f64>) -> String {
    let time = match pace {
        Some(pace) => format!("about {}", duration(pace * steps as f64)),
        None => "a minute or two on two cores".to_owned(),
    };
    format!("{}, {time}", counted(steps, "step"))
}

/// The time until the end of a run, and what of it is training that is still to come. `train_pace`: seconds a training step.
pub fn left(progress: &Progress, train_pace: Option<f64>) -> Option<String> {
    let phase = duration(progress.seconds_left?);
    let training = counted(progress.then, "training step");
    Some(match (progress.then, train_pace) {
        (0, _) => format!("{phase} left of the {} at its present pace", progress.phase),
        (_, None) => format!("{phase} left of the {}, then {training}", progress.phase),
        (then, Some(pace)) => {
            let seconds = pace * then as f64;
            let all = duration(progress.seconds_left? + seconds);
            format!("about {all} left: {phase} of the search, then {training}")
        }
    })
}

/// The search of a run, or its training.
struct Part {
    name: &'static str,
    step: &'static str,
    /// What its pace is known after.
    after: &'static str,
    steps: usize,
    /// Seconds a step.
    pace: Option<f64>,
}

impl Part {
    fn seconds(&self) -> Option<f64> {
        Some(self.pace? * self.steps as f64)
    }
}

/// The search of a run, if it has steps: a drawn architecture has none.
fn searched(config: &RunConfig) -> Option<&SearchConfig> {
    let search = config.search.as_ref();
    search.filter(|search| search.strategy != Strategy::Random)
}

/// The facts of a run's data set.
///
/// # Errors
/// An unknown data set, or a split that leaves nothing, in one line.
pub fn facts(config: &RunConfig) -> Result<DataFacts, String> {
    let dataset = Dataset::load(&config.dataset).map_err(|error| error.to_string())?;
    // Only the sizes of the parts matter here, and those do not depend on the seed.
    let split = Split::new(&dataset, config.test_share, 0).and_then(|split| match config.kind {
        RunKind::Judge => split.of_judge(&dataset, 0),
        RunKind::Full | RunKind::SearchOnly => Ok(split),
    });
    let split = split.map_err(|error| error.to_string())?;
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

/// The forecast of a run. `device`: the one that a run used last, or none.
pub fn forecast(config: &RunConfig, facts: &DataFacts, device: Option<&DeviceInfo>) -> RunForecast {
    let [weights, architecture, _] = facts.split;
    let search = searched(config);
    let steps = search.filter(|_| weights > 0).map_or(0, |search| {
        search.last_batch.batches(weights, search.batch) * search.epochs
    });
    RunForecast {
        steps,
        train_steps: config.train_steps(weights + architecture),
        memory: search.map(|search| memory(config, search, facts, device)),
    }
}

fn memory(
    config: &RunConfig,
    search: &SearchConfig,
    facts: &DataFacts,
    device: Option<&DeviceInfo>,
) -> Result<(u64, &'static str), String> {
    let cpu = DeviceInfo {
        name: String::new(),
        backend: "cpu".into(),
        driver: String::new(),
        software: false,
        max_binding: 0,
    };
    let size = search.size(facts.image, facts.classes);
    MemoryPlan::choose(
        &search.within([facts.split[0], facts.split[1]]),
        config.kernels,
        config.memory,
        &size,
        device.unwrap_or(&cpu),
    )
    .map(|plan| (plan.bytes, plan.name()))
    .map_err(|error| error.to_string())
}

/// Seconds a step that runs on this machine have taken, by everything that a step's time depends on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Speeds(Vec<(String, f64)>);

/// Most kinds of steps that are remembered.
const REMEMBERED: usize = 64;

impl Speeds {
    /// What a search step and a training step of such a run took; none where none has run yet.
    pub fn get(&self, config: &RunConfig) -> [Option<f64>; 2] {
        [search_key(config), train_key(config)].map(|key| self.of(&key?))
    }

    fn of(&self, key: &str) -> Option<f64> {
        let known = self.0.iter().find(|(known, _)| known == key)?;
        Some(known.1)
    }

    /// Remembers how fast a live run searches and trains.
    pub fn measure(&mut self, run: &RunView) {
        if let (true, Some(config)) = (run.live, &run.config) {
            let seconds = [run.seconds_a_step(), run.seconds_a_train_step()];
            self.set(config, seconds);
        }
    }

    /// Remembers what a search step and a training step took, where that is known.
    pub fn set(&mut self, config: &RunConfig, seconds: [Option<f64>; 2]) {
        let keys = [search_key(config), train_key(config)];
        for (key, seconds) in keys.into_iter().zip(seconds) {
            let Some((key, seconds)) = key.zip(seconds) else {
                continue;
            };
            self.0.retain(|(known, _)| *known != key);
            self.0.push((key, seconds));
        }
        let excess = self.0.len().saturating_sub(REMEMBERED);
        self.0.drain(..excess);
    }
}

fn search_key(config: &RunConfig) -> Option<String> {
    let search = searched(config)?;
    let neighbors = match search.strategy.neighborhood_aware() && search.radius > 0 {
        true => search.neighbors,
        false => 0,
    };
    let part = match search.candidates.is_all() {
        true => String::new(),
        false => format!(" {}", search.candidates),
    };
    Some(format!(
        "{} {} {} {} {} {} {} {} {} {} {} {}{part}",
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

/// The architecture is not in it: before a search nobody knows which it will be.
fn train_key(config: &RunConfig) -> Option<String> {
    let of_search = config.search.as_ref().map(|search| search.space);
    let space = of_search.or(config.genotype.as_ref().map(Genotype::space))?;
    let train = &config.train;
    Some(format!(
        "train {} {} {} {space} {} {} {} {}",
        config.dataset,
        config.device,
        config.kernels.name(),
        train.channels,
        train.layers,
        train.batch,
        train.auxiliary_weight > 0.0,
    ))
}

/// The time of a step for people.
fn short(seconds: f64) -> String {
    match seconds {
        0.1.. => format!("{seconds:.2} s"),
        _ => format!("{:.0} ms", 1000.0 * seconds),
    }
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
