//! The bodies of derived networks and of supernets, everything but their classifiers, as [`Graph`]s of the fused kernels.

use std::collections::BTreeMap;

use super::derived::{DerivedCell, DerivedNetwork, DerivedStage, Stem};
use super::lanes::Lanes;
use super::layers::{BatchNorm, Convolution, FactorizedReduce, Pool, ReluConvBn, Separable};
use super::operation::{EdgeOperation, Preprocess};
use super::residual::ResidualBlock;
use super::supernet::{MixedEdge, SuperCell, SuperStage, Supernet};
use crate::kernels::graph::{Graph, Norm, Pool as Pooling, Size, Term, Value, Work};
use crate::kernels::shape::Branch;
use crate::space::Space;

/// States side by side along the channels: what a cell hands on.
type Joined = Vec<usize>;

impl DerivedNetwork {
    /// The graph of its body on images of `input`; its outputs are what the classifier reads and, where there is an auxiliary head, what
    /// that reads.
    pub(super) fn graph(&self, input: Size) -> Graph {
        let mut graph = Graph::new(input);
        let [mut before, mut x] = self.stem.add(&mut graph);
        let mut auxiliary = None;
        for (index, stage) in self.stages.iter().enumerate() {
            match stage {
                DerivedStage::Cell(cell) => {
                    let y = cell.add(&mut graph, [&before, &x]);
                    before = std::mem::replace(&mut x, y);
                }
                DerivedStage::Residual(block) => {
                    x = block.add(&mut graph, &x);
                    before = x.clone();
                }
            }
            if self
                .auxiliary
                .as_ref()
                .is_some_and(|(after, _)| *after == index)
            {
                auxiliary = Some(x.clone());
            }
        }
        if let Some(norm) = &self.last_norm {
            let unit = graph.unit(&x, norm.channels, Work::Copy, norm.described());
            x = vec![graph.behind(unit)];
        }
        graph.outputs.push(x);
        graph.outputs.extend(auxiliary);
        graph
    }
}

impl Supernet {
    /// The graph of a supernet of NAS-Bench-201 behind its stem, whose output is of `input`; an output for each lane: what the classifier
    /// reads. The factor of operation k on edge e (of all cell kinds) in a lane is at place `(lane · edges + e) · operations + k`.
    pub(super) fn graph(&self, input: Size, lanes: Lanes) -> Graph {
        let mut graph = Graph::new(input);
        let mut x: Vec<Joined> = vec![vec![Graph::INPUT]; lanes.count];
        for stage in &self.stages {
            x = match stage {
                SuperStage::Cell(cell) => cell.add(&mut graph, self.space, lanes, &x),
                SuperStage::Residual(block) => {
                    lanes.each(|lane| x[lane].clone(), |x| block.add(&mut graph, x))
                }
            };
        }
        if let Some(norm) = &self.last_norm {
            let add = |x: &Joined| {
                let unit = graph.unit(x, norm.channels, Work::Copy, norm.described());
                vec![graph.behind(unit)]
            };
            x = lanes.each(|lane| x[lane].clone(), add);
        }
        graph.outputs = x;
        let edges = self.space.cell_kinds().len() * self.space.edges().len();
        // Those of `none` and of edges that are alike are never looked at.
        graph.places = lanes.count * edges * self.space.operations().len();
        graph
    }
}

/// An edge of a lane: its place among the cell's edges, the state that it leaves, and the first lane with the same mixing weights on it.
type LaneEdge = (usize, usize, usize);

impl SuperCell {
    /// Adds the cell of every lane behind what the cell before hands on, in NAS-Bench-201.
    fn add(&self, graph: &mut Graph, space: Space, lanes: Lanes, from: &[Joined]) -> Vec<Joined> {
        let edges = space.edges().len();
        let operations = space.operations().len();
        // What every lane has of every state.
        let mut states: Vec<Vec<usize>> = vec![from.iter().map(|joined| joined[0]).collect()];
        let mut values = EdgeValues::default();
        for node in self.inputs..self.inputs + self.nodes {
            let entering = |lane: usize| -> Vec<LaneEdge> {
                let edges = self.edges.iter().enumerate();
                let edges = edges.filter(|(_, edge)| edge.to == node);
                let own = edges.map(|(place, edge)| {
                    let row = self.kind * space.edges().len() + edge.index;
                    (place, states[edge.from][lane], lanes.alike(lane, row))
                });
                own.collect()
            };
            let mut variants: Vec<Vec<LaneEdge>> = (0..lanes.count).map(entering).collect();
            variants.sort();
            variants.dedup();
            let add = |entering: &Vec<LaneEdge>| {
                let mut terms = Vec::new();
                for &(place, from, lane) in entering {
                    let edge = &self.edges[place];
                    let same = |other: &&LaneEdge| (other.0, other.1) == (place, from);
                    let readers = variants.iter().flatten().filter(same).count();
                    let row = (lane * space.cell_kinds().len() + self.kind) * edges + edge.index;
                    for (k, value) in values.of(graph, edge, place, from, readers > 1) {
                        let factor = Some(row * operations + k);
                        terms.push(Term { value, factor });
                    }
                }
                // Both spaces offer operations beside `none` on every edge.
                let size = graph.size_of(terms[0].value);
                graph.state(size, terms)
            };
            states.push(lanes.each(entering, add));
        }
        // The last node is the output.
        let output = states.pop().unwrap_or_default();
        output.into_iter().map(|state| vec![state]).collect()
    }
}

/// What the operations of edges make of the states that they leave, each once.
#[derive(Default)]
struct EdgeValues {
    /// Of a pooling, by the state and the operation: it is the same on every edge.
    pooled: BTreeMap<(usize, usize), usize>,
    /// By the edge and the state: operations and values.
    known: BTreeMap<(usize, usize), Vec<(usize, Value)>>,
}

impl EdgeValues {
    /// Operations and values of an edge behind a state; `shared`: several nodes read them.
    fn of(
        &mut self,
        graph: &mut Graph,
        edge: &MixedEdge,
        place: usize,
        from: usize,
        shared: bool,
    ) -> Vec<(usize, Value)> {
        if let Some(known) = self.known.get(&(place, from)) {
            return known.clone();
        }
        let mut values = Vec::new();
        for (k, operation) in edge.operations.iter().enumerate() {
            let value = match operation {
                EdgeOperation::Pool(..) => match self.pooled.get(&(from, k)) {
                    Some(&pooled) => Some(Value::State(pooled)),
                    None => operation.value(graph, from).map(|value| {
                        let pooled = graph.only(value);
                        self.pooled.insert((from, k), pooled);
                        Value::State(pooled)
                    }),
                },
                // A unit is read once.
                _ => operation.value(graph, from).map(|value| match value {
                    Value::Unit(unit) if shared => Value::State(graph.behind(unit)),
                    value => value,
                }),
            };
            values.extend(value.map(|value| (k, value)));
        }
        self.known.insert((place, from), values.clone());
        values
    }
}

impl BatchNorm {
    fn described(&self) -> Norm {
        Norm::Batch {
            affine: self
                .affine
                .as_ref()
                .map(|(scale, shift)| [scale.start(), shift.start()]),
            running: self.running,
        }
    }
}

impl Convolution {
    /// A dense convolution.
    fn dense_work(&self, relu: bool) -> Work {
        Work::Dense {
            kernel: self.weight.shape()[2],
            stride: self.options.stride[0],
            relu,
            weights: self.weight.start(),
        }
    }

    /// Adds it and its normalisation behind states side by side.
    fn add(&self, graph: &mut Graph, from: &[usize], norm: &BatchNorm, relu: bool) -> usize {
        let unit = graph.unit(from, norm.channels, self.dense_work(relu), norm.described());
        graph.behind(unit)
    }
}

impl ReluConvBn {
    fn unit(&self, graph: &mut Graph, from: &[usize]) -> usize {
        let work = self.convolution.dense_work(true);
        graph.unit(from, self.norm.channels, work, self.norm.described())
    }
}

impl FactorizedReduce {
    fn unit(&self, graph: &mut Graph, from: &[usize]) -> usize {
        // The second path's weights lie behind those of the first.
        let weights = self.first.weight.start();
        let work = Work::Reduce { weights };
        graph.unit(from, self.norm.channels, work, self.norm.described())
    }
}

impl Separable {
    fn work(&self) -> Work {
        let dilated = self.depthwise.options.dilation[0] > 1;
        let branch = match (self.depthwise.weight.shape()[2], dilated) {
            (3, false) => Branch::Sep3,
            (3, true) => Branch::Dil3,
            (_, false) => Branch::Sep5,
            (_, true) => Branch::Dil5,
        };
        Work::Separable {
            branch,
            stride: self.depthwise.options.stride[0],
            depthwise: self.depthwise.weight.start(),
            pointwise: self.pointwise.weight.start(),
        }
    }
}

impl Stem {
    /// The two inputs of the first cell.
    fn add(&self, graph: &mut Graph) -> [Joined; 2] {
        match self {
            Stem::Plain(convolution, norm) => {
                let x = vec![convolution.add(graph, &[Graph::INPUT], norm, false)];
                [x.clone(), x]
            }
            Stem::ImageNet(stem) => {
                let (convolution, norm) = &stem.first;
                let x = convolution.add(graph, &[Graph::INPUT], norm, false);
                let (convolution, norm) = &stem.second;
                let x = convolution.add(graph, &[x], norm, true);
                let unit = stem.third.unit(graph, &[x]);
                [vec![x], vec![graph.behind(unit)]]
            }
        }
    }
}

impl Preprocess {
    fn add(&self, graph: &mut Graph, from: &[usize]) -> usize {
        let unit = match self {
            Preprocess::Pointwise(pointwise) => pointwise.unit(graph, from),
            Preprocess::Reduce(reduce) => reduce.unit(graph, from),
        };
        graph.behind(unit)
    }
}

impl EdgeOperation {
    /// What the operation makes of a state; nothing for `none`.
    fn value(&self, graph: &mut Graph, from: usize) -> Option<Value> {
        Some(match self {
            EdgeOperation::None => return None,
            EdgeOperation::Identity => Value::State(from),
            EdgeOperation::Reduce(reduce) => Value::Unit(reduce.unit(graph, &[from])),
            EdgeOperation::Dense(dense) => Value::Unit(dense.unit(graph, &[from])),
            EdgeOperation::Pool(pool, stride, norm) => {
                let pool = match pool {
                    Pool::Max => Pooling::Max(*stride),
                    Pool::Average => Pooling::Average(*stride),
                };
                match norm {
                    None => Value::Pool(pool, from),
                    Some(norm) => {
                        let pooled = graph.only(Value::Pool(pool, from));
                        let (channels, norm) = (norm.channels, norm.described());
                        Value::Unit(graph.unit(&[pooled], channels, Work::Copy, norm))
                    }
                }
            }
            EdgeOperation::Separable(halves) => {
                let mut unit = None;
                for half in halves {
                    let (channels, norm) = (half.norm.channels, half.norm.described());
                    unit = Some(match unit {
                        None => graph.unit(&[from], channels, half.work(), norm),
                        Some(first) => graph.second(first, channels, half.work(), norm),
                    });
                }
                Value::Unit(unit?)
            }
        })
    }
}

impl DerivedCell {
    fn add(&self, graph: &mut Graph, inputs: [&Joined; 2]) -> Joined {
        let [before, last] = inputs;
        let mut states = match &self.preprocess {
            Some([first, second]) => vec![first.add(graph, before), second.add(graph, last)],
            None => last.clone(),
        };
        for node in &self.nodes {
            let mut terms = Vec::new();
            for edge in node {
                if let Some(value) = edge.operation.value(graph, states[edge.from]) {
                    let factor = edge.drop;
                    terms.push(Term { value, factor });
                }
            }
            // A NAS-Bench-201 node may have `none` on every edge: it is zero.
            let size = match terms.first() {
                Some(term) => graph.size_of(term.value),
                None => graph.states[states[self.inputs - 1]].size,
            };
            states.push(graph.state(size, terms));
        }
        self.concat.iter().map(|&state| states[state]).collect()
    }
}

impl ResidualBlock {
    fn add(&self, graph: &mut Graph, x: &[usize]) -> Joined {
        let first = self.first.unit(graph, x);
        let hidden = graph.behind(first);
        let second = self.second.unit(graph, &[hidden]);
        // A cell of NAS-Bench-201 hands on one state.
        let pooled = graph.only(Value::Pool(Pooling::Halve, x[0]));
        let channels = self.shortcut.weight.shape()[0];
        let work = self.shortcut.dense_work(false);
        let shortcut = graph.unit(&[pooled], channels, work, Norm::None);
        let terms = [second, shortcut].map(|unit| Term {
            value: Value::Unit(unit),
            factor: None,
        });
        vec![graph.state(graph.units[second].size, terms.to_vec())]
    }
}
