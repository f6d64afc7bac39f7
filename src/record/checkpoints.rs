//! Checkpoints in a run folder: `checkpoint-000123.safetensors`, named after the lines of `events.jsonl` before it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::tape::{KEPT, SUPERNET_FILE, checkpoint_file, checkpoint_number, names_of};
use crate::session::{Checkpoint, CheckpointError, MAX_CHECKPOINT_BYTES};
use crate::whole::write_whole;

/// A checkpoint could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not one that can be used.
    #[error("{}: {source}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: CheckpointError,
    },
}

impl StoreError {
    /// Whether the file was cut or changed, so that the one before it should be used.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            StoreError::Checkpoint {
                source: CheckpointError::Format(_) | CheckpointError::Damaged,
                ..
            }
        )
    }
}

fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_path_buf();
    move |source| StoreError::Io { path, source }
}

/// Saves a checkpoint in a run folder and removes all but the last [`KEPT`]. The end of a search is also kept as
/// [`SUPERNET_FILE`].
///
/// # Errors
/// [`StoreError::Io`]; the checkpoints before stand.
pub fn save(folder: &Path, checkpoint: &Checkpoint) -> Result<PathBuf, StoreError> {
    let path = folder.join(checkpoint_file(checkpoint.position.events));
    let bytes = checkpoint
        .to_bytes()
        .map_err(|source| StoreError::Checkpoint {
            path: path.clone(),
            source,
        })?;
    for name in names_of(checkpoint) {
        let path = folder.join(name);
        write_whole(&path, &bytes).map_err(io_error(&path))?;
    }
    for (_, old) in saved(folder)?.into_iter().skip(KEPT) {
        fs::remove_file(&old).map_err(io_error(&old))?;
    }
    Ok(path)
}

/// The checkpoints of a folder with their numbers, newest first. They have not been looked into.
///
/// # Errors
/// [`StoreError::Io`] where the folder cannot be read.
pub fn saved(folder: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(io_error(folder))? {
        let path = entry.map_err(io_error(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(number) = name.and_then(checkpoint_number) {
            found.push((number, path));
        }
    }
    found.sort_unstable_by(|a: &(u64, PathBuf), b| b.cmp(a));
    Ok(found)
}

/// Reads a checkpoint file.
///
/// # Errors
/// [`StoreError`] names the file.
pub fn load(path: &Path) -> Result<Checkpoint, StoreError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_CHECKPOINT_BYTES + 1).read_to_end(&mut bytes))
        .map_err(io_error(path))?;
    let checkpoint = if bytes.len() as u64 > MAX_CHECKPOINT_BYTES {
        Err(CheckpointError::Format("the file is too large".into()))
    } else {
        Checkpoint::from_bytes(&bytes)
    };
    checkpoint.map_err(|source| StoreError::Checkpoint {
        path: path.to_path_buf(),
        source,
    })
}

/// What [`latest`] found.
#[derive(Debug, Default)]
pub struct Latest {
    /// The newest checkpoint that can be used.
    pub checkpoint: Option<Checkpoint>,
    /// Newer ones that cannot, and why.
    pub refused: Vec<StoreError>,
}

/// The newest checkpoint of a folder that is whole.
///
/// # Errors
/// [`StoreError::Io`] where the folder cannot be read; a file that cannot be used is in [`Latest::refused`].
pub fn latest(folder: &Path) -> Result<Latest, StoreError> {
    let mut found = Latest::default();
    for (_, path) in saved(folder)? {
        match load(&path) {
            Ok(checkpoint) => {
                found.checkpoint = Some(checkpoint);
                break;
            }
            Err(error) => found.refused.push(error),
        }
    }
    Ok(found)
}

/// The supernet of a run folder: the end of its search, or the newest checkpoint of a search that is under way.
///
/// # Errors
/// [`StoreError`] where there is none that can be used.
pub fn load_supernet(folder: &Path) -> Result<Checkpoint, StoreError> {
    let path = folder.join(SUPERNET_FILE);
    if path.exists() {
        return load(&path);
    }
    let mut found = latest(folder)?;
    match found.checkpoint {
        Some(checkpoint) if checkpoint.tensors.contains_key("supernet.weights") => Ok(checkpoint),
        _ => Err(found.refused.pop().unwrap_or(StoreError::Checkpoint {
            path,
            source: CheckpointError::Other("the run has no supernet yet".into()),
        })),
    }
}
