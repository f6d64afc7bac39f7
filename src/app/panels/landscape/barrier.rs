//! The way between two pinned architectures.

use std::collections::BTreeSet;
use std::future::Future;
use std::task::{Poll, Waker};

use eframe::egui::{self, RichText};
use egui_plot::MarkerShape;

use super::super::export::Export;
use super::scatter::Plane;
use crate::app::context::{Action, Context};
use crate::app::draw::cell_canvas::CellPicture;
use crate::app::draw::explained::explained;
use crate::app::draw::figure::{Figure, Mark, Series, nearest};
use crate::app::draw::theme::Hue;
use crate::landscape::{BarrierReport, TableEvaluator, barrier};
use crate::space::{Genotype, shortest_paths};

/// Paths that are drawn at random where there are too many for all of them.
const SAMPLES: usize = 200;

/// What is computed once for two pins.
pub struct Walk {
    ends: [Genotype; 2],
    outcome: Result<(BarrierReport, Picture), String>,
}

/// The figure, which architecture each of the dots in its first series is, and the flattest path.
struct Picture {
    figure: Figure,
    dots: Vec<usize>,
    flattest: Vec<Genotype>,
}

impl Walk {
    /// The way between the pins: that of the last frame, or a new one. Nothing until both are set.
    pub fn of<'a>(
        last: &'a mut Option<Self>,
        plane: &Plane,
        pins: &[Option<Genotype>; 2],
    ) -> Option<&'a Self> {
        let [Some(a), Some(b)] = pins else {
            return None;
        };
        if last
            .as_ref()
            .is_none_or(|walk| walk.ends != [a.clone(), b.clone()])
        {
            *last = Some(Self {
                ends: [a.clone(), b.clone()],
                outcome: walk(plane, a, b),
            });
        }
        last.as_ref()
    }
}

/// The result of a future that waits for nothing, as those of a table's evaluator.
fn at_once<F: Future>(future: F) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

fn walk(plane: &Plane, a: &Genotype, b: &Genotype) -> Result<(BarrierReport, Picture), String> {
    let table = &plane.open.table;
    let mut evaluator =
        TableEvaluator::new(table, Some(&plane.open.metric)).map_err(|error| error.to_string())?;
    let report = at_once(barrier(&mut evaluator, a, b, SAMPLES, 0))
        .ok_or("the table did not answer")?
        .map_err(|error| error.to_string())?;
    // Spaces with complete tables have at most 6 edges, so all paths are listed.
    let paths = shortest_paths(a, b).map_err(|error| error.to_string())?;
    let mut dots = BTreeSet::new();
    let mut steps = BTreeSet::new();
    for path in &paths {
        let indices: Vec<usize> = path
            .iter()
            .filter_map(|cell| table.index_of(cell))
            .collect();
        dots.extend(indices.iter().copied().enumerate());
        steps.extend(
            indices
                .windows(2)
                .enumerate()
                .map(|(level, pair)| (level, pair[0], pair[1])),
        );
    }
    let place = |level: usize, index: usize| [level as f64, plane.accuracy[index]];
    let segments = steps
        .iter()
        .flat_map(|&(level, from, to)| [place(level, from), place(level + 1, to)]);
    let means = report
        .levels
        .iter()
        .map(|level| [level.level as f64, level.accuracy.mean]);
    let lower = report
        .levels
        .iter()
        .map(|level| [level.level as f64, level.accuracy.mean - level.accuracy.std]);
    let upper = report
        .levels
        .iter()
        .map(|level| level.accuracy.mean + level.accuracy.std);
    let end = |index: usize| {
        let level = &report.levels[index];
        [[level.level as f64, level.accuracy.mean]]
    };
    let last = report.levels.len() - 1;
    let figure = Figure {
        title: "Barrier between two architectures".into(),
        x: "edges changed on the way from A to B".into(),
        y: "accuracy (%)".into(),
        whole_x: true,
        of: format!("{} {} {}", plane.shown(), a.to_text(), b.to_text()),
        series: vec![
            Series::new(
                "architectures on the way",
                Hue::Accent,
                Mark::Dots,
                dots.iter().map(|&(level, index)| place(level, index)),
            ),
            Series::new("shortest paths", Hue::Quiet, Mark::Segments, segments),
            Series::new(
                "mean ± standard deviation",
                Hue::Chosen,
                Mark::Band(upper.collect()),
                lower,
            ),
            Series::new("mean", Hue::Chosen, Mark::Line, means),
            Series::new("A", Hue::Good, Mark::Marker(MarkerShape::Diamond), end(0)),
            Series::new(
                "B",
                Hue::Neighbor,
                Mark::Marker(MarkerShape::Square),
                end(last),
            ),
        ],
        ..Figure::default()
    };
    let dots = dots.into_iter().map(|(_, index)| index).collect();
    // The one whose lowest place is the highest.
    let lowest = |path: &&Vec<Genotype>| {
        let places = path.iter().filter_map(|cell| table.index_of(cell));
        places
            .map(|index| plane.accuracy[index])
            .fold(f64::INFINITY, f64::min)
    };
    let flattest = paths.iter().max_by(|a, b| lowest(a).total_cmp(&lowest(b)));
    let picture = Picture {
        figure,
        dots,
        flattest: flattest.cloned().unwrap_or_default(),
    };
    Ok((report, picture))
}

/// Draws the way and its numbers. A click on a dot shows it in the editor.
pub fn show(
    ui: &mut egui::Ui,
    context: &mut Context,
    plane: &Plane,
    walk: Option<&Walk>,
    export: &mut Export,
) {
    let Some(walk) = walk else {
        ui.label(
            "Pin two architectures: show one in the editor (a click in the flatness map does), press \"Pin as A\", show \
             another one, press \"Pin as B\".",
        );
        return;
    };
    let (report, picture) = match &walk.outcome {
        Ok(outcome) => outcome,
        Err(message) => {
            ui.label(format!("There is no barrier to draw: {message}."));
            return;
        }
    };
    let barrier = &report.barrier;
    ui.horizontal_wrapped(|ui| {
        explained(
            ui,
            RichText::new(format!("Barrier {:.2} %", barrier.mean)).strong(),
            "The mean accuracy of both ends less the lowest accuracy on the way, averaged over the shortest paths.",
        );
        ui.label(match report.paths {
            1 => "on the only shortest path".to_owned(),
            paths => format!(
                "± {:.2} over {paths} shortest paths; {:.2} on the flattest, {:.2} on the deepest path",
                barrier.std, barrier.lowest, barrier.highest
            ),
        });
    });
    // Between neighbors there is nothing that could fall.
    if report.distance > 1 {
        let line = &report.below_line;
        ui.horizontal_wrapped(|ui| {
            explained(
                ui,
                format!("Below the straight line {:.2} %", line.mean),
                "The most that the accuracy falls below the straight line from A to B, averaged over the paths: 0 where no path does, \
                 however far A and B are apart.",
            );
            ui.label(format!(
                "± {:.2}; {:.2} at least, {:.2} at most",
                line.std, line.lowest, line.highest
            ));
        });
    }
    let row = ui.spacing().interact_size.y.max(20.0) + ui.spacing().item_spacing.y;
    let below = row * (report.levels.len() + 3) as f32 + STEP.y + 2.0 * row;
    let height = (ui.available_height() - below).max(160.0);
    let plot = picture.figure.show(ui, height);
    let dots = &picture.figure.series[0].points;
    let under = plot
        .response
        .hover_pos()
        .and_then(|place| nearest(dots, &plot.transform, place, 10.0))
        .map(|dot| picture.dots[dot]);
    if let Some(index) = under
        && let Some(genotype) = plane.open.table.genotype_of(index)
    {
        let response = plot.response.clone().on_hover_ui_at_pointer(|ui| {
            ui.strong(format!("{:.2} %", plane.accuracy[index]));
            ui.label(RichText::new(genotype.to_text()).monospace());
        });
        if response.clicked() {
            context.actions.push(Action::Edit(genotype));
        }
    }
    ui.horizontal(|ui| export.menu(ui, context.actions, &picture.figure, Some(plot.outer), None));
    flattest(ui, context, plane, &picture.flattest);
    levels(ui, report);
}

/// Size of a cell on the way, points.
const STEP: egui::Vec2 = egui::vec2(84.0, 46.0);

/// Draws the cells of the path whose lowest place is the highest, the edge that a step changed lit.
fn flattest(ui: &mut egui::Ui, context: &mut Context, plane: &Plane, path: &[Genotype]) {
    ui.label(RichText::new("the flattest path").weak());
    ui.horizontal_wrapped(|ui| {
        let mut before: Option<&Genotype> = None;
        for genotype in path {
            let Some(index) = plane.open.table.index_of(genotype) else {
                continue;
            };
            ui.vertical(|ui| {
                ui.set_width(STEP.x);
                let space = genotype.space();
                let kind = space.cell_kinds()[0];
                let mut picture = CellPicture::of_cell(space, kind, &genotype.cells()[0]);
                if let Some(before) = before {
                    picture.mark_differing(&CellPicture::of_cell(space, kind, &before.cells()[0]));
                }
                picture.thumbnail(ui, STEP);
                let text = format!("{:.2} %", plane.accuracy[index]);
                let label = egui::Label::new(text).sense(egui::Sense::click());
                let label = ui.add(label).on_hover_text("Shows it in the editor");
                if label.clicked() {
                    context.actions.push(Action::Edit(genotype.clone()));
                }
            });
            before = Some(genotype);
        }
    });
}

/// The table of the levels of the way.
fn levels(ui: &mut egui::Ui, report: &BarrierReport) {
    // A narrow panel has no room for all of its columns.
    let scrolled = egui::ScrollArea::horizontal().id_salt("levels");
    scrolled.show(ui, |ui| level_rows(ui, report));
}

fn level_rows(ui: &mut egui::Ui, report: &BarrierReport) {
    egui::Grid::new("levels")
        .striped(true)
        .num_columns(6)
        .show(ui, |ui| {
            for name in [
                "edges changed",
                "architectures",
                "mean",
                "deviation",
                "worst",
                "best",
            ] {
                ui.label(RichText::new(name).weak());
            }
            ui.end_row();
            for level in &report.levels {
                ui.label(level.level.to_string());
                ui.label(level.architectures.to_string());
                let accuracy = &level.accuracy;
                for value in [accuracy.mean, accuracy.std, accuracy.worst, accuracy.best] {
                    ui.label(format!("{value:.2}"));
                }
                ui.end_row();
            }
        });
}
