//! Settings, controls and curves of a search.

use eframe::egui;

use super::context::Context;

/// State of the panel.
#[derive(Default)]
pub struct SearchPanel {}

impl SearchPanel {
    /// Draws the panel.
    pub fn show(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        ui.label(format!("{:?}", context.run.state));
    }
}
