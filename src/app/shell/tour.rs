//! A guided tour of six steps, for a lesson or a first look.

use eframe::egui::{self, Align2, Color32, Stroke, vec2};

use crate::app::draw::theme::{self, Hue, SPACE};
use crate::app::keys::{self, Deed, Place, Row};
use crate::app::pane::Pane;

/// What the program is, for who sees it for the first time.
pub const WELCOME: &str =
    "Plateau searches for neural architectures whose accuracy survives small changes.";

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

/// Where the tour is; none: it is not on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tour {
    stop: Option<usize>,
}

impl Tour {
    /// Begins at the first step.
    pub fn begin(&mut self) {
        self.stop = Some(0);
    }

    /// The step, counted from 0; none: the tour is not on.
    pub fn stop(&self) -> Option<usize> {
        self.stop
    }

    /// The panel that the tour talks about.
    pub fn pane(&self) -> Option<Pane> {
        Some(STOPS.get(self.stop?)?.pane)
    }

    /// Draws a frame around the panel and the text beside it.
    pub fn show(&mut self, context: &egui::Context, places: &[(Pane, egui::Rect)]) {
        let Some((number, stop)) = self.stop.and_then(|stop| Some((stop, STOPS.get(stop)?))) else {
            return;
        };
        let place = places
            .iter()
            .find(|(pane, _)| *pane == stop.pane)
            .map(|(_, rect)| *rect);
        let screen = context.content_rect();
        let accent = theme::hue(&context.global_style().visuals, Hue::Accent);
        let layer = egui::LayerId::new(egui::Order::Middle, egui::Id::unique("tour-frame"));
        let painter = context.layer_painter(layer);
        if let Some(rect) = place {
            let dim = Color32::from_black_alpha(110);
            let above =
                egui::Rect::from_min_max(screen.min, egui::pos2(screen.right(), rect.top()));
            let below =
                egui::Rect::from_min_max(egui::pos2(screen.left(), rect.bottom()), screen.max);
            let left = egui::Rect::from_min_max(
                egui::pos2(screen.left(), rect.top()),
                egui::pos2(rect.left(), rect.bottom()),
            );
            let right = egui::Rect::from_min_max(
                egui::pos2(rect.right(), rect.top()),
                egui::pos2(screen.right(), rect.bottom()),
            );
            for shade in [above, below, left, right] {
                painter.rect_filled(shade, 0.0, dim);
            }
            let stroke = Stroke::new(2.0, accent);
            painter.rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside);
        }
        // Beside the panel, on the side with more room.
        let on_left = place.is_none_or(|rect| rect.center().x > screen.center().x);
        let (align, margin) = if on_left {
            (Align2::LEFT_CENTER, vec2(2.0 * SPACE[2], 0.0))
        } else {
            (Align2::RIGHT_CENTER, vec2(-2.0 * SPACE[2], 0.0))
        };
        egui::Window::new("Tour")
            .title_bar(false)
            .resizable(false)
            .order(egui::Order::Foreground)
            .anchor(align, margin)
            .fixed_size(vec2(380.0, 0.0))
            .show(context, |ui| {
                ui.label(theme::note(format!("{} of {}", number + 1, STOPS.len())));
                ui.heading(stop.title);
                ui.add_space(SPACE[0]);
                ui.label(stop.text);
                ui.add_space(SPACE[1]);
                ui.horizontal(|ui| {
                    if ui
                        .add_enabled(number > 0, egui::Button::new("Back"))
                        .clicked()
                    {
                        self.stop = Some(number - 1);
                    }
                    let last = number + 1 == STOPS.len();
                    let next = theme::primary_button(ui, if last { "Done" } else { "Next" });
                    if ui.add(next).clicked() {
                        self.stop = (!last).then_some(number + 1);
                    }
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        if ui.button("End tour").clicked() {
                            self.stop = None;
                        }
                    });
                });
            });
        let close = |row: &Row| row.deed == Deed::Close;
        if context.input_mut(|input| !keys::asked(input, Place::Control, close).is_empty()) {
            self.stop = None;
        }
    }
}
