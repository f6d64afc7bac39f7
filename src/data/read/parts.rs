//! What every reader fills: pixels, labels and how many images belong to which part.

use std::collections::BTreeMap;

use super::Request;
use super::limits::{MOST_CLASSES, MOST_PIXELS, MOST_SIDE, reserve, volume};
use super::source::File;
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
    /// Takes note of `count` images of a shape, and makes room for them, but for no more than `most` values: what the file can have,
    /// whatever it states.
    ///
    /// # Errors
    /// `refuse` of a reason: a shape that differs from earlier images', sides or sizes beyond the limits, lack of memory.
    pub fn expect(
        &mut self,
        count: u64,
        shape: [u64; 3],
        most: u64,
        refuse: impl Fn(String) -> DataError,
    ) -> Result<(), DataError> {
        self.room_for(count, shape, most).map_err(refuse)
    }

    fn room_for(&mut self, count: u64, shape: [u64; 3], most: u64) -> Result<(), String> {
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
        // `more` is the smaller one where `most` is more than memory has.
        reserve(
            &mut self.pixels,
            more.min(usize::try_from(most).unwrap_or(more)),
        )
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
    /// Position of their number.
    pub counted: u64,
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

/// Room for `count` labels, of a file that can have no more than `most`.
pub fn labels_of(count: usize, most: u64) -> Vec<u16> {
    Vec::with_capacity(count.min(usize::try_from(most).unwrap_or(count)))
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

/// Reads the images of every part and the labels that belong to them. Labels come first, so that a mistake in them is found before
/// memory is taken for images. Returns also the old label of each new one.
///
/// # Errors
/// [`DataError::File`]: what the readers find, images without labels (`alone` says what to do), another number of labels than of
/// images, a label that only a later part has.
pub fn read_pairs(
    images: &BTreeMap<Part, &File>,
    labels: &BTreeMap<Part, &File>,
    alone: &str,
    request: &mut Request<'_>,
    read_labels: fn(&File) -> Result<Labels, DataError>,
    read_images: fn(&File, &mut Images, &mut Request<'_>) -> Result<u64, DataError>,
) -> Result<(Images, Vec<u16>), DataError> {
    let mut read = Vec::new();
    for (part, file) in images {
        let labels = labels.get(part).ok_or_else(|| file.error(0, alone))?;
        read.push((*labels, read_labels(labels)?));
    }
    let mut found = Images::default();
    for ((&part, file), (labels_file, labels)) in images.iter().zip(&read) {
        let count = read_images(file, &mut found, request)?;
        if labels.values.len() as u64 != count {
            return Err(labels_file.error(
                labels.counted,
                format!(
                    "{} labels for the {count} images of {}",
                    labels.values.len(),
                    file.shown()
                ),
            ));
        }
        found.parts[part as usize] = labels.values.len();
    }
    let old;
    (found.labels, old) = renumber(read.into_iter().map(|(_, labels)| labels).collect())?;
    Ok((found, old))
}

/// Renumbers labels so that the ones that occur in the first part are 0, 1, … in ascending order.
///
/// Returns the labels of all parts and, for each new label, the old one.
///
/// # Errors
/// [`DataError::File`] for a label that does not occur in the first part.
fn renumber(mut parts: Vec<Labels>) -> Result<(Vec<u16>, Vec<u16>), DataError> {
    let first = parts
        .first()
        .map_or(String::new(), |part| part.file.clone());
    let mut occurs = [false; MOST_CLASSES];
    for &value in parts.iter().take(1).flat_map(|part| &part.values) {
        occurs[usize::from(value)] = true;
    }
    let old: Vec<u16> = (0..)
        .zip(occurs)
        .filter(|(_, occurs)| *occurs)
        .map(|(label, _)| label)
        .collect();
    let mut labels = Vec::new();
    for part in &mut parts {
        let mut values = std::mem::take(&mut part.values);
        for (index, value) in values.iter_mut().enumerate() {
            let new = old.binary_search(value).map_err(|_| {
                part.error(
                    index,
                    format!("label {value} does not occur in the first part, {first}"),
                )
            })?;
            // At most MOST_CLASSES labels differ.
            *value = new as u16;
        }
        if labels.is_empty() {
            labels = values;
        } else {
            labels.append(&mut values);
        }
    }
    Ok((labels, old))
}
