//! What is compared: a strategy, or once more the same with other random numbers for α.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::super::config::RunConfig;
use crate::search::Strategy;

/// One row of a comparison: `darts`, or `darts:replica`, the same strategy with another stream of random numbers for α. Two rows that differ
/// in nothing else show how often a comparison cries wolf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Arm {
    /// How it searches.
    pub strategy: Strategy,
    /// Whether α has other random numbers.
    pub replica: bool,
}

/// What follows the name of a strategy in that of its replica.
const REPLICA: &str = ":replica";

impl Arm {
    /// Whether both search alike, so that any difference is chance.
    pub fn is_null_pair(self, other: Self) -> bool {
        self.strategy == other.strategy
    }

    /// Makes a configuration one of its runs.
    pub(super) fn apply(self, config: &mut RunConfig) {
        if let Some(search) = &mut config.search {
            search.strategy = self.strategy;
            search.replica = self.replica;
        }
    }

    /// Its name where it stands in the name of a folder.
    pub fn folder_name(self) -> String {
        self.to_string().replace(':', "-")
    }
}

impl From<Strategy> for Arm {
    fn from(strategy: Strategy) -> Self {
        Self {
            strategy,
            replica: false,
        }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replica = if self.replica { REPLICA } else { "" };
        f.pad(&format!("{}{replica}", self.strategy))
    }
}

impl From<Arm> for String {
    fn from(arm: Arm) -> Self {
        arm.to_string()
    }
}

impl FromStr for Arm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, replica) = match text.strip_suffix(REPLICA) {
            Some(name) => (name, true),
            None => (text, false),
        };
        let strategy: Strategy = name.parse()?;
        if replica && !strategy.by_gradient() {
            return Err(format!("{strategy} has no α, so it has no replica"));
        }
        Ok(Self { strategy, replica })
    }
}

impl TryFrom<String> for Arm {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
