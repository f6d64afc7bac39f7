//! Between two steps: takes up commands, holds, ends.

use std::collections::VecDeque;
use std::time::Duration;

use async_channel::Receiver;
use web_time::Instant;

use super::add_data::add_data;
use super::checkpoint::{Checkpoint, CheckpointEvery};
use super::command::{Command, Start};
use super::device::{self, DeviceError};
use super::event::Event;
use super::predict::classify;
use super::score::Scoring;

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// To the next step.
    Go,
    /// It ends here.
    Stop,
}

/// A run's line to the outside: commands in, events out.
pub struct Control<'a> {
    commands: &'a Receiver<Command>,
    emit: &'a mut dyn FnMut(Event),
    scoring: &'a mut Scoring,
    held: bool,
    stopped: bool,
    /// Commands that came in the midst of what follows a step.
    waiting: VecDeque<Command>,
    /// Lines of the run said since its beginning, also before it was resumed.
    said: u64,
    checkpoints: Option<CheckpointEvery>,
    steps_since: u32,
    /// When the last checkpoint was handed out. The first is due after the first step, so that a run can go on from wherever it
    /// is cut off.
    last: Option<Instant>,
}

impl<'a> Control<'a> {
    /// A run that goes at once.
    pub fn new(
        start: &Start,
        commands: &'a Receiver<Command>,
        emit: &'a mut dyn FnMut(Event),
        scoring: &'a mut Scoring,
    ) -> Self {
        Self {
            commands,
            emit,
            scoring,
            held: false,
            stopped: false,
            waiting: VecDeque::new(),
            said: start.from.as_ref().map_or(0, |from| from.position.events),
            checkpoints: start.checkpoints,
            steps_since: 0,
            last: None,
        }
    }

    /// Says something.
    pub fn emit(&mut self, event: Event) {
        self.said += u64::from(event.is_line());
        (self.emit)(event);
    }

    /// Events said since the beginning of the run.
    pub fn said(&self) -> u64 {
        self.said
    }

    /// Whether anyone wants checkpoints.
    pub fn keeps(&self) -> bool {
        self.checkpoints.is_some()
    }

    /// Counts a step; whether the state after it should be handed out.
    pub fn checkpoint_due(&mut self, end_of_epoch: bool) -> bool {
        self.steps_since = self.steps_since.saturating_add(1);
        match self.checkpoints {
            None => false,
            Some(_) if end_of_epoch => true,
            Some(CheckpointEvery::Steps(steps)) => self.steps_since >= steps,
            Some(CheckpointEvery::Seconds(seconds)) => {
                let pause = Duration::from_secs(seconds.into());
                self.last.is_none_or(|last| last.elapsed() >= pause)
            }
        }
    }

    /// Hands out the state, unless it has left the numbers: then the last good one stands, and the next step says so.
    pub fn checkpoint(&mut self, state: Checkpoint) {
        self.steps_since = 0;
        self.last = Some(Instant::now());
        if !state.is_finite() {
            return;
        }
        (self.emit)(Event::Checkpoint {
            state: Box::new(state),
        });
    }

    /// What scores genotypes between two steps.
    pub fn scoring(&mut self) -> &mut Scoring {
        self.scoring
    }

    /// Whether a person is waiting to see each step, so that measurements must not be gathered for later.
    pub fn watched(&self) -> bool {
        self.held || !self.waiting.is_empty() || !self.commands.is_empty()
    }

    /// Whether a stop was asked for: for what follows a step and takes longer than one. Other commands wait for the next step.
    pub fn stops(&mut self) -> bool {
        while let Ok(command) = self.commands.try_recv() {
            self.waiting.push_back(command);
        }
        self.stopped |= self.waiting.contains(&Command::Stop);
        self.stopped
    }

    /// Takes up what was asked since the last step, scores included; while held, waits. A closed channel means that nobody listens any more: stop.
    /// Whoever gets [`Flow::Stop`] first says what is pending; the run's last event, [`Event::Stopped`], is said at its very end.
    ///
    /// # Errors
    /// [`DeviceError::Fault`]: the device has failed meanwhile.
    pub async fn before_step(&mut self) -> Result<Flow, DeviceError> {
        loop {
            #[cfg(target_arch = "wasm32")]
            super::yield_now::yield_now().await;
            device::check()?;
            if self.stopped {
                return Ok(Flow::Stop);
            }
            // An unfinished request for scores goes on, unless a command comes in between.
            let command = if let Some(command) = self.waiting.pop_front() {
                command
            } else if self.held && !self.scoring.busy() {
                match self.commands.recv().await {
                    Ok(command) => command,
                    Err(_) => Command::Stop,
                }
            } else {
                match self.commands.try_recv() {
                    Ok(command) => command,
                    Err(async_channel::TryRecvError::Empty) => match self.scoring.next().await {
                        Some(event) => {
                            self.emit(event);
                            continue;
                        }
                        None => return Ok(Flow::Go),
                    },
                    Err(async_channel::TryRecvError::Closed) => Command::Stop,
                }
            };
            match command {
                Command::Pause if !self.held => {
                    self.held = true;
                    self.emit(Event::Paused);
                }
                Command::Resume if self.held => {
                    self.held = false;
                    self.emit(Event::Resumed);
                }
                Command::Step => {
                    if !self.held {
                        self.held = true;
                        self.emit(Event::Paused);
                    }
                    return Ok(Flow::Go);
                }
                Command::Stop => self.stopped = true,
                Command::Pause | Command::Resume | Command::Rehearse { .. } => {}
                Command::Start(_) | Command::Open { .. } | Command::CheckDevice { .. } => {
                    self.emit(Event::Refused {
                        request: None,
                        message: "a run is going on; stop it first".into(),
                    });
                }
                Command::AddData { name, files } => self.emit(add_data(name, files)),
                Command::Classify {
                    request,
                    network,
                    images,
                } => {
                    let answer = classify(request, &network, &images).await;
                    self.emit(answer);
                }
                Command::Score { request, genotypes } => {
                    if let Some(answer) = self.scoring.ask(request, genotypes) {
                        self.emit(answer);
                    }
                }
            }
        }
    }
}
