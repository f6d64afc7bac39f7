//! `plateau bench`.

use clap::Args;

use super::CliError;
use super::out::{self, say};
use super::progress::thousands;
use crate::search::Strategy;
use crate::session::{
    BenchCase, BenchResult, BenchSize, DeviceChoice, KernelChoice, MemoryChoice, bench,
};

/// Arguments of `plateau bench`.
#[derive(Args)]
pub struct BenchArgs {
    /// Sizes: quick (C=8, L=5, 8×8×1, batch 64), teach (C=8, L=5, 28×28×1, batch 32), paper (C=16, L=8, 32×32×3, batch 64)
    #[arg(long, value_delimiter = ',', default_value = "quick,teach")]
    size: Vec<BenchSize>,
    /// Search steps to time; na-darts has 4 neighbors
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "darts,darts-2nd,na-darts"
    )]
    strategy: Vec<Strategy>,
    /// Implementations to compare
    #[arg(long, value_delimiter = ',', default_value = "stock,fused")]
    kernels: Vec<KernelChoice>,
    /// What the fused kernels keep for the backward pass
    #[arg(long, value_delimiter = ',', default_value = "keep")]
    memory: Vec<MemoryChoice>,
    /// Devices: cpu, gpu (any adapter) or auto
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
    /// Steps before timing
    #[arg(long, default_value_t = 3)]
    warmup: usize,
    /// Timed steps; the median is reported
    #[arg(long, default_value_t = 10)]
    steps: usize,
    /// Print exactly one JSON list on stdout
    #[arg(long)]
    json: bool,
}

fn bandwidth(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("a number above 0, such as 936 for an RTX 3090".into()),
    }
}

/// Measures every case and prints each as it comes.
pub fn run(args: &BenchArgs) -> Result<(), CliError> {
    if args.steps == 0 {
        return Err(CliError(
            "--steps is 0: at least one step must be timed".into(),
        ));
    }
    let mut results = Vec::new();
    if !args.json {
        say!(
            "{:<6} {:<12} {:<24} {:<6} {:<9} {:>11} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "size",
            "strategy",
            "device",
            "kernel",
            "memory",
            "ms a step",
            "min",
            "max",
            "launches",
            "peak MB",
            "forecast",
            "of limit"
        )?;
    }
    let cases = cases(args);
    for case in &cases {
        let result = if cases.len() == 1 {
            pollster::block_on(bench(case)).map_err(CliError::new)?
        } else {
            in_child(case)?
        };
        if !args.json {
            print(&result)?;
        }
        results.push(result);
    }
    if args.json {
        let text = serde_json::to_string(&results).map_err(CliError::new)?;
        out::json(&text)?;
    } else if results.iter().any(|result| result.software) {
        out::lines(
            "\na software adapter emulates a GPU on the CPU: its times say nothing about a GPU\n",
        )?;
    }
    Ok(())
}

/// One case in a process of its own, so that its memory is its own and no case warms up another's pools.
fn in_child(case: &BenchCase) -> Result<BenchResult, CliError> {
    let program = std::env::current_exe().map_err(CliError::new)?;
    let output = std::process::Command::new(program)
        .args(["bench", "--json", "--size", case.size.name()])
        .args(["--strategy", case.strategy.name()])
        .args(["--kernels", case.kernels.name()])
        .args(["--memory", case.memory.name()])
        .args(["--device", &case.device.to_string()])
        .args(["--memory-limit", &case.memory_limit.to_string()])
        .args(case.batch.map(|batch| format!("--batch={batch}")))
        .args(case.bandwidth.map(|limit| format!("--bandwidth={limit}")))
        .args(["--warmup", &case.warmup.to_string()])
        .args(["--steps", &case.steps.to_string()])
        .output()
        .map_err(CliError::new)?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let line = text.lines().last().unwrap_or("no message");
        return Err(CliError(format!(
            "the case {} {} {} failed: {line}",
            case.size.name(),
            case.strategy,
            case.kernels.name()
        )));
    }
    let mut results: Vec<BenchResult> =
        serde_json::from_slice(&output.stdout).map_err(CliError::new)?;
    results
        .pop()
        .ok_or_else(|| CliError("a case gave no result".into()))
}

fn cases(args: &BenchArgs) -> Vec<BenchCase> {
    let mut cases = Vec::new();
    for &device in &args.device {
        for &size in &args.size {
            for &strategy in &args.strategy {
                for &kernels in &args.kernels {
                    // Stock operations have no choice of what they keep.
                    let memories = match kernels {
                        KernelChoice::Stock => &[MemoryChoice::Keep][..],
                        KernelChoice::Fused => &args.memory,
                    };
                    cases.extend(memories.iter().map(|&memory| BenchCase {
                        size,
                        strategy,
                        kernels,
                        memory,
                        device,
                        memory_limit: args.memory_limit,
                        batch: args.batch.map(usize::from),
                        bandwidth: args.bandwidth,
                        warmup: args.warmup,
                        steps: args.steps,
                    }));
                }
            }
        }
    }
    cases
}

fn print(result: &BenchResult) -> Result<(), CliError> {
    let count = |value: Option<u64>| value.map_or("–".into(), thousands);
    let short: String = result.device.chars().take(24).collect();
    say!(
        "{:<6} {:<12} {:<24} {:<6} {:<9} {:>11.1} {:>9.1} {:>9.1} {:>9} {:>9} {:>9} {:>9}",
        result.size.name(),
        result.strategy,
        short,
        result.kernels.name(),
        result.memory.name(),
        result.ms_per_step,
        result.ms_min,
        result.ms_max,
        count(result.launches),
        count(result.peak_bytes.map(|bytes| bytes.div_ceil(1_000_000))),
        count(Some(result.forecast_bytes.div_ceil(1_000_000))),
        result
            .bandwidth_share
            .map_or("–".into(), |share| format!("{:.0} %", 100.0 * share)),
    )
}
