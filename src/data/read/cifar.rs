//! The binary versions of CIFAR-10 and CIFAR-100 (cs.toronto.edu/~kriz/cifar.html): records of one label byte (CIFAR-100:
//! coarse, then fine) and 3,072 pixels, the red plane of 32×32 first, then green and blue.

use super::Request;
use super::parts::{Images, Part, parts_of};
use super::source::{File, Kind, Source};
use crate::data::DataError;

const PIXELS: u64 = 3 * 32 * 32;
/// Longest file of class names.
const LONGEST_NAMES: u64 = 1 << 16;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Ten classes.
    Ten,
    /// Twenty coarse and a hundred fine classes.
    Hundred,
}

impl Variant {
    /// Bytes before the pixels.
    fn labels(self) -> usize {
        match self {
            Variant::Ten => 1,
            Variant::Hundred => 2,
        }
    }

    fn record(self) -> u64 {
        self.labels() as u64 + PIXELS
    }
}

/// Whether a file of this size could be whole records.
pub fn is_whole(size: u64) -> bool {
    size > 0
        && (size.is_multiple_of(Variant::Ten.record())
            || size.is_multiple_of(Variant::Hundred.record()))
}

/// Whether the files are named as the authors' are, so that pictures that lie beside them are no data set.
pub fn is_named(files: &[(Part, &File)]) -> bool {
    files
        .iter()
        .all(|(_, file)| has_name(file) && is_whole(file.size()))
}

/// Whether a file is called as one of the authors' is.
fn has_name(file: &File) -> bool {
    let name = file.name.rsplit('/').next().unwrap_or_default();
    let stem = name.strip_suffix(".bin").unwrap_or(name);
    let number = stem.strip_prefix("data_batch_").unwrap_or_default();
    let batch = stem == "test_batch"
        || (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    batch || matches!(name, "train.bin" | "test.bin")
}

/// The files of records with their parts, and the variant that their sizes fit: files named `.bin`, else those that are whole records.
pub fn recognise(source: &Source) -> Option<(Variant, Vec<(Part, &File)>)> {
    let others = || source.files.iter().filter(|file| file.kind == Kind::Other);
    let mut files: Vec<&File> = others()
        .filter(|file| file.name.to_lowercase().ends_with(".bin"))
        .collect();
    if files.is_empty() {
        files = others().filter(|file| is_whole(file.size())).collect();
    }
    // Beside the authors' files others are something else, or a copy.
    if files.iter().any(|file| has_name(file)) {
        files.retain(|file| has_name(file));
    }
    if files.is_empty() {
        return None;
    }
    let whole = |variant: Variant| {
        files
            .iter()
            .filter(|file| file.size().is_multiple_of(variant.record()))
            .count()
    };
    let hundred_by_name = files.iter().all(|file| {
        let name = file.name.rsplit('/').next().unwrap_or_default();
        matches!(name, "train.bin" | "test.bin")
    });
    let variant = match whole(Variant::Ten).cmp(&whole(Variant::Hundred)) {
        std::cmp::Ordering::Greater => Variant::Ten,
        std::cmp::Ordering::Less => Variant::Hundred,
        std::cmp::Ordering::Equal if hundred_by_name => Variant::Hundred,
        std::cmp::Ordering::Equal => Variant::Ten,
    };
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let parts = parts_of(&names);
    let parts = parts.into_iter().map(|part| part.unwrap_or(Part::Training));
    let mut files: Vec<_> = parts.zip(files).collect();
    // The test part comes last.
    files.sort_by_key(|(part, _)| *part);
    Some((variant, files))
}

/// Reads the records of all files.
///
/// # Errors
/// [`DataError::File`] for a cut record or a label out of range.
pub fn read(
    source: &Source,
    variant: Variant,
    files: &[(Part, &File)],
    request: &mut Request<'_>,
) -> Result<Images, DataError> {
    let (names, count, byte) = match (variant, request.options.coarse) {
        (Variant::Ten, _) => ("batches.meta.txt", 10, 0),
        (Variant::Hundred, true) => ("coarse_label_names.txt", 20, 0),
        (Variant::Hundred, false) => ("fine_label_names.txt", 100, 1),
    };
    let record = variant.record();
    let total: u64 = files.iter().map(|(_, file)| file.size() / record).sum();
    let mut found = Images::default();
    for (part, file) in files {
        let count_here = file.size() / record;
        if file.size() % record != 0 {
            return Err(file.error(
                count_here * record,
                format!(
                    "the file ends inside a record of {record} bytes: it is cut short or no CIFAR"
                ),
            ));
        }
        if count_here == 0 {
            continue;
        }
        let mut stream = file.open()?;
        found.expect(count_here, [3, 32, 32], |message| file.error(0, message))?;
        let mut head = [0; 2];
        for _ in 0..count_here {
            let head = &mut head[..variant.labels()];
            stream.exact(head, "a record")?;
            for (at, (&label, &most)) in head.iter().zip(limits(variant)).enumerate() {
                if label >= most {
                    return Err(stream.error(
                        (head.len() - at) as u64,
                        format!("label {label} is not from 0 to {}", most - 1),
                    ));
                }
            }
            found.labels.push(u16::from(head[byte]));
            stream.append(&mut found.pixels, PIXELS as usize, "a record")?;
            request.advance(found.labels.len() as u64, total);
        }
        stream.end()?;
        found.parts[*part as usize] += count_here as usize;
    }
    found.classes = class_names(source, names, count)?;
    Ok(found)
}

/// One more than the largest value of each label byte.
fn limits(variant: Variant) -> &'static [u8] {
    match variant {
        Variant::Ten => &[10],
        Variant::Hundred => &[20, 100],
    }
}

/// The lines of the file of names, or numbers where there is no such file.
fn class_names(source: &Source, name: &str, count: usize) -> Result<Vec<String>, DataError> {
    let file = source
        .files
        .iter()
        .find(|file| file.name.rsplit('/').next() == Some(name));
    let Some(file) = file else {
        return Ok((0..count).map(|class| class.to_string()).collect());
    };
    let text = file.open()?.all(LONGEST_NAMES)?;
    let text = String::from_utf8_lossy(&text);
    let names: Vec<String> = text
        .lines()
        .map(super::names::shorten)
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    if names.len() == count {
        Ok(names)
    } else {
        Err(file.error(
            0,
            format!("{} class names, and there are {count} classes", names.len()),
        ))
    }
}
