//! What is refused before a run begins.

use super::config::{RUN_VERSION, RunConfig, RunKind, SearchConfig, TrainConfig};
use super::config_error::ConfigError;
use super::settings::{SEARCH, TRAIN};
use crate::search::{Draw, Select, Strategy};
use crate::space::Aggregation;

impl RunConfig {
    /// Checks every range, before anything is allocated.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.version != RUN_VERSION {
            let rule = match self.version > RUN_VERSION {
                true => "a newer Plateau wrote it; use that version",
                false => "no version of Plateau wrote it",
            };
            let name = "the version of the settings";
            return Err(ConfigError::new(name, self.version, rule));
        }
        if self.search.is_some() == self.genotype.is_some() {
            return Err(ConfigError::new(
                "the run",
                "ambiguous",
                "give either a search or a genotype to train",
            ));
        }
        ConfigError::test_share(self.test_share)?;
        if let Some(search) = &self.search {
            search.check()?;
            if self.kind == RunKind::Judge && !search.candidates.is_all() {
                let rule = "a judge scores all architectures of its space; leave them away";
                return Err(ConfigError::new("--candidates", &search.candidates, rule));
            }
        }
        let strategy = self.search.as_ref().map(|search| search.strategy);
        let fits = match self.kind {
            RunKind::Full => true,
            RunKind::SearchOnly => strategy.is_some(),
            RunKind::Judge => strategy == Some(Strategy::Rsps),
        };
        if !fits {
            let kind = match self.kind {
                RunKind::Judge => "a judge",
                RunKind::Full | RunKind::SearchOnly => "a search only",
            };
            let rule = "a judge is trained by rsps, and only a search can be left without training";
            return Err(ConfigError::new("the run", kind, rule));
        }
        self.train.check()
    }
}

impl SearchConfig {
    fn check(&self) -> Result<(), ConfigError> {
        SEARCH.iter().try_for_each(|setting| setting.check(self))?;
        even_channels("--channels", self.channels)?;
        if let Err(error) = self.allowed() {
            let name = "--candidates";
            return Err(ConfigError::new(name, &self.candidates, error.to_string()));
        }
        if self.alpha_batch == 1 {
            let rule = "use 0 for as many as a step of the weights has, or 2 to 65536";
            return Err(ConfigError::new("--alpha-batch", self.alpha_batch, rule));
        }
        let most = (self.epochs - 1) as f64;
        ConfigError::range("--alpha-after", self.alpha_after as f64, [0.0, most])?;
        if self.draw == Draw::Edge && self.radius > 1 {
            let rule = "--draw edge changes one edge a neighbor; use --radius 1";
            return Err(ConfigError::new("--radius", self.radius, rule));
        }
        if !self.strategy.by_gradient() && (self.replica || self.select != Select::Last) {
            let rule = "it has no α, so it has no replica and no validation to select an epoch by";
            return Err(ConfigError::new("--strategy", self.strategy, rule));
        }
        if self.exclude_self && self.aggregation.weighs_own() {
            let rule = Aggregation::WEIGHS_OWN;
            return Err(ConfigError::new("--aggregation", self.aggregation, rule));
        }
        Ok(())
    }
}

impl TrainConfig {
    /// Checks every range.
    pub fn check(&self) -> Result<(), ConfigError> {
        TRAIN.iter().try_for_each(|setting| setting.check(self))?;
        even_channels("--train-channels", self.channels)
    }
}

fn even_channels(name: &'static str, value: usize) -> Result<(), ConfigError> {
    match value.is_multiple_of(2) {
        true => Ok(()),
        false => Err(ConfigError::new(
            name,
            value,
            "it must be even, since a factorised reduction halves it",
        )),
    }
}
