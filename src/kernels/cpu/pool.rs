//! 3×3 max and average pooling, padding 1, and 2×2 average pooling, on dense channel blocks.

use super::simd::{Simd, V, vectors, vectors_mut};
use std::ops::Range;

/// Sizes of a pooling.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pooling {
    pub height: usize,
    pub width: usize,
    pub stride: usize,
    /// Inputs before the first one of an output's own: 1 of a 3×3 window, 0 of a 2×2 one.
    pub before: usize,
}

impl Pooling {
    /// 3×3 windows.
    pub const fn three(height: usize, width: usize, stride: usize) -> Self {
        Self {
            height,
            width,
            stride,
            before: 1,
        }
    }

    /// The inputs an output pools over, without the padding.
    #[inline(always)]
    fn window(&self, output: usize, inputs: usize) -> Range<usize> {
        let first = output * self.stride;
        first.saturating_sub(self.before)..(first + 2).min(inputs)
    }

    const fn out_height(&self) -> usize {
        self.height.div_ceil(self.stride)
    }

    const fn out_width(&self) -> usize {
        self.width.div_ceil(self.stride)
    }

    /// The inputs that the outputs of a row pool over.
    #[inline(always)]
    fn rows(&self, y: usize) -> Range<usize> {
        self.window(y, self.height)
    }

    /// The inputs that the outputs of a column pool over.
    #[inline(always)]
    fn columns(&self, x: usize) -> Range<usize> {
        self.window(x, self.width)
    }

    /// Largest value of every window.
    #[inline(always)]
    pub fn max<S: Simd>(&self, lanes: S, input: &[f32], out: &mut [f32]) {
        let input = vectors::<S>(input).chunks_exact(self.height * self.width);
        let out = vectors_mut::<S>(out).chunks_exact_mut(self.out_height() * self.out_width());
        for (input, out) in input.zip(out) {
            for (y, out) in out.chunks_exact_mut(self.out_width()).enumerate() {
                for (x, out) in out.iter_mut().enumerate() {
                    *out = self.largest(lanes, input, self.rows(y), self.columns(x));
                }
            }
        }
    }

    #[inline(always)]
    fn largest<S: Simd>(
        &self,
        lanes: S,
        input: &[V<S>],
        rows: Range<usize>,
        columns: Range<usize>,
    ) -> V<S> {
        let mut largest = lanes.splat_f32s(f32::NEG_INFINITY);
        for y in rows {
            for value in &input[y * self.width..][columns.clone()] {
                largest = lanes.max_f32s(largest, *value);
            }
        }
        largest
    }

    /// Mean of every window; the padding does not count.
    #[inline(always)]
    pub fn average<S: Simd>(&self, lanes: S, input: &[f32], out: &mut [f32]) {
        let input = vectors::<S>(input).chunks_exact(self.height * self.width);
        let out = vectors_mut::<S>(out).chunks_exact_mut(self.out_height() * self.out_width());
        for (input, out) in input.zip(out) {
            for (y, out) in out.chunks_exact_mut(self.out_width()).enumerate() {
                let rows = self.rows(y);
                for (x, out) in out.iter_mut().enumerate() {
                    let columns = self.columns(x);
                    let share = 1.0 / (rows.len() * columns.len()) as f32;
                    let mut sum = lanes.splat_f32s(0.0);
                    for y in rows.clone() {
                        for value in &input[y * self.width..][columns.clone()] {
                            sum = lanes.add_f32s(sum, *value);
                        }
                    }
                    *out = lanes.mul_f32s(sum, lanes.splat_f32s(share));
                }
            }
        }
    }

    /// Adds the gradient of max pooling to `sum`: it goes to the first largest element of a window in scan order.
    #[inline(always)]
    pub fn max_backward<S: Simd>(&self, lanes: S, input: &[f32], grad: &[f32], sum: &mut [f32]) {
        let input = vectors::<S>(input).chunks_exact(self.height * self.width);
        let sum = vectors_mut::<S>(sum).chunks_exact_mut(self.height * self.width);
        let grad = vectors::<S>(grad).chunks_exact(self.out_height() * self.out_width());
        let zero = lanes.splat_f32s(0.0);
        for ((input, sum), grad) in input.zip(sum).zip(grad) {
            for (y, grad) in grad.chunks_exact(self.out_width()).enumerate() {
                for (x, grad) in grad.iter().enumerate() {
                    let (rows, columns) = (self.rows(y), self.columns(x));
                    let largest = self.largest(lanes, input, rows.clone(), columns.clone());
                    let mut left = *grad;
                    for y in rows {
                        let row = y * self.width;
                        let values = &input[row..][columns.clone()];
                        let sums = &mut sum[row..][columns.clone()];
                        for (sum, value) in sums.iter_mut().zip(values) {
                            let hit = lanes.equal_f32s(*value, largest);
                            *sum = lanes.add_f32s(*sum, lanes.select_f32s(hit, left, zero));
                            left = lanes.select_f32s(hit, zero, left);
                        }
                    }
                }
            }
        }
    }

    /// Adds the gradient of average pooling to `sum`.
    #[inline(always)]
    pub fn average_backward<S: Simd>(&self, lanes: S, grad: &[f32], sum: &mut [f32]) {
        let sum = vectors_mut::<S>(sum).chunks_exact_mut(self.height * self.width);
        let grad = vectors::<S>(grad).chunks_exact(self.out_height() * self.out_width());
        for (sum, grad) in sum.zip(grad) {
            for (y, grad) in grad.chunks_exact(self.out_width()).enumerate() {
                let rows = self.rows(y);
                for (x, grad) in grad.iter().enumerate() {
                    let columns = self.columns(x);
                    let share = 1.0 / (rows.len() * columns.len()) as f32;
                    let share = lanes.mul_f32s(*grad, lanes.splat_f32s(share));
                    for y in rows.clone() {
                        for value in &mut sum[y * self.width..][columns.clone()] {
                            *value = lanes.add_f32s(*value, share);
                        }
                    }
                }
            }
        }
    }
}
