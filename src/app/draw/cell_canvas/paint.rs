//! How a cell looks.

use std::sync::Arc;

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Galley, Pos2, Rect, Response, Shape, Stroke, StrokeKind,
    Ui, Vec2, pos2, vec2,
};

use super::super::states::{push_indexed, push_state, state_name};
use super::super::theme::{TYPE, blend, luminance, operation_color, operation_label};
use super::{CellPicture, DrawnEdge, Geometry, OUTPUT, Route, cell_title, role_of};
use crate::space::Operation;

/// The colour of an operation as a line on this background: light colours are darkened where the background is light.
pub fn line_color(operation: Operation, dark_mode: bool) -> Color32 {
    let color = operation_color(operation);
    match (dark_mode, luminance(color)) {
        (false, light) if light > 0.55 => blend(color, Color32::BLACK, 0.22),
        (true, light) if light < 0.2 => blend(color, Color32::WHITE, 0.25),
        _ => color,
    }
}

/// Black or white, whichever can be read on a colour.
pub fn text_on(color: Color32) -> Color32 {
    if luminance(color) > 0.22 {
        Color32::from_gray(16)
    } else {
        Color32::WHITE
    }
}

/// The shortest name of an operation that can still be told from the others.
fn short_label(operation: Operation) -> &'static str {
    match operation {
        Operation::None => "none",
        Operation::MaxPool3x3 => "max 3×3",
        Operation::AvgPool3x3 => "avg 3×3",
        Operation::SkipConnect => "skip",
        Operation::SepConv3x3 => "sep 3×3",
        Operation::SepConv5x5 => "sep 5×5",
        Operation::DilConv3x3 => "dil 3×3",
        Operation::DilConv5x5 => "dil 5×5",
        Operation::Conv1x1 => "1×1",
        Operation::Conv3x3 => "3×3",
    }
}

/// What a state is while an edge is dragged.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Plain,
    /// The dragged edge may read it.
    Target,
    /// It does if it is let go now.
    Chosen,
    /// It may not.
    Refused,
}

/// A picture with its places and its labels laid out.
pub(super) struct Look<'a> {
    picture: &'a CellPicture,
    pub(super) geometry: Geometry,
    rect: Rect,
    labels: Vec<Option<Arc<Galley>>>,
    font: FontId,
    names: fn(Operation) -> &'static str,
}

impl<'a> Look<'a> {
    pub(super) fn new(ui: &Ui, picture: &'a CellPicture, rect: Rect) -> Self {
        let mut geometry = Geometry::new(picture.space, rect);
        let font = FontId::proportional(12.5 * geometry.scale);
        let padding = vec2(14.0, 7.0) * geometry.scale;
        // All labels have the size of the largest that any operation of the space needs, the same one as long as the room allows it.
        let largest = |names: fn(Operation) -> &'static str| {
            picture
                .space
                .operations()
                .iter()
                .map(|&operation| layout(ui, names(operation), &font).size())
                .fold(Vec2::ZERO, Vec2::max)
                + padding
        };
        let choices: [fn(Operation) -> &'static str; 2] = [operation_label, short_label];
        let fitting = choices
            .into_iter()
            .map(|names| (names, largest(names)))
            .find(|(_, size)| size.x <= geometry.label_room());
        let (names, labels) = match fitting {
            Some((names, size)) => {
                geometry.set_label(size);
                let labels = picture.edges.iter();
                let labels = labels
                    .map(|edge| Some(layout(ui, names(edge.operation), &font)))
                    .collect();
                (names, labels)
            }
            None => (choices[1], vec![None; picture.edges.len()]),
        };
        Self {
            picture,
            geometry,
            rect,
            labels,
            font,
            names,
        }
    }

    /// Draws everything. `responses`: of the edges, where they are widgets. `dragged` is an edge, where its beginning is held, and the state
    /// there.
    pub(super) fn paint(
        &self,
        ui: &Ui,
        routes: &[Option<Route>],
        responses: &[Response],
        hovered: Option<usize>,
        dragged: Option<(usize, Pos2, Option<usize>)>,
    ) {
        self.paint_output(ui);
        if let Some(room) = self.geometry.title_room().filter(|_| self.picture.titled) {
            self.paint_title(ui, room);
        }
        let lifted = dragged.map(|(edge, ..)| edge);
        let preview = self.picture.preview.map(|(edge, _)| edge);
        let on_top = |edge: usize| {
            hovered == Some(edge)
                || self.picture.selected == Some(edge)
                || self.picture.differing.contains(&edge)
                || lifted == Some(edge)
        };
        let order = (0..routes.len())
            .filter(|&edge| !on_top(edge))
            .chain((0..routes.len()).filter(|&edge| on_top(edge)));
        for edge in order {
            let drawn = self.picture.edges[edge];
            if let Some((dragged_edge, at, over)) = dragged
                && dragged_edge == edge
            {
                let sources = &self.picture.sources[edge];
                let snapped = over.filter(|state| sources.contains(state) || *state == drawn.from);
                let route = match snapped {
                    Some(state) => self.geometry.route(state, drawn.to, None),
                    None => self.geometry.route(drawn.from, drawn.to, Some(at)),
                };
                if let Some(route) = route {
                    self.paint_line(ui, &drawn, &route, true, preview.is_some());
                    self.paint_label(ui, edge, &drawn, &route, [true, false, false]);
                    if snapped.is_none() {
                        let color = line_color(drawn.operation, ui.visuals().dark_mode);
                        ui.painter()
                            .circle_filled(at, 5.0 * self.geometry.scale, color);
                    }
                }
                continue;
            }
            let faded = preview.is_some_and(|preview| preview != edge);
            let Some(route) = &routes[edge] else { continue };
            match self.picture.preview {
                Some((place, new)) if place == edge => self.paint_preview(ui, edge, &new, route),
                _ => {
                    let lit = on_top(edge);
                    self.paint_line(ui, &drawn, route, lit, faded);
                    let focused = responses.get(edge).is_some_and(Response::has_focus);
                    self.paint_label(ui, edge, &drawn, route, [lit, focused, faded]);
                }
            }
        }
        for state in 0..self.geometry.states.len() {
            self.paint_state(ui, state, self.mark(state, dragged));
        }
        if let Some((edge, at, Some(state))) = dragged
            && self.mark(state, dragged) == Mark::Refused
        {
            let to = self.picture.edges[edge].to;
            let name = state_name(self.picture.space, state);
            let reason = if state >= to {
                format!("{to} comes before {name}")
            } else {
                format!("{to} reads {name} already")
            };
            self.paint_note(ui, at, &reason);
        }
    }

    fn mark(&self, state: usize, dragged: Option<(usize, Pos2, Option<usize>)>) -> Mark {
        let Some((edge, _, over)) = dragged else {
            return Mark::Plain;
        };
        let allowed = self.picture.sources[edge].contains(&state);
        let present = state == self.picture.edges[edge].from;
        match (allowed || present, over == Some(state)) {
            (true, true) => Mark::Chosen,
            (true, false) => Mark::Target,
            (false, _) if state == self.picture.edges[edge].to => Mark::Plain,
            (false, _) => Mark::Refused,
        }
    }

    /// The name of the cell, in a narrow room in two lines.
    fn paint_title(&self, ui: &Ui, room: Rect) {
        let name = cell_title(self.picture.space, self.picture.kind);
        let color = ui.visuals().weak_text_color();
        let font = FontId::proportional(TYPE[0]);
        let name = ui.painter().layout(name, font, color, room.width());
        let at = room.left_center() - vec2(0.0, 0.5 * name.size().y);
        ui.painter().galley(at, name, color);
    }

    /// The band of the nodes that make the output, and the output.
    fn paint_output(&self, ui: &Ui) {
        let visuals = ui.visuals();
        let faint = blend(visuals.panel_fill, visuals.text_color(), 0.09);
        let line = blend(visuals.panel_fill, visuals.text_color(), 0.35);
        let Some(output) = self.geometry.output else {
            return;
        };
        let (Some(first), Some(last)) = (self.picture.concat.first(), self.geometry.states.last())
        else {
            return;
        };
        let reach = self.geometry.radius + 7.0 * self.geometry.scale;
        let first = self.geometry.states[*first];
        let band = Rect::from_min_max(first - Vec2::splat(reach), *last + Vec2::splat(reach));
        let painter = ui.painter();
        painter.rect_filled(band, reach, faint);
        let end = output.x - self.geometry.input_radius - 1.0;
        let start = pos2(band.right(), output.y);
        let stroke = Stroke::new(1.5 * self.geometry.scale, line);
        painter.line_segment([start, pos2(end - 4.0, output.y)], stroke);
        painter.add(arrow(
            pos2(end, output.y),
            vec2(1.0, 0.0),
            6.0 * self.geometry.scale,
            line,
        ));
        self.paint_circle(ui, output, self.geometry.input_radius, Mark::Plain);
        let mut name = LayoutJob::default();
        let (size, color) = (14.0 * self.geometry.scale, visuals.strong_text_color());
        push_indexed(&mut name, "c", "k", size, color);
        let name = painter.layout_job(name);
        painter.galley(output - 0.5 * name.size(), name, color);
        self.paint_role(ui, output, self.geometry.input_radius, OUTPUT);
    }

    /// What a state is, below its circle.
    fn paint_role(&self, ui: &Ui, center: Pos2, radius: f32, role: &str) {
        let scale = self.geometry.scale;
        ui.painter().text(
            center + vec2(0.0, radius + 3.0 * scale),
            Align2::CENTER_TOP,
            role,
            FontId::proportional(11.5 * scale),
            ui.visuals().weak_text_color(),
        );
    }

    fn paint_circle(&self, ui: &Ui, center: Pos2, radius: f32, mark: Mark) {
        let visuals = ui.visuals();
        let strength = if mark == Mark::Refused { 0.2 } else { 0.6 };
        let outline = blend(visuals.panel_fill, visuals.text_color(), strength);
        let accent = visuals.selection.stroke.color;
        let painter = ui.painter();
        match mark {
            Mark::Chosen => {
                painter.circle_filled(center, radius + 6.0, accent.gamma_multiply(0.35));
            }
            Mark::Target => {
                painter.circle_filled(center, radius + 5.0, accent.gamma_multiply(0.15));
            }
            Mark::Plain | Mark::Refused => {}
        }
        let stroke = match mark {
            Mark::Chosen | Mark::Target => Stroke::new(2.0, accent),
            Mark::Plain | Mark::Refused => Stroke::new(1.4, outline),
        };
        painter.circle(center, radius, visuals.extreme_bg_color, stroke);
    }

    fn paint_state(&self, ui: &Ui, state: usize, mark: Mark) {
        let center = self.geometry.states[state];
        let space = self.picture.space;
        let scale = self.geometry.scale;
        let radius = self.geometry.state_radius(state);
        self.paint_circle(ui, center, radius, mark);
        let visuals = ui.visuals();
        let color = match mark {
            Mark::Refused => visuals.weak_text_color(),
            _ => visuals.strong_text_color(),
        };
        let painter = ui.painter();
        let mut name = LayoutJob::default();
        push_state(&mut name, space, state, 13.5 * scale, color);
        let name = painter.layout_job(name);
        painter.galley(center - 0.5 * name.size(), name, color);
        if let Some(role) = role_of(space, state) {
            self.paint_role(ui, center, radius, role);
        }
    }

    fn paint_line(&self, ui: &Ui, edge: &DrawnEdge, route: &Route, lit: bool, faded: bool) {
        let visuals = ui.visuals();
        let mut color = line_color(edge.operation, visuals.dark_mode);
        if faded {
            color = blend(visuals.panel_fill, color, 0.45);
        }
        let width = (0.8 + 3.6 * edge.weight.clamp(0.0, 1.0)) * self.geometry.scale;
        let painter = ui.painter();
        if lit {
            let halo = Stroke::new(width + 7.0, color.gamma_multiply(0.22));
            painter.add(Shape::line(route.line.clone(), halo));
        }
        if edge.operation == Operation::None {
            let stroke = Stroke::new(1.4 * self.geometry.scale, color);
            painter.extend(Shape::dashed_line(&route.line, stroke, 5.0, 4.0));
        } else {
            // The line ends inside the arrow, whose tip would be blunt otherwise.
            let mut line = route.line.clone();
            let head = (6.0 + width) * self.geometry.scale.min(1.1);
            while line.len() > 2 && line[line.len() - 1].distance(route.tip) < 0.7 * head {
                line.pop();
            }
            painter.add(Shape::line(line, Stroke::new(width, color)));
            painter.add(arrow(route.tip, route.direction, head, color));
        }
    }

    fn paint_label(
        &self,
        ui: &Ui,
        index: usize,
        edge: &DrawnEdge,
        route: &Route,
        [lit, focused, faded]: [bool; 3],
    ) {
        let galley = self.labels[index].clone();
        self.paint_pill(ui, edge, route.label, galley, [lit, faded]);
        if focused {
            let visuals = ui.visuals();
            let ring = Stroke::new(2.0, visuals.strong_text_color());
            ui.painter().rect_stroke(
                route.label.expand(2.5),
                route.label.height(),
                ring,
                StrokeKind::Outside,
            );
        }
    }

    fn paint_pill(
        &self,
        ui: &Ui,
        edge: &DrawnEdge,
        place: Rect,
        galley: Option<Arc<Galley>>,
        [lit, faded]: [bool; 2],
    ) {
        let visuals = ui.visuals();
        let painter = ui.painter();
        let round = CornerRadius::same((place.height() / 2.0).min(120.0) as u8);
        let mut color = operation_color(edge.operation);
        if faded {
            color = blend(visuals.panel_fill, color, 0.5);
        }
        let absent = edge.operation == Operation::None;
        let fill = if absent { visuals.panel_fill } else { color };
        let outline = if absent {
            Stroke::new(1.2, color)
        } else {
            Stroke::new(1.0, blend(color, Color32::BLACK, 0.3))
        };
        // A rim of the background keeps crossing lines off the label.
        painter.rect_filled(place.expand(2.0), round, visuals.panel_fill);
        painter.rect(place, round, fill, outline, StrokeKind::Inside);
        if lit {
            painter.rect_stroke(
                place.expand(1.5),
                round,
                Stroke::new(1.5, visuals.selection.stroke.color),
                StrokeKind::Outside,
            );
        }
        if let Some(galley) = galley {
            let ink = if absent {
                visuals.text_color()
            } else {
                text_on(color)
            };
            let at = place.center() - 0.5 * galley.size();
            painter.galley_with_override_text_color(at, galley, ink);
        }
    }

    /// An edge as it would be after a change.
    fn paint_preview(&self, ui: &Ui, index: usize, new: &DrawnEdge, old: &Route) {
        let Some(route) = self.geometry.route(new.from, new.to, None) else {
            return;
        };
        if new.from != self.picture.edges[index].from {
            let color = ui.visuals().weak_text_color();
            let stroke = Stroke::new(1.2, color);
            ui.painter()
                .extend(Shape::dashed_line(&old.line, stroke, 4.0, 4.0));
        }
        self.paint_line(ui, new, &route, true, false);
        let galley = self.labels[index]
            .is_some()
            .then(|| layout(ui, (self.names)(new.operation), &self.font));
        self.paint_pill(ui, new, route.label, galley, [true, false]);
    }

    /// A remark beside the pointer.
    fn paint_note(&self, ui: &Ui, at: Pos2, text: &str) {
        let visuals = ui.visuals();
        let font = FontId::proportional(12.5);
        let galley =
            ui.painter()
                .layout_no_wrap(text.to_owned(), font, visuals.strong_text_color());
        let size = galley.size() + vec2(12.0, 8.0);
        let corner = (at + vec2(14.0, 10.0)).min(self.rect.max - size);
        let rect = Rect::from_min_size(corner, size);
        let painter = ui.painter();
        painter.rect(
            rect,
            4.0,
            visuals.window_fill,
            Stroke::new(1.0, visuals.error_fg_color),
            StrokeKind::Inside,
        );
        painter.galley(corner + vec2(6.0, 4.0), galley, visuals.text_color());
    }
}

fn layout(ui: &Ui, text: &str, font: &FontId) -> Arc<Galley> {
    ui.painter()
        .layout_no_wrap(text.to_owned(), font.clone(), Color32::PLACEHOLDER)
}

/// A filled arrowhead whose tip is at a point.
fn arrow(tip: Pos2, direction: Vec2, size: f32, color: Color32) -> Shape {
    let back = tip - direction * size;
    let side = direction.rot90() * (0.55 * size);
    Shape::convex_polygon(vec![tip, back + side, back - side], color, Stroke::NONE)
}
