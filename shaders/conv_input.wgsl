// Gradient of the input of a convolution: the transposed convolution of dz, as an implicit matrix product.
// Reads  dz [I,CO,Q], weights [CO, CI*k*k] from first_weight on, x [I,CI,H,W] (for the ReLU).
// Writes dx [I,CI,H,W].
// One invocation: 8 input channels x 8 pixels of one image.
// Launched by src/kernels/gpu/conv_bn.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> dz: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
{{ outer }}
{{ eight_weights }}

var<private> image_at: u32;
var<private> first_channel: u32;
var<private> first_pixel: u32;

fn put_one(at: u32, inside: bool, value: f32) {
    if (inside) {
        if (RELU) {
            dx[at] = select(0.0, value, x[at] > 0.0);
        } else {
            dx[at] = value;
        }
    }
}

fn put(row: u32, a: vec4<f32>, b: vec4<f32>) {
    let c = first_channel + row;
    let at = image_at + c * info.in_pixels + first_pixel;
    let inside = c < info.in_channels;
    put_one(at, inside & (first_pixel < info.in_pixels), a.x);
    put_one(at + 1u, inside & (first_pixel + 1u < info.in_pixels), a.y);
    put_one(at + 2u, inside & (first_pixel + 2u < info.in_pixels), a.z);
    put_one(at + 3u, inside & (first_pixel + 3u < info.in_pixels), a.w);
    put_one(at + 4u, inside & (first_pixel + 4u < info.in_pixels), b.x);
    put_one(at + 5u, inside & (first_pixel + 5u < info.in_pixels), b.y);
    put_one(at + 6u, inside & (first_pixel + 6u < info.in_pixels), b.z);
    put_one(at + 7u, inside & (first_pixel + 7u < info.in_pixels), b.w);
}

// Four input pixels, seen from output positions that may lie between the pixels of dz, or outside: zero there.
fn read(plane: u32, y: vec4<i32>, xx: vec4<i32>) -> vec4<f32> {
    let qy = y / STRIDE;
    let qx = xx / STRIDE;
    let inside = (y >= vec4<i32>(0)) & (xx >= vec4<i32>(0)) & (y % STRIDE == vec4<i32>(0)) & (xx % STRIDE == vec4<i32>(0))
        & (qy < vec4<i32>(i32(info.out_height))) & (qx < vec4<i32>(i32(info.out_width)));
    let at = select(vec4<u32>(plane), plane + vec4<u32>(qy) * info.out_width + vec4<u32>(qx), inside);
    return select(vec4<f32>(0.0), vec4<f32>(dz[at.x], dz[at.y], dz[at.z], dz[at.w]), inside);
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let pixel_groups = (info.in_pixels + 7u) / 8u;
    let blocks = (info.in_channels + 7u) / 8u;
    var rest = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    first_pixel = rest % pixel_groups * 8u;
    rest /= pixel_groups;
    let image = rest % info.images;
    let block = rest / info.images;
    if (block >= blocks) {
        return;
    }
    first_channel = block * 8u;
    image_at = image * info.in_channels * info.in_pixels;

    // Channels past the end repeat the last one and are not stored.
    let taps = u32(KERNEL * KERNEL);
    let last = vec4<u32>(info.in_channels - 1u);
    let columns_a = info.first_weight + min(vec4<u32>(first_channel) + vec4<u32>(0u, 1u, 2u, 3u), last) * taps;
    let columns_b = info.first_weight + min(vec4<u32>(first_channel) + vec4<u32>(4u, 5u, 6u, 7u), last) * taps;
    let p_a = vec4<u32>(first_pixel) + vec4<u32>(0u, 1u, 2u, 3u);
    let p_b = p_a + vec4<u32>(4u);
    for (var o = 0u; o < info.channels; o++) {
        let shift = PAD - i32(o / (info.channels / HALVES));
        let y_a = vec4<i32>(p_a / info.width) + shift;
        let y_b = vec4<i32>(p_b / info.width) + shift;
        let x_a = vec4<i32>(p_a % info.width) + shift;
        let x_b = vec4<i32>(p_b % info.width) + shift;
        let plane = (image * info.channels + o) * info.out_pixels;
        var column = o * info.in_channels * taps;
        for (var i = 0; i < KERNEL; i++) {
            for (var j = 0; j < KERNEL; j++) {
                let pixels = Eight(read(plane, y_a - i, x_a - j), read(plane, y_b - i, x_b - j));
                let rows = eight_weights(column + columns_a, column + columns_b);
                add_outer(rows, pixels);
                column++;
            }
        }
    }
    put_all();
}
