// Gradient of the weights of a convolution, as partial sums over chunks of pixels: dw[o,i] = sum of dz[o] * input[i].
// Reads  x [I,CI,H,W], dz [I,CO,Q].
// Writes partials [CO*CI*k*k, CHUNKS].
// One invocation: 8 output channels x 8 columns of the matrix x one chunk: every CHUNKS-th pixel.
// Launched by src/kernels/gpu/conv_bn.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> dz: array<f32>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
{{ outer }}

var<private> first_row: u32;
var<private> last_row: u32;
var<private> first_column: u32;
var<private> chunk: u32;

fn put_one(row: u32, column: u32, value: f32) {
    let length = info.in_channels * u32(KERNEL * KERNEL);
    if ((row < last_row) & (column < length)) {
        partials[(row * length + column) * info.chunks + chunk] = value;
    }
}

fn put(row: u32, a: vec4<f32>, b: vec4<f32>) {
    put_one(first_row + row, first_column, a.x);
    put_one(first_row + row, first_column + 1u, a.y);
    put_one(first_row + row, first_column + 2u, a.z);
    put_one(first_row + row, first_column + 3u, a.w);
    put_one(first_row + row, first_column + 4u, b.x);
    put_one(first_row + row, first_column + 5u, b.y);
    put_one(first_row + row, first_column + 6u, b.z);
    put_one(first_row + row, first_column + 7u, b.w);
}

// What four columns of the matrix see around an input pixel: for each, how far its tap lies from there in the buffer, in rows (the upper half of
// a number) and in columns (the lower half).
fn read(at: u32, y: i32, xx: i32, offsets: vec4<u32>, taps: vec4<i32>) -> vec4<f32> {
    let inside = (vec4<u32>(y + (taps >> vec4<u32>(16u))) < vec4<u32>(info.height))
        & (vec4<u32>(xx + ((taps << vec4<u32>(16u)) >> vec4<u32>(16u))) < vec4<u32>(info.width));
    let seen = select(vec4<u32>(0u), at + offsets, inside);
    var value = select(vec4<f32>(0.0), vec4<f32>(x[seen.x], x[seen.y], x[seen.z], x[seen.w]), inside);
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
    let taps = u32(KERNEL * KERNEL);
    let half = info.channels / HALVES;
    let row_blocks = (half + 7u) / 8u;
    let column_blocks = (info.in_channels * taps + 7u) / 8u;
    var rest = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    chunk = rest % info.chunks;
    rest /= info.chunks;
    first_column = rest % column_blocks * 8u;
    let part = rest / column_blocks;
    if (part >= HALVES * row_blocks) {
        return;
    }
    let phase = part / row_blocks;
    first_row = phase * half + part % row_blocks * 8u;
    last_row = (phase + 1u) * half;

    // Rows and columns past the end repeat the last one and are not stored.
    let last = vec4<u32>(info.channels - 1u);
    let o_a = min(vec4<u32>(first_row) + vec4<u32>(0u, 1u, 2u, 3u), last) * info.out_pixels;
    let o_b = min(vec4<u32>(first_row) + vec4<u32>(4u, 5u, 6u, 7u), last) * info.out_pixels;
    let last_column = vec4<u32>(info.in_channels * taps - 1u);
    let c_a = min(vec4<u32>(first_column) + vec4<u32>(0u, 1u, 2u, 3u), last_column);
    let c_b = min(vec4<u32>(first_column) + vec4<u32>(4u, 5u, 6u, 7u), last_column);
    let shift = i32(phase) - PAD;
    let dy_a = vec4<i32>(c_a % taps) / KERNEL + shift;
    let dy_b = vec4<i32>(c_b % taps) / KERNEL + shift;
    let dx_a = vec4<i32>(c_a % taps) % KERNEL + shift;
    let dx_b = vec4<i32>(c_b % taps) % KERNEL + shift;
    let taps_a = (dy_a << vec4<u32>(16u)) | (dx_a & vec4<i32>(0xffff));
    let taps_b = (dy_b << vec4<u32>(16u)) | (dx_b & vec4<i32>(0xffff));
    let offsets_a = c_a / taps * info.in_pixels + vec4<u32>(dy_a * i32(info.width) + dx_a);
    let offsets_b = c_b / taps * info.in_pixels + vec4<u32>(dy_b * i32(info.width) + dx_b);
    for (var column = chunk; column < info.images * info.out_pixels; column += info.chunks) {
        let image = column / info.out_pixels;
        let q = column % info.out_pixels;
        let at = image * info.channels * info.out_pixels + q;
        let rows = Eight(
            vec4<f32>(dz[at + o_a.x], dz[at + o_a.y], dz[at + o_a.z], dz[at + o_a.w]),
            vec4<f32>(dz[at + o_b.x], dz[at + o_b.y], dz[at + o_b.z], dz[at + o_b.w]),
        );
        let y = i32(q / info.out_width) * STRIDE;
        let xx = i32(q % info.out_width) * STRIDE;
        let pixel = image * info.in_channels * info.in_pixels + u32(y) * info.width + u32(xx);
        let columns = Eight(
            read(pixel, y, xx, offsets_a, taps_a),
            read(pixel, y, xx, offsets_b, taps_b),
        );
        add_outer(rows, columns);
    }
    put_all();
}
