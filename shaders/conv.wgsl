// Dense convolution with optional ReLU before it, as an implicit matrix product. A factorised reduce is a 1x1
// convolution at stride 2 in two halves; half h reads the pixels (2y+h, 2x+h).
// Reads  x [I,CI,H,W], weights [CO, CI*k*k] from first_weight on.
// Writes z [I,CO,Q].
// One invocation: 8 output channels x 8 pixels of one image.
// Launched by src/kernels/gpu/conv_bn.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> z: array<f32>;
{{ outer }}
{{ eight_weights }}
{{ pixels }}

var<private> out_image: u32;
var<private> first_row: u32;
var<private> last_row: u32;

fn put(row: u32, a: vec4<f32>, b: vec4<f32>) {
    let o = first_row + row;
    if (o < last_row) {
        let at = out_image + o * info.out_pixels + first_pixel;
        if (stored_a.x) { z[at] = a.x; }
        if (stored_a.y) { z[at + 1u] = a.y; }
        if (stored_a.z) { z[at + 2u] = a.z; }
        if (stored_a.w) { z[at + 3u] = a.w; }
        if (stored_b.x) { z[at + 4u] = b.x; }
        if (stored_b.y) { z[at + 5u] = b.y; }
        if (stored_b.z) { z[at + 6u] = b.z; }
        if (stored_b.w) { z[at + 7u] = b.w; }
    }
}

// Four pixels of a plane, zero outside.
fn read(plane: u32, y: vec4<i32>, xx: vec4<i32>) -> vec4<f32> {
    let inside = (vec4<u32>(y) < vec4<u32>(info.height)) & (vec4<u32>(xx) < vec4<u32>(info.width));
    let at = select(vec4<u32>(plane), plane + vec4<u32>(y) * info.width + vec4<u32>(xx), inside);
    var value = select(vec4<f32>(0.0), vec4<f32>(x[at.x], x[at.y], x[at.z], x[at.w]), inside);
    if (RELU) {
        value = max(value, vec4<f32>(0.0));
    }
    return value;
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let pixel_groups = (info.out_pixels + 7u) / 8u;
    let half = info.channels / HALVES;
    let blocks = (half + 7u) / 8u;
    var rest = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let group = rest % pixel_groups;
    rest /= pixel_groups;
    let image = rest % info.images;
    let part = rest / info.images;
    if (part >= HALVES * blocks) {
        return;
    }
    let phase = part / blocks;
    first_row = phase * half + part % blocks * 8u;
    last_row = (phase + 1u) * half;
    out_image = image * info.channels * info.out_pixels;
    select_pixels(group * 8u);

    // Rows past the end repeat the last one and are not stored.
    let length = info.in_channels * u32(KERNEL * KERNEL);
    let last = vec4<u32>(info.channels - 1u);
    let rows_a = info.first_weight + min(vec4<u32>(first_row) + vec4<u32>(0u, 1u, 2u, 3u), last) * length;
    // The other four rows lie behind these: kept, they would be registers that cost an RDNA GPU a quarter of its waves.
    let last_row_at = info.first_weight + last * length;
    let shift = i32(phase) - PAD;
    let y_a = vec4<i32>(pixels_a / info.out_width) * STRIDE + shift;
    let y_b = vec4<i32>(pixels_b / info.out_width) * STRIDE + shift;
    let x_a = vec4<i32>(pixels_a % info.out_width) * STRIDE + shift;
    let x_b = vec4<i32>(pixels_b % info.out_width) * STRIDE + shift;
    var column = 0u;
    var plane = image * info.in_channels * info.in_pixels;
    for (var c = 0u; c < info.in_channels; c++) {
        for (var i = 0; i < KERNEL; i++) {
            for (var j = 0; j < KERNEL; j++) {
                let pixels = Eight(read(plane, y_a + i, x_a + j), read(plane, y_b + i, x_b + j));
                let rows = eight_weights(column + rows_a, column + min(rows_a + 4u * length, last_row_at));
                add_outer(rows, pixels);
                column++;
            }
        }
        plane += info.in_pixels;
    }
    put_all();
}
