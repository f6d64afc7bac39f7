//! `shaders/sum_chunks.wgsl`: adds the partial sums of the weight gradients. Twin: `cpu/gradient.rs`.

use super::fan::FanStages;
use super::launch::{Constants, Stage, shader};
use crate::kernels::shape::Branch;

impl FanStages {
    /// Buffers: partials, total.
    pub fn sum_chunks(&self) -> Stage {
        let mut computed = String::new();
        for branch in Branch::ALL {
            if !self.shape.is_active(branch.operation()) {
                let stages = if branch.separable() { 2 } else { 1 };
                let branch = branch as usize;
                computed += &format!(
                    "if (w >= depthwise_offset({branch}u) \
                     && w < depthwise_offset({branch}u) + {stages}u * stage_length({branch}u)) {{ return false; }} "
                );
            }
        }
        if !self.reduce {
            computed += "if (w >= reduce_offset()) { return false; } ";
        }
        let own = Constants::default()
            .text("fn weight_count() -> u32 { return info.edges * weights_per_edge(); }")
            .text("fn first_weight() -> u32 { return info.first_weight; }")
            .text("fn adds() -> bool { return false; }")
            .text(&format!(
                "fn is_computed(index: u32) -> bool {{ let w = index % weights_per_edge(); {computed}return true; }}"
            ));
        self.stage(shader!("sum_chunks"), own, self.shape.weights_len())
    }
}
