//! Which feature maps a fan computes and where they lie, and the packed weights.

use super::buffer::Buffer;
use super::depthwise::pack_kernels;
use super::layout::{Plane, blocks, pack_matrix};
use super::simd::WIDTH;
use crate::kernels::shape::{AVG_POOL, Branch, EdgesShape, MAX_POOL, SKIP};
use std::ops::Range;

/// The poolings of a fan.
pub(super) const POOLS: [usize; 2] = [MAX_POOL, AVG_POOL];

/// Where an operation's output before mixing is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A unit of the first stage, normalised.
    First(usize),
    /// A unit of the second stage, normalised.
    Second(usize),
    /// The input itself (skip connection at stride 1).
    Input,
}

/// One operation of an edge that takes part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub operation: usize,
    pub source: Source,
}

/// What a shape asks for. A *unit* is one feature map `[blocks, Q, 8]` that is normalised. First-stage units: for
/// every edge the branches and the factorised reduce; then the poolings, shared by all edges. Second-stage units: for every edge the
/// separable branches.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub shape: EdgesShape,
    pub blocks: usize,
    pub reduce: bool,
    /// All channel blocks, for every channel block.
    pub all: Vec<Range<usize>>,
}

impl Plan {
    pub fn new(shape: &EdgesShape) -> Self {
        Self {
            shape: *shape,
            blocks: blocks(shape.channels),
            reduce: shape.stride == 2,
            all: vec![0..blocks(shape.channels); blocks(shape.channels)],
        }
    }

    /// Channels filled up to whole blocks.
    pub fn padded_channels(&self) -> usize {
        self.blocks * WIDTH
    }

    /// Floats of one unit.
    pub fn unit_len(&self) -> usize {
        self.padded_channels() * self.shape.out_pixels()
    }

    /// Floats of one packed input image.
    pub fn input_len(&self) -> usize {
        self.padded_channels() * self.shape.in_pixels()
    }

    pub fn input_plane(&self) -> Plane {
        Plane::padded(self.shape.height, self.shape.width)
    }

    pub fn output_plane(&self) -> Plane {
        Plane::padded(self.shape.out_height(), self.shape.out_width())
    }

    pub fn first_per_edge(&self) -> usize {
        Branch::ALL.len() + usize::from(self.reduce)
    }

    pub fn first_units(&self) -> usize {
        self.shape.edges * self.first_per_edge() + POOLS.len()
    }

    pub fn second_units(&self) -> usize {
        self.shape.edges * Branch::SEPARABLE.len()
    }

    pub fn branch_unit(&self, edge: usize, slot: usize) -> usize {
        edge * self.first_per_edge() + slot
    }

    pub fn reduce_unit(&self, edge: usize) -> usize {
        edge * self.first_per_edge() + Branch::ALL.len()
    }

    pub fn pool_unit(&self, slot: usize) -> usize {
        self.shape.edges * self.first_per_edge() + slot
    }

    pub fn second_unit(&self, edge: usize, slot: usize) -> usize {
        edge * Branch::SEPARABLE.len() + slot
    }

    /// What is added up on an edge, in a fixed order.
    pub fn terms(&self, edge: usize) -> Vec<Term> {
        let mut terms = Vec::new();
        for (slot, &operation) in POOLS.iter().enumerate() {
            terms.push(Term {
                operation,
                source: Source::First(self.pool_unit(slot)),
            });
        }
        if self.reduce {
            terms.push(Term {
                operation: SKIP,
                source: Source::First(self.reduce_unit(edge)),
            });
        } else {
            terms.push(Term {
                operation: SKIP,
                source: Source::Input,
            });
        }
        for (slot, branch) in Branch::ALL.iter().enumerate() {
            let source = if branch.separable() {
                Source::Second(self.second_unit(edge, slot))
            } else {
                Source::First(self.branch_unit(edge, slot))
            };
            terms.push(Term {
                operation: branch.operation(),
                source,
            });
        }
        terms
    }

    /// Index of an operation among the terms of an edge.
    pub fn term_of(&self, operation: usize) -> Option<usize> {
        self.terms(0)
            .iter()
            .position(|term| term.operation == operation)
    }

    /// The weights of one edge, packed.
    fn edge_weights<'a>(&self, edge: usize, weights: &'a [f32]) -> &'a [f32] {
        let len = self.shape.weights_per_edge();
        &weights[edge * len..(edge + 1) * len]
    }

    /// First-stage filters, indexed like the branch units without the reduce: `edge · branches + slot`.
    pub fn first_filters(&self, weights: &[f32]) -> Vec<Filter> {
        let channels = self.shape.channels;
        let pack = |edge| {
            let weights = self.edge_weights(edge, weights);
            Branch::ALL.iter().map(move |branch| {
                let depthwise = branch.depthwise_offset(channels);
                let pointwise = branch.pointwise_offset(channels);
                Filter::new(
                    *branch,
                    channels,
                    &weights[depthwise..],
                    &weights[pointwise..],
                )
            })
        };
        (0..self.shape.edges).flat_map(pack).collect()
    }

    /// Second-stage filters, indexed like the second-stage units.
    pub fn second_filters(&self, weights: &[f32]) -> Vec<Filter> {
        let channels = self.shape.channels;
        let pack = |edge| {
            let weights = self.edge_weights(edge, weights);
            Branch::SEPARABLE.iter().map(move |branch| {
                let depthwise = branch.second_depthwise_offset(channels);
                let pointwise = branch.second_pointwise_offset(channels);
                Filter::new(
                    *branch,
                    channels,
                    &weights[depthwise..],
                    &weights[pointwise..],
                )
            })
        };
        (0..self.shape.edges).flat_map(pack).collect()
    }

    /// Factorised-reduce matrices of all edges; none where the skip connection is the identity.
    pub fn reduce_filters(&self, weights: &[f32]) -> Vec<Matrix> {
        if !self.reduce {
            return Vec::new();
        }
        let (channels, offset) = (self.shape.channels, self.shape.reduce_offset());
        (0..self.shape.edges)
            .map(|edge| {
                Matrix::diagonals(
                    channels,
                    channels,
                    &self.edge_weights(edge, weights)[offset..],
                )
            })
            .collect()
    }
}

/// A depthwise kernel with its pointwise matrix, packed for the kernels.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub branch: Branch,
    /// `[blocks, k², 8]`.
    pub depthwise: Buffer,
    /// Packed `[C,C]`, rows are output channels.
    pub pointwise: Buffer,
    /// Packed transpose.
    pub transposed: Buffer,
}

impl Filter {
    fn new(branch: Branch, channels: usize, depthwise: &[f32], pointwise: &[f32]) -> Self {
        let area = branch.kernel() * branch.kernel();
        Self {
            branch,
            depthwise: pack_kernels(&depthwise[..branch.depthwise_len(channels)], area),
            pointwise: pack_matrix(channels, channels, |row, column| {
                pointwise[row * channels + column]
            }),
            transposed: pack_matrix(channels, channels, |row, column| {
                pointwise[column * channels + row]
            }),
        }
    }
}

/// A packed matrix and its transpose, with the blocks of it that are not zero.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    pub rows: Buffer,
    pub transposed: Buffer,
    /// Column blocks every row block reads.
    pub inputs: Vec<Range<usize>>,
    /// Row blocks that read every column block.
    pub outputs: Vec<Range<usize>>,
}

impl Matrix {
    /// A factorised reduce: over twice the input channels, first those at (2y,2x), then those at (2y+1,2x+1).
    pub fn diagonals(in_channels: usize, out_channels: usize, weights: &[f32]) -> Self {
        let (in_blocks, out_blocks) = (blocks(in_channels), blocks(out_channels));
        let padded = in_blocks * WIDTH;
        let split = out_channels / 2;
        let value = |row: usize, column: usize| {
            let (half, channel) = (column / padded, column % padded);
            let own = half == usize::from(row >= split);
            if own && channel < in_channels {
                weights[row * in_channels + channel]
            } else {
                0.0
            }
        };
        let inputs = |block: usize| {
            let start = if block * WIDTH >= split { in_blocks } else { 0 };
            let end = if (block + 1) * WIDTH <= split {
                in_blocks
            } else {
                2 * in_blocks
            };
            start..end
        };
        let outputs = |block: usize| {
            if block < in_blocks {
                0..blocks(split)
            } else {
                split / WIDTH..out_blocks
            }
        };
        Self {
            rows: pack_matrix(out_channels, 2 * padded, value),
            transposed: pack_matrix(2 * padded, out_channels, |row, column| value(column, row)),
            inputs: (0..out_blocks).map(inputs).collect(),
            outputs: (0..2 * in_blocks).map(outputs).collect(),
        }
    }
}
