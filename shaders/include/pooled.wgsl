// The value of a pooling at an output pixel: with MAXIMUM the largest of its window, else the mean. A stage that includes this has `window`
// and a buffer `x`.
fn pooled(plane: u32, q: u32) -> f32 {
    let at = window_of(q / info.out_width, q % info.out_width);
    var largest = -3.4e38;
    var sum = 0.0;
    for (var y = at.first_row; y < at.end_row; y++) {
        for (var column = at.first_column; column < at.end_column; column++) {
            let value = x[plane + y * info.width + column];
            largest = max(largest, value);
            sum += value;
        }
    }
    return select(sum / window_size(at), largest, MAXIMUM);
}
