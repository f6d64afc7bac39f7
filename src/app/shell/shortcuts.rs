//! The keys that work in the whole window, and the list of all keys.

use eframe::egui;

use crate::app::draw::theme::{self, Lies, SPACE};
use crate::app::keys::{self, Deed, KEYS, Place};

/// The list has two columns from this width of the screen on, points.
const WIDE: f32 = 760.0;
/// The room between keys and what they do, points.
const GAP: f32 = 24.0;

/// What was asked for by keyboard in this frame. Keys without a modifier belong to a control while one has the focus.
pub fn asked(context: &egui::Context) -> Vec<Deed> {
    let free = context.memory(|memory| memory.focused().is_none());
    let asked =
        context.input_mut(|input| keys::asked(input, Place::Window, |row| free || !row.is_typed()));
    asked.into_iter().map(|asked| asked.deed).collect()
}

/// The list of all keys.
pub fn window(context: &egui::Context, open: &mut bool) {
    let wide = context.content_rect().width() >= WIDE;
    let lies = Lies::Middle(if wide { WIDE - 60.0 } else { 340.0 });
    theme::window_over(context, "Keyboard", open, lies, |ui| {
        let (first, others) = Place::ALL.split_at(1);
        if !wide {
            // Words take the rows that they need.
            places(ui, &Place::ALL, 0.5 * (ui.available_width() - GAP));
            return;
        }
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| places(ui, first, f32::INFINITY));
            ui.add_space(2.0 * SPACE[2]);
            ui.vertical(|ui| places(ui, others, f32::INFINITY));
        });
    });
}

/// `widest`: the width of the keys, and of what they do, at most.
fn places(ui: &mut egui::Ui, places: &[Place], widest: f32) {
    for &place in places {
        ui.strong(place.title());
        egui::Grid::new(("keys", place.title()))
            .num_columns(2)
            .max_col_width(widest)
            .spacing([GAP, 4.0])
            .show(ui, |ui| {
                for row in KEYS.iter().filter(|row| row.place == place) {
                    ui.label(egui::RichText::new(row.names(ui.ctx())).monospace());
                    ui.label(row.words);
                    ui.end_row();
                }
            });
        ui.add_space(SPACE[1]);
    }
}
