//! The supernet at discrete architectures: one operation an edge, and nothing else is computed.
//!
//! Architectures that ride together differ in little: neighbors in one edge. So a state of a cell is kept as its *variants*: lanes
//! that agree up to there have one in common, and every operation runs once on all the variants that need it.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData, activation::relu};

use super::lanes::{Groups, State, pick, pick_rows};
use super::layers::Pass;
use super::operation::EdgeOperation;
use super::supernet::{MixedEdge, SuperCell, SuperStage, Supernet};
use crate::kernels::cell::{CellShape, MAX_NODES};
use crate::kernels::mixed_cell;
use crate::kernels::shape::OPERATIONS;
use crate::space::{Genotype, Operation, Space};

/// What one lane adds up in a node: pieces of work, by number.
type Terms = Vec<usize>;

impl Supernet {
    /// Logits `[lanes·batch, classes]` of genotypes, a lane each, on images `[batch, channels, height, width]`: those of
    /// [`Supernet::forward`] with a mixing weight of 1 on the genotype's operations and 0 elsewhere. Batch statistics are per lane;
    /// `pass.lanes` plays no part. There must be at least one genotype, and all must be of this supernet's space.
    pub fn forward_genotypes(
        &self,
        pass: Pass,
        images: Tensor<4>,
        genotypes: &[Genotype],
    ) -> Tensor<2> {
        let choices: Vec<_> = genotypes.iter().map(Genotype::encoding).collect();
        let [batch, ..] = images.dims();
        let one = Pass { lanes: 1, ..pass };
        let mut x = State {
            values: self.stem.forward_normalised(one, images, &self.stem_norm),
            of_lane: vec![0; choices.len()],
        };
        let mut before = x.clone();
        for stage in &self.stages {
            let y = match stage {
                SuperStage::Cell(cell) => {
                    let choices: Vec<&[Operation]> = choices
                        .iter()
                        .map(|cells| cells[cell.kind].as_slice())
                        .collect();
                    let cell = OneHotCell {
                        space: self.space,
                        cell,
                        pass,
                        batch,
                        choices,
                    };
                    cell.forward([&before, &x])
                }
                SuperStage::Residual(block) => x.map(pass, batch, |pass, x| block.forward(pass, x)),
            };
            before = std::mem::replace(&mut x, y);
        }
        if let Some(norm) = &self.last_norm {
            x = x.map(pass, batch, |pass, x| relu(norm.forward(pass, x)));
        }
        let logits = self.classifier.forward(pass, x.values);
        let [_, classes] = logits.dims();
        let logits = logits.reshape([-1, batch as i32, classes as i32, 1]);
        let lanes = x.of_lane.len();
        pick_rows(&logits, &x.of_lane).reshape([lanes * batch, classes])
    }
}

/// One cell with what every lane does in it.
struct OneHotCell<'a> {
    space: Space,
    cell: &'a SuperCell,
    pass: Pass<'a>,
    batch: usize,
    /// An operation for each of the space's edges, lane by lane.
    choices: Vec<&'a [Operation]>,
}

impl OneHotCell<'_> {
    fn forward(&self, inputs: [&State; 2]) -> State {
        let [before, last] = inputs;
        let Self { pass, batch, .. } = *self;
        let mut states = match &self.cell.preprocess {
            Some([first, second]) => vec![
                before.map(pass, batch, |pass, x| first.forward(pass, x)),
                last.map(pass, batch, |pass, x| second.forward(pass, x)),
            ],
            None => vec![last.clone()],
        };
        let inputs = states.len();
        for node in 0..self.cell.nodes {
            let state = self.node(node, &states);
            states.push(state);
        }
        if self.cell.preprocess.is_none() {
            return states.swap_remove(states.len() - 1);
        }
        self.concatenate(&states[inputs..])
    }

    /// The sum of a node's edges.
    fn node(&self, node: usize, states: &[State]) -> State {
        let mut terms: Vec<Terms> = vec![Terms::new(); self.choices.len()];
        let mut pieces: Vec<Tensor<4>> = Vec::new();
        let mut computed = 0;
        let inputs = self.cell.inputs;
        for edge in self
            .cell
            .edges
            .iter()
            .filter(|edge| edge.to == inputs + node)
        {
            let state = &states[edge.from];
            // The variants that each operation of this edge works on, and where its results will be.
            let mut work: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
            for (choices, &variant) in self.choices.iter().zip(&state.of_lane) {
                if let Some(operation) = self.operation(choices[edge.index]) {
                    work.entry(operation).or_default().insert(variant, 0);
                }
            }
            for (&operation, variants) in &mut work {
                let chosen: Vec<usize> = variants.keys().copied().collect();
                for slot in variants.values_mut() {
                    *slot = computed;
                    computed += 1;
                }
                let x = pick(&state.values, self.batch, &chosen);
                pieces.push(self.apply(edge, operation, x));
            }
            for ((choices, &variant), terms) in
                self.choices.iter().zip(&state.of_lane).zip(&mut terms)
            {
                let slot = self
                    .operation(choices[edge.index])
                    .and_then(|operation| work.get(&operation)?.get(&variant));
                terms.extend(slot);
            }
        }
        self.add_up(pieces, computed, &terms, &states[states.len() - 1])
    }

    /// Index of an operation that is computed; nothing for `none`.
    fn operation(&self, operation: Operation) -> Option<usize> {
        (operation != Operation::None)
            .then(|| self.space.operation_index(operation))
            .flatten()
    }

    /// One operation of one edge.
    fn apply(&self, edge: &MixedEdge, operation: usize, x: Tensor<4>) -> Tensor<4> {
        let [images, channels, height, width] = x.dims();
        let lanes = images / self.batch;
        let pass = Pass { lanes, ..self.pass };
        let layer = &edge.operations[operation];
        let fused = match layer {
            EdgeOperation::Pool(..) | EdgeOperation::Separable(_) => {
                pass.fused.filter(|_| self.space == Space::Darts)
            }
            // These are single layers, fused by themselves.
            _ => None,
        };
        let Some(memory) = fused else {
            let plane = x.clone();
            let y = layer.forward(pass, x);
            // `none` is never asked for.
            return y.unwrap_or_else(|| plane.zeros_like());
        };
        let shape = CellShape {
            lanes,
            batch: self.batch,
            channels,
            height,
            width,
            inputs: 1,
            nodes: 1,
            stride: edge.stride,
            active: [1 << operation; MAX_NODES + 1],
        };
        let mut mix = [0.0_f32; OPERATIONS];
        mix[operation] = 1.0;
        let mix = TensorData::new(mix.repeat(lanes), [lanes, 1, OPERATIONS]);
        let mix = Tensor::from_data(mix, &x.device().inner()).autodiff();
        mixed_cell(&[x], pass.leaves.block(edge.weights), mix, shape, memory)
    }

    /// The lanes' sums of some of the `computed` results in `pieces`; equal sums are one variant.
    fn add_up(
        &self,
        mut pieces: Vec<Tensor<4>>,
        computed: usize,
        terms: &[Terms],
        like: &State,
    ) -> State {
        let Groups { of, first } = Groups::new(terms);
        let distinct: Vec<&Terms> = first.iter().map(|&lane| &terms[lane]).collect();
        let longest = distinct.iter().map(|terms| terms.len()).max().unwrap_or(0);
        // A node of NAS-Bench-201 adds up fewer results where an edge is `none`, and zero where all are.
        if distinct.iter().any(|terms| terms.len() < longest) || longest == 0 {
            let plane = pieces.first().unwrap_or(&like.values);
            pieces.push(plane.clone().narrow(0, 0, self.batch).zeros_like());
        }
        let all = if pieces.len() == 1 {
            pieces.swap_remove(0)
        } else {
            Tensor::cat(pieces, 0)
        };
        let term = |place: usize| {
            let slots: Vec<usize> = distinct
                .iter()
                .map(|terms| terms.get(place).copied().unwrap_or(computed))
                .collect();
            pick(&all, self.batch, &slots)
        };
        let values = (1..longest).fold(term(0), |sum, place| sum + term(place));
        State {
            values,
            of_lane: of,
        }
    }

    /// Joins the nodes' channels.
    fn concatenate(&self, nodes: &[State]) -> State {
        let lanes: Vec<Terms> = (0..self.choices.len())
            .map(|lane| nodes.iter().map(|node| node.of_lane[lane]).collect())
            .collect();
        let Groups { of, first } = Groups::new(&lanes);
        let pieces = nodes.iter().map(|node| node.of_lanes(self.batch, &first));
        State {
            values: Tensor::cat(pieces.collect(), 1),
            of_lane: of,
        }
    }
}
