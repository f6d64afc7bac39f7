//! α of a cell as a heat map: one row an edge, one column an operation, the colour as strong as the weight.

use eframe::egui::text::LayoutJob;
use eframe::egui::{self, Color32, Role, Sense, Stroke, StrokeKind, WidgetInfo, pos2, vec2};

use crate::search::relaxation::Relaxation;
use crate::space::{CellKind, NO_CANDIDATE, Space};

use super::states::{edge_name, push, push_state};
use super::theme::{self, SPACE, TYPE, operation_color, operation_label};
use super::words::describe;

/// Height of an edge's row, points.
const ROW: f32 = 15.0;
/// Width of the names of the edges, points.
const NAMES: f32 = 38.0;
/// Height of the colours of the operations, points.
const HEAD: f32 = 10.0;
/// Weights that the scale shows.
const SCALE: [f32; 5] = [0.0, 0.1, 0.25, 0.5, 1.0];

/// The colour of a weight: between the ground and the colour of the operation, so that small weights are told apart, too.
fn shade(ground: Color32, of: Color32, weight: f32) -> Color32 {
    theme::blend(ground, of, weight.sqrt())
}

/// The weights of an edge's operations: of one row of α.
pub fn weights(row: &[f32], relaxation: &Relaxation) -> Vec<f32> {
    relaxation.mix(row, row.len())
}

/// Draws the heat map of one cell. `alpha`: `[edge][operation]`, before the softmax. `lit`: an edge whose row is framed.
pub fn show(
    ui: &mut egui::Ui,
    space: Space,
    kind: CellKind,
    alpha: &[Vec<f32>],
    relaxation: &Relaxation,
    width: f32,
    lit: Option<usize>,
) {
    let operations = space.operations();
    let edges = space.edges();
    let size = vec2(width, HEAD + SPACE[0] + ROW * edges.len() as f32);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Image, true, format!("weights of the {kind} cell"))
    });
    describe(&response, || in_words(space, alpha, relaxation));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let painter = ui.painter();
    let column = (rect.width() - NAMES) / operations.len() as f32;
    let top = rect.top() + HEAD + SPACE[0];
    let place = |edge: usize, operation: usize| {
        egui::Rect::from_min_size(
            pos2(
                rect.left() + NAMES + column * operation as f32,
                top + ROW * edge as f32,
            ),
            vec2(column, ROW),
        )
        .shrink(0.75)
    };
    for (index, &operation) in operations.iter().enumerate() {
        let mut head = place(0, index);
        head.set_top(rect.top());
        head.set_bottom(rect.top() + HEAD);
        painter.rect_filled(head, 2.0, operation_color(operation));
    }
    let ground = ui.visuals().extreme_bg_color;
    let mut hovered = None;
    for (row, (edge, alpha)) in edges.iter().zip(alpha).enumerate() {
        let weak = ui.visuals().weak_text_color();
        let mut name = LayoutJob::default();
        push_state(&mut name, space, edge.from, TYPE[0], weak);
        push(&mut name, &format!("→{}", edge.to), TYPE[0], weak);
        let name = painter.layout_job(name);
        let middle = top + ROW * (row as f32 + 0.5) - 0.5 * name.size().y;
        painter.galley(pos2(rect.left(), middle), name, weak);
        let weights = weights(alpha, relaxation);
        let strongest = weights
            .iter()
            .copied()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(index, _)| index);
        for (column, (&operation, &weight)) in operations.iter().zip(&weights).enumerate() {
            let cell = place(row, column);
            let color = shade(ground, operation_color(operation), weight);
            painter.rect_filled(cell, 2.0, color);
            if strongest == Some(column) {
                let stroke = Stroke::new(1.0, ui.visuals().text_color());
                painter.rect_stroke(cell, 2.0, stroke, StrokeKind::Inside);
            }
            if let Some(pointer) = response.hover_pos()
                && cell.expand(0.75).contains(pointer)
            {
                let alpha = alpha.get(column).copied().unwrap_or_default();
                let value = match alpha == NO_CANDIDATE {
                    true => "no candidate".to_owned(),
                    false => format!("weight {weight:.3}, α {alpha:.3}"),
                };
                hovered = Some(format!(
                    "edge {}: {}\n{value}",
                    edge_name(space, edge.from, edge.to),
                    operation_label(operation),
                ));
            }
        }
    }
    if let Some(row) = lit.filter(|row| *row < edges.len()) {
        let row = egui::Rect::from_min_size(
            pos2(rect.left() - SPACE[0] / 2.0, top + ROW * row as f32 - 1.0),
            vec2(rect.width() + SPACE[0], ROW + 2.0),
        );
        let stroke = Stroke::new(2.5, theme::hue(ui.visuals(), theme::Hue::Accent));
        painter.rect_stroke(row, 3.0, stroke, StrokeKind::Outside);
    }
    if let Some(text) = hovered {
        response.on_hover_text_at_pointer(text);
    }
}

/// The strongest operation of each edge and its weight.
fn in_words(space: Space, alpha: &[Vec<f32>], relaxation: &Relaxation) -> String {
    let edges = space.edges().iter().zip(alpha);
    let strongest = edges.filter_map(|(edge, alpha)| {
        let weights = weights(alpha, relaxation);
        let both = space.operations().iter().zip(weights);
        let (&operation, weight) = both.max_by(|a, b| a.1.total_cmp(&b.1))?;
        let (edge, name) = (
            edge_name(space, edge.from, edge.to),
            operation_label(operation),
        );
        Some(format!("{edge}, {name} {weight:.2}"))
    });
    let strongest: Vec<String> = strongest.collect();
    format!("The strongest on each edge: {}", strongest.join("; "))
}

/// The scale of the colours, in grey for all operations, and what the frame means.
pub fn scale(ui: &mut egui::Ui) {
    let visuals = ui.visuals();
    let (ground, ink) = (visuals.extreme_bg_color, visuals.text_color());
    let rim = Stroke::new(1.0, visuals.weak_text_color());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(SPACE[1], 2.0);
        ui.label(theme::note("weight"));
        for weight in SCALE {
            theme::swatch(ui, &weight.to_string(), |painter, place| {
                let color = shade(ground, ink, weight);
                painter.rect(place, 2.0, color, rim, StrokeKind::Inside);
            });
        }
        ui.label(theme::note("framed: the largest of its edge"));
    });
}

/// Names the colours of a space's operations.
pub fn legend(ui: &mut egui::Ui, space: Space) {
    theme::rows_of_words(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(SPACE[1], 2.0);
        for &operation in space.operations() {
            theme::swatch(ui, operation_label(operation), |painter, place| {
                painter.rect_filled(place, 2.0, operation_color(operation));
            });
        }
    });
}
