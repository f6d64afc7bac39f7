//! From α to the weights that a pass mixes the operations with, and back: a relaxation is a function of α, row by row, with the
//! transpose of its derivative. A few hundred numbers, so all of it is done on the host; only softmax, which most strategies have, is
//! done on the device, where nothing has to be read back.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::dirichlet;
use super::gumbel::{self, Gumbel};
use super::simplex::{sigmoid, softmax, softmax_transpose};
use super::strategy::Strategy;
use super::temperature::Temperature;
use crate::space::{DeriveError, Genotype, Space, derive, derive_independent};

/// What the weights of the operations are without anything drawn, for whoever looks at α.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// softmax(α/T).
    #[default]
    Softmax,
    /// The mean of the Dirichlet distribution.
    Dirichlet,
    /// σ(α).
    Sigmoid,
}

impl Shown {
    /// Those of a strategy.
    pub fn of(strategy: Strategy) -> Self {
        match strategy.plain() {
            Strategy::DrNas => Self::Dirichlet,
            Strategy::FairDarts => Self::Sigmoid,
            _ => Self::Softmax,
        }
    }

    /// Whether it is softmax(α/T).
    pub fn is_softmax(&self) -> bool {
        *self == Self::Softmax
    }

    /// The genotype of α, `[cell kind][edge][operation]`, by these weights.
    ///
    /// # Errors
    /// Those of [`derive()`].
    pub fn derive(self, space: Space, alpha: &[Vec<Vec<f64>>]) -> Result<Genotype, DeriveError> {
        match self {
            Self::Sigmoid => derive_independent(space, alpha),
            Self::Softmax | Self::Dirichlet => derive(space, alpha),
        }
    }

    /// The relaxation that makes them.
    pub fn at(self, temperature: f64) -> Relaxation {
        match self {
            Self::Softmax => Relaxation::Softmax { temperature },
            Self::Dirichlet => Relaxation::DirichletMean,
            Self::Sigmoid => Relaxation::Sigmoid,
        }
    }
}

/// A relaxation in one pass. What it draws is drawn, so that it is a function of α.
#[derive(Clone, Debug, PartialEq)]
pub enum Relaxation {
    /// softmax(α/T).
    Softmax {
        /// T.
        temperature: f64,
    },
    /// One operation an edge, or weights near that: GDAS, SNAS.
    Gumbel(Gumbel),
    /// Weights drawn from the Dirichlet distribution with concentrations elu(α) + 1, at these places of the cumulative distributions of
    /// its gamma variables: DrNAS.
    Dirichlet(Vec<f64>),
    /// The mean of that distribution.
    DirichletMean,
    /// σ(α), each operation for itself: FairDARTS.
    Sigmoid,
    /// softmax(α) whose gradient is left in the weights, for a step on the simplex: GAEA.
    Simplex,
    /// The weights themselves in the place of α.
    Given,
}

impl Relaxation {
    /// softmax(α), as DARTS published it.
    pub const DARTS: Self = Self::Softmax { temperature: 1.0 };

    /// The relaxation of one pass. `alpha`: entries of α; `temperature`: T where it is softmax(α/T); `progress`: from 0 in the first
    /// epoch to 1 in the last.
    pub fn draw(
        strategy: Strategy,
        entries: usize,
        temperature: f64,
        gumbel: Option<Temperature>,
        progress: f64,
        rng: &mut impl Rng,
    ) -> Self {
        match strategy.plain() {
            plain @ (Strategy::Gdas | Strategy::Snas) => {
                let range = gumbel.unwrap_or(gumbel::published(plain));
                Self::Gumbel(Gumbel {
                    noise: gumbel::noise(entries, rng),
                    temperature: range.linear(progress),
                    hard: plain == Strategy::Gdas,
                })
            }
            Strategy::DrNas => Self::Dirichlet(dirichlet::places(entries, rng)),
            Strategy::FairDarts => Self::Sigmoid,
            Strategy::Gaea => Self::Simplex,
            _ => Self::Softmax { temperature },
        }
    }

    /// The relaxation without anything drawn: what is shown, and what sharpness is measured with.
    pub fn mean(strategy: Strategy, temperature: f64) -> Self {
        Shown::of(strategy).at(temperature)
    }

    /// The weights of α, `[edges][operations]` both, one row after the other.
    pub fn mix(&self, alpha: &[f32], operations: usize) -> Vec<f32> {
        let weights = self.weights(alpha, operations);
        weights.into_iter().map(|weight| weight as f32).collect()
    }

    /// The same before they are rounded.
    fn weights(&self, alpha: &[f32], operations: usize) -> Vec<f64> {
        let mut mix = Vec::with_capacity(alpha.len());
        for (edge, row) in alpha.chunks_exact(operations).enumerate() {
            let row = exact(row);
            let place = edge * operations..(edge + 1) * operations;
            let weights = match self {
                Self::Softmax { temperature } => softmax(&row, *temperature),
                Self::Simplex => softmax(&row, 1.0),
                Self::Given => row,
                Self::Sigmoid => row.iter().map(|&value| sigmoid(value)).collect(),
                Self::Gumbel(gumbel) => gumbel.mix(&row, place),
                Self::Dirichlet(places) => dirichlet::mix(&row, &places[place]),
                Self::DirichletMean => dirichlet::mean(&row),
            };
            mix.extend(weights);
        }
        mix
    }

    /// Mean entropy over the edges of the weights of α, each edge's as shares of their sum, in nats.
    pub fn entropy(&self, alpha: &[f32], operations: usize) -> f32 {
        let weights = self.weights(alpha, operations);
        let edges = weights.chunks_exact(operations);
        let count = edges.len() as f64;
        let total: f64 = edges
            .map(|edge| {
                let sum: f64 = edge.iter().sum();
                let shares = edge.iter().map(|weight| weight / sum);
                shares
                    .map(|p| if p > 0.0 { -p * p.ln() } else { 0.0 })
                    .sum::<f64>()
            })
            .sum();
        (total / count) as f32
    }

    /// The gradient in α of a function whose gradient in the weights of α is `gradient`; all `[edges][operations]`.
    pub fn transpose(&self, alpha: &[f32], gradient: &[f32], operations: usize) -> Vec<f32> {
        let mut back = Vec::with_capacity(alpha.len());
        let rows = alpha.chunks_exact(operations);
        for (edge, (row, gradient)) in rows.zip(gradient.chunks_exact(operations)).enumerate() {
            let (row, gradient) = (exact(row), exact(gradient));
            let place = edge * operations..(edge + 1) * operations;
            let of_row = match self {
                Self::Softmax { temperature } => {
                    softmax_transpose(&softmax(&row, *temperature), &gradient, *temperature)
                }
                Self::Simplex | Self::Given => gradient,
                Self::Sigmoid => row
                    .iter()
                    .zip(&gradient)
                    .map(|(&value, gradient)| gradient * sigmoid(value) * sigmoid(-value))
                    .collect(),
                Self::Gumbel(gumbel) => gumbel.transpose(&row, &gradient, place),
                Self::Dirichlet(places) => dirichlet::transpose(&row, &gradient, &places[place]),
                Self::DirichletMean => dirichlet::mean_transpose(&row, &gradient),
            };
            back.extend(of_row.into_iter().map(|value| value as f32));
        }
        back
    }

    /// Whether every edge has one operation of weight 1, so that no other need be computed.
    pub fn is_hard(&self) -> bool {
        matches!(self, Self::Gumbel(Gumbel { hard: true, .. }))
    }
}

/// How far a search is in an epoch counted from 1: 0 in the first, 1 in the last.
pub fn progress(epoch: usize, epochs: usize) -> f64 {
    epoch.saturating_sub(1) as f64 / epochs.saturating_sub(1).max(1) as f64
}

fn exact(row: &[f32]) -> Vec<f64> {
    row.iter().copied().map(f64::from).collect()
}
