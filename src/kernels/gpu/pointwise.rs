//! `shaders/pointwise.wgsl`: the pointwise convolutions of both stages. Twins: `cpu/first_stage.rs` and `cpu/second_stage.rs`.

use super::fan::FanStages;
use super::launch::{Stage, shader};

impl FanStages {
    /// Buffers: t, weights, z.
    pub fn pointwise(&self, second: bool) -> Stage {
        let invocations = self.product_invocations(self.products(second));
        self.stage(shader!("pointwise"), Self::which(second), invocations)
    }
}
