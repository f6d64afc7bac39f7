//! The layout of a whole network: which cells at which width and resolution (`method.md` §4.3, §5).
//!
//! It is the one place that knows it; the parameter counts and the Burn modules both follow it.

use serde::{Deserialize, Serialize};

use super::cell::{CellKind, Space};
use super::genotype::Genotype;

/// The outer sizes of a network.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[serde(deny_unknown_fields)]
pub struct Macro {
    /// Channels of the first cell; even.
    pub channels: usize,
    /// DARTS: cells of the network. NAS-Bench-201: cells of each of the three stages.
    pub layers: usize,
    /// Classes of the data set.
    pub classes: usize,
    /// Channels of an image.
    pub image_channels: usize,
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
    /// Whether a derived DARTS network has the auxiliary classifier.
    pub auxiliary: bool,
    /// Whether a derived DARTS network starts with the ImageNet stem, an eighth of the resolution.
    pub imagenet_stem: bool,
}

/// Sizes that no network has.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
pub enum MacroError {
    /// A size outside its bounds.
    #[error("{name} is {value}: it must be between {least} and {most}")]
    Range {
        /// Which size.
        name: &'static str,
        /// What it was.
        value: usize,
        /// The smallest allowed value.
        least: usize,
        /// The largest allowed value.
        most: usize,
    },
    /// Factorized reductions halve the channels.
    #[error("channels is {0}: it must be even")]
    Odd(usize),
    /// The auxiliary head's pool needs a larger image.
    #[error(
        "the auxiliary classifier sees a {height}×{width} image: it needs at least {least}×{least}"
    )]
    AuxiliaryTooSmall {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// The least of either.
        least: usize,
    },
}

/// One cell in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellSpec {
    /// Which wiring it follows.
    pub kind: CellKind,
    /// Channels of every node.
    pub channels: usize,
    /// Channels of the first input, two cells back (DARTS).
    pub channels_prev_prev: usize,
    /// Channels of the second input, one cell back; NAS-Bench-201: the only input.
    pub channels_prev: usize,
    /// Rows of the input from one cell back. Where `reduction_prev`, the one from two cells back is twice as large.
    pub height: usize,
    /// Columns of that input.
    pub width: usize,
    /// Whether the cell before was a reduction, so that the first input needs a factorized reduction.
    pub reduction_prev: bool,
}

/// One stage of a network between its stem and its classifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// A searched cell.
    Cell(CellSpec),
    /// The fixed block of NAS-Bench-201 that doubles the channels and halves the resolution.
    Residual {
        /// Channels in.
        channels: usize,
        /// Rows in.
        height: usize,
        /// Columns in.
        width: usize,
    },
}

impl Macro {
    /// Checks that a network of these sizes exists and is of a size that a program can hold.
    pub fn check(&self, space: Space) -> Result<(), MacroError> {
        let bounds = [
            ("channels", self.channels, 2, 4096),
            ("layers", self.layers, 1, 256),
            ("classes", self.classes, 1, 1_000_000),
            ("image_channels", self.image_channels, 1, 4096),
            ("height", self.height, 1, 4096),
            ("width", self.width, 1, 4096),
        ];
        for (name, value, least, most) in bounds {
            if !(least..=most).contains(&value) {
                return Err(MacroError::Range {
                    name,
                    value,
                    least,
                    most,
                });
            }
        }
        if !self.channels.is_multiple_of(2) {
            return Err(MacroError::Odd(self.channels));
        }
        if space == Space::Darts && self.auxiliary {
            let [height, width] = self.auxiliary_input();
            let least = AUXILIARY_POOL + self.auxiliary_stride();
            if height.min(width) < least {
                return Err(MacroError::AuxiliaryTooSmall {
                    height,
                    width,
                    least,
                });
            }
        }
        Ok(())
    }

    /// The sizes of a supernet: without auxiliary classifier and ImageNet stem.
    pub(super) fn of_supernet(&self) -> Self {
        Self {
            auxiliary: false,
            imagenet_stem: false,
            ..*self
        }
    }

    /// Whether cell `layer` of a DARTS network is a reduction.
    fn reduces(&self, layer: usize) -> bool {
        layer == self.layers / 3 || layer == 2 * self.layers / 3
    }

    /// The cell of a DARTS network whose output the auxiliary classifier reads.
    pub fn auxiliary_layer(&self) -> usize {
        2 * self.layers / 3
    }

    /// Rows and columns of that output: after all reductions up to it.
    fn auxiliary_input(&self) -> [usize; 2] {
        let mut halvings = if self.imagenet_stem { 3 } else { 0 };
        halvings += (0..=self.auxiliary_layer())
            .filter(|&layer| self.reduces(layer))
            .count();
        [self.height, self.width].map(|size| halve_times(size, halvings))
    }

    /// The stride of the auxiliary classifier's average pool.
    fn auxiliary_stride(&self) -> usize {
        if self.imagenet_stem { 2 } else { 3 }
    }

    /// Rows and columns after the auxiliary classifier's pool.
    pub(super) fn auxiliary_pooled(&self) -> [usize; 2] {
        self.auxiliary_input()
            .map(|size| size.saturating_sub(AUXILIARY_POOL) / self.auxiliary_stride() + 1)
    }
}

/// Kernel of the auxiliary classifier's average pool.
const AUXILIARY_POOL: usize = 5;

/// The size after a stride of 2 with "same" padding.
pub(super) fn halve(size: usize) -> usize {
    size.div_ceil(2)
}

/// The size after several strides of 2.
pub(super) fn halve_times(size: usize, times: usize) -> usize {
    (0..times).fold(size, |size, _| halve(size))
}

impl CellSpec {
    /// Whether the cell halves the resolution.
    pub fn reduction(&self) -> bool {
        self.kind == CellKind::Reduction
    }

    /// Rows and columns of its nodes.
    pub fn output_size(&self) -> [usize; 2] {
        let size = [self.height, self.width];
        if self.reduction() {
            size.map(halve)
        } else {
            size
        }
    }
}

/// The stages of a supernet between stem and classifier. `auxiliary` and `imagenet_stem` are ignored: supernets have neither.
pub fn macro_stages(space: Space, size: &Macro) -> Result<Vec<Stage>, MacroError> {
    let size = size.of_supernet();
    size.check(space)?;
    Ok(match space {
        Space::Darts => darts_stages(&size, |_| space.nodes()),
        Space::NasBench201 | Space::NasBench201Small => nb201_stages(&size),
    })
}

/// The stages of a derived network between stem and classifier. They differ from [`macro_stages`] where a cell's output
/// leaves out nodes, and by the ImageNet stem, which supernets never have.
pub fn genotype_stages(genotype: &Genotype, size: &Macro) -> Result<Vec<Stage>, MacroError> {
    size.check(genotype.space())?;
    Ok(match genotype.space() {
        Space::Darts => darts_stages(size, |kind| genotype.cell_of(kind).concat.len()),
        Space::NasBench201 | Space::NasBench201Small => nb201_stages(size),
    })
}

/// `concat`: how many nodes make the output of a cell of that kind.
fn darts_stages(size: &Macro, concat: impl Fn(CellKind) -> usize) -> Vec<Stage> {
    let imagenet = size.imagenet_stem;
    let mut channels = size.channels;
    let stem = if imagenet { channels } else { 3 * channels };
    let [mut channels_prev_prev, mut channels_prev] = [stem; 2];
    let mut reduction_prev = imagenet;
    let stem_halvings = if imagenet { 3 } else { 0 };
    let [mut height, mut width] =
        [size.height, size.width].map(|size| halve_times(size, stem_halvings));
    let mut stages = Vec::with_capacity(size.layers);
    for layer in 0..size.layers {
        let kind = if size.reduces(layer) {
            channels *= 2;
            CellKind::Reduction
        } else {
            CellKind::Normal
        };
        let cell = CellSpec {
            kind,
            channels,
            channels_prev_prev,
            channels_prev,
            height,
            width,
            reduction_prev,
        };
        [height, width] = cell.output_size();
        reduction_prev = cell.reduction();
        channels_prev_prev = channels_prev;
        channels_prev = concat(kind) * channels;
        stages.push(Stage::Cell(cell));
    }
    stages
}

fn nb201_stages(size: &Macro) -> Vec<Stage> {
    let mut channels = size.channels;
    let [mut height, mut width] = [size.height, size.width];
    let mut stages = Vec::with_capacity(3 * size.layers + 2);
    for stage in 0..3 {
        if stage > 0 {
            stages.push(Stage::Residual {
                channels,
                height,
                width,
            });
            channels *= 2;
            [height, width] = [height, width].map(halve);
        }
        let cell = CellSpec {
            kind: CellKind::Normal,
            channels,
            channels_prev_prev: channels,
            channels_prev: channels,
            height,
            width,
            reduction_prev: false,
        };
        stages.extend(std::iter::repeat_n(Stage::Cell(cell), size.layers));
    }
    stages
}
