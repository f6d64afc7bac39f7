// Adds a state or a pooling of one to a state: factor * value. A state itself is a window of one value.
// Reads  x [I,C,H,W], factors [places, groups], state where it `adds`.
// Writes state [I,C,Q].
// One invocation: one value.
// Launched by src/kernels/gpu/graph_maps.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> factors: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;

{{ factor }}
{{ window }}
{{ pooled }}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let id = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let image = id / (info.channels * info.out_pixels);
    if (image >= info.images) {
        return;
    }
    var value = factor_of(image) * pooled(id / info.out_pixels * info.in_pixels, id % info.out_pixels);
    if (info.adds == 1u) {
        value += state[id];
    }
    state[id] = value;
}
