// Backward of the mix stage: sum of g and dot product of g with the normalised branch, for every edge, operation, lane
// and channel; and from them what the gradient of the branch before its normalisation is made of:
//   dz = coef.w * (g - coef.y - (z - coef.x) * coef.z)      (identity skip: dx += coef.w * g)
// Reads  g [I,nodes*C,Q], x [I,C,H,W] or a node in [I,nodes*C,H,W], z1, z2, stats, mix [LANES,edges,8].
// Writes coef [E,COEFFICIENTS,LANES,C]: the coefficients at the operation's slot, the dot product FIRST_DOT slots behind it.
// One workgroup reduces one edge, lane and channel, all operations at once and in a fixed order.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> z1: array<f32>;
@group(0) @binding(4) var<storage, read_write> z2: array<f32>;
@group(0) @binding(5) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> mix_weights: array<f32>;
@group(0) @binding(7) var<storage, read_write> coef: array<vec4<f32>>;
{{ columns }}

// Sums of every invocation: first of g, then the dot product of each operation.
const SUMS: u32 = OPS + 1u;
var<workgroup> parts: array<f32, SUMS * THREADS>;

// An operation's map: where the lane and channel begin in it, and their statistics.
struct Map {
    first: u32,
    stat: vec2<f32>,
}

fn map_of(edge: u32, op: u32, lane: u32, c: u32) -> Map {
    let length = info.images * info.channels * info.out_pixels;
    let stat = stats[(stats_unit(edge, op) * info.lanes + lane) * info.channels + c];
    return Map(unit_of(edge, op) * length + (lane * info.batch * info.channels + c) * info.out_pixels, stat);
}

fn first_value(map: Map, offset: u32) -> f32 {
    return (z1[map.first + offset] - map.stat.x) * map.stat.y;
}

fn second_value(map: Map, offset: u32) -> f32 {
    return (z2[map.first + offset] - map.stat.x) * map.stat.y;
}

@compute @workgroup_size(THREADS, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let group = workgroup.y * workgroups.x + workgroup.x;
    let c = group % info.channels;
    let lane = group / info.channels % info.lanes;
    let wanted = group / (info.channels * info.lanes);
    // A workgroup past the end repeats the last edge: a barrier may not stand behind a return.
    let edge = min(wanted, info.edges - 1u);
    let first_map = lane * info.batch * info.channels + c;
    let g_at = node_plane(edge, first_map);
    let x_at = x_plane(first_map);
    let map0 = map_of(edge, first_op(0u), lane, c);
    let map1 = map_of(edge, first_op(1u), lane, c);
    let map2 = map_of(edge, first_op(2u), lane, c);
    let map3 = map_of(edge, first_op(3u), lane, c);
    let map4 = map_of(edge, first_op(4u), lane, c);
    let second0 = map_of(edge, second_op(0u), lane, c);
    let second1 = map_of(edge, second_op(1u), lane, c);

    var sum = 0.0;
    var first_dots = array<f32, 5>();
    var second_dots = array<f32, 2>();
    var identity = 0.0;
    let step = column_of(THREADS);
    for (var at = column_of(local.x); at.image < info.batch; at = next_column(at, step)) {
        let offset = column_offset(at);
        let grad = g[g_at + at.image * info.node_image + at.pixel];
        sum += grad;
        first_dots[0] += grad * first_value(map0, offset);
        first_dots[1] += grad * first_value(map1, offset);
        first_dots[2] += grad * first_value(map2, offset);
        first_dots[3] += grad * first_value(map3, offset);
        if (FIRST_OPS > 4u) {
            first_dots[4] += grad * first_value(map4, offset);
        }
        second_dots[0] += grad * second_value(second0, offset);
        second_dots[1] += grad * second_value(second1, offset);
        if (IDENTITY) {
            identity += grad * x[x_at + at.image * info.x_image + at.pixel];
        }
    }

    // In the order of first_op, second_op and the identity.
    parts[local.x] = sum;
    parts[THREADS + local.x] = first_dots[0];
    parts[2u * THREADS + local.x] = first_dots[1];
    parts[3u * THREADS + local.x] = first_dots[2];
    parts[4u * THREADS + local.x] = first_dots[3];
    if (FIRST_OPS > 4u) {
        parts[5u * THREADS + local.x] = first_dots[4];
    }
    parts[(FIRST_OPS + 1u) * THREADS + local.x] = second_dots[0];
    parts[(FIRST_OPS + 2u) * THREADS + local.x] = second_dots[1];
    if (IDENTITY) {
        parts[OPS * THREADS + local.x] = identity;
    }
    workgroupBarrier();
    var total = 0.0;
    for (var i = 0u; i < select(0u, THREADS, local.x < SUMS); i++) {
        total += parts[local.x * THREADS + i];
    }
    workgroupBarrier();
    if (local.x < SUMS) {
        parts[local.x] = total;
    }
    workgroupBarrier();
    if ((local.x < OPS) & (wanted == edge)) {
        let dot = parts[local.x + 1u];
        var op = SKIP;
        if (local.x < FIRST_OPS) {
            op = first_op(local.x);
        } else if (local.x < FIRST_OPS + N2) {
            op = second_op(local.x - FIRST_OPS);
        }
        let weight = mix_weights[mix_at(edge, lane) + op];
        let n = f32(info.batch * info.out_pixels);
        var value = vec4<f32>(0.0, 0.0, 0.0, weight);
        if (!(IDENTITY && op == SKIP)) {
            let stat = map_of(edge, op, lane, c).stat;
            value = vec4<f32>(stat.x, parts[0] / n, stat.y * dot / n, stat.y * weight);
        }
        coef[coef_at(edge, op, lane) + c] = value;
        coef[coef_at(edge, FIRST_DOT + op, lane) + c] = vec4<f32>(dot, 0.0, 0.0, 0.0);
    }
}
