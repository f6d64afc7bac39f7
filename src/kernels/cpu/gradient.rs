//! Weight gradients: every run of images adds up its own share, the shares are then added pairwise, so that the result does not depend on
//! the number of threads.

use super::buffer::Buffer;
use super::depthwise::kernel_index;
use super::layout::matrix_index;
use super::plan::Plan;
use super::simd::WIDTH;
use crate::kernels::shape::Branch;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Most runs, and so the most tasks of a backward stage. One thread holds as many shares as the tree is deep, seven; at most there is one a
/// run.
const RUNS: usize = 64;

/// What a backward stage writes of every image: `[images, len]`.
pub(super) struct Rows<'a> {
    pub data: &'a mut [f32],
    pub len: usize,
}

impl Rows<'_> {
    /// Keeps the rows of so many images and returns the others.
    fn split_off(&mut self, images: usize) -> Self {
        let (first, rest) = std::mem::take(&mut self.data).split_at_mut(images * self.len);
        self.data = first;
        Self {
            data: rest,
            len: self.len,
        }
    }
}

/// Calls `each` for every image with a thread's working memory, the image's rows and the share of its run, `[share_len]`, which begins with
/// zeros; returns the sum of the shares. The tree in which they are added depends on the number of images only.
pub(super) fn by_runs<const N: usize, T: Send>(
    images: usize,
    rows: [Rows; N],
    share_len: usize,
    scratch: impl Fn() -> T + Sync,
    each: impl Fn(&mut T, usize, [&mut [f32]; N], &mut [f32]) + Sync,
) -> Buffer {
    let walk = Walk {
        images,
        runs: images.min(RUNS),
        free: Mutex::new(Vec::new()),
        scratch,
        each,
    };
    let mut share = zeros(share_len);
    walk.run(0..walk.runs, rows, &mut share);
    share
}

struct Walk<T, S, E> {
    images: usize,
    runs: usize,
    /// Working memory that no thread uses.
    free: Mutex<Vec<T>>,
    scratch: S,
    each: E,
}

impl<T: Send, S: Fn() -> T + Sync, E> Walk<T, S, E> {
    /// The first image of a run.
    fn start(&self, run: usize) -> usize {
        run * self.images / self.runs.max(1)
    }

    fn run<const N: usize>(&self, runs: Range<usize>, mut rows: [Rows; N], share: &mut [f32])
    where
        E: Fn(&mut T, usize, [&mut [f32]; N], &mut [f32]) + Sync,
    {
        let first = self.start(runs.start);
        if runs.len() > 1 {
            let middle = runs.start + runs.len() / 2;
            let images = self.start(middle) - first;
            let rest = rows.each_mut().map(|rows| rows.split_off(images));
            let mut other = zeros(share.len());
            rayon::join(
                || self.run(runs.start..middle, rows, share),
                || self.run(middle..runs.end, rest, &mut other),
            );
            for (sum, value) in share.iter_mut().zip(&*other) {
                *sum += value;
            }
            return;
        }
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let known = free().pop();
        let mut scratch = known.unwrap_or_else(&self.scratch);
        for image in first..self.start(runs.end) {
            let mut rest = rows.each_mut().map(|rows| rows.split_off(1));
            std::mem::swap(&mut rows, &mut rest);
            (self.each)(&mut scratch, image, rest.map(|rows| rows.data), share);
        }
        free().push(scratch);
    }
}

/// Zeros; nothing is taken for none.
fn zeros(len: usize) -> Buffer {
    match len {
        0 => Buffer::default(),
        len => Buffer::zeros(len),
    }
}

/// Floats of the packed gradient of one filter: depthwise kernels, then the pointwise matrix.
pub(super) fn filter_len(plan: &Plan, branch: Branch) -> usize {
    let padded = plan.padded_channels();
    branch.depthwise_len(padded) + padded * padded
}

/// Floats of the packed gradient of one edge's first stage.
pub(super) fn first_len(plan: &Plan) -> usize {
    let padded = plan.padded_channels();
    let filters: usize = Branch::ALL
        .iter()
        .map(|branch| filter_len(plan, *branch))
        .sum();
    filters + if plan.reduce { 2 * padded * padded } else { 0 }
}

/// Floats of the packed gradient of one edge's second stage.
pub(super) fn second_len(plan: &Plan) -> usize {
    Branch::SEPARABLE
        .iter()
        .map(|branch| filter_len(plan, *branch))
        .sum()
}

/// Packed gradients of all edges to `[E,S]`.
pub(super) fn unpack_edges(plan: &Plan, first: &[f32], second: &[f32]) -> Vec<f32> {
    let channels = plan.shape.channels;
    let mut out = vec![0.0; plan.shape.weights_len()];
    for (edge, out) in out
        .chunks_exact_mut(plan.shape.weights_per_edge())
        .enumerate()
    {
        let mut packed = &first[edge * first_len(plan)..(edge + 1) * first_len(plan)];
        for branch in &Branch::ALL {
            let (own, rest) = packed.split_at(filter_len(plan, *branch));
            let offsets = [
                branch.depthwise_offset(channels),
                branch.pointwise_offset(channels),
            ];
            unpack_filter(plan, *branch, own, offsets, out);
            packed = rest;
        }
        if plan.reduce {
            unpack_reduce(plan, packed, &mut out[plan.shape.reduce_offset()..]);
        }
        let mut packed = &second[edge * second_len(plan)..(edge + 1) * second_len(plan)];
        for branch in &Branch::SEPARABLE {
            let (own, rest) = packed.split_at(filter_len(plan, *branch));
            let offsets = [
                branch.second_depthwise_offset(channels),
                branch.second_pointwise_offset(channels),
            ];
            unpack_filter(plan, *branch, own, offsets, out);
            packed = rest;
        }
    }
    out
}

fn unpack_filter(
    plan: &Plan,
    branch: Branch,
    packed: &[f32],
    offsets: [usize; 2],
    out: &mut [f32],
) {
    let (channels, padded) = (plan.shape.channels, plan.padded_channels());
    let area = branch.kernel() * branch.kernel();
    let (depthwise, pointwise) = packed.split_at(branch.depthwise_len(padded));
    for channel in 0..channels {
        for tap in 0..area {
            out[offsets[0] + channel * area + tap] = depthwise[kernel_index(area, channel, tap)];
        }
    }
    for row in 0..channels {
        for column in 0..channels {
            out[offsets[1] + row * channels + column] =
                pointwise[matrix_index(padded, row, column)];
        }
    }
}

fn unpack_reduce(plan: &Plan, packed: &[f32], out: &mut [f32]) {
    let channels = plan.shape.channels;
    unpack_diagonals(channels, channels, packed, out);
}

/// The gradient of a factorised reduce `[Co,Ci]` from that of its matrix over both diagonals.
pub(super) fn unpack_diagonals(
    in_channels: usize,
    out_channels: usize,
    packed: &[f32],
    out: &mut [f32],
) {
    let padded = in_channels.div_ceil(WIDTH) * WIDTH;
    for (row, out) in out
        .chunks_exact_mut(in_channels)
        .take(out_channels)
        .enumerate()
    {
        let half = usize::from(row >= out_channels / 2) * padded;
        for (column, out) in out.iter_mut().enumerate() {
            *out = packed[matrix_index(2 * padded, row, half + column)];
        }
    }
}
