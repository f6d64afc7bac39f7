//! Histograms of accuracy by exact distance from the architecture in the editor.

use eframe::egui::{self, RichText};

use super::super::export::Export;
use super::scatter::Plane;
use crate::app::context::Context;
use crate::app::draw::figure::{Figure, Mark, Series};
use crate::app::draw::theme::Hue;
use crate::landscape::{Statistics, shells};
use crate::space::Genotype;

/// Largest distance.
const RADIUS: usize = 3;
/// Bars of a histogram.
const BINS: usize = 40;

/// What is computed once for an architecture.
pub struct Around {
    index: usize,
    own: f64,
    /// Of distance 1, 2, 3.
    radii: Vec<Statistics>,
    /// One histogram for each of them.
    figures: Vec<Figure>,
    /// All of them as outlines over one pair of axes, for the file.
    together: Figure,
}

impl Around {
    /// The histograms around an architecture of the table: those of the last frame, or new ones. Nothing for other spaces.
    pub fn of<'a>(
        last: &'a mut Option<Self>,
        plane: &Plane,
        edited: &Genotype,
    ) -> Option<&'a Self> {
        let index = plane.open.table.index_of(edited)?;
        if last.as_ref().is_none_or(|around| around.index != index) {
            *last = Some(Self::new(plane, index));
        }
        last.as_ref()
    }

    fn new(plane: &Plane, index: usize) -> Self {
        let space = plane.open.table.space();
        let own = plane.accuracy[index];
        let shells: Vec<Vec<f64>> = shells(space, index, RADIUS)
            .iter()
            .map(|shell| shell.iter().map(|&member| plane.accuracy[member]).collect())
            .collect();
        let all = || shells.iter().flatten().copied().chain([own]);
        let low = all().fold(f64::INFINITY, f64::min);
        let high = all().fold(f64::NEG_INFINITY, f64::max).max(low + 1e-6);
        let width = (high - low) / BINS as f64;
        let axes = |title: String| Figure {
            title,
            x: "accuracy (%)".into(),
            y: "share (%)".into(),
            ..Figure::default()
        };
        let mut together = axes("Accuracy by distance from the cell".into());
        let mut figures = Vec::new();
        let mut radii = Vec::new();
        let hues = [Hue::Accent, Hue::Good, Hue::Neighbor];
        for (radius, (values, hue)) in (1..).zip(shells.iter().zip(hues)) {
            // A space of three edges has no architecture farther away.
            let Some(statistics) = Statistics::of(values) else {
                break;
            };
            let mut shares = [0.0; BINS];
            for value in values {
                let bin = ((value - low) / width) as usize;
                shares[bin.min(BINS - 1)] += 100.0 / values.len() as f64;
            }
            let edge = |bin: usize| low + bin as f64 * width;
            let bars = shares
                .iter()
                .enumerate()
                .map(|(bin, &share)| [edge(bin) + width / 2.0, share]);
            let outline = shares
                .iter()
                .enumerate()
                .flat_map(|(bin, &share)| [[edge(bin), share], [edge(bin + 1), share]]);
            let top = shares.iter().copied().fold(0.0, f64::max);
            let mut figure = axes(format!("Accuracy at distance {radius}"));
            figure.x_range = Some([low, high]);
            figure.series = vec![
                Series::new("", hue, Mark::Bars(width * 0.92), bars),
                Series::new("", Hue::Chosen, Mark::Line, [[own, 0.0], [own, top]]),
            ];
            figures.push(figure);
            let name = format!("distance {radius}");
            together
                .series
                .push(Series::new(name, hue, Mark::Line, outline));
            radii.push(statistics);
        }
        let top = together.bounds()[1][1];
        together.series.push(Series::new(
            "in the editor",
            Hue::Chosen,
            Mark::Line,
            [[own, 0.0], [own, top]],
        ));
        Self {
            index,
            own,
            radii,
            figures,
            together,
        }
    }
}

/// Draws the histograms below each other over the same accuracies.
pub fn show(
    ui: &mut egui::Ui,
    context: &mut Context,
    plane: &Plane,
    around: Option<&Around>,
    export: &mut Export,
) {
    let Some(around) = around else {
        super::other_space(ui, context, plane);
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.label(
            RichText::new(format!(
                "Architectures that differ from the one in the editor in exactly so many edges. The upright line is its own accuracy, \
                 {:.2} %. A flat optimum keeps most of its neighbors close to that line.",
                around.own
            ))
            .weak(),
        );
    });
    let text = ui.spacing().interact_size.y.max(20.0) + ui.spacing().item_spacing.y;
    let rows = around.figures.len().max(1) as f32;
    let left = ui.available_height() - text - ui.spacing().item_spacing.y;
    let height = (left / rows - text - ui.spacing().item_spacing.y).max(90.0);
    let top = ui.cursor().min;
    for (radius, (figure, statistics)) in (1..).zip(around.figures.iter().zip(&around.radii)) {
        ui.horizontal(|ui| {
            ui.strong(match radius {
                1 => "1 edge differs".to_owned(),
                _ => format!("{radius} edges differ"),
            });
            ui.label(format!(
                "{} architectures, mean {:.2} %, worst {:.2} %, best {:.2} %",
                statistics.count, statistics.mean, statistics.worst, statistics.best
            ));
        });
        figure.show(ui, height);
    }
    let place = egui::Rect::from_min_max(top, egui::pos2(ui.max_rect().right(), ui.cursor().min.y));
    export.menu(ui, context.actions, &around.together, Some(place), None);
}
