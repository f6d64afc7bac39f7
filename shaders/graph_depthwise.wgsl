// Depthwise convolution of what graph_rectify has written.
// Reads  x [I,C,H,W], weights [C,k,k] from first_weight on.
// Writes t [I,C,Q].
// One invocation: one value.
// Launched by src/kernels/gpu/graph_depthwise.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> t: array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let id = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let map = id / info.out_pixels;
    if (map >= info.images * info.channels) {
        return;
    }
    let q = id % info.out_pixels;
    let pad = info.kernel / 2u * info.dilation;
    // What lies before the first row or column is a large unsigned number.
    let top = q / info.out_width * info.stride - pad;
    let left = q % info.out_width * info.stride - pad;
    var weight = info.first_weight + map % info.channels * info.kernel * info.kernel;
    var sum = 0.0;
    for (var i = 0u; i < info.kernel; i++) {
        let y = top + i * info.dilation;
        for (var j = 0u; j < info.kernel; j++) {
            let column = left + j * info.dilation;
            let inside = (y < info.height) & (column < info.width);
            let at = map * info.in_pixels + select(0u, y * info.width + column, inside);
            sum += select(0.0, x[at], inside) * weights[weight];
            weight++;
        }
    }
    t[id] = sum;
}
