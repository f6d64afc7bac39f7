//! The table of `plateau bench`, at most 120 columns wide.

use crate::cli::CliError;
use crate::cli::out::{self, say};
use crate::numbers::thousands;
use crate::study::{BenchResult, PeerResult};

/// Prints results as they come, under a heading for every device and space.
#[derive(Default)]
pub struct Table {
    /// The heading of the last lines.
    heading: String,
    /// The most that the threads of the CPU reached, 10⁹ a second.
    peak_gflops: f64,
    software: bool,
}

impl Table {
    /// One result, under its heading.
    pub fn add(&mut self, result: &BenchResult) -> Result<(), CliError> {
        let heading = format!("{} · {}", result.device, result.space);
        if heading != self.heading {
            let gap = if self.heading.is_empty() { "" } else { "\n" };
            out::lines(&format!("{gap}{heading}\n{}\n", head()))?;
            self.heading = heading;
        }
        self.software |= result.software;
        self.peak_gflops = self.peak_gflops.max(result.peak_gflops.unwrap_or(0.0));
        say!("{}", row(result))?;
        out::lines(&stages(result))?;
        match &result.peer {
            Some(peer) => out::lines(&beside(peer)),
            None => Ok(()),
        }
    }

    /// What the figures mean.
    pub fn end(&self) -> Result<(), CliError> {
        if self.peak_gflops > 0.0 {
            out::lines(&format!(
                "\nthe peak is {:.0} GFLOP/s: fused multiply-adds on all threads, measured before each case\n",
                self.peak_gflops
            ))?;
        }
        if self.software {
            out::lines(
                "\na software adapter emulates a GPU on the CPU: its times say nothing about a GPU\n",
            )?;
        }
        Ok(())
    }
}

fn head() -> String {
    format!(
        "{:<6} {:<12} {:<6} {:<9} {:>10} {:>8} {:>8} {:>8} {:>7} {:>8} {:>8} {:>8} {:>8}",
        "size",
        "strategy",
        "kernel",
        "memory",
        "ms a step",
        "min",
        "max",
        "GFLOP/s",
        "of peak",
        "launches",
        "peak MB",
        "forecast",
        "of limit"
    )
}

fn row(result: &BenchResult) -> String {
    let count = |value: Option<u64>| value.map_or("–".into(), thousands);
    let megabytes = |bytes: Option<u64>| count(bytes.map(|bytes| bytes.div_ceil(1_000_000)));
    let share =
        |share: Option<f64>| share.map_or("–".into(), |share| format!("{:.0} %", 100.0 * share));
    format!(
        "{:<6} {:<12} {:<6} {:<9} {:>10.1} {:>8.1} {:>8.1} {:>8.1} {:>7} {:>8} {:>8} {:>8} {:>8}",
        result.size.name(),
        result.strategy.name(),
        result.kernels.name(),
        result.memory.name(),
        result.ms_per_step,
        result.ms_min,
        result.ms_max,
        result.gflops,
        share(result.peak_share),
        count(result.launches),
        megabytes(result.peak_bytes),
        megabytes(result.forecast_bytes),
        share(result.bandwidth_share),
    )
}

/// The stages under a result, those that take longest first.
fn stages(result: &BenchResult) -> String {
    if result.stages.is_empty() {
        return String::new();
    }
    let mut stages: Vec<_> = result.stages.iter().collect();
    stages.sort_by(|a, b| f64::total_cmp(&b.ms.unwrap_or(0.0), &a.ms.unwrap_or(0.0)));
    // What the bandwidth was worked out from, the other way round.
    let limit = result.bandwidth_share.zip(result.bytes_per_step);
    let limit = limit.map(|(share, bytes)| bytes as f64 / (1e-3 * result.ms_per_step) / share);
    let mut lines = format!(
        "       {:<24} {:>8} {:>10} {:>10} {:>10} {:>8}\n",
        "stage", "launches", "ms", "GB", "GB/s", "of limit"
    );
    for stage in stages {
        let ms = stage.ms.unwrap_or(0.0);
        let rate = (stage.bytes > 0 && ms > 0.0).then(|| stage.bytes as f64 / (1e-3 * ms));
        let share = rate.zip(limit).map(|(rate, limit)| rate / limit);
        lines += &format!(
            "       {:<24} {:>8} {ms:>10.3} {:>10.3} {:>10} {:>8}\n",
            stage.stage,
            stage.launches,
            1e-9 * stage.bytes as f64,
            rate.map_or("–".into(), |rate| format!("{:.1}", 1e-9 * rate)),
            share.map_or("–".into(), |share| format!("{:.0} %", 100.0 * share)),
        );
    }
    if result.stages_by_host {
        lines += "       without time stamps of the device: the times hold the launching too\n";
    }
    lines
}

/// The peer's times under a result, and a line for every way that gave none.
fn beside(peer: &PeerResult) -> String {
    let times: Vec<String> = peer
        .ways
        .iter()
        .filter_map(|way| way.ms_per_step.map(|ms| format!("{} {ms:.1} ms", way.way)))
        .collect();
    let mut lines = format!(
        "       {}, {}, {} threads: ",
        peer.name, peer.device, peer.threads
    );
    lines += &match (&peer.fastest, peer.ratio) {
        (Some(way), Some(ratio)) => {
            format!(
                "{}; {way} takes {ratio:.2} times as long\n",
                times.join(", ")
            )
        }
        _ => "no times\n".into(),
    };
    for way in &peer.ways {
        if let Some(error) = &way.error {
            lines += &format!("       {}: {error}\n", way.way);
        }
    }
    lines
}
