//! Edits of an architecture and their history: plain data, no window.

use crate::app::draw::states::state_name;
use crate::space::{CellKind, Genotype, GenotypeError, Input, Operation, Space};

/// One edge of a genotype: an input of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// Index of the cell among [`Space::cell_kinds`].
    pub cell: usize,
    /// The node, by its state number.
    pub node: usize,
    /// Which of the node's inputs.
    pub input: usize,
}

impl Place {
    /// All edges, cell after cell, node after node.
    pub fn all(genotype: &Genotype) -> Vec<Place> {
        let inputs = genotype.space().inputs();
        let mut places = Vec::new();
        for (cell, wiring) in genotype.cells().iter().enumerate() {
            for (node, sources) in (inputs..).zip(&wiring.nodes) {
                places.extend((0..sources.len()).map(|input| Place { cell, node, input }));
            }
        }
        places
    }

    /// What is there; nothing for a place that the genotype does not have.
    pub fn input(self, genotype: &Genotype) -> Option<Input> {
        let node = self.node.checked_sub(genotype.space().inputs())?;
        let cell = genotype.cells().get(self.cell)?;
        cell.nodes.get(node)?.get(self.input).copied()
    }

    /// The kind of its cell.
    pub fn kind(self, space: Space) -> CellKind {
        let kinds = space.cell_kinds();
        kinds.get(self.cell).copied().unwrap_or(CellKind::Normal)
    }
}

/// The operations that an edge of a genotype may have: all of the space, in DARTS without `none`.
pub fn operations(space: Space) -> &'static [Operation] {
    match space {
        Space::Darts => &space.operations()[1..],
        Space::NasBench201 | Space::NasBench201Small => space.operations(),
    }
}

/// The states that an edge could read instead: earlier than its node, and none that the node reads already. Empty where wiring is fixed.
pub fn sources(genotype: &Genotype, place: Place) -> Vec<usize> {
    if genotype.space() != Space::Darts || place.input(genotype).is_none() {
        return Vec::new();
    }
    let inputs = &genotype.cells()[place.cell].nodes[place.node - genotype.space().inputs()];
    (0..place.node)
        .filter(|&from| inputs.iter().all(|input| input.from != from))
        .collect()
}

/// The genotype with another operation on an edge.
///
/// # Errors
/// An operation that the space's genotypes do not have. A place that does not exist leaves the genotype as it is.
pub fn with_operation(
    genotype: &Genotype,
    place: Place,
    operation: Operation,
) -> Result<Genotype, GenotypeError> {
    changed(genotype, place, |input| Input { operation, ..input })
}

/// The genotype with an edge that reads another state.
///
/// # Errors
/// A state that the node reads already or that comes after it; any other state where wiring is fixed.
pub fn with_source(
    genotype: &Genotype,
    place: Place,
    from: usize,
) -> Result<Genotype, GenotypeError> {
    changed(genotype, place, |input| Input { from, ..input })
}

/// Why an edit cannot be made, with the states named as they are on the canvas.
pub fn refusal(space: Space, error: &GenotypeError) -> String {
    match error {
        GenotypeError::Cycle { kind, node, from } => {
            let from = state_name(space, *from);
            format!("{kind} cell: {node} cannot read {from}, only states before itself")
        }
        GenotypeError::Order { kind, node, from } => {
            let from = state_name(space, *from);
            format!("{kind} cell: {node} reads {from} already")
        }
        error => error.to_string(),
    }
}

fn changed(
    genotype: &Genotype,
    place: Place,
    change: impl FnOnce(Input) -> Input,
) -> Result<Genotype, GenotypeError> {
    let mut cells = genotype.cells().to_vec();
    let input = place
        .node
        .checked_sub(genotype.space().inputs())
        .and_then(|node| {
            let inputs = cells.get_mut(place.cell)?.nodes.get_mut(node)?;
            inputs.get_mut(place.input)
        });
    if let Some(input) = input {
        *input = change(*input);
    }
    Genotype::new(genotype.space(), cells)
}

/// An architecture with everything that it was before and, after an undo, was going to be. There is no limit.
#[derive(Clone, PartialEq, Debug)]
pub struct History {
    now: Genotype,
    past: Vec<Genotype>,
    future: Vec<Genotype>,
}

impl History {
    /// A history that begins here.
    pub fn new(genotype: Genotype) -> Self {
        Self {
            now: genotype,
            past: Vec::new(),
            future: Vec::new(),
        }
    }

    /// The architecture as it is now.
    pub fn now(&self) -> &Genotype {
        &self.now
    }

    /// Goes to another architecture; what was undone is forgotten. Going to the present one is no edit.
    pub fn edit(&mut self, genotype: Genotype) -> bool {
        if genotype == self.now {
            return false;
        }
        self.past.push(std::mem::replace(&mut self.now, genotype));
        self.future.clear();
        true
    }

    /// Takes the last edit back; false where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.past.pop() else {
            return false;
        };
        self.future.push(std::mem::replace(&mut self.now, before));
        true
    }

    /// Makes the last undone edit again; false where there is none.
    pub fn redo(&mut self) -> bool {
        let Some(after) = self.future.pop() else {
            return false;
        };
        self.past.push(std::mem::replace(&mut self.now, after));
        true
    }

    /// How many edits can be taken back.
    pub fn undo_count(&self) -> usize {
        self.past.len()
    }

    /// How many edits can be made again.
    pub fn redo_count(&self) -> usize {
        self.future.len()
    }
}
