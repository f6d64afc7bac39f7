//! Discrete architectures. A [`Genotype`] is always a point of its space; only checked constructors make one.

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::allowed::Allowed;
use super::cell::{CellKind, Space};
use super::document::{Document, DocumentCells, VERSION};
use super::operation::Operation;
use super::wiring::{Cell, Input};
use crate::nearest::nearest;

/// The most bytes in which a genotype is looked for: logs are long.
pub const LONGEST_TEXT: usize = 16 << 20;

/// A discrete architecture: one valid cell for every cell kind of its space. Serialized as the JSON form of [`Genotype::to_json`].
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Hash, Debug)]
#[serde(try_from = "Document", into = "Document")]
pub struct Genotype {
    space: Space,
    cells: Vec<Cell>,
}

/// Why something is not a genotype. Nodes are named by their state number.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
pub enum GenotypeError {
    /// Text beyond the limit.
    #[error("the text has {0} bytes: a genotype has at most 65536")]
    TooLong(usize),
    /// Text beyond what is searched for a genotype.
    #[error("more than {} MiB: cut the genotype out of it", LONGEST_TEXT >> 20)]
    TooLarge,
    /// Bytes that are no text.
    #[error("it is no text")]
    NotText,
    /// A file of several genotypes, each by its name and its line.
    #[error("it holds {} genotypes: {}", .0.len(), with_lines(.0))]
    Several(Vec<(String, usize)>),
    /// A name that no genotype of the file has.
    #[error("no genotype in it is called \"{name}\"{}", told(.name, .names))]
    NoSuchName {
        /// What was asked for.
        name: String,
        /// What there is.
        names: Vec<String>,
    },
    /// A well-formed text of something that is no genotype.
    #[error("line {line}: {error}")]
    InLine {
        /// Where it begins, counted from 1.
        line: usize,
        /// What is wrong with it.
        error: Box<GenotypeError>,
    },
    /// Text of a known form with a mistake in it.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// In characters, counted from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// Text of no known form.
    #[error(
        "no genotype in it: expected JSON (\"{{…\"), DARTS text (\"Genotype(…\") or NAS-Bench-201 text (\"|op~0|+…\")"
    )]
    UnknownForm,
    /// A version of the JSON form that this program does not know.
    #[error("version {0} of the genotype format is unknown: this program reads version 1")]
    Version(u64),
    /// A text form of the other space.
    #[error("{0} genotypes have no such text form")]
    WrongForm(Space),
    /// Not one cell per kind.
    #[error("{space} needs {expected} cell(s), not {found}")]
    Cells {
        /// The space.
        space: Space,
        /// How many kinds it has.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A wrong number of nodes.
    #[error("{kind} cell: {found} nodes instead of {expected}")]
    Nodes {
        /// Which cell.
        kind: CellKind,
        /// How many the space has.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A wrong number of inputs of a node.
    #[error("{kind} cell, node {node}: {found} inputs instead of {expected}")]
    Inputs {
        /// Which cell.
        kind: CellKind,
        /// Its state number.
        node: usize,
        /// How many the space has.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A node that reads itself or a later state.
    #[error("{kind} cell, node {node} reads state {from}: it may only read earlier ones")]
    Cycle {
        /// Which cell.
        kind: CellKind,
        /// The reader.
        node: usize,
        /// The state that is read.
        from: usize,
    },
    /// A DARTS node with two inputs from one state, or NAS-Bench-201 inputs out of order.
    #[error("{kind} cell, node {node}: state {from} is read twice or out of order")]
    Order {
        /// Which cell.
        kind: CellKind,
        /// The reader.
        node: usize,
        /// The state that is read.
        from: usize,
    },
    /// An operation that genotypes of the space do not have.
    #[error("{kind} cell, node {node}: {space} genotypes have no {operation}")]
    Operation {
        /// The space.
        space: Space,
        /// Which cell.
        kind: CellKind,
        /// The node.
        node: usize,
        /// The operation.
        operation: Operation,
    },
    /// An output that is not a sorted, non-empty set of nodes.
    #[error("{0} cell: the output must be an ascending list of nodes")]
    Concat(CellKind),
}

/// The most names that a message lists.
const MOST_NAMES: usize = 12;

/// `A, B and C`
fn list(names: &[String]) -> String {
    match names {
        [] => "none".into(),
        [one] => one.clone(),
        _ if names.len() > MOST_NAMES => {
            let rest = names.len() - MOST_NAMES;
            format!("{} and {rest} more", names[..MOST_NAMES].join(", "))
        }
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn with_lines(names: &[(String, usize)]) -> String {
    let told = names
        .iter()
        .map(|(name, line)| format!("{name} (line {line})"));
    list(&told.collect::<Vec<_>>())
}

fn told(name: &str, names: &[String]) -> String {
    if names.is_empty() {
        return ": it gives none a name".into();
    }
    let known = names.iter().map(String::as_str);
    match nearest(name, known) {
        Some(meant) => format!("; did you mean {meant}? It has {}", list(names)),
        None => format!("; it has {}", list(names)),
    }
}

impl Genotype {
    /// Checks the cells, one for each of [`Space::cell_kinds`] in that order.
    ///
    /// Two inputs of a DARTS node from the same state are refused: no DARTS derivation makes them, they are no points of
    /// the space of `method.md` §1.1, and the 14-edge encoding cannot hold them.
    pub fn new(space: Space, cells: Vec<Cell>) -> Result<Self, GenotypeError> {
        let kinds = space.cell_kinds();
        if cells.len() != kinds.len() {
            return Err(GenotypeError::Cells {
                space,
                expected: kinds.len(),
                found: cells.len(),
            });
        }
        for (&kind, cell) in kinds.iter().zip(&cells) {
            check_cell(space, kind, cell)?;
        }
        Ok(Self { space, cells })
    }

    /// The search space.
    pub fn space(&self) -> Space {
        self.space
    }

    /// One cell for each of [`Space::cell_kinds`].
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The cell of a kind, where the space has that kind.
    pub fn cell(&self, kind: CellKind) -> Option<&Cell> {
        let index = self.space.cell_kinds().iter().position(|&k| k == kind)?;
        self.cells.get(index)
    }

    /// The cell that a network uses in a place of this kind: the only one where the space has one kind.
    pub fn cell_of(&self, kind: CellKind) -> &Cell {
        // A genotype has at least one cell: `new` checks it.
        self.cell(kind).unwrap_or(&self.cells[0])
    }

    /// The operation on every edge of [`Space::edges`], `none` where a DARTS node does not read a state:
    /// `[cell kind][edge]`. The set of output nodes is no part of it.
    pub fn encoding(&self) -> Vec<Vec<Operation>> {
        let inputs = self.space.inputs();
        self.cells
            .iter()
            .map(|cell| {
                self.space
                    .edges()
                    .iter()
                    .map(|edge| {
                        cell.nodes[edge.to - inputs]
                            .iter()
                            .find(|input| input.from == edge.from)
                            .map_or(Operation::None, |input| input.operation)
                    })
                    .collect()
            })
            .collect()
    }

    /// The genotype with an operation on every edge, `[cell kind][edge]`, all nodes making the output in DARTS.
    /// The inverse of [`Genotype::encoding`].
    pub fn from_encoding(space: Space, encoding: &[Vec<Operation>]) -> Result<Self, GenotypeError> {
        let cells = encoding
            .iter()
            .map(|operations| {
                let mut nodes = vec![Vec::new(); space.nodes()];
                for (edge, &operation) in space.edges().iter().zip(operations) {
                    if space != Space::Darts || operation != Operation::None {
                        let from = edge.from;
                        nodes[edge.to - space.inputs()].push(Input { from, operation });
                    }
                }
                Cell::new(space, nodes)
            })
            .collect();
        Self::new(space, cells)
    }

    /// A text that equal architectures share, whatever the order of a node's inputs: the key under which evaluations are
    /// remembered.
    pub fn canonical(&self) -> String {
        let mut key = self.space.name().to_owned();
        for cell in &self.cells {
            for node in &cell.nodes {
                key.push('|');
                let mut inputs = node.clone();
                inputs.sort();
                for input in inputs {
                    key += &format!("{}~{},", input.operation, input.from);
                }
            }
            key += &format!("|{:?}", cell.concat);
        }
        key
    }

    /// A uniform draw (`method.md` §2, step 1): an operation on every edge (NAS-Bench-201), or two different predecessors of
    /// every node and for each an operation other than `none` (DARTS).
    pub fn random(space: Space, rng: &mut impl Rng) -> Self {
        Self::random_among(&Allowed::all(space), rng)
    }

    /// The same where edges have fewer candidates: a node reads states whose edges have any, uniformly, and each edge takes one of its own.
    pub fn random_among(allowed: &Allowed, rng: &mut impl Rng) -> Self {
        let space = allowed.space();
        let inputs = space.inputs();
        let cells = (0..space.cell_kinds().len())
            .map(|cell| {
                let nodes = (inputs..inputs + space.nodes()).map(|node| {
                    let states = allowed.readable(cell, node);
                    let read = match space {
                        // An `Allowed` leaves every node two.
                        Space::Darts => {
                            let first = rng.random_range(0..states.len());
                            let second = rng.random_range(0..states.len() - 1);
                            let second = second + usize::from(second >= first);
                            vec![states[first.min(second)], states[first.max(second)]]
                        }
                        Space::NasBench201 | Space::NasBench201Small => states,
                    };
                    let input = |from| {
                        let choices = allowed.choices_between(cell, from, node);
                        let operation = choices[rng.random_range(0..choices.len())];
                        Input { from, operation }
                    };
                    read.into_iter().map(input).collect()
                });
                Cell::new(space, nodes.collect())
            })
            .collect();
        Self { space, cells }
    }

    /// Whether every edge has one of its candidates.
    pub fn is_among(&self, allowed: &Allowed) -> bool {
        let space = self.space;
        let nodes = self.cells.iter().enumerate().flat_map(|(cell, wiring)| {
            let nodes = (space.inputs()..).zip(&wiring.nodes);
            nodes
                .flat_map(move |(node, inputs)| inputs.iter().map(move |input| (cell, node, input)))
        });
        let mut inputs = nodes;
        allowed.space() == space
            && inputs.all(|(cell, node, input)| {
                let choices = allowed.choices_between(cell, input.from, node);
                choices.contains(&input.operation)
            })
    }

    /// As many architectures as there are operations to choose from on an edge (without `none` in DARTS), drawn uniformly but for this: no
    /// two have the same operation on the same edge. In NAS-Bench-201 every operation of every edge occurs exactly once, which is strict
    /// fairness (Chu, Zhang and Xu, FairNAS, arXiv 1907.01845).
    pub fn fair_set(space: Space, rng: &mut impl Rng) -> Vec<Self> {
        Self::fair_set_among(&Allowed::all(space), rng)
    }

    /// The same where edges have fewer candidates: as many as the edge with the most has. An edge with fewer has all of its own as often as
    /// each other, or once more.
    pub fn fair_set_among(allowed: &Allowed, rng: &mut impl Rng) -> Vec<Self> {
        let space = allowed.space();
        let mut set: Vec<Self> = (0..allowed.most_choices())
            .map(|_| Self::random_among(allowed, rng))
            .collect();
        for cell in 0..space.cell_kinds().len() {
            for (index, edge) in space.edges().iter().enumerate() {
                let choices: Vec<Operation> = allowed.choices(cell, index).collect();
                let mut order = Vec::new();
                while order.len() < set.len() && !choices.is_empty() {
                    let mut round = choices.clone();
                    round.shuffle(rng);
                    order.append(&mut round);
                }
                for (genotype, operation) in set.iter_mut().zip(order) {
                    let node = &mut genotype.cells[cell].nodes[edge.to - space.inputs()];
                    for input in node.iter_mut().filter(|input| input.from == edge.from) {
                        input.operation = operation;
                    }
                }
            }
        }
        set
    }

    /// Replaces one node's inputs; the caller keeps them valid.
    pub(super) fn set_node(&mut self, cell: usize, node: usize, inputs: Vec<Input>) {
        self.cells[cell].nodes[node] = inputs;
    }
}

fn check_cell(space: Space, kind: CellKind, cell: &Cell) -> Result<(), GenotypeError> {
    let darts = space == Space::Darts;
    let states = space.inputs() + space.nodes();
    if cell.nodes.len() != space.nodes() {
        return Err(GenotypeError::Nodes {
            kind,
            expected: space.nodes(),
            found: cell.nodes.len(),
        });
    }
    for (inputs, node) in cell.nodes.iter().zip(space.inputs()..) {
        let expected = if darts { 2 } else { node };
        if inputs.len() != expected {
            return Err(GenotypeError::Inputs {
                kind,
                node,
                expected,
                found: inputs.len(),
            });
        }
        for (place, &Input { from, operation }) in inputs.iter().enumerate() {
            if from >= node {
                return Err(GenotypeError::Cycle { kind, node, from });
            }
            let ordered = if darts {
                inputs[..place].iter().all(|other| other.from != from)
            } else {
                from == place
            };
            if !ordered {
                return Err(GenotypeError::Order { kind, node, from });
            }
            let absent = darts && operation == Operation::None;
            if absent || space.operation_index(operation).is_none() {
                return Err(GenotypeError::Operation {
                    space,
                    kind,
                    node,
                    operation,
                });
            }
        }
    }
    let nodes = space.inputs()..states;
    let ascending = cell.concat.windows(2).all(|pair| pair[0] < pair[1]);
    let inside = cell.concat.iter().all(|state| nodes.contains(state));
    let output = if darts {
        !cell.concat.is_empty()
    } else {
        cell.concat == [states - 1]
    };
    if ascending && inside && output {
        Ok(())
    } else {
        Err(GenotypeError::Concat(kind))
    }
}

impl From<Genotype> for Document {
    fn from(genotype: Genotype) -> Self {
        let mut cells = genotype.cells().iter().cloned();
        Self {
            version: VERSION,
            space: genotype.space(),
            cells: DocumentCells {
                normal: cells
                    .next()
                    // A genotype has at least one cell.
                    .unwrap_or_else(|| Cell::new(genotype.space(), Vec::new())),
                reduction: cells.next(),
            },
        }
    }
}

impl TryFrom<Document> for Genotype {
    type Error = GenotypeError;

    fn try_from(document: Document) -> Result<Self, GenotypeError> {
        if document.version != VERSION {
            return Err(GenotypeError::Version(document.version));
        }
        let DocumentCells { normal, reduction } = document.cells;
        Self::new(
            document.space,
            std::iter::once(normal).chain(reduction).collect(),
        )
    }
}
