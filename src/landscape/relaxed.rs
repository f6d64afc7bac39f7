//! The objective of a gradient search without any noise: gradient ascent in α on the extension of a table, or on its mean over a
//! differentiable neighborhood (`method.md` §3.2, §10.2).
//!
//! A neighbor of β gives other weights to the operations of each of a set of edges, one of K − 1 on each. These add up to
//! `own · β_e + other`:
//!
//! | representation | own | other |
//! |---|---|---|
//! | permutation | −1 | 1 |
//! | mass transfer of a share t | (K − 1)(1 − t) | t, without the strongest operation |
//! | hard replacement | 0 | 1, without the strongest operation |
//!
//! As the weights of an edge add up to 1 this is linear in β_e, so that the sum of F over all neighbors on a set of edges is again the
//! extension of a table: no neighbor is listed. That table is the same everywhere for permutations, those of the ball's sums; for the
//! others it is the same wherever the same operations are the strongest, which no gradient flows through, as in the search.

use std::collections::VecDeque;
use std::fmt;

use super::evaluator::LandscapeError;
use super::extension::{Contraction, Extension};
use super::settled::is_settled;
use crate::search::Representation;
use crate::space::enumerate_ball;

/// What is ascended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RelaxedObjective {
    /// F(β) itself.
    Plain,
    /// The mean of F over the neighbors of β on 1 to `radius` edges.
    Mean {
        /// What a neighbor of β is.
        representation: Representation,
        /// 1 to 3.
        radius: usize,
        /// Whether β itself counts, too.
        include_self: bool,
    },
    /// The extension of the table of worst neighbors: no more than the least F among the permuted neighbors of β, to which it is
    /// equal at a decided architecture.
    Worst {
        /// 1 to 3.
        radius: usize,
        /// Whether an architecture is among its neighbors.
        include_self: bool,
    },
}

impl RelaxedObjective {
    /// 0 for F itself.
    pub fn radius(&self) -> usize {
        match *self {
            RelaxedObjective::Plain => 0,
            RelaxedObjective::Mean { radius, .. } | RelaxedObjective::Worst { radius, .. } => {
                radius
            }
        }
    }

    /// The table whose extension this is where the operations `strongest` of the edges have the most weight.
    ///
    /// # Errors
    /// A radius other than 1 to 3; a neighborhood that is too large to list (the worst neighbor's); not one operation an edge, or one
    /// that there is not.
    pub fn table(
        &self,
        landscape: &Extension,
        strongest: &[usize],
    ) -> Result<Vec<f64>, LandscapeError> {
        if *self != RelaxedObjective::Plain && !(1..=3).contains(&self.radius()) {
            let (what, least, most) = ("the radius", 1, 3);
            return Err(LandscapeError::Range { what, least, most });
        }
        let [edges, operations] = [landscape.edges(), landscape.operations()];
        if strongest.len() != edges {
            let (what, least, most) = ("the number of strongest operations", edges, edges);
            return Err(LandscapeError::Range { what, least, most });
        }
        if strongest.iter().any(|&operation| operation >= operations) {
            let (what, least, most) = ("a strongest operation", 0, operations - 1);
            return Err(LandscapeError::Range { what, least, most });
        }
        match *self {
            RelaxedObjective::Plain => Ok(landscape.values().to_vec()),
            RelaxedObjective::Mean {
                representation,
                radius,
                include_self,
            } => {
                let sums = Sums::new(representation, operations);
                Ok(sums.mean(landscape, strongest, radius, include_self))
            }
            RelaxedObjective::Worst {
                radius,
                include_self,
            } => worst_neighbors(landscape, radius, include_self),
        }
    }

    /// Whether the table depends on the strongest operations.
    fn follows_strongest(&self) -> bool {
        match self {
            RelaxedObjective::Mean { representation, .. } => {
                *representation != Representation::Permutation
            }
            RelaxedObjective::Plain | RelaxedObjective::Worst { .. } => false,
        }
    }
}

impl fmt::Display for RelaxedObjective {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            RelaxedObjective::Plain => f.pad("plain"),
            RelaxedObjective::Mean { representation, .. } => f.pad(&representation.to_string()),
            RelaxedObjective::Worst { .. } => f.pad("worst-neighbor"),
        }
    }
}

/// What the weights of the K − 1 neighbors on one edge add up to.
#[derive(Clone, Copy)]
struct Sums {
    own: f64,
    other: f64,
    /// Whether the strongest operation gets nothing of `other`.
    leaves_strongest: bool,
}

impl Sums {
    fn new(representation: Representation, operations: usize) -> Self {
        let share = match representation {
            Representation::Permutation => {
                return Self {
                    own: -1.0,
                    other: 1.0,
                    leaves_strongest: false,
                };
            }
            Representation::MassTransfer { share } => f64::from(share),
            Representation::HardReplacement => 1.0,
        };
        Self {
            own: (operations - 1) as f64 * (1.0 - share),
            other: share,
            leaves_strongest: true,
        }
    }

    /// The table whose extension is the mean over the neighbors. One edge after the other: what changes `count` edges is what changed
    /// so many before, and with this edge what changed one less.
    fn mean(
        &self,
        landscape: &Extension,
        strongest: &[usize],
        radius: usize,
        include_self: bool,
    ) -> Vec<f64> {
        let [edges, operations] = [landscape.edges(), landscape.operations()];
        let radius = radius.min(edges);
        let mut changed = vec![vec![0.0; landscape.values().len()]; radius + 1];
        changed[0].copy_from_slice(landscape.values());
        let mut stride = landscape.values().len();
        for &strongest in strongest {
            let block = stride;
            stride /= operations;
            for count in (1..=radius).rev() {
                let (less, more) = changed.split_at_mut(count);
                let blocks = less[count - 1].chunks_exact(block);
                for (from, to) in blocks.zip(more[0].chunks_exact_mut(block)) {
                    self.change(from, to, stride, strongest);
                }
            }
        }
        let mut neighbors = 0.0;
        let mut ways = 1.0;
        for count in 1..=radius {
            ways *= ((edges + 1 - count) * (operations - 1)) as f64 / count as f64;
            neighbors += ways;
        }
        let members = neighbors + f64::from(u8::from(include_self));
        let first = usize::from(!include_self);
        let value = |index| changed[first..].iter().map(|sum| sum[index]).sum::<f64>() / members;
        (0..changed[0].len()).map(value).collect()
    }

    /// Adds to `to` what the neighbors on one edge make of `from`, `[K, stride]` both.
    fn change(&self, from: &[f64], to: &mut [f64], stride: usize, strongest: usize) {
        for place in 0..stride {
            let line = || from[place..].iter().step_by(stride);
            let left_out = match self.leaves_strongest {
                true => from[place + strongest * stride],
                false => 0.0,
            };
            let others = self.other * (line().sum::<f64>() - left_out);
            for (to, own) in to[place..].iter_mut().step_by(stride).zip(line()) {
                *to += self.own * own + others;
            }
        }
    }
}

/// The least value in the ball of every architecture.
fn worst_neighbors(
    landscape: &Extension,
    radius: usize,
    include_self: bool,
) -> Result<Vec<f64>, LandscapeError> {
    let [edges, operations] = [landscape.edges(), landscape.operations()];
    let values = landscape.values();
    let mut worst = match include_self {
        true => values.to_vec(),
        false => vec![f64::INFINITY; values.len()],
    };
    for changes in enumerate_ball(edges, operations, radius)? {
        for (index, worst) in worst.iter_mut().enumerate() {
            *worst = worst.min(values[shifted(index, &changes, operations)]);
        }
    }
    Ok(worst)
}

/// The number of the architecture whose operations on some edges, counted from the last, are others.
pub(super) fn shifted(index: usize, changes: &[(usize, usize)], operations: usize) -> usize {
    changes.iter().fold(index, |index, &(edge, shift)| {
        // The edge is one of the landscape's, whose size fits.
        let stride = operations.pow(edge as u32);
        let digit = index / stride % operations;
        index - digit * stride + (digit + shift) % operations * stride
    })
}

/// Where an ascent ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Ascent {
    /// α, `[E][K]`.
    pub alpha: Vec<f64>,
    /// The operation of most weight on each edge, the first of equals: the architecture that was found.
    pub strongest: Vec<usize>,
    /// What was ascended.
    pub objective: f64,
    /// F(β), whatever was ascended.
    pub value: f64,
    /// The mean entropy of β over the edges, in nats.
    pub entropy: f64,
    /// The steps that were made.
    pub steps: usize,
    /// Whether it is proven that no further step leads to another architecture.
    pub settled: bool,
}

/// Climbs from α, `[E][K]` and finite, by steps of `rate` times the gradient in α. Ends after `steps` steps, where the gradient
/// vanishes (no entry above 1e-9), or where every edge has given all but 1e-6 of its weight to one operation.
///
/// # Errors
/// Those of [`RelaxedObjective::table`]; another number of entries than E · K.
pub fn ascend(
    landscape: Extension,
    objective: RelaxedObjective,
    alpha: Vec<f64>,
    rate: f64,
    steps: usize,
) -> Result<Ascent, LandscapeError> {
    let entries = landscape.edges() * landscape.operations();
    if alpha.len() != entries {
        let (what, least, most) = ("the number of entries of α", entries, entries);
        return Err(LandscapeError::Range { what, least, most });
    }
    Ascended::new(landscape, objective)?.climb(alpha, rate, steps)
}

/// An ascent ends where no entry of the gradient in α is larger than this.
const LEVEL: f64 = 1e-9;
/// An ascent ends where every edge has given all but this much of its weight to one operation.
const UNDECIDED: f64 = 1e-6;
/// Tables that an ascent keeps: where two operations of an edge take turns as the strongest, it comes back to them.
const KEPT: usize = 8;

/// An objective on a landscape, ready to be ascended.
pub(super) struct Ascended<'a> {
    landscape: Extension<'a>,
    objective: RelaxedObjective,
    /// Its table, where it is the same everywhere.
    table: Option<Vec<f64>>,
}

impl<'a> Ascended<'a> {
    pub(super) fn new(
        landscape: Extension<'a>,
        objective: RelaxedObjective,
    ) -> Result<Self, LandscapeError> {
        // A mistake in the objective is an error here, and the ascents cannot fail any more.
        let table = objective.table(&landscape, &vec![0; landscape.edges()])?;
        Ok(Self {
            landscape,
            objective,
            table: (!objective.follows_strongest()).then_some(table),
        })
    }

    /// Climbs from α, `[E][K]`, by steps of `rate` times the gradient, at most `steps` of them.
    pub(super) fn climb(
        &self,
        mut alpha: Vec<f64>,
        rate: f64,
        steps: usize,
    ) -> Result<Ascent, LandscapeError> {
        let operations = self.landscape.operations();
        let mut contraction = Contraction::new(&self.landscape);
        let mut tables = Tables::default();
        let mut beta = vec![0.0; alpha.len()];
        let mut gradient = beta.clone();
        let mut strongest = vec![0; self.landscape.edges()];
        let mut made = 0;
        let mut steepest = f64::INFINITY;
        let (objective, settled) = loop {
            let mut least_decided = 1.0_f64;
            let edges = alpha.chunks_exact(operations);
            for ((alpha, beta), strongest) in edges
                .zip(beta.chunks_exact_mut(operations))
                .zip(&mut strongest)
            {
                *strongest = softmax(alpha, beta);
                least_decided = least_decided.min(beta[*strongest]);
            }
            let table = match &self.table {
                Some(table) => table,
                None => tables.of(&self.objective, &self.landscape, &strongest)?,
            };
            let objective = contraction.run(table, &beta, &mut gradient);
            if made == steps || steepest <= LEVEL || least_decided >= 1.0 - UNDECIDED {
                let settled = is_settled(table, &beta, &strongest, operations);
                break (objective, settled);
            }
            steepest = step(&mut alpha, &beta, &gradient, operations, rate);
            made += 1;
        };
        let value = contraction.run(self.landscape.values(), &beta, &mut gradient);
        Ok(Ascent {
            objective,
            value,
            entropy: entropy(&beta) / strongest.len() as f64,
            alpha,
            strongest,
            steps: made,
            settled,
        })
    }
}

/// The tables of the latest strongest operations.
#[derive(Default)]
struct Tables(VecDeque<(Vec<usize>, Vec<f64>)>);

impl Tables {
    fn of(
        &mut self,
        objective: &RelaxedObjective,
        landscape: &Extension,
        strongest: &[usize],
    ) -> Result<&[f64], LandscapeError> {
        match self.0.iter().position(|(of, _)| of == strongest) {
            Some(0) => {}
            Some(place) => self.0.swap(0, place),
            None => {
                self.0.truncate(KEPT - 1);
                let table = objective.table(landscape, strongest)?;
                self.0.push_front((strongest.to_vec(), table));
            }
        }
        Ok(&self.0[0].1)
    }
}

/// Fills β; the place of its largest entry, the first of equals.
fn softmax(alpha: &[f64], beta: &mut [f64]) -> usize {
    let strongest =
        (1..alpha.len()).fold(0, |best, k| if alpha[k] > alpha[best] { k } else { best });
    let highest = alpha[strongest];
    let mut sum = 0.0;
    for (beta, alpha) in beta.iter_mut().zip(alpha) {
        *beta = (alpha - highest).exp();
        sum += *beta;
    }
    beta.iter_mut().for_each(|beta| *beta /= sum);
    strongest
}

/// One step along the gradient in α, `∂F/∂α_k = β_k (∂F/∂β_k − Σ_j β_j ∂F/∂β_j)`; the largest entry of that
/// gradient.
fn step(alpha: &mut [f64], beta: &[f64], gradient: &[f64], operations: usize, rate: f64) -> f64 {
    let mut steepest = 0.0_f64;
    let edges = beta.chunks_exact(operations);
    for ((alpha, beta), gradient) in alpha
        .chunks_exact_mut(operations)
        .zip(edges)
        .zip(gradient.chunks_exact(operations))
    {
        let mean: f64 = beta.iter().zip(gradient).map(|(b, g)| b * g).sum();
        for ((alpha, beta), gradient) in alpha.iter_mut().zip(beta).zip(gradient) {
            let slope = beta * (gradient - mean);
            *alpha += rate * slope;
            steepest = steepest.max(slope.abs());
        }
    }
    steepest
}

/// Σ −β ln β, in nats.
fn entropy(beta: &[f64]) -> f64 {
    let of = |&weight: &f64| {
        if weight > 0.0 {
            -weight * weight.ln()
        } else {
            0.0
        }
    };
    beta.iter().map(of).sum()
}
