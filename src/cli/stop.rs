//! Signals that ask for an end: Ctrl-C, and what batch systems and closed terminals send (SIGTERM, SIGUSR1, SIGHUP).
//!
//! While a run is recorded, the first one stops it between two steps and a second one ends the process. At all other times, while
//! data load or networks are scored whose scores are kept nowhere, waiting would save nothing: the first one ends the process.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_channel::Sender;

use super::CliError;
use super::out::note;
use crate::session::Command;

/// Exit code of what was stopped and can go on: the `EX_TEMPFAIL` of sysexits.h, which asks to try again.
const GOES_ON: u8 = 75;

/// How long a line about a signal may take.
const MOMENT: Duration = Duration::from_millis(200);

/// What the next signal does.
enum Next {
    /// Ends the process with these words. `goes_on`: it can be gone on with.
    End { words: String, goes_on: bool },
    /// Stops the run.
    Stop(Sender<Command>),
    /// Ends the process: a stop was asked for before.
    Stopping,
    /// The same; the run has stopped.
    Stopped,
}

static NEXT: Mutex<Next> = Mutex::new(Next::End {
    words: String::new(),
    goes_on: false,
});

fn next() -> MutexGuard<'static, Next> {
    // A thread that panicked while it held this has left it whole.
    NEXT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens from now on. Until something is recorded, a signal ends the process.
pub fn listen() -> Result<(), CliError> {
    *next() = Next::End {
        words: "stopped before anything was recorded".into(),
        goes_on: false,
    };
    on_signals().map_err(CliError::new)
}

/// From now on a signal ends the process, which the same or another command can go on with: `words` say which.
pub fn goes_on(words: String) {
    let mut next = next();
    if matches!(*next, Next::Stopping) {
        // It came when there was no step left that could have heard it.
        end(&words, GOES_ON.into());
    }
    *next = Next::End {
        words,
        goes_on: true,
    };
}

/// From now on a signal stops the run that takes these commands.
pub fn stops(run: Sender<Command>) {
    *next() = Next::Stop(run);
}

/// The run has stopped on request.
pub fn has_stopped() {
    *next() = Next::Stopped;
}

/// The exit code of a command that has failed.
pub fn exit_code() -> u8 {
    match *next() {
        Next::Stopped => GOES_ON,
        _ => 1,
    }
}

/// A signal came; `code` is what the process ends with where nothing can go on.
fn heard(code: i32) {
    let mut next = next();
    match &*next {
        Next::End { words, goes_on } => end(words, if *goes_on { GOES_ON.into() } else { code }),
        Next::Stop(run) if run.try_send(Command::Stop).is_ok() => {
            *next = Next::Stopping;
            drop(next);
            speak("stopping after this step; a second signal or Ctrl-C ends at once".into());
        }
        Next::Stop(_) | Next::Stopping | Next::Stopped => exit(code),
    }
}

fn end(words: &str, code: i32) -> ! {
    speak(format!("plateau: {words}"));
    exit(code)
}

/// Says a line, unless nobody takes it in a moment: a full pipe must not keep a signal from being heard.
fn speak(line: String) {
    let (done, said) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new().spawn(move || {
        note!("{line}");
        // Nobody may wait any more.
        let _late = done.send(());
    });
    if thread.is_ok() {
        let _unsaid = said.recv_timeout(MOMENT);
    }
}

/// Ends without the clean-up of libraries whose threads still compute.
#[cfg(unix)]
fn exit(code: i32) -> ! {
    signal_hook::low_level::exit(code)
}

#[cfg(not(unix))]
fn exit(code: i32) -> ! {
    std::process::exit(code)
}

#[cfg(unix)]
fn on_signals() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
    let mut wanted = vec![SIGINT, SIGTERM, SIGUSR1];
    if !hangs_up_unheard() {
        wanted.push(SIGHUP);
    }
    let mut signals = signal_hook::iterator::Signals::new(wanted)?;
    let thread = std::thread::Builder::new().name("plateau-signals".into());
    // As shells number the end by a signal.
    thread.spawn(move || signals.forever().for_each(|signal| heard(128 + signal)))?;
    Ok(())
}

/// Whether the process was started to outlive its terminal, as `nohup` does.
#[cfg(unix)]
fn hangs_up_unheard() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal_hook::consts::SIGHUP - 1)) != 0)
}

#[cfg(not(unix))]
fn on_signals() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| heard(130))
}
