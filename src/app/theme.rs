//! One spacing scale, one type scale and one palette for the whole window.

use eframe::egui::{self, Color32};

use crate::space::Operation;

/// The spacing scale, in points: tight, normal, between groups.
pub const SPACE: [f32; 3] = [4.0, 8.0, 16.0];

/// The colour of an operation: the colour-blind-safe palette of Okabe and Ito, the same everywhere.
pub fn operation_color(operation: Operation) -> Color32 {
    match operation {
        Operation::None => Color32::from_rgb(0x99, 0x99, 0x99),
        Operation::MaxPool3x3 => Color32::from_rgb(0x56, 0xb4, 0xe9),
        Operation::AvgPool3x3 => Color32::from_rgb(0x00, 0x72, 0xb2),
        Operation::SkipConnect => Color32::from_rgb(0xe6, 0x9f, 0x00),
        Operation::SepConv3x3 | Operation::Conv1x1 => Color32::from_rgb(0x00, 0x9e, 0x73),
        Operation::SepConv5x5 | Operation::Conv3x3 => Color32::from_rgb(0xcc, 0x79, 0xa7),
        Operation::DilConv3x3 => Color32::from_rgb(0xd5, 0x5e, 0x00),
        Operation::DilConv5x5 => Color32::from_rgb(0xf0, 0xe4, 0x42),
    }
}

/// The name of an operation for people: short enough for a label on an edge.
pub fn operation_label(operation: Operation) -> &'static str {
    match operation {
        Operation::None => "none",
        Operation::MaxPool3x3 => "max pool 3×3",
        Operation::AvgPool3x3 => "avg pool 3×3",
        Operation::SkipConnect => "skip",
        Operation::SepConv3x3 => "sep conv 3×3",
        Operation::SepConv5x5 => "sep conv 5×5",
        Operation::DilConv3x3 => "dil conv 3×3",
        Operation::DilConv5x5 => "dil conv 5×5",
        Operation::Conv1x1 => "conv 1×1",
        Operation::Conv3x3 => "conv 3×3",
    }
}

/// Applies spacing and type to a context.
pub fn apply(context: &egui::Context) {
    // The proportional font has no arrows; the monospace one, which is bundled anyway, has them.
    let mut fonts = egui::FontDefinitions::default();
    if let Some(family) = fonts.families.get_mut(&egui::FontFamily::Proportional) {
        family.insert(1, "Hack".to_owned());
    }
    context.set_fonts(fonts);
    context.all_styles_mut(|style| {
        style.spacing.item_spacing = egui::vec2(SPACE[1], SPACE[0] + 2.0);
        style.spacing.button_padding = egui::vec2(SPACE[1], SPACE[0]);
    });
}
