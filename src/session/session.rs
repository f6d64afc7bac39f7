//! The actor that owns the device and all tensors.

use async_channel::Receiver;

use super::checkpoint::{Phase, Position};
use super::command::{Command, Start};
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
        if let Command::Start(start) = command {
            run(&start, &commands, &mut emit).await;
        }
    }
}

/// One run from its first event, or the first after the checkpoint that it goes on from, to its last: [`Event::Finished`],
/// [`Event::Stopped`], or [`Event::Failed`] with any failure.
pub async fn run(start: &Start, commands: &Receiver<Command>, emit: &mut dyn FnMut(Event)) {
    let mut control = Control::new(start, commands, emit);
    let last = match run_to_end(start, &mut control).await {
        Ok(Flow::Go) => Event::Finished,
        Ok(Flow::Stop) => Event::Stopped,
        Err(error) => Event::Failed {
            message: error.to_string(),
        },
    };
    control.emit(last);
}

async fn run_to_end(start: &Start, control: &mut Control<'_>) -> Result<Flow, RunError> {
    let Start { config, from, .. } = start;
    config.check()?;
    let dataset = Dataset::load(&config.dataset)?;
    let split = Split::new(
        &dataset,
        config.test_share,
        seed_for(config.seed, Purpose::Split),
    )?;
    let device::OpenDevice { device, info } = device::open(config.device).await?;
    let origin = Position::start(config, &info, &dataset.hash());
    match from {
        Some(from) => from.position.check(&origin)?,
        None => control.emit(Event::Started {
            config: Box::new(config.clone()),
            plateau: origin.plateau.clone(),
            device: info.clone(),
            dataset: DatasetInfo {
                name: dataset.name.clone(),
                hash: origin.dataset.clone(),
                split: [
                    split.weights.len(),
                    split.architecture.len(),
                    split.test.len(),
                ],
                image: [dataset.channels, dataset.height, dataset.width],
                classes: dataset.classes.len(),
            },
        }),
    }
    let data = RunData::new(&dataset, split, &device)?;
    // The device has the images now.
    drop(dataset);
    let (searching, training) = match from {
        Some(from) if from.position.phase == Phase::Search => (Some(from), None),
        other => (None, other.as_ref()),
    };
    let found = from
        .as_ref()
        .and_then(|from| from.position.genotype.clone());
    let genotype = match (found, &config.search, &config.genotype) {
        (Some(genotype), ..) if training.is_some() => genotype,
        (found, Some(search), _) => {
            let genotype = match found.or_else(|| random_genotype(search, config.seed)) {
                Some(genotype) => genotype,
                None => {
                    let size = search.size(data.shape, data.classes);
                    let plan =
                        MemoryPlan::choose(search, config.kernels, config.memory, &size, &info)?;
                    let mut state = SearchState::new(search, &data, config.seed, plan, &device)?;
                    match searching {
                        Some(from) => state.restore(from, config.seed)?,
                        None => state.announce(&data, control)?,
                    }
                    state.run(&data, &origin, control).await?
                }
            };
            let flow = control.before_step().await;
            control.emit(Event::Derived {
                genotype: genotype.clone(),
            });
            if flow == Flow::Stop {
                return Ok(flow);
            }
            genotype
        }
        (_, None, Some(genotype)) => genotype.clone(),
        // `check` lets nothing through that has neither.
        (_, None, None) => return Ok(Flow::Stop),
    };
    let mut state = TrainState::new(&config.train, &genotype, &data, config.seed, &device)?;
    match training {
        Some(from) => state.restore(from, config.seed)?,
        None => state.announce(control)?,
    }
    state.run(&data, &origin, control).await
}
