//! The command line, as a stranger and as a script use it.

mod landscape;
mod scorers;
#[cfg(unix)]
mod shell;
mod stranger;
#[path = "../support/mod.rs"]
mod support;
mod words;
