//! Shortest paths between two genotypes: each step sets one differing edge to its target (`method.md` §6, A2M; §9.4 item 12).
//!
//! With k differing edges there are k! shortest paths, and C(k, i) architectures lie on them at step i. NAS-Bench-201 has them
//! between any two cells. DARTS has them between genotypes of the same wiring and outputs, which differ in operations only: after
//! half a rewiring a node would have one or three inputs, which is no genotype.

use rand::{Rng, RngExt};

use super::cell::{CellKind, Space};
use super::genotype::Genotype;
use super::neighborhood::Change;
use super::wiring::Input;

/// The most differing edges whose paths are all listed: 6! = 720.
pub const MOST_LISTED_EDGES: usize = 6;
/// The most paths that are sampled.
const MOST_SAMPLED: usize = 1000;

/// Why there are no such paths.
#[derive(thiserror::Error, Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathError {
    /// The ends are points of different spaces.
    #[error("no path leads from a {0} genotype to a {1} genotype")]
    Spaces(Space, Space),
    /// A DARTS node reads other states.
    #[error(
        "node {node} of the {cell} cell reads other states in the two genotypes: paths change one operation at a time, so both ends need the same wiring"
    )]
    Wiring {
        /// Which cell.
        cell: CellKind,
        /// The node, by its state number.
        node: usize,
    },
    /// A DARTS cell's output is made of other nodes.
    #[error(
        "the output of the {0} cell is made of other nodes in the two genotypes: paths change operations only"
    )]
    Output(CellKind),
    /// Nothing lies between them.
    #[error("the two genotypes are the same architecture: there is no way between them")]
    Equal,
    /// Too many to list.
    #[error(
        "{0} edges differ: all paths are listed up to {MOST_LISTED_EDGES}, sample some instead"
    )]
    TooMany(usize),
    /// A silly number of samples.
    #[error("{0} paths asked for: sample 1 to {MOST_SAMPLED}")]
    Samples(usize),
}

/// The edges with another operation, each as the change from `a` to `b`, in the order of `a`'s inputs. As many as
/// [`super::hamming`] counts.
///
/// # Errors
/// Different spaces; DARTS genotypes of different wiring or outputs.
pub fn differing_edges(a: &Genotype, b: &Genotype) -> Result<Vec<Change>, PathError> {
    let space = a.space();
    if space != b.space() {
        return Err(PathError::Spaces(space, b.space()));
    }
    let mut changes = Vec::new();
    for ((&cell, from), to) in space.cell_kinds().iter().zip(a.cells()).zip(b.cells()) {
        if from.concat != to.concat {
            return Err(PathError::Output(cell));
        }
        for ((node, from), to) in (space.inputs()..).zip(&from.nodes).zip(&to.nodes) {
            for &before in from {
                let same_state = to.iter().find(|input| input.from == before.from);
                let &after = same_state.ok_or(PathError::Wiring { cell, node })?;
                if before != after {
                    changes.push(Change {
                        cell,
                        node,
                        before,
                        after,
                    });
                }
            }
        }
    }
    Ok(changes)
}

/// All shortest paths, both ends included: k! lists of k + 1 genotypes, in lexicographic order of the changes of
/// [`differing_edges`]; the one path of one genotype where nothing differs.
///
/// # Errors
/// Those of [`differing_edges`]; more than 6 differing edges.
pub fn shortest_paths(a: &Genotype, b: &Genotype) -> Result<Vec<Vec<Genotype>>, PathError> {
    let changes = differing_edges(a, b)?;
    if changes.len() > MOST_LISTED_EDGES {
        return Err(PathError::TooMany(changes.len()));
    }
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..changes.len() {
        orders = orders
            .iter()
            .flat_map(|order| {
                (0..changes.len())
                    .filter(|next| !order.contains(next))
                    .map(|next| [&order[..], &[next]].concat())
            })
            .collect();
    }
    Ok(orders
        .iter()
        .map(|order| walk(a, b, &changes, order))
        .collect())
}

/// `count` shortest paths (1 to 1000), independent and uniform over all k!, so that a path may come twice.
///
/// # Errors
/// Those of [`differing_edges`]; a count out of range.
pub fn sample_paths(
    a: &Genotype,
    b: &Genotype,
    count: usize,
    rng: &mut impl Rng,
) -> Result<Vec<Vec<Genotype>>, PathError> {
    let changes = differing_edges(a, b)?;
    if !(1..=MOST_SAMPLED).contains(&count) {
        return Err(PathError::Samples(count));
    }
    let mut order: Vec<usize> = (0..changes.len()).collect();
    Ok((0..count)
        .map(|_| {
            for last in (1..order.len()).rev() {
                order.swap(last, rng.random_range(0..=last));
            }
            walk(a, b, &changes, &order)
        })
        .collect())
}

/// The genotypes met when the changes are made in this order. The last one is `b` itself: the order of its inputs may be another.
fn walk(a: &Genotype, b: &Genotype, changes: &[Change], order: &[usize]) -> Vec<Genotype> {
    let space = a.space();
    let mut path = vec![a.clone()];
    let mut current = a.clone();
    for (step, &index) in order.iter().enumerate() {
        let change = &changes[index];
        let kinds = space.cell_kinds();
        let cell = kinds
            .iter()
            .take_while(|&&kind| kind != change.cell)
            .count();
        let node = change.node - space.inputs();
        let inputs: Vec<Input> = current.cells()[cell].nodes[node]
            .iter()
            .map(|&input| {
                if input == change.before {
                    change.after
                } else {
                    input
                }
            })
            .collect();
        current.set_node(cell, node, inputs);
        path.push(if step + 1 == order.len() {
            b.clone()
        } else {
            current.clone()
        });
    }
    path
}
