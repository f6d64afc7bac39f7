// Second stage of the separable branches: depthwise and pointwise convolution of the normalised, rectified first stage.
// Reads  z1 [E*N1 + pools, I, C, Q], stats, weights [E,S].
// Writes z2 [E*N2, I, C, Q].
// One workgroup: one edge and branch x TILE columns of a lane x all channels.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> z1: array<f32>;
@group(0) @binding(1) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> z2: array<f32>;

var<workgroup> t: array<f32, C * TILE>;

fn depthwise(plane: u32, stat: vec2<f32>, kernel_start: u32, q: u32, k: u32) -> f32 {
    let y = i32(q / WO) - i32(k / 2u);
    let xx = i32(q % WO) - i32(k / 2u);
    var sum = 0.0;
    for (var i = 0u; i < k; i++) {
        for (var j = 0u; j < k; j++) {
            let yy = y + i32(i);
            let xj = xx + i32(j);
            let inside = (u32(yy) < HO) & (u32(xj) < WO);
            let value = z1[select(plane, plane + u32(yy) * WO + u32(xj), inside)];
            sum += weights[kernel_start + i * k + j] * select(0.0, max((value - stat.x) * stat.y, 0.0), inside);
        }
    }
    return sum;
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
    let edge = item / SEPARABLE;
    let slot = item % SEPARABLE;
    let inside = column < COLUMNS;
    let image = lane * BATCH + column / Q;
    let q = column % Q;
    let branch = branch_of(slot);
    let unit = edge * N1 + slot;
    let k = kernel_of(branch);
    let kernels = edge * S + depthwise_offset(branch) + C * k * k + C * C;
    let matrix = kernels + C * k * k;

    for (var c = local.y; c < C; c += ROWS) {
        var value = 0.0;
        if (inside) {
            let plane = ((unit * IMAGES + image) * C + c) * Q;
            let stat = stats[(unit * LANES + lane) * C + c];
            if (branch == 0u) {
                value = depthwise(plane, stat, kernels + c * 9u, q, 3u);
            } else {
                value = depthwise(plane, stat, kernels + c * 25u, q, 5u);
            }
        }
        t[c * TILE + local.x] = value;
    }
    workgroupBarrier();

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
                z2[((item * IMAGES + image) * C + block + j) * Q + q] = sums[j];
            }
        }
    }
}
