//! What the way back is given.

use super::norm::Coefficients;
use super::plan::Plan;
use crate::kernels::graph::{Graph, GraphShape, GraphTensors};

/// What all images share.
pub(super) struct Problem<'a> {
    pub plan: &'a Plan,
    pub shape: &'a GraphShape,
    pub tensors: GraphTensors<&'a [f32]>,
    pub coefficients: &'a [Coefficients],
    /// The chunks of all images from the way there.
    pub chunks: &'a [f32],
    /// The gradient of the outputs.
    pub grad: &'a [f32],
    pub wanted: GraphTensors<bool>,
}

impl Problem<'_> {
    /// Whether a state's gradient is needed.
    #[inline(always)]
    pub fn wants(&self, state: usize) -> bool {
        state != Graph::INPUT || self.wanted.x
    }
}
