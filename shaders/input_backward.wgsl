// Gradient of the state that the edges leave: the parts of all branches, of the skip path and of the poolings at each
// of its pixels.
// Reads  x [I,C,H,W] or a node in [I,nodes*C,H,W], dh [NB,I,C,H,W] (branches), dz [E*N1 + POOLS + ..., I,C,Q] (poolings),
// z1 (which tap is the maximum), coef [E,COEFFICIENTS,LANES,C] (identity); skip: g [I,nodes*C,Q] (identity) or dt
// [E*NI + ..., I,C,Q] (factorised reduce), which is dx where the edges leave a node.
// Writes dx [I,C,H,W]; adds to the gradient of the node in [I,nodes*C,H,W] where the edges leave one.
// One invocation: 4 neighboring input pixels of a row.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> dh: array<f32>;
@group(0) @binding(3) var<storage, read_write> dz: array<f32>;
@group(0) @binding(4) var<storage, read_write> z1: array<f32>;
@group(0) @binding(5) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;
// skip_at, and skip where it is a buffer of its own, are among the constants.

// What the windows of one row give: which tap is the maximum, its gradient, and the gradient of each valid pixel.
struct Window {
    tap: f32,
    maximum: f32,
    mean: f32,
}

// Pixels of a window that lie inside, along one axis.
fn valid_count(q: i32, size: u32) -> f32 {
    let start = q * STRIDE - 1;
    return f32(min(start + 3, i32(size)) - max(start, 0));
}

fn window_at(map: u32, qy: i32, qx: i32, row_inside: bool) -> Window {
    let inside = row_inside & (u32(qx) < info.out_width);
    let length = info.images * info.channels * info.out_pixels;
    let q = select(0u, map * info.out_pixels + u32(qy) * info.out_width + u32(qx), inside);
    var window = Window(-1.0, 0.0, 0.0);
    window.tap = select(-1.0, z1[argument_unit() * length + q], inside);
    window.maximum = dz[pool_unit(1u) * length + q];
    let count = valid_count(qy, info.height) * valid_count(qx, info.width);
    window.mean = select(0.0, dz[pool_unit(2u) * length + q] / count, inside);
    return window;
}

// The part of a window for the pixel that it sees at `tap`.
fn part_of(window: Window, tap: i32) -> f32 {
    return window.mean + select(0.0, window.maximum, window.tap == f32(tap));
}

// Gradient of the poolings at 4 pixels; at stride 2 the first one has an even column.
fn pools_at(map: u32, y: i32, xx: i32) -> vec4<f32> {
    var sum = vec4<f32>(0.0);
    for (var i = 0; i < 3; i++) {
        let sy = y + 1 - i;
        let qy = sy / STRIDE;
        let inside = (sy >= 0) & (sy % STRIDE == 0) & (qy < i32(info.out_height));
        let first = 3 * i;
        if (STRIDE == 1) {
            let w0 = window_at(map, qy, xx - 1, inside);
            let w1 = window_at(map, qy, xx, inside);
            let w2 = window_at(map, qy, xx + 1, inside);
            let w3 = window_at(map, qy, xx + 2, inside);
            let w4 = window_at(map, qy, xx + 3, inside);
            let w5 = window_at(map, qy, xx + 4, inside);
            sum += vec4<f32>(
                part_of(w0, first + 2) + part_of(w1, first + 1) + part_of(w2, first),
                part_of(w1, first + 2) + part_of(w2, first + 1) + part_of(w3, first),
                part_of(w2, first + 2) + part_of(w3, first + 1) + part_of(w4, first),
                part_of(w3, first + 2) + part_of(w4, first + 1) + part_of(w5, first),
            );
        } else {
            let w0 = window_at(map, qy, xx / 2, inside);
            let w1 = window_at(map, qy, xx / 2 + 1, inside);
            let w2 = window_at(map, qy, xx / 2 + 2, inside);
            sum += vec4<f32>(
                part_of(w0, first + 1),
                part_of(w0, first + 2) + part_of(w1, first),
                part_of(w1, first + 1),
                part_of(w1, first + 2) + part_of(w2, first),
            );
        }
    }
    return sum;
}

// Everything but the poolings, at one pixel.
fn pixel_at(map: u32, y: i32, xx: i32) -> f32 {
    let maps = info.images * info.channels;
    let pixel = u32(y) * info.width + u32(xx);
    let id = map * info.in_pixels + pixel;
    let even = (y % 2 == 0) & (xx % 2 == 0);
    let q_length = maps * info.out_pixels;
    var rectified = 0.0;
    for (var slot = 0u; slot < NB; slot++) {
        let value = dh[slot * maps * info.in_pixels + id];
        let written = (STRIDE == 1) | even | (dilation_of(branch_of(slot)) == 1);
        rectified += select(0.0, value, written);
    }
    if (REDUCES > 0u) {
        let inside = y % 2 == xx % 2;
        let phase = u32(y % 2);
        let q = map * info.out_pixels + u32(y / 2) * info.out_width + u32(xx / 2);
        for (var edge = 0u; edge < info.edges; edge++) {
            let at = (edge * NI + NB + phase) * q_length + q;
            rectified += select(0.0, skip_at(select(0u, at, inside)), inside);
        }
    }
    var direct = 0.0;
    if (IDENTITY) {
        let lane = map / (info.channels * info.batch);
        for (var edge = 0u; edge < info.edges; edge++) {
            let weight = coef[coef_at(edge, SKIP, lane) + map % info.channels].w;
            direct += weight * skip_at(node_plane(edge, map) + pixel);
        }
    }
    return select(0.0, rectified, x[x_plane(map) + pixel] > 0.0) + direct;
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let groups = (info.width + 3u) / 4u;
    var rest = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let first = rest % groups * 4u;
    rest /= groups;
    let y = i32(rest % info.height);
    let map = rest / info.height;
    if (map >= info.images * info.channels) {
        return;
    }
    var pools = pools_at(map, y, i32(first));
    let at = x_plane(map) + u32(y) * info.width;
    for (var x_of = first; x_of < min(first + 4u, info.width); x_of++) {
        let value = pixel_at(map, y, i32(x_of)) + pools.x;
        if (LEAVES_NODE) {
            dx[at + x_of] += value;
        } else {
            dx[at + x_of] = value;
        }
        pools = pools.yzwx;
    }
}
