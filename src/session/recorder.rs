//! Writes a run folder: `config.json`, `events.jsonl`, `genotype.json`, `genotype.txt`, `result.json`.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::event::{Event, Timed};
use crate::space::Genotype;

/// A file of a run folder could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The system refused.
    #[error("{}: {source}; free some space or choose another folder with --run-dir", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder with a finished or started run is never written into.
    #[error("{} already holds a run; choose another --run-dir", .0.display())]
    Taken(PathBuf),
    /// A line of `events.jsonl` is not an event.
    #[error("{}:{line}: not an event: {message}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        message: String,
    },
}

/// Appends the events of one run to its folder.
pub struct Recorder {
    folder: PathBuf,
    events: BufWriter<File>,
}

impl Recorder {
    /// Makes `folder`, which must not hold a run yet.
    pub fn create(folder: &Path) -> Result<Self, RecordError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| RecordError::Write { path, source }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let path = folder.join("events.jsonl");
        let events = File::create_new(&path).map_err(|source| {
            if source.kind() == std::io::ErrorKind::AlreadyExists {
                RecordError::Taken(folder.to_path_buf())
            } else {
                RecordError::Write {
                    path: path.clone(),
                    source,
                }
            }
        })?;
        Ok(Self {
            folder: folder.to_path_buf(),
            events: BufWriter::new(events),
        })
    }

    /// The first folder of `base/name`, `base/name-2`, … that does not exist yet.
    pub fn free_folder(base: &Path, name: &str) -> PathBuf {
        let first = base.join(name);
        if !first.exists() {
            return first;
        }
        (2..)
            .map(|number| base.join(format!("{name}-{number}")))
            .find(|folder| !folder.exists())
            .unwrap_or(first)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Appends one event and keeps the files that follow from it. Every line is on disk when this returns, so that a killed
    /// process loses at most the line it was writing.
    pub fn record(&mut self, timed: &Timed) -> Result<(), RecordError> {
        let path = self.folder.join("events.jsonl");
        let failed = |source| RecordError::Write {
            path: path.clone(),
            source,
        };
        serde_json::to_writer(&mut self.events, timed)
            .map_err(|error| failed(std::io::Error::from(error)))?;
        self.events.write_all(b"\n").map_err(failed)?;
        self.events.flush().map_err(failed)?;
        match &timed.event {
            Event::Started {
                config,
                plateau,
                device,
                dataset,
            } => self.write_json(
                "config.json",
                &serde_json::json!({
                    "config": config, "plateau": plateau, "device": device, "dataset": dataset,
                }),
            ),
            // The genotype of now, so that a run which fails later leaves its last good one.
            Event::SearchEpoch { genotype, .. } | Event::Derived { genotype } => {
                self.write_genotype(genotype)
            }
            Event::TrainStarted { genotype, .. } => self.write_genotype(genotype),
            Event::Tested {
                loss,
                accuracy,
                images,
            } => self.write_json(
                "result.json",
                &serde_json::json!({
                    "test_accuracy": accuracy, "test_loss": loss, "test_images": images,
                }),
            ),
            _ => Ok(()),
        }
    }

    fn write_genotype(&self, genotype: &Genotype) -> Result<(), RecordError> {
        self.write("genotype.json", &format!("{}\n", genotype.to_json()))?;
        self.write("genotype.txt", &format!("{}\n", genotype.to_text()))
    }

    fn write_json(&self, name: &str, value: &serde_json::Value) -> Result<(), RecordError> {
        self.write(name, &format!("{value:#}\n"))
    }

    /// Writes beside the target and renames, so that a reader never sees half a file.
    fn write(&self, name: &str, text: &str) -> Result<(), RecordError> {
        let path = self.folder.join(name);
        let temporary = self.folder.join(format!(".{name}.new"));
        fs::write(&temporary, text)
            .and_then(|()| fs::rename(&temporary, &path))
            .map_err(|source| RecordError::Write { path, source })
    }
}

/// Reads the events of a run folder. A last line that a killed process left unfinished is left out.
pub fn read_events(folder: &Path) -> Result<Vec<Timed>, RecordError> {
    let path = folder.join("events.jsonl");
    let text = fs::read_to_string(&path).map_err(|source| RecordError::Write {
        path: path.clone(),
        source,
    })?;
    let complete = text.ends_with('\n');
    let lines: Vec<&str> = text.lines().collect();
    let mut events = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        match serde_json::from_str(line) {
            Ok(event) => events.push(event),
            Err(_) if !complete && index + 1 == lines.len() => {}
            Err(error) => {
                return Err(RecordError::Line {
                    path,
                    line: index + 1,
                    message: error.to_string(),
                });
            }
        }
    }
    Ok(events)
}
