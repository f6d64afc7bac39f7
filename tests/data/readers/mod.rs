//! Readers of data sets in files: what the formats hold, what damage is answered with, how much memory and time they take.

mod archives;
mod brought;
mod damage;
mod folders;
mod formats;
mod independent;
mod large;
mod likeness;
mod scaled;

use crate::support::write::{image, pixel};
use plateau::data::{Loaded, read_blobs};

/// Images `from..to`, one behind the other.
fn images(range: std::ops::Range<usize>, shape: [usize; 3]) -> Vec<u8> {
    range.flat_map(|n| image(n, shape)).collect()
}

fn blobs(files: &[(&str, &[u8])]) -> Vec<(String, Vec<u8>)> {
    files
        .iter()
        .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()))
        .collect()
}

fn read(files: &[(&str, &[u8])]) -> Loaded {
    read_blobs("some", blobs(files), &mut |_, _| ()).unwrap()
}

/// Fails unless one of the notes has these words.
#[track_caller]
fn says(loaded: &Loaded, note: &str) {
    let notes = &loaded.dataset.notes;
    assert!(
        notes.iter().any(|said| said.contains(note)),
        "{note}: {notes:?}"
    );
}

/// The one-line message with which files are refused.
fn refusal(files: &[(&str, &[u8])]) -> String {
    refusal_of("some", files)
}

fn refusal_of(name: &str, files: &[(&str, &[u8])]) -> String {
    let message = read_blobs(name, blobs(files), &mut |_, _| ())
        .unwrap_err()
        .to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

/// Most memory that this process had at once, bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}

/// A folder for one test, gone with it.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("plateau-readers-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}
