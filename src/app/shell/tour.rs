//! A guided tour of six steps, for a lesson or a first look.

use eframe::egui::{self, Align2, Color32, Stroke, vec2};

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
        title: "What is an architecture?",
        text: "A network is a stack of equal cells. A cell is a small graph: its nodes are feature maps, and every edge carries \
               one operation, such as a convolution, a pooling or a skip. Which edge carries which operation is the \
               architecture. Its colours are the same everywhere in this window.",
        pane: Pane::Editor,
    },
    Stop {
        title: "What is a neighbor?",
        text: "Change one edge of a cell, its operation or where it comes from, and you have a neighbor. \
               Two changes make a neighbor at distance two. A cell of DARTS has dozens of neighbors at distance one.",
        pane: Pane::Editor,
    },
    Stop {
        title: "Flat and sharp",
        text: "An architecture is in a flat place if its neighbors are nearly as good as it is, and in a sharp one if a small \
               change costs much. Flat ones survive being discretised, trained anew and moved to other data. \
               Plateau searches for them.",
        pane: Pane::Landscape,
    },
    Stop {
        title: "Watch a search",
        text: "This is a recorded search. Drag the scrubber or press the arrow keys: the loss falls, the weights of the \
               operations drift apart, and now and then the cell that would be derived changes. The pink band holds the \
               neighbors' losses: narrow is flat. Press Run to start one of your own.",
        pane: Pane::Run,
    },
    Stop {
        title: "Edit a cell",
        text: "Click an edge and give it another operation. The score shows what the change costs or gains, and the picture \
               of the neighborhood shows every other change you could make. Undo as often as you like.",
        pane: Pane::Editor,
    },
    Stop {
        title: "Read the landscape",
        text: "Every point is an architecture: its own accuracy to one side, the mean of its neighbors to the other. The best \
               point is not always in the best neighborhood. Click a point to take it into the editor.",
        pane: Pane::Landscape,
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
