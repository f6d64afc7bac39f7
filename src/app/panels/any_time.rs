//! What a table says of a search at every step: the any-time curve.

use super::figure_rows::over_steps;
use super::kept_figures::Seen;
use crate::app::context::OpenTable;
use crate::app::draw::figure::{Figure, Mark, Series};
use crate::app::draw::theme::Hue;
use crate::landscape::{Table, with_neighbors};
use crate::record::RunView;

/// The accuracy in a column of what every step would have ended with, and the mean of its neighbors, percent by step; nothing where the table
/// does not have it.
pub fn curves(run: &RunView, table: &Table, metric: &str) -> Option<[Vec<[f64; 2]>; 2]> {
    let column = table.column(metric)?;
    let last = run.steps.last()?.step as f64;
    let mut curves: [Vec<[f64; 2]>; 2] = Default::default();
    for (place, genotype) in &run.derivations {
        let step = run.steps.get(*place)?.step as f64;
        let (index, around) = with_neighbors(table, genotype)?;
        let around: Vec<f64> = around.map(|index| column[index]).collect();
        let mean = around.iter().sum::<f64>() / around.len().max(1) as f64;
        for (points, value) in curves.iter_mut().zip([column[index], mean]) {
            // It held until now.
            points.extend(points.last().map(|&[_, before]| [step, before]));
            points.push([step, value]);
        }
    }
    for points in &mut curves {
        points.extend(points.last().map(|&[_, value]| [last, value]));
    }
    Some(curves)
}

/// What the curves of runs depend on.
pub fn key(table: Option<&OpenTable>, runs: &[(&RunView, Seen)]) -> String {
    let table = table.map(|open| {
        (
            std::sync::Arc::as_ptr(&open.table),
            &open.name,
            &open.metric,
        )
    });
    let runs: Vec<_> = runs
        .iter()
        .map(|(run, seen)| (seen, run.space(), run.derivations.len()))
        .collect();
    format!("{table:?} {runs:?}")
}

/// Both in the open table; nothing where that is of another space.
pub fn figure(run: &RunView, table: Option<&OpenTable>) -> Option<Figure> {
    let open = table.filter(|open| run.space() == Some(open.table.space()))?;
    let [own, mean] = curves(run, &open.table, &open.metric)?;
    Some(over_steps(
        "In the open table, %",
        "accuracy (%)",
        "How good the open table says the cell is that every step would have ended with, and its neighbors that differ in one edge.",
        vec![
            Series::new("the cell", Hue::Accent, Mark::Line, own),
            Series::new("its neighbors' mean", Hue::Neighbor, Mark::Line, mean),
        ],
    ))
}
