//! How much memory a search step will need, by arithmetic, before anything is allocated.

use crate::space::{
    Allowed, CellKind, CellSpec, Macro, MacroError, Operation, Space, Stage, macro_stages,
};

/// How much of a forward pass is kept for its backward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Memory {
    /// Keep the feature maps of every branch: about six times the output of every edge.
    Keep,
    /// Keep the inputs and the output only, and run the forward stages again in the backward pass.
    Recompute,
}

/// Bytes that one forward and backward pass holds at its peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// What grows with the lanes.
    pub bytes_a_lane: u64,
    /// What does not: weights, gradients, optimizer state, and on the CPU the process and the stem, which the lanes share.
    pub bytes_fixed: u64,
    /// The largest single tensor of one lane, which must fit a GPU's binding limit.
    pub largest_tensor_a_lane: u64,
}

/// Bytes of an `f32`.
const FLOAT: u64 = 4;
/// Weights, their gradient, the momentum, a look-ahead copy and scratch, each as large as the weights.
const WEIGHT_COPIES: u64 = 6;
/// Weights of a derived network, their gradient and their momentum.
const TRAINED_COPIES: u64 = 3;
/// What a process on the CPU grows by with its first step: its code and its threads. Like all that is fitted here it was measured as
/// resident memory, of the benchmark's cases.
const PROCESS: u64 = 10_000_000;
/// Feature maps, as large as the first cell's, of the stem, its normalisation and their gradients.
const STEM_MAPS: u64 = 12;
/// Feature maps of an edge's branches, of an edge at stride 1, that stock operations keep: every intermediate of its 33
/// operations, measured as resident memory on the CPU device.
const STOCK_MAPS: u64 = 50;

/// Edges of a cell of the DARTS space that a single path goes through: two a node.
const PATH_EDGES: usize = 2;

impl Forecast {
    /// The forecast of a step on single paths, one a lane, through a supernet.
    ///
    /// # Errors
    /// A network that cannot be built.
    pub fn single_paths(
        space: Space,
        size: &Macro,
        batch: usize,
        parameters: u64,
        fused: bool,
        gpu: bool,
    ) -> Result<Self, MacroError> {
        let map = FLOAT * (batch * size.channels * size.height * size.width) as u64;
        let (mut kept, mut peak, mut largest) = (0, 0, 0);
        for stage in macro_stages(space, size)? {
            let shares = match stage {
                Stage::Cell(cell) => path_memory(space, &cell, batch as u64, fused),
                stage => graph_memory(space, &stage, batch as u64),
            };
            kept += shares.kept;
            peak = peak.max(kept + shares.passing);
            largest = largest.max(shares.largest);
        }
        let process = if gpu { 0 } else { PROCESS };
        Ok(Self {
            bytes_a_lane: peak,
            bytes_fixed: process + STEM_MAPS * map + WEIGHT_COPIES * FLOAT * parameters,
            largest_tensor_a_lane: largest,
        })
    }

    /// The forecast of a supernet's step with `batch` images a lane. `fused`: what the fused kernels keep; none: stock operations.
    /// `gpu`: whether they run as shaders, whose stages hand whole feature maps on, or on the CPU, image by image.
    pub fn new(
        space: Space,
        size: &Macro,
        batch: usize,
        parameters: u64,
        fused: Option<Memory>,
        gpu: bool,
    ) -> Result<Self, MacroError> {
        Self::among(&Allowed::all(space), size, batch, parameters, fused, gpu)
    }

    /// The same where edges have fewer candidates, of which alone fused kernels compute anything.
    ///
    /// # Errors
    /// A network that cannot be built.
    pub fn among(
        allowed: &Allowed,
        size: &Macro,
        batch: usize,
        parameters: u64,
        fused: Option<Memory>,
        gpu: bool,
    ) -> Result<Self, MacroError> {
        let space = allowed.space();
        let map = FLOAT * (batch * size.channels * size.height * size.width) as u64;
        // On a GPU, where nothing could be measured, as large as before: a lane each.
        let (process, mut kept) = match gpu {
            true => (0, 9 * map),
            false => (PROCESS + STEM_MAPS * map, 0),
        };
        let mut peak = kept;
        let mut largest = 0;
        for stage in macro_stages(space, size)? {
            let shares = match (stage, fused) {
                (stage, Some(_)) if space != Space::Darts => {
                    graph_memory(space, &stage, batch as u64)
                }
                (Stage::Cell(cell), Some(_)) if !allowed.is_all() => {
                    masked_memory(allowed, &cell, batch as u64)
                }
                (Stage::Cell(cell), _) => cell_memory(space, &cell, batch as u64, fused, gpu),
                (Stage::Residual { .. }, _) => continue,
            };
            kept += shares.kept;
            // The backward pass of a cell finds what the cells before it keep; those behind it are done.
            peak = peak.max(kept + shares.passing);
            largest = largest.max(shares.largest);
        }
        Ok(Self {
            bytes_a_lane: peak,
            bytes_fixed: process + WEIGHT_COPIES * FLOAT * parameters,
            largest_tensor_a_lane: largest,
        })
    }

    /// Bytes with this many lanes in one pass.
    pub fn bytes(&self, lanes: usize) -> u64 {
        self.bytes_fixed + self.bytes_a_lane * lanes as u64
    }

    /// The most lanes of `lanes` that fit both limits; none where not even one does.
    pub fn lanes_within(&self, lanes: usize, memory: u64, binding: u64) -> Option<usize> {
        let by_memory = memory.checked_sub(self.bytes_fixed)? / self.bytes_a_lane.max(1);
        let by_binding = binding / self.largest_tensor_a_lane.max(1);
        let fitting = usize::try_from(by_memory.min(by_binding)).unwrap_or(usize::MAX);
        (fitting > 0).then(|| fitting.min(lanes))
    }
}

/// Bytes that training a derived network cannot do without: the pre-processed inputs and the nodes of every cell until the backward
/// pass, and weights, gradient and momentum of so many parameters. Also the largest of its tensors.
///
/// # Errors
/// A network that cannot be built.
pub fn least_training_bytes(
    space: Space,
    size: &Macro,
    batch: usize,
    parameters: u64,
) -> Result<(u64, u64), MacroError> {
    let mut bytes = TRAINED_COPIES * FLOAT * parameters;
    let mut largest = 0;
    for stage in macro_stages(space, size)? {
        let Stage::Cell(cell) = stage else { continue };
        let halves = usize::from(cell.kind == CellKind::Reduction);
        let map = |height: usize, width: usize| {
            FLOAT * batch as u64 * cell.channels as u64 * height as u64 * width as u64
        };
        let input = map(cell.height, cell.width);
        let node = map(
            cell.height.div_ceil(1 + halves),
            cell.width.div_ceil(1 + halves),
        );
        bytes += space.inputs() as u64 * input + space.nodes() as u64 * node;
        largest = largest.max(input);
    }
    Ok((bytes, largest))
}

/// What the graph of a stage of NAS-Bench-201 keeps: its states and units, and while the gradients pass through it those of the states.
fn graph_memory(space: Space, stage: &Stage, batch: u64) -> CellMemory {
    // Channels come in blocks of eight.
    let map = |channels: usize, height: usize, width: usize| {
        FLOAT * batch * channels.next_multiple_of(8) as u64 * (height * width) as u64
    };
    let cell = match *stage {
        Stage::Cell(cell) => cell,
        Stage::Residual {
            channels,
            height,
            width,
        } => {
            let [height, width] = [height.div_ceil(2), width.div_ceil(2)];
            let half = map(channels, height, width);
            let doubled = map(2 * channels, height, width);
            return CellMemory {
                kept: half + 5 * doubled,
                passing: half + 2 * doubled,
                largest: doubled,
            };
        }
    };
    let inside = map(cell.channels, cell.height, cell.width);
    let (edges, nodes) = (space.edges().len() as u64, space.nodes() as u64);
    let sources = space.inputs() as u64 + nodes - 1;
    // Two convolutions an edge, a pooling a source.
    CellMemory {
        kept: (2 * edges + sources + nodes) * inside,
        // What goes into the graph or comes out of it, and the gradient of that, too.
        passing: (sources + nodes + 2) * inside,
        largest: inside,
    }
}

/// What the graph of a DARTS cell keeps that leaves out what is no candidate, as [`graph_memory`] reckons.
fn masked_memory(allowed: &Allowed, cell: &CellSpec, batch: u64) -> CellMemory {
    let space = allowed.space();
    let plane = |height: usize, width: usize| {
        FLOAT * batch * cell.channels.next_multiple_of(8) as u64 * (height * width) as u64
    };
    let input = plane(cell.height, cell.width);
    let reduction = cell.kind == CellKind::Reduction;
    let inside = match reduction {
        true => plane(cell.height.div_ceil(2), cell.width.div_ceil(2)),
        false => input,
    };
    let kind = usize::from(reduction);
    let mut maps = 0;
    let mut pooled = std::collections::BTreeSet::new();
    for (index, edge) in space.edges().iter().enumerate() {
        for operation in allowed.candidates(kind * space.edges().len() + index) {
            maps += match space.operations()[operation] {
                Operation::None => 0,
                Operation::SkipConnect => u64::from(reduction && edge.from < space.inputs()),
                Operation::SepConv3x3 | Operation::SepConv5x5 => 2,
                // The pooling and what is behind its normalisation; all edges that leave a state share them.
                Operation::MaxPool3x3 | Operation::AvgPool3x3 => {
                    3 * u64::from(pooled.insert((edge.from, operation)))
                }
                _ => 1,
            };
        }
    }
    let nodes = space.nodes() as u64;
    let sources = space.inputs() as u64 + nodes - 1;
    CellMemory {
        // A unit and a state for every pre-processed input.
        kept: 2 * space.inputs() as u64 * input + (maps + nodes) * inside,
        passing: (sources + nodes + 2) * inside + input,
        largest: 4 * input,
    }
}

/// What a single path through a cell keeps: the convolutions before and the states behind their normalisations; stock operations keep
/// every intermediate.
fn path_memory(space: Space, cell: &CellSpec, batch: u64, fused: bool) -> CellMemory {
    let plane = |height: usize, width: usize| {
        FLOAT * batch * cell.channels.next_multiple_of(8) as u64 * (height * width) as u64
    };
    let input = plane(cell.height, cell.width);
    let inside = match cell.kind {
        CellKind::Reduction => plane(cell.height.div_ceil(2), cell.width.div_ceil(2)),
        CellKind::Normal => input,
    };
    let nodes = space.nodes() as u64;
    let (states, units) = match space {
        // Two units a pre-processed input and a separable convolution.
        Space::Darts => (2 * 2 * input, 2 * PATH_EDGES as u64 * nodes * inside),
        _ => (0, space.edges().len() as u64 * inside),
    };
    let stock = if fused { 1 } else { 4 };
    CellMemory {
        kept: stock * (states + units + nodes * inside),
        passing: (2 * nodes + 2) * inside,
        largest: 4 * input,
    }
}

struct CellMemory {
    /// Until the backward pass.
    kept: u64,
    /// Only while the cell is worked on.
    passing: u64,
    largest: u64,
}

fn cell_memory(
    space: Space,
    cell: &CellSpec,
    batch: u64,
    fused: Option<Memory>,
    gpu: bool,
) -> CellMemory {
    let plane = |height: usize, width: usize| {
        FLOAT * batch * cell.channels as u64 * height as u64 * width as u64
    };
    let input = plane(cell.height, cell.width);
    let halved = plane(cell.height.div_ceil(2), cell.width.div_ceil(2));
    let reduction = cell.kind == CellKind::Reduction;
    let inside = if reduction { halved } else { input };
    let inputs = space.inputs();
    let nodes = space.nodes() as u64 * inside;
    let whole_cell = space == Space::Darts && fused.is_some();
    // Pre-processed inputs and the output; without fused cells also the convolutions' results, the nodes and their sums
    // on the way.
    let states = input * inputs as u64 + nodes;
    let mut kept = match (whole_cell, gpu) {
        // What the two convolutions of the pre-processing were before their normalisation.
        (true, false) => states + inputs as u64 * input,
        (true, true) => states,
        (false, _) => 4 * states,
    };
    let mut passing = 0;
    let mut largest = 0;
    for source in 0..inputs + space.nodes() - 1 {
        let edges = space
            .edges()
            .iter()
            .filter(|edge| edge.from == source)
            .count() as u64;
        let strided = u64::from(reduction && source < inputs);
        let (maps, gradients) = if whole_cell {
            // First stages, factorised reduce, second stages; the poolings, and where the maximum lies.
            let maps = (6 + strided) * edges + if gpu { 3 } else { 2 };
            let gradients = if gpu {
                // Gradients before and behind the pointwise convolutions, and again the results of the depthwise ones.
                (6 + 2 * strided) * edges + (6 + strided) * edges + 2 + 6 * edges + 2 * strided
            } else {
                // Behind the second halves; of the outputs of this cell and of the two before it.
                2 * edges + 3 * space.nodes() as u64
            };
            largest = largest.max(((6 + 2 * strided) * edges + 3) * inside);
            (maps * inside, gradients * inside + states)
        } else {
            let maps = match space {
                Space::Darts => STOCK_MAPS * edges,
                _ => 10 * edges,
            };
            largest = largest.max(4 * edges * inside);
            (maps * inside, 4 * edges * inside)
        };
        match fused {
            Some(Memory::Recompute) if whole_cell => {
                // On the CPU what one size has left is of little use to the next.
                let idle = if gpu { 0 } else { maps * 7 / 10 };
                passing = passing.max(maps + idle + gradients);
            }
            _ => {
                kept += maps;
                passing = passing.max(gradients);
            }
        }
    }
    CellMemory {
        kept,
        passing,
        largest,
    }
}
