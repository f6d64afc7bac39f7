//! All weights of a network as one flat vector.
//!
//! A network is built once as a [`Layout`]: a list of named, shaped entries at fixed offsets. Its weights are then one tensor
//! `[parameters]`. The optimizer, gradient clipping, the two-sided difference of second-order DARTS, a checkpoint and a
//! bit-for-bit comparison each become a handful of operations on that one tensor, however many layers there are.
//!
//! The autodiff tape sees *leaves*: contiguous pieces of the vector. Stock operations want one leaf an entry; the fused
//! kernels want one leaf for all edges that leave a state, since they read those weights as one buffer.

use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How an entry is filled before training.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Init {
    /// Uniform in `±1/√fan_in`: PyTorch's default for convolutions and linear layers, which the DARTS code relies on.
    FanIn(usize),
    /// A constant: 1 for the scale and 0 for the shift of an affine batch normalisation.
    Constant(f32),
}

/// One named weight and its place in the vector.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    length: usize,
    init: Init,
}

/// A weight of a network: the leaf that holds it, its place inside that leaf and its shape.
#[derive(Clone, Debug)]
pub struct Slot<const D: usize> {
    leaf: usize,
    start: usize,
    shape: [usize; D],
}

impl<const D: usize> Slot<D> {
    /// The shape of the weight.
    pub fn shape(&self) -> [usize; D] {
        self.shape
    }

    /// Where it begins in its leaf.
    pub fn start(&self) -> usize {
        self.start
    }
}

/// Several entries side by side in one leaf, which a fused kernel reads as one buffer.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    leaf: usize,
    start: usize,
    length: usize,
}

/// Which entries share a leaf.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// None: a leaf an entry, for stock operations.
    #[default]
    Entries,
    /// Those of a block, which a fused cell reads as one buffer.
    Blocks,
    /// All of a network's body, which is one fused graph.
    Body,
}

impl Packing {
    /// That of a network whose body is a fused graph, or of stock operations.
    pub fn of_body(fused: bool) -> Self {
        match fused {
            true => Packing::Body,
            false => Packing::Entries,
        }
    }
}

/// The plan of a network's flat parameter vector; see the module text.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    entries: Vec<Entry>,
    leaves: Vec<usize>,
    packing: Packing,
    open_blocks: usize,
    /// Names and channels of the normalisations that remember statistics.
    norms: Vec<(String, usize)>,
}

impl Layout {
    /// An empty layout. The vector is the same whatever its packing.
    pub fn new(packing: Packing) -> Self {
        Self {
            packing,
            ..Self::default()
        }
    }

    /// Everything that `build` adds is the body of the network; one leaf, if the layout is packed so.
    pub fn body<T>(&mut self, build: impl FnOnce(&mut Layout) -> T) -> (Option<Block>, T) {
        if self.packing != Packing::Body {
            return (None, build(self));
        }
        let (block, built) = self.block(build);
        (Some(block), built)
    }

    /// Adds a convolution's weights `[out, in / groups, height, width]`.
    pub fn convolution(&mut self, name: impl Into<String>, shape: [usize; 4]) -> Slot<4> {
        let fan_in = shape[1] * shape[2] * shape[3];
        let name = format!("{}.weight", name.into());
        self.entry(name, shape, Init::FanIn(fan_in))
    }

    /// Adds a linear layer's weights `[out, in]` and bias `[out]`.
    pub fn linear(&mut self, name: &str, outputs: usize, inputs: usize) -> (Slot<2>, Slot<1>) {
        let weight = self.entry(
            format!("{name}.weight"),
            [outputs, inputs],
            Init::FanIn(inputs),
        );
        let bias = self.entry(format!("{name}.bias"), [outputs], Init::FanIn(inputs));
        (weight, bias)
    }

    /// Adds the scale (ones) and shift (zeros) of an affine batch normalisation, each `[channels]`.
    pub fn affine(&mut self, name: &str, channels: usize) -> (Slot<1>, Slot<1>) {
        let scale = self.entry(format!("{name}.scale"), [channels], Init::Constant(1.0));
        let shift = self.entry(format!("{name}.shift"), [channels], Init::Constant(0.0));
        (scale, shift)
    }

    /// Reserves a running mean and a running variance of `channels` values each; returns their offset in the statistics vector.
    pub fn running_statistics(&mut self, name: &str, channels: usize) -> usize {
        let offset = self.statistics();
        self.norms.push((name.to_owned(), channels));
        offset
    }

    /// Everything that `build` adds lies side by side in one leaf, if the layout is packed. Blocks may be nested.
    pub fn block<T>(&mut self, build: impl FnOnce(&mut Layout) -> T) -> (Block, T) {
        if self.open_blocks == 0 && self.packing != Packing::Entries {
            self.leaves.push(0);
        }
        self.open_blocks += 1;
        let leaf = self.leaves.len().saturating_sub(1);
        let start = self.leaves.last().copied().unwrap_or(0);
        let built = build(self);
        self.open_blocks -= 1;
        let length = self
            .leaves
            .last()
            .copied()
            .unwrap_or(0)
            .saturating_sub(start);
        let block = Block {
            leaf,
            start,
            length,
        };
        (block, built)
    }

    fn entry<const D: usize>(&mut self, name: String, shape: [usize; D], init: Init) -> Slot<D> {
        let length = shape.iter().product();
        if self.open_blocks == 0 || self.packing == Packing::Entries {
            self.leaves.push(0);
        }
        let leaf = self.leaves.len() - 1;
        let start = self.leaves[leaf];
        self.leaves[leaf] += length;
        self.entries.push(Entry {
            name,
            shape: shape.to_vec(),
            length,
            init,
        });
        Slot { leaf, start, shape }
    }

    /// The number of parameters.
    pub fn parameters(&self) -> usize {
        self.entries.iter().map(|entry| entry.length).sum()
    }

    /// The number of running statistics (means and variances).
    pub fn statistics(&self) -> usize {
        self.norms.iter().map(|(_, channels)| 2 * channels).sum()
    }

    /// Names and shapes of the weights, in the order of their vector.
    pub fn named_weights(&self) -> impl Iterator<Item = (String, Vec<usize>)> {
        let entries = self.entries.iter();
        entries.map(|entry| (entry.name.clone(), entry.shape.clone()))
    }

    /// Names and shapes of the running statistics, in the order of their vector.
    pub fn named_statistics(&self) -> impl Iterator<Item = (String, Vec<usize>)> {
        self.norms.iter().flat_map(|(name, channels)| {
            ["mean", "variance"].map(|part| (format!("{name}.{part}"), vec![*channels]))
        })
    }

    /// Fresh weights `[parameters]`, the same for the same seed on every device.
    pub fn initial_weights(&self, seed: u64, device: &Device) -> Tensor<1> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut values = Vec::with_capacity(self.parameters());
        for entry in &self.entries {
            match entry.init {
                Init::FanIn(fan_in) => {
                    let bound = 1.0 / (fan_in as f32).sqrt();
                    values.extend((0..entry.length).map(|_| uniform(&mut rng, bound)));
                }
                Init::Constant(value) => values.extend((0..entry.length).map(|_| value)),
            }
        }
        let length = values.len();
        Tensor::from_data(TensorData::new(values, [length]), device)
    }

    /// Fresh running statistics `[statistics]`: means 0, variances 1 (each mean block is followed by its variance block).
    pub fn initial_statistics(&self, device: &Device) -> Tensor<1> {
        let mut values = Vec::with_capacity(self.statistics());
        for (_, channels) in &self.norms {
            values.extend(std::iter::repeat_n(0.0_f32, *channels));
            values.extend(std::iter::repeat_n(1.0_f32, *channels));
        }
        let length = values.len();
        Tensor::from_data(TensorData::new(values, [length]), device)
    }

    /// Cuts the vector `[parameters]` (outside autodiff) into leaves on the tape; `track` asks for their gradients.
    pub fn leaves(&self, flat: &Tensor<1>, track: bool) -> Leaves {
        let mut start = 0;
        let tensors = self
            .leaves
            .iter()
            .map(|&length| {
                let leaf = flat.clone().narrow(0, start, length).autodiff();
                start += length;
                if track { leaf.require_grad() } else { leaf }
            })
            .collect();
        Leaves { tensors }
    }
}

fn uniform(rng: &mut impl Rng, bound: f32) -> f32 {
    bound * (2.0 * rng.random::<f32>() - 1.0)
}

/// The leaves of one forward pass.
#[derive(Clone, Debug)]
pub struct Leaves {
    tensors: Vec<Tensor<1>>,
}

impl Leaves {
    /// One weight in its shape.
    pub fn get<const D: usize>(&self, slot: &Slot<D>) -> Tensor<D> {
        let leaf = self.tensors[slot.leaf].clone();
        let length: usize = slot.shape.iter().product();
        if length == leaf.dims()[0] {
            leaf.reshape(slot.shape)
        } else {
            leaf.narrow(0, slot.start, length).reshape(slot.shape)
        }
    }

    /// A whole block as one vector; only in a packed layout.
    pub fn block(&self, block: Block) -> Tensor<1> {
        let leaf = self.tensors[block.leaf].clone();
        if block.length == leaf.dims()[0] {
            leaf
        } else {
            leaf.narrow(0, block.start, block.length)
        }
    }

    /// Puts the gradients of all leaves together again: `[parameters]`, zero where a leaf took no part in the loss.
    pub fn gradient(&self, gradients: &mut Gradients) -> Tensor<1> {
        let pieces = self
            .tensors
            .iter()
            .map(|leaf| {
                leaf.grad_remove(gradients)
                    .unwrap_or_else(|| leaf.clone().inner().zeros_like())
            })
            .collect();
        Tensor::cat(pieces, 0)
    }
}
