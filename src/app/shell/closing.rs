//! The question before the window closes while a run goes on.

use std::time::{Duration, Instant};

use eframe::egui::{self, ViewportCommand};

use super::App;
use crate::app::draw::theme::{self, SPACE};
use crate::app::runs::link::SessionState;
use crate::session::Command;

/// How long a run is waited for that was asked to stop.
const LONGEST: Duration = Duration::from_secs(5);
/// How often is looked whether it has stopped.
const PAUSE: Duration = Duration::from_millis(100);

/// Where the closing of the window stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Closing {
    /// Nobody wants it.
    #[default]
    No,
    /// The person is asked.
    Asked,
    /// The run was asked to stop at that time.
    Stopping(Instant),
    /// Nothing is waited for any more.
    Now,
}

impl App {
    /// Keeps the window open while the person is asked and the run stops.
    pub(super) fn watch_closing(&mut self, context: &egui::Context) {
        let going = self.runs_something();
        let wanted = context.input(|input| input.viewport().close_requested());
        if wanted && going && self.closing != Closing::Now {
            context.send_viewport_cmd(ViewportCommand::CancelClose);
            if self.closing == Closing::No {
                self.closing = Closing::Asked;
            }
        }
        match self.closing {
            Closing::Asked if !going => self.closing = Closing::No,
            Closing::Stopping(since) if !going || since.elapsed() >= LONGEST => {
                self.closing = Closing::Now;
                context.send_viewport_cmd(ViewportCommand::Close);
            }
            Closing::Stopping(_) => context.request_repaint_after(PAUSE),
            _ => {}
        }
    }

    /// Asks whether the run shall be stopped.
    pub(super) fn ask_before_closing(&mut self, context: &egui::Context) {
        if !matches!(self.closing, Closing::Asked | Closing::Stopping(_)) {
            return;
        }
        let kept = self.kept.is_some() || !self.session().is_busy();
        let later = match kept {
            true => {
                "A run that is stopped is kept and can be continued from its last checkpoint: the next start offers the newest one, and File, Kept runs lists them all."
            }
            false => "This run is not recorded: what it has found is lost when the window closes.",
        };
        let stopping = self.closing != Closing::Asked;
        let response = egui::Modal::new(egui::Id::unique("closing")).show(context, |ui| {
            ui.set_max_width(380.0);
            ui.heading(match stopping {
                true => "The run stops…",
                false => "A run is going on.",
            });
            ui.add_space(SPACE[0]);
            ui.label(later);
            ui.add_space(SPACE[1]);
            let mut choice = None;
            ui.add_enabled_ui(!stopping, |ui| {
                ui.horizontal(|ui| {
                    if ui.button("Stop and close").clicked() {
                        choice = Some(true);
                    }
                    let keep = ui.add(theme::primary_button(ui, "Keep running"));
                    if keep.clicked() {
                        choice = Some(false);
                    }
                    // Space and Enter would mean the window behind.
                    if ui.memory(|memory| memory.focused().is_none()) {
                        keep.request_focus();
                    }
                });
            });
            choice
        });
        let closed = !stopping && response.should_close();
        match response.inner {
            Some(true) => self.stop_and_close(),
            Some(false) => self.closing = Closing::No,
            None if closed => self.closing = Closing::No,
            None => {}
        }
    }

    fn stop_and_close(&mut self) {
        for line in self.lines() {
            if line.state() != SessionState::Gone {
                line.send(Command::Stop);
            }
        }
        self.closing = Closing::Stopping(Instant::now());
    }
}
