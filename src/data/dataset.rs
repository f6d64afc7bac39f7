use sha2::{Digest, Sha256};

use super::error::DataError;

/// Labelled images, all of one size, as raw bytes in their native value range (digits: 0–16, others: 0–255).
///
/// The fields are public so that a reader can build one; [`Dataset::check`] says whether they fit together.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Short name, as the user types it, with the options behind it.
    pub name: String,
    /// Pixels, `[images, channels, height, width]`.
    pub images: Vec<u8>,
    /// Class index of each image.
    pub labels: Vec<u16>,
    /// Name of each class.
    pub classes: Vec<String>,
    /// Channels of an image.
    pub channels: usize,
    /// Rows of an image, in pixels.
    pub height: usize,
    /// Columns of an image, in pixels.
    pub width: usize,
    /// Whether a mirrored image keeps its class, so that horizontal flips may augment it (false for digits).
    pub flip: bool,
    /// Index of the first image of an official test part, which reaches to the end; `None`: the test part is drawn by seed.
    pub test_from: Option<usize>,
    /// What its reader left out, scaled, turned, guessed or merged: sentences for a person. They are no part of the content.
    pub notes: Vec<String>,
}

impl Dataset {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Bytes of one image: channels · height · width.
    pub fn volume(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// The raw pixels of one image, `[channels, height, width]`; `None` behind the last image.
    pub fn image(&self, index: u32) -> Option<&[u8]> {
        let start = (index as usize).checked_mul(self.volume())?;
        self.images.get(start..start.checked_add(self.volume())?)
    }

    /// The pixel of white: 255, or the brightest one of all where no image has one from 64 on, as with digits of values 0–16.
    pub fn white(&self) -> u8 {
        match self.images.iter().max() {
            Some(&most @ 1..64) => most,
            _ => 255,
        }
    }

    /// Checks that the fields agree: sizes above zero, one label an image, every label a class, the test part inside.
    ///
    /// # Errors
    /// [`DataError::Inconsistent`] with the first disagreement.
    pub fn check(&self) -> Result<(), DataError> {
        let pixels = [self.len(), self.channels, self.height, self.width]
            .into_iter()
            .try_fold(1usize, usize::checked_mul);
        let problem = if pixels == Some(0) {
            "it has no images, or images without pixels".to_owned()
        } else if pixels != Some(self.images.len()) {
            format!(
                "{} bytes are not {} images of {}×{}×{}",
                self.images.len(),
                self.len(),
                self.channels,
                self.height,
                self.width
            )
        } else if let Some(label) = self
            .labels
            .iter()
            .find(|&&label| usize::from(label) >= self.classes.len())
        {
            format!("label {label} is not one of {} classes", self.classes.len())
        } else if let Some(from) = self.test_from.filter(|&from| from > self.len()) {
            format!("its test part starts at image {from} of {}", self.len())
        } else {
            return Ok(());
        };
        Err(DataError::Inconsistent {
            name: self.name.clone(),
            reason: problem,
        })
    }

    /// SHA-256, in hexadecimal, of the content: the number of images, channels, height and width as little-endian `u64`,
    /// then the labels as little-endian `u16`, then the pixels. Two sets with equal hashes train alike.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for size in [self.len(), self.channels, self.height, self.width] {
            hasher.update((size as u64).to_le_bytes());
        }
        for label in &self.labels {
            hasher.update(label.to_le_bytes());
        }
        hasher.update(&self.images);
        hasher
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Number of images of each class, in the order of [`Dataset::classes`].
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for &label in &self.labels {
            if let Some(count) = counts.get_mut(usize::from(label)) {
                *count += 1;
            }
        }
        counts
    }
}
