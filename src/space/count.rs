//! Parameters and multiply-adds of networks, by arithmetic (`method.md` §9.1–9.3 has the check values).
//!
//! Parameters: weights and biases of convolutions, affine normalisations and the classifier, running statistics not counted.
//! Multiply-adds: convolutions and classifier of one image; normalisation, pooling and sums are not counted.

use super::allowed::Allowed;
use super::cell::Space;
use super::genotype::Genotype;
use super::network::{
    CellSpec, Macro, MacroError, Stage, genotype_stages, halve, halve_times, macro_stages,
};
use super::operation::Operation;

/// The size of a network.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Count {
    /// Trained numbers, architecture parameters not included.
    pub parameters: u64,
    /// Multiply-adds of one image.
    pub multiply_adds: u64,
}

/// The DARTS or NAS-Bench-201 supernet: all operations on all edges; normalisations inside cells have no parameters.
/// `auxiliary` and `imagenet_stem` are ignored: supernets have neither.
pub fn count_supernet(space: Space, size: &Macro) -> Result<Count, MacroError> {
    count_supernet_among(&Allowed::all(space), size)
}

/// The same where edges have fewer candidates: only these are computed, and all have parameters.
pub fn count_supernet_among(allowed: &Allowed, size: &Macro) -> Result<Count, MacroError> {
    let space = allowed.space();
    let size = size.of_supernet();
    let mut tally = Tally {
        affine: false,
        ..Tally::default()
    };
    let stages = macro_stages(space, &size)?;
    tally.stem(space, &size);
    for stage in &stages {
        match stage {
            Stage::Cell(cell) => {
                if space == Space::Darts {
                    tally.preprocess(cell);
                }
                let kinds = space.cell_kinds();
                // NAS-Bench-201 has one kind of cell.
                let kind = kinds.iter().position(|&kind| kind == cell.kind);
                let kind = kind.unwrap_or(0);
                for (index, edge) in space.edges().iter().enumerate() {
                    for (place, &operation) in space.operations().iter().enumerate() {
                        let before = tally.count.multiply_adds;
                        tally.operation(operation, cell, edge.from < space.inputs());
                        if !allowed.has(kind, index, place) {
                            tally.count.multiply_adds = before;
                        }
                    }
                }
            }
            Stage::Residual {
                channels,
                height,
                width,
            } => tally.residual(*channels, [*height, *width]),
        }
    }
    let features = match stages.last() {
        Some(Stage::Cell(cell)) if space == Space::Darts => space.nodes() * cell.channels,
        _ => 4 * size.channels,
    };
    tally.head(space, features, size.classes);
    Ok(tally.count)
}

/// A part of a network and its size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StageCount {
    /// What it is: `stem`, `normal cell 1`, `residual block`, `auxiliary head`, `head`.
    pub name: String,
    /// Channels, rows and columns of its output; of a classifier, the classes and 1×1.
    pub output: [usize; 3],
    /// Its size.
    pub count: Count,
}

/// The network of a genotype. Parameters and multiply-adds of the auxiliary classifier are included where `size.auxiliary`.
pub fn count_genotype(genotype: &Genotype, size: &Macro) -> Result<Count, MacroError> {
    let mut total = Count::default();
    for stage in count_stages(genotype, size)? {
        total.parameters += stage.count.parameters;
        total.multiply_adds += stage.count.multiply_adds;
    }
    Ok(total)
}

/// The same, part by part from the image to the classifier.
pub fn count_stages(genotype: &Genotype, size: &Macro) -> Result<Vec<StageCount>, MacroError> {
    let space = genotype.space();
    let mut parts = Vec::new();
    let mut add = |name: String, output: [usize; 3], tell: &dyn Fn(&mut Tally)| {
        let mut tally = Tally {
            affine: true,
            ..Tally::default()
        };
        tell(&mut tally);
        parts.push(StageCount {
            name,
            output,
            count: tally.count,
        });
    };
    let stages = genotype_stages(genotype, size)?;
    let stem_channels = match space {
        Space::Darts if !size.imagenet_stem => 3 * size.channels,
        _ => size.channels,
    };
    let halvings = if space == Space::Darts && size.imagenet_stem {
        3
    } else {
        0
    };
    let [height, width] = [size.height, size.width].map(|side| halve_times(side, halvings));
    add("stem".into(), [stem_channels, height, width], &|tally| {
        tally.stem(space, size);
    });
    let mut features = size.channels;
    let mut cells = 0;
    for (layer, stage) in stages.iter().enumerate() {
        match stage {
            Stage::Cell(cell) => {
                cells += 1;
                let wiring = genotype.cell_of(cell.kind);
                features = wiring.concat.len() * cell.channels;
                let [height, width] = cell.output_size();
                let name = if space == Space::Darts {
                    format!("{} cell {cells}", cell.kind)
                } else {
                    format!("cell {cells}")
                };
                add(name, [features, height, width], &|tally| {
                    if space == Space::Darts {
                        tally.preprocess(cell);
                    }
                    for input in wiring.nodes.iter().flatten() {
                        tally.operation(input.operation, cell, input.from < space.inputs());
                    }
                });
            }
            Stage::Residual {
                channels,
                height,
                width,
            } => {
                let [height, width] = [*height, *width];
                let output = [2 * channels, halve(height), halve(width)];
                add("residual block".into(), output, &|tally| {
                    tally.residual(*channels, [height, width]);
                });
            }
        }
        if space == Space::Darts && size.auxiliary && layer == size.auxiliary_layer() {
            add("auxiliary head".into(), [size.classes, 1, 1], &|tally| {
                tally.auxiliary(features, size);
            });
        }
    }
    add("head".into(), [size.classes, 1, 1], &|tally| {
        tally.head(space, features, size.classes);
    });
    Ok(parts)
}

/// A sum in progress. The bounds of [`Macro::check`] keep it far below 2^64.
#[derive(Default)]
struct Tally {
    count: Count,
    /// Whether normalisations inside cells have a scale and a shift.
    affine: bool,
}

impl Tally {
    /// A convolution without bias; `group` is the number of input channels that one output channel reads.
    fn convolution(&mut self, group: usize, outputs: usize, kernel: usize, out: [usize; 2]) {
        let [height, width] = out.map(|size| size as u64);
        let weights = group as u64 * outputs as u64 * (kernel * kernel) as u64;
        self.count.parameters += weights;
        self.count.multiply_adds += weights * height * width;
    }

    fn affine_norm(&mut self, channels: usize) {
        self.count.parameters += 2 * channels as u64;
    }

    fn cell_norm(&mut self, channels: usize) {
        if self.affine {
            self.affine_norm(channels);
        }
    }

    fn linear(&mut self, inputs: usize, outputs: usize) {
        let [inputs, outputs] = [inputs, outputs].map(|size| size as u64);
        self.count.parameters += (inputs + 1) * outputs;
        self.count.multiply_adds += inputs * outputs;
    }

    fn stem(&mut self, space: Space, size: &Macro) {
        let channels = size.channels;
        let full = [size.height, size.width];
        if space == Space::Darts && size.imagenet_stem {
            let [half, quarter, eighth] =
                [1, 2, 3].map(|times| full.map(|size| halve_times(size, times)));
            for (inputs, outputs, out) in [
                (size.image_channels, channels / 2, half),
                (channels / 2, channels, quarter),
                (channels, channels, eighth),
            ] {
                self.convolution(inputs, outputs, 3, out);
                self.affine_norm(outputs);
            }
        } else {
            let outputs = match space {
                Space::Darts => 3 * channels,
                Space::NasBench201 | Space::NasBench201Small => channels,
            };
            self.convolution(size.image_channels, outputs, 3, full);
            self.affine_norm(outputs);
        }
    }

    /// The 1×1 convolutions on both inputs of a DARTS cell; a factorized reduction has as many weights and works on as many
    /// pixels as a 1×1 convolution to the smaller image.
    fn preprocess(&mut self, cell: &CellSpec) {
        for inputs in [cell.channels_prev_prev, cell.channels_prev] {
            self.convolution(inputs, cell.channels, 1, [cell.height, cell.width]);
            self.cell_norm(cell.channels);
        }
    }

    /// One operation on one edge; `from_input`: the edge leaves an input of the cell.
    fn operation(&mut self, operation: Operation, cell: &CellSpec, from_input: bool) {
        let channels = cell.channels;
        let out = cell.output_size();
        match operation {
            Operation::None | Operation::MaxPool3x3 | Operation::AvgPool3x3 => {}
            Operation::SkipConnect => {
                if cell.reduction() && from_input {
                    self.convolution(channels, channels, 1, out);
                    self.cell_norm(channels);
                }
            }
            Operation::SepConv3x3 => self.separable(3, 2, channels, out),
            Operation::SepConv5x5 => self.separable(5, 2, channels, out),
            Operation::DilConv3x3 => self.separable(3, 1, channels, out),
            Operation::DilConv5x5 => self.separable(5, 1, channels, out),
            Operation::Conv1x1 => {
                self.convolution(channels, channels, 1, out);
                self.cell_norm(channels);
            }
            Operation::Conv3x3 => {
                self.convolution(channels, channels, 3, out);
                self.cell_norm(channels);
            }
        }
    }

    /// Depthwise and pointwise convolution and normalisation, `stages` times.
    fn separable(&mut self, kernel: usize, stages: usize, channels: usize, out: [usize; 2]) {
        for _ in 0..stages {
            self.convolution(1, channels, kernel, out);
            self.convolution(channels, channels, 1, out);
            self.cell_norm(channels);
        }
    }

    /// The block between the stages of NAS-Bench-201. It is part of the skeleton: its normalisations are always affine.
    fn residual(&mut self, channels: usize, size: [usize; 2]) {
        let doubled = 2 * channels;
        let out = size.map(halve);
        self.convolution(channels, doubled, 3, out);
        self.convolution(doubled, doubled, 3, out);
        self.convolution(channels, doubled, 1, out);
        self.affine_norm(doubled);
        self.affine_norm(doubled);
    }

    fn auxiliary(&mut self, features: usize, size: &Macro) {
        let [height, width] = size.auxiliary_pooled();
        self.convolution(features, 128, 1, [height, width]);
        self.affine_norm(128);
        self.convolution(128, 768, 2, [height - 1, width - 1]);
        if !size.imagenet_stem {
            self.affine_norm(768);
        }
        self.linear(768, size.classes);
    }

    fn head(&mut self, space: Space, features: usize, classes: usize) {
        if space != Space::Darts {
            self.affine_norm(features);
        }
        self.linear(features, classes);
    }
}
