// Backward through a normalisation and the pointwise convolution before it: dt = pw^T dz.
// With SECOND: the second stage of the separable branches. Otherwise the first stage of every branch, the two halves of
// the factorised reduce, and the poolings (no product; dz summed over the edges).
// Reads  g [I,nodes*C,Q], d1 [E*N2,I,C,Q] (first stage only), z (z2 or z1), coef [E,COEFFICIENTS,LANES,C], weights [S].
// Writes dt [E*NI + E*N2, I,C,Q] and dz [E*N1 + POOLS + E*N2, I,C,Q]: the maps of the stage.
// One invocation: 8 channels x 8 pixels of one image.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> d1: array<f32>;
@group(0) @binding(3) var<storage, read_write> z: array<f32>;
@group(0) @binding(4) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> weights: array<f32>;
@group(0) @binding(6) var<storage, read_write> dt: array<f32>;
@group(0) @binding(7) var<storage, read_write> dz: array<f32>;
{{ outer }}
{{ eight_weights }}
{{ pixels }}

var<private> out_map: u32;
var<private> last_row: u32;
var<private> block: u32;

fn put(row: u32, a: vec4<f32>, b: vec4<f32>) {
    let c = block + row;
    if (c < last_row) {
        let at = out_map + c * info.out_pixels + first_pixel;
        if (stored_a.x) { dt[at] = a.x; }
        if (stored_a.y) { dt[at + 1u] = a.y; }
        if (stored_a.z) { dt[at + 2u] = a.z; }
        if (stored_a.w) { dt[at + 3u] = a.w; }
        if (stored_b.x) { dt[at + 4u] = b.x; }
        if (stored_b.y) { dt[at + 5u] = b.y; }
        if (stored_b.z) { dt[at + 6u] = b.z; }
        if (stored_b.w) { dt[at + 7u] = b.w; }
    }
}

fn put_dz(map_at: u32, value: Eight, wanted: bool) {
    let at = map_at + first_pixel;
    if (wanted & stored_a.x) { dz[at] = value.a.x; }
    if (wanted & stored_a.y) { dz[at + 1u] = value.a.y; }
    if (wanted & stored_a.z) { dz[at + 2u] = value.a.z; }
    if (wanted & stored_a.w) { dz[at + 3u] = value.a.w; }
    if (wanted & stored_b.x) { dz[at + 4u] = value.b.x; }
    if (wanted & stored_b.y) { dz[at + 5u] = value.b.y; }
    if (wanted & stored_b.z) { dz[at + 6u] = value.b.z; }
    if (wanted & stored_b.w) { dz[at + 7u] = value.b.w; }
}

fn read_g(at: u32) -> Eight {
    return Eight(
        vec4<f32>(g[at + pixels_a.x], g[at + pixels_a.y], g[at + pixels_a.z], g[at + pixels_a.w]),
        vec4<f32>(g[at + pixels_b.x], g[at + pixels_b.y], g[at + pixels_b.z], g[at + pixels_b.w]),
    );
}

fn read_d1(at: u32) -> Eight {
    return Eight(
        vec4<f32>(d1[at + pixels_a.x], d1[at + pixels_a.y], d1[at + pixels_a.z], d1[at + pixels_a.w]),
        vec4<f32>(d1[at + pixels_b.x], d1[at + pixels_b.y], d1[at + pixels_b.z], d1[at + pixels_b.w]),
    );
}

fn read_z(at: u32) -> Eight {
    return Eight(
        vec4<f32>(z[at + pixels_a.x], z[at + pixels_a.y], z[at + pixels_a.z], z[at + pixels_a.w]),
        vec4<f32>(z[at + pixels_b.x], z[at + pixels_b.y], z[at + pixels_b.z], z[at + pixels_b.w]),
    );
}

fn normalized_backward(k: vec4<f32>, grad: Eight, value: Eight) -> Eight {
    return Eight(
        k.w * (grad.a - k.y - (value.a - k.x) * k.z),
        k.w * (grad.b - k.y - (value.b - k.x) * k.z),
    );
}

fn add_row(row_at: u32, value: Eight) {
    let last = info.channels - 1u;
    let columns_a = min(vec4<u32>(block) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(last)) + row_at;
    let columns_b = min(vec4<u32>(block) + vec4<u32>(4u, 5u, 6u, 7u), vec4<u32>(last)) + row_at;
    add_outer(eight_weights(columns_a, columns_b), value);
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
    let products = info.edges * select(NI, N2, SECOND);
    if (item >= products + select(POOLS, 0u, SECOND)) {
        return;
    }
    let lane = image / info.batch;
    let plane_length = info.channels * info.out_pixels;
    let map_length = info.images * plane_length;
    let image_at = image * plane_length;
    let pixel = info.out_pixels;
    select_pixels(group * 8u);

    // The poolings take the last items; products take none of their rows.
    let pool = item - products;
    let is_pool = item >= products;
    let edge = select(item / per_edge, 0u, is_pool);
    let slot = select(item % per_edge, 0u, is_pool);
    let product = product_of(edge, slot, SECOND);
    let coefs = coef_at(edge, product.coef_slot, lane);
    let z_at = select(product.unit, item, SECOND) * map_length + image_at;
    let dz_at = product.gradient_map * map_length + image_at;
    let from_d1 = product.coef_slot >= FIRST_STAGE && product.coef_slot < FIRST_DOT;
    let begin = product.first_row;
    let end = select(product.last_row, begin, is_pool);
    last_row = select(info.channels, 0u, is_pool);
    out_map = product.output_map * map_length + image_at;

    // One loop for each buffer: a choice between buffers would cost a load of each on some devices.
    let g_at = node_plane(edge, image * info.channels);
    for (var o = begin; o < select(end, begin, from_d1); o++) {
        let value = normalized_backward(coef[coefs + o], read_g(g_at + o * pixel), read_z(z_at + o * pixel));
        if (STORE_DZ) {
            put_dz(dz_at + o * pixel, value, block == 0u);
        }
        add_row(product.matrix + o * info.channels, value);
    }
    if (!SECOND) {
        let d1_at = (edge * N2 + slot) * map_length + image_at;
        for (var o = begin; o < select(begin, end, from_d1); o++) {
            let value = normalized_backward(coef[coefs + o], read_d1(d1_at + o * pixel), read_z(z_at + o * pixel));
            if (STORE_DZ) {
                put_dz(dz_at + o * pixel, value, block == 0u);
            }
            add_row(product.matrix + o * info.channels, value);
        }
        let pool_end = select(0u, min(block + 8u, info.channels), is_pool);
        let pool_map = (info.edges * N1 + pool) * map_length + image_at;
        for (var o = block; o < pool_end; o++) {
            let value = read_z(pool_map + o * pixel);
            var sum = Eight(vec4<f32>(0.0), vec4<f32>(0.0));
            for (var e = 0u; e < info.edges; e++) {
                let k = coef[coef_at(e, pool_op(pool), lane) + o];
                let part = normalized_backward(k, read_g(node_plane(e, image * info.channels) + o * pixel), value);
                sum = Eight(sum.a + part.a, sum.b + part.b);
            }
            put_dz(pool_map + o * pixel, sum, true);
        }
    }
    put_all();
}
