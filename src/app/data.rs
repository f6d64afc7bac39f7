//! The images: samples by class, split sizes, own files.

use eframe::egui;

use super::context::Context;

/// State of the panel.
#[derive(Default)]
pub struct DataPanel {}

impl DataPanel {
    /// Draws the panel.
    pub fn show(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        ui.label(format!("{:?}", context.run.state));
    }
}
