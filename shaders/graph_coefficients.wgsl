// What the normalisation of a unit makes of its running statistics; without them (`tracked` is 0) it changes nothing.
// Reads  weights: scales from first_scale on and shifts from first_shift on, where it is `affine`; statistics: mean and variance from
// first_seen on, [C] each.
// Writes coef [LANES,C] (mean, inverse deviation, gain, shift).
// One invocation: one lane and channel.
// Launched by src/kernels/gpu/graph_norm.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> statistics: array<f32>;
@group(0) @binding(3) var<storage, read_write> coef: array<vec4<f32>>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let id = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    if (id >= info.lanes * info.channels) {
        return;
    }
    let c = id % info.channels;
    var value = vec4<f32>(0.0, 1.0, 1.0, 0.0);
    if (info.tracked == 1u) {
        value.x = statistics[info.first_seen + c];
        value.y = 1.0 / sqrt(statistics[info.first_seen + info.channels + c] + EPSILON);
        value.z = value.y;
        if (info.affine == 1u) {
            value.z = weights[info.first_scale + c] * value.y;
            value.w = weights[info.first_shift + c];
        }
    }
    coef[id] = value;
}
