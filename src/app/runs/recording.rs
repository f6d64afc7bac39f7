//! The recorded run of the first frame, and runs that are opened from files.

use std::sync::LazyLock;

use crate::record::{RunFileError, RunFiles};
use crate::session::Timed;

use crate::record::{RunState, RunView};

/// The recorded race of the first frame: what `plateau search --preset quick --strategy na-darts --space nas-bench-201-small
/// --dataset fashion --table builtin --device cpu` and the same with `--strategy darts` wrote, their `events.jsonl` through `gzip -9 -n`.
const DEMO: [&[u8]; 2] = [
    include_bytes!("demo-na-darts.jsonl.gz"),
    include_bytes!("demo-darts.jsonl.gz"),
];

/// How many steps each has.
static STEPS: LazyLock<[usize; 2]> = LazyLock::new(|| {
    let steps = |recording: Recording| recording.view("").steps.len();
    [Recording::demo(), Recording::rival()].map(steps)
});

/// What a lesson can show of the recorded race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Both searches beside each other, as in the first frame.
    Race,
    /// NA-DARTS alone.
    NaDarts,
    /// DARTS alone.
    Darts,
}

impl Recorded {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Race, Self::NaDarts, Self::Darts];

    /// The name in a lesson's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Race => "race",
            Self::NaDarts => "na-darts",
            Self::Darts => "darts",
        }
    }

    /// What the window calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Race => "A recorded race",
            Self::NaDarts | Self::Darts => "A recorded search",
        }
    }

    /// How many steps it has.
    pub fn steps(self) -> usize {
        STEPS[usize::from(self == Self::Darts)]
    }

    /// The run that is shown, and the one beside it.
    pub fn runs(self) -> (Recording, Option<Recording>) {
        match self {
            Self::Race => (Recording::demo(), Some(Recording::rival())),
            Self::NaDarts => (Recording::demo(), None),
            Self::Darts => (Recording::rival(), None),
        }
    }
}

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

    /// A run that goes on after these events, and its files.
    pub fn going_on(name: &str, events: &str) -> (RunView, RunFiles) {
        // Without events it goes on from its very beginning.
        let recording = Self::from_bytes(events.as_bytes()).unwrap_or_default();
        let mut run = recording.view(name);
        run.state = RunState::Running;
        run.live = true;
        (run, recording.files)
    }

    /// A view of the whole run.
    pub fn view(&self, name: &str) -> RunView {
        let mut view = RunView::recorded(name, &self.events);
        view.warning.clone_from(&self.files.warning);
        view
    }
}
