//! The line between the window and a session.

use async_channel::{Receiver, Sender, TryRecvError};

use crate::session::{Command, Event};

use super::context::Notice;

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
