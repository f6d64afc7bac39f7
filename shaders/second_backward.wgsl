// Backward through the depthwise convolution and the ReLU between the two stages of a separable branch:
//   d1 = [normalised z1 > 0] * dw2^T dt2, and from its sums the coefficients of the first normalisation's backward.
// Reads  dt2 [E*N2,I,C,Q], z1, stats, weights [E,S].
// Writes d1 [E*N2,I,C,Q], coef [E,10,LANES,C] at slots 8 and 9.
// One workgroup handles and reduces one edge, branch, lane and channel, in a fixed order.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> dt2: array<f32>;
@group(0) @binding(1) var<storage, read_write> z1: array<f32>;
@group(0) @binding(2) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> d1: array<f32>;
@group(0) @binding(5) var<storage, read_write> coef: array<vec4<f32>>;

var<workgroup> parts: array<vec2<f32>, 256>;

fn depthwise_transposed(plane: u32, kernel_start: u32, q: u32, k: u32) -> f32 {
    let y = i32(q / WO) + i32(k / 2u);
    let xx = i32(q % WO) + i32(k / 2u);
    var sum = 0.0;
    for (var i = 0u; i < k; i++) {
        for (var j = 0u; j < k; j++) {
            let yy = y - i32(i);
            let xj = xx - i32(j);
            let inside = (u32(yy) < HO) & (u32(xj) < WO);
            let value = dt2[select(plane, plane + u32(yy) * WO + u32(xj), inside)];
            sum += weights[kernel_start + i * k + j] * select(0.0, value, inside);
        }
    }
    return sum;
}

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let group = workgroup.y * workgroups.x + workgroup.x;
    if (group >= GROUPS) {
        return;
    }
    let c = group % C;
    let lane = group / C % LANES;
    let item = group / (C * LANES);
    let edge = item / SEPARABLE;
    let slot = item % SEPARABLE;
    let branch = branch_of(slot);
    let unit = edge * N1 + slot;
    let stat = stats[(unit * LANES + lane) * C + c];
    let k = kernel_of(branch);
    let kernel_start = edge * S + depthwise_offset(branch) + C * k * k + C * C + c * k * k;

    var part = vec2<f32>(0.0, 0.0);
    for (var column = local.x; column < COLUMNS; column += 256u) {
        let image = lane * BATCH + column / Q;
        let q = column % Q;
        let plane = ((item * IMAGES + image) * C + c) * Q;
        let normalized = (z1[((unit * IMAGES + image) * C + c) * Q + q] - stat.x) * stat.y;
        var value = 0.0;
        if (normalized > 0.0) {
            if (branch == 0u) {
                value = depthwise_transposed(plane, kernel_start, q, 3u);
            } else {
                value = depthwise_transposed(plane, kernel_start, q, 5u);
            }
        }
        d1[plane + q] = value;
        part += vec2<f32>(value, value * normalized);
    }
    parts[local.x] = part;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half /= 2u) {
        if (local.x < half) {
            parts[local.x] += parts[local.x + half];
        }
        workgroupBarrier();
    }
    if (local.x == 0u) {
        let sums = parts[0] / f32(COLUMNS);
        coef[((edge * 10u + 8u + branch) * LANES + lane) * C + c] =
            vec4<f32>(stat.x, sums.x, stat.y * sums.y, stat.y);
    }
}
