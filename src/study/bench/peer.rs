//! The same steps in PyTorch, timed beside a case by a Python that has it.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Times;
use super::case::{BenchCase, BenchStep, CLASSES};
use crate::json::problem;
use crate::search::Strategy;
use crate::space::{Cell, CellKind, Genotype, Space};

/// The program that Python runs.
const SCRIPT: &str = include_str!("../../../tests/peers/step.py");
/// How PyTorch is used: as it comes, with channels as the last axis, and compiled.
const WAYS: [&str; 3] = ["eager", "channels-last", "compiled"];
/// What is kept of what a Python says.
const MOST_BYTES: u64 = 1 << 20;
/// How long a Python that ended may take to close what it wrote to: processes that it started may still hold it.
const LAST_WORDS: Duration = Duration::from_secs(20);
/// How long a Python may take to say which PyTorch it has.
const IMPORT_SECONDS: u64 = 120;
/// The pause between two looks at whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// A Python that cannot be a peer.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// It does not start.
    #[error("--peer {0}: {1}")]
    Start(String, std::io::Error),
    /// It has no torch, or one that does not load.
    #[error("--peer {0} has no PyTorch ({1}); give a Python that has torch, or leave --peer away")]
    NoTorch(String, String),
}

/// A Python with PyTorch.
pub struct Peer {
    python: PathBuf,
    /// Seconds that one way of one case may take.
    limit: u64,
    about: About,
}

/// What the script says of its PyTorch.
#[derive(Clone, Deserialize)]
struct About {
    version: String,
    threads: usize,
    cuda: bool,
}

/// What the script says of a case.
#[derive(Deserialize)]
struct Measured {
    device: String,
    parameters: u64,
    ms: Vec<f64>,
}

/// What was measured beside a case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PeerResult {
    /// `PyTorch` and its version.
    pub name: String,
    /// Where it computed.
    pub device: String,
    /// Its threads.
    pub threads: usize,
    /// Every way of using it.
    pub ways: Vec<PeerTime>,
    /// The fastest of them.
    pub fastest: Option<String>,
    /// The median of the fastest over that of this program: above 1 this program is faster.
    pub ratio: Option<f64>,
}

/// One way of using the peer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PeerTime {
    /// `eager`, `channels-last` or `compiled`.
    pub way: String,
    /// Median wall time of a step.
    pub ms_per_step: Option<f64>,
    /// Fastest step.
    pub ms_min: Option<f64>,
    /// Slowest step.
    pub ms_max: Option<f64>,
    /// Timed steps: fewer than those of this program where they take long.
    pub steps: usize,
    /// Why there are no times.
    pub error: Option<String>,
}

impl Peer {
    /// Asks a Python for its PyTorch; `limit`: the seconds that one way of one case may take, with its start and its compilation.
    ///
    /// # Errors
    /// A Python that does not start or has no PyTorch.
    pub fn open(python: &Path, limit: u64) -> Result<Self, PeerError> {
        let name = || python.display().to_string();
        let about = match run(python, &[], IMPORT_SECONDS) {
            Ok(about) => about,
            Err(Failure::Start(error)) => return Err(PeerError::Start(name(), error)),
            Err(Failure::Said(error)) => return Err(PeerError::NoTorch(name(), error)),
        };
        Ok(Self {
            python: python.to_path_buf(),
            limit,
            about,
        })
    }

    /// Times the step of a case on the GPU or the CPU; none where the script has no such step.
    pub fn time(&self, case: &BenchCase, gpu: bool) -> Option<PeerResult> {
        let arguments = arguments(case)?;
        let mut device = if gpu { "GPU" } else { "CPU" }.to_string();
        let ways: Vec<PeerTime> = WAYS
            .iter()
            .map(|&way| match self.measure(case, &arguments, way, gpu) {
                Ok(measured) => {
                    device = measured.device;
                    let steps = measured.ms.len();
                    let times = Times::of(measured.ms);
                    PeerTime {
                        way: way.into(),
                        ms_per_step: Some(times.median),
                        ms_min: Some(times.min),
                        ms_max: Some(times.max),
                        steps,
                        error: None,
                    }
                }
                Err(error) => PeerTime {
                    way: way.into(),
                    ms_per_step: None,
                    ms_min: None,
                    ms_max: None,
                    steps: 0,
                    error: Some(error),
                },
            })
            .collect();
        Some(PeerResult {
            name: format!("PyTorch {}", self.about.version),
            device,
            threads: self.about.threads,
            ways,
            fastest: None,
            ratio: None,
        })
    }

    fn measure(
        &self,
        case: &BenchCase,
        arguments: &[String],
        way: &str,
        gpu: bool,
    ) -> Result<Measured, String> {
        if gpu && !self.about.cuda {
            return Err("this PyTorch finds no GPU".into());
        }
        let mut all = arguments.to_vec();
        all.extend(["--way".into(), way.into()]);
        all.extend(["--device".into(), if gpu { "cuda" } else { "cpu" }.into()]);
        // The start and a compilation take the other half.
        all.extend(["--seconds".into(), (self.limit / 2).to_string()]);
        let measured: Measured =
            run(&self.python, &all, self.limit).map_err(|failure| match failure {
                Failure::Start(error) => error.to_string(),
                Failure::Said(error) => error,
            })?;
        let own = case.count().map_err(|error| error.to_string())?.parameters;
        if measured.parameters != own {
            return Err(format!(
                "its network has {} weights, this program's {own}",
                measured.parameters
            ));
        }
        if measured.ms.is_empty() || measured.ms.iter().any(|ms| !ms.is_finite()) {
            return Err("it timed no step".into());
        }
        Ok(measured)
    }
}

impl PeerResult {
    /// The fastest way, compared with a step of this program.
    pub fn against(mut self, ms_per_step: f64) -> Self {
        let times = self
            .ways
            .iter()
            .filter_map(|way| Some((way.ms_per_step?, &way.way)));
        if let Some((ms, way)) = times.min_by(|a, b| a.0.total_cmp(&b.0)) {
            self.ratio = Some(ms / ms_per_step);
            self.fastest = Some(way.clone());
        }
        self
    }
}

/// What the script is told of a case; none where it has no such step.
fn arguments(case: &BenchCase) -> Option<Vec<String>> {
    let known = match case.step {
        BenchStep::Search(
            Strategy::Darts | Strategy::Darts2nd | Strategy::NaDarts | Strategy::NaDarts2nd,
        ) => case.space != Space::NasBench201Small,
        BenchStep::Search(_) => false,
        BenchStep::Train => case.genotype.space() == Space::Darts,
    };
    if !known {
        return None;
    }
    let shape = case.shape();
    let [planes, height, width] = shape.image;
    let mut arguments: Vec<String> = ["--space", case.space.name(), "--strategy", case.step.name()]
        .map(String::from)
        .into();
    if case.step == BenchStep::Train {
        arguments.extend(["--genotype".into(), wiring(&case.genotype)]);
    }
    for (flag, value) in [
        ("--channels", shape.channels),
        ("--layers", shape.layers),
        ("--planes", planes),
        ("--height", height),
        ("--width", width),
        ("--classes", CLASSES),
        ("--batch", shape.batch),
        ("--neighbors", case.lanes() - 1),
        ("--warmup", case.warmup),
        ("--steps", case.steps),
    ] {
        arguments.extend([flag.into(), value.to_string()]);
    }
    Some(arguments)
}

/// A genotype as the script reads it: of either cell, the operation and the state of every input of every node, and the output.
fn wiring(genotype: &Genotype) -> String {
    let cell = |cell: &Cell| {
        let nodes: Vec<Vec<(&str, usize)>> = cell
            .nodes
            .iter()
            .map(|node| {
                let pairs = node.iter();
                pairs
                    .map(|input| (input.operation.name(), input.from))
                    .collect()
            })
            .collect();
        serde_json::json!({"nodes": nodes, "concat": cell.concat})
    };
    let [normal, reduction] =
        [CellKind::Normal, CellKind::Reduction].map(|kind| cell(genotype.cell_of(kind)));
    serde_json::json!({"normal": normal, "reduction": reduction}).to_string()
}

/// Why a Python gave no result.
enum Failure {
    /// It did not start.
    Start(std::io::Error),
    /// What it said, or that it took too long.
    Said(String),
}

/// Runs the script and reads its line of JSON.
fn run<T: DeserializeOwned>(python: &Path, arguments: &[String], limit: u64) -> Result<T, Failure> {
    let mut child = Command::new(python)
        .arg("-")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Failure::Start)?;
    let output = child.stdout.take().map(reader);
    let messages = child.stderr.take().map(reader);
    if let Some(mut input) = child.stdin.take() {
        // A Python that does not read its program says why.
        let _unread = input.write_all(SCRIPT.as_bytes());
    }
    let said = |status: String| Failure::Said(status);
    let status = wait(&mut child, limit).map_err(|error| said(error.to_string()))?;
    let Some(status) = status else {
        return Err(said(format!("not done after {limit} seconds")));
    };
    let text = |receiver: Option<Receiver<Vec<u8>>>| {
        let bytes = receiver.and_then(|receiver| receiver.recv_timeout(LAST_WORDS).ok());
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    };
    let (output, messages) = (text(output), text(messages));
    if !status.success() {
        let last = messages.lines().rfind(|line| !line.trim().is_empty());
        let line: String = last.unwrap_or("no message").chars().take(300).collect();
        return Err(said(line));
    }
    // Libraries may print lines of their own before.
    let line = output.lines().last().unwrap_or_default();
    serde_json::from_str(line).map_err(|error| said(format!("no result: {}", problem(&error))))
}

/// Reads a pipe to its end in a thread of its own, so that the process never waits, and keeps the beginning.
fn reader(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.by_ref().take(MOST_BYTES).read_to_end(&mut bytes);
        let _rest = read.and_then(|_| std::io::copy(&mut pipe, &mut std::io::sink()));
        // Nobody may be waiting any more.
        let _unheard = sender.send(bytes);
    });
    receiver
}

/// Waits for a process, and ends it where it takes longer than so many seconds.
fn wait(child: &mut Child, limit: u64) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= Duration::from_secs(limit) {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
}
