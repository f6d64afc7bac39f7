//! The bars above and below the panels: menus, and where everything stands.

use eframe::egui::{self, Button, MenuBar, Panel};

use super::App;
use crate::app::context::Action;
use crate::app::draw::theme::{self, Hue, SPACE};
use crate::app::keys::{self, Deed};
use crate::app::lessons::{TOUR, built_in};
use crate::app::panels::state_words::state_words;
use crate::app::runs::link::SessionState;

/// What the program is, for who sees it for the first time.
pub const WELCOME: &str =
    "Plateau searches for neural architectures whose accuracy survives small changes.";

impl App {
    /// The menus.
    pub(super) fn menu(&mut self, ui: &mut egui::Ui) {
        let context = ui.ctx().clone();
        bar(Panel::top("menu"), ui, |ui| {
            MenuBar::new().ui(ui, |ui| {
                ui.menu_button("File", |ui| {
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
                ui.menu_button("View", |ui| self.view_menu(ui, &context));
                ui.menu_button("Lessons", |ui| self.lessons_menu(ui));
                ui.menu_button("Help", |ui| {
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
            let button = theme::primary_button(ui, "Take the tour");
            if ui.add(button).clicked() {
                self.begin_tour();
            }
            ui.add_space(SPACE[0]);
            ui.add(egui::Label::new(theme::note(WELCOME)).truncate());
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
        for pane in crate::app::pane::Pane::ALL {
            self.item(ui, context, pane.title(), Deed::Show(pane));
        }
        ui.separator();
        if ui.button("Reset layout").clicked() {
            self.reset_layout();
            ui.close();
        }
        ui.separator();
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

    /// Run state, adapter, what the engine does until it can compute, and the newest notice.
    pub(super) fn status(&mut self, ui: &mut egui::Ui) {
        bar(Panel::bottom("status"), ui, |ui| {
            ui.horizontal(|ui| {
                let (words, hue) = state_words(&self.run);
                let color = hue.map_or(ui.visuals().weak_text_color(), |hue| {
                    theme::hue(ui.visuals(), hue)
                });
                let (rect, _) = ui.allocate_exact_size(egui::vec2(8.0, 8.0), egui::Sense::hover());
                ui.painter().circle_filled(rect.center(), 4.0, color);
                ui.label(theme::note(words));
                ui.add_space(SPACE[1]);
                match &self.run.device {
                    Some(device) => {
                        ui.label(theme::note(device.name.as_str()))
                            .on_hover_text(&device.driver);
                        if device.software {
                            let warm = theme::hue(ui.visuals(), Hue::Warm);
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

fn bar<R>(panel: Panel, ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui) -> R) {
    let frame = egui::Frame::new()
        .fill(theme::bar_color(ui.visuals()))
        .inner_margin(egui::Margin::symmetric(8, 4));
    panel
        .frame(frame)
        .resizable(false)
        .show_separator_line(false)
        .show(ui, add);
}
