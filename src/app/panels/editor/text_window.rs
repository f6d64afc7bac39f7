//! A window for the text of an architecture: paste any of the forms, or a log with one in it, read why it is none.

use eframe::egui::{self, RichText, TextEdit, Ui};

use crate::app::draw::theme::{self, Lies};
use crate::space::{Genotype, GenotypeError, Reading};

/// The window's state.
#[derive(Default)]
pub struct TextWindow {
    open: bool,
    text: String,
    error: Option<String>,
    /// Whether the field gets the keyboard in the next frame.
    begins: bool,
}

impl TextWindow {
    /// Opens the window with a text and what is wrong with it.
    pub fn open(&mut self, text: String, error: Option<String>) {
        self.open = true;
        self.text = text;
        self.error = error;
    }

    /// Opens the window for a text of the person: what is copied comes into the field, where the system lets a program ask for it.
    pub fn paste(&mut self, context: &egui::Context) {
        self.open(String::new(), None);
        self.begins = true;
        // A page hears of a paste only when the person pastes.
        if cfg!(not(target_arch = "wasm32")) {
            context.send_viewport_cmd(egui::ViewportCommand::RequestPaste);
            context.request_repaint();
        }
    }

    /// Draws the window where it is open. The architecture that the person made of the text.
    pub fn show(&mut self, ui: &Ui) -> Option<Reading> {
        let mut made = None;
        let mut open = self.open;
        let lies = Lies::Middle(460.0);
        theme::window_over(ui.ctx(), "Architecture from text", &mut open, lies, |ui| {
            let label = ui.weak(
                "DARTS Python (Genotype(normal=[…], …)), NAS-Bench-201 (|op~0|+|…|) or JSON, also within a log; in a text of DARTS 0 is \
                 c_{k−2} and 1 is c_{k−1}",
            );
            let edit = egui::ScrollArea::vertical()
                .max_height(240.0)
                .show(ui, |ui| {
                    ui.add(
                        TextEdit::multiline(&mut self.text)
                            .code_editor()
                            .desired_rows(7)
                            .desired_width(f32::INFINITY),
                    )
                    .labelled_by(label.id)
                })
                .inner;
            if std::mem::take(&mut self.begins) {
                edit.request_focus();
            }
            if edit.changed() {
                self.error = None;
            }
            if let Some(error) = &self.error {
                ui.label(RichText::new(error).color(ui.visuals().error_fg_color));
            }
            ui.horizontal(|ui| {
                let empty = self.text.trim().is_empty();
                if ui
                    .add_enabled(!empty, egui::Button::new("Show this cell"))
                    .clicked()
                {
                    match read(&self.text) {
                        Ok(reading) => made = Some(reading),
                        Err(error) => self.error = Some(error),
                    }
                }
                if ui.button("Cancel").clicked() {
                    self.open = false;
                }
            });
        });
        self.open = self.open && open && made.is_none();
        made
    }
}

/// Reads a text that was pasted, or says what to do about it.
pub fn read(text: &str) -> Result<Reading, String> {
    Genotype::read(text.as_bytes(), None).map_err(|error| match error {
        GenotypeError::Several(_) => format!("{error}; paste only one of them"),
        _ => error.to_string(),
    })
}
