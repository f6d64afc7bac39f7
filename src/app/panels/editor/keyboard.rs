//! The editor by keyboard.

use eframe::egui::Ui;
use eframe::egui::text_selection::LabelSelectionState;

use super::edits::{Place, operations, sources, with_operation, with_source};
use super::{Editor, text_window};
use crate::app::context::Context;
use crate::app::keys::{self, Deed, Place as At};

impl Editor {
    /// Keys that act on the focused edge: they go to another one, change its source, choose its operation.
    pub(super) fn edge_keys(&mut self, ui: &Ui, edge: Place, edges: &[Place]) {
        let asked = ui.input_mut(|input| keys::asked(input, At::Edge, |_| true));
        for keys::Asked { deed, key, .. } in asked {
            let genotype = self.genotype().clone();
            match deed {
                Deed::RewireBack | Deed::RewireOn => {
                    let Some(input) = edge.input(&genotype) else {
                        continue;
                    };
                    let free = sources(&genotype, edge);
                    let next = if deed == Deed::RewireOn {
                        free.iter().find(|&&from| from > input.from)
                    } else {
                        free.iter().rev().find(|&&from| from < input.from)
                    };
                    if let Some(&from) = next {
                        self.try_edit(with_source(&genotype, edge, from));
                    }
                }
                Deed::EdgeBack | Deed::EdgeOn => {
                    let way = if deed == Deed::EdgeOn {
                        1
                    } else {
                        edges.len() - 1
                    };
                    if let Some(here) = edges.iter().position(|&one| one == edge) {
                        let next = edges[(here + way) % edges.len()];
                        self.selected = Some(next);
                        self.focus = Some(next);
                        ui.ctx().request_repaint();
                    }
                }
                Deed::Operation => {
                    if let Some(&operation) = operations(genotype.space()).get(key) {
                        self.palette = None;
                        self.try_edit(with_operation(&genotype, edge, operation));
                    }
                }
                _ => {}
            }
        }
    }

    /// Keys of the whole panel: undo, redo, copy, paste. They belong to a text field while one has the keyboard.
    pub(super) fn keys(&mut self, ui: &Ui, context: &mut Context) {
        if ui.ctx().text_edit_focused() {
            return;
        }
        // Text that is marked is copied itself.
        let marked = ui
            .ctx()
            .with_plugin(|labels: &mut LabelSelectionState| labels.has_selection())
            .unwrap_or(false);
        let own = |row: &keys::Row| !(marked && row.deed == Deed::Copy);
        let asked = ui.input_mut(|input| keys::asked(input, At::Editor, own));
        for keys::Asked { deed, text, .. } in asked {
            match deed {
                Deed::Redo => {
                    self.history.redo();
                }
                Deed::Undo => {
                    self.history.undo();
                }
                Deed::Copy => ui.ctx().copy_text(self.genotype().to_text()),
                Deed::Paste => match text_window::read(&text) {
                    Ok(reading) => self.take(reading, context),
                    Err(error) => self.window.open(text, Some(error)),
                },
                _ => {}
            }
        }
    }
}
