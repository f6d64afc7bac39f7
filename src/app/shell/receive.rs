//! Takes in what the sessions, the keeper of runs and the file dialogs have said.

use eframe::egui;

use super::{App, Offer};
use crate::app::pane::Pane;
use crate::app::runs::kept_run::{Answer, KeptRun};
use crate::app::runs::labels::in_labels;
use crate::app::runs::link::Aside;
use crate::app::runs::notice::{About, Notice};
use crate::app::runs::recording::Recording;
use crate::app::runs::supernet::SupernetState;
use crate::record::{RunFiles, RunState, RunView};
use crate::session::{Command, DeviceChoice, Event, Timed};

impl App {
    /// Takes up everything that the sessions have said.
    pub(super) fn receive(&mut self, context: &egui::Context) {
        // A run that goes on must be known before its session speaks of it.
        while let Some(answer) = self.shelf.answer() {
            self.take_answer(answer, context);
        }
        if let (true, Some(runs)) = (self.looks_for_unfinished, &self.shelf.runs) {
            self.looks_for_unfinished = false;
            // Who keeps nothing says so when the list is opened.
            let newest = runs.as_deref().map(KeptRun::newest_unfinished);
            let newest = newest.unwrap_or_default().map(|run| run.name.clone());
            self.offer_at_start(newest);
        }
        while let Some(event) = self.line.receive() {
            self.take_event(&event);
        }
        while let Some(aside) = self.line.aside() {
            match aside {
                Aside::Tell(notice) => self.tell_of_run(notice),
                Aside::Kept(name) => {
                    if let Some(name) = &name {
                        self.run.name.clone_from(name);
                    }
                    self.kept = name;
                }
            }
        }
        self.hear_judge();
        self.hear_beside();
        while let Some(action) = self.files.answer() {
            self.actions.push(action);
        }
    }

    /// Offers to go on with the newest interrupted run, unless the person has begun something else or did not want it before.
    fn offer_at_start(&mut self, name: Option<String>) {
        let begun = self.run.live || self.opened.is_some() || self.kept.is_some();
        let name = name.filter(|name| !begun && self.declined.as_ref() != Some(name));
        if let Some(name) = name {
            let shown = false;
            self.unfinished = Some(Offer { name, shown });
        }
    }

    fn take_answer(&mut self, answer: Answer, context: &egui::Context) {
        let (name, events) = match answer {
            Answer::Opened { run, events } => {
                if self.open(&run.name, events.as_bytes()) {
                    self.take_kept(run);
                }
                return;
            }
            Answer::Kept(file, run) => {
                let text = format!("{file} is kept as {}", run.name);
                self.notices.push(Notice::info(text));
                // Another run may be shown by now.
                if self.opened.as_ref() == Some(&file) {
                    self.run.name.clone_from(&run.name);
                    self.take_kept(run);
                }
                return;
            }
            Answer::Files { name, files } => {
                let shown = self.kept.as_ref() == Some(&name);
                match files {
                    Ok(mut files) => {
                        if shown && self.run_files.events.len() > files.events.len() {
                            files.events.clone_from(&self.run_files.events);
                        }
                        self.save_zip(files.to_zip(&self.zip_name()), context);
                    }
                    Err(message) => {
                        let text = format!("only what the window knows is saved: {message}");
                        self.notices.push(Notice::error(text));
                        self.save_zip(self.run_files.to_zip(&self.zip_name()), context);
                    }
                }
                return;
            }
            Answer::Supernet { wanted, found } => {
                self.take_found(&wanted, found);
                return;
            }
            Answer::GoesOn { name, events } => (name, events),
            Answer::CannotGoOn(message) => {
                self.line.expect(false);
                self.notices.push(Notice::error(message).about(About::Run));
                return;
            }
            Answer::Failed(message) => {
                self.notices
                    .push(Notice::error(message).about(About::Opening));
                return;
            }
            Answer::Listed(_) | Answer::Described { .. } | Answer::Beside(_) => return,
        };
        match Recording::from_bytes(events.as_bytes()) {
            Ok(recording) => {
                self.run = recording.view(&name);
                self.run.state = RunState::Running;
                self.run_files = recording.files;
            }
            // It goes on from its very beginning.
            Err(_) => self.run = RunView::default(),
        }
        self.end_race();
        self.run.live = true;
        self.supernet = SupernetState::Unknown;
        if self.run.training.is_none() {
            // Its session has what the search goes on with.
            self.search_scores();
        }
        self.unfinished = None;
        (self.kept, self.opened) = (Some(name.clone()), None);
        self.line.goes_on();
        self.dock.show(Pane::Run);
        self.notices
            .push(Notice::info(format!("going on with {name}")));
    }

    fn take_event(&mut self, timed: &Timed) {
        match &timed.event {
            Event::Scored {
                request,
                first,
                scores,
            } => {
                self.scored(*request, *first, scores);
                return;
            }
            Event::SupernetOpened { space, images } => {
                self.opened_supernet(Ok((*space, *images)));
                return;
            }
            Event::Refused {
                request: Some(request),
                message,
            } => {
                self.not_scored(*request, &in_labels(message));
                return;
            }
            Event::Refused { message, .. } => {
                // On the page the worker says that a run cannot be gone on with.
                self.line.expect(false);
                if self.is_opening() {
                    self.opened_supernet(Err(message));
                    return;
                }
                self.notices.push(Notice::info(message));
                return;
            }
            Event::DataAdded { .. } => return,
            Event::DeviceChecked { device, problem } => {
                self.device.clone_from(device);
                match problem {
                    Some(problem) => self.notices.push(Notice::error(in_labels(problem))),
                    None => self.rehearse(),
                }
                return;
            }
            Event::Failed { message } => {
                let failed = Notice::error(in_labels(message)).about(About::Run);
                if self.supernet == SupernetState::Asked {
                    self.supernet = SupernetState::Missing(in_labels(message));
                }
                // A run that never began leaves the one that is shown alone.
                let going = matches!(self.run.state, RunState::Running | RunState::Held);
                if !(self.run.live && going) {
                    self.notices.push(failed);
                    return;
                }
                self.tell_of_run(failed);
            }
            Event::Started { .. } => {
                self.run.live = true;
                self.unfinished = None;
                self.run_files = RunFiles::default();
                self.supernet = SupernetState::Unknown;
                (self.kept, self.opened) = (None, None);
                self.dock.show(Pane::Run);
            }
            Event::StoppedEarly { step, kept_step } => {
                self.tell_of_run(Notice::info(format!(
                    "the search ended at step {step} because α's place became sharp; the architecture of step {kept_step}, before that, is the result"
                )));
            }
            Event::Finished => self.tell_of_run(Notice::info("the run is finished")),
            _ => {}
        }
        let told;
        let timed = match &timed.event {
            // Who speaks for an engine that has died does not know its clock.
            Event::Failed { .. } => {
                told = Timed {
                    seconds: timed.seconds.max(self.run.seconds),
                    event: timed.event.clone(),
                };
                &told
            }
            _ => timed,
        };
        self.run_files.take(timed);
        self.run.apply_timed(timed);
        match timed.event {
            Event::SearchStarted { .. } => self.search_scores(),
            // What its keeper has by now can be opened.
            Event::Finished | Event::Stopped
                if matches!(self.supernet, SupernetState::Missing(_)) =>
            {
                self.supernet = SupernetState::Unknown;
            }
            _ => {}
        }
    }

    /// Tells something of the run that is shown.
    fn tell_of_run(&mut self, notice: Notice) {
        self.notices.push(notice.of_run(&self.run.name));
    }

    /// Has a GPU compile, before the person presses *Run*, what a run with the present settings needs: a browser takes seconds for
    /// that. On an emulated GPU it would take minutes.
    fn rehearse(&mut self) {
        let config = self.search.config();
        let hardware = self.device.as_ref().is_some_and(|device| !device.software);
        if hardware && config.device != DeviceChoice::Cpu {
            let config = Box::new(config.clone());
            self.line.send(Command::Rehearse { config });
        }
    }
}
