//! The operations that every edge of a space may have, as data: a mask `[cell kinds, edges, operations]`.

use super::cell::Space;
use super::operation::Operation;

/// Most kinds of cells of a space.
const MOST_KINDS: usize = 2;
/// Most edges of a cell.
const MOST_EDGES: usize = 14;

/// α of an operation that is no candidate, in place of −∞, which JSON cannot write: its weight softmax(α) is 0 exactly and no gradient reaches
/// it, and no step of an optimizer is large enough to move it, an L2 penalty's included.
pub const NO_CANDIDATE: f32 = -1e15;

/// Which operations every edge of a space may have. At least one is left on every edge, and every node of a DARTS cell may read two states;
/// see [`super::Candidates::allowed`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowed {
    space: Space,
    /// A bit for every operation, by cell kind and edge.
    rows: [[u16; MOST_EDGES]; MOST_KINDS],
}

/// Bits of the first `count` operations.
const fn first(count: usize) -> u16 {
    (1 << count) - 1
}

impl Allowed {
    /// All operations on every edge.
    pub fn all(space: Space) -> Self {
        let mut rows = [[0; MOST_EDGES]; MOST_KINDS];
        for row in rows.iter_mut().take(space.cell_kinds().len()) {
            row[..space.edges().len()].fill(first(space.operations().len()));
        }
        Self { space, rows }
    }

    /// The same with other operations on an edge, of which those that the space does not have are left out.
    #[must_use]
    pub(super) fn with(mut self, cell: usize, edge: usize, operations: &[Operation]) -> Self {
        let positions = operations
            .iter()
            .filter_map(|&operation| self.space.operation_index(operation));
        self.rows[cell][edge] = positions.fold(0, |row, position| row | 1 << position);
        self
    }

    /// The space.
    pub fn space(&self) -> Space {
        self.space
    }

    /// Whether nothing is left out.
    pub fn is_all(&self) -> bool {
        *self == Self::all(self.space)
    }

    /// Whether an edge may have an operation: indices of the cell kind, among [`Space::edges`] and among [`Space::operations`].
    pub fn has(&self, cell: usize, edge: usize, operation: usize) -> bool {
        self.rows[cell][edge] >> operation & 1 == 1
    }

    /// The candidates of an edge of a supernet cell, by their places among [`Space::operations`]. `joint` counts the edges of all cell kinds.
    pub fn candidates(&self, joint: usize) -> impl Iterator<Item = usize> + Clone + use<> {
        let edges = self.space.edges().len();
        let row = self.rows[joint / edges][joint % edges];
        (0..self.space.operations().len()).filter(move |operation| row >> operation & 1 == 1)
    }

    /// How many candidates every edge of all cell kinds has.
    pub fn counts(&self) -> Vec<usize> {
        let edges = self.space.cell_kinds().len() * self.space.edges().len();
        (0..edges)
            .map(|joint| self.candidates(joint).count())
            .collect()
    }

    /// The whole mask, `[cell kinds, edges, operations]` one after the other.
    pub fn flags(&self) -> Vec<bool> {
        let [edges, operations] = [self.space.edges().len(), self.space.operations().len()];
        let places = (0..self.space.cell_kinds().len() * edges * operations).map(|place| {
            let [joint, operation] = [place / operations, place % operations];
            self.has(joint / edges, joint % edges, operation)
        });
        places.collect()
    }

    /// The operation that lies `shift` candidates behind one of an edge, the first behind the last; an operation that is no candidate stays.
    pub fn shifted(&self, joint: usize, operation: usize, shift: usize) -> usize {
        let candidates = self.candidates(joint);
        let count = candidates.clone().count();
        match candidates.clone().position(|other| other == operation) {
            // The remainder is below the count.
            Some(place) => candidates.clone().nth((place + shift) % count),
            None => None,
        }
        .unwrap_or(operation)
    }

    /// What an edge of a genotype may have: its candidates, in DARTS without `none`.
    pub fn choices(
        &self,
        cell: usize,
        edge: usize,
    ) -> impl Iterator<Item = Operation> + Clone + use<> {
        let operations = self.space.operations();
        let wired = self.space == Space::Darts;
        self.candidates(cell * self.space.edges().len() + edge)
            .map(|operation| operations[operation])
            .filter(move |&operation| !wired || operation != Operation::None)
    }

    /// The same for the edge between two states; none where there is no such edge.
    pub fn choices_between(&self, cell: usize, from: usize, to: usize) -> Vec<Operation> {
        let edge = self.space.edge_index(from, to);
        edge.map_or_else(Vec::new, |edge| self.choices(cell, edge).collect())
    }

    /// The states that a node of a genotype may read: those whose edge may have an operation.
    pub fn readable(&self, cell: usize, node: usize) -> Vec<usize> {
        let edges = self.space.edges().iter().enumerate();
        edges
            .filter(|(edge, between)| {
                between.to == node && self.choices(cell, *edge).next().is_some()
            })
            .map(|(_, between)| between.from)
            .collect()
    }

    /// The most operations that an edge of a genotype has to choose from.
    pub fn most_choices(&self) -> usize {
        let edges = self.space.edges().len();
        let kinds = 0..self.space.cell_kinds().len();
        let counts = kinds
            .flat_map(|cell| (0..edges).map(move |edge| (cell, edge)))
            .map(|(cell, edge)| self.choices(cell, edge).count());
        counts.max().unwrap_or(0)
    }

    /// How many genotypes there are: a choice of operations on every edge, in DARTS after one of two states for every node.
    pub fn genotypes(&self) -> u128 {
        let space = self.space;
        let count = |cell, edge| self.choices(cell, edge).count() as u128;
        let node = |cell: usize, node: usize| -> u128 {
            let edges = space.edges().iter().enumerate();
            let counts = edges
                .filter(|(_, between)| between.to == node)
                .map(|(edge, _)| count(cell, edge));
            match space {
                // Σ over pairs of a·b: (sum² − sum of squares) / 2.
                Space::Darts => {
                    let [sum, squares] = counts.fold([0, 0], |[sum, squares], count| {
                        [sum + count, squares + count * count]
                    });
                    (sum * sum - squares) / 2
                }
                Space::NasBench201 | Space::NasBench201Small => counts.product(),
            }
        };
        let nodes = space.inputs()..space.inputs() + space.nodes();
        (0..space.cell_kinds().len())
            .flat_map(|cell| nodes.clone().map(move |state| (cell, state)))
            .map(|(cell, state)| node(cell, state))
            .product()
    }
}
