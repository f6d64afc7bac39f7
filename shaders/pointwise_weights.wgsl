// Gradients of all pointwise matrices, as partial sums over chunks of columns: dpw[o,c] = sum of dz[o] * t[c].
// dz and the depthwise result t are made again on the fly.
// Reads  x [I,C,H,W], z1, z2, g [E,I,C,Q], d1 [E*N2,I,C,Q], coef [E,10,LANES,C], weights [E,S].
// Writes partials [CHUNKS,E,S], the pointwise parts.
// One workgroup: one matrix x a SIDE x SIDE part of it x one chunk; both factors are staged DEPTH columns at a time.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> z1: array<f32>;
@group(0) @binding(2) var<storage, read_write> z2: array<f32>;
@group(0) @binding(3) var<storage, read_write> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> d1: array<f32>;
@group(0) @binding(5) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> weights: array<f32>;
@group(0) @binding(7) var<storage, read_write> partials: array<f32>;

// One column of padding keeps neighbors out of each other's memory bank.
const PITCH: u32 = SIDE + 1u;
var<workgroup> gradient: array<f32, DEPTH * PITCH>;
var<workgroup> input: array<f32, DEPTH * PITCH>;

// ReLU of x, zero outside. Without branches: a negative coordinate is a large unsigned one.
fn relu_at(plane: u32, y: i32, xx: i32) -> f32 {
    let inside = (u32(y) < H) & (u32(xx) < W);
    let value = x[select(plane, plane + u32(y) * W + u32(xx), inside)];
    return select(0.0, max(value, 0.0), inside);
}

fn first_depthwise(plane: u32, kernel_start: u32, q: u32, k: u32, dilation: u32) -> f32 {
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

fn second_depthwise(plane: u32, mean: f32, scale: f32, kernel_start: u32, q: u32, k: u32) -> f32 {
    let y = i32(q / WO) - i32(k / 2u);
    let xx = i32(q % WO) - i32(k / 2u);
    var sum = 0.0;
    for (var i = 0u; i < k; i++) {
        for (var j = 0u; j < k; j++) {
            let yy = y + i32(i);
            let xj = xx + i32(j);
            let inside = (u32(yy) < HO) & (u32(xj) < WO);
            let value = z1[select(plane, plane + u32(yy) * WO + u32(xj), inside)];
            sum += weights[kernel_start + i * k + j] * select(0.0, max((value - mean) * scale, 0.0), inside);
        }
    }
    return sum;
}

@compute @workgroup_size(THREADS, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let group = workgroup.y * workgroups.x + workgroup.x;
    if (group >= GROUPS) {
        return;
    }
    let first_c = group % SIDES * SIDE;
    let first_o = group / SIDES % SIDES * SIDE;
    let chunk = group / (SIDES * SIDES) % CHUNKS;
    let matrix_index = group / (SIDES * SIDES * CHUNKS);
    let edge = matrix_index / (NI1 + N2);
    let item = matrix_index % (NI1 + N2);
    // Items: the first stage of each branch, the halves of the factorised reduce, the second stages.
    let second = item >= NI;
    let slot = select(item, item - NI, second);
    let reduce = !second && slot >= NB;

    var branch = 0u;
    var kernels = 0u;
    var matrix = edge * S + REDUCE_OFFSET;
    var coef_slot = SKIP;
    var unit = edge * N1 + LAST_UNIT;
    var first_row = 0u;
    var last_row = C;
    if (reduce) {
        first_row = (slot - NB) * (C / 2u);
        last_row = first_row + C / 2u;
    } else {
        branch = branch_of(slot);
        let taps = C * kernel_of(branch) * kernel_of(branch);
        kernels = edge * S + depthwise_offset(branch);
        coef_slot = 4u + branch;
        unit = edge * N1 + slot;
        if (second) {
            kernels += taps + C * C;
        } else if (branch < 2u) {
            coef_slot = 8u + branch;
        }
        matrix = kernels + taps;
    }
    let from_d1 = !second && coef_slot >= 8u;

    let tx = local.x % SPAN;
    let ty = local.x / SPAN;
    var sums: array<f32, PATCH * PATCH>;
    for (var i = 0u; i < PATCH * PATCH; i++) {
        sums[i] = 0.0;
    }
    let end = min((chunk + 1u) * CHUNK, IMAGES * Q);
    for (var start = chunk * CHUNK; start < end; start += DEPTH) {
        for (var index = local.x; index < SIDE * DEPTH; index += THREADS) {
            let k = index % DEPTH;
            let row = index / DEPTH;
            let column = start + k;
            let image = column / Q;
            let q = column % Q;
            let lane = image / BATCH;
            var dz = 0.0;
            let o = first_o + row;
            if (column < end && o < C) {
                let f = coef[((edge * 10u + coef_slot) * LANES + lane) * C + o];
                var grad: f32;
                var value: f32;
                if (from_d1) {
                    grad = d1[(((edge * N2 + slot) * IMAGES + image) * C + o) * Q + q];
                } else {
                    grad = g[((edge * IMAGES + image) * C + o) * Q + q];
                }
                if (second) {
                    value = z2[(((edge * N2 + slot) * IMAGES + image) * C + o) * Q + q];
                } else {
                    value = z1[((unit * IMAGES + image) * C + o) * Q + q];
                }
                dz = f.w * (grad - f.y - (value - f.x) * f.z);
            }
            gradient[k * PITCH + row] = dz;
            var t = 0.0;
            let c = first_c + row;
            if (column < end && c < C) {
                let plane = (image * C + c) * P;
                if (reduce) {
                    let phase = slot - NB;
                    t = relu_at(plane, i32(q / WO * STRIDE + phase), i32(q % WO * STRIDE + phase));
                } else if (second) {
                    let f = coef[((edge * 10u + 8u + branch) * LANES + lane) * C + c];
                    let source = ((unit * IMAGES + image) * C + c) * Q;
                    if (branch == 0u) {
                        t = second_depthwise(source, f.x, f.w, kernels + c * 9u, q, 3u);
                    } else {
                        t = second_depthwise(source, f.x, f.w, kernels + c * 25u, q, 5u);
                    }
                } else {
                    // Literal kernel sizes let the driver unroll the taps.
                    if (kernel_of(branch) == 3u) {
                        t = first_depthwise(plane, kernels + c * 9u, q, 3u, dilation_of(branch));
                    } else {
                        t = first_depthwise(plane, kernels + c * 25u, q, 5u, dilation_of(branch));
                    }
                }
            }
            input[k * PITCH + row] = t;
        }
        workgroupBarrier();
        if (ty < SPAN) {
            for (var k = 0u; k < DEPTH; k++) {
                var a: array<f32, PATCH>;
                var b: array<f32, PATCH>;
                for (var i = 0u; i < PATCH; i++) {
                    a[i] = gradient[k * PITCH + ty * PATCH + i];
                    b[i] = input[k * PITCH + tx * PATCH + i];
                }
                for (var i = 0u; i < PATCH; i++) {
                    for (var j = 0u; j < PATCH; j++) {
                        sums[i * PATCH + j] += a[i] * b[j];
                    }
                }
            }
        }
        workgroupBarrier();
    }
    if (ty < SPAN) {
        for (var i = 0u; i < PATCH; i++) {
            for (var j = 0u; j < PATCH; j++) {
                let o = first_o + ty * PATCH + i;
                let c = first_c + tx * PATCH + j;
                if (o >= first_row && o < last_row && c < C) {
                    partials[chunk * (E * S) + matrix + o * C + c] = sums[i * PATCH + j];
                }
            }
        }
    }
}
