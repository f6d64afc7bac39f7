//! Shapes of the fused kernels: what is refused, and the order of an edge's weights.

use plateau::kernels::shape::{Branch, ConvShape, EdgesShape, ShapeError};

fn edges() -> EdgesShape {
    EdgesShape {
        lanes: 1,
        batch: 1,
        channels: 2,
        height: 4,
        width: 4,
        edges: 1,
        stride: 1,
    }
}

fn conv() -> ConvShape {
    ConvShape {
        lanes: 1,
        batch: 1,
        in_channels: 2,
        out_channels: 2,
        height: 4,
        width: 4,
        kernel: 3,
        stride: 1,
        relu: true,
        reduce: false,
    }
}

#[test]
fn impossible_shapes_are_refused_with_a_reason() {
    let good = edges();
    assert_eq!(good.check(), Ok(()));
    assert_eq!(
        EdgesShape { edges: 0, ..good }.check(),
        Err(ShapeError::Empty("edges"))
    );
    assert_eq!(
        EdgesShape {
            channels: 3,
            ..good
        }
        .check(),
        Err(ShapeError::Odd {
            name: "channels",
            value: 3
        })
    );
    assert_eq!(
        EdgesShape { stride: 3, ..good }.check(),
        Err(ShapeError::Stride(3))
    );
    assert_eq!(
        EdgesShape {
            batch: usize::MAX,
            ..good
        }
        .check(),
        Err(ShapeError::TooLarge)
    );
    assert_eq!(
        EdgesShape {
            channels: usize::MAX - 1,
            ..good
        }
        .check(),
        Err(ShapeError::TooLarge)
    );
    let good = conv();
    assert_eq!(good.check(), Ok(()));
    assert_eq!(
        ConvShape { kernel: 5, ..good }.check(),
        Err(ShapeError::Kernel(5))
    );
    assert_eq!(
        ConvShape {
            reduce: true,
            ..good
        }
        .check(),
        Err(ShapeError::Reduce {
            kernel: 3,
            stride: 1
        })
    );
}

#[test]
fn the_weights_of_an_edge_follow_each_other_without_gaps() {
    for channels in [2, 16, 36] {
        for stride in [1, 2] {
            let shape = EdgesShape {
                channels,
                stride,
                ..edges()
            };
            let square = channels * channels;
            let mut next = 0;
            for branch in Branch::ALL {
                assert_eq!(branch.depthwise_offset(channels), next);
                next += channels * branch.kernel() * branch.kernel();
                assert_eq!(branch.pointwise_offset(channels), next);
                next += square;
                if branch.separable() {
                    assert_eq!(branch.second_depthwise_offset(channels), next);
                    next += channels * branch.kernel() * branch.kernel();
                    assert_eq!(branch.second_pointwise_offset(channels), next);
                    next += square;
                }
            }
            assert_eq!(shape.reduce_offset(), next);
            if stride == 2 {
                next += square;
            }
            assert_eq!(shape.weights_per_edge(), next);
        }
    }
}
