//! Where a run runs, and on what.

use serde::{Deserialize, Serialize};

/// The device of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// The adapter's name, or the CPU's kind.
    pub name: String,
    /// `wgpu` or `cpu`.
    pub backend: String,
    /// The driver or graphics interface.
    pub driver: String,
    /// Whether a GPU is emulated in software.
    pub software: bool,
    /// Largest buffer that a shader may bind, bytes; 0 for the CPU.
    pub max_binding: u64,
}

/// The data of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetInfo {
    /// Its name.
    pub name: String,
    /// SHA-256 of shape, labels and pixels.
    pub hash: String,
    /// Images that train weights, architecture, and test.
    pub split: [usize; 3],
    /// Channels, height, width.
    pub image: [usize; 3],
    /// Number of classes.
    pub classes: usize,
    /// What its reader left out, scaled, turned, guessed or merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}
