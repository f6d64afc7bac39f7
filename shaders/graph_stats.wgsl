// Batch statistics of a unit, every lane and channel over the lane's images and pixels, and what its normalisation makes of them.
// Reads  z [I,C,Q], weights: scales from first_scale on and shifts from first_shift on, where it is `affine`.
// Writes coef [LANES,C] (mean, inverse deviation, gain, shift); where it is `tracked`, out: mean and unbiased variance of lane 0 from
// first_seen on, [C] each.
// One workgroup reduces one channel: each invocation sums differences from its own first value, then means and sums of
// squares are combined by Chan's formula in a fixed order.
// Launched by src/kernels/gpu/graph_norm.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

{{ columns }}
{{ reduce }}
{{ moments }}

@compute @workgroup_size(THREADS, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let group = workgroup.y * workgroups.x + workgroup.x;
    let c = group % info.channels;
    let wanted = group / info.channels;
    // A workgroup past the end repeats the last lane: a barrier may not stand behind a return.
    let lane = min(wanted, info.lanes - 1u);
    let own = own_moments(local.x, (lane * info.batch * info.channels + c) * info.out_pixels);
    let all = reduce(local.x, own);
    if ((local.x == 0u) & (wanted == lane)) {
        let inv_std = 1.0 / sqrt(all.y / all.z + EPSILON);
        var scale = 1.0;
        var shift = 0.0;
        if (info.affine == 1u) {
            scale = weights[info.first_scale + c];
            shift = weights[info.first_shift + c];
        }
        coef[lane * info.channels + c] = vec4<f32>(all.x, inv_std, scale * inv_std, shift);
        if ((lane == 0u) & (info.tracked == 1u)) {
            out[info.first_seen + c] = all.x;
            // A single value has no unbiased variance; the biased one is recorded.
            out[info.first_seen + info.channels + c] = all.y / max(all.z - 1.0, 1.0);
        }
    }
}
