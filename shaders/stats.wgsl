// Batch statistics of every unit, lane and channel over the lane's images and pixels.
// Reads  z [UNITS, I, C, Q].
// Writes stats [FIRST + UNITS, LANES, C] from FIRST on: mean, 1 / sqrt(biased variance + epsilon).
// One workgroup reduces one channel: each invocation sums differences from its own first value, then mean and sum of
// squares are combined in pairs by Chan's formula in a fixed order.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> z: array<f32>;
@group(0) @binding(1) var<storage, read_write> stats: array<vec2<f32>>;

// Mean, sum of squared differences, count.
var<workgroup> parts: array<vec3<f32>, 256>;

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let group = workgroup.y * workgroups.x + workgroup.x;
    if (group >= GROUPS) {
        return;
    }
    let c = group % C;
    let lane = group / C % LANES;
    let unit = group / (C * LANES);

    var shift = 0.0;
    var sum = 0.0;
    var squares = 0.0;
    var count = 0.0;
    for (var column = local.x; column < COLUMNS; column += 256u) {
        let image = lane * BATCH + column / Q;
        let value = z[((unit * IMAGES + image) * C + c) * Q + column % Q];
        if (count == 0.0) {
            shift = value;
        }
        let difference = value - shift;
        sum += difference;
        squares += difference * difference;
        count += 1.0;
    }
    let share = sum / max(count, 1.0);
    parts[local.x] = vec3<f32>(shift + share, max(squares - sum * share, 0.0), count);
    workgroupBarrier();
    for (var half = 128u; half > 0u; half /= 2u) {
        if (local.x < half) {
            let a = parts[local.x];
            let b = parts[local.x + half];
            let total = max(a.z + b.z, 1.0);
            let difference = b.x - a.x;
            parts[local.x] = vec3<f32>(
                a.x + difference * (b.z / total),
                a.y + b.y + difference * difference * (a.z * b.z / total),
                a.z + b.z,
            );
        }
        workgroupBarrier();
    }
    if (local.x == 0u) {
        let all = parts[0];
        stats[((FIRST + unit) * LANES + lane) * C + c] = vec2<f32>(all.x, 1.0 / sqrt(all.y / all.z + EPSILON));
    }
}
