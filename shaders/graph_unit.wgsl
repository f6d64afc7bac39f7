// Adds a unit behind its normalisation to a state: factor * ((z - mean) * gain + shift).
// Reads  z [I,C,Q], coef [LANES,C] (mean, inverse deviation, gain, shift), factors [places, groups], state where it `adds`.
// Writes state [I,C,Q].
// One invocation: one value.
// Launched by src/kernels/gpu/graph_maps.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> factors: array<f32>;
@group(0) @binding(4) var<storage, read_write> state: array<f32>;

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
    let c = coef[image / info.batch * info.channels + map % info.channels];
    let factor = factor_of(image);
    var value = (z[id] - c.x) * (factor * c.z) + factor * c.w;
    if (info.adds == 1u) {
        value += state[id];
    }
    state[id] = value;
}
