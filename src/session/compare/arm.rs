//! What is compared: a strategy, once more the same with other random numbers for α, or one that may spend as much as another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::super::config::{RunConfig, SearchConfig};
use crate::search::Strategy;

/// One row of a comparison: `darts`; `darts:replica`, the same strategy with another stream of random numbers for α: two rows that differ
/// in nothing else show how often a comparison cries wolf; or `darts:cost=na-darts`, DARTS with as many multiply-adds as NA-DARTS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Arm {
    /// How it searches.
    pub strategy: Strategy,
    /// Whether α has other random numbers.
    pub replica: bool,
    /// The strategy whose multiply-adds it may spend: DARTS and SDARTS-RS by more images in a step of α, RSPS by more epochs.
    pub cost: Option<Strategy>,
}

/// What follows the name of a strategy in that of its replica.
const REPLICA: &str = ":replica";
/// What follows it in that of one with the cost of another, before the name of that.
const COST: &str = ":cost=";

impl Arm {
    /// Whether both search alike, so that any difference is chance.
    pub fn is_null_pair(self, other: Self) -> bool {
        self.strategy == other.strategy && self.cost == other.cost
    }

    /// Makes a configuration one of its runs.
    pub(super) fn apply(self, config: &mut RunConfig) {
        if let Some(search) = &mut config.search {
            if let Some(other) = self.cost {
                self.spend(other, search);
            }
            search.strategy = self.strategy;
            search.replica = self.replica;
        }
    }

    /// Gives the settings of a search by this strategy as many multiply-adds as one by another has with them.
    fn spend(self, other: Strategy, search: &mut SearchConfig) {
        // Shares of a supernet, exact to a millionth.
        let work = |strategy| {
            let search = SearchConfig {
                strategy,
                ..search.clone()
            };
            let [weights, alpha] = search.multiply_adds_an_image(1_000_000);
            [
                weights as f64 * search.batch as f64,
                alpha as f64 * search.alpha_images() as f64,
            ]
        };
        let ([weights, alpha], theirs) = (work(self.strategy), work(other).iter().sum::<f64>());
        let times = |count: usize, factor: f64| ((count as f64 * factor).round() as usize).max(1);
        match self.strategy {
            Strategy::Rsps => {
                search.epochs = times(search.epochs, theirs / (weights + alpha));
            }
            _ => {
                search.alpha_batch =
                    times(search.alpha_images(), (theirs - weights) / alpha).max(2);
            }
        }
    }

    /// Its name where it stands in the name of a folder.
    pub fn folder_name(self) -> String {
        self.to_string().replace([':', '='], "-")
    }
}

impl From<Strategy> for Arm {
    fn from(strategy: Strategy) -> Self {
        Self {
            strategy,
            replica: false,
            cost: None,
        }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replica = if self.replica { REPLICA } else { "" };
        let cost = self
            .cost
            .map_or(String::new(), |other| format!("{COST}{other}"));
        f.pad(&format!("{}{replica}{cost}", self.strategy))
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
        let (name, cost) = match text.split_once(COST) {
            Some((name, other)) => (name, Some(other.parse::<Strategy>()?)),
            None => (text, None),
        };
        let (name, replica) = match name.strip_suffix(REPLICA) {
            Some(name) => (name, true),
            None => (name, false),
        };
        let strategy: Strategy = name.parse()?;
        let scaled = [Strategy::Darts, Strategy::SdartsRs, Strategy::Rsps];
        if cost.is_some() && !scaled.contains(&strategy) {
            return Err(format!(
                "{strategy} cannot be given the cost of another strategy: darts, sdarts-rs and rsps can"
            ));
        }
        if cost == Some(Strategy::Random) {
            return Err("random searches nothing and costs nothing".to_owned());
        }
        if replica && !strategy.by_gradient() {
            return Err(format!("{strategy} has no α, so it has no replica"));
        }
        Ok(Self {
            strategy,
            replica,
            cost,
        })
    }
}

impl TryFrom<String> for Arm {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
