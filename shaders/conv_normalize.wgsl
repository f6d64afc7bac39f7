// Normalises the output of a convolution with its batch statistics.
// Reads  z [I,CO,Q], stats [LANES,CO].
// Writes out [I,CO,Q].
// One workgroup: one lane and channel x 256 columns.
{{ constants }}
@group(0) @binding(0) var<storage, read_write> z: array<f32>;
@group(0) @binding(1) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let group = workgroup.y * workgroups.x + workgroup.x;
    let column = group % TILES * 256u + local.x;
    if (group >= GROUPS || column >= COLUMNS) {
        return;
    }
    let c = group / TILES % CO;
    let lane = group / (TILES * CO);
    let image = lane * BATCH + column / Q;
    let at = (image * CO + c) * Q + column % Q;
    let stat = stats[lane * CO + c];
    out[at] = (z[at] - stat.x) * stat.y;
}
