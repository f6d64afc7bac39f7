//! The text of every shader that the kernels launch, for many shapes.

use plateau::kernels::cell::CellShape;
use plateau::kernels::gpu::{cell_sources, conv_sources, graph_sources};
use plateau::kernels::shape::ConvShape;
use std::collections::BTreeSet;

/// Name and text, each text once.
pub fn all() -> BTreeSet<(&'static str, String)> {
    let cells = cell_shapes().into_iter().flat_map(cell_sources);
    let convolutions = conv_shapes().into_iter().flat_map(conv_sources);
    cells.chain(convolutions).chain(graph_sources()).collect()
}

fn cell_shapes() -> Vec<CellShape> {
    let mut shapes = Vec::new();
    for (channels, size) in [(2, 1), (6, 5), (8, 8), (16, 32), (24, 7), (64, 8), (256, 4)] {
        for stride in [1, 2] {
            shapes.push(CellShape {
                lanes: 3,
                batch: 5,
                channels,
                height: size,
                width: size + 2,
                inputs: 2,
                nodes: 2,
                stride,
            });
        }
    }
    shapes
}

fn conv_shapes() -> Vec<ConvShape> {
    let mut shapes = Vec::new();
    for (in_channels, out_channels) in [(3, 48), (1, 2), (64, 16), (40, 70), (256, 128)] {
        for (kernel, stride, reduce) in [
            (1, 1, false),
            (1, 2, true),
            (3, 1, false),
            (3, 2, false),
            (1, 2, false),
        ] {
            shapes.push(ConvShape {
                lanes: 2,
                batch: 3,
                in_channels,
                out_channels,
                height: 9,
                width: 8,
                kernel,
                stride,
                relu: in_channels != 3,
                reduce,
            });
        }
    }
    shapes
}
