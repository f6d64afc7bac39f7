// An 8 x 8 block of a matrix product in registers, as the sum of outer products. A stage that includes this defines
//   fn put(row: u32, low: vec4<f32>, high: vec4<f32>)
// which stores one row of the result. Without workgroup memory and barriers: those are slow on software adapters, and
// 16 loads for 64 multiply-adds are served by the cache of a GPU.
var<private> low: array<vec4<f32>, 8>;
var<private> high: array<vec4<f32>, 8>;

struct Eight {
    a: vec4<f32>,
    b: vec4<f32>,
}

fn add_outer(rows: Eight, columns: Eight) {
    low[0] += rows.a.x * columns.a;
    high[0] += rows.a.x * columns.b;
    low[1] += rows.a.y * columns.a;
    high[1] += rows.a.y * columns.b;
    low[2] += rows.a.z * columns.a;
    high[2] += rows.a.z * columns.b;
    low[3] += rows.a.w * columns.a;
    high[3] += rows.a.w * columns.b;
    low[4] += rows.b.x * columns.a;
    high[4] += rows.b.x * columns.b;
    low[5] += rows.b.y * columns.a;
    high[5] += rows.b.y * columns.b;
    low[6] += rows.b.z * columns.a;
    high[6] += rows.b.z * columns.b;
    low[7] += rows.b.w * columns.a;
    high[7] += rows.b.w * columns.b;
}

fn put_all() {
    put(0u, low[0], high[0]);
    put(1u, low[1], high[1]);
    put(2u, low[2], high[2]);
    put(3u, low[3], high[3]);
    put(4u, low[4], high[4]);
    put(5u, low[5], high[5]);
    put(6u, low[6], high[6]);
    put(7u, low[7], high[7]);
}
