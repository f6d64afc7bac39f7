//! Figures that are kept from frame to frame: a long run has many steps, and most frames bring none.

use crate::app::draw::figure::Figure;
use crate::record::RunView;
use crate::session::SearchStep;

/// How far a run was looked at, and by what its last step is known again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    steps: usize,
    last: [u32; 4],
}

impl Seen {
    /// All of these steps.
    pub fn of(steps: &[SearchStep]) -> Self {
        let numbers = |step: &SearchStep| {
            [
                step.train_loss,
                step.validation_loss,
                step.entropy,
                step.train_accuracy,
            ]
            // As bits: what is not a number is itself, too.
            .map(f32::to_bits)
        };
        Self {
            steps: steps.len(),
            last: steps.last().map(numbers).unwrap_or_default(),
        }
    }

    /// Whether these steps begin with those.
    fn begins(self, steps: &[SearchStep]) -> bool {
        let first = steps.get(..self.steps);
        first.is_some_and(|first| Self::of(first) == self)
    }
}

/// Figures over the steps of runs, extended as steps come.
#[derive(Default)]
pub struct Growing {
    of: String,
    seen: Vec<Seen>,
    figures: Vec<Figure>,
}

impl Growing {
    /// The figures of all steps. `make` draws those of a part of the steps of each run, always as many; `of` tells what else they are of.
    pub fn figures(
        &mut self,
        of: &str,
        runs: &[&RunView],
        make: impl FnOnce(&[&[SearchStep]]) -> Vec<Figure>,
    ) -> &[Figure] {
        let goes_on = |(seen, run): (&Seen, &&RunView)| seen.begins(&run.steps);
        let same = self.of == of && self.seen.len() == runs.len();
        if !same || !self.seen.iter().zip(runs).all(goes_on) {
            *self = Self {
                of: of.to_owned(),
                seen: vec![Seen::default(); runs.len()],
                figures: Vec::new(),
            };
        }
        let new = self.seen.iter().zip(runs);
        let new: Vec<&[SearchStep]> = new.map(|(seen, run)| &run.steps[seen.steps..]).collect();
        if self.figures.is_empty() {
            self.figures = make(&new);
        } else if new.iter().any(|steps| !steps.is_empty()) {
            for (figure, more) in self.figures.iter_mut().zip(make(&new)) {
                figure.extend(more);
            }
        }
        self.seen = runs.iter().map(|run| Seen::of(&run.steps)).collect();
        &self.figures
    }
}

/// Figures that are made anew where something of them has changed.
#[derive(Default)]
pub struct Kept {
    of: Option<String>,
    figures: Vec<Figure>,
}

impl Kept {
    /// The figures; `of` tells all that they depend on.
    pub fn figures(&mut self, of: &str, make: impl FnOnce() -> Vec<Figure>) -> &[Figure] {
        if self.of.as_deref() != Some(of) {
            self.of = Some(of.to_owned());
            self.figures = make();
        }
        &self.figures
    }
}
