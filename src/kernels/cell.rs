//! The shape of a whole DARTS cell for the fused kernels: its fans, and where their tensors lie in those of the cell.

use super::shape::{EdgesShape, OPERATIONS, ShapeError, Wanted};

/// Most inputs of a cell: the outputs of the two cells before it, pre-processed.
pub const INPUTS: usize = 2;
/// Most intermediate nodes of a cell.
pub const MAX_NODES: usize = 7;

/// A cell of the DARTS supernet after its pre-processing: every node is the sum of mixed edges from all inputs and from
/// all nodes before it; the output is all nodes side by side. With one input and one node it is a single mixed edge.
///
/// inputs `[I,C,H,W]` each, weights `[S]` (those of all edges, in the order of the states they leave, then of the nodes
/// they enter), mix `[lanes,edges,8]` in the same order of edges, output `[I,nodes·C,Ho,Wo]`, with `I = lanes·batch`
/// images, image `i` in lane `i / batch`. `Ho = ceil(H / stride)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CellShape {
    /// Architectures evaluated side by side.
    pub lanes: usize,
    /// Images of one lane.
    pub batch: usize,
    /// Channels C of every state (even).
    pub channels: usize,
    /// Rows H of the inputs.
    pub height: usize,
    /// Columns W of the inputs.
    pub width: usize,
    /// Inputs: 1 or 2.
    pub inputs: usize,
    /// Intermediate nodes.
    pub nodes: usize,
    /// Stride of the edges that leave the inputs: 2 in a reduction cell. All others have stride 1.
    pub stride: usize,
}

/// One thing for each tensor that a cell reads: the tensors, whether their gradients are wanted, or these gradients. A
/// cell with one input does not look at the second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CellTensors<T> {
    /// `[I,C,H,W]` each.
    pub inputs: [T; INPUTS],
    /// `[S]`.
    pub weights: T,
    /// `[lanes,edges,8]`.
    pub mix: T,
}

impl<T> CellTensors<T> {
    /// The same for every tensor.
    pub fn map<U>(self, mut with: impl FnMut(T) -> U) -> CellTensors<U> {
        CellTensors {
            inputs: self.inputs.map(&mut with),
            weights: with(self.weights),
            mix: with(self.mix),
        }
    }

    /// The tensors in order.
    pub fn into_array(self) -> [T; INPUTS + 2] {
        let [first, second] = self.inputs;
        [first, second, self.weights, self.mix]
    }
}

impl<T> From<[T; INPUTS + 2]> for CellTensors<T> {
    fn from([first, second, weights, mix]: [T; INPUTS + 2]) -> Self {
        Self {
            inputs: [first, second],
            weights,
            mix,
        }
    }
}

/// The edges that leave one state of a cell ("fan"), computed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fan {
    /// Sizes; its edges enter neighboring nodes, of which the last one is the cell's last.
    pub shape: EdgesShape,
    /// The node that its first edge enters.
    pub first_target: usize,
    /// The node it leaves; none for the cell's inputs.
    pub node: Option<usize>,
    /// The state it leaves: the inputs, then the nodes.
    pub source: usize,
    /// Its first edge among those of the cell.
    pub first_edge: usize,
    /// Its first weight among those of the cell.
    pub first_weight: usize,
}

impl CellShape {
    /// Refuses what the kernels do not compute.
    ///
    /// # Errors
    /// No or too many inputs or nodes, or what [`EdgesShape::check`] refuses in one of the fans.
    pub fn check(&self) -> Result<(), ShapeError> {
        for (value, name) in [(self.inputs, "inputs"), (self.nodes, "nodes")] {
            if value == 0 {
                return Err(ShapeError::Empty(name));
            }
        }
        if self.inputs > INPUTS || self.nodes > MAX_NODES {
            return Err(ShapeError::TooLarge);
        }
        // No fan has more edges or larger states than the first one.
        self.fan(0).shape.check()
    }

    /// Images I = lanes·batch.
    pub const fn images(&self) -> usize {
        self.lanes * self.batch
    }

    /// Output rows Ho.
    pub const fn out_height(&self) -> usize {
        self.height.div_ceil(self.stride)
    }

    /// Output columns Wo.
    pub const fn out_width(&self) -> usize {
        self.width.div_ceil(self.stride)
    }

    /// Elements of one image of an input.
    pub const fn input_state_len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Elements of one image of a node.
    pub const fn node_len(&self) -> usize {
        self.channels * self.out_height() * self.out_width()
    }

    /// Elements of one input.
    pub const fn input_len(&self) -> usize {
        self.images() * self.input_state_len()
    }

    /// Elements of the output.
    pub const fn output_len(&self) -> usize {
        self.images() * self.nodes * self.node_len()
    }

    /// States that edges leave: the inputs and all nodes but the last.
    pub const fn sources(&self) -> usize {
        self.inputs + self.nodes - 1
    }

    /// Edges of the cell.
    pub const fn edges(&self) -> usize {
        self.nodes * self.inputs + self.nodes * (self.nodes - 1) / 2
    }

    /// Elements of the mixing weights.
    pub const fn mix_len(&self) -> usize {
        self.lanes * self.edges() * OPERATIONS
    }

    /// Elements of the weights.
    pub fn weights_len(&self) -> usize {
        self.fans().map(|fan| fan.shape.weights_len()).sum()
    }

    /// The edges that leave a state.
    pub fn fan(&self, source: usize) -> Fan {
        let mut first_edge = 0;
        let mut first_weight = 0;
        for before in 0..source {
            let shape = self.fan_shape(before);
            first_edge += shape.edges;
            first_weight += shape.weights_len();
        }
        Fan {
            shape: self.fan_shape(source),
            first_target: self.first_target(source),
            node: source.checked_sub(self.inputs),
            source,
            first_edge,
            first_weight,
        }
    }

    /// The first node that a state's edges enter.
    const fn first_target(&self, source: usize) -> usize {
        (source + 1).saturating_sub(self.inputs)
    }

    fn fan_shape(&self, source: usize) -> EdgesShape {
        let inner = source >= self.inputs;
        EdgesShape {
            lanes: self.lanes,
            batch: self.batch,
            channels: self.channels,
            height: if inner {
                self.out_height()
            } else {
                self.height
            },
            width: if inner { self.out_width() } else { self.width },
            edges: self.nodes - self.first_target(source),
            stride: if inner { 1 } else { self.stride },
        }
    }

    /// All fans, in the order of the states they leave.
    pub fn fans(&self) -> impl DoubleEndedIterator<Item = Fan> {
        let shape = *self;
        (0..shape.sources()).map(move |source| shape.fan(source))
    }
}

impl Fan {
    /// What its backward pass computes of what is wanted of the cell's: the gradient of a node is always needed by the
    /// fans before.
    pub fn wanted(&self, wanted: CellTensors<bool>) -> Wanted {
        Wanted {
            x: self.node.is_some() || wanted.inputs[self.source],
            weights: wanted.weights,
            mix: wanted.mix,
        }
    }
}
