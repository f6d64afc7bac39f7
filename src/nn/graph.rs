//! The bodies of derived networks and of the NAS-Bench-201 supernet, everything but their classifiers, as [`Graph`]s of the fused kernels.

use std::collections::BTreeMap;

use super::derived::{DerivedCell, DerivedNetwork, DerivedStage, Stem};
use super::layers::{BatchNorm, Convolution, FactorizedReduce, Pool, ReluConvBn, Separable};
use super::operation::{EdgeOperation, Preprocess};
use super::residual::ResidualBlock;
use super::supernet::{SuperCell, SuperStage, Supernet};
use crate::kernels::graph::{Graph, Norm, Pool as Pooling, Size, Term, Value, Work};
use crate::kernels::shape::Branch;

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
    /// The graph behind its stem, whose output is of `input`: what the classifier reads. The factor of operation k on edge e is at place
    /// `e · operations + k`. A cell must have one input and hand one node on, as in NAS-Bench-201.
    pub(super) fn graph(&self, input: Size) -> Graph {
        let mut graph = Graph::new(input);
        let mut x = vec![Graph::INPUT];
        for stage in &self.stages {
            x = match stage {
                SuperStage::Cell(cell) => cell.add(&mut graph, &x),
                SuperStage::Residual(block) => block.add(&mut graph, &x),
            };
        }
        if let Some(norm) = &self.last_norm {
            let unit = graph.unit(&x, norm.channels, Work::Copy, norm.described());
            x = vec![graph.behind(unit)];
        }
        graph.outputs.push(x);
        graph
    }
}

impl SuperCell {
    fn add(&self, graph: &mut Graph, input: &[usize]) -> Joined {
        let mut states = input.to_vec();
        // A pooling is the same on every edge that leaves a state.
        let mut pooled = BTreeMap::new();
        for node in self.inputs..self.inputs + self.nodes {
            let mut terms = Vec::new();
            for edge in self.edges.iter().filter(|edge| edge.to == node) {
                for (k, operation) in edge.operations.iter().enumerate() {
                    if let Some(mut value) = operation.value(graph, states[edge.from]) {
                        if let Value::Pool(..) = value {
                            let pooled = pooled.entry((edge.from, k));
                            value = Value::State(*pooled.or_insert_with(|| graph.only(value)));
                        }
                        let factor = Some(edge.index * edge.operations.len() + k);
                        terms.push(Term { value, factor });
                    }
                }
            }
            // No edge changes the size.
            let size = graph.states[states[0]].size;
            states.push(graph.state(size, terms));
        }
        states.split_off(self.inputs + self.nodes - 1)
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
            // Only the DARTS supernet, which is no graph, normalises its poolings.
            EdgeOperation::Pool(Pool::Max, stride, _) => Value::Pool(Pooling::Max(*stride), from),
            EdgeOperation::Pool(Pool::Average, stride, _) => {
                Value::Pool(Pooling::Average(*stride), from)
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
