//! Lessons: puts the window into the state of a card, and goes from card to card.

use std::sync::Arc;

use eframe::egui;

use super::App;
use super::builtin;
use super::lesson_card::{Course, Wish};
use super::pointing::Pointing;
use super::race::Companion;
use crate::app::keys::{self, Deed, Place, Row};
use crate::app::lessons::{Lesson, TOUR, Until, built_in};
use crate::app::runs::link::SessionState;
use crate::app::runs::notice::Notice;
use crate::app::runs::recording::Recorded;
use crate::app::runs::supernet::SupernetState;
use crate::app::share_link::{Fragment, LessonPlace};
use crate::nearest::unknown;

impl App {
    /// The lesson that is on, and the place of its card.
    pub fn lesson(&self) -> Option<(&Lesson, usize)> {
        let course = self.course.as_ref()?;
        Some((&course.lesson, course.at))
    }

    /// Where it is for a link, if it came with the program.
    pub(super) fn lesson_place(&self) -> Option<LessonPlace> {
        let course = self.course.as_ref()?;
        Some(LessonPlace {
            name: course.name?.to_owned(),
            at: course.at + 1,
        })
    }

    /// Begins the guided tour.
    pub fn begin_tour(&mut self) {
        if let Some((name, lesson)) = built_in().iter().find(|(name, _)| *name == TOUR) {
            self.begin_lesson(Some(name), lesson.clone());
        }
        self.toured = true;
    }

    /// Begins a lesson. `name`: how links call it.
    pub(super) fn begin_lesson(&mut self, name: Option<&'static str>, lesson: Arc<Lesson>) {
        self.course = Some(Course::new(name, lesson));
        self.enter_card(0, &Fragment::default());
    }

    /// Begins the lesson of a link, with the cell and the settings that the link has, too.
    pub(super) fn begin_linked(&mut self, place: &LessonPlace, link: &Fragment) {
        let Some((name, lesson)) = built_in().iter().find(|(name, _)| *name == place.name) else {
            let names: Vec<&str> = built_in().iter().map(|(name, _)| *name).collect();
            let text = unknown(&place.name, "a lesson", &names);
            self.notices
                .push(Notice::error(format!("lesson in the link: {text}")));
            return;
        };
        let cards = lesson.cards.len();
        if place.at > cards {
            self.notices.push(Notice::error(format!(
                "at in the link: the lesson {name} has {cards} cards"
            )));
            return;
        }
        self.course = Some(Course::new(Some(name), lesson.clone()));
        self.enter_card(place.at - 1, link);
    }

    /// Puts the window into the state of a card, but for what a link says otherwise.
    fn enter_card(&mut self, at: usize, link: &Fragment) {
        let Some(lesson) = self.course.as_ref().map(|course| course.lesson.clone()) else {
            return;
        };
        let Some(card) = lesson.cards.get(at) else {
            return;
        };
        if let Some(settings) = card.settings.as_ref().filter(|_| !link.has_settings()) {
            self.search.restore(settings);
        }
        if card.table {
            self.table = Some(builtin());
            self.table_path = None;
        }
        let recorded = card.recording.filter(|_| !self.is_running());
        if let Some(recorded) = recorded {
            self.show_recording(recorded);
        }
        let withheld = recorded != card.recording;
        if let Some(step) = card.step.filter(|_| !withheld) {
            self.shown.hold_replay();
            let steps = &self.run.steps;
            self.seek(Some(steps.partition_point(|known| known.step < step)));
        }
        if let Some(cell) = card.cell.as_ref().filter(|_| link.cell.is_none()) {
            self.editor.edit(cell.clone());
        }
        self.dock.show(card.panel);
        let done = self.is_done(&lesson, at);
        if let Some(course) = &mut self.course {
            (course.at, course.answer) = (at, None);
            (course.done, course.withheld) = (done, withheld);
        }
    }

    /// Draws the card of the lesson that is on below the panels, where it has no room beside the one that it is about. Returns what the
    /// person wants of it.
    pub(super) fn teach_below(&mut self, ui: &mut egui::Ui) -> Option<Wish> {
        let busy = self.is_running();
        self.course.as_mut()?.below(ui, &self.dock, busy)
    }

    /// Draws the rest of the lesson that is on, and does what the person wants of it. `wish`: what that is by [`App::teach_below`].
    pub(super) fn teach(&mut self, context: &egui::Context, wish: Option<Wish>) {
        let busy = self.is_running();
        let Some(course) = &mut self.course else {
            return;
        };
        let watches = busy || self.run.live;
        let wish = course.over(context, &self.dock, busy, watches).or(wish);
        let Some(wish) = wish.or(asked(context, course)).or(self.next_card()) else {
            return;
        };
        context.request_repaint();
        match (wish, &mut self.course) {
            (Wish::Card(at), Some(course)) if at < course.lesson.cards.len() => {
                self.enter_card(at, &Fragment::default());
            }
            (Wish::Again, Some(course)) => {
                let at = course.at;
                self.enter_card(at, &Fragment::default());
            }
            (Wish::Answer(place), Some(course)) => course.answer = Some(place),
            _ => {
                self.course = None;
                Pointing::at(context, None, egui::Rect::NOTHING);
            }
        }
    }

    /// The next card, where what this one asks for has just been done.
    fn next_card(&mut self) -> Option<Wish> {
        let course = self.course.as_ref()?;
        let (lesson, at) = (course.lesson.clone(), course.at);
        let done = self.is_done(&lesson, at);
        let before = std::mem::replace(&mut self.course.as_mut()?.done, done);
        (done && !before && at + 1 < lesson.cards.len()).then_some(Wish::Card(at + 1))
    }

    /// Whether what a card asks for is done.
    fn is_done(&self, lesson: &Lesson, at: usize) -> bool {
        let task = lesson.cards.get(at).and_then(|card| card.task.as_ref());
        let Some(until) = task.and_then(|task| task.until.as_ref()) else {
            return false;
        };
        let edited = self.editor.genotype();
        match until {
            Until::Cell(cell) => edited == cell,
            Until::Edge {
                from,
                to,
                operation,
                of,
            } => {
                let inputs = edited.space().inputs();
                let nodes = edited.cell(*of).map(|cell| &cell.nodes);
                let node = nodes.and_then(|nodes| nodes.get(to.checked_sub(inputs)?));
                node.is_some_and(|inputs| {
                    let mut inputs = inputs.iter();
                    inputs.any(|input| input.from == *from && input.operation == *operation)
                })
            }
            Until::Steps(steps) => self.run.live && self.run.steps.len() >= *steps,
            Until::Step(step) => self.run.shown().is_some_and(|shown| shown.step >= *step),
        }
    }

    /// Whether a run goes on, or is about to.
    fn is_running(&self) -> bool {
        let session = self.session();
        session.is_busy() || session == SessionState::Starting || self.races()
    }

    /// Shows the recorded race or a part of it, at its end.
    fn show_recording(&mut self, recorded: Recorded) {
        self.end_race();
        let (own, rival) = recorded.runs();
        self.run = own.view(recorded.title());
        self.run_files = own.files;
        self.rival = rival.map(|rival| Companion::recorded(rival, recorded.title()));
        self.supernet = SupernetState::Unknown;
        (self.kept, self.changed, self.opened) = (None, None, None);
        self.unfinished = self.unfinished.take().filter(|offer| !offer.is_of_shown());
    }
}

/// What was asked for by keyboard.
fn asked(context: &egui::Context, course: &Course) -> Option<Wish> {
    let answers = course.card().and_then(|card| card.question.as_ref());
    let answers = answers.map_or(0, |question| question.answers.len());
    let focused = context.memory(|memory| memory.focused().is_some());
    let typing = context.text_edit_focused();
    let wanted = |row: &Row| match row.deed {
        Deed::Answer => answers > 0 && !focused,
        _ => !typing,
    };
    let asked = context.input_mut(|input| keys::asked(input, Place::Lesson, wanted));
    let closes = course.is_on_top(context);
    let close = |row: &Row| closes && row.deed == Deed::Close;
    let closed = context.input_mut(|input| keys::asked(input, Place::Control, close));
    let asked = asked.first().or(closed.first())?;
    match asked.deed {
        Deed::NextCard => Some(Wish::Card(course.at + 1)),
        Deed::CardBefore => course.at.checked_sub(1).map(Wish::Card),
        Deed::Answer => Some(asked.key)
            .filter(|place| *place < answers)
            .map(Wish::Answer),
        Deed::Close => Some(Wish::End),
        _ => None,
    }
}
