//! Why a run ended before its end.

use super::checkpoint::CheckpointError;
use super::config::ConfigError;
use super::device::DeviceError;
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
    /// α has no genotype.
    #[error(transparent)]
    Derive(#[from] DeriveError),
}
