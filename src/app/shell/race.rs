//! Races: a second run, of another strategy with the same seed and images, beside the shown one.

use eframe::egui;

use super::App;
use crate::app::runs::labels::in_labels;
use crate::app::runs::link::{Aside, Line};
use crate::app::runs::notice::Notice;
use crate::record::RunView;
use crate::session::{Command, Event, Start};

impl App {
    /// Starts the rival of the run that was started just before.
    pub(super) fn race(&mut self, context: &egui::Context, start: Box<Start>) {
        match (self.connect)(context) {
            Ok(link) => {
                let mut line = Line::default();
                line.connect(link);
                line.send(Command::Start(start));
                let mut view = RunView::default();
                view.live = true;
                self.rival = Some((line, view));
            }
            Err(text) => self.notices.push(Notice::error(text)),
        }
    }

    /// What holds and ends a run holds and ends its rival, too; a new run has none until [`App::race`].
    pub(super) fn tell_rival(&mut self, command: &Command) {
        match command {
            Command::Start(_) => self.end_race(),
            Command::Pause | Command::Resume | Command::Step | Command::Stop => {
                if let Some((line, _)) = &mut self.rival {
                    line.send(command.clone());
                }
            }
            _ => {}
        }
    }

    /// Another run is shown, which has no rival.
    pub(super) fn end_race(&mut self) {
        if let Some((mut line, _)) = self.rival.take() {
            line.send(Command::Stop);
        }
    }

    /// Takes up what the rival's session has said.
    pub(super) fn hear_rival(&mut self) {
        let Some((line, view)) = &mut self.rival else {
            return;
        };
        while let Some(timed) = line.receive() {
            if let Event::Failed { message } = &timed.event {
                self.notices.push(Notice::error(in_labels(message)));
            }
            view.live = true;
            view.apply_timed(&timed);
        }
        while let Some(aside) = line.aside() {
            if let Aside::Tell(notice) = aside {
                self.notices.push(notice);
            }
        }
    }
}
