// Depthwise convolution of a strip: 4 columns and some rows of one plane's grid. Input rows are read once, from top to
// bottom, and each is added to the 3 or 5 output rows it reaches. A stage that includes this defines
//   fn weight_at(index: u32) -> f32
//   fn emit(strip: Strip, r: i32, sum: vec4<f32>)      which takes output row r of the strip
struct Strip {
    plane: Plane,
    kernel_start: u32,
    kernel: i32,
    rows_axis: Axis,
    columns_axis: Axis,
    // First row and column on the grid, and how many rows; none for an invocation without work.
    row: i32,
    column: i32,
    rows: i32,
}

fn tap(strip: Strip, i: i32, j: i32) -> f32 {
    let y = strip.rows_axis.tap_start + strip.rows_axis.tap_step * i;
    let x = strip.columns_axis.tap_start + strip.columns_axis.tap_step * j;
    let inside = (u32(y) < u32(strip.kernel)) & (u32(x) < u32(strip.kernel));
    let index = select(strip.kernel_start, strip.kernel_start + u32(y * strip.kernel + x), inside);
    return select(0.0, weight_at(index), inside);
}

fn row_3(row: Row, i: u32) -> vec4<f32> {
    let row_taps = taps[i];
    return row_taps.x * row.low
        + row_taps.y * vec4<f32>(row.low.yzw, row.high.x)
        + row_taps.z * vec4<f32>(row.low.zw, row.high.xy);
}

// The taps of the rows: the first four, the fifth.
var<private> taps: array<vec4<f32>, 5>;
var<private> last_taps: array<f32, 5>;

fn read_taps(strip: Strip) {
    taps[0] = vec4<f32>(tap(strip, 0, 0), tap(strip, 0, 1), tap(strip, 0, 2), tap(strip, 0, 3));
    taps[1] = vec4<f32>(tap(strip, 1, 0), tap(strip, 1, 1), tap(strip, 1, 2), tap(strip, 1, 3));
    taps[2] = vec4<f32>(tap(strip, 2, 0), tap(strip, 2, 1), tap(strip, 2, 2), tap(strip, 2, 3));
    taps[3] = vec4<f32>(tap(strip, 3, 0), tap(strip, 3, 1), tap(strip, 3, 2), tap(strip, 3, 3));
    taps[4] = vec4<f32>(tap(strip, 4, 0), tap(strip, 4, 1), tap(strip, 4, 2), tap(strip, 4, 3));
    last_taps[0] = tap(strip, 0, 4);
    last_taps[1] = tap(strip, 1, 4);
    last_taps[2] = tap(strip, 2, 4);
    last_taps[3] = tap(strip, 3, 4);
    last_taps[4] = tap(strip, 4, 4);
}

fn row_5(row: Row, i: u32) -> vec4<f32> {
    let row_taps = taps[i];
    return row_taps.x * row.low
        + row_taps.y * vec4<f32>(row.low.yzw, row.high.x)
        + row_taps.z * vec4<f32>(row.low.zw, row.high.xy)
        + row_taps.w * vec4<f32>(row.low.w, row.high.xyz)
        + last_taps[i] * row.high;
}

fn run_3(strip: Strip) {
    let x = strip.columns_axis.in_start + strip.columns_axis.in_step * strip.column;
    var y = strip.rows_axis.in_start + strip.rows_axis.in_step * strip.row;
    var first = vec4<f32>(0.0);
    var second = vec4<f32>(0.0);
    // No output row is complete before the third input row.
    for (var r = 0; r < select(0, 2, strip.rows > 0); r++) {
        let row = row_of_6(strip.plane, y, x, strip.columns_axis.in_step);
        first = second + row_3(row, 1u);
        second = row_3(row, 0u);
        y += strip.rows_axis.in_step;
    }
    for (var r = 0; r < strip.rows; r++) {
        let row = row_of_6(strip.plane, y, x, strip.columns_axis.in_step);
        let sum = first + row_3(row, 2u);
        first = second + row_3(row, 1u);
        second = row_3(row, 0u);
        emit(strip, r, sum);
        y += strip.rows_axis.in_step;
    }
}

fn run_5(strip: Strip) {
    let x = strip.columns_axis.in_start + strip.columns_axis.in_step * strip.column;
    var y = strip.rows_axis.in_start + strip.rows_axis.in_step * strip.row;
    var first = vec4<f32>(0.0);
    var second = vec4<f32>(0.0);
    var third = vec4<f32>(0.0);
    var fourth = vec4<f32>(0.0);
    // No output row is complete before the fifth input row.
    for (var r = 0; r < select(0, 4, strip.rows > 0); r++) {
        let row = row_of_8(strip.plane, y, x, strip.columns_axis.in_step);
        first = second + row_5(row, 3u);
        second = third + row_5(row, 2u);
        third = fourth + row_5(row, 1u);
        fourth = row_5(row, 0u);
        y += strip.rows_axis.in_step;
    }
    for (var r = 0; r < strip.rows; r++) {
        let row = row_of_8(strip.plane, y, x, strip.columns_axis.in_step);
        let sum = first + row_5(row, 4u);
        first = second + row_5(row, 3u);
        second = third + row_5(row, 2u);
        third = fourth + row_5(row, 1u);
        fourth = row_5(row, 0u);
        emit(strip, r, sum);
        y += strip.rows_axis.in_step;
    }
}

// Runs the strip of a window of 3 or 5 taps.
fn run(strip: Strip, window: i32) {
    read_taps(strip);
    if (window == 3) {
        run_3(strip);
    } else {
        run_5(strip);
    }
}
