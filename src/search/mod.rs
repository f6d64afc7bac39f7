//! Search strategies. A gradient search is DARTS with one thing exchanged: how α becomes the weights of a pass ([`relaxation`], with
//! [`gumbel`] and [`dirichlet`]), the architecture gradient ([`darts`], [`a2m`]), what is added to its loss ([`penalty`]) or to the
//! weights ([`darts_minus`], [`sdarts`]), the step of α ([`gaea`]). Each may have a neighborhood ([`na_darts`]), which the loss is
//! aggregated over ([`objective`]). [`sharpness`] watches any of them, and may end it ([`early_stop`]).

#[cfg(feature = "engine")]
pub mod a2m;
#[cfg(feature = "engine")]
pub mod darts;
#[cfg(feature = "engine")]
pub mod darts_minus;
mod dirichlet;
pub mod early_stop;
#[cfg(feature = "engine")]
pub mod gaea;
pub mod gumbel;
#[cfg(feature = "engine")]
pub mod na_darts;
#[cfg(feature = "engine")]
pub mod objective;
#[cfg(feature = "engine")]
pub mod optimizer;
pub mod penalty;
pub mod relaxation;
mod schedule;
#[cfg(feature = "engine")]
pub mod sdarts;
#[cfg(feature = "engine")]
pub mod sharpness;
mod simplex;
mod strategy;
mod temperature;

use crate::space::CandidatesError;
pub use schedule::cosine_rate;
pub use simplex::largest;
pub use strategy::{
    Draw, Family, GAEA_RATE, HessianPoint, Order, Representation, Select, Strategy,
};
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
