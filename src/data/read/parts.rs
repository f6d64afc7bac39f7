//! What every reader fills: pixels, labels and how many images belong to which part.

use super::limits::{MOST_CLASSES, MOST_PIXELS, MOST_SIDE, reserve, volume};
use crate::data::DataError;

/// A part of a data set, in the order in which images are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// For training.
    Training,
    /// For choosing.
    Validation,
    /// For the test at the end.
    Test,
}

impl Part {
    /// What a word of a name, in lower case, says.
    pub fn of_word(word: &str) -> Option<Part> {
        match word {
            "train" | "training" => Some(Part::Training),
            "val" | "valid" | "validation" => Some(Part::Validation),
            "test" | "testing" | "t10k" => Some(Part::Test),
            _ => None,
        }
    }
}

/// Images as they are read, part after part in the order of [`Part`].
#[derive(Default)]
pub struct Images {
    /// `[images, channels, height, width]`
    pub pixels: Vec<u8>,
    /// One each.
    pub labels: Vec<u16>,
    /// Names of the labels.
    pub classes: Vec<String>,
    /// Images of each part.
    pub parts: [usize; 3],
    /// `[channels, height, width]`; all 0 before the first image.
    pub shape: [usize; 3],
}

impl Images {
    /// Takes note of `count` images of a shape, and makes room for them.
    ///
    /// # Errors
    /// `refuse` of a reason: a shape that differs from earlier images', sides or sizes beyond the limits, lack of memory.
    pub fn expect(
        &mut self,
        count: u64,
        shape: [u64; 3],
        refuse: impl Fn(String) -> DataError,
    ) -> Result<(), DataError> {
        self.room_for(count, shape).map_err(refuse)
    }

    fn room_for(&mut self, count: u64, shape: [u64; 3]) -> Result<(), String> {
        let [channels, height, width] = shape;
        let shown = format!("{channels}×{height}×{width}");
        if count == 0 || shape.contains(&0) {
            return Err(format!(
                "{count} images of {shown}: there is nothing to read"
            ));
        }
        if height.max(width) > MOST_SIDE as u64 {
            return Err(format!(
                "images of {height}×{width}: at most {MOST_SIDE} pixels a side"
            ));
        }
        if self.shape == [0; 3] {
            // Sides are checked above; readers give at most three channels.
            self.shape = shape.map(|size| size as usize);
        } else if self.shape.map(|size| size as u64) != shape {
            return Err(format!(
                "images of {shown}, and the ones before are {}×{}×{}",
                self.shape[0], self.shape[1], self.shape[2]
            ));
        }
        let more = volume(&[count, channels, height, width])?;
        if (self.pixels.len() + more) as u64 > MOST_PIXELS {
            return Err(format!(
                "more than {MOST_PIXELS} pixel values in all: use fewer or smaller images"
            ));
        }
        reserve(&mut self.pixels, more)
    }
}

/// Labels of one file, as they are written there.
pub struct Labels {
    /// Name of the file.
    pub file: String,
    /// Position of the first.
    pub first: u64,
    /// Bytes of each.
    pub width: u64,
    /// The labels.
    pub values: Vec<u16>,
}

impl Labels {
    /// The error of label `index`.
    fn error(&self, index: usize, message: String) -> DataError {
        DataError::File {
            file: self.file.clone(),
            offset: self.first + index as u64 * self.width,
            message,
        }
    }
}

/// A number as a label.
///
/// # Errors
/// A reason where it is no whole number or not from 0 up to the limit.
pub fn label(value: f64) -> Result<u16, String> {
    if value.fract() == 0.0 && (0.0..MOST_CLASSES as f64).contains(&value) {
        Ok(value as u16)
    } else {
        Err(format!(
            "label {value} is not a whole number from 0 to {}",
            MOST_CLASSES - 1
        ))
    }
}

/// Renumbers labels so that the ones that occur in the first part are 0, 1, … in ascending order.
///
/// Returns the labels of all parts and, for each new label, the old one.
///
/// # Errors
/// [`DataError::File`] for a label that does not occur in the first part.
pub fn renumber(parts: &[Labels]) -> Result<(Vec<u16>, Vec<u16>), DataError> {
    let mut old: Vec<u16> = parts.first().map_or(&[][..], |part| &part.values).to_vec();
    old.sort_unstable();
    old.dedup();
    let mut labels = Vec::with_capacity(parts.iter().map(|part| part.values.len()).sum());
    for part in parts {
        for (index, value) in part.values.iter().enumerate() {
            let new = old.binary_search(value).map_err(|_| {
                part.error(
                    index,
                    format!(
                        "label {value} does not occur in the first part, {}",
                        parts[0].file
                    ),
                )
            })?;
            // At most MOST_CLASSES labels differ.
            labels.push(new as u16);
        }
    }
    Ok((labels, old))
}
