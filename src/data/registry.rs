//! Data sets that were read from files that a person chose or dropped, under the name that a run's configuration gives them.
//!
//! A page has no paths, and a window reads a large set once, on a thread of its own: both hand the result over here, where
//! [`Dataset::load`](super::Dataset::load) finds it.

use std::sync::{Arc, Mutex, PoisonError};

use super::dataset::Dataset;

/// Most sets that are kept; the oldest makes room.
const MOST: usize = 4;

static HANDED: Mutex<Vec<(String, Arc<Dataset>)>> = Mutex::new(Vec::new());

/// Read already, for whoever loads it next.
static ONCE: Mutex<Option<(String, Dataset)>> = Mutex::new(None);

/// Gives a data set to the next [`Dataset::load`](super::Dataset::load) of this name, so that it is not read again.
pub fn hand_over_once(name: &str, dataset: Dataset) {
    *ONCE.lock().unwrap_or_else(PoisonError::into_inner) = Some((name.to_owned(), dataset));
}

/// Takes what was given to the next load of a name.
pub(super) fn take_once(name: &str) -> Option<Dataset> {
    let mut once = ONCE.lock().unwrap_or_else(PoisonError::into_inner);
    let found = once.take_if(|(other, _)| other == name);
    found.map(|(_, dataset)| dataset)
}

/// Keeps a data set under a name. One of the same name is replaced.
pub fn hand_over(name: &str, dataset: Arc<Dataset>) {
    // A thread that panicked while it held the list left it whole.
    let mut handed = HANDED.lock().unwrap_or_else(PoisonError::into_inner);
    handed.retain(|(other, _)| other != name);
    if handed.len() == MOST {
        handed.remove(0);
    }
    handed.push((name.to_owned(), dataset));
}

/// The data set of a name, if it was handed over.
pub fn handed(name: &str) -> Option<Arc<Dataset>> {
    let handed = HANDED.lock().unwrap_or_else(PoisonError::into_inner);
    let found = handed.iter().find(|(other, _)| other == name);
    found.map(|(_, dataset)| dataset.clone())
}

/// A data set that was handed over whose images have this SHA-256, under whatever name.
#[cfg(not(target_arch = "wasm32"))]
pub fn handed_with_hash(hash: &str) -> Option<Arc<Dataset>> {
    // Nobody else waits for the sums.
    let all: Vec<Arc<Dataset>> = {
        let handed = HANDED.lock().unwrap_or_else(PoisonError::into_inner);
        handed.iter().map(|(_, dataset)| dataset.clone()).collect()
    };
    all.into_iter().find(|dataset| dataset.hash() == hash)
}

/// The names of all that were handed over, oldest first.
pub fn handed_names() -> Vec<String> {
    let handed = HANDED.lock().unwrap_or_else(PoisonError::into_inner);
    handed.iter().map(|(name, _)| name.clone()).collect()
}
