//! Training of the derived network: curves, test, mistakes, sizes of the cells.

use eframe::egui;

use super::context::Context;

/// State of the panel.
#[derive(Default)]
pub struct NetworkPanel {}

impl NetworkPanel {
    /// Draws the panel.
    pub fn show(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        ui.label(format!("{:?}", context.run.state));
    }
}
