// Depthwise convolutions, forward. First stage: all branches of all edges, of ReLU(x). With SECOND: the separable
// branches, of the normalised and rectified result of their first stage.
// Reads  x [I,C,H,W] or a node in [I,nodes*C,H,W] (first stage), z1 [E*N1+..., I,C,Q] and stats (second stage), weights [S].
// Writes t [E*NB + REDUCES + E*N2, I,C,Q]: the part of the stage.
// One invocation: one strip of 4 columns of one plane.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> z1: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> t: array<f32>;
{{ axis }}
{{ strip }}
{{ grid }}

const STAGE_STRIDE: i32 = select(STRIDE, 1, SECOND);

// Whether earlier phases have written their part of the sum.
var<private> adding: bool;

fn value_at(plane: Plane, index: u32) -> f32 {
    if (SECOND) {
        return max((z1[index] - plane.mean) * plane.scale, 0.0);
    }
    return max(x[index], 0.0);
}

fn weight_at(index: u32) -> f32 {
    return weights[index];
}

fn emit_one(at: u32, inside: bool, value: f32) {
    if (inside) {
        if (STAGE_STRIDE == 2) {
            t[at] = value + select(0.0, t[at], adding);
        } else {
            t[at] = value;
        }
    }
}

fn grid_width() -> u32 {
    return info.out_width;
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let tiles_x = select(info.first_tiles_x, info.second_tiles_x, SECOND);
    let tiles_y = select(info.first_tiles_y, info.second_tiles_y, SECOND);
    var rest = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let tile_x = rest % tiles_x;
    rest /= tiles_x;
    let tile_y = rest % tiles_y;
    rest /= tiles_y;
    let c = rest % info.channels;
    rest /= info.channels;
    let image = rest % info.images;
    let item = rest / info.images;
    let per_edge = max(select(NB, N2, SECOND), 1u);
    if (item >= info.edges * per_edge) {
        return;
    }
    let edge = item / per_edge;
    let slot = item % per_edge;
    let branch = branch_of(slot);
    let kernel = kernel_of(branch);
    let dilation = dilation_of(branch);
    let map = item + select(0u, second_map(), SECOND);
    out_plane = (map * info.images + image) * info.channels * info.out_pixels + c * info.out_pixels;

    var plane = Plane(x_plane(image * info.channels + c), info.height, info.width, 0.0, 1.0);
    var kernel_start = edge_weights(edge) + depthwise_offset(branch);
    if (SECOND) {
        let unit = edge * N1 + slot;
        let stat = stats[(unit * info.lanes + image / info.batch) * info.channels + c];
        plane = Plane(
            ((unit * info.images + image) * info.channels + c) * info.out_pixels,
            info.out_height,
            info.out_width,
            stat.x,
            stat.y,
        );
        kernel_start += stage_length(branch);
    }
    kernel_start += c * u32(kernel * kernel);

    // At stride 2 without dilation the phases are parts of one sum; else each has its own outputs.
    let parts = select(1u, 4u, STAGE_STRIDE == 2 && dilation == 1);
    let interleave = select(1u, phases(STAGE_STRIDE, dilation), parts == 1u);
    for (var part = 0u; part < parts; part++) {
        adding = part > 0u;
        let row_phase = select(tile_y % interleave, part / 2u, parts == 4u);
        let column_phase = select(tile_x % interleave, part % 2u, parts == 4u);
        let rows_axis = forward_axis(kernel, STAGE_STRIDE, dilation, i32(row_phase));
        let columns_axis = forward_axis(kernel, STAGE_STRIDE, dilation, i32(column_phase));
        let row = i32(tile_y / interleave * info.strip);
        let column = i32(tile_x / interleave * 4u);
        let height = axis_count(rows_axis, info.out_height);
        let width = axis_count(columns_axis, info.out_width);
        let rows = select(0, clamp(height - row, 0, i32(info.strip)), column < width);
        let strip = Strip(plane, kernel_start, kernel, rows_axis, columns_axis, row, column, rows);
        run(strip, window(kernel, STAGE_STRIDE, dilation));
    }
}
