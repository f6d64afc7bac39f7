//! Saves what the shown run measured, for other programs.

use eframe::egui;
use web_time::SystemTime;

use super::App;
use crate::app::context::Action;
use crate::app::runs::notice::{About, Notice};
use crate::app::runs::recording::Recording;
use crate::export::{EVENT_FILE, Picture, curves, curves_csv, event_file};

impl App {
    /// Saves what every step measured as CSV.
    pub(super) fn save_curves(&mut self, context: &egui::Context) {
        if let Some(run) = self.recording() {
            let csv = curves_csv(&curves(&run.events));
            let name = format!("{}.csv", self.zip_name());
            self.files.save(name, csv.into_bytes(), context);
        }
    }

    /// Saves an event file of TensorBoard, once the cells are drawn.
    pub(super) fn save_event_file(&mut self, context: &egui::Context) {
        let Some(run) = self.recording() else { return };
        let last = self.changed.unwrap_or_else(SystemTime::now);
        // No clock stands before 1970.
        let last = last
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let started = last.as_secs_f64() - self.run.seconds;
        let name = format!("{EVENT_FILE}.{}", self.zip_name());
        let made = move |pictures: &[Picture]| Action::SaveFile {
            name,
            bytes: event_file(&run.events, started, pictures),
        };
        let genotype = self.run.genotype().cloned();
        self.files.save_with_cells(genotype, made, context);
    }

    /// What the shown run has said so far.
    fn recording(&mut self) -> Option<Recording> {
        match Recording::from_bytes(self.run_files.events.as_bytes()) {
            Ok(run) => Some(run),
            Err(error) => {
                let failed = Notice::error(error.to_string());
                self.notices.push(failed.about(About::Saving));
                None
            }
        }
    }
}
