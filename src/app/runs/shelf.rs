//! The line between the window and the keeper of runs, who answers later, so that the window never waits.

use async_channel::{Receiver, Sender};

use super::kept_run::{Answer, Ask, KeptRun};

/// The line to the keeper, and what it said last.
pub struct Shelf {
    asks: Sender<Ask>,
    answers: Receiver<Answer>,
    /// All runs, once they are known, or why they cannot be.
    pub runs: Option<Result<Vec<KeptRun>, String>>,
    /// Whether the list is shown.
    pub shown: bool,
}

impl Default for Shelf {
    /// A shelf that keeps nothing.
    fn default() -> Self {
        Self::new(async_channel::bounded(1).0, async_channel::bounded(1).1)
    }
}

impl Shelf {
    /// A line to a keeper.
    pub fn new(asks: Sender<Ask>, answers: Receiver<Answer>) -> Self {
        Self {
            asks,
            answers,
            runs: None,
            shown: false,
        }
    }

    /// Asks the keeper; false: there is none.
    pub fn ask(&self, ask: Ask) -> bool {
        self.asks.try_send(ask).is_ok()
    }

    /// The next answer that concerns the window.
    pub fn answer(&mut self) -> Option<Answer> {
        loop {
            match self.answers.try_recv().ok()? {
                Answer::Listed(runs) => self.runs = Some(runs),
                answer => return Some(answer),
            }
        }
    }

    /// Shows the list.
    pub fn open(&mut self) {
        self.shown = true;
        self.runs = None;
        if !self.ask(Ask::List) {
            self.runs = Some(Ok(Vec::new()));
        }
    }
}
