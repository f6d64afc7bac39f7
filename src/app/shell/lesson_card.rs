//! The card of a lesson beside the panel that it is about.

use std::sync::Arc;

use eframe::egui::{self, Align, Align2, Color32, Id, LayerId, Layout, Order, Stroke, Ui, vec2};

use super::pointing::Pointing;
use crate::app::draw::theme::{self, Hue, SPACE};
use crate::app::lessons::{Card, Lesson, Question};
use crate::app::pane::Pane;

/// Width of the card, points.
const WIDTH: f32 = 380.0;
/// With less room beside the panel, the card lies over its lower part, points.
const LEAST_BESIDE: f32 = 300.0;
/// Most of the screen's height that the words take beside the panel, and over it.
const SHARE: [f32; 2] = [0.55, 0.3];
/// What the card needs for its heading and its buttons, points.
const AROUND: f32 = 180.0;

/// What a person wants of a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The card at a place; behind the last one lies the end.
    Card(usize),
    /// An answer by its place.
    Answer(usize),
    /// What the card shows, once more.
    Again,
    /// No lesson.
    End,
}

/// A lesson that is on.
pub struct Course {
    /// Its name in links; one from a file has none.
    pub name: Option<&'static str>,
    /// The lesson.
    pub lesson: Arc<Lesson>,
    /// The place of its card.
    pub at: usize,
    /// The place of the answer that was given.
    pub answer: Option<usize>,
    /// Whether what the card asks for is done.
    pub done: bool,
    /// Whether the card's recording is not shown, because a run was going on.
    pub withheld: bool,
    /// Whether a text field had the keyboard after the last frame.
    typing: bool,
    size: egui::Vec2,
}

impl Course {
    /// A lesson before its first card.
    pub fn new(name: Option<&'static str>, lesson: Arc<Lesson>) -> Self {
        Self {
            name,
            lesson,
            at: 0,
            answer: None,
            done: false,
            withheld: false,
            typing: false,
            size: egui::Vec2::ZERO,
        }
    }

    /// Its card.
    pub fn card(&self) -> Option<&Card> {
        self.lesson.cards.get(self.at)
    }

    /// Whether Esc means the lesson: not a text field, a menu or whatever else lies above.
    pub fn is_on_top(&self, context: &egui::Context) -> bool {
        let own = layer();
        let above = context.memory(|memory| memory.areas().visible_layer_ids());
        let mut above = above.iter();
        !self.typing && !above.any(|other| other.order == Order::Foreground && *other != own)
    }

    /// Draws a frame around the panel and what is pointed at, and the card. `busy`: whether a run goes on.
    pub fn show(
        &mut self,
        context: &egui::Context,
        places: &[(Pane, egui::Rect)],
        busy: bool,
    ) -> Option<Wish> {
        let lesson = self.lesson.clone();
        let card = lesson.cards.get(self.at)?;
        let place = places.iter().find(|(pane, _)| *pane == card.panel);
        let place = place.map(|(_, rect)| *rect);
        let panel = place.unwrap_or(egui::Rect::NOTHING);
        let pointed = Pointing::at(context, card.points_at.as_deref(), panel);
        if let Some(place) = place {
            frame(context, place, pointed);
        }
        let screen = context.content_rect();
        let beside = place.map_or(screen.width(), |place| {
            (place.left() - screen.left()).max(screen.right() - place.right())
        });
        let over = beside < LEAST_BESIDE;
        let (align, margin) = lies(screen, place, pointed, over);
        let most =
            (screen.height() * SHARE[usize::from(over)]).min((screen.height() - AROUND).max(40.0));
        let mut wish = None;
        let window = egui::Window::new(lesson.title.as_str())
            .id(layer().id)
            .title_bar(false)
            .resizable(false)
            .order(Order::Foreground)
            .anchor(align, margin)
            .fixed_size(vec2(WIDTH.min(screen.width() - 2.0 * SPACE[1]), 0.0))
            .show(context, |ui| {
                let (number, count) = (self.at + 1, lesson.cards.len());
                ui.label(theme::note(format!(
                    "{}, {number} of {count}",
                    lesson.title
                )));
                ui.heading(&card.title);
                ui.add_space(SPACE[0]);
                egui::ScrollArea::vertical()
                    .id_salt(self.at)
                    .max_height(most)
                    .min_scrolled_height(most)
                    .auto_shrink([false, true])
                    .show(ui, |ui| self.words(ui, card, busy, &mut wish));
                ui.add_space(SPACE[1]);
                self.buttons(ui, &mut wish);
            });
        let size = window.map(|window| window.response.rect.size());
        if size.is_some_and(|size| size != self.size) {
            // What is larger than in the last frame was cut off.
            self.size = size.unwrap_or_default();
            context.request_repaint();
        }
        self.typing = context.text_edit_focused();
        wish
    }

    /// What the card says, asks to do and asks.
    fn words(&self, ui: &mut Ui, card: &Card, busy: bool, wish: &mut Option<Wish>) {
        ui.label(&card.text);
        if self.withheld {
            ui.add_space(SPACE[0]);
            ui.label(theme::note(
                "A run was going on, so the recording is not shown.",
            ));
            let show = egui::Button::new("Show the recording");
            if ui.add_enabled(!busy, show).clicked() {
                *wish = Some(Wish::Again);
            }
        }
        if let Some(task) = &card.task {
            ui.add_space(SPACE[1]);
            theme::card(ui).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.strong(&task.text);
                if task.until.is_some() {
                    ui.label(theme::note("The lesson goes on by itself when it is done."));
                }
            });
        }
        if let Some(question) = &card.question {
            ui.add_space(SPACE[1]);
            self.question(ui, question, wish);
        }
    }

    fn question(&self, ui: &mut Ui, question: &Question, wish: &mut Option<Wish>) {
        ui.strong(&question.text);
        ui.with_layout(Layout::top_down_justified(Align::LEFT), |ui| {
            for (place, answer) in question.answers.iter().enumerate() {
                let chosen = self.answer == Some(place);
                let text = format!("{}  {}", place + 1, answer.text);
                let button = ui.add(egui::Button::new(text).wrap().selected(chosen));
                button.widget_info(|| {
                    egui::WidgetInfo::selected(egui::Role::Button, true, chosen, &answer.text)
                });
                if button.clicked() {
                    *wish = Some(Wish::Answer(place));
                }
            }
        });
        let given = self.answer.and_then(|place| question.answers.get(place));
        if let Some(answer) = given {
            let (word, hue) = match answer.right {
                true => ("Right.", Hue::Good),
                false => ("Not so.", Hue::Warm),
            };
            let color = theme::hue(ui.visuals(), hue);
            let text = format!("{word} {}", answer.why);
            ui.label(egui::RichText::new(text).color(color));
        }
    }

    fn buttons(&self, ui: &mut Ui, wish: &mut Option<Wish>) {
        ui.horizontal(|ui| {
            let back = ui.add_enabled(self.at > 0, egui::Button::new("Back"));
            if back.on_hover_text("The card before (Page Up)").clicked() {
                *wish = Some(Wish::Card(self.at - 1));
            }
            let last = self.at + 1 == self.lesson.cards.len();
            let next = theme::primary_button(ui, if last { "Done" } else { "Next" });
            let next = ui.add(next).on_hover_text("The next card (Page Down)");
            if next.clicked() {
                *wish = Some(Wish::Card(self.at + 1));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let end = ui.button("End lesson").on_hover_text("Closes it (Esc)");
                if end.clicked() {
                    *wish = Some(Wish::End);
                }
            });
        });
    }
}

fn layer() -> LayerId {
    LayerId::new(Order::Foreground, Id::unique("lesson"))
}

/// Where the card lies: beside the panel on the side with more room, or over it, away from what is pointed at.
fn lies(
    screen: egui::Rect,
    panel: Option<egui::Rect>,
    pointed: Option<egui::Rect>,
    over: bool,
) -> (Align2, egui::Vec2) {
    let below = |rect: egui::Rect| rect.center().y > screen.center().y;
    let right = |rect: egui::Rect| rect.center().x > screen.center().x;
    match over {
        true if pointed.is_some_and(below) => (Align2::CENTER_TOP, vec2(0.0, SPACE[1])),
        true => (Align2::CENTER_BOTTOM, vec2(0.0, -SPACE[1])),
        false if panel.is_none_or(right) => (Align2::LEFT_CENTER, vec2(2.0 * SPACE[2], 0.0)),
        false => (Align2::RIGHT_CENTER, vec2(-2.0 * SPACE[2], 0.0)),
    }
}

/// Dims everything but a panel and frames it, and a control in it.
fn frame(context: &egui::Context, panel: egui::Rect, pointed: Option<egui::Rect>) {
    let screen = context.content_rect();
    let layer = LayerId::new(Order::Middle, Id::unique("lesson-frame"));
    let painter = context.layer_painter(layer);
    let rows = [
        (screen.top(), panel.top()),
        (panel.top(), panel.bottom()),
        (panel.bottom(), screen.bottom()),
    ];
    for (row, (top, bottom)) in rows.into_iter().enumerate() {
        let sides = match row {
            1 => vec![
                (screen.left(), panel.left()),
                (panel.right(), screen.right()),
            ],
            _ => vec![(screen.left(), screen.right())],
        };
        for (left, right) in sides {
            let shade = egui::Rect::from_min_max(egui::pos2(left, top), egui::pos2(right, bottom));
            painter.rect_filled(shade, 0.0, Color32::from_black_alpha(110));
        }
    }
    let accent = theme::hue(&context.global_style().visuals, Hue::Accent);
    let stroke = Stroke::new(2.0, accent);
    painter.rect_stroke(panel, 4.0, stroke, egui::StrokeKind::Inside);
    if let Some(control) = pointed {
        let painter = painter.with_clip_rect(panel);
        let stroke = Stroke::new(2.5, accent);
        let around = control.expand(SPACE[0]);
        painter.rect_stroke(around, 4.0, stroke, egui::StrokeKind::Outside);
    }
}
