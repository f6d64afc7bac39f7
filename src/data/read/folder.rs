//! A folder of pictures per class, perhaps below folders for training, validation and test.

use image::ImageFormat;

use super::Request;
use super::layout::places;
use super::limits::MOST_CLASSES;
use super::names::extension;
use super::notes::Notes;
use super::parts::{Images, Part};
use super::photo::{self, Deep, Photo};
use super::range::depth;
use super::scale::{GREY, GREY_ALREADY, other_size, same_size};
use super::source::{File, Kind, Source};
use crate::data::DataError;
use crate::nearest::guess;
use crate::visible::visible;

/// One image to read.
struct Item<'a> {
    part: Part,
    class: &'a str,
    file: &'a File,
    format: ImageFormat,
}

/// Reads all images: those of the training part first, each part in the order of names. Grey ones stay grey if all are.
///
/// # Errors
/// [`DataError::File`] for a damaged image, an oversized file, images outside class folders, a class that only a later part has,
/// and a stated size that is too large; [`DataError::Sizes`] for images that are too large or of different sizes where no size was
/// asked for.
pub fn read(source: &Source, request: &mut Request<'_>) -> Result<Images, DataError> {
    let items = items(source, request)?;
    let classes = classes(&items);
    if classes.len() > MOST_CLASSES {
        return Err(DataError::Data {
            name: source.name.clone(),
            message: format!("more than {MOST_CLASSES} class folders"),
        });
    }
    let mut found = Images {
        classes: classes.iter().copied().map(visible).collect(),
        ..Images::default()
    };
    let total = items.len() as u64;
    let channels = if request.options.grey { 1 } else { 3 };
    let pictures: Vec<_> = items.iter().map(|item| (item.file, item.format)).collect();
    let white = white(&pictures, request)?;
    let (mut grey_files, mut one_size) = (true, true);
    for (done, item) in items.iter().enumerate() {
        let class = classes.binary_search(&item.class).map_err(|_| {
            item.file.error(
                0,
                format!(
                    "the class '{}' has no training images{}",
                    visible(item.class),
                    guess(item.class, classes.iter().copied())
                ),
            )
        })?;
        let mut photo = prepare(item.file, item.format, white, request)?;
        if let Some(size) = request.options.size {
            one_size &= photo.size() == size;
            scale(&mut photo, size, &item.file.name, &mut request.notes);
        }
        let [height, width] = photo.size();
        let stated = request.options.size.is_some();
        let refuse = |message: String| {
            if stated {
                return item.file.error(0, message);
            }
            DataError::Sizes {
                file: item.file.shown(),
                message,
                name: source.name.clone(),
            }
        };
        if done == 0 {
            found.expect(
                total,
                [channels, u64::from(height), u64::from(width)],
                refuse,
            )?;
        } else if found.shape[1..] != [height as usize, width as usize] {
            return Err(refuse(format!(
                "{height}×{width} pixels, and the images before have {}×{}",
                found.shape[1], found.shape[2]
            )));
        }
        grey_files &= !photo.has_colour();
        photo.append_to(&mut found.pixels, channels, white);
        // There are at most MOST_CLASSES.
        found.labels.push(class as u16);
        found.parts[item.part as usize] += 1;
        request.advance(done as u64 + 1, total);
    }
    if found.keep_one_of_equal_planes() && !grey_files {
        request
            .notes
            .say("all pictures have three equal planes, so that they are read as grey");
    }
    if one_size && request.options.size.is_some() {
        request
            .notes
            .say(same_size([found.shape[1], found.shape[2]]));
    }
    if request.options.grey {
        request
            .notes
            .say(if grey_files { GREY_ALREADY } else { GREY });
    }
    Ok(found)
}

/// Refuses files that are named like images and are none.
///
/// # Errors
/// [`DataError::File`] names the first.
pub fn check_names(source: &Source) -> Result<(), DataError> {
    let misnamed = misnamed(source).next();
    misnamed.map_or(Ok(()), |(_, error)| Err(error))
}

/// The files that are named like images and are none, and what is said of each.
pub fn misnamed(source: &Source) -> impl Iterator<Item = (&File, DataError)> {
    source.files.iter().filter_map(|file| {
        let why = match (file.kind, extension(&file.name).as_str()) {
            (Kind::Nothing, "png" | "jpg" | "jpeg" | "gif" | "bmp" | "webp" | "pgm" | "ppm") => {
                "named like an image, and empty"
            }
            (Kind::Other, "png" | "jpg" | "jpeg" | "gif" | "bmp" | "webp" | "pgm" | "ppm") => {
                "named like an image, but none that can be read"
            }
            _ => return None,
        };
        Some((file, file.error(0, why)))
    })
}

/// Whether [`white`] can look into a picture.
///
/// # Errors
/// [`DataError::File`] for a damaged picture.
pub fn check_depth(file: &File, format: ImageFormat) -> Result<(), DataError> {
    match photo::is_deep(file, format)? {
        true => photo::decode(file, format).map(drop),
        false => Ok(()),
    }
}

/// Says of each image what its folders say, part after part.
fn items<'a>(source: &'a Source, request: &mut Request<'_>) -> Result<Vec<Item<'a>>, DataError> {
    check_names(source)?;
    let images = source.files.iter().filter_map(|file| match file.kind {
        Kind::Image(format) => Some((file, format)),
        _ => None,
    });
    let images: Vec<_> = images.collect();
    let names: Vec<&str> = images.iter().map(|(file, _)| file.name.as_str()).collect();
    let places = places(&names, &source.folders, &mut request.notes).map_err(
        |(index, message)| match index.and_then(|index| images.get(index)) {
            Some((file, _)) => file.error(0, message),
            None => DataError::Data {
                name: source.name.clone(),
                message,
            },
        },
    )?;
    let items = images.into_iter().zip(places);
    let mut items: Vec<Item<'_>> = items
        .filter_map(|((file, format), place)| {
            let (part, class) = place?;
            Some(Item {
                part,
                class,
                file,
                format,
            })
        })
        .collect();
    items.sort_by_key(|item| item.part);
    Ok(items)
}

/// The classes of the first part, sorted.
fn classes<'a>(items: &[Item<'a>]) -> Vec<&'a str> {
    let first = items.first().map(|item| item.part);
    let mut classes: Vec<&str> = items
        .iter()
        .take_while(|item| Some(item.part) == first)
        .map(|item| item.class)
        .collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// The value that is white in pictures of more than eight bits: the largest of as many bits as any picture of the set uses.
///
/// # Errors
/// [`DataError::File`] for a damaged picture.
pub fn white(
    pictures: &[(&File, ImageFormat)],
    request: &mut Request<'_>,
) -> Result<u16, DataError> {
    let mut seen: Option<Deep> = None;
    for &(file, format) in pictures {
        if photo::is_deep(file, format)?
            && let Some(deep) = photo::decode(file, format)?.deep()
        {
            seen = Some(seen.map_or(deep, |seen| seen.with(deep)));
        }
    }
    let Some(Deep { most, widened }) = seen else {
        return Ok(u16::MAX);
    };
    if widened {
        return Ok(u16::MAX);
    }
    let bits = depth(most);
    request.notes.say(format!(
        "values of 16 bits go up to {most}: {bits} bits are used, read as 8"
    ));
    // At most 16 bits.
    Ok(((1u32 << bits) - 1) as u16)
}

/// Decodes an image, says what is done to it, and does it.
///
/// # Errors
/// [`DataError::File`] for a damaged picture.
pub fn prepare(
    file: &File,
    format: ImageFormat,
    white: u16,
    request: &mut Request<'_>,
) -> Result<Photo, DataError> {
    let mut photo = photo::decode(file, format)?;
    let name = &file.name;
    if photo.turned {
        request
            .notes
            .of("turned as the EXIF orientation says", name);
    }
    if photo.animated {
        request
            .notes
            .of("of several pictures in a file the first is read", name);
    }
    if photo.lay_on_white(white) {
        request
            .notes
            .of("transparent pixels are laid on white", name);
    }
    Ok(photo)
}

/// Scales an image, and says so.
pub fn scale(photo: &mut Photo, size: [u32; 2], name: &str, notes: &mut Notes) {
    let before = photo.size();
    if before == size {
        return;
    }
    let [rows, columns] = size;
    let [from, to] = [before, size].map(|sides| sides.map(|side| side as usize));
    let sizes = format!("to {rows}×{columns}");
    notes.of(&other_size(from, to, &sizes, "a triangle filter"), name);
    photo.scale(size);
}
