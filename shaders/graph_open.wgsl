// Gradient through the ReLU in front of a depthwise convolution.
// Reads  g [I,C,Q] behind it, values [I,C,Q] in front of it; with UNIT coef [LANES,C] (mean, inverse deviation, gain, shift); total where
// it `adds`.
// Writes total [I,C,Q].
// One invocation: one value.
// Launched by src/kernels/gpu/graph_maps.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> total: array<f32>;
@group(0) @binding(3) var<storage, read_write> g: array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let id = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    if (id >= info.images * info.channels * info.out_pixels) {
        return;
    }
    var value = select(0.0, g[id], behind(id, values[id]) > 0.0);
    if (info.adds == 1u) {
        value += total[id];
    }
    total[id] = value;
}
