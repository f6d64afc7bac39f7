//! Files that replace others: written beside them and renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The most symbolic links on the way to a file, as Linux has it.
const MOST_LINKS: usize = 40;
/// Folders whose files are what a process has open: a rename would take the name away, and the content never arrive.
const OPEN_FILES: [&str; 4] = ["/proc", "/dev/fd", "/dev/stdout", "/dev/stderr"];

/// Names of standard output.
const STDOUT: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// Where bytes go that are written under a path.
enum Target {
    /// A file, there or not yet.
    File(PathBuf),
    /// A pipe, a device, an open file.
    Stream,
}

/// Follows symbolic links, so that the file is replaced and not the link to it.
fn target(path: &Path) -> Target {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        if OPEN_FILES.iter().any(|folder| path.starts_with(folder)) {
            return Target::Stream;
        }
        match fs::read_link(&path) {
            Ok(to) => path = path.parent().unwrap_or(Path::new("")).join(to),
            Err(_) => break,
        }
    }
    match fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => Target::Stream,
        _ => Target::File(path),
    }
}

/// The file that [`write_whole`] replaces under a path; none where that is a pipe or a device.
pub fn replaced(path: &Path) -> Option<PathBuf> {
    match target(path) {
        Target::File(path) => Some(path),
        Target::Stream => None,
    }
}

/// The file beside a file, in which its new content is written.
fn beside(path: &Path) -> Result<PathBuf, Error> {
    // A path such as ".." has no name to write under.
    let name = path.file_name().ok_or(ErrorKind::IsADirectory)?;
    if path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    Ok(path.with_file_name(format!(".{}.new", name.to_string_lossy())))
}

/// Whether a folder refuses new files although a file in it may still be written.
fn is_folders_own(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::InvalidFilename
    )
}

/// Writes beside the target, waits for the disk and renames, so that neither a reader nor a power cut ever meets half a file, and an
/// interrupt leaves what was there. A file that could not be written whole is removed. Links stay links, and pipes and devices are
/// written as they are.
///
/// # Errors
/// What the system said: a full disk, a folder that must not be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let path = match target(path) {
        // Opened anew, a file behind it would be written from its beginning, over what is printed.
        Target::Stream if STDOUT.iter().any(|name| path == Path::new(name)) => {
            let mut out = std::io::stdout().lock();
            return out.write_all(bytes).and_then(|()| out.flush());
        }
        Target::Stream => return OpenOptions::new().write(true).open(path)?.write_all(bytes),
        Target::File(path) => path,
    };
    check_permission(&path)?;
    let temporary = beside(&path)?;
    let mut file = match File::create(&temporary) {
        Ok(file) => file,
        Err(error) if is_folders_own(&error) && path.is_file() => return fs::write(&path, bytes),
        Err(error) => return Err(error),
    };
    let written = file
        .write_all(bytes)
        .and_then(|()| match fs::metadata(&path) {
            Ok(metadata) => file.set_permissions(metadata.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| file.sync_all());
    drop(file);
    let renamed = written.and_then(|()| fs::rename(&temporary, &path));
    match renamed {
        Ok(()) => sync_folder(&path),
        // The failure is what the person must hear of, not that its remains could not be removed.
        Err(_) => drop(fs::remove_file(&temporary)),
    }
    renamed
}

/// Makes the rename itself last where that can be asked for: some folders may not be read, and some file systems sync none.
fn sync_folder(path: &Path) {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if cfg!(unix)
        && let Ok(folder) = File::open(folder)
    {
        // The file is whole in any case.
        let _unsynced = folder.sync_all();
    }
}

/// Refuses a file that is there and must not be written, though its folder would let it be replaced.
fn check_permission(path: &Path) -> Result<(), Error> {
    match path.is_file() {
        true => OpenOptions::new().write(true).open(path).map(|_| ()),
        false => Ok(()),
    }
}

/// Whether [`write_whole`] could write a file now, to know it before hours of work. Changes nothing.
///
/// # Errors
/// What the system said.
pub fn check_writable(path: &Path) -> Result<(), Error> {
    let Target::File(path) = target(path) else {
        return Ok(());
    };
    check_permission(&path)?;
    let temporary = beside(&path)?;
    match File::create_new(&temporary) {
        Ok(_) => fs::remove_file(&temporary),
        // Another process writes there.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if is_folders_own(&error) && path.is_file() => {
            OpenOptions::new().write(true).open(&path).map(|_| ())
        }
        Err(error) => Err(error),
    }
}
