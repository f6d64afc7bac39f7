//! What every repetition of an experiment came to: the numbers behind a mean, as a file that other programs read, too.
//!
//! A file has one JSON object a line, each a [`Values`]; files are joined by writing one behind the other, and may be gzip.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::differences::{Difference, Paired, Spread, difference};
use crate::json::problem;
use crate::packed::{MOST_OF_A_REPORT, unpacked};

/// One measured quantity of several series at several places, over repetitions that all of them share.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Values {
    /// The version of the format, 1.
    pub values: u32,
    /// What this line is about beside others of the file, such as the column of a table.
    pub panel: String,
    /// What the numbers are, with the unit.
    pub quantity: String,
    /// What differs from place to place, with the unit.
    pub across: String,
    /// The places.
    pub at: Vec<f64>,
    /// What a repetition has in common over all series and places, such as its seed.
    pub paired_by: String,
    /// The series that the others are compared with.
    pub reference: String,
    /// In the order of reports.
    pub series: Vec<ValueSeries>,
}

/// One of the things that are compared.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct ValueSeries {
    /// Its name.
    pub name: String,
    /// `[place][repetition]`.
    pub of: Vec<Vec<f64>>,
}

/// A file of values that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ValuesError {
    /// A line is no object of this kind.
    #[error("line {line}: {what}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

/// The version of the format.
const VERSION: u32 = 1;
/// What every line begins with, and no other file of Plateau.
const MARK: &[u8] = b"{\"values\":";

/// What every version of a line has.
#[derive(Deserialize)]
struct Header {
    values: u64,
}

/// Refuses another version of the format.
fn check_version(found: u64) -> Result<(), String> {
    match found.cmp(&u64::from(VERSION)) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(format!(
            "a newer Plateau wrote it (format {found}, this one reads {VERSION}); open it with that version"
        )),
        Ordering::Less => Err(format!("format {found} instead of {VERSION}")),
    }
}

/// A number as it is written: hundredths, far below what its repetitions differ by.
fn hundredths(value: f64) -> f64 {
    (100.0 * value).round() / 100.0
}

impl Values {
    /// A measured quantity; numbers are rounded to hundredths.
    pub fn new(
        [panel, quantity]: [&str; 2],
        [across, paired_by]: [&str; 2],
        at: Vec<f64>,
        reference: &str,
        mut series: Vec<ValueSeries>,
    ) -> Self {
        let all = series.iter_mut().flat_map(|series| &mut series.of);
        all.flatten().for_each(|value| *value = hundredths(*value));
        Self {
            values: VERSION,
            panel: panel.to_owned(),
            quantity: quantity.to_owned(),
            across: across.to_owned(),
            at,
            paired_by: paired_by.to_owned(),
            reference: reference.to_owned(),
            series,
        }
    }

    /// Its line of a file.
    ///
    /// # Errors
    /// A number that JSON cannot hold.
    pub fn line(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// All lines of a file; nothing where it holds something else.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn recognised(bytes: &[u8]) -> Option<Result<Vec<Self>, ValuesError>> {
        match unpacked(bytes, MOST_OF_A_REPORT) {
            Ok(text) => text.starts_with(MARK).then(|| Self::lines(&text)),
            // What cannot be unpacked may be anything.
            Err(_) => None,
        }
    }

    fn lines(bytes: &[u8]) -> Result<Vec<Self>, ValuesError> {
        let mut all = Vec::new();
        for (number, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let wrong = |what| ValuesError::Line {
                line: number + 1,
                what,
            };
            let Header { values } =
                serde_json::from_slice(line).map_err(|error| wrong(problem(&error)))?;
            check_version(values).map_err(wrong)?;
            let read: Self =
                serde_json::from_slice(line).map_err(|error| wrong(problem(&error)))?;
            read.check().map_err(wrong)?;
            all.push(read);
        }
        Ok(all)
    }

    /// Whether all series have as many repetitions at every place, and one of them is the reference.
    fn check(&self) -> Result<(), String> {
        let (Some(first), true) = (
            self.series.first().and_then(|series| series.of.first()),
            self.series_of(&self.reference).is_some(),
        ) else {
            return Err(format!("there is no series {}", self.reference));
        };
        let repetitions = first.len();
        let whole = |series: &ValueSeries| {
            series.of.len() == self.at.len()
                && series.of.iter().all(|place| place.len() == repetitions)
        };
        if repetitions == 0 || self.at.is_empty() {
            return Err("it has no values".to_owned());
        }
        match self.series.iter().find(|series| !whole(series)) {
            None => Ok(()),
            Some(series) => Err(format!(
                "{} has not {repetitions} values at each of {} places",
                series.name,
                self.at.len()
            )),
        }
    }

    fn series_of(&self, name: &str) -> Option<&ValueSeries> {
        self.series.iter().find(|series| series.name == name)
    }

    /// The values of a series at a place.
    pub fn of(&self, name: &str, place: usize) -> Option<&[f64]> {
        Some(self.series_of(name)?.of.get(place)?)
    }

    /// Mean and deviation of a series at a place.
    pub fn spread(&self, name: &str, place: usize) -> Option<Spread> {
        Spread::of(self.of(name, place)?)
    }

    /// How much more than the reference a series has at a place, repetition by repetition.
    pub fn differences(&self, name: &str, place: usize) -> Option<Vec<f64>> {
        let [own, other] = [name, self.reference.as_str()].map(|name| self.of(name, place));
        let pairs = own?.iter().zip(other?);
        Some(pairs.map(|(&own, &other)| difference(own, other)).collect())
    }

    /// Their mean and its interval; none for the reference itself and for one repetition.
    pub fn difference(&self, name: &str, place: usize) -> Option<Difference> {
        let differs = name != self.reference;
        let differences = self.differences(name, place).filter(|_| differs)?;
        Difference::of(&differences)
    }

    /// The same with the p of random signs.
    pub fn paired(&self, name: &str, place: usize) -> Option<Paired> {
        let differs = name != self.reference;
        let differences = self.differences(name, place).filter(|_| differs)?;
        Paired::of(&differences, SEED)
    }
}

/// Of the drawn signs.
const SEED: u64 = 0;
