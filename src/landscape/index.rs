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
