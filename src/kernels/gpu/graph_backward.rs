//! A graph on the GPU, backward: the stages in reverse. Every gradient is written by the first who adds to it. Twin:
//! `cpu/graph/backward.rs`.

use super::graph::{GraphSaved, Pass};
use super::graph_depthwise::Depthwise;
use super::graph_maps::{Part, Window};
use super::launch::{output, zeros};
use crate::kernels::graph::{Graph, GraphShape, GraphTensors, Norm, Source, Term, Value};
use crate::kernels::graph_order::Reader;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;

/// The gradients on their way.
struct Backward {
    pass: Pass,
    values: GraphSaved,
    wanted: GraphTensors<bool>,
    /// The gradients of the states, where something was added to them.
    states: Vec<Option<CubeTensor>>,
    /// Units that read the gradient of a state and did not yet.
    waiting: Vec<usize>,
    /// The gradients behind the normalisation of units that a unit reads.
    units: Vec<Option<CubeTensor>>,
    /// Σ grad and Σ grad·ŷ of every unit, with the factors: `[lanes, C, 2]`.
    sums: Vec<Option<CubeTensor>>,
    /// Bound where nothing is read or written.
    unused: CubeTensor,
    weights: Option<CubeTensor>,
    factors: Option<CubeTensor>,
}

/// See [`GraphKernels::graph_backward`](crate::kernels::GraphKernels::graph_backward).
pub(super) fn run(
    tensors: GraphTensors<CubeTensor>,
    values: GraphSaved,
    grad: CubeTensor,
    shape: &GraphShape,
    wanted: GraphTensors<bool>,
) -> GraphTensors<Option<CubeTensor>> {
    let gradient_of = |tensor: &CubeTensor, wanted: bool| {
        wanted.then(|| zeros(tensor, tensor.meta.shape().clone()))
    };
    let weights = gradient_of(&tensors.weights, wanted.weights);
    let factors = gradient_of(&tensors.factors, wanted.factors);
    let graph = &*shape.graph;
    let mut waiting = vec![0; graph.states.len()];
    for reader in &values.order.readers {
        if let Some(Reader::Term(state, _)) = reader {
            waiting[*state] += 1;
        }
    }
    let pass = Pass::new(tensors, shape);
    let mut backward = Backward {
        unused: output(&pass.tensors.x, [1]),
        pass,
        wanted,
        states: vec![None; graph.states.len()],
        waiting,
        units: vec![None; graph.units.len()],
        sums: vec![None; graph.units.len()],
        weights,
        factors,
        values,
    };
    backward.outputs(&into_contiguous(grad));
    let order = backward.values.order.clone();
    for stage in (0..order.stages()).rev() {
        for (unit, &reader) in order.readers.iter().enumerate() {
            if let (true, Some(reader)) = (order.of_unit[unit] == stage, reader) {
                backward.unit(unit, reader);
            }
        }
        for (state, walks) in order.walks.iter().enumerate().rev() {
            if walks.is_some_and(|walks| walks.last == stage) {
                backward.terms(state);
            }
        }
    }
    let input = backward.states[Graph::INPUT].take();
    GraphTensors {
        x: wanted.x.then(|| {
            let x = &backward.pass.tensors.x;
            input.unwrap_or_else(|| zeros(x, x.meta.shape().clone()))
        }),
        weights: backward.weights,
        factors: backward.factors,
        statistics: None,
    }
}

impl Backward {
    /// Whether a state's gradient is needed.
    fn wants(&self, state: usize) -> bool {
        state != Graph::INPUT || self.wanted.x
    }

    /// Where the gradient of a state is added up, and whether there is something already.
    fn total(&mut self, state: usize) -> (CubeTensor, bool) {
        if let Some(total) = &self.states[state] {
            return (total.clone(), true);
        }
        let total = self.pass.map(self.pass.graph().states[state].size);
        self.states[state] = Some(total.clone());
        (total, false)
    }

    /// Adds a part of every image of a buffer to the gradient of a state.
    fn add(&mut self, state: usize, source: &CubeTensor, from: Part) {
        let length = self.pass.graph().states[state].size.elements();
        let (total, adds) = self.total(state);
        let to = Part {
            first: 0,
            image: length,
        };
        let stage = self.pass.stages.transfer(from, to, length, adds);
        stage.launch(&[source, &total]);
    }

    /// Adds the gradient of the outputs to that of their states.
    fn outputs(&mut self, grad: &CubeTensor) {
        let shape = self.pass.stages.shape.clone();
        let mut first = 0;
        for output in &shape.graph.outputs {
            let image = shape.graph.elements(output);
            let mut own = first;
            for &state in output {
                if self.wants(state) {
                    self.add(state, grad, Part { first: own, image });
                }
                own += shape.graph.states[state].size.elements();
            }
            first += shape.images() * image;
        }
    }

    /// Adds the gradient of states side by side to that of the states.
    fn share(&mut self, states: &[usize], grad: CubeTensor) {
        if let [state] = states
            && self.wants(*state)
            && self.states[*state].is_none()
        {
            self.states[*state] = Some(grad);
            return;
        }
        let shape = self.pass.stages.shape.clone();
        let image = shape.graph.elements(states);
        let mut first = 0;
        for &state in states {
            if self.wants(state) {
                self.add(state, &grad, Part { first, image });
            }
            first += shape.graph.states[state].size.elements();
        }
    }

    /// The gradient before the normalisation of a unit; none where nothing reached it.
    fn through_norm(&mut self, unit: usize, reader: Reader) -> Option<CubeTensor> {
        let (grad, place) = match reader {
            Reader::Term(state, place) => (self.states[state].clone()?, place),
            Reader::Unit(_) => (self.units[unit].take()?, None),
        };
        let own = &self.pass.graph().units[unit];
        let dz = self.pass.map(own.size);
        let sums = self.sums[unit].take();
        let stage = self.pass.stages.gradient(own, place);
        stage.launch(&[
            &self.values.units[unit],
            &grad,
            &self.values.coefficients[unit],
            sums.as_ref().unwrap_or(&self.unused),
            &self.pass.tensors.factors,
            &dz,
        ]);
        drop(grad);
        if let Reader::Term(state, _) = reader {
            self.waiting[state] -= 1;
            self.release(state);
        }
        Some(dz)
    }

    /// Lets the gradient of a state go that nobody reads any more.
    fn release(&mut self, state: usize) {
        if self.waiting[state] == 0 && state != Graph::INPUT {
            self.states[state] = None;
        }
    }

    /// Takes the gradient of a unit to its weights and to what it reads.
    fn unit(&mut self, unit: usize, reader: Reader) {
        let Some(dz) = self.through_norm(unit, reader) else {
            return;
        };
        let source = self.pass.graph().units[unit].source.clone();
        match (self.pass.depthwise(unit), source) {
            (Some(depthwise), source) => self.separable(unit, &depthwise, &source, dz),
            (None, Source::States(states)) => self.dense(unit, &states, dz),
            // Only separable convolutions have a second half.
            (None, Source::Unit(_)) => {}
        }
    }

    fn dense(&mut self, unit: usize, states: &[usize], dz: CubeTensor) {
        let Some(convolution) = self.pass.convolution(unit) else {
            self.share(states, dz);
            return;
        };
        let x = self.pass.joined(&self.values, states);
        if let Some(total) = &self.weights {
            convolution.weights_gradient(&x, &dz, total);
        }
        if states.iter().any(|&state| self.wants(state)) {
            let dx = self.pass.map(self.pass.graph().source_size(unit));
            let stage = convolution.input();
            stage.launch(&[&dz, &self.pass.tensors.weights, &x, &dx]);
            drop((x, dz));
            self.share(states, dx);
        }
    }

    fn separable(&mut self, unit: usize, own: &Depthwise, source: &Source, dz: CubeTensor) {
        // The second half of a separable unit is a convolution.
        let Some(pointwise) = self.pass.convolution(unit) else {
            return;
        };
        let rectified = self.pass.rectified(&self.values, unit);
        let dt = self.pass.map(own.to());
        let weights = &self.pass.tensors.weights;
        pointwise.input().launch(&[&dz, weights, &rectified, &dt]);
        if let Some(total) = &self.weights {
            let filtered = self.pass.filtered(own, &rectified);
            pointwise.weights_gradient(&filtered, &dz, total);
            let stage = self.pass.stages.depthwise_weights(own);
            stage.launch(&[&rectified, &dt, total]);
        }
        drop((rectified, dz));
        if let Source::States(states) = source
            && !self.wants(states[0])
        {
            return;
        }
        let dx = self.pass.map(own.from);
        let stage = self.pass.stages.depthwise_input(own);
        stage.launch(&[&dt, &self.pass.tensors.weights, &dx]);
        drop(dt);
        match source {
            Source::States(states) => {
                let (total, adds) = self.total(states[0]);
                let stage = self.pass.stages.open(own.from, false, adds);
                stage.launch(&[&self.values.states[states[0]], &total, &dx]);
            }
            Source::Unit(first) => {
                let grad = self.pass.map(own.from);
                let (z, coef) = (
                    &self.values.units[*first],
                    &self.values.coefficients[*first],
                );
                let stage = self.pass.stages.open(own.from, true, false);
                stage.launch(&[z, &grad, &dx, coef]);
                self.sums(*first, &grad, None);
                self.units[*first] = Some(grad);
            }
        }
    }

    /// Adds up what the way through the normalisation of a unit needs, and the gradients of its scale, its shift and its factor.
    fn sums(&mut self, unit: usize, grad: &CubeTensor, place: Option<usize>) {
        let own = &self.pass.graph().units[unit];
        let normalised = own.norm != Norm::None;
        let wanted = place.filter(|_| self.wanted.factors);
        if !normalised && wanted.is_none() {
            return;
        }
        let coef = &self.values.coefficients[unit];
        let planes = self.planes(own.size.channels);
        let stage = self.pass.stages.sums(own.size);
        stage.launch(&[grad, &self.values.units[unit], coef, &planes]);
        if normalised {
            let lanes = self.pass.stages.shape.lanes;
            let sums = output(grad, [lanes, own.size.channels, 2]);
            let stage = self
                .pass
                .stages
                .lane_sums(own, place, self.weights.is_some());
            stage.launch(&[
                &planes,
                &self.pass.tensors.factors,
                &sums,
                self.weights.as_ref().unwrap_or(&self.unused),
            ]);
            self.sums[unit] = Some(sums);
        }
        if let (Some(place), Some(total)) = (wanted, &self.factors) {
            let stage = self.pass.stages.factors(own.size, place, true);
            stage.launch(&[&planes, total, coef]);
        }
    }

    /// Sums of every plane.
    fn planes(&self, channels: usize) -> CubeTensor {
        let images = self.pass.stages.shape.images();
        output(&self.pass.tensors.x, [images, channels, 2])
    }

    /// The terms of a state whose gradient is complete.
    fn terms(&mut self, state: usize) {
        let Some(grad) = self.states[state].clone() else {
            return;
        };
        for term in self.pass.graph().states[state].terms.clone() {
            match term.value {
                Value::Unit(unit) => self.sums(unit, &grad, term.factor),
                Value::State(_) | Value::Pool(..) => self.pooled(term, &grad),
            }
        }
        drop(grad);
        self.release(state);
    }

    /// A term that is another state or a pooling of one.
    fn pooled(&mut self, term: Term, grad: &CubeTensor) {
        let Some((window, from)) = Window::of(self.pass.graph(), term.value) else {
            return;
        };
        let size = self.pass.graph().states[from].size;
        if let (Some(place), Some(total)) = (term.factor, &self.factors) {
            let planes = self.planes(size.channels);
            let stage = self.pass.stages.dots(window);
            stage.launch(&[grad, &self.values.states[from], &planes]);
            let stage = self.pass.stages.factors(size, place, false);
            stage.launch(&[&planes, total]);
        }
        if !self.wants(from) {
            return;
        }
        self.pool(window, from, term.factor, grad);
    }

    /// Adds the gradient of a pooling of a state, or of the state itself, to that of the state.
    fn pool(&mut self, window: Window, from: usize, place: Option<usize>, grad: &CubeTensor) {
        let (total, adds) = self.total(from);
        let stage = self.pass.stages.pool_backward(window, place, adds);
        let factors = &self.pass.tensors.factors;
        let mut buffers = vec![grad, factors, &total];
        buffers.extend(window.maximum().then_some(&self.values.states[from]));
        stage.launch(&buffers);
    }
}
