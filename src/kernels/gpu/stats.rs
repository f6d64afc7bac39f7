//! `shaders/stats.wgsl`: the batch statistics of both stages. Twin: `cpu/stats.rs`.

use super::fan::FanStages;
use super::launch::{Constants, Stage, shader};

impl FanStages {
    /// Buffers: z, stats.
    pub fn stats(&self, second: bool) -> Stage {
        let own = if second {
            STATS_OF_SECOND
        } else {
            STATS_OF_FIRST
        };
        let units = if second {
            self.second_units()
        } else {
            self.first_units()
        };
        self.channel_stage(shader!("stats"), Constants::default().text(own), units)
    }
}

const STATS_OF_FIRST: &str = "\
fn first_unit() -> u32 { return 0u; }
fn unit_count() -> u32 { return first_units(); }";
const STATS_OF_SECOND: &str = "\
fn first_unit() -> u32 { return first_units(); }
fn unit_count() -> u32 { return info.edges * N2; }";
