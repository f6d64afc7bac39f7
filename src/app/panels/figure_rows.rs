//! Small plots over the steps of a run, in rows.

use eframe::egui::{self, Ui, vec2};

use super::export::Export;
use crate::app::context::Action;
use crate::app::draw::figure::{Figure, Series};
use crate::app::draw::theme::SPACE;

/// A plot over the steps; `y` is what is along y, with its unit.
pub fn over_steps(title: &str, y: &str, help: &'static str, series: Vec<Series>) -> Figure {
    Figure {
        title: title.into(),
        x: "step".into(),
        y: y.into(),
        help,
        whole_x: true,
        series,
        ..Figure::default()
    }
}

/// Draws plots of a height in so many columns, with a mark at step `cursor`. Returns the step that was clicked or dragged to.
pub fn show(
    ui: &mut Ui,
    figures: &[&Figure],
    columns: usize,
    height: f32,
    cursor: Option<f64>,
    export: &mut Export,
    actions: &mut Vec<Action>,
) -> Option<f64> {
    let gap = SPACE[2];
    let width = (ui.available_width() - gap * (columns - 1) as f32) / columns as f32;
    let mut chosen = None;
    for row in figures.chunks(columns) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for figure in row {
                ui.vertical(|ui| {
                    ui.set_width(width);
                    ui.spacing_mut().item_spacing = egui::vec2(SPACE[1], 2.0);
                    let step = export.with_heading(ui, actions, figure, |ui| {
                        figure.show_steps(ui, cursor, vec2(width, height))
                    });
                    chosen = step.or(chosen);
                });
            }
        });
        ui.add_space(SPACE[1]);
    }
    chosen
}
