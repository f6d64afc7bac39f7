//! The link between the window and a session, and what the session at its other end does: stamps events with their time, notices when the session
//! is gone.

use async_channel::{Receiver, Sender, TryRecvError};

use crate::session::{Clock, Command, Event, Timed};

use super::context::{Notice, SessionState};

/// Commands out, events in. What is at the other end is a thread natively and a web worker in the browser.
pub struct Link {
    commands: Sender<Command>,
    events: Receiver<Event>,
    notices: Option<Receiver<Notice>>,
}

impl Link {
    /// A link over two channels.
    pub fn new(commands: Sender<Command>, events: Receiver<Event>) -> Self {
        Self {
            commands,
            events,
            notices: None,
        }
    }

    /// The same link, with what the other end tells the person beside the events, such as where a run is recorded.
    pub fn with_notices(self, notices: Receiver<Notice>) -> Self {
        Self {
            notices: Some(notices),
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
    pub fn spawn_with(mut see: impl FnMut(&Event) + Send + 'static) -> std::io::Result<Self> {
        let (commands, inbox) = async_channel::unbounded();
        let (outbox, events) = async_channel::unbounded();
        crate::session::spawn_session(inbox, move |event| {
            // A window that has gone has also closed the commands, which ends the session.
            // A checkpoint is large and nothing for a window.
            if !matches!(event, Event::Checkpoint { .. }) {
                let _gone = outbox.try_send(event.clone());
            }
            see(&event);
        })?;
        Ok(Self::new(commands, events))
    }

    /// The channel of the commands, for others that speak to the session.
    pub fn commands(&self) -> Sender<Command> {
        self.commands.clone()
    }

    /// Sends a command; false: the session is gone.
    pub fn send(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// The next event that has come, if any. An error: the session is gone and has said its last.
    pub fn receive(&self) -> Result<Option<Event>, Gone> {
        match self.events.try_recv() {
            Ok(event) => Ok(Some(event)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Closed) => Err(Gone),
        }
    }
}

impl Link {
    /// The next notice that has come, if any.
    pub fn notice(&self) -> Option<Notice> {
        self.notices.as_ref()?.try_recv().ok()
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
    /// Of the run of now, or of the last one.
    clock: Option<Clock>,
}

impl Line {
    /// Puts a session at the other end.
    pub fn connect(&mut self, link: Link) {
        *self = Self {
            link: Some(link),
            ..Self::default()
        };
    }

    /// What the session does.
    pub fn state(&self) -> SessionState {
        match self {
            Self { link: None, .. } | Self { gone: true, .. } => SessionState::Gone,
            Self { busy: true, .. } => SessionState::Busy,
            Self { starting: true, .. } => SessionState::Starting,
            _ => SessionState::Idle,
        }
    }

    /// Sends a command; false: the session is gone.
    pub fn send(&mut self, command: Command) -> bool {
        let start = matches!(command, Command::Start(_));
        let sent = self.link.as_ref().is_some_and(|link| link.send(command));
        self.gone |= !sent;
        self.starting |= start && sent;
        sent
    }

    /// A run that had taken so many seconds goes on at the other end.
    pub fn goes_on(&mut self, seconds: f64) {
        self.starting = false;
        self.busy = true;
        self.clock = Some(Clock::at(seconds));
    }

    /// The next event that has come, with the seconds since its run started.
    pub fn receive(&mut self) -> Option<Timed> {
        let event = match self.link.as_ref()?.receive() {
            Ok(event) => event?,
            Err(_) => {
                self.gone = true;
                return None;
            }
        };
        match &event {
            Event::Started { .. } => {
                self.clock = Some(Clock::at(0.0));
                self.busy = true;
                self.starting = false;
            }
            Event::Finished | Event::Stopped | Event::Failed { .. } => {
                self.busy = false;
                self.starting = false;
            }
            _ => {}
        }
        let seconds = self.clock.map_or(0.0, |clock| clock.seconds());
        Some(Timed { seconds, event })
    }

    /// The next notice that has come.
    pub fn notice(&self) -> Option<Notice> {
        self.link.as_ref()?.notice()
    }
}
