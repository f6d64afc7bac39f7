//! A setting that no run can have.

use std::borrow::Cow;

/// A setting outside its range.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{name} is {value}: {rule}")]
pub struct ConfigError {
    name: &'static str,
    value: String,
    rule: Cow<'static, str>,
}

impl ConfigError {
    pub(super) fn new(
        name: &'static str,
        value: impl ToString,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            name,
            value: value.to_string(),
            rule: rule.into(),
        }
    }

    /// Refuses a share of test images that no run has.
    pub(super) fn test_share(value: f64) -> Result<(), ConfigError> {
        Self::range("--test-share", value, [0.01, 0.9])
    }

    /// Refuses a number out of a range.
    pub(super) fn range(
        name: &'static str,
        value: f64,
        [low, high]: [f64; 2],
    ) -> Result<(), ConfigError> {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        let problem = if value < low {
            "too small"
        } else if value > high {
            "too large"
        } else {
            "not a number"
        };
        let rule = format!("{problem}, use {low} to {high}");
        Err(Self::new(name, value, rule))
    }
}
