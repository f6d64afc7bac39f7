//! How much of a complete landscape comes from interactions of how many edges (`method.md` §1.2, §10.4).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::evaluator::LandscapeError;
use super::transform::Transform;
use crate::space::smoothing_eigenvalue;

/// The energy of a landscape by interaction order: the analysis of variance on Z_K^E.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Spectrum {
    /// What was done to the accuracies; everything below is about the transformed ones.
    #[serde(default)]
    pub transform: Transform,
    /// E.
    pub edges: usize,
    /// K.
    pub operations: usize,
    /// The mean of the landscape.
    pub mean: f64,
    /// Its population variance: the sum of the energies of orders 1 to E.
    pub variance: f64,
    /// Orders 1 to E.
    pub orders: Vec<OrderEnergy>,
}

/// The part of a landscape that is made of interactions of exactly `order` edges.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct OrderEnergy {
    /// How many edges interact.
    pub order: usize,
    /// The mean square of this part.
    pub energy: f64,
    /// Its share of the variance, 0 for a constant landscape, which has none.
    pub share: f64,
    /// λ: what the mean over the ball of radius 1 multiplies this part by.
    pub smoothing: f64,
}

/// Values that differ by less than this share of the largest are equal but for rounding.
const ROUNDING: f64 = 1e-12;
/// The most values that are transformed.
const LIMIT: usize = 1 << 24;

/// The spectrum of a complete landscape: one finite value for each of the K^E architectures, row-major `[K; E]`, as
/// [`super::Table::values`] has them.
///
/// One orthonormal transform along each edge, whose first basis vector is constant: E · K^(E+1) multiply-adds. The coefficients
/// with j other indices than the first are the interactions of order j; their energy does not depend on the other basis vectors.
///
/// # Errors
/// Another number of values than K^E, or more than 2^24.
pub fn spectrum(
    values: &[f64],
    edges: usize,
    operations: usize,
) -> Result<Spectrum, LandscapeError> {
    let size = u32::try_from(edges)
        .ok()
        .and_then(|edges| operations.checked_pow(edges))
        .filter(|&size| size <= LIMIT && edges > 0 && operations > 1);
    if size != Some(values.len()) {
        return Err(LandscapeError::Incomplete {
            edges,
            operations,
            found: values.len(),
        });
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    // Without the mean, which is usually large, the small energies keep their digits.
    let mut coefficients: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let basis = helmert(operations);
    let mut stride = 1;
    for _ in 0..edges {
        transform(&mut coefficients, &basis, stride);
        stride *= operations;
    }
    let mut energies = vec![0.0; edges + 1];
    for (index, coefficient) in coefficients.iter().enumerate() {
        let mut left = index;
        let mut order = 0;
        while left > 0 {
            order += usize::from(left % operations != 0);
            left /= operations;
        }
        energies[order] += coefficient * coefficient / count;
    }
    let largest = values
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if energies[1..].iter().sum::<f64>() <= (ROUNDING * largest).powi(2) {
        energies.fill(0.0);
    }
    let variance: f64 = energies[1..].iter().sum();
    let orders = (1..=edges)
        .map(|order| OrderEnergy {
            order,
            energy: energies[order],
            share: if variance > 0.0 {
                energies[order] / variance
            } else {
                0.0
            },
            smoothing: smoothing_eigenvalue(edges, operations, 1, order),
        })
        .collect();
    Ok(Spectrum {
        transform: Transform::Raw,
        edges,
        operations,
        mean,
        variance,
        orders,
    })
}

/// The spectrum of the transformed values of a complete landscape of accuracies in percent. A monotone transform keeps the order of the
/// architectures, but not how many edges make up their differences.
///
/// # Errors
/// As [`spectrum`].
pub fn transformed_spectrum(
    values: &[f64],
    edges: usize,
    operations: usize,
    transform: Transform,
) -> Result<Spectrum, LandscapeError> {
    let spectrum = spectrum(&transform.of(values), edges, operations)?;
    Ok(Spectrum {
        transform,
        ..spectrum
    })
}

/// The orthonormal Helmert matrix `[K][K]`: row 0 is constant, row i compares value i with the mean of those before it.
fn helmert(operations: usize) -> Vec<Vec<f64>> {
    let constant = vec![1.0 / (operations as f64).sqrt(); operations];
    let contrasts = (1..operations).map(|row| {
        let scale = 1.0 / ((row * (row + 1)) as f64).sqrt();
        (0..operations)
            .map(|column| match column.cmp(&row) {
                std::cmp::Ordering::Less => scale,
                std::cmp::Ordering::Equal => -(row as f64) * scale,
                std::cmp::Ordering::Greater => 0.0,
            })
            .collect()
    });
    std::iter::once(constant).chain(contrasts).collect()
}

/// Multiplies by the matrix along the axis of this stride.
fn transform(values: &mut [f64], matrix: &[Vec<f64>], stride: usize) {
    let operations = matrix.len();
    let mut line = vec![0.0; operations];
    for block in values.chunks_exact_mut(stride * operations) {
        for offset in 0..stride {
            for (k, value) in line.iter_mut().enumerate() {
                *value = block[offset + k * stride];
            }
            for (k, row) in matrix.iter().enumerate() {
                block[offset + k * stride] = row.iter().zip(&line).map(|(m, v)| m * v).sum();
            }
        }
    }
}

impl fmt::Display for Spectrum {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.transform != Transform::Raw {
            writeln!(
                f,
                "transform {}: {}",
                self.transform,
                self.transform.meaning()
            )?;
        }
        writeln!(
            f,
            "mean {:.4}, standard deviation {:.4} over {} edges with {} operations",
            self.mean,
            self.variance.sqrt(),
            self.edges,
            self.operations
        )?;
        if self.variance == 0.0 {
            return writeln!(f, "all values are equal: there is no variance to share out");
        }
        writeln!(
            f,
            "order  share of variance       energy  kept by averaging over radius 1"
        )?;
        // Squares of ranks are large.
        let digits = if self.variance < 1e5 { 4 } else { 1 };
        for part in &self.orders {
            writeln!(
                f,
                "{:>5}  {:>15.2} %  {:>11.digits$}  {:>6.3}",
                part.order,
                100.0 * part.share,
                part.energy,
                part.smoothing
            )?;
        }
        Ok(())
    }
}
