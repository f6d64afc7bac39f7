//! The stages of the mixed edges for one shape: their constants and how many workgroups they take.

use super::launch::{Constants, Stage, shader, shared};
use super::product::{ColumnTiling, SquareTiling, chunks};
use crate::kernels::shape::{AVG_POOL, Branch, EPSILON, EdgesShape, MAX_POOL, OPERATIONS, SKIP};
use std::sync::Arc;

/// What a shape makes of the stages: which feature maps exist, and where.
#[derive(Debug, Clone)]
pub(super) struct Fan {
    pub shape: EdgesShape,
    constants: Arc<str>,
    branches: usize,
    separable: usize,
    reduce: bool,
    pools: usize,
    operations: usize,
    tiling: ColumnTiling,
}

impl Fan {
    pub fn new(shape: EdgesShape) -> Self {
        let active = |operation: &usize| shape.is_active(*operation);
        let branches: Vec<Branch> = Branch::ALL
            .into_iter()
            .filter(|branch| active(&branch.operation()))
            .collect();
        let pools: Vec<usize> = [MAX_POOL, AVG_POOL].into_iter().filter(active).collect();
        let operations: Vec<usize> = (1..OPERATIONS).filter(active).collect();
        let mut fan = Self {
            shape,
            constants: "".into(),
            separable: branches.iter().filter(|branch| branch.separable()).count(),
            branches: branches.len(),
            reduce: shape.stride == 2 && shape.is_active(SKIP),
            pools: pools.len(),
            operations: operations.len(),
            tiling: ColumnTiling::whole(shape.channels),
        };
        let identity = shape.stride == 1 && shape.is_active(SKIP);
        let channels = shape.channels;
        let constants = Constants::default()
            .line("EPSILON", "f32", format_args!("{EPSILON:e}"))
            .size("SKIP", SKIP)
            .size("LANES", shape.lanes)
            .size("BATCH", shape.batch)
            .size("IMAGES", shape.images())
            .size("C", channels)
            .size("H", shape.height)
            .size("W", shape.width)
            .size("P", shape.in_pixels())
            .size("HO", shape.out_height())
            .size("WO", shape.out_width())
            .size("Q", shape.out_pixels())
            .size("COLUMNS", shape.batch * shape.out_pixels())
            .size("E", shape.edges)
            .size("STRIDE", shape.stride)
            .size("S", shape.weights_per_edge())
            .size("REDUCE_OFFSET", shape.reduce_offset())
            .size("NB", fan.branches)
            .size("N1", fan.units_per_edge())
            .size("LAST_UNIT", fan.units_per_edge().saturating_sub(1))
            .size("NI", fan.items_per_edge())
            // Divisors must not be zero even where nothing is divided.
            .size("NI1", fan.items_per_edge().max(1))
            .size("N2", fan.separable)
            .size("SEPARABLE", fan.separable.max(1))
            .size("KERNELS", (fan.branches + fan.separable).max(1))
            .size("OPS", fan.operations)
            .size("OPS1", fan.operations.max(1))
            .size("POOLS", fan.pools)
            .size("POOL_UNIT", shape.edges * fan.units_per_edge())
            .size("POOL_ITEM", shape.edges * fan.items_per_edge())
            .line("HAS_REDUCE", "bool", fan.reduce)
            .line("IDENTITY", "bool", identity)
            .table("branch_of", branches.iter().map(|branch| *branch as usize))
            .table("op_of", operations.iter().copied())
            .table("pool_op", pools.iter().copied())
            .table(
                "slot_of",
                (0..OPERATIONS).map(|op| fan.slot(op, &branches, &pools)),
            )
            .table(
                "depthwise_offset",
                Branch::ALL
                    .iter()
                    .map(|branch| branch.depthwise_offset(channels)),
            )
            .text(FUNCTIONS)
            .text(&format!(
                "fn is_active(op: u32) -> bool {{ return op > 0u && (({}u >> op) & 1u) == 1u; }}",
                shape.active
            ));
        fan.constants = shared(constants);
        fan
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

    /// First-stage feature maps of one edge.
    fn units_per_edge(&self) -> usize {
        self.branches + usize::from(self.reduce)
    }

    /// First-stage products of one edge: the two halves of the factorised reduce count apart.
    fn items_per_edge(&self) -> usize {
        self.branches + 2 * usize::from(self.reduce)
    }

    pub fn first_units(&self) -> usize {
        self.shape.edges * self.units_per_edge() + self.pools
    }

    pub fn first_items(&self) -> usize {
        self.shape.edges * self.items_per_edge() + self.pools
    }

    pub fn second_units(&self) -> usize {
        self.shape.edges * self.separable
    }

    fn columns(&self) -> usize {
        self.shape.batch * self.shape.out_pixels()
    }

    /// A stage of workgroups over columns of pixels for `items` products.
    fn column_stage(
        &self,
        shader: (&'static str, &'static str),
        own: Constants,
        items: usize,
    ) -> Stage {
        let tiles = self.columns().div_ceil(self.tiling.tile);
        Stage::new(
            shader,
            &self.constants,
            own.append(self.tiling.constants(self.columns())),
            self.tiling.threads(),
            items * self.shape.lanes * tiles,
        )
    }

    /// A stage with one workgroup of 256 for each of `items`, lane and channel.
    fn channel_stage(
        &self,
        shader: (&'static str, &'static str),
        own: Constants,
        items: usize,
    ) -> Stage {
        let groups = items * self.shape.lanes * self.shape.channels;
        Stage::new(shader, &self.constants, own, [256, 1], groups)
    }

    pub fn branch(&self) -> Stage {
        self.column_stage(shader!("branch"), Constants::default(), self.first_items())
    }

    pub fn stats(&self, second: bool) -> Stage {
        let (first, units) = if second {
            (self.first_units(), self.second_units())
        } else {
            (0, self.first_units())
        };
        self.channel_stage(
            shader!("stats"),
            Constants::default().size("FIRST", first),
            units,
        )
    }

    pub fn second(&self) -> Stage {
        self.column_stage(shader!("second"), Constants::default(), self.second_units())
    }

    pub fn mix(&self) -> Stage {
        let tiles = self.columns().div_ceil(256);
        self.channel_stage(
            shader!("mix"),
            Constants::default().size("TILES", tiles),
            self.shape.edges * tiles,
        )
    }

    pub fn mix_backward(&self) -> Stage {
        let items = self.shape.edges * self.operations;
        self.channel_stage(shader!("mix_backward"), Constants::default(), items)
    }

    pub fn mix_gradient(&self) -> Stage {
        let groups = self.shape.mix_len().div_ceil(64);
        Stage::new(
            shader!("mix_gradient"),
            &self.constants,
            Constants::default(),
            [64, 1],
            groups,
        )
    }

    pub fn pointwise_backward(&self, second: bool) -> Stage {
        let items = if second {
            self.second_units()
        } else {
            self.first_items()
        };
        self.column_stage(
            shader!("pointwise_backward"),
            Constants::default().line("SECOND", "bool", second),
            items,
        )
    }

    pub fn second_backward(&self) -> Stage {
        let own = Constants::default();
        self.channel_stage(shader!("second_backward"), own, self.second_units())
    }

    pub fn input_backward(&self) -> Stage {
        let tiles = (self.shape.batch * self.shape.in_pixels()).div_ceil(256);
        self.channel_stage(
            shader!("input_backward"),
            Constants::default().size("TILES", tiles),
            tiles,
        )
    }

    pub fn chunks(&self) -> (usize, usize) {
        chunks(
            self.shape.images() * self.shape.out_pixels(),
            self.shape.weights_len(),
        )
    }

    pub fn pointwise_weights(&self) -> Stage {
        let tiling = SquareTiling::new(self.shape.channels);
        let sides = self.shape.channels.div_ceil(tiling.side);
        let (count, chunk) = self.chunks();
        let own = tiling
            .constants()
            .size("SIDES", sides)
            .size("CHUNKS", count)
            .size("CHUNK", chunk);
        let matrices = self.shape.edges * (self.items_per_edge() + self.separable);
        Stage::new(
            shader!("pointwise_weights"),
            &self.constants,
            own,
            [tiling.threads(), 1],
            matrices * count * sides * sides,
        )
    }

    pub fn depthwise_weights(&self) -> Stage {
        let (count, chunk) = self.chunks();
        let per_edge = self.branches + self.separable;
        let own = Constants::default()
            .size("CHUNKS", count)
            .size("CHUNK", chunk);
        let groups = self.shape.edges * per_edge * self.shape.channels * count;
        Stage::new(
            shader!("depthwise_weights"),
            &self.constants,
            own,
            [64, 1],
            groups,
        )
    }

    pub fn sum_chunks(&self) -> Stage {
        let length = self.shape.weights_per_edge();
        let channels = self.shape.channels;
        let mut computed = String::new();
        for branch in Branch::ALL {
            if !self.shape.is_active(branch.operation()) {
                let start = branch.depthwise_offset(channels);
                let stages = if branch.separable() { 2 } else { 1 };
                let stage = branch.depthwise_len(channels) + channels * channels;
                let end = start + stages * stage;
                computed += &format!("if (w >= {start}u && w < {end}u) {{ return false; }} ");
            }
        }
        if !self.reduce {
            computed += &format!(
                "if (w >= {}u) {{ return false; }} ",
                self.shape.reduce_offset()
            );
        }
        let own = Constants::default()
            .size("CHUNKS", self.chunks().0)
            .size("LEN", self.shape.weights_len())
            .text(&format!(
                "fn is_computed(index: u32) -> bool {{ let w = index % {length}u; {computed}return true; }}"
            ));
        let groups = self.shape.weights_len().div_ceil(64);
        Stage::new(shader!("sum_chunks"), &self.constants, own, [64, 1], groups)
    }
}

/// Functions of the shape that several stages need.
const FUNCTIONS: &str = "\
fn kernel_of(branch: u32) -> u32 { return 3u + 2u * (branch % 2u); }
fn dilation_of(branch: u32) -> u32 { return 1u + branch / 2u; }
fn pool_is_max(pool: u32) -> bool { return pool_op(pool) == 1u; }
fn is_separable(op: u32) -> bool { return op == 4u || op == 5u; }
// Where the feature map of an operation lies in z1, or in z2 for the separable ones.
fn unit_of(edge: u32, op: u32) -> u32 {
    if (op == 1u || op == 2u) { return POOL_UNIT + slot_of(op); }
    if (is_separable(op)) { return edge * N2 + slot_of(op); }
    return edge * N1 + slot_of(op);
}
fn stats_unit(edge: u32, op: u32) -> u32 {
    if (is_separable(op)) { return POOL_UNIT + POOLS + unit_of(edge, op); }
    return unit_of(edge, op);
}";
