//! `shaders/pointwise_backward.wgsl`: backward through a normalisation and the pointwise convolution before it. Twins:
//! `cpu/second_backward.rs` and `cpu/branch_backward.rs`.

use super::fan::{FanStages, POOLS};
use super::launch::{Stage, shader};

impl FanStages {
    /// Buffers: g, d1, z, coef, weights, dt, dz. `store`: whether the gradients of z1 and z2 are needed for the weights.
    pub fn pointwise_backward(&self, second: bool, store: bool) -> Stage {
        let pools = if second { 0 } else { POOLS.len() };
        self.stage(
            shader!("pointwise_backward"),
            Self::which(second).line("STORE_DZ", "bool", store),
            self.product_invocations(self.products(second) + pools),
        )
    }
}
