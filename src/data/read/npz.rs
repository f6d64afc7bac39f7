//! NPZ, a zip of NPY arrays, or NPY files in a folder, in the layout of MedMNIST (`train_images`, `train_labels`, `val_…`, `test_…`),
//! in that of Keras (`x_train`, `y_train`, `x_test`, `y_test`), or without parts (`images`, `labels`).

use std::collections::BTreeMap;

use super::Request;
use super::npy::Array;
use super::parts::{Images, Labels, Part, label, parts_of, renumber, words};
use super::range::{Mapping, Range, Scale};
use super::source::{File, Kind, Source};
use crate::data::DataError;

/// What is said of an array that is one grey picture.
const ONE_PICTURE: &str = "an array [height, width] is read as one grey picture";

/// The arrays of a data set, by part.
#[derive(Default)]
struct Arrays<'a> {
    images: BTreeMap<Part, &'a File>,
    labels: BTreeMap<Part, &'a File>,
}

/// What an array is by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Images,
    Labels,
}

/// Whether arrays are there that are images with labels by their names; others are no data set where there are pictures.
pub fn has_images(source: &Source) -> bool {
    [true, false].into_iter().any(|strict| {
        let has = |role| arrays(source).any(|file| role_of(&file.name, strict) == Some(role));
        has(Role::Images) && has(Role::Labels)
    })
}

/// Reads the arrays of a source.
///
/// # Errors
/// [`DataError::File`], for several labels an image too; [`DataError::Data`] if images or labels are missing.
pub fn read(source: &Source, request: &mut Request<'_>) -> Result<Images, DataError> {
    let mut chosen = choose(source, request)?;
    let used: Vec<&File> = chosen
        .images
        .values()
        .chain(chosen.labels.values())
        .copied()
        .collect();
    for file in arrays(source).filter(|file| !used.iter().any(|used| used.name == file.name)) {
        request
            .notes
            .of("left out, arrays without a role", &file.name);
    }
    let labels = &chosen.labels;
    // Kept for a contest, most likely.
    chosen.images.retain(|part, file| {
        let keep = *part == Part::Training || labels.contains_key(part);
        if !keep {
            request
                .notes
                .of("left out, images without labels", &file.name);
        }
        keep
    });
    let mappings = mappings(&chosen, request)?;
    let mut found = Images::default();
    let mut numbers = Vec::new();
    for (&part, file) in &chosen.images {
        let labels_file = chosen
            .labels
            .get(&part)
            .ok_or_else(|| file.error(0, "no array of labels belongs to it"))?;
        let mapping = mappings.get(&part).copied().unwrap_or_default();
        let count = read_images(Array::open(file)?, &mut found, &mapping, request)?;
        let read = read_labels(labels_file, request)?;
        if read.values.len() as u64 != count {
            return Err(labels_file.error(
                0,
                format!(
                    "{} labels for the {count} images of {}",
                    read.values.len(),
                    file.shown()
                ),
            ));
        }
        found.parts[part as usize] = read.values.len();
        numbers.push(read);
    }
    let old;
    (found.labels, old) = renumber(&numbers)?;
    found.classes = old.iter().map(u16::to_string).collect();
    if found.keep_one_of_equal_planes() {
        request
            .notes
            .say("all images have three equal planes, so that they are read as grey");
    }
    Ok(found)
}

/// The images of every array that is images by its name, else by its shape, whatever its labels.
///
/// # Errors
/// [`DataError::File`], also for floats of no usual range: what they were when the network was trained, nobody knows.
pub fn unlabelled<'a>(
    source: &'a Source,
    request: &mut Request<'_>,
) -> Result<Vec<(&'a File, Images)>, DataError> {
    let named = |strict| {
        let images = move |file: &&File| role_of(&file.name, strict) == Some(Role::Images);
        arrays(source).filter(images).collect::<Vec<_>>()
    };
    let mut chosen = named(true);
    if chosen.is_empty() {
        chosen = named(false);
    }
    if chosen.is_empty() {
        let shaped = |file: &&File| {
            let shape = Array::open(file).map(|array| array.shape);
            shape.is_ok_and(|shape| matches!(shape.len(), 3 | 4))
        };
        chosen = arrays(source).filter(shaped).collect();
    }
    if chosen.is_empty() {
        // A column is of labels.
        let grey = |file: &&File| {
            let shape = Array::open(file).map(|array| array.shape);
            let is_picture = shape.is_ok_and(|shape| shape.len() == 2 && !shape.contains(&1));
            is_picture && role_of(&file.name, false) != Some(Role::Labels)
        };
        chosen = arrays(source).filter(grey).collect();
    }
    for file in arrays(source) {
        if !chosen.iter().any(|used| used.name == file.name) {
            request.notes.of("left out, no images", &file.name);
        }
    }
    let mut found = Vec::new();
    for file in chosen {
        if Array::open(file)?.shape.len() == 2 {
            request.notes.of(ONE_PICTURE, &file.name);
        }
        let mut mapping = Mapping::default();
        let mut array = one_or_more(file)?;
        if !array.dtype.is_byte() {
            let mut range = Range::new(array.dtype.is_float());
            array.for_each(|_, value| range.take(value))?;
            let refuse = |message: String| file.error(0, message);
            if range.scale() == Scale::Own {
                return Err(refuse(
                    "floats of no usual range: use 0 to 255, 0 to 1 or -1 to 1".into(),
                ));
            }
            mapping = range.mapping(&mut request.notes).map_err(refuse)?;
        }
        let mut images = Images::default();
        read_images(one_or_more(file)?, &mut images, &mapping, request)?;
        found.push((file, images));
    }
    Ok(found)
}

/// An array of images; of one grey picture as an array of one.
fn one_or_more(file: &File) -> Result<Array, DataError> {
    let mut array = Array::open(file)?;
    if let [_, _] = array.shape[..] {
        array.shape.insert(0, 1);
    }
    Ok(array)
}

fn arrays(source: &Source) -> impl Iterator<Item = &File> {
    source.files.iter().filter(|file| file.kind == Kind::Npy)
}

/// The arrays that are images and labels, by their names; where no name says images, by their shapes.
fn choose<'a>(source: &'a Source, request: &mut Request<'_>) -> Result<Arrays<'a>, DataError> {
    let files: Vec<&File> = arrays(source).collect();
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let parts = parts_of(&names);
    let mut chosen = Arrays::default();
    for strict in [true, false] {
        for (file, part) in files.iter().zip(&parts) {
            let array = match role_of(&file.name, strict) {
                Some(Role::Images) => &mut chosen.images,
                Some(Role::Labels) => &mut chosen.labels,
                None => continue,
            };
            if let Some(other) = array.insert(part.unwrap_or(Part::Training), file) {
                return Err(file.error(
                    0,
                    format!("{} has the same role: leave one out", other.shown()),
                ));
            }
        }
        if !chosen.images.is_empty() && !chosen.labels.is_empty() {
            return Ok(chosen);
        }
        chosen = Arrays::default();
    }
    if let Some((images, labels)) = by_shape(&files) {
        request.notes.say(format!(
            "{} is taken for the images and {} for their labels, by their shapes",
            images.name, labels.name
        ));
        chosen.images.insert(Part::Training, images);
        chosen.labels.insert(Part::Training, labels);
        return Ok(chosen);
    }
    let names: Vec<String> = files
        .iter()
        .take(8)
        .map(|file| super::names::shorten(&file.name))
        .collect();
    Err(DataError::Data {
        name: source.name.clone(),
        message: format!(
            "expected arrays train_images, train_labels, test_images, test_labels and found {}",
            names.join(", ")
        ),
    })
}

/// The only array that is shaped like images, and the only one that is shaped like their labels.
fn by_shape<'a>(files: &[&'a File]) -> Option<(&'a File, &'a File)> {
    let shape = |file: &&&File| Array::open(file).ok().map(|array| array.shape);
    let like = |wanted: fn(&[u64]) -> bool| {
        let mut found = files
            .iter()
            .filter(|file| shape(file).is_some_and(|shape| wanted(&shape)));
        found.next().filter(|_| found.next().is_none())
    };
    let images = like(|shape| matches!(shape, [_, _, _] | [_, 1 | 3, _, _] | [_, _, _, 1 | 3]))?;
    let labels = like(|shape| matches!(shape, [_] | [_, _]))?;
    (shape(&images)?.first() == shape(&labels)?.first()).then_some((*images, *labels))
}

/// What an array is by the words of its name. `strict`: where all of them are known.
fn role_of(name: &str, strict: bool) -> Option<Role> {
    let file = name.rsplit('/').next()?;
    let stem = file
        .get(..file.len().checked_sub(4)?)
        .filter(|_| file.to_lowercase().ends_with(".npy"))?;
    let mut role = None;
    for word in words(stem) {
        // As in `xtrain`.
        let glued = ["x", "y"].into_iter().find(|start| {
            word.strip_prefix(start)
                .is_some_and(|rest| Part::of_word(rest).is_some())
        });
        match glued.unwrap_or(&word) {
            "images" | "image" | "imgs" | "img" | "x" | "data" | "pixels" | "pictures" => {
                role = Some(Role::Images)
            }
            // The names of the classes are often beside the labels.
            "classes" if strict => return None,
            "labels" | "label" | "y" | "target" | "targets" | "classes" => {
                // `label_images` would be images that label, and nothing says which.
                role = role.or(Some(Role::Labels));
            }
            word if Part::of_word(word).is_some() => {}
            _ if strict => return None,
            _ => {}
        }
    }
    role
}

/// Where channels stand.
#[derive(Clone, Copy)]
enum Layout {
    Grey,
    First(u64),
    Last(u64),
}

/// How the values of each part become pixels. Parts whose values are of one kind share a range, so that they stay alike. Reads arrays that
/// are no bytes twice for that.
fn mappings(
    chosen: &Arrays<'_>,
    request: &mut Request<'_>,
) -> Result<BTreeMap<Part, Mapping>, DataError> {
    let mut ranges = Vec::new();
    for (&part, file) in &chosen.images {
        let mut array = Array::open(file)?;
        // Bytes are pixels.
        if array.dtype.is_byte() {
            continue;
        }
        let mut range = Range::new(array.dtype.is_float());
        array.for_each(|_, value| range.take(value))?;
        ranges.push((part, file, range));
    }
    let mut mappings = BTreeMap::new();
    let own = |range: &Range| range.scale() == Scale::Own;
    // What lies around 0 may then be a piece of the same range.
    let stretched = ranges.iter().any(|(_, _, range)| own(range));
    let kind = |range: &Range| match range.scale() {
        Scale::Unit if stretched => (range.is_float(), Scale::Own),
        scale => (range.is_float(), scale),
    };
    for (part, file, range) in &ranges {
        let alike = ranges.iter().map(|(_, _, other)| other);
        let shared = alike
            .filter(|other| kind(other) == kind(range))
            .fold(*range, Range::with);
        let mapping = shared
            .mapping(&mut request.notes)
            .map_err(|message| file.error(0, message))?;
        mappings.insert(*part, mapping);
    }
    Ok(mappings)
}

fn read_images(
    array: Array,
    found: &mut Images,
    mapping: &Mapping,
    request: &mut Request<'_>,
) -> Result<u64, DataError> {
    let (count, layout, height, width) = match *array.shape.as_slice() {
        [count, height, width] => (count, Layout::Grey, height, width),
        [count, height, width, channels @ (1 | 3)] => {
            (count, Layout::Last(channels), height, width)
        }
        [count, channels @ (1 | 3), height, width] => {
            (count, Layout::First(channels), height, width)
        }
        _ => {
            return Err(array.stream.error(
                0,
                format!(
                    "an array of {:?}: images are [count, height, width] or with 1 or 3 channels",
                    array.shape
                ),
            ));
        }
    };
    let (Layout::First(channels) | Layout::Last(channels)) = layout else {
        return fill(found, array, [1, height, width], mapping, |at| at, request).map(|()| count);
    };
    let shape = [channels, height, width];
    match layout {
        Layout::Last(channels) if channels > 1 => {
            // Both fit, as their product with the count does.
            let (channels, area) = (channels as usize, (height as usize) * (width as usize));
            let volume = channels * area;
            let place = move |at: usize| {
                let (image, rest) = (at / volume, at % volume);
                image * volume + rest % channels * area + rest / channels
            };
            fill(found, array, shape, mapping, place, request)?;
        }
        _ => fill(found, array, shape, mapping, |at| at, request)?,
    }
    Ok(count)
}

/// Appends an array's values, each at its place among them.
fn fill(
    found: &mut Images,
    mut array: Array,
    shape: [u64; 3],
    mapping: &Mapping,
    place: impl Fn(usize) -> usize,
    request: &mut Request<'_>,
) -> Result<(), DataError> {
    found.expect(array.shape[0], shape, |message| {
        array.stream.error(0, message)
    })?;
    let before = found.pixels.len();
    if array.dtype.is_byte() && !array.fortran {
        // Image by image, so that memory grows with the file and not with what it states.
        let [channels, height, width] = found.shape;
        let volume = channels * height * width;
        let mut raw = Vec::with_capacity(volume);
        for done in 0..array.shape[0] {
            raw.clear();
            array.stream.append(&mut raw, volume, "an image")?;
            let start = found.pixels.len();
            found.pixels.resize(start + volume, 0);
            for (at, &pixel) in raw.iter().enumerate() {
                found.pixels[start + place(at)] = pixel;
            }
            request.advance(done + 1, array.shape[0]);
        }
        return array.stream.end();
    }
    found.pixels.resize(before + array.count, 0);
    let pixels = &mut found.pixels[before..];
    let total = array.count as u64;
    let mut done = 0;
    array.for_each(|at, value| {
        pixels[place(at)] = mapping.pixel(value);
        done += 1;
        if done % (1 << 20) == 0 {
            request.advance(done, total);
        }
        Ok(())
    })
}

fn read_labels(file: &File, request: &mut Request<'_>) -> Result<Labels, DataError> {
    let mut array = Array::open(file)?;
    let each = match *array.shape.as_slice() {
        [_] | [_, 1] => 1,
        // At most as many as there are values.
        [_, several] if several > 0 => several as usize,
        _ => {
            return Err(array.stream.error(
                0,
                format!(
                    "an array of {:?}: labels are [count] or [count, 1]",
                    array.shape
                ),
            ));
        }
    };
    let first = array.stream.offset();
    let width = (array.dtype.width * each) as u64;
    let mut values = Vec::new();
    if each == 1 {
        array.for_each(|_, value| {
            values.push(label(value)?);
            Ok(())
        })?;
    } else {
        values = one_hot(file, array, each)?;
        request.notes.say(format!(
            "labels are one-hot rows of {each}: each is read as the place of its 1"
        ));
    }
    Ok(Labels {
        file: file.shown(),
        first,
        width,
        values,
    })
}

/// The places of the ones in rows of `each`.
fn one_hot(file: &File, mut array: Array, each: usize) -> Result<Vec<u16>, DataError> {
    let rows = array.count / each;
    let mut ones: Vec<Option<u16>> = vec![None; rows];
    let mut single = true;
    array.for_each(|at, value| {
        let one = &mut ones[at / each];
        if value == 1.0 {
            single &= one.is_none();
            *one = Some(label((at % each) as f64)?);
        } else {
            single &= value == 0.0;
        }
        Ok(())
    })?;
    let places: Option<Vec<u16>> = ones.into_iter().collect();
    places.filter(|_| single).ok_or_else(|| {
        file.error(
            0,
            format!(
                "{each} labels an image (multi-label): Plateau needs exactly one class an image, as one number or one-hot"
            ),
        )
    })
}
