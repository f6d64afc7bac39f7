//! What stands above the status bar: a session that has ended, a run that can be gone on with, and failures.

use eframe::egui;

use super::bars::bottom_bar;
use super::notices;
use super::{App, Offer};
use crate::app::context::Action;
use crate::app::runs::kept_run::Ask;
use crate::app::runs::link::SessionState;

impl App {
    /// What waits for an answer, above the status bar: at the top it would move the button that a person is about to press.
    pub(super) fn banners(&mut self, ui: &mut egui::Ui) {
        bottom_bar("banners", egui::Frame::NONE, ui, |ui| {
            if self.session() == SessionState::Gone
                && notices::strip(
                    ui,
                    "The session has ended, so nothing can be computed. What is shown stays; restart the session to go on.",
                    "Restart session",
                )
            {
                self.actions.push(Action::Restart);
            }
            if self.session() == SessionState::Idle {
                self.offer(ui);
            }
            self.notices.strips(ui);
        });
    }

    /// Offers to go on with a run that was interrupted.
    fn offer(&mut self, ui: &mut egui::Ui) {
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
        let Some(goes_on) = notices::offer(ui, &text, "Go on", "Not now") else {
            return;
        };
        if let Some(Offer { name, .. }) = self.unfinished.take() {
            match goes_on {
                true => self.actions.push(Action::Shelf(Ask::GoOn(name))),
                false => self.declined = Some(name),
            }
        }
    }
}
