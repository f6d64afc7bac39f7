// Gradients of the depthwise kernels of the first stage, or with SECOND of the second stage, as partial sums over chunks
// of strips.
// Reads  x [I,C,H,W] or a node in [I,nodes*C,H,W] (first stage), z1 and coef [E,COEFFICIENTS,LANES,C], from slot FIRST_STAGE (second stage), dt [E*NI + E*N2, I,C,Q].
// Writes partials [E*S, CHUNKS], the depthwise parts.
// One invocation: one kernel of one channel (one phase of its taps) x one chunk: every CHUNKS-th strip of 4 columns. It
// keeps all taps, and the gradient rows that an input row meets.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> z1: array<f32>;
@group(0) @binding(3) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> dt: array<f32>;
@group(0) @binding(5) var<storage, read_write> partials: array<f32>;
{{ axis }}

// Sums of the taps of a row: the first four, the fifth.
var<private> sums: array<vec4<f32>, 5>;
var<private> last_sums: array<f32, 5>;
var<private> kernel_start: u32;
var<private> kernel: i32;
var<private> chunk: u32;

fn value_at(plane: Plane, index: u32) -> f32 {
    if (SECOND) {
        return max((z1[index] - plane.mean) * plane.scale, 0.0);
    }
    return max(x[index], 0.0);
}

struct Strip {
    input: Plane,
    gradient: u32,
    rows_axis: Axis,
    columns_axis: Axis,
    row: i32,
    column: i32,
    rows: i32,
}

fn gradient_one(strip: Strip, y: i32, xx: i32, inside: bool) -> f32 {
    let ok = inside & (xx < i32(info.out_width));
    let index = select(strip.gradient, strip.gradient + u32(y) * info.out_width + u32(xx), ok);
    return select(0.0, dt[index], ok);
}

// Row r of the strip, zero outside.
fn gradient_row(strip: Strip, r: i32) -> vec4<f32> {
    let y = strip.rows_axis.out_start + strip.rows_axis.out_step * (strip.row + r);
    let step = strip.columns_axis.out_step;
    let xx = strip.columns_axis.out_start + step * strip.column;
    let inside = r < strip.rows;
    return vec4<f32>(
        gradient_one(strip, y, xx, inside),
        gradient_one(strip, y, xx + step, inside),
        gradient_one(strip, y, xx + 2 * step, inside),
        gradient_one(strip, y, xx + 3 * step, inside),
    );
}

fn dots(gradient: vec4<f32>, row: Row) -> vec4<f32> {
    return vec4<f32>(
        dot(gradient, row.low),
        dot(gradient, vec4<f32>(row.low.yzw, row.high.x)),
        dot(gradient, vec4<f32>(row.low.zw, row.high.xy)),
        dot(gradient, vec4<f32>(row.low.w, row.high.xyz)),
    );
}

fn run_3(strip: Strip) {
    let xx = strip.columns_axis.in_start + strip.columns_axis.in_step * strip.column;
    var y = strip.rows_axis.in_start + strip.rows_axis.in_step * strip.row;
    var first = vec4<f32>(0.0);
    var second_row = vec4<f32>(0.0);
    let end = select(0, strip.rows + 2, strip.rows > 0);
    for (var r = 0; r < end; r++) {
        let row = row_of_6(strip.input, y, xx, strip.columns_axis.in_step);
        let gradient = gradient_row(strip, r);
        sums[0] += dots(gradient, row);
        sums[1] += dots(first, row);
        sums[2] += dots(second_row, row);
        second_row = first;
        first = gradient;
        y += strip.rows_axis.in_step;
    }
}

fn run_5(strip: Strip) {
    let xx = strip.columns_axis.in_start + strip.columns_axis.in_step * strip.column;
    var y = strip.rows_axis.in_start + strip.rows_axis.in_step * strip.row;
    var first = vec4<f32>(0.0);
    var second_row = vec4<f32>(0.0);
    var third = vec4<f32>(0.0);
    var fourth = vec4<f32>(0.0);
    let end = select(0, strip.rows + 4, strip.rows > 0);
    for (var r = 0; r < end; r++) {
        let row = row_of_8(strip.input, y, xx, strip.columns_axis.in_step);
        let gradient = gradient_row(strip, r);
        sums[0] += dots(gradient, row);
        sums[1] += dots(first, row);
        sums[2] += dots(second_row, row);
        sums[3] += dots(third, row);
        sums[4] += dots(fourth, row);
        last_sums[0] += dot(gradient, row.high);
        last_sums[1] += dot(first, row.high);
        last_sums[2] += dot(second_row, row.high);
        last_sums[3] += dot(third, row.high);
        last_sums[4] += dot(fourth, row.high);
        fourth = third;
        third = second_row;
        second_row = first;
        first = gradient;
        y += strip.rows_axis.in_step;
    }
}

fn put_one(y: i32, xx: i32, value: f32) {
    if ((y < kernel) & (xx < kernel)) {
        partials[(kernel_start + u32(y * kernel + xx)) * info.chunks + chunk] = value;
    }
}

fn put_row(y: i32, columns: Axis, row: vec4<f32>, last: f32) {
    put_one(y, columns.tap_start, row.x);
    put_one(y, columns.tap_start + columns.tap_step, row.y);
    put_one(y, columns.tap_start + 2 * columns.tap_step, row.z);
    put_one(y, columns.tap_start + 3 * columns.tap_step, row.w);
    put_one(y, columns.tap_start + 4 * columns.tap_step, last);
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    var rest = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    chunk = rest % info.chunks;
    rest /= info.chunks;
    let c = rest % info.channels;
    rest /= info.channels;
    let part = rest % TAP_PARTS;
    let kernel_index = rest / TAP_PARTS;
    let per_edge = max(select(NB, N2, SECOND), 1u);
    let edge = kernel_index / per_edge;
    let slot = kernel_index % per_edge;
    if (edge >= info.edges) {
        return;
    }
    let branch = branch_of(slot);
    let dilation = dilation_of(branch);
    let stride = select(STRIDE, 1, SECOND);
    kernel = kernel_of(branch);
    kernel_start = edge * weights_per_edge() + depthwise_offset(branch) + select(0u, stage_length(branch), SECOND)
        + c * u32(kernel * kernel);

    // At stride 2 without dilation the phases have their own taps; else they are parts of one sum.
    let by_taps = stride == 2 && dilation == 1;
    let interleave = select(phases(stride, dilation), 1u, by_taps);
    let tiles_x = select(info.first_tiles_x, info.second_tiles_x, SECOND);
    let tiles = tiles_x * select(info.first_tiles_y, info.second_tiles_y, SECOND);
    let has_work = by_taps || part == 0u;
    let maps = info.images * info.channels;
    let gradient_map = select(edge * NI + slot, info.edges * NI + kernel_index, SECOND);
    var columns_axis = forward_axis(kernel, stride, dilation, i32(part % 2u));
    var rows_axis = forward_axis(kernel, stride, dilation, i32(part / 2u));
    let taps_x = columns_axis;
    let taps_y = rows_axis;
    for (var index = chunk; index < select(0u, info.images * tiles, has_work); index += info.chunks) {
        let map = index / tiles * info.channels + c;
        let tile_y = index % tiles / tiles_x;
        let tile_x = index % tiles_x;
        if (!by_taps) {
            rows_axis = forward_axis(kernel, stride, dilation, i32(tile_y % interleave));
            columns_axis = forward_axis(kernel, stride, dilation, i32(tile_x % interleave));
        }
        let row = i32(tile_y / interleave * info.strip);
        let column = i32(tile_x / interleave * 4u);
        let height = axis_count(rows_axis, info.out_height);
        let width = axis_count(columns_axis, info.out_width);
        let rows = select(0, clamp(height - row, 0, i32(info.strip)), column < width);
        var plane = Plane(x_plane(map), info.height, info.width, 0.0, 1.0);
        if (SECOND) {
            let f = coef[coef_at(edge, FIRST_STAGE + branch, index / tiles / info.batch) + c];
            plane = Plane(
                ((edge * N1 + slot) * maps + map) * info.out_pixels,
                info.out_height,
                info.out_width,
                f.x,
                f.w,
            );
        }
        let gradient = (gradient_map * maps + map) * info.out_pixels;
        let strip = Strip(plane, gradient, rows_axis, columns_axis, row, column, rows);
        if (window(kernel, stride, dilation) == 3) {
            run_3(strip);
        } else {
            run_5(strip);
        }
    }
    if (has_work) {
        let three = window(kernel, stride, dilation) == 3;
        put_row(taps_y.tap_start, taps_x, sums[0], last_sums[0]);
        put_row(taps_y.tap_start + taps_y.tap_step, taps_x, sums[1], last_sums[1]);
        put_row(taps_y.tap_start + 2 * taps_y.tap_step, taps_x, sums[2], last_sums[2]);
        if (!three) {
            put_row(taps_y.tap_start + 3 * taps_y.tap_step, taps_x, sums[3], last_sums[3]);
            put_row(taps_y.tap_start + 4 * taps_y.tap_step, taps_x, sums[4], last_sums[4]);
        }
    }
}
