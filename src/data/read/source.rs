//! Where the bytes are: files in a folder, members of an archive or blobs in memory, all under names with `/`.

use std::io::{self, BufRead, BufReader, Cursor, Read};
#[cfg(not(target_arch = "wasm32"))]
use std::io::{Seek, SeekFrom};
#[cfg(not(target_arch = "wasm32"))]
use std::path::PathBuf;
use std::sync::Arc;

use flate2::bufread::DeflateDecoder;
use image::ImageFormat;

use super::limits::MOST_PIXELS;
use super::names::RawName;
use super::notes::Notes;
use super::stream::{Checked, Gunzip, Stream};
use crate::data::DataError;
use crate::visible::visible;

/// The files of a data set, sorted by name.
pub struct Source {
    /// What messages and the data set are called.
    pub name: String,
    /// The files; archives are already opened.
    pub files: Vec<File>,
    /// Folders that are listed themselves, also without a file in them.
    pub folders: Vec<String>,
    /// `zip`, `tar.gz` and so on, outermost first.
    pub wraps: Vec<&'static str>,
    /// What was left out or guessed on the way.
    pub notes: Notes,
}

/// An entry of a folder or an archive before its name is text.
pub struct Listed {
    /// Its name.
    pub name: RawName,
    /// Whether backslashes are what stands between the parts of its name.
    pub backslashes: bool,
    /// Position in the archive, for messages.
    pub offset: u64,
    /// Where its bytes are; `None` for a folder.
    pub bytes: Option<(Place, Packing)>,
}

/// One file.
#[derive(Clone)]
pub struct File {
    /// Path inside the source, parts separated by `/`.
    pub name: String,
    /// What stands before the name in messages.
    pub prefix: Arc<str>,
    /// Where its bytes are.
    pub place: Place,
    /// Whether they are packed.
    pub packing: Packing,
    /// What they are, once the [`Source`] has looked.
    pub kind: Kind,
}

/// A range of bytes on disk or in memory.
#[derive(Clone)]
pub struct Place {
    bytes: Bytes,
    start: u64,
    /// Number of bytes.
    pub length: u64,
}

#[derive(Clone)]
enum Bytes {
    Memory(Arc<Vec<u8>>),
    #[cfg(not(target_arch = "wasm32"))]
    Disk(Arc<PathBuf>),
}

/// Lets a cursor own its share of the bytes.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// How the bytes of a [`File`] are packed. Gzip is seen from the bytes themselves.
#[derive(Clone, Copy)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// A member of a zip, at [`Place`]'s start behind its local header.
    Member {
        /// Deflate; else stored.
        deflate: bool,
        /// Bytes as they lie there.
        packed: u64,
        /// Bytes when unpacked.
        size: u64,
        /// Checksum of those.
        crc: u32,
    },
}

impl Place {
    /// Bytes in memory.
    pub fn memory(bytes: Vec<u8>) -> Self {
        Self {
            start: 0,
            length: bytes.len() as u64,
            bytes: Bytes::Memory(Arc::new(bytes)),
        }
    }

    /// A file of this many bytes.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn disk(path: PathBuf, length: u64) -> Self {
        Self {
            bytes: Bytes::Disk(Arc::new(path)),
            start: 0,
            length,
        }
    }

    /// A part of it, if it lies inside.
    pub fn part(&self, start: u64, length: u64) -> Option<Self> {
        let end = start.checked_add(length)?;
        (end <= self.length).then(|| Self {
            bytes: self.bytes.clone(),
            start: self.start + start,
            length,
        })
    }

    /// Reads from the first byte on.
    pub fn read(&self) -> io::Result<Box<dyn BufRead>> {
        match &self.bytes {
            Bytes::Memory(bytes) => {
                let mut cursor = Cursor::new(Shared(bytes.clone()));
                cursor.set_position(self.start);
                Ok(Box::new(cursor.take(self.length)))
            }
            #[cfg(not(target_arch = "wasm32"))]
            Bytes::Disk(path) => {
                let mut file = std::fs::File::open(path.as_path())?;
                if self.start > 0 {
                    file.seek(SeekFrom::Start(self.start))?;
                }
                Ok(Box::new(BufReader::with_capacity(
                    1 << 16,
                    file.take(self.length),
                )))
            }
        }
    }
}

impl File {
    /// What messages call it.
    pub fn shown(&self) -> String {
        visible(&format!("{}{}", self.prefix, self.name))
    }

    /// Its error at a position.
    pub fn error(&self, offset: u64, message: impl Into<String>) -> DataError {
        DataError::File {
            file: self.shown(),
            offset,
            message: message.into(),
        }
    }

    /// Bytes when unpacked from its archive (but not from gzip).
    pub fn size(&self) -> u64 {
        match self.packing {
            Packing::Plain => self.place.length,
            Packing::Member { size, .. } => size,
        }
    }

    /// Whether its bytes start with the mark of gzip; [`File::open`] then unpacks them.
    pub fn is_gzip(&self) -> Result<bool, DataError> {
        Ok(self.raw()?.array::<2>("").is_ok_and(|mark| mark == GZIP))
    }

    /// Its bytes, unpacked from zip and gzip.
    ///
    /// # Errors
    /// [`DataError::File`] if it cannot be opened or its archive's headers are damaged.
    pub fn open(&self) -> Result<Stream, DataError> {
        let mut bytes = self.bytes()?;
        let mut mark = Vec::with_capacity(2);
        bytes
            .by_ref()
            .take(2)
            .read_to_end(&mut mark)
            .map_err(|error| self.error(0, error.to_string()))?;
        let gzip = mark == GZIP;
        let bytes = Cursor::new(mark).chain(bytes);
        Ok(if gzip {
            Stream::new(
                format!("{} (unpacked)", self.shown()),
                Box::new(BufReader::with_capacity(1 << 16, Gunzip::new(bytes))),
            )
        } else {
            Stream::new(self.shown(), Box::new(bytes))
        })
    }

    /// Its bytes as they come out of its archive.
    fn raw(&self) -> Result<Stream, DataError> {
        Ok(Stream::new(self.shown(), self.bytes()?))
    }

    fn bytes(&self) -> Result<Box<dyn BufRead>, DataError> {
        let bytes = self
            .place
            .read()
            .map_err(|error| self.error(0, format!("cannot be read: {error}")))?;
        let Packing::Member {
            deflate,
            packed,
            size,
            crc,
        } = self.packing
        else {
            return Ok(bytes);
        };
        let packed = skip_local_header(bytes, self, packed)?;
        Ok(if deflate {
            Box::new(BufReader::new(Checked::new(
                DeflateDecoder::new(packed),
                size,
                crc,
            )))
        } else {
            Box::new(BufReader::new(Checked::new(packed, size, crc)))
        })
    }

    /// Its bytes as a range of their own, unpacked in memory unless they lie plainly somewhere.
    pub fn place(&self) -> Result<Place, DataError> {
        if matches!(self.packing, Packing::Plain) && !self.is_gzip()? {
            return Ok(self.place.clone());
        }
        Ok(Place::memory(self.open()?.all(2 * MOST_PIXELS)?))
    }
}

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What the first bytes say. CIFAR's records have no mark: they are [`Kind::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A zip, which an NPZ is too.
    Zip,
    /// A tar, plain or in gzip.
    Tar,
    /// An IDX array, plain or in gzip.
    Idx,
    /// A NumPy array.
    Npy,
    /// A picture.
    Image(ImageFormat),
    /// A picture, film or document in a format that is not read, by its name.
    Unread(&'static str),
    /// What was saved in place of the file that the name promises, in words.
    Instead(&'static str),
    /// Pickled Python objects, never read.
    Pickle,
    /// Nothing in it.
    Nothing,
    /// Anything else.
    Other,
}

impl Kind {
    /// Whether it could be a data set, or a piece of one.
    pub fn is_data(self) -> bool {
        !matches!(self, Kind::Instead(_) | Kind::Nothing | Kind::Other)
    }
}

/// Bytes of a local header without its names.
const LOCAL: usize = 30;

/// Leaves exactly a member's `packed` bytes to read, from the start of its local header.
///
/// # Errors
/// [`DataError::File`] if there is no local header.
pub fn skip_local_header(
    mut bytes: Box<dyn BufRead>,
    file: &File,
    packed: u64,
) -> Result<Box<dyn BufRead>, DataError> {
    let damaged = || file.error(0, "its header in the zip is damaged");
    let mut head = [0; LOCAL];
    bytes.read_exact(&mut head).map_err(|_| damaged())?;
    if !head.starts_with(b"PK\x03\x04") {
        return Err(damaged());
    }
    let [name, extra] = [26, 28].map(|at| u64::from(u16::from_le_bytes([head[at], head[at + 1]])));
    let names = name + extra;
    let skipped = std::io::copy(&mut bytes.by_ref().take(names), &mut std::io::sink());
    if !skipped.is_ok_and(|skipped| skipped == names) {
        return Err(damaged());
    }
    Ok(Box::new(bytes.take(packed)))
}
