//! What is told to a person who does not see the window: the state of the run, how far it is, what came of it, messages, and what the edited
//! cell scores.

use super::App;
use super::receive::FINISHED;
use crate::app::context::table_of;
use crate::app::panels::editor::flatness::Flatness;
use crate::app::panels::result;
use crate::app::panels::run::titles;
use crate::app::panels::state_words::state_words;
use crate::app::runs::link::SessionState;
use crate::record::{RunState, RunView};

/// Seconds between two sentences on how far a run is.
const PROGRESS_EVERY: f64 = 10.0;

/// What was told last.
#[derive(Default)]
pub struct Told {
    begun: bool,
    state: String,
    /// Of the run that is shown, and of its rival.
    results: [Option<Outcome>; 2],
    /// How many messages.
    notices: usize,
    score: String,
    /// The card of a lesson, what is said of an answer, and what is offered.
    asides: [Option<String>; 3],
    progress: String,
    /// When that, or another state, was told.
    at: f64,
}

/// What came of a run.
#[derive(Clone)]
struct Outcome {
    /// What the run is called.
    run: String,
    accuracy: String,
    /// Whether the cell is flat or sharp, which is known later.
    flatness: Option<String>,
}

impl Outcome {
    /// The sentence that is new; `told`: what was told of the same.
    fn news(&self, told: Option<&Self>) -> Option<String> {
        let new = match told {
            Some(told) if told.flatness == self.flatness => return None,
            Some(_) => self.flatness.clone()?,
            None => {
                let parts = [Some(&self.accuracy), self.flatness.as_ref()];
                let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
                parts.join(", ")
            }
        };
        Some(format!("{}: {new}.", self.run))
    }
}

impl App {
    /// The sentences that are new since the last call; none at the first. `seconds`: a clock that runs on.
    pub fn news(&self, told: &mut Told, seconds: f64) -> Vec<String> {
        let mut news = Vec::new();
        let state = self.state_told();
        if told.state != state {
            told.state.clone_from(&state);
            told.at = seconds;
            news.push(state);
        }
        if let Some(progress) = self.progress_told()
            && told.progress != progress
            && seconds - told.at >= PROGRESS_EVERY
        {
            told.progress.clone_from(&progress);
            told.at = seconds;
            news.push(progress);
        }
        let results = [Some(&self.run), self.rival()];
        for (told, run) in told.results.iter_mut().zip(results) {
            let mut result = run.and_then(|run| self.outcome(run));
            if let Some(result) = &mut result {
                let same =
                    |old: &&Outcome| old.run == result.run && old.accuracy == result.accuracy;
                let old = told.as_ref().filter(same);
                news.extend(result.news(old));
                // While it is computed anew, the last one stands.
                let last = old.and_then(|old| old.flatness.clone());
                result.flatness = result.flatness.take().or(last);
            }
            *told = result;
        }
        let new = self.notices.count() - told.notices;
        let said = self.notices.said();
        let first = said.len().saturating_sub(new);
        let new = said[first..].iter().map(|notice| &notice.text);
        // The state has just said so.
        news.extend(new.filter(|text| *text != FINISHED).cloned());
        told.notices = self.notices.count();
        // While it is computed, the last one stands.
        if let Some(score) = self.score_told()
            && told.score != score
        {
            told.score.clone_from(&score);
            news.push(score);
        }
        if !std::mem::replace(&mut told.begun, true) {
            news.clear();
        }
        // A link opens a lesson at once.
        for (told, now) in told.asides.iter_mut().zip(self.asides_told()) {
            if *told != now {
                news.extend(now.clone());
                *told = now;
            }
        }
        news
    }

    fn asides_told(&self) -> [Option<String>; 3] {
        let course = self.course.as_ref();
        let card = course.and_then(|course| {
            let card = course.card()?;
            let cards = course.lesson.cards.len();
            let place = format!("{}, {} of {cards}", course.lesson.title, course.at + 1);
            let mut said = vec![format!("{place}: {}.", card.title), card.text.clone()];
            said.extend(card.task.iter().map(|task| task.text.clone()));
            said.extend(card.question.iter().map(|question| question.text.clone()));
            Some(said.join(" "))
        });
        let answer = course.and_then(|course| Some(course.given()?.1));
        let offer = self.unfinished.as_ref().map(|offer| self.words(offer));
        [card, answer, offer]
    }

    fn state_told(&self) -> String {
        let words = match self.session() {
            SessionState::Stopping if self.run.live => "stopping",
            _ => state_words(&self.run, self.kept.is_some()).0,
        };
        let own = format!("{}: {words}.", titles(&self.run).0);
        let Some(rival) = self.racing_rival() else {
            return own;
        };
        let words = state_words(rival, false).0;
        format!("{own} {}: {words}.", titles(rival).0)
    }

    fn progress_told(&self) -> Option<String> {
        let told = |run: &RunView| {
            let going = run.live && run.state == RunState::Running;
            let at = run.progress().filter(|_| going)?;
            Some(format!("{}, step {} of {}.", at.phase, at.done, at.total))
        };
        let Some(rival) = self.racing_rival() else {
            return told(&self.run);
        };
        let sides = [&self.run, rival].into_iter();
        let sides = sides.filter_map(|run| Some(format!("{}: {}", titles(run).0, told(run)?)));
        let sides: Vec<String> = sides.collect();
        (!sides.is_empty()).then(|| sides.join(" "))
    }

    fn outcome(&self, run: &RunView) -> Option<Outcome> {
        let genotype = result::of(run)?;
        let accuracy = match run.tested() {
            Some(tested) => {
                let (low, high) = tested.interval();
                format!(
                    "test accuracy {:.2} %, 95 % interval {:.1} to {:.1} %",
                    100.0 * tested.accuracy,
                    100.0 * low,
                    100.0 * high
                )
            }
            None => "a cell is found, and not trained".into(),
        };
        // The card has the neighbors of one run, a race those of the table.
        let flatness = self.shown.flatness(genotype).or_else(|| {
            let (table, metric) = table_of(genotype.space(), self.table.as_ref())?;
            Flatness::in_table(table, metric, genotype)
        });
        Some(Outcome {
            run: titles(run).0,
            accuracy,
            flatness: flatness.and_then(|flatness| flatness.told()),
        })
    }

    fn score_told(&self) -> Option<String> {
        let own = self.editor.score_of_now()?.accuracy;
        let around = self.editor.flatness().map(|flatness| {
            let mean = format!(", neighbors {:.2} % on average", flatness.neighbors.mean);
            mean + &flatness
                .told()
                .map_or(String::new(), |told| format!(", {told}"))
        });
        Some(format!(
            "The edited cell: {own:.2} %{}.",
            around.unwrap_or_default()
        ))
    }
}
