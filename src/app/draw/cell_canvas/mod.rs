//! A cell as a picture: states from left to right, an edge for every operation. The editor draws genotypes with it, the search panel
//! mixing weights. Every edge is a widget with a name, so that keyboards and screen readers reach it.

mod geometry;
mod paint;
mod svg;

use eframe::egui::emath::RectTransform;
use eframe::egui::{self, Pos2, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, vec2};

use super::states::edge_name;
use super::theme::operation_label;
use super::words::describe;
use crate::space::{Cell, CellKind, Operation, Space};

pub use geometry::{Geometry, Route, distance};
#[cfg(not(target_arch = "wasm32"))]
pub use svg::Ground;

/// An edge as it is drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DrawnEdge {
    /// The state that is read.
    pub from: usize,
    /// The node that reads it.
    pub to: usize,
    /// Gives the colour and the label.
    pub operation: Operation,
    /// Gives the width: 0 to 1.
    pub weight: f32,
}

/// What is drawn, and what of it stands out.
#[derive(Clone, Debug)]
pub struct CellPicture {
    /// Gives the places.
    pub space: Space,
    /// Which cell it is.
    pub kind: CellKind,
    /// Its edges, in the order in which the keyboard walks through them.
    pub edges: Vec<DrawnEdge>,
    /// The states that make the output.
    pub concat: Vec<usize>,
    /// For every edge the states that it could read instead; empty where nothing can be rewired.
    pub sources: Vec<Vec<usize>>,
    /// The edge that keys act on.
    pub selected: Option<usize>,
    /// Edges that are not those of the cell that this one is compared with.
    pub differing: Vec<usize>,
    /// An edge as it would be: drawn in place of the edge of this number.
    pub preview: Option<(usize, DrawnEdge)>,
    /// Whether its name stands in it, where there is room for one.
    pub titled: bool,
}

/// What a cell is called: `normal cell`, or `cell` where a space has one only.
pub fn cell_title(space: Space, kind: CellKind) -> String {
    match space {
        Space::Darts => format!("{kind} cell"),
        Space::NasBench201 | Space::NasBench201Small => "cell".into(),
    }
}

/// What stands below the output of a cell.
const OUTPUT: &str = "output";

/// What stands below a state: whether the cell reads it from elsewhere or hands it on.
fn role_of(space: Space, state: usize) -> Option<&'static str> {
    let last = space.inputs() + space.nodes() - 1;
    match space {
        _ if state < space.inputs() => Some("input"),
        // Its output is a place of its own.
        Space::Darts => None,
        Space::NasBench201 | Space::NasBench201Small => (state == last).then_some(OUTPUT),
    }
}

/// What a person did to a picture.
#[derive(Debug)]
pub struct CanvasResponse {
    /// The whole picture.
    pub rect: Rect,
    /// The widgets of the edges, each as large as its label.
    pub edges: Vec<Response>,
    /// The edge under the pointer.
    pub hovered: Option<usize>,
    /// An edge was clicked, or chosen with the keyboard.
    pub clicked: Option<usize>,
    /// An edge was dragged to another state.
    pub rewired: Option<(usize, usize)>,
    /// An edge was dropped on a state that it cannot read.
    pub refused: Option<(usize, usize)>,
}

impl CellPicture {
    /// A cell of a genotype. Nothing stands out.
    pub fn of_cell(space: Space, kind: CellKind, cell: &Cell) -> Self {
        let edges = (space.inputs()..)
            .zip(&cell.nodes)
            .flat_map(|(to, inputs)| {
                inputs.iter().map(move |input| DrawnEdge {
                    from: input.from,
                    to,
                    operation: input.operation,
                    weight: 0.5,
                })
            })
            .collect();
        Self::new(space, kind, edges, cell.concat.clone())
    }

    /// The mixing weights of a supernet cell, `[edge][operation]` as in [`Space::edges`] and [`Space::operations`]: on every edge the
    /// heaviest operation other than `none`, as wide as its weight.
    pub fn of_weights(space: Space, kind: CellKind, weights: &[Vec<f64>]) -> Self {
        let edges = space
            .edges()
            .iter()
            .zip(weights)
            .filter_map(|(edge, weights)| {
                let (&operation, &weight) = space
                    .operations()
                    .iter()
                    .zip(weights)
                    .filter(|(operation, _)| **operation != Operation::None)
                    .max_by(|a, b| a.1.total_cmp(b.1))?;
                Some(DrawnEdge {
                    from: edge.from,
                    to: edge.to,
                    operation,
                    weight: weight as f32,
                })
            })
            .collect();
        let last = space.inputs() + space.nodes();
        let concat = match space {
            Space::Darts => (space.inputs()..last).collect(),
            Space::NasBench201 | Space::NasBench201Small => vec![last - 1],
        };
        Self::new(space, kind, edges, concat)
    }

    fn new(space: Space, kind: CellKind, edges: Vec<DrawnEdge>, concat: Vec<usize>) -> Self {
        Self {
            space,
            kind,
            sources: vec![Vec::new(); edges.len()],
            edges,
            concat,
            selected: None,
            differing: Vec::new(),
            preview: None,
            titled: false,
        }
    }

    /// What an edge is called, such as `normal cell, edge c_{k−2} → 2, sep conv 3×3`.
    pub fn name(&self, edge: usize) -> String {
        self.edges
            .get(edge)
            .map_or_else(String::new, |edge| self.name_of(edge))
    }

    fn name_of(&self, edge: &DrawnEdge) -> String {
        format!(
            "{} cell, edge {}, {}",
            self.kind,
            edge_name(self.space, edge.from, edge.to),
            operation_label(edge.operation)
        )
    }

    /// Draws the picture and takes clicks and drags. `salt` tells pictures of one panel apart.
    pub fn show(&self, ui: &mut Ui, size: Vec2, salt: &str) -> CanvasResponse {
        // The edges are stops of the keyboard, the ground is none.
        let (rect, background) = ui.allocate_exact_size(size, Sense::CLICK | Sense::DRAG);
        let id = ui.make_persistent_id((salt, self.kind));
        let look = paint::Look::new(ui, self, rect);
        let routes = self.routes(&look.geometry);

        let edges: Vec<Response> = routes
            .iter()
            .enumerate()
            .map(|(edge, route)| {
                let place = route.as_ref().map_or(Rect::NOTHING, |route| route.label);
                // The name of the widget stays while its operation and its source change, so that the focus does.
                let response = ui.interact(
                    place.expand(3.0),
                    id.with(("edge", edge)),
                    Sense::click_and_drag(),
                );
                let selected = self.selected == Some(edge);
                response.widget_info(|| {
                    WidgetInfo::selected(Role::Button, ui.is_enabled(), selected, self.name(edge))
                });
                response
            })
            .collect();

        let near = |point: Pos2| nearest(&routes, point, 8.0 * look.geometry.scale);
        let under = background.hover_pos().and_then(near);
        let hovered = edges.iter().position(Response::hovered).or(under);
        let mut clicked = edges.iter().position(Response::clicked);
        if background.clicked() {
            clicked = clicked.or_else(|| background.interact_pointer_pos().and_then(near));
        }

        let drag = self.drag(ui, id, &background, &edges, &near);
        let pointer = ui.input(|input| input.pointer.latest_pos());
        let over = drag.and(pointer).and_then(|at| look.geometry.state_at(at));
        let (mut rewired, mut refused) = (None, None);
        if let (Some((edge, true)), Some(state)) = (drag, over) {
            if self.sources[edge].contains(&state) {
                rewired = Some((edge, state));
            } else if state != self.edges[edge].from {
                refused = Some((edge, state));
            }
        }
        let dragged = match drag {
            Some((edge, false)) => pointer.map(|at| (edge, at, over)),
            _ => None,
        };
        if dragged.is_some() {
            ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
        } else if hovered.is_some() {
            ui.ctx().set_cursor_icon(egui::CursorIcon::PointingHand);
        }
        look.paint(ui, &routes, &edges, hovered, dragged);
        CanvasResponse {
            rect,
            edges,
            hovered,
            clicked,
            rewired,
            refused,
        }
    }

    /// Marks the edges that another cell of the same space does not have.
    pub fn mark_differing(&mut self, other: &Self) {
        self.differing = (0..self.edges.len())
            .filter(|&edge| !other.edges.contains(&self.edges[edge]))
            .collect();
    }

    /// Its edges in words, a line each.
    pub fn words(&self) -> String {
        let edges = self.edges.iter().map(|edge| self.name_of(edge));
        edges.collect::<Vec<_>>().join("\n")
    }

    /// Draws lines and dots only, for a list.
    pub fn thumbnail(&self, ui: &mut Ui, size: Vec2) {
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let name = cell_title(self.space, self.kind);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        describe(&response, || self.words());
        // As in a picture of a comfortable size, made smaller.
        let whole = Rect::from_min_size(
            Pos2::ZERO,
            vec2(320.0, Geometry::comfortable_height(self.space)),
        );
        let geometry = Geometry::new(self.space, whole);
        let place = RectTransform::from_to(whole, rect);
        let visuals = ui.visuals();
        for (edge, drawn) in self.edges.iter().enumerate() {
            if let Some(route) = geometry.route(drawn.from, drawn.to, None) {
                let color = paint::line_color(drawn.operation, visuals.dark_mode);
                let width = if self.differing.contains(&edge) {
                    4.0
                } else {
                    1.5
                };
                let line = route.line.into_iter().map(|point| place * point).collect();
                let stroke = egui::Stroke::new(width, color);
                ui.painter().add(egui::Shape::line(line, stroke));
            }
        }
        for &state in &geometry.states {
            let ink = visuals.text_color();
            ui.painter().circle_filled(place * state, 2.0, ink);
        }
        response.on_hover_text(self.words());
    }

    /// Draws the picture where nobody works with it, such as beside the pointer: its edges are no widgets.
    pub fn show_still(&self, ui: &mut Ui, size: Vec2) -> Response {
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let title = format!("picture of the {}", cell_title(self.space, self.kind));
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, title.as_str()));
        describe(&response, || self.words());
        let look = paint::Look::new(ui, self, rect);
        let routes = self.routes(&look.geometry);
        look.paint(ui, &routes, &[], None, None);
        response
    }

    fn routes(&self, geometry: &Geometry) -> Vec<Option<Route>> {
        let edges = self.edges.iter();
        edges
            .map(|edge| geometry.route(edge.from, edge.to, None))
            .collect()
    }

    /// The edge that is being dragged, and whether it was let go in this frame.
    fn drag(
        &self,
        ui: &Ui,
        id: egui::Id,
        background: &Response,
        edges: &[Response],
        near: &impl Fn(Pos2) -> Option<usize>,
    ) -> Option<(usize, bool)> {
        let started = edges.iter().position(Response::drag_started).or_else(|| {
            let begun = background.drag_started();
            let origin = ui.input(|input| input.pointer.press_origin());
            origin.filter(|_| begun).and_then(near)
        });
        let edge = match started {
            Some(edge) => {
                ui.data_mut(|data| data.insert_temp(id, edge));
                edge
            }
            None => ui.data(|data| data.get_temp::<usize>(id))?,
        };
        if self.sources.get(edge).is_none_or(Vec::is_empty) {
            ui.data_mut(|data| data.remove_temp::<usize>(id));
            return None;
        }
        let stopped = background.drag_stopped() || edges.iter().any(Response::drag_stopped);
        let held = background.dragged() || edges.iter().any(Response::dragged);
        if stopped || !held {
            ui.data_mut(|data| data.remove_temp::<usize>(id));
        }
        (stopped || held).then_some((edge, stopped))
    }
}

/// The edge whose line is nearest to a point, within a distance.
fn nearest(routes: &[Option<Route>], point: Pos2, within: f32) -> Option<usize> {
    routes
        .iter()
        .enumerate()
        .filter_map(|(edge, route)| Some((edge, distance(&route.as_ref()?.line, point))))
        .filter(|(_, distance)| *distance <= within)
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(edge, _)| edge)
}
