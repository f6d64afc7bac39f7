//! Depthwise convolutions on channel blocks: forward, transposed (gradient of the input) and the weight gradient.
//!
//! All three are correlations of a padded plane with a few taps. The transposed convolution at stride 2 splits into
//! one correlation for every parity of the output row and column, each with the taps that reach it.

use super::buffer::Buffer;
use super::layout::Plane;
use super::simd::{Simd, Task, V, WIDTH, vectors, vectors_mut};
use crate::kernels::shape::Branch;
use std::ops::Range;

/// Widest kernel.
const KERNEL: usize = 5;

/// The taps along one axis: output `i` reads, with its `t`-th tap, the input at `i·stride + first + t·dilation`.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// Which kernel element every tap uses.
    taps: [usize; KERNEL],
    count: usize,
    first: isize,
    dilation: usize,
    stride: usize,
    /// Outputs of this axis, their first position and the distance between them.
    outputs: usize,
    out_first: usize,
    out_step: usize,
    /// Inputs of this axis.
    inputs: usize,
}

impl Axis {
    /// Forward convolution from `inputs` to `inputs / stride` (rounded up).
    fn forward(branch: Branch, stride: usize, inputs: usize) -> Self {
        let axis = Self {
            taps: [0, 1, 2, 3, 4],
            count: branch.kernel(),
            first: -(branch.padding() as isize),
            dilation: branch.dilation(),
            stride,
            outputs: inputs.div_ceil(stride),
            out_first: 0,
            out_step: 1,
            inputs,
        };
        axis.trimmed()
    }

    /// Transposed convolution onto the positions `phase, phase + stride, …` of an axis of `outputs`.
    fn transposed(branch: Branch, stride: usize, phase: usize, outputs: usize) -> Self {
        let (kernel, dilation) = (branch.kernel(), branch.dilation());
        let reach = phase + branch.padding();
        let mut taps = [0; KERNEL];
        let mut count = 0;
        // Highest kernel element first: the input position then ascends.
        for tap in (0..kernel).rev() {
            if (reach + tap * dilation).is_multiple_of(stride) {
                taps[count] = tap;
                count += 1;
            }
        }
        let first = (reach as isize - (taps[0] * dilation) as isize) / stride as isize;
        let between = if count > 1 { taps[0] - taps[1] } else { 1 };
        let axis = Self {
            taps,
            count,
            first,
            dilation: between * dilation / stride,
            stride: 1,
            outputs: (outputs - phase).div_ceil(stride),
            out_first: phase,
            out_step: stride,
            inputs: outputs.div_ceil(stride),
        };
        axis.trimmed()
    }

    /// Without the taps that only ever read the margin.
    fn trimmed(mut self) -> Self {
        while self.count > 0 && self.outputs_of(0).is_empty() {
            self.taps.rotate_left(1);
            self.first += self.dilation as isize;
            self.count -= 1;
        }
        while self.count > 0 && self.outputs_of(self.count - 1).is_empty() {
            self.count -= 1;
        }
        self
    }

    /// The outputs whose `tap`-th input is not in the margin.
    #[inline(always)]
    fn outputs_of(&self, tap: usize) -> Range<usize> {
        let offset = self.first + (tap * self.dilation) as isize;
        let stride = self.stride as isize;
        let start = ((-offset).max(0) + stride - 1) / stride;
        let end = (self.inputs as isize - offset + stride - 1).max(0) / stride;
        let end = end.min(self.outputs as isize);
        start as usize..end.max(start) as usize
    }

    /// The taps some of the outputs need: the others read only the margin.
    #[inline(always)]
    fn taps_of(&self, outputs: Range<usize>) -> Range<usize> {
        let input = |output: usize, tap: usize| {
            (output * self.stride + tap * self.dilation) as isize + self.first
        };
        let (mut start, mut end) = (0, self.count);
        while start < end && input(outputs.end - 1, start) < 0 {
            start += 1;
        }
        while start < end && input(outputs.start, end - 1) >= self.inputs as isize {
            end -= 1;
        }
        start..end
    }
}

/// One correlation of a padded input plane into an output plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass {
    rows: Axis,
    columns: Axis,
    kernel: usize,
    input: Plane,
    output: Plane,
}

/// The forward convolution: padded `[H,W]` to dense `[Ho,Wo]`.
pub(super) fn forward(branch: Branch, stride: usize, height: usize, width: usize) -> Pass {
    Pass {
        rows: Axis::forward(branch, stride, height),
        columns: Axis::forward(branch, stride, width),
        kernel: branch.kernel(),
        input: Plane::padded(height, width),
        output: Plane::dense(height.div_ceil(stride), width.div_ceil(stride)),
    }
}

/// The transposed convolution: padded `[Ho,Wo]` to dense `[H,W]`, as one pass for every parity that is reached.
pub(super) fn transposed(branch: Branch, stride: usize, height: usize, width: usize) -> Vec<Pass> {
    let mut passes = Vec::new();
    for row_phase in 0..stride.min(height) {
        for column_phase in 0..stride.min(width) {
            let pass = Pass {
                rows: Axis::transposed(branch, stride, row_phase, height),
                columns: Axis::transposed(branch, stride, column_phase, width),
                kernel: branch.kernel(),
                input: Plane::padded(height.div_ceil(stride), width.div_ceil(stride)),
                output: Plane::dense(height, width),
            };
            if pass.rows.count > 0 && pass.columns.count > 0 {
                passes.push(pass);
            }
        }
    }
    passes
}

/// Correlates every channel block.
pub(super) struct Correlate<'a> {
    pub pass: &'a Pass,
    /// `[blocks, k², 8]`.
    pub weights: &'a [f32],
    pub input: &'a [f32],
    pub out: &'a mut [f32],
    /// Whether the result is added to `out`.
    pub add: bool,
}

impl Task for Correlate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            pass,
            weights,
            input,
            out,
            add,
        } = self;
        let input = vectors::<S>(input).chunks_exact(pass.input.len());
        let out = vectors_mut::<S>(out).chunks_exact_mut(pass.output.len());
        let weights = vectors::<S>(weights).chunks_exact(pass.kernel * pass.kernel);
        for ((weights, input), out) in weights.zip(input).zip(out) {
            // The weights in tap order.
            let mut taps = [lanes.splat_f32s(0.0); KERNEL * KERNEL];
            for row in 0..pass.rows.count {
                for column in 0..pass.columns.count {
                    let tap = pass.rows.taps[row] * pass.kernel + pass.columns.taps[column];
                    taps[row * pass.columns.count + column] = weights[tap];
                }
            }
            if pass.columns.stride == 1 {
                correlate_block::<S, 1>(lanes, pass, &taps, input, out, add);
            } else {
                correlate_block::<S, 2>(lanes, pass, &taps, input, out, add);
            }
        }
    }
}

#[inline(always)]
fn correlate_block<S: Simd, const STEP: usize>(
    lanes: S,
    pass: &Pass,
    taps: &[V<S>; KERNEL * KERNEL],
    input: &[V<S>],
    out: &mut [V<S>],
    add: bool,
) {
    let (rows, columns) = (pass.rows.outputs, pass.columns.outputs);
    let block = Block {
        lanes,
        pass,
        taps,
        input,
    };
    let mut row = 0;
    while row < rows {
        // Narrow maps: several rows at once, so that enough sums are in flight.
        if !S::FEW && columns == 2 && row + 4 <= rows {
            block.sums::<2, 4, STEP>(row, 0, &pass.rows.taps_of(row..row + 4), out, add);
            row += 4;
            continue;
        }
        if columns == 2 && row + 2 <= rows {
            block.sums::<2, 2, STEP>(row, 0, &pass.rows.taps_of(row..row + 2), out, add);
            row += 2;
            continue;
        }
        if !S::FEW && columns == 4 && row + 2 <= rows {
            block.sums::<4, 2, STEP>(row, 0, &pass.rows.taps_of(row..row + 2), out, add);
            row += 2;
            continue;
        }
        let taps = pass.rows.taps_of(row..row + 1);
        let mut column = 0;
        if S::FEW {
            while columns - column >= 4 {
                block.sums::<4, 1, STEP>(row, column, &taps, out, add);
                column += 4;
            }
        } else {
            while columns - column >= 8 {
                block.sums::<8, 1, STEP>(row, column, &taps, out, add);
                column += 8;
            }
            match columns - column {
                4 => block.sums::<4, 1, STEP>(row, column, &taps, out, add),
                5 => block.sums::<5, 1, STEP>(row, column, &taps, out, add),
                6 => block.sums::<6, 1, STEP>(row, column, &taps, out, add),
                7 => block.sums::<7, 1, STEP>(row, column, &taps, out, add),
                _ => {}
            }
        }
        match columns - column {
            1 => block.sums::<1, 1, STEP>(row, column, &taps, out, add),
            2 => block.sums::<2, 1, STEP>(row, column, &taps, out, add),
            3 => block.sums::<3, 1, STEP>(row, column, &taps, out, add),
            _ => {}
        }
        row += 1;
    }
}

struct Block<'a, S: Simd> {
    lanes: S,
    pass: &'a Pass,
    taps: &'a [V<S>; KERNEL * KERNEL],
    input: &'a [V<S>],
}

impl<S: Simd> Block<'_, S> {
    /// `N` pixels of `R` rows, held in registers over all `tap_rows` that these rows need.
    #[inline(always)]
    fn sums<const N: usize, const R: usize, const STEP: usize>(
        &self,
        row: usize,
        column: usize,
        tap_rows: &Range<usize>,
        out: &mut [V<S>],
        add: bool,
    ) {
        let Pass {
            rows,
            columns,
            input: plane,
            output,
            ..
        } = self.pass;
        let pitch = plane.pitch();
        let step = columns.out_step;
        let out_pitch = rows.out_step * output.pitch();
        let out_corner = (rows.out_first + row * rows.out_step) * output.pitch()
            + columns.out_first
            + column * step;
        let mut sums = [[self.lanes.splat_f32s(0.0); N]; R];
        if add {
            for (r, sums) in sums.iter_mut().enumerate() {
                let from = &out[out_corner + r * out_pitch..];
                if step == 1 {
                    sums.copy_from_slice(&from[..N]);
                } else {
                    for (n, sum) in sums.iter_mut().enumerate() {
                        *sum = from[n * step];
                    }
                }
            }
        }
        // The margin is at least as wide as any offset, so the position is never negative.
        let origin = plane.origin() + row * STEP * pitch + column * STEP;
        let corner = origin as isize + rows.first * pitch as isize + columns.first;
        for tap_row in tap_rows.clone() {
            let start = corner as usize + tap_row * rows.dilation * pitch;
            let taps = &self.taps[tap_row * columns.count..(tap_row + 1) * columns.count];
            for (tap_column, weight) in taps.iter().enumerate() {
                for (r, sums) in sums.iter_mut().enumerate() {
                    let start = start + r * STEP * pitch + tap_column * columns.dilation;
                    let window = &self.input[start..start + (N - 1) * STEP + 1];
                    for (n, sum) in sums.iter_mut().enumerate() {
                        *sum = self.lanes.fma(*weight, window[n * STEP], *sum);
                    }
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let to = &mut out[out_corner + r * out_pitch..];
            if step == 1 {
                to[..N].copy_from_slice(sums);
            } else {
                // As many turns as there are sums: a loop that ends with the slice would keep all of them in memory.
                for (n, sum) in sums.iter().enumerate() {
                    to[n * step] = *sum;
                }
            }
        }
    }
}

/// Weight gradient of a forward pass: `sum[block][k²] += Σ grad · shifted input`.
pub(super) struct KernelGradient<'a> {
    pub branch: Branch,
    pub pass: &'a Pass,
    /// Dense `[Ho,Wo]`.
    pub grad: &'a [f32],
    /// Padded `[H,W]`.
    pub input: &'a [f32],
    pub sum: &'a mut [f32],
}

impl Task for KernelGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            branch,
            pass,
            grad,
            input,
            sum,
        } = self;
        let sum = vectors_mut::<S>(sum).chunks_exact_mut(pass.kernel * pass.kernel);
        let grad = vectors::<S>(grad).chunks_exact(pass.output.len());
        let input = vectors::<S>(input).chunks_exact(pass.input.len());
        for ((sum, grad), input) in sum.zip(grad).zip(input) {
            let task = TapGradients {
                lanes,
                pass,
                grad,
                input,
            };
            match (branch, pass.rows.stride) {
                (Branch::Sep3, 1) => task.three::<1, 1>(sum),
                (Branch::Sep3, _) => task.three::<1, 2>(sum),
                (Branch::Dil3, 1) => task.three::<2, 1>(sum),
                (Branch::Dil3, _) => task.three::<2, 2>(sum),
                (Branch::Sep5, 1) => task.five::<1, 1>(sum),
                (Branch::Sep5, _) => task.five::<1, 2>(sum),
                (Branch::Dil5, 1) => task.five::<2, 1>(sum),
                (Branch::Dil5, _) => task.five::<2, 2>(sum),
            }
        }
    }
}

struct TapGradients<'a, S: Simd> {
    lanes: S,
    pass: &'a Pass,
    grad: &'a [V<S>],
    input: &'a [V<S>],
}

impl<S: Simd> TapGradients<'_, S> {
    #[inline(always)]
    fn three<const DILATION: usize, const STEP: usize>(&self, sum: &mut [V<S>]) {
        if S::FEW {
            self.rows::<3, 2, DILATION, STEP>(0, sum);
            self.rows::<3, 1, DILATION, STEP>(2, sum);
        } else {
            self.rows::<3, 3, DILATION, STEP>(0, sum);
        }
    }

    #[inline(always)]
    fn five<const DILATION: usize, const STEP: usize>(&self, sum: &mut [V<S>]) {
        if S::FEW {
            (0..5).for_each(|row| self.rows::<5, 1, DILATION, STEP>(row, sum));
            return;
        }
        self.rows::<5, 2, DILATION, STEP>(0, sum);
        self.rows::<5, 2, DILATION, STEP>(2, sum);
        self.rows::<5, 1, DILATION, STEP>(4, sum);
    }

    /// `G` rows of a kernel of width `K`, from kernel row `first`: their taps are held in registers over all pixels.
    #[inline(always)]
    fn rows<const K: usize, const G: usize, const DILATION: usize, const STEP: usize>(
        &self,
        first: usize,
        sum: &mut [V<S>],
    ) {
        let Plane { height, width, .. } = self.pass.output;
        let plane = self.pass.input;
        let pitch = plane.pitch();
        let padding = K / 2 * DILATION;
        let corner = plane.origin() - padding * pitch - padding;
        let mut sums = [[self.lanes.splat_f32s(0.0); K]; G];
        // Output rows for which one of the taps lies in the image.
        let top = padding
            .saturating_sub((first + G - 1) * DILATION)
            .div_ceil(STEP);
        let bottom = (plane.height + padding)
            .saturating_sub(first * DILATION)
            .div_ceil(STEP);
        for y in top..bottom.min(height) {
            let grad = &self.grad[y * width..(y + 1) * width];
            let start = corner + (y * STEP + first * DILATION) * pitch;
            let (chunks, rest) = grad.as_chunks::<4>();
            for (chunk, grad) in chunks.iter().enumerate() {
                self.chunk::<K, G, DILATION, STEP, 4>(grad, start + chunk * 4 * STEP, &mut sums);
            }
            let done = chunks.len() * 4;
            for (n, grad) in rest.iter().enumerate() {
                let start = start + (done + n) * STEP;
                self.chunk::<K, G, DILATION, STEP, 1>(&[*grad], start, &mut sums);
            }
        }
        for (g, sums) in sums.iter().enumerate() {
            let to = &mut sum[(first + g) * K..(first + g + 1) * K];
            for (to, sum) in to.iter_mut().zip(sums) {
                *to = self.lanes.add_f32s(*to, *sum);
            }
        }
    }

    #[inline(always)]
    fn chunk<
        const K: usize,
        const G: usize,
        const DILATION: usize,
        const STEP: usize,
        const N: usize,
    >(
        &self,
        grad: &[V<S>; N],
        start: usize,
        sums: &mut [[V<S>; K]; G],
    ) {
        for (g, sums) in sums.iter_mut().enumerate() {
            let start = start + g * DILATION * self.pass.input.pitch();
            let window = &self.input[start..start + (N - 1) * STEP + (K - 1) * DILATION + 1];
            for (n, grad) in grad.iter().enumerate() {
                for (k, sum) in sums.iter_mut().enumerate() {
                    *sum = self.lanes.fma(*grad, window[n * STEP + k * DILATION], *sum);
                }
            }
        }
    }
}

/// Packs depthwise kernels `[C,k,k]` as `[blocks, k², 8]`.
pub(super) fn pack_kernels(weights: &[f32], area: usize) -> Buffer {
    let channels = weights.len() / area;
    let mut out = Buffer::zeros(channels.div_ceil(WIDTH) * area * WIDTH);
    for (channel, kernel) in weights.chunks_exact(area).enumerate() {
        for (tap, value) in kernel.iter().enumerate() {
            out[kernel_index(area, channel, tap)] = *value;
        }
    }
    out
}

/// Position of a tap in packed depthwise kernels.
pub(super) const fn kernel_index(area: usize, channel: usize, tap: usize) -> usize {
    ((channel / WIDTH) * area + tap) * WIDTH + channel % WIDTH
}
