//! `plateau export`: a run as files of other programs.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::CliError;
use super::drive::in_shell;
use super::out::{self, note};
use crate::export::{Curves, curves_csv};
use crate::numbers::thousands;
use crate::record::{EVENTS, RunFiles, read_log};
use crate::session::Timed;

/// Arguments of `plateau export`.
#[derive(Args)]
pub struct ExportArgs {
    /// Run folder, or a run that was saved as zip
    run: PathBuf,
    /// What to write
    #[arg(long, value_name = "FORMAT")]
    to: Format,
    /// Where to; by default a file in the run folder
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Write in the place of a file that is there
    #[arg(long)]
    replace: bool,
}

/// A format of other programs.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// What every step measured as a table, a row a step: curves.csv
    Csv,
}

/// Writes the run in the format that was asked for.
pub fn run(args: &ExportArgs) -> Result<(), CliError> {
    match args.to {
        Format::Csv => {
            let rows = Curves::of(&events(&args.run)?);
            let place = args.place("curves.csv")?;
            let steps = thousands(rows.len() as u64);
            let what = format!("{steps} steps");
            args.write(&[(place, curves_csv(&rows).into_bytes())], &what)
        }
    }
}

impl ExportArgs {
    /// Where to write: what was asked for, or that name in the run folder.
    fn place(&self, name: &str) -> Result<PathBuf, CliError> {
        match &self.out {
            Some(path) => Ok(path.clone()),
            None if self.run.is_dir() => Ok(self.run.join(name)),
            None => Err(CliError(format!(
                "{} is no folder that could take the result; give --out PATH",
                self.run.display()
            ))),
        }
    }

    /// Writes files and says so. Nothing is written where one of them is there already and was not to be replaced.
    fn write(&self, files: &[(PathBuf, Vec<u8>)], what: &str) -> Result<(), CliError> {
        let there = files.iter().find(|(path, _)| path.is_file());
        if let Some((path, _)) = there.filter(|_| !self.replace) {
            return Err(CliError(format!(
                "{} is there already; give --replace to write in its place, or another --out",
                path.display()
            )));
        }
        let read = [self.run.clone(), self.run.join(EVENTS)];
        for (path, _) in files {
            out::check_file("--out", path, &[Some(&read[0]), Some(&read[1])])?;
        }
        for (path, bytes) in files {
            out::file(path, bytes)?;
            note!("wrote {} ({what})", in_shell(path));
        }
        Ok(())
    }
}

/// What a run said, from its folder, its zip or its log. Of a damaged log what is before the damage, and a note.
fn events(run: &Path) -> Result<Vec<Timed>, CliError> {
    let bytes = read_log(run).map_err(CliError::new)?;
    let (files, events) = RunFiles::from_bytes(&bytes)
        .map_err(|error| CliError(format!("{}: {error}", run.display())))?;
    if let Some(warning) = files.warning {
        note!("note: {}: {warning}", run.display());
    }
    Ok(events)
}
