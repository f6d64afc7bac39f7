//! The supernet: every candidate operation on every edge, mixed by weights that differ from lane to lane.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};

use super::lanes::{Groups, Lanes, State, pick_rows};
use super::layers::{BatchNorm, Classifier, Convolution, Pass};
use super::operation::{EdgeOperation, Norm, Preprocess};
use super::parameters::{Block, Layout, Packing};
use super::residual::ResidualBlock;
use crate::kernels::cell::CellShape;
use crate::kernels::graph::{Graph, GraphShape, Size};
use crate::kernels::{Memory, graph, mixed_cell};
use crate::space::{
    Allowed, CellKind, CellSpec, Macro, MacroError, Operation, Space, Stage, macro_stages,
};

/// A supernet of either space (`method.md` §4.2, §4.3, §5). It holds no weights, only their places: see [`Layout`].
#[derive(Clone, Debug)]
pub struct Supernet {
    pub(super) space: Space,
    /// What the edges have to choose from: of a mixture nothing else is computed.
    pub(super) allowed: Allowed,
    pub(super) layout: Layout,
    pub(super) stem: Convolution,
    pub(super) stem_norm: BatchNorm,
    pub(super) stages: Vec<SuperStage>,
    pub(super) last_norm: Option<BatchNorm>,
    pub(super) classifier: Classifier,
    /// The weights of everything between stem and classifier, where the fused kernels take it as one graph.
    pub(super) body: Option<Block>,
}

#[derive(Clone, Debug)]
pub(super) enum SuperStage {
    Cell(Box<SuperCell>),
    Residual(Box<ResidualBlock>),
}

/// One cell.
#[derive(Clone, Debug)]
pub(super) struct SuperCell {
    /// Index among the space's cell kinds: which mixing weights it follows.
    pub(super) kind: usize,
    /// Pre-processing of the two inputs (DARTS only).
    pub(super) preprocess: Option<[Preprocess; 2]>,
    /// The weights of all its edges, for the fused kernels.
    pub(super) weights: Block,
    /// Ordered by the state they leave, since those share their input, then by the node they enter.
    pub(super) edges: Vec<MixedEdge>,
    /// Stride of the edges that leave an input.
    pub(super) stride: usize,
    pub(super) inputs: usize,
    pub(super) nodes: usize,
}

#[derive(Clone, Debug)]
pub(super) struct MixedEdge {
    /// Index among the space's edges.
    pub(super) index: usize,
    /// The state it leaves: the inputs, then the nodes.
    pub(super) from: usize,
    /// The state it enters.
    pub(super) to: usize,
    pub(super) stride: usize,
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
    /// Plans the supernet of a space. `packing`: [`Packing::Entries`] for stock operations; for the fused kernels [`Packing::Blocks`] where
    /// cells of the DARTS space are mixed, else [`Packing::Body`].
    pub fn new(space: Space, size: &Macro, packing: Packing) -> Result<Self, MacroError> {
        let mut layout = Layout::new(packing);
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
        let (body, (built, last_norm)) = layout.body(|layout| {
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
                            SuperStage::Cell(Box::new(SuperCell::new(layout, &name, space, cell)))
                        }
                        Stage::Residual { channels, .. } => {
                            features = 2 * channels;
                            let block = ResidualBlock::new(layout, &name, *channels, Norm::Plain);
                            SuperStage::Residual(Box::new(block))
                        }
                    }
                })
                .collect();
            let last_norm = match space {
                Space::Darts => None,
                _ => Some(BatchNorm::affine(layout, "last.norm", features)),
            };
            (built, last_norm)
        });
        let classifier = Classifier::new(&mut layout, "classifier", features, size.classes);
        Ok(Self {
            space,
            allowed: Allowed::all(space),
            layout,
            stem,
            stem_norm,
            stages: built,
            last_norm,
            classifier,
            body,
        })
    }

    /// The same with fewer candidates on its edges. Mixing weights of all others must be 0; they have their places among the weights, and what
    /// [`Packing::Blocks`] packs is computed all the same.
    #[must_use]
    pub fn with_candidates(self, allowed: Allowed) -> Self {
        Self { allowed, ..self }
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
    /// cell kind the weights `[lanes, edges, operations]`; `own`, for every lane, the edges (of all cell kinds, one kind after the other)
    /// whose weights may differ from those of the other lanes, none: all may. `paths`: for every lane the one operation of every edge
    /// whose weight is not 0, none: any may have one; the kernels compute no other where they take the body as one graph. Batch statistics
    /// are per lane.
    pub fn forward(
        &self,
        pass: Pass,
        images: Tensor<4>,
        mix: &[Tensor<3>],
        own: Option<&[Vec<usize>]>,
        paths: Option<&[Vec<usize>]>,
    ) -> Tensor<2> {
        let [batch, ..] = images.dims();
        let one = Pass { lanes: 1, ..pass };
        let stem = self.stem.forward_normalised(one, images, &self.stem_norm);
        if let (Some(body), Some(_)) = (self.body, pass.fused) {
            let lanes = Lanes {
                count: pass.lanes,
                own,
            };
            let body_graph = self.mixed(size_of(&stem), lanes, paths);
            let factors = Tensor::cat(mix.to_vec(), 1).reshape([-1, 1]);
            let x = self.whole_body(stem, pass.leaves.block(body), factors, body_graph);
            return self.classifier.forward(pass, self.activated(x));
        }
        let lanes = Lanes {
            count: pass.lanes,
            // Cells of stock operations are what the sharing is tested against.
            own: own.filter(|_| pass.fused.is_some()),
        };
        // Up to here the lanes agree.
        let mut x = State {
            values: stem,
            of_lane: vec![0; lanes.count],
        };
        let mut before = x.clone();
        let mix: Vec<Mix> = mix
            .iter()
            .map(|mix| Mix::new(self.allowed, mix, pass.fused.is_some()))
            .collect();
        for stage in &self.stages {
            let y = match stage {
                SuperStage::Cell(cell) => {
                    let mix = &mix[cell.kind];
                    cell.forward(pass, batch, lanes, [&before, &x], mix)
                }
                SuperStage::Residual(block) => x.map(pass, batch, |pass, x| block.forward(pass, x)),
            };
            before = std::mem::replace(&mut x, y);
        }
        let mut x = x.of_lanes(batch, &(0..lanes.count).collect::<Vec<_>>());
        if let Some(norm) = &self.last_norm {
            x = norm.forward(pass, x);
        }
        self.classifier.forward(pass, self.activated(x))
    }

    /// Everything between stem and classifier as one operation: the outputs of a graph of the body, one after the other.
    pub(super) fn whole_body(
        &self,
        stem: Tensor<4>,
        weights: Tensor<1>,
        factors: Tensor<2>,
        body: Graph,
    ) -> Tensor<4> {
        let [batch, ..] = stem.dims();
        let output = &body.outputs[0];
        let Size { height, width, .. } = body.states[output[0]].size;
        let images = body.outputs.len() * batch;
        let size = [images, body.channels(output), height, width];
        let unused = Tensor::zeros([1], &stem.device());
        let shape = GraphShape {
            graph: Arc::new(body),
            lanes: 1,
            batch,
            groups: 1,
            running: false,
        };
        graph(stem, weights, factors, unused, shape).reshape(size)
    }
}

/// Channels, rows and columns of feature maps.
pub(super) fn size_of(maps: &Tensor<4>) -> Size {
    let [_, channels, height, width] = maps.dims();
    Size {
        channels,
        height,
        width,
    }
}

/// The mixing weights of one cell kind `[lanes, edges, operations]`, and once more in the order of the fused kernels.
struct Mix {
    allowed: Allowed,
    all: Tensor<3>,
    by_source: Option<Tensor<3>>,
}

impl Mix {
    fn new(allowed: Allowed, mix: &Tensor<3>, fused: bool) -> Self {
        let space = allowed.space();
        let by_source = (fused && space == Space::Darts).then(|| {
            let order: Vec<i32> = edges_by_source(space).map(|edge| edge as i32).collect();
            let length = order.len();
            let order = Tensor::from_ints(TensorData::new(order, [length]), &mix.device());
            mix.clone().select(1, order)
        });
        Self {
            allowed,
            all: mix.clone(),
            by_source,
        }
    }

    /// Those of some lanes, in the order of the space.
    fn of_lanes(&self, lanes: &[usize]) -> Self {
        Self {
            allowed: self.allowed,
            all: pick_rows(&self.all, lanes),
            by_source: None,
        }
    }
}

/// The space's edges in the order of the states they leave.
fn edges_by_source(space: Space) -> impl Iterator<Item = usize> {
    let edges = space.edges();
    let sources = space.inputs() + space.nodes() - 1;
    (0..sources)
        .flat_map(move |source| (0..edges.len()).filter(move |&edge| edges[edge].from == source))
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
        let stride = if cell.kind == CellKind::Reduction {
            2
        } else {
            1
        };
        let (weights, edges) = layout.block(|layout| {
            edges_by_source(space)
                .map(|index| {
                    let edge = space.edges()[index];
                    let stride = if edge.from < inputs { stride } else { 1 };
                    let name = format!("{name}.edge{index}");
                    let operations = mixed_operations(layout, &name, space, cell.channels, stride);
                    MixedEdge {
                        index,
                        from: edge.from,
                        to: edge.to,
                        stride,
                        operations,
                    }
                })
                .collect()
        });
        let kind = space
            .cell_kinds()
            .iter()
            .position(|&kind| kind == cell.kind)
            .unwrap_or(0);
        Self {
            kind,
            preprocess,
            weights,
            edges,
            stride,
            inputs,
            nodes: space.nodes(),
        }
    }

    /// What the cell makes of what the two before it hand on, once for the lanes in which all of that and the mixing weights are equal.
    fn forward(
        &self,
        pass: Pass,
        batch: usize,
        lanes: Lanes,
        inputs: [&State; 2],
        mix: &Mix,
    ) -> State {
        let [before, last] = inputs;
        let edges = self.edges.len();
        let key = |lane: usize| {
            let of_kind = self.kind * edges..(self.kind + 1) * edges;
            let alike: Vec<usize> = of_kind.map(|edge| lanes.alike(lane, edge)).collect();
            (before.of_lane[lane], last.of_lane[lane], alike)
        };
        let keys: Vec<_> = (0..lanes.count).map(key).collect();
        let Groups { of, first } = Groups::new(&keys);
        let pass = Pass {
            lanes: first.len(),
            ..pass
        };
        let values = match &self.preprocess {
            None => {
                let mix = mix.of_lanes(&first);
                let mut states = self.states(pass, vec![last.of_lanes(batch, &first)], &mix);
                states.swap_remove(self.nodes)
            }
            Some([one, two]) => {
                let inputs = [(one, before), (two, last)].map(|(layer, from)| {
                    let state = from.map(pass, batch, |pass, x| layer.forward(pass, x));
                    state.of_lanes(batch, &first)
                });
                match (pass.fused, &mix.by_source) {
                    (Some(memory), Some(mix)) => {
                        self.fused(pass, inputs, pick_rows(mix, &first), memory)
                    }
                    _ => {
                        let mix = mix.of_lanes(&first);
                        let mut states = self.states(pass, inputs.into(), &mix);
                        Tensor::cat(states.split_off(self.inputs), 1)
                    }
                }
            }
        };
        State {
            values,
            of_lane: of,
        }
    }

    /// The whole cell as one operation.
    fn fused(
        &self,
        pass: Pass,
        inputs: [Tensor<4>; 2],
        mix: Tensor<3>,
        memory: Memory,
    ) -> Tensor<4> {
        let [images, channels, height, width] = inputs[0].dims();
        let shape = CellShape {
            lanes: pass.lanes,
            batch: images / pass.lanes,
            channels,
            height,
            width,
            inputs: self.inputs,
            nodes: self.nodes,
            stride: self.stride,
        };
        mixed_cell(&inputs, pass.leaves.block(self.weights), mix, shape, memory)
    }

    /// Inputs and nodes, from stock operations.
    fn states(&self, pass: Pass, inputs: Vec<Tensor<4>>, mix: &Mix) -> Vec<Tensor<4>> {
        let mut states: Vec<Option<Tensor<4>>> = inputs.into_iter().map(Some).collect();
        states.resize(self.inputs + self.nodes, None);
        for edge in &self.edges {
            // Edges come in the order of the states they leave, and every node has an edge from an earlier state.
            let Some(x) = states[edge.from].clone() else {
                continue;
            };
            let y = edge.forward(pass, &x, self.kind, mix);
            states[edge.to] = Some(match states[edge.to].take() {
                Some(sum) => sum + y,
                None => y,
            });
        }
        states.into_iter().flatten().collect()
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

impl MixedEdge {
    /// Σ over the candidates of the lane's weight times the operation: `[lanes·batch, C, H', W']`. `kind` is that of the cell.
    fn forward(&self, pass: Pass, x: &Tensor<4>, kind: usize, mix: &Mix) -> Tensor<4> {
        let mut sum: Option<Tensor<4>> = None;
        let lanes = pass.lanes;
        let allowed = |&(k, _): &(usize, _)| mix.allowed.has(kind, self.index, k);
        for (k, operation) in self.operations.iter().enumerate().filter(allowed) {
            let Some(y) = operation.forward(pass, x.clone()) else {
                continue;
            };
            let [images, channels, height, width] = y.dims();
            let weight = mix
                .all
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
        sum.unwrap_or_else(|| self.nothing(x))
    }

    /// What an edge gives that may only be `none`.
    fn nothing(&self, x: &Tensor<4>) -> Tensor<4> {
        let [images, channels, height, width] = x.dims();
        let [height, width] = [height, width].map(|side| side.div_ceil(self.stride));
        Tensor::zeros([images, channels, height, width], &x.device())
    }
}
