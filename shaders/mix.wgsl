// Mix stage: normalises every branch and adds them up with the lane's weights, and the skip path.
// Reads  x [I,C,H,W], z1, z2, stats, mix [LANES,E,8].
// Writes out [E,I,C,Q].
// One workgroup: one edge, lane and channel x 256 columns.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> z1: array<f32>;
@group(0) @binding(2) var<storage, read_write> z2: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> mix_weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let group = workgroup.y * workgroups.x + workgroup.x;
    let column = group % TILES * 256u + local.x;
    if (group >= GROUPS || column >= COLUMNS) {
        return;
    }
    let c = group / TILES % C;
    let lane = group / (TILES * C) % LANES;
    let edge = group / (TILES * C * LANES);
    let image = lane * BATCH + column / Q;
    let q = column % Q;

    var sum = 0.0;
    for (var i = 0u; i < OPS; i++) {
        let op = op_of(i);
        let weight = mix_weights[(lane * E + edge) * 8u + op];
        if (op == SKIP && STRIDE == 1u) {
            sum += weight * x[(image * C + c) * P + q];
        } else {
            let stat = stats[(stats_unit(edge, op) * LANES + lane) * C + c];
            let at = ((unit_of(edge, op) * IMAGES + image) * C + c) * Q + q;
            var value: f32;
            if (is_separable(op)) {
                value = z2[at];
            } else {
                value = z1[at];
            }
            sum += weight * ((value - stat.x) * stat.y);
        }
    }
    out[((edge * IMAGES + image) * C + c) * Q + q] = sum;
}
