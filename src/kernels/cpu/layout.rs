//! The layout the CPU kernels work in: channels in blocks of eight, a pixel of a block being one vector
//! (`[blocks, pixels, 8]`, the last block filled up with zeros), planes with or without a margin of zeros.

use super::buffer::Buffer;
use super::simd::{Simd, V, WIDTH, vectors, vectors_mut};

/// Margin of the padded planes: the reach of the dilated 5×5 kernel, the widest of all.
const MARGIN: usize = 4;

/// Number of channel blocks.
pub(super) const fn blocks(channels: usize) -> usize {
    channels.div_ceil(WIDTH)
}

/// Where the pixels of one channel block lie. The margin right of a row is also the one left of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plane {
    pub height: usize,
    pub width: usize,
    pub margin: usize,
}

impl Plane {
    /// Pixels without gaps.
    pub const fn dense(height: usize, width: usize) -> Self {
        Self {
            height,
            width,
            margin: 0,
        }
    }

    /// Pixels with the margin every depthwise kernel may read.
    pub const fn padded(height: usize, width: usize) -> Self {
        Self {
            height,
            width,
            margin: MARGIN,
        }
    }

    /// Vectors from one row to the next.
    pub const fn pitch(&self) -> usize {
        self.width + self.margin
    }

    /// Position of the first pixel.
    pub const fn origin(&self) -> usize {
        self.margin * self.pitch() + self.margin
    }

    /// Vectors of one channel block.
    pub const fn len(&self) -> usize {
        (self.height + 2 * self.margin) * self.pitch() + self.margin
    }

    /// Floats of a feature map.
    pub const fn floats(&self, channels: usize) -> usize {
        blocks(channels) * self.len() * WIDTH
    }
}

/// Brings one image `[C, pixels]` into dense blocks.
#[inline(always)]
pub(super) fn pack(image: &[f32], channels: usize, pixels: usize, out: &mut [f32]) {
    for block in 0..blocks(channels) {
        let first = block * WIDTH;
        let present = WIDTH.min(channels - first);
        let rows = &image[first * pixels..(first + present) * pixels];
        let out = &mut out[block * pixels * WIDTH..(block + 1) * pixels * WIDTH];
        let (tiles, rest) = out.as_chunks_mut::<{ WIDTH * WIDTH }>();
        let whole = tiles.len() * WIDTH;
        if present == WIDTH {
            for (tile, out) in tiles.iter_mut().enumerate() {
                let mut square = [[0.0; WIDTH]; WIDTH];
                for (channel, row) in square.iter_mut().enumerate() {
                    let start = channel * pixels + tile * WIDTH;
                    row.copy_from_slice(&rows[start..start + WIDTH]);
                }
                *out = transpose(&square);
            }
        } else {
            let out = tiles.as_flattened_mut();
            pack_slowly(rows, pixels, 0, out);
        }
        pack_slowly(rows, pixels, whole, rest);
    }
}

#[inline(always)]
fn pack_slowly(rows: &[f32], pixels: usize, first: usize, out: &mut [f32]) {
    let (out, _) = out.as_chunks_mut::<WIDTH>();
    out.fill([0.0; WIDTH]);
    for (channel, row) in rows.chunks_exact(pixels).enumerate() {
        for (out, value) in out.iter_mut().zip(&row[first..]) {
            out[channel] = *value;
        }
    }
}

/// Brings dense blocks back into one image `[C, pixels]`; with `ADD` on top of what is there.
#[inline(always)]
pub(super) fn unpack<const ADD: bool>(
    dense: &[f32],
    channels: usize,
    pixels: usize,
    image: &mut [f32],
) {
    for block in 0..blocks(channels) {
        let first = block * WIDTH;
        let present = WIDTH.min(channels - first);
        let rows = &mut image[first * pixels..(first + present) * pixels];
        let dense = &dense[block * pixels * WIDTH..(block + 1) * pixels * WIDTH];
        let (tiles, rest) = dense.as_chunks::<{ WIDTH * WIDTH }>();
        let whole = tiles.len() * WIDTH;
        if present == WIDTH {
            for (tile, values) in tiles.iter().enumerate() {
                let square = transpose_back(values);
                for (channel, row) in square.iter().enumerate() {
                    let start = channel * pixels + tile * WIDTH;
                    let out = &mut rows[start..start + WIDTH];
                    for (out, value) in out.iter_mut().zip(row) {
                        *out = if ADD { *out + value } else { *value };
                    }
                }
            }
        } else {
            unpack_slowly::<ADD>(tiles.as_flattened(), pixels, 0, rows);
        }
        unpack_slowly::<ADD>(rest, pixels, whole, rows);
    }
}

#[inline(always)]
fn unpack_slowly<const ADD: bool>(dense: &[f32], pixels: usize, first: usize, rows: &mut [f32]) {
    let (dense, _) = dense.as_chunks::<WIDTH>();
    for (channel, row) in rows.chunks_exact_mut(pixels).enumerate() {
        for (value, dense) in row[first..].iter_mut().zip(dense) {
            let dense = dense[channel];
            *value = if ADD { *value + dense } else { dense };
        }
    }
}

#[inline(always)]
fn transpose(square: &[[f32; WIDTH]; WIDTH]) -> [f32; WIDTH * WIDTH] {
    let mut out = [0.0; WIDTH * WIDTH];
    for (pixel, out) in out.chunks_exact_mut(WIDTH).enumerate() {
        for (value, row) in out.iter_mut().zip(square) {
            *value = row[pixel];
        }
    }
    out
}

#[inline(always)]
fn transpose_back(values: &[f32; WIDTH * WIDTH]) -> [[f32; WIDTH]; WIDTH] {
    let mut out = [[0.0; WIDTH]; WIDTH];
    for (channel, row) in out.iter_mut().enumerate() {
        for (value, pixel) in row.iter_mut().zip(values.chunks_exact(WIDTH)) {
            *value = pixel[channel];
        }
    }
    out
}

/// Copies dense blocks into the interior of padded planes, every vector through `map(block, vector index, vector)`.
#[inline(always)]
pub(super) fn embed<S: Simd>(
    dense: &[f32],
    plane: Plane,
    blocks: usize,
    padded: &mut [f32],
    map: impl Fn(usize, V<S>) -> V<S>,
) {
    let dense = vectors::<S>(dense);
    let padded = vectors_mut::<S>(padded);
    let pixels = plane.height * plane.width;
    for block in 0..blocks {
        let rows = dense[block * pixels..(block + 1) * pixels].chunks_exact(plane.width);
        for (y, row) in rows.enumerate() {
            let start = block * plane.len() + plane.origin() + y * plane.pitch();
            for (to, from) in padded[start..start + plane.width].iter_mut().zip(row) {
                *to = map(block, *from);
            }
        }
    }
}

/// Packs a matrix `[rows, columns]` so that `out[row block][column]` is a vector over eight rows; columns and rows
/// are filled up with zeros to whole blocks.
pub(super) fn pack_matrix(
    rows: usize,
    columns: usize,
    value: impl Fn(usize, usize) -> f32,
) -> Buffer {
    let padded_columns = blocks(columns) * WIDTH;
    let mut out = Buffer::zeros(blocks(rows) * padded_columns * WIDTH);
    for row in 0..rows {
        for column in 0..columns {
            out[matrix_index(padded_columns, row, column)] = value(row, column);
        }
    }
    out
}

/// Position of an element in a packed matrix.
pub(super) const fn matrix_index(padded_columns: usize, row: usize, column: usize) -> usize {
    ((row / WIDTH) * padded_columns + column) * WIDTH + row % WIDTH
}
