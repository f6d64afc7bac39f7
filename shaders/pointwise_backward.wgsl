// Backward through a normalisation and the pointwise convolution before it: dt = pw^T dz, with dz made on the fly.
// With SECOND: the second stage of the separable branches. Otherwise the first stage of every branch, the two halves of
// the factorised reduce, and the poolings (no product; summed over the edges).
// Reads  g [E,I,C,Q], d1 [E*N2,I,C,Q] (first stage only), z (z2 or z1), coef [E,10,LANES,C], weights [E,S].
// Writes dt [E*N2, I, C, Q] or [E*NI + pools, I, C, Q].
// One workgroup: one item x TILE columns of a lane x all channels.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> g: array<f32>;
@group(0) @binding(1) var<storage, read_write> d1: array<f32>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
@group(0) @binding(3) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> dt: array<f32>;

var<workgroup> dz: array<f32, C * TILE>;

fn normalized_backward(k: vec4<f32>, grad: f32, value: f32) -> f32 {
    return k.w * (grad - k.y - (value - k.x) * k.z);
}

@compute @workgroup_size(TILE, ROWS, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let group = workgroup.y * workgroups.x + workgroup.x;
    if (group >= GROUPS) {
        return;
    }
    let column = group % TILES * TILE + local.x;
    let lane = group / TILES % LANES;
    let item = group / (TILES * LANES);
    let inside = column < COLUMNS;
    let image = lane * BATCH + column / Q;
    let q = column % Q;

    if (!SECOND && item >= POOL_ITEM) {
        let pool = item - POOL_ITEM;
        let op = pool_op(pool);
        if (inside) {
            for (var c = local.y; c < C; c += ROWS) {
                let value = z[(((POOL_UNIT + pool) * IMAGES + image) * C + c) * Q + q];
                var sum = 0.0;
                for (var edge = 0u; edge < E; edge++) {
                    let k = coef[((edge * 10u + op) * LANES + lane) * C + c];
                    sum += normalized_backward(k, g[((edge * IMAGES + image) * C + c) * Q + q], value);
                }
                dt[((item * IMAGES + image) * C + c) * Q + q] = sum;
            }
        }
        return;
    }

    let per_edge = select(NI1, SEPARABLE, SECOND);
    let edge = item / per_edge;
    let slot = item % per_edge;
    var matrix = edge * S + REDUCE_OFFSET;
    var unit = item;
    var coef_slot = SKIP;
    var from_d1 = false;
    var first_row = 0u;
    var last_row = C;
    if (SECOND || slot < NB) {
        let branch = branch_of(slot);
        let k = kernel_of(branch);
        matrix = edge * S + depthwise_offset(branch) + C * k * k;
        coef_slot = 4u + branch;
        if (SECOND) {
            matrix += C * C + C * k * k;
        } else {
            unit = edge * N1 + slot;
            if (branch < 2u) {
                from_d1 = true;
                coef_slot = 8u + branch;
            }
        }
    } else {
        unit = edge * N1 + LAST_UNIT;
        first_row = (slot - NB) * (C / 2u);
        last_row = first_row + C / 2u;
    }

    for (var o = local.y; o < C; o += ROWS) {
        var value = 0.0;
        if (inside) {
            let k = coef[((edge * 10u + coef_slot) * LANES + lane) * C + o];
            var grad: f32;
            if (from_d1) {
                grad = d1[(((edge * N2 + slot) * IMAGES + image) * C + o) * Q + q];
            } else {
                grad = g[((edge * IMAGES + image) * C + o) * Q + q];
            }
            value = normalized_backward(k, grad, z[((unit * IMAGES + image) * C + o) * Q + q]);
        }
        dz[o * TILE + local.x] = value;
    }
    workgroupBarrier();

    for (var block = local.y * BLOCK; block < C; block += ROWS * BLOCK) {
        var sums: array<f32, BLOCK>;
        for (var j = 0u; j < BLOCK; j++) {
            sums[j] = 0.0;
        }
        for (var o = first_row; o < last_row; o++) {
            let value = dz[o * TILE + local.x];
            for (var j = 0u; j < BLOCK; j++) {
                sums[j] += weights[matrix + o * C + block + j] * value;
            }
        }
        if (inside) {
            for (var j = 0u; j < BLOCK; j++) {
                dt[((item * IMAGES + image) * C + block + j) * Q + q] = sums[j];
            }
        }
    }
}
