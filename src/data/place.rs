//! Where the files of a data set are.

use std::path::{Path, PathBuf};

use super::{Options, built_in, handed};

/// The path that the name of a data set begins with; none for a name of another kind.
pub fn path_of(name: &str) -> Option<PathBuf> {
    if built_in(name).is_some() || handed(name).is_some() {
        return None;
    }
    let path = Options::split_path(name).map_or(name, |(path, _)| path);
    std::path::absolute(path).ok()
}

/// The same data set by a name that holds in every folder. What is not there keeps its name, which the message about it has.
pub fn absolute(name: &str) -> String {
    let Some(path) = path_of(name).filter(|path| path.exists()) else {
        return name.to_owned();
    };
    let written = Options::split_path(name).map_or(name, |(path, _)| path);
    match path.to_str() {
        Some(path) if !Path::new(written).is_absolute() => path.to_owned() + &name[written.len()..],
        _ => name.to_owned(),
    }
}
