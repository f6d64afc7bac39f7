//! Readers of data sets in files: CIFAR binary, IDX, NPZ, image folders, and zip or tar.gz of any of these.
//!
//! A [`Source`] names bytes, wherever they are; what they are is told from the bytes. Everything that a file states is checked
//! before memory is taken for it (`limits.rs`), and every error names a file and a position.

mod cifar;
mod folder;
mod idx;
mod kind;
mod layout;
mod limits;
mod listing;
mod names;
mod notes;
mod npy;
mod npz;
mod options;
mod outline;
mod parts;
mod photo;
mod range;
mod scale;
mod source;
mod stream;
mod tar;
mod unlabelled;
mod zip;

use super::{DataError, Dataset};
use cifar::Variant;
pub use kind::is_picture;
use listing::unread;
use notes::Notes;
pub use options::Options;
use parts::{Images, Part};
use source::{File, Kind, Source};
pub use unlabelled::{ImageName, Input, Refused, Unlabelled};

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
    notes: Notes,
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
    let (path, options) = Options::split_path(name)?;
    if !std::path::Path::new(path).exists() {
        return Err(DataError::Unknown(name.to_owned()));
    }
    let file = std::path::Path::new(path);
    if !file.is_file() && !file.is_dir() {
        return Err(DataError::Data {
            name: path.to_owned(),
            message: "it is neither a file nor a folder: save it to a file first".to_owned(),
        });
    }
    let source = Source::from_path(path, file)?;
    read(source, options, progress)
}

/// Reads the data set in named blobs, as a browser hands over dropped files. Options may follow the first `#` of `name`.
///
/// # Errors
/// As [`read_path`].
pub fn read_blobs(
    name: &str,
    blobs: Vec<(String, Vec<u8>)>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Loaded, DataError> {
    let (name, options) = match name.split_once('#') {
        Some((name, options)) => (name, Options::parse(options)?),
        None => (name, Options::default()),
    };
    read(Source::from_blobs(name, blobs)?, options, progress)
}

/// A built-in set as the options behind the first `#` of a name ask for it.
pub(super) fn with_options(mut dataset: Dataset, options: &str) -> Result<Dataset, DataError> {
    let options = Options::parse(options)?;
    options.only(&[], &format!("the built-in {}", dataset.name))?;
    let mut notes = Notes::default();
    let mut shape = [dataset.channels, dataset.height, dataset.width];
    let scaled = scale::apply(&options, &mut dataset.images, &mut shape, &mut notes);
    scaled.map_err(|message| DataError::Data {
        name: dataset.name.clone(),
        message,
    })?;
    [dataset.channels, dataset.height, dataset.width] = shape;
    dataset.name = called(&dataset.name, &options);
    dataset.notes = notes.into_sentences();
    Ok(dataset)
}

/// The short name of a data set: a built-in name as it is, of a path the last part without endings; with the options behind it, in
/// their own order, as with other options it is another set.
pub fn short_name(name: &str) -> String {
    // What is no option is a piece of the name.
    let (path, options) = Options::split(name).unwrap_or((name, Options::default()));
    called(path, &options)
}

/// The short name of a data set as a piece of the name of a file or folder.
pub fn file_name(name: &str) -> String {
    short_name(name).replace(['#', ','], "-")
}

/// The short name of the data set at a path with options.
fn called(path: &str, options: &Options) -> String {
    let last = path
        .rsplit(['/', '\\'])
        .find(|part| !matches!(*part, "" | "." | ".."))
        .unwrap_or("data");
    let mut stem = last;
    while let Some((rest, "zip" | "npz" | "gz" | "tgz" | "tar" | "bin")) = stem.rsplit_once('.') {
        stem = rest;
    }
    let stem = if stem.is_empty() { last } else { stem };
    names::shorten(stem) + &names::shorten(&options.to_string())
}

/// What a source holds.
enum Format<'a> {
    Cifar(Variant, Vec<(Part, &'a File)>),
    Idx,
    Npz,
    Folder,
}

impl Format<'_> {
    /// Whether it is made of files of a kind.
    fn takes(&self, kind: Kind) -> bool {
        match self {
            // What it takes has no mark.
            Format::Cifar(..) => false,
            Format::Idx => kind == Kind::Idx,
            Format::Npz => kind == Kind::Npy,
            Format::Folder => matches!(kind, Kind::Image(_)),
        }
    }
}

fn read(
    mut source: Source,
    options: Options,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Loaded, DataError> {
    let mut notes = std::mem::take(&mut source.notes);
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
        Format::Npz if wraps.last() == Some(&"zip") => {
            // An NPZ is a zip itself.
            wraps.pop();
            ("NPZ".to_owned(), &[])
        }
        Format::Npz => ("NPY".to_owned(), &[]),
        Format::Folder => ("images in folders".to_owned(), &[]),
    };
    options.only(allowed, &text)?;
    for wrap in wraps.iter().rev() {
        text.push_str(" in ");
        text.push_str(wrap);
    }
    unused(&source, &format, &mut notes);
    let mut request = Request {
        options,
        notes,
        progress,
        shown: 0,
    };
    let mut images = match &format {
        Format::Cifar(variant, files) => cifar::read(&source, *variant, files, &mut request)?,
        Format::Idx => idx::read(&source, &mut request)?,
        Format::Npz => npz::read(&source, &mut request)?,
        Format::Folder => folder::read(&source, &mut request)?,
    };
    let Request {
        options, mut notes, ..
    } = request;
    if !matches!(format, Format::Folder) {
        let (pixels, shape) = (&mut images.pixels, &mut images.shape);
        let scaled = scale::apply(&options, pixels, shape, &mut notes);
        scaled.map_err(|message| DataError::Data {
            name: source.name.clone(),
            message,
        })?;
    }
    let name = called(&source.name, &options);
    finish(&source.name, name, text, images, notes)
}

/// Names what looks like data and is not of the format.
fn unused(source: &Source, format: &Format<'_>, notes: &mut Notes) {
    for file in &source.files {
        if let Format::Cifar(_, files) = format
            && file.name.to_lowercase().ends_with(".bin")
            && !files.iter().any(|(_, used)| used.name == file.name)
        {
            notes.of("left out, not named as CIFAR's files are", &file.name);
        }
        match file.kind {
            Kind::Unread(_) => unread(file, notes),
            Kind::Zip | Kind::Tar => notes.of("left out, an archive beside other data", &file.name),
            kind if kind.is_data() && !format.takes(kind) => {
                notes.of("left out, beside data of another kind", &file.name);
            }
            _ => {}
        }
    }
}

fn recognise(source: &Source) -> Result<Format<'_>, DataError> {
    let find = |wanted: fn(Kind) -> bool| source.files.iter().find(|file| wanted(file.kind));
    let has = |wanted: fn(Kind) -> bool| find(wanted).is_some();
    if let Some(file) = find(|kind| matches!(kind, Kind::Instead(_)))
        && let Kind::Instead(what) = file.kind
    {
        return Err(file.error(0, what));
    }
    if has(|kind| kind == Kind::Idx) {
        return Ok(Format::Idx);
    }
    let pictures = has(|kind| matches!(kind, Kind::Image(_)));
    let arrays = has(|kind| kind == Kind::Npy);
    if arrays && (!pictures || npz::has_images(source)) {
        return Ok(Format::Npz);
    }
    let cifar = cifar::recognise(source).filter(|(_, files)| !pictures || cifar::is_named(files));
    if let Some((variant, files)) = cifar {
        return Ok(Format::Cifar(variant, files));
    }
    if pictures {
        return Ok(Format::Folder);
    }
    if let Some(file) = find(|kind| kind == Kind::Pickle) {
        return Err(file.error(
            0,
            "a Python pickle, which is never read, as it can run programs: get the binary version, such as \
             cifar-10-binary.tar.gz or cifar-100-binary.tar.gz from cs.toronto.edu/~kriz/cifar.html",
        ));
    }
    Err(DataError::Data {
        name: source.name.clone(),
        message: nothing_found(source),
    })
}

/// Why a source is no data set, and what to do.
fn nothing_found(source: &Source) -> String {
    let named = |wanted: fn(Kind) -> bool| {
        let files = source.files.iter().filter(|file| wanted(file.kind));
        let names: Vec<String> = files.map(|file| names::shorten(&file.name)).collect();
        match names.len() {
            0 => None,
            1..=3 => Some(names.join(", ")),
            more => Some(format!("{}, {} and {} more", names[0], names[1], more - 2)),
        }
    };
    let known = "use CIFAR binary, IDX, NPZ, a folder of PNG, JPEG, WebP, BMP, GIF or PNM images per class, or a zip or tar.gz of one \
                 of these";
    if let Some(archives) = named(|kind| matches!(kind, Kind::Zip | Kind::Tar)) {
        return format!(
            "it holds {archives} and no other data: unpack it and give one of them, or a folder with a folder for each class"
        );
    }
    let unread = source.files.iter().find_map(|file| match file.kind {
        Kind::Unread(what) => Some((what, file)),
        _ => None,
    });
    match unread {
        Some((what, file)) => format!(
            "no data set is recognised, and {what} ({}) is not read: {known}",
            names::shorten(&file.name)
        ),
        None => format!("no data set is recognised: {known}"),
    }
}

/// Says which classes have no image in a part.
fn say_missing(labels: &[u16], classes: &[String], parts: [usize; 3], notes: &mut Notes) {
    let mut from = 0;
    for (part, count) in [Part::Training, Part::Validation, Part::Test]
        .into_iter()
        .zip(parts)
    {
        let mut seen = vec![count == 0; classes.len()];
        for &label in labels.iter().skip(from).take(count) {
            if let Some(seen) = seen.get_mut(usize::from(label)) {
                *seen = true;
            }
        }
        from += count;
        for (class, _) in classes.iter().zip(seen).filter(|(_, seen)| !seen) {
            notes.of(&format!("no {} image of a class", part.name()), class);
        }
    }
}

/// Puts together what a reader found at a path; the set is called `name`.
fn finish(
    path: &str,
    name: String,
    format: String,
    images: Images,
    mut notes: Notes,
) -> Result<Loaded, DataError> {
    let Images {
        pixels,
        labels,
        classes,
        parts,
        shape: [channels, height, width],
    } = images;
    if classes.len() < 2 {
        // What was left out may be the others.
        let why = notes.into_sentences();
        let why = why.iter().take(4).map(|note| format!("; {note}"));
        return Err(DataError::Data {
            name: path.to_owned(),
            message: format!(
                "only one class: there is nothing to tell apart{}",
                why.collect::<String>()
            ),
        });
    }
    say_missing(&labels, &classes, parts, &mut notes);
    let [training, validation, test] = parts;
    // The last part is for the test, unless it is the only one.
    let test_from = match (training, validation, test) {
        (_, 0, 0) | (0, _, 0) | (0, 0, _) => None,
        (_, _, 0) => Some(training),
        _ => Some(training + validation),
    };
    let dataset = Dataset {
        name,
        images: pixels,
        labels,
        classes,
        channels,
        height,
        width,
        // Digits, letters and grey X-rays have a left and a right; coloured photographs seldom do.
        flip: channels == 3,
        test_from,
        notes: notes.into_sentences(),
    };
    dataset.check()?;
    Ok(Loaded {
        dataset,
        format,
        parts,
    })
}
