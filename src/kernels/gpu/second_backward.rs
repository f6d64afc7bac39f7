//! `shaders/second_backward.wgsl`: backward from the second stage to the first. Twin: `cpu/second_backward.rs`.

use super::fan::FanStages;
use super::launch::{Constants, Stage, shader};

impl FanStages {
    /// Buffers: dt, z1, stats, weights, d1, coef.
    pub fn second_backward(&self) -> Stage {
        let own = Constants::default();
        self.channel_stage(shader!("second_backward"), own, self.second_units())
    }
}
