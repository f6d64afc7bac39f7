//! Races: a second run, of another strategy with the same seed and images, beside the shown one. And what all sessions beside that of the
//! shown run have in common.

use eframe::egui;

use super::App;
use crate::app::runs::labels::in_labels;
use crate::app::runs::link::{Aside, Line, SessionState};
use crate::app::runs::notice::{About, Notice};
use crate::record::{RunState, RunView};
use crate::session::{Command, Event, Start};

impl App {
    /// A fresh session beside that of the shown run, which knows the images that were read here.
    ///
    /// # Errors
    /// Why there is none, for a person.
    pub(super) fn beside(&self, context: &egui::Context) -> Result<Line, String> {
        let mut line = Line::default();
        line.connect((self.connect)(context)?);
        for added in &self.added {
            line.send(added.clone());
        }
        Ok(line)
    }

    /// Every session that there is.
    pub(super) fn lines(&mut self) -> impl Iterator<Item = &mut Line> {
        let beside = self.training.iter_mut().chain(&mut self.rival);
        let beside = beside.map(|(line, _)| line);
        beside.chain([&mut self.line, &mut self.judge.line])
    }

    /// Starts the rival of the run that was started just before.
    pub(super) fn race(&mut self, context: &egui::Context, start: Box<Start>) {
        match self.beside(context) {
            Ok(mut line) => {
                line.send(Command::Start(start));
                let mut view = RunView::default();
                view.live = true;
                self.rival = Some((line, view));
            }
            Err(text) => self.notices.push(Notice::error(text).about(About::Session)),
        }
    }

    /// What the sessions of the shown run and its rival do: a race goes on as long as one of them does.
    pub fn session(&self) -> SessionState {
        let own = self.line.state();
        let rival = self.rival.as_ref().map(|(line, _)| line.state());
        match rival {
            Some(rival) if own == SessionState::Idle && rival.is_busy() => rival,
            _ => own,
        }
    }

    /// Whether what goes on is held.
    pub(super) fn is_held(&self) -> bool {
        let rival = self.rival.as_ref().map(|(_, view)| view);
        let mut runs = [Some(&self.run), rival].into_iter().flatten();
        runs.any(|run| run.live && run.state == RunState::Held)
    }

    /// What holds and ends a run holds and ends its rival, too; a new run has none until [`App::race`].
    pub(super) fn tell_rival(&mut self, command: &Command) {
        match command {
            Command::Start(_) => self.end_race(),
            Command::Pause | Command::Resume | Command::Step | Command::Stop => {
                if let Some((line, _)) = &mut self.rival
                    && line.state().is_busy()
                {
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

    /// Takes up what the sessions of the rival and of [`Action::Train`](crate::app::Action::Train) have said.
    pub(super) fn hear_beside(&mut self) {
        for (line, view) in self.rival.iter_mut().chain(&mut self.training) {
            while let Some(timed) = line.receive() {
                if let Event::Failed { message } = &timed.event {
                    let failed = Notice::error(in_labels(message)).about(About::Run);
                    self.notices.push(failed.of_run(&view.name));
                }
                view.live = true;
                view.apply_timed(&timed);
            }
            while let Some(aside) = line.aside() {
                if let Aside::Tell(notice) = aside {
                    self.notices.push(notice.of_run(&view.name));
                }
            }
        }
    }
}
