//! How matrix products and sums are cut into invocations.

/// Side of the block of a matrix product that one invocation keeps in registers.
const SIDE: usize = 8;

/// Blocks of 8 that cover `size` rows or columns.
pub(super) fn blocks(size: usize) -> usize {
    size.div_ceil(SIDE)
}

/// Invocations of a workgroup that reduces `columns` values: few where there are few values, since the steps of the
/// reduction tree cost more than the additions on a software adapter.
pub(super) fn reduction_threads(columns: usize) -> usize {
    if columns < 1 << 14 { 64 } else { 256 }
}

/// Most bytes of partial weight gradients.
const PARTIAL_BYTES: usize = 32 << 20;

/// Most chunks of a sum.
const MAX_CHUNKS: usize = 256;

/// Into how many chunks a sum over `columns` columns is cut for `weights` results. It depends on the shape only, so
/// that sums have one order.
pub(super) fn chunks(columns: usize, weights: usize) -> usize {
    let most = (PARTIAL_BYTES / (4 * weights)).clamp(1, MAX_CHUNKS);
    columns.div_ceil(64).clamp(1, most)
}
