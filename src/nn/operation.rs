//! A candidate operation with its weights, and the pre-processing in front of a cell.

use burn::tensor::Tensor;

use super::layers::{BatchNorm, Convolution, FactorizedReduce, Pass, Pool, ReluConvBn, Separable};
use super::parameters::Layout;
use crate::space::Operation;

/// Which batch normalisation a network uses inside its cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Norm {
    /// Supernet: no scale, no shift, batch statistics.
    Plain,
    /// Derived network: scale, shift and running statistics.
    Tracked,
}

impl Norm {
    /// A normalisation of this kind.
    pub fn build(self, layout: &mut Layout, name: &str, channels: usize) -> BatchNorm {
        match self {
            Norm::Plain => BatchNorm::plain(channels),
            Norm::Tracked => BatchNorm::tracked(layout, name, channels),
        }
    }
}

/// One candidate operation on one edge, `[images, C, H, W]` to `[images, C, ceil(H/stride), ceil(W/stride)]`.
#[derive(Clone, Debug)]
pub enum EdgeOperation {
    /// Zeros; it is never computed.
    None,
    /// Skip connection at stride 1.
    Identity,
    /// Skip connection at stride 2.
    Reduce(FactorizedReduce),
    /// A pool; the DARTS supernet normalises it, nothing else does.
    Pool(Pool, usize, Option<BatchNorm>),
    /// One (dilated) or two (separable) depthwise-pointwise stages.
    Separable(Vec<Separable>),
    /// A dense convolution of NAS-Bench-201.
    Dense(ReluConvBn),
}

impl EdgeOperation {
    /// Adds the operation's weights to the layout. `pool_norm`: whether pools are normalised.
    pub fn new(
        layout: &mut Layout,
        name: &str,
        operation: Operation,
        channels: usize,
        stride: usize,
        norm: Norm,
        pool_norm: bool,
    ) -> Self {
        let name = format!("{name}.{}", operation.name());
        let pool = |layout: &mut Layout, pool| {
            let norm = pool_norm.then(|| norm.build(layout, &name, channels));
            EdgeOperation::Pool(pool, stride, norm)
        };
        let mut stage = |part: &str, kernel: usize, stride: usize, dilation: usize| {
            let name = format!("{name}.{part}");
            let depthwise = Convolution::depthwise(
                layout,
                format!("{name}.depthwise"),
                channels,
                kernel,
                stride,
                dilation,
            );
            let pointwise = Convolution::dense(
                layout,
                format!("{name}.pointwise"),
                [channels, channels],
                1,
                1,
            );
            let norm = norm.build(layout, &format!("{name}.norm"), channels);
            Separable::new(depthwise, pointwise, norm)
        };
        match operation {
            Operation::None => EdgeOperation::None,
            Operation::SkipConnect if stride == 1 => EdgeOperation::Identity,
            Operation::SkipConnect => EdgeOperation::Reduce(FactorizedReduce::new(
                layout,
                &name,
                channels,
                channels,
                |layout| norm.build(layout, &format!("{name}.norm"), channels),
            )),
            Operation::MaxPool3x3 => pool(layout, Pool::Max),
            Operation::AvgPool3x3 => pool(layout, Pool::Average),
            Operation::SepConv3x3 => EdgeOperation::Separable(vec![
                stage("first", 3, stride, 1),
                stage("second", 3, 1, 1),
            ]),
            Operation::SepConv5x5 => EdgeOperation::Separable(vec![
                stage("first", 5, stride, 1),
                stage("second", 5, 1, 1),
            ]),
            Operation::DilConv3x3 => EdgeOperation::Separable(vec![stage("only", 3, stride, 2)]),
            Operation::DilConv5x5 => EdgeOperation::Separable(vec![stage("only", 5, stride, 2)]),
            Operation::Conv1x1 => EdgeOperation::dense(layout, &name, channels, 1, stride, norm),
            Operation::Conv3x3 => EdgeOperation::dense(layout, &name, channels, 3, stride, norm),
        }
    }

    fn dense(
        layout: &mut Layout,
        name: &str,
        channels: usize,
        kernel: usize,
        stride: usize,
        norm: Norm,
    ) -> Self {
        let convolution = Convolution::dense(layout, name, [channels; 2], kernel, stride);
        let norm = norm.build(layout, &format!("{name}.norm"), channels);
        EdgeOperation::Dense(ReluConvBn::new(convolution, norm))
    }

    /// Applies it; nothing for `none`.
    pub fn forward(&self, pass: Pass, x: Tensor<4>) -> Option<Tensor<4>> {
        Some(match self {
            EdgeOperation::None => return None,
            EdgeOperation::Identity => x,
            EdgeOperation::Reduce(reduce) => reduce.forward(pass, x),
            EdgeOperation::Pool(pool, stride, norm) => {
                let pooled = pool.forward(x, *stride);
                match norm {
                    Some(norm) => norm.forward(pass, pooled),
                    None => pooled,
                }
            }
            EdgeOperation::Separable(stages) => {
                stages.iter().fold(x, |x, stage| stage.forward(pass, x))
            }
            EdgeOperation::Dense(dense) => dense.forward(pass, x),
        })
    }
}

/// Brings an input of a DARTS cell to the cell's channels and resolution.
#[derive(Clone, Debug)]
pub enum Preprocess {
    /// A 1×1 convolution.
    Pointwise(ReluConvBn),
    /// After a reduction cell, the input from two cells back is still twice as large.
    Reduce(FactorizedReduce),
}

impl Preprocess {
    /// `[images, from, h, w]` to `[images, to, h, w]`, or half the size where `reduce`.
    pub fn new(
        layout: &mut Layout,
        name: &str,
        channels: [usize; 2],
        reduce: bool,
        norm: Norm,
    ) -> Self {
        let [from, to] = channels;
        if reduce {
            Preprocess::Reduce(FactorizedReduce::new(layout, name, from, to, |layout| {
                norm.build(layout, &format!("{name}.norm"), to)
            }))
        } else {
            let convolution = Convolution::dense(layout, name, channels, 1, 1);
            let norm = norm.build(layout, &format!("{name}.norm"), to);
            Preprocess::Pointwise(ReluConvBn::new(convolution, norm))
        }
    }

    /// Applies it.
    pub fn forward(&self, pass: Pass, x: Tensor<4>) -> Tensor<4> {
        match self {
            Preprocess::Pointwise(pointwise) => pointwise.forward(pass, x),
            Preprocess::Reduce(reduce) => reduce.forward(pass, x),
        }
    }
}
