//! The cell under the hand: edits, scores and the neighborhood of an architecture.

use eframe::egui;

use crate::landscape::Score;
use crate::space::Genotype;

use super::context::Context;

/// State of the panel.
pub struct Editor {
    genotype: Genotype,
}

impl Editor {
    /// An editor that shows an architecture.
    pub fn new(genotype: Genotype) -> Self {
        Self { genotype }
    }

    /// The architecture as it is now.
    pub fn genotype(&self) -> &Genotype {
        &self.genotype
    }

    /// Shows another architecture, as one undoable edit.
    pub fn edit(&mut self, genotype: Genotype) {
        self.genotype = genotype;
    }

    /// Takes up scores that the session sent.
    pub fn scored(&mut self, _request: u64, _first: usize, _scores: &[Score]) {}

    /// Draws the panel.
    pub fn show(&mut self, ui: &mut egui::Ui, _context: &mut Context) {
        ui.label(self.genotype.to_text());
    }
}
