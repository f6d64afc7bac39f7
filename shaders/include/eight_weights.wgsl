// The 8 weights that one step of a product multiplies. A stage that includes this has `outer` and a buffer `weights`.
fn eight_weights(a: vec4<u32>, b: vec4<u32>) -> Eight {
    return Eight(
        vec4<f32>(weights[a.x], weights[a.y], weights[a.z], weights[a.w]),
        vec4<f32>(weights[b.x], weights[b.y], weights[b.z], weights[b.w]),
    );
}
