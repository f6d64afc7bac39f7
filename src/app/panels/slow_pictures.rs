//! The pictures of slow motion: the neighbors of a step with their losses, and how α moved on an edge.

use eframe::egui::{
    self, Align2, Color32, FontId, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::moved::{Moved, moved};
use crate::app::draw::cell_canvas::{CellPicture, DrawnEdge};
use crate::app::draw::heat_map::weights;
use crate::app::draw::states::edge_name;
use crate::app::draw::theme::{self, Hue, SPACE, TYPE, operation_color, operation_label};
use crate::record::RunView;
use crate::search::Representation;
use crate::session::SearchStep;
use crate::space::{NO_CANDIDATE, Space};

/// Size of a neighbor's cell, points.
const CELL: egui::Vec2 = vec2(96.0, 52.0);
/// Height of the highest bar of a loss, points.
const BAR: f32 = 38.0;
/// Neighbors that are drawn, at most.
const MOST: usize = 10;
/// Height of the bars of α, points.
const WEIGHTS: f32 = 74.0;

/// Draws α's cell and the neighbors that were drawn in a step, the changed edge lit, with their losses as bars on one scale.
pub fn neighbors(ui: &mut Ui, run: &RunView, position: usize) {
    let (Some(space), Some(step)) = (run.space(), run.steps.get(position)) else {
        return;
    };
    // α as it was looked at: that of the step before, and of the first step its own.
    let seen = run.steps.get(position.saturating_sub(1)).unwrap_or(step);
    let search = run.config.as_ref().and_then(|run| run.search.as_ref());
    let representation = search.map_or(Representation::Permutation, |search| search.representation);
    let losses: Vec<f32> = std::iter::once(step.validation_loss)
        .chain(step.neighbor_losses.iter().copied())
        .take(MOST + 1)
        .collect();
    let lowest = losses.iter().copied().fold(f32::INFINITY, f32::min);
    let highest = losses.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // From a tenth of the spread below the lowest, so that all are seen and compare.
    let scale = |loss: f32| match highest - lowest {
        spread if spread > 0.0 => 0.1 + 0.9 * (loss - lowest) / spread,
        _ => 0.5,
    };
    let gap = ui.spacing().item_spacing.x;
    let columns = ((ui.available_width() + gap) / (CELL.x + gap)).max(1.0) as usize;
    let lanes: Vec<usize> = (0..losses.len()).collect();
    for row in lanes.chunks(columns) {
        ui.horizontal_top(|ui| {
            for &lane in row {
                let loss = losses[lane];
                let change = lane.checked_sub(1).and_then(|one| step.neighbors.get(one));
                ui.vertical(|ui| {
                    ui.set_width(CELL.x);
                    ui.label(theme::note(match lane {
                        0 => "α itself".to_owned(),
                        lane => format!("neighbor {lane}"),
                    }));
                    let changes = change.map_or(&[][..], Vec::as_slice);
                    cell(space, seen, changes, representation).thumbnail(ui, CELL);
                    let hue = if lane == 0 { Hue::Warm } else { Hue::Neighbor };
                    let color = theme::hue(ui.visuals(), hue);
                    bar(ui, scale(loss), color, &format!("{loss:.3}"));
                });
            }
        });
    }
    ui.label(theme::note(
        "loss, nats; the bars begin near the lowest, not at 0",
    ));
    let more = step.neighbor_losses.len().saturating_sub(MOST);
    if more > 0 {
        ui.label(theme::note(format!("and {more} more")));
    }
    if step.neighbors.is_empty() && !step.neighbor_losses.is_empty() {
        ui.label(theme::note(
            "This log does not say which edges its neighbors change: it was written by an earlier version.",
        ));
    }
}

/// The cell of the strongest operations of α with some edges changed: of the kinds of cells the one that has the first change.
fn cell(
    space: Space,
    step: &SearchStep,
    changes: &[(usize, usize)],
    representation: Representation,
) -> CellPicture {
    let edges = space.edges().len();
    let place = changes.first().map_or(0, |&(edge, _)| edge / edges);
    let kinds = space.cell_kinds();
    let place = place.min(kinds.len() - 1);
    let mut weight: Vec<Vec<f64>> = step.alpha.get(place).map_or_else(Vec::new, |alpha| {
        let row = |row: &Vec<f32>| weights(row, &step.relaxation()).into_iter().map(f64::from);
        alpha.iter().map(|one| row(one).collect()).collect()
    });
    for &(edge, shift) in changes {
        if let Some(row) = weight
            .get_mut(edge % edges)
            .filter(|_| edge / edges == place)
        {
            let alpha = step
                .alpha
                .get(place)
                .and_then(|cell| cell.get(edge % edges));
            let alpha = alpha.map_or(&[][..], Vec::as_slice);
            exchange(row, alpha, shift, representation);
        }
    }
    let mut picture = CellPicture::of_weights(space, kinds[place], &weight);
    let changed = |edge: &DrawnEdge| {
        let known = space.edges().iter();
        let at = known
            .clone()
            .position(|one| (one.from, one.to) == (edge.from, edge.to));
        changes
            .iter()
            .any(|&(one, _)| one / edges == place && at == Some(one % edges))
    };
    picture.differing = (0..picture.edges.len())
        .filter(|&edge| changed(&picture.edges[edge]))
        .collect();
    picture
}

/// The weights of an edge's operations as a neighbor has them (`method.md` §3.2).
fn exchange(row: &mut [f64], alpha: &[f32], shift: usize, representation: Representation) {
    // A shift counts among the candidates.
    let (places, mut values): (Vec<usize>, Vec<f64>) = row
        .iter()
        .copied()
        .enumerate()
        .filter(|&(place, _)| alpha.get(place) != Some(&NO_CANDIDATE))
        .unzip();
    let count = values.len().max(1);
    let share = match representation {
        Representation::Permutation => None,
        Representation::MassTransfer { share } => Some(f64::from(share)),
        Representation::HardReplacement => Some(1.0),
    };
    let strongest = (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b]));
    match (share, strongest) {
        (None, _) => values.rotate_right(shift % count),
        (Some(share), Some(strongest)) => {
            let moved = share * values[strongest];
            values[strongest] -= moved;
            values[(strongest + shift) % count] += moved;
        }
        (Some(_), None) => {}
    }
    for (place, value) in places.into_iter().zip(values) {
        row[place] = value;
    }
}

/// An upright bar with its number below.
fn bar(ui: &mut Ui, share: f32, color: Color32, number: &str) {
    let size = vec2(CELL.x, BAR + 16.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("loss {number} nats")));
    let ground = rect.top() + BAR;
    let bar = egui::Rect::from_min_max(
        pos2(rect.center().x - 14.0, ground - BAR * share),
        pos2(rect.center().x + 14.0, ground),
    );
    ui.painter().rect_filled(bar, 2.0, color);
    ui.painter().text(
        pos2(rect.center().x, ground + 2.0),
        Align2::CENTER_TOP,
        number,
        FontId::proportional(TYPE[0]),
        ui.visuals().text_color(),
    );
}

/// Draws the weights of the operations of the edge that a step moved most, with an arrow from before the step to after it.
pub fn step_of_alpha(ui: &mut Ui, run: &RunView, position: usize) {
    let (Some(space), Some(most)) = (run.space(), moved(&run.steps, position)) else {
        return;
    };
    let row = |place: usize| run.steps.get(place)?.alpha.get(most.cell)?.get(most.edge);
    let relaxation = run.steps[position].relaxation();
    let (Some(before), Some(after)) = (row(position - 1), row(position)) else {
        return;
    };
    let [before, after] = [before, after].map(|row| weights(row, &relaxation));
    let operations = space.operations();
    let width = ui.available_width().min(90.0 * operations.len() as f32);
    let size = vec2(width, WEIGHTS + 2.0 * TYPE[0] + SPACE[0]);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name(space, &most)));
    let column = rect.width() / operations.len() as f32;
    let ground = rect.top() + WEIGHTS;
    let highest = before.iter().chain(&after).copied().fold(0.05, f32::max);
    let y = |weight: f32| ground - WEIGHTS * weight / highest;
    let ink = ui.visuals().text_color();
    for (place, &operation) in operations.iter().enumerate() {
        let (Some(&old), Some(&new)) = (before.get(place), after.get(place)) else {
            continue;
        };
        let x = rect.left() + column * (place as f32 + 0.5);
        let half = (0.3 * column).min(16.0);
        let bar = egui::Rect::from_min_max(pos2(x - half, y(new)), pos2(x + half, ground));
        ui.painter()
            .rect_filled(bar, 2.0, operation_color(operation));
        // What it was, and where it went: an arrow that is too short to be seen says nothing.
        ui.painter()
            .hline(x - half..=x + half, y(old), Stroke::new(1.5, ink));
        if (y(new) - y(old)).abs() > 2.0 {
            let down = vec2(0.0, y(new) - y(old));
            ui.painter()
                .arrow(pos2(x, y(old)), down, Stroke::new(1.5, ink));
        }
        ui.painter().text(
            pos2(x, ground + 2.0),
            Align2::CENTER_TOP,
            operation_label(operation),
            FontId::proportional(TYPE[0] - 1.5),
            ui.visuals().weak_text_color(),
        );
    }
}

/// What a screen reader says of the bars.
fn name(space: Space, moved: &Moved) -> String {
    let edge = space.edges().get(moved.edge);
    let edge = edge.map_or_else(String::new, |edge| edge_name(space, edge.from, edge.to));
    format!("weights on edge {edge} before and after the step")
}
