//! The actor that owns the device and all tensors.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use async_channel::{Receiver, TryRecvError};
use burn::tensor::Device;

use super::add_data::add_data;
use super::checkpoint::{Checkpoint, Phase, Position};
use super::clock::Clock;
use super::command::{Command, Start};
use super::config::{RunConfig, RunKind, SCORE_BATCHES, SearchConfig};
use super::control::{Control, Flow};
use super::device;
use super::device_choice::DeviceChoice;
use super::error::RunError;
use super::event::{Event, Timed};
use super::info::DatasetInfo;
use super::memory::MemoryPlan;
use super::predict::classify;
use super::run_data::{RunData, score_batches, split_of, stream_seed};
use super::score::Scoring;
use super::search_run::{SearchState, random_genotype};
use super::train_run::TrainState;
use crate::data::Dataset;
use crate::kernels::self_test;
use crate::space::Genotype;

/// Serves commands until their channel closes. All Burn calls happen in this future, so whoever polls it owns the device: a
/// named thread natively, a web worker in the browser.
///
/// An event gets its time here, once: that of `clock`, which each run sets.
pub async fn serve(commands: Receiver<Command>, clock: &Clock, mut emit: impl FnMut(Timed)) {
    let mut emit = |event| emit(clock.stamp(event));
    let mut scoring = Scoring::default();
    // Taken from the channel already.
    let mut waiting = VecDeque::new();
    // A check that was ended; it is made when there is nothing else to do.
    let mut put_off = None;
    loop {
        #[cfg(target_arch = "wasm32")]
        super::yield_now::yield_now().await;
        let command = match waiting.pop_front().map_or_else(|| commands.try_recv(), Ok) {
            Ok(command) => command,
            Err(TryRecvError::Empty) if scoring.busy() => {
                if let Some(event) = scoring.next().await {
                    emit(event);
                }
                continue;
            }
            Err(_) => match put_off.take() {
                Some(check) => check,
                None => match commands.recv().await {
                    Ok(command) => command,
                    Err(_) => return,
                },
            },
        };
        match command {
            Command::Start(start) => {
                scoring = Scoring::default();
                clock.set(start.seconds);
                run_with(&start, &commands, &mut waiting, &mut emit, &mut scoring).await;
            }
            Command::Score { request, genotypes } => {
                if let Some(answer) = scoring.ask(request, genotypes) {
                    emit(answer);
                }
            }
            Command::Open { checkpoint } => emit(scoring.open(&checkpoint).await),
            Command::CheckDevice { device } => {
                let check = check_device(device);
                let ends = |command: &Command| {
                    let asks = matches!(command, Command::Score { .. } | Command::Open { .. });
                    asks || needs_no_gpu(command)
                };
                match beside(check, &commands, &mut waiting, &mut emit, ends).await {
                    Some(event) => emit(event),
                    None => put_off = Some(Command::CheckDevice { device }),
                }
            }
            Command::AddData { name, files } => emit(add_data(name, files)),
            Command::Classify {
                request,
                network,
                images,
            } => emit(classify(request, &network, &images).await),
            Command::Rehearse { config } => {
                let rehearsal = rehearse(*config);
                // Nobody waits for what it came to.
                let _over =
                    beside(rehearsal, &commands, &mut waiting, &mut emit, needs_no_gpu).await;
            }
            // There is nothing to hold or to stop.
            Command::Pause | Command::Resume | Command::Step | Command::Stop => {}
        }
    }
}

/// Whether a command begins a run, or asks a network, that needs no GPU.
fn needs_no_gpu(command: &Command) -> bool {
    match command {
        Command::Start(start) => start.config.device == DeviceChoice::Cpu,
        Command::Classify { .. } => true,
        _ => false,
    }
}

/// Work on the GPU that nobody asked for yet, which waits for its driver most of the time: some commands end it, data are read
/// meanwhile, and what else comes waits in its order. What the work came to, unless it was ended.
async fn beside<T>(
    work: impl Future<Output = T>,
    commands: &Receiver<Command>,
    waiting: &mut VecDeque<Command>,
    emit: &mut impl FnMut(Event),
    ends: impl Fn(&Command) -> bool,
) -> Option<T> {
    let mut work = pin!(work);
    loop {
        if waiting.iter().any(&ends) {
            return None;
        }
        // What comes behind a run is for it.
        if waiting
            .iter()
            .any(|command| matches!(command, Command::Start(_)))
        {
            return Some(work.await);
        }
        let mut received = pin!(commands.recv());
        let next = poll_fn(|context| match received.as_mut().poll(context) {
            Poll::Ready(command) => Poll::Ready(Err(command)),
            Poll::Pending => work.as_mut().poll(context).map(Ok),
        });
        match next.await {
            Ok(outcome) => return Some(outcome),
            Err(Ok(Command::AddData { name, files })) => emit(add_data(name, files)),
            Err(Ok(command)) => waiting.push_back(command),
            // No more commands come.
            Err(Err(_)) => return Some(work.await),
        }
    }
}

async fn check_device(choice: DeviceChoice) -> Event {
    let (device, problem) = match device::open(choice).await {
        Err(error) => (None, Some(error.to_string())),
        Ok(opened) => {
            let problem = match self_test(&opened.device).await {
                Err(error) => Some(error),
                Ok(checks) => {
                    let failed = checks.iter().filter(|check| !check.passed());
                    let names: Vec<_> = failed.map(|check| check.name.as_str()).collect();
                    (!names.is_empty()).then(|| {
                        format!(
                            "{} computes wrong in {} of {} checks ({}); use --device cpu",
                            opened.info.name,
                            names.len(),
                            checks.len(),
                            names.join(", ")
                        )
                    })
                }
            };
            (Some(opened.info), problem)
        }
    };
    Event::DeviceChecked { device, problem }
}

/// A run that ends after its first step, which nobody hears of; what it has had compiled stays.
async fn rehearse(config: RunConfig) {
    let (commands, inbox) = async_channel::bounded(2);
    for command in [Command::Step, Command::Stop] {
        // There is room for both.
        let _sent = commands.try_send(command);
    }
    run(&Start::new(config), &inbox, &mut |_| ()).await;
}

/// One run from its first event, or the first after the checkpoint that it goes on from, to its last: [`Event::Finished`],
/// [`Event::Stopped`], or [`Event::Failed`] with any failure.
pub async fn run(start: &Start, commands: &Receiver<Command>, emit: &mut dyn FnMut(Event)) {
    let (mut waiting, mut scoring) = Default::default();
    run_with(start, commands, &mut waiting, emit, &mut scoring).await;
}

/// The same; the supernet of a search scores genotypes between two steps and stays behind, and so do the commands that the run has taken and
/// not done.
async fn run_with(
    start: &Start,
    commands: &Receiver<Command>,
    waiting: &mut VecDeque<Command>,
    emit: &mut dyn FnMut(Event),
    scoring: &mut Scoring,
) {
    let mut control = Control::new(start, commands, waiting, emit, scoring);
    let last = match run_to_end(start, &mut control).await {
        Ok(Flow::Go) => Event::Finished,
        Ok(Flow::Stop) | Err(RunError::Stopped) => Event::Stopped,
        // What a lost device makes fail is told by what lost it.
        Err(error) => Event::Failed {
            message: device::check_after_failure()
                .map_or_else(|fault| fault.to_string(), |()| error.to_string()),
        },
    };
    control.emit(last);
}

/// What a search ends with that goes on from a checkpoint, or begins; its supernet scores meanwhile and stays behind.
async fn searched(
    search: &SearchConfig,
    from: Option<&Checkpoint>,
    data: &RunData,
    device: &Device,
    origin: &Position,
    control: &mut Control<'_>,
) -> Result<Genotype, RunError> {
    let (config, info) = (&origin.config, &origin.device);
    let seed = stream_seed(config);
    let size = search.size(data.shape, data.classes);
    let halves = [data.split.weights.len(), data.split.architecture.len()];
    let within = search.within(halves);
    let plan = MemoryPlan::choose(&within, config.kernels, config.memory, &size, info)?;
    let mut state = SearchState::new(search, data, seed, plan, device)?;
    if config.kind == RunKind::Judge {
        state.choose_nothing();
    }
    match from {
        Some(from) => state.restore(from, seed)?,
        None => state.announce(data, control)?,
    }
    let batches = score_batches(search.batch, data, seed, Some(SCORE_BATCHES));
    let lanes = MemoryPlan::score_lanes(search, search.batch, plan.fused, &size, info)?;
    let evaluator = state.evaluator(&size, batches, lanes)?;
    control.scoring().take_up(evaluator);
    state.run(data, origin, control).await
}

async fn run_to_end(start: &Start, control: &mut Control<'_>) -> Result<Flow, RunError> {
    let Start { config, from, .. } = start;
    config.check()?;
    let dataset = Dataset::load(&config.dataset)?;
    if from.is_none() {
        config.check_images([dataset.height, dataset.width])?;
    }
    let split = split_of(&dataset, config)?;
    let seed = stream_seed(config);
    let device::OpenDevice { device, info } = device::open(config.device).await?;
    let image = [dataset.channels, dataset.height, dataset.width];
    let size = config.train.size(image, dataset.classes.len());
    MemoryPlan::check_training(config, &size, split.train().len(), &info)?;
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
                image,
                classes: dataset.classes.len(),
                notes: dataset.notes.clone(),
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
            let drawn = match found {
                Some(genotype) => Some(genotype),
                None => random_genotype(search, seed)?,
            };
            let genotype = match drawn {
                Some(genotype) => genotype,
                None => searched(search, searching, &data, &device, &origin, control).await?,
            };
            let flow = control.before_step().await?;
            control.emit(Event::Derived {
                genotype: genotype.clone(),
            });
            if flow == Flow::Stop || config.kind != RunKind::Full {
                return Ok(flow);
            }
            genotype
        }
        (_, None, Some(genotype)) => genotype.clone(),
        // `check` lets nothing through that has neither.
        (_, None, None) => return Ok(Flow::Stop),
    };
    let mut state = TrainState::new(
        &config.train,
        &genotype,
        &data,
        seed,
        config.kernels,
        &device,
    )?;
    match training {
        Some(from) => state.restore(from, seed)?,
        None => state.announce(control)?,
    }
    state.run(&data, &origin, control).await
}
