// Gradient through the normalisation of a unit: dz = gain * (factor * g - S / n - y * T / n) with y = (z - mean) / deviation, S and T the
// sums over the lane of g and g * y with their factors; without a normalisation (`normalised` is 0) factor * g.
// Reads  z [I,C,Q], g [I,C,Q], coef [LANES,C] (mean, inverse deviation, gain, shift), lane_sums [LANES,C], factors [places, groups].
// Writes dz [I,C,Q].
// One invocation: one value.
// Launched by src/kernels/gpu/graph_norm.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> lane_sums: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> factors: array<f32>;
@group(0) @binding(6) var<storage, read_write> dz: array<f32>;

{{ factor }}

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
    var value = factor_of(image) * g[id];
    if (info.normalised == 1u) {
        let at = image / info.batch * info.channels + map % info.channels;
        let c = coef[at];
        let share = lane_sums[at] / f32(info.batch * info.out_pixels);
        value = c.z * (value - share.x - (z[id] - c.x) * c.y * share.y);
    }
    dz[id] = value;
}
