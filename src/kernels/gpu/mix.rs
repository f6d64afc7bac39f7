//! `shaders/mix.wgsl`: normalises every branch and adds them up with the weights of the lanes. Twin: `cpu/mix.rs`.

use super::fan::FanStages;
use super::launch::{Stage, shader};

impl FanStages {
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
}
