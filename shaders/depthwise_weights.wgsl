// Gradients of all depthwise kernels, as partial sums over chunks of columns.
// Reads  x [I,C,H,W], z1, dt1 [E*NI + pools,I,C,Q], dt2 [E*N2,I,C,Q], coef [E,10,LANES,C] (slots 8 and 9).
// Writes partials [CHUNKS,E,S], the depthwise parts.
// One workgroup: one kernel of one channel x one chunk; every invocation keeps all taps, then they are added in order.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> z1: array<f32>;
@group(0) @binding(2) var<storage, read_write> dt1: array<f32>;
@group(0) @binding(3) var<storage, read_write> dt2: array<f32>;
@group(0) @binding(4) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> partials: array<f32>;

var<workgroup> parts: array<f32, 1600>;

// ReLU of x, zero outside. Without branches: a negative coordinate is a large unsigned one.
fn first_input(plane: u32, y: i32, xx: i32) -> f32 {
    let inside = (u32(y) < H) & (u32(xx) < W);
    let value = x[select(plane, plane + u32(y) * W + u32(xx), inside)];
    return select(0.0, max(value, 0.0), inside);
}

fn second_input(plane: u32, f: vec4<f32>, y: i32, xx: i32) -> f32 {
    let inside = (u32(y) < HO) & (u32(xx) < WO);
    let value = z1[select(plane, plane + u32(y) * WO + u32(xx), inside)];
    return select(0.0, max((value - f.x) * f.w, 0.0), inside);
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let group = workgroup.y * workgroups.x + workgroup.x;
    if (group >= GROUPS) {
        return;
    }
    let chunk = group % CHUNKS;
    let c = group / CHUNKS % C;
    let kernel_index = group / (CHUNKS * C);
    let edge = kernel_index / KERNELS;
    let item = kernel_index % KERNELS;
    let second = item >= NB;
    let slot = select(item, item - NB, second);
    let branch = branch_of(slot);
    let k = kernel_of(branch);
    let taps = k * k;
    var kernel_start = edge * S + depthwise_offset(branch) + c * taps;
    if (second) {
        kernel_start += C * taps + C * C;
    }

    var sums: array<f32, 25>;
    for (var tap = 0u; tap < 25u; tap++) {
        sums[tap] = 0.0;
    }
    let end = min((chunk + 1u) * CHUNK, IMAGES * Q);
    for (var column = chunk * CHUNK + local.x; column < end; column += 64u) {
        let image = column / Q;
        let q = column % Q;
        let row = i32(q / WO);
        let col = i32(q % WO);
        if (second) {
            let f = coef[((edge * 10u + 8u + branch) * LANES + image / BATCH) * C + c];
            let plane = (((edge * N1 + slot) * IMAGES + image) * C + c) * Q;
            let grad = dt2[(((edge * N2 + slot) * IMAGES + image) * C + c) * Q + q];
            if (branch == 0u) {
                for (var tap = 0u; tap < 9u; tap++) {
                    sums[tap] += grad * second_input(plane, f, row + i32(tap / 3u) - 1, col + i32(tap % 3u) - 1);
                }
            } else {
                for (var tap = 0u; tap < 25u; tap++) {
                    sums[tap] += grad * second_input(plane, f, row + i32(tap / 5u) - 2, col + i32(tap % 5u) - 2);
                }
            }
        } else {
            let plane = (image * C + c) * P;
            let grad = dt1[(((edge * NI1 + slot) * IMAGES + image) * C + c) * Q + q];
            let dilation = i32(dilation_of(branch));
            let y = row * i32(STRIDE) - i32(k / 2u) * dilation;
            let xx = col * i32(STRIDE) - i32(k / 2u) * dilation;
            if (k == 3u) {
                for (var tap = 0u; tap < 9u; tap++) {
                    sums[tap] += grad * first_input(plane, y + i32(tap / 3u) * dilation, xx + i32(tap % 3u) * dilation);
                }
            } else {
                for (var tap = 0u; tap < 25u; tap++) {
                    sums[tap] += grad * first_input(plane, y + i32(tap / 5u) * dilation, xx + i32(tap % 5u) * dilation);
                }
            }
        }
    }
    for (var tap = 0u; tap < 25u; tap++) {
        parts[tap * 64u + local.x] = sums[tap];
    }
    workgroupBarrier();
    if (local.x < taps) {
        var sum = 0.0;
        for (var i = 0u; i < 64u; i++) {
            sum += parts[local.x * 64u + i];
        }
        partials[chunk * (E * S) + kernel_start + local.x] = sum;
    }
}
