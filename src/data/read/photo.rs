//! One picture, from the bytes of its file to pixels as a viewer shows them: turned upright, without transparency, eight bits a value.

use std::io::Cursor;

use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::limits::{
    LARGEST_DECODED_IMAGE, LARGEST_IMAGE_FILE, LARGEST_PROGRESSIVE, LONGEST_IMAGE_SIDE, MEGAPIXELS,
};
use super::outline::{self, Outline};
use super::source::File;
use crate::data::DataError;

/// A decoded picture.
pub struct Photo {
    picture: DynamicImage,
    /// Whether it was turned as its EXIF orientation says.
    pub turned: bool,
    /// Whether there were more pictures in the file, of which this is the first.
    pub animated: bool,
}

/// What values of 16 bits use of them.
#[derive(Clone, Copy)]
pub struct Deep {
    /// The largest.
    pub most: u16,
    /// Whether they are values of 8 bits, each times 257.
    pub widened: bool,
}

impl Deep {
    fn of(value: &u16) -> Self {
        Self {
            most: *value,
            widened: value.is_multiple_of(257),
        }
    }

    /// Of both.
    pub fn with(self, other: Self) -> Self {
        Self {
            most: self.most.max(other.most),
            widened: self.widened && other.widened,
        }
    }
}

/// Decodes a file of a format.
///
/// # Errors
/// [`DataError::File`] for a damaged or cut file and for too many pixels.
pub fn decode(file: &File, format: ImageFormat) -> Result<Photo, DataError> {
    let bytes = file.open()?.all(LARGEST_IMAGE_FILE)?;
    // Decoders are lenient about a missing end.
    let outline = match format {
        ImageFormat::Png => outline::png(&bytes),
        ImageFormat::Jpeg => outline::jpeg(&bytes),
        ImageFormat::Gif => Ok(outline::gif(&bytes)),
        ImageFormat::WebP => Ok(outline::webp(&bytes)),
        _ => Ok(Outline::default()),
    };
    let Outline {
        progressive,
        animated,
        exif,
    } = outline.map_err(|(offset, message)| file.error(offset as u64, message))?;
    let exif = exif.and_then(|range| Orientation::from_exif_chunk(bytes.get(range)?));
    let failed = |error: image::ImageError| {
        if matches!(error, image::ImageError::Limits(_)) {
            let message = format!("a side may have {LONGEST_IMAGE_SIDE} pixels: scale it down");
            return file.error(0, message);
        }
        let error = error.to_string();
        // What follows is how a decoder keeps its state.
        let error = error
            .split(" while decoding ChunkType")
            .next()
            .unwrap_or(&error);
        file.error(0, format!("cannot be decoded: {error}"))
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_IMAGE_SIDE);
    limits.max_image_height = Some(LONGEST_IMAGE_SIDE);
    limits.max_alloc = Some(LARGEST_DECODED_IMAGE);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let most = if progressive {
        LARGEST_PROGRESSIVE
    } else {
        MEGAPIXELS
    };
    if pixels > most * 1_000_000 || decoder.total_bytes() > LARGEST_DECODED_IMAGE {
        let kind = if progressive {
            "a progressive JPEG"
        } else {
            "a picture"
        };
        return Err(file.error(
            0,
            format!(
                "{width} columns × {height} rows are {:.1} megapixels, and {kind} may have {most}: scale it down",
                pixels as f64 / 1e6
            ),
        ));
    }
    // What cannot be understood of the orientation says nothing.
    let orientation = match exif {
        Some(orientation) => orientation,
        None => decoder.orientation().unwrap_or(Orientation::NoTransforms),
    };
    let mut picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    picture.apply_orientation(orientation);
    Ok(Photo {
        picture,
        turned: orientation != Orientation::NoTransforms,
        animated,
    })
}

/// Whether a picture's values may have more than eight bits, by the header.
pub fn is_deep(file: &File, format: ImageFormat) -> Result<bool, DataError> {
    let mut head = [0; 512];
    let count = file.open()?.up_to(&mut head)?;
    let head = &head[..count];
    Ok(match format {
        ImageFormat::Png => head.get(24) == Some(&16),
        // Black and white have no largest value.
        ImageFormat::Pnm => {
            let [_, _, most] = outline::pnm(head);
            !matches!(head, [b'P', b'1' | b'4', ..]) && most.is_none_or(|most| most > 255)
        }
        _ => false,
    })
}

impl Photo {
    /// Rows and columns.
    pub fn size(&self) -> [u32; 2] {
        [self.picture.height(), self.picture.width()]
    }

    /// What its values are, if they have more than eight bits.
    pub fn deep(&self) -> Option<Deep> {
        fn of<'a>(values: impl Iterator<Item = &'a u16>) -> Option<Deep> {
            values.map(Deep::of).reduce(Deep::with)
        }
        match &self.picture {
            DynamicImage::ImageLuma16(image) => of(image.iter()),
            DynamicImage::ImageRgb16(image) => of(image.iter()),
            DynamicImage::ImageLumaA16(image) => of(image.pixels().map(|pixel| &pixel.0[0])),
            DynamicImage::ImageRgba16(image) => of(image.pixels().flat_map(|pixel| &pixel.0[..3])),
            _ => None,
        }
    }

    /// Lays transparent pixels on white, where `white` is the white of values of 16 bits. Whether there were any.
    pub fn lay_on_white(&mut self, white: u16) -> bool {
        let lay = |value: u16, alpha: u16, white: u16, opaque: u16| {
            let (value, alpha, white, opaque) = (
                u64::from(value),
                u64::from(alpha),
                u64::from(white),
                u64::from(opaque),
            );
            // At most `white`, as both are.
            ((value * alpha + white * (opaque - alpha) + opaque / 2) / opaque) as u16
        };
        match &mut self.picture {
            DynamicImage::ImageLumaA8(image) => image.pixels_mut().fold(false, |any, pixel| {
                let [value, alpha] = pixel.0.map(u16::from);
                pixel.0 = [lay(value, alpha, 255, 255) as u8, 255];
                any | (alpha < 255)
            }),
            DynamicImage::ImageRgba8(image) => image.pixels_mut().fold(false, |any, pixel| {
                let alpha = u16::from(pixel.0[3]);
                pixel.0 = pixel
                    .0
                    .map(|value| lay(u16::from(value), alpha, 255, 255) as u8);
                pixel.0[3] = 255;
                any | (alpha < 255)
            }),
            DynamicImage::ImageLumaA16(image) => image.pixels_mut().fold(false, |any, pixel| {
                let [value, alpha] = pixel.0;
                pixel.0 = [lay(value.min(white), alpha, white, u16::MAX), u16::MAX];
                any | (alpha < u16::MAX)
            }),
            DynamicImage::ImageRgba16(image) => image.pixels_mut().fold(false, |any, pixel| {
                let alpha = pixel.0[3];
                pixel.0 = pixel
                    .0
                    .map(|value| lay(value.min(white), alpha, white, u16::MAX));
                pixel.0[3] = u16::MAX;
                any | (alpha < u16::MAX)
            }),
            _ => false,
        }
    }

    /// Scales it to rows and columns, the longer side cut.
    pub fn scale(&mut self, size: [u32; 2]) {
        if self.size() != size {
            self.picture = fill(&self.picture, size);
        }
    }

    /// Whether its format has colours.
    pub fn has_colour(&self) -> bool {
        self.picture.color().has_color()
    }

    /// Its planes one after the other, one (grey) or three; `white` as in [`Photo::lay_on_white`].
    pub fn append_to(self, pixels: &mut Vec<u8>, channels: u64, white: u16) {
        let picture = eight_bits(self.picture, white);
        if channels == 1 {
            pixels.extend_from_slice(picture.into_luma8().as_raw());
        } else {
            let colours = picture.into_rgb8();
            for channel in 0..3 {
                pixels.extend(colours.as_raw().iter().skip(channel).step_by(3));
            }
        }
    }
}

/// A picture scaled to rows and columns, the longer side cut: a mean weighted by a triangle as wide as two of the smaller pixels, or bilinear
/// interpolation where it becomes larger.
pub fn fill(picture: &DynamicImage, [height, width]: [u32; 2]) -> DynamicImage {
    let [rows, columns] = [picture.height(), picture.width()];
    let ratio = (f64::from(width) / f64::from(columns)).max(f64::from(height) / f64::from(rows));
    // A thin picture would first be made large on both sides.
    if f64::from(rows) * f64::from(columns) * ratio * ratio * 8.0 > LARGEST_DECODED_IMAGE as f64 {
        let cut =
            |side: u32, wanted: u32| ((f64::from(wanted) / ratio).ceil() as u32).clamp(1, side);
        let [high, wide] = [cut(rows, height), cut(columns, width)];
        let [top, left] = [(rows - high) / 2, (columns - wide) / 2];
        let middle = picture.crop_imm(left, top, wide, high);
        return middle.resize_to_fill(width, height, FilterType::Triangle);
    }
    picture.resize_to_fill(width, height, FilterType::Triangle)
}

/// Values of 16 bits up to `white` as values of 8 bits. All of 16 bits used are left to the conversion that follows.
fn eight_bits(picture: DynamicImage, white: u16) -> DynamicImage {
    if white == u16::MAX {
        return picture;
    }
    let eight = |value: u16| {
        let (value, white) = (u32::from(value.min(white)), u32::from(white));
        // At most 255.
        ((value * 255 + white / 2) / white) as u8
    };
    match picture {
        DynamicImage::ImageLuma16(_) | DynamicImage::ImageLumaA16(_) => {
            let wide = picture.into_luma16();
            let narrow = image::GrayImage::from_fn(wide.width(), wide.height(), |x, y| {
                image::Luma([eight(wide.get_pixel(x, y).0[0])])
            });
            DynamicImage::ImageLuma8(narrow)
        }
        DynamicImage::ImageRgb16(_) | DynamicImage::ImageRgba16(_) => {
            let wide = picture.into_rgb16();
            let narrow = image::RgbImage::from_fn(wide.width(), wide.height(), |x, y| {
                image::Rgb(wide.get_pixel(x, y).0.map(eight))
            });
            DynamicImage::ImageRgb8(narrow)
        }
        other => other,
    }
}
