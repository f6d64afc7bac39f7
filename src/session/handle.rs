//! A session as native programs hold it: on a thread of its own, or on the caller's.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use async_channel::{Receiver, Sender};

use super::actor::{run, serve};
use super::clock::Clock;
use super::command::{Command, Start};
use super::config::RunConfig;
use super::device;
use super::event::{Event, Timed};

/// A session on its own thread.
pub struct SessionHandle {
    /// Takes commands; dropping it ends the session after the current step.
    pub commands: Sender<Command>,
    /// Gives events in order; ends when the session is gone.
    pub events: mpsc::Receiver<Timed>,
    thread: thread::JoinHandle<()>,
}

impl SessionHandle {
    /// Starts the thread `plateau-session`.
    pub fn spawn() -> std::io::Result<Self> {
        let (commands, inbox) = async_channel::unbounded();
        let (outbox, events) = mpsc::channel();
        let thread = spawn_session(inbox, move |event| {
            // A reader that has gone has also closed the commands, which ends the session.
            let _gone = outbox.send(event);
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

/// Serves commands on the thread `plateau-session`, which ends when their channel closes. A panic becomes [`Event::Failed`].
///
/// # Errors
/// The system has no thread left.
pub fn spawn_session(
    inbox: Receiver<Command>,
    mut say: impl FnMut(Timed) + Send + 'static,
) -> std::io::Result<thread::JoinHandle<()>> {
    let session = move || {
        let clock = Clock::default();
        let served = AssertUnwindSafe(|| pollster::block_on(serve(inbox, &clock, &mut say)));
        // Drivers and libraries may panic where a device is lost. Nothing of the session is used after that.
        if let Err(panic) = catch_unwind(served) {
            let message = match device::check_after_failure() {
                Err(fault) => fault.to_string(),
                Ok(()) => format!(
                    "the session ended unexpectedly: {}; what was saved stands",
                    panic_text(&*panic)
                ),
            };
            say(clock.stamp(Event::Failed { message }));
        }
    };
    thread::Builder::new()
        .name("plateau-session".into())
        .spawn(session)
}

/// The first line of what a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(panic.downcast_ref::<&str>().copied());
    text.and_then(|text| text.lines().next())
        .unwrap_or("no reason given")
}

/// Runs on the calling thread and collects the events: what tests and scripts want.
pub fn run_blocking(config: &RunConfig) -> Vec<Event> {
    run_blocking_from(&Start::new(config.clone()))
}

/// The same from any start.
pub fn run_blocking_from(start: &Start) -> Vec<Event> {
    // The sender must live until the run is over: a closed channel means stop.
    let (_commands, inbox) = async_channel::unbounded();
    let mut events = Vec::new();
    pollster::block_on(run(start, &inbox, &mut |event| events.push(event)));
    events
}
