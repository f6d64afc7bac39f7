//! Data sets that are sent to a session.

use std::sync::Arc;

use super::command::DataFile;
use super::event::Event;
use crate::data::{Dataset, hand_over};

/// Reads a data set and hands it over to later runs.
pub(super) fn add_data(name: String, files: Vec<DataFile>) -> Event {
    let files = files.into_iter().map(|file| (file.name, file.bytes));
    match Dataset::from_files(&name, files.collect()) {
        Ok(dataset) => {
            hand_over(&name, Arc::new(dataset));
            Event::DataAdded { name }
        }
        Err(error) => Event::Refused {
            request: None,
            message: error.to_string(),
        },
    }
}
