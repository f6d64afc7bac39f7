//! A folder of PNG and JPEG images per class, perhaps below folders for training, validation and test.

use std::io::Cursor;

use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::Request;
use super::kind::Kind;
use super::limits::{
    LARGEST_DECODED_IMAGE, LARGEST_IMAGE_FILE, LARGEST_PROGRESSIVE, LONGEST_IMAGE_SIDE,
    MOST_CLASSES,
};
use super::parts::{Images, Part};
use super::picture::{self, Outline};
use super::source::{File, Source, hidden};
use crate::data::DataError;

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
/// [`DataError::File`] for a damaged image, an oversized file, an image outside a class folder, a class that only a later part has,
/// and a stated size that is too large; [`DataError::Sizes`] for images that are too large or of different sizes where no size was
/// asked for.
pub fn read(source: &Source, request: &mut Request<'_>) -> Result<Images, DataError> {
    let mut items = items(source)?;
    items.sort_by_key(|item| item.part);
    let mut found = Images {
        classes: classes(&items),
        ..Images::default()
    };
    if found.classes.len() > MOST_CLASSES {
        return Err(DataError::Data {
            name: source.name.clone(),
            message: format!("more than {MOST_CLASSES} class folders"),
        });
    }
    let total = items.len() as u64;
    let channels = if request.options.grey { 1 } else { 3 };
    let mut all_grey = true;
    for (done, item) in items.iter().enumerate() {
        let class = found
            .classes
            .binary_search_by(|class| class.as_str().cmp(item.class))
            .map_err(|_| {
                item.file.error(
                    0,
                    format!("the class '{}' has no training images", item.class),
                )
            })?;
        let mut picture = decode(item)?;
        if let Some([height, width]) = request.options.size
            && (picture.height(), picture.width()) != (height, width)
        {
            picture = picture.resize_to_fill(width, height, FilterType::Triangle);
        }
        let (height, width) = (picture.height(), picture.width());
        let stated = request.options.size.is_some();
        let refuse = |message: String| {
            if stated {
                return item.file.error(0, message);
            }
            DataError::Sizes {
                file: item.file.name.clone(),
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
        all_grey &= !picture.color().has_color();
        append(&mut found.pixels, picture, channels);
        // There are at most MOST_CLASSES.
        found.labels.push(class as u16);
        found.parts[item.part as usize] += 1;
        request.advance(done as u64 + 1, total);
    }
    if all_grey && found.shape[0] == 3 {
        keep_first_channel(&mut found);
    }
    Ok(found)
}

/// Says of each image what its folders say.
fn items(source: &Source) -> Result<Vec<Item<'_>>, DataError> {
    let mut images = Vec::new();
    for file in &source.files {
        match (file.kind, extension(&file.name).as_str()) {
            (Kind::Image(format), _) => images.push((file, format)),
            (_, _) if hidden(&file.name) => {}
            (_, "png" | "jpg" | "jpeg") => {
                return Err(file.error(0, "named like an image, but neither PNG nor JPEG"));
            }
            (_, "gif" | "bmp" | "webp" | "tif" | "tiff") => {
                return Err(file.error(0, "an image format that is not read: use PNG or JPEG"));
            }
            _ => {}
        }
    }
    let mut paths: Vec<Vec<&str>> = images
        .iter()
        .map(|(file, _)| file.name.split('/').collect())
        .collect();
    // Folders around the whole: all images are in one that is neither a part nor a class.
    while let Some(first) = paths.first().and_then(|path| path.first().copied())
        && part_of(first).is_none()
        && paths.iter().all(|path| path.len() >= 3 && path[0] == first)
    {
        for path in &mut paths {
            path.remove(0);
        }
    }
    let parted = paths
        .iter()
        .all(|path| path.len() >= 2 && part_of(path[0]).is_some());
    images
        .into_iter()
        .zip(&paths)
        .map(|((file, format), path)| {
            let (part, class) = match path.as_slice() {
                [part, class, _, ..] if parted => (part_of(part), class),
                [class, _, ..] if !parted => (None, class),
                _ => {
                    return Err(file.error(
                        0,
                        "this image is in no class folder: use CLASS/IMAGE or train/CLASS/IMAGE",
                    ));
                }
            };
            Ok(Item {
                part: part.unwrap_or(Part::Training),
                class,
                file,
                format,
            })
        })
        .collect()
}

fn extension(name: &str) -> String {
    name.rsplit_once('.')
        .map(|(_, extension)| extension.to_lowercase())
        .unwrap_or_default()
}

fn part_of(folder: &str) -> Option<Part> {
    Part::of_word(&folder.to_lowercase())
}

/// The classes of the first part, sorted.
fn classes(items: &[Item<'_>]) -> Vec<String> {
    let first = items.first().map(|item| item.part);
    let mut classes: Vec<&str> = items
        .iter()
        .take_while(|item| Some(item.part) == first)
        .map(|item| item.class)
        .collect();
    classes.sort_unstable();
    classes.dedup();
    classes.into_iter().map(str::to_owned).collect()
}

fn decode(item: &Item<'_>) -> Result<DynamicImage, DataError> {
    let bytes = item.file.open()?.all(LARGEST_IMAGE_FILE)?;
    let refuse = |offset: usize, message: &str| item.file.error(offset as u64, message);
    // Decoders are lenient about a missing end.
    let outline = match item.format {
        ImageFormat::Png => picture::png(&bytes),
        _ => picture::jpeg(&bytes),
    };
    let Outline { progressive } = outline.map_err(|(offset, message)| refuse(offset, message))?;
    let failed =
        |error: image::ImageError| item.file.error(0, format!("cannot be decoded: {error}"));
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_IMAGE_SIDE);
    limits.max_image_height = Some(LONGEST_IMAGE_SIDE);
    limits.max_alloc = Some(LARGEST_DECODED_IMAGE);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), item.format);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if decoder.total_bytes() > LARGEST_DECODED_IMAGE
        || (progressive && pixels > LARGEST_PROGRESSIVE)
    {
        return Err(item.file.error(
            0,
            format!("{height}×{width} pixels are too many to decode: scale the image down"),
        ));
    }
    DynamicImage::from_decoder(decoder).map_err(failed)
}

/// Appends an image's planes. Transparency is left away.
fn append(pixels: &mut Vec<u8>, picture: DynamicImage, channels: u64) {
    if channels == 1 {
        pixels.extend_from_slice(picture.into_luma8().as_raw());
    } else {
        let colours = picture.into_rgb8();
        for channel in 0..3 {
            pixels.extend(colours.as_raw().iter().skip(channel).step_by(3));
        }
    }
}

/// Of three equal planes, one is enough.
fn keep_first_channel(images: &mut Images) {
    let area = images.shape[1] * images.shape[2];
    for image in 0..images.labels.len() {
        let start = 3 * image * area;
        images.pixels.copy_within(start..start + area, image * area);
    }
    images.pixels.truncate(images.labels.len() * area);
    images.pixels.shrink_to_fit();
    images.shape[0] = 1;
}
