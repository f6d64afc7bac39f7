//! `shaders/depthwise.wgsl`: the depthwise convolutions of both stages. Twins: `cpu/first_stage.rs` and `cpu/second_stage.rs`.

use super::fan::FanStages;
use super::launch::{Stage, shader};
use crate::kernels::shape::Branch;

impl FanStages {
    /// Buffers: x, z1, stats, weights, t.
    pub fn depthwise(&self, second: bool) -> Stage {
        let (maps, tiles) = if second {
            (self.second_units(), self.second_tiles)
        } else {
            (self.shape.edges * Branch::ALL.len(), self.first_tiles)
        };
        self.stage(
            shader!("depthwise"),
            Self::which(second),
            maps * self.planes() * tiles[0] * tiles[1],
        )
    }
}
