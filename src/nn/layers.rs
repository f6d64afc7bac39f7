//! The layers of both search spaces, composed from stock Burn operations.
//!
//! They are what the fused kernels are tested against and measured against. Images are `[lanes·batch, channels, height, width]`;
//! image `i` belongs to lane `i / batch`. Definitions: `method.md` §4.1, §5 (the published DARTS and NAS-Bench-201 operations).

use std::cell::{Cell, RefCell};

use burn::tensor::{
    Tensor,
    activation::relu,
    module::{avg_pool2d, batch_norm, batch_norm_train, conv2d, max_pool2d},
    ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions, PadMode},
};

use super::parameters::{Block, Layout, Leaves, Slot};
use crate::kernels::shape::ConvShape;
use crate::kernels::{Memory, conv_bn};

/// Added to the variance before its square root (PyTorch's default, as in DARTS).
pub const EPSILON: f64 = 1e-5;

/// Which statistics the batch normalisations of a pass use.
#[derive(Clone, Copy)]
pub enum Statistics<'a> {
    /// Those of the batch, one set a lane; nothing is remembered. Supernets always use these (`method.md` §8, pitfall 1).
    Batch,
    /// Those of the batch; every tracked normalisation also notes its own, to be merged into the running ones.
    Record(&'a RefCell<Vec<Recorded>>),
    /// The running statistics of training, for a test: `[statistics]`.
    Running(&'a Tensor<1>),
}

/// The batch statistics that one normalisation saw.
pub struct Recorded {
    /// Their place in the statistics vector.
    pub offset: usize,
    /// `[channels]`.
    pub mean: Tensor<1>,
    /// Unbiased, as PyTorch records it: `[channels]`.
    pub variance: Tensor<1>,
}

/// What every layer of a forward pass shares.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// The weights.
    pub leaves: &'a Leaves,
    /// How many architectures ride in this pass.
    pub lanes: usize,
    /// The statistics of the batch normalisations.
    pub statistics: Statistics<'a>,
    /// Fused kernels and how much they keep for the backward pass, or stock operations. Fused kernels need a packed layout.
    pub fused: Option<Memory>,
    /// Adds up the multiply-adds of the stock convolutions and linear layers that a pass really computes, for one image.
    pub multiply_adds: Option<&'a Cell<u64>>,
}

impl Pass<'_> {
    fn count(&self, multiply_adds: usize) {
        if let Some(counter) = self.multiply_adds {
            counter.set(counter.get() + multiply_adds as u64);
        }
    }
}

/// A convolution without bias.
#[derive(Clone, Debug)]
pub struct Convolution {
    pub(super) weight: Slot<4>,
    pub(super) options: ConvOptions<2>,
}

/// Convolution and normalisation as one fused operation, where the kernels cover this normalisation.
fn fused_conv_bn(
    pass: Pass,
    x: &Tensor<4>,
    weights: Tensor<1>,
    norm: &BatchNorm,
    convolution: FusedConvolution,
) -> Option<Tensor<4>> {
    if pass.fused.is_none() || norm.running.is_some() {
        return None;
    }
    let [images, in_channels, height, width] = x.dims();
    let shape = ConvShape {
        lanes: pass.lanes,
        batch: images / pass.lanes,
        in_channels,
        out_channels: norm.channels,
        height,
        width,
        kernel: convolution.kernel,
        stride: convolution.stride,
        relu: convolution.relu,
        reduce: convolution.reduce,
    };
    let y = conv_bn(x.clone(), weights, shape);
    Some(match &norm.affine {
        Some((scale, shift)) => {
            let channels = [1, norm.channels, 1, 1];
            y * pass.leaves.get(scale).reshape(channels) + pass.leaves.get(shift).reshape(channels)
        }
        None => y,
    })
}

/// What [`fused_conv_bn`] does before and in its convolution.
struct FusedConvolution {
    kernel: usize,
    stride: usize,
    relu: bool,
    reduce: bool,
}

impl Convolution {
    /// A dense `kernel`×`kernel` convolution with "same" padding: the output is `ceil(size / stride)`.
    pub fn dense(
        layout: &mut Layout,
        name: impl Into<String>,
        channels: [usize; 2],
        kernel: usize,
        stride: usize,
    ) -> Self {
        let [inputs, outputs] = channels;
        Self {
            weight: layout.convolution(name, [outputs, inputs, kernel, kernel]),
            options: ConvOptions::new([stride; 2], [kernel / 2; 2], [1; 2], 1),
        }
    }

    /// A dense convolution without padding.
    pub fn valid(
        layout: &mut Layout,
        name: impl Into<String>,
        channels: [usize; 2],
        kernel: usize,
    ) -> Self {
        let [inputs, outputs] = channels;
        Self {
            weight: layout.convolution(name, [outputs, inputs, kernel, kernel]),
            options: ConvOptions::new([1; 2], [0; 2], [1; 2], 1),
        }
    }

    /// A depthwise convolution: one filter a channel, padding `dilation · (kernel / 2)`.
    pub fn depthwise(
        layout: &mut Layout,
        name: impl Into<String>,
        channels: usize,
        kernel: usize,
        stride: usize,
        dilation: usize,
    ) -> Self {
        Self {
            weight: layout.convolution(name, [channels, 1, kernel, kernel]),
            options: ConvOptions::new(
                [stride; 2],
                [dilation * (kernel / 2); 2],
                [dilation; 2],
                channels,
            ),
        }
    }

    /// ReLU (if asked for), this dense convolution and a normalisation as one fused operation, where that is possible.
    fn normalised(
        &self,
        pass: Pass,
        x: &Tensor<4>,
        norm: &BatchNorm,
        relu: bool,
    ) -> Option<Tensor<4>> {
        let kernel = self.weight.shape()[2];
        let same = self.options.padding == [(kernel / 2, kernel / 2); 2];
        if pass.fused.is_none() || self.options.groups != 1 || !same {
            return None;
        }
        let weights = pass.leaves.get(&self.weight).reshape([-1]);
        let convolution = FusedConvolution {
            kernel,
            stride: self.options.stride[0],
            relu,
            reduce: false,
        };
        fused_conv_bn(pass, x, weights, norm, convolution)
    }

    /// The convolution and a normalisation.
    pub fn forward_normalised(&self, pass: Pass, x: Tensor<4>, norm: &BatchNorm) -> Tensor<4> {
        self.normalised(pass, &x, norm, false)
            .unwrap_or_else(|| norm.forward(pass, self.forward(pass, x)))
    }

    /// Applies it.
    pub fn forward(&self, pass: Pass, x: Tensor<4>) -> Tensor<4> {
        let y = conv2d(x, pass.leaves.get(&self.weight), None, self.options.clone());
        let [_, _, height, width] = y.dims();
        pass.count(self.weight.shape().iter().product::<usize>() * height * width);
        y
    }
}

/// A batch normalisation; `affine` adds a learned scale and shift, `running` remembers statistics for tests.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    pub(super) channels: usize,
    pub(super) affine: Option<(Slot<1>, Slot<1>)>,
    pub(super) running: Option<usize>,
}

impl BatchNorm {
    /// Without scale and shift and without running statistics: everything inside the cells of a supernet.
    pub fn plain(channels: usize) -> Self {
        Self {
            channels,
            affine: None,
            running: None,
        }
    }

    /// With scale and shift but without running statistics: a supernet's stem.
    pub fn affine(layout: &mut Layout, name: &str, channels: usize) -> Self {
        Self {
            channels,
            affine: Some(layout.affine(name, channels)),
            running: None,
        }
    }

    /// With scale, shift and running statistics: everything in a derived network.
    pub fn tracked(layout: &mut Layout, name: &str, channels: usize) -> Self {
        Self {
            channels,
            affine: Some(layout.affine(name, channels)),
            running: Some(layout.running_statistics(name, channels)),
        }
    }

    /// Normalises each channel of each lane.
    pub fn forward(&self, pass: Pass, x: Tensor<4>) -> Tensor<4> {
        let (scale, shift) = match &self.affine {
            Some((scale, shift)) => (pass.leaves.get(scale), pass.leaves.get(shift)),
            None => {
                let device = x.device();
                (
                    Tensor::ones([self.channels], &device),
                    Tensor::zeros([self.channels], &device),
                )
            }
        };
        match (pass.statistics, self.running) {
            (Statistics::Running(running), Some(offset)) => {
                let mean = running.clone().narrow(0, offset, self.channels);
                let variance = running
                    .clone()
                    .narrow(0, offset + self.channels, self.channels);
                batch_norm(x, scale, shift, mean, variance, EPSILON)
            }
            (Statistics::Record(record), Some(offset)) => {
                let [images, _, height, width] = x.dims();
                let count = (images * height * width) as f64;
                let normalised = batch_norm_train(x, scale, shift, EPSILON);
                // A single value has no unbiased variance; PyTorch refuses it, we record the biased one.
                let unbiased = normalised
                    .variance
                    .mul_scalar(count / (count - 1.0).max(1.0));
                record.borrow_mut().push(Recorded {
                    offset,
                    mean: normalised.mean.inner(),
                    variance: unbiased.inner(),
                });
                normalised.output
            }
            _ => by_lane(pass.lanes, x, |x, lanes| {
                let scale = scale.repeat_dim(0, lanes);
                let shift = shift.repeat_dim(0, lanes);
                batch_norm_train(x, scale, shift, EPSILON).output
            }),
        }
    }
}

/// Lets a per-channel operation act per lane and channel: `[lanes·batch, c, h, w]` becomes `[batch, lanes·c, h, w]` and back.
fn by_lane(
    lanes: usize,
    x: Tensor<4>,
    operation: impl FnOnce(Tensor<4>, usize) -> Tensor<4>,
) -> Tensor<4> {
    if lanes == 1 {
        return operation(x, 1);
    }
    let [images, channels, height, width] = x.dims();
    let batch = images / lanes;
    let pixels = height * width;
    let x = x
        .reshape([lanes, batch, channels, pixels])
        .swap_dims(0, 1)
        .reshape([batch, lanes * channels, height, width]);
    operation(x, lanes)
        .reshape([batch, lanes, channels, pixels])
        .swap_dims(0, 1)
        .reshape([images, channels, height, width])
}

/// The 3×3 pools of both spaces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pool {
    /// Padding counts as −∞.
    Max,
    /// Padding is excluded from the divisor.
    Average,
}

impl Pool {
    /// A 3×3 window, padding 1.
    pub fn forward(self, x: Tensor<4>, stride: usize) -> Tensor<4> {
        match self {
            Pool::Max => max_pool2d(
                x,
                MaxPoolOptions::new([3, 3])
                    .with_stride([stride; 2])
                    .with_padding([1, 1]),
            ),
            Pool::Average => avg_pool2d(
                x,
                AvgPoolOptions::new([3, 3])
                    .with_stride([stride; 2])
                    .with_padding([1, 1])
                    .with_count_include_pad(false),
            ),
        }
    }
}

/// ReLU → convolution → batch normalisation.
#[derive(Clone, Debug)]
pub struct ReluConvBn {
    pub(super) convolution: Convolution,
    pub(super) norm: BatchNorm,
}

impl ReluConvBn {
    /// Joins the two layers.
    pub fn new(convolution: Convolution, norm: BatchNorm) -> Self {
        Self { convolution, norm }
    }

    /// Applies the three in turn.
    pub fn forward(&self, pass: Pass, x: Tensor<4>) -> Tensor<4> {
        self.convolution
            .normalised(pass, &x, &self.norm, true)
            .unwrap_or_else(|| {
                self.norm
                    .forward(pass, self.convolution.forward(pass, relu(x)))
            })
    }
}

/// ReLU → depthwise convolution → pointwise convolution → batch normalisation: a dilated convolution, or half a separable one.
#[derive(Clone, Debug)]
pub struct Separable {
    pub(super) depthwise: Convolution,
    pub(super) pointwise: Convolution,
    pub(super) norm: BatchNorm,
}

impl Separable {
    /// Joins the three layers.
    pub fn new(depthwise: Convolution, pointwise: Convolution, norm: BatchNorm) -> Self {
        Self {
            depthwise,
            pointwise,
            norm,
        }
    }

    /// Applies the four in turn.
    pub fn forward(&self, pass: Pass, x: Tensor<4>) -> Tensor<4> {
        let x = self.depthwise.forward(pass, relu(x));
        self.norm.forward(pass, self.pointwise.forward(pass, x))
    }
}

/// Halves the resolution without losing pixels to the stride: ReLU, then two 1×1 convolutions of stride 2, the second on the
/// image shifted by one pixel in both axes, side by side, then batch normalisation. Odd sizes are padded with zeros, as
/// NAS-Bench-201 does (the DARTS code assumes even ones).
#[derive(Clone, Debug)]
pub struct FactorizedReduce {
    weights: Block,
    pub(super) first: Convolution,
    second: Convolution,
    pub(super) norm: BatchNorm,
}

impl FactorizedReduce {
    /// The weights of the two paths, each `[out / 2, in, 1, 1]`; `outputs` must be even.
    pub fn new(
        layout: &mut Layout,
        name: &str,
        inputs: usize,
        outputs: usize,
        norm: impl FnOnce(&mut Layout) -> BatchNorm,
    ) -> Self {
        let half = outputs / 2;
        let (weights, [first, second]) = layout.block(|layout| {
            ["first", "second"].map(|path| {
                Convolution::dense(layout, format!("{name}.{path}"), [inputs, half], 1, 2)
            })
        });
        let norm = norm(layout);
        Self {
            weights,
            first,
            second,
            norm,
        }
    }

    /// `[images, in, h, w]` to `[images, out, ceil(h/2), ceil(w/2)]`.
    pub fn forward(&self, pass: Pass, x: Tensor<4>) -> Tensor<4> {
        if pass.fused.is_some() {
            let convolution = FusedConvolution {
                kernel: 1,
                stride: 2,
                relu: true,
                reduce: true,
            };
            let weights = pass.leaves.block(self.weights);
            if let Some(y) = fused_conv_bn(pass, &x, weights, &self.norm, convolution) {
                return y;
            }
        }
        let x = relu(x);
        let [_, _, height, width] = x.dims();
        let shifted = x
            .clone()
            .pad((0, 1, 0, 1), PadMode::Constant(0.0))
            .narrow(2, 1, height)
            .narrow(3, 1, width);
        let joined = Tensor::cat(
            vec![
                self.first.forward(pass, x),
                self.second.forward(pass, shifted),
            ],
            1,
        );
        self.norm.forward(pass, joined)
    }
}

/// The classifier on globally averaged features.
#[derive(Clone, Debug)]
pub struct Classifier {
    weight: Slot<2>,
    bias: Slot<1>,
}

impl Classifier {
    /// Weights `[classes, features]` and bias.
    pub fn new(layout: &mut Layout, name: &str, features: usize, classes: usize) -> Self {
        let (weight, bias) = layout.linear(name, classes, features);
        Self { weight, bias }
    }

    /// `[images, features, h, w]` to logits `[images, classes]`.
    pub fn forward(&self, pass: Pass, x: Tensor<4>) -> Tensor<2> {
        let [images, features, height, width] = x.dims();
        let pooled = x
            .reshape([images, features, height * width])
            .mean_dim(2)
            .reshape([images, features]);
        let weight = pass.leaves.get(&self.weight);
        let bias = pass.leaves.get(&self.bias);
        pass.count(self.weight.shape().iter().product());
        pooled.matmul(weight.transpose()) + bias.unsqueeze()
    }
}
