// Adds the gradient that a term gives to its factor, every group of images apart.
// Reads  sums [I,C]; with UNIT coef [LANES,C] (mean, inverse deviation, gain, shift); gradient [places, groups] at `factor_first`.
// Writes gradient there.
// One workgroup reduces one group of images, in a fixed order.
// Launched by src/kernels/gpu/graph_norm.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> sums: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>;

{{ reduce }}

alias Part = f32;

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
    // A workgroup past the end repeats the last group: a barrier may not stand behind a return.
    let own = min(group, info.groups - 1u);
    let length = info.images / info.groups * info.channels;
    var part = 0.0;
    for (var index = local.x; index < length; index += THREADS) {
        let map = own * length + index;
        part += product(map, sums[map]);
    }
    let total = reduce(local.x, part);
    if ((local.x == 0u) & (group == own)) {
        gradient[info.factor_first + own] += total;
    }
}
