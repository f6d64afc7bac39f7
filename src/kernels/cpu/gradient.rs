//! Weight gradients: every run of images adds up its own share, the shares are then added in order, so that the result
//! does not depend on the number of threads.

use super::depthwise::kernel_index;
use super::lanes::LANES;
use super::layout::matrix_index;
use super::plan::Plan;
use crate::kernels::shape::Branch;
use rayon::prelude::*;

/// Images handled one after the other by one task of a backward stage: at most sixteen runs.
pub(super) const fn run_length(images: usize) -> usize {
    images.div_ceil(16)
}

/// Floats of the sum that one task adds up.
const PIECE: usize = 1 << 12;

/// Adds the shares `[runs, len]` up into the first; every float in the order of the runs, whichever thread has its piece.
pub(super) fn add_runs(shares: &mut [f32], len: usize) {
    let (sum, others) = shares.split_at_mut(len);
    let others = &*others;
    let pieces = sum.par_chunks_mut(PIECE).enumerate();
    pieces.for_each(|(piece, sum)| {
        for share in others.chunks_exact(len) {
            for (sum, value) in sum.iter_mut().zip(&share[piece * PIECE..]) {
                *sum += value;
            }
        }
    });
}

/// Floats of the packed gradient of one filter: depthwise kernels, then the pointwise matrix.
pub(super) fn filter_len(plan: &Plan, branch: Branch) -> usize {
    let padded = plan.padded_channels();
    branch.depthwise_len(padded) + padded * padded
}

/// Floats of the packed gradient of one edge's first stage.
pub(super) fn first_len(plan: &Plan) -> usize {
    let padded = plan.padded_channels();
    let filters: usize = plan
        .branches
        .iter()
        .map(|branch| filter_len(plan, *branch))
        .sum();
    filters + if plan.reduce { 2 * padded * padded } else { 0 }
}

/// Floats of the packed gradient of one edge's second stage.
pub(super) fn second_len(plan: &Plan) -> usize {
    plan.branches[..plan.separable()]
        .iter()
        .map(|branch| filter_len(plan, *branch))
        .sum()
}

/// Packed gradients of all edges to `[E,S]`; operations that are not active get zeros.
pub(super) fn unpack_edges(plan: &Plan, first: &[f32], second: &[f32]) -> Vec<f32> {
    let channels = plan.shape.channels;
    let mut out = vec![0.0; plan.shape.weights_len()];
    for (edge, out) in out
        .chunks_exact_mut(plan.shape.weights_per_edge())
        .enumerate()
    {
        let mut packed = &first[edge * first_len(plan)..(edge + 1) * first_len(plan)];
        for branch in &plan.branches {
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
        for branch in &plan.branches[..plan.separable()] {
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
    let padded = in_channels.div_ceil(LANES) * LANES;
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
