//! Readers of data sets in files: CIFAR binary, IDX, NPZ, image folders, and zip or tar.gz of any of these.
//!
//! A [`Source`] names bytes, wherever they are; what they are is told from the bytes. Everything that a file states is checked
//! before memory is taken for it (`limits.rs`), and every error names a file and a position.

mod cifar;
mod folder;
mod idx;
mod kind;
mod limits;
mod npy;
mod npz;
mod options;
mod parts;
mod picture;
mod source;
mod stream;
mod tar;
mod zip;

use super::{DataError, Dataset};
use cifar::Variant;
use kind::Kind;
pub use options::Options;
use parts::Images;
use source::Source;

/// A data set with what its files told.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Images of the training part, the validation part and the test part, in this order.
    ///
    /// A search shares training and validation images out anew ([`Split`](super::Split)); a validation part without a test part
    /// serves as one.
    pub dataset: Dataset,
    /// What was found, such as `CIFAR-10 binary in tar.gz`.
    pub format: String,
    /// Images for training, validation and test, as the files have them.
    pub parts: [usize; 3],
}

/// Options and progress of one reading.
struct Request<'a> {
    options: Options,
    progress: &'a mut dyn FnMut(u64, u64),
    shown: u64,
}

impl Request<'_> {
    /// Reports about a hundred times that `done` of `total` are read.
    fn advance(&mut self, done: u64, total: u64) {
        let share = done.saturating_mul(100) / total.max(1);
        if share != self.shown {
            self.shown = share;
            (self.progress)(done, total);
        }
    }
}

/// Reads the data set in a file or folder; `name` is its path, perhaps with options behind `#` (see [`Options`]).
/// `progress` is told from time to time how much of how much is done.
///
/// # Errors
/// [`DataError::Unknown`] if there is no such file, and whatever is wrong with it: a line with file and position.
#[cfg(not(target_arch = "wasm32"))]
pub fn read_path(name: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<Loaded, DataError> {
    let whole = std::path::Path::new(name);
    let (path, options) = if whole.exists() {
        (name, Options::default())
    } else {
        Options::split(name)?
    };
    if !std::path::Path::new(path).exists() {
        return Err(DataError::Unknown(name.to_owned()));
    }
    let source = Source::from_path(path, std::path::Path::new(path))?;
    read(source, options, progress)
}

/// Reads the data set in named blobs, as a browser hands over dropped files. Options may follow `name` as in [`read_path`].
///
/// # Errors
/// As [`read_path`].
pub fn read_blobs(
    name: &str,
    blobs: Vec<(String, Vec<u8>)>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Loaded, DataError> {
    let (name, options) = Options::split(name)?;
    read(Source::from_blobs(name, blobs)?, options, progress)
}

/// The short name of a data set: a built-in name as it is, of a path the last part without endings and options.
pub fn short_name(name: &str) -> String {
    let path = name.split_once('#').map_or(name, |(path, _)| path);
    let last = path
        .rsplit(['/', '\\'])
        .find(|part| !matches!(*part, "" | "." | ".."))
        .unwrap_or("data");
    let mut stem = last;
    while let Some((rest, "zip" | "npz" | "gz" | "tgz" | "tar" | "bin")) = stem.rsplit_once('.') {
        stem = rest;
    }
    source::shorten(if stem.is_empty() { last } else { stem })
}

/// What a source holds.
enum Format<'a> {
    Cifar(Variant, Vec<&'a source::File>),
    Idx,
    Npz,
    Folder,
}

fn read(
    source: Source,
    options: Options,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Loaded, DataError> {
    let format = recognise(&source)?;
    let mut wraps = source.wraps.clone();
    let (mut text, allowed): (_, &[&str]) = match &format {
        Format::Cifar(Variant::Ten, _) => ("CIFAR-10 binary".to_owned(), &[]),
        Format::Cifar(Variant::Hundred, _) if options.coarse => {
            ("CIFAR-100 binary, coarse labels".to_owned(), &["coarse"])
        }
        Format::Cifar(Variant::Hundred, _) => {
            ("CIFAR-100 binary, fine labels".to_owned(), &["coarse"])
        }
        Format::Idx => ("IDX".to_owned(), &["set", "transpose"]),
        Format::Npz => {
            // An NPZ is a zip itself.
            wraps.pop();
            ("NPZ".to_owned(), &[])
        }
        Format::Folder => ("images in folders".to_owned(), &["size", "grey"]),
    };
    options.only(allowed, &text)?;
    for wrap in wraps.iter().rev() {
        text.push_str(" in ");
        text.push_str(wrap);
    }
    let mut request = Request {
        options,
        progress,
        shown: 0,
    };
    let images = match &format {
        Format::Cifar(variant, files) => cifar::read(&source, *variant, files, &mut request)?,
        Format::Idx => idx::read(&source, &mut request)?,
        Format::Npz => npz::read(&source, &mut request)?,
        Format::Folder => folder::read(&source, &mut request)?,
    };
    finish(&source.name, text, images)
}

fn recognise(source: &Source) -> Result<Format<'_>, DataError> {
    let has = |wanted: fn(Kind) -> bool| source.files.iter().find(|file| wanted(file.kind));
    if has(|kind| kind == Kind::Idx).is_some() {
        return Ok(Format::Idx);
    }
    if has(|kind| kind == Kind::Npy).is_some() {
        return Ok(Format::Npz);
    }
    if has(|kind| matches!(kind, Kind::Image(_))).is_some() {
        return Ok(Format::Folder);
    }
    if let Some((variant, files)) = cifar::recognise(source) {
        return Ok(Format::Cifar(variant, files));
    }
    if let Some(file) = has(|kind| kind == Kind::Pickle) {
        return Err(file.error(
            0,
            "a Python pickle, which is never read, as it can run programs: get the binary version, such as \
             cifar-10-binary.tar.gz or cifar-100-binary.tar.gz from cs.toronto.edu/~kriz/cifar.html",
        ));
    }
    let archive = has(|kind| matches!(kind, Kind::Zip | Kind::Tar));
    Err(DataError::Data {
        name: source.name.clone(),
        message: match archive {
            Some(_) => "several archives and no other data: give one of them".to_owned(),
            None => "no data set is recognised: use CIFAR binary, IDX, NPZ, a folder of PNG or JPEG images per class, or a zip \
                     or tar.gz of one of these"
                .to_owned(),
        },
    })
}

/// Puts together what a reader found.
fn finish(name: &str, format: String, images: Images) -> Result<Loaded, DataError> {
    let Images {
        pixels,
        labels,
        classes,
        parts,
        shape: [channels, height, width],
    } = images;
    if classes.len() < 2 {
        return Err(DataError::Data {
            name: name.to_owned(),
            message: "only one class: there is nothing to tell apart".to_owned(),
        });
    }
    let [training, validation, test] = parts;
    // The last part is for the test, unless it is the only one.
    let test_from = match (training, validation, test) {
        (_, 0, 0) | (0, _, 0) | (0, 0, _) => None,
        (_, _, 0) => Some(training),
        _ => Some(training + validation),
    };
    let dataset = Dataset {
        name: short_name(name),
        images: pixels,
        labels,
        classes,
        channels,
        height,
        width,
        // Digits, letters and grey X-rays have a left and a right; coloured photographs seldom do.
        flip: channels == 3,
        test_from,
    };
    dataset.check()?;
    Ok(Loaded {
        dataset,
        format,
        parts,
    })
}
