//! The panels of the window by name.

use serde::{Deserialize, Serialize};

/// One panel of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pane {
    /// Settings and controls of a search.
    Search,
    /// The run that is shown: curves, α, cells, scrubber.
    Run,
    /// The cell under the hand.
    Editor,
    /// Tables: accuracy against neighborhood, barriers, spectra.
    Landscape,
    /// Training of the derived network.
    Network,
    /// The images.
    Data,
}

impl Pane {
    /// All panels.
    pub const ALL: [Pane; 6] = [
        Pane::Search,
        Pane::Run,
        Pane::Editor,
        Pane::Landscape,
        Pane::Network,
        Pane::Data,
    ];

    /// The title of its tab.
    pub fn title(self) -> &'static str {
        match self {
            Pane::Search => "Search",
            Pane::Run => "Run",
            Pane::Editor => "Cell editor",
            Pane::Landscape => "Landscape",
            Pane::Network => "Network",
            Pane::Data => "Data",
        }
    }
}
