//! The line between the window and the keeper of runs, who answers later, so that the window never waits.

use std::collections::BTreeMap;

use async_channel::{Receiver, Sender};

use super::kept_run::{Answer, Ask, KeptRun};
use crate::record::{Digest, RunView};

/// The line to the keeper, and what it said last.
pub struct Shelf {
    asks: Sender<Ask>,
    answers: Receiver<Answer>,
    /// All runs, once they are known, or why they cannot be.
    pub runs: Option<Result<Vec<KeptRun>, String>>,
    /// Whether the list is shown.
    pub shown: bool,
    /// What the list shows of each, by its name, as far as that is known.
    pub digests: BTreeMap<String, Result<Box<Digest>, String>>,
    /// The run whose digest is on its way.
    asked: Option<String>,
    /// Runs that were asked for, to be seen beside each other.
    pub beside: Vec<RunView>,
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
            digests: BTreeMap::new(),
            asked: None,
            beside: Vec::new(),
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
                Answer::Described { name, digest } => {
                    self.asked = None;
                    self.digests.insert(name, digest);
                }
                Answer::Beside(run) => self.beside.push(*run),
                answer => return Some(answer),
            }
        }
    }

    /// Asks for the digest of a run, one after another.
    pub fn describe(&mut self, name: &str) {
        let known = self.asked.is_some() || self.digests.contains_key(name);
        if !known && self.ask(Ask::Describe(name.to_owned())) {
            self.asked = Some(name.to_owned());
        }
    }

    /// Shows the list.
    pub fn open(&mut self) {
        self.shown = true;
        self.runs = None;
        // They may have gone on since.
        self.digests.clear();
        self.asked = None;
        if !self.ask(Ask::List) {
            self.runs = Some(Ok(Vec::new()));
        }
    }
}
