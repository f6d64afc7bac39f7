//! `shaders/mix_gradient.wgsl`: the gradient of the mixing weights. Twin: `cpu/mix_backward.rs`.

use super::fan::FanStages;
use super::launch::{Constants, Stage, shader};

impl FanStages {
    /// Buffers: coef, mix_grad.
    pub fn mix_gradient(&self) -> Stage {
        self.stage(
            shader!("mix_gradient"),
            Constants::default(),
            self.shape.mix_len(),
        )
    }
}
