//! The supernet at discrete architectures ("single paths"): one operation an edge, and nothing else is computed.

use burn::tensor::{Tensor, activation::relu};

use super::lanes::{Groups, pick_rows};
use super::layers::Pass;
use super::supernet::{SuperCell, SuperStage, Supernet, size_of};
use crate::space::{Genotype, Operation, Space};

impl Supernet {
    /// Logits `[genotypes·batch, classes]` of genotypes, one after the other, on images `[batch, channels, height, width]`: those of
    /// [`Supernet::forward`] with a mixing weight of 1 on the genotype's operations and 0 elsewhere. Batch statistics are those of each
    /// genotype; `pass.lanes` plays no part. There must be at least one genotype, and all must be of this supernet's space. Fused kernels
    /// need [`Packing::Body`](super::Packing::Body); they compute what several genotypes have in common once.
    pub fn forward_genotypes(
        &self,
        pass: Pass,
        images: Tensor<4>,
        genotypes: &[Genotype],
    ) -> Tensor<2> {
        let choices: Vec<_> = genotypes.iter().map(Genotype::encoding).collect();
        let Groups { of, first } = Groups::new(&choices);
        let choices: Vec<_> = first.iter().map(|&lane| &choices[lane]).collect();
        let [batch, ..] = images.dims();
        let one = Pass { lanes: 1, ..pass };
        let stem = self.stem.forward_normalised(one, images, &self.stem_norm);
        let features = match (self.body, pass.fused) {
            (Some(body), Some(_)) => {
                let graph = self.single_paths(size_of(&stem), &choices);
                // Nothing is mixed.
                let factors = Tensor::ones([1, 1], &stem.device());
                self.whole_body(stem, pass.leaves.block(body), factors, graph)
            }
            _ => {
                let paths = choices
                    .iter()
                    .map(|cells| self.single_path(one, &stem, cells));
                Tensor::cat(paths.collect(), 0)
            }
        };
        let lanes = first.len();
        let logits = self
            .classifier
            .forward(Pass { lanes, ..pass }, self.activated(features));
        let [_, classes] = logits.dims();
        let by_genotype = logits.reshape([lanes, batch * classes]);
        pick_rows(&by_genotype, &of).reshape([of.len() * batch, classes])
    }

    /// What the classifier reads of one architecture, from stock operations, but for the last activation.
    fn single_path(&self, pass: Pass, stem: &Tensor<4>, cells: &[Vec<Operation>]) -> Tensor<4> {
        let (mut before, mut x) = (stem.clone(), stem.clone());
        for stage in &self.stages {
            let y = match stage {
                SuperStage::Cell(cell) => {
                    cell.single_path(pass, self.space, [&before, &x], &cells[cell.kind])
                }
                SuperStage::Residual(block) => block.forward(pass, x.clone()),
            };
            before = std::mem::replace(&mut x, y);
        }
        match &self.last_norm {
            Some(norm) => norm.forward(pass, x),
            None => x,
        }
    }

    /// The activation in front of the classifier, which only NAS-Bench-201 has.
    pub(super) fn activated(&self, features: Tensor<4>) -> Tensor<4> {
        match self.last_norm {
            Some(_) => relu(features),
            None => features,
        }
    }
}

impl SuperCell {
    /// The cell with one operation for each of the space's edges.
    fn single_path(
        &self,
        pass: Pass,
        space: Space,
        inputs: [&Tensor<4>; 2],
        chosen: &[Operation],
    ) -> Tensor<4> {
        let [before, last] = inputs.map(Tensor::clone);
        let mut states = match &self.preprocess {
            Some([first, second]) => vec![first.forward(pass, before), second.forward(pass, last)],
            None => vec![last],
        };
        for node in self.inputs..self.inputs + self.nodes {
            let entering = self.edges.iter().filter(|edge| edge.to == node);
            let terms = entering.filter_map(|edge| {
                let operation = space.operation_index(chosen[edge.index])?;
                edge.operations[operation].forward(pass, states[edge.from].clone())
            });
            // A node of NAS-Bench-201 may have `none` on every edge: it is zero.
            let sum = terms.reduce(|sum, term| sum + term);
            states.push(sum.unwrap_or_else(|| states[0].zeros_like()));
        }
        match &self.preprocess {
            Some(_) => Tensor::cat(states.split_off(self.inputs), 1),
            None => states.swap_remove(self.inputs + self.nodes - 1),
        }
    }
}
