// Backward through the first depthwise convolution of every branch, summed over the edges.
// Reads  dt [E*NI + E*N2,I,C,Q] (first stage), weights [S].
// Writes dh [NB,I,C,H,W]; of a dilated branch at stride 2 only the pixels with even coordinates.
// One invocation: one strip of 4 columns of one branch's plane; it adds one edge after the other.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> dt: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> dh: array<f32>;
{{ axis }}
{{ strip }}
{{ grid }}

// Whether earlier edges have written their part of the sum.
var<private> adding: bool;

fn value_at(plane: Plane, index: u32) -> f32 {
    return dt[index];
}

fn weight_at(index: u32) -> f32 {
    return weights[index];
}

fn emit_one(at: u32, inside: bool, value: f32) {
    if (inside) {
        dh[at] = value + select(0.0, dh[at], adding);
    }
}

fn grid_width() -> u32 {
    return info.width;
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    var rest = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let tile_x = rest % info.input_tiles_x;
    rest /= info.input_tiles_x;
    let tile_y = rest % info.input_tiles_y;
    rest /= info.input_tiles_y;
    // Image and channel.
    let map = rest % (info.images * info.channels);
    let c = map % info.channels;
    let slot = rest / (info.images * info.channels);
    if (slot >= NB) {
        return;
    }
    let branch = branch_of(slot);
    let kernel = kernel_of(branch);
    let dilation = dilation_of(branch);
    out_plane = (slot * info.images * info.channels + map) * info.in_pixels;

    let interleave = phases(STRIDE, dilation);
    let rows_axis = transposed_axis(kernel, STRIDE, dilation, i32(tile_y % interleave));
    let columns_axis = transposed_axis(kernel, STRIDE, dilation, i32(tile_x % interleave));
    let row = i32(tile_y / interleave * info.strip);
    let column = i32(tile_x / interleave * 4u);
    let height = axis_count(rows_axis, info.height);
    let width = axis_count(columns_axis, info.width);
    let rows = select(0, clamp(height - row, 0, i32(info.strip)), column < width);
    let kernel_offset = depthwise_offset(branch) + c * u32(kernel * kernel);
    for (var edge = 0u; edge < info.edges; edge++) {
        adding = edge > 0u;
        let dt_map = (edge * NI + slot) * info.images * info.channels + map;
        let plane = Plane(dt_map * info.out_pixels, info.out_height, info.out_width, 0.0, 1.0);
        let kernel_start = edge_weights(edge) + kernel_offset;
        let strip = Strip(plane, kernel_start, kernel, rows_axis, columns_axis, row, column, rows);
        run(strip, window(kernel, STRIDE, dilation));
    }
}
