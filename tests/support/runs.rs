//! The run that tests of the session vary.

use plateau::session::{
    DeviceChoice, KernelChoice, MemoryChoice, RUN_VERSION, RunConfig, RunKind, SearchConfig,
    TrainConfig,
};

/// A run on digits, on the CPU, with fused kernels that keep every branch.
pub fn on_digits(search: Option<SearchConfig>, train: TrainConfig) -> RunConfig {
    RunConfig {
        version: RUN_VERSION,
        dataset: "digits".into(),
        test_share: 0.3,
        seed: 3,
        split_seed: None,
        kind: RunKind::Full,
        device: DeviceChoice::Cpu,
        kernels: KernelChoice::Fused,
        memory: MemoryChoice::Keep,
        search,
        genotype: None,
        train,
    }
}
