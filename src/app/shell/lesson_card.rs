//! The card of a lesson, beside the panel that it is about or below the panels.

use std::sync::Arc;

use eframe::egui::{self, Align, Align2, Color32, LayerId, Layout, Role, Stroke, Ui, vec2};

use super::bars::bottom_bar;
use super::dock::Dock;
use super::pointing::Pointing;
use crate::app::draw::theme::{self, Hue, SPACE};
use crate::app::draw::words::landmark;
use crate::app::lessons::{Answer, Card, Lesson, Question};

/// Width of the card beside a panel, points.
const WIDTH: f32 = 380.0;
/// How far it stands from the end of the window, points.
const MARGIN: f32 = 2.0 * SPACE[2];
/// The buttons stand beside the title in a card that is wider, points.
const IN_A_ROW: f32 = 560.0;
/// Width of the buttons there, points.
const BUTTONS: f32 = 230.0;
/// Most of the screen's height that the words take beside the panel, and below it.
const SHARE: [f32; 2] = [0.55, 0.25];
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
    /// Whether the card stands below the panels in this frame.
    is_below: bool,
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
            is_below: false,
            size: egui::Vec2::ZERO,
        }
    }

    /// Its card.
    pub fn card(&self) -> Option<&Card> {
        self.lesson.cards.get(self.at)
    }

    /// The answer that was given, and what is said of it.
    pub fn given(&self) -> Option<(&Answer, String)> {
        let answers = &self.card()?.question.as_ref()?.answers;
        let answer = answers.get(self.answer?)?;
        let word = if answer.right { "Right." } else { "Not so." };
        Some((answer, format!("{word} {}", answer.why)))
    }

    /// Whether Esc means the lesson: not a text field, a menu, a window or whatever else was opened meanwhile.
    pub fn is_on_top(&self, context: &egui::Context) -> bool {
        !self.typing && !theme::is_covered(context) && !theme::has_window_over(context)
    }

    /// Draws the card below the panels, which become as much lower, where beside the one that it is about there is no room. `busy`: whether
    /// a run goes on.
    pub fn below(&mut self, ui: &mut Ui, dock: &Dock, busy: bool) -> Option<Wish> {
        let lesson = self.lesson.clone();
        let card = lesson.cards.get(self.at)?;
        let screen = ui.ctx().content_rect();
        let beside = |place: egui::Rect| {
            let [left, right] = room_beside(screen, place);
            left.max(right) >= WIDTH + MARGIN
        };
        let place = dock.place(card.panel);
        self.is_below = dock.is_narrow() || place.is_some_and(|place| !beside(place));
        if !self.is_below {
            return None;
        }
        let mut wish = None;
        let accent = theme::hue(ui.visuals(), Hue::Accent);
        let frame = egui::Frame::new()
            .fill(theme::blend(ui.visuals().panel_fill, accent, 0.1))
            .inner_margin(egui::Margin::symmetric(12, 8));
        bottom_bar("lesson", frame, ui, |ui| {
            // The same to screen readers as beside the panel.
            ui.scope(|ui| {
                landmark(ui, Role::Window, &lesson.title, ui.max_rect());
                self.content(ui, card, busy, &mut wish);
                landmark(ui, Role::Window, &lesson.title, ui.min_rect());
            });
        });
        wish
    }

    /// Draws a frame around the panel and what is pointed at and, unless it stands below, the card. `watches`: the person watches a run of
    /// their own, which is not dimmed.
    pub fn over(
        &mut self,
        context: &egui::Context,
        dock: &Dock,
        busy: bool,
        watches: bool,
    ) -> Option<Wish> {
        let lesson = self.lesson.clone();
        let card = lesson.cards.get(self.at)?;
        let place = dock.place(card.panel);
        let panel = place.unwrap_or(egui::Rect::NOTHING);
        let pointed = Pointing::at(context, card.points_at.as_deref(), panel);
        if let Some(place) = place {
            frame(context, place, pointed, !self.is_below && !watches);
        }
        let wish = match self.is_below {
            true => None,
            false => self.beside(context, card, place, busy),
        };
        self.typing = context.text_edit_focused();
        wish
    }

    /// Draws the card on the side of the panel that has more room.
    fn beside(
        &mut self,
        context: &egui::Context,
        card: &Card,
        place: Option<egui::Rect>,
        busy: bool,
    ) -> Option<Wish> {
        let screen = context.content_rect();
        let [left, right] = place.map_or([1.0, 0.0], |place| room_beside(screen, place));
        let (align, margin) = match left > right {
            true => (Align2::LEFT_CENTER, MARGIN),
            false => (Align2::RIGHT_CENTER, -MARGIN),
        };
        let mut wish = None;
        let window = egui::Window::new(self.lesson.title.as_str())
            .id(theme::card_layer().id)
            .title_bar(false)
            .resizable(false)
            .order(theme::card_layer().order)
            .anchor(align, vec2(margin, 0.0))
            .fixed_size(vec2(WIDTH, 0.0))
            .show(context, |ui| self.content(ui, card, busy, &mut wish));
        let size = window.map(|window| window.response.rect.size());
        if size.is_some_and(|size| size != self.size) {
            // What is larger than in the last frame was cut off.
            self.size = size.unwrap_or_default();
            context.request_repaint();
        }
        wish
    }

    fn content(&self, ui: &mut Ui, card: &Card, busy: bool, wish: &mut Option<Wish>) {
        let in_a_row = ui.available_width() > IN_A_ROW;
        let counter = theme::note(format!(
            "{}, {} of {}",
            self.lesson.title,
            self.at + 1,
            self.lesson.cards.len()
        ));
        if in_a_row {
            ui.horizontal(|ui| {
                let room = ui.available_width() - BUTTONS;
                ui.scope(|ui| {
                    ui.set_width(room);
                    ui.label(counter);
                    let title = egui::RichText::new(&card.title).heading();
                    ui.add(egui::Label::new(title).truncate());
                });
                self.buttons(ui, wish);
            });
        } else {
            ui.label(counter);
            ui.heading(&card.title);
        }
        ui.add_space(SPACE[0]);
        let screen = ui.ctx().content_rect().height();
        let most = (screen * SHARE[usize::from(self.is_below)]).min((screen - AROUND).max(40.0));
        egui::ScrollArea::vertical()
            .id_salt(self.at)
            .max_height(most)
            .min_scrolled_height(most)
            .auto_shrink([false, true])
            .show(ui, |ui| self.words(ui, card, busy, wish));
        if !in_a_row {
            ui.add_space(SPACE[1]);
            self.buttons(ui, wish);
        }
    }

    /// What the card says, asks to do and asks.
    fn words(&self, ui: &mut Ui, card: &Card, busy: bool, wish: &mut Option<Wish>) {
        ui.label(&card.text);
        if self.withheld {
            ui.add_space(SPACE[0]);
            ui.label(theme::note(
                "Your run was still in progress, so the recording is not shown.",
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
        if let Some((answer, text)) = self.given() {
            let hue = if answer.right { Hue::Good } else { Hue::Warm };
            let color = theme::ink(ui.visuals(), hue);
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

/// The room of the window on the left and on the right of a panel.
fn room_beside(screen: egui::Rect, place: egui::Rect) -> [f32; 2] {
    [place.left() - screen.left(), screen.right() - place.right()]
}

/// Frames a panel, and a control in it. `dims`: everything but the panel is dimmed.
fn frame(context: &egui::Context, panel: egui::Rect, pointed: Option<egui::Rect>, dims: bool) {
    // Below the windows to which a lesson sends people.
    let painter = context.layer_painter(LayerId::background());
    if dims {
        shade_around(&painter, context.content_rect(), panel);
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

/// Darkens the window around a panel.
fn shade_around(painter: &egui::Painter, screen: egui::Rect, panel: egui::Rect) {
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
}
