//! Batch statistics per lane and channel. Every image contributes its mean and its sum of squared deviations (taken
//! around one of its own values, so that a large mean costs no digits); Chan's formula combines the images.

use super::buffer::Buffer;
use super::simd::{Simd, V, WIDTH, vectors, vectors_mut};
use crate::kernels::shape::EPSILON;

/// Feature maps `[I, units, blocks, Q, 8]` before their normalisation, with statistics `[lanes, units, blocks·8]`.
#[derive(Debug, Clone)]
pub(super) struct Units {
    pub count: usize,
    pub unit_len: usize,
    pub padded_channels: usize,
    pub data: Buffer,
    pub mean: Vec<f32>,
    /// 1 / sqrt(variance + ε).
    pub inv_std: Vec<f32>,
}

/// Statistics of one unit in one lane, `blocks·8` values each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Normal<'a> {
    pub mean: &'a [f32],
    pub inv_std: &'a [f32],
}

impl Units {
    pub fn new(images: usize, count: usize, padded_channels: usize, pixels: usize) -> Self {
        let unit_len = padded_channels * pixels;
        Self {
            count,
            unit_len,
            padded_channels,
            data: Buffer::stale(images * count * unit_len),
            mean: Vec::new(),
            inv_std: Vec::new(),
        }
    }

    /// Floats of all units of one image; at least 1, so that it can be a chunk length.
    pub fn image_len(&self) -> usize {
        (self.count * self.unit_len).max(1)
    }

    /// Floats of one image's partial statistics; at least 1.
    pub fn partial_len(&self) -> usize {
        (2 * self.count * self.padded_channels).max(1)
    }

    pub fn unit(&self, image: usize, unit: usize) -> &[f32] {
        let start = (image * self.count + unit) * self.unit_len;
        &self.data[start..start + self.unit_len]
    }

    pub fn normal(&self, lane: usize, unit: usize) -> Normal<'_> {
        let start = (lane * self.count + unit) * self.padded_channels;
        let range = start..start + self.padded_channels;
        Normal {
            mean: &self.mean[range.clone()],
            inv_std: &self.inv_std[range],
        }
    }

    /// Combines the images of every lane. `partial` `[I, 2, units, blocks·8]`: means, then squared deviations.
    pub fn finish(&mut self, partial: &[f32], lanes: usize, batch: usize) {
        let len = self.count * self.padded_channels;
        if len == 0 {
            return;
        }
        let pixels = (self.unit_len / self.padded_channels) as f32;
        self.mean = Vec::with_capacity(lanes * len);
        self.inv_std = Vec::with_capacity(lanes * len);
        for images in partial.chunks_exact(2 * len * batch) {
            let (mean, squares) = lane_moments(images, 2 * len, 0, len, pixels);
            let n = batch as f32 * pixels;
            self.inv_std
                .extend(squares.iter().map(|sum| 1.0 / (sum / n + EPSILON).sqrt()));
            self.mean.extend(mean);
        }
    }
}

/// Combines the partial statistics of the images of one lane, `image_len` floats each, where `len` means begin at `at` and are followed by as
/// many squared deviations: mean and sum of squared deviations of all of them.
pub(super) fn lane_moments(
    images: &[f32],
    image_len: usize,
    at: usize,
    len: usize,
    pixels: f32,
) -> (Vec<f32>, Vec<f32>) {
    let batch = images.len() / image_len;
    let own = || {
        images
            .chunks_exact(image_len)
            .map(|image| image[at..at + 2 * len].split_at(len))
    };
    let first = &images[at..at + len];
    let mut mean = vec![0.0f32; len];
    for (means, _) in own() {
        for ((sum, value), first) in mean.iter_mut().zip(means).zip(first) {
            *sum += value - first;
        }
    }
    for (mean, first) in mean.iter_mut().zip(first) {
        *mean = first + *mean / batch as f32;
    }
    let mut squares = vec![0.0f32; len];
    for (means, deviations) in own() {
        for (((sum, mean), own), deviation) in
            squares.iter_mut().zip(&mean).zip(means).zip(deviations)
        {
            *sum += deviation + pixels * (own - mean) * (own - mean);
        }
    }
    (mean, squares)
}

/// Mean and squared deviations of every channel of one unit of one image.
#[inline(always)]
pub(super) fn moments<S: Simd>(
    lanes: S,
    unit: &[f32],
    pixels: usize,
    mean: &mut [f32],
    squares: &mut [f32],
) {
    let means = vectors_mut::<S>(mean).iter_mut();
    let squares = vectors_mut::<S>(squares).iter_mut();
    let share = lanes.splat_f32s(1.0 / pixels as f32);
    let zero = lanes.splat_f32s(0.0);
    for ((block, mean), square) in vectors::<S>(unit)
        .chunks_exact(pixels)
        .zip(means)
        .zip(squares)
    {
        let shift = block[0];
        let mut sums = [[zero; 4]; 2];
        let (quads, rest) = block.as_chunks::<4>();
        for quad in quads {
            for (i, value) in quad.iter().enumerate() {
                let value = lanes.sub_f32s(*value, shift);
                sums[0][i] = lanes.add_f32s(sums[0][i], value);
                sums[1][i] = lanes.fma(value, value, sums[1][i]);
            }
        }
        for value in rest {
            let value = lanes.sub_f32s(*value, shift);
            sums[0][0] = lanes.add_f32s(sums[0][0], value);
            sums[1][0] = lanes.fma(value, value, sums[1][0]);
        }
        let [first, second] = sums.map(|sum| total(lanes, sum));
        let offset = lanes.mul_f32s(first, share);
        *mean = lanes.add_f32s(shift, offset);
        // Rounding must not make it negative.
        *square = lanes.max_f32s(lanes.sub_f32s(second, lanes.mul_f32s(first, offset)), zero);
    }
}

#[inline(always)]
pub(super) fn total<S: Simd>(lanes: S, sum: [V<S>; 4]) -> V<S> {
    lanes.add_f32s(
        lanes.add_f32s(sum[0], sum[1]),
        lanes.add_f32s(sum[2], sum[3]),
    )
}

/// Sums `[I, len]` over the images of every lane, in order: `[lanes, len]`.
pub(super) fn sum_lanes(partial: &[f32], len: usize, batch: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(partial.len() / batch);
    for images in partial.chunks_exact((len * batch).max(1)) {
        let (first, others) = images.split_at(len);
        let start = out.len();
        out.extend_from_slice(first);
        for image in others.chunks_exact(len) {
            for (sum, value) in out[start..].iter_mut().zip(image) {
                *sum += value;
            }
        }
    }
    out
}

/// A per-channel vector `[blocks·8]` as vectors.
#[inline(always)]
pub(super) fn channel<S: Simd>(values: &[f32], block: usize) -> V<S> {
    vectors::<S>(&values[block * WIDTH..(block + 1) * WIDTH])[0]
}

/// The gradient through a normalisation: `out = scale·inv_std·(grad − Σgrad/n − ŷ·Σ(grad·ŷ)/n)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct NormalGradient<'a> {
    pub normal: Normal<'a>,
    /// Σ grad over the lane, per channel.
    pub sum: &'a [f32],
    /// Σ grad·ŷ over the lane, per channel.
    pub product: &'a [f32],
    /// Values per channel: batch·Q.
    pub n: f32,
    /// Factor of the gradient (the mixing weight).
    pub scale: f32,
}

impl NormalGradient<'_> {
    /// `unit` is the feature map before the normalisation, `grad` the gradient after it; all `[blocks, pixels, 8]`.
    #[inline(always)]
    pub fn apply<S: Simd>(
        &self,
        lanes: S,
        unit: &[f32],
        grad: &[f32],
        pixels: usize,
        out: &mut [f32],
    ) {
        let blocks = vectors_mut::<S>(out).chunks_exact_mut(pixels);
        let units = vectors::<S>(unit).chunks_exact(pixels);
        let grads = vectors::<S>(grad).chunks_exact(pixels);
        let share = lanes.splat_f32s(1.0 / self.n);
        for (block, ((out, unit), grad)) in blocks.zip(units).zip(grads).enumerate() {
            let mean = channel::<S>(self.normal.mean, block);
            let inv_std = channel::<S>(self.normal.inv_std, block);
            let factor = lanes.mul_f32s(inv_std, lanes.splat_f32s(self.scale));
            let offset = lanes.mul_f32s(channel::<S>(self.sum, block), share);
            let slope = lanes.mul_f32s(channel::<S>(self.product, block), share);
            let slope = lanes.neg_f32s(lanes.mul_f32s(lanes.mul_f32s(slope, inv_std), factor));
            for ((out, value), grad) in out.iter_mut().zip(unit).zip(grad) {
                let even = lanes.mul_f32s(lanes.sub_f32s(*grad, offset), factor);
                *out = lanes.fma(lanes.sub_f32s(*value, mean), slope, even);
            }
        }
    }
}

/// Per channel Σ grad and Σ grad·(value − mean)·inv_std of one image.
#[inline(always)]
pub(super) fn gradient_sums<S: Simd>(
    lanes: S,
    unit: &[f32],
    grad: &[f32],
    normal: Normal,
    pixels: usize,
    sums: [&mut [f32]; 2],
) {
    let [sum, product] = sums.map(|sums| vectors_mut::<S>(sums));
    let units = vectors::<S>(unit).chunks_exact(pixels);
    let grads = vectors::<S>(grad).chunks_exact(pixels);
    for (block, (unit, grad)) in units.zip(grads).enumerate() {
        let mean = channel::<S>(normal.mean, block);
        let mut totals = [[lanes.splat_f32s(0.0); 4]; 2];
        let (units, unit_rest) = unit.as_chunks::<4>();
        let (grads, grad_rest) = grad.as_chunks::<4>();
        for (unit, grad) in units.iter().zip(grads) {
            for i in 0..4 {
                let centred = lanes.sub_f32s(unit[i], mean);
                totals[0][i] = lanes.add_f32s(totals[0][i], grad[i]);
                totals[1][i] = lanes.fma(grad[i], centred, totals[1][i]);
            }
        }
        for (unit, grad) in unit_rest.iter().zip(grad_rest) {
            totals[0][0] = lanes.add_f32s(totals[0][0], *grad);
            totals[1][0] = lanes.fma(*grad, lanes.sub_f32s(*unit, mean), totals[1][0]);
        }
        let [first, second] = totals.map(|sums| total(lanes, sums));
        sum[block] = first;
        product[block] = lanes.mul_f32s(second, channel::<S>(normal.inv_std, block));
    }
}
