//! `shaders/pointwise_weights.wgsl`: partial sums of the gradients of the pointwise matrices. Twin: `OuterProduct` in
//! `cpu/pointwise.rs`.

use super::fan::FanStages;
use super::launch::{Constants, Stage, shader};
use super::product::blocks;

impl FanStages {
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
}
