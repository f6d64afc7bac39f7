//! Tables: accuracy against neighborhood, barriers, spectra.

use eframe::egui;

use super::context::Context;

/// State of the panel.
#[derive(Default)]
pub struct LandscapePanel {}

impl LandscapePanel {
    /// Draws the panel.
    pub fn show(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        ui.label(format!("{:?}", context.run.state));
    }
}
