//! `shaders/branch_backward.wgsl`: backward through the first depthwise convolutions. Twin: `cpu/branch_backward.rs`.

use super::fan::FanStages;
use super::launch::{Constants, Stage, shader};
use crate::kernels::shape::Branch;

impl FanStages {
    /// Buffers: dt, weights, dh.
    pub fn branch_backward(&self) -> Stage {
        let tiles = self.input_tiles;
        self.stage(
            shader!("branch_backward"),
            Constants::default(),
            Branch::ALL.len() * self.planes() * tiles[0] * tiles[1],
        )
    }
}
