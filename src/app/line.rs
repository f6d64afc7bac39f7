//! A link and what the session at its other end does: stamps events with their time, notices when the session is gone.

use crate::session::{Clock, Command, Event, Timed};

use super::context::{Notice, SessionState};
use super::link::Link;

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
