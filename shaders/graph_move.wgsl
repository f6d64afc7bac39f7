// Copies a part of every image of one buffer to a part of every image of another, or adds it there: states side by side, what a graph
// returns, and the gradients of both.
// Reads  source: `length` values of an image from from_first + image * from_image on.
// Writes destination, likewise.
// One invocation: one value.
// Launched by src/kernels/gpu/graph_maps.rs.
{{ constants }}
@group(0) @binding(1) var<storage, read_write> source: array<f32>;
@group(0) @binding(2) var<storage, read_write> destination: array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    info = sizes;
    let id = (workgroup.y * workgroups.x + workgroup.x) * 64u + local.x;
    let image = id / info.length;
    if (image >= info.images) {
        return;
    }
    let at = info.from_first + image * info.from_image + id % info.length;
    let place = info.to_first + image * info.to_image + id % info.length;
    var value = source[at];
    if (info.adds == 1u) {
        value += destination[place];
    }
    destination[place] = value;
}
