//! Why a run ended before its end.

use super::checkpoint::CheckpointError;
use super::config::ConfigError;
use super::memory::MemoryError;
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

/// Why no device could be opened.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No adapter of any kind.
    #[cfg(not(target_arch = "wasm32"))]
    #[error(
        "no GPU adapter was found (Vulkan, Metal and DX12 were tried); install a graphics driver (on Debian: mesa-vulkan-drivers) or use --device cpu"
    )]
    NoAdapter,
    /// No WebGPU.
    #[cfg(target_arch = "wasm32")]
    #[error(
        "this page gets no WebGPU, so there is no GPU to train on; recorded runs, the editor and tables work, and the device cpu trains on digits. Current Chrome, Edge, Safari and Firefox have WebGPU where the page is served by https or from this machine, the graphics driver is one that they trust, and it is not switched off in their settings"
    )]
    NoAdapter,
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
