//! A run as the window sees it: a fold over its events.

use crate::session::{DatasetInfo, DeviceInfo, Event, Mistake, RunConfig, SearchStep};
use crate::space::Genotype;

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
    /// Where the run stands.
    pub state: RunState,
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
    /// Sharpness by step, where it is measured.
    pub sharpness: Vec<(usize, f64)>,
    /// The step at which skip connections took over, how many of how many edges.
    pub skip_collapse: Option<(usize, usize, usize)>,
    /// What the search found.
    pub derived: Option<Genotype>,
    /// Training from scratch, once it has begun.
    pub training: Option<TrainingView>,
    /// Messages of commands that were refused.
    pub refused: Vec<String>,
}

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
    /// Means of every epoch.
    pub epoch_means: Vec<(f32, f32)>,
    /// Loss, accuracy (a share) and number of images of the test.
    pub tested: Option<(f32, f64, usize)>,
    /// Images of class `row` that were taken for class `column`.
    pub confusion: Vec<Vec<u32>>,
    /// Test images that were taken for another class.
    pub mistakes: Vec<Mistake>,
}

impl RunView {
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
                });
            }
            Event::SearchStep(step) => self.steps.push(step.clone()),
            Event::SearchEpoch { .. }
            | Event::Scored { .. }
            | Event::StoppedEarly { .. }
            | Event::Checkpoint { .. }
            | Event::SupernetOpened { .. } => {}
            Event::Sharpness { step, eigenvalue } => self.sharpness.push((*step, *eigenvalue)),
            Event::SkipCollapse { step, skips, edges } => {
                self.skip_collapse.get_or_insert((*step, *skips, *edges));
            }
            Event::Derived { genotype } => self.derived = Some(genotype.clone()),
            Event::TrainStarted {
                genotype,
                parameters,
                multiply_adds,
                epochs,
                steps_per_epoch,
            } => {
                self.training = Some(TrainingView {
                    genotype: genotype.clone(),
                    parameters: *parameters,
                    multiply_adds: *multiply_adds,
                    epochs: *epochs,
                    steps_per_epoch: *steps_per_epoch,
                    steps: Vec::new(),
                    epoch_means: Vec::new(),
                    tested: None,
                    confusion: Vec::new(),
                    mistakes: Vec::new(),
                });
            }
            Event::TrainStep { loss, accuracy, .. } => {
                if let Some(training) = &mut self.training {
                    training.steps.push((*loss, *accuracy));
                }
            }
            Event::TrainEpoch { loss, accuracy, .. } => {
                if let Some(training) = &mut self.training {
                    training.epoch_means.push((*loss, *accuracy));
                }
            }
            Event::Tested {
                loss,
                accuracy,
                images,
            } => {
                if let Some(training) = &mut self.training {
                    training.tested = Some((*loss, *accuracy, *images));
                }
            }
            Event::Predicted {
                confusion,
                mistakes,
            } => {
                if let Some(training) = &mut self.training {
                    training.confusion.clone_from(confusion);
                    training.mistakes.clone_from(mistakes);
                }
            }
            Event::Paused => self.state = RunState::Held,
            Event::Resumed => self.state = RunState::Running,
            Event::Stopped => self.state = RunState::Stopped,
            Event::Finished => self.state = RunState::Finished,
            Event::Refused { message } => self.refused.push(message.clone()),
            Event::Failed { message } => self.state = RunState::Failed(message.clone()),
        }
    }
}
