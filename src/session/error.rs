//! Why a run ended before its end.

use super::checkpoint::CheckpointError;
use super::config_error::ConfigError;
use super::trained_network::NetworkError;
use crate::data::DataError;
use crate::search::SearchError;
use crate::space::{DeriveError, MacroError};

/// Any failure of a run; its text is what a person reads.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A setting outside its range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A network that cannot be built.
    #[error(transparent)]
    Macro(#[from] MacroError),
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The device could not be opened.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// It does not fit.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The state to go on from.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The trained network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The search.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// It was ended on request in the midst of what follows its steps.
    #[error("stopped")]
    Stopped,
    /// α has no genotype.
    #[error(transparent)]
    Derive(#[from] DeriveError),
}

/// A run that cannot fit.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MemoryError {
    /// The search.
    #[error(
        "the search needs about {needed_mb} MB even one architecture at a time, but {limit_mb} MB are allowed{binding}; lower {batch}, --channels or --layers, or raise --memory-limit"
    )]
    Search {
        /// At least, in megabytes.
        needed_mb: u64,
        /// As set, or as the machine has.
        limit_mb: u64,
        /// A limit of the GPU that is exceeded too.
        binding: &'static str,
        /// The setting of the larger batch.
        batch: &'static str,
    },
    /// Training of the derived network.
    #[error(
        "training needs {needed_mb} MB at the very least, and {has}; lower --train-batch, --train-channels or --train-layers"
    )]
    Training {
        /// A lower bound, in megabytes.
        needed_mb: u64,
        /// What there is.
        has: String,
    },
}

/// Why no device could be opened.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No adapter of any kind.
    #[cfg(not(target_arch = "wasm32"))]
    #[error(
        "no GPU adapter was found (Vulkan, Metal and DX12 were tried); install a graphics driver (on Debian: mesa-vulkan-drivers) or use --device cpu"
    )]
    NoAdapter,
    /// No WebGPU, and why.
    #[cfg(target_arch = "wasm32")]
    #[error("{0}")]
    NoAdapter(String),
    /// No adapter of that number.
    #[error("there is no gpu:{number} here; this machine has {found}")]
    NoNumber {
        /// That was asked for.
        number: u16,
        /// What there is.
        found: String,
    },
    /// What [`CHOSEN`](super::adapters::CHOSEN) holds is no number.
    #[error("{0}")]
    Chosen(String),
    /// It reported an error after it was opened, or is gone.
    #[error(
        "{0}; what was saved stands. {AGAIN}; if it happens again, start anew with a smaller batch or fewer channels"
    )]
    Fault(String),
    /// There is one, but it could not be opened.
    #[error("the GPU could not be opened ({0}); use --device cpu")]
    Open(String),
}

/// What opens a fresh device: a worker has one for its life, natively the next run does.
const AGAIN: &str = if cfg!(target_arch = "wasm32") {
    "Restart the session"
} else {
    "Resume the run"
};
