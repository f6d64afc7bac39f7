//! Comparisons as files hold them: read, and taken over by one that goes on.

use serde::Deserialize;

#[cfg(not(target_arch = "wasm32"))]
use super::Arm;
#[cfg(not(target_arch = "wasm32"))]
use super::JudgedBy;
use super::{Comparison, ComparisonError, Entry, Judged, VERSION};
#[cfg(not(target_arch = "wasm32"))]
use crate::data::absolute;
use crate::json::problem;
use crate::packed::{MOST_OF_A_REPORT, unpacked};
#[cfg(not(target_arch = "wasm32"))]
use crate::session::differences;

/// What every version of the file has.
#[derive(Deserialize)]
struct Header {
    version: Option<u64>,
}

impl Comparison {
    /// The comparison that a file holds, perhaps as gzip; nothing where it holds something else.
    ///
    /// # Errors
    /// A comparison that another version wrote in another form.
    pub fn recognised(bytes: &[u8]) -> Option<Result<Self, ComparisonError>> {
        let text = unpacked(bytes, MOST_OF_A_REPORT).ok()?;
        let object: serde_json::Value = serde_json::from_slice(&text).ok()?;
        let has = |key: &str| object.get(key).is_some();
        if !["strategies", "seeds", "entries", "pairs"]
            .into_iter()
            .all(has)
        {
            return None;
        }
        let read = Self::read(&text);
        Some(read.and_then(|read| read.check_entries().map(|()| read)))
    }

    /// Reads a text of this version of the format.
    pub(super) fn read(text: &[u8]) -> Result<Self, ComparisonError> {
        let format = |error: serde_json::Error| ComparisonError::Format(problem(&error));
        let Header { version } = serde_json::from_slice(text).map_err(format)?;
        let found = match version {
            Some(version) if version == u64::from(VERSION) => {
                return serde_json::from_slice(text).map_err(format);
            }
            Some(version) if version > u64::from(VERSION) => {
                format!("a newer Plateau (format {version})")
            }
            Some(version) => format!("format {version}"),
            None => "no version".to_owned(),
        };
        Err(ComparisonError::Version(found))
    }

    /// Refuses entries that no run has made.
    pub(super) fn check_entries(&self) -> Result<(), ComparisonError> {
        for (place, entry) in self.entries.iter().enumerate() {
            let of = format!("{}, seed {}", entry.strategy, entry.seed);
            let same = |other: &Entry| other.strategy == entry.strategy && other.seed == entry.seed;
            if self.entries[..place].iter().any(same) {
                return Err(ComparisonError::Format(format!("two runs of {of}")));
            }
            let Judged {
                own,
                mean,
                worst,
                best,
                ..
            } = entry.neighborhood;
            let shares = [entry.accuracy, own, mean, worst, best];
            if let Some(share) = shares.iter().find(|share| !(0.0..=100.0).contains(*share)) {
                return Err(ComparisonError::Format(format!(
                    "{of} has an accuracy of {share} %"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Comparison {
    /// Takes over the runs of an earlier file that was made with the same settings and version; strategies and seeds may differ.
    ///
    /// # Errors
    /// Other text than [`Comparison::to_json`]'s; other settings.
    pub fn resume(&mut self, json: &str) -> Result<(), ComparisonError> {
        self.take_over(Self::read(json.as_bytes())?)?;
        self.summarise();
        Ok(())
    }

    /// Takes over the runs of another one with the same settings and version, without its summaries; whether that changed anything.
    pub(super) fn take_over(&mut self, other: Self) -> Result<bool, ComparisonError> {
        self.check_alike(&other)?;
        other.check_entries()?;
        let size = |all: &Self| [all.strategies.len(), all.seeds.len(), all.entries.len()];
        let before = size(self);
        // Runs that were there before a strategy or a seed of the other's was asked for.
        let lacks = |had: &Self, asked: &Self| {
            let new_arm = |arm: &Arm| !had.strategies.contains(arm);
            let new_seed = |seed: &u64| !had.seeds.contains(seed);
            let more = asked.strategies.iter().any(new_arm) || asked.seeds.iter().any(new_seed);
            more && !had.entries.is_empty()
        };
        self.extended |= other.extended || lacks(&other, self) || lacks(self, &other);
        if self.images.is_none() {
            self.images = other.images;
        }
        // What was there first stays first, so that no difference changes its sign.
        let own_first = !self.entries.is_empty();
        join(&mut self.strategies, other.strategies, own_first);
        join(&mut self.seeds, other.seeds, own_first);
        join(&mut self.commands, other.commands, own_first);
        self.ran_on(&other.device);
        for entry in other.entries {
            if !self.has(&entry.strategy, entry.seed) {
                self.entries.push(entry);
            }
        }
        Ok(size(self) != before)
    }

    /// Refuses one whose runs had other settings, or are those of another version.
    pub(super) fn check_alike(&self, other: &Self) -> Result<(), ComparisonError> {
        if other.plateau != self.plateau {
            let version = format!("Plateau {}", other.plateau);
            return Err(ComparisonError::Version(version));
        }
        let mut settings = other.settings.clone();
        settings.seed = self.settings.seed;
        // As it is kept since paths are made absolute.
        settings.dataset = absolute(&settings.dataset);
        if self.images.is_some() && self.images == other.images {
            // Wherever they lie.
            settings.dataset.clone_from(&self.settings.dataset);
        }
        if let (Some(old), Some(new)) = (&mut settings.search, &self.settings.search) {
            old.strategy = new.strategy;
            old.replica = new.replica;
        }
        if other.judged_by != self.judged_by {
            let [there, here] = [&other.judged_by, &self.judged_by].map(|by| match by {
                JudgedBy::Judge { epochs } => format!("a judge of {epochs} epochs"),
                JudgedBy::Table { metric, hash } => {
                    format!("{metric} of a table ({}…)", hash.get(..8).unwrap_or(hash))
                }
            });
            let text = format!("it is judged by {there} there, by {here} here");
            return Err(ComparisonError::Settings(text));
        }
        let different = differences(&settings, &self.settings);
        if !different.is_empty() {
            return Err(ComparisonError::Settings(different.join("; ")));
        }
        if other.declared != self.declared {
            let shown = |pairs: &[[Arm; 2]]| match pairs {
                [] => "those of every two strategies".to_owned(),
                pairs => {
                    let pairs = pairs
                        .iter()
                        .map(|[first, second]| format!("{first}/{second}"));
                    pairs.collect::<Vec<_>>().join(",")
                }
            };
            let text = format!(
                "--primary is {} there, {} here",
                shown(&other.declared),
                shown(&self.declared)
            );
            return Err(ComparisonError::Settings(text));
        }
        match (&other.images, &self.images) {
            (Some(there), Some(here)) if there != here => {
                let text = "the images of its data set are others there".to_owned();
                Err(ComparisonError::Settings(text))
            }
            _ => Ok(()),
        }
    }
}

/// Adds what is new in a list to another, behind it or before it.
#[cfg(not(target_arch = "wasm32"))]
fn join<T: PartialEq>(own: &mut Vec<T>, mut other: Vec<T>, own_first: bool) {
    if !own_first {
        std::mem::swap(own, &mut other);
    }
    for one in other {
        if !own.contains(&one) {
            own.push(one);
        }
    }
}
