// Gradients of all pointwise matrices, as partial sums over chunks of pixels: dpw[o,c] = sum of dz[o] * t[c].
// Reads  dz [E*N1 + POOLS + E*N2, I,C,Q], t [E*NB + REDUCES + E*N2, I,C,Q].
// Writes partials [E*S, CHUNKS], the pointwise parts.
// One invocation: an 8 x 8 part of one matrix x one chunk: every CHUNKS-th pixel.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> dz: array<f32>;
@group(0) @binding(2) var<storage, read_write> t: array<f32>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
{{ outer }}

var<private> product: Product;
var<private> first_o: u32;
var<private> first_c: u32;
var<private> chunk: u32;

fn put_one(o: u32, c: u32, value: f32) {
    if ((o >= product.first_row) & (o < product.last_row) & (c < info.channels)) {
        partials[(product.matrix - info.first_weight + o * info.channels + c) * info.chunks + chunk] = value;
    }
}

fn put(row: u32, a: vec4<f32>, b: vec4<f32>) {
    let o = first_o + row;
    put_one(o, first_c, a.x);
    put_one(o, first_c + 1u, a.y);
    put_one(o, first_c + 2u, a.z);
    put_one(o, first_c + 3u, a.w);
    put_one(o, first_c + 4u, b.x);
    put_one(o, first_c + 5u, b.y);
    put_one(o, first_c + 6u, b.z);
    put_one(o, first_c + 7u, b.w);
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let blocks = (info.channels + 7u) / 8u;
    var rest = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    chunk = rest % info.chunks;
    rest /= info.chunks;
    first_c = rest % blocks * 8u;
    rest /= blocks;
    first_o = rest % blocks * 8u;
    let matrix = rest / blocks;
    // The matrices of the first stage, then those of the second.
    let products = info.edges * NI;
    if (matrix >= products + info.edges * N2) {
        return;
    }
    let second = matrix >= products;
    let item = select(matrix, matrix - products, second);
    let per_edge = max(select(NI, N2, second), 1u);
    product = product_of(item / per_edge, item % per_edge, second);

    let pixels = info.out_pixels;
    let map_length = info.images * info.channels * pixels;
    // Rows and columns past the end repeat the last one and are not stored.
    let last = vec4<u32>(info.channels - 1u);
    let o_a = min(vec4<u32>(first_o) + vec4<u32>(0u, 1u, 2u, 3u), last) * pixels + product.gradient_map * map_length;
    let o_b = min(vec4<u32>(first_o) + vec4<u32>(4u, 5u, 6u, 7u), last) * pixels + product.gradient_map * map_length;
    let c_a = min(vec4<u32>(first_c) + vec4<u32>(0u, 1u, 2u, 3u), last) * pixels + product.input_map * map_length;
    let c_b = min(vec4<u32>(first_c) + vec4<u32>(4u, 5u, 6u, 7u), last) * pixels + product.input_map * map_length;
    for (var column = chunk; column < info.images * pixels; column += info.chunks) {
        let at = column / pixels * (info.channels * pixels) + column % pixels;
        let rows = Eight(
            vec4<f32>(dz[at + o_a.x], dz[at + o_a.y], dz[at + o_a.z], dz[at + o_a.w]),
            vec4<f32>(dz[at + o_b.x], dz[at + o_b.y], dz[at + o_b.z], dz[at + o_b.w]),
        );
        let columns = Eight(
            vec4<f32>(t[at + c_a.x], t[at + c_a.y], t[at + c_a.z], t[at + c_a.w]),
            vec4<f32>(t[at + c_b.x], t[at + c_b.y], t[at + c_b.z], t[at + c_b.w]),
        );
        add_outer(rows, columns);
    }
    put_all();
}
