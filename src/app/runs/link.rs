//! The link between the window and a session, and what the session at its other end does.

use async_channel::{Receiver, Sender, TryRecvError};

use crate::session::{Command, Event, Start, Timed};

use super::notice::Notice;

/// Commands out, events in. What is at the other end is a thread natively and a web worker in the browser.
pub struct Link {
    commands: Sender<Command>,
    events: Receiver<Timed>,
    asides: Option<Receiver<Aside>>,
    /// Gives its session a seat.
    claim: Option<Box<dyn Fn(Seat)>>,
}

/// What a session of the window computes: the keeper of runs goes on with a run in the session of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seat {
    /// The run that is shown.
    Shown,
    /// The run that races with it.
    Rival,
    /// The judge.
    Judge,
}

/// What the other end says beside a run's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aside {
    /// For the person.
    Tell(Notice),
    /// The run is kept under that name; none: no more.
    Kept(Option<String>),
    /// What the engine of a page does before it can compute on the GPU; none: nothing any more.
    Engine(Option<String>),
}

impl Link {
    /// A link over two channels.
    pub fn new(commands: Sender<Command>, events: Receiver<Timed>) -> Self {
        Self {
            commands,
            events,
            asides: None,
            claim: None,
        }
    }

    /// The same link, with what gives its session a seat.
    pub fn with_claim(self, claim: impl Fn(Seat) + 'static) -> Self {
        Self {
            claim: Some(Box::new(claim)),
            ..self
        }
    }

    /// Gives its session a seat, in the place of the one that had it.
    pub fn claim(&self, seat: Seat) {
        if let Some(claim) = &self.claim {
            claim(seat);
        }
    }

    /// The same link, with what the other end says beside the events.
    pub fn with_asides(self, asides: Receiver<Aside>) -> Self {
        Self {
            asides: Some(asides),
            ..self
        }
    }

    /// A session on the thread `plateau-session`, which wakes the window whenever it says something.
    ///
    /// # Errors
    /// The system has no thread left.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn spawn(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        Self::spawn_with(move |_| wake())
    }

    /// As [`Link::spawn`]; `see` is called on the session's thread for every event, once it is on its way to the window.
    ///
    /// # Errors
    /// The system has no thread left.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn spawn_with(mut see: impl FnMut(&Timed) + Send + 'static) -> std::io::Result<Self> {
        let (commands, inbox) = async_channel::unbounded();
        let (outbox, events) = async_channel::unbounded();
        crate::session::spawn_session(inbox, move |timed| {
            // A window that has gone has also closed the commands, which ends the session.
            // A checkpoint is large and nothing for a window.
            if !matches!(timed.event, Event::Checkpoint { .. }) {
                let _gone = outbox.try_send(timed.clone());
            }
            see(&timed);
        })?;
        Ok(Self::new(commands, events))
    }

    /// Sends a command; false: the session is gone.
    pub fn send(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// The next event that has come, if any. An error: the session is gone and has said its last.
    pub fn receive(&self) -> Result<Option<Timed>, Gone> {
        match self.events.try_recv() {
            Ok(event) => Ok(Some(event)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Closed) => Err(Gone),
        }
    }

    /// The next aside that has come, if any.
    pub fn aside(&self) -> Option<Aside> {
        self.asides.as_ref()?.try_recv().ok()
    }
}

/// The session at the other end has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// A session as the window knows it.
#[derive(Default)]
pub struct Line {
    link: Option<Link>,
    gone: bool,
    starting: bool,
    busy: bool,
    /// The run was asked to end and still makes its last step.
    stopping: bool,
    /// What was sent to a run that its keeper has not handed over yet; none: nothing is waited for.
    early: Option<Vec<Command>>,
}

impl Line {
    /// Puts a session at the other end.
    pub fn connect(&mut self, link: Link) {
        *self = Self {
            link: Some(link),
            ..Self::default()
        };
    }

    /// Gives its session a seat, in the place of the one that had it.
    pub fn claim(&self, seat: Seat) {
        if let Some(link) = &self.link {
            link.claim(seat);
        }
    }

    /// What the session does.
    pub fn state(&self) -> SessionState {
        match self {
            Self { link: None, .. } | Self { gone: true, .. } => SessionState::Gone,
            Self { stopping: true, .. } => SessionState::Stopping,
            Self { busy: true, .. } => SessionState::Busy,
            Self { starting: true, .. } => SessionState::Starting,
            _ => SessionState::Idle,
        }
    }

    /// Whether it was asked for a run that has not said anything yet.
    pub fn is_starting(&self) -> bool {
        self.starting
    }

    /// Sends a command; false: the session is gone. What is for a run that is waited for comes behind its start.
    pub fn send(&mut self, command: Command) -> bool {
        let start = matches!(command, Command::Start(_));
        let stop = matches!(command, Command::Stop);
        let sent = match &mut self.early {
            Some(early) if command.is_for_run() => {
                early.push(command);
                true
            }
            _ => self.link.as_ref().is_some_and(|link| link.send(command)),
        };
        self.gone |= !sent;
        self.starting |= start && sent;
        self.stopping |= stop && sent && (self.busy || self.starting);
        if start {
            self.send_early();
        }
        sent
    }

    fn send_early(&mut self) {
        for command in self.early.take().into_iter().flatten() {
            self.send(command);
        }
    }

    /// A run is about to go on at the other end, or not after all: nothing else starts meanwhile.
    pub fn expect(&mut self, run: bool) {
        self.starting = run;
        self.stopping &= self.busy;
        self.early = run.then(Vec::new);
    }

    /// The run that was expected goes on, with `start` where the other end does not have that yet. False: nobody waits for it any more.
    pub fn goes_on(&mut self, start: Option<Box<Start>>) -> bool {
        if let Some(start) = start {
            if self.early.is_none() {
                return false;
            }
            self.send(Command::Start(start));
        }
        self.set_busy(true);
        self.send_early();
        true
    }

    fn set_busy(&mut self, busy: bool) {
        self.busy = busy;
        self.starting = false;
        self.stopping &= busy;
    }

    /// The next event that has come.
    pub fn receive(&mut self) -> Option<Timed> {
        let timed = match self.link.as_ref()?.receive() {
            Ok(timed) => timed?,
            Err(_) => {
                self.gone = true;
                return None;
            }
        };
        match &timed.event {
            Event::Started { .. } => self.set_busy(true),
            Event::Finished | Event::Stopped | Event::Failed { .. } => self.set_busy(false),
            _ => {}
        }
        Some(timed)
    }

    /// The next aside that has come.
    pub fn aside(&self) -> Option<Aside> {
        self.link.as_ref()?.aside()
    }
}

/// What the session at the other end of the line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Waits for a run.
    Idle,
    /// Was asked for a run that has not said anything yet.
    Starting,
    /// Runs, or holds between two steps.
    Busy,
    /// Was asked to end the run, and still makes its last step.
    Stopping,
    /// Has ended; it can be started anew.
    Gone,
}

impl SessionState {
    /// Whether a run goes on, be it for its last step only.
    pub fn is_busy(self) -> bool {
        matches!(self, Self::Busy | Self::Stopping)
    }

    /// Whether a run can be held, stepped and ended.
    pub fn obeys(self) -> bool {
        matches!(self, Self::Busy | Self::Starting)
    }

    /// Whether a run goes on or is about to.
    pub fn is_taken(self) -> bool {
        self.is_busy() || self == Self::Starting
    }
}
