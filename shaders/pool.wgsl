// What all edges share: 3x3 maximum and mean over the valid pixels, and at stride 2 the pixels (2y,2x) and (2y+1,2x+1)
// of ReLU(x), zero outside, which the factorised reduce reads.
// Reads  x [I,C,H,W] or a node in [I,nodes*C,H,W].
// Writes z1: its units from E*N1 on, the poolings in order of their operations and then which tap of its window is the
// first maximum; t: its maps from E*NB on, the pixels of the factorised reduce.
// One invocation: 4 neighboring outputs.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> z1: array<f32>;
@group(0) @binding(3) var<storage, read_write> t: array<f32>;

var<private> stored: vec4<bool>;

struct Value {
    value: f32,
    inside: bool,
}

fn read(plane: u32, y: i32, xx: i32) -> Value {
    let inside = (u32(y) < info.height) & (u32(xx) < info.width);
    return Value(x[select(plane, plane + u32(y) * info.width + u32(xx), inside)], inside);
}

fn put_unit(at: u32, value: vec4<f32>) {
    if (stored.x) { z1[at] = value.x; }
    if (stored.y) { z1[at + 1u] = value.y; }
    if (stored.z) { z1[at + 2u] = value.z; }
    if (stored.w) { z1[at + 3u] = value.w; }
}

fn put_map(at: u32, value: vec4<f32>) {
    if (stored.x) { t[at] = value.x; }
    if (stored.y) { t[at + 1u] = value.y; }
    if (stored.z) { t[at + 2u] = value.z; }
    if (stored.w) { t[at + 3u] = value.w; }
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let groups = (info.out_pixels + 3u) / 4u;
    let id = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let map = id / groups;
    if (map >= info.images * info.channels) {
        return;
    }
    let first = id % groups * 4u;
    let q = vec4<u32>(first) + vec4<u32>(0u, 1u, 2u, 3u);
    stored = q < vec4<u32>(info.out_pixels);
    let y = vec4<i32>(q / info.out_width) * STRIDE;
    let xx = vec4<i32>(q % info.out_width) * STRIDE;
    let plane = x_plane(map);
    let maps = info.images * info.channels;

    var best = vec4<f32>(-3.4e38);
    var first_best = vec4<f32>(0.0);
    var sum = vec4<f32>(0.0);
    var count = vec4<f32>(0.0);
    for (var tap = 0; tap < 9; tap++) {
        let dy = tap / 3 - 1;
        let dx = tap % 3 - 1;
        let v0 = read(plane, y.x + dy, xx.x + dx);
        let v1 = read(plane, y.y + dy, xx.y + dx);
        let v2 = read(plane, y.z + dy, xx.z + dx);
        let v3 = read(plane, y.w + dy, xx.w + dx);
        let value = vec4<f32>(v0.value, v1.value, v2.value, v3.value);
        let inside = vec4<bool>(v0.inside, v1.inside, v2.inside, v3.inside);
        let better = inside & (value > best);
        best = select(best, value, better);
        first_best = select(first_best, vec4<f32>(f32(tap)), better);
        sum += select(vec4<f32>(0.0), value, inside);
        count += select(vec4<f32>(0.0), vec4<f32>(1.0), inside);
    }
    put_unit((pool_unit(1u) * maps + map) * info.out_pixels + first, best);
    put_unit((argument_unit() * maps + map) * info.out_pixels + first, first_best);
    put_unit((pool_unit(2u) * maps + map) * info.out_pixels + first, sum / count);
    if (REDUCES > 0u) {
        for (var phase = 0; phase < 2; phase++) {
            let v0 = read(plane, y.x + phase, xx.x + phase);
            let v1 = read(plane, y.y + phase, xx.y + phase);
            let v2 = read(plane, y.z + phase, xx.z + phase);
            let v3 = read(plane, y.w + phase, xx.w + phase);
            let value = max(vec4<f32>(v0.value, v1.value, v2.value, v3.value), vec4<f32>(0.0));
            let inside = vec4<bool>(v0.inside, v1.inside, v2.inside, v3.inside);
            let at = ((info.edges * NB + u32(phase)) * maps + map) * info.out_pixels + first;
            put_map(at, select(vec4<f32>(0.0), value, inside));
        }
    }
}
