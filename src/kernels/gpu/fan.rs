//! What one fan makes of its stages: which feature maps exist and where, and the declarations that the shaders share.

use super::launch::{Constants, Info, Stage, THREADS, shared};
use super::product::{blocks, chunks, reduction_threads};
use crate::kernels::cell::{CellShape, Fan};
use crate::kernels::shape::{
    AVG_POOL, Branch, COEFFICIENTS, EPSILON, EdgesShape, FIRST_DOT, FIRST_STAGE, MAX_POOL,
    OPERATIONS, SKIP,
};
use std::sync::Arc;

/// Columns of a strip of a depthwise convolution.
const STRIP_COLUMNS: usize = 4;

/// The poolings of a fan.
pub(super) const POOLS: [usize; 2] = [MAX_POOL, AVG_POOL];

/// What a shape makes of the stages: which feature maps exist, and where.
#[derive(Debug, Clone)]
pub(super) struct FanStages {
    pub shape: EdgesShape,
    /// Whether the edges leave a node and not an input of the cell.
    pub leaves_node: bool,
    info: Info,
    shared: Arc<str>,
    pub reduce: bool,
    pub first_tiles: [usize; 2],
    pub second_tiles: [usize; 2],
    pub input_tiles: [usize; 2],
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
        let strip = if shape.out_height() >= 16 { 16 } else { 8 };
        let out = [shape.out_width(), shape.out_height()];
        let first_tiles = tiles(out, strip, shape.stride == 1);
        let second_tiles = tiles(out, strip, false);
        let input_tiles = tiles([shape.width, shape.height], strip, true);
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
            reduce: shape.stride == 2,
            first_tiles,
            second_tiles,
            input_tiles,
        };
        let identity = stages.identity();
        // Operations whose map lies in z1.
        let firsts: Vec<usize> = (1..OPERATIONS)
            .filter(|op| !(matches!(op, 4 | 5) || identity && *op == SKIP))
            .collect();
        let before = Branch::ALL.map(|branch| Branch::weights_of(branch as usize));
        let constants = Constants::default()
            .line("EPSILON", "f32", format_args!("{EPSILON:e}"))
            .size("SKIP", SKIP)
            .line("STRIDE", "i32", shape.stride)
            .size("NB", Branch::ALL.len())
            .size("N1", stages.units_per_edge())
            .size("NI", stages.items_per_edge())
            .size("N2", Branch::SEPARABLE.len())
            .size("REDUCES", stages.reduces())
            .size("OPS", OPERATIONS - 1)
            .size("FIRST_OPS", firsts.len())
            .size("POOLS", POOLS.len())
            .line("IDENTITY", "bool", identity)
            .size("OPERATIONS", OPERATIONS)
            .size("FIRST_STAGE", FIRST_STAGE)
            .size("FIRST_DOT", FIRST_DOT)
            .size("COEFFICIENTS", COEFFICIENTS)
            .size("EDGE_TAPS", Branch::weights_of(Branch::ALL.len())[0])
            .size("EDGE_MATRICES", Branch::weights_of(Branch::ALL.len())[1])
            .table("taps_before", before.map(|[taps, _]| taps))
            .table("matrices_before", before.map(|[_, matrices]| matrices))
            .table("branch_of", Branch::ALL.map(|branch| branch as usize))
            .table("first_op", firsts.iter().copied())
            .table("second_op", Branch::ALL.map(Branch::operation))
            .table("pool_op", POOLS)
            .table("slot_of", (0..OPERATIONS).map(slot))
            .text(FUNCTIONS);
        stages.shared = shared(constants);
        stages
    }

    /// Phases of x that the factorised reduce reads.
    pub fn reduces(&self) -> usize {
        2 * usize::from(self.reduce)
    }

    /// First-stage feature maps of one edge.
    pub fn units_per_edge(&self) -> usize {
        Branch::ALL.len() + usize::from(self.reduce)
    }

    /// First-stage products of one edge: the two halves of the factorised reduce count apart.
    pub fn items_per_edge(&self) -> usize {
        Branch::ALL.len() + self.reduces()
    }

    /// Normalised feature maps of the first stage.
    pub fn first_units(&self) -> usize {
        self.shape.edges * self.units_per_edge() + POOLS.len()
    }

    pub fn second_units(&self) -> usize {
        self.shape.edges * Branch::SEPARABLE.len()
    }

    /// Normalised feature maps of both stages.
    pub fn units(&self) -> usize {
        self.first_units() + self.second_units()
    }

    /// Maps of z1: the last one tells which tap of its window is the maximum.
    pub fn first_maps(&self) -> usize {
        self.first_units() + 1
    }

    /// Maps that enter the pointwise products of both stages.
    pub fn input_maps(&self) -> usize {
        self.shape.edges * Branch::ALL.len() + self.reduces() + self.second_units()
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
        Branch::ALL.len()
    }

    pub fn columns(&self) -> usize {
        self.shape.batch * self.shape.out_pixels()
    }

    /// Planes of one feature map.
    pub fn planes(&self) -> usize {
        self.shape.images() * self.shape.channels
    }

    /// A stage of independent invocations.
    pub fn stage(
        &self,
        shader: (&'static str, &'static str),
        own: Constants,
        invocations: usize,
    ) -> Stage {
        let groups = invocations.div_ceil(THREADS);
        Stage::new(shader, &self.info, &self.shared, own, THREADS, groups)
    }

    /// A stage with one workgroup for each of `items`, lane and channel.
    pub fn channel_stage(
        &self,
        shader: (&'static str, &'static str),
        own: Constants,
        items: usize,
    ) -> Stage {
        let groups = items * self.shape.lanes * self.shape.channels;
        let threads = reduction_threads(self.columns());
        Stage::new(shader, &self.info, &self.shared, own, threads, groups)
    }

    pub fn which(second: bool) -> Constants {
        Constants::default().line("SECOND", "bool", second)
    }

    /// Invocations of products of 8 channels and 8 pixels of an image.
    pub fn product_invocations(&self, products: usize) -> usize {
        let pixels = self.shape.out_pixels().div_ceil(8);
        products * blocks(self.shape.channels) * self.shape.images() * pixels
    }

    pub fn products(&self, second: bool) -> usize {
        if second {
            self.second_units()
        } else {
            self.shape.edges * self.items_per_edge()
        }
    }

    pub fn identity(&self) -> bool {
        self.shape.stride == 1
    }

    /// Declares `function`, which reads `buffer` at its binding where it has one, else the buffer that is `written`.
    pub fn skip_source(
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

    pub fn chunks(&self) -> usize {
        chunks(
            self.shape.images() * self.shape.out_pixels(),
            self.shape.weights_len(),
        )
    }
}

/// Where an operation's feature map lies: its slot among the edge's units of the stage, or among the poolings.
fn slot(operation: usize) -> usize {
    let slot = match operation {
        MAX_POOL | AVG_POOL => POOLS.iter().position(|&pool| pool == operation),
        SKIP => Some(Branch::ALL.len()),
        _ => Branch::ALL
            .iter()
            .position(|branch| branch.operation() == operation),
    };
    // `none` has no map.
    slot.unwrap_or(0)
}

/// Functions of the shape that several stages need.
const FUNCTIONS: &str = include_str!("../../../shaders/include/edges.wgsl");
