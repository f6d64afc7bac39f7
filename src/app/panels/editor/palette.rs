//! The palette of one edge: every operation with what it would bring, and the states that the edge could read.

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    self, Align2, FontId, PopupCloseBehavior, Response, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, vec2,
};

use super::edits::{Place, operations, sources};
use super::gain;
use super::scores::Scores;
use crate::app::draw::states::{edge_name, push, push_edge, push_state, state_name};
use crate::app::draw::theme::{self, SPACE, TYPE, operation_color, operation_label};
use crate::space::{Genotype, Operation, Space};

/// Width of a palette, points.
const WIDTH: f32 = 214.0;
/// Least height of one of its operations, points.
const ROW: f32 = 24.0;

/// What was chosen in a palette.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Choice {
    /// Another operation.
    Operation(Operation),
    /// Another state to read.
    Source(usize),
}

/// What a state is, behind its name.
fn meaning(space: Space, state: usize) -> &'static str {
    match (space, state) {
        (Space::Darts, 0) => ", the cell before last",
        (Space::Darts, 1) => ", the last cell",
        (Space::NasBench201 | Space::NasBench201Small, 0) => ", the input",
        _ => "",
    }
}

/// Shows the palette beside an edge's label until something is chosen or the person clicks elsewhere.
pub fn show(
    label: &Response,
    genotype: &Genotype,
    place: Place,
    scores: &Scores,
    open: &mut bool,
) -> Option<Choice> {
    let mut choice = None;
    egui::Popup::from_response(label)
        .open_bool(open)
        .accessible_name("operations")
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_width(WIDTH);
            let most = ui.ctx().content_rect().height() - 2.0 * SPACE[2];
            theme::scroll_beyond(ui, most, |ui| choice = choices(ui, genotype, place, scores));
        });
    if choice.is_some() {
        *open = false;
    }
    choice
}

/// The operations, and the other states that the edge could read. The one that was chosen.
fn choices(ui: &mut Ui, genotype: &Genotype, place: Place, scores: &Scores) -> Option<Choice> {
    let input = place.input(genotype)?;
    let space = genotype.space();
    let mut choice = None;
    title(ui, space, place, input.from);
    ui.spacing_mut().item_spacing.y = 2.0;
    for (digit, &operation) in (1..).zip(operations(space)) {
        let present = operation == input.operation;
        let gain = (0..scores.neighbors().len())
            .find(|&index| {
                let one = &scores.neighbors()[index];
                one.place == place && one.is_operation() && one.change.after.operation == operation
            })
            .and_then(|index| scores.gain(index));
        let searched = scores.allows(place.cell, [input.from, place.node], operation);
        let worth = match (present, searched) {
            (true, _) => Worth::Now,
            (false, false) => Worth::NoCandidate,
            (false, true) => Worth::Gain(gain),
        };
        if row(ui, digit, operation, worth).clicked() {
            choice = Some(Choice::Operation(operation));
        }
    }
    let others = sources(genotype, place);
    if !others.is_empty() {
        ui.add_space(SPACE[0]);
        ui.weak("reads instead (or drag the edge)");
        ui.horizontal_wrapped(|ui| {
            for from in others {
                if source(ui, space, from).clicked() {
                    choice = Some(Choice::Source(from));
                }
            }
        });
    }
    choice
}

/// Which edge it is.
fn title(ui: &mut Ui, space: Space, place: Place, from: usize) {
    let (size, color) = (TYPE[1], ui.visuals().strong_text_color());
    let kind = place.kind(space);
    let mut job = LayoutJob::default();
    push(&mut job, &format!("{kind} cell, edge "), size, color);
    push_edge(&mut job, space, [from, place.node], size, color);
    let name = format!("{kind} cell, edge {}", edge_name(space, from, place.node));
    let label = ui.label(job);
    label.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
}

/// A state that the edge could read.
fn source(ui: &mut Ui, space: Space, from: usize) -> Response {
    let (size, color) = (TYPE[1], ui.visuals().text_color());
    let meaning = meaning(space, from);
    let mut job = LayoutJob::default();
    push_state(&mut job, space, from, size, color);
    push(&mut job, meaning, size, color);
    let name = format!("read {}{meaning}", state_name(space, from));
    let button = ui.button(job);
    button.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name));
    button
}

/// What stands behind an operation.
enum Worth {
    /// The edge has it.
    Now,
    /// What it would bring, once that is known.
    Gain(Option<f64>),
    /// The shown run does not search it on this edge.
    NoCandidate,
}

/// One operation: its colour, its name, its digit, and what it would bring.
fn row(ui: &mut Ui, digit: usize, operation: Operation, worth: Worth) -> Response {
    let present = matches!(worth, Worth::Now);
    let size = vec2(ui.available_width(), ROW.max(ui.spacing().interact_size.y));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| {
        let mark = match worth {
            Worth::NoCandidate => ", no candidate of the run",
            Worth::Now | Worth::Gain(_) => "",
        };
        let name = format!("use {}{mark}", operation_label(operation));
        WidgetInfo::selected(Role::Button, ui.is_enabled(), present, name)
    });
    let visuals = ui.style().interact_selectable(&response, present);
    let painter = ui.painter();
    if present || response.hovered() || response.has_focus() {
        painter.rect(
            rect,
            4.0,
            visuals.weak_bg_fill,
            visuals.bg_stroke,
            StrokeKind::Inside,
        );
    }
    let middle = rect.left_center() + vec2(16.0, 0.0);
    let swatch = egui::Rect::from_center_size(middle, vec2(16.0, 12.0));
    if operation == Operation::None {
        let stroke = Stroke::new(1.2, operation_color(operation));
        painter.rect_stroke(swatch, 6.0, stroke, StrokeKind::Inside);
    } else {
        painter.rect_filled(swatch, 6.0, operation_color(operation));
    }
    let font = FontId::proportional(13.5);
    let color = visuals.text_color();
    let name_color = match worth {
        Worth::NoCandidate => ui.visuals().weak_text_color(),
        Worth::Now | Worth::Gain(_) => color,
    };
    painter.text(
        rect.left_center() + vec2(32.0, 0.0),
        Align2::LEFT_CENTER,
        operation_label(operation),
        font.clone(),
        name_color,
    );
    let right = rect.right_center() - vec2(30.0, 0.0);
    let weak = ui.visuals().weak_text_color();
    let said = match worth {
        Worth::Now => Some(("now".to_owned(), color)),
        // It can be looked at all the same.
        Worth::NoCandidate => Some(("not searched".to_owned(), weak)),
        Worth::Gain(gain) => gain.map(|gain| {
            let color = gain::ink(gain, ui.visuals().dark_mode);
            (gain::signed(gain), color)
        }),
    };
    if let Some((text, color)) = said {
        painter.text(right, Align2::RIGHT_CENTER, text, font.clone(), color);
    }
    let key = egui::Rect::from_center_size(rect.right_center() - vec2(14.0, 0.0), vec2(16.0, 16.0));
    let faint = ui.visuals().weak_text_color();
    painter.rect_stroke(key, 3.0, Stroke::new(1.0, faint), StrokeKind::Inside);
    painter.text(
        key.center(),
        Align2::CENTER_CENTER,
        digit.to_string(),
        FontId::proportional(11.0),
        faint,
    );
    response
}
