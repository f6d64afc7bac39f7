// 8 neighboring pixels of an output plane; those past its end repeat the last one and are not stored.
var<private> first_pixel: u32;
var<private> pixels_a: vec4<u32>;
var<private> pixels_b: vec4<u32>;
var<private> stored_a: vec4<bool>;
var<private> stored_b: vec4<bool>;

fn select_pixels(first: u32) {
    first_pixel = first;
    let a = vec4<u32>(first) + vec4<u32>(0u, 1u, 2u, 3u);
    let b = a + vec4<u32>(4u);
    stored_a = a < vec4<u32>(info.out_pixels);
    stored_b = b < vec4<u32>(info.out_pixels);
    pixels_a = min(a, vec4<u32>(info.out_pixels - 1u));
    pixels_b = min(b, vec4<u32>(info.out_pixels - 1u));
}
