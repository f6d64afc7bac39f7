// Gradient of a state from that of its pooling: every value gathers from the windows that hold it. With MAXIMUM a window's gradient goes to
// its first largest value in scan order.
// Reads  g [I,C,Q], factors [places, groups]; with MAXIMUM x [I,C,H,W]; total where it `adds`.
// Writes total [I,C,H,W].
// One invocation: one value.
// Launched by src/kernels/gpu/graph_maps.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> factors: array<f32>;
@group(0) @binding(3) var<storage, read_write> total: array<f32>;

{{ factor }}
{{ window }}

// What part of an output's gradient a value of its window gets.
fn share_of(plane: u32, y: u32, column: u32, pixel: u32) -> f32 {
    let at = window_of(y, column);
    if (MAXIMUM) {
        let own = value_at(plane + pixel);
        var beaten = false;
        for (var row = at.first_row; row < at.end_row; row++) {
            for (var other = at.first_column; other < at.end_column; other++) {
                let position = row * info.width + other;
                let value = value_at(plane + position);
                beaten = beaten | (value > own) | ((position < pixel) & (value == own));
            }
        }
        return select(1.0, 0.0, beaten);
    }
    return 1.0 / window_size(at);
}

// The first output whose window ends behind a position, and the one behind the last whose window begins before it.
fn outputs_of(position: u32, outputs: u32) -> vec2<u32> {
    let last = position + info.before;
    let begin = (max(last + 1u, info.window) - info.window + info.stride - 1u) / info.stride;
    return vec2<u32>(begin, min(last / info.stride + 1u, outputs));
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let id = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let map = id / info.in_pixels;
    let image = map / info.channels;
    if (image >= info.images) {
        return;
    }
    let pixel = id % info.in_pixels;
    let rows = outputs_of(pixel / info.width, info.out_height);
    let columns = outputs_of(pixel % info.width, info.out_width);
    var sum = 0.0;
    for (var y = rows.x; y < rows.y; y++) {
        for (var column = columns.x; column < columns.y; column++) {
            let q = y * info.out_width + column;
            sum += g[map * info.out_pixels + q] * share_of(map * info.in_pixels, y, column, pixel);
        }
    }
    var value = factor_of(image) * sum;
    if (info.adds == 1u) {
        value += total[id];
    }
    total[id] = value;
}
