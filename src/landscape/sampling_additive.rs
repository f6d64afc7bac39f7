//! A search that believes in an additive landscape: random architectures, and the best of all by a fit to them (`method.md` §10.8).

use super::evaluator::{Evaluator, LandscapeError, Score, finite_scores};
use super::index::{architecture, architecture_count, architecture_index};
use super::memo::{Key, Memo};
use super::sampling::{SamplingOptions, SamplingOutcome, finished, keep_better};
use crate::space::{Allowed, Genotype, Space};

/// The ridge of [`additive_search`]: E, the number of edges.
///
/// Without a ridge the coefficients are not determined, since those of an edge can all grow while those of another shrink, and an
/// operation that no evaluated architecture has on an edge has none. The ridge of the best linear prediction is the variance that no edge
/// explains on its own over that of a coefficient: E·(1 − s)/s where the edges share the additive part s of the scores' variance alike,
/// so E where it is half of it. (On NAS-Bench-201's CIFAR-10 column s is 0.29 without noise.) It matters where evaluations are few: then
/// it keeps a single sight of an operation from being taken at its word. Many uniform draws have all operations about equally often, so
/// that any ridge shrinks all coefficients alike and hardly changes the choice. A landscape that is additive throughout, and without noise,
/// would be fitted better with less.
pub fn ridge(space: Space) -> f64 {
    space.edges().len() as f64
}

/// `value(α) = intercept + Σ over the edges of the coefficient of α's operation`.
#[derive(Clone, PartialEq, Debug)]
pub struct AdditiveFit {
    space: Space,
    /// The value where all coefficients are 0.
    pub intercept: f64,
    /// `[edge][operation]`, edges and operations in the order of [`Space::edges`] and [`Space::operations`].
    pub coefficients: Vec<Vec<f64>>,
}

impl AdditiveFit {
    /// The least squares fit to the values of some architectures, given by [`architecture_index`], that minimises the sum of the
    /// squared errors and `ridge` times that of the squared coefficients; the intercept is free.
    ///
    /// Nothing for a space without complete tables, no values, an architecture that the space does not have, a ridge that is not above 0
    /// and values that are not finite.
    pub fn of(space: Space, values: &[(usize, f64)], ridge: f64) -> Option<Self> {
        let count = architecture_count(space)?;
        let inside = |&(index, value): &(usize, f64)| index < count && value.is_finite();
        let positive = ridge.is_finite() && ridge > 0.0;
        if values.is_empty() || !positive || !values.iter().all(inside) {
            return None;
        }
        let operations = space.operations().len();
        let unknowns = 1 + space.edges().len() * operations;
        // The normal equations, the intercept first.
        let mut matrix = vec![vec![0.0; unknowns]; unknowns];
        let mut right = vec![0.0; unknowns];
        for (diagonal, row) in matrix.iter_mut().enumerate().skip(1) {
            row[diagonal] = ridge;
        }
        for &(index, value) in values {
            let ones = ones(space, index);
            for &row in &ones {
                right[row] += value;
                for &column in &ones {
                    matrix[row][column] += 1.0;
                }
            }
        }
        let solution = solve(matrix, right);
        let coefficients = solution[1..].chunks(operations).map(<[f64]>::to_vec);
        Some(Self {
            space,
            intercept: solution[0],
            coefficients: coefficients.collect(),
        })
    }

    /// The fitted value of an architecture by its number.
    pub fn value(&self, index: usize) -> f64 {
        let operations = self.space.operations().len();
        let coefficients = ones(self.space, index)
            .into_iter()
            .skip(1)
            .map(|place| self.coefficients[(place - 1) / operations][(place - 1) % operations]);
        coefficients.fold(self.intercept, |sum, coefficient| sum + coefficient)
    }

    /// The number of the architecture with the least fitted value among all of the space: on every edge the operation with the least
    /// coefficient, the first of equals.
    pub fn least(&self) -> usize {
        self.least_among(&Allowed::all(self.space))
    }

    /// The same where edges have fewer candidates. They must be of this space.
    pub fn least_among(&self, allowed: &Allowed) -> usize {
        let edges = self.coefficients.iter().enumerate();
        edges.fold(0, |index, (joint, edge)| {
            let least = allowed.candidates(joint).reduce(|least, next| {
                if edge[next] < edge[least] {
                    next
                } else {
                    least
                }
            });
            // No edge is without a candidate.
            index * edge.len() + least.unwrap_or(0)
        })
    }
}

/// The unknowns that make up the value of an architecture: the intercept, 0, and for every edge 1 + edge · K + operation.
fn ones(space: Space, index: usize) -> Vec<usize> {
    let operations = space.operations().len();
    let edges = space.edges().len();
    let mut ones = vec![0; edges + 1];
    let mut left = index;
    for edge in (0..edges).rev() {
        ones[edge + 1] = 1 + edge * operations + left % operations;
        left /= operations;
    }
    ones
}

/// Solves a symmetric, positive definite system by Cholesky's decomposition, in place.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for row in 0..size {
        for column in 0..=row {
            let (before, rest) = matrix.split_at(row);
            let other = if column < row {
                &before[column]
            } else {
                &rest[0]
            };
            let products = rest[0][..column].iter().zip(&other[..column]);
            let left = rest[0][column] - products.map(|(a, b)| a * b).sum::<f64>();
            matrix[row][column] = if column < row {
                left / matrix[column][column]
            } else {
                left.sqrt()
            };
        }
    }
    for row in 0..size {
        let known: f64 = (0..row)
            .map(|other| matrix[row][other] * right[other])
            .sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size)
            .map(|other| matrix[other][row] * right[other])
            .sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

/// Evaluates random architectures, fits their losses by [`AdditiveFit::of`] with [`ridge`] and chooses the architecture of the space
/// whose fitted loss is least. That one is not evaluated for it: the score and the own score of the outcome are the fitted ones.
///
/// Of the options it has the budget and the seed: it draws what random search of that seed draws. `draw` is the number of draws.
///
/// # Errors
/// Options out of range; a space without complete tables; a failing evaluator; scores that are not finite.
pub async fn additive_search(
    evaluator: &mut impl Evaluator,
    options: &SamplingOptions,
) -> Result<SamplingOutcome, LandscapeError> {
    let allowed = evaluator.allowed();
    let space = allowed.space();
    options.check(&allowed)?;
    let mut memo = Memo::new(evaluator);
    let [mut draw_rng, _] = options.generators();
    let mut values = Vec::new();
    let mut draws = 0;
    while !options.spent(draws, memo.evaluations()) {
        let genotype = Genotype::random_among(&allowed, &mut draw_rng);
        draws += 1;
        let index = architecture_index(&genotype).ok_or(LandscapeError::NoTable(space))?;
        // The same architecture again says nothing new.
        if !memo.knows(&Key::of(&genotype)) {
            let own = finite_scores(&mut memo, &[genotype]).await?[0];
            values.push((index, own.loss));
        }
    }
    let fitted = AdditiveFit::of(space, &values, ridge(space)).and_then(|fit| {
        let index = fit.least_among(&allowed);
        Some((architecture(space, index)?, fit.value(index)))
    });
    let (genotype, loss) = fitted.ok_or(LandscapeError::NoTable(space))?;
    let accuracy = 100.0 * (1.0 - loss);
    let mut chosen = None;
    keep_better(
        &mut chosen,
        &genotype,
        loss,
        Score { loss, accuracy },
        draws,
    );
    finished(chosen, draws, memo.evaluations())
}
