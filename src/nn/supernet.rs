//! The supernet: every candidate operation on every edge, mixed by weights that differ from lane to lane.

use burn::tensor::{Device, Int, Tensor, TensorData, activation::relu};

use super::layers::{BatchNorm, Classifier, Convolution, Pass};
use super::operation::{EdgeOperation, Norm, Preprocess};
use super::parameters::{Block, Layout};
use super::residual::ResidualBlock;
use crate::kernels::mixed_edges;
use crate::kernels::shape::{ALL_ACTIVE, EdgesShape};
use crate::space::{CellKind, CellSpec, Macro, MacroError, Operation, Space, Stage, macro_stages};

/// A supernet of either space (`method.md` §4.2, §4.3, §5). It holds no weights, only their places: see [`Layout`].
#[derive(Clone, Debug)]
pub struct Supernet {
    pub(super) space: Space,
    pub(super) layout: Layout,
    pub(super) stem: Convolution,
    pub(super) stem_norm: BatchNorm,
    pub(super) stages: Vec<SuperStage>,
    pub(super) last_norm: Option<BatchNorm>,
    pub(super) classifier: Classifier,
}

#[derive(Clone, Debug)]
pub(super) enum SuperStage {
    Cell(Box<SuperCell>),
    Residual(Box<ResidualBlock>),
}

/// One cell; its edges are grouped by the state they leave, since those share their input.
#[derive(Clone, Debug)]
pub(super) struct SuperCell {
    /// Index among the space's cell kinds: which mixing weights it follows.
    pub(super) kind: usize,
    /// Pre-processing of the two inputs (DARTS only).
    pub(super) preprocess: Option<[Preprocess; 2]>,
    pub(super) fans: Vec<Fan>,
    inputs: usize,
    pub(super) nodes: usize,
}

/// All mixed edges that leave one state.
#[derive(Clone, Debug)]
pub(super) struct Fan {
    pub(super) stride: usize,
    /// The weights of all its edges, for the fused kernels.
    pub(super) weights: Block,
    pub(super) edges: Vec<MixedEdge>,
}

#[derive(Clone, Debug)]
pub(super) struct MixedEdge {
    /// Index among the space's edges.
    pub(super) index: usize,
    /// The node it enters, counted from the first intermediate node.
    pub(super) node: usize,
    /// In the space's operation order.
    pub(super) operations: Vec<EdgeOperation>,
}

/// The order in which an edge's weights lie in memory; the fused kernels read them so.
const STORAGE_ORDER: [Operation; 8] = [
    Operation::SepConv3x3,
    Operation::SepConv5x5,
    Operation::DilConv3x3,
    Operation::DilConv5x5,
    Operation::SkipConnect,
    Operation::Conv1x1,
    Operation::Conv3x3,
    Operation::None,
];

impl Supernet {
    /// Plans the supernet of a space. `packed`: for the fused kernels (they need it) or for stock operations.
    pub fn new(space: Space, size: &Macro, packed: bool) -> Result<Self, MacroError> {
        let mut layout = Layout::new(packed);
        let stages = macro_stages(space, size)?;
        let stem_channels = match space {
            Space::Darts => 3 * size.channels,
            _ => size.channels,
        };
        let stem = Convolution::dense(
            &mut layout,
            "stem",
            [size.image_channels, stem_channels],
            3,
            1,
        );
        let stem_norm = BatchNorm::affine(&mut layout, "stem.norm", stem_channels);
        let mut features = stem_channels;
        let built = stages
            .iter()
            .enumerate()
            .map(|(index, stage)| {
                let name = format!("stage{index}");
                match stage {
                    Stage::Cell(cell) => {
                        let outputs = if space == Space::Darts {
                            space.nodes()
                        } else {
                            1
                        };
                        features = outputs * cell.channels;
                        SuperStage::Cell(Box::new(SuperCell::new(&mut layout, &name, space, cell)))
                    }
                    Stage::Residual { channels, .. } => {
                        features = 2 * channels;
                        SuperStage::Residual(Box::new(ResidualBlock::new(
                            &mut layout,
                            &name,
                            *channels,
                            Norm::Plain,
                        )))
                    }
                }
            })
            .collect();
        let last_norm = match space {
            Space::Darts => None,
            _ => Some(BatchNorm::affine(&mut layout, "last.norm", features)),
        };
        let classifier = Classifier::new(&mut layout, "classifier", features, size.classes);
        Ok(Self {
            space,
            layout,
            stem,
            stem_norm,
            stages: built,
            last_norm,
            classifier,
        })
    }

    /// The search space.
    pub fn space(&self) -> Space {
        self.space
    }

    /// The places of its weights.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Logits `[lanes·batch, classes]` of images `[batch, channels, height, width]`, which all lanes share. `mix` holds for each
    /// cell kind the weights `[lanes, edges, operations]`. Batch statistics are per lane.
    pub fn forward(&self, pass: Pass, images: Tensor<4>, mix: &[Tensor<3>]) -> Tensor<2> {
        let one = Pass { lanes: 1, ..pass };
        let stem = self.stem.forward_normalised(one, images, &self.stem_norm);
        // Up to here the lanes agree, so the stem runs once.
        let stem = stem.repeat_dim(0, pass.lanes);
        let mut before = stem.clone();
        let mut x = stem;
        let mix: Vec<Mix> = mix
            .iter()
            .map(|mix| Mix::new(self.space, mix, pass.fused.is_some()))
            .collect();
        for stage in &self.stages {
            match stage {
                SuperStage::Cell(cell) => {
                    let y = cell.forward(pass, [before, x.clone()], &mix[cell.kind]);
                    before = x;
                    x = y;
                }
                SuperStage::Residual(block) => {
                    x = block.forward(pass, x);
                    before = x.clone();
                }
            }
        }
        if let Some(norm) = &self.last_norm {
            x = relu(norm.forward(pass, x));
        }
        self.classifier.forward(pass, x)
    }
}

/// The mixing weights of one cell kind: `[lanes, edges, operations]`, and cut up by the state that the edges leave.
struct Mix {
    all: Tensor<3>,
    by_source: Vec<Tensor<3>>,
}

impl Mix {
    fn new(space: Space, mix: &Tensor<3>, fused: bool) -> Self {
        let mut by_source = Vec::new();
        if fused && space == Space::Darts {
            let edges = space.edges();
            let sources = space.inputs() + space.nodes() - 1;
            let leaving = |source| (0..edges.len()).filter(move |&e| edges[e].from == source);
            let order: Vec<i32> = (0..sources)
                .flat_map(leaving)
                .map(|edge| edge as i32)
                .collect();
            let sorted = mix.clone().select(1, indices(order, &mix.device()));
            let mut start = 0;
            for source in 0..sources {
                let count = leaving(source).count();
                by_source.push(sorted.clone().narrow(1, start, count));
                start += count;
            }
        }
        Self {
            all: mix.clone(),
            by_source,
        }
    }
}

fn indices(values: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let length = values.len();
    Tensor::from_ints(TensorData::new(values, [length]), device)
}

impl SuperCell {
    fn new(layout: &mut Layout, name: &str, space: Space, cell: &CellSpec) -> Self {
        let preprocess = (space == Space::Darts).then(|| {
            let channels = cell.channels;
            [
                Preprocess::new(
                    layout,
                    &format!("{name}.preprocess0"),
                    [cell.channels_prev_prev, channels],
                    cell.reduction_prev,
                    Norm::Plain,
                ),
                Preprocess::new(
                    layout,
                    &format!("{name}.preprocess1"),
                    [cell.channels_prev, channels],
                    false,
                    Norm::Plain,
                ),
            ]
        });
        let inputs = space.inputs();
        let sources = inputs + space.nodes() - 1;
        let fans = (0..sources)
            .map(|source| {
                let stride = if cell.kind == CellKind::Reduction && source < inputs {
                    2
                } else {
                    1
                };
                let build = |layout: &mut Layout| {
                    space
                        .edges()
                        .iter()
                        .enumerate()
                        .filter(|(_, edge)| edge.from == source)
                        .map(|(index, edge)| {
                            let name = format!("{name}.edge{index}");
                            MixedEdge {
                                index,
                                node: edge.to - inputs,
                                operations: mixed_operations(
                                    layout,
                                    &name,
                                    space,
                                    cell.channels,
                                    stride,
                                ),
                            }
                        })
                        .collect()
                };
                let (weights, edges) = layout.block(build);
                Fan {
                    stride,
                    weights,
                    edges,
                }
            })
            .collect();
        let kind = space
            .cell_kinds()
            .iter()
            .position(|&kind| kind == cell.kind)
            .unwrap_or(0);
        Self {
            kind,
            preprocess,
            fans,
            inputs,
            nodes: space.nodes(),
        }
    }

    fn forward(&self, pass: Pass, inputs: [Tensor<4>; 2], mix: &Mix) -> Tensor<4> {
        let [before, last] = inputs;
        let mut states = match &self.preprocess {
            Some([first, second]) => vec![first.forward(pass, before), second.forward(pass, last)],
            None => vec![last],
        };
        let mut sums: Vec<Option<Tensor<4>>> = vec![None; self.nodes];
        for (source, fan) in self.fans.iter().enumerate() {
            if source >= self.inputs {
                let node = source - self.inputs;
                // Every node has at least one incoming edge from an earlier state, so its sum is there.
                states.extend(sums[node].take());
            }
            for (edge, y) in fan
                .edges
                .iter()
                .zip(fan.forward(pass, &states[source], mix, source))
            {
                sums[edge.node] = Some(match sums[edge.node].take() {
                    Some(sum) => sum + y,
                    None => y,
                });
            }
        }
        states.extend(sums.into_iter().flatten());
        if self.preprocess.is_some() {
            Tensor::cat(states.split_off(self.inputs), 1)
        } else {
            states.swap_remove(states.len() - 1)
        }
    }
}

/// The candidate operations of one edge, built in storage order and returned in the space's order.
fn mixed_operations(
    layout: &mut Layout,
    name: &str,
    space: Space,
    channels: usize,
    stride: usize,
) -> Vec<EdgeOperation> {
    let order = space.operations();
    let rank = |operation: &Operation| {
        STORAGE_ORDER
            .iter()
            .position(|other| other == operation)
            .unwrap_or(STORAGE_ORDER.len())
    };
    let mut sorted: Vec<usize> = (0..order.len()).collect();
    sorted.sort_by_key(|&index| rank(&order[index]));
    let mut built: Vec<(usize, EdgeOperation)> = sorted
        .into_iter()
        .map(|index| {
            let pool_norm = space == Space::Darts;
            let operation = EdgeOperation::new(
                layout,
                name,
                order[index],
                channels,
                stride,
                Norm::Plain,
                pool_norm,
            );
            (index, operation)
        })
        .collect();
    built.sort_by_key(|&(index, _)| index);
    built.into_iter().map(|(_, operation)| operation).collect()
}

impl Fan {
    /// The output of every edge, `[lanes·batch, C, H', W']` each.
    fn forward(&self, pass: Pass, x: &Tensor<4>, mix: &Mix, source: usize) -> Vec<Tensor<4>> {
        let (Some(memory), Some(mix_of_fan)) = (pass.fused, mix.by_source.get(source)) else {
            return self
                .edges
                .iter()
                .map(|edge| edge.forward(pass, x, &mix.all))
                .collect();
        };
        let [images, channels, height, width] = x.dims();
        let shape = EdgesShape {
            lanes: pass.lanes,
            batch: images / pass.lanes,
            channels,
            height,
            width,
            edges: self.edges.len(),
            stride: self.stride,
            active: ALL_ACTIVE,
        };
        let weights = pass
            .leaves
            .block(self.weights)
            .reshape([shape.edges, shape.weights_per_edge()]);
        let y = mixed_edges(x.clone(), weights, mix_of_fan.clone(), shape, memory);
        let plane = [images, channels, shape.out_height(), shape.out_width()];
        (0..shape.edges)
            .map(|edge| y.clone().narrow(0, edge, 1).reshape(plane))
            .collect()
    }
}

impl MixedEdge {
    /// Σ over the operations of the lane's weight times the operation: `[lanes·batch, C, H', W']`.
    fn forward(&self, pass: Pass, x: &Tensor<4>, mix: &Tensor<3>) -> Tensor<4> {
        let mut sum: Option<Tensor<4>> = None;
        let lanes = pass.lanes;
        for (k, operation) in self.operations.iter().enumerate() {
            let Some(y) = operation.forward(pass, x.clone()) else {
                continue;
            };
            let [images, channels, height, width] = y.dims();
            let weight = mix
                .clone()
                .narrow(1, self.index, 1)
                .narrow(2, k, 1)
                .reshape([lanes, 1]);
            let y = y
                .reshape([lanes, images / lanes * channels * height * width])
                .mul(weight)
                .reshape([images, channels, height, width]);
            sum = Some(match sum {
                Some(sum) => sum + y,
                None => y,
            });
        }
        // Both spaces offer operations beside `none` on every edge.
        sum.unwrap_or_else(|| x.zeros_like())
    }
}
