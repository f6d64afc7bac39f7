//! The bars above and below the panels: menus, tabs, and where everything stands.

use eframe::egui::{self, Button, Frame, Margin, MenuBar, Panel, Rect};

use super::App;
use crate::app::context::Action;
use crate::app::draw::theme::{self, Hue, SPACE};
use crate::app::keys::{self, Deed};
use crate::app::lessons::{TOUR, built_in};
use crate::app::panels::state_words::state_words;
use crate::app::runs::link::SessionState;
use crate::record::{RunState, RunView};

/// What the program is, for who sees it for the first time.
pub const WELCOME: &str =
    "Plateau searches for neural architectures whose accuracy survives small changes.";

impl App {
    /// The menus.
    pub(super) fn menu(&mut self, ui: &mut egui::Ui) {
        let context = ui.ctx().clone();
        // What a finger presses is as high as the bar.
        let above = if self.dock.is_narrow() { 0 } else { 4 };
        let frame = bar_frame(ui, Margin::symmetric(8, above));
        bar(Panel::top("menu").frame(frame), ui, |ui| {
            MenuBar::new().ui(ui, |ui| {
                menu(ui, "File", |ui| {
                    self.item(ui, &context, "Open…", Deed::Open);
                    self.item(ui, &context, "Kept runs…", Deed::Runs);
                    self.item(ui, &context, "Save run as zip…", Deed::Save);
                    self.item(ui, &context, "Copy link", Deed::CopyLink);
                    #[cfg(not(target_arch = "wasm32"))]
                    {
                        ui.separator();
                        if ui.button("Quit").clicked() {
                            context.send_viewport_cmd(egui::ViewportCommand::Close);
                        }
                    }
                });
                menu(ui, "View", |ui| self.view_menu(ui, &context));
                menu(ui, "Lessons", |ui| self.lessons_menu(ui));
                menu(ui, "Help", |ui| {
                    if ui.button("Guided tour").clicked() {
                        self.begin_tour();
                        ui.close();
                    }
                    self.item(ui, &context, "Keyboard", Deed::Help);
                    if ui.button("Messages").clicked() {
                        self.notices.listed = true;
                        ui.close();
                    }
                    ui.separator();
                    ui.label(theme::note(format!(
                        "Plateau {}",
                        env!("CARGO_PKG_VERSION")
                    )));
                });
                // Until a person has begun anything.
                if !self.toured && !self.run.live && self.course.is_none() {
                    self.welcome(ui);
                }
            });
        });
    }

    /// What the program is, and the way into the tour.
    fn welcome(&mut self, ui: &mut egui::Ui) {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            // Menus have none.
            ui.spacing_mut().button_padding.x = SPACE[1];
            let button = theme::primary_button(ui, "Take the tour");
            if ui.add(button).clicked() {
                self.begin_tour();
            }
            if !self.dock.is_narrow() {
                ui.add_space(SPACE[0]);
                ui.add(egui::Label::new(theme::note(WELCOME)).truncate());
            }
        });
    }

    fn item(&mut self, ui: &mut egui::Ui, context: &egui::Context, name: &str, deed: Deed) {
        let button = Button::new(name).shortcut_text(keys::names(context, deed));
        if ui.add(button).clicked() {
            self.do_deed(context, deed);
            ui.close();
        }
    }

    fn lessons_menu(&mut self, ui: &mut egui::Ui) {
        for (name, lesson) in built_in().iter().filter(|(name, _)| *name != TOUR) {
            if ui.button(&lesson.title).clicked() {
                self.begin_lesson(Some(name), lesson.clone());
                ui.close();
            }
        }
        ui.separator();
        if ui.button("Open a lesson…").clicked() {
            self.actions.push(Action::ChooseFile);
            ui.close();
        }
    }

    fn view_menu(&mut self, ui: &mut egui::Ui, context: &egui::Context) {
        // The tabs of a narrow window are its panels, and its menu has to fit a low one.
        if !self.dock.is_narrow() {
            for pane in crate::app::pane::Pane::ALL {
                self.item(ui, context, pane.title(), Deed::Show(pane));
            }
            ui.separator();
            if ui.button("Reset layout").clicked() {
                self.reset_layout();
                ui.close();
            }
            ui.separator();
        }
        let mut preference = context.options(|options| options.theme_preference);
        for (choice, name) in [
            (egui::ThemePreference::System, "Theme of the system"),
            (egui::ThemePreference::Light, "Light"),
            (egui::ThemePreference::Dark, "Dark"),
        ] {
            if ui.radio_value(&mut preference, choice, name).clicked() {
                context.set_theme(choice);
                ui.close();
            }
        }
        ui.separator();
        let mut projector = self.projector;
        if ui
            .checkbox(&mut projector, "Larger type for a projector")
            .clicked()
        {
            self.set_projector(context, projector);
            ui.close();
        }
    }

    /// The tabs of a narrow window.
    pub(super) fn tabs(&mut self, ui: &mut egui::Ui) {
        if self.dock.is_narrow() {
            let frame = bar_frame(ui, Margin::ZERO);
            bottom_bar("tabs", frame, ui, |ui| self.dock.tabs(ui));
        }
    }

    /// The state of the run that is shown; of a race that of both sides.
    fn state_of_both(&self) -> (String, Option<Hue>) {
        let own = state_words(&self.run, self.kept.is_some());
        let Some(rival) = self.racing_rival() else {
            return (own.0.to_owned(), own.1);
        };
        let other = state_words(rival, false);
        if own.0 == other.0 {
            return (format!("both {}", own.0), own.1);
        }
        let name = |run: &RunView| {
            let search = run
                .config
                .as_ref()
                .and_then(|config| config.search.as_ref());
            search.map_or("search", |search| search.strategy.title())
        };
        let words = format!("{} {}, {} {}", name(&self.run), own.0, name(rival), other.0);
        let goes_on = |run: &RunView| run.state == RunState::Running;
        let hue = if goes_on(rival) { other.1 } else { own.1 };
        (words, hue)
    }

    /// Run state, adapter, what the engine does until it can compute, and the newest notice.
    pub(super) fn status(&mut self, ui: &mut egui::Ui) {
        let narrow = self.dock.is_narrow();
        let frame = bar_frame(ui, Margin::symmetric(8, 4));
        bottom_bar("status", frame, ui, |ui| {
            // Everything in it is words; the list of messages is in a menu, too.
            theme::row_of_words(ui, |ui| {
                let (words, hue) = self.state_of_both();
                let color = hue.map_or(ui.visuals().weak_text_color(), |hue| {
                    theme::hue(ui.visuals(), hue)
                });
                let (rect, _) = ui.allocate_exact_size(egui::vec2(8.0, 8.0), egui::Sense::hover());
                ui.painter().circle_filled(rect.center(), 4.0, color);
                ui.label(theme::note(words));
                ui.add_space(SPACE[1]);
                match &self.run.device {
                    // The run says it, too.
                    _ if narrow => {}
                    Some(device) => {
                        ui.label(theme::note(device.name.as_str()))
                            .on_hover_text(&device.driver);
                        if device.software {
                            let warm = theme::ink(ui.visuals(), Hue::Warm);
                            ui.label(theme::note("software adapter: slow").color(warm))
                                .on_hover_text(
                                    "This GPU is emulated on the CPU. Choose the device “cpu” under Machine: it is faster.",
                                );
                        }
                    }
                    None => {
                        ui.label(theme::note("no device in use"));
                    }
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let newest = self.notices.newest();
                    let error = newest.is_some_and(|notice| notice.error);
                    let idle = self.session() == SessionState::Idle;
                    let engine = self.engine.as_ref().filter(|_| idle);
                    let said = engine.into_iter().chain(newest.map(|notice| &notice.text));
                    let said = said.map(String::as_str).collect::<Vec<_>>().join(" · ");
                    let text = theme::note(match said.as_str() {
                        "" => "no messages",
                        said => said,
                    });
                    let text = if error {
                        text.color(ui.visuals().error_fg_color)
                    } else {
                        text
                    };
                    let button = ui
                        .add(Button::new(text).frame(false).truncate())
                        .on_hover_text("Shows all messages");
                    if button.clicked() {
                        self.notices.listed = !self.notices.listed;
                    }
                });
            });
        });
    }
}

/// A menu of the bar, which scrolls where the window is too low for it.
fn menu(ui: &mut egui::Ui, name: &str, add: impl FnOnce(&mut egui::Ui)) {
    ui.menu_button(name, |ui| {
        let below = ui.ctx().content_rect().bottom() - ui.cursor().top();
        theme::scroll_beyond(ui, below - 2.0 * SPACE[1], add);
    });
}

fn bar_frame(ui: &egui::Ui, margin: Margin) -> Frame {
    Frame::new()
        .fill(theme::bar_color(ui.visuals()))
        .inner_margin(margin)
}

fn bar(panel: Panel, ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui)) -> Rect {
    let panel = panel.min_size(0.0).resizable(false);
    let shown = panel.show_separator_line(false).show(ui, add);
    shown.response.rect
}

/// A bar at the lower end of the window, as high as its content.
pub fn bottom_bar(
    name: &'static str,
    frame: Frame,
    ui: &mut egui::Ui,
    add: impl FnOnce(&mut egui::Ui),
) {
    let end = ui.available_rect_before_wrap().bottom();
    let place = bar(Panel::bottom(name).frame(frame), ui, add);
    if (place.bottom() - end).abs() > 1.0 {
        // It began where its height of the last frame said.
        ui.ctx().request_discard("a bar has another height");
    }
}
