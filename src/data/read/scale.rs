//! What `#size` and `#grey` make of images that are in memory. The pictures of a folder are scaled as they are decoded (`photo.rs`).

use image::{DynamicImage, Rgb, RgbImage};

use super::limits::{reserve, volume};
use super::notes::Notes;
use super::options::Options;
use super::photo;

/// What is said of colours that become grey.
pub const GREY: &str = "colours are read as grey by Rec. 709 luma, so that no image is mirrored";
/// What is said where there are none.
pub const GREY_ALREADY: &str = "grey: the images are grey already, and nothing was changed";

/// What is said where all images have the size that was asked for.
pub fn same_size([rows, columns]: [usize; 2]) -> String {
    format!("size: the images have {rows}×{columns} pixels already, and nothing was changed")
}

/// Whether images of one size are enlarged to another, `[rows, columns]`.
fn enlarges(from: [usize; 2], to: [usize; 2]) -> bool {
    to[0] > from[0] || to[1] > from[1]
}

/// What is said of another size: `sizes` names it, and `smaller` is how images are made smaller.
pub fn other_size(from: [usize; 2], to: [usize; 2], sizes: &str, smaller: &str) -> String {
    let cut = match from[0] * to[1] == from[1] * to[0] {
        true => "",
        false => ", the longer side cut",
    };
    if enlarges(from, to) {
        format!("enlarged {sizes} by bilinear interpolation{cut}")
    } else if from[0] == to[0] || from[1] == to[1] {
        format!("cut {sizes} and not scaled")
    } else {
        format!("scaled {sizes} by {smaller}{cut}")
    }
}

/// Scales images `[images, channels, height, width]` as the options ask, then takes their colours, and says what it did.
///
/// # Errors
/// A reason where enlarged images are more than a data set may have, or than memory.
pub fn apply(
    options: &Options,
    pixels: &mut Vec<u8>,
    shape: &mut [usize; 3],
    notes: &mut Notes,
) -> Result<(), String> {
    // All may have been left out, which is refused later.
    if pixels.is_empty() {
        return Ok(());
    }
    if let Some(size) = options.size {
        // At most `MOST_SIDE`.
        scale(pixels, shape, size.map(|side| side as usize), notes)?;
    }
    if options.grey && shape[0] == 1 {
        notes.say(GREY_ALREADY);
    } else if options.grey {
        grey(pixels, shape);
        notes.say(GREY);
    }
    Ok(())
}

/// Scales images to rows and columns: smaller ones by the mean over the area of each pixel, larger ones as photographs.
fn scale(
    pixels: &mut Vec<u8>,
    shape: &mut [usize; 3],
    [rows, columns]: [usize; 2],
    notes: &mut Notes,
) -> Result<(), String> {
    let [channels, height, width] = *shape;
    let images = pixels.len() / (channels * height * width);
    let (from, to) = ([height, width], [rows, columns]);
    if from == to {
        notes.say(same_size(to));
        return Ok(());
    }
    if enlarges(from, to) {
        *pixels = enlarge(pixels, [images * channels, height, width], to)?;
    } else {
        shrink(pixels, *shape, to);
    }
    let sizes = format!("from {height}×{width} to {rows}×{columns}");
    notes.say(other_size(from, to, &sizes, "area mean"));
    *shape = [channels, rows, columns];
    Ok(())
}

/// Planes `[planes, height, width]` at a larger size.
fn enlarge(
    pixels: &[u8],
    [planes, height, width]: [usize; 3],
    [rows, columns]: [usize; 2],
) -> Result<Vec<u8>, String> {
    let mut larger = Vec::new();
    let all = volume(&[planes, rows, columns].map(|size| size as u64))?;
    reserve(&mut larger, all)?;
    let area = height * width;
    // The planes do not mix, and one picture of three colours takes no longer than one plane.
    for group in pixels.chunks(3 * area) {
        // Sides are at most `MOST_SIDE`.
        let three = RgbImage::from_fn(width as u32, height as u32, |x, y| {
            let at = y as usize * width + x as usize;
            Rgb([0, 1, 2].map(|plane| group.get(plane * area + at).copied().unwrap_or(0)))
        });
        let three = photo::fill(
            &DynamicImage::ImageRgb8(three),
            [rows as u32, columns as u32],
        );
        let three = three.into_rgb8();
        for plane in 0..group.len() / area {
            larger.extend(three.as_raw().iter().skip(plane).step_by(3));
        }
    }
    Ok(larger)
}

/// Scales images `[images, channels, height, width]` down where they lie, so that it takes no memory.
fn shrink(
    pixels: &mut Vec<u8>,
    [channels, height, width]: [usize; 3],
    [rows, columns]: [usize; 2],
) {
    let step = step([height, width], [rows, columns]);
    let down = Axis::new(height, rows, step);
    let across = Axis::new(width, columns, step);
    let whole = down.whole * across.whole;
    // Each row of a plane at its new width, times `across.whole`.
    let mut narrow = vec![0; height * columns];
    let mut sums = vec![0; columns];
    let mut small = Vec::with_capacity(channels * rows * columns);
    let volume = channels * height * width;
    for image in 0..pixels.len() / volume {
        small.clear();
        for plane in pixels[image * volume..][..volume].chunks_exact(height * width) {
            let lines = plane.chunks_exact(width);
            for (line, narrow) in lines.zip(narrow.chunks_exact_mut(columns)) {
                across.means(line, narrow);
            }
            for (first, weights) in &down.pixels {
                sums.fill(0);
                for (line, weight) in narrow.chunks_exact(columns).skip(*first).zip(weights) {
                    for (sum, value) in sums.iter_mut().zip(line) {
                        *sum += weight * value;
                    }
                }
                // A mean of bytes is a byte.
                small.extend(sums.iter().map(|sum| ((sum + whole / 2) / whole) as u8));
            }
        }
        pixels[image * small.len()..][..small.len()].copy_from_slice(&small);
    }
    pixels.truncate(pixels.len() / volume * small.len());
    pixels.shrink_to_fit();
}

/// Pixels of an image that one of the smaller image covers on each side, as a fraction in lowest terms.
fn step([height, width]: [usize; 2], [rows, columns]: [usize; 2]) -> [usize; 2] {
    let step = match height * columns <= width * rows {
        true => [height, rows],
        false => [width, columns],
    };
    let [mut divisor, mut rest] = step;
    while rest > 0 {
        [divisor, rest] = [rest, divisor % rest];
    }
    step.map(|side| side / divisor)
}

/// What the pixels of a side are means of.
struct Axis {
    /// For each the first pixel that it covers, and how much of that and those behind it, in parts of a pixel.
    pixels: Vec<(usize, Vec<u32>)>,
    /// What the parts of each add up to.
    whole: u32,
}

impl Axis {
    /// From `long` pixels the ones in the middle to `short`, each of which covers `of / by` of them. A pixel has `2 · by` parts, so that
    /// also the middle is a whole number of them.
    fn new(long: usize, short: usize, [of, by]: [usize; 2]) -> Self {
        let (part, whole) = (2 * by, 2 * of);
        let mut before = long * by - short * of;
        // What is only cut keeps its pixels.
        if of == by {
            before -= before % part;
        }
        let pixel = |at: usize| {
            let (start, end) = (before + at * whole, before + (at + 1) * whole);
            let first = start / part;
            let covered = first..end.div_ceil(part);
            // At most twice `MOST_SIDE`.
            let weight =
                |pixel: usize| ((end.min((pixel + 1) * part)) - start.max(pixel * part)) as u32;
            (first, covered.map(weight).collect())
        };
        Self {
            pixels: (0..short).map(pixel).collect(),
            // At most twice `MOST_SIDE`: the product of two and a byte fits.
            whole: whole as u32,
        }
    }

    /// The means of a line, times [`Axis::whole`].
    fn means(&self, line: &[u8], means: &mut [u32]) {
        for (mean, (first, weights)) in means.iter_mut().zip(&self.pixels) {
            let covered = line[*first..].iter().zip(weights);
            *mean = covered
                .map(|(&value, weight)| u32::from(value) * weight)
                .sum();
        }
    }
}

/// Makes one plane of three, where they lie, as the decoder of photographs does.
fn grey(pixels: &mut Vec<u8>, shape: &mut [usize; 3]) {
    let [channels, height, width] = *shape;
    let (area, volume) = (height * width, channels * height * width);
    for image in 0..pixels.len() / volume {
        let planes = &pixels[image * volume..][..volume];
        // Sides are at most `MOST_SIDE`.
        let colours = RgbImage::from_fn(width as u32, height as u32, |x, y| {
            let at = y as usize * width + x as usize;
            Rgb([0, 1, 2].map(|channel| planes[channel * area + at]))
        });
        let grey = DynamicImage::ImageRgb8(colours).into_luma8();
        pixels[image * area..][..area].copy_from_slice(grey.as_raw());
    }
    pixels.truncate(pixels.len() / channels);
    pixels.shrink_to_fit();
    shape[0] = 1;
}
