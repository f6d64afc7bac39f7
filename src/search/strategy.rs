//! The choices of a search as plain data: what configurations, links and the command line name. No tensors.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::nearest::{named, unknown};

/// How architectures are searched. What is known of each stands once, in a row of `FACTS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Strategy {
    /// One architecture drawn uniformly; the baseline.
    Random,
    /// Random search with parameter sharing (Li and Talwalkar 2019, arXiv 1902.07638): a supernet trained on single paths scores architectures
    /// that are drawn uniformly. Here a step trains a strictly fair set of paths (FairNAS, arXiv 1907.01845) and not one.
    Rsps,
    /// DARTS, first order.
    Darts,
    /// DARTS, second order.
    Darts2nd,
    /// GDAS (Dong and Yang 2019, arXiv 1910.04465): one operation an edge, drawn by Gumbel's trick; [`super::gumbel`].
    Gdas,
    /// SNAS (Xie et al. 2019, arXiv 1812.09926): weights drawn from the concrete distribution; [`super::gumbel`].
    Snas,
    /// DrNAS (Chen et al. 2021, arXiv 2006.10355): weights drawn from a Dirichlet distribution; [`super::dirichlet`].
    DrNas,
    /// β-DARTS (Ye et al. 2022, arXiv 2203.01665): DARTS with a penalty on the logsumexp of α; [`super::penalty`].
    BetaDarts,
    /// DARTS− (Chu et al. 2021, arXiv 2009.01027): DARTS with an auxiliary skip connection that fades; [`super::darts_minus`].
    DartsMinus,
    /// FairDARTS (Chu et al. 2020, arXiv 1911.12126): weights that do not compete, and a penalty on undecided ones; [`super::penalty`].
    FairDarts,
    /// GAEA (Li et al. 2021, arXiv 2004.07802): exponentiated gradient on the simplex; [`super::gaea`].
    Gaea,
    /// NA-DARTS, first order.
    NaDarts,
    /// NA-DARTS, second order.
    NaDarts2nd,
    /// GDAS on a neighborhood.
    NaGdas,
    /// SNAS on a neighborhood.
    NaSnas,
    /// DrNAS on a neighborhood.
    NaDrNas,
    /// β-DARTS on a neighborhood.
    NaBetaDarts,
    /// DARTS− on a neighborhood.
    NaDartsMinus,
    /// FairDARTS on a neighborhood.
    NaFairDarts,
    /// GAEA on a neighborhood.
    NaGaea,
    /// A2M: DARTS with an ascent step in α before its gradient.
    A2m,
    /// A2M on a neighborhood.
    NaA2m,
    /// SDARTS-RS: DARTS whose weights are trained under random perturbations of softmax(α).
    SdartsRs,
    /// SDARTS-RS on a neighborhood.
    NaSdartsRs,
    /// SDARTS-ADV: DARTS whose weights are trained under the worst perturbation of softmax(α) that seven steps find.
    SdartsAdv,
    /// SDARTS-ADV on a neighborhood.
    NaSdartsAdv,
}

/// What kind of search a strategy is: a group of the picker and of `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Follows a gradient in α, at α alone.
    Plain,
    /// Follows a gradient that looks at more than α itself.
    Flat,
    /// Draws architectures.
    Sampling,
}

impl Family {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Family; 3] = [Family::Plain, Family::Flat, Family::Sampling];

    /// The name of the group.
    pub fn title(self) -> &'static str {
        match self {
            Family::Plain => "At α alone",
            Family::Flat => "Looking around",
            Family::Sampling => "By sampling",
        }
    }
}

/// What there is to know of a strategy.
struct Facts {
    strategy: Strategy,
    /// The same search without a neighborhood.
    plain: Strategy,
    /// On the command line and in files.
    name: &'static str,
    /// For people, as papers have it.
    title: &'static str,
    family: Family,
    /// What it does, in a sentence.
    sentence: &'static str,
}

const fn of(
    family: Family,
    strategy: Strategy,
    [name, title, sentence]: [&'static str; 3],
) -> Facts {
    Facts {
        strategy,
        plain: strategy,
        name,
        title,
        family,
        sentence,
    }
}

/// A strategy with a neighborhood, of the one without.
const fn aware(plain: Strategy, strategy: Strategy, words: [&'static str; 3]) -> Facts {
    Facts {
        plain,
        ..of(Family::Flat, strategy, words)
    }
}

/// A row a strategy, in the order of [`Strategy`]: its name, its title, what it does.
const FACTS: [Facts; 26] = [
    of(
        Family::Sampling,
        Strategy::Random,
        [
            "random",
            "Random cell",
            "Draws one architecture uniformly, without a search: the baseline.",
        ],
    ),
    of(
        Family::Sampling,
        Strategy::Rsps,
        [
            "rsps",
            "RSPS",
            "Random search with parameter sharing: trains the supernet on single paths and takes the best of 100 architectures by its weights.",
        ],
    ),
    of(
        Family::Plain,
        Strategy::Darts,
        [
            "darts",
            "DARTS",
            "Follows the validation loss's gradient in α, with the weights as they are.",
        ],
    ),
    of(
        Family::Plain,
        Strategy::Darts2nd,
        [
            "darts-2nd",
            "DARTS, 2nd order",
            "As DARTS, and looks one weight step ahead: closer to the true gradient, twice as slow.",
        ],
    ),
    of(
        Family::Plain,
        Strategy::Gdas,
        [
            "gdas",
            "GDAS",
            "Draws one operation an edge in every step, more and more by α, and computes no other: fast.",
        ],
    ),
    of(
        Family::Plain,
        Strategy::Snas,
        [
            "snas",
            "SNAS",
            "As DARTS, but with weights drawn around softmax(α), which become choices as the search goes on.",
        ],
    ),
    of(
        Family::Plain,
        Strategy::DrNas,
        [
            "drnas",
            "DrNAS",
            "As DARTS, but with weights drawn from a Dirichlet distribution whose concentrations are learnt.",
        ],
    ),
    of(
        Family::Plain,
        Strategy::BetaDarts,
        [
            "beta-darts",
            "β-DARTS",
            "As DARTS, with a growing penalty that keeps an edge's operations from drifting apart.",
        ],
    ),
    of(
        Family::Plain,
        Strategy::DartsMinus,
        [
            "darts-minus",
            "DARTS−",
            "As DARTS, with a second skip connection on every edge that fades away, so that α need not pay for its help.",
        ],
    ),
    of(
        Family::Plain,
        Strategy::FairDarts,
        [
            "fair-darts",
            "FairDARTS",
            "As DARTS, but each operation has a weight of its own from 0 to 1, and undecided weights cost.",
        ],
    ),
    of(
        Family::Plain,
        Strategy::Gaea,
        [
            "gaea",
            "GAEA",
            "As DARTS, but moves the weights themselves by multiplying them, so that what is ahead gets further ahead.",
        ],
    ),
    aware(
        Strategy::Darts,
        Strategy::NaDarts,
        [
            "na-darts",
            "NA-DARTS",
            "As DARTS, but on the joined loss of α and its neighbors, so that it settles in flat places.",
        ],
    ),
    aware(
        Strategy::Darts2nd,
        Strategy::NaDarts2nd,
        [
            "na-darts-2nd",
            "NA-DARTS, 2nd order",
            "As NA-DARTS, and looks one weight step ahead.",
        ],
    ),
    aware(
        Strategy::Gdas,
        Strategy::NaGdas,
        [
            "na-gdas",
            "NA-GDAS",
            "GDAS on the joined loss of the drawn operations and their neighbors.",
        ],
    ),
    aware(
        Strategy::Snas,
        Strategy::NaSnas,
        [
            "na-snas",
            "NA-SNAS",
            "SNAS on the joined loss of the drawn weights and their neighbors.",
        ],
    ),
    aware(
        Strategy::DrNas,
        Strategy::NaDrNas,
        [
            "na-drnas",
            "NA-DrNAS",
            "DrNAS on the joined loss of the drawn weights and their neighbors.",
        ],
    ),
    aware(
        Strategy::BetaDarts,
        Strategy::NaBetaDarts,
        [
            "na-beta-darts",
            "NA-β-DARTS",
            "β-DARTS on the joined loss of α and its neighbors.",
        ],
    ),
    aware(
        Strategy::DartsMinus,
        Strategy::NaDartsMinus,
        [
            "na-darts-minus",
            "NA-DARTS−",
            "DARTS− on the joined loss of α and its neighbors.",
        ],
    ),
    aware(
        Strategy::FairDarts,
        Strategy::NaFairDarts,
        [
            "na-fair-darts",
            "NA-FairDARTS",
            "FairDARTS on the joined loss of its weights and their neighbors.",
        ],
    ),
    aware(
        Strategy::Gaea,
        Strategy::NaGaea,
        [
            "na-gaea",
            "NA-GAEA",
            "GAEA on the joined loss of its weights and their neighbors.",
        ],
    ),
    of(
        Family::Flat,
        Strategy::A2m,
        [
            "a2m",
            "A2M",
            "As DARTS, but takes the gradient after an ascent step in α, so that it leaves sharp places.",
        ],
    ),
    aware(
        Strategy::A2m,
        Strategy::NaA2m,
        [
            "na-a2m",
            "NA-A2M",
            "A2M on the joined loss of α and its neighbors.",
        ],
    ),
    of(
        Family::Flat,
        Strategy::SdartsRs,
        [
            "sdarts-rs",
            "SDARTS-RS",
            "As DARTS, but trains the weights under random changes of the operations' weights.",
        ],
    ),
    aware(
        Strategy::SdartsRs,
        Strategy::NaSdartsRs,
        [
            "na-sdarts-rs",
            "NA-SDARTS-RS",
            "SDARTS-RS on the joined loss of α and its neighbors.",
        ],
    ),
    of(
        Family::Flat,
        Strategy::SdartsAdv,
        [
            "sdarts-adv",
            "SDARTS-ADV",
            "As DARTS, but trains the weights under the worst change of the operations' weights that seven steps find: slow.",
        ],
    ),
    aware(
        Strategy::SdartsAdv,
        Strategy::NaSdartsAdv,
        [
            "na-sdarts-adv",
            "NA-SDARTS-ADV",
            "SDARTS-ADV on the joined loss of α and its neighbors.",
        ],
    ),
];

impl Strategy {
    /// All strategies.
    pub const ALL: [Strategy; FACTS.len()] = {
        let mut all = [Strategy::Random; FACTS.len()];
        let mut place = 0;
        while place < all.len() {
            all[place] = FACTS[place].strategy;
            place += 1;
        }
        all
    };

    const fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The name for people, as papers have it.
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// Its group.
    pub fn family(self) -> Family {
        self.facts().family
    }

    /// What it does, in a sentence.
    pub fn sentence(self) -> &'static str {
        self.facts().sentence
    }

    /// The same search without a neighborhood; itself where it has none.
    pub fn plain(self) -> Strategy {
        self.facts().plain
    }

    /// Whether α, the strengths of the operations, is what it searches with.
    pub fn by_gradient(self) -> bool {
        !matches!(self, Strategy::Random | Strategy::Rsps)
    }

    /// Whether the α-step looks one weight step ahead.
    pub fn second_order(self) -> bool {
        self.plain() == Strategy::Darts2nd
    }

    /// Whether the loss is aggregated over neighbors.
    pub fn neighborhood_aware(self) -> bool {
        self.plain() != self
    }

    /// Whether the operations' weights are softmax(α/T), so that T has a meaning.
    pub fn by_softmax(self) -> bool {
        matches!(
            self.plain(),
            Strategy::Darts
                | Strategy::Darts2nd
                | Strategy::BetaDarts
                | Strategy::DartsMinus
                | Strategy::A2m
                | Strategy::SdartsRs
                | Strategy::SdartsAdv
        )
    }

    /// Whether a pass computes one operation an edge.
    pub fn by_paths(self) -> bool {
        self.plain() == Strategy::Gdas
    }
}

impl From<Strategy> for &'static str {
    fn from(strategy: Strategy) -> Self {
        strategy.name()
    }
}

impl TryFrom<String> for Strategy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
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

/// The rate of GAEA in its authors' program, in the DARTS and the NAS-Bench-201 space.
pub const GAEA_RATE: f64 = 0.1;

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

/// Which architecture a search ends with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// The last one's.
    #[default]
    Last,
    /// That of the epoch with the best mean accuracy on the architecture half, as A2M's program and many that are made from DARTS' have it.
    BestValidation,
    /// What the supernet misses most where it is left out, one edge after the other: DARTS-PT (Wang et al. 2021, arXiv 2108.04392).
    Perturbation,
    /// The best of the ten likeliest architectures by the supernet's loss aggregated over each one's neighbors.
    Neighborhood,
}

impl Select {
    /// All of them.
    pub const ALL: [Select; 4] = [
        Select::Last,
        Select::BestValidation,
        Select::Perturbation,
        Select::Neighborhood,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Select::Last => "last",
            Select::BestValidation => "best-validation",
            Select::Perturbation => "perturbation",
            Select::Neighborhood => "neighborhood",
        }
    }
}

impl std::str::FromStr for Select {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(text, "a choice of the result", &Select::ALL, Select::name)
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
