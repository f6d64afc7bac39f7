// Depthwise convolutions of any stride and dilation, and their transposes, as convolutions on regular grids: along one
// axis, output r lies at out_start + out_step * r and is the sum over i of the input at in_start + in_step * (r + i)
// times tap tap_start + tap_step * i, where that tap exists.
struct Axis {
    out_start: i32,
    out_step: i32,
    in_start: i32,
    in_step: i32,
    tap_start: i32,
    tap_step: i32,
}

// Phases of one axis: dilation 2 at stride 1 keeps even and odd positions apart; stride 2 without dilation does so
// with the taps.
fn phases(stride: i32, dilation: i32) -> u32 {
    return select(1u, 2u, stride != dilation);
}

// Taps per axis that one phase can have: 3 or 5.
fn window(kernel: i32, stride: i32, dilation: i32) -> i32 {
    return select(kernel, 3, stride == 2 && dilation == 1);
}

fn forward_axis(kernel: i32, stride: i32, dilation: i32, phase: i32) -> Axis {
    let pad = kernel / 2 * dilation;
    if (stride == 1) {
        return Axis(phase, dilation, phase - pad, dilation, 0, 1);
    }
    if (dilation == 2) {
        return Axis(0, 1, -pad, 2, 0, 1);
    }
    return Axis(0, 1, phase - pad, 2, phase, 2);
}

fn transposed_axis(kernel: i32, stride: i32, dilation: i32, phase: i32) -> Axis {
    let pad = kernel / 2 * dilation;
    if (stride == 1) {
        return Axis(phase, dilation, phase - pad, dilation, kernel - 1, -1);
    }
    if (dilation == 2) {
        return Axis(0, 2, -(kernel / 2), 1, kernel - 1, -1);
    }
    let shifted = phase + pad;
    return Axis(phase, 2, shifted / 2 - 2, 1, 4 + shifted % 2, -2);
}

// Outputs of an axis of this size.
fn axis_count(axis: Axis, size: u32) -> i32 {
    return (i32(size) - axis.out_start + axis.out_step - 1) / axis.out_step;
}

// A plane of a feature map. A stage that includes this defines
//   fn value_at(plane: Plane, index: u32) -> f32
struct Plane {
    start: u32,
    height: u32,
    width: u32,
    mean: f32,
    scale: f32,
}

// Zero outside. Without branches: a negative coordinate is a large unsigned one.
fn value_or_zero(plane: Plane, y: i32, x: i32) -> f32 {
    let inside = (u32(y) < plane.height) & (u32(x) < plane.width);
    let index = select(plane.start, plane.start + u32(y) * plane.width + u32(x), inside);
    return select(0.0, value_at(plane, index), inside);
}

struct Row {
    low: vec4<f32>,
    high: vec4<f32>,
}

// 4 outputs and 2 more inputs.
fn row_of_6(plane: Plane, y: i32, x: i32, step: i32) -> Row {
    return Row(
        vec4<f32>(
            value_or_zero(plane, y, x),
            value_or_zero(plane, y, x + step),
            value_or_zero(plane, y, x + 2 * step),
            value_or_zero(plane, y, x + 3 * step),
        ),
        vec4<f32>(
            value_or_zero(plane, y, x + 4 * step),
            value_or_zero(plane, y, x + 5 * step),
            0.0,
            0.0,
        ),
    );
}

// 4 outputs and 4 more inputs.
fn row_of_8(plane: Plane, y: i32, x: i32, step: i32) -> Row {
    return Row(
        vec4<f32>(
            value_or_zero(plane, y, x),
            value_or_zero(plane, y, x + step),
            value_or_zero(plane, y, x + 2 * step),
            value_or_zero(plane, y, x + 3 * step),
        ),
        vec4<f32>(
            value_or_zero(plane, y, x + 4 * step),
            value_or_zero(plane, y, x + 5 * step),
            value_or_zero(plane, y, x + 6 * step),
            value_or_zero(plane, y, x + 7 * step),
        ),
    );
}
