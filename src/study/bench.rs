//! Times whole steps of searches and of training on synthetic images: what `plateau bench` measures.

mod case;
mod costs;
mod count;
mod peer;
mod predict;

use std::path::Path;
use std::time::Instant;

use burn::tensor::Device;
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::data::{Dataset, Split};
use crate::kernels::cpu::peak_flops;
use crate::session::device::OpenDevice;
use crate::session::{
    DeviceInfo, KernelChoice, MemoryChoice, MemoryPlan, Purpose, RunData, RunError, SearchState,
    TrainState, device, generator, proc_bytes,
};
use crate::space::Space;

use case::CLASSES;
pub use case::{BenchCase, BenchShape, BenchSize, BenchStep};
pub use costs::{Costs, costs};
pub use count::StageCount;
use count::{Counted, Counter};
pub use peer::{Peer, PeerError, PeerResult, PeerTime};
pub use predict::{Card, Prediction, StepCount, count};

/// What was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BenchResult {
    /// How large.
    pub size: BenchSize,
    /// Where is searched.
    #[serde(default = "darts")]
    pub space: Space,
    /// Which step.
    pub strategy: BenchStep,
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
    /// Multiply-adds that a step asks for: of its convolutions and its classifier, once in every forward pass, once more for the
    /// gradient of the feature maps and, where it is wanted, once more for that of the weights. What is computed again counts no second
    /// time, and what lanes share is not left out.
    #[serde(default)]
    pub multiply_adds: u64,
    /// Twice that over the median, in 10⁹ a second.
    #[serde(default)]
    pub gflops: f64,
    /// The most that this machine's threads reach, measured before the first step; none for GPUs.
    #[serde(default)]
    pub peak_gflops: Option<f64>,
    /// The share of it that the step reaches.
    #[serde(default)]
    pub peak_share: Option<f64>,
    /// Kernel launches of one step; none on the CPU.
    pub launches: Option<u64>,
    /// The stages of one step, each with its time, where that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageCount>,
    /// Whether the times of the stages hold the host's work too, for want of the device's time stamps.
    #[serde(default)]
    pub stages_by_host: bool,
    /// Bytes that the fused kernels of one step move, every value counted once a launch; none on the CPU.
    #[serde(default)]
    pub bytes_per_step: Option<u64>,
    /// That over the time of the step, as a share of the given bandwidth.
    #[serde(default)]
    pub bandwidth_share: Option<f64>,
    /// Forecast of the memory of a search step.
    pub forecast_bytes: Option<u64>,
    /// Architectures in one pass.
    pub lanes: usize,
    /// Most memory: reserved on the GPU, or resident in the process above what it held before; none where unknown.
    pub peak_bytes: Option<u64>,
    /// The same step in PyTorch, where it was timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<PeerResult>,
}

/// The space of a file that names none.
fn darts() -> Space {
    Space::Darts
}

/// What a case repeats.
enum State {
    Search(Box<SearchState>),
    Train(Box<TrainState>),
}

impl State {
    /// What a case repeats, with the plan of its memory where there is one.
    fn new(
        case: &BenchCase,
        opened: &OpenDevice,
        data: &RunData,
    ) -> Result<(Self, Option<MemoryPlan>), RunError> {
        let device = &opened.device;
        Ok(match case.step {
            BenchStep::Search(strategy) => {
                let config = case.search(strategy);
                let size = case.network();
                let plan =
                    MemoryPlan::choose(&config, case.kernels, case.memory, &size, &opened.info)?;
                let state = SearchState::new(&config, data, 0, plan, device)?;
                (State::Search(Box::new(state)), Some(plan))
            }
            BenchStep::Train => {
                let (config, genotype) = (case.training(), &case.genotype);
                let state = TrainState::new(&config, genotype, data, 0, case.kernels, device)?;
                (State::Train(Box::new(state)), None)
            }
        })
    }

    async fn step(&mut self, data: &RunData, number: usize) -> Result<(), RunError> {
        match self {
            State::Search(state) => state.timed_step(data, number).await,
            State::Train(state) => state.timed_step(data).await,
        }
    }
}

/// Measures one case.
pub async fn bench(case: &BenchCase) -> Result<BenchResult, RunError> {
    let opened = device::open(case.device).await?;
    let device = &opened.device;
    let on_cpu = opened.info.backend == "cpu";
    let peak_gflops = on_cpu.then(|| 1e-9 * peak_flops());
    let shape = case.shape();
    let data = synthetic(shape.image, 2 * shape.batch, device)?;
    let memory = PeakMemory::start();
    let (mut state, plan) = State::new(case, &opened, &data)?;
    for step in 0..case.warmup {
        state.step(&data, step + 1).await?;
    }
    let mut times = Vec::with_capacity(case.steps);
    let counter = Counter::new();
    for step in 0..case.steps {
        let start = Instant::now();
        state.step(&data, case.warmup + step + 1).await?;
        times.push(1e3 * start.elapsed().as_secs_f64());
    }
    let counted = counter.end();
    let peak_bytes = memory.peak(device);
    let timed = if case.stages && !on_cpu {
        let counter = Counter::timing();
        let number = case.warmup + case.steps + 1;
        state.step(&data, number).await?;
        counter.end()
    } else {
        Counted::default()
    };
    let steps = case.steps.max(1) as u64;
    let [launches, bytes] = [counted.launches(), counted.bytes()].map(|all| all / steps);
    let Times { median, min, max } = Times::of(times);
    let multiply_adds = case.multiply_adds()?;
    let gflops = 2e-6 * multiply_adds as f64 / median;
    let DeviceInfo { name, software, .. } = opened.info;
    Ok(BenchResult {
        size: case.size,
        space: case.space,
        strategy: case.step,
        device: name,
        software,
        kernels: case.kernels,
        memory: case.memory,
        batch: shape.batch,
        ms_per_step: median,
        ms_min: min,
        ms_max: max,
        steps: case.steps,
        multiply_adds,
        gflops,
        peak_gflops,
        peak_share: peak_gflops.map(|peak| gflops / peak),
        launches: (launches > 0).then_some(launches),
        stages: timed.stages,
        stages_by_host: timed.by_host,
        bytes_per_step: (bytes > 0).then_some(bytes),
        bandwidth_share: case
            .bandwidth
            .filter(|_| bytes > 0)
            .map(|limit| bytes as f64 / (1e-3 * median) / (1e9 * limit)),
        forecast_bytes: plan.map(|plan| plan.bytes),
        lanes: plan.map_or(1, |plan| plan.lanes_a_pass),
        peak_bytes,
        peer: None,
    })
}

/// Median, least and most of some times.
struct Times {
    median: f64,
    min: f64,
    max: f64,
}

impl Times {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self {
            median: median(&times),
            min: times.first().copied().unwrap_or(f64::NAN),
            max: times.last().copied().unwrap_or(f64::NAN),
        }
    }
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
        labels: (0..count).map(|index| (index % CLASSES) as u16).collect(),
        classes: (0..CLASSES).map(|class| class.to_string()).collect(),
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
