//! Numbers of the architectures of the spaces that are small enough for complete tables: both NAS-Bench-201 spaces.

use crate::space::{Genotype, Operation, Space};

/// How many architectures a space with complete tables has: 15,625 or 125; nothing for DARTS.
pub fn architecture_count(space: Space) -> Option<usize> {
    let exponent = u32::try_from(space.edges().len()).ok()?;
    match space {
        Space::Darts => None,
        Space::NasBench201 | Space::NasBench201Small => {
            Some(space.operations().len().pow(exponent))
        }
    }
}

/// The number of a genotype: its operations as digits to the base K, the first of [`Space::edges`] the most significant, so that
/// a landscape by number is a row-major tensor `[K, K, …]`. Nothing for DARTS.
pub fn architecture_index(genotype: &Genotype) -> Option<usize> {
    let space = genotype.space();
    architecture_count(space)?;
    let inputs = genotype.cells().iter().flat_map(|cell| &cell.nodes);
    inputs.flatten().try_fold(0, |index, input| {
        let digit = space.operation_index(input.operation)?;
        Some(index * space.operations().len() + digit)
    })
}

/// The genotype of a number: the inverse of [`architecture_index`]. Nothing for DARTS and for numbers beyond the last.
pub fn architecture(space: Space, index: usize) -> Option<Genotype> {
    if index >= architecture_count(space)? {
        return None;
    }
    let operations = space.operations();
    let mut left = index;
    let mut encoding: Vec<Operation> = space
        .edges()
        .iter()
        .map(|_| {
            let digit = left % operations.len();
            left /= operations.len();
            operations[digit]
        })
        .collect();
    encoding.reverse();
    Genotype::from_encoding(space, &[encoding]).ok()
}

/// The numbers of the architectures at exactly distance 1, 2, … `radius` from one, ascending. Empty for DARTS, for numbers beyond
/// the last and beyond the farthest architecture.
pub fn shells(space: Space, index: usize, radius: usize) -> Vec<Vec<usize>> {
    let mut shells = vec![Vec::new(); radius];
    let count = architecture_count(space).filter(|&count| index < count);
    for other in 0..count.unwrap_or(0) {
        let operations = space.operations().len();
        let (mut a, mut b, mut distance) = (index, other, 0);
        while a != b {
            distance += usize::from(a % operations != b % operations);
            a /= operations;
            b /= operations;
        }
        if let Some(shell) = distance.checked_sub(1).and_then(|d| shells.get_mut(d)) {
            shell.push(other);
        }
    }
    shells
}
