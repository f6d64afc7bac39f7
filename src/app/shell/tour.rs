//! A guided tour of six steps, for a lesson or a first look.

use eframe::egui::{self, Align2, Color32, Stroke, vec2};

use super::bars::bottom_bar;
use super::dock::Dock;
use crate::app::draw::theme::{self, Hue, SPACE};
use crate::app::keys::{self, Deed, Place, Row};
use crate::app::pane::Pane;

struct Stop {
    title: &'static str,
    text: &'static str,
    pane: Pane,
}

const STOPS: [Stop; 6] = [
    Stop {
        title: "What is this picture?",
        text: "Two searches that were recorded, with the same seed on the same images: NA-DARTS, which looks at the neighbors \
               of an architecture, and DARTS, which does not. A cell is a small graph: its nodes are feature maps, and every edge \
               carries one operation. Which edge carries which is the architecture. Edges with a ring are not the same in both. \
               Drag the slider to see what each would have ended with at any step.",
        pane: Pane::Run,
    },
    Stop {
        title: "Which one is flatter?",
        text: "Change one edge of a cell and you have a neighbor. An architecture is flat if its neighbors are nearly as good as \
               it is, and sharp if a small change costs much. Every point here is an architecture of a table: its own accuracy \
               upwards, the mean of its neighbors to the right. The two lines are the ways that the searches took.",
        pane: Pane::Landscape,
    },
    Stop {
        title: "Run a race",
        text: "Choose a strategy in \"Race against\" and press Run: both start with the same seed, on the same images. \
               In the 3-edge space the search takes a minute or two on a laptop, and training what was found a few more. \
               One seed decides nothing: plateau compare runs many, with intervals.",
        pane: Pane::Search,
    },
    Stop {
        title: "How sure is that?",
        text: "A finished run, and each side of a race, begins with its result: its test accuracy with the range that other \
               images would give, whether one change costs more than its share, and \"inside the noise\" where that cannot be told. \
               File, Kept runs lists all; tick two or more to see them beside each other.",
        pane: Pane::Run,
    },
    Stop {
        title: "Change an edge",
        text: "Click an edge and give it another operation; in a DARTS cell it can be dragged to another node. The score shows what that costs or \
               gains, and by whom it is scored; the dots below are all other changes that you could make. Undo as often as \
               you like.",
        pane: Pane::Editor,
    },
    Stop {
        title: "Take a figure with you",
        text: "Every plot, here in the run, has an Export menu: SVG for papers, light on white with axes and legend, CSV with its numbers, and a \
               picture as it looks. Save in the cell editor keeps the cell as SVG, PNG or JSON, and File keeps the whole run as a zip.",
        pane: Pane::Run,
    },
];

/// Width of the card beside a panel, points.
const CARD: f32 = 380.0;
/// How far it stands from the end of the window, points.
const MARGIN: f32 = 2.0 * SPACE[2];
/// The buttons stand beside the title in a card that is wider, points.
const IN_A_ROW: f32 = 560.0;

/// Where the tour is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tour {
    /// The step, counted from 0; none: it is not on.
    stop: Option<usize>,
    /// The step whose panel was brought to the front.
    arrived: Option<usize>,
}

impl Tour {
    /// Begins at the first step.
    pub fn begin(&mut self) {
        *self = Self {
            stop: Some(0),
            arrived: None,
        };
    }

    /// The step, counted from 0; none: the tour is not on.
    pub fn stop(&self) -> Option<usize> {
        self.stop
    }

    /// The panel of a step that has just begun. Later the person may look at others.
    pub fn arrives(&mut self) -> Option<Pane> {
        if self.arrived == self.stop {
            return None;
        }
        self.arrived = self.stop;
        Some(STOPS.get(self.stop?)?.pane)
    }

    /// Whether the card stands below the panels: beside the one that it is about there is no room.
    pub fn is_below(&self, screen: egui::Rect, dock: &Dock) -> bool {
        let Some(stop) = self.stop.and_then(|stop| STOPS.get(stop)) else {
            return false;
        };
        let place = dock.place(stop.pane);
        let beside = |place: egui::Rect| {
            let [left, right] = room_beside(screen, place);
            left.max(right) >= CARD + MARGIN
        };
        dock.is_narrow() || place.is_some_and(|place| !beside(place))
    }

    /// Draws the card below the panels, which become as much lower.
    pub fn below(&mut self, ui: &mut egui::Ui) {
        let accent = theme::hue(ui.visuals(), Hue::Accent);
        let frame = egui::Frame::new()
            .fill(theme::blend(ui.visuals().panel_fill, accent, 0.1))
            .inner_margin(egui::Margin::symmetric(12, 8));
        bottom_bar("tour", frame, ui, |ui| self.card(ui));
    }

    /// Draws a frame around the panel and, unless it stands below, the card beside it.
    pub fn over(&mut self, context: &egui::Context, dock: &Dock, below: bool) {
        let Some(stop) = self.stop.and_then(|stop| STOPS.get(stop)) else {
            return;
        };
        let screen = context.content_rect();
        let place = dock.place(stop.pane);
        if let Some(place) = place {
            let accent = theme::hue(&context.global_style().visuals, Hue::Accent);
            let layer = egui::LayerId::new(egui::Order::Middle, egui::Id::unique("tour-frame"));
            let painter = context.layer_painter(layer);
            if !below {
                shade_around(&painter, screen, place);
            }
            let stroke = Stroke::new(2.0, accent);
            painter.rect_stroke(place, 4.0, stroke, egui::StrokeKind::Inside);
        }
        if !below {
            let [left, right] = place.map_or([1.0, 0.0], |place| room_beside(screen, place));
            let (align, margin) = match left > right {
                true => (Align2::LEFT_CENTER, MARGIN),
                false => (Align2::RIGHT_CENTER, -MARGIN),
            };
            egui::Window::new("Tour")
                .title_bar(false)
                .resizable(false)
                .order(egui::Order::Foreground)
                .anchor(align, vec2(margin, 0.0))
                .fixed_size(vec2(CARD, 0.0))
                .show(context, |ui| self.card(ui));
        }
        let close = |row: &Row| row.deed == Deed::Close;
        if context.input_mut(|input| !keys::asked(input, Place::Control, close).is_empty()) {
            self.stop = None;
        }
    }

    fn card(&mut self, ui: &mut egui::Ui) {
        let Some((number, stop)) = self.stop.and_then(|stop| Some((stop, STOPS.get(stop)?))) else {
            return;
        };
        let in_a_row = ui.available_width() > IN_A_ROW;
        let counter = theme::note(format!("{} of {}", number + 1, STOPS.len()));
        if in_a_row {
            ui.horizontal(|ui| {
                ui.label(counter);
                ui.heading(stop.title);
                let right = egui::Layout::right_to_left(egui::Align::Center);
                ui.with_layout(right, |ui| self.buttons(ui, number));
            });
        } else {
            ui.label(counter);
            ui.heading(stop.title);
        }
        ui.add_space(SPACE[0]);
        let most = 0.25 * ui.ctx().content_rect().height();
        theme::scroll_beyond(ui, most, |ui| {
            ui.label(stop.text);
        });
        if !in_a_row {
            ui.add_space(SPACE[1]);
            ui.horizontal(|ui| {
                let right = egui::Layout::right_to_left(egui::Align::Center);
                ui.with_layout(right, |ui| self.buttons(ui, number));
            });
        }
    }

    /// The buttons, from right to left.
    fn buttons(&mut self, ui: &mut egui::Ui, number: usize) {
        let last = number + 1 == STOPS.len();
        let next = theme::primary_button(ui, if last { "Done" } else { "Next" });
        let mut to = self.stop;
        if ui.add(next).clicked() {
            to = (!last).then_some(number + 1);
        }
        let back = egui::Button::new("Back");
        if ui.add_enabled(number > 0, back).clicked() {
            to = Some(number - 1);
        }
        if ui.button("End tour").clicked() {
            to = None;
        }
        if to != self.stop {
            self.stop = to;
            // The panel of the new step is brought to the front.
            ui.ctx().request_repaint();
        }
    }
}

/// The room of the window on the left and on the right of a panel.
fn room_beside(screen: egui::Rect, place: egui::Rect) -> [f32; 2] {
    [place.left() - screen.left(), screen.right() - place.right()]
}

/// Darkens the window around a panel.
fn shade_around(painter: &egui::Painter, screen: egui::Rect, place: egui::Rect) {
    let above = egui::Rect::from_min_max(screen.min, egui::pos2(screen.right(), place.top()));
    let below = egui::Rect::from_min_max(egui::pos2(screen.left(), place.bottom()), screen.max);
    let left = egui::Rect::from_min_max(
        egui::pos2(screen.left(), place.top()),
        egui::pos2(place.left(), place.bottom()),
    );
    let right = egui::Rect::from_min_max(
        egui::pos2(place.right(), place.top()),
        egui::pos2(screen.right(), place.bottom()),
    );
    for shade in [above, below, left, right] {
        painter.rect_filled(shade, 0.0, Color32::from_black_alpha(110));
    }
}
