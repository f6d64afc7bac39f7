//! Images that have moved since a comparison or a judge was begun.

use std::path::Path;
use std::sync::Arc;

use super::CliError;
use super::out::note;
use crate::data::{Dataset, hand_over, hand_over_once, short_name};
use crate::record::read_events;
use crate::session::Event;

/// The name of the images that a run was begun with, and their SHA-256.
pub struct Recorded {
    /// As its settings have it.
    pub name: String,
    /// Of all images.
    pub hash: String,
}

impl Recorded {
    /// Those of a run folder; nothing where no run has begun there.
    pub fn of_run(folder: &Path) -> Option<Self> {
        let events = read_events(folder).ok()?;
        match &events.first()?.event {
            Event::Started {
                config, dataset, ..
            } => Some(Self {
                name: config.dataset.clone(),
                hash: dataset.hash.clone(),
            }),
            _ => None,
        }
    }

    /// The name by which runs load the images that are called `now`: the recorded one where they are the same, wherever they lie. The settings
    /// then stay what they were, and so do all bits.
    ///
    /// # Errors
    /// Images that cannot be read.
    pub fn name_of(self, now: &str) -> Result<String, CliError> {
        if self.name == now {
            return Ok(self.name);
        }
        let mut dataset = Dataset::load(now).map_err(CliError::new)?;
        if dataset.hash() != self.hash {
            hand_over_once(now, dataset);
            return Ok(now.to_owned());
        }
        note!("note: {now} has the same images as {}", self.name);
        dataset.name = short_name(&self.name);
        hand_over(&self.name, Arc::new(dataset));
        Ok(self.name)
    }
}
