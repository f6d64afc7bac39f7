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
    /// What messages call it.
    pub fn name(self) -> &'static str {
        match self {
            Part::Training => "training",
            Part::Validation => "validation",
            Part::Test => "test",
        }
    }

    /// What a word of a name, in lower case, says.
    pub fn of_word(word: &str) -> Option<Part> {
        match word {
            "train" | "training" | "trn" | "trainset" | "trainval" => Some(Part::Training),
            "val" | "valid" | "validation" | "valset" | "dev" | "eval" | "minival" => {
                Some(Part::Validation)
            }
            "test" | "testing" | "t10k" | "tst" | "testset" | "holdout" => Some(Part::Test),
            _ => None,
        }
    }

    /// What a name of a file or folder says by its first word that is a part: `val2017`, `test_batch`, `trainImages`; `latest`
    /// says nothing.
    pub fn of_name(name: &str) -> Option<Part> {
        words(name).iter().find_map(|word| Part::of_word(word))
    }
}

/// The words of a name in lower case: runs of letters, at whose ends stand other characters, digits or a capital behind a small letter.
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for run in name.split(|letter: char| !letter.is_alphanumeric()) {
        if run.eq_ignore_ascii_case("t10k") {
            words.push(run.to_lowercase());
            continue;
        }
        let mut word = String::new();
        let mut small = false;
        for letter in run.chars() {
            if letter.is_numeric() || (small && letter.is_uppercase()) {
                words.push(std::mem::take(&mut word));
            }
            if !letter.is_numeric() {
                word.extend(letter.to_lowercase());
            }
            small = letter.is_lowercase();
        }
        words.push(word);
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The part that each file is of: by its own name, else by the nearest folder that says one. Folders around all of them say nothing.
pub fn parts_of(names: &[&str]) -> Vec<Option<Part>> {
    let folders = |name: &str| name.split('/').count() - 1;
    let mut common = names.first().map_or(0, |name| folders(name));
    for pair in names.windows(2) {
        let same = |(a, b): &(&str, &str)| a == b;
        let shared = pair[0].split('/').zip(pair[1].split('/')).take_while(same);
        common = common
            .min(shared.count())
            .min(folders(pair[0]))
            .min(folders(pair[1]));
    }
    names
        .iter()
        .map(|name| {
            let inside: Vec<&str> = name.split('/').skip(common).collect();
            inside.iter().rev().find_map(|step| Part::of_name(step))
        })
        .collect()
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

impl Images {
    /// Keeps one of three planes where they are the same in every image. Whether that is so.
    pub fn keep_one_of_equal_planes(&mut self) -> bool {
        let area = self.shape[1] * self.shape[2];
        let equal = |image: &[u8]| {
            image
                .chunks_exact(area)
                .all(|plane| *plane == image[..area])
        };
        let volume = 3 * area;
        if self.shape[0] != 3 || !self.pixels.chunks_exact(volume).all(equal) {
            return false;
        }
        for image in 0..self.pixels.len() / volume {
            let start = image * volume;
            self.pixels.copy_within(start..start + area, image * area);
        }
        self.pixels.truncate(self.pixels.len() / 3);
        self.pixels.shrink_to_fit();
        self.shape[0] = 1;
        true
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
