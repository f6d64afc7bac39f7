//! The choices of a search as plain data: what configurations, links and the command line name. No tensors.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::nearest::{named, unknown};

/// How architectures are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// One architecture drawn uniformly; the baseline.
    Random,
    /// Random search with parameter sharing (Li and Talwalkar 2019, arXiv 1902.07638): a supernet trained on single paths scores architectures
    /// that are drawn uniformly. Here a step trains a strictly fair set of paths (FairNAS, arXiv 1907.01845) and not one.
    Rsps,
    /// DARTS, first order.
    Darts,
    /// DARTS, second order.
    #[serde(rename = "darts-2nd")]
    Darts2nd,
    /// NA-DARTS, first order.
    NaDarts,
    /// NA-DARTS, second order.
    #[serde(rename = "na-darts-2nd")]
    NaDarts2nd,
    /// A2M: DARTS with an ascent step in α before its gradient.
    A2m,
    /// SDARTS-RS: DARTS whose weights are trained under random perturbations of softmax(α).
    SdartsRs,
}

impl Strategy {
    /// All strategies.
    pub const ALL: [Strategy; 8] = [
        Strategy::Random,
        Strategy::Rsps,
        Strategy::Darts,
        Strategy::Darts2nd,
        Strategy::NaDarts,
        Strategy::NaDarts2nd,
        Strategy::A2m,
        Strategy::SdartsRs,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Random => "random",
            Strategy::Rsps => "rsps",
            Strategy::Darts => "darts",
            Strategy::Darts2nd => "darts-2nd",
            Strategy::NaDarts => "na-darts",
            Strategy::NaDarts2nd => "na-darts-2nd",
            Strategy::A2m => "a2m",
            Strategy::SdartsRs => "sdarts-rs",
        }
    }

    /// The name for people, as papers have it.
    pub fn title(self) -> &'static str {
        match self {
            Strategy::Random => "Random cell",
            Strategy::Rsps => "RSPS",
            Strategy::Darts => "DARTS",
            Strategy::Darts2nd => "DARTS, 2nd order",
            Strategy::NaDarts => "NA-DARTS",
            Strategy::NaDarts2nd => "NA-DARTS, 2nd order",
            Strategy::A2m => "A2M",
            Strategy::SdartsRs => "SDARTS-RS",
        }
    }

    /// Whether α, the strengths of the operations, is what it searches with.
    pub fn by_gradient(self) -> bool {
        !matches!(self, Strategy::Random | Strategy::Rsps)
    }

    /// Whether the α-step looks one weight step ahead.
    pub fn second_order(self) -> bool {
        matches!(self, Strategy::Darts2nd | Strategy::NaDarts2nd)
    }

    /// Whether the loss is aggregated over neighbors.
    pub fn neighborhood_aware(self) -> bool {
        matches!(self, Strategy::NaDarts | Strategy::NaDarts2nd)
    }
}

impl std::fmt::Display for Strategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(text, "a strategy", &Strategy::ALL, Strategy::name)
    }
}

/// Where the Hessian of A2M is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HessianPoint {
    /// At `α̃ = α + ρ∇L(α)`, as the authors' program does: it does not put α back before the difference.
    #[default]
    Ascended,
    /// At α, as the gradient of the objective has it.
    Alpha,
}

impl HessianPoint {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            HessianPoint::Ascended => "ascended",
            HessianPoint::Alpha => "alpha",
        }
    }
}

impl std::str::FromStr for HessianPoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(
            text,
            "a point of A2M's Hessian",
            &[HessianPoint::Ascended, HessianPoint::Alpha],
            HessianPoint::name,
        )
    }
}

/// How the neighbors of a step are drawn. None of them is the same as another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Draw {
    /// Uniformly from the ball.
    #[default]
    Ball,
    /// In pairs from the ball: one and the one with the opposite shifts, whose first effects cancel.
    Antithetic,
    /// All changes of one random edge, then of another.
    Edge,
}

impl Draw {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Draw::Ball => "ball",
            Draw::Antithetic => "antithetic",
            Draw::Edge => "edge",
        }
    }
}

impl std::str::FromStr for Draw {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(
            text,
            "a draw of neighbors",
            &[Draw::Ball, Draw::Antithetic, Draw::Edge],
            Draw::name,
        )
    }
}

/// Which epoch's architecture a search ends with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// The last one's.
    #[default]
    Last,
    /// That of the epoch with the best mean accuracy on the architecture half, as A2M's program and many that are made from DARTS' have it.
    BestValidation,
}

impl Select {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Select::Last => "last",
            Select::BestValidation => "best-validation",
        }
    }
}

impl std::str::FromStr for Select {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(
            text,
            "a choice of the epoch",
            &[Select::Last, Select::BestValidation],
            Select::name,
        )
    }
}

/// Which of the two steps of a search comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// α, as DARTS does.
    #[default]
    AlphaFirst,
    /// The weights, as NAS-Bench-201's program does.
    WeightsFirst,
}

impl Order {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Order::AlphaFirst => "alpha-first",
            Order::WeightsFirst => "weights-first",
        }
    }
}

impl std::str::FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(
            text,
            "an order",
            &[Order::AlphaFirst, Order::WeightsFirst],
            Order::name,
        )
    }
}

/// How a neighbor of β = softmax(α) is made differentiable in α. On each of at most `d` edges:
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Representation {
    /// R1: the operation weights are rotated by a random shift, so that a one-hot choice becomes another one-hot choice.
    Permutation,
    /// R2: a share of the weight moves to a random operation but the strongest; the share is the radius an edge.
    MassTransfer {
        /// In (0, 1].
        #[serde(deserialize_with = "share")]
        share: f32,
    },
    /// R3: the edge is forced to a random operation but the strongest; nothing flows to its α.
    HardReplacement,
}

impl std::fmt::Display for Representation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Representation::Permutation => write!(f, "permutation"),
            Representation::MassTransfer { share } => write!(f, "mass-transfer:{share}"),
            Representation::HardReplacement => write!(f, "hard-replacement"),
        }
    }
}

impl std::str::FromStr for Representation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "permutation" => Ok(Representation::Permutation),
            "hard-replacement" => Ok(Representation::HardReplacement),
            _ => text
                .strip_prefix("mass-transfer:")
                .and_then(|share| share.parse().ok())
                .filter(is_share)
                .map(|share| Representation::MassTransfer { share })
                .ok_or_else(|| {
                    let names = ["permutation", "hard-replacement", "mass-transfer:SHARE"];
                    let list = unknown(text, "a neighbor representation", &names);
                    format!("{list} with a share above 0 and at most 1")
                }),
        }
    }
}

/// Whether a share of the weight can move.
fn is_share(share: &f32) -> bool {
    *share > 0.0 && *share <= 1.0
}

fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    let share = f32::deserialize(deserializer)?;
    if is_share(&share) {
        Ok(share)
    } else {
        Err(D::Error::custom(
            "a share of the weight is above 0 and at most 1",
        ))
    }
}
