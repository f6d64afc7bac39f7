//! What the window tells a person: failures as strips that stay until they are closed or until the same succeeds, what else must be seen as
//! strips that stay until they are closed, and a list of everything
//! said.

use eframe::egui::{self, Color32, Label, RichText, text::LayoutJob};

use crate::app::draw::theme::{self, Lies, SPACE};
use crate::app::runs::notice::{About, Notice};

/// Most notices that are kept.
const KEPT: usize = 200;
/// Most strips at a time.
const STRIPS: usize = 2;
/// There is one in a window that is lower than this, points.
const SHORT: f32 = 600.0;
/// Most rows of a strip's text; all of it is in the list.
const ROWS: usize = 3;
/// The buttons of a strip that is less wide stand below its text, points.
const STACKED: f32 = 560.0;

/// All notices so far.
#[derive(Default)]
pub struct Notices {
    said: Vec<Notice>,
    /// How many there were, those that are not kept any more, too.
    count: usize,
    /// Those that stand as strips, by their place in `said`.
    open: Vec<usize>,
    /// Whether the list is shown.
    pub listed: bool,
}

impl Notices {
    /// Tells something. A failure whose strip stands is not told again at once; a success takes away what failed before.
    pub fn push(&mut self, notice: Notice) {
        let last = self.said.len().checked_sub(1);
        let stands = last.filter(|at| self.open.contains(at));
        if notice.error && stands.is_some_and(|at| self.said[at].says(&notice)) {
            return;
        }
        if let (false, Some(about)) = (notice.error, notice.about) {
            self.settle(about);
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

    /// Tells once what nobody has asked for but all must see: it stands as a strip until it is closed.
    pub fn stay(&mut self, notice: Notice) {
        if self.said.iter().any(|told| told.says(&notice)) {
            return;
        }
        let failed = notice.error;
        self.push(notice);
        if !failed {
            self.open.push(self.said.len() - 1);
        }
    }

    /// Takes away the strips of what has succeeded by now, or is tried anew. The list keeps them.
    pub fn settle(&mut self, about: About) {
        let said = &self.said;
        self.open.retain(|&at| said[at].about != Some(about));
    }

    /// What was said, oldest first.
    pub fn said(&self) -> &[Notice] {
        &self.said
    }

    /// The newest.
    pub fn newest(&self) -> Option<&Notice> {
        self.said.last()
    }

    /// How many stand as strips, or wait for room.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Draws the newest strips, at most so many; the last one says how many more there are.
    pub fn strips(&mut self, ui: &mut egui::Ui, most: usize) {
        let shown = self.open.len().min(most);
        let first = self.open.len() - shown;
        for place in (first..self.open.len()).rev() {
            let Some(notice) = self.open.get(place).and_then(|&at| self.said.get(at)) else {
                continue;
            };
            let color = match notice.error {
                true => ui.visuals().error_fg_color,
                false => theme::hue(ui.visuals(), theme::Hue::Accent),
            };
            let more = if place == first { first } else { 0 };
            match strip(ui, &notice.text, &["Close"], more, color) {
                Some(Pressed::Button(_)) => {
                    self.open.remove(place);
                }
                Some(Pressed::More) => self.listed = true,
                None => {}
            }
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
                theme::rows_of_words(ui, |ui| line(ui, notice));
            }
        });
        self.listed = listed;
    }
}

/// One message of the list: when it was said, of which run, and what.
fn line(ui: &mut egui::Ui, notice: &Notice) {
    ui.label(theme::note(&notice.at));
    let unnamed = |run: &&String| !run.is_empty() && !notice.text.contains(run.as_str());
    if let Some(run) = notice.run.as_ref().filter(unnamed) {
        ui.label(theme::note(run));
    }
    let text = RichText::new(&notice.text);
    ui.label(match notice.error {
        true => text.color(ui.visuals().error_fg_color),
        false => text,
    });
}

/// The most strips that a window has room for.
pub fn most_strips(context: &egui::Context) -> usize {
    match context.content_rect().height() < SHORT {
        true => 1,
        false => STRIPS,
    }
}

/// What of a strip was pressed.
pub enum Pressed {
    /// One of its buttons, by its place.
    Button(usize),
    /// The one that shows the list.
    More,
}

/// A strip with a text and buttons, and with one more button where so many failures have no strip of their own.
pub fn strip(
    ui: &mut egui::Ui,
    text: &str,
    buttons: &[&str],
    more: usize,
    color: Color32,
) -> Option<Pressed> {
    let mut names: Vec<String> = buttons.iter().map(|&name| name.to_owned()).collect();
    if more > 0 {
        names.push(format!("{more} more…"));
    }
    let ground = theme::blend(ui.visuals().panel_fill, color, 0.14);
    let ink = theme::readable_on(color, ground);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let mut job = LayoutJob::simple(text.to_owned(), font, ink, f32::INFINITY);
    job.wrap.max_rows = ROWS;
    let words = Label::new(job).wrap();
    let pressed = egui::Frame::new()
        // Opaque, since the window has no ground of its own here.
        .fill(ground)
        .inner_margin(egui::Margin::symmetric(12, 6))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            if ui.available_width() < STACKED {
                ui.add(words);
                return ui.horizontal(|ui| row(ui, &names)).inner;
            }
            ui.horizontal(|ui| {
                let width = ui.available_width() - 130.0 - 80.0 * (names.len() - 1) as f32;
                ui.scope(|ui| {
                    ui.set_max_width(width);
                    ui.add(words);
                });
                row(ui, &names)
            })
            .inner
        });
    let button = pressed.inner?;
    Some(match button < buttons.len() {
        true => Pressed::Button(button),
        false => Pressed::More,
    })
}

/// Buttons at the right end of a row. Returns the one that was pressed by its place.
fn row(ui: &mut egui::Ui, names: &[String]) -> Option<usize> {
    let right = egui::Layout::right_to_left(egui::Align::Center);
    ui.with_layout(right, |ui| {
        ui.add_space(SPACE[0]);
        let mut pressed = None;
        // The first is the leftmost.
        for (place, name) in names.iter().enumerate().rev() {
            let button = match place {
                0 if name != "Close" => theme::primary_button(ui, name),
                _ => egui::Button::new(name.as_str()),
            };
            if ui.add(button).clicked() {
                pressed = Some(place);
            }
        }
        pressed
    })
    .inner
}
