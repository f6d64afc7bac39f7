// The sums that the gradient of a factor is made of, of every plane: of g times a state or a pooling of one.
// Reads  g [I,C,Q], x [I,C,H,W].
// Writes sums [I,C], the first value of each.
// One workgroup reduces one plane, in a fixed order.
// Launched by src/kernels/gpu/graph_maps.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec2<f32>>;

{{ window }}
{{ pooled }}
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
    // A workgroup past the end repeats the last plane: a barrier may not stand behind a return.
    let map = min(group, info.images * info.channels - 1u);
    var part = 0.0;
    for (var pixel = local.x; pixel < info.out_pixels; pixel += THREADS) {
        part += g[map * info.out_pixels + pixel] * pooled(map * info.in_pixels, pixel);
    }
    let total = reduce(local.x, part);
    if ((local.x == 0u) & (group == map)) {
        sums[map] = vec2<f32>(total, 0.0);
    }
}
