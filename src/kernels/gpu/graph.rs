//! A graph on the GPU, forward: every state and every unit in a buffer of its own, a launch or a few for each, in the order of
//! `graph_order.rs`. Twin: `cpu/graph/forward.rs`.

use super::conv_bn::Conv;
use super::graph_depthwise::Depthwise;
use super::graph_maps::{GraphStages, Part, Window};
use super::launch::{Stage, output, zeros};
use crate::kernels::graph::{Graph, GraphShape, GraphTensors, Norm, Size, Source, Value, Work};
use crate::kernels::graph_order::Order;
use crate::kernels::shape::{Branch, ConvShape};
use burn::tensor::Shape;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use std::sync::Arc;

/// Everything that was computed.
#[derive(Debug, Clone)]
pub struct GraphSaved {
    pub(super) order: Arc<Order>,
    /// Feature maps of the states `[I, C, H, W]`.
    pub(super) states: Vec<CubeTensor>,
    /// Those of the units before their normalisation.
    pub(super) units: Vec<CubeTensor>,
    /// Mean, inverse deviation, gain and shift of every unit `[lanes, C, 4]`.
    pub(super) coefficients: Vec<CubeTensor>,
}

/// What a graph reads, and how it is launched.
pub(super) struct Pass {
    pub stages: GraphStages,
    pub tensors: GraphTensors<CubeTensor>,
}

impl Pass {
    pub fn new(tensors: GraphTensors<CubeTensor>, shape: &GraphShape) -> Self {
        let mut tensors = tensors.map(into_contiguous);
        // What is not looked at may be anything; a buffer of its own may be bound beside every other.
        if shape.graph.places == 0 {
            tensors.factors = output(&tensors.x, [1]);
        }
        if !shape.running {
            tensors.statistics = output(&tensors.x, [1]);
        }
        Self {
            stages: GraphStages::new(shape),
            tensors,
        }
    }

    pub fn graph(&self) -> &Graph {
        &self.stages.shape.graph
    }

    /// A fresh feature map of all images.
    pub fn map(&self, size: Size) -> CubeTensor {
        let images = self.stages.shape.images();
        output(
            &self.tensors.x,
            [images, size.channels, size.height, size.width],
        )
    }

    /// The dense convolution of a unit: all of it, or the pointwise half of a separable one.
    pub fn convolution(&self, unit: usize) -> Option<Conv> {
        let graph = self.graph();
        let own = &graph.units[unit];
        let from = graph.source_size(unit);
        let (from, kernel, stride, relu, reduce, first_weight) = match own.work {
            Work::Dense {
                kernel,
                stride,
                relu,
                weights,
            } => (from, kernel, stride, relu, false, weights),
            Work::Reduce { weights } => (from, 1, 2, true, true, weights),
            Work::Separable { pointwise, .. } => (own.size, 1, 1, false, false, pointwise),
            Work::Copy => return None,
        };
        let shape = ConvShape {
            lanes: self.stages.shape.lanes,
            batch: self.stages.shape.batch,
            in_channels: graph.inputs(unit),
            out_channels: own.size.channels,
            height: from.height,
            width: from.width,
            kernel,
            stride,
            relu,
            reduce,
        };
        Some(Conv::at(shape, first_weight))
    }

    /// The depthwise half of a separable unit.
    pub fn depthwise(&self, unit: usize) -> Option<Depthwise> {
        let graph = self.graph();
        match graph.units[unit].work {
            Work::Separable {
                branch,
                stride,
                depthwise,
                ..
            } => Some(Depthwise {
                branch,
                stride,
                from: graph.source_size(unit),
                first_weight: depthwise,
            }),
            _ => None,
        }
    }

    /// States side by side along the channels.
    pub fn joined(&self, values: &GraphSaved, states: &[usize]) -> CubeTensor {
        if let [state] = states {
            return values.states[*state].clone();
        }
        let sizes = states.iter().map(|&state| self.graph().states[state].size);
        let channels = sizes.clone().map(|size| size.channels).sum();
        let size = self.graph().states[states[0]].size;
        let joined = self.map(Size { channels, ..size });
        let mut first = 0;
        for (&state, size) in states.iter().zip(sizes) {
            let length = size.elements();
            let from = Part {
                first: 0,
                image: length,
            };
            let to = Part {
                first,
                image: channels * size.pixels(),
            };
            let stage = self.stages.transfer(from, to, length, false);
            stage.launch(&[&values.states[state], &joined]);
            first += length;
        }
        joined
    }

    /// What the depthwise half of a unit reads: its source behind the normalisation, if it is a unit, and ReLU.
    pub fn rectified(&self, values: &GraphSaved, unit: usize) -> CubeTensor {
        let size = self.graph().source_size(unit);
        let rectified = self.map(size);
        match &self.graph().units[unit].source {
            Source::States(states) => {
                let stage = self.stages.rectify(size, false);
                stage.launch(&[&self.joined(values, states), &rectified]);
            }
            Source::Unit(first) => {
                let (z, coef) = (&values.units[*first], &values.coefficients[*first]);
                let stage = self.stages.rectify(size, true);
                stage.launch(&[z, &rectified, coef]);
            }
        }
        rectified
    }

    /// The depthwise convolution of what [`Pass::rectified`] gives.
    pub fn filtered(&self, own: &Depthwise, rectified: &CubeTensor) -> CubeTensor {
        let filtered = self.map(own.to());
        let stage = self.stages.depthwise(own);
        stage.launch(&[rectified, &self.tensors.weights, &filtered]);
        filtered
    }
}

/// See [`GraphKernels::graph_forward`](crate::kernels::GraphKernels::graph_forward).
pub(super) fn forward(
    tensors: GraphTensors<CubeTensor>,
    shape: &GraphShape,
    keep: bool,
) -> (CubeTensor, Option<GraphSaved>) {
    let keep = keep && !shape.running;
    let pass = Pass::new(tensors, shape);
    let graph = &*shape.graph;
    let x = &pass.tensors.x;
    let out = zeros(x, Shape::from([shape.output_len()]));
    // Everything is computed before it is read; until then the input stands there.
    let mut values = GraphSaved {
        order: Arc::new(Order::new(graph)),
        states: vec![x.clone(); graph.states.len()],
        units: vec![x.clone(); graph.units.len()],
        coefficients: vec![x.clone(); graph.units.len()],
    };
    let order = values.order.clone();
    // Without a backward pass a feature map goes with the last one that reads it.
    let mut reads = (!keep).then(|| Reads::of(graph));
    for stage in 0..order.stages() {
        let states = (0..graph.states.len()).filter(|&state| order.of_state[state] == stage);
        for state in states.filter(|&state| state != Graph::INPUT) {
            values.states[state] = pass.state(&values, state);
            if let Some(reads) = &mut reads {
                reads.state_done(graph, state, &mut values);
            }
        }
        for unit in (0..graph.units.len()).filter(|&unit| order.of_unit[unit] == stage) {
            values.units[unit] = pass.unit(&values, unit);
            values.coefficients[unit] = pass.coefficients(&values, unit, &out);
            if let Some(reads) = &mut reads {
                reads.unit_done(&graph.units[unit].source, &mut values);
            }
        }
    }
    let mut first = 0;
    for output in &graph.outputs {
        let image = graph.elements(output);
        let mut own = first;
        for &state in output {
            let length = graph.states[state].size.elements();
            let from = Part {
                first: 0,
                image: length,
            };
            let to = Part { first: own, image };
            let stage = pass.stages.transfer(from, to, length, false);
            stage.launch(&[&values.states[state], &out]);
            own += length;
        }
        first += shape.images() * image;
    }
    (out, keep.then_some(values))
}

/// How often every state is still read.
struct Reads(Vec<usize>);

impl Reads {
    fn of(graph: &Graph) -> Self {
        let mut reads = vec![0; graph.states.len()];
        let outputs = graph.outputs.iter().flatten();
        let units = graph.units.iter().flat_map(|unit| match &unit.source {
            Source::States(states) => states.as_slice(),
            Source::Unit(_) => &[],
        });
        let terms = graph.states.iter().flat_map(|state| &state.terms);
        let terms = terms.filter_map(|term| match &term.value {
            Value::State(from) | Value::Pool(_, from) => Some(from),
            Value::Unit(_) => None,
        });
        for &state in outputs.chain(units).chain(terms) {
            reads[state] += 1;
        }
        Self(reads)
    }

    /// Puts the input where a state was that nobody reads any more.
    fn done(&mut self, state: usize, values: &mut GraphSaved) {
        self.0[state] -= 1;
        if self.0[state] == 0 {
            values.states[state] = values.states[Graph::INPUT].clone();
        }
    }

    fn state_done(&mut self, graph: &Graph, state: usize, values: &mut GraphSaved) {
        for term in &graph.states[state].terms {
            match term.value {
                Value::Unit(unit) => values.units[unit] = values.states[Graph::INPUT].clone(),
                Value::State(from) | Value::Pool(_, from) => self.done(from, values),
            }
        }
    }

    fn unit_done(&mut self, source: &Source, values: &mut GraphSaved) {
        match source {
            Source::States(states) => states.iter().for_each(|&state| self.done(state, values)),
            Source::Unit(first) => values.units[*first] = values.states[Graph::INPUT].clone(),
        }
    }
}

impl Pass {
    /// Adds the terms of a state up.
    fn state(&self, values: &GraphSaved, state: usize) -> CubeTensor {
        let graph = self.graph();
        let own = &graph.states[state];
        let factors = &self.tensors.factors;
        if own.terms.is_empty() {
            let images = self.stages.shape.images();
            let Size {
                channels,
                height,
                width,
            } = own.size;
            return zeros(
                &self.tensors.x,
                Shape::from([images, channels, height, width]),
            );
        }
        let sum = self.map(own.size);
        for (position, term) in own.terms.iter().enumerate() {
            let adds = position > 0;
            if let Value::Unit(unit) = term.value {
                let stage = self.stages.unit(own.size, term.factor, adds);
                let coef = &values.coefficients[unit];
                stage.launch(&[&values.units[unit], coef, factors, &sum]);
            } else if let Some((window, from)) = Window::of(graph, term.value) {
                let stage = self.stages.pool(window, term.factor, adds);
                stage.launch(&[&values.states[from], factors, &sum]);
            }
        }
        sum
    }

    /// The output of a unit before its normalisation.
    fn unit(&self, values: &GraphSaved, unit: usize) -> CubeTensor {
        let own = &self.graph().units[unit];
        let source = match (self.depthwise(unit), &own.source) {
            (Some(depthwise), _) => self.filtered(&depthwise, &self.rectified(values, unit)),
            (None, Source::States(states)) => self.joined(values, states),
            // Only separable convolutions have a second half.
            (None, Source::Unit(first)) => values.units[*first].clone(),
        };
        let Some(convolution) = self.convolution(unit) else {
            return source;
        };
        let z = self.map(own.size);
        let stage = convolution.conv();
        stage.launch(&[&source, &self.tensors.weights, &z]);
        z
    }

    /// What the normalisation of a unit does; what it saw is written to `out`.
    fn coefficients(&self, values: &GraphSaved, unit: usize, out: &CubeTensor) -> CubeTensor {
        let shape = &self.stages.shape;
        let own = &self.graph().units[unit];
        let GraphTensors {
            weights,
            statistics,
            ..
        } = &self.tensors;
        let coef = output(weights, [shape.lanes, own.size.channels, 4]);
        if shape.running || own.norm == Norm::None {
            let stage = self.stages.coefficients(own);
            stage.launch(&[weights, statistics, &coef]);
        } else {
            let seen = shape.images() * self.graph().output_elements();
            let stage = self.stages.statistics(own, seen);
            stage.launch(&[&values.units[unit], weights, &coef, out]);
        }
        coef
    }
}

/// Name and complete text of every shader that a graph launches beside those of its [dense convolutions](super::conv_sources).
pub fn graph_sources() -> Vec<(&'static str, String)> {
    // Texts differ by what is pooled and normalised and by how many values are reduced; the rest are sizes that shaders read.
    sources_at(1).into_iter().chain(sources_at(128)).collect()
}

fn sources_at(side: usize) -> Vec<(&'static str, String)> {
    let size = Size {
        channels: 1,
        height: side,
        width: side,
    };
    let mut graph = Graph::new(size);
    let norm = Norm::Batch {
        affine: None,
        running: None,
    };
    let unit = graph.unit(&[Graph::INPUT], 1, Work::Copy, norm);
    let unit = graph.units[unit].clone();
    let values = [
        Value::State(Graph::INPUT),
        Value::Pool(crate::kernels::graph::Pool::Max(1), Graph::INPUT),
    ];
    let windows = values.map(|value| Window::of(&graph, value));
    let images = side * side;
    let stages = GraphStages::new(&GraphShape {
        graph: Arc::new(graph),
        lanes: 1,
        batch: images,
        groups: 1,
        running: false,
    });
    let depthwise = Depthwise {
        branch: Branch::Sep3,
        stride: 1,
        from: size,
        first_weight: 0,
    };
    let part = Part { first: 0, image: 1 };
    let mut all: Vec<Stage> = vec![
        stages.transfer(part, part, 1, false),
        stages.unit(size, None, false),
        stages.statistics(&unit, 0),
        stages.coefficients(&unit),
        stages.sums(size),
        stages.lane_sums(&unit, None, true),
        stages.gradient(&unit, None),
        stages.depthwise(&depthwise),
        stages.depthwise_input(&depthwise),
        stages.depthwise_weights(&depthwise),
    ];
    for (window, _) in windows.into_iter().flatten() {
        all.push(stages.pool(window, None, false));
        all.push(stages.pool_backward(window, None, false));
        all.push(stages.dots(window));
    }
    for unit in [false, true] {
        all.push(stages.rectify(size, unit));
        all.push(stages.open(size, unit, false));
        all.push(stages.factors(size, 0, unit));
    }
    all.into_iter()
        .map(|stage| (stage.name(), stage.source().complete()))
        .collect()
}
