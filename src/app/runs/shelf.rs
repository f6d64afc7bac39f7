//! The line between the window and the keeper of runs, who answers later, so that the window never waits.

use std::collections::{BTreeMap, BTreeSet};

use async_channel::{Receiver, Sender};

use super::kept_run::{Answer, Ask, KeptRun};
use crate::record::{Digest, RunView};

/// Digests that are on their way at a time, at most.
const AT_ONCE: usize = 16;

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
    /// The runs whose digests are on their way.
    asked: BTreeSet<String>,
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
            asked: BTreeSet::new(),
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
                    self.asked.remove(&name);
                    self.digests.insert(name, digest);
                }
                Answer::Beside(run) => self.beside.push(*run),
                answer => return Some(answer),
            }
        }
    }

    /// Asks for the digest of a run, of a few at a time.
    pub fn describe(&mut self, name: &str) {
        let known = self.digests.contains_key(name) || self.asked.contains(name);
        let room = self.asked.len() < AT_ONCE;
        if !known && room && self.ask(Ask::Describe(name.to_owned())) {
            self.asked.insert(name.to_owned());
        }
    }

    /// Another run is kept: a list that is shown is asked for again.
    pub fn changed(&mut self) {
        if self.shown {
            self.ask(Ask::List);
        }
    }

    /// Shows the list.
    pub fn open(&mut self) {
        self.shown = true;
        self.runs = None;
        // They may have gone on since.
        self.digests.clear();
        self.asked.clear();
        if !self.ask(Ask::List) {
            self.runs = Some(Ok(Vec::new()));
        }
    }
}
