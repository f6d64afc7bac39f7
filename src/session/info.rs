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

/// A GPU adapter of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// What stands behind `gpu:`.
    pub number: u16,
    /// As its driver calls it.
    pub name: String,
    /// What it is.
    pub kind: AdapterKind,
    /// The graphics interface that it is reached through.
    pub backend: String,
}

/// What an adapter is, the preferred first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdapterKind {
    /// A card with memory of its own.
    Discrete,
    /// A part of the processor, whose memory it shares.
    Integrated,
    /// Its driver does not say.
    Other,
    /// A share of a host's GPU.
    Virtual,
    /// Emulated on the processor.
    Software,
}

impl AdapterKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            AdapterKind::Discrete => "discrete",
            AdapterKind::Integrated => "integrated",
            AdapterKind::Other => "unknown kind",
            AdapterKind::Virtual => "virtual",
            AdapterKind::Software => "software",
        }
    }
}

impl std::fmt::Display for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            number,
            name,
            kind,
            backend,
        } = self;
        write!(f, "gpu:{number} {name} ({}, {backend})", kind.name())
    }
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
