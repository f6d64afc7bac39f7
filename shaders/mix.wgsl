// Mix stage: normalises every branch and adds them up with the lane's weights, and the skip path.
// Reads  z1, z2, stats, mix [LANES,edges,8]; for the identity x [I,C,H,W], or the node that the edges leave in out.
// Writes out [I,nodes*C,Q]: the nodes that the edges enter; on top of what earlier fans have put there.
// One invocation: 8 neighboring pixels of one edge, image and channel.
// Launched by src/kernels/gpu/stages.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> z1: array<f32>;
@group(0) @binding(2) var<storage, read_write> z2: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> mix_weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
// identity_at, and x where it is a buffer of its own, are among the constants.
{{ pixels }}

fn put(at: u32, stored: bool, value: f32) {
    if (stored) {
        out[at] = value + select(0.0, out[at], info.adds == 1u);
    }
}

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let pixel_groups = (info.out_pixels + 7u) / 8u;
    var rest = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let group = rest % pixel_groups;
    rest /= pixel_groups;
    // Image and channel.
    let map = rest % (info.images * info.channels);
    let edge = rest / (info.images * info.channels);
    if (edge >= info.edges) {
        return;
    }
    select_pixels(group * 8u);
    let lane = map / (info.channels * info.batch);
    let stat_at = lane * info.channels + map % info.channels;
    let stat_length = info.lanes * info.channels;
    let weights_at = mix_at(edge, lane);
    let length = info.images * info.channels * info.out_pixels;
    let plane = map * info.out_pixels;

    // One loop for each buffer: a choice between buffers would cost a load of each on some devices.
    var a = vec4<f32>(0.0);
    var b = vec4<f32>(0.0);
    for (var i = 0u; i < FIRST_OPS; i++) {
        let op = first_op(i);
        let unit = unit_of(edge, op);
        let stat = stats[unit * stat_length + stat_at];
        let scale = mix_weights[weights_at + op] * stat.y;
        let at = unit * length + plane;
        let value_a = vec4<f32>(z1[at + pixels_a.x], z1[at + pixels_a.y], z1[at + pixels_a.z], z1[at + pixels_a.w]);
        a += scale * (value_a - stat.x);
        let value_b = vec4<f32>(z1[at + pixels_b.x], z1[at + pixels_b.y], z1[at + pixels_b.z], z1[at + pixels_b.w]);
        b += scale * (value_b - stat.x);
    }
    for (var i = 0u; i < N2; i++) {
        let unit = edge * N2 + i;
        let stat = stats[(first_units() + unit) * stat_length + stat_at];
        let scale = mix_weights[weights_at + 4u + branch_of(i)] * stat.y;
        let at = unit * length + plane;
        let value_a = vec4<f32>(z2[at + pixels_a.x], z2[at + pixels_a.y], z2[at + pixels_a.z], z2[at + pixels_a.w]);
        a += scale * (value_a - stat.x);
        let value_b = vec4<f32>(z2[at + pixels_b.x], z2[at + pixels_b.y], z2[at + pixels_b.z], z2[at + pixels_b.w]);
        b += scale * (value_b - stat.x);
    }
    if (IDENTITY) {
        let scale = mix_weights[weights_at + SKIP];
        let source = x_plane(map);
        a += scale * vec4<f32>(
            identity_at(source + pixels_a.x),
            identity_at(source + pixels_a.y),
            identity_at(source + pixels_a.z),
            identity_at(source + pixels_a.w),
        );
        b += scale * vec4<f32>(
            identity_at(source + pixels_b.x),
            identity_at(source + pixels_b.y),
            identity_at(source + pixels_b.z),
            identity_at(source + pixels_b.w),
        );
    }
    let at = node_plane(edge, map) + first_pixel;
    put(at, stored_a.x, a.x);
    put(at + 1u, stored_a.y, a.y);
    put(at + 2u, stored_a.z, a.z);
    put(at + 3u, stored_a.w, a.w);
    put(at + 4u, stored_b.x, b.x);
    put(at + 5u, stored_b.y, b.y);
    put(at + 6u, stored_b.z, b.z);
    put(at + 7u, stored_b.w, b.w);
}
