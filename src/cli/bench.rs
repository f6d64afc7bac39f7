//! `plateau bench`.

mod predict;
mod table;

use std::path::PathBuf;

use clap::Args;

use super::genotype::read_genotype;
use super::out;
use super::{CliError, out::note};
use crate::json::problem;
use crate::session::{DeviceChoice, KernelChoice, MemoryChoice};
use crate::space::{Genotype, Space};
use crate::study::{BenchCase, BenchResult, BenchSize, BenchStep, Card, Peer, PeerResult, bench};
use table::Table;

/// Arguments of `plateau bench`.
#[derive(Args)]
pub struct BenchArgs {
    /// Sizes. darts: quick (C=8, L=5, 8×8×1, batch 64), teach (C=8, L=5, 28×28×1, batch 32), paper (C=16, L=8, 32×32×3, batch 64).
    /// nas-bench-201, 32×32×3, batch 64: C=8 and 1 cell a stage, C=16 and 1, C=16 and 5. train: as darts, but C=12 at quick and teach
    #[arg(long, value_delimiter = ',', default_value = "quick,teach")]
    size: Vec<BenchSize>,
    /// Steps to time: of a search in the supernet (na-darts has 4 neighbors), or train, of training a derived network of darts
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "darts,darts-2nd,na-darts"
    )]
    strategy: Vec<BenchStep>,
    /// Spaces of the searches: darts, nas-bench-201, nas-bench-201-small
    #[arg(long, value_delimiter = ',', default_value = "darts")]
    space: Vec<Space>,
    /// What train trains: a file, a preset or the text of a genotype of darts
    #[arg(long, default_value = "darts-v2")]
    genotype: String,
    /// Implementations to compare
    #[arg(long, value_delimiter = ',', default_value = "stock,fused")]
    kernels: Vec<KernelChoice>,
    /// What the fused kernels keep for the backward pass
    #[arg(long, value_delimiter = ',', default_value = "keep")]
    memory: Vec<MemoryChoice>,
    /// Devices: cpu, gpu (any adapter), gpu:N (the adapter of that number in plateau devices) or auto
    #[arg(long, value_delimiter = ',', default_value = "cpu,gpu")]
    device: Vec<DeviceChoice>,
    /// Images a step, instead of the size's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    batch: Option<u16>,
    /// Memory that a step may take, in megabytes; 0: as a search allows itself
    #[arg(long, value_name = "MB", default_value_t = 0)]
    memory_limit: u64,
    /// What the memory of the device can move, from its data sheet: prints the share of it that the fused kernels use on a GPU. Every
    /// value that a launch is given counts once
    #[arg(long, value_name = "GB/s", value_parser = bandwidth)]
    bandwidth: Option<f64>,
    /// Also time the launches of one step by stage on a GPU, one after the other, and print each stage's share of that bandwidth
    #[arg(long)]
    stages: bool,
    /// Time nothing: count what a step of the fused kernels asks of a GPU, and print how long it would take on a card of that --bandwidth,
    /// those --operations and that --launch. Counts on any adapter, a software one too, which compiles the kernels and runs none. On an
    /// adapter that is hardware the steps are timed as well, and compared
    #[arg(
        long,
        requires = "bandwidth",
        requires = "operations",
        requires = "launch"
    )]
    #[arg(
        conflicts_with = "peer",
        conflicts_with = "stages",
        conflicts_with = "save"
    )]
    predict: bool,
    /// Of --predict: what the card computes in single precision, from its data sheet
    #[arg(long, value_name = "TFLOP/s", value_parser = operations, requires = "predict")]
    operations: Option<f64>,
    /// Of --predict: what a launch takes that has nothing to do; plateau devices --measure measures it
    #[arg(long, value_name = "µs", value_parser = launch, requires = "predict")]
    launch: Option<f64>,
    /// Steps before timing
    #[arg(long, default_value_t = 3)]
    warmup: usize,
    /// Timed steps; the median is reported
    #[arg(long, default_value_t = 10)]
    steps: usize,
    /// A Python with torch: times the same steps in PyTorch, eager, with channels as the last axis and compiled, right after each case,
    /// and prints how many times as long the fastest takes. For darts, na-darts, their second orders and train
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// Seconds that each of these may take, with its start and its compilation
    #[arg(long, value_name = "SECONDS", default_value_t = 600, requires = "peer")]
    peer_limit: u64,
    /// Also keep the JSON list in a file, which grows with every case
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Print exactly one JSON list on stdout
    #[arg(long)]
    json: bool,
}

fn bandwidth(text: &str) -> Result<f64, String> {
    above_0(text, "936 for an RTX 3090")
}

fn operations(text: &str) -> Result<f64, String> {
    above_0(text, "35.6 for an RTX 3090")
}

fn launch(text: &str) -> Result<f64, String> {
    above_0(text, "24 for Vulkan")
}

fn above_0(text: &str, such_as: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err(format!("a number above 0, such as {such_as}")),
    }
}

impl BenchArgs {
    /// The card of `--predict`.
    fn card(&self) -> Option<Card> {
        self.predict.then_some(Card {
            gb_per_s: self.bandwidth?,
            tflops: self.operations?,
            launch_us: self.launch?,
        })
    }
}

/// Measures every case and prints each as it comes.
pub fn run(args: &BenchArgs) -> Result<(), CliError> {
    if args.steps == 0 {
        return Err(CliError(
            "--steps is 0: at least one step must be timed".into(),
        ));
    }
    let cases = cases(args, &genotype(args)?);
    if cases.is_empty() {
        return Err(CliError(
            "nothing to time: --strategy train needs --space darts".into(),
        ));
    }
    if let Some(card) = args.card() {
        return predict::run(&cases, &card, args.json);
    }
    let peer = args
        .peer
        .as_deref()
        .map(|python| Peer::open(python, args.peer_limit));
    let mut beside = Beside {
        peer: peer.transpose().map_err(CliError::new)?,
        last: None,
    };
    let mut table = Table::default();
    let mut results = Vec::new();
    for case in &cases {
        let mut result = if cases.len() == 1 {
            pollster::block_on(bench(case)).map_err(CliError::new)?
        } else {
            in_child(case)?
        };
        result.peer = beside.time(case, &result);
        if !args.json {
            table.add(&result)?;
        }
        results.push(result);
        if let Some(file) = &args.save {
            let text = serde_json::to_string(&results).map_err(CliError::new)?;
            out::file(file, (text + "\n").as_bytes())?;
        }
    }
    if args.json {
        let text = serde_json::to_string(&results).map_err(CliError::new)?;
        out::json(&text)
    } else {
        table.end()
    }
}

/// The peer, and what it took for the last case: kernels and what they keep are nothing to it.
struct Beside {
    peer: Option<Peer>,
    last: Option<(String, Option<PeerResult>)>,
}

impl Beside {
    fn time(&mut self, case: &BenchCase, result: &BenchResult) -> Option<PeerResult> {
        let peer = self.peer.as_ref()?;
        if result.software {
            return None;
        }
        // Only the CPU has a peak.
        let gpu = result.peak_gflops.is_none();
        let name = format!(
            "{gpu} {} {} {}",
            case.space,
            case.step.name(),
            case.size.name()
        );
        let last = self.last.take().filter(|(of, _)| *of == name);
        let measured = match last {
            Some((_, measured)) => measured,
            None => {
                note!(
                    "timing PyTorch: {} {} {}",
                    case.space,
                    case.step.name(),
                    case.size.name()
                );
                peer.time(case, gpu)
            }
        };
        self.last = Some((name, measured.clone()));
        measured.map(|peer| peer.against(result.ms_per_step))
    }
}

/// The genotype of `--strategy train`.
fn genotype(args: &BenchArgs) -> Result<Genotype, CliError> {
    let genotype = read_genotype(&args.genotype)?;
    match genotype.space() {
        Space::Darts => Ok(genotype),
        space => Err(CliError(format!(
            "--genotype is of {space}: --strategy train times networks of darts"
        ))),
    }
}

/// One case in a process of its own, so that its memory is its own and no case warms up another's pools.
fn in_child(case: &BenchCase) -> Result<BenchResult, CliError> {
    let program = std::env::current_exe().map_err(CliError::new)?;
    let output = std::process::Command::new(program)
        .args(["bench", "--json", "--size", case.size.name()])
        .args(["--strategy", case.step.name()])
        .args(["--space", case.space.name()])
        .args(["--genotype", &case.genotype.to_json()])
        .args(["--kernels", case.kernels.name()])
        .args(["--memory", case.memory.name()])
        .args(["--device", &case.device.to_string()])
        .args(["--memory-limit", &case.memory_limit.to_string()])
        .args(case.batch.map(|batch| format!("--batch={batch}")))
        .args(case.bandwidth.map(|limit| format!("--bandwidth={limit}")))
        .args(case.stages.then_some("--stages"))
        .args(["--warmup", &case.warmup.to_string()])
        .args(["--steps", &case.steps.to_string()])
        .output()
        .map_err(CliError::new)?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let line = text.lines().last().unwrap_or("no message");
        return Err(CliError(format!(
            "the case {} {} {} {} failed: {line}",
            case.space,
            case.size.name(),
            case.step.name(),
            case.kernels.name()
        )));
    }
    let results = serde_json::from_slice(&output.stdout);
    let mut results: Vec<BenchResult> =
        results.map_err(|error| CliError(format!("a case gave no result: {}", problem(&error))))?;
    results
        .pop()
        .ok_or_else(|| CliError("a case gave no result".into()))
}

/// Every combination that there is, in the order of the table.
fn cases(args: &BenchArgs, genotype: &Genotype) -> Vec<BenchCase> {
    let mut cases = Vec::new();
    for &device in &args.device {
        for &space in &args.space {
            for &size in &args.size {
                for &step in &args.strategy {
                    if step == BenchStep::Train && space != genotype.space() {
                        continue;
                    }
                    for &kernels in &args.kernels {
                        // Stock operations have no choice of what they keep.
                        let memories = match kernels {
                            KernelChoice::Stock => &[MemoryChoice::Keep][..],
                            KernelChoice::Fused => &args.memory,
                        };
                        cases.extend(memories.iter().map(|&memory| BenchCase {
                            size,
                            space,
                            step,
                            genotype: genotype.clone(),
                            kernels,
                            memory,
                            device,
                            memory_limit: args.memory_limit,
                            batch: args.batch.map(usize::from),
                            bandwidth: args.bandwidth,
                            stages: args.stages,
                            warmup: args.warmup,
                            steps: args.steps,
                        }));
                    }
                }
            }
        }
    }
    cases
}
