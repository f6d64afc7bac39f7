//! The neighborhood as a picture: every architecture one change away is a dot, its column the edge that changes, its height and colour
//! what the change brings. Flat architectures have dots close to the line.

use eframe::egui::accesskit::Node;
use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    self, Align2, Color32, FontId, Id, Label, Painter, Pos2, Rect, RichText, Role, ScrollArea,
    Sense, Stroke, StrokeKind, Tooltip, Ui, Vec2, Visuals, WidgetInfo, pos2, vec2,
};

use super::edits::{Place, operations};
use super::gain;
use super::scores::{ScoredNeighbor, Scores};
use crate::app::draw::states::{edge_name, push, push_edge, push_state};
use crate::app::draw::theme::blend;
use crate::app::draw::theme::{SPACE, TYPE, operation_color, operation_label};
use crate::app::draw::words::{counted, describe as describe_picture};
use crate::landscape::Statistics;
use crate::space::{CellKind, Genotype};

/// What a person did with neighbors.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Pointed {
    /// The neighbor under the pointer, by its number in [`Scores::neighbors`].
    pub hovered: Option<usize>,
    /// The neighbor that was clicked.
    pub taken: Option<usize>,
}

/// What a neighbor changes, in words: `normal c_{k−2} → 2: skip ⇒ sep conv 3×3`.
pub fn describe(neighbor: &ScoredNeighbor) -> String {
    let change = &neighbor.change;
    let before = operation_label(change.before.operation);
    let after = operation_label(change.after.operation);
    let space = neighbor.genotype.space();
    let edge = |from: usize| edge_name(space, from, change.node);
    let old = format!("{} {}", change.cell, edge(change.before.from));
    if neighbor.is_operation() {
        format!("{old}: {before} ⇒ {after}")
    } else {
        format!("{old} ⇒ {}: {after}", edge(change.after.from))
    }
}

/// What a neighbor brings, in words.
fn brings(gain: Option<f64>) -> String {
    gain.map_or_else(|| "no score yet".into(), gain::signed)
}

/// The heights that may be marked on the axis, points of accuracy.
const MARKS: [f64; 11] = [
    100.0, 30.0, 10.0, 3.0, 1.0, 0.0, -1.0, -3.0, -10.0, -30.0, -100.0,
];

/// The least distance of two marks, points.
const APART: f32 = 13.0;
/// How far cells stand apart from each other, points.
const GAP: f32 = 18.0;
/// Size of the type beside the dots, points.
const SMALL: f32 = 11.0;
/// Room above the dots, for the name of what is upwards, points.
const ABOVE: f32 = 17.0;
/// Room below the dots, for the edges, points.
const BELOW: f32 = 47.0;
/// Room left of the dots, for the numbers, points.
const BESIDE: f32 = 44.0;

/// Draws the dots. `lit` is a neighbor that is pointed at elsewhere; `missing` says what to press where there are no scores.
pub fn show_dots(
    ui: &mut Ui,
    size: Vec2,
    genotype: &Genotype,
    scores: &Scores,
    lit: Option<usize>,
    missing: Option<&str>,
) -> Pointed {
    let (rect, picture) = ui.allocate_exact_size(size, Sense::hover());
    picture.widget_info(|| WidgetInfo::labeled(Role::Image, true, "what every change brings"));
    describe_picture(&picture, || in_words(scores));
    let dots = Dots::new(ui, rect, genotype, scores, lit);
    dots.paint_bands();
    match missing {
        None => dots.paint_axis(),
        Some(text) => {
            let place = dots.plot.shrink2(vec2(SPACE[1], 0.0));
            let text = RichText::new(text).color(ui.visuals().strong_text_color());
            ui.place(place, Label::new(text).wrap());
        }
    }
    dots.paint_names();
    let mut pointed = Pointed::default();
    let id = ui.make_persistent_id("neighborhood");
    for index in 0..scores.neighbors().len() {
        dots.show(ui, id.with(index), index, &mut pointed);
    }
    pointed
}

/// How many neighbors there are and what they bring.
fn in_words(scores: &Scores) -> String {
    let count = counted(scores.neighbors().len(), "neighbor");
    let gains = (0..scores.neighbors().len()).filter_map(|index| scores.gain(index));
    let gains: Vec<f64> = gains.collect();
    let Some(Statistics {
        mean, worst, best, ..
    }) = Statistics::of(&gains)
    else {
        return format!("{count}, no score yet");
    };
    let [mean, worst, best] = [mean, worst, best].map(gain::signed);
    format!(
        "{count}: {mean} points on average, the best {best}, the worst {worst}; heights are logarithmic from one point on"
    )
}

/// The picture with its places and scales laid out.
struct Dots<'a> {
    genotype: &'a Genotype,
    scores: &'a Scores,
    lit: Option<usize>,
    painter: Painter,
    visuals: Visuals,
    /// Where the dots are, without the names around them.
    plot: Rect,
    /// The [`gain::height`] of its upper and its lower end.
    ends: [f32; 2],
    places: Vec<Place>,
    /// The width that an edge has.
    column: f32,
    radius: f32,
}

impl<'a> Dots<'a> {
    /// The layout in a rectangle, with an axis that fits the scores.
    fn new(
        ui: &Ui,
        rect: Rect,
        genotype: &'a Genotype,
        scores: &'a Scores,
        lit: Option<usize>,
    ) -> Self {
        // The axis reaches as far as the scores do, at least a point either way.
        let ends = || {
            (0..scores.neighbors().len()).filter_map(|index| {
                let (gain, error) = (scores.gain(index)?, scores.gain_error(index).unwrap_or(0.0));
                Some([gain - error, gain + error])
            })
        };
        let top = gain::height(ends().map(|[_, high]| high).fold(1.0, f64::max)) + 0.04;
        let bottom = gain::height(ends().map(|[low, _]| low).fold(-1.0, f64::min)) - 0.04;
        let cells = genotype.cells().len();
        let plot = Rect::from_min_max(rect.min + vec2(BESIDE, ABOVE), rect.max - vec2(8.0, BELOW));
        let places = Place::all(genotype);
        let column = (plot.width() - GAP * (cells as f32 - 1.0)) / places.len().max(1) as f32;
        Self {
            genotype,
            scores,
            lit,
            painter: ui.painter_at(rect),
            visuals: ui.visuals().clone(),
            plot,
            ends: [top, bottom],
            places,
            column,
            radius: (0.055 * plot.height()).clamp(3.0, 5.5).min(0.35 * column),
        }
    }

    /// The height of a gain on the screen.
    fn y(&self, gain: f64) -> f32 {
        let [top, bottom] = self.ends;
        let share = (top - gain::height(gain)) / (top - bottom);
        self.plot.top() + share * self.plot.height()
    }

    /// Where the column of an edge begins.
    fn left(&self, index: usize) -> f32 {
        let cell = self.places[index].cell as f32;
        self.plot.left() + self.column * index as f32 + GAP * cell
    }

    /// The ground, part of the way to the colour of text.
    fn shade(&self, t: f32) -> Color32 {
        blend(self.visuals.panel_fill, self.visuals.text_color(), t)
    }

    /// Writes beside the dots, in small type.
    fn write(&self, at: Pos2, align: Align2, text: &str, color: Color32) {
        let small = FontId::proportional(SMALL);
        self.painter.text(at, align, text, small, color);
    }

    /// Bands behind every other column.
    fn paint_bands(&self) {
        let color = blend(self.visuals.panel_fill, self.shade(0.14), 0.35);
        for index in (0..self.places.len()).step_by(2) {
            let left = self.left(index);
            let band = Rect::from_x_y_ranges(left..=left + self.column, self.plot.y_range());
            self.painter.rect_filled(band, 2.0, color);
        }
    }

    /// What is upwards, and the marks for which there is room.
    fn paint_axis(&self) {
        let (plot, painter, faint) = (self.plot, &self.painter, self.shade(0.14));
        let own = self.scores.own().map_or(0.0, |own| own.accuracy);
        let name = format!("points above or below this cell's {own:.2} % (log scale from ±1)");
        let at = pos2(plot.left(), plot.top() - 3.0);
        let weak = self.visuals.weak_text_color();
        self.write(at, Align2::LEFT_BOTTOM, &name, weak);
        let zero = self.y(0.0);
        let mut last = f32::NEG_INFINITY;
        for mark in MARKS {
            let at = self.y(mark);
            let crowded = at - last < APART || (at - zero).abs() < APART;
            if !plot.expand(1.0).y_range().contains(at) || (mark != 0.0 && crowded) {
                continue;
            }
            last = at;
            let (stroke, text) = if mark == 0.0 {
                (Stroke::new(1.5, self.shade(0.5)), "0".to_owned())
            } else {
                let text = gain::signed(mark).trim_end_matches(".00").to_owned();
                (Stroke::new(1.0, faint), text)
            };
            painter.hline(plot.x_range(), at, stroke);
            let at = pos2(plot.left() - 8.0, at);
            self.write(at, Align2::RIGHT_CENTER, &text, weak);
        }
    }

    /// Below the columns the states that their edges read, below those the nodes that read them, and whose edges they are.
    fn paint_names(&self) {
        let (top, weak) = (Align2::CENTER_TOP, self.visuals.weak_text_color());
        let bottom = self.plot.bottom();
        let space = self.genotype.space();
        let lit = self.lit.and_then(|lit| self.scores.neighbors().get(lit));
        let color = |lit: bool| match lit {
            true => self.visuals.strong_text_color(),
            false => weak,
        };
        for (index, place) in self.places.iter().enumerate() {
            let Some(input) = place.input(self.genotype) else {
                continue;
            };
            let color = color(lit.is_some_and(|lit| lit.place == *place));
            let mut name = LayoutJob::default();
            push_state(&mut name, space, input.from, SMALL, color);
            let name = self.painter.layout_job(name);
            let middle = self.left(index) + 0.5 * self.column;
            let at = pos2(middle - 0.5 * name.size().x, bottom + 5.0);
            self.painter.galley(at, name, color);
        }
        let mut first = 0;
        let node = |place: &Place| (place.cell, place.node);
        for edges in self.places.chunk_by(|a, b| node(a) == node(b)) {
            let end = first + edges.len();
            let (left, right) = (self.left(first), self.left(end - 1) + self.column);
            first = end;
            let line = Stroke::new(1.0, self.shade(0.25));
            self.painter
                .hline(left + 3.0..=right - 3.0, bottom + 19.0, line);
            let color = color(lit.is_some_and(|lit| node(&lit.place) == node(&edges[0])));
            let at = pos2(0.5 * (left + right), bottom + 20.0);
            self.write(at, top, &format!("→ {}", edges[0].node), color);
        }
        let kinds = space.cell_kinds();
        for (cell, kind) in kinds.iter().enumerate() {
            let own = |place: &Place| place.cell == cell;
            let first = self.places.iter().position(own);
            let end = self.places.iter().rposition(own);
            if let (Some(first), Some(end)) = (first, end) {
                let middle = 0.5 * (self.left(first) + self.left(end) + self.column);
                let name = match kinds.len() {
                    1 => "the edge that changes: from state → to node".to_owned(),
                    _ => format!("edges of the {kind} cell: from → to"),
                };
                self.write(pos2(middle, bottom + 33.0), top, &name, weak);
            }
        }
    }

    /// The place of a neighbor's dot: beside those of the same edge by its operation, at the lower edge while it has no score.
    fn place(&self, index: usize) -> Option<Pos2> {
        let one = &self.scores.neighbors()[index];
        let column = self.places.iter().position(|place| *place == one.place)?;
        let choices = operations(self.genotype.space());
        let after = choices
            .iter()
            .position(|operation| *operation == one.change.after.operation)?;
        let share = (after as f32 + 0.5) / choices.len() as f32;
        let x = self.left(column) + (0.1 + 0.8 * share) * self.column;
        let gain = self.scores.gain(index);
        let y = gain.map_or(self.plot.bottom(), |gain| self.y(gain));
        Some(pos2(x, y))
    }

    /// One dot, or a ring while it has no score, and what a person does with it.
    fn show(&self, ui: &Ui, id: Id, index: usize, pointed: &mut Pointed) {
        let Some(at) = self.place(index) else { return };
        let (painter, radius) = (&self.painter, self.radius);
        let weak = self.visuals.weak_text_color();
        let one = &self.scores.neighbors()[index];
        let gain = self.scores.gain(index);
        let hit = Rect::from_center_size(at, Vec2::splat((2.0 * radius + 4.0).max(11.0)));
        // Dots are not stops of the keyboard: the list beside them is.
        let response = ui.interact(hit, id, Sense::CLICK);
        response.widget_info(|| {
            let name = format!("neighbor {}, {}", describe(one), brings(gain));
            WidgetInfo::labeled(Role::Button, ui.is_enabled(), name)
        });
        if response.hovered() {
            pointed.hovered = Some(index);
            ui.ctx().set_cursor_icon(egui::CursorIcon::PointingHand);
        }
        if response.clicked() {
            pointed.taken = Some(index);
        }
        let Some(gain) = gain else {
            let waiting = Stroke::new(1.0, weak);
            painter.circle_stroke(at, 0.6 * radius, waiting);
            response.on_hover_ui_at_pointer(|ui| explain(ui, one, None, None));
            return;
        };
        let color = gain::color(gain, self.visuals.dark_mode);
        let error = self.scores.gain_error(index);
        let stem = Stroke::new(1.2, blend(self.visuals.panel_fill, color, 0.55));
        painter.line_segment([pos2(at.x, self.y(0.0)), at], stem);
        if let Some(error) = error {
            let ends = [gain + error, gain - error].map(|end| {
                let end = self.y(end).clamp(self.plot.top(), self.plot.bottom());
                pos2(at.x, end)
            });
            painter.line_segment(ends, Stroke::new(1.2, weak));
        }
        painter.circle_filled(at, radius, color);
        if self.lit == Some(index) || response.hovered() {
            let ring = Stroke::new(2.0, self.visuals.strong_text_color());
            painter.circle_stroke(at, radius + 2.5, ring);
        }
        response.on_hover_ui_at_pointer(|ui| explain(ui, one, Some(gain), error));
    }
}

/// What is said of a neighbor that is pointed at.
fn explain(ui: &mut Ui, one: &ScoredNeighbor, gain: Option<f64>, error: Option<f64>) {
    ui.label(describe(one));
    let Some(gain) = gain else {
        ui.weak("no score yet");
        return;
    };
    ui.horizontal(|ui| {
        ui.label(gain::text(ui, gain));
        let accuracy = one.score.map_or(0.0, |score| score.accuracy);
        ui.weak(format!("{accuracy:.2} %, click to take it"));
    });
    if let Some(error) = error {
        ui.weak(how_sure(gain, error));
    }
}

fn how_sure(gain: f64, error: f64) -> String {
    match error {
        0.0 => "computes the same function: the same networks".to_owned(),
        _ if gain.abs() < 2.0 * error => {
            format!("standard error of the difference {error:.2}, not told apart")
        }
        _ => format!("standard error of the difference {error:.2}"),
    }
}

/// What [`explain`] says that is not in the name of a row.
fn more_words(one: &ScoredNeighbor, gain: Option<f64>, error: Option<f64>) -> String {
    let accuracy = one.score.map(|score| format!("{:.2} %", score.accuracy));
    let sure = gain.zip(error).map(|(gain, error)| how_sure(gain, error));
    [accuracy, sure]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// The scale of the colours.
pub fn show_legend(ui: &mut Ui) {
    let (rect, response) = ui.allocate_exact_size(vec2(190.0, 16.0), Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Image,
            true,
            "colours from −30 to +30 points of accuracy; beyond them, those of the ends",
        )
    });
    let painter = ui.painter();
    let font = FontId::proportional(11.0);
    let weak = ui.visuals().weak_text_color();
    let dark = ui.visuals().dark_mode;
    painter.text(
        rect.left_center(),
        Align2::LEFT_CENTER,
        "worse",
        font.clone(),
        weak,
    );
    painter.text(
        rect.right_center(),
        Align2::RIGHT_CENTER,
        "better",
        font,
        weak,
    );
    let dots = [
        -30.0, -10.0, -3.0, -1.0, -0.3, 0.0, 0.3, 1.0, 3.0, 10.0, 30.0,
    ];
    for (index, gain) in dots.into_iter().enumerate() {
        let at = rect.left_center() + vec2(44.0 + 10.0 * index as f32, 0.0);
        painter.circle_filled(at, 4.5, gain::color(gain, dark));
    }
}

/// The neighbors as a list, the best first.
pub fn show_list(ui: &mut Ui, height: f32, scores: &Scores, lit: Option<usize>) -> Pointed {
    let mut pointed = Pointed::default();
    let order = scores.ranked();
    let row = ROW.max(ui.spacing().interact_size.y);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt("neighbors")
        .max_height(height)
        .min_scrolled_height(height)
        .auto_shrink([false, false])
        .show_rows(ui, row, order.len(), |ui, rows| {
            for &index in &order[rows] {
                let one = &scores.neighbors()[index];
                let gain = scores.gain(index);
                let response = list_row(ui, row, one, gain, lit == Some(index));
                let error = scores.gain_error(index);
                describe_picture(&response, || more_words(one, gain, error));
                let tip = match response.has_focus() {
                    // Who has no pointer is told, too.
                    true => Tooltip::for_widget(&response),
                    false => Tooltip::for_enabled(&response),
                };
                tip.show(|ui| {
                    // A screen reader has heard it of the row.
                    let context = ui.ctx().clone();
                    context.accesskit_node_builder(ui.unique_id(), Node::set_hidden);
                    explain(ui, one, gain, error);
                });
                if response.hovered() || response.has_focus() {
                    pointed.hovered = Some(index);
                }
                if response.clicked() {
                    pointed.taken = Some(index);
                }
            }
        });
    pointed
}

fn list_row(
    ui: &mut Ui,
    height: f32,
    one: &ScoredNeighbor,
    gain: Option<f64>,
    lit: bool,
) -> egui::Response {
    let size = vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| {
        let name = format!("take {}, {}", describe(one), brings(gain));
        WidgetInfo::labeled(Role::Button, ui.is_enabled(), name)
    });
    let visuals = ui.visuals();
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if lit || response.hovered() || response.has_focus() {
        let fill = visuals.widgets.hovered.weak_bg_fill;
        painter.rect(rect, 4.0, fill, Stroke::NONE, StrokeKind::Inside);
    }
    let font = FontId::proportional(13.0);
    let weak = visuals.weak_text_color();
    let number = match gain {
        Some(gain) => (gain::signed(gain), gain::ink(gain, visuals.dark_mode)),
        None => ("…".to_owned(), weak),
    };
    painter.text(
        rect.left_center() + vec2(NUMBER, 0.0),
        Align2::RIGHT_CENTER,
        number.0,
        font.clone(),
        number.1,
    );
    let operation = one.change.after.operation;
    let color = operation_color(operation);
    let dot = pos2(rect.left() + NUMBER + 18.0, rect.center().y);
    let rim = Stroke::new(1.0, blend(color, Color32::BLACK, 0.3));
    painter.circle(dot, 5.0, color, rim);
    let mut x = dot.x + 12.0;
    // The operation first: it is what a narrow list must not cut.
    let mut name = LayoutJob::default();
    push(
        &mut name,
        operation_label(operation),
        TYPE[1],
        visuals.text_color(),
    );
    for mut job in [name, edge_words(one, weak)] {
        let room = rect.right() - x - SPACE[0];
        if room < LEAST_WORDS {
            break;
        }
        job.wrap = TextWrapping::truncate_at_width(room);
        let galley = painter.layout_job(job);
        let at = pos2(x, rect.center().y - 0.5 * galley.size().y);
        x += galley.size().x + SPACE[1];
        painter.galley(at, galley, weak);
    }
    response
}

/// Least height of a row of the list, points.
const ROW: f32 = 24.0;
/// The least room for words, points.
const LEAST_WORDS: f32 = 20.0;
/// Where the number of a row of the list ends, points from its left end.
const NUMBER: f32 = 56.0;

/// The edge that a neighbor changes, in words for a list.
fn edge_words(one: &ScoredNeighbor, color: Color32) -> LayoutJob {
    let (space, change) = (one.genotype.space(), &one.change);
    let (before, after, node) = (change.before.from, change.after.from, change.node);
    let mut job = LayoutJob::default();
    push_edge(&mut job, space, [after, node], TYPE[1], color);
    if !one.is_operation() {
        push(&mut job, " from ", TYPE[1], color);
        push_state(&mut job, space, before, TYPE[1], color);
    }
    if change.cell == CellKind::Reduction {
        push(&mut job, ", reduction", TYPE[1], color);
    }
    job
}
