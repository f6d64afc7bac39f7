//! Who scores cells by weights: the supernet of the shown run, and the judge in a session of its own.

use eframe::egui;

use super::App;
use crate::app::panels::editor::scores::Scores;
use crate::app::panels::forecast::duration;
use crate::app::runs::kept_run::{Ask, FoundSupernet, Wanted};
use crate::app::runs::labels::in_labels;
use crate::app::runs::link::{Aside, Seat, SessionState};
use crate::app::runs::notice::{About, Notice};
use crate::app::runs::recording::Recording;
use crate::app::runs::supernet::{JudgeOf, SupernetState};
use crate::data::short_name;
use crate::landscape::Score;
use crate::record::{RunState, RunView};
use crate::session::{Checkpoint, Command, Event, RunConfig, Start, Timed};
use crate::space::Space;

/// Said where no judge is kept.
const NO_JUDGE: &str = "there is none yet";
/// Said where a session cannot take weights up any more.
const GONE: &str = "its session has ended";

/// What a keeper has found.
type Found = Result<Option<Box<Checkpoint>>, String>;

impl App {
    /// A number for weights that are taken up now.
    pub(super) fn next_weights(&mut self) -> u64 {
        self.weights += 1;
        self.weights
    }

    /// The session makes a search, whose weights score from now on.
    pub(super) fn search_scores(&mut self) {
        let serial = self.next_weights();
        self.supernet = SupernetState::of_live(&self.run, serial);
    }

    /// Has the session take up the supernet of the shown run: that of its files, or the one that its keeper has.
    pub(super) fn open_supernet(&mut self) {
        if self.line.state().is_busy() {
            let text = "the run goes on without its supernet; it can score when the run has ended";
            self.supernet = SupernetState::Missing(text.into());
            return;
        }
        self.supernet = SupernetState::Asked;
        if let Some(found) = self.run_files.supernet() {
            self.take_supernet(Ok(Some(Box::new(found))));
            return;
        }
        let kept = self.kept.clone().map(Wanted::Run);
        if !kept.is_some_and(|run| self.shelf.ask(Ask::Supernet(run))) {
            self.take_supernet(Ok(None));
        }
    }

    /// The supernet of the shown run was found, or not.
    fn take_supernet(&mut self, found: Found) {
        self.supernet = match found {
            Ok(Some(checkpoint)) => match self.line.send(Command::Open { checkpoint }) {
                true => {
                    self.opening += 1;
                    SupernetState::Asked
                }
                false => SupernetState::Missing(GONE.into()),
            },
            Ok(None) => SupernetState::Missing(
                "this run came without its supernet; run the search again, or let the judge score"
                    .into(),
            ),
            Err(error) => SupernetState::Missing(in_labels(&error)),
        };
    }

    /// The session has taken up the weights of a run, or cannot. Only the answer to the last question counts: another run may be shown
    /// since.
    pub(super) fn opened_supernet(&mut self, opened: Result<(Space, usize), &str>) {
        self.opening = self.opening.saturating_sub(1);
        if self.opening > 0 || self.supernet != SupernetState::Asked {
            return;
        }
        self.supernet = match opened {
            Ok((space, images)) => SupernetState::Ready {
                space,
                images,
                serial: self.next_weights(),
            },
            Err(message) => SupernetState::Missing(in_labels(message)),
        };
    }

    /// Whether the session has been asked to take up weights and has not answered yet.
    pub(super) fn is_opening(&self) -> bool {
        self.opening > 0
    }

    /// The keeper has looked for a supernet.
    pub(super) fn take_found(&mut self, wanted: &Wanted, found: FoundSupernet) {
        let found = found.map(|(found, note)| {
            self.notices.extend(note.map(Notice::info));
            found
        });
        match wanted {
            // Another run may be shown by now.
            Wanted::Run(name) if self.kept.as_ref() == Some(name) => self.take_supernet(found),
            Wanted::Run(_) => {}
            Wanted::Judge(of) if self.judge.of.as_ref() == Some(of) => self.take_judge(found),
            Wanted::Judge(_) => {}
        }
    }

    /// Looks for a judge where runs are kept. One that is being trained is waited for.
    pub(super) fn find_judge(&mut self, context: &egui::Context, of: JudgeOf) {
        if self.judge.is_training() {
            return;
        }
        self.judge.training = RunView::default();
        self.judge.of = Some(of.clone());
        if let Err(text) = self.wake_judge(context) {
            self.judge.state = SupernetState::Missing(text);
            return;
        }
        self.judge.state = SupernetState::Asked;
        if !self.shelf.ask(Ask::Supernet(Wanted::Judge(of))) {
            self.take_judge(Ok(None));
        }
    }

    /// Makes a session for the judge where it has none.
    fn wake_judge(&mut self, context: &egui::Context) -> Result<(), String> {
        if self.judge.line.state() == SessionState::Gone {
            self.judge.line = self.beside(context)?;
            self.judge.opening = 0;
            self.judge.line.claim(Seat::Judge);
        }
        Ok(())
    }

    fn take_judge(&mut self, found: Found) {
        self.judge.state = match found {
            Ok(Some(mut checkpoint)) => {
                // It may have been trained on another machine.
                checkpoint.position.config.device = self.search.config().device;
                match self.judge.line.send(Command::Open { checkpoint }) {
                    true => {
                        self.judge.opening += 1;
                        SupernetState::Asked
                    }
                    false => SupernetState::Missing(GONE.into()),
                }
            }
            // Its keeper may be behind.
            Ok(None) if self.judge.training.state == RunState::Finished => {
                let serial = self.next_weights();
                SupernetState::of_live(&self.judge.training, serial)
            }
            Ok(None) => SupernetState::Missing(NO_JUDGE.into()),
            Err(error) => SupernetState::Missing(in_labels(&error)),
        };
    }

    /// Trains the judge that was looked for; one whose training was stopped goes on.
    pub(super) fn train_judge(&mut self, context: &egui::Context) {
        let Some(of) = self.judge.of.clone().filter(|_| !self.judge.is_training()) else {
            return;
        };
        if let Err(text) = self.wake_judge(context) {
            self.notices.push(Notice::error(text).about(About::Session));
            return;
        }
        let config = Box::new(self.search.judge_of(&of));
        match self.shelf.ask(Ask::Interrupted(config.clone())) {
            true => {
                self.judge.state = SupernetState::Asked;
                self.judge.line.expect(true);
            }
            false => self.begin_judge(config),
        }
    }

    /// The keeper has looked for a judge whose training was stopped.
    pub(super) fn take_interrupted(&mut self, config: Box<RunConfig>, found: Option<String>) {
        self.judge.resumed = found.is_some_and(|name| self.shelf.ask(Ask::GoOn(name, Seat::Judge)));
        if !self.judge.resumed {
            self.begin_judge(config);
        }
    }

    /// Trains a judge from its beginning.
    fn begin_judge(&mut self, config: Box<RunConfig>) {
        self.judge.resumed = false;
        self.judge.training = RunView::default();
        self.judge.state = SupernetState::Asked;
        let start = Start::kept(*config);
        self.judge.line.send(Command::Start(Box::new(start)));
    }

    /// The judge's session goes on with its training, after these events.
    pub(super) fn judge_goes_on(&mut self, name: &str, events: &str, start: Option<Box<Start>>) {
        if !self.judge.line.goes_on(start) {
            return;
        }
        (self.judge.training, _) = Recording::going_on(name, events);
        self.notices
            .push(Notice::info(format!("going on with {name}")));
    }

    /// The judge whose training was stopped cannot go on.
    pub(super) fn judge_begins_anew(&mut self, why: &str) {
        let Some(of) = &self.judge.of else {
            return;
        };
        let config = Box::new(self.search.judge_of(of));
        self.notices.push(Notice::info(format!(
            "the judge is trained from its beginning, as the one that was stopped cannot go on: {}",
            in_labels(why)
        )));
        self.begin_judge(config);
    }

    /// How far the training of the judge is; none: none is being trained.
    pub(super) fn judge_trains(&self) -> Option<String> {
        let of = self
            .judge
            .of
            .as_ref()
            .filter(|_| self.judge.is_training())?;
        let progress = self.judge.training.progress();
        let at = progress.map_or(String::new(), |at| {
            let left = at.seconds_left.map(duration);
            let left = left.map_or(String::new(), |left| format!(", about {left} left"));
            format!(": step {} of {}{left}", at.done, at.total)
        });
        let name = short_name(&of.dataset);
        Some(match self.judge.line.state() {
            SessionState::Stopping => format!("The training of the judge of {name} stops…"),
            _ => format!("The judge of {name} is being trained{at}."),
        })
    }

    /// Takes up scores, for whoever asked.
    pub(super) fn scored(&mut self, request: u64, first: usize, scores: &[Score]) {
        match Scores::is_of_result(request) {
            true => self.shown.scored(request, first, scores),
            false => self.editor.scored(request, first, scores),
        }
    }

    /// Tells whoever asked that there are no scores.
    pub(super) fn not_scored(&mut self, request: u64, message: &str) {
        match Scores::is_of_result(request) {
            true => self.shown.refused(request, message),
            false => self.editor.refused(request, message),
        }
    }

    /// Takes up what the judge's session has said.
    pub(super) fn hear_judge(&mut self) {
        while let Some(timed) = self.judge.line.receive() {
            match &timed.event {
                // On the page the worker says that a run cannot be gone on with.
                Event::Failed { message }
                | Event::Refused {
                    request: None,
                    message,
                } if self.judge.resumed => self.judge_begins_anew(message),
                event => {
                    self.judge.resumed &= !event.is_line();
                    self.judge_said(&timed);
                }
            }
        }
        while let Some(aside) = self.judge.line.aside() {
            if let Aside::Tell(notice) = aside {
                self.notices.push(notice);
            }
        }
        let waited = !matches!(
            self.judge.state,
            SupernetState::Unknown | SupernetState::Missing(_)
        );
        if waited && self.judge.line.state() == SessionState::Gone {
            self.judge.state = SupernetState::Missing(GONE.into());
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
            Event::Refused {
                request: Some(request),
                message,
            } => return self.not_scored(*request, &in_labels(message)),
            Event::SupernetOpened { space, images } => {
                judge.opening = judge.opening.saturating_sub(1);
                // Only the answer to the last question counts: another judge may be wanted since.
                let wanted = judge.of.as_ref().is_some_and(|of| of.space == *space);
                if wanted && judge.opening == 0 && judge.state == SupernetState::Asked {
                    let (space, images) = (*space, *images);
                    let serial = self.next_weights();
                    self.judge.state = SupernetState::Ready {
                        space,
                        images,
                        serial,
                    };
                }
                return;
            }
            Event::Refused { message, .. } => {
                judge.opening = judge.opening.saturating_sub(1);
                if judge.opening == 0 && judge.state == SupernetState::Asked {
                    judge.state = SupernetState::Missing(in_labels(message));
                }
            }
            Event::Started { .. } => judge.training.live = true,
            Event::Finished => {
                judge.training.apply_timed(timed);
                self.notices.push(Notice::info("the judge is trained"));
                let judge = &self.judge;
                // On all of its images, as in later sessions.
                let kept = judge.of.clone().map(Wanted::Judge);
                if !kept.is_some_and(|judge| self.shelf.ask(Ask::Supernet(judge))) {
                    self.take_judge(Ok(None));
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
