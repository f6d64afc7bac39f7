//! The stages of a fan, in the order of their launching: each launches the shader of its name in `shaders/`.

use super::fan::{FanStages, POOLS};
use super::launch::{Constants, Stage, shader};
use super::product::blocks;
use crate::kernels::shape::Branch;

impl FanStages {
    /// The depthwise convolutions of both stages. Twins: `cpu/first_stage.rs` and `cpu/second_stage.rs`.
    /// Buffers: x, z1, stats, weights, t.
    pub fn depthwise(&self, second: bool) -> Stage {
        let (maps, tiles) = if second {
            (self.second_units(), self.second_tiles)
        } else {
            (self.shape.edges * Branch::ALL.len(), self.first_tiles)
        };
        self.stage(
            shader!("depthwise"),
            Self::which(second),
            maps * self.planes() * tiles[0] * tiles[1],
        )
    }

    /// The poolings, and the pixels that a factorised reduce reads. Twin: `cpu/pool.rs`.
    /// Buffers: x, z1, t.
    pub fn pool(&self) -> Stage {
        let groups = self.shape.out_pixels().div_ceil(4);
        self.stage(
            shader!("pool"),
            Constants::default(),
            groups * self.planes(),
        )
    }

    /// The pointwise convolutions of both stages. Twins: `cpu/first_stage.rs` and `cpu/second_stage.rs`.
    /// Buffers: t, weights, z.
    pub fn pointwise(&self, second: bool) -> Stage {
        let invocations = self.product_invocations(self.products(second));
        self.stage(shader!("pointwise"), Self::which(second), invocations)
    }

    /// The batch statistics of both stages. Twin: `cpu/stats.rs`.
    /// Buffers: z, stats.
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

    /// Normalises every branch and adds them up with the weights of the lanes. Twin: `cpu/mix.rs`.
    /// Buffers: z1, z2, stats, mix, out, and x where [`Self::identity_buffer`] says so.
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

    /// Backward through the mix: sums and dot products of every branch. Twin: `cpu/mix_backward.rs`.
    /// Buffers: g, x, z1, z2, stats, mix, coef.
    pub fn mix_backward(&self) -> Stage {
        let edges = self.shape.edges;
        self.channel_stage(shader!("mix_backward"), Constants::default(), edges)
    }

    /// Backward through a normalisation and the pointwise convolution before it. Twins: `cpu/second_backward.rs` and `cpu/branch_backward.rs`.
    /// Buffers: g, d1, z, coef, weights, dt, dz. `store`: whether the gradients of z1 and z2 are needed for the weights.
    pub fn pointwise_backward(&self, second: bool, store: bool) -> Stage {
        let pools = if second { 0 } else { POOLS.len() };
        self.stage(
            shader!("pointwise_backward"),
            Self::which(second).line("STORE_DZ", "bool", store),
            self.product_invocations(self.products(second) + pools),
        )
    }

    /// Backward from the second stage to the first. Twin: `cpu/second_backward.rs`.
    /// Buffers: dt, z1, stats, weights, d1, coef.
    pub fn second_backward(&self) -> Stage {
        let own = Constants::default();
        self.channel_stage(shader!("second_backward"), own, self.second_units())
    }

    /// Backward through the first depthwise convolutions. Twin: `cpu/branch_backward.rs`.
    /// Buffers: dt, weights, dh.
    pub fn branch_backward(&self) -> Stage {
        let tiles = self.input_tiles;
        self.stage(
            shader!("branch_backward"),
            Constants::default(),
            Branch::ALL.len() * self.planes() * tiles[0] * tiles[1],
        )
    }

    /// The gradient of the state that the edges leave. Twin: `cpu/branch_backward.rs`.
    /// Buffers: x, dh, dz, z1, coef, dx, and the gradient of the skip path where [`Self::skip_gradient_buffer`] says so.
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

    /// Whether it reads the gradient of the skip path in a buffer of its own. That of a node lies in the buffer that is written.
    pub fn skip_gradient_buffer(&self) -> Option<usize> {
        (self.reduce || self.identity() && !self.leaves_node).then_some(7)
    }

    /// Partial sums of the gradients of the depthwise kernels. Twin: `KernelGradient` in `cpu/depthwise.rs`.
    /// Buffers: x, z1, coef, dt, partials.
    pub fn depthwise_weights(&self, second: bool) -> Stage {
        let parts = if self.shape.stride == 2 && !second {
            4
        } else {
            1
        };
        let per_edge = if second {
            Branch::SEPARABLE.len()
        } else {
            Branch::ALL.len()
        };
        let kernels = self.shape.edges * per_edge;
        self.stage(
            shader!("depthwise_weights"),
            Self::which(second).size("TAP_PARTS", parts),
            kernels * parts * self.shape.channels * self.chunks(),
        )
    }

    /// Partial sums of the gradients of the pointwise matrices. Twin: `OuterProduct` in `cpu/pointwise.rs`.
    /// Buffers: dz, t, partials.
    pub fn pointwise_weights(&self) -> Stage {
        let side = blocks(self.shape.channels);
        let matrices = self.products(false) + self.products(true);
        self.stage(
            shader!("pointwise_weights"),
            Constants::default(),
            matrices * side * side * self.chunks(),
        )
    }

    /// Adds the partial sums of the weight gradients. Twin: `cpu/gradient.rs`.
    /// Buffers: partials, total.
    pub fn sum_chunks(&self) -> Stage {
        let own = Constants::default()
            .text("fn weight_count() -> u32 { return info.edges * weights_per_edge(); }")
            .text("fn first_weight() -> u32 { return info.first_weight; }")
            .text("fn adds() -> bool { return false; }");
        self.stage(shader!("sum_chunks"), own, self.shape.weights_len())
    }

    /// The gradient of the mixing weights. Twin: `cpu/mix_backward.rs`.
    /// Buffers: coef, mix_grad.
    pub fn mix_gradient(&self) -> Stage {
        self.stage(
            shader!("mix_gradient"),
            Constants::default(),
            self.shape.mix_len(),
        )
    }
}

const STATS_OF_FIRST: &str = "\
fn first_unit() -> u32 { return 0u; }
fn unit_count() -> u32 { return first_units(); }";
const STATS_OF_SECOND: &str = "\
fn first_unit() -> u32 { return first_units(); }
fn unit_count() -> u32 { return info.edges * N2; }";
