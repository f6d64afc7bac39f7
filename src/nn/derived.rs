//! The network of one genotype, trained from scratch (`method.md` §4.1–4.3, §4.6, §5).

use std::cell::RefCell;
use std::sync::Arc;

use burn::tensor::{
    Device, Tensor, TensorData, activation::relu, module::avg_pool2d, ops::AvgPoolOptions,
};

use super::layers::{BatchNorm, Classifier, Convolution, Pass, Recorded, ReluConvBn, Statistics};
use super::operation::{EdgeOperation, Norm, Preprocess};
use super::parameters::{Block, Layout, Leaves, Packing};
use super::residual::ResidualBlock;
use crate::kernels::graph::{Graph, GraphShape, Size};
use crate::kernels::{self};
use crate::space::{
    CellKind, CellSpec, Genotype, Macro, MacroError, Space, Stage, genotype_stages,
};

/// Momentum of the running statistics (PyTorch's 0.1).
pub const STATISTICS_MOMENTUM: f64 = 0.1;

/// What the names of the auxiliary head's weights and statistics begin with.
pub const AUXILIARY: &str = "auxiliary.";

/// A derived network. It holds no weights, only their places.
#[derive(Clone, Debug)]
pub struct DerivedNetwork {
    space: Space,
    layout: Layout,
    pub(super) stem: Stem,
    pub(super) stages: Vec<DerivedStage>,
    pub(super) auxiliary: Option<(usize, AuxiliaryHead)>,
    pub(super) last_norm: Option<BatchNorm>,
    classifier: Classifier,
    /// Places on paths where drop path draws masks: two a node of every cell (DARTS).
    drop_places: usize,
    /// The weights of everything but the classifiers, and how the fused kernels compute it; none: stock operations.
    fused: Option<(Block, Arc<Graph>)>,
}

#[derive(Clone, Debug)]
pub(super) enum Stem {
    Plain(Convolution, BatchNorm),
    ImageNet(Box<ImageNetStem>),
}

/// Two strided layers, then one more for the second input of the first cell: an eighth of the resolution in all.
#[derive(Clone, Debug)]
pub(super) struct ImageNetStem {
    pub(super) first: (Convolution, BatchNorm),
    pub(super) second: (Convolution, BatchNorm),
    pub(super) third: ReluConvBn,
}

#[derive(Clone, Debug)]
pub(super) enum DerivedStage {
    Cell(Box<DerivedCell>),
    Residual(Box<ResidualBlock>),
}

#[derive(Clone, Debug)]
pub(super) struct DerivedCell {
    pub(super) preprocess: Option<[Preprocess; 2]>,
    pub(super) nodes: Vec<Vec<DerivedEdge>>,
    pub(super) concat: Vec<usize>,
    pub(super) inputs: usize,
}

#[derive(Clone, Debug)]
pub(super) struct DerivedEdge {
    pub(super) from: usize,
    pub(super) operation: EdgeOperation,
    /// Place among the drop-path masks; identities are never dropped.
    pub(super) drop: Option<usize>,
}

/// The classifier on the features after two thirds of the cells that helps training (§4.6).
#[derive(Clone, Debug)]
pub(super) struct AuxiliaryHead {
    pool: [usize; 2],
    first: (Convolution, BatchNorm),
    second: (Convolution, Option<BatchNorm>),
    classifier: Classifier,
}

/// What a forward pass of a derived network returns.
pub struct Logits {
    /// `[batch, classes]`.
    pub main: Tensor<2>,
    /// The auxiliary head's, `[batch, classes]`, where it was asked for.
    pub auxiliary: Option<Tensor<2>>,
}

/// The masks of one training step: `[places, batch]`, 0 or 1 / keep probability.
pub type DropPath = Tensor<2>;

impl DerivedNetwork {
    /// Plans the network of a genotype. `fused`: for the fused kernels or for stock operations.
    pub fn new(genotype: &Genotype, size: &Macro, fused: bool) -> Result<Self, MacroError> {
        let space = genotype.space();
        let mut layout = Layout::new(Packing::of_body(fused));
        let stages = genotype_stages(genotype, size)?;
        let mut features = 0;
        let mut drop_places = 0;
        let (body, (stem, built, last_norm)) = layout.body(|layout| {
            let stem = Stem::new(layout, space, size);
            let built = stages
                .iter()
                .enumerate()
                .map(|(index, stage)| {
                    let name = format!("cells.{index}");
                    features = out_channels(genotype, stage);
                    match stage {
                        Stage::Cell(cell) => DerivedStage::Cell(Box::new(DerivedCell::new(
                            layout,
                            &name,
                            genotype,
                            cell,
                            &mut drop_places,
                        ))),
                        Stage::Residual { channels, .. } => DerivedStage::Residual(Box::new(
                            ResidualBlock::new(layout, &name, *channels, Norm::Tracked),
                        )),
                    }
                })
                .collect();
            let last_norm = match space {
                Space::Darts => None,
                _ => Some(BatchNorm::tracked(layout, "last.norm", features)),
            };
            (stem, built, last_norm)
        });
        let auxiliary = (size.auxiliary && space == Space::Darts).then(|| {
            let after = size.auxiliary_layer();
            let channels = out_channels(genotype, &stages[after]);
            (after, AuxiliaryHead::new(&mut layout, channels, size))
        });
        let classifier = Classifier::new(&mut layout, "classifier", features, size.classes);
        let mut network = Self {
            space,
            layout,
            stem,
            stages: built,
            auxiliary,
            last_norm,
            classifier,
            drop_places,
            fused: None,
        };
        if let Some(body) = body {
            let images = Size {
                channels: size.image_channels,
                height: size.height,
                width: size.width,
            };
            network.fused = Some((body, Arc::new(network.graph(images))));
        }
        Ok(network)
    }

    /// The search space.
    pub fn space(&self) -> Space {
        self.space
    }

    /// The places of its weights and running statistics.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether it has an auxiliary head.
    pub fn has_auxiliary_head(&self) -> bool {
        self.auxiliary.is_some()
    }

    /// How many masks a [`DropPath`] has.
    pub fn drop_places(&self) -> usize {
        self.drop_places
    }

    /// One training pass; returns the logits and the batch statistics `[statistics]` that it saw.
    pub fn train(
        &self,
        leaves: &Leaves,
        images: Tensor<4>,
        drop_path: Option<&DropPath>,
    ) -> (Logits, Tensor<1>) {
        let record = RefCell::new(Vec::new());
        let pass = Pass {
            leaves,
            lanes: 1,
            statistics: Statistics::Record(&record),
            fused: None,
            multiply_adds: None,
        };
        if let Some((body, graph)) = &self.fused {
            let body = leaves.block(*body);
            return self.train_fused(pass, body, graph, images, drop_path, &record);
        }
        let logits = self.forward(pass, images, drop_path, true);
        let mut recorded = record.into_inner();
        // The auxiliary head runs in the middle of the network but its weights come last.
        recorded.sort_by_key(|norm| norm.offset);
        let pieces = recorded
            .into_iter()
            .flat_map(|norm| [norm.mean, norm.variance])
            .collect();
        // A network has at least the normalisation of its stem.
        let statistics = Tensor::cat(pieces, 0);
        (logits, statistics)
    }

    /// Logits `[batch, classes]` with the running statistics of training.
    pub fn test(&self, leaves: &Leaves, statistics: &Tensor<1>, images: Tensor<4>) -> Tensor<2> {
        let pass = Pass {
            leaves,
            lanes: 1,
            statistics: Statistics::Running(statistics),
            fused: None,
            multiply_adds: None,
        };
        if let Some((body, graph)) = &self.fused {
            let body = Body::compute(leaves.block(*body), graph, images, None, Some(statistics));
            return self.classify(pass, body.main);
        }
        self.forward(pass, images, None, false).main
    }

    /// [`Self::train`] with the fused kernels; the auxiliary head records its statistics.
    fn train_fused(
        &self,
        pass: Pass,
        weights: Tensor<1>,
        graph: &Arc<Graph>,
        images: Tensor<4>,
        drop_path: Option<&DropPath>,
        record: &RefCell<Vec<Recorded>>,
    ) -> (Logits, Tensor<1>) {
        let body = Body::compute(weights, graph, images, drop_path, None);
        let logits = Logits {
            main: self.classify(pass, body.main),
            auxiliary: match (&self.auxiliary, body.auxiliary) {
                (Some((_, head)), Some(x)) => Some(head.forward(pass, x)),
                _ => None,
            },
        };
        let head = record.take();
        let head = head.into_iter().flat_map(|norm| [norm.mean, norm.variance]);
        let statistics = Tensor::cat(body.seen.into_iter().chain(head).collect(), 0);
        (logits, statistics)
    }

    /// Logits of what the body returned.
    fn classify(&self, pass: Pass, x: Tensor<4>) -> Tensor<2> {
        let x = match self.last_norm {
            Some(_) => relu(x),
            None => x,
        };
        self.classifier.forward(pass, x)
    }

    /// The pass behind [`Self::train`] and [`Self::test`].
    pub fn forward(
        &self,
        pass: Pass,
        images: Tensor<4>,
        drop_path: Option<&DropPath>,
        with_auxiliary: bool,
    ) -> Logits {
        let [mut before, mut x] = self.stem.forward(pass, images);
        let mut auxiliary = None;
        for (index, stage) in self.stages.iter().enumerate() {
            match stage {
                DerivedStage::Cell(cell) => {
                    let y = cell.forward(pass, [before, x.clone()], drop_path);
                    before = x;
                    x = y;
                }
                DerivedStage::Residual(block) => {
                    x = block.forward(pass, x);
                    before = x.clone();
                }
            }
            if let Some((after, head)) = &self.auxiliary
                && *after == index
                && with_auxiliary
            {
                auxiliary = Some(head.forward(pass, x.clone()));
            }
        }
        if let Some(norm) = &self.last_norm {
            x = relu(norm.forward(pass, x));
        }
        Logits {
            main: self.classifier.forward(pass, x),
            auxiliary,
        }
    }
}

/// What the fused kernels make of images: everything but the classifiers.
struct Body {
    /// `[batch, features, height, width]`.
    main: Tensor<4>,
    /// What the auxiliary head reads, where there is one.
    auxiliary: Option<Tensor<4>>,
    /// The batch statistics that it saw, `[statistics]`; none in a test.
    seen: Option<Tensor<1>>,
}

impl Body {
    fn compute(
        weights: Tensor<1>,
        graph: &Arc<Graph>,
        images: Tensor<4>,
        drop_path: Option<&DropPath>,
        statistics: Option<&Tensor<1>>,
    ) -> Self {
        let [batch, ..] = images.dims();
        let device = images.device();
        let shape = GraphShape {
            graph: graph.clone(),
            lanes: 1,
            batch,
            groups: if drop_path.is_some() { batch } else { 1 },
            running: statistics.is_some(),
        };
        // Without drop path nothing is scaled.
        let factors = match drop_path {
            Some(masks) => masks.clone(),
            None => Tensor::ones([graph.places.max(1), 1], &device),
        };
        let statistics = match statistics {
            Some(statistics) => statistics.clone(),
            None => Tensor::zeros([1], &device),
        };
        let all = kernels::graph(images, weights, factors, statistics, shape.clone());
        let mut first = 0;
        let mut outputs = graph.outputs.iter().map(|output| {
            let size = graph.states[output[0]].size;
            let channels = graph.channels(output);
            let length = batch * graph.elements(output);
            first += length;
            let own = all.clone().narrow(0, first - length, length);
            own.reshape([batch, channels, size.height, size.width])
        });
        // A network's graph has at least one output.
        let (main, auxiliary) = (outputs.next(), outputs.next());
        drop(outputs);
        let main = main.unwrap_or_else(|| Tensor::zeros([batch, 1, 1, 1], &device));
        Self {
            main,
            auxiliary,
            seen: (!shape.running).then(|| all.narrow(0, first, graph.statistics).inner()),
        }
    }
}

fn out_channels(genotype: &Genotype, stage: &Stage) -> usize {
    match stage {
        Stage::Cell(cell) => cell.channels * genotype.cell_of(cell.kind).concat.len(),
        Stage::Residual { channels, .. } => 2 * channels,
    }
}

/// Moves the running statistics `[statistics]` a tenth of the way to those of a batch.
pub fn update_statistics(running: Tensor<1>, batch: Tensor<1>) -> Tensor<1> {
    running.mul_scalar(1.0 - STATISTICS_MOMENTUM) + batch.mul_scalar(STATISTICS_MOMENTUM)
}

impl Stem {
    fn new(layout: &mut Layout, space: Space, size: &Macro) -> Self {
        let mut layer = |name: &str, channels: [usize; 2], stride: usize| {
            let convolution = Convolution::dense(layout, name, channels, 3, stride);
            let norm = BatchNorm::tracked(layout, &format!("{name}.norm"), channels[1]);
            (convolution, norm)
        };
        let c = size.channels;
        if space == Space::Darts && size.imagenet_stem {
            let first = layer("stem0", [size.image_channels, c / 2], 2);
            let second = layer("stem1", [c / 2, c], 2);
            let (convolution, norm) = layer("stem2", [c, c], 2);
            return Stem::ImageNet(Box::new(ImageNetStem {
                first,
                second,
                third: ReluConvBn::new(convolution, norm),
            }));
        }
        let channels = if space == Space::Darts { 3 * c } else { c };
        let (convolution, norm) = layer("stem", [size.image_channels, channels], 1);
        Stem::Plain(convolution, norm)
    }

    /// The two inputs of the first cell.
    fn forward(&self, pass: Pass, images: Tensor<4>) -> [Tensor<4>; 2] {
        let apply = |(convolution, norm): &(Convolution, BatchNorm), x| {
            norm.forward(pass, convolution.forward(pass, x))
        };
        match self {
            Stem::Plain(convolution, norm) => {
                let x = norm.forward(pass, convolution.forward(pass, images));
                [x.clone(), x]
            }
            Stem::ImageNet(stem) => {
                let x = apply(&stem.second, relu(apply(&stem.first, images)));
                let y = stem.third.forward(pass, x.clone());
                [x, y]
            }
        }
    }
}

impl DerivedCell {
    fn new(
        layout: &mut Layout,
        name: &str,
        genotype: &Genotype,
        cell: &CellSpec,
        drop_places: &mut usize,
    ) -> Self {
        let space = genotype.space();
        let darts = space == Space::Darts;
        let preprocess = darts.then(|| {
            let channels = cell.channels;
            [
                Preprocess::new(
                    layout,
                    &format!("{name}.preprocess0"),
                    [cell.channels_prev_prev, channels],
                    cell.reduction_prev,
                    Norm::Tracked,
                ),
                Preprocess::new(
                    layout,
                    &format!("{name}.preprocess1"),
                    [cell.channels_prev, channels],
                    false,
                    Norm::Tracked,
                ),
            ]
        });
        let inputs = space.inputs();
        let wiring = genotype.cell_of(cell.kind);
        let nodes = wiring
            .nodes
            .iter()
            .enumerate()
            .map(|(node, edges)| {
                edges
                    .iter()
                    .enumerate()
                    .map(|(place, input)| {
                        let reduces = cell.kind == CellKind::Reduction && input.from < inputs;
                        let operation = EdgeOperation::new(
                            layout,
                            &format!("{name}.nodes.{node}.input{place}"),
                            input.operation,
                            cell.channels,
                            if reduces { 2 } else { 1 },
                            Norm::Tracked,
                            false,
                        );
                        let droppable = darts && !matches!(operation, EdgeOperation::Identity);
                        let drop = droppable.then(|| {
                            *drop_places += 1;
                            *drop_places - 1
                        });
                        DerivedEdge {
                            from: input.from,
                            operation,
                            drop,
                        }
                    })
                    .collect()
            })
            .collect();
        Self {
            preprocess,
            nodes,
            concat: wiring.concat.clone(),
            inputs,
        }
    }

    fn forward(
        &self,
        pass: Pass,
        inputs: [Tensor<4>; 2],
        drop_path: Option<&DropPath>,
    ) -> Tensor<4> {
        let [before, last] = inputs;
        let mut states = match &self.preprocess {
            Some([first, second]) => vec![first.forward(pass, before), second.forward(pass, last)],
            None => vec![last],
        };
        for node in &self.nodes {
            let mut sum: Option<Tensor<4>> = None;
            for edge in node {
                let Some(mut y) = edge.operation.forward(pass, states[edge.from].clone()) else {
                    continue;
                };
                if let (Some(masks), Some(place)) = (drop_path, edge.drop) {
                    let images = y.dims()[0];
                    y = y * masks.clone().narrow(0, place, 1).reshape([images, 1, 1, 1]);
                }
                sum = Some(match sum {
                    Some(sum) => sum + y,
                    None => y,
                });
            }
            // A NAS-Bench-201 node may have `none` on every edge: it is zero.
            states.push(sum.unwrap_or_else(|| states[self.inputs - 1].zeros_like()));
        }
        let mut joined: Vec<_> = self.concat.iter().map(|&s| states[s].clone()).collect();
        if joined.len() == 1 {
            joined.swap_remove(0)
        } else {
            Tensor::cat(joined, 1)
        }
    }
}

impl AuxiliaryHead {
    fn new(layout: &mut Layout, channels: usize, size: &Macro) -> Self {
        let mut layer = |name: &str, channels: [usize; 2], kernel: usize| {
            Convolution::valid(layout, format!("{AUXILIARY}{name}"), channels, kernel)
        };
        let first = layer("first", [channels, 128], 1);
        let second = layer("second", [128, 768], 2);
        let first_norm = BatchNorm::tracked(layout, &format!("{AUXILIARY}first.norm"), 128);
        // The ImageNet head of the DARTS code has no normalisation here.
        let second_norm = (!size.imagenet_stem)
            .then(|| BatchNorm::tracked(layout, &format!("{AUXILIARY}second.norm"), 768));
        Self {
            pool: [5, if size.imagenet_stem { 2 } else { 3 }],
            first: (first, first_norm),
            second: (second, second_norm),
            classifier: Classifier::new(
                layout,
                &format!("{AUXILIARY}classifier"),
                768,
                size.classes,
            ),
        }
    }

    fn forward(&self, pass: Pass, x: Tensor<4>) -> Tensor<2> {
        let [kernel, stride] = self.pool;
        let pooled = avg_pool2d(
            relu(x),
            AvgPoolOptions::new([kernel; 2])
                .with_stride([stride; 2])
                .with_count_include_pad(false),
        );
        let (convolution, norm) = &self.first;
        let x = relu(norm.forward(pass, convolution.forward(pass, pooled)));
        let (convolution, norm) = &self.second;
        let x = convolution.forward(pass, x);
        let x = match norm {
            Some(norm) => norm.forward(pass, x),
            None => x,
        };
        self.classifier.forward(pass, relu(x))
    }
}

/// Draws the masks of one step: each place and image is dropped with `probability`, survivors are scaled up to keep the mean.
pub fn draw_drop_path(
    places: usize,
    batch: usize,
    probability: f64,
    rng: &mut impl rand::Rng,
    device: &Device,
) -> DropPath {
    use rand::RngExt;
    let keep = 1.0 - probability;
    let masks: Vec<f32> = (0..places * batch)
        .map(|_| {
            if rng.random::<f64>() < keep {
                (1.0 / keep) as f32
            } else {
                0.0
            }
        })
        .collect();
    Tensor::from_data(TensorData::new(masks, [places, batch]), device)
}
