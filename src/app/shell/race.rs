//! Races: a second run, of another strategy with the same seed and images, beside the shown one. And what all sessions beside that of the
//! shown run have in common.

use eframe::egui;
use web_time::SystemTime;

use super::App;
use super::offer::Offer;
use crate::app::runs::kept_run::{Ask, KeptRun, name_of};
use crate::app::runs::labels::in_labels;
use crate::app::runs::link::{Aside, Line, Seat, SessionState};
use crate::app::runs::notice::{About, Notice};
use crate::app::runs::recording::Recording;
use crate::record::{RunFiles, RunState, RunView};
use crate::session::{Command, Event, Start};

/// A run beside the shown one, and its session, which a recorded one does not have.
#[derive(Default)]
pub struct Companion {
    /// Where it is computed.
    pub line: Line,
    /// What it has said.
    pub run: RunView,
    /// Its files, as far as the window has heard of them.
    pub files: RunFiles,
    /// The name by which the keeper of runs has it.
    pub kept: Option<String>,
    /// When it said its last, where that is known.
    pub changed: Option<SystemTime>,
    /// The name of the shown run that does not know of it yet.
    unknown_to: Option<String>,
    /// Whether the end of the race was told.
    told: bool,
}

impl Companion {
    /// One that was recorded, by its name.
    pub fn recorded(recording: Recording, name: &str) -> Self {
        Self {
            run: recording.view(name),
            files: recording.files,
            ..Self::default()
        }
    }

    /// One that begins in a session.
    pub fn on(line: Line) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    /// Takes up what its session has said.
    fn hear(&mut self, told: &mut Vec<Notice>) {
        loop {
            // Of what it says aside, the run has heard before.
            let aside = self.line.aside();
            while let Some(timed) = self.line.receive() {
                match &timed.event {
                    Event::Failed { message } => {
                        let failed = Notice::error(in_labels(message)).about(About::Run);
                        told.push(failed.of_run(&self.run.name));
                    }
                    Event::Refused { message, .. } => {
                        // On the page the worker says that a run cannot be gone on with.
                        self.line.expect(false);
                        let refused = Notice::info(in_labels(message));
                        told.push(refused.of_run(&self.run.name));
                    }
                    Event::Started { .. } => self.files = RunFiles::default(),
                    _ => {}
                }
                self.changed = Some(SystemTime::now());
                self.files.take(&timed);
                self.run.live |= matches!(timed.event, Event::Started { .. });
                if timed.event.is_line() {
                    self.run.apply_timed(&timed);
                }
            }
            match aside {
                Some(Aside::Tell(notice)) => told.push(notice.of_run(&self.run.name)),
                // That of the shown run says as much.
                Some(Aside::Engine(_)) => {}
                Some(Aside::Kept(name)) => self.kept = name,
                None => return,
            }
        }
    }
}

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
        let beside = beside.map(|companion| &mut companion.line);
        beside.chain([&mut self.line, &mut self.judge.line])
    }

    /// Starts the rival of the run that was started just before.
    pub(super) fn race(&mut self, context: &egui::Context, start: Box<Start>) {
        match self.beside(context) {
            Ok(mut line) => {
                line.send(Command::Start(start));
                let mut rival = Companion::on(line);
                rival.run.live = true;
                self.rival = Some(rival);
            }
            Err(text) => self.notices.push(Notice::error(text).about(About::Session)),
        }
    }

    /// What the sessions of the shown run and its rival do: a race goes on as long as one of them does.
    pub fn session(&self) -> SessionState {
        let own = self.line.state();
        let rival = self.rival.as_ref().map(|rival| rival.line.state());
        match rival {
            Some(rival) if own == SessionState::Idle && rival.is_taken() => rival,
            _ => own,
        }
    }

    /// The run that races with the shown one in this window, once it has begun.
    pub(super) fn racing_rival(&self) -> Option<&RunView> {
        let begun = |run: &&RunView| run.live && run.config.is_some();
        self.rival().filter(begun)
    }

    /// Whether a rival computes, perhaps without the run that it races with.
    pub(super) fn races(&self) -> bool {
        let rival = self.rival.as_ref();
        rival.is_some_and(|rival| rival.line.state().is_taken())
    }

    /// Whether what goes on is held.
    pub(super) fn is_held(&self) -> bool {
        let mut runs = [Some(&self.run), self.rival()].into_iter().flatten();
        runs.any(|run| run.live && run.state == RunState::Held)
    }

    /// What holds and ends a run holds and ends its rival, too; a new run has none until [`App::race`].
    pub(super) fn tell_rival(&mut self, command: &Command) {
        match command {
            Command::Start(_) => self.end_race(),
            Command::Pause | Command::Resume | Command::Step | Command::Stop => {
                if let Some(rival) = &mut self.rival
                    && rival.line.state().is_taken()
                {
                    rival.line.send(command.clone());
                }
            }
            _ => {}
        }
    }

    /// Another run is shown, which has no rival.
    pub(super) fn end_race(&mut self) {
        if let Some(mut rival) = self.rival.take() {
            rival.line.send(Command::Stop);
        }
    }

    /// The run that was started last is kept under that name, from now on.
    pub(super) fn kept_as(&mut self, name: Option<String>) {
        if let Some(name) = &name {
            self.run.name.clone_from(name);
        }
        if let Some(rival) = &mut self.rival {
            rival.unknown_to.clone_from(&name);
        }
        self.kept = name;
        self.shelf.changed();
    }

    /// Takes up what the sessions of the rival and of [`Action::Train`](crate::app::Action::Train) have said. Once both sides of a race are
    /// kept, each is told of the other.
    pub(super) fn hear_beside(&mut self) {
        let mut told = Vec::new();
        for companion in self.rival.iter_mut().chain(&mut self.training) {
            companion.hear(&mut told);
        }
        self.notices.extend(told);
        if let Some(rival) = &mut self.rival
            && let Some(kept) = rival.kept.clone()
            && let Some(own) = rival.unknown_to.take()
        {
            self.shelf.ask(Ask::Pair([own, kept]));
        }
        self.tell_end_of_race();
    }

    /// Tells once that both sides of a race have reached their end, and where they are.
    fn tell_end_of_race(&mut self) {
        let Some(rival) = &mut self.rival else {
            return;
        };
        let over = |run: &RunView| run.live && run.state == RunState::Finished;
        if rival.told || !over(&self.run) || !over(&rival.run) {
            return;
        }
        rival.told = true;
        let kept = self.kept.as_ref().zip(rival.kept.as_ref());
        self.notices.push(Notice::info(match kept {
            Some((own, other)) => {
                let [own, other] = [own, other].map(|name| name_of(name.as_ref()));
                format!("the race is finished; its runs are kept as {own} and {other}")
            }
            None => "the race is finished".to_owned(),
        }));
    }

    /// The keeper has looked for the run that raced with a kept one: it is shown beside that, and goes on where that does.
    pub(super) fn take_rival(
        &mut self,
        context: &egui::Context,
        of: &str,
        found: Result<Option<(KeptRun, Vec<u8>)>, String>,
    ) {
        // Another run may be shown by now.
        if self.kept.as_deref() != Some(of) {
            return;
        }
        let found = found.and_then(|found| {
            let Some((kept, events)) = found else {
                return Ok(None);
            };
            Ok(Some((self.rival_recorded(&kept, &events)?, kept)))
        });
        let (recorded, kept) = match found {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(why) => {
                let of = name_of(of.as_ref());
                let text = format!("{of} is shown without its rival: {why}");
                self.notices.push(Notice::info(text));
                return;
            }
        };
        let goes_on = self.run.live && self.line.state() == SessionState::Busy;
        let mut rival = Companion {
            kept: Some(kept.name.clone()),
            changed: kept.changed,
            ..recorded
        };
        if kept.can_go_on && goes_on {
            match self.beside(context) {
                Ok(line) => {
                    line.claim(Seat::Rival);
                    rival.line = line;
                    let asked = self.shelf.ask(Ask::GoOn(kept.name, Seat::Rival));
                    rival.line.expect(asked);
                }
                Err(text) => self.notices.push(Notice::error(text).about(About::Session)),
            }
        } else if kept.can_go_on && self.unfinished.is_none() {
            self.unfinished = Some(Offer::of_shown(kept));
        }
        self.rival = Some(rival);
    }

    /// A kept run that raced with the shown one.
    ///
    /// # Errors
    /// It cannot be read, or is another run by now.
    fn rival_recorded(&self, kept: &KeptRun, events: &[u8]) -> Result<Companion, String> {
        let name = name_of(kept.name.as_ref());
        let recording = Recording::from_bytes(events);
        let run = recording.map_err(|error| format!("{name}: {error}"))?;
        let rival = Companion::recorded(run, &name);
        let configs = self.run.config.as_ref().zip(rival.run.config.as_ref());
        let images = |run: &RunView| run.dataset.as_ref().map(|images| images.hash.clone());
        let races = configs.is_some_and(|(own, other)| own.races_with(other));
        match races && images(&self.run) == images(&rival.run) {
            true => Ok(rival),
            false => Err(format!("{name} is another run by now")),
        }
    }

    /// The session of the rival goes on with a run, after these events.
    pub(super) fn rival_goes_on(&mut self, name: &str, events: &str, start: Option<Box<Start>>) {
        let rival = self.rival.as_mut();
        // Another run may be shown by now, and that session has ended.
        if let Some(rival) = rival.filter(|rival| rival.kept.as_deref() == Some(name))
            && rival.line.goes_on(start)
        {
            (rival.run, rival.files) = Recording::going_on(name, events);
        }
    }

    /// The session of the rival cannot go on with its run, which stays as it was.
    pub(super) fn rival_cannot_go_on(&mut self, why: String) {
        if let Some(rival) = &mut self.rival {
            rival.line.expect(false);
        }
        self.notices.push(Notice::error(why).about(About::Run));
    }
}
