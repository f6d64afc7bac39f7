//! Candidate operations and their published names.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::nearest::nearest;

/// A candidate operation of an edge. Names are those of the DARTS and NAS-Bench-201 code (`method.md` §4.1, §5).
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation {
    /// Zeros.
    #[serde(rename = "none")]
    None,
    /// 3×3 maximum.
    #[serde(rename = "max_pool_3x3")]
    MaxPool3x3,
    /// 3×3 mean over the pixels inside the image.
    #[serde(rename = "avg_pool_3x3")]
    AvgPool3x3,
    /// Identity, or a factorized reduction at stride 2.
    #[serde(rename = "skip_connect")]
    SkipConnect,
    /// Two depthwise 3×3 and pointwise stages.
    #[serde(rename = "sep_conv_3x3")]
    SepConv3x3,
    /// Two depthwise 5×5 and pointwise stages.
    #[serde(rename = "sep_conv_5x5")]
    SepConv5x5,
    /// One depthwise 3×3 stage with dilation 2.
    #[serde(rename = "dil_conv_3x3")]
    DilConv3x3,
    /// One depthwise 5×5 stage with dilation 2.
    #[serde(rename = "dil_conv_5x5")]
    DilConv5x5,
    /// A dense 1×1 convolution (NAS-Bench-201).
    #[serde(rename = "nor_conv_1x1")]
    Conv1x1,
    /// A dense 3×3 convolution (NAS-Bench-201).
    #[serde(rename = "nor_conv_3x3")]
    Conv3x3,
}

/// A name that is not an operation's.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[error("unknown operation \"{name}\"{}", meant(.nearest))]
pub struct UnknownOperation {
    name: String,
    nearest: Option<&'static str>,
}

fn meant(nearest: &Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"))
}

/// All operations of both spaces.
pub(super) const OPERATIONS: [Operation; 10] = [
    Operation::None,
    Operation::MaxPool3x3,
    Operation::AvgPool3x3,
    Operation::SkipConnect,
    Operation::SepConv3x3,
    Operation::SepConv5x5,
    Operation::DilConv3x3,
    Operation::DilConv5x5,
    Operation::Conv1x1,
    Operation::Conv3x3,
];

impl Operation {
    /// The published name, such as `sep_conv_3x3`.
    pub fn name(self) -> &'static str {
        match self {
            Operation::None => "none",
            Operation::MaxPool3x3 => "max_pool_3x3",
            Operation::AvgPool3x3 => "avg_pool_3x3",
            Operation::SkipConnect => "skip_connect",
            Operation::SepConv3x3 => "sep_conv_3x3",
            Operation::SepConv5x5 => "sep_conv_5x5",
            Operation::DilConv3x3 => "dil_conv_3x3",
            Operation::DilConv5x5 => "dil_conv_5x5",
            Operation::Conv1x1 => "nor_conv_1x1",
            Operation::Conv3x3 => "nor_conv_3x3",
        }
    }

    /// The operation of a published name.
    pub fn from_name(name: &str) -> Result<Self, UnknownOperation> {
        OPERATIONS
            .into_iter()
            .find(|operation| operation.name() == name)
            .ok_or_else(|| UnknownOperation {
                name: name.chars().take(40).collect(),
                nearest: nearest(name, OPERATIONS.map(Operation::name)),
            })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}
