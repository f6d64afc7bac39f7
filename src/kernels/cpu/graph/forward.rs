//! The way there: stage by stage, image by image.

use super::super::buffer::Buffer;
use super::super::depthwise::{self, Correlate};
use super::super::dispatch::dispatch;
use super::super::layout::{blocks, embed, pack, unpack};
use super::super::pointwise::Product;
use super::super::pool::Pooling;
use super::super::simd::{Simd, Task, WIDTH, vectors, vectors_mut};
use super::super::stats::{channel, moments};
use super::filters::{self, Direction, Filter};
use super::norm::{Affine, Coefficients, finish};
use super::place::Others;
use super::plan::{Bundle, Job, Plan, padded};
use super::scratch::Scratch;
use crate::kernels::graph::{Graph, GraphShape, GraphTensors, Pool, Size, Source, Value, Work};
use rayon::prelude::*;

/// What all images share.
pub(super) struct Shared<'a> {
    pub plan: &'a Plan,
    pub shape: &'a GraphShape,
    pub tensors: GraphTensors<&'a [f32]>,
    pub filters: Vec<Filter>,
    pub coefficients: Vec<Coefficients>,
}

/// Computes everything with the statistics of the batch; returns the chunks of all images and the coefficients of all units. The outputs,
/// and what the tracked normalisations saw, are written to `out`.
pub(super) fn batch(
    plan: &Plan,
    shape: &GraphShape,
    tensors: GraphTensors<&[f32]>,
    out: &mut [f32],
) -> (Buffer, Vec<Coefficients>) {
    let mut shared = Shared::new(plan, shape, tensors);
    let images = shape.images();
    let mut chunks = Buffer::stale(images * plan.chunk);
    let (out, seen) = out.split_at_mut(images * shape.graph.output_elements());
    for (index, stage) in plan.stages.iter().enumerate() {
        let len = plan.moments_len(stage);
        let mut partial = vec![0.0; images * len.max(1)];
        chunks
            .par_chunks_exact_mut(plan.chunk)
            .zip(partial.par_chunks_exact_mut(len.max(1)))
            .enumerate()
            .for_each_init(
                || Scratch::new(plan, false),
                |scratch, (image, (chunk, partial))| {
                    dispatch(Image {
                        shared: &shared,
                        stage: index,
                        image,
                        chunk,
                        partial: Some(partial),
                        scratch,
                    });
                },
            );
        if len > 0 {
            let weights = tensors.weights;
            finish(
                plan,
                stage,
                shape,
                weights,
                &partial,
                seen,
                &mut shared.coefficients,
            );
        }
    }
    let mut rest = out;
    for output in &plan.graph.outputs {
        let elements = plan.graph.elements(output);
        let (own, after) = rest.split_at_mut(images * elements);
        rest = after;
        own.par_chunks_exact_mut(elements)
            .zip(chunks.par_chunks_exact(plan.chunk))
            .for_each(|(out, chunk)| {
                dispatch(Return {
                    plan,
                    output,
                    chunk,
                    out,
                })
            });
    }
    (chunks, shared.coefficients)
}

/// Computes the outputs with the running statistics, an image from its start to its end.
pub(super) fn running(
    plan: &Plan,
    shape: &GraphShape,
    tensors: GraphTensors<&[f32]>,
    out: &mut [f32],
) {
    let mut shared = Shared::new(plan, shape, tensors);
    for (unit, coefficients) in shared.coefficients.iter_mut().enumerate() {
        *coefficients = Coefficients::running(plan, unit, tensors.weights, tensors.statistics)
            .unwrap_or_else(|| Coefficients::identity(plan, unit, 1));
    }
    let images = shape.images();
    let elements = plan.graph.output_elements();
    // The outputs of an image side by side, then sorted by output.
    let mut by_image = vec![0.0; images * elements];
    by_image
        .par_chunks_exact_mut(elements)
        .enumerate()
        .for_each_init(
            || (Scratch::new(plan, false), Buffer::stale(plan.chunk)),
            |(scratch, chunk), (image, mut out)| {
                for stage in 0..plan.stages.len() {
                    dispatch(Image {
                        shared: &shared,
                        stage,
                        image,
                        chunk: &mut *chunk,
                        partial: None,
                        scratch: &mut *scratch,
                    });
                }
                for output in &plan.graph.outputs {
                    let (own, rest) = out.split_at_mut(plan.graph.elements(output));
                    out = rest;
                    dispatch(Return {
                        plan,
                        output,
                        chunk,
                        out: own,
                    });
                }
            },
        );
    let mut first = 0;
    let mut rest = out;
    for output in &plan.graph.outputs {
        let len = plan.graph.elements(output);
        for image in by_image.chunks_exact(elements) {
            let (own, after) = rest.split_at_mut(len);
            own.copy_from_slice(&image[first..first + len]);
            rest = after;
        }
        first += len;
    }
}

impl<'a> Shared<'a> {
    fn new(plan: &'a Plan, shape: &'a GraphShape, tensors: GraphTensors<&'a [f32]>) -> Self {
        Self {
            plan,
            shape,
            tensors,
            filters: filters::pack(plan, tensors.weights, Direction::Forward),
            coefficients: vec![Coefficients::default(); plan.graph.units.len()],
        }
    }

    /// The coefficients of a unit in the lane of an image.
    fn affine(&self, unit: usize, image: usize) -> Affine<'_> {
        let lane = if self.shape.running {
            0
        } else {
            image / self.shape.batch
        };
        let padded = padded(self.plan.graph.units[unit].size.channels);
        self.coefficients[unit].lane(lane, padded)
    }
}

/// The factor of a term for an image.
pub(super) fn factor(
    shape: &GraphShape,
    factors: &[f32],
    place: Option<usize>,
    image: usize,
) -> f32 {
    place.map_or(1.0, |place| {
        factors[place * shape.groups + shape.group(image)]
    })
}

/// A pooling of a state.
pub(super) fn pooling(graph: &Graph, pool: Pool, state: usize) -> Pooling {
    let size = graph.states[state].size;
    match pool {
        Pool::Max(stride) | Pool::Average(stride) => {
            Pooling::three(size.height, size.width, stride)
        }
        Pool::Halve => Pooling {
            height: size.height,
            width: size.width,
            stride: 2,
            before: 0,
        },
    }
}

/// Pools a feature map.
#[inline(always)]
pub(super) fn pool<S: Simd>(
    lanes: S,
    graph: &Graph,
    pool: Pool,
    state: usize,
    from: &[f32],
    to: &mut [f32],
) {
    let sizes = pooling(graph, pool, state);
    match pool {
        Pool::Max(_) => sizes.max(lanes, from, to),
        Pool::Average(_) | Pool::Halve => sizes.average(lanes, from, to),
    }
}

/// The kernel and stride of a separable unit.
pub(super) fn separable(
    graph: &Graph,
    unit: usize,
) -> Option<(crate::kernels::shape::Branch, usize)> {
    match graph.units[unit].work {
        Work::Separable { branch, stride, .. } => Some((branch, stride)),
        _ => None,
    }
}

/// Writes ReLU of a feature map, normalised where there are coefficients, into planes with a margin.
#[inline(always)]
pub(super) fn rectify<S: Simd>(
    lanes: S,
    values: &[f32],
    affine: Option<Affine>,
    plane: super::super::layout::Plane,
    channels: usize,
    out: &mut [f32],
) {
    let zero = lanes.splat_f32s(0.0);
    match affine {
        None => embed::<S>(values, plane, blocks(channels), out, |_, value| {
            lanes.max_f32s(value, zero)
        }),
        Some(affine) => embed::<S>(values, plane, blocks(channels), out, |block, value| {
            let centred = lanes.sub_f32s(value, channel::<S>(affine.normal.mean, block));
            let (gain, shift) = (
                channel::<S>(affine.gain, block),
                channel::<S>(affine.shift, block),
            );
            lanes.max_f32s(lanes.fma(centred, gain, shift), zero)
        }),
    }
}

/// One stage of one image.
struct Image<'a> {
    shared: &'a Shared<'a>,
    stage: usize,
    image: usize,
    chunk: &'a mut [f32],
    /// Where the partial statistics go; none where they are not wanted.
    partial: Option<&'a mut [f32]>,
    scratch: &'a mut Scratch,
}

impl Task for Image<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, lanes: S) {
        let shared = self.shared;
        let plan = shared.plan;
        let stage = &plan.stages[self.stage];
        for &state in &stage.states {
            self.state(lanes, state);
        }
        // The planes hold the ReLU of this state.
        let mut rectified = None;
        for (job, &filter) in stage.jobs.iter().zip(&stage.filters) {
            let filter = &shared.filters[filter];
            let (others, own) = Others::of(self.chunk, plan.job(job));
            match job {
                Job::Separable(unit) => separate(
                    lanes,
                    shared,
                    self.image,
                    *unit,
                    filter,
                    others,
                    own,
                    self.scratch,
                    &mut rectified,
                ),
                Job::Product(bundle) => {
                    multiply(lanes, plan, bundle, filter, others, own, self.scratch);
                }
                Job::Copy(unit) => copy(plan, *unit, others, own),
            }
        }
        if let Some(partial) = &mut self.partial {
            for (unit, at) in plan.moments_at(stage) {
                if plan.normalised(unit) {
                    let size = plan.graph.units[unit].size;
                    let padded = padded(size.channels);
                    let (mean, squares) = partial[at..at + 2 * padded].split_at_mut(padded);
                    moments(
                        lanes,
                        &self.chunk[plan.unit(unit)],
                        size.pixels(),
                        mean,
                        squares,
                    );
                }
            }
        }
    }
}

impl Image<'_> {
    /// Adds the terms of a state up.
    #[inline(always)]
    fn state<S: Simd>(&mut self, lanes: S, state: usize) {
        let shared = self.shared;
        let (plan, shape) = (shared.plan, shared.shape);
        let graph = &*plan.graph;
        let size = graph.states[state].size;
        let range = plan.state(state);
        let (others, own) = Others::of(self.chunk, range.clone());
        if state == Graph::INPUT {
            let elements = size.elements();
            let x = &shared.tensors.x[self.image * elements..(self.image + 1) * elements];
            pack(x, size.channels, size.pixels(), own);
            return;
        }
        if graph.states[state].terms.is_empty() {
            own.fill(0.0);
        }
        for (position, term) in graph.states[state].terms.iter().enumerate() {
            let factor = factor(shape, shared.tensors.factors, term.factor, self.image);
            let (values, affine) = match term.value {
                Value::Unit(unit) => (
                    others.at(plan.unit(unit)),
                    Some(shared.affine(unit, self.image)),
                ),
                Value::State(from) => (others.at(plan.state(from)), None),
                Value::Pool(kind, from) => {
                    let pooled = &mut self.scratch.source[..range.len()];
                    pool(
                        lanes,
                        graph,
                        kind,
                        from,
                        others.at(plan.state(from)),
                        pooled,
                    );
                    (&self.scratch.source[..range.len()], None)
                }
            };
            lanes.call(Add {
                values,
                affine,
                factor,
                pixels: size.pixels(),
                first: position == 0,
                sum: own,
            });
        }
    }
}

/// Adds a term to a state: `sum (+)= factor · value`.
struct Add<'a> {
    values: &'a [f32],
    affine: Option<Affine<'a>>,
    factor: f32,
    pixels: usize,
    /// Whether it is the first term, which nothing was added up before.
    first: bool,
    sum: &'a mut [f32],
}

impl Task for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) {
        let factor = lanes.splat_f32s(self.factor);
        let zero = lanes.splat_f32s(0.0);
        let values = vectors::<S>(self.values).chunks_exact(self.pixels);
        let sums = vectors_mut::<S>(self.sum).chunks_exact_mut(self.pixels);
        for (block, (sum, values)) in sums.zip(values).enumerate() {
            let (mean, gain, shift) = match &self.affine {
                Some(affine) => (
                    channel::<S>(affine.normal.mean, block),
                    lanes.mul_f32s(factor, channel::<S>(affine.gain, block)),
                    lanes.mul_f32s(factor, channel::<S>(affine.shift, block)),
                ),
                None => (zero, factor, zero),
            };
            if self.first {
                for (sum, value) in sum.iter_mut().zip(values) {
                    *sum = lanes.fma(lanes.sub_f32s(*value, mean), gain, shift);
                }
            } else {
                for (sum, value) in sum.iter_mut().zip(values) {
                    let value = lanes.fma(lanes.sub_f32s(*value, mean), gain, shift);
                    *sum = lanes.add_f32s(*sum, value);
                }
            }
        }
    }
}

/// Every element of a feature map of `size` whose channels are, in a map of states side by side, those from `first` on: where it lies there and
/// in its own map. Blocks need not begin at a state's first channel.
#[inline(always)]
pub(super) fn for_elements(first: usize, size: Size, mut visit: impl FnMut(usize, usize)) {
    let pixels = size.pixels();
    for channel in 0..size.channels {
        let place = |channel: usize| channel / WIDTH * pixels * WIDTH + channel % WIDTH;
        let (joined, single) = (place(first + channel), place(channel));
        for pixel in 0..pixels {
            visit(joined + pixel * WIDTH, single + pixel * WIDTH);
        }
    }
}

/// States as they are, side by side.
#[inline(always)]
fn copy(plan: &Plan, unit: usize, others: Others, own: &mut [f32]) {
    let graph = &*plan.graph;
    let Source::States(states) = &graph.units[unit].source else {
        return;
    };
    own.fill(0.0);
    let mut first = 0;
    for &state in states {
        let size = graph.states[state].size;
        let from = others.at(plan.state(state));
        for_elements(first, size, |joined, single| own[joined] = from[single]);
        first += size.channels;
    }
}

/// ReLU, depthwise and pointwise convolution of one image.
#[expect(
    clippy::too_many_arguments,
    reason = "what one image of one unit needs"
)]
#[inline(always)]
fn separate<S: Simd>(
    lanes: S,
    shared: &Shared,
    image: usize,
    unit: usize,
    filter: &Filter,
    others: Others,
    own: &mut [f32],
    scratch: &mut Scratch,
    rectified: &mut Option<usize>,
) {
    let plan = shared.plan;
    let graph = &*plan.graph;
    let Some((branch, stride)) = separable(graph, unit) else {
        return;
    };
    let size = graph.source_size(unit);
    let (plane, planes) = scratch.inputs.of(size);
    match &graph.units[unit].source {
        Source::States(states) => {
            if rectified.replace(states[0]) != Some(states[0]) {
                rectify(
                    lanes,
                    others.at(plan.state(states[0])),
                    None,
                    plane,
                    size.channels,
                    planes,
                );
            }
        }
        Source::Unit(first) => {
            let affine = shared.affine(*first, image);
            rectify(
                lanes,
                others.at(plan.unit(*first)),
                Some(affine),
                plane,
                size.channels,
                planes,
            );
            *rectified = None;
        }
    }
    let pixels = graph.units[unit].size.pixels();
    let inputs = blocks(size.channels);
    let filtered = &mut scratch.maps[0][..inputs * WIDTH * pixels];
    lanes.call(Correlate {
        pass: &depthwise::forward(branch, stride, size.height, size.width),
        weights: &filter.depthwise,
        input: planes,
        out: filtered,
        add: false,
    });
    lanes.call(Product {
        input: filtered,
        weights: &filter.matrix,
        pixels,
        columns: &vec![0..inputs; own.len() / (pixels * WIDTH)],
        out: own,
    });
}

/// Dense convolutions of one image.
#[inline(always)]
fn multiply<S: Simd>(
    lanes: S,
    plan: &Plan,
    bundle: &Bundle,
    filter: &Filter,
    others: Others,
    own: &mut [f32],
    scratch: &mut Scratch,
) {
    let width = bundle.columns.out_width();
    let pixels = bundle.columns.out_height() * width;
    let in_blocks = bundle.channels.len() / WIDTH;
    for rows in bundle.tiles() {
        let columns = &mut scratch.columns[..bundle.columns_len(rows.len())];
        let inputs = bundle
            .states
            .iter()
            .map(|&state| others.at(plan.state(state)));
        bundle
            .columns
            .gather_from(lanes, inputs, in_blocks, bundle.relu, rows.clone(), columns);
        let whole = rows.len() * width == pixels;
        let tile = match whole {
            true => &mut *own,
            false => &mut scratch.tile[..bundle.tile_len(rows.len())],
        };
        lanes.call(Product {
            input: columns,
            weights: &filter.matrix,
            pixels: rows.len() * width,
            columns: &bundle.inputs,
            out: tile,
        });
        if !whole {
            let tile = &scratch.tile[..bundle.tile_len(rows.len())];
            let tiles = tile.chunks_exact(rows.len() * width * WIDTH);
            for (block, tile) in own.chunks_exact_mut(pixels * WIDTH).zip(tiles) {
                block[rows.start * width * WIDTH..rows.end * width * WIDTH].copy_from_slice(tile);
            }
        }
    }
}

/// One output of one image.
struct Return<'a> {
    plan: &'a Plan,
    output: &'a [usize],
    chunk: &'a [f32],
    out: &'a mut [f32],
}

impl Task for Return<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _lanes: S) {
        let mut rest = self.out;
        for &state in self.output {
            let size = self.plan.graph.states[state].size;
            let (own, after) = rest.split_at_mut(size.elements());
            unpack::<false>(
                &self.chunk[self.plan.state(state)],
                size.channels,
                size.pixels(),
                own,
            );
            rest = after;
        }
    }
}
