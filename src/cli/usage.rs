//! What is said about the arguments themselves: help, the version, and what was typed wrongly.

use std::error::Error as _;
use std::io::{IsTerminal, stderr, stdout};
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};
use std::process::ExitCode;

use clap::Command;

use super::{finish, out};
use crate::visible::{visible, visible_lines};

/// The same command whose options take `-1` as their value: it is refused as what it is, not as an unknown option.
pub fn with_negative_numbers(command: Command) -> Command {
    command
        .mut_args(|argument| {
            let takes_value = argument.get_action().takes_values();
            argument.allow_negative_numbers(takes_value)
        })
        .mut_subcommands(with_negative_numbers)
}

/// Prints the help or the version, exit code 0, or what is wrong with the arguments, exit code 2.
pub fn answer(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        out::note_raw(&text(error, stderr().is_terminal()));
        return ExitCode::from(2);
    }
    finish(out::raw(&text(error, stdout().is_terminal())))
}

/// The text of clap, coloured where a terminal shows it, with errors of numbers in words.
fn text(error: &clap::Error, terminal: bool) -> String {
    let rendered = error.render();
    // What clap quotes may hold control characters; then its own are left away with them.
    let foreign = std::env::args_os().any(|argument| {
        let argument = argument.to_string_lossy();
        visible(&argument) != argument
    });
    let coloured = terminal
        && !foreign
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|kind| kind != "dumb");
    let text = match coloured {
        true => rendered.ansi().to_string(),
        false => visible_lines(&rendered.to_string()),
    };
    match number(error) {
        Some((before, after)) => text.replacen(&before, after, 1),
        None => text,
    }
}

/// What Rust says about a number, and what a person understands.
fn number(error: &clap::Error) -> Option<(String, &'static str)> {
    let source = error.source()?;
    if let Some(whole) = source.downcast_ref::<ParseIntError>() {
        let words = match whole.kind() {
            IntErrorKind::PosOverflow => "the number is too large",
            _ => "a whole number from 0 is expected",
        };
        return Some((whole.to_string(), words));
    }
    let decimal = source.downcast_ref::<ParseFloatError>()?;
    let words = "a number such as 0.5 is expected";
    Some((decimal.to_string(), words))
}
