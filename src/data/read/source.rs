//! Where the bytes are: files in a folder, members of an archive or blobs in memory, all under names with `/`.

use std::io::{self, BufRead, BufReader, Cursor, Read};
#[cfg(not(target_arch = "wasm32"))]
use std::io::{Seek, SeekFrom};
#[cfg(not(target_arch = "wasm32"))]
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::bufread::DeflateDecoder;

use super::kind::{Kind, kind};
#[cfg(not(target_arch = "wasm32"))]
use super::limits::MOST_FILES;
use super::limits::{LONGEST_NAME, MOST_NESTED, MOST_PIXELS};
use super::stream::{Checked, Gunzip, Stream};
use super::{tar, zip};
use crate::data::DataError;

/// The files of a data set, sorted by name.
pub struct Source {
    /// What messages and the data set are called.
    pub name: String,
    /// The files; archives are already opened.
    pub files: Vec<File>,
    /// `zip`, `tar.gz` and so on, outermost first.
    pub wraps: Vec<&'static str>,
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
        format!("{}{}", self.prefix, self.name)
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
        let packed = zip::skip_local_header(bytes, self, packed)?;
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
    fn place(&self) -> Result<Place, DataError> {
        if matches!(self.packing, Packing::Plain) && !self.is_gzip()? {
            return Ok(self.place.clone());
        }
        Ok(Place::memory(self.open()?.all(2 * MOST_PIXELS)?))
    }
}

const GZIP: [u8; 2] = [0x1f, 0x8b];

impl Source {
    /// Blobs with names, as a browser hands over dropped files.
    ///
    /// # Errors
    /// [`DataError::File`] for names that lead outside and for damaged archives.
    pub fn from_blobs(name: &str, blobs: Vec<(String, Vec<u8>)>) -> Result<Self, DataError> {
        let files = blobs
            .into_iter()
            .map(|(name, bytes)| {
                Ok(File {
                    name: clean_name(&name).map_err(|message| DataError::File {
                        file: shorten(&name),
                        offset: 0,
                        message,
                    })?,
                    prefix: "".into(),
                    place: Place::memory(bytes),
                    packing: Packing::Plain,
                    kind: Kind::Other,
                })
            })
            .collect::<Result<_, _>>()?;
        Self::opened(name, files)
    }

    /// A file, or every file of a folder. Hidden files are left out, links are refused.
    ///
    /// # Errors
    /// [`DataError::File`] for what cannot be read, for links and for damaged archives.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn from_path(name: &str, path: &Path) -> Result<Self, DataError> {
        let failed = |error: io::Error| DataError::File {
            file: path.display().to_string(),
            offset: 0,
            message: format!("cannot be read: {error}"),
        };
        let meta = std::fs::metadata(path).map_err(failed)?;
        let mut files = Vec::new();
        if meta.is_dir() {
            let prefix: Arc<str> = format!("{}/", path.display()).into();
            list(path, "", &prefix, 0, &mut files)?;
        } else {
            let file = path.file_name().unwrap_or(path.as_os_str());
            let parent = path.parent().filter(|parent| *parent != Path::new(""));
            files.push(File {
                name: file.to_string_lossy().into_owned(),
                prefix: parent
                    .map(|parent| format!("{}/", parent.display()))
                    .unwrap_or_default()
                    .into(),
                place: Place {
                    bytes: Bytes::Disk(Arc::new(path.to_owned())),
                    start: 0,
                    length: meta.len(),
                },
                packing: Packing::Plain,
                kind: Kind::Other,
            });
        }
        Self::opened(name, files)
    }

    /// Sorts the files, and opens the archive where one file is all there is.
    fn opened(name: &str, files: Vec<File>) -> Result<Self, DataError> {
        let mut source = Self {
            name: name.to_owned(),
            files,
            wraps: Vec::new(),
        };
        for depth in 0.. {
            source.identify()?;
            let Some(archive) = source.only_archive() else {
                break;
            };
            if depth == MOST_NESTED {
                return Err(archive.error(0, "too many archives inside each other"));
            }
            let shown = archive.shown();
            let place = archive.place()?;
            let (wrap, files) = match archive.kind {
                Kind::Zip => ("zip", zip::members(&place, &shown)?),
                _ if archive.is_gzip()? => ("tar.gz", tar::members(&place, &shown)?),
                _ => ("tar", tar::members(&place, &shown)?),
            };
            source.files = files;
            source.wraps.push(wrap);
        }
        Ok(source)
    }

    /// Sorts the files and sees what each is.
    fn identify(&mut self) -> Result<(), DataError> {
        self.files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let twice = |pair: &&[File]| pair[0].name == pair[1].name;
        if let Some(pair) = self.files.windows(2).find(twice) {
            return Err(pair[1].error(0, "this name occurs twice"));
        }
        for file in &mut self.files {
            file.kind = kind(file)?;
        }
        Ok(())
    }

    /// The archive, if there is exactly one and nothing else that could be data.
    fn only_archive(&self) -> Option<&File> {
        let mut data = self
            .files
            .iter()
            .filter(|file| !matches!(file.kind, Kind::Other | Kind::Nothing));
        let first = data.next()?;
        (matches!(first.kind, Kind::Zip | Kind::Tar) && data.next().is_none()).then_some(first)
    }
}

/// A name as [`File::name`] has it, without `.` parts.
///
/// # Errors
/// A reason for absolute names, `..`, backslashes, control characters and overlong names.
pub fn clean_name(name: &str) -> Result<String, String> {
    let refused = |why| Err(format!("the name '{}' {why}: refused", shorten(name)));
    if name.len() > LONGEST_NAME {
        return refused("is too long");
    }
    if name
        .chars()
        .any(|letter| letter == '\\' || letter.is_control())
    {
        return refused("has a backslash or a control character");
    }
    if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') {
        return refused("is absolute");
    }
    let parts: Vec<&str> = name
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    if parts.contains(&"..") {
        return refused("leads outside");
    }
    if parts.is_empty() {
        return refused("is empty");
    }
    Ok(parts.join("/"))
}

/// Whether any part of a name is hidden or belongs to a Mac's archive.
pub fn hidden(name: &str) -> bool {
    name.split('/')
        .any(|part| part.starts_with('.') || part == "__MACOSX")
}

/// At most 80 characters of a name, safe to print.
pub fn shorten(name: &str) -> String {
    name.chars()
        .take(80)
        .map(|letter| if letter.is_control() { '?' } else { letter })
        .collect()
}

/// Adds the files below a folder.
#[cfg(not(target_arch = "wasm32"))]
fn list(
    folder: &Path,
    inside: &str,
    prefix: &Arc<str>,
    depth: usize,
    files: &mut Vec<File>,
) -> Result<(), DataError> {
    let at = |path: &Path, message: String| DataError::File {
        file: path.display().to_string(),
        offset: 0,
        message,
    };
    if depth > super::limits::DEEPEST {
        return Err(at(folder, "too many folders inside each other".into()));
    }
    let failed = |error: io::Error| at(folder, format!("cannot be read: {error}"));
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = format!("{inside}{}", name.to_string_lossy());
        let kind = entry.file_type().map_err(failed)?;
        if hidden(&name) {
            continue;
        }
        let path = entry.path();
        if kind.is_symlink() {
            return Err(at(
                &path,
                "is a link: put the file or folder itself here".into(),
            ));
        }
        if kind.is_dir() {
            list(&path, &format!("{name}/"), prefix, depth + 1, files)?;
        } else if kind.is_file() {
            if files.len() == MOST_FILES {
                return Err(at(folder, format!("more than {MOST_FILES} files")));
            }
            let length = entry.metadata().map_err(failed)?.len();
            files.push(File {
                name,
                prefix: prefix.clone(),
                place: Place {
                    bytes: Bytes::Disk(Arc::new(path)),
                    start: 0,
                    length,
                },
                packing: Packing::Plain,
                kind: Kind::Other,
            });
        }
    }
    Ok(())
}
