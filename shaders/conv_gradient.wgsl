// Gradient of the result of a convolution before its normalisation: dz = coef.z * (g - coef.x - out * coef.y).
// Reads  g [I,CO,Q], out [I,CO,Q] (normalised), coef [LANES,CO].
// Writes dz [I,CO,Q].
// One invocation: one value.
// Launched by src/kernels/gpu/conv_bn.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> dz: array<f32>;

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
    let f = coef[image / info.batch * info.channels + map % info.channels];
    dz[id] = f.z * (g[id] - f.x - out[id] * f.y);
}
