// Gradient of the kernels of a depthwise convolution: dw[c,tap] = sum of x * dt.
// Reads  x [I,C,H,W] (behind the ReLU), dt [I,C,Q].
// Writes gradient [C,k,k] from first_weight on, added to what stands there.
// One workgroup reduces one tap of one channel, in a fixed order.
// Launched by src/kernels/gpu/graph_depthwise.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> dt: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;

{{ columns }}
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
    let taps = info.kernel * info.kernel;
    let wanted = group / taps;
    // A workgroup past the end repeats the last channel: a barrier may not stand behind a return.
    let c = min(wanted, info.channels - 1u);
    let tap = group % taps;
    let pad = info.kernel / 2u * info.dilation;
    let step = column_of(THREADS);
    var sum = 0.0;
    for (var at = column_of(local.x); at.image < info.images; at = next_column(at, step)) {
        // What lies before the first row or column is a large unsigned number.
        let y = at.pixel / info.out_width * info.stride + tap / info.kernel * info.dilation - pad;
        let column = at.pixel % info.out_width * info.stride + tap % info.kernel * info.dilation - pad;
        let inside = (y < info.height) & (column < info.width);
        let map = at.image * info.channels + c;
        let index = map * info.in_pixels + select(0u, y * info.width + column, inside);
        sum += select(0.0, x[index], inside) * dt[map * info.out_pixels + at.pixel];
    }
    let total = reduce(local.x, sum);
    if ((local.x == 0u) & (wanted == c)) {
        gradient[info.first_weight + c * taps + tap] += total;
    }
}
