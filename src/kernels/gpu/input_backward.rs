//! `shaders/input_backward.wgsl`: the gradient of the state that the edges leave. Twin: `cpu/branch_backward.rs`.

use super::fan::FanStages;
use super::launch::{Stage, shader};

impl FanStages {
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
}
