//! NPZ, a zip of NPY arrays, in the layout of MedMNIST (`train_images`, `train_labels`, `val_…`, `test_…`), in that of Keras
//! (`x_train`, `y_train`, `x_test`, `y_test`), or without parts (`images`, `labels`).

use std::collections::BTreeMap;

use super::Request;
use super::kind::Kind;
use super::npy::{Array, Dtype};
use super::parts::{Images, Labels, Part, label, renumber};
use super::source::{File, Source, shorten};
use crate::data::DataError;

/// Reads the arrays of a source.
///
/// # Errors
/// [`DataError::File`], for several labels an image too; [`DataError::Data`] if images or labels are missing.
pub fn read(source: &Source, request: &mut Request<'_>) -> Result<Images, DataError> {
    let mut images: BTreeMap<Part, &File> = BTreeMap::new();
    let mut labels: BTreeMap<Part, &File> = BTreeMap::new();
    for file in source.files.iter().filter(|file| file.kind == Kind::Npy) {
        let (part, is_labels) = match role(&file.name) {
            Some(role) => role,
            None => continue,
        };
        let files = if is_labels { &mut labels } else { &mut images };
        if let Some(other) = files.insert(part, file) {
            return Err(file.error(0, format!("{} has the same role", other.shown())));
        }
    }
    if images.is_empty() {
        let names = source.files.iter().filter(|file| file.kind == Kind::Npy);
        let names: Vec<String> = names.take(8).map(|file| shorten(&file.name)).collect();
        return Err(DataError::Data {
            name: source.name.clone(),
            message: format!(
                "expected arrays train_images, train_labels, test_images, test_labels and found {}",
                names.join(", ")
            ),
        });
    }
    let mut found = Images::default();
    let mut numbers = Vec::new();
    for (&part, file) in &images {
        let labels_file = labels
            .get(&part)
            .ok_or_else(|| file.error(0, "no array of labels belongs to it"))?;
        let count = read_images(file, &mut found, request)?;
        let read = read_labels(labels_file)?;
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
    Ok(found)
}

/// What an array is by its name: its part, and whether it is labels.
fn role(name: &str) -> Option<(Part, bool)> {
    let lower = name.to_lowercase();
    let stem = lower.rsplit('/').next()?.strip_suffix(".npy")?;
    let mut part = Part::Training;
    let mut labels = None;
    for word in stem.split(['_', '-']) {
        match word {
            "images" | "image" | "imgs" | "x" | "data" => labels = Some(false),
            "labels" | "label" | "y" | "target" | "targets" => labels = Some(true),
            _ => part = Part::of_word(word)?,
        }
    }
    Some((part, labels?))
}

/// Where channels stand.
#[derive(Clone, Copy)]
enum Layout {
    Grey,
    First(u64),
    Last(u64),
}

fn read_images(
    file: &File,
    found: &mut Images,
    request: &mut Request<'_>,
) -> Result<u64, DataError> {
    let array = Array::open(file)?;
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
    let scale = scale(file, &array)?;
    let (Layout::First(channels) | Layout::Last(channels)) = layout else {
        return fill(found, array, [1, height, width], scale, |at| at, request).map(|()| count);
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
            fill(found, array, shape, scale, place, request)?;
        }
        _ => fill(found, array, shape, scale, |at| at, request)?,
    }
    Ok(count)
}

/// Appends an array's values, each at its place among them.
fn fill(
    found: &mut Images,
    mut array: Array,
    shape: [u64; 3],
    scale: f64,
    place: impl Fn(usize) -> usize,
    request: &mut Request<'_>,
) -> Result<(), DataError> {
    found.expect(array.shape[0], shape, |message| {
        array.stream.error(0, message)
    })?;
    let before = found.pixels.len();
    if array.dtype == Dtype::U8 && !array.fortran {
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
        let value = value * scale;
        if !(0.0..=255.0).contains(&value) {
            return Err(format!("pixel value {value}: use 0 to 255, or 0 to 1"));
        }
        pixels[place(at)] = value.round() as u8;
        done += 1;
        if done % (1 << 20) == 0 {
            request.advance(done, total);
        }
        Ok(())
    })
}

/// 255 for floating-point images whose largest value is at most 1, else 1. Reads the array twice for that.
fn scale(file: &File, array: &Array) -> Result<f64, DataError> {
    if !matches!(array.dtype, Dtype::F32 | Dtype::F64) {
        return Ok(1.0);
    }
    let mut most = 0.0f64;
    Array::open(file)?.for_each(|_, value| {
        most = most.max(value);
        Ok(())
    })?;
    Ok(if most <= 1.0 { 255.0 } else { 1.0 })
}

fn read_labels(file: &File) -> Result<Labels, DataError> {
    let mut array = Array::open(file)?;
    match *array.shape.as_slice() {
        [_] | [_, 1] => {}
        [_, several] => {
            return Err(array.stream.error(
                0,
                format!("{several} labels an image (multi-label): Plateau needs exactly one class an image"),
            ));
        }
        _ => {
            return Err(array.stream.error(
                0,
                format!(
                    "an array of {:?}: labels are [count] or [count, 1]",
                    array.shape
                ),
            ));
        }
    }
    let first = array.stream.offset();
    let width = array.dtype.width() as u64;
    let mut values = Vec::new();
    array.for_each(|_, value| {
        values.push(label(value)?);
        Ok(())
    })?;
    Ok(Labels {
        file: file.shown(),
        first,
        width,
        values,
    })
}
