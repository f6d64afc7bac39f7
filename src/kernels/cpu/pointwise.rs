//! Pointwise convolutions: small matrix products over channels, blocked in registers.

use super::simd::{Simd, Task, V, WIDTH, vectors, vectors_mut};
use std::ops::Range;

/// `out[row block][pixel] = Σ_column weights[row block][column] · input[column block][pixel]`.
pub(super) struct Product<'a> {
    /// `[column blocks, pixels, 8]`.
    pub input: &'a [f32],
    /// As from `pack_matrix`.
    pub weights: &'a [f32],
    pub pixels: usize,
    /// The column blocks that are read for each row block.
    pub columns: &'a [Range<usize>],
    /// `[row blocks, pixels, 8]`.
    pub out: &'a mut [f32],
}

impl Task for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let pixels = self.pixels;
        let (input, _) = self.input.as_chunks::<WIDTH>();
        let out = vectors_mut::<S>(self.out);
        let weights = vectors::<S>(self.weights);
        let row_blocks = out.len() / pixels;
        let padded_columns = weights.len() / row_blocks;
        let tiles = Tiles {
            input,
            weights,
            pixels,
            padded_columns,
        };
        let mut row = 0;
        while row < row_blocks {
            let range = &self.columns[row];
            if !S::FEW && row + 1 < row_blocks && self.columns[row + 1] == *range {
                let mut pixel = 0;
                while pixel + 6 <= pixels {
                    tiles.tile::<6, 2>(lanes, row, pixel, range, out);
                    pixel += 6;
                }
                match pixels - pixel {
                    1 => tiles.tile::<1, 2>(lanes, row, pixel, range, out),
                    2 => tiles.tile::<2, 2>(lanes, row, pixel, range, out),
                    3 => tiles.tile::<3, 2>(lanes, row, pixel, range, out),
                    4 => tiles.tile::<4, 2>(lanes, row, pixel, range, out),
                    5 => tiles.tile::<5, 2>(lanes, row, pixel, range, out),
                    _ => {}
                }
                row += 2;
            } else {
                let mut pixel = 0;
                if S::FEW {
                    while pixel + 6 <= pixels {
                        tiles.tile::<6, 1>(lanes, row, pixel, range, out);
                        pixel += 6;
                    }
                } else {
                    while pixel + 8 <= pixels {
                        tiles.tile::<8, 1>(lanes, row, pixel, range, out);
                        pixel += 8;
                    }
                }
                if pixel + 4 <= pixels {
                    tiles.tile::<4, 1>(lanes, row, pixel, range, out);
                    pixel += 4;
                }
                match pixels - pixel {
                    1 => tiles.tile::<1, 1>(lanes, row, pixel, range, out),
                    2 => tiles.tile::<2, 1>(lanes, row, pixel, range, out),
                    3 => tiles.tile::<3, 1>(lanes, row, pixel, range, out),
                    _ => {}
                }
                row += 1;
            }
        }
    }
}

struct Tiles<'a, V> {
    input: &'a [[f32; WIDTH]],
    weights: &'a [V],
    pixels: usize,
    padded_columns: usize,
}

impl<W: Copy> Tiles<'_, W> {
    /// N pixels of M row blocks, held in registers over all columns.
    #[inline(always)]
    fn tile<const N: usize, const M: usize>(
        &self,
        lanes: impl Simd<f32s = W>,
        row: usize,
        pixel: usize,
        columns: &Range<usize>,
        out: &mut [W],
    ) {
        let mut sums = [[lanes.splat_f32s(0.0); N]; M];
        for block in columns.clone() {
            let start = block * self.pixels + pixel;
            let input = &self.input[start..start + N];
            let weights: [&[W]; M] = std::array::from_fn(|m| {
                let start = (row + m) * self.padded_columns + block * WIDTH;
                &self.weights[start..start + WIDTH]
            });
            for column in 0..WIDTH {
                for n in 0..N {
                    let value = lanes.splat_f32s(input[n][column]);
                    for m in 0..M {
                        sums[m][n] = lanes.fma(weights[m][column], value, sums[m][n]);
                    }
                }
            }
        }
        for (m, sums) in sums.iter().enumerate() {
            let start = (row + m) * self.pixels + pixel;
            out[start..start + N].copy_from_slice(sums);
        }
    }
}

/// Weight gradient: `sum[row block][column] += Σ_pixel rows[row block][pixel] · columns[column block][pixel]`.
pub(super) struct OuterProduct<'a> {
    pub rows: &'a [f32],
    pub columns: &'a [f32],
    pub pixels: usize,
    /// The column blocks that are wanted of each row block; empty: all of all.
    pub only: &'a [Range<usize>],
    /// In the layout of `pack_matrix`.
    pub sum: &'a mut [f32],
}

impl Task for OuterProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let rows = vectors::<S>(self.rows);
        let (columns, _) = self.columns.as_chunks::<WIDTH>();
        let (sum, _) = vectors_mut::<S>(self.sum).as_chunks_mut::<WIDTH>();
        let (rows, columns) = (
            rows.chunks_exact(self.pixels),
            columns.chunks_exact(self.pixels),
        );
        let blocks = columns.len();
        let all = 0..blocks;
        let wanted = |block: usize| self.only.get(block).unwrap_or(&all);
        let rows = rows.zip(sum.chunks_exact_mut(blocks.max(1)));
        let mut rows = rows.enumerate().peekable();
        while let Some((block, (row, sum))) = rows.next() {
            let own = wanted(block);
            // Two row blocks share what is loaded of the columns.
            let other = match S::FEW {
                true => None,
                false => rows.next_if(|(other, _)| wanted(*other) == own),
            };
            let columns = columns.clone().enumerate().skip(own.start).take(own.len());
            if let Some((_, (other_row, other_sum))) = other {
                for (index, column) in columns {
                    let rows = [row, other_row];
                    let sums = [&mut sum[index], &mut other_sum[index]];
                    add_product_pairs::<S>(lanes, rows, column, sums);
                }
                continue;
            }
            for (index, column) in columns {
                let sum = &mut sum[index];
                if S::FEW {
                    add_products::<S, { WIDTH / 2 }>(lanes, row, column, 0, sum);
                    add_products::<S, { WIDTH / 2 }>(lanes, row, column, WIDTH / 2, sum);
                } else {
                    add_products::<S, WIDTH>(lanes, row, column, 0, sum);
                }
            }
        }
    }
}

/// All columns of a block of the gradients of two row blocks, half of them at a time, held in registers over all pixels.
#[inline(always)]
fn add_product_pairs<S: Simd>(
    lanes: S,
    [row, other]: [&[V<S>]; 2],
    column: &[[f32; WIDTH]],
    [sum, other_sum]: [&mut [V<S>; WIDTH]; 2],
) {
    const N: usize = WIDTH / 2;
    for first in [0, N] {
        let mut total: [V<S>; N] = std::array::from_fn(|n| sum[first + n]);
        let mut other_total: [V<S>; N] = std::array::from_fn(|n| other_sum[first + n]);
        for ((row, other), column) in row.iter().zip(other).zip(column) {
            let column = &column[first..first + N];
            for ((total, other_total), value) in total.iter_mut().zip(&mut other_total).zip(column)
            {
                let value = lanes.splat_f32s(*value);
                *total = lanes.fma(*row, value, *total);
                *other_total = lanes.fma(*other, value, *other_total);
            }
        }
        sum[first..first + N].copy_from_slice(&total);
        other_sum[first..first + N].copy_from_slice(&other_total);
    }
}

/// `N` columns of a block of the gradient, from `first`, held in registers over all pixels.
#[inline(always)]
fn add_products<S: Simd, const N: usize>(
    lanes: S,
    row: &[V<S>],
    column: &[[f32; WIDTH]],
    first: usize,
    sum: &mut [V<S>; WIDTH],
) {
    let mut total: [V<S>; N] = std::array::from_fn(|n| sum[first + n]);
    for (row, column) in row.iter().zip(column) {
        for (total, value) in total.iter_mut().zip(&column[first..first + N]) {
            *total = lanes.fma(*row, lanes.splat_f32s(*value), *total);
        }
    }
    sum[first..first + N].copy_from_slice(&total);
}
