//! The temperature of the relaxation: an operation's weight is β = softmax(α/T) (`method.md` §10.1).

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// The temperature of every step of a search: geometric from its first step to its last. The lower it is, the more a difference in α
/// counts; it changes neither what is derived nor its order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Temperature {
    /// At the first step.
    pub from: f64,
    /// At the last step.
    pub to: f64,
}

impl Default for Temperature {
    /// β = softmax(α), as published.
    fn default() -> Self {
        Self { from: 1.0, to: 1.0 }
    }
}

impl Temperature {
    /// The temperatures that there are.
    pub const RANGE: RangeInclusive<f64> = 1e-3..=1e3;

    /// That of a step, counted from 1.
    pub fn at(self, step: usize, steps: usize) -> f64 {
        let passed = step.saturating_sub(1) as f64 / steps.saturating_sub(1).max(1) as f64;
        self.from * (self.to / self.from).powf(passed.min(1.0))
    }

    /// The temperature between the two in equal steps, at `progress` from 0 to 1.
    pub fn linear(self, progress: f64) -> f64 {
        self.from + (self.to - self.from) * progress
    }
}

impl std::fmt::Display for Temperature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.from == self.to {
            true => write!(f, "{}", self.from),
            false => write!(f, "{}:{}", self.from, self.to),
        }
    }
}

impl std::str::FromStr for Temperature {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once(':').unwrap_or((text, text));
        let number = |text: &str| {
            text.parse()
                .ok()
                .filter(|value| Self::RANGE.contains(value))
        };
        match (number(from), number(to)) {
            (Some(from), Some(to)) => Ok(Self { from, to }),
            _ => Err(format!(
                "\"{text}\" is no temperature: give one from {} to {}, or FROM:TO",
                Self::RANGE.start(),
                Self::RANGE.end()
            )),
        }
    }
}

impl From<Temperature> for String {
    fn from(temperature: Temperature) -> Self {
        temperature.to_string()
    }
}

impl TryFrom<String> for Temperature {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
