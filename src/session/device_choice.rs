//! Which device somebody asked for.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

use crate::nearest::unknown;

/// What stands before the number of an adapter.
const NUMBERED: &str = "gpu:";
/// The names of the choices without a number.
const NAMES: &[&str; 3] = &["auto", "gpu", "cpu"];

/// Where a run computes: `auto`, `gpu`, `gpu:1` or `cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A hardware GPU where there is one, else the CPU.
    Auto,
    /// Any wgpu adapter, software ones included: the first.
    Gpu,
    /// The wgpu adapter of that number, as `plateau devices` counts them.
    Adapter(u16),
    /// The CPU (Burn's Flex backend).
    Cpu,
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(number) = text.strip_prefix(NUMBERED) {
            let choice = number.parse().map(DeviceChoice::Adapter).ok();
            // One text for each: gpu:+0 and gpu:00 are none.
            return choice
                .filter(|choice| choice.to_string() == text)
                .ok_or_else(|| {
                    format!(
                        "'{text}' is no adapter: plateau devices lists them, gpu:0 is the first"
                    )
                });
        }
        match text {
            "auto" => Ok(DeviceChoice::Auto),
            "gpu" => Ok(DeviceChoice::Gpu),
            "cpu" => Ok(DeviceChoice::Cpu),
            _ => {
                // A number in capitals is one of these, too.
                let lower = text.to_ascii_lowercase();
                let numbered = match lower.starts_with(NUMBERED).then(|| lower.parse()) {
                    Some(Ok(DeviceChoice::Adapter(_))) => &lower,
                    _ => "gpu:N",
                };
                let [auto, gpu, cpu] = NAMES;
                Err(unknown(text, "a device", &[auto, gpu, numbered, cpu]))
            }
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceChoice::Auto => f.write_str("auto"),
            DeviceChoice::Gpu => f.write_str("gpu"),
            DeviceChoice::Adapter(number) => write!(f, "{NUMBERED}{number}"),
            DeviceChoice::Cpu => f.write_str("cpu"),
        }
    }
}

impl Serialize for DeviceChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeviceChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|message| match text.strip_prefix(NUMBERED) {
                Some(_) => D::Error::custom(message),
                None => D::Error::unknown_variant(&text, NAMES),
            })
    }
}
