// Gradient of the mixing weights: the dot products of mix_backward summed over the channels.
// Reads  coef [E,COEFFICIENTS,LANES,C].
// Writes mix_grad [LANES,edges,8]: the edges of the fan; zero for `none`.
// One invocation: one weight.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> mix_grad: array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    if (index >= info.lanes * info.edges * OPERATIONS) {
        return;
    }
    let op = index % OPERATIONS;
    let edge = index / OPERATIONS % info.edges;
    let lane = index / (OPERATIONS * info.edges);
    var sum = 0.0;
    if (op > 0u) {
        let first = coef_at(edge, FIRST_DOT + op, lane);
        for (var c = 0u; c < info.channels; c++) {
            sum += coef[first + c].x;
        }
    }
    mix_grad[mix_at(edge, lane) + op] = sum;
}
