//! The sampling searches where scores are noisy (`method.md` §10.8).

use std::collections::HashMap;
use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::evaluator::{Evaluator, EvaluatorError, Score, TableEvaluator};
use super::index::{architecture_count, architecture_index};
use super::table::Networks;
use crate::space::Genotype;

/// How far the scores that a search chooses by deviate from the accuracies of its column.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
#[serde(into = "NoiseName", try_from = "NoiseName")]
pub enum Noise {
    /// By the same σ for all architectures, in points of accuracy.
    Sigma(f64),
    /// Each by the standard error of its own accuracy ([`Table::standard_errors`](super::Table::standard_errors)); those without one
    /// not at all, those that share their [`Networks`] alike.
    Table,
}

/// How noise stands in JSON: a number or `"table"`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum NoiseName {
    Sigma(f64),
    Name(String),
}

/// The name of [`Noise::Table`].
const TABLE: &str = "table";

impl From<Noise> for NoiseName {
    fn from(noise: Noise) -> Self {
        match noise {
            Noise::Sigma(sigma) => Self::Sigma(sigma),
            Noise::Table => Self::Name(TABLE.to_owned()),
        }
    }
}

impl TryFrom<NoiseName> for Noise {
    type Error = String;

    fn try_from(name: NoiseName) -> Result<Self, String> {
        match name {
            NoiseName::Sigma(sigma) => Ok(Self::Sigma(sigma)),
            NoiseName::Name(name) => name.parse(),
        }
    }
}

impl FromStr for Noise {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == TABLE {
            return Ok(Self::Table);
        }
        let sigma = text.parse().map(Self::Sigma);
        sigma.map_err(|_| format!("noise is a number of points, or {TABLE}, not '{text}'"))
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Sigma(sigma) => write!(f, "{sigma}"),
            Self::Table => f.write_str(TABLE),
        }
    }
}

/// The generator's stream: the draws have 0, what surrounds them has 1.
const STREAM: u64 = 2;

/// ε of the first `count` architectures in the run of a seed, by [`architecture_index`]: `sigma` times the same standard normal numbers
/// whatever `sigma` is; nothing where it is 0.
pub fn noise(seed: u64, sigma: f64, count: usize) -> Vec<f64> {
    if sigma == 0.0 {
        return Vec::new();
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    let pairs = (0..count.div_ceil(2)).flat_map(|_| {
        // Box and Muller; 1 − u is never zero.
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        let (sine, cosine) = (TAU * rng.random::<f64>()).sin_cos();
        [sigma * radius * cosine, sigma * radius * sine]
    });
    pairs.take(count).collect()
}

/// Of each architecture of a column with standard errors the first one that has the same [`Networks`], whose error is its own, too.
pub(super) fn networks(column: TableEvaluator) -> Vec<usize> {
    let mut firsts = HashMap::new();
    let both = column.accuracies().iter().zip(column.standard_errors());
    both.enumerate()
        .map(|(index, (&accuracy, &error))| {
            match Networks::of(column.space(), index, accuracy, error) {
                Some(networks) => *firsts.entry(networks).or_insert(index),
                None => index,
            }
        })
        .collect()
}

/// A column of a table, and the noise of one run on it.
pub(super) struct NoisyTable<'a> {
    column: TableEvaluator<'a>,
    /// By architecture; empty where there is none.
    noise: Vec<f64>,
}

impl<'a> NoisyTable<'a> {
    /// `networks`: those of [`networks`] for [`Noise::Table`].
    pub(super) fn new(
        column: TableEvaluator<'a>,
        level: Noise,
        networks: &[usize],
        seed: u64,
    ) -> Self {
        let count = architecture_count(column.space()).unwrap_or(0);
        let noise = match level {
            Noise::Sigma(sigma) => noise(seed, sigma, count),
            Noise::Table => {
                let errors = column.standard_errors().iter();
                let sigmas = errors.map(|error| error.unwrap_or_default());
                let standard = noise(seed, 1.0, count);
                sigmas
                    .zip(networks)
                    .map(|(sigma, &first)| sigma * standard[first])
                    .collect()
            }
        };
        Self { column, noise }
    }
}

impl Evaluator for NoisyTable<'_> {
    fn space(&self) -> crate::space::Space {
        self.column.space()
    }

    fn allowed(&self) -> crate::space::Allowed {
        self.column.allowed()
    }

    async fn scores(&mut self, genotypes: &[Genotype]) -> Result<Vec<Score>, EvaluatorError> {
        let mut scores = self.column.scores(genotypes).await?;
        if !self.noise.is_empty() {
            for (score, genotype) in scores.iter_mut().zip(genotypes) {
                let index = architecture_index(genotype);
                let noise = index.and_then(|index| self.noise.get(index));
                score.accuracy += noise.copied().unwrap_or(0.0);
                score.loss = 1.0 - score.accuracy / 100.0;
            }
        }
        Ok(scores)
    }
}
