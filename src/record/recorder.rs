//! Writes a run folder: `config.json`, `events.jsonl`, `genotype.json`, `genotype.txt`, `result.json`, `network.safetensors` and
//! checkpoints.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

use super::checkpoints::{StoreError, no_run, save};
use super::event_lines::{Fault, MAX_LINE};
use super::files::RunFiles;
use super::tape::{EVENTS, NETWORK_FILE, Write, writes};
use crate::session::{Checkpoint, Timed, TrainedNetwork};
use crate::whole::write_whole;

/// Most processes that may take a free folder before this one.
const MOST_TRIES: usize = 1000;

/// A file of a run folder could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The system refused a folder for a run.
    #[error("{}: {source}; {}choose another folder with --run-dir", path.display(), advice(source, "", " or "))]
    Create {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system refused.
    #[error("{}: {source}{}", path.display(), advice(source, "; ", ""))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no folder of a run.
    #[error("{}", no_run(.0))]
    NoRun(PathBuf),
    /// A folder with a finished or started run is never written into.
    #[error("{} already holds a run; go on with it by --resume, or choose another --run-dir", .0.display())]
    Taken(PathBuf),
    /// A file stands where a run folder belongs.
    #[error("{} is a file, where a run folder belongs; move it, or choose another --run-dir", .0.display())]
    File(PathBuf),
    /// Another process records into the folder.
    #[error("{} is in use by another process: wait for it", .0.display())]
    Locked(PathBuf),
    /// The claim on the run was taken over, as after a suspension.
    #[error("{} was taken over by another process", .0.display())]
    TakenOver(PathBuf),
    /// There is nothing to go on with.
    #[error("{} cannot be resumed: {reason}", folder.display())]
    NotResumable {
        /// The run folder.
        folder: PathBuf,
        /// Why.
        reason: String,
    },
    /// A checkpoint.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are checkpoints, but none that can be used.
    #[error("{0}; there is no other that can be read, so the run cannot go on: start it anew")]
    NoCheckpoint(StoreError),
    /// A line of `events.jsonl` is not an event.
    #[error("{}:{line}: {fault}{}", path.display(), before(*line))]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        fault: Fault,
    },
}

/// What can be done where a line is no event.
fn before(line: usize) -> &'static str {
    match line {
        1 => "",
        _ => "; the window shows what is before it",
    }
}

/// What helps where the system refused to write, between two texts; nothing where that is not known.
fn advice(source: &std::io::Error, before: &str, after: &str) -> String {
    let helps = match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space",
        ErrorKind::PermissionDenied => "get the permission to write there",
        ErrorKind::ReadOnlyFilesystem => "make its file system writable",
        _ => return String::new(),
    };
    format!("{before}{helps}{after}")
}

/// Whether a claim stands.
pub type Stands = Box<dyn Fn() -> bool + Send + Sync>;

/// Appends the events of one run to its folder, which no other process can record into meanwhile.
pub struct Recorder {
    folder: PathBuf,
    events: File,
    lock: Lock,
    /// Whether the claim under which it records still stands.
    stands: Option<Stands>,
}

/// Keeps other processes from recording into a folder until it is dropped or the process ends, however it ends.
pub struct Lock {
    _file: File,
    /// False on a file system without locks.
    held: bool,
}

pub(super) fn write_error(path: &Path) -> impl FnOnce(std::io::Error) -> RecordError {
    let path = path.to_path_buf();
    move |source| RecordError::Write { path, source }
}

pub(super) fn create_error(path: &Path) -> impl FnOnce(std::io::Error) -> RecordError {
    let path = path.to_path_buf();
    move |source| RecordError::Create { path, source }
}

/// What the system says where there are no locks, beside what the standard library knows of: ENOLCK, ENOSYS, EOPNOTSUPP and ENOTSUP.
const NO_LOCKS: &[i32] = if cfg!(target_os = "linux") {
    &[37, 38, 95]
} else if cfg!(unix) {
    &[77, 78, 45, 102]
} else {
    &[]
};

/// The file of a folder's lock.
pub const LOCK: &str = ".lock";

/// Locks a folder; some network file systems have no locks, and a run there goes on without.
///
/// # Errors
/// [`RecordError::Locked`] where another process holds it; what the system says.
pub fn lock(folder: &Path) -> Result<Lock, RecordError> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(create_error(&path))?;
    let no_locks = |error: &std::io::Error| {
        let known = |code| NO_LOCKS.contains(&code);
        error.kind() == ErrorKind::Unsupported || error.raw_os_error().is_some_and(known)
    };
    let held = match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => return Err(RecordError::Locked(folder.to_path_buf())),
        Err(TryLockError::Error(error)) if no_locks(&error) => false,
        Err(TryLockError::Error(source)) => return Err(RecordError::Create { path, source }),
    };
    Ok(Lock { _file: file, held })
}

impl Recorder {
    /// Refuses a folder that holds a run.
    ///
    /// # Errors
    /// [`RecordError::Taken`].
    pub fn check_free(folder: &Path) -> Result<(), RecordError> {
        let begun = |file: File| {
            let mut line = Vec::new();
            let read = BufReader::new(file)
                .take(MAX_LINE)
                .read_until(b'\n', &mut line);
            read.is_err() || line.ends_with(b"\n") || line.len() as u64 == MAX_LINE
        };
        if folder.is_file() {
            return Err(RecordError::File(folder.to_path_buf()));
        }
        // A process that was killed before its run began may have left a piece of the first line.
        match File::open(folder.join(EVENTS)) {
            Ok(events) => match begun(events) {
                true => Err(RecordError::Taken(folder.to_path_buf())),
                false => Ok(()),
            },
            Err(_) => Ok(()),
        }
    }

    /// Makes the first folder of [`Recorder::free_folder`] that no other process takes meanwhile.
    pub fn create_free(base: &Path, name: &str) -> Result<Self, RecordError> {
        let mut tries = 0..MOST_TRIES;
        loop {
            match Self::create(&Self::free_folder(base, name)) {
                Err(RecordError::Taken(_) | RecordError::Locked(_)) if tries.next().is_some() => {}
                made => return made,
            }
        }
    }

    /// Makes `folder`, which must not hold a run yet.
    pub fn create(folder: &Path) -> Result<Self, RecordError> {
        Self::check_free(folder)?;
        fs::create_dir_all(folder).map_err(create_error(folder))?;
        let lock = lock(folder)?;
        // Another process may have been faster.
        Self::check_free(folder)?;
        let path = folder.join(EVENTS);
        // What is there is a piece of a line at most.
        let events = File::create(&path).and_then(|_| OpenOptions::new().append(true).open(&path));
        Ok(Self {
            folder: folder.to_path_buf(),
            events: events.map_err(create_error(&path))?,
            lock,
            stands: None,
        })
    }

    /// Goes on writing into a locked folder, behind so many bytes of its events; `open`: the last line there lacks its end.
    pub(super) fn append_to(
        folder: PathBuf,
        lock: Lock,
        length: u64,
        open: bool,
    ) -> Result<Self, RecordError> {
        let path = folder.join(EVENTS);
        let events = OpenOptions::new().append(true).open(&path);
        let events = events.and_then(|mut file| {
            file.set_len(length)?;
            if open {
                file.write_all(b"\n")?;
            }
            Ok(file)
        });
        Ok(Self {
            folder,
            events: events.map_err(write_error(&path))?,
            lock,
            stands: None,
        })
    }

    /// Records only as long as a claim stands.
    #[must_use]
    pub fn under(self, stands: Stands) -> Self {
        Self {
            stands: Some(stands),
            ..self
        }
    }

    /// The folders `base/name`, `base/name-2`, …
    pub fn folders(base: &Path, name: &str) -> impl Iterator<Item = PathBuf> {
        let more = (2..).map(move |number| base.join(format!("{name}-{number}")));
        std::iter::once(base.join(name)).chain(more)
    }

    /// The first of [`Recorder::folders`] that does not exist yet.
    pub fn free_folder(base: &Path, name: &str) -> PathBuf {
        let free = Self::folders(base, name).find(|folder| !folder.exists());
        free.unwrap_or_else(|| base.join(name))
    }

    /// Whether no other process can record into the folder meanwhile.
    pub fn is_locked(&self) -> bool {
        self.lock.held
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Appends one event and keeps the files that follow from it; whether the run may say more. Every line is on disk when this
    /// returns, so that a killed process loses at most the line it was writing.
    ///
    /// # Errors
    /// [`RecordError::TakenOver`]; what the system said.
    pub fn record(&mut self, timed: &Timed) -> Result<bool, RecordError> {
        if self.stands.as_ref().is_some_and(|stands| !stands()) {
            return Err(RecordError::TakenOver(self.folder.clone()));
        }
        for write in writes(timed) {
            match write {
                Write::Line(line) => self.append(&line)?,
                Write::File(name, text) => self.write(name, text.as_bytes())?,
                Write::Checkpoint(state) => self.save(state)?,
                Write::Network(network) => self.keep(network)?,
                Write::Close => return Ok(false),
            }
        }
        Ok(true)
    }

    fn append(&mut self, line: &str) -> Result<(), RecordError> {
        let written = self.events.write_all(line.as_bytes());
        written.map_err(write_error(&self.folder.join(EVENTS)))
    }

    fn save(&self, state: &Checkpoint) -> Result<(), RecordError> {
        // A checkpoint must never be ahead of the events that it follows, also after a power cut.
        let synced = self.events.sync_data();
        synced.map_err(write_error(&self.folder.join(EVENTS)))?;
        match save(&self.folder, state) {
            Ok(_) => Ok(()),
            Err(StoreError::Io { path, source }) => Err(RecordError::Write { path, source }),
            Err(error) => Err(error.into()),
        }
    }

    fn keep(&self, network: &TrainedNetwork) -> Result<(), RecordError> {
        match network.to_bytes() {
            Ok(bytes) => self.write(NETWORK_FILE, &bytes),
            Err(error) => {
                let path = self.folder.join(NETWORK_FILE);
                Err(write_error(&path)(std::io::Error::other(error)))
            }
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
        let path = self.folder.join(name);
        write_whole(&path, bytes).map_err(write_error(&path))
    }
}

/// Writes a run that came as files into the first free folder of that name; the folder.
///
/// # Errors
/// As [`Recorder::create_free`].
pub fn write_files(files: &RunFiles, base: &Path, name: &str) -> Result<PathBuf, RecordError> {
    let recorder = Recorder::create_free(base, name)?;
    let folder = recorder.folder();
    let written = write_into(files, folder);
    if written.is_err() {
        // What is there of it is no run; the failure is what the person must hear of.
        let _remains = fs::remove_dir_all(folder);
    }
    written.map(|()| folder.to_path_buf())
}

fn write_into(files: &RunFiles, folder: &Path) -> Result<(), RecordError> {
    let events = (EVENTS, files.events.as_bytes());
    let others = files
        .others
        .iter()
        .map(|(name, bytes)| (name.as_str(), &bytes[..]));
    for (name, bytes) in others.chain([events]) {
        let path = folder.join(name);
        write_whole(&path, bytes).map_err(write_error(&path))?;
    }
    Ok(())
}
