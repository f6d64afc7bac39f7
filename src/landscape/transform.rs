//! What is done to the accuracies of a landscape before its variance is shared out (`method.md` §10.4).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ranks::average_ranks;
use crate::nearest::named;

/// A monotone transform of accuracies in percent. Most of the variance of a benchmark table is that between cells that learn and cells that
/// do not; the others let the differences among the good ones count.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug, Default)]
#[serde(into = "String", try_from = "String")]
pub enum Transform {
    /// The accuracies themselves.
    #[default]
    Raw,
    /// Their ranks, 1 for the lowest; equal accuracies share the mean of their ranks.
    Rank,
    /// −ln(100.0001 − accuracy): equal steps are equal ratios of errors.
    LogError,
    /// Accuracies below the floor are the floor.
    Floor {
        /// In percent, 0 to 100.
        at: f64,
    },
}

/// What is added to an error in percent, so that one of 0 has a logarithm.
const LEAST_ERROR: f64 = 1e-4;

impl Transform {
    /// All transforms, the floor at 90 %.
    pub const ALL: [Transform; 4] = [
        Transform::Raw,
        Transform::Rank,
        Transform::LogError,
        Transform::Floor { at: 90.0 },
    ];

    /// The name on the command line; X stands for the percentage of the floor.
    pub fn name(self) -> &'static str {
        match self {
            Transform::Raw => "raw",
            Transform::Rank => "rank",
            Transform::LogError => "log-error",
            Transform::Floor { .. } => "floor:X",
        }
    }

    /// What becomes of an accuracy, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Transform::Raw => "accuracies in percent",
            Transform::Rank => {
                "ranks, 1 for the lowest accuracy, the mean of their ranks for equal ones"
            }
            Transform::LogError => "-ln(100.0001 - accuracy in percent)",
            Transform::Floor { .. } => "accuracies in percent, those below the floor as the floor",
        }
    }

    /// Whether the values are still percentages.
    pub fn keeps_percent(self) -> bool {
        matches!(self, Transform::Raw | Transform::Floor { .. })
    }

    /// The transformed accuracies, in their order. Those above 100 % have the logarithm of 100 %.
    pub fn of(self, accuracies: &[f64]) -> Vec<f64> {
        let each = |value: fn(f64) -> f64| accuracies.iter().map(|&a| value(a)).collect();
        match self {
            Transform::Raw => accuracies.to_vec(),
            Transform::Rank => average_ranks(accuracies),
            Transform::LogError => {
                each(|accuracy| -((100.0 - accuracy).max(0.0) + LEAST_ERROR).ln())
            }
            Transform::Floor { at } => accuracies.iter().map(|&a| a.max(at)).collect(),
        }
    }
}

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Transform::Floor { at } => write!(f, "floor:{at}"),
            other => f.pad(other.name()),
        }
    }
}

impl FromStr for Transform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("floor:") {
            Some(percent) => percent
                .parse()
                .ok()
                .filter(|at| (0.0..=100.0).contains(at))
                .map(|at| Transform::Floor { at })
                .ok_or_else(|| {
                    format!("'{percent}' is not a floor: give a percentage from 0 to 100, as in floor:90")
                }),
            None => named(text, "a transform", &Transform::ALL, Transform::name),
        }
    }
}

impl From<Transform> for String {
    fn from(transform: Transform) -> Self {
        transform.to_string()
    }
}

impl TryFrom<String> for Transform {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
