//! `shaders/mix_backward.wgsl`: backward through the mix: sums and dot products of every branch. Twin: `cpu/mix_backward.rs`.

use super::fan::FanStages;
use super::launch::{Constants, Stage, shader};

impl FanStages {
    /// Buffers: g, x, z1, z2, stats, mix, coef.
    pub fn mix_backward(&self) -> Stage {
        let edges = self.shape.edges;
        self.channel_stage(shader!("mix_backward"), Constants::default(), edges)
    }
}
