//! Signals that ask for an end: Ctrl-C, and what batch systems and closed terminals send (SIGTERM, SIGUSR1, SIGHUP).
//!
//! While a run is recorded, the first one stops it between two steps and a second one ends the process. At all other times, while
//! data load or networks are scored whose scores are kept nowhere, waiting would save nothing: the first one ends the process.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_channel::Sender;

use super::CliError;
use super::out::note;
use crate::record::give_up_all;
use crate::session::Command;

/// Exit code of what was stopped and can go on: the `EX_TEMPFAIL` of sysexits.h, which asks to try again.
pub const GOES_ON: u8 = 75;

/// What stands for a signal in an exit code, less its number, as shells have it.
#[cfg(unix)]
const BY_SIGNAL: i32 = 128;

/// How long a line about a signal may take.
const MOMENT: Duration = Duration::from_millis(200);

/// What the next signal does.
enum Next {
    /// Ends the process with these words. `goes_on`: it can be gone on with.
    End { words: String, goes_on: bool },
    /// Stops the run.
    Stop(Sender<Command>),
    /// Is passed on to these processes, which end by themselves. The last one came so.
    PassOn { to: Vec<u32>, heard: Option<i32> },
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

/// From now on signals are passed on to the processes that [`also_passes_on`] names.
pub fn passes_on() {
    *next() = Next::PassOn {
        to: Vec::new(),
        heard: None,
    };
}

/// Passes signals on to another process, and the last one if any came.
pub fn also_passes_on(process: u32) {
    if let Next::PassOn { to, heard } = &mut *next() {
        to.push(process);
        if let Some(code) = heard {
            pass_on(process, *code);
        }
    }
}

/// Passes nothing on any more, as the processes have ended. Whether a signal was.
pub fn passed_on() -> bool {
    match &mut *next() {
        Next::PassOn { to, heard } => {
            to.clear();
            heard.is_some()
        }
        _ => false,
    }
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
    match &mut *next {
        Next::PassOn { to, heard } => {
            *heard = Some(code);
            to.iter().for_each(|process| pass_on(*process, code));
        }
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

/// Sends the signal of a code to a process.
#[cfg(unix)]
fn pass_on(process: u32, code: i32) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let process = i32::try_from(process).map(Pid::from_raw);
    if let (Ok(process), Ok(signal)) = (process, Signal::try_from(code - BY_SIGNAL)) {
        // It may have ended.
        let _sent = kill(process, signal);
    }
}

/// Here a console tells all of its processes.
#[cfg(not(unix))]
fn pass_on(_process: u32, _code: i32) {}

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
    give_up_all();
    signal_hook::low_level::exit(code)
}

#[cfg(not(unix))]
fn exit(code: i32) -> ! {
    give_up_all();
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
    thread.spawn(move || {
        signals
            .forever()
            .for_each(|signal| heard(BY_SIGNAL + signal))
    })?;
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
