// The rows and columns that an output pixel of a pooling sees: those outside do not count.
struct Window {
    first_row: u32,
    end_row: u32,
    first_column: u32,
    end_column: u32,
}

fn window_of(y: u32, column: u32) -> Window {
    let top = y * info.stride;
    let left = column * info.stride;
    return Window(
        max(top, info.before) - info.before,
        min(top + info.window - info.before, info.height),
        max(left, info.before) - info.before,
        min(left + info.window - info.before, info.width),
    );
}

fn window_size(at: Window) -> f32 {
    return f32((at.end_row - at.first_row) * (at.end_column - at.first_column));
}
