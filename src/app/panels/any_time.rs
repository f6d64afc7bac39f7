//! What a table says of a search at every step: the any-time curve.

use crate::app::context::OpenTable;
use crate::app::draw::figure::{Figure, Mark, Series};
use crate::app::draw::theme::Hue;
use crate::landscape::Verdict;
use crate::record::RunView;

/// The accuracy in the open table of what every step would have ended with, and the mean of its neighbors; nothing where the table is of
/// another space.
pub fn curves(run: &RunView, table: Option<&OpenTable>) -> Option<Figure> {
    let open = table.filter(|open| run.space() == Some(open.table.space()))?;
    let last = run.steps.last()?.step as f64;
    let mut own: Vec<[f64; 2]> = Vec::new();
    let mut mean: Vec<[f64; 2]> = Vec::new();
    for (place, genotype) in &run.derivations {
        let step = run.steps.get(*place)?.step as f64;
        let verdict = Verdict::of(&open.table, &open.metric, genotype, &[])?;
        for (points, value) in [(&mut own, verdict.accuracy), (&mut mean, verdict.mean)] {
            // It held until now.
            points.extend(points.last().map(|&[_, before]| [step, before]));
            points.push([step, value]);
        }
    }
    for points in [&mut own, &mut mean] {
        points.extend(points.last().map(|&[_, value]| [last, value]));
    }
    Some(Figure {
        title: "In the open table, %".into(),
        x: "step".into(),
        y: "accuracy (%)".into(),
        whole_x: true,
        help: "How good the open table says the cell is that every step would have ended with, and its neighbors that differ in one edge.",
        series: vec![
            Series::new("the cell", Hue::Accent, Mark::Line, own),
            Series::new("its neighbors' mean", Hue::Neighbor, Mark::Line, mean),
        ],
        ..Figure::default()
    })
}
