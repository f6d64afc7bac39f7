//! `shaders/depthwise_weights.wgsl`: partial sums of the gradients of the depthwise kernels. Twin: `KernelGradient` in
//! `cpu/depthwise.rs`.

use super::fan::FanStages;
use super::launch::{Stage, shader};
use crate::kernels::shape::Branch;

impl FanStages {
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
}
