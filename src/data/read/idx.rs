//! IDX, the format of MNIST and its relatives (yann.lecun.com/exdb/mnist): a big-endian magic number `0 0 TYPE DIMENSIONS`,
//! as many sizes of 32 bits, then the values, last dimension fastest.

use std::collections::BTreeMap;

use super::Request;
use super::limits::{MOST_CLASSES, volume};
use super::parts::{Images, Labels, Part, label, parts_of, renumber};
use super::source::{File, Kind, Source};
use super::stream::Stream;
use crate::data::DataError;

/// Type code of bytes.
const U8: u8 = 0x08;
/// Longest file of class names.
const LONGEST_MAPPING: u64 = 1 << 16;

/// What is said of EMNIST.
const ON_THEIR_SIDE: &str = "images are mirrored at their diagonal, as EMNIST's lie on their side";

/// The size of an IDX file that starts with `head`, by its own statement.
pub fn stated_size(head: &[u8]) -> Option<u64> {
    let dimensions = usize::from(*head.get(3)?);
    let values = head
        .get(4..4 + 4 * dimensions)?
        .chunks_exact(4)
        .try_fold(width(*head.get(2)?)?, |product: u64, size| {
            product.checked_mul(u64::from(big_endian(size)))
        })?;
    values.checked_add(4 + 4 * dimensions as u64)
}

/// Bytes of a value of a type code.
fn width(code: u8) -> Option<u64> {
    match code {
        U8 | 0x09 => Some(1),
        0x0b => Some(2),
        0x0c | 0x0d => Some(4),
        0x0e => Some(8),
        _ => None,
    }
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, &byte| number << 8 | u32::from(byte))
}

/// An array whose header is read.
struct Array {
    stream: Stream,
    code: u8,
    sizes: Vec<u64>,
}

impl Array {
    fn open(file: &File) -> Result<Self, DataError> {
        let mut stream = file.open()?;
        let [_, _, code, dimensions] = stream.array("the IDX header")?;
        let sizes = (0..dimensions)
            .map(|_| Ok(u64::from(big_endian(&stream.array::<4>("the IDX header")?))))
            .collect::<Result<_, DataError>>()?;
        Ok(Self {
            stream,
            code,
            sizes,
        })
    }
}

/// The files of one data set, by part.
#[derive(Default)]
struct Set<'a> {
    images: BTreeMap<Part, &'a File>,
    labels: BTreeMap<Part, &'a File>,
    mapping: Option<&'a File>,
}

/// Reads the IDX files of a source. EMNIST, whose images lie on their side, is known by its name only.
///
/// # Errors
/// [`DataError::File`]; [`DataError::Data`] if several data sets are there or an array has no partner.
pub fn read(source: &Source, request: &mut Request<'_>) -> Result<Images, DataError> {
    let (name, set) = choose(source, request)?;
    let mut found = Images::default();
    let mut labels = Vec::new();
    let labels_of_training = set.labels.contains_key(&Part::Training);
    for (part, file) in &set.labels {
        if !set.images.contains_key(part) {
            request
                .notes
                .of("left out, labels without images", &file.name);
        }
    }
    for (&part, file) in &set.images {
        // Kept for a contest, most likely.
        if part != Part::Training && !set.labels.contains_key(&part) && labels_of_training {
            request
                .notes
                .of("left out, images without labels", &file.name);
            continue;
        }
        let labels_file = set.labels.get(&part).ok_or_else(|| {
            file.error(
                0,
                format!(
                    "no file of {} labels is beside it: put both into one folder, named alike",
                    part.name()
                ),
            )
        })?;
        let count = read_images(file, &mut found, request)?;
        let read = read_labels(labels_file)?;
        if read.values.len() as u64 != count {
            return Err(labels_file.error(
                4,
                format!(
                    "{} labels for the {count} images of {}",
                    read.values.len(),
                    file.shown()
                ),
            ));
        }
        found.parts[part as usize] = read.values.len();
        labels.push(read);
    }
    if name.contains("emnist") && !request.options.transpose {
        request.notes.say(ON_THEIR_SIDE);
    }
    if name.contains("emnist") || request.options.transpose {
        transpose(&mut found);
    }
    let old;
    (found.labels, old) = renumber(&labels)?;
    let names = match set.mapping {
        Some(file) => read_mapping(file)?,
        None => BTreeMap::new(),
    };
    found.classes = old
        .iter()
        .map(|label| names.get(label).cloned().unwrap_or(label.to_string()))
        .collect();
    Ok(found)
}

/// The images of every file of a source, whatever their labels. EMNIST's are turned upright.
///
/// # Errors
/// [`DataError::File`].
pub fn unlabelled<'a>(
    source: &'a Source,
    request: &mut Request<'_>,
) -> Result<Vec<(&'a File, Images)>, DataError> {
    let mut found = Vec::new();
    for file in source.files.iter().filter(|file| file.kind == Kind::Idx) {
        if Array::open(file)?.sizes.len() != 3 {
            request.notes.of("left out, no images", &file.name);
            continue;
        }
        let mut images = Images::default();
        read_images(file, &mut images, request)?;
        if file.name.to_lowercase().contains("emnist") {
            request.notes.say(ON_THEIR_SIDE);
            transpose(&mut images);
        }
        found.push((file, images));
    }
    Ok(found)
}

/// Sorts the files into data sets by their names and takes the only one, or the one that was asked for.
fn choose<'a>(source: &'a Source, request: &Request<'_>) -> Result<(String, Set<'a>), DataError> {
    let mut sets: BTreeMap<String, Set<'a>> = BTreeMap::new();
    let arrays = || source.files.iter().filter(|file| file.kind == Kind::Idx);
    let names: Vec<&str> = arrays().map(|file| file.name.as_str()).collect();
    let parts: BTreeMap<&str, Part> = names
        .iter()
        .zip(parts_of(&names))
        .map(|(name, part)| (*name, part.unwrap_or(Part::Training)))
        .collect();
    for file in &source.files {
        let lower = file.name.to_lowercase();
        let words = lower.split(['/', '-', '_', '.', ' ']);
        let part = parts
            .get(file.name.as_str())
            .copied()
            .unwrap_or(Part::Training);
        let mapping = words.clone().any(|word| word == "mapping");
        let name: Vec<&str> = words
            .filter(|word| Part::of_word(word).is_none() && !is_noise(word))
            .collect();
        let name = name.join("-");
        match file.kind {
            Kind::Idx => {
                let array = Array::open(file)?;
                let set = sets.entry(name).or_default();
                let files = match array.sizes.len() {
                    1 => &mut set.labels,
                    3 => &mut set.images,
                    dimensions => {
                        return Err(file.error(
                            3,
                            format!("{dimensions} dimensions: images have 3 and labels 1"),
                        ));
                    }
                };
                if let Some(other) = files.get(&part) {
                    // The same array is often there plain and as .gz, which sorts behind it.
                    if file.name.strip_suffix(".gz") == Some(&other.name) {
                        continue;
                    }
                    let what = if array.sizes.len() == 1 {
                        "labels"
                    } else {
                        "images"
                    };
                    return Err(file.error(
                        0,
                        format!(
                            "it and {} both seem to be the {} {what}: put train or test into their names, or give one data set",
                            other.shown(),
                            part.name()
                        ),
                    ));
                }
                files.insert(part, file);
            }
            Kind::Other if mapping => sets.entry(name).or_default().mapping = Some(file),
            _ => {}
        }
    }
    sets.retain(|_, set| !set.images.is_empty() || !set.labels.is_empty());
    join_lone_pair(&mut sets);
    if let Some(wanted) = &request.options.set {
        sets.retain(|name, _| name.split('-').any(|word| word == wanted));
    }
    let names: Vec<&str> = sets.keys().map(String::as_str).collect();
    if sets.len() > 1 {
        return Err(DataError::Data {
            name: source.name.clone(),
            message: format!(
                "several data sets ({}): add #set= and a word of the name",
                names.join(", ")
            ),
        });
    }
    sets.pop_first()
        .filter(|(_, set)| !set.images.is_empty())
        .ok_or_else(|| DataError::Data {
            name: source.name.clone(),
            message: "no IDX images (3 dimensions) in it: put images and labels into one folder"
                .to_owned(),
        })
}

/// Images without labels and labels without images belong together, whatever they are called.
fn join_lone_pair(sets: &mut BTreeMap<String, Set<'_>>) {
    let lone = |wanted: fn(&Set<'_>) -> bool| {
        let mut names = sets.iter().filter(|(_, set)| wanted(set));
        let name = names.next()?.0.clone();
        names.next().is_none().then_some(name)
    };
    let images = lone(|set| set.labels.is_empty());
    let labels = lone(|set| set.images.is_empty());
    if let (Some(images), Some(labels)) = (images, labels)
        && let Some(other) = sets.remove(&labels)
        && let Some(set) = sets.get_mut(&images)
    {
        set.labels = other.labels;
    }
}

/// Words of file names that say nothing about which data set it is.
fn is_noise(word: &str) -> bool {
    matches!(
        word,
        "" | "images"
            | "image"
            | "imgs"
            | "labels"
            | "label"
            | "idx"
            | "idx1"
            | "idx3"
            | "ubyte"
            | "gz"
            | "mapping"
            | "txt"
            | "raw"
            | "bin"
            | "gzip"
    )
}

fn read_images(
    file: &File,
    found: &mut Images,
    request: &mut Request<'_>,
) -> Result<u64, DataError> {
    let Array {
        mut stream,
        code,
        sizes,
    } = Array::open(file)?;
    let &[count, height, width] = sizes.as_slice() else {
        return Err(file.error(3, "images have 3 dimensions"));
    };
    if code != U8 {
        return Err(file.error(
            2,
            format!("values of type {code:#04x}: images are bytes (0x08)"),
        ));
    }
    found.expect(count, [1, height, width], |message| file.error(4, message))?;
    let [_, height, width] = found.shape;
    for done in 0..count {
        stream.append(&mut found.pixels, height * width, "an image")?;
        request.advance(done + 1, count);
    }
    stream.end()?;
    Ok(count)
}

fn read_labels(file: &File) -> Result<Labels, DataError> {
    let Array {
        mut stream,
        code,
        sizes,
    } = Array::open(file)?;
    let first = stream.offset();
    let count = volume(&sizes).map_err(|message| file.error(4, message))?;
    let width = match code {
        U8 => 1,
        0x0b => 2,
        0x0c => 4,
        _ => {
            return Err(file.error(
                2,
                format!("labels of type {code:#04x}: use 0x08, 0x0b or 0x0c"),
            ));
        }
    };
    let mut values = Vec::new();
    let mut bytes = [0; 4];
    for _ in 0..count {
        let bytes = &mut bytes[..width];
        stream.exact(bytes, "a label")?;
        let value = match *bytes {
            [a, b] => f64::from(i16::from_be_bytes([a, b])),
            [a, b, c, d] => f64::from(i32::from_be_bytes([a, b, c, d])),
            _ => f64::from(bytes[0]),
        };
        values.push(label(value).map_err(|message| stream.error(width as u64, message))?);
    }
    stream.end()?;
    Ok(Labels {
        file: file.shown(),
        first,
        width: width as u64,
        values,
    })
}

/// Mirrors each image at its main diagonal.
fn transpose(images: &mut Images) {
    let [_, height, width] = images.shape;
    let mut turned = vec![0; height * width];
    for image in images.pixels.chunks_exact_mut(height * width) {
        for (y, row) in image.chunks_exact(width).enumerate() {
            for (x, &pixel) in row.iter().enumerate() {
                turned[x * height + y] = pixel;
            }
        }
        image.copy_from_slice(&turned);
    }
    images.shape = [1, width, height];
}

/// EMNIST's class names: lines of a label and the codes of the characters it stands for.
fn read_mapping(file: &File) -> Result<BTreeMap<u16, String>, DataError> {
    let text = file.open()?.all(LONGEST_MAPPING)?;
    let mut offset = 0;
    let mut names = BTreeMap::new();
    for line in String::from_utf8_lossy(&text).split_inclusive('\n') {
        let mut numbers = line.split_whitespace().map(str::parse::<u32>);
        let entry = match (numbers.next(), numbers.next()) {
            (None, _) => None,
            (Some(Ok(label)), Some(Ok(code))) if label < MOST_CLASSES as u32 => {
                char::from_u32(code)
                    .filter(|letter| !letter.is_control())
                    .map(|letter| (label as u16, letter.to_string()))
            }
            _ => return Err(file.error(offset, "expected a label and a character's code")),
        };
        names.extend(entry);
        offset += line.len() as u64;
    }
    Ok(names)
}
