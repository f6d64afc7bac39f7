//! Dense convolutions as matrix products: the input shifted by every tap of the kernel, side by side ("im2col"), and
//! the way back. The factorised reduce is the case of two taps, (0,0) and (1,1), at stride 2.

use super::simd::{Simd, WIDTH, vectors, vectors_mut};
use std::ops::Range;

/// The shifts of a convolution and its sizes.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub height: usize,
    pub width: usize,
    pub stride: usize,
    /// Output (y,x) reads, for every tap, the input at (stride·y + dy, stride·x + dx); zero outside.
    offsets: Vec<(isize, isize)>,
}

impl Columns {
    /// A k×k kernel with padding k/2.
    pub fn square(kernel: usize, stride: usize, height: usize, width: usize) -> Self {
        let padding = (kernel / 2) as isize;
        let taps = 0..(kernel * kernel) as isize;
        let side = kernel as isize;
        let offsets = taps
            .map(|tap| (tap / side - padding, tap % side - padding))
            .collect();
        Self {
            height,
            width,
            stride,
            offsets,
        }
    }

    /// The two diagonals a factorised reduce reads.
    pub fn diagonals(height: usize, width: usize) -> Self {
        Self {
            height,
            width,
            stride: 2,
            offsets: vec![(0, 0), (1, 1)],
        }
    }

    pub fn taps(&self) -> usize {
        self.offsets.len()
    }

    pub const fn out_height(&self) -> usize {
        self.height.div_ceil(self.stride)
    }

    pub const fn out_width(&self) -> usize {
        self.width.div_ceil(self.stride)
    }

    /// The output rows and columns of which a tap lies inside the image.
    #[inline(always)]
    fn inside(&self, tap: usize) -> [Range<usize>; 2] {
        let (dy, dx) = self.offsets[tap];
        let reach = |offset: isize, inputs: usize, outputs: usize| {
            let start = (-offset).max(0) as usize;
            let end = (inputs as isize - offset).max(0) as usize;
            let end = end.div_ceil(self.stride).min(outputs);
            // A tap that never lies inside reaches nothing.
            start.div_ceil(self.stride).min(end)..end
        };
        [
            reach(dy, self.height, self.out_height()),
            reach(dx, self.width, self.out_width()),
        ]
    }

    /// Where a tap of an output pixel lies in the input.
    #[inline(always)]
    fn place(&self, tap: usize, y: usize, x: usize) -> usize {
        let (dy, dx) = self.offsets[tap];
        let row = (y * self.stride).wrapping_add_signed(dy);
        row * self.width + (x * self.stride).wrapping_add_signed(dx)
    }

    /// Dense `[blocks, H·W, 8]` to `[taps·blocks, rows·Wo, 8]`, with ReLU where asked.
    #[inline(always)]
    pub fn gather<S: Simd>(
        &self,
        lanes: S,
        input: &[f32],
        relu: bool,
        rows: Range<usize>,
        out: &mut [f32],
    ) {
        let in_pixels = self.height * self.width;
        let blocks = input.len() / (in_pixels * WIDTH);
        self.gather_from(lanes, [input].into_iter(), blocks, relu, rows, out);
    }

    /// The same of several inputs, one behind the other, of `blocks` blocks together.
    #[inline(always)]
    pub fn gather_from<'a, S: Simd>(
        &self,
        lanes: S,
        inputs: impl Iterator<Item = &'a [f32]> + Clone,
        blocks: usize,
        relu: bool,
        rows: Range<usize>,
        out: &mut [f32],
    ) {
        let zero = lanes.splat_f32s(0.0);
        let floor = if relu {
            zero
        } else {
            lanes.splat_f32s(f32::NEG_INFINITY)
        };
        let (in_pixels, out_pixels) = (self.height * self.width, rows.len() * self.out_width());
        let taps = vectors_mut::<S>(out).chunks_exact_mut(blocks * out_pixels);
        for (tap, out) in taps.enumerate() {
            let inputs = inputs
                .clone()
                .flat_map(|input| vectors::<S>(input).chunks_exact(in_pixels));
            let [inside_y, inside_x] = self.inside(tap);
            for (out, input) in out.chunks_exact_mut(out_pixels).zip(inputs) {
                for (y, out) in rows.clone().zip(out.chunks_exact_mut(self.out_width())) {
                    if !inside_y.contains(&y) || inside_x.is_empty() {
                        out.fill(zero);
                        continue;
                    }
                    let (before, rest) = out.split_at_mut(inside_x.start);
                    let (out, after) = rest.split_at_mut(inside_x.len());
                    before.fill(zero);
                    after.fill(zero);
                    let input = &input[self.place(tap, y, inside_x.start)..];
                    // The common case without its distance between the inputs.
                    if self.stride == 1 {
                        for (out, value) in out.iter_mut().zip(input) {
                            *out = lanes.max_f32s(*value, floor);
                        }
                    } else {
                        for (out, value) in out.iter_mut().zip(input.iter().step_by(self.stride)) {
                            *out = lanes.max_f32s(*value, floor);
                        }
                    }
                }
            }
        }
    }

    /// The transpose of `gather` (without ReLU), added to `sum` `[blocks, H·W, 8]`.
    #[inline(always)]
    pub fn scatter<S: Simd>(&self, lanes: S, grad: &[f32], rows: Range<usize>, sum: &mut [f32]) {
        let (in_pixels, out_pixels) = (self.height * self.width, rows.len() * self.out_width());
        let blocks = sum.len() / (in_pixels * WIDTH);
        let sum = vectors_mut::<S>(sum);
        for (index, grad) in vectors::<S>(grad).chunks_exact(out_pixels).enumerate() {
            let sum = &mut sum[index % blocks * in_pixels..][..in_pixels];
            let tap = index / blocks;
            let [inside_y, inside_x] = self.inside(tap);
            if inside_x.is_empty() {
                continue;
            }
            for (y, grad) in rows.clone().zip(grad.chunks_exact(self.out_width())) {
                if !inside_y.contains(&y) {
                    continue;
                }
                let grad = &grad[inside_x.clone()];
                let sum = &mut sum[self.place(tap, y, inside_x.start)..];
                if self.stride == 1 {
                    for (sum, value) in sum.iter_mut().zip(grad) {
                        *sum = lanes.add_f32s(*sum, *value);
                    }
                } else {
                    for (sum, value) in sum.iter_mut().step_by(self.stride).zip(grad) {
                        *sum = lanes.add_f32s(*sum, *value);
                    }
                }
            }
        }
    }
}
