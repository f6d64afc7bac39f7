// The sums that the gradients of a normalisation and of a factor are made of, of every plane: of g, and of g * (z - mean) / deviation.
// Reads  g [I,C,Q] behind the normalisation, z [I,C,Q], coef [LANES,C] (mean, inverse deviation, gain, shift).
// Writes sums [I,C].
// One workgroup reduces one plane, in a fixed order.
// Launched by src/kernels/gpu/graph_norm.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
@group(0) @binding(3) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> sums: array<vec2<f32>>;

{{ reduce }}

alias Part = vec2<f32>;

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
    // A workgroup past the end repeats the last plane: a barrier may not stand behind a return.
    let map = min(group, info.images * info.channels - 1u);
    let c = coef[map / info.channels / info.batch * info.channels + map % info.channels];
    var part = vec2<f32>(0.0);
    for (var pixel = local.x; pixel < info.out_pixels; pixel += THREADS) {
        let at = map * info.out_pixels + pixel;
        part += vec2<f32>(g[at], g[at] * ((z[at] - c.x) * c.y));
    }
    let total = reduce(local.x, part);
    if ((local.x == 0u) & (group == map)) {
        sums[map] = total;
    }
}
