//! Folders for tests that write.

use std::path::PathBuf;

/// A folder of this test's own, which does not exist yet. Each test program has its own process number.
pub fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("plateau-{name}-{}", std::process::id()));
    let _absent = std::fs::remove_dir_all(&folder);
    folder
}
