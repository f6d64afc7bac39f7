//! Every setting of a search and of training from scratch, once: configurations are checked, flags and arms are read and the window's rows
//! are drawn from these tables. A new setting is a field and a row.

use std::fmt::Display;
use std::str::FromStr;

use super::config::{SearchConfig, TrainConfig};
use super::config_error::ConfigError;
use crate::search::Strategy;
use crate::search::penalty::published;

/// A setting of `C`.
pub struct Setting<C: 'static> {
    /// Its flag; without `--` what it is called in files and where a strategy has it of its own.
    pub flag: &'static str,
    /// What the window calls it.
    pub label: &'static str,
    /// What stands behind its value, with a space before.
    pub unit: &'static str,
    /// What it does, in a sentence.
    pub help: &'static str,
    /// What only the command line says, behind that.
    pub aside: &'static str,
    /// Which part of the window has it.
    pub group: Group,
    /// Whether a search by a strategy has a use for it.
    pub concerns: fn(Strategy) -> bool,
    /// Where its value is, and what it can be.
    pub value: Value<C>,
}

/// A part of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// How large and long it is.
    Size,
    /// What makes a search look at neighbors.
    Neighborhood,
    /// What only some strategies have, and how sharpness is watched.
    Curvature,
    /// Rates, penalties and the order of things.
    Rates,
    /// Random changes to images.
    Images,
    /// What it may take.
    Machine,
}

/// Where a value is and what it can be.
pub enum Value<C: 'static> {
    /// A whole number.
    Whole([usize; 2], fn(&mut C) -> &mut usize),
    /// A number.
    Real([f64; 2], fn(&mut C) -> &mut f64),
    /// Megabytes; 0 for what is there.
    Memory(fn(&mut C) -> &mut u64),
    /// On or off; what a flag without a value makes of it.
    Switch(bool, fn(&mut C) -> &mut bool),
    /// One of a few words, or a text of a form of its own.
    Word(
        &'static [Word],
        fn(&C) -> String,
        fn(&mut C, &str) -> Result<(), String>,
    ),
}

/// A word that a setting can be.
pub struct Word {
    /// As it is written; of one with a number, with the number that the window begins with.
    pub text: &'static str,
    /// The same with a letter for the number.
    pub form: &'static str,
    /// What the window calls it.
    pub label: &'static str,
    /// What it means; nothing where the name says it.
    pub help: &'static str,
}

const fn word(text: &'static str, label: &'static str, help: &'static str) -> Word {
    numbered([text, text], label, help)
}

const fn numbered(
    [form, text]: [&'static str; 2],
    label: &'static str,
    help: &'static str,
) -> Word {
    Word {
        text,
        form,
        label,
        help,
    }
}

/// Reads a word into its place.
fn put<T: FromStr<Err: Display>>(place: &mut T, text: &str) -> Result<(), String> {
    *place = text.parse().map_err(|error: T::Err| error.to_string())?;
    Ok(())
}

/// Reads a whole number.
fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match digits && !text.is_empty() {
            true => "the number is too large".to_owned(),
            false => "a whole number from 0 is expected".to_owned(),
        }
    })
}

/// The words of a switch, as arms have them.
const TRUTH: [&str; 2] = ["true", "false"];

impl<C: Clone> Setting<C> {
    /// Its name in files and of a strategy's own: the flag without `--`.
    pub fn key(&self) -> &'static str {
        self.flag.trim_start_matches('-')
    }

    /// Its value as it is written.
    pub fn text(&self, config: &C) -> String {
        let mut config = config.clone();
        match &self.value {
            Value::Whole(_, at) => at(&mut config).to_string(),
            Value::Real(_, at) => at(&mut config).to_string(),
            Value::Memory(at) => at(&mut config).to_string(),
            Value::Switch(flagged, at) => (*at(&mut config) == *flagged).to_string(),
            Value::Word(_, get, _) => get(&config),
        }
    }

    /// Gives it the value that is written. Ranges are checked with the whole configuration.
    ///
    /// # Errors
    /// What is wrong with the text, to be said behind it.
    pub fn set(&self, config: &mut C, text: &str) -> Result<(), String> {
        match &self.value {
            Value::Whole(_, at) => *at(config) = whole(text)?,
            Value::Real(_, at) => {
                let number = text.parse();
                *at(config) = number.map_err(|_| "a number such as 0.5 is expected")?;
            }
            Value::Memory(at) => *at(config) = whole(text)?,
            Value::Switch(flagged, at) => {
                let on: bool = text
                    .parse()
                    .map_err(|_| format!("{} or {} is expected", TRUTH[0], TRUTH[1]))?;
                *at(config) = on == *flagged;
            }
            Value::Word(_, _, set) => return set(config, text),
        }
        Ok(())
    }

    /// Refuses a number that is out of its range.
    pub(super) fn check(&self, config: &C) -> Result<(), ConfigError> {
        let mut config = config.clone();
        let (value, [low, high]) = match &self.value {
            Value::Whole(range, at) => (*at(&mut config) as f64, range.map(|end| end as f64)),
            Value::Real(range, at) => (*at(&mut config), *range),
            Value::Memory(_) | Value::Switch(..) | Value::Word(..) => return Ok(()),
        };
        ConfigError::range(self.flag, value, [low, high])
    }

    /// What the command line says of it: its sentence, its words and what they mean, or its range.
    pub fn sentence(&self) -> String {
        let help = format!("{}{}", self.help, self.aside);
        match &self.value {
            Value::Whole([low, high], _) => within(&help, low, high),
            Value::Real([low, high], _) => within(&help, low, high),
            Value::Word(words @ [_, ..], ..) => {
                let words: Vec<String> = words.iter().map(Word::explained).collect();
                format!("{help}: {}", words.join(", "))
            }
            Value::Memory(_) | Value::Switch(..) | Value::Word(..) => help,
        }
    }
}

/// A sentence with a range behind it.
fn within(help: &str, low: &impl Display, high: &impl Display) -> String {
    format!("{help} ({low} to {high})")
}

impl Word {
    fn explained(&self) -> String {
        match self.help {
            "" => self.form.to_owned(),
            help => format!("{} ({help})", self.form),
        }
    }
}

/// All searches but a drawn architecture, which has no settings.
fn searched(strategy: Strategy) -> bool {
    strategy != Strategy::Random
}

/// Every search, and a drawn architecture.
fn any(_: Strategy) -> bool {
    true
}

fn a2m(strategy: Strategy) -> bool {
    strategy.plain() == Strategy::A2m
}

fn sdarts(strategy: Strategy) -> bool {
    matches!(strategy.plain(), Strategy::SdartsRs | Strategy::SdartsAdv)
}

fn drawn(strategy: Strategy) -> bool {
    matches!(strategy.plain(), Strategy::Gdas | Strategy::Snas)
}

fn penalised(strategy: Strategy) -> bool {
    published(strategy) > 0.0
}

fn darts_minus(strategy: Strategy) -> bool {
    strategy.plain() == Strategy::DartsMinus
}

fn gaea(strategy: Strategy) -> bool {
    strategy.plain() == Strategy::Gaea
}

/// Whether α moves by Adam.
fn by_adam(strategy: Strategy) -> bool {
    strategy.by_gradient() && !gaea(strategy)
}

/// The word for a setting of a strategy that is left as its authors have it.
const PUBLISHED: &str = "published";

/// A setting that may be left as a strategy's authors have it.
fn published_or<T: Display>(value: &Option<T>) -> String {
    value.as_ref().map_or(PUBLISHED.to_owned(), T::to_string)
}

/// Reads one.
fn put_published<T>(
    place: &mut Option<T>,
    text: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<(), String> {
    *place = match text {
        PUBLISHED => None,
        _ => Some(read(text).map_err(|error| format!("{error}, or {PUBLISHED}"))?),
    };
    Ok(())
}

/// What a penalty may weigh.
pub const PENALTIES: [f64; 2] = [0.0, 1e4];

/// Reads a weight of a penalty.
fn penalty(text: &str) -> Result<f64, String> {
    let [low, high] = PENALTIES;
    let weight = text.parse().ok();
    let weight = weight.filter(|weight| (low..=high).contains(weight));
    weight.ok_or_else(|| format!("a number from {low} to {high} is expected"))
}

/// The words of the temperatures of drawn weights.
const GUMBEL: [Word; 2] = [
    word(
        PUBLISHED,
        "as published",
        "10:0.1 for GDAS, 1:0.03 for SNAS",
    ),
    numbered(["FROM:TO", "10:0.1"], "from and to", "in equal steps"),
];

/// The words of the weight of a penalty.
const PENALTY: [Word; 2] = [
    word(
        PUBLISHED,
        "as published",
        "50 for β-DARTS, 10 for FairDARTS",
    ),
    numbered(["W", "10"], "a weight", "0 for none"),
];

/// The words of [`crate::data::LastBatch`].
const LAST_BATCH: [Word; 2] = [
    word("drop", "left out", "its images come in other epochs"),
    word(
        "keep",
        "kept",
        "a smaller batch, as in DARTS' program, unless it is a single image",
    ),
];

/// The published ones of [`crate::space::Candidates`].
const CANDIDATES: [Word; 4] = [
    word("all", "all operations", "of the space"),
    word(
        "S1",
        "S1",
        "RobustDARTS: two operations an edge, other ones on every edge; only in the DARTS space",
    ),
    word(
        "S2",
        "S2",
        "RobustDARTS: sep_conv_3x3 and skip_connect; only in the DARTS space",
    ),
    word(
        "S3",
        "S3",
        "RobustDARTS: none, skip_connect and sep_conv_3x3; only in the DARTS space",
    ),
];

/// The words of [`crate::space::Aggregation`].
const AGGREGATIONS: [Word; 8] = [
    word("mean", "mean", ""),
    word("median", "median", ""),
    word("max", "maximum", ""),
    word("min", "minimum", ""),
    numbered(
        ["mean+std:λ", "mean+std:1"],
        "mean + deviation",
        "λ times the deviation",
    ),
    numbered(
        ["quantile:q", "quantile:0.9"],
        "quantile",
        "0 is the best neighbor, 1 the worst",
    ),
    numbered(
        ["logsumexp:τ", "logsumexp:0.1"],
        "log-sum-exp",
        "of temperature τ, low near the maximum",
    ),
    numbered(
        ["own:W", "own:0.5"],
        "own and others",
        "W times the own loss, the rest the mean of the others",
    ),
];

/// The words of [`crate::search::Representation`].
const REPRESENTATIONS: [Word; 3] = [
    word(
        "permutation",
        "permutation",
        "rotates the operations' weights of an edge by a random shift",
    ),
    numbered(
        ["mass-transfer:SHARE", "mass-transfer:0.5"],
        "mass transfer",
        "moves that share of an edge's weight to an operation other than its strongest",
    ),
    word(
        "hard-replacement",
        "replacement",
        "forces an edge to an operation other than its strongest; no gradient flows to its α",
    ),
];

/// The words of [`crate::search::Draw`].
const DRAWS: [Word; 3] = [
    word("ball", "from the ball", "uniformly"),
    word(
        "antithetic",
        "in opposite pairs",
        "one and the one with the opposite shifts, whose first effects cancel",
    ),
    word(
        "edge",
        "edge by edge",
        "all changes of one edge, then of another; the radius is 1",
    ),
];

/// The words of [`crate::search::Order`].
const ORDERS: [Word; 2] = [
    word("alpha-first", "α", "as DARTS' program"),
    word("weights-first", "weights", "as NAS-Bench-201's"),
];

/// The words of [`crate::search::Select`].
const SELECTS: [Word; 4] = [
    word("last", "the last epoch", ""),
    word(
        "best-validation",
        "the best validation",
        "of the best mean accuracy on the architecture half",
    ),
    word(
        "perturbation",
        "what is missed most",
        "of every edge, one after the other, the operation without which the supernet's loss is the highest, as DARTS-PT",
    ),
    word(
        "neighborhood",
        "the flattest likely one",
        "of the ten likeliest architectures that of the least supernet's loss joined over its neighbors",
    ),
];

/// The words of [`crate::search::HessianPoint`].
const HESSIAN_POINTS: [Word; 2] = [
    word(
        "ascended",
        "the ascended α",
        "after that move, as the authors' program does",
    ),
    word("alpha", "α itself", "as the objective has it"),
];

// In braces, so that the formatter leaves a row its line.
macro_rules! row {
    ($flag:literal, $label:literal, $unit:literal, $group:ident, $concerns:expr, $value:expr, $help:literal) => {
        row! { $flag, $label, $unit, $group, $concerns, $value, $help; "" }
    };
    ($flag:literal, $label:literal, $unit:literal, $group:ident, $concerns:expr, $value:expr, $help:literal; $aside:literal) => {
        Setting {
            flag: $flag,
            label: $label,
            unit: $unit,
            help: $help,
            aside: $aside,
            group: Group::$group,
            concerns: $concerns,
            value: $value,
        }
    };
}

/// Those of a search.
pub static SEARCH: &[Setting<SearchConfig>] = &[
    row! { "--channels", "Channels", "", Size, searched, Value::Whole([2, 4096], |c| &mut c.channels),
    "How many channels the supernet's first cells have; even, since a reduction halves them" },
    row! { "--layers", "Cells", "", Size, searched, Value::Whole([1, 64], |c| &mut c.layers),
    "How many cells the supernet has (DARTS), or each of its stages (NAS-Bench-201)" },
    row! { "--epochs", "Epochs", "", Size, searched, Value::Whole([1, 100_000], |c| &mut c.epochs),
    "Passes over the half of the training images that trains the weights" },
    row! { "--batch", "Batch", " images", Size, searched, Value::Whole([2, 65_536], |c| &mut c.batch),
    "Images of a step of the weights, and of one of α where it has no number of its own" },
    row! { "--candidates", "Candidates", "", Size, any,
    Value::Word(&CANDIDATES, |c| c.candidates.to_string(), |c, text| put(&mut c.candidates, text)),
    "The operations that the edges have to choose from";
    ", such as sep_conv_3x3,skip_connect for all edges, or lists for kinds of cells and single edges (normal:LIST;reduction:LIST;normal/3:LIST)" },
    row! { "--alpha-batch", "α batch", " images", Rates, searched, Value::Whole([0, 65_536], |c| &mut c.alpha_batch),
    "Images of a step of α, at most all that choose architectures; 0 for as many as a step of the weights has" },
    row! { "--last-batch", "Last batch", "", Rates, searched,
    Value::Word(&LAST_BATCH, |c| c.last_batch.name().to_owned(), |c, text| put(&mut c.last_batch, text)),
    "What becomes of an epoch's incomplete last batch of the search" },
    row! { "--weight-rate", "Weight rate", "", Rates, searched, Value::Real([0.0, 100.0], |c| &mut c.weight_rate),
    "Highest learning rate of the supernet's weights; it falls along a cosine" },
    row! { "--weight-rate-min", "Lowest rate", "", Rates, searched, Value::Real([0.0, 100.0], |c| &mut c.weight_rate_min),
    "Learning rate of the supernet's weights at the end of the cosine" },
    row! { "--momentum", "Momentum", "", Rates, searched, Value::Real([0.0, 1.0], |c| &mut c.momentum),
    "The share of a step of the supernet's weights that the next one keeps" },
    row! { "--weight-decay", "Weight decay", "", Rates, searched, Value::Real([0.0, 10.0], |c| &mut c.weight_decay),
    "L2 penalty of the supernet's weights" },
    row! { "--clip", "Longest gradient", "", Rates, searched, Value::Real([0.0, 1e6], |c| &mut c.clip),
    "Length that a longer gradient of the supernet's weights is cut to; 0 cuts none" },
    row! { "--alpha-rate", "α rate", "", Rates, by_adam, Value::Real([0.0, 100.0], |c| &mut c.alpha_rate),
    "Adam's learning rate for the architecture α" },
    row! { "--alpha-decay", "α decay", "", Rates, by_adam, Value::Real([0.0, 10.0], |c| &mut c.alpha_decay),
    "L2 penalty of the architecture α, which holds it near even weights" },
    row! { "--temperature", "Temperature", "", Rates, Strategy::by_softmax,
    Value::Word(&[], |c| c.temperature.to_string(), |c, text| put(&mut c.temperature, text)),
    "T of the operations' weights softmax(α/T), at the first step and at the last: the lower, the more a difference in α counts";
    ". One number, or FROM:TO" },
    row! { "--radius", "Radius", " edges", Neighborhood, Strategy::neighborhood_aware, Value::Whole([0, 3], |c| &mut c.radius),
    "Strategies with na-: how many edges a neighbor may change; 0 is the strategy without a neighborhood"; ". na-rs: 1 to 6" },
    row! { "--neighbors", "Neighbors", " a step", Neighborhood, Strategy::neighborhood_aware, Value::Whole([0, 1024], |c| &mut c.neighbors),
    "Strategies with na-: how many neighbors are drawn a step; 0 is the strategy without a neighborhood"; ". na-rs: neighbors of a draw; 0 is all of them" },
    row! { "--aggregation", "Joined by", "", Neighborhood, Strategy::neighborhood_aware,
    Value::Word(&AGGREGATIONS, |c| c.aggregation.to_string(), |c, text| put(&mut c.aggregation, text)),
    "Strategies with na-: how the neighbors' losses become one; the mean prizes flat places, the maximum fears the worst neighbor"; ". na-rs, too" },
    row! { "--representation", "Made by", "", Neighborhood, Strategy::neighborhood_aware,
    Value::Word(&REPRESENTATIONS, |c| c.representation.to_string(), |c, text| put(&mut c.representation, text)),
    "Strategies with na-: how a neighbor is made so that its loss has a gradient in α" },
    row! { "--draw", "Drawn", "", Neighborhood, Strategy::neighborhood_aware,
    Value::Word(&DRAWS, |c| c.draw.name().to_owned(), |c, text| put(&mut c.draw, text)),
    "Strategies with na-: how a step's neighbors are drawn" },
    row! { "--exclude-self", "Leave itself out", "", Neighborhood, Strategy::neighborhood_aware, Value::Switch(true, |c| &mut c.exclude_self),
    "Strategies with na-: do not count the architecture itself as one of its neighborhood"; ". na-rs, too" },
    row! { "--alpha-after", "Weights alone", " epochs", Rates, Strategy::by_gradient, Value::Whole([0, 99_999], |c| &mut c.alpha_after),
    "Epochs at the start in which only the weights are trained" },
    row! { "--order", "First step", "", Rates, Strategy::by_gradient,
    Value::Word(&ORDERS, |c| c.order.name().to_owned(), |c, text| put(&mut c.order, text)),
    "Which step comes first" },
    row! { "--select", "Ends with", "", Rates, Strategy::by_gradient,
    Value::Word(&SELECTS, |c| c.select.name().to_owned(), |c, text| put(&mut c.select, text)),
    "Which architecture the search ends with" },
    row! { "--rho", "Ascent ρ", "", Curvature, a2m, Value::Real([0.0, 100.0], |c| &mut c.rho),
    "A2M: how far α is moved along its gradient before the gradient is taken; 0 is plain DARTS" },
    row! { "--hessian-point", "Hessian at", "", Curvature, a2m,
    Value::Word(&HESSIAN_POINTS, |c| c.hessian_point.name().to_owned(), |c, text| put(&mut c.hessian_point, text)),
    "A2M: where the Hessian is taken" },
    row! { "--perturbation", "Perturbation", "", Curvature, sdarts, Value::Real([0.0, 1.0], |c| &mut c.perturbation),
    "SDARTS: largest perturbation of an operation's weight, reached linearly from its tenth; 0 is plain DARTS" },
    row! { "--gumbel", "Draw temperature", "", Rates, drawn,
    Value::Word(&GUMBEL, |c| published_or(&c.gumbel), |c, text| put_published(&mut c.gumbel, text, str::parse)),
    "GDAS and SNAS: temperature of the drawn weights, in the first epoch and in the last; the lower, the more SNAS mixes one operation alone, and the sharper the gradient of GDAS, which always computes one" },
    row! { "--penalty", "Penalty", "", Rates, penalised,
    Value::Word(&PENALTY, |c| published_or(&c.penalty), |c, text| put_published(&mut c.penalty, text, penalty)),
    "β-DARTS: weight of the mean logsumexp of α, from 0 in the first epoch; FairDARTS: of what undecided weights cost" },
    row! { "--auxiliary-skip", "Auxiliary skip", "", Rates, darts_minus, Value::Real([0.0, 100.0], |c| &mut c.auxiliary_skip),
    "DARTS−: weight of the second skip connection of every edge in the first epoch, from which it falls linearly; 0 is plain DARTS" },
    row! { "--gaea-rate", "Multiplying rate", "", Rates, gaea, Value::Real([0.0, 100.0], |c| &mut c.gaea_rate),
    "GAEA: rate of the step that multiplies the operations' weights" },
    row! { "--sharpness", "Sharpness every", " steps", Curvature, Strategy::by_gradient, Value::Whole([0, 1_000_000_000], |c| &mut c.sharpness),
    "Measure the sharpness (largest eigenvalue of the Hessian of the validation loss in α) every so many steps, and what one changed operation does to the loss; each measurement takes up to 40 gradient passes a batch, and a forward pass of every neighbor of the derived architecture" },
    row! { "--sharpness-batches", "Of batches", "", Curvature, Strategy::by_gradient, Value::Whole([1, 1024], |c| &mut c.sharpness_batches),
    "Batches of the architecture half: a measurement of the sharpness is the mean over them of that on one, with its standard error" },
    row! { "--early-stop", "Early stop", "", Curvature, Strategy::by_gradient, Value::Switch(true, |c| &mut c.early_stop),
    "End the search when its sharpness rises (RobustDARTS) and keep the earlier architecture: when the mean of five measurements is 1.3 times that of four measurements before, at the earliest that after a fifth of the search. Without a sharpness that was asked for it is measured 25 times" },
    row! { "--memory-limit", "Memory limit", " MB", Machine, searched, Value::Memory(|c| &mut c.memory_limit),
    "Most memory a search step may take, MB; 0 for half of the machine's, or of what the container or job may use" },
    row! { "--crop-padding", "Shift", " px", Images, searched, Value::Whole([0, 4096], |c| &mut c.augmentation.crop_padding),
    "Random shift of the search images, pixels" },
    row! { "--no-flip", "Never mirror", "", Images, searched, Value::Switch(false, |c| &mut c.augmentation.flip),
    "Keeps images from being flipped left to right (grey ones never are)" },
    row! { "--cutout", "Cutout", " px", Images, searched, Value::Whole([0, 4096], |c| &mut c.augmentation.cutout),
    "Side of the square cut out of the search images, pixels; 0 cuts nothing" },
];

/// Whatever searched: a network is trained from scratch.
fn trained(_: Strategy) -> bool {
    true
}

/// Those of training from scratch.
pub static TRAIN: &[Setting<TrainConfig>] = &[
    row! { "--train-channels", "Channels", "", Size, trained, Value::Whole([2, 4096], |c| &mut c.channels),
    "How many channels the derived network's first cells have; even" },
    row! { "--train-layers", "Cells", "", Size, trained, Value::Whole([1, 64], |c| &mut c.layers),
    "How many cells the derived network has (DARTS), or each of its stages (NAS-Bench-201)" },
    row! { "--train-epochs", "Epochs", "", Size, trained, Value::Whole([1, 100_000], |c| &mut c.epochs),
    "Passes over all training images" },
    row! { "--train-batch", "Batch", " images", Size, trained, Value::Whole([2, 65_536], |c| &mut c.batch),
    "Images a step" },
    row! { "--train-last-batch", "Last batch", "", Rates, trained,
    Value::Word(&LAST_BATCH, |c| c.last_batch.name().to_owned(), |c, text| put(&mut c.last_batch, text)),
    "What becomes of an epoch's incomplete last batch" },
    row! { "--train-rate", "Rate", "", Rates, trained, Value::Real([0.0, 100.0], |c| &mut c.rate),
    "Highest learning rate; it falls to 0 along a cosine" },
    row! { "--train-momentum", "Momentum", "", Rates, trained, Value::Real([0.0, 1.0], |c| &mut c.momentum),
    "The share of a step that the next one keeps" },
    row! { "--train-weight-decay", "Weight decay", "", Rates, trained, Value::Real([0.0, 10.0], |c| &mut c.weight_decay),
    "L2 penalty of the weights" },
    row! { "--train-clip", "Longest gradient", "", Rates, trained, Value::Real([0.0, 1e6], |c| &mut c.clip),
    "Length that a longer gradient is cut to; 0 cuts none, as NAS-Bench-201 trained" },
    row! { "--auxiliary-weight", "Auxiliary head", "", Rates, trained, Value::Real([0.0, 10.0], |c| &mut c.auxiliary_weight),
    "Weight of the auxiliary head's loss; 0 leaves the head away (it needs images of 32×32 or more)" },
    row! { "--drop-path", "Drop path", "", Rates, trained, Value::Real([0.0, 0.99], |c| &mut c.drop_path),
    "Probability at the last epoch that a path of a cell is left out of a step" },
    row! { "--label-smoothing", "Label smoothing", "", Rates, trained, Value::Real([0.0, 0.99], |c| &mut c.label_smoothing),
    "Share of the target that is spread over all classes" },
    row! { "--train-crop-padding", "Shift", " px", Images, trained, Value::Whole([0, 4096], |c| &mut c.augmentation.crop_padding),
    "Random shift of the training images, pixels" },
    row! { "--train-no-flip", "Never mirror", "", Images, trained, Value::Switch(false, |c| &mut c.augmentation.flip),
    "Keeps training images from being flipped left to right"; "; --no-flip keeps all of them from it" },
    row! { "--train-cutout", "Cutout", " px", Images, trained, Value::Whole([0, 4096], |c| &mut c.augmentation.cutout),
    "Side of the square cut out of the training images, pixels; 0 cuts nothing" },
];
