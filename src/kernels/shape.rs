//! Shapes of the fused kernels, shared by the CPU twin and the WGSL side: sizes, the order of an edge's weights, the
//! order of the operations. All tensors are `f32`, row-major and contiguous.

use thiserror::Error;

/// Number of DARTS operations an edge mixes.
pub const OPERATIONS: usize = 8;
/// Index of `none` in the DARTS operation order.
pub const NONE: usize = 0;
/// Index of 3×3 max pooling.
pub const MAX_POOL: usize = 1;
/// Index of 3×3 average pooling.
pub const AVG_POOL: usize = 2;
/// Index of the skip connection (factorised reduce at stride 2).
pub const SKIP: usize = 3;
/// Added to the variance of every batch normalisation.
pub const EPSILON: f32 = 1e-5;
/// Where an edge's coefficients of the separable branches' first stages begin, behind one set for every operation.
pub const FIRST_STAGE: usize = OPERATIONS;
/// Where its dot products begin, one for every operation.
pub const FIRST_DOT: usize = FIRST_STAGE + Branch::SEPARABLE.len();
/// Coefficient sets of an edge.
pub const COEFFICIENTS: usize = FIRST_DOT + OPERATIONS;

/// A shape no kernel accepts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ShapeError {
    /// A size is zero.
    #[error("{0} must be at least 1")]
    Empty(&'static str),
    /// Factorised reduce splits the channels into two halves.
    #[error("{name} must be even, got {value}")]
    Odd {
        /// Which size.
        name: &'static str,
        /// Its value.
        value: usize,
    },
    /// Only strides 1 and 2 exist.
    #[error("stride must be 1 or 2, got {0}")]
    Stride(usize),
    /// Only 1×1 and 3×3 dense kernels exist.
    #[error("kernel must be 1 or 3, got {0}")]
    Kernel(usize),
    /// Factorised reduce is a 1×1 convolution at stride 2.
    #[error(
        "factorised reduce needs kernel 1 and stride 2, got kernel {kernel} and stride {stride}"
    )]
    Reduce {
        /// Kernel asked for.
        kernel: usize,
        /// Stride asked for.
        stride: usize,
    },
    /// An element count does not fit.
    #[error("the tensors of this shape exceed {MAX_ELEMENTS} elements")]
    TooLarge,
}

/// Most elements of one tensor: indices must fit WGSL's `u32` with room for arithmetic.
pub const MAX_ELEMENTS: usize = 1 << 31;

/// The convolution branches of a mixed edge, in weight order and in operation order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Branch {
    /// Separable 3×3: (ReLU, depthwise, pointwise, BN) twice.
    Sep3,
    /// Separable 5×5.
    Sep5,
    /// Dilated 3×3: ReLU, depthwise at dilation 2, pointwise, BN.
    Dil3,
    /// Dilated 5×5.
    Dil5,
}

impl Branch {
    /// All branches in order.
    pub const ALL: [Branch; 4] = [Branch::Sep3, Branch::Sep5, Branch::Dil3, Branch::Dil5];
    /// Those with a second half: the first ones of all.
    pub const SEPARABLE: [Branch; 2] = [Branch::Sep3, Branch::Sep5];

    /// Width of the square depthwise kernel.
    pub const fn kernel(self) -> usize {
        match self {
            Branch::Sep3 | Branch::Dil3 => 3,
            Branch::Sep5 | Branch::Dil5 => 5,
        }
    }

    /// Dilation of the depthwise kernel.
    pub const fn dilation(self) -> usize {
        if self.separable() { 1 } else { 2 }
    }

    /// Zero padding on each side.
    pub const fn padding(self) -> usize {
        self.kernel() / 2 * self.dilation()
    }

    /// Whether a second depthwise and pointwise pair follows.
    pub const fn separable(self) -> bool {
        matches!(self, Branch::Sep3 | Branch::Sep5)
    }

    /// Index of the operation this branch computes.
    pub const fn operation(self) -> usize {
        4 + self as usize
    }

    /// Weights of one depthwise kernel `[C,k,k]`.
    pub const fn depthwise_len(self, channels: usize) -> usize {
        channels * self.kernel() * self.kernel()
    }

    /// Where the first depthwise kernel `[C,k,k]` begins inside an edge's weights.
    pub const fn depthwise_offset(self, channels: usize) -> usize {
        let [taps, matrices] = Branch::weights_of(self as usize);
        channels * (taps + matrices * channels)
    }

    /// Depthwise weights a channel and pointwise matrices of the first `count` branches of an edge.
    pub const fn weights_of(count: usize) -> [usize; 2] {
        let (mut weights, mut index) = ([0, 0], 0);
        while index < count {
            let branch = Branch::ALL[index];
            let stages = if branch.separable() { 2 } else { 1 };
            weights[0] += stages * branch.kernel() * branch.kernel();
            weights[1] += stages;
            index += 1;
        }
        weights
    }

    /// Where the first pointwise matrix `[C,C]` (rows are output channels) begins.
    pub const fn pointwise_offset(self, channels: usize) -> usize {
        self.depthwise_offset(channels) + self.depthwise_len(channels)
    }

    /// Where the second depthwise kernel begins (separable branches only).
    pub const fn second_depthwise_offset(self, channels: usize) -> usize {
        self.pointwise_offset(channels) + channels * channels
    }

    /// Where the second pointwise matrix begins (separable branches only).
    pub const fn second_pointwise_offset(self, channels: usize) -> usize {
        self.second_depthwise_offset(channels) + self.depthwise_len(channels)
    }
}

/// The mixed edges that leave one state of a cell ("fan"): they share the input and the stride.
///
/// x `[I,C,H,W]`, weights `[E,S]`, mix `[lanes,E,8]`, out `[E,I,C,Ho,Wo]`, with `I = lanes·batch` images, image `i`
/// in lane `i / batch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EdgesShape {
    /// Architectures evaluated side by side.
    pub lanes: usize,
    /// Images of one lane.
    pub batch: usize,
    /// Channels C (even).
    pub channels: usize,
    /// Input rows H.
    pub height: usize,
    /// Input columns W.
    pub width: usize,
    /// Edges E.
    pub edges: usize,
    /// 1 or 2.
    pub stride: usize,
}

impl EdgesShape {
    /// Refuses what the kernels do not compute.
    ///
    /// # Errors
    /// A zero size, odd channels, another stride than 1 or 2, or a tensor above [`MAX_ELEMENTS`].
    pub fn check(&self) -> Result<(), ShapeError> {
        for (value, name) in [
            (self.lanes, "lanes"),
            (self.batch, "batch"),
            (self.channels, "channels"),
            (self.height, "height"),
            (self.width, "width"),
            (self.edges, "edges"),
        ] {
            if value == 0 {
                return Err(ShapeError::Empty(name));
            }
        }
        if !self.channels.is_multiple_of(2) {
            return Err(ShapeError::Odd {
                name: "channels",
                value: self.channels,
            });
        }
        if !matches!(self.stride, 1 | 2) {
            return Err(ShapeError::Stride(self.stride));
        }
        // Eight bounds the branches kept for one edge.
        check_len(&[
            self.lanes,
            self.batch,
            self.channels,
            self.height,
            self.width,
            self.edges,
            8,
        ])?;
        check_len(&[
            self.edges,
            self.channels,
            103 + 7 * self.channels.min(MAX_ELEMENTS),
        ])
    }

    /// Images I = lanes·batch.
    pub const fn images(&self) -> usize {
        self.lanes * self.batch
    }

    /// Output rows Ho.
    pub const fn out_height(&self) -> usize {
        self.height.div_ceil(self.stride)
    }

    /// Output columns Wo.
    pub const fn out_width(&self) -> usize {
        self.width.div_ceil(self.stride)
    }

    /// Pixels P of an input plane.
    pub const fn in_pixels(&self) -> usize {
        self.height * self.width
    }

    /// Pixels Q of an output plane.
    pub const fn out_pixels(&self) -> usize {
        self.out_height() * self.out_width()
    }

    /// Elements of x.
    pub const fn input_len(&self) -> usize {
        self.images() * self.channels * self.in_pixels()
    }

    /// Elements of out.
    pub const fn output_len(&self) -> usize {
        self.edges * self.images() * self.channels * self.out_pixels()
    }

    /// Weights S of one edge: 102C + 6C², and C² more at stride 2.
    pub const fn weights_per_edge(&self) -> usize {
        let reduce = if self.stride == 2 {
            self.channels * self.channels
        } else {
            0
        };
        self.reduce_offset() + reduce
    }

    /// Where the factorised reduce `[C,C]` begins inside an edge's weights (stride 2 only).
    pub const fn reduce_offset(&self) -> usize {
        let [taps, matrices] = Branch::weights_of(Branch::ALL.len());
        self.channels * (taps + matrices * self.channels)
    }

    /// Elements of the weights `[E,S]`.
    pub const fn weights_len(&self) -> usize {
        self.edges * self.weights_per_edge()
    }

    /// Elements of the mixing weights `[lanes,E,8]`.
    pub const fn mix_len(&self) -> usize {
        self.lanes * self.edges * OPERATIONS
    }
}

/// One dense convolution with batch normalisation: y = BN(conv(ReLU?(x))).
///
/// x `[I,Ci,H,W]`, weights `[Co,Ci,k,k]`, y `[I,Co,Ho,Wo]`, padding k/2, no bias, no affine, statistics of every lane
/// apart. With `reduce` it is the factorised reduce: weights `[Co,Ci]`, rows `0..Co/2` read x at (2y,2x), the others at
/// (2y+1,2x+1), zero outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConvShape {
    /// Architectures evaluated side by side.
    pub lanes: usize,
    /// Images of one lane.
    pub batch: usize,
    /// Input channels Ci.
    pub in_channels: usize,
    /// Output channels Co.
    pub out_channels: usize,
    /// Input rows H.
    pub height: usize,
    /// Input columns W.
    pub width: usize,
    /// 1 or 3.
    pub kernel: usize,
    /// 1 or 2.
    pub stride: usize,
    /// ReLU before the convolution.
    pub relu: bool,
    /// Factorised reduce.
    pub reduce: bool,
}

impl ConvShape {
    /// Refuses what the kernels do not compute.
    ///
    /// # Errors
    /// A zero size, a kernel or stride that does not exist, an impossible reduce, or a tensor above [`MAX_ELEMENTS`].
    pub fn check(&self) -> Result<(), ShapeError> {
        for (value, name) in [
            (self.lanes, "lanes"),
            (self.batch, "batch"),
            (self.in_channels, "input channels"),
            (self.out_channels, "output channels"),
            (self.height, "height"),
            (self.width, "width"),
        ] {
            if value == 0 {
                return Err(ShapeError::Empty(name));
            }
        }
        if !matches!(self.stride, 1 | 2) {
            return Err(ShapeError::Stride(self.stride));
        }
        if !matches!(self.kernel, 1 | 3) {
            return Err(ShapeError::Kernel(self.kernel));
        }
        if self.reduce && (self.kernel, self.stride) != (1, 2) {
            return Err(ShapeError::Reduce {
                kernel: self.kernel,
                stride: self.stride,
            });
        }
        if self.reduce && !self.out_channels.is_multiple_of(2) {
            return Err(ShapeError::Odd {
                name: "output channels",
                value: self.out_channels,
            });
        }
        let channels = self.in_channels.max(self.out_channels);
        check_len(&[self.lanes, self.batch, channels, self.height, self.width])?;
        check_len(&[self.out_channels, self.in_channels, 9])
    }

    /// Images I = lanes·batch.
    pub const fn images(&self) -> usize {
        self.lanes * self.batch
    }

    /// Output rows Ho.
    pub const fn out_height(&self) -> usize {
        self.height.div_ceil(self.stride)
    }

    /// Output columns Wo.
    pub const fn out_width(&self) -> usize {
        self.width.div_ceil(self.stride)
    }

    /// Pixels P of an input plane.
    pub const fn in_pixels(&self) -> usize {
        self.height * self.width
    }

    /// Pixels Q of an output plane.
    pub const fn out_pixels(&self) -> usize {
        self.out_height() * self.out_width()
    }

    /// Elements of x.
    pub const fn input_len(&self) -> usize {
        self.images() * self.in_channels * self.in_pixels()
    }

    /// Elements of y.
    pub const fn output_len(&self) -> usize {
        self.images() * self.out_channels * self.out_pixels()
    }

    /// Elements of the weights.
    pub const fn weights_len(&self) -> usize {
        self.out_channels * self.in_channels * self.kernel * self.kernel
    }
}

/// Which gradients a backward pass computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Gradient of the input.
    pub x: bool,
    /// Gradient of the weights.
    pub weights: bool,
    /// Gradient of the mixing weights (mixed edges only).
    pub mix: bool,
}

fn check_len(sizes: &[usize]) -> Result<(), ShapeError> {
    let product = sizes
        .iter()
        .try_fold(1usize, |total, &size| total.checked_mul(size));
    match product {
        Some(len) if len <= MAX_ELEMENTS => Ok(()),
        _ => Err(ShapeError::TooLarge),
    }
}
