//! Dense convolution with batch normalisation on the GPU: three launches forward, five backward.

use super::launch::{Constants, Info, Stage, THREADS, output, shader, shared};
use super::product::{blocks, chunks, reduction_threads};
use crate::kernels::extension::ConvGradients;
use crate::kernels::shape::{ConvShape, EPSILON, Wanted};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use std::sync::Arc;

/// The normalised output, and mean and inverse standard deviation `[lanes, Co, 2]`.
#[derive(Debug, Clone)]
pub struct ConvSaved {
    out: CubeTensor,
    stats: CubeTensor,
}

/// The stages of one shape. A factorised reduce is two halves of a convolution, each with its own pixels.
#[derive(Debug, Clone)]
pub(super) struct Conv {
    shape: ConvShape,
    info: Info,
    shared: Arc<str>,
    halves: usize,
}

impl Conv {
    fn new(shape: ConvShape) -> Self {
        Self::of(shape, None)
    }

    /// With its weights from one on among many, which it may share with others: their gradients are added up.
    pub fn at(shape: ConvShape, first_weight: usize) -> Self {
        Self::of(shape, Some(first_weight))
    }

    fn of(shape: ConvShape, first_weight: Option<usize>) -> Self {
        let halves = if shape.reduce { 2 } else { 1 };
        let columns = shape.images() * shape.out_pixels();
        let info = Info::new([
            ("lanes", shape.lanes),
            ("batch", shape.batch),
            ("images", shape.images()),
            ("in_channels", shape.in_channels),
            ("channels", shape.out_channels),
            ("height", shape.height),
            ("width", shape.width),
            ("in_pixels", shape.in_pixels()),
            ("out_height", shape.out_height()),
            ("out_width", shape.out_width()),
            ("out_pixels", shape.out_pixels()),
            ("chunks", chunks(columns, shape.weights_len())),
            ("first_weight", first_weight.unwrap_or(0)),
            ("adds", usize::from(first_weight.is_some())),
        ]);
        let constants = Constants::default()
            .line("EPSILON", "f32", format_args!("{EPSILON:e}"))
            .size("HALVES", halves)
            .line("STRIDE", "i32", shape.stride)
            .line("KERNEL", "i32", shape.kernel)
            .line("PAD", "i32", shape.kernel / 2)
            .line("RELU", "bool", shape.relu);
        Self {
            shape,
            info,
            shared: shared(constants),
            halves,
        }
    }

    /// A stage of independent invocations.
    fn stage(
        &self,
        shader: (&'static str, &'static str),
        own: Constants,
        invocations: usize,
    ) -> Stage {
        let groups = invocations.div_ceil(THREADS);
        Stage::new(shader, &self.info, &self.shared, own, THREADS, groups)
    }

    /// A stage with one workgroup for each lane and channel.
    fn channel_stage(&self, shader: (&'static str, &'static str), own: Constants) -> Stage {
        let groups = self.shape.lanes * self.shape.out_channels;
        let threads = reduction_threads(self.shape.batch * self.shape.out_pixels());
        Stage::new(shader, &self.info, &self.shared, own, threads, groups)
    }

    /// Blocks of output channels.
    fn row_blocks(&self) -> usize {
        self.halves * blocks(self.shape.out_channels / self.halves)
    }

    /// Buffers: x, weights, z.
    pub fn conv(&self) -> Stage {
        let pixels = self.shape.out_pixels().div_ceil(8);
        let invocations = self.row_blocks() * self.shape.images() * pixels;
        self.stage(shader!("conv"), Constants::default(), invocations)
    }

    fn stats(&self) -> Stage {
        let own = Constants::default()
            .text("fn first_unit() -> u32 { return 0u; }")
            .text("fn unit_count() -> u32 { return 1u; }");
        self.channel_stage(shader!("stats"), own)
    }

    fn normalize(&self) -> Stage {
        let invocations = self.shape.output_len();
        self.stage(shader!("conv_normalize"), Constants::default(), invocations)
    }

    fn sums(&self) -> Stage {
        self.channel_stage(shader!("conv_sums"), Constants::default())
    }

    fn gradient(&self) -> Stage {
        let invocations = self.shape.output_len();
        self.stage(shader!("conv_gradient"), Constants::default(), invocations)
    }

    /// Buffers: dz, weights, x, dx.
    pub fn input(&self) -> Stage {
        let pixels = self.shape.in_pixels().div_ceil(8);
        let invocations = blocks(self.shape.in_channels) * self.shape.images() * pixels;
        self.stage(shader!("conv_input"), Constants::default(), invocations)
    }

    fn chunks(&self) -> usize {
        chunks(
            self.shape.images() * self.shape.out_pixels(),
            self.shape.weights_len(),
        )
    }

    fn weights(&self) -> Stage {
        let columns = self.shape.in_channels * self.shape.kernel * self.shape.kernel;
        let invocations = self.row_blocks() * blocks(columns) * self.chunks();
        self.stage(shader!("conv_weights"), Constants::default(), invocations)
    }

    fn sum_chunks(&self) -> Stage {
        let own = Constants::default()
            .text("fn weight_count() -> u32 { return info.channels * info.in_channels * u32(KERNEL * KERNEL); }")
            .text("fn first_weight() -> u32 { return info.first_weight; }")
            .text("fn adds() -> bool { return info.adds == 1u; }");
        self.stage(shader!("sum_chunks"), own, self.shape.weights_len())
    }

    /// Writes the gradient of the weights to `total`, or adds it at their place there.
    pub fn weights_gradient(&self, x: &CubeTensor, dz: &CubeTensor, total: &CubeTensor) {
        let partials = output(x, [self.shape.weights_len(), self.chunks()]);
        self.weights().launch(&[x, dz, &partials]);
        self.sum_chunks().launch(&[&partials, total]);
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
    let dz = output(
        &x,
        [
            shape.images(),
            shape.out_channels,
            shape.out_height(),
            shape.out_width(),
        ],
    );
    conv.gradient().launch(&[&grad, &out, &coef, &dz]);
    if wanted.x {
        let total = output(
            &x,
            [shape.images(), shape.in_channels, shape.height, shape.width],
        );
        conv.input().launch(&[&dz, &weights, &x, &total]);
        gradients.x = Some(total);
    }
    if wanted.weights {
        let total = output(&x, [shape.weights_len()]);
        conv.weights_gradient(&x, &dz, &total);
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
        conv.gradient(),
        conv.input(),
        conv.weights(),
        conv.sum_chunks(),
    ]
    .into_iter()
    .map(|stage| (stage.name(), stage.source().complete()))
    .collect()
}
