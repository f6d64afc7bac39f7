//! Dense convolution with batch normalisation, as matrix products over tiles of output rows.

use super::buffer::Buffer;
use super::columns::Columns;
use super::dispatch::dispatch;
use super::gradient::{Rows, by_runs, unpack_diagonals};
use super::layout::{blocks, matrix_index, pack, pack_matrix, unpack};
use super::plan::Matrix;
use super::pointwise::{OuterProduct, Product};
use super::simd::{Simd, Task, WIDTH, vectors, vectors_mut};
use super::stats::{Normal, NormalGradient, Units, channel, gradient_sums, moments, sum_lanes};
use crate::kernels::shape::{ConvShape, Wanted};
use rayon::prelude::*;
use std::ops::Range;

/// Floats of a tile of columns: it should stay in the second-level cache.
const TILE: usize = 32 * 1024;

/// What [`conv_bn_backward`] needs beyond x and the weights: the convolution's output and its batch statistics.
#[derive(Debug, Clone)]
pub struct ConvSaved {
    units: Units,
}

/// Gradients of [`conv_bn_forward`], those that were wanted.
#[derive(Debug, Clone, Default)]
pub struct ConvGradients {
    /// `[I,Ci,H,W]`.
    pub x: Option<Vec<f32>>,
    /// As the weights.
    pub weights: Option<Vec<f32>>,
}

/// y = BN(conv(ReLU?(x))): x `[I,Ci,H,W]`, weights `[Co,Ci,k,k]`, y `[I,Co,Ho,Wo]`; see [`ConvShape`].
///
/// # Panics
/// If a slice does not have the length its shape says, or the shape fails [`ConvShape::check`].
pub fn conv_bn_forward(shape: &ConvShape, x: &[f32], weights: &[f32]) -> (Vec<f32>, ConvSaved) {
    assert_lengths(shape, x, weights);
    let plan = Plan::new(shape, weights);
    let mut units = Units::new(shape.images(), 1, plan.out_padded, shape.out_pixels());
    let (image_len, partial_len) = (units.image_len(), units.partial_len());
    let mut partial = vec![0.0; shape.images() * partial_len];
    units
        .data
        .par_chunks_exact_mut(image_len)
        .zip(partial.par_chunks_exact_mut(partial_len))
        .zip(x.par_chunks_exact(shape.in_channels * shape.in_pixels()))
        .for_each_init(
            || Scratch::new(&plan),
            |scratch, ((unit, partial), x)| {
                dispatch(Convolve {
                    plan: &plan,
                    x,
                    unit,
                    partial,
                    scratch,
                })
            },
        );
    units.finish(&partial, shape.lanes, shape.batch);
    let mut y = vec![0.0; shape.output_len()];
    y.par_chunks_exact_mut(shape.out_channels * shape.out_pixels())
        .enumerate()
        .for_each_init(
            || Buffer::stale(image_len),
            |dense, (image, y)| {
                let normal = units.normal(image / shape.batch, 0);
                dispatch(Normalise {
                    shape,
                    unit: units.unit(image, 0),
                    normal,
                    dense,
                    y,
                });
            },
        );
    (y, ConvSaved { units })
}

/// Gradients of [`conv_bn_forward`] for `grad` `[I,Co,Ho,Wo]`; only what is wanted is computed (`wanted.mix` has no
/// meaning here).
///
/// # Panics
/// As [`conv_bn_forward`].
pub fn conv_bn_backward(
    shape: &ConvShape,
    x: &[f32],
    weights: &[f32],
    saved: &ConvSaved,
    grad: &[f32],
    wanted: Wanted,
) -> ConvGradients {
    assert_lengths(shape, x, weights);
    assert_eq!(grad.len(), shape.output_len(), "grad must be [I,Co,Ho,Wo]");
    if !(wanted.x || wanted.weights) {
        return ConvGradients::default();
    }
    let plan = Plan::new(shape, weights);
    let grad_len = shape.out_channels * shape.out_pixels();
    let mut partial = vec![0.0; shape.images() * 2 * plan.out_padded];
    partial
        .par_chunks_exact_mut(2 * plan.out_padded)
        .zip(grad.par_chunks_exact(grad_len))
        .enumerate()
        .for_each_init(
            || Buffer::stale(saved.units.unit_len),
            |dense, (image, (partial, grad))| {
                let normal = saved.units.normal(image / shape.batch, 0);
                let unit = saved.units.unit(image, 0);
                dispatch(Sum {
                    shape,
                    unit,
                    normal,
                    grad,
                    dense,
                    partial,
                });
            },
        );
    let sums = sum_lanes(&partial, 2 * plan.out_padded, shape.batch);

    let in_len = shape.in_channels * shape.in_pixels();
    let x_len = if wanted.x { in_len } else { 0 };
    let weights_len = match wanted.weights {
        true => plan.matrix.rows.len(),
        false => 0,
    };
    let mut x_grad = vec![0.0; shape.images() * x_len];
    let rows = [Rows {
        data: &mut x_grad,
        len: x_len,
    }];
    let share = by_runs(
        shape.images(),
        rows,
        weights_len,
        || Scratch::new(&plan),
        |scratch, image, [x_grad], share| {
            let lane = image / shape.batch;
            let lane_sums = &sums[lane * 2 * plan.out_padded..(lane + 1) * 2 * plan.out_padded];
            let (sum, product) = lane_sums.split_at(plan.out_padded);
            dispatch(Backward {
                plan: &plan,
                wanted,
                x: &x[image * in_len..(image + 1) * in_len],
                grad: &grad[image * grad_len..(image + 1) * grad_len],
                unit: saved.units.unit(image, 0),
                gradient: NormalGradient {
                    normal: saved.units.normal(lane, 0),
                    sum,
                    product,
                    n: (shape.batch * shape.out_pixels()) as f32,
                    scale: 1.0,
                },
                x_grad,
                share,
                scratch,
            });
        },
    );
    ConvGradients {
        x: wanted.x.then_some(x_grad),
        weights: wanted.weights.then(|| plan.unpack(&share)),
    }
}

fn assert_lengths(shape: &ConvShape, x: &[f32], weights: &[f32]) {
    assert_eq!(shape.check(), Ok(()), "shape");
    assert_eq!(x.len(), shape.input_len(), "x must be [I,Ci,H,W]");
    assert_eq!(
        weights.len(),
        shape.weights_len(),
        "weights must be [Co,Ci,k,k]"
    );
}

/// The convolution as a matrix over columns.
struct Plan {
    shape: ConvShape,
    columns: Columns,
    in_padded: usize,
    out_padded: usize,
    /// Packed `[Co, taps·Ci]` and its transpose.
    matrix: Matrix,
    tile_rows: usize,
}

impl Plan {
    fn new(shape: &ConvShape, weights: &[f32]) -> Self {
        let (height, width) = (shape.height, shape.width);
        let in_padded = blocks(shape.in_channels) * WIDTH;
        let out_padded = blocks(shape.out_channels) * WIDTH;
        let columns = if shape.reduce {
            Columns::diagonals(height, width)
        } else {
            Columns::square(shape.kernel, shape.stride, height, width)
        };
        let taps = columns.taps();
        let row_len = taps * in_padded * columns.out_width();
        let tile_rows = (TILE / row_len).clamp(1, columns.out_height());
        let matrix = if shape.reduce {
            Matrix::diagonals(shape.in_channels, shape.out_channels, weights)
        } else {
            let depth = taps * in_padded;
            let value = |row: usize, column: usize| {
                let (tap, channel) = (column / in_padded, column % in_padded);
                let inside = channel < shape.in_channels;
                if inside {
                    weights[(row * shape.in_channels + channel) * taps + tap]
                } else {
                    0.0
                }
            };
            let transposed = |row, column| value(column, row);
            Matrix {
                rows: pack_matrix(shape.out_channels, depth, value),
                transposed: pack_matrix(depth, shape.out_channels, transposed),
                inputs: vec![0..depth / WIDTH; out_padded / WIDTH],
                outputs: vec![0..out_padded / WIDTH; depth / WIDTH],
            }
        };
        Self {
            shape: *shape,
            columns,
            in_padded,
            out_padded,
            matrix,
            tile_rows,
        }
    }

    /// Output rows in tiles.
    fn tiles(&self) -> impl Iterator<Item = Range<usize>> {
        let (height, rows) = (self.columns.out_height(), self.tile_rows);
        (0..height)
            .step_by(rows)
            .map(move |start| start..(start + rows).min(height))
    }

    fn columns_len(&self, rows: usize) -> usize {
        self.columns.taps() * self.in_padded * rows * self.columns.out_width()
    }

    fn tile_len(&self, rows: usize) -> usize {
        self.out_padded * rows * self.columns.out_width()
    }

    /// A packed weight gradient in the order of the weights.
    fn unpack(&self, packed: &[f32]) -> Vec<f32> {
        let shape = &self.shape;
        let mut out = vec![0.0; shape.weights_len()];
        if shape.reduce {
            unpack_diagonals(shape.in_channels, shape.out_channels, packed, &mut out);
            return out;
        }
        let taps = self.columns.taps();
        for (index, out) in out.iter_mut().enumerate() {
            let (row, channel, tap) = (
                index / (shape.in_channels * taps),
                index / taps % shape.in_channels,
                index % taps,
            );
            *out = packed[matrix_index(taps * self.in_padded, row, tap * self.in_padded + channel)];
        }
        out
    }
}

/// Working memory of one thread.
struct Scratch {
    input: Buffer,
    input_grad: Buffer,
    columns: Buffer,
    grad: Buffer,
    unit_grad: Buffer,
    tile: Buffer,
}

impl Scratch {
    fn new(plan: &Plan) -> Self {
        let input = plan.in_padded * plan.shape.in_pixels();
        let output = plan.out_padded * plan.shape.out_pixels();
        Self {
            input: Buffer::zeros(input),
            input_grad: Buffer::zeros(input),
            columns: Buffer::zeros(plan.columns_len(plan.tile_rows)),
            grad: Buffer::zeros(output),
            unit_grad: Buffer::zeros(output),
            tile: Buffer::zeros(plan.tile_len(plan.tile_rows)),
        }
    }
}

struct Convolve<'a> {
    plan: &'a Plan,
    x: &'a [f32],
    unit: &'a mut [f32],
    partial: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Task for Convolve<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            plan,
            x,
            unit,
            partial,
            scratch,
        } = self;
        let shape = &plan.shape;
        let width = plan.columns.out_width();
        pack(x, shape.in_channels, shape.in_pixels(), &mut scratch.input);
        for rows in plan.tiles() {
            let columns = &mut scratch.columns[..plan.columns_len(rows.len())];
            let tile = &mut scratch.tile[..plan.tile_len(rows.len())];
            plan.columns
                .gather(lanes, &scratch.input, shape.relu, rows.clone(), columns);
            lanes.call(Product {
                input: columns,
                weights: &plan.matrix.rows,
                pixels: rows.len() * width,
                columns: &plan.matrix.inputs,
                out: tile,
            });
            let tiles = tile.chunks_exact(rows.len() * width * WIDTH);
            for (block, tile) in unit.chunks_exact_mut(shape.out_pixels() * WIDTH).zip(tiles) {
                block[rows.start * width * WIDTH..rows.end * width * WIDTH].copy_from_slice(tile);
            }
        }
        let (mean, squares) = partial.split_at_mut(plan.out_padded);
        moments(lanes, unit, shape.out_pixels(), mean, squares);
    }
}

struct Normalise<'a> {
    shape: &'a ConvShape,
    unit: &'a [f32],
    normal: Normal<'a>,
    dense: &'a mut [f32],
    y: &'a mut [f32],
}

impl Task for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            shape,
            unit,
            normal,
            dense,
            y,
        } = self;
        let pixels = shape.out_pixels();
        let blocks = vectors_mut::<S>(dense).chunks_exact_mut(pixels);
        for (block, (out, unit)) in blocks
            .zip(vectors::<S>(unit).chunks_exact(pixels))
            .enumerate()
        {
            let mean = channel::<S>(normal.mean, block);
            let inv_std = channel::<S>(normal.inv_std, block);
            for (out, value) in out.iter_mut().zip(unit) {
                *out = lanes.mul_f32s(lanes.sub_f32s(*value, mean), inv_std);
            }
        }
        unpack::<false>(dense, shape.out_channels, pixels, y);
    }
}

struct Sum<'a> {
    shape: &'a ConvShape,
    unit: &'a [f32],
    normal: Normal<'a>,
    grad: &'a [f32],
    dense: &'a mut [f32],
    partial: &'a mut [f32],
}

impl Task for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            shape,
            unit,
            normal,
            grad,
            dense,
            partial,
        } = self;
        let pixels = shape.out_pixels();
        pack(grad, shape.out_channels, pixels, dense);
        let (sum, product) = partial.split_at_mut(normal.mean.len());
        gradient_sums(lanes, unit, dense, normal, pixels, [sum, product]);
    }
}

struct Backward<'a> {
    plan: &'a Plan,
    wanted: Wanted,
    x: &'a [f32],
    grad: &'a [f32],
    unit: &'a [f32],
    gradient: NormalGradient<'a>,
    x_grad: &'a mut [f32],
    share: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Task for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            plan,
            wanted,
            x,
            grad,
            unit,
            gradient,
            x_grad,
            share,
            scratch,
        } = self;
        let shape = &plan.shape;
        let width = plan.columns.out_width();
        let pixels = shape.out_pixels();
        let zero = lanes.splat_f32s(0.0);
        pack(x, shape.in_channels, shape.in_pixels(), &mut scratch.input);
        pack(grad, shape.out_channels, pixels, &mut scratch.grad);
        gradient.apply(lanes, unit, &scratch.grad, pixels, &mut scratch.unit_grad);
        scratch.input_grad.fill(0.0);
        for rows in plan.tiles() {
            let columns = &mut scratch.columns[..plan.columns_len(rows.len())];
            let tile = &mut scratch.tile[..plan.tile_len(rows.len())];
            let blocks = scratch.unit_grad.chunks_exact(pixels * WIDTH);
            for (tile, block) in tile
                .chunks_exact_mut(rows.len() * width * WIDTH)
                .zip(blocks)
            {
                tile.copy_from_slice(&block[rows.start * width * WIDTH..rows.end * width * WIDTH]);
            }
            if wanted.weights {
                plan.columns
                    .gather(lanes, &scratch.input, shape.relu, rows.clone(), columns);
                lanes.call(OuterProduct {
                    rows: tile,
                    columns,
                    pixels: rows.len() * width,
                    only: &plan.matrix.inputs,
                    sum: share,
                });
            }
            if wanted.x {
                lanes.call(Product {
                    input: tile,
                    weights: &plan.matrix.transposed,
                    pixels: rows.len() * width,
                    columns: &plan.matrix.outputs,
                    out: columns,
                });
                plan.columns
                    .scatter(lanes, columns, rows, &mut scratch.input_grad);
            }
        }
        if wanted.x {
            if shape.relu {
                let inputs = vectors::<S>(&scratch.input);
                for (grad, value) in vectors_mut::<S>(&mut scratch.input_grad)
                    .iter_mut()
                    .zip(inputs)
                {
                    *grad = lanes.select_f32s(lanes.greater_than_f32s(*value, zero), *grad, zero);
                }
            }
            unpack::<false>(
                &scratch.input_grad,
                shape.in_channels,
                shape.in_pixels(),
                x_grad,
            );
        }
    }
}
