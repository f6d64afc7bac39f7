//! Working memory of one thread.

use super::super::buffer::Buffer;
use super::super::layout::Plane;
use super::plan::{Job, Plan, floats, padded};
use crate::kernels::graph::{Size, Value};

/// Working memory of one thread.
pub(super) struct Scratch {
    /// Inputs of depthwise convolutions, with a margin of zeros.
    pub inputs: Planes,
    /// Gradients on their way back through a depthwise convolution, with a margin of zeros.
    pub grads: Planes,
    /// Feature maps as large as the largest one of a unit.
    pub maps: [Buffer; 3],
    /// The gradient of a source, or its pooling.
    pub source: Buffer,
    /// A tile of columns and of what they give.
    pub columns: Buffer,
    pub tile: Buffer,
}

impl Scratch {
    /// Enough for every stage of a plan; `backward`: also for its gradients.
    pub fn new(plan: &Plan, backward: bool) -> Self {
        let graph = &*plan.graph;
        let [mut map, mut source, mut columns, mut tile] = [0; 4];
        for job in plan.stages.iter().flat_map(|stage| &stage.jobs) {
            for &unit in job.units() {
                let size = graph.units[unit].size;
                let inputs = graph.inputs(unit);
                map = map.max(padded(size.channels.max(inputs)) * size.pixels());
            }
            match job {
                Job::Product(bundle) => {
                    source = source.max(bundle.input_len());
                    columns = columns.max(bundle.columns_len(bundle.tile_rows));
                    tile = tile.max(bundle.tile_len(bundle.tile_rows));
                    map = map.max(
                        bundle.rows.len()
                            * bundle.columns.out_height()
                            * bundle.columns.out_width(),
                    );
                }
                Job::Separable(unit) | Job::Copy(unit) => {
                    source = source.max(floats(graph.source_size(*unit)));
                }
            }
        }
        for term in graph.states.iter().flat_map(|state| &state.terms) {
            if let Value::Pool(..) = term.value {
                source = source.max(floats(graph.size_of(term.value)));
            }
        }
        // What only the way back needs is not touched on the way there.
        let map = |needed: bool| Buffer::stale(if needed { map } else { 0 });
        Self {
            inputs: Planes::default(),
            grads: Planes::default(),
            maps: [map(true), map(backward), map(backward)],
            source: Buffer::stale(source),
            columns: Buffer::stale(columns),
            tile: Buffer::stale(tile),
        }
    }
}

impl Scratch {
    /// The memory of a source, of at least so many floats.
    pub fn source_of(&mut self, len: usize) -> &mut Buffer {
        if self.source.len() < len {
            self.source = Buffer::stale(len);
        }
        &mut self.source
    }
}

/// Planes with a margin of zeros, one for each size that is asked for.
#[derive(Default)]
pub(super) struct Planes(Vec<(Size, Buffer)>);

impl Planes {
    /// The plane of a size and its buffer, whose margin is zero.
    pub fn of(&mut self, size: Size) -> (Plane, &mut Buffer) {
        let plane = Plane::padded(size.height, size.width);
        let index = match self.0.iter().position(|(other, _)| *other == size) {
            Some(index) => index,
            None => {
                self.0
                    .push((size, Buffer::zeros(plane.floats(size.channels))));
                self.0.len() - 1
            }
        };
        (plane, &mut self.0[index].1)
    }
}
