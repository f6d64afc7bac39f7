//! Last backward stage: through the first convolutions, the poolings and the skip connection to the input, summed
//! over the edges.

use super::Problem;
use super::buffer::Buffer;
use super::columns::Columns;
use super::depthwise::{self, Correlate, KernelGradient, Pass};
use super::dispatch::dispatch;
use super::first_stage::forward_passes;
use super::gradient::{Rows, by_runs, filter_len, first_len};
use super::layout::{embed, pack, unpack};
use super::mix::lane_weights;
use super::mix_backward::Sums;
use super::plan::{Filter, Matrix, POOLS, Plan};
use super::pointwise::{OuterProduct, Product};
use super::pool::Pooling;
use super::second_backward::SecondGradients;
use super::simd::{Simd, Task, vectors, vectors_mut};
use super::stats::NormalGradient;
use crate::kernels::shape::{Branch, MAX_POOL, SKIP};

/// Gradient of the input `[I,C,H,W]`, if wanted, and the packed weight gradients `[E, …]`; empty if not wanted.
pub(super) struct FirstGradients {
    pub x: Option<Vec<f32>>,
    pub weights: Buffer,
}

pub(super) fn run(problem: &Problem, sums: &Sums, second: &SecondGradients) -> FirstGradients {
    let plan = problem.plan;
    let shape = &plan.shape;
    let wanted = problem.wanted;
    let x_len = match wanted.x {
        true => shape.channels * shape.in_pixels(),
        false => 0,
    };
    let weights_len = match wanted.weights {
        true => shape.edges * first_len(plan),
        false => 0,
    };
    let mut x = vec![0.0; shape.images() * x_len];
    let stage = Stage {
        problem,
        sums,
        second,
        filters: plan.first_filters(problem.weights),
        reduces: plan.reduce_filters(problem.weights),
        passes: forward_passes(plan),
        backward: Branch::ALL
            .iter()
            .map(|branch| depthwise::transposed(*branch, shape.stride, shape.height, shape.width))
            .collect(),
    };
    let rows = [Rows {
        data: &mut x,
        len: x_len,
    }];
    let weights = by_runs(
        shape.images(),
        rows,
        weights_len,
        || Scratch::new(plan),
        |scratch, image, [x], weights| {
            dispatch(Image {
                stage: &stage,
                image,
                x,
                weights,
                scratch,
            });
        },
    );
    FirstGradients {
        x: wanted.x.then_some(x),
        weights,
    }
}

/// What all images share.
struct Stage<'a> {
    problem: &'a Problem<'a>,
    sums: &'a Sums,
    second: &'a SecondGradients,
    filters: Vec<Filter>,
    reduces: Vec<Matrix>,
    passes: Vec<Pass>,
    backward: Vec<Vec<Pass>>,
}

/// Working memory of one thread; planes with a margin keep it zero.
struct Scratch {
    input: Buffer,
    rectified: Buffer,
    diagonals: Buffer,
    diagonals_grad: Buffer,
    grad: Buffer,
    unit_grad: Buffer,
    filtered: Buffer,
    filtered_grad: Buffer,
    filtered_planes: Buffer,
    pool_grads: [Buffer; 2],
    /// Gradient of the input and of its ReLU.
    input_grad: Buffer,
    rectified_grad: Buffer,
}

impl Scratch {
    fn new(plan: &Plan) -> Self {
        let channels = plan.shape.channels;
        let unit = || Buffer::zeros(plan.unit_len());
        let input = || Buffer::zeros(plan.input_len());
        let diagonals = || Buffer::zeros(if plan.reduce { 2 * plan.unit_len() } else { 0 });
        Self {
            input: input(),
            rectified: Buffer::zeros(plan.input_plane().floats(channels)),
            diagonals: diagonals(),
            diagonals_grad: diagonals(),
            grad: unit(),
            unit_grad: unit(),
            filtered: unit(),
            filtered_grad: unit(),
            filtered_planes: Buffer::zeros(plan.output_plane().floats(channels)),
            pool_grads: [unit(), unit()],
            input_grad: input(),
            rectified_grad: input(),
        }
    }
}

struct Image<'a> {
    stage: &'a Stage<'a>,
    image: usize,
    x: &'a mut [f32],
    weights: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Task for Image<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let Self {
            stage,
            image,
            x,
            mut weights,
            scratch,
        } = self;
        let problem = stage.problem;
        let plan = problem.plan;
        let shape = &plan.shape;
        let pixels = shape.out_pixels();
        let zero = lanes.splat_f32s(0.0);
        pack(
            problem.image(image),
            shape.channels,
            shape.in_pixels(),
            &mut scratch.input,
        );
        let diagonals = Columns::diagonals(shape.height, shape.width);
        if problem.wanted.weights {
            let planes = &mut scratch.rectified;
            embed::<S>(
                &scratch.input,
                plan.input_plane(),
                plan.blocks,
                planes,
                |_, value| lanes.max_f32s(value, zero),
            );
            if plan.reduce {
                diagonals.gather(
                    lanes,
                    &scratch.input,
                    true,
                    0..shape.out_height(),
                    &mut scratch.diagonals,
                );
            }
        }
        scratch.input_grad.fill(0.0);
        scratch.rectified_grad.fill(0.0);
        scratch
            .pool_grads
            .iter_mut()
            .for_each(|grad| grad.fill(0.0));
        for edge in 0..shape.edges {
            pack(
                problem.grad(edge, image),
                shape.channels,
                pixels,
                &mut scratch.grad,
            );
            for slot in 0..Branch::ALL.len() {
                let len = if problem.wanted.weights {
                    filter_len(plan, Branch::ALL[slot])
                } else {
                    0
                };
                let (own, rest) = weights.split_at_mut(len);
                weights = rest;
                stage.branch(lanes, image, edge, slot, scratch, own);
            }
            if plan.reduce {
                let padded = plan.padded_channels();
                let len = if problem.wanted.weights {
                    2 * padded * padded
                } else {
                    0
                };
                let (own, rest) = weights.split_at_mut(len);
                weights = rest;
                stage.reduce(lanes, image, edge, scratch, own);
            }
            if problem.wanted.x {
                stage.collect(lanes, image, edge, scratch);
            }
        }
        if problem.wanted.x {
            stage.pools(lanes, image, scratch);
            let grads = vectors_mut::<S>(&mut scratch.input_grad).iter_mut();
            let rectified = vectors::<S>(&scratch.rectified_grad);
            for ((grad, rectified), value) in grads.zip(rectified).zip(vectors::<S>(&scratch.input))
            {
                let open = lanes.greater_than_f32s(*value, zero);
                *grad = lanes.add_f32s(*grad, lanes.select_f32s(open, *rectified, zero));
            }
            unpack::<false>(&scratch.input_grad, shape.channels, shape.in_pixels(), x);
        }
    }
}

impl Stage<'_> {
    /// One convolution branch of an edge: its weight gradient, and its share of the gradient of ReLU(x).
    #[inline(always)]
    fn branch<S: Simd>(
        &self,
        lanes: S,
        image: usize,
        edge: usize,
        slot: usize,
        scratch: &mut Scratch,
        weights: &mut [f32],
    ) {
        let problem = self.problem;
        let plan = problem.plan;
        let shape = &plan.shape;
        let pixels = shape.out_pixels();
        let lane = image / shape.batch;
        let filter = &self.filters[edge * Branch::ALL.len() + slot];
        let unit = plan.branch_unit(edge, slot);
        let normal = problem.saved.first.normal(lane, unit);
        let n = (shape.batch * pixels) as f32;
        let values = problem.saved.first.unit(image, unit);
        if filter.branch.separable() {
            let own = plan.second_unit(edge, slot);
            let (sum, product) = self.second.sums(lane, own);
            let grad = self.second.unit(image, own);
            NormalGradient {
                normal,
                sum,
                product,
                n,
                scale: 1.0,
            }
            .apply(lanes, values, grad, pixels, &mut scratch.unit_grad);
        } else {
            self.output_gradient(lanes, image, edge, filter.branch.operation(), unit, scratch);
        }
        lanes.call(Product {
            input: &scratch.unit_grad,
            weights: &filter.transposed,
            pixels,
            columns: &plan.all,
            out: &mut scratch.filtered_grad,
        });
        if problem.wanted.weights {
            let (kernels, matrix) =
                weights.split_at_mut(filter.branch.depthwise_len(plan.padded_channels()));
            let pass = &self.passes[slot];
            lanes.call(Correlate {
                pass,
                weights: &filter.depthwise,
                input: &scratch.rectified,
                out: &mut scratch.filtered,
                add: false,
            });
            lanes.call(OuterProduct {
                rows: &scratch.unit_grad,
                columns: &scratch.filtered,
                pixels,
                only: &[],
                sum: matrix,
            });
            let grad = &scratch.filtered_grad;
            lanes.call(KernelGradient {
                branch: filter.branch,
                pass,
                grad,
                input: &scratch.rectified,
                sum: kernels,
            });
        }
        if problem.wanted.x {
            let planes = &mut scratch.filtered_planes;
            embed::<S>(
                &scratch.filtered_grad,
                plan.output_plane(),
                plan.blocks,
                planes,
                |_, value| value,
            );
            for pass in &self.backward[slot] {
                lanes.call(Correlate {
                    pass,
                    weights: &filter.depthwise,
                    input: planes,
                    out: &mut scratch.rectified_grad,
                    add: true,
                });
            }
        }
    }

    /// The gradient of a first-stage unit that is mixed directly, into `scratch.unit_grad`.
    #[inline(always)]
    fn output_gradient<S: Simd>(
        &self,
        lanes: S,
        image: usize,
        edge: usize,
        operation: usize,
        unit: usize,
        scratch: &mut Scratch,
    ) {
        let plan = self.problem.plan;
        let shape = &plan.shape;
        let lane = image / shape.batch;
        let pixels = shape.out_pixels();
        let Some(term) = plan.term_of(operation) else {
            return;
        };
        NormalGradient {
            normal: self.problem.saved.first.normal(lane, unit),
            sum: self.sums.grad(lane, edge),
            product: self.sums.product(lane, edge, term),
            n: (shape.batch * pixels) as f32,
            scale: lane_weights(plan, self.problem.mix, lane, edge)[operation],
        }
        .apply(
            lanes,
            self.problem.saved.first.unit(image, unit),
            &scratch.grad,
            pixels,
            &mut scratch.unit_grad,
        );
    }

    /// The factorised reduce of an edge.
    #[inline(always)]
    fn reduce<S: Simd>(
        &self,
        lanes: S,
        image: usize,
        edge: usize,
        scratch: &mut Scratch,
        weights: &mut [f32],
    ) {
        let plan = self.problem.plan;
        let shape = &plan.shape;
        let pixels = shape.out_pixels();
        self.output_gradient(lanes, image, edge, SKIP, plan.reduce_unit(edge), scratch);
        if self.problem.wanted.weights {
            lanes.call(OuterProduct {
                rows: &scratch.unit_grad,
                columns: &scratch.diagonals,
                pixels,
                only: &self.reduces[edge].inputs,
                sum: weights,
            });
        }
        if self.problem.wanted.x {
            let reduce = &self.reduces[edge];
            let (grad, out) = (&scratch.unit_grad, &mut scratch.diagonals_grad);
            lanes.call(Product {
                input: grad,
                weights: &reduce.transposed,
                pixels,
                columns: &reduce.outputs,
                out,
            });
            let diagonals = Columns::diagonals(shape.height, shape.width);
            diagonals.scatter(
                lanes,
                &scratch.diagonals_grad,
                0..shape.out_height(),
                &mut scratch.rectified_grad,
            );
        }
    }

    /// An edge's gradient on the way to the identity and, summed over the edges, to the poolings.
    #[inline(always)]
    fn collect<S: Simd>(&self, lanes: S, image: usize, edge: usize, scratch: &mut Scratch) {
        let plan = self.problem.plan;
        let lane = image / plan.shape.batch;
        let weights = lane_weights(plan, self.problem.mix, lane, edge);
        for (operation, sum) in POOLS.iter().zip(&mut scratch.pool_grads) {
            add_map(lanes, sum, &scratch.grad, weights[*operation]);
        }
        if plan.shape.stride == 1 {
            add_map(lanes, &mut scratch.input_grad, &scratch.grad, weights[SKIP]);
        }
    }

    /// The poolings of all edges at once.
    #[inline(always)]
    fn pools<S: Simd>(&self, lanes: S, image: usize, scratch: &mut Scratch) {
        let plan = self.problem.plan;
        let shape = &plan.shape;
        let (pixels, padded) = (shape.out_pixels(), plan.padded_channels());
        let lane = image / shape.batch;
        let pooling = Pooling::three(shape.height, shape.width, shape.stride);
        for (slot, operation) in POOLS.iter().enumerate() {
            // Poolings are the first terms of every edge.
            let (mut sum, mut product) = (vec![0.0; padded], vec![0.0; padded]);
            for edge in 0..shape.edges {
                let weight = lane_weights(plan, self.problem.mix, lane, edge)[*operation];
                add_scaled(&mut sum, self.sums.grad(lane, edge), weight);
                add_scaled(&mut product, self.sums.product(lane, edge, slot), weight);
            }
            let unit = plan.pool_unit(slot);
            NormalGradient {
                normal: self.problem.saved.first.normal(lane, unit),
                sum: &sum,
                product: &product,
                n: (shape.batch * pixels) as f32,
                scale: 1.0,
            }
            .apply(
                lanes,
                self.problem.saved.first.unit(image, unit),
                &scratch.pool_grads[slot],
                pixels,
                &mut scratch.unit_grad,
            );
            if *operation == MAX_POOL {
                pooling.max_backward(
                    lanes,
                    &scratch.input,
                    &scratch.unit_grad,
                    &mut scratch.input_grad,
                );
            } else {
                pooling.average_backward(lanes, &scratch.unit_grad, &mut scratch.input_grad);
            }
        }
    }
}

#[inline(always)]
fn add_scaled(sum: &mut [f32], values: &[f32], scale: f32) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += scale * value;
    }
}

#[inline(always)]
fn add_map<S: Simd>(lanes: S, sum: &mut [f32], values: &[f32], scale: f32) {
    let scale = lanes.splat_f32s(scale);
    for (sum, value) in vectors_mut::<S>(sum).iter_mut().zip(vectors::<S>(values)) {
        *sum = lanes.fma(scale, *value, *sum);
    }
}
