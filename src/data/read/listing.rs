//! Lists what a source has: folders are walked, archives opened, and each file is looked at.

#[cfg(not(target_arch = "wasm32"))]
use std::io;
#[cfg(not(target_arch = "wasm32"))]
use std::path::Path;
use std::sync::Arc;

use super::kind::kind;
use super::limits::MOST_NESTED;
#[cfg(not(target_arch = "wasm32"))]
use super::limits::{DEEPEST, MOST_FILES};
#[cfg(not(target_arch = "wasm32"))]
use super::names::is_foreign;
use super::names::{Decoded, RawName, clean_name, decode, foreign, is_usual};
use super::notes::Notes;
use super::source::{File, Kind, Listed, Packing, Place, Source};
use super::{tar, zip};
use crate::data::DataError;
use crate::visible::visible;

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
    if depth > DEEPEST {
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
