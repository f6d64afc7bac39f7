//! Which run raced with one: `rival.json` beside the lines of both. No event says it, since the names are known only when both are kept.

#[cfg(not(target_arch = "wasm32"))]
use std::fs::File;
#[cfg(not(target_arch = "wasm32"))]
use std::io::{ErrorKind, Read};
#[cfg(not(target_arch = "wasm32"))]
use std::path::Path;

use serde::{Deserialize, Serialize};

#[cfg(not(target_arch = "wasm32"))]
use crate::whole::write_whole;

/// The file.
pub const RIVAL_FILE: &str = "rival.json";
/// Bytes of it that are read, at most.
const MOST: usize = 4096;

/// What it holds.
#[derive(Serialize, Deserialize)]
struct Rival {
    /// The name of the other run where both are kept.
    rival: String,
}

/// The file that names a run.
pub fn rival_text(name: &str) -> String {
    // A text always serializes.
    let json = serde_json::to_string_pretty(&Rival { rival: name.into() });
    json.unwrap_or_default() + "\n"
}

/// The run that a file names.
///
/// # Errors
/// The file names none, or what can be no name of a run.
pub fn rival_name(bytes: &[u8]) -> Result<String, String> {
    let wrong = || format!("{RIVAL_FILE} names no run");
    let read = (bytes.len() <= MOST).then(|| serde_json::from_slice::<Rival>(bytes).ok());
    let name = read.flatten().ok_or_else(wrong)?.rival;
    // It lies beside the run that names it and nowhere else.
    let plain = !name.contains(['/', '\\', ':']) && !name.chars().any(char::is_control);
    match plain && !["", ".", ".."].contains(&name.as_str()) {
        true => Ok(name),
        false => Err(wrong()),
    }
}

/// The run that raced with that of a folder, by the name of its folder beside this one; none: nobody did.
///
/// # Errors
/// The file cannot be read.
#[cfg(not(target_arch = "wasm32"))]
pub fn read_rival(folder: &Path) -> Result<Option<String>, String> {
    let mut bytes = Vec::new();
    let read = File::open(folder.join(RIVAL_FILE))
        .and_then(|file| file.take(MOST as u64 + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => rival_name(&bytes).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{RIVAL_FILE}: {error}")),
    }
}

/// Names the run that races with that of a folder.
///
/// # Errors
/// What the system said.
#[cfg(not(target_arch = "wasm32"))]
pub fn write_rival(folder: &Path, name: &str) -> Result<(), String> {
    let path = folder.join(RIVAL_FILE);
    write_whole(&path, rival_text(name).as_bytes())
        .map_err(|error| format!("{}: {error}", path.display()))
}
