//! `shaders/pool.wgsl`: the poolings, and the pixels that a factorised reduce reads. Twin: `cpu/pool.rs`.

use super::fan::FanStages;
use super::launch::{Constants, Stage, shader};

impl FanStages {
    /// Buffers: x, z1, t.
    pub fn pool(&self) -> Stage {
        let groups = self.shape.out_pixels().div_ceil(4);
        self.stage(
            shader!("pool"),
            Constants::default(),
            groups * self.planes(),
        )
    }
}
