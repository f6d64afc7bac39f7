//! The recorded run of the first frame, and runs that are opened from files.

use crate::record::{RunFileError, RunFiles};
use crate::session::Timed;

use crate::record::RunView;

/// The recorded race of the first frame: what `plateau search --preset quick --strategy na-darts --space nas-bench-201-small
/// --dataset fashion --table builtin --device cpu` and the same with `--strategy darts` wrote, their `events.jsonl` through `gzip -9 -n`.
const DEMO: [&[u8]; 2] = [
    include_bytes!("demo-na-darts.jsonl.gz"),
    include_bytes!("demo-darts.jsonl.gz"),
];

/// A run as files and as events.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Its files.
    pub files: RunFiles,
    /// What it said.
    pub events: Vec<Timed>,
}

impl Recording {
    /// The run that the window shows before anything was started.
    pub fn demo() -> Self {
        // A test opens it; an empty run is all that a damaged program would show.
        Self::from_bytes(DEMO[0]).unwrap_or_default()
    }

    /// The run that raced with it.
    pub fn rival() -> Self {
        Self::from_bytes(DEMO[1]).unwrap_or_default()
    }

    /// From any of the forms that [`RunFiles::from_bytes`] reads.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RunFileError> {
        let (files, events) = RunFiles::from_bytes(bytes)?;
        Ok(Self { files, events })
    }

    /// A view of the whole run.
    pub fn view(&self, name: &str) -> RunView {
        let mut view = RunView::recorded(name, &self.events);
        view.warning.clone_from(&self.files.warning);
        view
    }
}
