//! The panels of the window and how they are laid out.

use eframe::egui;
use serde::{Deserialize, Serialize};

/// One panel of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pane {
    /// Settings, controls and curves of a search.
    Search,
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
    pub const ALL: [Pane; 5] = [
        Pane::Search,
        Pane::Editor,
        Pane::Landscape,
        Pane::Network,
        Pane::Data,
    ];

    /// The title of its tab.
    pub fn title(self) -> &'static str {
        match self {
            Pane::Search => "Search",
            Pane::Editor => "Cell editor",
            Pane::Landscape => "Landscape",
            Pane::Network => "Network",
            Pane::Data => "Data",
        }
    }
}

/// The layout that a new user sees: the search on the left, everything else in tabs on the right.
pub fn default_tree() -> egui_tiles::Tree<Pane> {
    let mut tiles = egui_tiles::Tiles::default();
    let search = tiles.insert_pane(Pane::Search);
    let others = Pane::ALL[1..]
        .iter()
        .map(|&pane| tiles.insert_pane(pane))
        .collect();
    let tabs = tiles.insert_tab_tile(others);
    let root = tiles.insert_horizontal_tile(vec![search, tabs]);
    egui_tiles::Tree::new(egui::Id::unique("plateau"), root, tiles)
}

/// Draws panes with a function.
pub struct Behavior<F: FnMut(Pane, &mut egui::Ui)> {
    /// Draws one pane.
    pub draw: F,
}

impl<F: FnMut(Pane, &mut egui::Ui)> egui_tiles::Behavior<Pane> for Behavior<F> {
    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        pane.title().into()
    }

    fn pane_ui(
        &mut self,
        ui: &mut egui::Ui,
        _tile: egui_tiles::TileId,
        pane: &mut Pane,
    ) -> egui_tiles::UiResponse {
        (self.draw)(*pane, ui);
        egui_tiles::UiResponse::None
    }
}
