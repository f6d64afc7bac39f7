//! The weights of a graph as its products read them, and their gradients back in the order of the weights.

use super::super::buffer::Buffer;
use super::super::depthwise::{kernel_index, pack_kernels};
use super::super::layout::{matrix_index, pack_matrix};
use super::plan::{Bundle, Job, Plan, Stage, padded};
use crate::kernels::graph::{Graph, Work};
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;

/// Which way a product goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    /// Matrices are transposed.
    Backward,
}

/// The packed weights of a job.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// Depthwise kernels `[blocks, k², 8]`, where the job has some.
    pub depthwise: Buffer,
    /// The matrix or its transpose.
    pub matrix: Buffer,
}

/// The filters of a plan.
pub(super) fn pack(plan: &Plan, weights: &[f32], direction: Direction) -> Vec<Filter> {
    let job = |&[stage, place]: &[usize; 2]| &plan.stages[stage].jobs[place];
    plan.filters
        .par_iter()
        .map(|filter| pack_job(&plan.graph, job(filter), weights, direction))
        .collect()
}

fn pack_job(graph: &Graph, job: &Job, weights: &[f32], direction: Direction) -> Filter {
    match job {
        Job::Copy(_) => Filter::default(),
        Job::Separable(unit) => {
            let Some((depthwise, pointwise, area)) = separable(graph, *unit) else {
                return Filter::default();
            };
            let (inputs, outputs) = (graph.inputs(*unit), graph.units[*unit].size.channels);
            let value = |row: usize, column: usize| weights[pointwise + row * inputs + column];
            Filter {
                depthwise: pack_kernels(&weights[depthwise..][..inputs * area], area),
                matrix: match direction {
                    Direction::Forward => pack_matrix(outputs, inputs, value),
                    Direction::Backward => {
                        pack_matrix(inputs, outputs, |row, column| value(column, row))
                    }
                },
            }
        }
        Job::Product(bundle) => {
            let places = Places::new(graph, bundle);
            let value = |row, column| places.of(row, column).map_or(0.0, |place| weights[place]);
            let (rows, depth) = (bundle.rows.len(), bundle.depth());
            Filter {
                depthwise: Buffer::default(),
                matrix: match direction {
                    Direction::Forward => pack_matrix(rows, depth, value),
                    Direction::Backward => {
                        pack_matrix(depth, rows, |row, column| value(column, row))
                    }
                },
            }
        }
    }
}

/// Places of the depthwise and pointwise weights, and the elements of a kernel.
fn separable(graph: &Graph, unit: usize) -> Option<(usize, usize, usize)> {
    match graph.units[unit].work {
        Work::Separable {
            branch,
            depthwise,
            pointwise,
            ..
        } => Some((depthwise, pointwise, branch.kernel() * branch.kernel())),
        _ => None,
    }
}

/// Where the elements of a bundle's matrix lie among the weights: at the sum of a part of its row and a part of its column.
struct Places {
    /// For every padded row, its part and which of the columns go with it; none where it is filled up.
    rows: Vec<Option<(usize, usize)>>,
    /// The parts of the columns; none where the element is zero.
    columns: Vec<Vec<Option<usize>>>,
}

impl Places {
    fn new(graph: &Graph, bundle: &Bundle) -> Self {
        let mut columns = Vec::new();
        let mut first = Vec::new();
        for &unit in &bundle.units {
            first.push(columns.len());
            match graph.units[unit].work {
                Work::Dense { kernel, .. } => columns.push(bundle.parts(kernel * kernel, |tap| {
                    let taps = bundle.columns.taps();
                    match kernel * kernel == taps {
                        true => Some(tap),
                        false => (tap == taps / 2).then_some(0),
                    }
                })),
                Work::Reduce { .. } => {
                    columns
                        .extend([0, 1].map(|own| bundle.parts(1, |tap| (tap == own).then_some(0))));
                }
                Work::Separable { .. } | Work::Copy => {}
            }
        }
        let row = |&(position, row): &(usize, usize)| {
            let unit = bundle.units[position];
            let inputs = graph.inputs(unit);
            match graph.units[unit].work {
                Work::Dense {
                    kernel, weights, ..
                } => Some((weights + row * inputs * kernel * kernel, first[position])),
                Work::Reduce { weights } => {
                    let half = usize::from(row >= graph.units[unit].size.channels / 2);
                    Some((weights + row * inputs, first[position] + half))
                }
                Work::Separable { .. } | Work::Copy => None,
            }
        };
        let rows = bundle
            .rows
            .iter()
            .map(|own| own.as_ref().and_then(row))
            .collect();
        Self { rows, columns }
    }

    fn of(&self, row: usize, column: usize) -> Option<usize> {
        let (base, columns) = self.rows[row]?;
        Some(base + self.columns[columns][column]?)
    }
}

impl Bundle {
    /// The parts of the columns of a unit whose kernel has so many elements; `own` says which one of them a tap is.
    fn parts(&self, area: usize, own: impl Fn(usize) -> Option<usize>) -> Vec<Option<usize>> {
        let of_tap = |tap: usize| {
            let own = own(tap);
            let part = move |channel: &Option<usize>| Some((*channel)? * area + own?);
            self.channels.iter().map(part)
        };
        (0..self.columns.taps()).flat_map(of_tap).collect()
    }
}

/// Floats of the packed gradient of a job.
fn gradient_len(graph: &Graph, job: &Job) -> usize {
    match job {
        Job::Copy(_) => 0,
        Job::Separable(unit) => {
            let inputs = padded(graph.inputs(*unit));
            let outputs = padded(graph.units[*unit].size.channels);
            kernels_len(graph, *unit) + inputs * outputs
        }
        Job::Product(bundle) => bundle.rows.len() * bundle.depth(),
    }
}

/// Floats of the packed gradient of a job's depthwise kernels.
pub(super) fn kernels_len(graph: &Graph, unit: usize) -> usize {
    let area = separable(graph, unit).map_or(0, |(.., area)| area);
    padded(graph.inputs(unit)) * area
}

/// Where the packed gradient of every job of a stage lies in that of the stage, and the floats of that: jobs of equal weights add theirs up
/// in one place.
pub(super) fn zones(graph: &Graph, stage: &Stage) -> (Vec<Range<usize>>, usize) {
    let mut known: HashMap<usize, Range<usize>> = HashMap::new();
    let mut end = 0;
    let zone = |(job, filter): (&Job, &usize)| {
        let zone = known.entry(*filter).or_insert_with(|| {
            let start = end;
            end += gradient_len(graph, job);
            start..end
        });
        zone.clone()
    };
    let zones = stage.jobs.iter().zip(&stage.filters).map(zone).collect();
    (zones, end)
}

/// Adds the packed gradients of a stage, which lie in its [`zones`], to those at their places.
pub(super) fn unpack(
    graph: &Graph,
    stage: &Stage,
    zones: &[Range<usize>],
    packed: &[f32],
    gradient: &mut [f32],
) {
    let mut end = 0;
    for (job, zone) in stage.jobs.iter().zip(zones) {
        // Only the first of equal weights.
        if zone.start < end || zone.is_empty() {
            continue;
        }
        end = zone.end;
        let own = &packed[zone.clone()];
        match job {
            Job::Copy(_) => {}
            Job::Separable(unit) => {
                let Some((depthwise, pointwise, area)) = separable(graph, *unit) else {
                    continue;
                };
                let (inputs, outputs) = (graph.inputs(*unit), graph.units[*unit].size.channels);
                let (kernels, matrix) = own.split_at(kernels_len(graph, *unit));
                for index in 0..inputs * area {
                    let (channel, tap) = (index / area, index % area);
                    gradient[depthwise + index] += kernels[kernel_index(area, channel, tap)];
                }
                for index in 0..outputs * inputs {
                    let (row, column) = (index / inputs, index % inputs);
                    gradient[pointwise + index] +=
                        matrix[matrix_index(padded(inputs), row, column)];
                }
            }
            Job::Product(bundle) => {
                let places = Places::new(graph, bundle);
                for row in 0..bundle.rows.len() {
                    for column in 0..bundle.depth() {
                        if let Some(place) = places.of(row, column) {
                            gradient[place] += own[matrix_index(bundle.depth(), row, column)];
                        }
                    }
                }
            }
        }
    }
}
