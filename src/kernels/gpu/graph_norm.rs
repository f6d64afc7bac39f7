//! `shaders/graph_stats.wgsl`, `graph_coefficients`, `graph_sums`, `graph_lane_sums`, `graph_factors` and `graph_gradient`: normalisations and
//! factors. Twins: `cpu/graph/norm.rs` and `cpu/graph/sums.rs`.

use super::graph_maps::GraphStages;
use super::launch::{Constants, Stage, THREADS, shader};
use super::product::reduction_threads;
use crate::kernels::graph::{Norm, Size, Unit};

/// The sizes that say where a normalisation has its scale and shift, and its statistics.
fn places(norm: Norm, affine: bool) -> [(&'static str, usize); 5] {
    let (places, running) = match norm {
        Norm::Batch {
            affine: places,
            running,
        } => (places.filter(|_| affine), running),
        Norm::None => (None, None),
    };
    let [scale, shift] = places.unwrap_or([0, 0]);
    [
        ("affine", usize::from(places.is_some())),
        ("first_scale", scale),
        ("first_shift", shift),
        ("tracked", usize::from(running.is_some())),
        ("first_seen", running.unwrap_or(0)),
    ]
}

impl GraphStages {
    /// Buffers: z, weights, coef, out, where the statistics are written from `seen` on.
    pub fn statistics(&self, unit: &Unit, seen: usize) -> Stage {
        let own = places(unit.norm, true).map(|(name, place)| match name {
            "first_seen" => (name, seen + place),
            _ => (name, place),
        });
        let info = self.info(unit.size, own);
        self.reduction(
            shader!("graph_stats"),
            &info,
            Constants::default(),
            reduction_threads(self.shape.batch * unit.size.pixels()),
            self.shape.lanes * unit.size.channels,
        )
    }

    /// Buffers: weights, statistics, coef.
    pub fn coefficients(&self, unit: &Unit) -> Stage {
        let norm = match self.shape.running {
            true => unit.norm,
            false => Norm::None,
        };
        let info = self.info(unit.size, places(norm, true));
        self.each(
            shader!("graph_coefficients"),
            &info,
            Constants::default(),
            self.shape.lanes * unit.size.channels,
        )
    }

    /// Buffers: g, z, coef, sums.
    pub fn sums(&self, size: Size) -> Stage {
        let info = self.info(size, []);
        let groups = self.planes(size);
        self.reduction(
            shader!("graph_sums"),
            &info,
            Constants::default(),
            THREADS,
            groups,
        )
    }

    /// Buffers: sums, factors, lane_sums, gradient; the latter is only written where the gradients of weights are `wanted`.
    pub fn lane_sums(&self, unit: &Unit, place: Option<usize>, wanted: bool) -> Stage {
        let own = places(unit.norm, wanted);
        let info = self.info(unit.size, own.into_iter().chain(self.factor(place)));
        self.reduction(
            shader!("graph_lane_sums"),
            &info,
            Constants::default(),
            THREADS,
            self.shape.lanes * unit.size.channels,
        )
    }

    /// Buffers: sums, gradient; of a unit also coef.
    pub fn factors(&self, size: Size, place: usize, unit: bool) -> Stage {
        let info = self.info(size, self.factor(Some(place)));
        let own = Constants::default().text(match unit {
            true => PRODUCT_OF_UNIT,
            false => PRODUCT,
        });
        let groups = self.shape.groups;
        let threads = reduction_threads(self.planes(size) / groups);
        self.reduction(shader!("graph_factors"), &info, own, threads, groups)
    }

    /// Buffers: z, g, coef, lane_sums, factors, dz.
    pub fn gradient(&self, unit: &Unit, place: Option<usize>) -> Stage {
        let normalised = usize::from(unit.norm != Norm::None);
        let own = self.factor(place);
        let own = own.into_iter().chain([("normalised", normalised)]);
        let info = self.info(unit.size, own);
        self.each(
            shader!("graph_gradient"),
            &info,
            Constants::default(),
            self.shape.images() * unit.size.elements(),
        )
    }
}

const PRODUCT: &str = "fn product(map: u32, sum: vec2<f32>) -> f32 { return sum.x; }";
const PRODUCT_OF_UNIT: &str = "\
@group(0) @binding(3) var<storage, read_write> coef: array<vec4<f32>>;
fn product(map: u32, sum: vec2<f32>) -> f32 {
    let c = coef[map / info.channels / info.batch * info.channels + map % info.channels];
    return c.z / c.y * sum.y + c.w * sum.x;
}";
