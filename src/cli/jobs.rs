//! Several processes that work on one comparison at once, each with a device of its own.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use super::CliError;
use super::out::note;
use super::stop;
use crate::session::DeviceChoice;
use crate::session::adapters::{CHOSEN, adapters, alike, chosen};

/// The variable that says how many threads a process computes with; no result depends on it.
const THREADS: &str = "RAYON_NUM_THREADS";

/// The arguments of this call but how many jobs it has.
pub fn arguments() -> Vec<OsString> {
    let mut all = std::env::args_os().skip(1);
    let mut kept = Vec::new();
    while let Some(one) = all.next() {
        match one.to_str() {
            Some("--jobs") => drop(all.next()),
            Some(flag) if flag.starts_with("--jobs=") => {}
            _ => kept.push(one),
        }
    }
    kept
}

/// Has this call done by so many processes, and waits until all have ended. A signal is passed on to them. `stopped`: what is said then.
pub fn run(count: usize, device: DeviceChoice, stopped: &str) -> Result<(), CliError> {
    let numbers = numbers(device)?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = (cores / count).max(1);
    match &numbers[..] {
        [] => note!("jobs     {count} at once, {threads} threads each"),
        numbers => {
            let of_each: Vec<String> = (0..count)
                .map(|job| format!("gpu:{}", numbers[job % numbers.len()]))
                .collect();
            note!("jobs     {count} at once, on {}", of_each.join(", "));
        }
    }
    stop::passes_on();
    let mut jobs = Vec::new();
    for job in 0..count {
        let number = numbers.get(job % numbers.len().max(1)).copied();
        match Job::start(job + 1, number, threads) {
            Ok(job) => jobs.push(job),
            Err(error) => {
                note!("note: job {} did not start ({error})", job + 1);
                break;
            }
        }
    }
    if jobs.is_empty() {
        return Err(CliError("no job could be started".into()));
    }
    // Their numbers are theirs until they are waited for, so that no signal reaches another process: first all must be silent.
    let ended: Vec<_> = jobs.into_iter().map(Job::heard_out).collect();
    let signalled = stop::passed_on();
    let mut failed = None;
    for (mut child, last) in ended {
        let status = child.wait().map_err(CliError::new)?;
        if !status.success() {
            failed.get_or_insert((status.code(), last));
        }
    }
    match failed {
        Some((code, _)) if signalled || code == Some(stop::GOES_ON.into()) => {
            stop::has_stopped();
            Err(CliError(stopped.to_owned()))
        }
        Some((None, _)) => Err(CliError("a job was killed".into())),
        Some((_, last)) => Err(CliError(format!(
            "a job failed: {}",
            last.strip_prefix("plateau: ").unwrap_or(&last)
        ))),
        None => Ok(()),
    }
}

/// The numbers of the adapters that jobs take in turn; none where they compute on the CPU, or where one is chosen.
fn numbers(device: DeviceChoice) -> Result<Vec<u16>, CliError> {
    let is_free = match device {
        DeviceChoice::Cpu | DeviceChoice::Adapter(_) => false,
        DeviceChoice::Auto | DeviceChoice::Gpu => chosen().map_err(CliError::new)?.is_none(),
    };
    if !is_free {
        return Ok(Vec::new());
    }
    let found = pollster::block_on(adapters());
    let hardware = found.first().is_some_and(|first| first.is_hardware());
    if device == DeviceChoice::Auto && !hardware {
        return Ok(Vec::new());
    }
    let all: Vec<_> = found.into_iter().map(|one| one.adapter).collect();
    Ok(alike(&all))
}

/// One of the processes.
struct Job {
    child: Child,
    /// Passes on what it says, to its end, and keeps the last line.
    told: JoinHandle<String>,
}

impl Job {
    fn start(job: usize, number: Option<u16>, threads: usize) -> std::io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::piped());
        // A terminal sends Ctrl-C to all of its group, and this process passes it on: it would be a second signal.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        if std::env::var_os(THREADS).is_none() {
            command.env(THREADS, threads.to_string());
        }
        if let Some(number) = number {
            command.env(CHOSEN, number.to_string());
        }
        let mut child = command.spawn()?;
        stop::also_passes_on(child.id());
        let stderr = child.stderr.take();
        let told = thread::spawn(move || stderr.map_or_else(String::new, |from| tell(job, from)));
        Ok(Self { child, told })
    }

    /// Waits until it has nothing more to say.
    fn heard_out(self) -> (Child, String) {
        // What it said last is lost with the thread; how it ended is not.
        (self.child, self.told.join().unwrap_or_default())
    }
}

/// Says the lines of a job with its number. The last one.
fn tell(job: usize, from: impl Read) -> String {
    let mut last = String::new();
    let lines = BufReader::new(from).split(b'\n').map_while(Result::ok);
    for line in lines {
        last = String::from_utf8_lossy(&line).into_owned();
        note!("[{job}] {last}");
    }
    last
}
