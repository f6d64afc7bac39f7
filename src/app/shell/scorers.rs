//! Who scores cells by weights: the supernet of the shown run, and the judge in a session of its own.

use eframe::egui;

use super::App;
use crate::app::panels::editor::scores::Scores;
use crate::app::runs::kept_run::{Ask, Wanted};
use crate::app::runs::labels::in_labels;
use crate::app::runs::link::{Aside, SessionState};
use crate::app::runs::notice::Notice;
use crate::app::runs::supernet::{JudgeOf, SupernetState};
use crate::landscape::Score;
use crate::record::{RunState, RunView, SUPERNET_FILE};
use crate::session::{Checkpoint, Command, Event, Start, Timed};

/// Said where no judge is kept.
const NO_JUDGE: &str = "there is none yet";

impl App {
    /// Has the session take up the supernet of the shown run: that of its files, or the one that its keeper has.
    pub(super) fn open_supernet(&mut self) {
        if self.session().is_busy() {
            let text = "the run goes on without its supernet; it can score when the run has ended";
            self.supernet = SupernetState::Missing(text.into());
            return;
        }
        self.supernet = SupernetState::Asked;
        let in_files = self.run_files.others.get(SUPERNET_FILE);
        if let Some(bytes) = in_files {
            let found = Checkpoint::from_bytes(bytes);
            let found = found.map(|one| Some(Box::new(one)));
            self.take_supernet(found.map_err(|error| error.to_string()));
            return;
        }
        let kept = self.kept.clone().map(Wanted::Run);
        if !kept.is_some_and(|run| self.shelf.ask(Ask::Supernet(run))) {
            self.take_supernet(Ok(None));
        }
    }

    /// The supernet of the shown run was found, or not.
    fn take_supernet(&mut self, found: Result<Option<Box<Checkpoint>>, String>) {
        self.supernet = match found {
            Ok(Some(checkpoint)) => match self.line.send(Command::Open { checkpoint }) {
                true => SupernetState::Asked,
                false => SupernetState::Missing("the session has ended; restart it".into()),
            },
            Ok(None) => SupernetState::Missing(
                "this run came without its supernet; run the search again, or let the judge score"
                    .into(),
            ),
            Err(error) => SupernetState::Missing(in_labels(&error)),
        };
    }

    /// The keeper has looked for a supernet.
    pub(super) fn take_found(
        &mut self,
        wanted: &Wanted,
        found: Result<Option<Box<Checkpoint>>, String>,
    ) {
        match wanted {
            // Another run may be shown by now.
            Wanted::Run(name) if self.kept.as_ref() == Some(name) => self.take_supernet(found),
            Wanted::Run(_) => {}
            Wanted::Judge(of) if self.judge.of.as_ref() == Some(of) => self.take_judge(found),
            Wanted::Judge(_) => {}
        }
    }

    /// Looks for a judge where runs are kept.
    pub(super) fn find_judge(&mut self, context: &egui::Context, of: JudgeOf) {
        if self.judge.is_training() {
            self.judge.line.send(Command::Stop);
        }
        self.judge.training = RunView::default();
        self.judge.of = Some(of.clone());
        self.judge.state = SupernetState::Asked;
        if self.judge.line.state() == SessionState::Gone {
            match (self.connect)(context) {
                Ok(link) => self.judge.line.connect(link),
                Err(text) => {
                    self.judge.state = SupernetState::Missing(text);
                    return;
                }
            }
        }
        if !self.shelf.ask(Ask::Supernet(Wanted::Judge(of))) {
            self.take_judge(Ok(None));
        }
    }

    fn take_judge(&mut self, found: Result<Option<Box<Checkpoint>>, String>) {
        self.judge.state = match found {
            Ok(Some(mut checkpoint)) => {
                // It may have been trained on another machine.
                checkpoint.position.config.device = self.search.config().device;
                match self.judge.line.send(Command::Open { checkpoint }) {
                    true => SupernetState::Asked,
                    false => SupernetState::Missing("its session has ended".into()),
                }
            }
            // Its keeper may be behind.
            Ok(None) if self.judge.training.state == RunState::Finished => {
                SupernetState::of_live(&self.judge.training)
            }
            Ok(None) => SupernetState::Missing(NO_JUDGE.into()),
            Err(error) => SupernetState::Missing(in_labels(&error)),
        };
    }

    /// Trains the judge that was looked for.
    pub(super) fn train_judge(&mut self, context: &egui::Context) {
        let Some(of) = self.judge.of.clone() else {
            return;
        };
        if self.judge.line.state() == SessionState::Gone {
            match (self.connect)(context) {
                Ok(link) => self.judge.line.connect(link),
                Err(text) => return self.notices.push(Notice::error(text)),
            }
        }
        let start = Start::kept(self.search.judge_of(&of));
        self.judge.training = RunView::default();
        self.judge.state = SupernetState::Asked;
        self.judge.line.send(Command::Start(Box::new(start)));
    }

    /// Takes up scores, for whoever asked.
    pub(super) fn scored(&mut self, request: u64, first: usize, scores: &[Score]) {
        match Scores::is_of_result(request) {
            true => self.shown.scored(request, first, scores),
            false => self.editor.scored(request, first, scores),
        }
    }

    /// Takes up what the judge's session has said.
    pub(super) fn hear_judge(&mut self) {
        while let Some(timed) = self.judge.line.receive() {
            self.judge_said(&timed);
        }
        while let Some(aside) = self.judge.line.aside() {
            if let Aside::Tell(notice) = aside {
                self.notices.push(notice);
            }
        }
    }

    fn judge_said(&mut self, timed: &Timed) {
        let judge = &mut self.judge;
        match &timed.event {
            Event::Scored {
                request,
                first,
                scores,
            } => return self.scored(*request, *first, scores),
            Event::SupernetOpened { space, images } => {
                judge.state = SupernetState::Ready {
                    space: *space,
                    images: *images,
                };
            }
            Event::Refused { message } if judge.state == SupernetState::Asked => {
                judge.state = SupernetState::Missing(in_labels(message));
            }
            Event::Started { .. } => judge.training.live = true,
            Event::Finished => {
                judge.training.apply_timed(timed);
                // On all of its images, as in later sessions.
                let kept = judge.of.clone().map(Wanted::Judge);
                if !kept.is_some_and(|judge| self.shelf.ask(Ask::Supernet(judge))) {
                    judge.state = SupernetState::of_live(&judge.training);
                }
                return;
            }
            Event::Stopped => {
                judge.state = SupernetState::Missing("its training was stopped".into());
            }
            Event::Failed { message } => {
                judge.state = SupernetState::Missing(in_labels(message));
            }
            _ => {}
        }
        judge.training.apply_timed(timed);
    }
}
