//! The runs that are kept, in `runs/` natively and in the browser's storage there: listed, opened, gone on with, and compared.

use eframe::egui;

use super::beside::{Beside, Side};
use super::export::Export;
use super::run_table::RunTable;
use crate::app::context::{Action, OpenTable};
use crate::app::draw::theme::{self, Lies, SPACE};
use crate::app::draw::words::counted;
use crate::app::runs::link::SessionState;
use crate::app::runs::shelf::Shelf;

/// State of both windows: of the list, and of runs beside each other.
#[derive(Default)]
pub struct KeptRuns {
    table: RunTable,
    beside: Beside,
    export: Export,
}

impl KeptRuns {
    /// Draws what is shown of them. `open`: the table that scores cells.
    pub fn windows(
        &mut self,
        shelf: &mut Shelf,
        context: &egui::Context,
        session: SessionState,
        open: Option<&OpenTable>,
        actions: &mut Vec<Action>,
    ) {
        let mut shown = shelf.shown;
        let mut done = false;
        let lies = Lies::Report([1160.0, 460.0]);
        theme::window_over(context, "Kept runs", &mut shown, lies, |ui| {
            let count = match &shelf.runs {
                None => {
                    ui.spinner();
                    return;
                }
                Some(Err(message)) => {
                    ui.colored_label(ui.visuals().error_fg_color, message);
                    return;
                }
                Some(Ok(runs)) => runs.len(),
            };
            let place = if cfg!(target_arch = "wasm32") {
                "in this browser's storage"
            } else {
                "in the folder runs"
            };
            ui.label(theme::note(match count {
                0 => format!("No run is kept {place} yet: start one with Run."),
                count => format!("{} {place}", counted(count, "run")),
            }));
            ui.add_space(SPACE[0]);
            if count > 0 {
                done = self.table.show(ui, shelf, session, open, actions);
            }
        });
        shelf.shown = shown && !done;
        self.compared(shelf, context, open, actions);
    }

    /// Draws the runs that were ticked beside each other.
    fn compared(
        &mut self,
        shelf: &mut Shelf,
        context: &egui::Context,
        open: Option<&OpenTable>,
        actions: &mut Vec<Action>,
    ) {
        let mut shown = !shelf.beside.is_empty();
        let lies = Lies::Report([900.0, 640.0]);
        theme::window_over(context, "Runs beside each other", &mut shown, lies, |ui| {
            self.export.poll(ui, actions);
            let sides: Vec<Side> = shelf
                .beside
                .iter()
                .map(|run| Side {
                    run,
                    at: None,
                    racer: None,
                })
                .collect();
            self.beside
                .show(ui, &sides, open, &mut self.export, actions);
        });
        if !shown {
            shelf.beside.clear();
        }
    }
}
