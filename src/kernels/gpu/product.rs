//! How matrix products are cut into workgroups.

use super::launch::Constants;

/// A product whose columns are pixels: a workgroup takes `tile` columns, and each of its `rows` rows of invocations
/// takes blocks of `block` output channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnTiling {
    pub tile: usize,
    pub rows: usize,
    pub block: usize,
}

impl ColumnTiling {
    /// All `channels` of `tile` columns fit in workgroup memory (16 KiB). `channels` is even.
    pub fn whole(channels: usize) -> Self {
        let mut tile = 64;
        while tile > 1 && channels * tile > 4096 {
            tile /= 2;
        }
        let block = match channels {
            _ if channels.is_multiple_of(8) && channels >= 32 => 8,
            _ if channels.is_multiple_of(4) => 4,
            _ => 2,
        };
        Self {
            tile,
            rows: (channels / block).min(4),
            block,
        }
    }

    /// Input rows are staged a few at a time, so that any number of channels fits.
    pub fn staged(channels: usize) -> Self {
        let block = if channels >= 8 { 8 } else { 4 };
        Self {
            tile: 64,
            rows: channels.div_ceil(block).min(4),
            block,
        }
    }

    /// Output channels of one workgroup with [`ColumnTiling::staged`].
    pub fn channels(&self) -> usize {
        self.rows * self.block
    }

    pub fn threads(&self) -> [usize; 2] {
        [self.tile, self.rows]
    }

    /// For `columns` columns of a lane.
    pub fn constants(&self, columns: usize) -> Constants {
        Constants::default()
            .size("TILE", self.tile)
            .size("ROWS", self.rows)
            .size("BLOCK", self.block)
            .size("TILES", columns.div_ceil(self.tile))
    }
}

/// A product summed over pixels: a workgroup takes a square of `side` × `side` results of which each invocation keeps
/// `patch` × `patch`, and stages `depth` columns of both factors at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct SquareTiling {
    pub side: usize,
    pub patch: usize,
}

impl SquareTiling {
    pub fn new(size: usize) -> Self {
        let patch = match size {
            32.. => 4,
            8.. => 2,
            _ => 1,
        };
        Self {
            side: (size.div_ceil(patch) * patch).min(64),
            patch,
        }
    }

    fn span(&self) -> usize {
        self.side / self.patch
    }

    pub fn threads(&self) -> usize {
        (self.span() * self.span()).next_multiple_of(64)
    }

    pub fn constants(&self) -> Constants {
        let depth = match self.side {
            0..=16 => 64,
            17..=32 => 32,
            _ => 16,
        };
        Constants::default()
            .size("SIDE", self.side)
            .size("PATCH", self.patch)
            .size("SPAN", self.span())
            .size("DEPTH", depth)
            .size("THREADS", self.threads())
    }
}

/// Most bytes of partial weight gradients.
const PARTIAL_BYTES: usize = 32 << 20;

/// How many chunks, and columns in each, a sum over `columns` columns is cut into for `weights` results. It depends on
/// the shape only, so that sums have one order.
pub(super) fn chunks(columns: usize, weights: usize) -> (usize, usize) {
    let most = (PARTIAL_BYTES / (4 * weights)).clamp(1, 32);
    let chunks = columns.div_ceil(1024).clamp(1, most);
    let chunk = columns.div_ceil(chunks).next_multiple_of(64);
    (columns.div_ceil(chunk), chunk)
}
