use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Dataset, Normalisation};

/// Random changes to training images (method.md §4.6): crop, horizontal flip, cutout. The default changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Augmentation {
    /// Shifts by up to this many pixels either way on each axis; black (raw value 0) comes in from outside.
    pub crop_padding: usize,
    /// Mirrors every other image, on average. Only for sets whose [`Dataset::flip`] allows it.
    pub flip: bool,
    /// Side of the square that is set to 0 after normalisation, in pixels; 0 switches it off.
    pub cutout: usize,
}

/// Where an image's pixels go in a batch: what [`Augmentation`] drew for it.
///
/// Output pixel (y, x) shows source pixel (y + dy, x′ + dx), with x′ = width − 1 − x if flipped, else x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Index of the image.
    pub image: u32,
    /// Rows by which the window moves down.
    pub dy: i32,
    /// Columns by which the window moves right.
    pub dx: i32,
    /// Whether the window is mirrored left to right.
    pub flip: bool,
    /// The square to clear, in output pixels.
    pub cutout: Option<Cutout>,
}

/// A square around pixel (y, x), clipped at the border: `side` rows from y − ⌊side/2⌋ on, and columns alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutout {
    /// Row of the centre.
    pub y: i32,
    /// Column of the centre.
    pub x: i32,
    /// Side length.
    pub side: i32,
}

impl Augmentation {
    /// Draws a placement for each image: crop, then flip, then cutout, and only what is switched on, so the same generator
    /// state and settings give the same placements. A `crop_padding` beyond the image's own side shifts by at most that side.
    pub fn draw(
        &self,
        indices: &[u32],
        height: usize,
        width: usize,
        rng: &mut ChaCha8Rng,
    ) -> Vec<Placement> {
        let (height, width) = (signed(height), signed(width));
        let padding = signed(self.crop_padding);
        let (rows, columns) = (padding.min(height), padding.min(width));
        indices
            .iter()
            .map(|&image| {
                let mut placement = Placement::identity(image);
                if padding > 0 {
                    placement.dy = rng.random_range(-rows..=rows);
                    placement.dx = rng.random_range(-columns..=columns);
                }
                placement.flip = self.flip && rng.random::<bool>();
                if self.cutout > 0 && height > 0 && width > 0 {
                    placement.cutout = Some(Cutout {
                        y: rng.random_range(0..height),
                        x: rng.random_range(0..width),
                        side: signed(self.cutout),
                    });
                }
                placement
            })
            .collect()
    }
}

impl Placement {
    /// The image as it is.
    pub fn identity(image: u32) -> Placement {
        Placement {
            image,
            dy: 0,
            dx: 0,
            flip: false,
            cutout: None,
        }
    }

    /// Source row of output row `y`; `None` in the padding.
    pub(super) fn source_row(&self, y: usize, height: usize) -> Option<usize> {
        shifted(y, self.dy, height)
    }

    /// Source column of output column `x`; `None` in the padding.
    pub(super) fn source_column(&self, x: usize, width: usize) -> Option<usize> {
        shifted(if self.flip { width - 1 - x } else { x }, self.dx, width)
    }

    /// Whether the cutout covers output row `y`.
    pub(super) fn cuts_row(&self, y: usize) -> bool {
        self.cutout.is_some_and(|cut| covers(cut.y, cut.side, y))
    }

    /// Whether the cutout covers output column `x`.
    pub(super) fn cuts_column(&self, x: usize) -> bool {
        self.cutout.is_some_and(|cut| covers(cut.x, cut.side, x))
    }
}

/// One placed, normalised image on the CPU, `[channels, height, width]`: the same numbers, to the bit, as
/// [`DeviceImages::batch`](super::DeviceImages::batch) gathers. Padding is the normalised 0, cutout is 0.
///
/// # Panics
/// If the placement's image is not in the data set, or the normalisation has fewer channels.
pub fn place(dataset: &Dataset, normalisation: &Normalisation, placement: &Placement) -> Vec<f32> {
    let (height, width) = (dataset.height, dataset.width);
    let start = placement.image as usize * dataset.volume();
    let image = &dataset.images[start..start + dataset.volume()];
    let mut placed = Vec::with_capacity(dataset.volume());
    for channel in 0..dataset.channels {
        for y in 0..height {
            let row = placement.source_row(y, height);
            for x in 0..width {
                let column = placement.source_column(x, width);
                placed.push(if placement.cuts_row(y) && placement.cuts_column(x) {
                    0.0
                } else {
                    let raw = match (row, column) {
                        (Some(row), Some(column)) => {
                            image[(channel * height + row) * width + column]
                        }
                        _ => 0,
                    };
                    normalisation.apply(channel, raw)
                });
            }
        }
    }
    placed
}

/// Unchanged placements of all `indices` in their order, `batch` at a time (at least 1), the last group possibly shorter:
/// what an evaluation walks through.
pub fn chunks(indices: &[u32], batch: usize) -> impl Iterator<Item = Vec<Placement>> {
    indices
        .chunks(batch.max(1))
        .map(|chunk| chunk.iter().copied().map(Placement::identity).collect())
}

/// Position `at` moved by `by`, if that is inside `0..length`.
fn shifted(at: usize, by: i32, length: usize) -> Option<usize> {
    usize::try_from(at as i64 + i64::from(by))
        .ok()
        .filter(|&source| source < length)
}

/// Whether an interval of `side` around `centre` covers `at`.
fn covers(centre: i32, side: i32, at: usize) -> bool {
    let first = i64::from(centre) - i64::from(side / 2);
    (first..first + i64::from(side)).contains(&(at as i64))
}

/// A size as a signed number. No image has a side beyond `i32::MAX`.
fn signed(size: usize) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}
