// Backward through the depthwise convolution and the ReLU between the two stages of a separable branch:
//   d1 = [normalised z1 > 0] * dw2^T dt2, and from its sums the coefficients of the first normalisation's backward.
// Reads  dt [E*NI + E*N2,I,C,Q] (second stage), z1, stats, weights [S].
// Writes d1 [E*N2,I,C,Q], coef [E,COEFFICIENTS,LANES,C] from slot FIRST_STAGE.
// One workgroup handles and reduces one edge, branch, lane and channel, in a fixed order; one invocation after another
// strip of 4 columns.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> dt: array<f32>;
@group(0) @binding(2) var<storage, read_write> z1: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> d1: array<f32>;
@group(0) @binding(6) var<storage, read_write> coef: array<vec4<f32>>;
{{ axis }}
{{ strip }}
{{ columns }}
{{ reduce }}

alias Part = vec2<f32>;

fn combine(a: Part, b: Part) -> Part {
    return a + b;
}

// Where the plane lies in z1 and in d1.
var<private> z1_plane: u32;
var<private> out_plane: u32;
var<private> stat: vec2<f32>;
var<private> part: vec2<f32>;

fn value_at(plane: Plane, index: u32) -> f32 {
    return dt[index];
}

fn weight_at(index: u32) -> f32 {
    return weights[index];
}

fn emit_one(offset: u32, inside: bool, value: f32) {
    if (inside) {
        let normalized = (z1[z1_plane + offset] - stat.x) * stat.y;
        let passed = select(0.0, value, normalized > 0.0);
        d1[out_plane + offset] = passed;
        part += vec2<f32>(passed, passed * normalized);
    }
}

fn emit(strip: Strip, r: i32, sum: vec4<f32>) {
    let at = u32(strip.row + r) * info.out_width + u32(strip.column);
    let width = i32(info.out_width);
    emit_one(at, true, sum.x);
    emit_one(at + 1u, strip.column + 1 < width, sum.y);
    emit_one(at + 2u, strip.column + 2 < width, sum.z);
    emit_one(at + 3u, strip.column + 3 < width, sum.w);
}

@compute @workgroup_size(THREADS, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let group = workgroup.y * workgroups.x + workgroup.x;
    let c = group % info.channels;
    let lane = group / info.channels % info.lanes;
    let wanted = group / (info.channels * info.lanes);
    let per_edge = max(N2, 1u);
    // A workgroup past the end has no strips: a barrier may not stand behind a return.
    let item = min(wanted, info.edges * per_edge - 1u);
    let edge = item / per_edge;
    let slot = item % per_edge;
    let branch = branch_of(slot);
    let kernel = kernel_of(branch);
    let unit = edge * N1 + slot;
    stat = stats[(unit * info.lanes + lane) * info.channels + c];
    let kernel_start = edge_weights(edge) + depthwise_offset(branch) + stage_length(branch)
        + c * u32(kernel * kernel);
    let axis = transposed_axis(kernel, 1, 1, 0);

    let tiles = info.second_tiles_x * info.second_tiles_y;
    let strips = select(0u, info.batch * tiles, wanted == item);
    for (var index = local.x; index < strips; index += THREADS) {
        let image = lane * info.batch + index / tiles;
        let plane_at = (image * info.channels + c) * info.out_pixels;
        let map_length = info.images * info.channels * info.out_pixels;
        z1_plane = unit * map_length + plane_at;
        out_plane = item * map_length + plane_at;
        let dt_plane = (info.edges * NI + item) * map_length + plane_at;
        let plane = Plane(dt_plane, info.out_height, info.out_width, 0.0, 1.0);
        let row = i32(index % tiles / info.second_tiles_x * info.strip);
        let column = i32(index % info.second_tiles_x * 4u);
        let rows = clamp(i32(info.out_height) - row, 0, i32(info.strip));
        let strip = Strip(plane, kernel_start, kernel, axis, axis, row, column, rows);
        run(strip, kernel);
    }
    var sums = reduce(local.x, part);
    if ((local.x == 0u) & (wanted == item)) {
        sums /= f32(info.batch * info.out_pixels);
        coef[coef_at(edge, FIRST_STAGE + branch, lane) + c] = vec4<f32>(stat.x, sums.x, stat.y * sums.y, stat.y);
    }
}
