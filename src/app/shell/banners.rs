//! What stands above the status bar: a session that has ended, a run that can be gone on with, the training of a judge, and failures.

use eframe::egui;

use super::App;
use super::bars::bottom_bar;
use super::notices::{self, Pressed};
use crate::app::context::Action;
use crate::app::draw::theme::{self, Hue};
use crate::app::runs::link::SessionState;
use crate::session::Command;

impl App {
    /// What waits for an answer, above the status bar: at the top it would move the button that a person is about to press.
    pub(super) fn banners(&mut self, ui: &mut egui::Ui) {
        let session = self.session();
        let asked = match session {
            SessionState::Gone => true,
            SessionState::Idle => self.unfinished.is_some(),
            _ => false,
        };
        let judge = self.judge_trains();
        let others = usize::from(asked) + usize::from(judge.is_some());
        let failures = notices::most_strips(ui.ctx()).saturating_sub(others);
        // What stands lowest says how many have no room.
        let more = match failures {
            0 => self.notices.open(),
            _ => 0,
        };
        let more_above = if judge.is_some() { 0 } else { more };
        bottom_bar("banners", egui::Frame::NONE, ui, |ui| {
            if session == SessionState::Gone {
                self.gone(ui, more_above);
            } else if asked {
                self.offer(ui, more_above);
            }
            if let Some(text) = judge {
                self.judge_strip(ui, &text, more);
            }
            self.notices.strips(ui, failures);
        });
    }

    /// Says that the session has ended, and that so many failures have no room.
    fn gone(&mut self, ui: &mut egui::Ui, more: usize) {
        let text = "The session has ended, so nothing can be computed. What is shown stays; restart the session to go on.";
        let color = ui.visuals().error_fg_color;
        match notices::strip(ui, text, &["Restart session"], more, color) {
            Some(Pressed::Button(_)) => self.actions.push(Action::Restart),
            Some(Pressed::More) => self.notices.listed = true,
            None => {}
        }
    }

    /// Says how far the training of the judge is, wherever else the person looks, and that so many failures have no room. Can end it.
    fn judge_strip(&mut self, ui: &mut egui::Ui, text: &str, more: usize) {
        let color = theme::hue(ui.visuals(), Hue::Accent);
        match notices::strip(ui, text, &["Stop the judge"], more, color) {
            Some(Pressed::Button(_)) => {
                self.judge.line.send(Command::Stop);
            }
            Some(Pressed::More) => self.notices.listed = true,
            None => {}
        }
    }
}
