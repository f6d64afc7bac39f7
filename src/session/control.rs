//! Between two steps: takes up commands, holds, ends.

use async_channel::Receiver;

use super::command::Command;
use super::event::Event;

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
    held: bool,
    stopped: bool,
}

impl<'a> Control<'a> {
    /// A run that goes at once.
    pub fn new(commands: &'a Receiver<Command>, emit: &'a mut dyn FnMut(Event)) -> Self {
        Self {
            commands,
            emit,
            held: false,
            stopped: false,
        }
    }

    /// Says something.
    pub fn emit(&mut self, event: Event) {
        (self.emit)(event);
    }

    /// Whether a person is waiting to see each step, so that measurements must not be gathered for later.
    pub fn watched(&self) -> bool {
        self.held || !self.commands.is_empty()
    }

    /// Takes up what was asked since the last step; while held, waits. A closed channel means that nobody listens any more: stop.
    pub async fn before_step(&mut self) -> Flow {
        #[cfg(target_arch = "wasm32")]
        super::turn::yield_now().await;
        loop {
            if self.stopped {
                return Flow::Stop;
            }
            let command = if self.held {
                match self.commands.recv().await {
                    Ok(command) => command,
                    Err(_) => Command::Stop,
                }
            } else {
                match self.commands.try_recv() {
                    Ok(command) => command,
                    Err(async_channel::TryRecvError::Empty) => return Flow::Go,
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
                    return Flow::Go;
                }
                Command::Stop => {
                    self.stopped = true;
                    self.emit(Event::Stopped);
                }
                Command::Pause | Command::Resume => {}
                Command::Start { .. } => self.emit(Event::Refused {
                    message: "a run is going on; stop it first".into(),
                }),
                Command::Score { .. } => self.emit(Event::Refused {
                    message: "there is no supernet to score with; start a search first".into(),
                }),
            }
        }
    }
}
