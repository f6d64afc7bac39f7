//! `plateau app`, and `plateau` alone.

use std::path::PathBuf;

use clap::Args;

use super::CliError;
use crate::app::open_window;

/// Arguments of `plateau app`.
#[derive(Args, Default)]
pub struct AppArgs {
    /// A run folder, a folder of images, or a file: a run's events or zip, a table of results, a genotype, a lesson, a data set
    file: Option<PathBuf>,
    /// Opens what a shared address carries: its part after #
    #[arg(long)]
    link: Option<String>,
}

/// Opens the window and waits until it is closed.
pub fn run(args: &AppArgs) -> Result<(), CliError> {
    open_window(args.file.as_deref(), args.link.as_deref()).map_err(CliError::new)
}
