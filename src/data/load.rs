//! Data sets by name: built in, handed over, or read.

use super::dataset::Dataset;
use super::error::DataError;
use super::registry::{handed, take_once};
use super::{embedded, read};

impl Dataset {
    /// Loads a data set by name (see [`EMBEDDED`](super::EMBEDDED)), perhaps with options behind it (see [`Options`](super::Options)), one that was
    /// [handed over](super::hand_over), or, natively, from a file or folder (see [`read_path`](super::read_path)).
    ///
    /// # Errors
    /// [`DataError::Unknown`] for what is neither a name nor a path, [`DataError::Damaged`] if the embedded bytes do not unpack,
    /// [`DataError::Option`] for options that are none, and what is wrong with a file.
    pub fn load(name: &str) -> Result<Dataset, DataError> {
        if let Some(dataset) = take_once(name) {
            return Ok(dataset);
        }
        if let Some(dataset) = handed(name) {
            return Ok(Dataset::clone(&dataset));
        }
        if let Some(set) = embedded::built_in(name) {
            let dataset = embedded::load(set)?;
            return match name.split_once('#') {
                Some((_, options)) => read::with_options(dataset, options),
                None => Ok(dataset),
            };
        }
        #[cfg(not(target_arch = "wasm32"))]
        return Ok(read::read_path(name, &mut |_, _| ())?.dataset);
        #[cfg(target_arch = "wasm32")]
        Err(DataError::Unknown(name.to_owned()))
    }

    /// Reads a data set from named blobs (see [`read_blobs`](super::read_blobs)).
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_files(name: &str, files: Vec<(String, Vec<u8>)>) -> Result<Dataset, DataError> {
        Ok(read::read_blobs(name, files, &mut |_, _| ())?.dataset)
    }
}
