//! What is compared: a strategy, once more the same with other random numbers for α, or one that may spend as much as another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::super::config::SearchConfig;
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
/// How far its cost may be from that of the other, as a share.
const NEAR: f64 = 0.05;

impl Arm {
    /// Whether both search alike, so that any difference is chance.
    pub fn is_null_pair(self, other: Self) -> bool {
        self.strategy == other.strategy && self.cost == other.cost
    }

    /// Makes a search one of its own, whatever it may spend.
    pub(super) fn apply(self, search: &mut SearchConfig) {
        search.strategy = self.strategy;
        search.replica = self.replica;
    }

    /// Gives a search what it may spend. `halves`: images of the weights half and of the architecture half.
    ///
    /// # Errors
    /// Why it cannot spend as much as another strategy.
    pub(super) fn spend(self, search: &mut SearchConfig, halves: [usize; 2]) -> Result<(), String> {
        if let Some(other) = self.cost {
            *search = self.spending(other, search, halves)?;
        }
        Ok(())
    }

    /// The settings of a search by this strategy that asks for as many multiply-adds as one by another asks for with these settings.
    fn spending(
        self,
        other: Strategy,
        search: &SearchConfig,
        halves: [usize; 2],
    ) -> Result<SearchConfig, String> {
        // Shares of a supernet, exact to a millionth.
        let work = |search: &SearchConfig| {
            let steps = search.epochs * search.last_batch.batches(halves[0], search.batch);
            search.multiply_adds(1_000_000, steps, halves) as f64
        };
        let of = |strategy| SearchConfig {
            strategy,
            ..search.clone()
        };
        let (own, theirs) = (of(self.strategy), work(&of(other)));
        let spending = match self.strategy {
            Strategy::Rsps => SearchConfig {
                epochs: ((own.epochs as f64 * theirs / work(&own)).round() as usize).max(1),
                ..own
            },
            _ => {
                let wide = |images| SearchConfig {
                    alpha_batch: images,
                    ..own.clone()
                };
                let far = |images: &usize| (work(&wide(*images)) - theirs).abs();
                let nearest = (2..=halves[1]).min_by(|a, b| far(a).total_cmp(&far(b)));
                wide(nearest.unwrap_or(search.batch))
            }
        };
        let ratio = work(&spending) / theirs;
        if (ratio - 1.0).abs() > NEAR {
            let bound = match self.strategy {
                Strategy::Rsps => String::new(),
                _ => format!(": a step of α has 2 to {} images here", halves[1]),
            };
            return Err(format!(
                "{self} would spend {ratio:.2} times as much as {other}{bound}"
            ));
        }
        Ok(spending)
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
        if cost == Some(strategy) {
            return Err(format!("{strategy} has its own cost already"));
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
