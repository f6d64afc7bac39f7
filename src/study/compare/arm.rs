//! What is compared: a strategy, once more the same with other random numbers for α, one with settings of its own, or one that may spend
//! as much as another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::nearest::nearest;
use crate::search::Strategy;
use crate::session::SearchConfig;
use crate::session::settings::{SEARCH, Setting, Value};

/// One row of a comparison: `darts`; `darts:replica`, the same strategy with another stream of random numbers for α: two rows that differ
/// in nothing else show how often a comparison cries wolf; `na-darts:radius=3:aggregation=max`, the strategy with settings that the others
/// do not have; or `darts:cost=na-darts`, DARTS with as many multiply-adds as NA-DARTS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Arm {
    /// How it searches.
    pub strategy: Strategy,
    /// Whether α has other random numbers.
    pub replica: bool,
    /// The strategy whose multiply-adds it may spend: DARTS and SDARTS-RS by more images in a step of α, RSPS by more epochs.
    pub cost: Option<Strategy>,
    /// Settings of its own, by the names of their flags without `--`, in the order of their names.
    pub settings: Vec<(String, String)>,
}

/// What stands between the name of a strategy and what it has of its own.
const MARK: char = ':';
/// The word for a replica.
const REPLICA: &str = "replica";
/// The value of a switch that stands without one.
const SWITCHED: &str = "true";
/// The word before the strategy whose cost it may have.
const COST: &str = "cost";
/// Settings of a search that are no matter of its arms.
const COMMON: [&str; 1] = ["memory-limit"];
/// How far its cost may be from that of the other, as a share.
const NEAR: f64 = 0.05;

impl Arm {
    /// Whether both search alike, so that any difference is chance.
    pub fn is_null_pair(&self, other: &Self) -> bool {
        let alike = |arm: &Self| Self {
            replica: false,
            ..arm.clone()
        };
        alike(self) == alike(other)
    }

    /// The search of this arm among those with common settings. `halves`: images of the weights half and of the architecture half.
    ///
    /// # Errors
    /// A setting that no search has, or with a value that it cannot have; why it cannot spend as much as another strategy.
    pub(super) fn search(
        &self,
        common: &SearchConfig,
        halves: [usize; 2],
    ) -> Result<SearchConfig, String> {
        let mut own = SearchConfig {
            strategy: self.strategy,
            replica: self.replica,
            ..common.clone()
        };
        for (name, value) in &self.settings {
            let setting = setting(name).map_err(|error| format!("{self}: {error}"))?;
            if !(setting.concerns)(self.strategy) {
                return Err(format!("{self}: {} has no use for {name}", self.strategy));
            }
            setting
                .set(&mut own, value)
                .map_err(|error| format!("{self}: {name}={value}: {error}"))?;
        }
        match self.cost {
            Some(other) => self.spending(other, common, own, halves),
            None => Ok(own),
        }
    }

    /// The search that asks for as many multiply-adds as one by another strategy with the common settings.
    fn spending(
        &self,
        other: Strategy,
        common: &SearchConfig,
        own: SearchConfig,
        halves: [usize; 2],
    ) -> Result<SearchConfig, String> {
        let spent = match self.strategy {
            Strategy::Rsps => "epochs",
            _ => "alpha-batch",
        };
        // The cost is reckoned in supernets of one size, and what it decides is no choice.
        let decided = ["channels", "layers", spent];
        let mut names = self.settings.iter().map(|(name, _)| name.as_str());
        if let Some(name) = names.find(|name| decided.contains(name)) {
            return Err(format!("{self}: with {COST}= it has no {name} of its own"));
        }
        // Shares of a supernet, exact to a millionth.
        let work = |search: &SearchConfig| {
            let steps = search.epochs * search.last_batch.batches(halves[0], search.batch);
            search.multiply_adds(1_000_000, steps, halves) as f64
        };
        let theirs = work(&SearchConfig {
            strategy: other,
            ..common.clone()
        });
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
                wide(nearest.unwrap_or(own.batch))
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
    pub fn folder_name(&self) -> String {
        let letter = |letter: char| match letter.is_ascii_alphanumeric() || letter == '.' {
            true => letter,
            false => '-',
        };
        self.to_string().chars().map(letter).collect()
    }
}

/// Whether a setting of that name is on or off, and stands without a value.
fn is_switch(name: &str) -> bool {
    setting(name).is_ok_and(|setting| matches!(setting.value, Value::Switch(..)))
}

/// The setting of a search that an arm may have of its own, by its name.
fn setting(name: &str) -> Result<&'static Setting<SearchConfig>, String> {
    let own = || {
        SEARCH
            .iter()
            .filter(|setting| !COMMON.contains(&setting.key()))
    };
    own().find(|setting| setting.key() == name).ok_or_else(|| {
        let meant = nearest(name, own().map(Setting::key))
            .map_or(String::new(), |meant| format!("; did you mean {meant}?"));
        format!("a strategy has no setting '{name}' of its own{meant}")
    })
}

impl From<Strategy> for Arm {
    fn from(strategy: Strategy) -> Self {
        Self {
            strategy,
            replica: false,
            cost: None,
            settings: Vec::new(),
        }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = self.strategy.to_string();
        if self.replica {
            name += &format!("{MARK}{REPLICA}");
        }
        for (setting, value) in &self.settings {
            name += &format!("{MARK}{setting}={value}");
        }
        if let Some(other) = self.cost {
            name += &format!("{MARK}{COST}={other}");
        }
        f.pad(&name)
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
        let mut parts = text.split(MARK);
        let strategy: Strategy = parts.next().unwrap_or_default().parse()?;
        let (mut replica, mut cost) = (false, None);
        let mut settings: Vec<(String, String)> = Vec::new();
        for part in parts {
            // As a flag is written, too, also without a value, such as early-stop.
            let flag = part.trim_start_matches("--");
            let given = match flag.split_once('=') {
                None if is_switch(flag) => Some((flag, SWITCHED)),
                given => given,
            };
            match (given, settings.last_mut()) {
                (Some((name, value)), _) => {
                    let name = name.replace('_', "-");
                    let known = settings.iter().any(|(other, _)| *other == name);
                    if known || name == COST && cost.is_some() {
                        return Err(format!("{text} has {name} twice"));
                    }
                    match name.as_str() {
                        COST => cost = Some(value.parse::<Strategy>()?),
                        _ => settings.push((name, value.to_owned())),
                    }
                }
                (None, _) if part == REPLICA => replica = true,
                // A value with a colon in it, such as 1:0.3.
                (None, Some((_, value)))
                    if part.starts_with(|letter: char| !letter.is_alphabetic()) =>
                {
                    *value += &format!("{MARK}{part}");
                }
                (None, _) => {
                    return Err(format!(
                        "{text}: after {strategy} follows replica, cost=STRATEGY or SETTING=VALUE, not '{part}'"
                    ));
                }
            }
        }
        settings.sort();
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
            settings,
        })
    }
}

impl TryFrom<String> for Arm {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
