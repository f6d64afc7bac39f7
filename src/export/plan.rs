//! The layers of a derived network in the order in which they compute, each with its place and its weights' names.
//!
//! `nn` has the same network as tensors; a test holds the two against each other. The auxiliary classifier, which only helps
//! training, is left out.

use super::names::{Place, TensorName};
use crate::session::{NetworkDescription, NetworkError};
use crate::space::{
    CellKind, CellSpec, Genotype, Input, Macro, MacroError, Operation, Space, Stage,
    genotype_stages,
};

/// A derived network without its weights.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its layers; none reads a later one.
    pub layers: Vec<Layer>,
}

/// One layer.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Where it is, such as `cell3/node4/sep_conv_3x3/from1/first/depthwise`.
    pub path: String,
    /// What it does.
    pub work: Work,
    /// What it reads: 0 is the image, n what layer n - 1 makes.
    pub inputs: Vec<usize>,
}

/// What a layer does.
#[derive(Clone, Debug)]
pub enum Work {
    /// The larger of 0 and each value.
    Relu,
    /// A convolution without bias.
    Convolution {
        /// `[outputs, inputs / groups, kernel, kernel]`.
        weight: TensorName,
        /// In both axes.
        stride: usize,
        /// On all sides.
        padding: usize,
        /// In both axes.
        dilation: usize,
        /// How many sets of channels keep to themselves.
        groups: usize,
    },
    /// A normalisation by running statistics: scale, shift, mean and variance.
    Norm([TensorName; 4]),
    /// The largest value of each 3×3 window; the padding of 1 does not count.
    MaxPool {
        /// In both axes.
        stride: usize,
    },
    /// The mean of each window, without its padding.
    AveragePool {
        /// Rows and columns of the window.
        kernel: usize,
        /// In both axes.
        stride: usize,
        /// Above, left, below, right.
        padding: [usize; 4],
    },
    /// The image moved up and left by a pixel, with zeros behind it where its size is odd and without its last row or column where
    /// it is even.
    Shift {
        /// Whether rows and columns are odd.
        odd: [bool; 2],
    },
    /// Channels side by side.
    Concat,
    /// The sum of two or more.
    Sum,
    /// Zeros of the same shape.
    Zero,
    /// The mean of each channel, as a vector.
    Mean,
    /// A linear layer: weight `[outputs, inputs]` and bias.
    Linear([TensorName; 2]),
}

impl Work {
    /// The tensors that it reads besides its inputs.
    pub fn tensors(&self) -> &[TensorName] {
        match self {
            Work::Convolution { weight, .. } => std::slice::from_ref(weight),
            Work::Norm(tensors) => tensors,
            Work::Linear(tensors) => tensors,
            _ => &[],
        }
    }
}

/// What a layer makes.
#[derive(Clone, Copy)]
struct Value {
    /// As in [`Layer::inputs`].
    index: usize,
    channels: usize,
    /// Rows and columns.
    size: [usize; 2],
}

/// What a convolution is, besides the channels that it reads.
#[derive(Clone, Copy)]
struct Kernel {
    outputs: usize,
    size: usize,
    stride: usize,
    dilation: usize,
    /// Whether every channel keeps to itself.
    depthwise: bool,
}

impl Kernel {
    fn dense(outputs: usize, size: usize, stride: usize) -> Self {
        Self {
            outputs,
            size,
            stride,
            dilation: 1,
            depthwise: false,
        }
    }
}

impl Plan {
    /// Plans the network of a description.
    ///
    /// # Errors
    /// Sizes that no network has.
    pub fn of(description: &NetworkDescription) -> Result<Self, NetworkError> {
        Self::new(&description.genotype, &description.size())
            .map_err(|error| NetworkError::Fit(error.to_string()))
    }

    /// Plans the network of a genotype.
    ///
    /// # Errors
    /// Sizes that no network has.
    pub fn new(genotype: &Genotype, size: &Macro) -> Result<Self, MacroError> {
        let darts = genotype.space() == Space::Darts;
        let stages = genotype_stages(genotype, size)?;
        let mut plan = Self { layers: Vec::new() };
        let image = Value {
            index: 0,
            channels: size.image_channels,
            size: [size.height, size.width],
        };
        let [mut before, mut x] = plan.stem(image, size, darts);
        for (index, stage) in stages.iter().enumerate() {
            let name = format!("cells.{index}");
            let place = Place::new(format!("cell{index}"), &*name, &*name);
            let y = match stage {
                Stage::Cell(cell) if darts => plan.darts_cell(&place, genotype, cell, [before, x]),
                Stage::Cell(cell) => plan.nb201_cell(&place, genotype, cell, x),
                Stage::Residual { .. } => plan.residual(&place, x),
            };
            before = std::mem::replace(&mut x, y);
        }
        if !darts {
            x = plan.norm(&Place::new("last/norm", "last.norm", "lastact.0"), x);
            x = plan.relu(&Place::new("last", "last", "lastact"), x);
        }
        let place = Place::new("classifier", "classifier", "classifier");
        let mean = plan.layer(place.path("mean"), Work::Mean, &[x], x);
        let shapes = [vec![size.classes, x.channels], vec![size.classes]];
        let [weight, bias] = shapes;
        let tensors = [
            place.tensor("weight", "weight", weight),
            place.tensor("bias", "bias", bias),
        ];
        plan.layer(place.path("linear"), Work::Linear(tensors), &[mean], mean);
        Ok(plan)
    }

    /// All weights and running statistics.
    pub fn tensors(&self) -> impl Iterator<Item = &TensorName> {
        self.layers.iter().flat_map(|layer| layer.work.tensors())
    }

    /// Whether the logits depend on each layer: a state may be read by nobody.
    pub fn needed(&self) -> Vec<bool> {
        let mut needed = vec![false; self.layers.len()];
        if let Some(last) = needed.last_mut() {
            *last = true;
        }
        for index in (0..self.layers.len()).rev() {
            if needed[index] {
                for &input in self.layers[index].inputs.iter().filter(|&&input| input > 0) {
                    needed[input - 1] = true;
                }
            }
        }
        needed
    }

    /// Adds a layer that makes something of that shape.
    fn layer(&mut self, path: String, work: Work, inputs: &[Value], shape: Value) -> Value {
        let inputs = inputs.iter().map(|input| input.index).collect();
        self.layers.push(Layer { path, work, inputs });
        Value {
            index: self.layers.len(),
            ..shape
        }
    }

    fn relu(&mut self, place: &Place, x: Value) -> Value {
        self.layer(place.path("relu"), Work::Relu, &[x], x)
    }

    /// "Same" padding: the output is `ceil(size / stride)`.
    fn convolution(&mut self, place: &Place, x: Value, kernel: Kernel) -> Value {
        let (inputs, groups) = match kernel.depthwise {
            true => (1, x.channels),
            false => (x.channels, 1),
        };
        let shape = vec![kernel.outputs, inputs, kernel.size, kernel.size];
        let work = Work::Convolution {
            weight: place.tensor("weight", "weight", shape),
            stride: kernel.stride,
            padding: kernel.dilation * (kernel.size / 2),
            dilation: kernel.dilation,
            groups,
        };
        let shape = Value {
            channels: kernel.outputs,
            ..x.strided(kernel.stride)
        };
        self.layer(place.path(""), work, &[x], shape)
    }

    fn norm(&mut self, place: &Place, x: Value) -> Value {
        let names = [
            ("scale", "weight"),
            ("shift", "bias"),
            ("mean", "running_mean"),
            ("variance", "running_var"),
        ];
        let tensors = names.map(|(ours, theirs)| place.tensor(ours, theirs, vec![x.channels]));
        self.layer(place.path(""), Work::Norm(tensors), &[x], x)
    }

    /// A dense convolution and its normalisation. `theirs`: the numbers of the two in the sequence that the place is to others.
    fn conv_norm(&mut self, place: &Place, theirs: [usize; 2], x: Value, kernel: Kernel) -> Value {
        let [convolution, norm] = theirs.map(|number| number.to_string());
        let x = self.convolution(&place.of("convolution", "", &convolution), x, kernel);
        self.norm(&place.of("norm", "norm", &norm), x)
    }

    /// ReLU, a dense convolution and its normalisation.
    fn relu_conv_norm(&mut self, place: &Place, x: Value, kernel: Kernel) -> Value {
        let x = self.relu(place, x);
        self.conv_norm(&place.of("", "", "op"), [1, 2], x, kernel)
    }

    /// Halves the resolution without losing pixels to the stride.
    fn reduce(&mut self, place: &Place, x: Value, outputs: usize) -> Value {
        let half = Kernel::dense(outputs / 2, 1, 2);
        let x = self.relu(place, x);
        let first = self.convolution(&place.of("first", "first", "conv_1"), x, half);
        let odd = x.size.map(|size| size % 2 == 1);
        let shifted = self.layer(place.path("shift"), Work::Shift { odd }, &[x], x);
        let second = self.convolution(&place.of("second", "second", "conv_2"), shifted, half);
        let joined = self.concat(place, &[first, second]);
        self.norm(&place.of("norm", "norm", "bn"), joined)
    }

    /// The one value, or all side by side.
    fn concat(&mut self, place: &Place, values: &[Value]) -> Value {
        match values {
            [one] => *one,
            _ => {
                let channels = values.iter().map(|value| value.channels).sum();
                // Whoever joins has at least one.
                let shape = Value {
                    channels,
                    ..values[0]
                };
                self.layer(place.path("concat"), Work::Concat, values, shape)
            }
        }
    }

    /// The two inputs of the first cell.
    fn stem(&mut self, image: Value, size: &Macro, darts: bool) -> [Value; 2] {
        let c = size.channels;
        if darts && size.imagenet_stem {
            let [first, second, third] =
                [("stem0", "stem0"), ("stem1", "stem0"), ("stem2", "stem1")]
                    .map(|(ours, theirs)| Place::new(ours, ours, theirs));
            let x = self.conv_norm(&first, [0, 1], image, Kernel::dense(c / 2, 3, 2));
            let x = self.relu(&second, x);
            let x = self.conv_norm(&second, [3, 4], x, Kernel::dense(c, 3, 2));
            let y = self.relu(&third, x);
            let y = self.conv_norm(&third, [1, 2], y, Kernel::dense(c, 3, 2));
            return [x, y];
        }
        let channels = if darts { 3 * c } else { c };
        let place = Place::new("stem", "stem", "stem");
        let x = self.conv_norm(&place, [0, 1], image, Kernel::dense(channels, 3, 1));
        [x, x]
    }

    fn darts_cell(
        &mut self,
        place: &Place,
        genotype: &Genotype,
        cell: &CellSpec,
        [before, last]: [Value; 2],
    ) -> Value {
        let [first, second] = ["preprocess0", "preprocess1"].map(|name| place.of(name, name, name));
        let pointwise = Kernel::dense(cell.channels, 1, 1);
        let first = match cell.reduction_prev {
            true => self.reduce(&first, before, cell.channels),
            false => self.relu_conv_norm(&first, before, pointwise),
        };
        let second = self.relu_conv_norm(&second, last, pointwise);
        let mut states = vec![first, second];
        let wiring = genotype.cell_of(cell.kind);
        for (node, inputs) in wiring.nodes.iter().enumerate() {
            let operations = inputs.iter().enumerate().map(|(input, &edge)| {
                let reduces = cell.kind == CellKind::Reduction && edge.from < 2;
                let theirs = format!("_ops.{}", 2 * node + input);
                (edge, if reduces { 2 } else { 1 }, theirs)
            });
            let y = self.node(place, node, &states, operations);
            states.push(y);
        }
        let joined: Vec<_> = wiring.concat.iter().map(|&state| states[state]).collect();
        self.concat(place, &joined)
    }

    fn nb201_cell(
        &mut self,
        place: &Place,
        genotype: &Genotype,
        cell: &CellSpec,
        x: Value,
    ) -> Value {
        let mut states = vec![x];
        let mut edges = 0;
        for (node, inputs) in genotype.cell_of(cell.kind).nodes.iter().enumerate() {
            let first = edges;
            edges += inputs.len();
            let operations = inputs
                .iter()
                .zip(first..)
                .map(|(&edge, number)| (edge, 1, format!("layers.{number}")));
            let y = self.node(place, node, &states, operations);
            states.push(y);
        }
        states[states.len() - 1]
    }

    /// The sum of a node's inputs, each with its stride and the name that others give its operation.
    fn node(
        &mut self,
        place: &Place,
        node: usize,
        states: &[Value],
        inputs: impl Iterator<Item = (Input, usize, String)>,
    ) -> Value {
        // Nodes are named by their state, as everywhere; the weights by their number.
        let path = format!("node{}", states.len());
        let mut terms = Vec::new();
        for (input, (edge, stride, theirs)) in inputs.enumerate() {
            let operation = edge.operation;
            let place = place.of(
                &format!("{path}/{operation}/from{}", edge.from),
                &format!("nodes.{node}.input{input}.{operation}"),
                &theirs,
            );
            terms.extend(self.operation(&place, operation, states[edge.from], stride));
        }
        let place = place.of(&path, "", "");
        match terms[..] {
            // A NAS-Bench-201 node may have `none` on every edge.
            [] => {
                let x = states[states.len() - 1];
                self.layer(place.path("zero"), Work::Zero, &[x], x)
            }
            [one] => one,
            [first, ..] => self.layer(place.path("sum"), Work::Sum, &terms, first),
        }
    }

    /// What an operation makes of a state; nothing for `none`.
    fn operation(
        &mut self,
        place: &Place,
        operation: Operation,
        x: Value,
        stride: usize,
    ) -> Option<Value> {
        Some(match operation {
            Operation::None => return None,
            Operation::SkipConnect if stride == 1 => x,
            Operation::SkipConnect => self.reduce(place, x, x.channels),
            Operation::MaxPool3x3 => {
                let shape = x.strided(stride);
                self.layer(place.path("pool"), Work::MaxPool { stride }, &[x], shape)
            }
            Operation::AvgPool3x3 => {
                let work = Work::AveragePool {
                    kernel: 3,
                    stride,
                    padding: [1; 4],
                };
                self.layer(place.path("pool"), work, &[x], x.strided(stride))
            }
            Operation::SepConv3x3 => self.separable(place, x, 3, stride),
            Operation::SepConv5x5 => self.separable(place, x, 5, stride),
            Operation::DilConv3x3 => {
                self.depth_point(&place.of("only", "only", "op"), 1, x, [3, stride, 2])
            }
            Operation::DilConv5x5 => {
                self.depth_point(&place.of("only", "only", "op"), 1, x, [5, stride, 2])
            }
            Operation::Conv1x1 => {
                self.relu_conv_norm(place, x, Kernel::dense(x.channels, 1, stride))
            }
            Operation::Conv3x3 => {
                self.relu_conv_norm(place, x, Kernel::dense(x.channels, 3, stride))
            }
        })
    }

    fn separable(&mut self, place: &Place, x: Value, size: usize, stride: usize) -> Value {
        let [first, second] = ["first", "second"].map(|half| place.of(half, half, "op"));
        let x = self.depth_point(&first, 1, x, [size, stride, 1]);
        self.depth_point(&second, 5, x, [size, 1, 1])
    }

    /// ReLU, a depthwise convolution of `[size, stride, dilation]`, a pointwise one and its normalisation. `theirs`: the number of the
    /// first convolution in the sequence that the place is to others.
    fn depth_point(
        &mut self,
        place: &Place,
        theirs: usize,
        x: Value,
        depthwise: [usize; 3],
    ) -> Value {
        let [size, stride, dilation] = depthwise;
        let channels = x.channels;
        let part = |name: &str, number: usize| place.of(name, name, &number.to_string());
        let kernel = Kernel {
            outputs: channels,
            size,
            stride,
            dilation,
            depthwise: true,
        };
        let x = self.relu(place, x);
        let x = self.convolution(&part("depthwise", theirs), x, kernel);
        let pointwise = Kernel::dense(channels, 1, 1);
        let x = self.convolution(&part("pointwise", theirs + 1), x, pointwise);
        self.norm(&part("norm", theirs + 2), x)
    }

    /// The block that halves the resolution between the stages of a NAS-Bench-201 network.
    fn residual(&mut self, place: &Place, x: Value) -> Value {
        let channels = 2 * x.channels;
        let [first, second] = [("first", "conv_a"), ("second", "conv_b")]
            .map(|(ours, theirs)| place.of(ours, ours, theirs));
        let y = self.relu_conv_norm(&first, x, Kernel::dense(channels, 3, 2));
        let y = self.relu_conv_norm(&second, y, Kernel::dense(channels, 3, 1));
        let shortcut = place.of("shortcut", "shortcut", "downsample.1");
        let [below, right] = x.size.map(|size| size % 2);
        // An odd size is padded by a row or column that the mean leaves out.
        let work = Work::AveragePool {
            kernel: 2,
            stride: 2,
            padding: [0, 0, below, right],
        };
        let pooled = self.layer(shortcut.path("pool"), work, &[x], x.strided(2));
        let shortcut = shortcut.of("convolution", "", "");
        let short = self.convolution(&shortcut, pooled, Kernel::dense(channels, 1, 1));
        self.layer(place.path("sum"), Work::Sum, &[y, short], y)
    }
}

impl Value {
    /// Its shape behind a layer of that stride with "same" padding.
    fn strided(self, stride: usize) -> Self {
        Self {
            size: self.size.map(|size| size.div_ceil(stride)),
            ..self
        }
    }
}
