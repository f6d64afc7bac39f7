//! The way back: the stages in reverse, image by image. A walk takes the gradients through the units of its stage, whose sums over the images
//! are known, then through the states that are complete with them, and adds up what the walks before need to know of all images.

use super::super::buffer::Buffer;
use super::super::depthwise::{self, Correlate, KernelGradient};
use super::super::dispatch::dispatch;
use super::super::gradient::{Rows, by_runs};
use super::super::layout::{blocks, embed, pack, unpack};
use super::super::pointwise::{OuterProduct, Product};
use super::super::simd::{Simd, Task, WIDTH, vectors, vectors_mut};
use super::super::stats::{channel, gradient_sums};
use super::filters::{self, Direction, Filter, kernels_len};
use super::forward::{factor, for_elements, pool, pooling, rectify, separable};
use super::norm::Affine;
use super::plan::{Bundle, Job, Plan, Reverse, floats, padded};
use super::problem::Problem;
use super::scratch::Scratch;
use super::sums::{self, Sums};
use crate::kernels::graph::{Graph, GraphTensors, Pool, Source, Value};
use crate::kernels::graph_order::Reader;
use crate::kernels::shape::Branch;
use rayon::prelude::*;
use std::ops::Range;

/// The gradients that are wanted.
pub(super) fn run(problem: &Problem) -> GraphTensors<Option<Vec<f32>>> {
    let (plan, shape, wanted) = (problem.plan, problem.shape, problem.wanted);
    let graph = &*plan.graph;
    let images = shape.images();
    let filters = filters::pack(plan, problem.tensors.weights, Direction::Backward);
    let mut grads = Buffer::stale(images * plan.grad_chunk);
    let mut weights = wanted
        .weights
        .then(|| vec![0.0; problem.tensors.weights.len()]);
    let mut factors = wanted
        .factors
        .then(|| vec![0.0; problem.tensors.factors.len()]);
    let mut sums = vec![Sums::default(); graph.units.len()];
    for (index, stage) in plan.stages.iter().enumerate().rev() {
        let mut partial = vec![0.0; images * plan.reverse[index].partial];
        let (zones, zones_len) = match wanted.weights {
            true => filters::zones(graph, stage),
            false => (vec![0..0; stage.jobs.len()], 0),
        };
        let rows = [
            Rows {
                data: &mut grads,
                len: plan.grad_chunk,
            },
            Rows {
                data: &mut partial,
                len: plan.reverse[index].partial,
            },
        ];
        let share = by_runs(
            images,
            rows,
            zones_len,
            || Scratch::new(plan, true),
            |scratch, image, [grads, partial], share| {
                dispatch(Image {
                    problem,
                    sums: &sums,
                    filters: &filters,
                    zones: &zones,
                    stage: index,
                    image,
                    values: &problem.chunks[image * plan.chunk..(image + 1) * plan.chunk],
                    grads,
                    partial,
                    share,
                    scratch,
                });
            },
        );
        if let Some(weights) = &mut weights {
            filters::unpack(graph, stage, &zones, &share, weights);
        }
        sums::finish(problem, index, &partial, &mut sums, &mut factors);
    }
    if let Some(weights) = &mut weights {
        sums::affine(plan, shape, &sums, weights);
    }
    // Where nothing reads the input, its gradient has no place and is 0.
    let read = |walk: &Reverse| walk.touched.contains(&Graph::INPUT);
    let read = plan.reverse.iter().any(read);
    let x = wanted.x.then(|| {
        let size = graph.states[Graph::INPUT].size;
        let mut x = vec![0.0; images * size.elements()];
        if !read {
            return x;
        }
        x.par_chunks_exact_mut(size.elements())
            .zip(grads.par_chunks_exact(plan.grad_chunk))
            .for_each(|(x, grads)| dispatch(ReturnInput { plan, grads, x }));
        x
    });
    GraphTensors {
        x,
        weights,
        factors,
        statistics: None,
    }
}

struct ReturnInput<'a> {
    plan: &'a Plan,
    grads: &'a [f32],
    x: &'a mut [f32],
}

impl Task for ReturnInput<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _lanes: S) {
        let size = self.plan.graph.states[Graph::INPUT].size;
        let grad = &self.grads[self.plan.state_grad(Graph::INPUT)];
        unpack::<false>(grad, size.channels, size.pixels(), self.x);
    }
}

/// One walk over one image.
struct Image<'a> {
    problem: &'a Problem<'a>,
    sums: &'a [Sums],
    filters: &'a [Filter],
    /// Where the packed weight gradient of every job lies in `share`.
    zones: &'a [Range<usize>],
    stage: usize,
    image: usize,
    values: &'a [f32],
    grads: &'a mut [f32],
    partial: &'a mut [f32],
    share: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Task for Image<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, lanes: S) {
        let plan = self.problem.plan;
        let reverse = &plan.reverse[self.stage];
        for &state in &reverse.touched {
            if self.wants(state) {
                self.grads[plan.state_grad(state)].fill(0.0);
            }
        }
        if self.stage + 1 == plan.stages.len() {
            self.outputs(lanes);
        }
        let share = std::mem::take(&mut self.share);
        // The state whose gradient behind its ReLU is being added up.
        let mut open = None;
        let stage = &plan.stages[self.stage];
        for ((job, &filter), zone) in stage.jobs.iter().zip(&stage.filters).zip(self.zones) {
            let (filter, own) = (&self.filters[filter], &mut share[zone.clone()]);
            match job {
                Job::Separable(unit) => self.separable(lanes, *unit, filter, own, &mut open),
                Job::Product(bundle) => {
                    self.close(lanes, &mut open);
                    self.product(lanes, bundle, filter, own);
                }
                Job::Copy(unit) => self.copy(lanes, *unit),
            }
        }
        self.close(lanes, &mut open);
        for &state in &reverse.complete {
            self.terms(lanes, state);
        }
    }
}

impl<'a> Image<'a> {
    /// Whether a state's gradient is needed.
    #[inline(always)]
    fn wants(&self, state: usize) -> bool {
        self.problem.wants(state)
    }

    /// The coefficients of a unit in this image's lane.
    #[inline(always)]
    fn affine(&self, unit: usize) -> Affine<'a> {
        let lane = self.image / self.problem.shape.batch;
        let padded = padded(self.problem.plan.graph.units[unit].size.channels);
        self.problem.coefficients[unit].lane(lane, padded)
    }

    /// Adds the gradient of the outputs to that of their states.
    #[inline(always)]
    fn outputs<S: Simd>(&mut self, lanes: S) {
        let plan = self.problem.plan;
        let mut first = 0;
        for output in &plan.graph.outputs {
            let elements = plan.graph.elements(output);
            let mut at = first + self.image * elements;
            for &state in output {
                let size = plan.graph.states[state].size;
                let grad = &self.problem.grad[at..at + size.elements()];
                at += size.elements();
                let range = plan.state_grad(state);
                let packed = &mut self.scratch.source_of(range.len())[..range.len()];
                pack(grad, size.channels, size.pixels(), packed);
                add_scaled(lanes, &mut self.grads[range], packed, 1.0);
            }
            first += self.problem.shape.images() * elements;
        }
    }

    /// The gradient before the normalisation of a unit, into `out`; zeros where nothing depends on it.
    #[inline(always)]
    fn through_norm<S: Simd>(&self, lanes: S, unit: usize, out: &mut [f32]) {
        let plan = self.problem.plan;
        let size = plan.graph.units[unit].size;
        let (grad, scale) = match plan.readers[unit] {
            None => {
                out.fill(0.0);
                return;
            }
            Some(Reader::Term(state, place)) => {
                let factors = self.problem.tensors.factors;
                let scale = factor(self.problem.shape, factors, place, self.image);
                (&self.grads[plan.state_grad(state)], scale)
            }
            Some(Reader::Unit(_)) => (&self.grads[plan.unit_grad(unit)], 1.0),
        };
        let affine = self.affine(unit);
        let lane = self.image / self.problem.shape.batch;
        let padded = padded(size.channels);
        let share = 1.0 / (self.problem.shape.batch * size.pixels()) as f32;
        let sums = match plan.normalised(unit) {
            true => Some(self.sums[unit].lane(lane, padded)),
            false => None,
        };
        lanes.call(ThroughNorm {
            values: &self.values[plan.unit(unit)],
            grad,
            affine,
            sums,
            scale,
            share,
            pixels: size.pixels(),
            out,
        });
    }

    /// A separable unit: its weights, and what it reads.
    #[inline(always)]
    fn separable<S: Simd>(
        &mut self,
        lanes: S,
        unit: usize,
        filter: &Filter,
        share: &mut [f32],
        open: &mut Option<usize>,
    ) {
        let plan = self.problem.plan;
        let graph = &*plan.graph;
        let (Some((branch, stride)), Some(_)) = (separable(graph, unit), plan.readers[unit]) else {
            return;
        };
        let (source, size) = (graph.source_size(unit), graph.units[unit].size);
        let (in_blocks, out_blocks) = (blocks(source.channels), blocks(size.channels));
        let pixels = size.pixels();
        let filtered_len = in_blocks * WIDTH * pixels;
        let mut maps = std::mem::take(&mut self.scratch.maps);
        let [unit_grad, _, filtered_grad] = &mut maps;
        self.through_norm(lanes, unit, &mut unit_grad[..floats(size)]);
        lanes.call(Product {
            input: &unit_grad[..floats(size)],
            weights: &filter.matrix,
            pixels,
            columns: &vec![0..out_blocks; in_blocks],
            out: &mut filtered_grad[..filtered_len],
        });
        let from = match &graph.units[unit].source {
            Source::States(states) => Ok(states[0]),
            Source::Unit(first) => Err(*first),
        };
        if from.ok() != *open {
            self.close(lanes, open);
        }
        if self.problem.wanted.weights {
            self.separable_weights(lanes, unit, (branch, stride), filter, &mut maps, share);
        }
        if from.is_err() || from.is_ok_and(|state| self.wants(state)) {
            let (plane, planes) = self.scratch.grads.of(crate::kernels::graph::Size {
                channels: source.channels,
                ..size
            });
            let grad = &maps[2][..filtered_len];
            embed::<S>(grad, plane, in_blocks, planes, |_, value| value);
            let source_len = floats(source);
            let target = match from {
                Ok(state) => {
                    let target = &mut self.scratch.source[..source_len];
                    if open.replace(state).is_none() {
                        target.fill(0.0);
                    }
                    target
                }
                Err(first) => &mut self.grads[plan.unit_grad(first)],
            };
            for pass in &depthwise::transposed(branch, stride, source.height, source.width) {
                lanes.call(Correlate {
                    pass,
                    weights: &filter.depthwise,
                    input: planes,
                    out: target,
                    // A second half has stride 1, so that there is one pass.
                    add: from.is_ok(),
                });
            }
            if let Err(first) = from {
                self.hidden(lanes, first);
            }
        }
        self.scratch.maps = maps;
    }

    /// Adds to the gradient of a separable unit's weights. The maps: the unit's gradient, room, and that behind its depthwise convolution.
    #[inline(always)]
    fn separable_weights<S: Simd>(
        &mut self,
        lanes: S,
        unit: usize,
        (branch, stride): (Branch, usize),
        filter: &Filter,
        [unit_grad, filtered, filtered_grad]: &mut [Buffer; 3],
        share: &mut [f32],
    ) {
        let plan = self.problem.plan;
        let graph = &*plan.graph;
        let (source, size) = (graph.source_size(unit), graph.units[unit].size);
        let pixels = size.pixels();
        let filtered_len = padded(source.channels) * pixels;
        let pass = depthwise::forward(branch, stride, source.height, source.width);
        let (values, affine) = match &graph.units[unit].source {
            Source::States(states) => (&self.values[plan.state(states[0])], None),
            Source::Unit(first) => (&self.values[plan.unit(*first)], Some(self.affine(*first))),
        };
        let (plane, planes) = self.scratch.inputs.of(source);
        rectify(lanes, values, affine, plane, source.channels, planes);
        lanes.call(Correlate {
            pass: &pass,
            weights: &filter.depthwise,
            input: planes,
            out: &mut filtered[..filtered_len],
            add: false,
        });
        let (kernels, matrix) = share.split_at_mut(kernels_len(graph, unit));
        lanes.call(OuterProduct {
            rows: &unit_grad[..floats(size)],
            columns: &filtered[..filtered_len],
            pixels,
            only: &[],
            sum: matrix,
        });
        lanes.call(KernelGradient {
            branch,
            pass: &pass,
            grad: &filtered_grad[..filtered_len],
            input: planes,
            sum: kernels,
        });
    }

    /// The gradient behind the normalisation of a first half is there but for its ReLU.
    #[inline(always)]
    fn hidden<S: Simd>(&mut self, lanes: S, unit: usize) {
        let plan = self.problem.plan;
        let size = plan.graph.units[unit].size;
        let padded = padded(size.channels);
        let affine = self.affine(unit);
        let values = &self.values[plan.unit(unit)];
        let grad = &mut self.grads[plan.unit_grad(unit)];
        let zero = lanes.splat_f32s(0.0);
        let pixels = size.pixels();
        let both = vectors_mut::<S>(grad).chunks_exact_mut(pixels);
        for (block, (grad, values)) in both
            .zip(vectors::<S>(values).chunks_exact(pixels))
            .enumerate()
        {
            let mean = channel::<S>(affine.normal.mean, block);
            let (gain, shift) = (
                channel::<S>(affine.gain, block),
                channel::<S>(affine.shift, block),
            );
            for (grad, value) in grad.iter_mut().zip(values) {
                // As in the way there, to the bit.
                let open = lanes.fma(lanes.sub_f32s(*value, mean), gain, shift);
                *grad = lanes.select_f32s(lanes.greater_than_f32s(open, zero), *grad, zero);
            }
        }
        let at = plan.sums_at[unit];
        let (sum, product) = self.partial[at..at + 2 * padded].split_at_mut(padded);
        let grad = &self.grads[plan.unit_grad(unit)];
        gradient_sums(lanes, values, grad, affine.normal, pixels, [sum, product]);
    }

    /// Adds the gradient behind the ReLU of a state, which is complete, to that of the state.
    #[inline(always)]
    fn close<S: Simd>(&mut self, lanes: S, open: &mut Option<usize>) {
        if let Some(state) = open.take() {
            let plan = self.problem.plan;
            let range = plan.state_grad(state);
            add_open(
                lanes,
                &mut self.grads[range.clone()],
                &self.scratch.source[..range.len()],
                Some(&self.values[plan.state(state)]),
            );
        }
    }

    /// Dense convolutions: their weights, and what they read.
    #[inline(always)]
    fn product<S: Simd>(&mut self, lanes: S, bundle: &Bundle, filter: &Filter, share: &mut [f32]) {
        let plan = self.problem.plan;
        if bundle
            .units
            .iter()
            .all(|&unit| plan.readers[unit].is_none())
        {
            return;
        }
        let width = bundle.columns.out_width();
        let pixels = bundle.columns.out_height() * width;
        let mut maps = std::mem::take(&mut self.scratch.maps);
        let unit_grads = &mut maps[0][..bundle.rows.len() * pixels];
        let mut rest = &mut *unit_grads;
        for &unit in &bundle.units {
            let (own, after) = rest.split_at_mut(floats(plan.graph.units[unit].size));
            self.through_norm(lanes, unit, own);
            rest = after;
        }
        let wants_input = bundle.states.iter().any(|&state| self.wants(state));
        let scratch = &mut *self.scratch;
        let source = &mut scratch.source[..bundle.input_len()];
        if wants_input {
            source.fill(0.0);
        }
        let in_blocks = bundle.channels.len() / WIDTH;
        for rows in bundle.tiles() {
            let columns = &mut scratch.columns[..bundle.columns_len(rows.len())];
            let tile_pixels = rows.len() * width;
            let tile = match tile_pixels == pixels {
                true => &*unit_grads,
                false => {
                    let tile = &mut scratch.tile[..bundle.tile_len(rows.len())];
                    let blocks = unit_grads.chunks_exact(pixels * WIDTH);
                    for (tile, block) in tile.chunks_exact_mut(tile_pixels * WIDTH).zip(blocks) {
                        tile.copy_from_slice(
                            &block[rows.start * width * WIDTH..rows.end * width * WIDTH],
                        );
                    }
                    &*tile
                }
            };
            if self.problem.wanted.weights {
                let inputs = bundle
                    .states
                    .iter()
                    .map(|&state| &self.values[plan.state(state)]);
                bundle.columns.gather_from(
                    lanes,
                    inputs,
                    in_blocks,
                    bundle.relu,
                    rows.clone(),
                    columns,
                );
                lanes.call(OuterProduct {
                    rows: tile,
                    columns,
                    pixels: tile_pixels,
                    only: &bundle.inputs,
                    sum: share,
                });
            }
            if wants_input {
                lanes.call(Product {
                    input: tile,
                    weights: &filter.matrix,
                    pixels: tile_pixels,
                    columns: &bundle.outputs,
                    out: columns,
                });
                bundle.columns.scatter(lanes, columns, rows, source);
            }
        }
        if wants_input {
            let mut rest = &*source;
            for &state in &bundle.states {
                let range = plan.state_grad(state);
                let (own, after) = rest.split_at(range.len());
                rest = after;
                let values = bundle.relu.then(|| &self.values[plan.state(state)]);
                add_open(lanes, &mut self.grads[range], own, values);
            }
        }
        self.scratch.maps = maps;
    }

    /// States as they are, side by side.
    #[inline(always)]
    fn copy<S: Simd>(&mut self, lanes: S, unit: usize) {
        let plan = self.problem.plan;
        let graph = &*plan.graph;
        let Source::States(states) = &graph.units[unit].source else {
            return;
        };
        let mut maps = std::mem::take(&mut self.scratch.maps);
        let unit_grad = &mut maps[0][..floats(graph.units[unit].size)];
        self.through_norm(lanes, unit, unit_grad);
        let mut first = 0;
        for &state in states.iter().filter(|_| plan.readers[unit].is_some()) {
            let size = graph.states[state].size;
            let sum = &mut self.grads[plan.state_grad(state)];
            if state != Graph::INPUT || self.problem.wanted.x {
                for_elements(first, size, |joined, single| {
                    sum[single] += unit_grad[joined]
                });
            }
            first += size.channels;
        }
        self.scratch.maps = maps;
    }

    /// The terms of a state whose gradient is complete.
    #[inline(always)]
    fn terms<S: Simd>(&mut self, lanes: S, state: usize) {
        let problem = self.problem;
        let plan = problem.plan;
        let graph = &*plan.graph;
        let size = graph.states[state].size;
        let range = plan.state_grad(state);
        for (term, &dot_at) in graph.states[state].terms.iter().zip(&plan.dots_at[state]) {
            let scale = factor(
                problem.shape,
                problem.tensors.factors,
                term.factor,
                self.image,
            );
            let wants_dot = problem.wanted.factors && term.factor.is_some();
            let grad = &self.grads[range.clone()];
            match term.value {
                Value::Unit(unit) => {
                    if !plan.normalised(unit) && !wants_dot {
                        continue;
                    }
                    let lane = self.image / problem.shape.batch;
                    let padded = padded(size.channels);
                    let normal = problem.coefficients[unit].lane(lane, padded).normal;
                    let at = plan.sums_at[unit];
                    let (sum, product) = self.partial[at..at + 2 * padded].split_at_mut(padded);
                    let values = &self.values[plan.unit(unit)];
                    let sums = [sum, product];
                    gradient_sums(lanes, values, grad, normal, size.pixels(), sums);
                }
                Value::State(from) => {
                    let values = &self.values[plan.state(from)];
                    let total = &mut self.partial[dot_at..dot_at + WIDTH];
                    let both = [plan.state_grad(from), range.clone()];
                    // Both are needed here, so that they lie apart.
                    match self.grads.get_disjoint_mut(both) {
                        Ok([sum, grad]) if self.problem.wants(from) && wants_dot => {
                            add_scaled_and_dot(lanes, sum, [grad, values], scale, total);
                        }
                        Ok([sum, grad]) if self.problem.wants(from) => {
                            add_scaled(lanes, sum, grad, scale)
                        }
                        _ if wants_dot => dot(lanes, &self.grads[range.clone()], values, total),
                        _ => {}
                    }
                }
                Value::Pool(kind, from) => {
                    let scratch = &mut self.scratch.source_of(range.len())[..range.len()];
                    let values = &self.values[plan.state(from)];
                    if wants_dot {
                        pool(lanes, graph, kind, from, values, scratch);
                        let sum = &mut self.partial[dot_at..dot_at + WIDTH];
                        dot(lanes, grad, scratch, sum);
                    }
                    if from != Graph::INPUT || problem.wanted.x {
                        scratch.fill(0.0);
                        add_scaled(lanes, scratch, grad, scale);
                        let sum = &mut self.grads[plan.state_grad(from)];
                        pool_backward(lanes, graph, kind, from, values, scratch, sum);
                    }
                }
            }
        }
    }
}

/// Adds the gradient of a pooling of a state to that of the state.
#[inline(always)]
fn pool_backward<S: Simd>(
    lanes: S,
    graph: &Graph,
    kind: Pool,
    state: usize,
    values: &[f32],
    grad: &[f32],
    sum: &mut [f32],
) {
    let sizes = pooling(graph, kind, state);
    match kind {
        Pool::Max(_) => sizes.max_backward(lanes, values, grad, sum),
        Pool::Average(_) | Pool::Halve => sizes.average_backward(lanes, grad, sum),
    }
}

/// The gradient through a normalisation: `out = gain·(scale·grad − Σ/n − ŷ·Σŷ/n)`.
struct ThroughNorm<'a> {
    values: &'a [f32],
    grad: &'a [f32],
    affine: Affine<'a>,
    /// Σ grad and Σ grad·ŷ over the lane, with the factors; none where the unit is not normalised.
    sums: Option<[&'a [f32]; 2]>,
    scale: f32,
    /// 1 / n.
    share: f32,
    pixels: usize,
    out: &'a mut [f32],
}

impl Task for ThroughNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let scale = lanes.splat_f32s(self.scale);
        let Some([sum, product]) = self.sums else {
            let out = vectors_mut::<S>(self.out).iter_mut();
            for (out, grad) in out.zip(vectors::<S>(self.grad)) {
                *out = lanes.mul_f32s(*grad, scale);
            }
            return;
        };
        let share = lanes.splat_f32s(self.share);
        let out = vectors_mut::<S>(self.out).chunks_exact_mut(self.pixels);
        let values = vectors::<S>(self.values).chunks_exact(self.pixels);
        let grads = vectors::<S>(self.grad).chunks_exact(self.pixels);
        for (block, ((out, values), grads)) in out.zip(values).zip(grads).enumerate() {
            let mean = channel::<S>(self.affine.normal.mean, block);
            let inv_std = channel::<S>(self.affine.normal.inv_std, block);
            let gain = channel::<S>(self.affine.gain, block);
            let offset = lanes.mul_f32s(channel::<S>(sum, block), share);
            let offset = lanes.neg_f32s(lanes.mul_f32s(offset, gain));
            let slope =
                lanes.mul_f32s(lanes.mul_f32s(channel::<S>(product, block), share), inv_std);
            let slope = lanes.neg_f32s(lanes.mul_f32s(slope, gain));
            let gain = lanes.mul_f32s(gain, scale);
            for ((out, value), grad) in out.iter_mut().zip(values).zip(grads) {
                let even = lanes.fma(*grad, gain, offset);
                *out = lanes.fma(lanes.sub_f32s(*value, mean), slope, even);
            }
        }
    }
}

#[inline(always)]
fn add_scaled<S: Simd>(lanes: S, sum: &mut [f32], values: &[f32], scale: f32) {
    let scale = lanes.splat_f32s(scale);
    for (sum, value) in vectors_mut::<S>(sum).iter_mut().zip(vectors::<S>(values)) {
        *sum = lanes.fma(scale, *value, *sum);
    }
}

/// [`add_scaled`] of a gradient to a sum, and the [`dot`] of the gradient and some values.
#[inline(always)]
fn add_scaled_and_dot<S: Simd>(
    lanes: S,
    sum: &mut [f32],
    [grad, values]: [&[f32]; 2],
    scale: f32,
    total: &mut [f32],
) {
    let scale = lanes.splat_f32s(scale);
    let mut products = lanes.splat_f32s(0.0);
    let both = vectors::<S>(grad).iter().zip(vectors::<S>(values));
    for (sum, (grad, value)) in vectors_mut::<S>(sum).iter_mut().zip(both) {
        *sum = lanes.fma(scale, *grad, *sum);
        products = lanes.fma(*grad, *value, products);
    }
    vectors_mut::<S>(total)[0] = products;
}

/// Adds a gradient where the values are above zero; everywhere where there are none.
#[inline(always)]
fn add_open<S: Simd>(lanes: S, sum: &mut [f32], grad: &[f32], values: Option<&[f32]>) {
    let zero = lanes.splat_f32s(0.0);
    let both = vectors_mut::<S>(sum).iter_mut().zip(vectors::<S>(grad));
    let Some(values) = values else {
        both.for_each(|(sum, grad)| *sum = lanes.add_f32s(*sum, *grad));
        return;
    };
    for ((sum, grad), value) in both.zip(vectors::<S>(values)) {
        let open = lanes.greater_than_f32s(*value, zero);
        *sum = lanes.add_f32s(*sum, lanes.select_f32s(open, *grad, zero));
    }
}

/// The products of two feature maps, added up channel by channel of a block: `[8]`.
#[inline(always)]
fn dot<S: Simd>(lanes: S, left: &[f32], right: &[f32], sum: &mut [f32]) {
    let mut total = lanes.splat_f32s(0.0);
    for (left, right) in vectors::<S>(left).iter().zip(vectors::<S>(right)) {
        total = lanes.fma(*left, *right, total);
    }
    vectors_mut::<S>(sum)[0] = total;
}
