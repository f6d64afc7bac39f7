//! Dense convolution with batch normalisation on the GPU: three launches forward, four backward.

use super::launch::{Constants, Stage, output, shader, shared};
use super::product::{ColumnTiling, SquareTiling, chunks};
use crate::kernels::extension::ConvGradients;
use crate::kernels::shape::{ConvShape, EPSILON, Wanted};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use std::sync::Arc;

/// Rows of the gathered input that one step of a product stages.
const DEPTH: usize = 32;

/// The normalised output, and mean and inverse standard deviation `[lanes, Co, 2]`.
#[derive(Debug, Clone)]
pub struct ConvSaved {
    out: CubeTensor,
    stats: CubeTensor,
}

/// The stages of one shape. A factorised reduce is two halves of a convolution, each with its own pixels.
#[derive(Debug, Clone)]
struct Conv {
    shape: ConvShape,
    constants: Arc<str>,
    halves: usize,
}

impl Conv {
    fn new(shape: ConvShape) -> Self {
        let halves = if shape.reduce { 2 } else { 1 };
        let constants = Constants::default()
            .line("EPSILON", "f32", format_args!("{EPSILON:e}"))
            .size("LANES", shape.lanes)
            .size("BATCH", shape.batch)
            .size("IMAGES", shape.images())
            .size("CI", shape.in_channels)
            .size("CO", shape.out_channels)
            // The name under which `stats` knows the channels.
            .size("C", shape.out_channels)
            .size("HALF", shape.out_channels / halves)
            .size("H", shape.height)
            .size("W", shape.width)
            .size("P", shape.in_pixels())
            .size("HO", shape.out_height())
            .size("WO", shape.out_width())
            .size("Q", shape.out_pixels())
            .size("COLUMNS", shape.batch * shape.out_pixels())
            .size("STRIDE", shape.stride)
            .size("KERNEL", shape.kernel)
            .size("TAPS", shape.kernel * shape.kernel)
            .line("PAD", "i32", shape.kernel / 2)
            .line("RELU", "bool", shape.relu);
        Self {
            shape,
            constants: shared(constants),
            halves,
        }
    }

    fn columns(&self) -> usize {
        self.shape.batch * self.shape.out_pixels()
    }

    fn channel_stage(&self, shader: (&'static str, &'static str), tiles: usize) -> Stage {
        let own = Constants::default().size("TILES", tiles).size("FIRST", 0);
        let groups = self.shape.lanes * self.shape.out_channels * tiles;
        Stage::new(shader, &self.constants, own, [256, 1], groups)
    }

    fn conv(&self) -> Stage {
        let rows = self.shape.out_channels / self.halves;
        let tiling = ColumnTiling::staged(rows);
        let parts = rows.div_ceil(tiling.channels());
        let own = tiling
            .constants(self.columns())
            .size("PARTS", parts)
            .size("DEPTH", DEPTH);
        let groups = self.halves * parts * self.shape.lanes * self.columns().div_ceil(tiling.tile);
        Stage::new(
            shader!("conv"),
            &self.constants,
            own,
            tiling.threads(),
            groups,
        )
    }

    fn stats(&self) -> Stage {
        self.channel_stage(shader!("stats"), 1)
    }

    fn normalize(&self) -> Stage {
        self.channel_stage(shader!("conv_normalize"), self.columns().div_ceil(256))
    }

    fn sums(&self) -> Stage {
        self.channel_stage(shader!("conv_sums"), 1)
    }

    fn input(&self) -> Stage {
        let columns = self.shape.batch * self.shape.in_pixels();
        let tiling = ColumnTiling::staged(self.shape.in_channels);
        let parts = self.shape.in_channels.div_ceil(tiling.channels());
        let own = tiling.constants(columns).size("DEPTH", DEPTH);
        let groups = parts * self.shape.lanes * columns.div_ceil(tiling.tile);
        Stage::new(
            shader!("conv_input"),
            &self.constants,
            own,
            tiling.threads(),
            groups,
        )
    }

    fn chunks(&self) -> (usize, usize) {
        chunks(
            self.shape.images() * self.shape.out_pixels(),
            self.shape.weights_len(),
        )
    }

    fn weights(&self) -> Stage {
        let shape = &self.shape;
        let rows = shape.out_channels / self.halves;
        let columns = shape.in_channels * shape.kernel * shape.kernel;
        let tiling = SquareTiling::new(rows.max(columns.min(64)));
        let (parts, sides) = (rows.div_ceil(tiling.side), columns.div_ceil(tiling.side));
        let (count, chunk) = self.chunks();
        let own = tiling
            .constants()
            .size("PARTS", parts)
            .size("SIDES", sides)
            .size("CHUNKS", count)
            .size("CHUNK", chunk);
        Stage::new(
            shader!("conv_weights"),
            &self.constants,
            own,
            [tiling.threads(), 1],
            self.halves * parts * sides * count,
        )
    }

    fn sum_chunks(&self) -> Stage {
        let own = Constants::default()
            .size("CHUNKS", self.chunks().0)
            .size("LEN", self.shape.weights_len())
            .text("fn is_computed(index: u32) -> bool { return true; }");
        let groups = self.shape.weights_len().div_ceil(64);
        Stage::new(shader!("sum_chunks"), &self.constants, own, [64, 1], groups)
    }
}

/// See [`Kernels::conv_forward`](crate::kernels::Kernels::conv_forward).
pub(super) fn forward(
    x: CubeTensor,
    weights: CubeTensor,
    shape: ConvShape,
) -> (CubeTensor, ConvSaved) {
    let [x, weights] = [x, weights].map(into_contiguous);
    let conv = Conv::new(shape);
    let dims = [
        shape.images(),
        shape.out_channels,
        shape.out_height(),
        shape.out_width(),
    ];
    let z = output(&x, dims);
    let stats = output(&x, [shape.lanes, shape.out_channels, 2]);
    let out = output(&x, dims);
    conv.conv().launch(&[&x, &weights, &z]);
    conv.stats().launch(&[&z, &stats]);
    conv.normalize().launch(&[&z, &stats, &out]);
    (out.clone(), ConvSaved { out, stats })
}

/// See [`Kernels::conv_backward`](crate::kernels::Kernels::conv_backward).
pub(super) fn backward(
    inputs: [CubeTensor; 2],
    saved: ConvSaved,
    grad: CubeTensor,
    shape: ConvShape,
    wanted: Wanted,
) -> ConvGradients<CubeTensor> {
    let mut gradients = ConvGradients {
        x: None,
        weights: None,
    };
    if !(wanted.x || wanted.weights) {
        return gradients;
    }
    let [x, weights] = inputs.map(into_contiguous);
    let grad = into_contiguous(grad);
    let ConvSaved { out, stats } = saved;
    let conv = Conv::new(shape);
    let coef = output(&x, [shape.lanes, shape.out_channels, 4]);
    conv.sums().launch(&[&grad, &out, &stats, &coef]);
    if wanted.x {
        let total = output(
            &x,
            [shape.images(), shape.in_channels, shape.height, shape.width],
        );
        conv.input()
            .launch(&[&grad, &out, &coef, &weights, &x, &total]);
        gradients.x = Some(total);
    }
    if wanted.weights {
        let length = shape.weights_len();
        let partials = output(&x, [conv.chunks().0, length]);
        conv.weights().launch(&[&x, &grad, &out, &coef, &partials]);
        let total = output(&x, [length]);
        conv.sum_chunks().launch(&[&partials, &total]);
        gradients.weights = Some(total);
    }
    gradients
}

/// Name and complete text of every shader that runs for a shape.
pub fn conv_sources(shape: ConvShape) -> Vec<(&'static str, String)> {
    let conv = Conv::new(shape);
    [
        conv.conv(),
        conv.stats(),
        conv.normalize(),
        conv.sums(),
        conv.input(),
        conv.weights(),
        conv.sum_chunks(),
    ]
    .into_iter()
    .map(|stage| (stage.name(), stage.source().complete()))
    .collect()
}
