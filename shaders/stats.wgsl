// Batch statistics of every unit, lane and channel over the lane's images and pixels.
// Reads  z [UNITS, I, C, Q].
// Writes stats [.., LANES, C] from first_unit() on: mean, 1 / sqrt(biased variance + epsilon).
// One workgroup reduces one channel: each invocation sums differences from its own first value, then means and sums of
// squares are combined by Chan's formula in a fixed order.
// Launched by src/kernels/gpu/stages.rs and src/kernels/gpu/conv_bn.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> stats: array<vec2<f32>>;

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
    let lane = group / info.channels % info.lanes;
    let wanted = group / (info.channels * info.lanes);
    // A workgroup past the end repeats the last unit: a barrier may not stand behind a return.
    let unit = min(wanted, unit_count() - 1u);
    let first = ((unit * info.lanes + lane) * info.batch * info.channels + c) * info.out_pixels;
    let all = reduce(local.x, own_moments(local.x, first));
    if ((local.x == 0u) & (wanted == unit)) {
        stats[((first_unit() + unit) * info.lanes + lane) * info.channels + c] =
            vec2<f32>(all.x, 1.0 / sqrt(all.y / all.z + EPSILON));
    }
}
