// Gradient of the input of a convolution: the transposed convolution of dz, as a tiled implicit matrix product.
// Reads  g [I,CO,Q], out [I,CO,Q], coef [LANES,CO], weights [CO, CI*k*k], x [I,CI,H,W] (for the ReLU).
// Writes dx [I,CI,H,W].
// One workgroup: TILE input pixels of a lane x a block of input channels; dz is staged DEPTH rows at a time.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> g: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read_write> coef: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> x: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;

var<workgroup> staged: array<f32, DEPTH * TILE>;

@compute @workgroup_size(TILE, ROWS, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let group = workgroup.y * workgroups.x + workgroup.x;
    if (group >= GROUPS) {
        return;
    }
    let column = group % TILES * TILE + local.x;
    let lane = group / TILES % LANES;
    let first_row = group / (TILES * LANES) * (ROWS * BLOCK) + local.y * BLOCK;
    let inside = column < BATCH * P;
    let image = lane * BATCH + column / P;
    let p = column % P;
    let y = i32(p / W) + PAD;
    let xx = i32(p % W) + PAD;

    var sums: array<f32, BLOCK>;
    for (var j = 0u; j < BLOCK; j++) {
        sums[j] = 0.0;
    }
    for (var start = 0u; start < CO * TAPS; start += DEPTH) {
        for (var row = local.y; row < DEPTH; row += ROWS) {
            let index = start + row;
            let o = index / TAPS;
            let phase = i32(o / HALF);
            let sy = y - i32(index % TAPS / KERNEL) - phase;
            let sx = xx - i32(index % KERNEL) - phase;
            let qy = u32(sy) / STRIDE;
            let qx = u32(sx) / STRIDE;
            var value = 0.0;
            if (inside && o < CO && sy >= 0 && sx >= 0 && qy < HO && qx < WO
                && qy * STRIDE == u32(sy) && qx * STRIDE == u32(sx)) {
                let at = (image * CO + o) * Q + qy * WO + qx;
                let f = coef[lane * CO + o];
                value = f.z * (g[at] - f.x - out[at] * f.y);
            }
            staged[row * TILE + local.x] = value;
        }
        workgroupBarrier();
        let rows = min(DEPTH, CO * TAPS - start);
        for (var row = 0u; row < rows; row++) {
            let index = start + row;
            let value = staged[row * TILE + local.x];
            for (var j = 0u; j < BLOCK; j++) {
                // Channels past the end repeat the last one and are not written.
                let c = min(first_row + j, CI - 1u);
                sums[j] += weights[(index / TAPS * CI + c) * TAPS + index % TAPS] * value;
            }
        }
        workgroupBarrier();
    }
    if (inside) {
        for (var j = 0u; j < BLOCK; j++) {
            let c = first_row + j;
            if (c < CI) {
                let at = (image * CI + c) * P + p;
                var value = sums[j];
                if (RELU && x[at] <= 0.0) {
                    value = 0.0;
                }
                dx[at] = value;
            }
        }
    }
}
