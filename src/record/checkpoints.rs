//! Checkpoints in a run folder: `checkpoint-000123.safetensors`, named after the lines of `events.jsonl` before it. And what the run has trained.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::tape::{
    EVENTS, KEPT, NETWORK_FILE, SUPERNET_FILE, checkpoint_file, checkpoint_number, names_of,
};
use crate::session::{
    Checkpoint, CheckpointError, MAX_CHECKPOINT_BYTES, MAX_HEADER_BYTES, MAX_NETWORK_BYTES,
    NetworkError, Position, TrainedNetwork,
};
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
    /// The file is not a trained network that can be used.
    #[error("{}: {source}", path.display())]
    Network {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: NetworkError,
    },
    /// The run has not trained a network, or an older Plateau did not keep it.
    #[error(
        "{folder}: the run has no trained network; plateau train {folder}/genotype.json --dataset DATASET trains its cell, and --resume goes on with a training that was stopped",
        folder = .0.display()
    )]
    NoNetwork(PathBuf),
    /// There is no folder of a run.
    #[error("{}", no_run(.0))]
    NoRun(PathBuf),
    /// Nothing in the folder has the weights of a search.
    #[error("{}: the run has no supernet yet", .0.display())]
    NoSupernet(PathBuf),
}

/// Whether a path is a link that leads nowhere.
pub(super) fn is_lost_link(path: &Path) -> bool {
    path.is_symlink() && !path.exists()
}

/// What is said of a path that is no folder of a run.
pub(super) fn no_run(path: &Path) -> String {
    let shown = path.display();
    if path.is_file() {
        return format!("{shown} is a file; name the folder of the run");
    }
    match path.symlink_metadata() {
        Ok(_) => format!("{shown} holds no run"),
        Err(_) => format!("there is no run folder {shown}"),
    }
}

impl StoreError {
    /// Whether the file was cut or changed, or is a link that leads nowhere, so that the one before it should be used.
    pub fn is_damage(&self) -> bool {
        match self {
            StoreError::Checkpoint { source, .. } => matches!(
                source,
                CheckpointError::Format(_) | CheckpointError::Damaged
            ),
            StoreError::Io { source, .. } => source.kind() == ErrorKind::NotFound,
            StoreError::Network { .. }
            | StoreError::NoNetwork(_)
            | StoreError::NoRun(_)
            | StoreError::NoSupernet(_) => false,
        }
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

/// Whether a run may go on from a checkpoint file, by its header and its size (see [`Checkpoint::glance`]).
///
/// # Errors
/// [`StoreError`] names the file.
pub(super) fn glance(path: &Path) -> Result<Position, StoreError> {
    let mut beginning = Vec::new();
    let mut read = || {
        if !fs::metadata(path)?.is_file() {
            return Err(ErrorKind::IsADirectory.into());
        }
        let mut file = File::open(path)?;
        (&mut file).take(8).read_to_end(&mut beginning)?;
        if let Some(length) = beginning.first_chunk() {
            // What is longer is refused by its length.
            let length = u64::from_le_bytes(*length).min(MAX_HEADER_BYTES);
            (&mut file).take(length).read_to_end(&mut beginning)?;
        }
        Ok(file.metadata()?.len())
    };
    let size = read().map_err(io_error(path))?;
    Checkpoint::glance(&beginning, size).map_err(|source| StoreError::Checkpoint {
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

/// What a run has trained: of its folder, or of the file itself. And that file.
///
/// # Errors
/// [`StoreError`] names it.
pub fn load_network(path: &Path) -> Result<(PathBuf, TrainedNetwork), StoreError> {
    let file = match path.is_dir() {
        true => path.join(NETWORK_FILE),
        false => path.to_path_buf(),
    };
    if path.join(EVENTS).exists() && file.symlink_metadata().is_err() {
        return Err(StoreError::NoNetwork(path.to_path_buf()));
    }
    if file.symlink_metadata().is_err() && !path.is_symlink() {
        return Err(StoreError::NoRun(path.to_path_buf()));
    }
    let mut bytes = Vec::new();
    File::open(&file)
        .and_then(|file| file.take(MAX_NETWORK_BYTES + 1).read_to_end(&mut bytes))
        .map_err(io_error(&file))?;
    match TrainedNetwork::from_bytes(&bytes) {
        Ok(network) => Ok((file, network)),
        Err(source) => Err(StoreError::Network { path: file, source }),
    }
}

/// A supernet that was found.
#[derive(Debug)]
pub struct Supernet {
    /// The state that has it.
    pub checkpoint: Checkpoint,
    /// Files that should have had it and cannot be used.
    pub refused: Vec<StoreError>,
}

impl Supernet {
    /// What a person must know of it: that it is not from the file that should have it.
    pub fn note(&self) -> Option<String> {
        let error = self.refused.first()?;
        let position = &self.checkpoint.position;
        Some(format!(
            "{error}; the checkpoint after step {} of {} is used instead",
            position.step, position.steps
        ))
    }
}

/// The supernet of a run folder: the end of its search, or the newest checkpoint that has one.
///
/// # Errors
/// [`StoreError`] where there is none that can be used.
pub fn load_supernet(folder: &Path) -> Result<Supernet, StoreError> {
    if !folder.is_dir() && !is_lost_link(folder) {
        return Err(StoreError::NoRun(folder.to_path_buf()));
    }
    let own = folder.join(SUPERNET_FILE);
    // A link that leads nowhere is one that was there.
    let own = own.symlink_metadata().is_ok().then_some(own);
    let others = saved(folder)?.into_iter().map(|(_, path)| path);
    let mut refused = Vec::new();
    for path in own.into_iter().chain(others) {
        match load(&path) {
            Ok(checkpoint) if checkpoint.has_supernet() => {
                return Ok(Supernet {
                    checkpoint,
                    refused,
                });
            }
            Ok(_) => {}
            Err(error) => refused.push(error),
        }
    }
    let first = refused.into_iter().next();
    Err(first.unwrap_or_else(|| match folder.join(EVENTS).exists() {
        true => StoreError::NoSupernet(folder.to_path_buf()),
        false => StoreError::NoRun(folder.to_path_buf()),
    }))
}
