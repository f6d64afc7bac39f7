//! What stands above the status bar: a session that has ended, a run that can be gone on with, and failures.

use eframe::egui;

use super::bars::bottom_bar;
use super::notices::{self, Pressed};
use super::{App, Offer};
use crate::app::context::Action;
use crate::app::draw::theme;
use crate::app::runs::kept_run::Ask;
use crate::app::runs::link::SessionState;

impl App {
    /// What waits for an answer, above the status bar: at the top it would move the button that a person is about to press.
    pub(super) fn banners(&mut self, ui: &mut egui::Ui) {
        let most = notices::most_strips(ui.ctx());
        let session = self.session();
        let asked = match session {
            SessionState::Gone => true,
            SessionState::Idle => self.unfinished.is_some(),
            _ => false,
        };
        let failures = most - usize::from(asked);
        let more = match failures {
            0 => self.notices.open(),
            _ => 0,
        };
        bottom_bar("banners", egui::Frame::NONE, ui, |ui| {
            if session == SessionState::Gone {
                self.gone(ui, more);
            } else if asked {
                self.offer(ui, more);
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

    /// Offers to go on with a run that was interrupted, and says that so many failures have no room.
    fn offer(&mut self, ui: &mut egui::Ui, more: usize) {
        let Some(offer) = &self.unfinished else {
            return;
        };
        let text = match offer.shown {
            true => "This run was interrupted and has a checkpoint.".to_owned(),
            false => format!(
                "The run {} was interrupted and has a checkpoint.",
                offer.name
            ),
        };
        let color = theme::hue(ui.visuals(), theme::Hue::Accent);
        let goes_on = match notices::strip(ui, &text, &["Go on", "Not now"], more, color) {
            Some(Pressed::Button(button)) => button == 0,
            Some(Pressed::More) => {
                self.notices.listed = true;
                return;
            }
            None => return,
        };
        if let Some(Offer { name, .. }) = self.unfinished.take() {
            match goes_on {
                true => self.actions.push(Action::Shelf(Ask::GoOn(name))),
                false => self.declined = Some(name),
            }
        }
    }
}
