//! The actor that owns the device and all tensors.

#[cfg(not(target_arch = "wasm32"))]
use std::{sync::mpsc, thread};

use async_channel::Receiver;
#[cfg(not(target_arch = "wasm32"))]
use async_channel::Sender;

use super::command::Command;
use super::config::RunConfig;
use super::control::{Control, Flow};
use super::device;
use super::event::{DatasetInfo, Event};
use super::failure::RunError;
use super::memory::MemoryPlan;
use super::random::{Purpose, seed_for};
use super::search_run::{RunData, SearchState, random_genotype};
use super::train_run::TrainState;
use crate::data::{Dataset, Split};

/// Serves commands until their channel closes. All Burn calls happen in this future, so whoever polls it owns the device: a
/// named thread natively, a web worker in the browser.
pub async fn serve(commands: Receiver<Command>, mut emit: impl FnMut(Event)) {
    while let Ok(command) = commands.recv().await {
        if let Command::Start { config } = command {
            run(&config, &commands, &mut emit).await;
        }
    }
}

/// One run from its first event to its last. Every failure becomes an [`Event::Failed`].
pub async fn run(config: &RunConfig, commands: &Receiver<Command>, emit: &mut dyn FnMut(Event)) {
    let mut control = Control::new(commands, emit);
    match run_to_end(config, &mut control).await {
        Ok(Flow::Go) => control.emit(Event::Finished),
        // `Stopped` was said when the command came.
        Ok(Flow::Stop) => {}
        Err(error) => control.emit(Event::Failed {
            message: error.to_string(),
        }),
    }
}

async fn run_to_end(config: &RunConfig, control: &mut Control<'_>) -> Result<Flow, RunError> {
    config.check()?;
    let dataset = Dataset::load(&config.dataset)?;
    let split = Split::new(
        &dataset,
        config.test_share,
        seed_for(config.seed, Purpose::Split),
    )?;
    let device::OpenDevice { device, info } = device::open(config.device).await?;
    control.emit(Event::Started {
        config: Box::new(config.clone()),
        plateau: env!("CARGO_PKG_VERSION").into(),
        device: info.clone(),
        dataset: DatasetInfo {
            name: dataset.name.clone(),
            hash: dataset.hash(),
            split: [
                split.weights.len(),
                split.architecture.len(),
                split.test.len(),
            ],
            image: [dataset.channels, dataset.height, dataset.width],
            classes: dataset.classes.len(),
        },
    });
    let data = RunData::new(&dataset, split, &device)?;
    let mut flow = Flow::Go;
    let genotype = match (&config.search, &config.genotype) {
        (Some(search), _) => {
            let genotype = match random_genotype(search, config.seed) {
                Some(genotype) => genotype,
                None => {
                    let size = search.size(data.shape, data.classes);
                    let plan =
                        MemoryPlan::choose(search, config.kernels, config.memory, &size, &info)?;
                    let mut state = SearchState::new(search, &data, config.seed, plan, &device)?;
                    let genotype = state.run(&data, control).await?;
                    flow = control.before_step().await;
                    genotype
                }
            };
            control.emit(Event::Derived {
                genotype: genotype.clone(),
            });
            genotype
        }
        (None, Some(genotype)) => genotype.clone(),
        // `check` lets nothing through that has neither.
        (None, None) => return Ok(Flow::Stop),
    };
    if flow == Flow::Stop {
        return Ok(flow);
    }
    TrainState::new(&config.train, &genotype, &data, config.seed, &device)?
        .run(&data, control)
        .await
}

/// A session on its own thread.
#[cfg(not(target_arch = "wasm32"))]
pub struct SessionHandle {
    /// Takes commands; dropping it ends the session after the current step.
    pub commands: Sender<Command>,
    /// Gives events in order; ends when the session is gone.
    pub events: mpsc::Receiver<Event>,
    thread: thread::JoinHandle<()>,
}

#[cfg(not(target_arch = "wasm32"))]
impl SessionHandle {
    /// Starts the thread `plateau-session`.
    pub fn spawn() -> std::io::Result<Self> {
        let (commands, inbox) = async_channel::unbounded();
        let (outbox, events) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("plateau-session".into())
            .spawn(move || {
                pollster::block_on(serve(inbox, move |event| {
                    // A reader that has gone has also closed the commands, which ends the session.
                    let _gone = outbox.send(event);
                }));
            })?;
        Ok(Self {
            commands,
            events,
            thread,
        })
    }

    /// Whether the thread still lives.
    pub fn alive(&self) -> bool {
        !self.thread.is_finished()
    }
}

/// Runs on the calling thread and collects the events: what tests and scripts want.
#[cfg(not(target_arch = "wasm32"))]
pub fn run_blocking(config: &RunConfig) -> Vec<Event> {
    // The sender must live until the run is over: a closed channel means stop.
    let (_commands, inbox) = async_channel::unbounded();
    let mut events = Vec::new();
    pollster::block_on(run(config, &inbox, &mut |event| events.push(event)));
    events
}
