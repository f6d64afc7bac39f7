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
use super::limits::{MOST_NESTED, MOST_PIXELS};
#[cfg(not(target_arch = "wasm32"))]
use super::names::is_foreign;
use super::names::{Decoded, RawName, clean_name, decode, foreign, is_usual};
use super::notes::Notes;
use super::stream::{Checked, Gunzip, Stream};
use super::{tar, zip};
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
    fn disk(path: PathBuf, length: u64) -> Self {
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
        let listed = |(name, bytes): (String, Vec<u8>)| Listed {
            name: RawName {
                bytes: name.into_bytes(),
                marked: true,
            },
            backslashes: false,
            offset: 0,
            bytes: Some((Place::memory(bytes), Packing::Plain)),
        };
        let mut source = Self::new(name);
        source.take(blobs.into_iter().map(listed).collect(), "")?;
        source.opened()
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
        let mut source = Self::new(name);
        if meta.is_dir() {
            let mut listed = Vec::new();
            list(path, &[], 0, &mut listed, &mut source.notes)?;
            source.take(listed, &format!("{}/", path.display()))?;
        } else {
            let file = path.file_name().unwrap_or(path.as_os_str());
            let parent = path.parent().filter(|parent| *parent != Path::new(""));
            source.files.push(File {
                name: file.to_string_lossy().into_owned(),
                prefix: parent
                    .map(|parent| format!("{}/", parent.display()))
                    .unwrap_or_default()
                    .into(),
                place: Place::disk(path.to_owned(), meta.len()),
                packing: Packing::Plain,
                kind: Kind::Other,
            });
        }
        source.opened()
    }

    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            files: Vec::new(),
            folders: Vec::new(),
            wraps: Vec::new(),
            notes: Notes::default(),
        }
    }

    /// Makes files and folders of what was listed. Messages put `prefix` before their names.
    fn take(&mut self, listed: Vec<Listed>, prefix: &str) -> Result<(), DataError> {
        self.files.clear();
        self.folders.clear();
        let archive = prefix.trim_end_matches([':', ' ']);
        let error = |offset: u64, message: String| DataError::File {
            file: archive.to_owned(),
            offset,
            message,
        };
        let (raw, rest): (Vec<_>, Vec<_>) = listed
            .into_iter()
            .map(|entry| (entry.name, (entry.backslashes, entry.offset, entry.bytes)))
            .unzip();
        let Decoded { names, encoding } = decode(&raw).map_err(|(at, message)| {
            let shown = visible(&String::from_utf8_lossy(&raw[at].bytes));
            error(rest[at].1, format!("'{shown}': {message}"))
        })?;
        if let Some(encoding) = encoding {
            self.notes
                .say(format!("names that are no UTF-8 are read as {encoding}"));
        }
        let prefix: Arc<str> = prefix.into();
        for (name, (backslashes, offset, bytes)) in names.into_iter().zip(rest) {
            let name = if backslashes {
                name.replace('\\', "/")
            } else {
                name
            };
            if bytes.is_none() && matches!(name.as_str(), "." | "./") {
                continue;
            }
            let folder = name.ends_with('/');
            let name = clean_name(&name).map_err(|message| error(offset, message))?;
            if let Some(foreign) = foreign(&name) {
                leave_out(&mut self.notes, foreign);
                continue;
            }
            match bytes {
                Some((place, packing)) if !folder => self.files.push(File {
                    name,
                    prefix: prefix.clone(),
                    place,
                    packing,
                    kind: Kind::Other,
                }),
                _ => self.folders.push(name),
            }
        }
        Ok(())
    }

    /// Opens the archive where one file is all there is.
    fn opened(mut self) -> Result<Self, DataError> {
        for depth in 0.. {
            self.identify()?;
            let Some(archive) = self.only_archive().cloned() else {
                break;
            };
            for file in &self.files {
                unread(file, &mut self.notes);
            }
            if depth == MOST_NESTED {
                return Err(archive.error(0, "too many archives inside each other"));
            }
            let shown = archive.shown();
            let place = archive.place()?;
            let (wrap, listed) = match archive.kind {
                Kind::Zip => ("zip", zip::members(&place, &shown)?),
                _ if archive.is_gzip()? => ("tar.gz", tar::members(&place, &shown)?),
                _ => ("tar", tar::members(&place, &shown)?),
            };
            self.take(listed, &format!("{shown}: "))?;
            self.wraps.push(wrap);
        }
        Ok(self)
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
            .filter(|file| !matches!(file.kind, Kind::Other | Kind::Nothing | Kind::Unread(_)));
        let first = data.next()?;
        (matches!(first.kind, Kind::Zip | Kind::Tar) && data.next().is_none()).then_some(first)
    }
}

/// Says that a file is in a format that is not read, if it is.
pub fn unread(file: &File, notes: &mut Notes) {
    if let Kind::Unread(what) = file.kind {
        notes.of(&format!("left out, {what} is not read"), &file.name);
    }
}

/// Says that something hidden or another program's is left out, unless everybody expects that.
fn leave_out(notes: &mut Notes, foreign: &str) {
    if !is_usual(foreign) {
        notes.once("left out, hidden or another program's", foreign);
    }
}

/// Adds the files and folders below a folder whose name inside the source is `inside`.
#[cfg(not(target_arch = "wasm32"))]
fn list(
    folder: &Path,
    inside: &[u8],
    depth: usize,
    listed: &mut Vec<Listed>,
    notes: &mut Notes,
) -> Result<(), DataError> {
    let at = |path: &Path, message: String| DataError::File {
        file: visible(&path.display().to_string()),
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
        let raw = raw_name(inside, &name);
        if is_foreign(&name.to_string_lossy()) {
            leave_out(notes, &String::from_utf8_lossy(&raw.bytes));
            continue;
        }
        let kind = entry.file_type().map_err(failed)?;
        let path = entry.path();
        if kind.is_symlink() {
            return Err(at(
                &path,
                "is a link: put the file or folder itself here".into(),
            ));
        }
        let bytes = if kind.is_dir() {
            let mut inside = raw.bytes.clone();
            inside.push(b'/');
            list(&path, &inside, depth + 1, listed, notes)?;
            None
        } else if kind.is_file() {
            let length = entry.metadata().map_err(failed)?.len();
            Some((Place::disk(path, length), Packing::Plain))
        } else {
            continue;
        };
        if listed.len() == MOST_FILES {
            return Err(at(folder, format!("more than {MOST_FILES} files")));
        }
        listed.push(Listed {
            name: raw,
            backslashes: false,
            offset: 0,
            bytes,
        });
    }
    Ok(())
}

/// A name on disk below a folder. Unix does not say in which encoding names are; what is UTF-8 is meant so.
#[cfg(unix)]
fn raw_name(inside: &[u8], name: &std::ffi::OsStr) -> RawName {
    let bytes = [inside, std::os::unix::ffi::OsStrExt::as_bytes(name)].concat();
    let marked = std::str::from_utf8(&bytes).is_ok();
    RawName { bytes, marked }
}

/// A name on disk below a folder.
#[cfg(not(any(unix, target_arch = "wasm32")))]
fn raw_name(inside: &[u8], name: &std::ffi::OsStr) -> RawName {
    RawName {
        bytes: [inside, name.to_string_lossy().as_bytes()].concat(),
        marked: true,
    }
}
