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
use crate::space::Operation;

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

/// What an edge does in one lane: operations, by their number in the space, with the places of their factors.
type Mixture = Vec<(usize, Option<usize>)>;

impl Supernet {
    /// The graph of a supernet behind its stem, whose output is of `input`; an output for each lane: what the classifier reads. The factor
    /// of operation k on edge e (of all cell kinds) in a lane is at place `(lane · edges + e) · operations + k`. `paths`: for every lane
    /// the one operation of every edge that is computed; none: all are.
    pub(super) fn mixed(&self, input: Size, lanes: Lanes, paths: Option<&[Vec<usize>]>) -> Graph {
        let edges = self.space.cell_kinds().len() * self.space.edges().len();
        let operations = self.space.operations().len();
        let mixture = |lane: usize, edge: usize| {
            let row = lanes.alike(lane, edge) * edges + edge;
            let candidates = self.allowed.candidates(edge);
            let chosen = |&k: &usize| paths.is_none_or(|paths| paths[lane][edge] == k);
            candidates
                .filter(chosen)
                .map(|k| (k, Some(row * operations + k)))
                .collect()
        };
        let mut graph = self.graph(input, lanes.count, mixture);
        // Those of `none`, of edges that are alike and of what is not computed are never looked at.
        graph.places = lanes.count * edges * operations;
        graph
    }

    /// Convolutions and normalisations that a pass of one lane computes behind a stem whose output is of `input`, where it is a graph.
    pub fn units(&self, input: Size) -> usize {
        let lanes = Lanes {
            count: 1,
            own: None,
        };
        self.mixed(input, lanes, None).units.len()
    }

    /// The graph of architectures behind the stem, whose output is of `input`; an output for each: what the classifier reads. `choices`:
    /// an operation for each edge of each cell kind, architecture by architecture, all different.
    pub(super) fn single_paths(&self, input: Size, choices: &[&Vec<Vec<Operation>>]) -> Graph {
        let edges = self.space.edges().len();
        self.graph(input, choices.len(), |lane, edge| {
            let chosen = choices[lane][edge / edges][edge % edges];
            let operation = self.space.operation_index(chosen);
            let operation = operation.filter(|_| chosen != Operation::None);
            operation.map(|k| (k, None)).into_iter().collect()
        })
    }

    /// The graph behind the stem with an output for each lane. `mixture`: what an edge, of all cell kinds, does in a lane.
    fn graph(&self, input: Size, count: usize, mixture: impl Fn(usize, usize) -> Mixture) -> Graph {
        let lanes = Lanes { count, own: None };
        let mut graph = Graph::new(input);
        let mut x: Vec<Joined> = vec![vec![Graph::INPUT]; count];
        let mut before = x.clone();
        for stage in &self.stages {
            let y = match stage {
                SuperStage::Cell(cell) => {
                    let of_kind = cell.kind * self.space.edges().len();
                    let mixture = |lane, edge| mixture(lane, of_kind + edge);
                    cell.add(&mut graph, lanes, [&before, &x], mixture)
                }
                SuperStage::Residual(block) => {
                    lanes.each(|lane| x[lane].clone(), |x| block.add(&mut graph, x))
                }
            };
            before = std::mem::replace(&mut x, y);
        }
        if let Some(norm) = &self.last_norm {
            let add = |x: &Joined| {
                let unit = graph.unit(x, norm.channels, Work::Copy, norm.described());
                vec![graph.behind(unit)]
            };
            x = lanes.each(|lane| x[lane].clone(), add);
        }
        graph.outputs = x;
        graph
    }
}

/// An edge of a lane: its place among the cell's edges, the state that it leaves, and what it does.
type LaneEdge = (usize, usize, Mixture);

impl SuperCell {
    /// Adds the cell of every lane behind what the two before it hand on. `mixture`: what an edge does in a lane.
    fn add(
        &self,
        graph: &mut Graph,
        lanes: Lanes,
        inputs: [&[Joined]; 2],
        mixture: impl Fn(usize, usize) -> Mixture,
    ) -> Vec<Joined> {
        let [before, last] = inputs;
        // What every lane has of every state.
        let mut states: Vec<Vec<usize>> = match &self.preprocess {
            Some([first, second]) => [(first, before), (second, last)]
                .map(|(layer, from)| {
                    lanes.each(|lane| from[lane].clone(), |from| layer.add(graph, from))
                })
                .into(),
            None => vec![last.iter().map(|joined| joined[0]).collect()],
        };
        let mut values = EdgeValues::default();
        for node in self.inputs..self.inputs + self.nodes {
            let entering = |lane: usize| -> Vec<LaneEdge> {
                let edges = self.edges.iter().enumerate();
                let edges = edges.filter(|(_, edge)| edge.to == node);
                let own = edges.map(|(place, edge)| {
                    (place, states[edge.from][lane], mixture(lane, edge.index))
                });
                own.collect()
            };
            let mut variants: Vec<Vec<LaneEdge>> = (0..lanes.count).map(entering).collect();
            variants.sort();
            variants.dedup();
            let readers = |place: usize, from: usize, k: usize| {
                let edges = variants.iter().flatten();
                let same = edges.filter(|other| (other.0, other.1) == (place, from));
                same.filter(|(.., mixture)| mixture.iter().any(|&(other, _)| other == k))
                    .count()
            };
            let size = graph.states[states[0][0]].size;
            let stride = self.stride;
            let add = |entering: &Vec<LaneEdge>| {
                let mut terms = Vec::new();
                for (place, from, mixture) in entering {
                    for &(k, factor) in mixture {
                        let shared = readers(*place, *from, k) > 1;
                        let edge = &self.edges[*place];
                        if let Some(value) = values.of(graph, edge, [*place, *from, k], shared) {
                            terms.push(Term { value, factor });
                        }
                    }
                }
                // A node of NAS-Bench-201 may have `none` on every edge: it is zero.
                let size = match terms.first() {
                    Some(term) => graph.size_of(term.value),
                    None => size.strided(stride),
                };
                graph.state(size, terms)
            };
            states.push(lanes.each(entering, add));
        }
        let outputs = match self.preprocess {
            Some(_) => &states[self.inputs..],
            None => &states[states.len() - 1..],
        };
        (0..lanes.count)
            .map(|lane| outputs.iter().map(|state| state[lane]).collect())
            .collect()
    }
}

/// What operations of edges make of the states that they leave, each once; nothing for `none`.
#[derive(Default)]
struct EdgeValues {
    /// Of a pooling, by the state and the operation: it is the same on every edge.
    pooled: BTreeMap<[usize; 2], usize>,
    /// By the edge, the state and the operation.
    known: BTreeMap<[usize; 3], Option<Value>>,
}

impl EdgeValues {
    /// The value of an operation of an edge behind a state, as `[place of the edge, state, operation]`; `shared`: several nodes read it.
    fn of(
        &mut self,
        graph: &mut Graph,
        edge: &MixedEdge,
        key: [usize; 3],
        shared: bool,
    ) -> Option<Value> {
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let [_, from, k] = key;
        let operation = &edge.operations[k];
        let value = match operation {
            EdgeOperation::Pool(..) => match self.pooled.get(&[from, k]) {
                Some(&pooled) => Some(Value::State(pooled)),
                None => operation.value(graph, from).map(|value| {
                    let pooled = graph.only(value);
                    self.pooled.insert([from, k], pooled);
                    Value::State(pooled)
                }),
            },
            // A unit is read once.
            _ => operation.value(graph, from).map(|value| match value {
                Value::Unit(unit) if shared => Value::State(graph.behind(unit)),
                value => value,
            }),
        };
        self.known.insert(key, value);
        value
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
