//! Shifts and cutouts against the size of the images.

use super::config::{RunConfig, SearchConfig, TrainConfig};
use super::config_error::ConfigError;
use super::preset::Preset;
use crate::data::Augmentation;
use crate::space::Space;

/// Side of the images that the presets' shifts and cutouts were chosen for, pixels.
const CHOSEN_FOR: usize = 32;
/// Least side of images that the auxiliary head can pool, pixels.
const LEAST_FOR_HEAD: usize = 32;

/// Whether images of `[rows, columns]` are large enough for the auxiliary head.
pub fn has_room_for_head([rows, columns]: [usize; 2]) -> bool {
    rows.min(columns) >= LEAST_FOR_HEAD
}

/// Whether a shift by up to so many pixels leaves half of an image of `[rows, columns]`.
fn shift_fits(pixels: usize, [rows, columns]: [usize; 2]) -> bool {
    2 * rows.saturating_sub(pixels) * columns.saturating_sub(pixels) >= rows * columns
}

/// Whether a cutout of so many pixels leaves half of an image.
fn cutout_fits(pixels: usize, [rows, columns]: [usize; 2]) -> bool {
    2 * pixels.min(rows) * pixels.min(columns) <= rows * columns
}

impl Preset {
    /// Scales the shifts and cutouts of this preset where they would leave less than half of an image of `[rows, columns]`; those
    /// that a person has changed stay. Says what was scaled.
    pub fn fit(
        self,
        space: Space,
        search: Option<&mut SearchConfig>,
        train: &mut TrainConfig,
        image: [usize; 2],
    ) -> Vec<String> {
        let own = self.train(space).augmentation;
        let training = scale("training", &mut train.augmentation, own, image);
        let search = search.and_then(|search| {
            let own = self.search(space, search.strategy).augmentation;
            scale("search", &mut search.augmentation, own, image)
        });
        search.into_iter().chain(training).collect()
    }
}

fn scale(
    what: &str,
    augmentation: &mut Augmentation,
    own: Augmentation,
    image: [usize; 2],
) -> Option<String> {
    let [rows, columns] = image;
    let before = *augmentation;
    let scaled = |pixels: usize| pixels * rows.min(columns) / CHOSEN_FOR;
    let Augmentation {
        crop_padding,
        cutout,
        ..
    } = augmentation;
    if *crop_padding == own.crop_padding && !shift_fits(*crop_padding, image) {
        *crop_padding = scaled(*crop_padding);
    }
    if *cutout == own.cutout && !cutout_fits(*cutout, image) {
        *cutout = scaled(*cutout);
    }
    (before != *augmentation).then(|| {
        format!(
            "on images of {rows}×{columns} the {what} shifts by up to {} pixels and cuts out {}, not the preset's {} and {}, which would leave less than half of them",
            augmentation.crop_padding, augmentation.cutout, before.crop_padding, before.cutout
        )
    })
}

impl RunConfig {
    /// Refuses shifts and cutouts that leave less than half of an image of `[rows, columns]`.
    ///
    /// # Errors
    /// The first of them.
    pub fn check_images(&self, image: [usize; 2]) -> Result<(), ConfigError> {
        if let Some(search) = &self.search {
            check(["--crop-padding", "--cutout"], search.augmentation, image)?;
        }
        self.train.check_images(image)
    }
}

impl TrainConfig {
    /// The same of a training.
    ///
    /// # Errors
    /// The first of them.
    pub fn check_images(&self, image: [usize; 2]) -> Result<(), ConfigError> {
        let names = ["--train-crop-padding", "--train-cutout"];
        check(names, self.augmentation, image)
    }
}

fn check(
    [shift, cutout]: [&'static str; 2],
    augmentation: Augmentation,
    image: [usize; 2],
) -> Result<(), ConfigError> {
    refuse(shift, augmentation.crop_padding, image, shift_fits)?;
    refuse(cutout, augmentation.cutout, image, cutout_fits)
}

fn refuse(
    name: &'static str,
    pixels: usize,
    image: [usize; 2],
    fits: fn(usize, [usize; 2]) -> bool,
) -> Result<(), ConfigError> {
    if fits(pixels, image) {
        return Ok(());
    }
    let [rows, columns] = image;
    // 0 always fits.
    let most = (0..rows.min(columns)).rev().find(|&most| fits(most, image));
    let rule = format!(
        "that leaves less than half of an image of {rows}×{columns}, where at most {} does not",
        most.unwrap_or_default()
    );
    Err(ConfigError::new(name, pixels, rule))
}
