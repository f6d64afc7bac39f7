//! The table of `plateau bench --predict`, at most 120 columns wide.

use serde::Serialize;

use super::in_child;
use crate::cli::CliError;
use crate::cli::out::{self, say};
use crate::numbers::thousands;
use crate::session::{DeviceChoice, KernelChoice};
use crate::study::{BenchCase, Card, Prediction, StepCount, count};

/// A counted step and its time on the card, as the JSON list has it.
#[derive(Serialize)]
struct Predicted {
    #[serde(flatten)]
    step: StepCount,
    card: Card,
    #[serde(flatten)]
    prediction: Prediction,
    /// The median of timed steps on the adapter that counted; none where that is software.
    measured_ms: Option<f64>,
    /// That over the prediction.
    measured_ratio: Option<f64>,
}

/// Counts every case of the fused kernels on a GPU, and prints each as it comes.
pub fn run(cases: &[BenchCase], card: &Card, json: bool) -> Result<(), CliError> {
    let counted =
        |case: &&BenchCase| case.kernels == KernelChoice::Fused && case.device != DeviceChoice::Cpu;
    let mut all = Vec::new();
    for case in cases.iter().filter(counted) {
        let predicted = predict(case, card)?;
        if !json {
            if all.is_empty() {
                head(&predicted)?;
            }
            row(&predicted)?;
        }
        all.push(predicted);
    }
    if all.is_empty() {
        return Err(CliError(
            "nothing to predict: --predict needs --kernels fused and --device gpu".into(),
        ));
    }
    if json {
        let text = serde_json::to_string(&all).map_err(CliError::new)?;
        return out::json(&text);
    }
    out::lines(
        "\na prediction is launches + the longer one of memory and operations; the manual says what it leaves out\n",
    )
}

fn predict(case: &BenchCase, card: &Card) -> Result<Predicted, CliError> {
    let step = pollster::block_on(count(case)).map_err(CliError::new)?;
    if step.launches == 0 {
        return Err(CliError(format!(
            "--device {} took the CPU, which launches nothing: --predict counts on a GPU adapter",
            case.device
        )));
    }
    let prediction = card.predict(&step);
    // A process of its own computes: the counting has left nothing in this one that could be gone on with.
    let measured_ms = if step.software {
        None
    } else {
        Some(in_child(case)?.ms_per_step)
    };
    Ok(Predicted {
        measured_ratio: measured_ms.map(|ms| ms / prediction.ms_per_step),
        step,
        card: *card,
        prediction,
        measured_ms,
    })
}

fn head(first: &Predicted) -> Result<(), CliError> {
    let Card {
        gb_per_s,
        tflops,
        launch_us,
    } = first.card;
    say!(
        "a card of {gb_per_s} GB/s, {tflops} TFLOP/s and {launch_us} µs a launch; counted on {}",
        first.step.counted_on
    )?;
    say!(
        "{:<14} {:<6} {:<12} {:<9} {:>8} {:>8} {:>8} {:>9} {:>8} {:>8} {:>9} {:>9}",
        "space",
        "size",
        "strategy",
        "memory",
        "launches",
        "GB",
        "GFLOP",
        "launch ms",
        "mem. ms",
        "op. ms",
        "predicted",
        "measured"
    )
}

fn row(of: &Predicted) -> Result<(), CliError> {
    let Prediction {
        launch_ms,
        memory_ms,
        operation_ms,
        ms_per_step,
    } = of.prediction;
    let step = &of.step;
    say!(
        "{:<14} {:<6} {:<12} {:<9} {:>8} {:>8.2} {:>8.1} {launch_ms:>9.1} {memory_ms:>8.1} {operation_ms:>8.1} {ms_per_step:>9.1} {:>9}",
        step.space.name(),
        step.size,
        step.strategy,
        step.memory.name(),
        thousands(step.launches),
        1e-9 * step.bytes as f64,
        1e-9 * step.operations as f64,
        of.measured_ms.map_or("–".into(), |ms| format!("{ms:.1}")),
    )
}
