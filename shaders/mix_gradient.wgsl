// Gradient of the mixing weights: the dot products of mix_backward summed over the channels.
// Reads  dots [E,8,LANES,C].
// Writes mix_grad [LANES,E,8]; zero for `none` and for every inactive operation.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> dots: array<f32>;
@group(0) @binding(1) var<storage, read_write> mix_grad: array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    if (index >= LANES * E * 8u) {
        return;
    }
    let op = index % 8u;
    let edge = index / 8u % E;
    let lane = index / (8u * E);
    var sum = 0.0;
    if (is_active(op)) {
        for (var c = 0u; c < C; c++) {
            sum += dots[((edge * 8u + op) * LANES + lane) * C + c];
        }
    }
    mix_grad[index] = sum;
}
