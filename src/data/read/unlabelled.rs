//! Images without classes, in the shape of a network that names them: a picture, or what else holds images.

use std::fmt;

use super::limits::MOST_SIDE;
use super::notes::Notes;
use super::options::Options;
use super::parts::Images;
use super::scale::{self, GREY};
use super::source::{File, Kind, Source};
use super::{Format, Request, cifar, folder, idx, npz, recognise, unused};
use crate::data::DataError;

/// What is said of grey images for a network of colours.
const COLOURED: &str = "grey images are read with three equal planes, as the network takes colours";

/// Images in the shape of a network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unlabelled {
    /// `[images, channels, height, width]`
    pub pixels: Vec<u8>,
    /// Where each is from.
    pub names: Vec<ImageName>,
    /// What was scaled, turned, left out or guessed: sentences for a person.
    pub notes: Vec<String>,
    /// What could not be read.
    pub refused: Vec<Refused>,
}

/// A picture that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub why: DataError,
    /// How many images were read before it.
    pub before: usize,
}

/// Where an image is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    /// The file.
    pub file: String,
    /// Its place there, counted from 0, where a file holds several.
    pub image: Option<usize>,
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.image {
            Some(image) => write!(f, "{}, image {image}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// What a network takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// `[channels, height, width]`
    pub shape: [usize; 3],
    /// The pixel of white (see [`Dataset::white`](crate::data::Dataset::white)).
    pub white: u8,
}

impl Unlabelled {
    /// Reads the images at a path: a picture, an array, an archive, a folder.
    ///
    /// A picture that cannot be read is in [`Unlabelled::refused`].
    ///
    /// # Errors
    /// As [`read_path`](super::read_path); a file that holds no image.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn read_path(path: &str, input: Input) -> Result<Self, DataError> {
        let file = std::path::Path::new(path);
        let refuse = |message: &str| DataError::Data {
            name: path.to_owned(),
            message: message.to_owned(),
        };
        if !file.exists() {
            return Err(refuse("there is no such file"));
        }
        if !file.is_file() && !file.is_dir() {
            return Err(refuse(
                "it is neither a file nor a folder: save it to a file first",
            ));
        }
        read(Source::from_path(path, file)?, input)
    }

    /// Reads the images in named blobs, as a browser hands over files.
    ///
    /// A picture that cannot be read is in the notes where there is another that can.
    ///
    /// # Errors
    /// As [`read_blobs`](super::read_blobs); blobs that hold no image.
    pub fn from_files(
        name: &str,
        blobs: Vec<(String, Vec<u8>)>,
        input: Input,
    ) -> Result<Self, DataError> {
        let mut images = read(Source::from_blobs(name, blobs)?, input)?;
        let mut refused = std::mem::take(&mut images.refused).into_iter();
        if images.names.is_empty()
            && let Some(first) = refused.next()
        {
            return Err(first.why);
        }
        images.notes.extend(refused.map(|one| one.why.to_string()));
        Ok(images)
    }

    /// Puts others behind them.
    pub fn append(&mut self, other: Self) {
        let read = self.names.len();
        self.refused
            .extend(other.refused.into_iter().map(|one| Refused {
                before: read + one.before,
                ..one
            }));
        self.pixels.extend(other.pixels);
        self.names.extend(other.names);
        let new = other.notes.into_iter();
        let new: Vec<String> = new.filter(|note| !self.notes.contains(note)).collect();
        self.notes.extend(new);
    }

    /// Puts what could not be read behind them.
    pub fn refuse(&mut self, file: String, why: DataError) {
        self.refused.push(Refused {
            file,
            why,
            before: self.names.len(),
        });
    }
}

fn read(mut source: Source, input: Input) -> Result<Unlabelled, DataError> {
    let [channels, height, width] = input.shape;
    if !matches!(channels, 1 | 3) || height.max(width) > MOST_SIDE {
        return Err(DataError::Data {
            name: source.name,
            message: format!("no image has the {channels}×{height}×{width} that the network takes"),
        });
    }
    let mut notes = std::mem::take(&mut source.notes);
    let mut refused = Vec::new();
    for (file, why) in folder::misnamed(&source) {
        refused.push(Refused::new(file, 0, why));
    }
    let recognised = recognise(&source);
    if recognised.is_err() && !refused.is_empty() {
        return Ok(Unlabelled {
            refused,
            ..Unlabelled::default()
        });
    }
    let format = recognised.map_err(|error| match error {
        DataError::Data { name, .. } => DataError::Data {
            name,
            message: "no image is found: use PNG, JPEG, WebP, BMP, GIF, PNM, NPZ, NPY, IDX or CIFAR binary, or a folder or archive of them"
                .to_owned(),
        },
        error => error,
    })?;
    unused(&source, &format, &mut notes);
    let mut request = Request {
        options: Options::default(),
        notes,
        progress: &mut |_, _| (),
        shown: 0,
    };
    let mut taken = Taken {
        input,
        images: Images::default(),
        names: Vec::new(),
        refused,
    };
    match &format {
        Format::Folder => taken.pictures(&source, &mut request)?,
        Format::Idx => {
            for (file, images) in idx::unlabelled(&source, &mut request)? {
                taken.array(file, images, &mut request.notes)?;
            }
        }
        Format::Npz => {
            for (file, images) in npz::unlabelled(&source, &mut request)? {
                taken.array(file, images, &mut request.notes)?;
            }
        }
        Format::Cifar(variant, files) => {
            for file in files {
                let images = cifar::read(&source, *variant, &[*file], &mut request)?;
                taken.array(file.1, images, &mut request.notes)?;
            }
        }
    }
    if taken.names.is_empty() && taken.refused.is_empty() {
        return Err(DataError::Data {
            name: source.name,
            message: "it holds no image; an array of images is [count, height, width], or [height, width] of one grey picture"
                .to_owned(),
        });
    }
    Ok(Unlabelled {
        pixels: taken.images.pixels,
        names: taken.names,
        notes: request.notes.into_sentences(),
        refused: taken.refused,
    })
}

impl Refused {
    fn new(file: &File, before: usize, why: DataError) -> Self {
        Self {
            file: file.shown(),
            why,
            before,
        }
    }
}

/// Images as they are brought to the shape of a network.
struct Taken {
    input: Input,
    images: Images,
    names: Vec<ImageName>,
    refused: Vec<Refused>,
}

impl Taken {
    /// Takes every picture of a source, as a viewer shows it.
    fn pictures(&mut self, source: &Source, request: &mut Request<'_>) -> Result<(), DataError> {
        let pictures = source.files.iter().filter_map(|file| match file.kind {
            Kind::Image(format) => Some((file, format)),
            _ => None,
        });
        let mut pictures: Vec<_> = pictures.collect();
        pictures.retain(|&(file, format)| {
            let refused = folder::check_depth(file, format).err();
            let readable = refused.is_none();
            let refused = refused.map(|why| Refused::new(file, 0, why));
            self.refused.extend(refused);
            readable
        });
        let white = folder::white(&pictures, request)?;
        let [channels, height, width] = self.input.shape.map(|size| size as u64);
        for (file, format) in pictures {
            let mut picture = match folder::prepare(file, format, white, request) {
                Ok(picture) => picture,
                Err(why) => {
                    let refused = Refused::new(file, self.names.len(), why);
                    self.refused.push(refused);
                    continue;
                }
            };
            // At most `MOST_SIDE`.
            folder::scale(
                &mut picture,
                [height as u32, width as u32],
                &file.name,
                &mut request.notes,
            );
            match (channels, picture.has_colour()) {
                (1, true) => request.notes.of(GREY, &file.name),
                (3, false) => request.notes.of(COLOURED, &file.name),
                _ => {}
            }
            let room = self.images.expect(1, [channels, height, width], |message| {
                file.error(0, message)
            });
            room?;
            let before = self.images.pixels.len();
            picture.append_to(&mut self.images.pixels, channels, white);
            // A viewer shows 255 as white.
            if self.input.white < 255 {
                self.scale_to_white(before, &mut request.notes);
            }
            self.names.push(ImageName {
                file: file.shown(),
                image: None,
            });
        }
        Ok(())
    }

    /// Takes the images of an array.
    fn array(&mut self, file: &File, images: Images, notes: &mut Notes) -> Result<(), DataError> {
        let Images {
            mut pixels,
            mut shape,
            ..
        } = images;
        let [channels, height, width] = self.input.shape;
        let refuse = |message: String| file.error(0, message);
        let from = [shape[1], shape[2]];
        let options = Options {
            // At most `MOST_SIDE`.
            size: (from != [height, width]).then_some([height as u32, width as u32]),
            grey: shape[0] == 3 && channels == 1,
            ..Options::default()
        };
        scale::apply(&options, &mut pixels, &mut shape, notes).map_err(refuse)?;
        let area = height * width;
        let repeat = match shape[0] == 1 && channels == 3 {
            true => 3,
            false => 1,
        };
        if repeat == 3 {
            notes.of(COLOURED, &file.name);
        }
        let count = pixels.len() / (shape[0] * area);
        let sizes = self.input.shape.map(|size| size as u64);
        self.images.expect(count as u64, sizes, refuse)?;
        let before = self.images.pixels.len();
        for plane in pixels.chunks_exact(area) {
            for _ in 0..repeat {
                self.images.pixels.extend_from_slice(plane);
            }
        }
        let most = pixels.iter().max().copied().unwrap_or(0);
        if most > self.input.white {
            self.scale_to_white(before, notes);
        } else if self.input.white == 255 && most < 64 {
            notes.of(
                &format!("no pixel is brighter than {most} of 255: very dark, or of another range"),
                &file.name,
            );
        }
        self.names.extend((0..count).map(|image| ImageName {
            file: file.shown(),
            image: Some(image),
        }));
        Ok(())
    }

    /// Brings pixels up to 255, from a place on, to those that the network knows.
    fn scale_to_white(&mut self, from: usize, notes: &mut Notes) {
        let white = self.input.white;
        for pixel in &mut self.images.pixels[from..] {
            // At most `white`.
            *pixel = ((u32::from(*pixel) * u32::from(white) + 127) / 255) as u8;
        }
        notes.say(format!(
            "pixels from 0 to 255 are read as 0 to {white}, as the network was trained on"
        ));
    }
}
