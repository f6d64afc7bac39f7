//! The program as a person runs it.

use std::process::{Command, Output};

/// Runs it to its end.
pub fn plateau(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(args)
        .output()
        .unwrap()
}
