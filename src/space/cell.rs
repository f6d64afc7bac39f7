//! The search spaces: states, edges and candidate operations of their cells.
//!
//! States are numbered with the cell's inputs first: 0, 1 and nodes 2..=5 for DARTS; input 0 and nodes 1..=3 for NAS-Bench-201.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::operation::Operation;
use crate::nearest::unknown;

/// A cell search space.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Space {
    /// DARTS (arXiv 1806.09055): two cell kinds, 14 edges, 8 operations.
    #[serde(rename = "darts")]
    Darts,
    /// NAS-Bench-201 (arXiv 2001.00326): one cell kind, 6 edges, 5 operations, 15,625 architectures.
    #[serde(rename = "nas-bench-201")]
    NasBench201,
    /// NAS-Bench-201 with one node less: 3 edges, 125 architectures. This project's own, for complete landscapes.
    #[serde(rename = "nas-bench-201-small")]
    NasBench201Small,
}

/// A name that is not a space's.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[error("{}", unknown(.0, "a search space", &Space::ALL.map(Space::name)))]
pub struct UnknownSpace(String);

/// Which cell of a network.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[serde(rename_all = "snake_case")]
pub enum CellKind {
    /// Keeps resolution and channels.
    Normal,
    /// Halves the resolution: edges from the cell's inputs have stride 2.
    Reduction,
}

/// A connection between two states of a cell, `from < to`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Edge {
    /// The state that is read.
    pub from: usize,
    /// The node that adds it up.
    pub to: usize,
}

const DARTS_OPERATIONS: [Operation; 8] = [
    Operation::None,
    Operation::MaxPool3x3,
    Operation::AvgPool3x3,
    Operation::SkipConnect,
    Operation::SepConv3x3,
    Operation::SepConv5x5,
    Operation::DilConv3x3,
    Operation::DilConv5x5,
];

const NB201_OPERATIONS: [Operation; 5] = [
    Operation::None,
    Operation::SkipConnect,
    Operation::Conv1x1,
    Operation::Conv3x3,
    Operation::AvgPool3x3,
];

/// Every node reads every earlier state, node after node.
const fn complete_edges<const N: usize>(inputs: usize) -> [Edge; N] {
    let mut edges = [Edge { from: 0, to: 0 }; N];
    let mut to = inputs;
    let mut from = 0;
    let mut index = 0;
    while index < N {
        edges[index] = Edge { from, to };
        from += 1;
        if from == to {
            to += 1;
            from = 0;
        }
        index += 1;
    }
    edges
}

static DARTS_EDGES: [Edge; 14] = complete_edges(2);
static NB201_EDGES: [Edge; 6] = complete_edges(1);
static NB201_SMALL_EDGES: [Edge; 3] = complete_edges(1);

impl Space {
    /// All spaces.
    pub const ALL: [Space; 3] = [Space::Darts, Space::NasBench201, Space::NasBench201Small];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Space::Darts => "darts",
            Space::NasBench201 => "nas-bench-201",
            Space::NasBench201Small => "nas-bench-201-small",
        }
    }

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Space::Darts => "DARTS",
            Space::NasBench201 => "NAS-Bench-201",
            Space::NasBench201Small => "3-edge NAS-Bench-201",
        }
    }

    /// The candidate operations of every edge, in the index order of `method.md` §4.1 and §5.
    pub fn operations(self) -> &'static [Operation] {
        match self {
            Space::Darts => &DARTS_OPERATIONS,
            Space::NasBench201 | Space::NasBench201Small => &NB201_OPERATIONS,
        }
    }

    /// The edges of a supernet cell, node after node, by source within a node: 14, 6 or 3.
    pub fn edges(self) -> &'static [Edge] {
        match self {
            Space::Darts => &DARTS_EDGES,
            Space::NasBench201 => &NB201_EDGES,
            Space::NasBench201Small => &NB201_SMALL_EDGES,
        }
    }

    /// The kinds of cells that are searched.
    pub fn cell_kinds(self) -> &'static [CellKind] {
        match self {
            Space::Darts => &[CellKind::Normal, CellKind::Reduction],
            Space::NasBench201 | Space::NasBench201Small => &[CellKind::Normal],
        }
    }

    /// The number of inputs of a cell: 2 (DARTS) or 1.
    pub fn inputs(self) -> usize {
        match self {
            Space::Darts => 2,
            Space::NasBench201 | Space::NasBench201Small => 1,
        }
    }

    /// The number of intermediate nodes of a cell: 4, 3 or 2.
    pub fn nodes(self) -> usize {
        match self {
            Space::Darts => 4,
            Space::NasBench201 => 3,
            Space::NasBench201Small => 2,
        }
    }

    /// The position of an operation among [`Space::operations`].
    pub fn operation_index(self, operation: Operation) -> Option<usize> {
        self.operations().iter().position(|&o| o == operation)
    }

    /// The position of the edge between two states among [`Space::edges`].
    pub fn edge_index(self, from: usize, to: usize) -> Option<usize> {
        self.edges().iter().position(|&e| e == Edge { from, to })
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Space {
    type Err = UnknownSpace;

    fn from_str(text: &str) -> Result<Self, UnknownSpace> {
        Self::ALL
            .into_iter()
            .find(|space| space.name() == text)
            .ok_or_else(|| UnknownSpace(text.chars().take(40).collect()))
    }
}

impl CellKind {
    /// `normal` or `reduction`.
    pub fn name(self) -> &'static str {
        match self {
            CellKind::Normal => "normal",
            CellKind::Reduction => "reduction",
        }
    }
}

impl fmt::Display for CellKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}
