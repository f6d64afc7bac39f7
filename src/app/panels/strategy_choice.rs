//! The choice of a strategy: in three groups, each with a picture and a sentence.

use eframe::egui;

use crate::app::draw::{strategy_picture, theme};
use crate::search::{Family, Strategy};

/// Width of the choice, points.
const WIDTH: f32 = 190.0;
/// Height of its list, points.
const LIST: f32 = 360.0;

/// Chooses a strategy, or nobody where `nobody` says how that is called and what it means. `left_out`: one that cannot be chosen.
pub fn choice(
    ui: &mut egui::Ui,
    label: egui::Id,
    id: &str,
    value: &mut Option<Strategy>,
    nobody: Option<[&'static str; 2]>,
    left_out: Option<Strategy>,
) {
    let nothing = nobody.map_or("", |[name, _]| name);
    let width = ui.available_width().min(WIDTH);
    let combo = egui::ComboBox::from_id_salt(id)
        .selected_text(value.map_or(nothing, Strategy::title))
        .width(width)
        .height(LIST)
        .truncate()
        .show_ui(ui, |ui| {
            if let Some([name, help]) = nobody {
                let row = theme::choice(ui, value.is_none(), name);
                if row.on_hover_text(help).clicked() {
                    *value = None;
                }
            }
            for family in Family::ALL {
                ui.weak(family.title());
                let offered = Strategy::ALL
                    .into_iter()
                    .filter(|&strategy| strategy.family() == family && Some(strategy) != left_out);
                for strategy in offered {
                    let row = theme::choice(ui, *value == Some(strategy), strategy.title());
                    // Beside the list, whose other rows stay in sight.
                    let mut tooltip = egui::Tooltip::for_enabled(&row);
                    tooltip.popup = tooltip.popup.align(egui::RectAlign::RIGHT_START);
                    tooltip.show(|ui| explained(ui, strategy));
                    if row.clicked() {
                        *value = Some(strategy);
                    }
                }
            }
        });
    let response = combo.response.labelled_by(label);
    if let Some(strategy) = *value {
        response.on_hover_ui(|ui| explained(ui, strategy));
    }
}

/// The picture of a strategy and its sentence.
fn explained(ui: &mut egui::Ui, strategy: Strategy) {
    strategy_picture::show(ui, strategy);
    ui.label(strategy.sentence());
    if strategy.by_gradient() {
        ui.weak(
            "The bars are the weights of an edge's operations in a step, the outlines softmax(α).",
        );
    }
}
