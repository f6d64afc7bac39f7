// Adds the sums of all images of a lane up, with the factors; over all lanes they are the gradients of scales and shifts.
// Reads  sums [I,C], factors [places, groups].
// Writes lane_sums [LANES,C]; where they are wanted (`affine`), gradient: scales from first_scale on and shifts from first_shift on,
// added to what stands there.
// One workgroup reduces one lane and channel, in a fixed order; that of lane 0 also all lanes.
// Launched by src/kernels/gpu/graph_norm.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> sums: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> factors: array<f32>;
@group(0) @binding(3) var<storage, read_write> lane_sums: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
{{ factor }}
{{ reduce }}

// Those of the lane, then those of all lanes.
alias Part = vec4<f32>;

fn combine(a: Part, b: Part) -> Part {
    return a + b;
}

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
    let over_all = (info.affine == 1u) & (lane == 0u);
    let end = select((lane + 1u) * info.batch, info.images, over_all);
    var part = vec4<f32>(0.0);
    for (var image = lane * info.batch + local.x; image < end; image += THREADS) {
        let sum = factor_of(image) * sums[image * info.channels + c];
        let own = select(vec2<f32>(0.0), sum, image < (lane + 1u) * info.batch);
        part += vec4<f32>(own, sum);
    }
    let total = reduce(local.x, part);
    if ((local.x == 0u) & (wanted == lane)) {
        lane_sums[lane * info.channels + c] = total.xy;
        if (over_all) {
            gradient[info.first_scale + c] += total.w;
            gradient[info.first_shift + c] += total.z;
        }
    }
}
