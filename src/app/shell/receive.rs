//! Takes in what the sessions, the keeper of runs and the file dialogs have said.

use super::super::context::Notice;
use super::super::dock::{self, Pane};
use super::super::kept_runs::Answer;
use super::super::labels::in_labels;
use super::super::recording::Recording;
use super::super::view::{RunState, RunView};
use super::App;
use crate::session::{Command, DeviceChoice, Event, Timed};

impl App {
    /// Takes up everything that the sessions have said.
    pub(super) fn receive(&mut self) {
        // A run that goes on must be known before its session speaks of it.
        while let Some(answer) = self.shelf.answer() {
            self.take_answer(answer);
        }
        while let Some(event) = self.line.receive() {
            self.take_event(&event);
        }
        while let Some(notice) = self.line.notice() {
            self.notices.push(notice);
        }
        if let Some((line, view)) = &mut self.training {
            while let Some(event) = line.receive() {
                if let Event::Failed { message } = &event.event {
                    self.notices.push(Notice::error(in_labels(message)));
                }
                view.live = true;
                view.apply_timed(&event);
            }
            while let Some(notice) = line.notice() {
                self.notices.push(notice);
            }
        }
        while let Some(action) = self.files.answer() {
            self.actions.push(action);
        }
    }

    fn take_answer(&mut self, answer: Answer) {
        let (name, events) = match answer {
            Answer::Opened { run, events } => {
                self.open(&run.name, events.as_bytes());
                self.unfinished = run.can_go_on.then_some(run.name);
                return;
            }
            Answer::GoesOn { name, events } => (name, events),
            Answer::Failed(message) => {
                self.notices.push(Notice::error(message));
                return;
            }
            Answer::Listed(_) => return,
        };
        match Recording::from_bytes(events.as_bytes()) {
            Ok(recording) => {
                self.run = recording.view(&name);
                self.run.state = RunState::Running;
                self.log = recording.text;
            }
            // It goes on from its very beginning.
            Err(_) => self.run = RunView::default(),
        }
        self.run.live = true;
        self.unfinished = None;
        self.line.goes_on(self.run.seconds);
        dock::show(&mut self.tree, Pane::Run);
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
                self.editor.scored(*request, *first, scores);
                return;
            }
            Event::Refused { message } => {
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
                self.notices.push(Notice::error(in_labels(message)));
                // A run that never began leaves the one that is shown alone.
                let going = matches!(self.run.state, RunState::Running | RunState::Held);
                if !(self.run.live && going) {
                    return;
                }
            }
            Event::Started { .. } => {
                self.run.live = true;
                self.unfinished = None;
                self.log.clear();
                dock::show(&mut self.tree, Pane::Run);
            }
            Event::StoppedEarly { step, kept_step } => {
                self.notices.push(Notice::info(format!(
                    "the search ended at step {step} because α's place became sharp; the architecture of step {kept_step}, before that, is the result"
                )));
            }
            Event::Finished => self.notices.push(Notice::info("the run is finished")),
            _ => {}
        }
        // A checkpoint is a file of its own, never a line.
        if matches!(timed.event, Event::Checkpoint { .. }) {
            return;
        }
        // An event always serializes; its text is only for saving.
        if let Ok(text) = serde_json::to_string(timed) {
            self.log.push_str(&text);
            self.log.push('\n');
        }
        self.run.apply_timed(timed);
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
