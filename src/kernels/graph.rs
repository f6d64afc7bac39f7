//! The body of a network as a graph for the fused kernels: what is computed from what, and where its weights lie.
//!
//! A *state* is a feature map that others read: the sum of its *terms*. A *unit* is the output of one convolution before its
//! normalisation. A term is a unit behind its normalisation, another state or a pooling of one, times a factor. Derived networks of both
//! spaces and the supernet of NAS-Bench-201 are such graphs; a mask of operations is what the graph leaves out.

use std::sync::Arc;

use super::shape::Branch;

/// A feature map that others read. Its channels, rows and columns are those of its terms.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Channels, rows, columns.
    pub size: Size,
    /// What is added up; nothing for the graph's input. A state without terms behind it is zero.
    pub terms: Vec<Term>,
}

/// Channels, rows and columns of a feature map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// Channels.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Size {
    /// Pixels of a plane.
    pub const fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Elements of one image.
    pub const fn elements(&self) -> usize {
        self.channels * self.pixels()
    }

    /// What a stride makes of it.
    pub const fn strided(&self, stride: usize) -> Self {
        Self {
            channels: self.channels,
            height: self.height.div_ceil(stride),
            width: self.width.div_ceil(stride),
        }
    }
}

/// Something that is added to a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// What is added.
    pub value: Value,
    /// The place of its factor among the factors `[places, groups]`; none: 1.
    pub factor: Option<usize>,
}

/// What a term adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A unit behind its normalisation.
    Unit(usize),
    /// A state as it is.
    State(usize),
    /// A pooling of a state.
    Pool(Pool, usize),
}

/// A pooling and its stride.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pool {
    /// 3×3, padding 1 counts as −∞.
    Max(usize),
    /// 3×3, padding 1 does not count.
    Average(usize),
    /// 2×2 at stride 2; an odd size is padded at its end by what does not count.
    Halve,
}

impl Pool {
    /// Its stride.
    pub const fn stride(self) -> usize {
        match self {
            Pool::Max(stride) | Pool::Average(stride) => stride,
            Pool::Halve => 2,
        }
    }
}

/// One convolution (or none) with the normalisation behind it. Exactly one term or unit reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Channels, rows and columns of its output.
    pub size: Size,
    /// What it reads.
    pub source: Source,
    /// What it computes.
    pub work: Work,
    /// The normalisation behind it.
    pub norm: Norm,
}

/// What a unit reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// States side by side along the channels, of equal rows and columns.
    States(Vec<usize>),
    /// ReLU of a unit behind its normalisation: the second half of a separable convolution.
    Unit(usize),
}

/// What a unit computes. Weights are places in the vector of all weights; units may share them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    /// A dense convolution with padding `kernel / 2`, behind a ReLU or not.
    Dense {
        /// 1 or 3.
        kernel: usize,
        /// 1 or 2.
        stride: usize,
        /// Whether its input goes through a ReLU.
        relu: bool,
        /// `[out, in, kernel, kernel]`.
        weights: usize,
    },
    /// ReLU and the factorised reduce; see [`super::shape::ConvShape`].
    Reduce {
        /// `[out, in]`.
        weights: usize,
    },
    /// ReLU, a depthwise convolution (kernel and dilation of the branch) and a pointwise one.
    Separable {
        /// Kernel and dilation.
        branch: Branch,
        /// 1 or 2.
        stride: usize,
        /// `[channels, k, k]`.
        depthwise: usize,
        /// `[out, in]`.
        pointwise: usize,
    },
    /// The source itself.
    Copy,
}

/// What follows a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Norm {
    /// Nothing.
    None,
    /// Batch normalisation.
    Batch {
        /// Places of scale and shift among the weights, `[channels]` each; none: 1 and 0.
        affine: Option<[usize; 2]>,
        /// The place of its running mean among the statistics, its running variance behind; none: not tracked.
        running: Option<usize>,
    },
}

/// The graph. States and units only read what was added before them.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// All states; the first one is the input.
    pub states: Vec<State>,
    /// All units.
    pub units: Vec<Unit>,
    /// What is returned: states side by side along the channels.
    pub outputs: Vec<Vec<usize>>,
    /// Weights of all units.
    pub weights: usize,
    /// Running means and variances of all units.
    pub statistics: usize,
    /// Places of factors.
    pub places: usize,
}

impl Graph {
    /// A graph that is its input.
    pub fn new(input: Size) -> Self {
        let input = State {
            size: input,
            terms: Vec::new(),
        };
        Self {
            states: vec![input],
            units: Vec::new(),
            outputs: Vec::new(),
            weights: 0,
            statistics: 0,
            places: 0,
        }
    }

    /// The input.
    pub const INPUT: usize = 0;

    /// Adds a unit behind states side by side; returns its number.
    ///
    /// # Panics
    /// If there are no states or they differ in rows or columns: a mistake of the program.
    pub fn unit(&mut self, from: &[usize], channels: usize, work: Work, norm: Norm) -> usize {
        let size = self.states[from[0]].size;
        for &state in from {
            let other = self.states[state].size;
            assert_eq!(
                (other.height, other.width),
                (size.height, size.width),
                "rows and columns side by side"
            );
        }
        self.push(Source::States(from.to_vec()), size, channels, work, norm)
    }

    /// Adds the second half of a separable convolution; returns its number.
    pub fn second(&mut self, first: usize, channels: usize, work: Work, norm: Norm) -> usize {
        let size = self.units[first].size;
        self.push(Source::Unit(first), size, channels, work, norm)
    }

    fn push(
        &mut self,
        source: Source,
        from: Size,
        channels: usize,
        work: Work,
        norm: Norm,
    ) -> usize {
        let stride = match work {
            Work::Dense { stride, .. } | Work::Separable { stride, .. } => stride,
            Work::Reduce { .. } => 2,
            Work::Copy => 1,
        };
        let size = Size {
            channels,
            ..from.strided(stride)
        };
        self.units.push(Unit {
            size,
            source,
            work,
            norm,
        });
        if let Norm::Batch { affine, running } = norm {
            if let Some([scale, shift]) = affine {
                self.weights = self.weights.max(scale.max(shift) + channels);
            }
            if let Some(place) = running {
                self.statistics = self.statistics.max(place + 2 * channels);
            }
        }
        let unit = self.units.len() - 1;
        for (place, length) in self.filters(unit) {
            self.weights = self.weights.max(place + length);
        }
        unit
    }

    /// Adds a state of this size that adds up terms; returns its number.
    pub fn state(&mut self, size: Size, terms: Vec<Term>) -> usize {
        for term in &terms {
            assert_eq!(self.size_of(term.value), size, "a term of another size");
            if let Some(place) = term.factor {
                self.places = self.places.max(place + 1);
            }
        }
        self.states.push(State { size, terms });
        self.states.len() - 1
    }

    /// Adds a state that is one normalised unit; returns its number.
    pub fn behind(&mut self, unit: usize) -> usize {
        self.only(Value::Unit(unit))
    }

    /// Adds a state that is one value; returns its number.
    pub fn only(&mut self, value: Value) -> usize {
        let term = Term {
            value,
            factor: None,
        };
        self.state(self.size_of(value), vec![term])
    }

    /// The size of what a term adds.
    pub fn size_of(&self, value: Value) -> Size {
        match value {
            Value::Unit(unit) => self.units[unit].size,
            Value::State(state) => self.states[state].size,
            Value::Pool(pool, state) => self.states[state].size.strided(pool.stride()),
        }
    }

    /// Channels that a unit reads.
    pub fn inputs(&self, unit: usize) -> usize {
        match &self.units[unit].source {
            Source::States(states) => self.channels(states),
            Source::Unit(unit) => self.units[*unit].size.channels,
        }
    }

    /// Rows and columns that a unit reads.
    pub fn source_size(&self, unit: usize) -> Size {
        let size = match &self.units[unit].source {
            Source::States(states) => self.states[states[0]].size,
            Source::Unit(unit) => self.units[*unit].size,
        };
        Size {
            channels: self.inputs(unit),
            ..size
        }
    }

    /// Places and lengths of a unit's convolution weights.
    fn filters(&self, unit: usize) -> Vec<(usize, usize)> {
        let (inputs, outputs) = (self.inputs(unit), self.units[unit].size.channels);
        match self.units[unit].work {
            Work::Dense {
                kernel, weights, ..
            } => vec![(weights, outputs * inputs * kernel * kernel)],
            Work::Reduce { weights } => vec![(weights, outputs * inputs)],
            Work::Separable {
                branch,
                depthwise,
                pointwise,
                ..
            } => vec![
                (depthwise, branch.depthwise_len(inputs)),
                (pointwise, outputs * inputs),
            ],
            Work::Copy => Vec::new(),
        }
    }

    /// Channels of states side by side.
    pub fn channels(&self, states: &[usize]) -> usize {
        states.iter().map(|&s| self.states[s].size.channels).sum()
    }

    /// Elements of all outputs of one image.
    pub fn output_elements(&self) -> usize {
        self.outputs
            .iter()
            .map(|output| self.elements(output))
            .sum()
    }

    /// Elements of one output of one image.
    pub fn elements(&self, output: &[usize]) -> usize {
        output.iter().map(|&s| self.states[s].size.elements()).sum()
    }
}

/// A graph with the images of one pass.
#[derive(Debug, Clone)]
pub struct GraphShape {
    /// What is computed.
    pub graph: Arc<Graph>,
    /// Architectures evaluated side by side; their statistics are apart.
    pub lanes: usize,
    /// Images of one lane.
    pub batch: usize,
    /// Groups of neighboring images that share their factors: as many as lanes, or as images.
    pub groups: usize,
    /// Whether the running statistics are used (a test) instead of those of the batch.
    pub running: bool,
}

impl GraphShape {
    /// Images I = lanes·batch.
    pub const fn images(&self) -> usize {
        self.lanes * self.batch
    }

    /// The group of an image.
    pub const fn group(&self, image: usize) -> usize {
        image * self.groups / self.images()
    }

    /// Elements of what the pass returns: the outputs one after the other, `[I, channels, height, width]` each; then, where the
    /// statistics are those of the batch, `[statistics]`: the mean of every tracked unit and its unbiased variance, of lane 0.
    pub fn output_len(&self) -> usize {
        let statistics = if self.running {
            0
        } else {
            self.graph.statistics
        };
        self.images() * self.graph.output_elements() + statistics
    }
}

/// One thing for each tensor that a graph reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GraphTensors<T> {
    /// `[I, channels, height, width]`.
    pub x: T,
    /// `[weights]`.
    pub weights: T,
    /// `[places, groups]`; a graph without factors does not look at it.
    pub factors: T,
    /// `[statistics]`, only read where [`GraphShape::running`].
    pub statistics: T,
}

impl<T> GraphTensors<T> {
    /// The same for every tensor.
    pub fn map<U>(self, mut with: impl FnMut(T) -> U) -> GraphTensors<U> {
        GraphTensors {
            x: with(self.x),
            weights: with(self.weights),
            factors: with(self.factors),
            statistics: with(self.statistics),
        }
    }

    /// The tensors in order.
    pub fn into_array(self) -> [T; 4] {
        [self.x, self.weights, self.factors, self.statistics]
    }
}

impl<T> From<[T; 4]> for GraphTensors<T> {
    fn from([x, weights, factors, statistics]: [T; 4]) -> Self {
        Self {
            x,
            weights,
            factors,
            statistics,
        }
    }
}
