// Backward of the normalisation after a convolution: the sums its gradient is made of,
//   dz = coef.z * (g - coef.x - out * coef.y).
// Reads  g [I,CO,Q], out [I,CO,Q] (normalised), stats [LANES,CO].
// Writes coef [LANES,CO].
// One workgroup reduces one lane and channel, in a fixed order.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> g: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> coef: array<vec4<f32>>;

var<workgroup> parts: array<vec2<f32>, 256>;

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
    let c = group % CO;
    let lane = group / CO;
    var part = vec2<f32>(0.0, 0.0);
    for (var column = local.x; column < COLUMNS; column += 256u) {
        let image = lane * BATCH + column / Q;
        let at = (image * CO + c) * Q + column % Q;
        part += vec2<f32>(g[at], g[at] * out[at]);
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
        coef[lane * CO + c] = vec4<f32>(sums.x, sums.y, stats[lane * CO + c].y, 0.0);
    }
}
