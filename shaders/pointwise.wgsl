// Pointwise convolutions, forward. First stage: all branches of all edges and the two halves of the factorised reduce.
// With SECOND: the second stage of the separable branches.
// Reads  t [E*NB + REDUCES + E*N2, I,C,Q] (the maps of the stage), weights [S].
// Writes z: z1 [E*N1+..., I,C,Q] or z2 [E*N2, I,C,Q].
// One invocation: 8 output channels x 8 pixels of one image.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> t: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> z: array<f32>;
{{ outer }}
{{ eight_weights }}
{{ pixels }}

var<private> out_map: u32;
var<private> first_row: u32;
var<private> last_row: u32;
var<private> block: u32;

fn put(row: u32, a: vec4<f32>, b: vec4<f32>) {
    let o = block + row;
    if ((o >= first_row) & (o < last_row)) {
        let at = out_map + o * info.out_pixels + first_pixel;
        if (stored_a.x) { z[at] = a.x; }
        if (stored_a.y) { z[at + 1u] = a.y; }
        if (stored_a.z) { z[at + 2u] = a.z; }
        if (stored_a.w) { z[at + 3u] = a.w; }
        if (stored_b.x) { z[at + 4u] = b.x; }
        if (stored_b.y) { z[at + 5u] = b.y; }
        if (stored_b.z) { z[at + 6u] = b.z; }
        if (stored_b.w) { z[at + 7u] = b.w; }
    }
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let pixel_groups = (info.out_pixels + 7u) / 8u;
    let blocks = (info.channels + 7u) / 8u;
    var rest = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let group = rest % pixel_groups;
    rest /= pixel_groups;
    let image = rest % info.images;
    rest /= info.images;
    block = rest % blocks * 8u;
    let item = rest / blocks;
    let per_edge = max(select(NI, N2, SECOND), 1u);
    if (item >= info.edges * per_edge) {
        return;
    }
    let edge = item / per_edge;
    let slot = item % per_edge;
    let product = product_of(edge, slot, SECOND);
    let map_length = info.images * info.channels * info.out_pixels;
    let in_map = product.input_map * map_length + image * info.channels * info.out_pixels;
    let unit = select(product.unit, item, SECOND);
    out_map = unit * map_length + image * info.channels * info.out_pixels;
    first_row = product.first_row;
    last_row = product.last_row;
    select_pixels(group * 8u);

    // Rows past the end repeat the last one and are not stored.
    let rows_a = min(vec4<u32>(block) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(info.channels - 1u)) * info.channels;
    let rows_b = min(vec4<u32>(block) + vec4<u32>(4u, 5u, 6u, 7u), vec4<u32>(info.channels - 1u)) * info.channels;
    for (var c = 0u; c < info.channels; c++) {
        let at = in_map + c * info.out_pixels;
        let pixels = Eight(
            vec4<f32>(t[at + pixels_a.x], t[at + pixels_a.y], t[at + pixels_a.z], t[at + pixels_a.w]),
            vec4<f32>(t[at + pixels_b.x], t[at + pixels_b.y], t[at + pixels_b.z], t[at + pixels_b.w]),
        );
        let column = product.matrix + c;
        let rows = eight_weights(column + rows_a, column + rows_b);
        add_outer(rows, pixels);
    }
    put_all();
}
