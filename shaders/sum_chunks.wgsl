// Adds the partial weight gradients of all chunks, in order.
// Reads  partials [LEN, CHUNKS].
// Writes total: LEN values from first_weight() on, added to what stands there where it adds().
// One invocation: one weight.
// Launched by src/kernels/gpu/stages.rs and src/kernels/gpu/conv_bn.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> total: array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    if (index >= weight_count()) {
        return;
    }
    var sum = 0.0;
    for (var chunk = 0u; chunk < info.chunks; chunk++) {
        sum += partials[index * info.chunks + chunk];
    }
    if (adds()) {
        sum += total[first_weight() + index];
    }
    total[first_weight() + index] = sum;
}
