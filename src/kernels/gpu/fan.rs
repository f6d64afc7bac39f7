//! The stages of the mixed edges for one shape: their declarations and how many workgroups they take.

use super::launch::{Constants, Info, Stage, THREADS, shader, shared};
use super::product::{blocks, chunks, reduction_threads};
use crate::kernels::cell::{CellShape, Fan};
use crate::kernels::shape::{AVG_POOL, Branch, EPSILON, EdgesShape, MAX_POOL, OPERATIONS, SKIP};
use std::sync::Arc;

/// Columns of a strip of a depthwise convolution.
const STRIP_COLUMNS: usize = 4;

/// What a shape makes of the stages: which feature maps exist, and where.
#[derive(Debug, Clone)]
pub(super) struct FanStages {
    pub shape: EdgesShape,
    /// Whether the edges leave a node and not an input of the cell.
    leaves_node: bool,
    info: Info,
    shared: Arc<str>,
    branches: usize,
    separable: usize,
    pub reduce: bool,
    pools: usize,
    maximum: bool,
    operations: usize,
    first_tiles: [usize; 2],
    second_tiles: [usize; 2],
    input_tiles: [usize; 2],
}

/// Strips across `width` columns and down `height` rows; with `interleaved` of even and odd positions apart.
fn tiles([width, height]: [usize; 2], strip: usize, interleaved: bool) -> [usize; 2] {
    let count = |size: usize, step: usize| {
        if interleaved {
            2 * size.div_ceil(2).div_ceil(step)
        } else {
            size.div_ceil(step)
        }
    };
    [count(width, STRIP_COLUMNS), count(height, strip)]
}

impl FanStages {
    pub fn new(cell: &CellShape, fan: &Fan) -> Self {
        let shape = fan.shape;
        let active = |operation: &usize| shape.is_active(*operation);
        let branches: Vec<Branch> = Branch::ALL
            .into_iter()
            .filter(|branch| active(&branch.operation()))
            .collect();
        let pools: Vec<usize> = [MAX_POOL, AVG_POOL].into_iter().filter(active).collect();
        let operations: Vec<usize> = (1..OPERATIONS).filter(active).collect();
        let strip = if shape.out_height() >= 16 { 16 } else { 8 };
        let dilated = branches.iter().any(|branch| !branch.separable());
        let out = [shape.out_width(), shape.out_height()];
        let first_tiles = tiles(out, strip, shape.stride == 1 && dilated);
        let second_tiles = tiles(out, strip, false);
        let input_tiles = tiles(
            [shape.width, shape.height],
            strip,
            shape.stride == 2 || dilated,
        );
        let x_image = match fan.node {
            Some(_) => cell.nodes * cell.node_len(),
            None => cell.input_state_len(),
        };
        let count = chunks(shape.images() * shape.out_pixels(), shape.weights_len());
        let info = Info::new([
            ("edges", shape.edges),
            ("lanes", shape.lanes),
            ("batch", shape.batch),
            ("images", shape.images()),
            ("channels", shape.channels),
            ("height", shape.height),
            ("width", shape.width),
            ("in_pixels", shape.in_pixels()),
            ("out_height", shape.out_height()),
            ("out_width", shape.out_width()),
            ("out_pixels", shape.out_pixels()),
            ("strip", strip),
            ("first_tiles_x", first_tiles[0]),
            ("first_tiles_y", first_tiles[1]),
            ("second_tiles_x", second_tiles[0]),
            ("second_tiles_y", second_tiles[1]),
            ("input_tiles_x", input_tiles[0]),
            ("input_tiles_y", input_tiles[1]),
            ("chunks", count),
            ("x_first", fan.node.unwrap_or(0) * cell.node_len()),
            ("x_image", x_image),
            ("node_first", fan.first_target * cell.node_len()),
            ("node_image", cell.nodes * cell.node_len()),
            ("adds", usize::from(fan.source > 0)),
            ("mix_first", fan.first_edge),
            ("mix_edges", cell.edges()),
            ("first_weight", fan.first_weight),
        ]);
        let mut stages = Self {
            shape,
            leaves_node: fan.node.is_some(),
            info,
            shared: "".into(),
            separable: branches.iter().filter(|branch| branch.separable()).count(),
            branches: branches.len(),
            reduce: shape.stride == 2 && shape.is_active(SKIP),
            pools: pools.len(),
            maximum: shape.is_active(MAX_POOL),
            operations: operations.len(),
            first_tiles,
            second_tiles,
            input_tiles,
        };
        let identity = stages.identity();
        // Operations whose map lies in z1.
        let firsts: Vec<usize> = operations
            .iter()
            .copied()
            .filter(|op| !(matches!(op, 4 | 5) || identity && *op == SKIP))
            .collect();
        let constants = Constants::default()
            .line("EPSILON", "f32", format_args!("{EPSILON:e}"))
            .size("SKIP", SKIP)
            .line("STRIDE", "i32", shape.stride)
            .size("NB", stages.branches)
            .size("N1", stages.units_per_edge())
            .size("NI", stages.items_per_edge())
            .size("N2", stages.separable)
            .size("REDUCES", stages.reduces())
            .size("OPS", stages.operations)
            .size("FIRST_OPS", firsts.len())
            .size("POOLS", stages.pools)
            .line("HAS_MAX", "bool", stages.maximum)
            .line("HAS_AVG", "bool", shape.is_active(AVG_POOL))
            .line("IDENTITY", "bool", identity)
            .table("branch_of", branches.iter().map(|branch| *branch as usize))
            .table("first_op", firsts.iter().copied())
            .table(
                "second_op",
                branches.iter().map(|branch| branch.operation()),
            )
            .table("pool_op", pools.iter().copied())
            .table(
                "slot_of",
                (0..OPERATIONS).map(|op| stages.slot(op, &branches, &pools)),
            )
            .text(FUNCTIONS)
            .text(&format!(
                "fn is_active(op: u32) -> bool {{ return op > 0u && (({}u >> op) & 1u) == 1u; }}",
                shape.active
            ));
        stages.shared = shared(constants);
        stages
    }

    /// Where an operation's feature map lies: its slot among the edge's units of the stage, or among the poolings.
    fn slot(&self, operation: usize, branches: &[Branch], pools: &[usize]) -> usize {
        let slot = match operation {
            MAX_POOL | AVG_POOL => pools.iter().position(|&pool| pool == operation),
            SKIP => self.reduce.then_some(self.branches),
            _ => branches
                .iter()
                .position(|branch| branch.operation() == operation),
        };
        slot.unwrap_or(0)
    }

    /// Phases of x that the factorised reduce reads.
    fn reduces(&self) -> usize {
        2 * usize::from(self.reduce)
    }

    /// First-stage feature maps of one edge.
    fn units_per_edge(&self) -> usize {
        self.branches + usize::from(self.reduce)
    }

    /// First-stage products of one edge: the two halves of the factorised reduce count apart.
    fn items_per_edge(&self) -> usize {
        self.branches + self.reduces()
    }

    /// Normalised feature maps of the first stage.
    fn first_units(&self) -> usize {
        self.shape.edges * self.units_per_edge() + self.pools
    }

    pub fn second_units(&self) -> usize {
        self.shape.edges * self.separable
    }

    /// Normalised feature maps of both stages.
    pub fn units(&self) -> usize {
        self.first_units() + self.second_units()
    }

    /// Maps of z1: the last one tells which tap of its window is the maximum.
    pub fn first_maps(&self) -> usize {
        self.first_units() + usize::from(self.maximum)
    }

    /// Maps that enter the pointwise products of both stages.
    pub fn input_maps(&self) -> usize {
        self.shape.edges * self.branches + self.reduces() + self.second_units()
    }

    /// Maps of the gradients of these.
    pub fn input_gradient_maps(&self) -> usize {
        self.shape.edges * self.items_per_edge() + self.second_units()
    }

    /// Maps of the gradients of z1 and z2.
    pub fn gradient_maps(&self) -> usize {
        self.units()
    }

    /// Parts of the gradient of ReLU(x).
    pub fn input_parts(&self) -> usize {
        self.branches
    }

    fn columns(&self) -> usize {
        self.shape.batch * self.shape.out_pixels()
    }

    /// Planes of one feature map.
    fn planes(&self) -> usize {
        self.shape.images() * self.shape.channels
    }

    /// A stage of independent invocations.
    fn stage(
        &self,
        shader: (&'static str, &'static str),
        own: Constants,
        invocations: usize,
    ) -> Stage {
        let groups = invocations.div_ceil(THREADS);
        Stage::new(shader, &self.info, &self.shared, own, THREADS, groups)
    }

    /// A stage with one workgroup for each of `items`, lane and channel.
    fn channel_stage(
        &self,
        shader: (&'static str, &'static str),
        own: Constants,
        items: usize,
    ) -> Stage {
        let groups = items * self.shape.lanes * self.shape.channels;
        let threads = reduction_threads(self.columns());
        Stage::new(shader, &self.info, &self.shared, own, threads, groups)
    }

    fn which(second: bool) -> Constants {
        Constants::default().line("SECOND", "bool", second)
    }

    pub fn depthwise(&self, second: bool) -> Stage {
        let (maps, tiles) = if second {
            (self.second_units(), self.second_tiles)
        } else {
            (self.shape.edges * self.branches, self.first_tiles)
        };
        self.stage(
            shader!("depthwise"),
            Self::which(second),
            maps * self.planes() * tiles[0] * tiles[1],
        )
    }

    pub fn pool(&self) -> Stage {
        let groups = if self.pools > 0 || self.reduce {
            self.shape.out_pixels().div_ceil(4)
        } else {
            0
        };
        self.stage(
            shader!("pool"),
            Constants::default(),
            groups * self.planes(),
        )
    }

    /// Invocations of products of 8 channels and 8 pixels of an image.
    fn product_invocations(&self, products: usize) -> usize {
        let pixels = self.shape.out_pixels().div_ceil(8);
        products * blocks(self.shape.channels) * self.shape.images() * pixels
    }

    fn products(&self, second: bool) -> usize {
        if second {
            self.second_units()
        } else {
            self.shape.edges * self.items_per_edge()
        }
    }

    pub fn pointwise(&self, second: bool) -> Stage {
        let invocations = self.product_invocations(self.products(second));
        self.stage(shader!("pointwise"), Self::which(second), invocations)
    }

    pub fn stats(&self, second: bool) -> Stage {
        let own = if second {
            STATS_OF_SECOND
        } else {
            STATS_OF_FIRST
        };
        let units = if second {
            self.second_units()
        } else {
            self.first_units()
        };
        self.channel_stage(shader!("stats"), Constants::default().text(own), units)
    }

    pub fn mix(&self) -> Stage {
        let groups = self.shape.out_pixels().div_ceil(8);
        self.stage(
            shader!("mix"),
            self.skip_source("identity_at", "x", self.identity_buffer(), "out"),
            self.shape.edges * self.planes() * groups,
        )
    }

    /// Whether the mix stage reads the state that the edges leave in a buffer of its own. A node lies in the buffer that
    /// is written, and WebGPU refuses to bind that twice.
    pub fn identity_buffer(&self) -> Option<usize> {
        (self.identity() && !self.leaves_node).then_some(6)
    }

    /// The same for the gradient of the skip path.
    pub fn skip_gradient_buffer(&self) -> Option<usize> {
        (self.reduce || self.identity() && !self.leaves_node).then_some(7)
    }

    fn identity(&self) -> bool {
        self.shape.stride == 1 && self.shape.is_active(SKIP)
    }

    /// Declares `function`, which reads `buffer` at its binding where it has one, else the buffer that is `written`.
    fn skip_source(
        &self,
        function: &str,
        buffer: &str,
        binding: Option<usize>,
        written: &str,
    ) -> Constants {
        let (declaration, buffer) = match binding {
            Some(binding) => (
                format!(
                    "@group(0) @binding({binding}) var<storage, read_write> {buffer}: array<f32>;\n"
                ),
                buffer,
            ),
            None => (String::new(), written),
        };
        Constants::default().text(&format!(
            "{declaration}fn {function}(index: u32) -> f32 {{ return {buffer}[index]; }}"
        ))
    }

    pub fn mix_backward(&self) -> Stage {
        let edges = if self.operations > 0 {
            self.shape.edges
        } else {
            0
        };
        self.channel_stage(shader!("mix_backward"), Constants::default(), edges)
    }

    pub fn mix_gradient(&self) -> Stage {
        self.stage(
            shader!("mix_gradient"),
            Constants::default(),
            self.shape.mix_len(),
        )
    }

    /// `store`: whether the gradients of z1 and z2 are needed for the weights.
    pub fn pointwise_backward(&self, second: bool, store: bool) -> Stage {
        let pools = if second { 0 } else { self.pools };
        self.stage(
            shader!("pointwise_backward"),
            Self::which(second).line("STORE_DZ", "bool", store),
            self.product_invocations(self.products(second) + pools),
        )
    }

    pub fn second_backward(&self) -> Stage {
        let own = Constants::default();
        self.channel_stage(shader!("second_backward"), own, self.second_units())
    }

    pub fn branch_backward(&self) -> Stage {
        let tiles = self.input_tiles;
        self.stage(
            shader!("branch_backward"),
            Constants::default(),
            self.branches * self.planes() * tiles[0] * tiles[1],
        )
    }

    pub fn input_backward(&self) -> Stage {
        let own = self
            .skip_source("skip_at", "skip", self.skip_gradient_buffer(), "dx")
            .line("LEAVES_NODE", "bool", self.leaves_node);
        let rows = self.planes() * self.shape.height;
        self.stage(
            shader!("input_backward"),
            own,
            rows * self.shape.width.div_ceil(4),
        )
    }

    pub fn chunks(&self) -> usize {
        chunks(
            self.shape.images() * self.shape.out_pixels(),
            self.shape.weights_len(),
        )
    }

    pub fn pointwise_weights(&self) -> Stage {
        let side = blocks(self.shape.channels);
        let matrices = self.products(false) + self.products(true);
        self.stage(
            shader!("pointwise_weights"),
            Constants::default(),
            matrices * side * side * self.chunks(),
        )
    }

    pub fn depthwise_weights(&self, second: bool) -> Stage {
        let parts = if self.shape.stride == 2 && !second {
            4
        } else {
            1
        };
        let per_edge = if second {
            self.separable
        } else {
            self.branches
        };
        let kernels = self.shape.edges * per_edge;
        self.stage(
            shader!("depthwise_weights"),
            Self::which(second).size("TAP_PARTS", parts),
            kernels * parts * self.shape.channels * self.chunks(),
        )
    }

    pub fn sum_chunks(&self) -> Stage {
        let mut computed = String::new();
        for branch in Branch::ALL {
            if !self.shape.is_active(branch.operation()) {
                let stages = if branch.separable() { 2 } else { 1 };
                let branch = branch as usize;
                computed += &format!(
                    "if (w >= depthwise_offset({branch}u) \
                     && w < depthwise_offset({branch}u) + {stages}u * stage_length({branch}u)) {{ return false; }} "
                );
            }
        }
        if !self.reduce {
            computed += "if (w >= reduce_offset()) { return false; } ";
        }
        let own = Constants::default()
            .text("fn weight_count() -> u32 { return info.edges * weights_per_edge(); }")
            .text("fn first_weight() -> u32 { return info.first_weight; }")
            .text(&format!(
                "fn is_computed(index: u32) -> bool {{ let w = index % weights_per_edge(); {computed}return true; }}"
            ));
        self.stage(shader!("sum_chunks"), own, self.shape.weights_len())
    }
}

const STATS_OF_FIRST: &str = "\
fn first_unit() -> u32 { return 0u; }
fn unit_count() -> u32 { return first_units(); }";
const STATS_OF_SECOND: &str = "\
fn first_unit() -> u32 { return first_units(); }
fn unit_count() -> u32 { return info.edges * N2; }";

/// Functions of the shape that several stages need.
const FUNCTIONS: &str = include_str!("../../../shaders/include/edges.wgsl");
