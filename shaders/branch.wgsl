// First stage of the mixed edges: every convolution branch up to its first normalisation, the factorised reduce, and
// the two poolings that all edges share.
// Reads  x [I,C,H,W], weights [E,S].
// Writes z1 [E*N1 + pools, I, C, Q].
// One workgroup: one item (edge and branch, or pooling) x TILE columns of a lane x all channels. The depthwise results
// of all channels wait in workgroup memory for the pointwise product.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> z1: array<f32>;

var<workgroup> t: array<f32, C * TILE>;

// ReLU of x, zero outside. Without branches: a negative coordinate is a large unsigned one.
fn relu_at(plane: u32, y: i32, xx: i32) -> f32 {
    let inside = (u32(y) < H) & (u32(xx) < W);
    let value = x[select(plane, plane + u32(y) * W + u32(xx), inside)];
    return select(0.0, max(value, 0.0), inside);
}

fn depthwise(plane: u32, kernel_start: u32, q: u32, k: u32, dilation: u32) -> f32 {
    let pad = i32(k / 2u * dilation);
    let y = i32(q / WO * STRIDE) - pad;
    let xx = i32(q % WO * STRIDE) - pad;
    var sum = 0.0;
    for (var i = 0u; i < k; i++) {
        for (var j = 0u; j < k; j++) {
            sum += weights[kernel_start + i * k + j] * relu_at(plane, y + i32(i * dilation), xx + i32(j * dilation));
        }
    }
    return sum;
}

// 3x3 maximum over the valid pixels.
fn max_pool(plane: u32, q: u32) -> f32 {
    let y = i32(q / WO * STRIDE) - 1;
    let xx = i32(q % WO * STRIDE) - 1;
    var best = -3.4e38;
    for (var i = max(y, 0); i < min(y + 3, i32(H)); i++) {
        for (var j = max(xx, 0); j < min(xx + 3, i32(W)); j++) {
            best = max(best, x[plane + u32(i) * W + u32(j)]);
        }
    }
    return best;
}

// 3x3 mean over the valid pixels.
fn avg_pool(plane: u32, q: u32) -> f32 {
    let y = i32(q / WO * STRIDE) - 1;
    let xx = i32(q % WO * STRIDE) - 1;
    var sum = 0.0;
    var count = 0.0;
    for (var i = max(y, 0); i < min(y + 3, i32(H)); i++) {
        for (var j = max(xx, 0); j < min(xx + 3, i32(W)); j++) {
            sum += x[plane + u32(i) * W + u32(j)];
            count += 1.0;
        }
    }
    return sum / count;
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

    if (item >= POOL_ITEM) {
        let pool = item - POOL_ITEM;
        let unit = POOL_UNIT + pool;
        if (inside) {
            for (var c = local.y; c < C; c += ROWS) {
                let plane = (image * C + c) * P;
                var value: f32;
                if (pool_is_max(pool)) {
                    value = max_pool(plane, q);
                } else {
                    value = avg_pool(plane, q);
                }
                z1[((unit * IMAGES + image) * C + c) * Q + q] = value;
            }
        }
        return;
    }

    let edge = item / NI1;
    let slot = item % NI1;
    let edge_weights = edge * S;
    var matrix = edge_weights + REDUCE_OFFSET;
    var first_row = 0u;
    var last_row = C;
    if (slot < NB) {
        let branch = branch_of(slot);
        let kernels = edge_weights + depthwise_offset(branch);
        let k = kernel_of(branch);
        matrix = kernels + C * k * k;
        for (var c = local.y; c < C; c += ROWS) {
            var value = 0.0;
            if (inside) {
                let plane = (image * C + c) * P;
                // Literal kernel sizes let the driver unroll the taps.
                if (k == 3u) {
                    value = depthwise(plane, kernels + c * 9u, q, 3u, dilation_of(branch));
                } else {
                    value = depthwise(plane, kernels + c * 25u, q, 5u, dilation_of(branch));
                }
            }
            t[c * TILE + local.x] = value;
        }
    } else {
        // Factorised reduce: one half of the output channels reads the even pixels, the other half the odd ones.
        let phase = slot - NB;
        first_row = phase * (C / 2u);
        last_row = first_row + C / 2u;
        let y = i32(q / WO * STRIDE + phase);
        let xx = i32(q % WO * STRIDE + phase);
        for (var c = local.y; c < C; c += ROWS) {
            var value = 0.0;
            if (inside) {
                value = relu_at((image * C + c) * P, y, xx);
            }
            t[c * TILE + local.x] = value;
        }
    }
    workgroupBarrier();

    let unit = edge * N1 + min(slot, LAST_UNIT);
    for (var block = local.y * BLOCK; block < C; block += ROWS * BLOCK) {
        var sums: array<f32, BLOCK>;
        for (var j = 0u; j < BLOCK; j++) {
            sums[j] = 0.0;
        }
        for (var c = 0u; c < C; c++) {
            let value = t[c * TILE + local.x];
            for (var j = 0u; j < BLOCK; j++) {
                sums[j] += weights[matrix + (block + j) * C + c] * value;
            }
        }
        if (inside) {
            for (var j = 0u; j < BLOCK; j++) {
                let o = block + j;
                if (o >= first_row && o < last_row) {
                    z1[((unit * IMAGES + image) * C + o) * Q + q] = sums[j];
                }
            }
        }
    }
}
