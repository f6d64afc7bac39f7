//! `shaders/sum_chunks.wgsl`: adds the partial sums of the weight gradients. Twin: `cpu/gradient.rs`.

use super::fan::FanStages;
use super::launch::{Constants, Stage, shader};

impl FanStages {
    /// Buffers: partials, total.
    pub fn sum_chunks(&self) -> Stage {
        let own = Constants::default()
            .text("fn weight_count() -> u32 { return info.edges * weights_per_edge(); }")
            .text("fn first_weight() -> u32 { return info.first_weight; }")
            .text("fn adds() -> bool { return false; }");
        self.stage(shader!("sum_chunks"), own, self.shape.weights_len())
    }
}
