//! What a step would take on a card that is not there: its launches, bytes and operations, counted without computing it, and three figures of
//! the card.

use burn::cubecl::dry_run::DryRun;
use serde::{Deserialize, Serialize};

use super::case::BenchCase;
use super::count::{Counter, StageCount};
use super::{State, synthetic};
use crate::session::{MemoryChoice, RunError, device};
use crate::space::Space;

/// Memory that a counted step may take, in megabytes: it takes none, and the card's is not known here.
const ANY_MEMORY: u64 = 1_000_000;

/// What one step asks of a GPU.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepCount {
    /// How large.
    pub size: String,
    /// Where is searched.
    pub space: Space,
    /// Which step.
    pub strategy: String,
    /// What the kernels keep.
    pub memory: MemoryChoice,
    /// Images a step.
    pub batch: usize,
    /// Architectures in one pass.
    pub lanes: usize,
    /// The adapter that compiled the kernels.
    pub counted_on: String,
    /// Whether that adapter emulates a GPU in software.
    pub software: bool,
    /// Launches; 0 on the CPU.
    pub launches: u64,
    /// Bytes of the tensors of all launches of Plateau's, each counted once a launch.
    pub bytes: u64,
    /// Twice the multiply-adds that the step asks for; see [`BenchResult::multiply_adds`](super::BenchResult::multiply_adds).
    pub operations: u64,
    /// The launches and bytes by stage.
    pub stages: Vec<StageCount>,
}

/// Counts a step on a GPU adapter, a software one too: its kernels are compiled and dropped, so nothing is computed and hardly any memory is
/// taken. The second step is counted, since the first one of an optimizer is another.
///
/// # Errors
/// A device that cannot be opened, a network that cannot be.
pub async fn count(case: &BenchCase) -> Result<StepCount, RunError> {
    let mut case = case.clone();
    if case.memory_limit == 0 {
        case.memory_limit = ANY_MEMORY;
    }
    let opened = device::open(case.device).await?;
    let shape = case.shape();
    let data = synthetic(shape.image, 2 * shape.batch, &opened.device)?;
    let (mut state, plan) = State::new(&case, &opened, &data)?;
    let dry_run = DryRun::new();
    state.step(&data, 1).await?;
    let counter = Counter::new();
    state.step(&data, 2).await?;
    let counted = counter.end();
    drop(dry_run);
    Ok(StepCount {
        size: case.size.name().to_owned(),
        space: case.space,
        strategy: case.step.name().to_owned(),
        memory: case.memory,
        batch: shape.batch,
        lanes: plan.map_or(1, |plan| plan.lanes_a_pass),
        counted_on: opened.info.name.clone(),
        software: opened.info.software,
        launches: counted.launches(),
        bytes: counted.bytes(),
        operations: 2 * case.multiply_adds()?,
        stages: counted.stages,
    })
}

/// Three figures of a card.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// What its memory moves, 10⁹ bytes a second.
    pub gb_per_s: f64,
    /// What it computes in single precision, 10¹² operations a second.
    pub tflops: f64,
    /// What a launch takes that has nothing to do, µs.
    pub launch_us: f64,
}

/// The time of a step, in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Of the launches.
    pub launch_ms: f64,
    /// Of the bytes.
    pub memory_ms: f64,
    /// Of the operations.
    pub operation_ms: f64,
    /// Of the step: the launches, and the longer one of the other two, which overlap.
    pub ms_per_step: f64,
}

impl Card {
    /// What a step takes where every launch costs what an empty one does, every counted byte is moved once, and launches overlap with nothing.
    pub fn predict(&self, step: &StepCount) -> Prediction {
        let launch_ms = 1e-3 * step.launches as f64 * self.launch_us;
        let memory_ms = 1e-6 * step.bytes as f64 / self.gb_per_s;
        let operation_ms = 1e-9 * step.operations as f64 / self.tflops;
        Prediction {
            launch_ms,
            memory_ms,
            operation_ms,
            ms_per_step: launch_ms + memory_ms.max(operation_ms),
        }
    }
}
