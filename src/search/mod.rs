//! Search strategies. Gradient searches share everything but the architecture gradient ([`darts`], [`a2m`]); NA-DARTS only adds
//! neighbors ([`na_darts`]) to the loss that DARTS minimises ([`objective`]), and SDARTS noise to that of its weight step
//! ([`sdarts`]). [`sharpness`] watches any of them, and may end it ([`early_stop`]).

pub mod a2m;
pub mod darts;
pub mod early_stop;
pub mod na_darts;
pub mod objective;
pub mod optimizer;
pub mod sdarts;
pub mod sharpness;

use serde::{Deserialize, Serialize};

/// How architectures are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// One architecture drawn uniformly; the baseline.
    Random,
    /// DARTS, first order.
    Darts,
    /// DARTS, second order.
    #[serde(rename = "darts-2nd")]
    Darts2nd,
    /// NA-DARTS, first order.
    NaDarts,
    /// NA-DARTS, second order.
    #[serde(rename = "na-darts-2nd")]
    NaDarts2nd,
    /// A2M: DARTS with an ascent step in α before its gradient.
    A2m,
    /// SDARTS-RS: DARTS whose weights are trained under random perturbations of softmax(α).
    SdartsRs,
}

impl Strategy {
    /// All strategies.
    pub const ALL: [Strategy; 7] = [
        Strategy::Random,
        Strategy::Darts,
        Strategy::Darts2nd,
        Strategy::NaDarts,
        Strategy::NaDarts2nd,
        Strategy::A2m,
        Strategy::SdartsRs,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Random => "random",
            Strategy::Darts => "darts",
            Strategy::Darts2nd => "darts-2nd",
            Strategy::NaDarts => "na-darts",
            Strategy::NaDarts2nd => "na-darts-2nd",
            Strategy::A2m => "a2m",
            Strategy::SdartsRs => "sdarts-rs",
        }
    }

    /// Whether the α-step looks one weight step ahead.
    pub fn second_order(self) -> bool {
        matches!(self, Strategy::Darts2nd | Strategy::NaDarts2nd)
    }

    /// Whether the loss is aggregated over neighbors.
    pub fn neighborhood_aware(self) -> bool {
        matches!(self, Strategy::NaDarts | Strategy::NaDarts2nd)
    }
}

impl std::fmt::Display for Strategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Strategy::ALL
            .into_iter()
            .find(|strategy| strategy.name() == text)
            .ok_or_else(|| {
                let names: Vec<_> = Strategy::ALL.iter().map(|s| s.name()).collect();
                format!(
                    "'{text}' is not a strategy: use one of {}",
                    names.join(", ")
                )
            })
    }
}

/// Why a search cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// A setting that cannot work.
    #[error("{0}")]
    Setting(String),
    /// The device failed.
    #[error(
        "the device failed: {0}; lower --batch, --channels or --neighbors, or use --device cpu"
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
