// Normalises the output of a convolution with its batch statistics.
// Reads  z [I,CO,Q], stats [LANES,CO].
// Writes out [I,CO,Q].
// One invocation: one value.
// Launched by src/kernels/gpu/conv_bn.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let id = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let map = id / info.out_pixels;
    let image = map / info.channels;
    if (image >= info.images) {
        return;
    }
    let stat = stats[image / info.batch * info.channels + map % info.channels];
    out[id] = (z[id] - stat.x) * stat.y;
}
