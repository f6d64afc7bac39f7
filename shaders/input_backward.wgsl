// Gradient of the input of the mixed edges: all branches of all edges gathered at each input pixel.
// Reads  x [I,C,H,W], dt [E*NI + pools,I,C,Q], weights [E,S], g [E,I,C,Q], coef [E,10,LANES,C], z1 (the maxima).
// Writes dx [I,C,H,W].
// One workgroup: one lane and channel x 256 input pixels of its images.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> dt: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> z1: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;

fn depthwise_transposed(plane: u32, kernel_start: u32, y: u32, xx: u32, k: u32, dilation: u32) -> f32 {
    let pad = k / 2u * dilation;
    var sum = 0.0;
    for (var i = 0u; i < k; i++) {
        for (var j = 0u; j < k; j++) {
            // Below zero these wrap around and fail the test against the size.
            let sy = y + pad - i * dilation;
            let sx = xx + pad - j * dilation;
            let inside = (sy % STRIDE == 0u) & (sx % STRIDE == 0u) & (sy / STRIDE < HO) & (sx / STRIDE < WO);
            let value = dt[select(plane, plane + sy / STRIDE * WO + sx / STRIDE, inside)];
            sum += weights[kernel_start + i * k + j] * select(0.0, value, inside);
        }
    }
    return sum;
}

// Whether (y, xx) is the first maximum, in scan order, of the window of output pixel (qy, qx).
fn is_first_maximum(plane: u32, y: u32, xx: u32, qy: u32, qx: u32, value: f32) -> bool {
    let top = i32(qy * STRIDE) - 1;
    let left = i32(qx * STRIDE) - 1;
    for (var i = max(top, 0); i <= i32(y); i++) {
        for (var j = max(left, 0); j < min(left + 3, i32(W)); j++) {
            let earlier = i < i32(y) || j < i32(xx);
            if (earlier && x[plane + u32(i) * W + u32(j)] == value) {
                return false;
            }
        }
    }
    return true;
}

fn valid_count(q: u32, size: u32) -> f32 {
    let start = i32(q * STRIDE) - 1;
    return f32(min(start + 3, i32(size)) - max(start, 0));
}

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let group = workgroup.y * workgroups.x + workgroup.x;
    let column = group % TILES * 256u + local.x;
    if (group >= GROUPS || column >= BATCH * P) {
        return;
    }
    let c = group / TILES % C;
    let lane = group / (TILES * C);
    let image = lane * BATCH + column / P;
    let p = column % P;
    let y = p / W;
    let xx = p % W;
    let in_plane = (image * C + c) * P;
    let value = x[in_plane + p];

    var rectified = 0.0;
    var direct = 0.0;
    for (var edge = 0u; edge < E; edge++) {
        if (value > 0.0) {
            for (var slot = 0u; slot < NB; slot++) {
                let branch = branch_of(slot);
                let plane = (((edge * NI1 + slot) * IMAGES + image) * C + c) * Q;
                let kernels = edge * S + depthwise_offset(branch);
                // Literal kernel sizes let the driver unroll the taps.
                if (kernel_of(branch) == 3u) {
                    rectified += depthwise_transposed(plane, kernels + c * 9u, y, xx, 3u, dilation_of(branch));
                } else {
                    rectified += depthwise_transposed(plane, kernels + c * 25u, y, xx, 5u, dilation_of(branch));
                }
            }
            if (HAS_REDUCE && y % 2u == xx % 2u) {
                let plane = (((edge * NI1 + NB + y % 2u) * IMAGES + image) * C + c) * Q;
                rectified += dt[plane + y / 2u * WO + xx / 2u];
            }
        }
        if (IDENTITY) {
            direct += coef[((edge * 10u + SKIP) * LANES + lane) * C + c].w * g[((edge * IMAGES + image) * C + c) * Q + p];
        }
    }

    for (var pool = 0u; pool < POOLS; pool++) {
        let plane = (((POOL_ITEM + pool) * IMAGES + image) * C + c) * Q;
        let maxima = (((POOL_UNIT + pool) * IMAGES + image) * C + c) * Q;
        for (var i = 0u; i < 3u; i++) {
            let sy = y + 1u - i;
            if (sy % STRIDE != 0u || sy / STRIDE >= HO) {
                continue;
            }
            for (var j = 0u; j < 3u; j++) {
                let sx = xx + 1u - j;
                if (sx % STRIDE != 0u || sx / STRIDE >= WO) {
                    continue;
                }
                let qy = sy / STRIDE;
                let qx = sx / STRIDE;
                let q = qy * WO + qx;
                if (!pool_is_max(pool)) {
                    direct += dt[plane + q] / (valid_count(qy, H) * valid_count(qx, W));
                } else if (z1[maxima + q] == value && is_first_maximum(in_plane, y, xx, qy, qx, value)) {
                    direct += dt[plane + q];
                }
            }
        }
    }
    dx[in_plane + p] = rectified + direct;
}
