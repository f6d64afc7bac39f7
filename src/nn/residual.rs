//! The residual block that halves the resolution between the stages of a NAS-Bench-201 network.

use burn::tensor::{Tensor, module::avg_pool2d, ops::AvgPoolOptions};

use super::layers::{Convolution, Pass, ReluConvBn};
use super::operation::Norm;
use super::parameters::Layout;

/// Two ReLU-convolution-normalisation layers 3×3, the first with stride 2, beside a 2×2 average pool with a 1×1 convolution.
#[derive(Clone, Debug)]
pub struct ResidualBlock {
    pub(super) first: ReluConvBn,
    pub(super) second: ReluConvBn,
    pub(super) shortcut: Convolution,
}

impl ResidualBlock {
    /// Doubles `channels`.
    pub fn new(layout: &mut Layout, name: &str, channels: usize, norm: Norm) -> Self {
        let doubled = 2 * channels;
        let mut layer = |part: &str, from: usize, stride: usize| {
            let name = format!("{name}.{part}");
            let convolution = Convolution::dense(layout, &*name, [from, doubled], 3, stride);
            let norm = match norm {
                Norm::Plain => {
                    super::layers::BatchNorm::affine(layout, &format!("{name}.norm"), doubled)
                }
                Norm::Tracked => norm.build(layout, &format!("{name}.norm"), doubled),
            };
            ReluConvBn::new(convolution, norm)
        };
        let first = layer("first", channels, 2);
        let second = layer("second", doubled, 1);
        let shortcut = Convolution::dense(
            layout,
            format!("{name}.shortcut"),
            [channels, doubled],
            1,
            1,
        );
        Self {
            first,
            second,
            shortcut,
        }
    }

    /// `[images, c, h, w]` to `[images, 2c, ceil(h/2), ceil(w/2)]`.
    pub fn forward(&self, pass: Pass, x: Tensor<4>) -> Tensor<4> {
        let y = self.first.forward(pass, x.clone());
        let y = self.second.forward(pass, y);
        let [_, _, height, width] = x.dims();
        // An odd size is padded by one row or column which the average leaves out.
        let options = AvgPoolOptions::new([2, 2])
            .with_stride([2, 2])
            .with_padding_pairs([(0, height % 2), (0, width % 2)])
            .with_count_include_pad(false);
        y + self.shortcut.forward(pass, avg_pool2d(x, options))
    }
}
