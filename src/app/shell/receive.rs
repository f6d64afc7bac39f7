//! Takes in what the sessions, the keeper of runs and the file dialogs have said.

use eframe::egui;
use web_time::SystemTime;

use super::App;
use crate::app::pane::Pane;
use crate::app::runs::kept_run::{Answer, Ask, KeptRun};
use crate::app::runs::labels::in_labels;
use crate::app::runs::link::{Aside, Seat};
use crate::app::runs::notice::{About, Notice};
use crate::app::runs::recording::Recording;
use crate::app::runs::supernet::SupernetState;
use crate::record::{RunFiles, RunState};
use crate::session::{Command, DeviceChoice, Event, Start, Timed};

/// The message at the end of a run.
pub(super) const FINISHED: &str = "the run is finished";

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
            let runs = runs.as_deref().unwrap_or_default();
            let newest = [
                KeptRun::newest_unfinished(runs),
                KeptRun::newest_raced(runs),
            ];
            self.offer_at_start(newest.map(Option::<&KeptRun>::cloned));
        }
        loop {
            // Of what the session says aside, the run has heard before.
            let aside = self.line.aside();
            while let Some(event) = self.line.receive() {
                self.take_event(&event);
            }
            match aside {
                Some(Aside::Tell(notice)) => self.tell_of_run(notice),
                Some(Aside::Engine(does)) => self.engine = does,
                Some(Aside::Kept(name)) => self.kept_as(name),
                None => break,
            }
        }
        self.hear_judge();
        self.hear_beside();
        while let Some(action) = self.files.answer() {
            self.actions.push(action);
        }
    }

    fn take_answer(&mut self, answer: Answer, context: &egui::Context) {
        match answer {
            Answer::Opened { run, events } => {
                match self.try_run(&run.name, Recording::from_bytes(&events)) {
                    Ok(text) => {
                        self.notices.push(Notice::info(text).about(About::Opening));
                        self.take_kept(run);
                    }
                    Err(text) => self.notices.push(Notice::error(text).about(About::Opening)),
                }
            }
            Answer::Kept(file, run) => {
                let text = format!("{file} is kept as {}", run.name);
                self.notices.push(Notice::info(text));
                self.shelf.changed();
                // Another run may be shown by now.
                if self.opened.as_ref() == Some(&file) {
                    self.run.name.clone_from(&run.name);
                    self.take_kept(run);
                }
            }
            Answer::Files { name, files } => self.take_files(&name, files, context),
            Answer::Supernet { wanted, found } => self.take_found(&wanted, found),
            Answer::Network { name, found } => self.take_network(context, &name, found),
            Answer::Rival { of, rival } => self.take_rival(context, &of, rival),
            Answer::Interrupted(config, name) => self.take_interrupted(config, name),
            Answer::GoesOn {
                seat,
                name,
                events,
                notes,
                start,
            } => {
                self.notices.extend(notes.into_iter().map(Notice::info));
                match seat {
                    Seat::Shown => self.goes_on(&name, &events, start),
                    Seat::Rival => self.rival_goes_on(&name, &events, start),
                    Seat::Judge => self.judge_goes_on(&name, &events, start),
                }
            }
            Answer::CannotGoOn(seat, why) => match seat {
                Seat::Shown => {
                    self.line.expect(false);
                    self.notices.push(Notice::error(why).about(About::Run));
                }
                Seat::Rival => self.rival_cannot_go_on(why),
                Seat::Judge => self.judge_begins_anew(&why),
            },
            Answer::Failed(message) => {
                let failed = Notice::error(message).about(About::Opening);
                self.notices.push(failed);
            }
            Answer::Listed(_) | Answer::Described { .. } | Answer::Beside(_) => {}
        }
    }

    /// The session goes on with a run, after these events.
    fn goes_on(&mut self, name: &str, events: &str, start: Option<Box<Start>>) {
        if !self.line.goes_on(start) {
            return;
        }
        (self.run, self.run_files) = Recording::going_on(name, events);
        self.end_race();
        self.supernet = SupernetState::Unknown;
        if self.run.training.is_none() {
            // Its session has what the search goes on with.
            self.search_scores();
        }
        self.unfinished = None;
        (self.kept, self.opened) = (Some(name.to_owned()), None);
        self.dock.show(Pane::Run);
        self.notices
            .push(Notice::info(format!("going on with {name}")));
        self.shelf.ask(Ask::Rival(name.to_owned()));
    }

    /// Takes up what answers somebody and is no part of the run; whether the event is one of these.
    fn take_reply(&mut self, event: &Event) -> bool {
        match event {
            Event::Scored {
                request,
                first,
                scores,
            } => {
                self.scored(*request, *first, scores);
            }
            Event::SupernetOpened { space, images } => {
                self.opened_supernet(Ok((*space, *images)));
            }
            Event::Refused {
                request: Some(request),
                message,
            } => {
                self.not_scored(*request, &in_labels(message));
            }
            Event::Refused { message, .. } => {
                // On the page the worker says that a run cannot be gone on with.
                let going_on = self.line.is_starting();
                self.line.expect(false);
                match self.is_opening() && !going_on {
                    true => self.opened_supernet(Err(message)),
                    false => self.notices.push(Notice::info(message)),
                }
            }
            Event::Classified {
                request,
                logits,
                problem,
            } => {
                self.classified(*request, logits, problem.as_ref());
            }
            Event::DataAdded { .. } => {}
            Event::DeviceChecked { device, problem } => {
                self.device.clone_from(device);
                self.checked(problem.as_deref());
            }
            _ => return false,
        }
        true
    }

    fn take_event(&mut self, timed: &Timed) {
        if self.take_reply(&timed.event) {
            return;
        }
        match &timed.event {
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
            Event::Finished => self.tell_of_run(Notice::info(FINISHED)),
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
        self.changed = Some(SystemTime::now());
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

    /// The GPU has been looked for and checked. That there is none was nobody's question, and nothing has failed.
    fn checked(&mut self, problem: Option<&str>) {
        match problem.map(in_labels) {
            None => self.rehearse(),
            Some(problem) if self.device.is_none() => self.notices.stay(Notice::info(problem)),
            Some(problem) => self.notices.push(Notice::error(problem)),
        }
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
