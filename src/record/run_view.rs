//! A run as the window and the terminal's summary see it: a fold over its events.

use crate::landscape::wilson;
use crate::session::{
    DatasetInfo, DeviceInfo, Event, Mistake, RunConfig, SearchStep, Sharpness, Timed,
};
use crate::space::{Allowed, Genotype, Space};

/// Whether a run goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RunState {
    /// No run yet.
    #[default]
    Empty,
    /// It makes steps.
    Running,
    /// It waits.
    Held,
    /// It was ended on request.
    Stopped,
    /// It reached its end.
    Finished,
    /// It could not go on, and why.
    Failed(String),
}

/// Everything that a run has said so far.
#[derive(Clone, Debug, Default)]
pub struct RunView {
    /// What it is called in the window.
    pub name: String,
    /// Whether a session makes it now; otherwise it was recorded.
    pub live: bool,
    /// Whether only the last step is kept, and nothing is derived at each.
    brief: bool,
    /// Where the run stands.
    pub state: RunState,
    /// What a person must know of a recording: that it is damaged, or of a newer Plateau.
    pub warning: Option<String>,
    /// What runs.
    pub config: Option<RunConfig>,
    /// Where it runs.
    pub device: Option<DeviceInfo>,
    /// On what.
    pub dataset: Option<DatasetInfo>,
    /// The search, once it has begun.
    pub search: Option<SearchView>,
    /// Its steps so far.
    pub steps: Vec<SearchStep>,
    /// When each step ended, seconds since the run started.
    pub step_ends: Vec<f64>,
    /// The genotypes that would have been derived, each with the place in [`RunView::steps`] from which on it held.
    pub derivations: Vec<(usize, Genotype)>,
    /// The step that is looked at, by its place in [`RunView::steps`]; none: always the newest.
    pub cursor: Option<usize>,
    /// What each epoch of the search would have ended with.
    pub epochs: Vec<Genotype>,
    /// Sharpness, where it is measured.
    pub sharpness: Vec<Sharpness>,
    /// The step at which skip connections took over, how many of how many edges.
    pub skip_collapse: Option<(usize, usize, usize)>,
    /// What the search found.
    pub derived: Option<Genotype>,
    /// When, seconds since the run started.
    derived_at: f64,
    /// Training from scratch, once it has begun.
    pub training: Option<TrainingView>,
    /// Seconds between the start of the run and the newest event.
    pub seconds: f64,
}

/// What the test part said of a trained network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    /// Mean cross-entropy, nats.
    pub loss: f32,
    /// Share of right answers.
    pub accuracy: f64,
    /// Images tested.
    pub images: usize,
    /// Wall time of training and test.
    pub seconds: f64,
}

impl Tested {
    /// The 95 % interval of the accuracy for other images of the same kind, as shares (Wilson 1927).
    pub fn interval(&self) -> (f64, f64) {
        wilson(self.accuracy, self.images)
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// `search` or `training`.
    pub phase: &'static str,
    /// Steps that are done.
    pub done: usize,
    /// Steps until the end of the phase.
    pub total: usize,
    /// Seconds until then by the pace of late; none before there is one.
    pub seconds_left: Option<f64>,
    /// Training steps that come after the phase.
    pub then: usize,
}

/// Steps whose pace tells the time that is left.
const PACE: usize = 32;

/// What a search says at its start.
#[derive(Clone, Debug)]
pub struct SearchView {
    /// Weights of the supernet.
    pub parameters: u64,
    /// Multiply-adds of one image.
    pub multiply_adds: u64,
    /// Steps until the end.
    pub steps: usize,
    /// Architectures in one pass.
    pub lanes: usize,
    /// What the kernels keep.
    pub memory: String,
    /// Forecast peak of a step, bytes.
    pub memory_bytes: u64,
    /// When it began, seconds since the run started.
    since: f64,
}

/// Training from scratch, so far.
#[derive(Clone, Debug)]
pub struct TrainingView {
    /// The network's genotype.
    pub genotype: Genotype,
    /// Weights, without the auxiliary head.
    pub parameters: u64,
    /// Multiply-adds of one image.
    pub multiply_adds: u64,
    /// Epochs until the end.
    pub epochs: usize,
    /// Steps in each.
    pub steps_per_epoch: usize,
    /// Loss (nats) and accuracy (a share) of every step.
    pub steps: Vec<(f32, f32)>,
    /// When training began and when each epoch ended, seconds since the run started.
    pub seconds: Vec<f64>,
    /// Means of every epoch.
    pub epoch_means: Vec<(f32, f32)>,
    /// What the test said.
    pub tested: Option<Tested>,
    /// Images of class `row` that were taken for class `column`.
    pub confusion: Vec<Vec<u32>>,
    /// Test images that were taken for another class.
    pub mistakes: Vec<Mistake>,
}

impl RunView {
    /// A run of which only the last step is kept, for a summary.
    pub fn brief() -> Self {
        Self {
            brief: true,
            ..Self::default()
        }
    }

    /// A recorded run.
    pub fn recorded(name: &str, events: &[Timed]) -> Self {
        let mut view = Self::default();
        for event in events {
            view.apply_timed(event);
        }
        view.name = name.into();
        view
    }

    /// The place of the step that is looked at.
    pub fn position(&self) -> Option<usize> {
        let last = self.steps.len().checked_sub(1)?;
        Some(self.cursor.map_or(last, |cursor| cursor.min(last)))
    }

    /// The step that is looked at.
    pub fn shown(&self) -> Option<&SearchStep> {
        self.steps.get(self.position()?)
    }

    /// The genotype that would be derived at the step that is looked at, and the place of the step from which on it held.
    pub fn derivable(&self) -> Option<&(usize, Genotype)> {
        self.derivation_at(self.position()?)
    }

    /// The genotype that would be derived at a place in [`RunView::steps`].
    pub fn derivable_at(&self, position: usize) -> Option<&Genotype> {
        self.derivation_at(position).map(|(_, genotype)| genotype)
    }

    fn derivation_at(&self, position: usize) -> Option<&(usize, Genotype)> {
        let later = self
            .derivations
            .partition_point(|(since, _)| *since <= position);
        self.derivations.get(later.checked_sub(1)?)
    }

    /// The space that is searched.
    pub fn space(&self) -> Option<Space> {
        Some(self.config.as_ref()?.search.as_ref()?.space)
    }

    /// The candidates of its search among the operations of a space; all of a space that it does not search.
    pub fn allowed(&self, space: Space) -> Allowed {
        let config = self.config.as_ref();
        let search = config.and_then(|config| config.search.as_ref());
        let allowed = search
            .filter(|search| search.space == space)
            .and_then(|search| search.allowed().ok());
        allowed.unwrap_or_else(|| Allowed::all(space))
    }

    /// What it found, or was given to train.
    pub fn genotype(&self) -> Option<&Genotype> {
        let trained = self.training.as_ref().map(|training| &training.genotype);
        trained.or(self.derived.as_ref())
    }

    /// What the test part said.
    pub fn tested(&self) -> Option<Tested> {
        self.training.as_ref()?.tested
    }

    /// The effective radius of the last step's neighbors, in edges.
    pub fn effective_radius(&self) -> Option<f32> {
        self.steps.last()?.effective_radius
    }

    /// Wall time of the search, until something was derived; 0 before.
    pub fn search_seconds(&self) -> f64 {
        let search = self.search.as_ref().filter(|_| self.derived.is_some());
        search.map_or(0.0, |search| self.derived_at - search.since)
    }

    /// Its share until the last step was done.
    pub fn step_seconds(&self) -> f64 {
        let last = self.step_ends.last().zip(self.search.as_ref());
        last.map_or(0.0, |(end, search)| end - search.since)
    }

    /// Seconds a step of late; none before there are a few.
    pub fn seconds_a_step(&self) -> Option<f64> {
        pace(&self.step_ends)
    }

    /// Mean seconds a training step of late; none before there are a few epochs.
    pub fn seconds_a_train_step(&self) -> Option<f64> {
        let training = self.training.as_ref()?;
        Some(pace(&training.seconds)? / training.steps_per_epoch.max(1) as f64)
    }

    /// Steps that will train what the search finds.
    fn train_steps(&self) -> usize {
        let known = self.config.as_ref().zip(self.dataset.as_ref());
        known.map_or(0, |(config, dataset)| {
            let [weights, architecture, _] = dataset.split;
            config.train_steps(weights + architecture)
        })
    }

    /// How far the run is; none before it knows.
    pub fn progress(&self) -> Option<Progress> {
        if let Some(training) = &self.training {
            let total = training.epochs * training.steps_per_epoch;
            let epochs_left = training.epochs.saturating_sub(training.epoch_means.len());
            return Some(Progress {
                phase: "training",
                done: training.steps.len(),
                total,
                seconds_left: pace(&training.seconds).map(|pace| pace * epochs_left as f64),
                then: 0,
            });
        }
        let total = self.search.as_ref()?.steps;
        let left = total.saturating_sub(self.steps.len());
        Some(Progress {
            phase: "search",
            done: self.steps.len(),
            total,
            seconds_left: self.seconds_a_step().map(|pace| pace * left as f64),
            then: self.train_steps(),
        })
    }

    /// Takes up one event and when it happened.
    pub fn apply_timed(&mut self, timed: &Timed) {
        self.seconds = timed.seconds;
        self.apply(&timed.event);
    }

    fn take_step(&mut self, step: &SearchStep) {
        if self.brief {
            self.steps.clear();
            self.step_ends.clear();
        }
        if !self.brief
            && self.by_gradient()
            && let Some(space) = self.space()
        {
            let alpha: Vec<Vec<Vec<f64>>> = step
                .alpha
                .iter()
                .map(|cell| {
                    cell.iter()
                        .map(|row| row.iter().map(|&value| f64::from(value)).collect())
                        .collect()
                })
                .collect();
            // A diverged α has no genotype; the last one stays, and the run's own failure event says so.
            if let Ok(genotype) = step.weights.derive(space, &alpha) {
                self.would_end_with(self.steps.len(), &genotype);
            }
        }
        self.steps.push(step.clone());
        self.step_ends.push(self.seconds);
    }

    /// Whether α says what the search would end with; otherwise the end of each epoch does.
    fn by_gradient(&self) -> bool {
        let search = self
            .config
            .as_ref()
            .and_then(|config| config.search.as_ref());
        search.is_none_or(|search| search.strategy.by_gradient())
    }

    /// From the step at a place on the search would end with this.
    fn would_end_with(&mut self, place: usize, genotype: &Genotype) {
        if self
            .derivations
            .last()
            .is_none_or(|(_, last)| last != genotype)
        {
            self.derivations.push((place, genotype.clone()));
        }
    }

    /// Takes up one event.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Started {
                config,
                device,
                dataset,
                ..
            } => {
                *self = Self {
                    name: config.name(),
                    live: self.live,
                    brief: self.brief,
                    state: RunState::Running,
                    config: Some((**config).clone()),
                    device: Some(device.clone()),
                    dataset: Some(dataset.clone()),
                    ..Self::default()
                };
            }
            Event::SearchStarted {
                parameters,
                multiply_adds,
                steps,
                memory,
                lanes,
                memory_bytes,
            } => {
                self.search = Some(SearchView {
                    parameters: *parameters,
                    multiply_adds: *multiply_adds,
                    steps: *steps,
                    lanes: *lanes,
                    memory: memory.clone(),
                    memory_bytes: *memory_bytes,
                    since: self.seconds,
                });
            }
            Event::SearchStep(step) => self.take_step(step),
            Event::SearchEpoch { genotype, .. } => {
                self.epochs.push(genotype.clone());
                if !self.by_gradient() {
                    self.would_end_with(self.steps.len().saturating_sub(1), genotype);
                }
            }
            Event::Scored { .. }
            | Event::StoppedEarly { .. }
            | Event::Checkpoint { .. }
            | Event::Network { .. }
            | Event::Classified { .. }
            | Event::SupernetOpened { .. }
            | Event::DataAdded { .. }
            | Event::Refused { .. }
            | Event::DeviceChecked { .. } => {}
            Event::Sharpness(sharpness) => self.sharpness.push(*sharpness),
            Event::SkipCollapse { step, skips, edges } => {
                self.skip_collapse.get_or_insert((*step, *skips, *edges));
            }
            Event::Derived { genotype } => {
                self.derived = Some(genotype.clone());
                self.derived_at = self.seconds;
            }
            Event::TrainStarted { .. }
            | Event::TrainStep { .. }
            | Event::TrainEpoch { .. }
            | Event::Tested { .. }
            | Event::Predicted { .. } => self.apply_training(event),
            Event::Paused => self.state = RunState::Held,
            Event::Resumed => self.state = RunState::Running,
            Event::Stopped => self.state = RunState::Stopped,
            Event::Finished => self.state = RunState::Finished,
            Event::Failed { message } => self.state = RunState::Failed(message.clone()),
        }
    }

    /// Takes up an event of training from scratch; all but the first need one that has begun.
    fn apply_training(&mut self, event: &Event) {
        let brief = self.brief;
        match (event, &mut self.training) {
            (
                Event::TrainStarted {
                    genotype,
                    parameters,
                    multiply_adds,
                    epochs,
                    steps_per_epoch,
                },
                training,
            ) => {
                *training = Some(TrainingView {
                    genotype: genotype.clone(),
                    parameters: *parameters,
                    multiply_adds: *multiply_adds,
                    epochs: *epochs,
                    steps_per_epoch: *steps_per_epoch,
                    steps: Vec::new(),
                    seconds: vec![self.seconds],
                    epoch_means: Vec::new(),
                    tested: None,
                    confusion: Vec::new(),
                    mistakes: Vec::new(),
                });
            }
            (Event::TrainStep { loss, accuracy, .. }, Some(training)) => {
                if brief {
                    training.steps.clear();
                }
                training.steps.push((*loss, *accuracy));
            }
            (Event::TrainEpoch { loss, accuracy, .. }, Some(training)) => {
                training.epoch_means.push((*loss, *accuracy));
                training.seconds.push(self.seconds);
            }
            (
                Event::Tested {
                    loss,
                    accuracy,
                    images,
                },
                Some(training),
            ) => {
                let began = training.seconds.first().copied();
                training.tested = Some(Tested {
                    loss: *loss,
                    accuracy: *accuracy,
                    images: *images,
                    seconds: self.seconds - began.unwrap_or(self.seconds),
                });
            }
            (
                Event::Predicted {
                    confusion,
                    mistakes,
                },
                Some(training),
            ) => {
                training.confusion.clone_from(confusion);
                training.mistakes.clone_from(mistakes);
            }
            _ => {}
        }
    }
}

/// The middle difference of the newest times: one that was held for a while does not count for more.
fn pace(times: &[f64]) -> Option<f64> {
    let newest = &times[times.len().saturating_sub(PACE + 1)..];
    let mut each: Vec<f64> = newest.windows(2).map(|pair| pair[1] - pair[0]).collect();
    each.sort_by(f64::total_cmp);
    let middle = each.len() / 2;
    (each.len() >= 2).then(|| each[middle])
}
