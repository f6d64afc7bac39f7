//! Times whole search steps on synthetic images: what `plateau bench` measures.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use burn::cubecl::logging::{LaunchObservation, LaunchObserver};
use burn::tensor::Device;
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::config::{DeviceChoice, KernelChoice, MemoryChoice, Preset, SearchConfig};
use super::device;
use super::event::DeviceInfo;
use super::failure::RunError;
use super::machine::proc_bytes;
use super::memory::MemoryPlan;
use super::random::{Purpose, generator};
use super::search_run::{RunData, SearchState};
use crate::data::{Augmentation, Dataset, Split};
use crate::kernels::gpu::bytes_moved;
use crate::nearest::unknown;
use crate::search::Strategy;
use crate::space::Space;

/// A problem size of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BenchSize {
    /// C=8, L=5, 8×8×1, batch 64: the default run on digits.
    Quick,
    /// C=8, L=5, 28×28×1, batch 32.
    Teach,
    /// C=16, L=8, 32×32×3, batch 64: DARTS as published.
    Paper,
}

impl std::str::FromStr for BenchSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "quick" => Ok(BenchSize::Quick),
            "teach" => Ok(BenchSize::Teach),
            "paper" => Ok(BenchSize::Paper),
            _ => Err(unknown(text, "a size", &["quick", "teach", "paper"])),
        }
    }
}

impl BenchSize {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            BenchSize::Quick => "quick",
            BenchSize::Teach => "teach",
            BenchSize::Paper => "paper",
        }
    }

    /// Channels, layers, image `[channels, height, width]`, batch.
    fn settings(self) -> (usize, usize, [usize; 3], usize) {
        match self {
            BenchSize::Quick => (8, 5, [1, 8, 8], 64),
            BenchSize::Teach => (8, 5, [1, 28, 28], 32),
            BenchSize::Paper => (16, 8, [3, 32, 32], 64),
        }
    }
}

/// One case.
#[derive(Clone, Copy, Debug)]
pub struct BenchCase {
    /// How large.
    pub size: BenchSize,
    /// Which search step.
    pub strategy: Strategy,
    /// Stock or fused.
    pub kernels: KernelChoice,
    /// What fused kernels keep.
    pub memory: MemoryChoice,
    /// Where.
    pub device: DeviceChoice,
    /// Images a step, instead of the size's.
    pub batch: Option<usize>,
    /// Memory that a step may take, in megabytes; 0: as a search allows itself.
    pub memory_limit: u64,
    /// What the device's memory can move, GB/s, where it is known.
    pub bandwidth: Option<f64>,
    /// Untimed steps before.
    pub warmup: usize,
    /// Timed steps.
    pub steps: usize,
}

/// What was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BenchResult {
    /// How large.
    pub size: BenchSize,
    /// Which search step.
    pub strategy: Strategy,
    /// Where.
    pub device: String,
    /// Whether the device emulates a GPU in software.
    pub software: bool,
    /// Stock or fused.
    pub kernels: KernelChoice,
    /// What fused kernels keep.
    pub memory: MemoryChoice,
    /// Median wall time of a step, waiting for its results.
    pub ms_per_step: f64,
    /// Fastest step.
    pub ms_min: f64,
    /// Slowest step.
    pub ms_max: f64,
    /// Images a step.
    #[serde(default)]
    pub batch: usize,
    /// Timed steps.
    pub steps: usize,
    /// Kernel launches of one step; none on the CPU.
    pub launches: Option<u64>,
    /// Bytes that the fused kernels of one step move, every value counted once a launch; none on the CPU.
    #[serde(default)]
    pub bytes_per_step: Option<u64>,
    /// That over the time of the step, as a share of the given bandwidth.
    #[serde(default)]
    pub bandwidth_share: Option<f64>,
    /// Forecast of the memory of a step.
    pub forecast_bytes: u64,
    /// Architectures in one pass.
    pub lanes: usize,
    /// Most memory: reserved on the GPU, or resident in the process above what it held before; none where unknown.
    pub peak_bytes: Option<u64>,
}

/// Neighbors of the NA-DARTS cases.
const NEIGHBORS: usize = 4;

/// Measures one case.
pub async fn bench(case: &BenchCase) -> Result<BenchResult, RunError> {
    let opened = device::open(case.device).await?;
    let (channels, layers, image, batch) = case.size.settings();
    let batch = case.batch.unwrap_or(batch);
    let data = synthetic(image, 2 * batch, &opened.device)?;
    let config = SearchConfig {
        channels,
        layers,
        batch,
        neighbors: NEIGHBORS,
        memory_limit: case.memory_limit,
        augmentation: Augmentation::default(),
        ..Preset::Paper.search(Space::Darts, case.strategy)
    };
    let memory = PeakMemory::start();
    let size = config.size(image, 10);
    let plan = MemoryPlan::choose(&config, case.kernels, case.memory, &size, &opened.info)?;
    let mut state = SearchState::new(&config, &data, 0, plan, &opened.device)?;
    for step in 0..case.warmup {
        state.timed_step(&data, step + 1).await?;
    }
    let counter = Arc::new(Launches::default());
    let mut times = Vec::with_capacity(case.steps);
    let observation = LaunchObservation::new(counter.clone());
    let moved = bytes_moved();
    for step in 0..case.steps {
        let start = Instant::now();
        state.timed_step(&data, case.warmup + step + 1).await?;
        times.push(1e3 * start.elapsed().as_secs_f64());
    }
    drop(observation);
    times.sort_by(f64::total_cmp);
    let bytes = (bytes_moved() - moved) / case.steps.max(1) as u64;
    let ms_per_step = median(&times);
    let launches = counter.0.load(Ordering::Relaxed) / case.steps.max(1) as u64;
    let DeviceInfo { name, software, .. } = opened.info;
    Ok(BenchResult {
        size: case.size,
        strategy: case.strategy,
        device: name,
        software,
        kernels: case.kernels,
        memory: case.memory,
        batch,
        ms_per_step,
        ms_min: times.first().copied().unwrap_or(f64::NAN),
        ms_max: times.last().copied().unwrap_or(f64::NAN),
        steps: case.steps,
        launches: (launches > 0).then_some(launches),
        bytes_per_step: (bytes > 0).then_some(bytes),
        bandwidth_share: case
            .bandwidth
            .filter(|_| bytes > 0)
            .map(|limit| bytes as f64 / (1e-3 * ms_per_step) / (1e9 * limit)),
        forecast_bytes: plan.bytes,
        lanes: plan.lanes_a_pass,
        peak_bytes: memory.peak(&opened.device),
    })
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        length if length.is_multiple_of(2) => 0.5 * (sorted[middle - 1] + sorted[middle]),
        _ => sorted[middle],
    }
}

/// Noise with ten classes: enough images for both halves.
fn synthetic(image: [usize; 3], half: usize, device: &Device) -> Result<RunData, RunError> {
    let [channels, height, width] = image;
    let count = 4 * half;
    let mut pixels = vec![0; count * channels * height * width];
    generator(0, Purpose::Split).fill_bytes(&mut pixels);
    let dataset = Dataset {
        name: "noise".into(),
        images: pixels,
        labels: (0..count).map(|index| (index % 10) as u16).collect(),
        classes: (0..10).map(|class| class.to_string()).collect(),
        channels,
        height,
        width,
        flip: false,
        test_from: None,
        notes: Vec::new(),
    };
    let split = Split::new(&dataset, 0.1, 0)?;
    RunData::new(&dataset, split, device)
}

#[derive(Default)]
struct Launches(AtomicU64);

impl LaunchObserver for Launches {
    fn launched(&self, _kernel: &'static str) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Memory of one case: what the GPU's pools reserve, or how far the process grew.
struct PeakMemory {
    before: Option<u64>,
}

impl PeakMemory {
    fn start() -> Self {
        Self {
            before: proc_bytes(Path::new("/proc/self/status"), "VmRSS:"),
        }
    }

    fn peak(&self, device: &Device) -> Option<u64> {
        if let Some(usage) = device.memory_pool_usage()
            && usage.bytes_reserved > 0
        {
            return Some(usage.bytes_reserved);
        }
        Some(proc_bytes(Path::new("/proc/self/status"), "VmHWM:")?.saturating_sub(self.before?))
    }
}
