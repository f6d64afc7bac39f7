// Backward of the mix stage: sum of g and dot product of g with the normalised branch, for every edge, operation, lane
// and channel; and from them what the gradient of the branch before its normalisation is made of:
//   dz = coef.w * (g - coef.y - (z - coef.x) * coef.z)      (identity skip: dx += coef.w * g)
// Reads  g [E,I,C,Q], x, z1, z2, stats, mix [LANES,E,8].
// Writes coef [E,10,LANES,C] at the operation's slot, dots [E,8,LANES,C].
// One workgroup reduces one edge, operation, lane and channel, in a fixed order.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> g: array<f32>;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> z1: array<f32>;
@group(0) @binding(3) var<storage, read_write> z2: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> mix_weights: array<f32>;
@group(0) @binding(6) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> dots: array<f32>;

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
    let c = group % C;
    let lane = group / C % LANES;
    let op = op_of(group / (C * LANES) % OPS1);
    let edge = group / (C * LANES * OPS1);
    let identity = op == SKIP && STRIDE == 1u;
    var stat = vec2<f32>(0.0, 1.0);
    if (!identity) {
        stat = stats[(stats_unit(edge, op) * LANES + lane) * C + c];
    }

    var part = vec2<f32>(0.0, 0.0);
    for (var column = local.x; column < COLUMNS; column += 256u) {
        let image = lane * BATCH + column / Q;
        let q = column % Q;
        let grad = g[((edge * IMAGES + image) * C + c) * Q + q];
        var value: f32;
        if (identity) {
            value = x[(image * C + c) * P + q];
        } else {
            let at = ((unit_of(edge, op) * IMAGES + image) * C + c) * Q + q;
            if (is_separable(op)) {
                value = z2[at];
            } else {
                value = z1[at];
            }
        }
        part += vec2<f32>(grad, grad * ((value - stat.x) * stat.y));
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
        let sums = parts[0];
        let weight = mix_weights[(lane * E + edge) * 8u + op];
        let n = f32(COLUMNS);
        dots[((edge * 8u + op) * LANES + lane) * C + c] = sums.y;
        var value = vec4<f32>(stat.x, sums.x / n, stat.y * sums.y / n, stat.y * weight);
        if (identity) {
            value = vec4<f32>(0.0, 0.0, 0.0, weight);
        }
        coef[((edge * 10u + op) * LANES + lane) * C + c] = value;
    }
}
