// Backward of the normalisation after a convolution: the sums its gradient is made of,
//   dz = coef.z * (g - coef.x - out * coef.y).
// Reads  g [I,CO,Q], out [I,CO,Q] (normalised), stats [LANES,CO].
// Writes coef [LANES,CO].
// One workgroup reduces one lane and channel, in a fixed order.
// Launched by src/kernels/gpu/conv_bn.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> coef: array<vec4<f32>>;

{{ columns }}
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
    let c = group % info.channels;
    let wanted = group / info.channels;
    // A workgroup past the end repeats the last lane: a barrier may not stand behind a return.
    let lane = min(wanted, info.lanes - 1u);
    let first = (lane * info.batch * info.channels + c) * info.out_pixels;
    let step = column_of(THREADS);
    var part = vec2<f32>(0.0, 0.0);
    for (var at = column_of(local.x); at.image < info.batch; at = next_column(at, step)) {
        let index = first + column_offset(at);
        let grad = g[index];
        part += vec2<f32>(grad, grad * out[index]);
    }
    var sums = reduce(local.x, part);
    if ((local.x == 0u) & (wanted == lane)) {
        sums /= f32(info.batch * info.out_pixels);
        coef[lane * info.channels + c] = vec4<f32>(sums.x, sums.y, stats[lane * info.channels + c].y, 0.0);
    }
}
