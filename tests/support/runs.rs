//! The run that tests of the session vary.

use plateau::session::{
    DeviceChoice, KernelChoice, MemoryChoice, RUN_VERSION, RunConfig, SearchConfig, TrainConfig,
};

/// A run on digits, on the CPU, with fused kernels that keep every branch.
pub fn on_digits(search: Option<SearchConfig>, train: TrainConfig) -> RunConfig {
    RunConfig {
        version: RUN_VERSION,
        dataset: "digits".into(),
        test_share: 0.3,
        seed: 3,
        device: DeviceChoice::Cpu,
        kernels: KernelChoice::Fused,
        memory: MemoryChoice::Keep,
        search,
        genotype: None,
        train,
    }
}
