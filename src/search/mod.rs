//! Search strategies. Gradient searches share everything but the architecture gradient ([`darts`], [`a2m`]); NA-DARTS only adds
//! neighbors ([`na_darts`]) to the loss that DARTS minimises ([`objective`]), and SDARTS noise to that of its weight step
//! ([`sdarts`]). [`sharpness`] watches any of them, and may end it ([`early_stop`]).

#[cfg(feature = "engine")]
pub mod a2m;
#[cfg(feature = "engine")]
pub mod darts;
pub mod early_stop;
#[cfg(feature = "engine")]
pub mod na_darts;
#[cfg(feature = "engine")]
pub mod objective;
#[cfg(feature = "engine")]
pub mod optimizer;
mod schedule;
#[cfg(feature = "engine")]
pub mod sdarts;
#[cfg(feature = "engine")]
pub mod sharpness;
mod strategy;
mod temperature;

use crate::space::CandidatesError;
pub use schedule::cosine_rate;
pub use strategy::{Draw, HessianPoint, Order, Representation, Select, Strategy};
pub use temperature::Temperature;

/// Why a search cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// A setting that cannot work.
    #[error("{0}")]
    Setting(String),
    /// The device failed.
    #[error(
        "the device failed: {0}; start anew with a smaller batch, fewer channels or neighbors, or the device cpu"
    )]
    Device(String),
    /// The loss left the numbers.
    #[error(
        "the {what} became {value} at step {step}; lower the learning rates; the last good state is kept"
    )]
    NotFinite {
        /// Which value.
        what: &'static str,
        /// NaN or ±∞.
        value: f32,
        /// Counted from 1.
        step: usize,
    },
    /// A mistake in Plateau.
    #[error("internal error, please report it: {0}")]
    Internal(String),
}

impl From<CandidatesError> for SearchError {
    fn from(error: CandidatesError) -> Self {
        Self::Setting(error.to_string())
    }
}
