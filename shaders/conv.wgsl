// Dense convolution with optional ReLU before it, as a tiled implicit matrix product. A factorised reduce is a 1x1
// convolution at stride 2 in two halves; half h reads the pixels (2y+h, 2x+h).
// Reads  x [I,CI,H,W], weights [CO, CI*k*k].
// Writes z [I,CO,Q].
// One workgroup: TILE columns of a lane x OUTPUTS output channels; the gathered input is staged DEPTH rows at a time.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;

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
    let part = group / (TILES * LANES);
    let phase = part / PARTS;
    let first_row = phase * HALF + part % PARTS * (ROWS * BLOCK) + local.y * BLOCK;
    let last_row = (phase + 1u) * HALF;
    let inside = column < COLUMNS;
    let image = lane * BATCH + column / Q;
    let q = column % Q;
    let y = i32(q / WO * STRIDE + phase) - PAD;
    let xx = i32(q % WO * STRIDE + phase) - PAD;

    var sums: array<f32, BLOCK>;
    for (var j = 0u; j < BLOCK; j++) {
        sums[j] = 0.0;
    }
    for (var start = 0u; start < CI * TAPS; start += DEPTH) {
        for (var row = local.y; row < DEPTH; row += ROWS) {
            let index = start + row;
            let sy = y + i32(index % TAPS / KERNEL);
            let sx = xx + i32(index % KERNEL);
            var value = 0.0;
            if (inside && index < CI * TAPS && sy >= 0 && sy < i32(H) && sx >= 0 && sx < i32(W)) {
                value = x[(image * CI + index / TAPS) * P + u32(sy) * W + u32(sx)];
                if (RELU) {
                    value = max(value, 0.0);
                }
            }
            staged[row * TILE + local.x] = value;
        }
        workgroupBarrier();
        let rows = min(DEPTH, CI * TAPS - start);
        for (var row = 0u; row < rows; row++) {
            let value = staged[row * TILE + local.x];
            for (var j = 0u; j < BLOCK; j++) {
                // Rows past the end repeat the last one and are not written.
                sums[j] += weights[min(first_row + j, CO - 1u) * (CI * TAPS) + start + row] * value;
            }
        }
        workgroupBarrier();
    }
    if (inside) {
        for (var j = 0u; j < BLOCK; j++) {
            if (first_row + j < last_row) {
                z[(image * CO + first_row + j) * Q + q] = sums[j];
            }
        }
    }
}
