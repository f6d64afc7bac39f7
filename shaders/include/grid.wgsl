// Puts the rows of a strip where they lie in a plane with interleaved phases. A stage that includes this has `strip` and defines
//   fn grid_width() -> u32                                  columns of the plane
//   fn emit_one(at: u32, inside: bool, value: f32)          which stores one output
// The plane that is written.
var<private> out_plane: u32;

fn emit(strip: Strip, r: i32, sum: vec4<f32>) {
    let y = strip.rows_axis.out_start + strip.rows_axis.out_step * (strip.row + r);
    let step = strip.columns_axis.out_step;
    let left = strip.columns_axis.out_start + step * strip.column;
    let at = out_plane + u32(y) * grid_width() + u32(left);
    let width = i32(grid_width());
    emit_one(at, true, sum.x);
    emit_one(at + u32(step), left + step < width, sum.y);
    emit_one(at + u32(2 * step), left + 2 * step < width, sum.z);
    emit_one(at + u32(3 * step), left + 3 * step < width, sum.w);
}
