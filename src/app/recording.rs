//! Runs as files: reading one from any of its forms, packing one as a zip.

use std::io::{Cursor, Read, Write};

use crate::session::{Event, RunConfig, Timed};
use crate::space::Genotype;

use super::view::RunView;

/// The recorded run of the first frame: what
/// `plateau search --preset quick --strategy na-darts --dataset digits --device cpu` wrote, its `events.jsonl` through `gzip -9`.
const DEMO: &[u8] = include_bytes!("demo.jsonl.gz");

/// Most bytes of events that are read.
const LARGEST: u64 = 1 << 30;

/// Why a file is not a run.
#[derive(Debug, thiserror::Error)]
pub enum RunFileError {
    /// Not an archive, or a damaged one.
    #[error("the archive cannot be read: {0}")]
    Archive(String),
    /// An archive of something else.
    #[error("the archive holds no events.jsonl, so it is not a run")]
    NoEvents,
    /// Too long to be read.
    #[error("the run has more than {} MB of events", LARGEST >> 20)]
    TooLarge,
    /// A line that is not an event.
    #[error("line {line} is not an event: {message}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// Why.
        message: String,
    },
    /// No event at all.
    #[error("there is no event in it")]
    Empty,
}

impl RunFileError {
    /// Whether the file may well be something else than a run: an archive without events, or a packed file of another kind.
    pub fn is_other_content(&self) -> bool {
        matches!(
            self,
            RunFileError::NoEvents
                | RunFileError::Archive(_)
                | RunFileError::Empty
                | RunFileError::Line { line: 1, .. }
        )
    }
}

/// A run as text and as events.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The lines of `events.jsonl`.
    pub text: String,
    /// What they say.
    pub events: Vec<Timed>,
}

impl Recording {
    /// The run that the window shows before anything was started.
    pub fn demo() -> Self {
        // A test opens it; an empty run is all that a damaged program would show.
        Self::from_bytes(DEMO).unwrap_or_default()
    }

    /// Whether bytes look like a run: an archive, or lines of events.
    pub fn recognises(bytes: &[u8]) -> bool {
        bytes.starts_with(b"PK\x03\x04")
            || bytes.starts_with(b"\x1f\x8b")
            || bytes.starts_with(b"{\"seconds\"")
    }

    /// A run from a zip that holds `events.jsonl`, from that file, or from that file through gzip.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RunFileError> {
        if bytes.starts_with(b"PK\x03\x04") {
            let archive = |error: zip::result::ZipError| RunFileError::Archive(error.to_string());
            let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(archive)?;
            let name = zip
                .file_names()
                .find(|name| *name == "events.jsonl" || name.ends_with("/events.jsonl"))
                .ok_or(RunFileError::NoEvents)?
                .to_owned();
            return Self::parse(read_capped(zip.by_name(&name).map_err(archive)?)?);
        }
        if bytes.starts_with(b"\x1f\x8b") {
            return Self::parse(read_capped(flate2::read::GzDecoder::new(bytes))?);
        }
        Self::parse(read_capped(bytes)?)
    }

    /// From lines of events. A last line that a killed process left unfinished is left out.
    fn parse(mut text: String) -> Result<Self, RunFileError> {
        if !text.ends_with('\n') {
            let complete = text.rfind('\n').map_or(0, |end| end + 1);
            if serde_json::from_str::<Timed>(&text[complete..]).is_ok() {
                text.push('\n');
            } else {
                text.truncate(complete);
            }
        }
        let mut events = Vec::new();
        for (line, json) in text.lines().enumerate() {
            events.push(
                serde_json::from_str(json).map_err(|error| RunFileError::Line {
                    line: line + 1,
                    message: error.to_string(),
                })?,
            );
        }
        if events.is_empty() {
            return Err(RunFileError::Empty);
        }
        Ok(Self { text, events })
    }

    /// A view of the whole run.
    pub fn view(&self, name: &str) -> RunView {
        RunView::recorded(name, &self.events)
    }
}

fn read_capped(reader: impl Read) -> Result<String, RunFileError> {
    let mut bytes = Vec::new();
    reader
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| RunFileError::Archive(error.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(RunFileError::TooLarge);
    }
    String::from_utf8(bytes).map_err(|error| RunFileError::Archive(error.to_string()))
}

/// Packs a run as the command line would have left its folder: events, configuration and genotype.
pub fn zip_run(text: &str, view: &RunView) -> Result<Vec<u8>, RunFileError> {
    let folder = view.config.as_ref().map_or("run".into(), RunConfig::name);
    let genotype: Option<&Genotype> = view
        .derived
        .as_ref()
        .or(view.training.as_ref().map(|training| &training.genotype))
        .or(view.derivations.last().map(|(_, genotype)| genotype));
    let mut files = vec![("events.jsonl", text.to_owned())];
    if let Some(Event::Started {
        config,
        plateau,
        device,
        dataset,
    }) = started(text)
    {
        let config = serde_json::json!({
            "config": config, "plateau": plateau, "device": device, "dataset": dataset,
        });
        files.push(("config.json", format!("{config:#}\n")));
    }
    if let Some(genotype) = genotype {
        files.push(("genotype.json", format!("{}\n", genotype.to_json())));
        files.push(("genotype.txt", format!("{}\n", genotype.to_text())));
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    let failed = |error: String| RunFileError::Archive(error);
    for (name, content) in files {
        zip.start_file(format!("{folder}/{name}"), options)
            .map_err(|error| failed(error.to_string()))?;
        zip.write_all(content.as_bytes())
            .map_err(|error| failed(error.to_string()))?;
    }
    Ok(zip
        .finish()
        .map_err(|error| failed(error.to_string()))?
        .into_inner())
}

fn started(text: &str) -> Option<Event> {
    let timed: Timed = serde_json::from_str(text.lines().next()?).ok()?;
    Some(timed.event)
}
