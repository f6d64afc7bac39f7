// The columns of a lane, image by image. An invocation of a workgroup visits every THREADS-th of them, without a division
// for each: that costs as much as a load on some devices.
struct Column {
    image: u32,
    pixel: u32,
}

fn column_of(index: u32) -> Column {
    return Column(index / info.out_pixels, index % info.out_pixels);
}

fn next_column(at: Column, step: Column) -> Column {
    let pixel = at.pixel + step.pixel;
    let over = pixel >= info.out_pixels;
    return Column(at.image + step.image + select(0u, 1u, over), select(pixel, pixel - info.out_pixels, over));
}

// Where a column lies behind the first one of its lane and channel.
fn column_offset(at: Column) -> u32 {
    return at.image * (info.channels * info.out_pixels) + at.pixel;
}
