//! Where the states, edges and labels of a cell are drawn. Every space has a fixed plan, made by hand, with a place for every edge that
//! can exist: an edge leaves its source, runs along a track of its own, passes through its label in the column before its node and
//! enters the node. No track meets another edge's label or another node.

use eframe::egui::{Pos2, Rect, Vec2, pos2, vec2};

use crate::space::Space;

/// Columns and tracks of a space. A column is a place from left to right, a track a height in points at scale 1, up is negative.
struct Plan {
    /// `(column, track)` of every state.
    states: &'static [(f32, f32)],
    /// The column of the output where it is a place of its own.
    output: Option<f32>,
    /// The last column.
    columns: f32,
    /// From the highest to the lowest thing, points at scale 1.
    height: f32,
    /// Tracks of [`Space::edges`].
    tracks: &'static [f32],
}

static DARTS: Plan = Plan {
    states: &[
        (0.0, -84.0),
        (0.0, 84.0),
        (1.2, 0.0),
        (2.2, 0.0),
        (3.2, 0.0),
        (4.2, 0.0),
    ],
    output: Some(4.9),
    columns: 4.9,
    height: 280.0,
    tracks: &[
        -60.0, 60.0, // into node 2
        -82.0, 82.0, 0.0, // into node 3
        -104.0, 104.0, -34.0, 0.0, // into node 4
        -126.0, 126.0, -58.0, 36.0, 0.0, // into node 5
    ],
};

static NB201: Plan = Plan {
    states: &[(0.0, 12.0), (1.0, 12.0), (2.0, 12.0), (3.0, 12.0)],
    output: None,
    columns: 3.0,
    height: 184.0,
    tracks: &[12.0, -34.0, 12.0, -78.0, 62.0, 12.0],
};

static NB201_SMALL: Plan = Plan {
    states: &[(0.0, 22.0), (1.0, 22.0), (2.0, 22.0)],
    output: None,
    columns: 2.0,
    height: 124.0,
    tracks: &[22.0, -34.0, 22.0],
};

fn plan(space: Space) -> &'static Plan {
    match space {
        Space::Darts => &DARTS,
        Space::NasBench201 => &NB201,
        Space::NasBench201Small => &NB201_SMALL,
    }
}

/// How far before its node a label stands, in columns.
const LABEL_COLUMN: f32 = 0.5;
/// Half the height of the room for the name of a cell, points: of two short lines.
const TITLE: f32 = 17.0;
/// The widest column, points at scale 1: wider cells are no clearer.
const WIDEST_COLUMN: f32 = 210.0;

/// The places of one cell in a rectangle. Points.
#[derive(Clone, Debug)]
pub struct Geometry {
    space: Space,
    /// Size of circles, labels and type relative to the smallest comfortable one.
    pub scale: f32,
    /// Centers of the states.
    pub states: Vec<Pos2>,
    /// Center of the output where it is a place of its own.
    pub output: Option<Pos2>,
    /// Radius of a node.
    pub radius: f32,
    /// Radius of an input of the cell.
    pub input_radius: f32,
    /// Distance of two columns.
    pub column: f32,
    center: f32,
    track_scale: f32,
    label: Vec2,
}

/// One drawn edge. Points.
#[derive(Clone, Debug)]
pub struct Route {
    /// The line from the source to the tip.
    pub line: Vec<Pos2>,
    /// Where the label stands.
    pub label: Rect,
    /// Where the arrow touches the node.
    pub tip: Pos2,
    /// The direction in which it does, of length 1.
    pub direction: Vec2,
}

impl Geometry {
    /// The height that a cell of the space needs to be clear, points.
    pub fn comfortable_height(space: Space) -> f32 {
        plan(space).height * 0.86 + 8.0
    }

    /// The least height at which no edge touches the label of another, points.
    pub fn least_height(space: Space) -> f32 {
        plan(space).height * 0.62 + 8.0
    }

    /// The places in a rectangle.
    pub fn new(space: Space, rect: Rect) -> Self {
        let plan = plan(space);
        let track_scale = (rect.height() / plan.height).clamp(0.5, 1.55);
        let scale = track_scale
            .min(rect.width() / (plan.columns * 140.0))
            .clamp(0.7, 1.4);
        let input_radius = 19.0 * scale;
        let room = (rect.width() - 2.0 * input_radius - 8.0).max(1.0);
        let column = (room / plan.columns).min(WIDEST_COLUMN * scale);
        let left = rect.center().x - 0.5 * column * plan.columns;
        let center = rect.center().y;
        let place = |(x, track): (f32, f32)| pos2(left + x * column, center + track * track_scale);
        Self {
            space,
            scale,
            states: plan.states.iter().map(|&state| place(state)).collect(),
            output: plan.output.map(|x| place((x, 0.0))),
            radius: 14.0 * scale,
            input_radius,
            column,
            center,
            track_scale,
            label: vec2(12.0, 12.0) * scale,
        }
    }

    /// The room for a label between two circles, beside the line's own.
    pub fn label_room(&self) -> f32 {
        self.column - 2.0 * self.radius - 34.0 * self.scale
    }

    /// Sets the size of every label.
    pub fn set_label(&mut self, size: Vec2) {
        self.label = size;
    }

    /// The radius of a state's circle.
    pub fn state_radius(&self, state: usize) -> f32 {
        if state < self.space.inputs() {
            self.input_radius
        } else {
            self.radius
        }
    }

    /// The room for the name of a DARTS cell: between its two inputs, where no edge can come. Cells of other spaces have no name.
    pub fn title_room(&self) -> Option<Rect> {
        if self.space != Space::Darts {
            return None;
        }
        let left = self.states[0].x - self.input_radius;
        let right = self.states[2].x - self.radius - 12.0 * self.scale;
        Some(Rect::from_x_y_ranges(
            left..=right,
            self.center - TITLE..=self.center + TITLE,
        ))
    }

    /// The state whose circle, with some room around it, holds a point.
    pub fn state_at(&self, point: Pos2) -> Option<usize> {
        let room = 12.0 * self.scale;
        (0..self.states.len())
            .find(|&state| self.states[state].distance(point) <= self.state_radius(state) + room)
    }

    /// The route of an edge. `start` replaces its beginning while it is dragged. Nothing for an edge that the space does not have.
    pub fn route(&self, from: usize, to: usize, start: Option<Pos2>) -> Option<Route> {
        let index = self.space.edge_index(from, to)?;
        let track = plan(self.space).tracks[index];
        let y = self.center + track * self.track_scale;
        let source = self.states[from];
        let node = self.states[to];
        let label =
            Rect::from_center_size(pos2(node.x - LABEL_COLUMN * self.column, y), self.label);
        let (enter, leave) = (label.left_center(), label.right_center());

        // Lines that turn away leave and enter a circle at an angle, so that they do not lie on each other.
        let rise = y - source.y;
        let turn = (2.2 * rise / self.column).clamp(-0.7, 0.7);
        let (begin, outward) = match start {
            Some(start) => (start, vec2(1.0, 0.0)),
            None => {
                let outward = Vec2::angled(turn);
                (source + outward * self.state_radius(from), outward)
            }
        };
        // A long edge climbs to its track at once and then keeps to it.
        let bend = pos2((begin.x + 0.5 * self.column).min(enter.x), y);
        let mut line = Vec::with_capacity(40);
        curve(&mut line, begin, outward, bend, vec2(1.0, 0.0));
        line.push(enter);
        line.push(leave);

        let fall = node.y - y;
        let steep = if fall.abs() < 2.0 {
            0.0
        } else {
            fall.signum() * (0.35 + 0.0075 * fall.abs() / self.track_scale).min(1.15)
        };
        let direction = Vec2::angled(steep);
        let tip = node - direction * self.radius;
        curve(&mut line, leave, vec2(1.0, 0.0), tip, direction);
        Some(Route {
            line,
            label,
            tip,
            direction,
        })
    }
}

/// Appends a cubic curve between two points with these directions at its ends.
fn curve(line: &mut Vec<Pos2>, from: Pos2, start: Vec2, to: Pos2, end: Vec2) {
    const PIECES: usize = 16;
    let reach = 0.45 * (to.x - from.x).abs().max(0.35 * from.distance(to));
    // Neither end may lead beyond the heights of the two points: the curve would have a hump.
    let (low, high) = (from.y.min(to.y), from.y.max(to.y));
    let level = |point: Pos2| pos2(point.x, point.y.clamp(low, high));
    let (a, b) = (level(from + start * reach), level(to - end * reach));
    for piece in 0..=PIECES {
        let t = piece as f32 / PIECES as f32;
        let s = 1.0 - t;
        let point = from.to_vec2() * (s * s * s)
            + a.to_vec2() * (3.0 * s * s * t)
            + b.to_vec2() * (3.0 * s * t * t)
            + to.to_vec2() * (t * t * t);
        line.push(point.to_pos2());
    }
}

/// The distance of a point from a line, points; infinite for no line.
pub fn distance(line: &[Pos2], point: Pos2) -> f32 {
    line.windows(2)
        .map(|pair| {
            let along = pair[1] - pair[0];
            let length = along.length_sq().max(1e-6);
            let t = ((point - pair[0]).dot(along) / length).clamp(0.0, 1.0);
            (pair[0] + along * t).distance(point)
        })
        .fold(f32::INFINITY, f32::min)
}
