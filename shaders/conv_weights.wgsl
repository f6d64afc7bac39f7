// Gradient of the weights of a convolution, as partial sums over chunks of columns: dw[o,i] = sum of dz[o] * input[i].
// Reads  x [I,CI,H,W], g [I,CO,Q], out [I,CO,Q], coef [LANES,CO].
// Writes partials [CHUNKS, CO, CI*k*k].
// One workgroup: a SIDE x SIDE part of the matrix x one chunk; both factors are staged DEPTH columns at a time.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;

// One column of padding keeps neighbors out of each other's memory bank.
const PITCH: u32 = SIDE + 1u;
var<workgroup> gradient: array<f32, DEPTH * PITCH>;
var<workgroup> input: array<f32, DEPTH * PITCH>;

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
    let chunk = group % CHUNKS;
    let first_i = group / CHUNKS % SIDES * SIDE;
    let part = group / (CHUNKS * SIDES);
    let phase = part / PARTS;
    let first_o = phase * HALF + part % PARTS * SIDE;
    let last_o = (phase + 1u) * HALF;

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
            var dz = 0.0;
            let o = first_o + row;
            if (column < end && o < last_o) {
                let at = (image * CO + o) * Q + q;
                let f = coef[image / BATCH * CO + o];
                dz = f.z * (g[at] - f.x - out[at] * f.y);
            }
            gradient[k * PITCH + row] = dz;
            var value = 0.0;
            let i = first_i + row;
            let y = i32(q / WO * STRIDE + phase + i % TAPS / KERNEL) - PAD;
            let xx = i32(q % WO * STRIDE + phase + i % KERNEL) - PAD;
            if (column < end && i < CI * TAPS && y >= 0 && y < i32(H) && xx >= 0 && xx < i32(W)) {
                value = x[(image * CI + i / TAPS) * P + u32(y) * W + u32(xx)];
                if (RELU) {
                    value = max(value, 0.0);
                }
            }
            input[k * PITCH + row] = value;
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
                let column = first_i + tx * PATCH + j;
                if (o < last_o && column < CI * TAPS) {
                    partials[(chunk * CO + o) * (CI * TAPS) + column] = sums[i * PATCH + j];
                }
            }
        }
    }
}
