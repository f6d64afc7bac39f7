//! A cell as an SVG file, for papers and slides.

use std::fmt::Write;

use eframe::egui::{Color32, Pos2, Rect, Vec2, pos2, vec2};

use super::super::states::index_of_cell;
use super::super::theme::{operation_color, operation_label};
use super::paint::{line_color, text_on};
use super::{CellPicture, DrawnEdge, Geometry, OUTPUT, Route, role_of};
use crate::space::{Operation, Space};

/// The colours that depend on what the picture lies on, as SVG attributes take them.
pub struct Ground<'a> {
    /// Behind everything.
    pub ground: &'a str,
    /// Behind the nodes that make the output.
    pub card: &'a str,
    /// Rings of states.
    pub line: &'a str,
    /// Text on the ground.
    pub ink: &'a str,
}

/// Paper.
const PAPER: Ground = Ground {
    ground: "#ffffff",
    card: "#eef0f1",
    line: "#8a9096",
    ink: "#24282c",
};

/// White around a picture, points.
const MARGIN: f32 = 12.0;
/// Width of what stands below a state, and how far it reaches below it, points at scale 1.
const ROLE: Vec2 = vec2(40.0, 16.0);

impl CellPicture {
    /// The picture on a light ground, drawn in a size in points, without the room that the cell leaves there. Selection and preview are left
    /// out.
    pub fn to_svg(&self, size: Vec2) -> String {
        let frame = self.svg_frame(&svg_geometry(self.space, size));
        let [left, top] = [frame.left(), frame.top()];
        let [width, height] = [frame.width(), frame.height()];
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"{left} {top} {width} {height}\" \
             font-family=\"Ubuntu, Helvetica, Arial, sans-serif\" text-anchor=\"middle\">\n<title>{} cell</title>\n\
             <rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n{}</svg>\n",
            self.kind,
            PAPER.ground,
            self.svg_elements(size, &PAPER)
        )
    }

    /// What the picture fills, with a margin, in whole points.
    fn svg_frame(&self, geometry: &Geometry) -> Rect {
        let states = geometry.states.iter().enumerate();
        let states = states.map(|(state, &center)| {
            let role = role_of(self.space, state).is_some();
            (center, geometry.state_radius(state), role)
        });
        let output = geometry.output.map(|at| (at, geometry.input_radius, true));
        let mut frame = Rect::NOTHING;
        for (center, radius, role) in states.chain(output) {
            frame |= Rect::from_center_size(center, Vec2::splat(2.0 * radius));
            if role {
                let below = center + vec2(0.0, radius + ROLE.y * geometry.scale);
                frame |= Rect::from_center_size(below, vec2(ROLE.x * geometry.scale, 0.0));
            }
        }
        for edge in &self.edges {
            if let Some(route) = geometry.route(edge.from, edge.to, None) {
                frame |= Rect::from_points(&route.line) | route.label;
            }
        }
        let frame = frame.expand(MARGIN);
        Rect::from_min_max(frame.min.floor(), frame.max.ceil())
    }

    /// The elements of the picture, without what surrounds them.
    pub fn svg_elements(&self, size: Vec2, on: &Ground) -> String {
        let geometry = svg_geometry(self.space, size);
        let scale = geometry.scale;
        let mut svg = String::new();
        self.svg_output(&mut svg, &geometry, on);
        for edge in &self.edges {
            if let Some(route) = geometry.route(edge.from, edge.to, None) {
                svg_edge(&mut svg, edge, &route, scale, on);
            }
        }
        for (state, &center) in geometry.states.iter().enumerate() {
            if let Some(name) = role_of(self.space, state) {
                role(
                    &mut svg,
                    center,
                    geometry.state_radius(state),
                    name,
                    scale,
                    on,
                );
            }
            circle(&mut svg, center, geometry.state_radius(state), on);
            match index_of_cell(self.space, state) {
                Some(index) => name(&mut svg, center, "c", index, 14.0 * scale, on.ink),
                None => {
                    let number = state.to_string();
                    text(&mut svg, center, &number, 13.5 * scale, on.ink);
                }
            }
        }
        svg
    }

    /// The card behind the nodes that make the output, and the line from it to the output.
    fn svg_output(&self, svg: &mut String, geometry: &Geometry, on: &Ground) {
        let (Some(output), Some(&first)) = (geometry.output, self.concat.first()) else {
            return;
        };
        let reach = geometry.radius + 7.0 * geometry.scale;
        let (first, last) = (
            geometry.states[first],
            geometry.states[self.space.inputs() + self.space.nodes() - 1],
        );
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{reach:.1}\" fill=\"{}\"/>",
            first.x - reach,
            first.y - reach,
            last.x - first.x + 2.0 * reach,
            2.0 * reach,
            on.card
        );
        let _ = writeln!(
            svg,
            "<path d=\"M{:.1} {:.1}H{:.1}\" stroke=\"{}\" stroke-width=\"1.5\"/>",
            last.x + reach,
            output.y,
            output.x - geometry.input_radius,
            on.line
        );
        circle(svg, output, geometry.input_radius, on);
        name(svg, output, "c", "k", 14.0 * geometry.scale, on.ink);
        role(
            svg,
            output,
            geometry.input_radius,
            OUTPUT,
            geometry.scale,
            on,
        );
    }
}

/// The places of a picture of a size.
fn svg_geometry(space: Space, size: Vec2) -> Geometry {
    let mut geometry = Geometry::new(space, Rect::from_min_size(Pos2::ZERO, size));
    // No font is at hand to measure with: a letter of a sans-serif font is about half as wide as it is high.
    geometry.set_label(vec2(96.0, 22.0) * geometry.scale);
    geometry
}

// Writing to a string cannot fail.

/// A line with its arrow and, on top, its label; the line of an absent operation is dashed and its label is empty ground.
fn svg_edge(svg: &mut String, edge: &DrawnEdge, route: &Route, scale: f32, on: &Ground) {
    let color = hex(line_color(edge.operation, false));
    let width = (0.8 + 3.6 * edge.weight.clamp(0.0, 1.0)) * scale;
    let path: Vec<String> = route
        .line
        .iter()
        .map(|point| format!("{:.1} {:.1}", point.x, point.y))
        .collect();
    let (dash, fill, ink) = if edge.operation == Operation::None {
        let dash = " stroke-dasharray=\"5 4\"";
        (dash, on.ground.to_owned(), on.ink.to_owned())
    } else {
        let color = operation_color(edge.operation);
        ("", hex(color), hex(text_on(color)))
    };
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width:.1}\"{dash}/>",
        path.join(" ")
    );
    let head = 5.0 + width;
    let back = route.tip - route.direction * head;
    let side = route.direction.rot90() * (0.55 * head);
    let (a, b) = (back + side, back - side);
    let _ = writeln!(
        svg,
        "<path d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\" fill=\"{color}\"/>",
        route.tip.x, route.tip.y, a.x, a.y, b.x, b.y
    );
    let place = route.label;
    let _ = writeln!(
        svg,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{:.1}\" fill=\"{fill}\" stroke=\"{color}\"/>",
        place.left(),
        place.top(),
        place.width(),
        place.height(),
        0.5 * place.height()
    );
    let label = operation_label(edge.operation);
    text(svg, place.center(), label, 12.5 * scale, &ink);
}

fn circle(svg: &mut String, center: Pos2, radius: f32, on: &Ground) {
    let _ = writeln!(
        svg,
        "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"1.4\"/>",
        center.x, center.y, on.ground, on.line
    );
}

/// What a state is, below its circle.
fn role(svg: &mut String, center: Pos2, radius: f32, role: &str, scale: f32, on: &Ground) {
    let below = center + vec2(0.0, radius + 0.6 * ROLE.y * scale);
    text(svg, below, role, 11.5 * scale, on.ink);
}

fn text(svg: &mut String, center: Pos2, text: &str, size: f32, color: &str) {
    let base = pos2(center.x, center.y + 0.35 * size);
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{size:.1}\" fill=\"{color}\">{text}</text>",
        base.x, base.y
    );
}

fn name(svg: &mut String, center: Pos2, letter: &str, index: &str, size: f32, color: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{size:.1}\" fill=\"{color}\">{letter}<tspan font-size=\"{:.1}\" dy=\"{:.1}\">{index}</tspan></text>",
        center.x,
        center.y + 0.25 * size,
        0.68 * size,
        0.2 * size
    );
}

fn hex(color: Color32) -> String {
    format!("#{:02x}{:02x}{:02x}", color.r(), color.g(), color.b())
}
