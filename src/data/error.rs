//! What can be wrong with data.

use crate::nearest::guess;

/// Names of the data sets that come with the program: UCI handwritten digits (1,797 of 8×8, values 0–16), a balanced
/// subset of MNIST (5,000 of 28×28, values 0–255, sorted by label) and one of Fashion-MNIST (3,000 of 28×28, values 0–255, shuffled).
pub const EMBEDDED: [&str; 3] = ["digits", "mnist5k", "fashion"];

/// What can be wrong with a data set or with what is asked of it. Each message says what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DataError {
    /// No embedded set and no file has this name.
    #[error(
        "unknown data set '{0}'{meant}: use {built_in}, or the path of a file or folder that is there",
        meant = guess(.0.split('#').next().unwrap_or_default(), EMBEDDED),
        built_in = EMBEDDED.join(", ")
    )]
    Unknown(String),
    /// A page fetches this set behind its first picture, and it is on its way: its name, and how much of it has come.
    #[error("the data set '{0}' is still being loaded{1}")]
    Awaited(String, String),
    /// A page could not fetch this set.
    #[error("the data set '{0}' could not be loaded: check the connection and load the page again")]
    Unreachable(String),
    /// The bytes of an embedded set do not unpack to the expected size.
    #[error("the embedded data set '{0}' is damaged: build or install the program again")]
    Damaged(String),
    /// The fields of a [`Dataset`](super::Dataset) contradict each other.
    #[error("the data set '{name}' is inconsistent: {reason}")]
    Inconsistent {
        /// Name of the data set.
        name: String,
        /// Which fields disagree.
        reason: String,
    },
    /// The test share lies outside `0 ≤ share < 1`.
    #[error(
        "a test share of {0} leaves nothing to train on: use a number from 0 up to, not including, 1"
    )]
    TestShare(f64),
    /// A split left no image for the test.
    #[error(
        "--test-share {share} keeps none of the {images} images of the data set '{name}' for the test: use {least} or more"
    )]
    NoTest {
        /// Name of the data set.
        name: String,
        /// Its images.
        images: usize,
        /// What was asked for.
        share: f64,
        /// A share that keeps one.
        least: f64,
    },
    /// A split left the weights or the architecture without images.
    #[error(
        "the data set '{name}' leaves {left} images to train on and at least 2 are needed: lower --test-share or use more images"
    )]
    TooFew {
        /// Name of the data set.
        name: String,
        /// Images outside the test part.
        left: usize,
    },
    /// An index points behind the last image.
    #[error(
        "image {index} does not exist, the data set has {len} images: use indices of a split of this data set"
    )]
    OutOfRange {
        /// The offending index.
        index: u32,
        /// Number of images.
        len: usize,
    },
    /// A sampler or a normalisation was given no images, or the batch size is 0.
    #[error(
        "there is nothing to draw from: give at least one image and a batch size of at least 1"
    )]
    Empty,
    /// A normalisation has another number of channels than the data set.
    #[error(
        "the normalisation has {found} channels and the images have {expected}: compute it from the same data set"
    )]
    Channels {
        /// Channels of the images.
        expected: usize,
        /// Channels of the normalisation.
        found: usize,
    },
    /// Pixel indices would not fit 32 bits on the device.
    #[error(
        "the data set '{name}' has {pixels} pixel values and the device takes {limit}: use fewer or smaller images"
    )]
    TooLarge {
        /// Name of the data set.
        name: String,
        /// Pixel values of all images and channels.
        pixels: usize,
        /// Largest number the device tensors can index.
        limit: usize,
    },
    /// Something is wrong with a file.
    #[error("{file}, byte {offset}: {message}")]
    File {
        /// Its path, behind those of the archives that it is in.
        file: String,
        /// Position of the trouble; in unpacked bytes where the file is packed.
        offset: u64,
        /// What is wrong.
        message: String,
    },
    /// Images in folders differ in size, or are too large, and no size was asked for.
    #[error("{file}: {message}; state a size for all, such as {name}#size=32")]
    Sizes {
        /// Path of the first image that does not fit.
        file: String,
        /// In what it does not.
        message: String,
        /// Path of the data set.
        name: String,
    },
    /// The files of a data set are readable, but are not a data set.
    #[error("{name}: {message}")]
    Data {
        /// Path of the data set.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// An option behind the path of a data set is none, or is of no use for its format.
    #[error("{0}")]
    Option(String),
}
