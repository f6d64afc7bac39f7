//! How the nodes of a cell are wired.

use serde::{Deserialize, Serialize};

use super::cell::Space;
use super::operation::Operation;

/// One input of a node.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The state that is read.
    pub from: usize,
    /// What is done to it.
    pub operation: Operation,
}

/// The wiring of one cell.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Hash, Debug)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The inputs of every node. DARTS: 4 nodes of exactly 2 inputs from different states, none of them `none`, in any order.
    /// NAS-Bench-201: node i reads every earlier state in order, `none` included.
    pub nodes: Vec<Vec<Input>>,
    /// The states that make the output, ascending and nodes only; NAS-Bench-201: the last one.
    pub concat: Vec<usize>,
}

impl Cell {
    /// A cell whose output is that of the derivation: all nodes (DARTS) or the last one (NAS-Bench-201).
    pub fn new(space: Space, nodes: Vec<Vec<Input>>) -> Self {
        let last = space.inputs() + space.nodes();
        let concat = match space {
            Space::Darts => (space.inputs()..last).collect(),
            Space::NasBench201 | Space::NasBench201Small => vec![last - 1],
        };
        Self { nodes, concat }
    }
}
