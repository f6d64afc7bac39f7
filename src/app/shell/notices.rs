//! What the window tells a person: failures, and what else must be seen, as strips that stay until they are closed, and a list of everything
//! said.

use eframe::egui;

use crate::app::draw::theme::{self, Lies, SPACE};
use crate::app::runs::notice::Notice;

/// Most notices that are kept.
const KEPT: usize = 200;
/// Most strips at a time.
const STRIPS: usize = 3;

/// All notices so far.
#[derive(Default)]
pub struct Notices {
    said: Vec<Notice>,
    /// How many there were, those that are not kept any more, too.
    count: usize,
    /// Strips that nobody has closed, by their place in `said`.
    open: Vec<usize>,
    /// Whether the list is shown.
    pub listed: bool,
}

impl Notices {
    /// Tells something. The same failure twice in a row is told once.
    pub fn push(&mut self, notice: Notice) {
        if notice.error && self.said.last() == Some(&notice) && !self.open.is_empty() {
            return;
        }
        if self.said.len() == KEPT {
            self.said.remove(0);
            self.open = self
                .open
                .iter()
                .filter_map(|at| at.checked_sub(1))
                .collect();
        }
        if notice.error {
            self.open.push(self.said.len());
        }
        self.said.push(notice);
        self.count += 1;
    }

    /// How many there were.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Tells one after the other.
    pub fn extend(&mut self, notices: impl IntoIterator<Item = Notice>) {
        notices.into_iter().for_each(|notice| self.push(notice));
    }

    /// Tells once what nobody has asked for but all must see: it stays until it is closed.
    pub fn stay(&mut self, notice: Notice) {
        if self.said.contains(&notice) {
            return;
        }
        let failed = notice.error;
        self.push(notice);
        if !failed {
            self.open.push(self.said.len() - 1);
        }
    }

    /// What was said, oldest first.
    pub fn said(&self) -> &[Notice] {
        &self.said
    }

    /// The newest.
    pub fn newest(&self) -> Option<&Notice> {
        self.said.last()
    }

    /// Draws the strips that nobody has closed.
    pub fn strips(&mut self, ui: &mut egui::Ui) {
        let mut closed = None;
        for (place, &at) in self.open.iter().enumerate().rev().take(STRIPS) {
            let Some(notice) = self.said.get(at) else {
                continue;
            };
            let color = match notice.error {
                true => ui.visuals().error_fg_color,
                false => theme::hue(ui.visuals(), theme::Hue::Accent),
            };
            if colored(ui, &notice.text, &["Close"], color).is_some() {
                closed = Some(place);
            }
        }
        if let Some(place) = closed {
            self.open.remove(place);
        }
    }

    /// Draws the list.
    pub fn window(&mut self, context: &egui::Context) {
        let mut listed = self.listed;
        let lies = Lies::Free([520.0, 260.0]);
        theme::window_over(context, "Messages", &mut listed, lies, |ui| {
            if self.said.is_empty() {
                ui.label("Nothing so far.");
            }
            for notice in self.said.iter().rev() {
                let text = egui::RichText::new(&notice.text);
                ui.label(if notice.error {
                    text.color(ui.visuals().error_fg_color)
                } else {
                    text
                });
            }
        });
        self.listed = listed;
    }
}

/// A strip with a failure and one button. Returns whether the button was pressed.
pub fn strip(ui: &mut egui::Ui, text: &str, button: &str) -> bool {
    let color = ui.visuals().error_fg_color;
    colored(ui, text, &[button], color).is_some()
}

/// A strip that says how far something is. Returns whether the button was pressed.
pub fn progress(ui: &mut egui::Ui, text: &str, button: &str) -> bool {
    let color = theme::hue(ui.visuals(), theme::Hue::Accent);
    colored(ui, text, &[button], color).is_some()
}

/// A strip that offers something. Whether the person takes it; none: no button was pressed.
pub fn offer(ui: &mut egui::Ui, text: &str, take: &str, leave: &str) -> Option<bool> {
    let color = theme::hue(ui.visuals(), theme::Hue::Accent);
    colored(ui, text, &[take, leave], color).map(|button| button == 0)
}

/// A strip with buttons. Returns the one that was pressed by its place.
fn colored(ui: &mut egui::Ui, text: &str, buttons: &[&str], color: egui::Color32) -> Option<usize> {
    egui::Frame::new()
        // Opaque, since the window has no ground of its own here.
        .fill(theme::blend(ui.visuals().panel_fill, color, 0.14))
        .inner_margin(egui::Margin::symmetric(12, 6))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                let width = ui.available_width() - 130.0 - 80.0 * (buttons.len() - 1) as f32;
                ui.scope(|ui| {
                    ui.set_max_width(width);
                    ui.add(egui::Label::new(egui::RichText::new(text).color(color)).wrap());
                });
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    ui.add_space(SPACE[0]);
                    let mut pressed = None;
                    // The first is the leftmost.
                    for (place, &name) in buttons.iter().enumerate().rev() {
                        let button = match place {
                            0 if name != "Close" => theme::primary_button(ui, name),
                            _ => egui::Button::new(name),
                        };
                        if ui.add(button).clicked() {
                            pressed = Some(place);
                        }
                    }
                    pressed
                })
                .inner
            })
            .inner
        })
        .inner
}
