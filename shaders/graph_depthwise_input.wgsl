// Gradient of the input of a depthwise convolution, behind its ReLU.
// Reads  dt [I,C,Q], weights [C,k,k] from first_weight on.
// Writes dx [I,C,H,W].
// One invocation: one value.
// Launched by src/kernels/gpu/graph_depthwise.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> dt: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let id = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let map = id / info.in_pixels;
    if (map >= info.images * info.channels) {
        return;
    }
    let p = id % info.in_pixels;
    let pad = info.kernel / 2u * info.dilation;
    var weight = info.first_weight + map % info.channels * info.kernel * info.kernel;
    var sum = 0.0;
    for (var i = 0u; i < info.kernel; i++) {
        // A position before the first one is a large unsigned number, whatever its remainder.
        let y = p / info.width + pad - i * info.dilation;
        for (var j = 0u; j < info.kernel; j++) {
            let column = p % info.width + pad - j * info.dilation;
            let inside = (y % info.stride == 0u) & (column % info.stride == 0u)
                & (y / info.stride < info.out_height) & (column / info.stride < info.out_width);
            let q = y / info.stride * info.out_width + column / info.stride;
            let at = map * info.out_pixels + select(0u, q, inside);
            sum += select(0.0, dt[at], inside) * weights[weight];
            weight++;
        }
    }
    dx[id] = sum;
}
