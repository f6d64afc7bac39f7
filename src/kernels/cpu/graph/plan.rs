//! When everything of a graph is computed, and where it lies.
//!
//! A *stage* is one walk over all images; behind it the statistics of its units are known. What a graph computes of an image lies in one
//! chunk: side by side where a backward pass follows, else in places that are taken again when nothing reads them any more. The gradients
//! of an image lie in a second chunk, and are computed in the same stages backward.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::super::columns::Columns;
use super::super::layout::blocks;
use super::super::simd::WIDTH;
use super::place::{Span, places};
use crate::kernels::graph::{Graph, Norm, Size, Source, Value, Work};
use crate::kernels::graph_order::{Order, Reader, Walks};

/// Floats of a tile of columns: it should stay in the second-level cache.
const TILE: usize = 32 * 1024;

/// What one walk over the images computes.
#[derive(Debug, Default)]
pub(super) struct Stage {
    /// States, in their order.
    pub states: Vec<usize>,
    /// Units, those that share their input side by side.
    pub jobs: Vec<Job>,
    /// All units of the jobs, in the order of the jobs.
    pub units: Vec<usize>,
    /// For every job, its filter among those of the plan: jobs of equal weights share one.
    pub filters: Vec<usize>,
}

/// Units that are computed together.
#[derive(Debug)]
pub(super) enum Job {
    /// ReLU, depthwise and pointwise convolution.
    Separable(usize),
    /// Dense convolutions or a factorised reduce as one matrix product.
    Product(Bundle),
    /// Nothing but the normalisation behind it.
    Copy(usize),
}

/// Dense convolutions of one source as one matrix product over its columns: those with kernel 3 come first, the others are its centre tap.
#[derive(Debug)]
pub(super) struct Bundle {
    pub units: Vec<usize>,
    pub states: Vec<usize>,
    pub columns: Columns,
    pub relu: bool,
    /// For every padded input channel, which one it is; none where it is filled up.
    pub channels: Vec<Option<usize>>,
    /// For every padded output row, the unit (as a position in `units`) and its channel.
    pub rows: Vec<Option<(usize, usize)>>,
    /// Column blocks that every row block reads.
    pub inputs: Vec<Range<usize>>,
    /// Row blocks that read every column block.
    pub outputs: Vec<Range<usize>>,
    /// Output rows of a tile.
    pub tile_rows: usize,
}

/// What one walk over the images computes of the gradients.
#[derive(Debug, Default)]
pub(super) struct Reverse {
    /// States whose gradient is written for the first time.
    pub touched: Vec<usize>,
    /// States whose gradient is complete behind the units of the stage, the last one first.
    pub complete: Vec<usize>,
    /// Floats of an image's partial sums.
    pub partial: usize,
}

/// The plan of a graph.
#[derive(Debug)]
pub(super) struct Plan {
    pub graph: Arc<Graph>,
    pub stages: Vec<Stage>,
    /// For every filter, a job that has it: its stage and its place there.
    pub filters: Vec<[usize; 2]>,
    /// Where states and units lie in the chunk of an image.
    pub state_at: Vec<usize>,
    pub unit_at: Vec<usize>,
    /// Floats of the chunk.
    pub chunk: usize,
    /// Who reads every unit; none where nothing that is returned depends on it.
    pub readers: Vec<Option<Reader>>,
    /// Where the gradients of states lie in the second chunk, and those behind the normalisation of units that a unit reads.
    pub state_grad_at: Vec<usize>,
    pub unit_grad_at: Vec<usize>,
    pub grad_chunk: usize,
    /// Backward, in the order of the stages.
    pub reverse: Vec<Reverse>,
    /// Where the partial sums of every unit lie in those of its walk, and of every term that is no unit.
    pub sums_at: Vec<usize>,
    pub dots_at: Vec<Vec<usize>>,
}

/// Channels filled up to whole blocks.
pub(super) const fn padded(channels: usize) -> usize {
    blocks(channels) * WIDTH
}

/// Floats of a feature map in blocks.
pub(super) const fn floats(size: Size) -> usize {
    padded(size.channels) * size.pixels()
}

impl Plan {
    /// The plan of a graph; `keep`: everything that is computed stays, for a backward pass.
    pub fn new(graph: &Arc<Graph>, keep: bool) -> Self {
        let order = Order::new(graph);
        let mut stages: Vec<Stage> = (0..order.stages()).map(|_| Stage::default()).collect();
        for (state, &stage) in order.of_state.iter().enumerate() {
            stages[stage].states.push(state);
        }
        for (index, stage) in stages.iter_mut().enumerate() {
            stage.jobs = jobs(graph, &order.of_unit, index);
            stage.units = stage.jobs.iter().flat_map(Job::units).copied().collect();
        }
        let filters = share_filters(graph, &mut stages);
        let mut plan = Self {
            graph: graph.clone(),
            stages,
            filters,
            state_at: vec![0; graph.states.len()],
            unit_at: vec![0; graph.units.len()],
            chunk: 0,
            readers: order.readers.clone(),
            state_grad_at: Vec::new(),
            unit_grad_at: Vec::new(),
            grad_chunk: 0,
            reverse: Vec::new(),
            sums_at: vec![0; graph.units.len()],
            dots_at: vec![Vec::new(); graph.states.len()],
        };
        plan.place(&order, keep);
        if keep {
            plan.place_gradients(&order);
            plan.reverse(&order);
        }
        plan
    }

    /// Lays the chunk out. The units of a job lie side by side.
    fn place(&mut self, order: &Order, keep: bool) {
        let graph = self.graph.clone();
        let end = self.stages.len() - 1;
        // The stage that reads a state or unit last.
        let mut state_until = order.of_state.clone();
        let mut unit_until = order.of_unit.clone();
        for &state in graph.outputs.iter().flatten() {
            state_until[state] = end;
        }
        for (unit, &stage) in graph.units.iter().zip(&order.of_unit) {
            match &unit.source {
                Source::States(states) => {
                    for &state in states {
                        state_until[state] = state_until[state].max(stage);
                    }
                }
                Source::Unit(first) => unit_until[*first] = stage,
            }
        }
        for (state, &stage) in graph.states.iter().zip(&order.of_state) {
            for term in &state.terms {
                match term.value {
                    Value::Unit(unit) => unit_until[unit] = stage,
                    Value::State(from) | Value::Pool(_, from) => {
                        state_until[from] = state_until[from].max(stage);
                    }
                }
            }
        }
        // Places are found walking backward; the last stage of the way there is the first one of that walk.
        let span = |stage: usize, until: usize, floats: usize| Span {
            first: end - stage,
            last: if keep { 0 } else { end - until },
            floats,
        };
        let mut spans = Vec::new();
        for (stage, index) in self.stages.iter().zip(0..) {
            for &state in &stage.states {
                let floats = floats(graph.states[state].size);
                spans.push(Some(span(index, state_until[state], floats)));
            }
            for job in &stage.jobs {
                let units = job.units().iter();
                let floats = units.clone().map(|&unit| floats(graph.units[unit].size));
                let until = units.map(|&unit| unit_until[unit]).max().unwrap_or(index);
                spans.push(Some(span(index, until, floats.sum())));
            }
        }
        let (at, floats) = places(&spans, self.stages.len());
        self.chunk = floats;
        let mut at = at.into_iter();
        for stage in &self.stages {
            for (&state, at) in stage.states.iter().zip(&mut at) {
                self.state_at[state] = at;
            }
            for (job, mut at) in stage.jobs.iter().zip(&mut at) {
                for &unit in job.units() {
                    self.unit_at[unit] = at;
                    at += self::floats(graph.units[unit].size);
                }
            }
        }
    }

    /// Lays the chunk of the gradients out.
    fn place_gradients(&mut self, order: &Order) {
        let graph = &*self.graph;
        let of_state = |(state, walks): (usize, &Option<Walks>)| {
            let Walks { first, last } = (*walks)?;
            let units = graph.states[state]
                .terms
                .iter()
                .filter_map(|term| match term.value {
                    Value::Unit(unit) => Some(order.of_unit[unit]),
                    Value::State(_) | Value::Pool(..) => None,
                });
            Some(Span {
                first,
                // That of the input is returned at the end.
                last: match state {
                    Graph::INPUT => 0,
                    _ => units.min().unwrap_or(last).min(last),
                },
                floats: floats(graph.states[state].size),
            })
        };
        let of_unit = |(unit, reader): (usize, &Option<Reader>)| match reader {
            Some(Reader::Unit(by)) => Some(Span {
                first: order.of_unit[*by],
                last: order.of_unit[unit],
                floats: floats(graph.units[unit].size),
            }),
            _ => None,
        };
        let states = order.walks.iter().enumerate().map(of_state);
        let units = order.readers.iter().enumerate().map(of_unit);
        let spans: Vec<Option<Span>> = states.chain(units).collect();
        let (mut at, end) = places(&spans, self.stages.len());
        self.unit_grad_at = at.split_off(graph.states.len());
        self.state_grad_at = at;
        self.grad_chunk = end;
    }

    /// Lays the partial sums of every walk backward out.
    fn reverse(&mut self, order: &Order) {
        let graph = self.graph.clone();
        self.reverse = self.stages.iter().map(|_| Reverse::default()).collect();
        for state in (0..graph.states.len()).rev() {
            let Some(walks) = order.walks[state] else {
                continue;
            };
            self.reverse[walks.first].touched.push(state);
            self.reverse[walks.last].complete.push(state);
            let partial = &mut self.reverse[walks.last].partial;
            for term in &graph.states[state].terms {
                self.dots_at[state].push(*partial);
                match term.value {
                    Value::Unit(unit) => {
                        self.sums_at[unit] = *partial;
                        *partial += 2 * padded(graph.units[unit].size.channels);
                    }
                    Value::State(_) | Value::Pool(..) => *partial += WIDTH,
                }
            }
        }
        for (unit, reader) in self.readers.iter().enumerate() {
            if let Some(Reader::Unit(by)) = reader {
                let partial = &mut self.reverse[order.of_unit[*by]].partial;
                self.sums_at[unit] = *partial;
                *partial += 2 * padded(graph.units[unit].size.channels);
            }
        }
    }

    /// A state in the chunk of an image.
    pub fn state(&self, state: usize) -> Range<usize> {
        let start = self.state_at[state];
        start..start + floats(self.graph.states[state].size)
    }

    /// A unit in the chunk of an image.
    pub fn unit(&self, unit: usize) -> Range<usize> {
        let start = self.unit_at[unit];
        start..start + floats(self.graph.units[unit].size)
    }

    /// The units of a job in the chunk of an image.
    pub fn job(&self, job: &Job) -> Range<usize> {
        let units = job.units();
        let floats = units.iter().map(|&unit| self.unit(unit).len());
        let start = self.unit_at[units[0]];
        start..start + floats.sum::<usize>()
    }

    /// The gradient of a state.
    pub fn state_grad(&self, state: usize) -> Range<usize> {
        let start = self.state_grad_at[state];
        start..start + floats(self.graph.states[state].size)
    }

    /// The gradient behind the normalisation of a unit that a unit reads.
    pub fn unit_grad(&self, unit: usize) -> Range<usize> {
        let start = self.unit_grad_at[unit];
        start..start + floats(self.graph.units[unit].size)
    }

    /// Where the partial statistics of a unit lie in those of its stage: mean, then squared deviations.
    pub fn moments_at<'a>(&'a self, stage: &'a Stage) -> impl Iterator<Item = (usize, usize)> + 'a {
        stage.units.iter().scan(0, |at, &unit| {
            let start = *at;
            *at += 2 * padded(self.graph.units[unit].size.channels);
            Some((unit, start))
        })
    }

    /// Floats of an image's partial statistics in a stage.
    pub fn moments_len(&self, stage: &Stage) -> usize {
        let channels = |&unit: &usize| 2 * padded(self.graph.units[unit].size.channels);
        stage.units.iter().map(channels).sum()
    }

    /// Whether a unit is normalised.
    pub fn normalised(&self, unit: usize) -> bool {
        self.graph.units[unit].norm != Norm::None
    }
}

impl Job {
    /// Its units.
    pub fn units(&self) -> &[usize] {
        match self {
            Job::Separable(unit) | Job::Copy(unit) => std::slice::from_ref(unit),
            Job::Product(bundle) => &bundle.units,
        }
    }
}

/// Finds the jobs of equal weights; returns one of each.
fn share_filters(graph: &Graph, stages: &mut [Stage]) -> Vec<[usize; 2]> {
    let mut known = HashMap::new();
    let mut filters = Vec::new();
    for (index, stage) in stages.iter_mut().enumerate() {
        for (place, job) in stage.jobs.iter().enumerate() {
            let works: Vec<Work> = job.units().iter().map(|&u| graph.units[u].work).collect();
            // What reads other sizes has other weights.
            let filter = *known.entry(works).or_insert_with(|| {
                filters.push([index, place]);
                filters.len() - 1
            });
            stage.filters.push(filter);
        }
    }
    filters
}

/// The units of a stage in jobs: first those with a depthwise convolution, by what they read, so that it is prepared once.
fn jobs(graph: &Graph, of_unit: &[usize], stage: usize) -> Vec<Job> {
    let mut separable: Vec<usize> = Vec::new();
    let mut dense: Vec<(Vec<usize>, usize, bool, Vec<usize>)> = Vec::new();
    let mut jobs = Vec::new();
    for (index, unit) in graph.units.iter().enumerate() {
        if of_unit[index] != stage {
            continue;
        }
        match (unit.work, &unit.source) {
            (Work::Separable { .. }, _) => separable.push(index),
            (Work::Copy, _) => jobs.push(Job::Copy(index)),
            (Work::Dense { stride, relu, .. }, Source::States(states)) => {
                let same = dense
                    .iter_mut()
                    .find(|(other, s, r, _)| other == states && *s == stride && *r == relu);
                match same {
                    Some((.., units)) => units.push(index),
                    None => dense.push((states.clone(), stride, relu, vec![index])),
                }
            }
            (Work::Reduce { .. }, Source::States(states)) => {
                jobs.push(Job::Product(Bundle::reduce(graph, states, index)));
            }
            // Only separable convolutions have a second half.
            (Work::Dense { .. } | Work::Reduce { .. }, Source::Unit(_)) => {}
        }
    }
    separable.sort_by_key(|&unit| match &graph.units[unit].source {
        Source::States(states) => (0, states[0], unit),
        Source::Unit(first) => (1, *first, unit),
    });
    let products = dense.into_iter().map(|(states, stride, relu, units)| {
        Job::Product(Bundle::dense(graph, &states, stride, relu, units))
    });
    separable
        .into_iter()
        .map(Job::Separable)
        .chain(products)
        .chain(jobs)
        .collect()
}

/// For every padded channel of states side by side, which one it is.
fn channels(graph: &Graph, states: &[usize]) -> Vec<Option<usize>> {
    let mut first = 0;
    let mut all = Vec::new();
    for &state in states {
        let count = graph.states[state].size.channels;
        all.extend((0..padded(count)).map(|c| (c < count).then_some(first + c)));
        first += count;
    }
    all
}

impl Bundle {
    fn dense(
        graph: &Graph,
        states: &[usize],
        stride: usize,
        relu: bool,
        mut units: Vec<usize>,
    ) -> Self {
        let kernel_of = |unit: usize| match graph.units[unit].work {
            Work::Dense { kernel, .. } => kernel,
            _ => 1,
        };
        units.sort_by_key(|&unit| std::cmp::Reverse(kernel_of(unit)));
        let kernel = kernel_of(units[0]);
        let size = graph.states[states[0]].size;
        let columns = Columns::square(kernel, stride, size.height, size.width);
        let channels = channels(graph, states);
        let in_blocks = channels.len() / WIDTH;
        let (taps, centre) = (columns.taps(), columns.taps() / 2);
        let of_unit = |&unit: &usize| {
            let range = match kernel_of(unit) == kernel {
                true => 0..taps * in_blocks,
                false => centre * in_blocks..(centre + 1) * in_blocks,
            };
            std::iter::repeat_n(range, blocks(graph.units[unit].size.channels))
        };
        let inputs: Vec<Range<usize>> = units.iter().flat_map(of_unit).collect();
        let whole = inputs.iter().filter(|range| range.start == 0).count();
        let outputs = (0..taps * in_blocks)
            .map(|block| match block / in_blocks == centre {
                true => 0..inputs.len(),
                false => 0..whole,
            })
            .collect();
        Self::new(
            graph, states, columns, relu, units, channels, inputs, outputs,
        )
    }

    fn reduce(graph: &Graph, states: &[usize], unit: usize) -> Self {
        let size = graph.states[states[0]].size;
        let columns = Columns::diagonals(size.height, size.width);
        let channels = channels(graph, states);
        let in_blocks = channels.len() / WIDTH;
        let outputs = graph.units[unit].size.channels;
        let split = outputs / 2;
        let input = |block: usize| {
            let start = if block * WIDTH >= split { in_blocks } else { 0 };
            let end = match (block + 1) * WIDTH <= split {
                true => in_blocks,
                false => 2 * in_blocks,
            };
            start..end
        };
        let output = |block: usize| match block < in_blocks {
            true => 0..blocks(split),
            false => split / WIDTH..blocks(outputs),
        };
        let inputs = (0..blocks(outputs)).map(input).collect();
        let outputs = (0..2 * in_blocks).map(output).collect();
        Self::new(
            graph,
            states,
            columns,
            true,
            vec![unit],
            channels,
            inputs,
            outputs,
        )
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the common end of two constructors"
    )]
    fn new(
        graph: &Graph,
        states: &[usize],
        columns: Columns,
        relu: bool,
        units: Vec<usize>,
        channels: Vec<Option<usize>>,
        inputs: Vec<Range<usize>>,
        outputs: Vec<Range<usize>>,
    ) -> Self {
        let of_unit = |(position, &unit): (usize, &usize)| {
            let count = graph.units[unit].size.channels;
            (0..padded(count)).map(move |row| (row < count).then_some((position, row)))
        };
        let rows = units.iter().enumerate().flat_map(of_unit).collect();
        let row_len = columns.taps() * channels.len() * columns.out_width();
        let tile_rows = (TILE / row_len).clamp(1, columns.out_height());
        Self {
            units,
            states: states.to_vec(),
            columns,
            relu,
            channels,
            rows,
            inputs,
            outputs,
            tile_rows,
        }
    }

    /// Output rows in tiles.
    pub fn tiles(&self) -> impl Iterator<Item = Range<usize>> {
        let (height, rows) = (self.columns.out_height(), self.tile_rows);
        (0..height)
            .step_by(rows)
            .map(move |start| start..(start + rows).min(height))
    }

    /// Padded columns of the matrix.
    pub fn depth(&self) -> usize {
        self.columns.taps() * self.channels.len()
    }

    /// Floats of the columns of so many output rows.
    pub fn columns_len(&self, rows: usize) -> usize {
        self.depth() * rows * self.columns.out_width()
    }

    /// Floats of so many output rows of all units.
    pub fn tile_len(&self, rows: usize) -> usize {
        self.rows.len() * rows * self.columns.out_width()
    }

    /// Floats of the input of one image.
    pub fn input_len(&self) -> usize {
        self.channels.len() * self.columns.height * self.columns.width
    }
}
