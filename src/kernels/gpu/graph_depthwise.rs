//! `shaders/graph_depthwise.wgsl`, `graph_depthwise_input` and `graph_depthwise_weights`: the depthwise convolutions of a graph. Twin:
//! `cpu/depthwise.rs`.

use super::graph_maps::GraphStages;
use super::launch::{Constants, Info, Stage, shader};
use super::product::reduction_threads;
use crate::kernels::graph::Size;
use crate::kernels::shape::Branch;

/// A depthwise convolution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Depthwise {
    pub branch: Branch,
    pub stride: usize,
    /// What it reads.
    pub from: Size,
    /// Where its kernels begin among the weights.
    pub first_weight: usize,
}

impl Depthwise {
    /// The size of what it gives.
    pub fn to(&self) -> Size {
        self.from.strided(self.stride)
    }
}

impl GraphStages {
    fn depthwise_info(&self, own: &Depthwise) -> Info {
        let to = own.to();
        let sizes = [
            ("height", own.from.height),
            ("width", own.from.width),
            ("in_pixels", own.from.pixels()),
            ("out_height", to.height),
            ("out_width", to.width),
            ("kernel", own.branch.kernel()),
            ("dilation", own.branch.dilation()),
            ("stride", own.stride),
            ("first_weight", own.first_weight),
        ];
        self.info(to, sizes)
    }

    /// Buffers: x, weights, t.
    pub fn depthwise(&self, own: &Depthwise) -> Stage {
        let invocations = self.shape.images() * own.to().elements();
        self.each(
            shader!("graph_depthwise"),
            &self.depthwise_info(own),
            Constants::default(),
            invocations,
        )
    }

    /// Buffers: dt, weights, dx.
    pub fn depthwise_input(&self, own: &Depthwise) -> Stage {
        let invocations = self.shape.images() * own.from.elements();
        self.each(
            shader!("graph_depthwise_input"),
            &self.depthwise_info(own),
            Constants::default(),
            invocations,
        )
    }

    /// Buffers: x, dt, gradient.
    pub fn depthwise_weights(&self, own: &Depthwise) -> Stage {
        self.reduction(
            shader!("graph_depthwise_weights"),
            &self.depthwise_info(own),
            Constants::default(),
            reduction_threads(self.shape.images() * own.to().pixels()),
            own.branch.depthwise_len(own.from.channels),
        )
    }
}
