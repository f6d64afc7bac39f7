//! From architecture parameters to a genotype (`method.md` §4.5).

use super::cell::Space;
use super::genotype::Genotype;
use super::wiring::{Cell, Input};

/// Why no genotype can be derived.
#[derive(thiserror::Error, Clone, PartialEq, Debug)]
pub enum DeriveError {
    /// α of another shape than `[cell kinds, edges, operations]`.
    #[error("α of {0} must have the shape [{kinds}, {edges}, {operations}]",
        kinds = .0.cell_kinds().len(), edges = .0.edges().len(), operations = .0.operations().len())]
    Shape(Space),
    /// An infinite or undefined entry: the search has diverged.
    #[error(
        "α is {value} for operation {operation} on edge {edge} of cell {cell}: the search has diverged"
    )]
    NotFinite {
        /// Index of the cell kind.
        cell: usize,
        /// Index of the edge.
        edge: usize,
        /// Index of the operation.
        operation: usize,
        /// The entry.
        value: f64,
    },
}

/// The genotype of raw α (before the softmax), `[cell kind][edge][operation]`.
///
/// DARTS: every node keeps the two incoming edges whose best operation other than `none` has the largest softmax probability,
/// strongest first, and on them that operation. NAS-Bench-201: the largest α of every edge, `none` included, as that benchmark does
/// for DARTS. Ties go to the lower index.
pub fn derive(space: Space, alpha: &[Vec<Vec<f64>>]) -> Result<Genotype, DeriveError> {
    derive_by(space, alpha, log_probability)
}

/// The genotype of α whose operations do not compete for the weight of an edge (FairDARTS): as [`derive()`], but edges are ranked by the
/// largest α itself.
///
/// # Errors
/// As [`derive()`].
pub fn derive_independent(space: Space, alpha: &[Vec<Vec<f64>>]) -> Result<Genotype, DeriveError> {
    derive_by(space, alpha, |row, operation| row[operation])
}

/// `strength`: of an operation of a row of α, by which the edges of a node are ranked.
fn derive_by(
    space: Space,
    alpha: &[Vec<Vec<f64>>],
    strength: impl Fn(&[f64], usize) -> f64,
) -> Result<Genotype, DeriveError> {
    check(space, alpha)?;
    let operations = space.operations();
    let cells = alpha
        .iter()
        .map(|alpha| {
            let mut nodes = vec![Vec::new(); space.nodes()];
            for (edge, row) in space.edges().iter().zip(alpha) {
                let candidates = match space {
                    Space::Darts => 1..operations.len(),
                    Space::NasBench201 | Space::NasBench201Small => 0..operations.len(),
                };
                let best = candidates.fold(None, |best: Option<usize>, k| match best {
                    Some(b) if row[b] >= row[k] => best,
                    _ => Some(k),
                });
                // `check` has seen as many entries as there are operations.
                let best = best.unwrap_or_default();
                let input = Input {
                    from: edge.from,
                    operation: operations[best],
                };
                nodes[edge.to - space.inputs()].push((strength(row, best), input));
            }
            let nodes = nodes.into_iter().map(|mut inputs: Vec<(f64, Input)>| {
                if space == Space::Darts {
                    // Stable: the lower index wins ties.
                    inputs.sort_by(|a, b| b.0.total_cmp(&a.0));
                    inputs.truncate(2);
                }
                inputs.into_iter().map(|(_, input)| input).collect()
            });
            Cell::new(space, nodes.collect())
        })
        .collect();
    // The construction above keeps to the rules, so this cannot fail; a wrong α shape is all that could be left.
    Genotype::new(space, cells).map_err(|_| DeriveError::Shape(space))
}

/// `log softmax(row)[index]`: ranks as the probability does, without its underflow.
fn log_probability(row: &[f64], index: usize) -> f64 {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = row.iter().map(|value| (value - largest).exp()).sum();
    row[index] - largest - sum.ln()
}

fn check(space: Space, alpha: &[Vec<Vec<f64>>]) -> Result<(), DeriveError> {
    let shaped = alpha.len() == space.cell_kinds().len()
        && alpha.iter().all(|cell| {
            cell.len() == space.edges().len()
                && cell.iter().all(|row| row.len() == space.operations().len())
        });
    if !shaped {
        return Err(DeriveError::Shape(space));
    }
    for (cell, edges) in alpha.iter().enumerate() {
        for (edge, row) in edges.iter().enumerate() {
            for (operation, &value) in row.iter().enumerate() {
                if !value.is_finite() {
                    return Err(DeriveError::NotFinite {
                        cell,
                        edge,
                        operation,
                        value,
                    });
                }
            }
        }
    }
    Ok(())
}
