//! The trained networks of a table, kept beside it until it is complete, so that the same command goes on after a stop.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::CliError;
use super::super::out::{self, note};
use crate::study::{TabulateConfig, TabulatedNetwork};
use crate::whole::replaced;

/// Bytes that are read of such a file: more than all networks of the largest table take.
const MOST: u64 = 1 << 28;

/// The file: a line with what the networks depend on, and one for each.
pub struct Kept {
    /// None where the table is written into a pipe or a device.
    path: Option<PathBuf>,
    /// Whether nothing more can be kept.
    full: bool,
    first: String,
}

impl Kept {
    /// What is kept beside a table with these settings, on images of this hash. Lines that were cut short are left out.
    pub fn open(
        table: &Path,
        config: &TabulateConfig,
        images: &str,
    ) -> Result<(Self, Vec<TabulatedNetwork>), CliError> {
        let first = json!({
            "plateau": env!("CARGO_PKG_VERSION"),
            "space": config.space,
            "images": images,
            "test_share": config.test_share,
            "train": config.train,
            "seed": config.seed,
            "seeds": config.seeds,
        });
        let kept = Self {
            path: replaced(table).map(|path| {
                let name = path.file_name().unwrap_or(OsStr::new("table"));
                let mut name = name.to_owned();
                name.push(".networks.jsonl");
                path.with_file_name(name)
            }),
            full: false,
            first: first.to_string(),
        };
        let networks = kept.read()?;
        Ok((kept, networks))
    }

    fn read(&self) -> Result<Vec<TabulatedNetwork>, CliError> {
        let Some(path) = &self.path else {
            return Ok(Vec::new());
        };
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes));
        let shown = path.display();
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(CliError(format!("{shown}: {error}"))),
        }
        let text = String::from_utf8_lossy(&bytes);
        // The first write was cut short: nothing is kept yet.
        if !text.contains('\n') && self.first.starts_with(&*text) {
            fs::remove_file(path).map_err(|error| CliError(format!("{shown}: {error}")))?;
            return Ok(Vec::new());
        }
        let mut lines = text.lines();
        if lines.next() != Some(&self.first) {
            return Err(CliError(format!(
                "{shown} keeps networks of a table with other settings, images or version: remove it, or choose another --out"
            )));
        }
        let networks: Vec<TabulatedNetwork> = lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        // What is added begins on a line of its own.
        if !text.ends_with('\n') {
            let lines = networks.iter().filter_map(|one| self.line(one).ok());
            let whole = format!("{}\n{}", self.first, lines.collect::<String>());
            out::file(path, whole.as_bytes())?;
        }
        Ok(networks)
    }

    fn line(&self, network: &TabulatedNetwork) -> Result<String, std::io::Error> {
        Ok(serde_json::to_string(network)? + "\n")
    }

    /// Keeps another. A disk without room ends the keeping and not the training.
    pub fn add(&mut self, network: &TabulatedNetwork) {
        let Some(path) = self.path.as_ref().filter(|_| !self.full) else {
            return;
        };
        let added = self.line(network).and_then(|line| {
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            let text = match file.metadata()?.len() {
                0 => format!("{}\n{line}", self.first),
                _ => line,
            };
            file.write_all(text.as_bytes())
        });
        if let Err(error) = added {
            note!(
                "note: {}: {error}; a stop loses what is trained from now on",
                path.display()
            );
            self.full = true;
        }
    }

    /// Whether what is trained is kept.
    pub fn keeps(&self) -> bool {
        self.path.is_some() && !self.full
    }

    /// The table is complete.
    pub fn forget(self) {
        if let Some(path) = self.path {
            // It may never have been made.
            let _absent = fs::remove_file(path);
        }
    }
}
