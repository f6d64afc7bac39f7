//! The panels of the window and how they are laid out.

use eframe::egui;

use crate::app::draw::theme;
use crate::app::pane::Pane;

/// The layout that a new user sees: settings on the left, the run in the middle, everything else in tabs on the right.
pub fn default_tree() -> egui_tiles::Tree<Pane> {
    let mut tiles = egui_tiles::Tiles::default();
    let mut tabs = |panes: &[Pane]| {
        let children = panes.iter().map(|&pane| tiles.insert_pane(pane)).collect();
        tiles.insert_tab_tile(children)
    };
    let search = tabs(&[Pane::Search]);
    let run = tabs(&[Pane::Run]);
    let others = tabs(&Pane::ALL[2..]);
    let mut columns =
        egui_tiles::Linear::new(egui_tiles::LinearDir::Horizontal, vec![search, run, others]);
    columns.shares.set_share(search, 0.2);
    columns.shares.set_share(run, 0.37);
    columns.shares.set_share(others, 0.43);
    let root = tiles.insert_container(columns);
    egui_tiles::Tree::new(egui::Id::unique("plateau-layout"), root, tiles)
}

/// Whether a layout from an earlier day shows every panel exactly once.
pub fn valid(tree: &egui_tiles::Tree<Pane>) -> bool {
    let mut panes = Vec::new();
    let mut open: Vec<_> = tree.root().into_iter().collect();
    while let Some(id) = open.pop() {
        match tree.tiles.get(id) {
            Some(egui_tiles::Tile::Pane(pane)) => panes.push(*pane),
            Some(egui_tiles::Tile::Container(container)) => open.extend(container.children()),
            None => return false,
        }
    }
    panes.len() == Pane::ALL.len() && Pane::ALL.iter().all(|pane| panes.contains(pane))
}

/// The layout in words: containers with their children in brackets, the active tab with a star.
pub fn describe(tree: &egui_tiles::Tree<Pane>) -> String {
    fn tile(tree: &egui_tiles::Tree<Pane>, id: egui_tiles::TileId) -> String {
        match tree.tiles.get(id) {
            Some(egui_tiles::Tile::Pane(pane)) => pane.title().to_owned(),
            Some(egui_tiles::Tile::Container(container)) => {
                let children: Vec<String> = container
                    .children()
                    .map(|&child| {
                        let active = match container {
                            egui_tiles::Container::Tabs(tabs) => tabs.is_active(child),
                            _ => false,
                        };
                        format!("{}{}", tile(tree, child), if active { "*" } else { "" })
                    })
                    .collect();
                format!("{:?}[{}]", container.kind(), children.join(" "))
            }
            None => String::new(),
        }
    }
    tree.root()
        .map_or_else(String::new, |root| tile(tree, root))
}

/// Brings a panel to the front of its tabs.
pub fn show(tree: &mut egui_tiles::Tree<Pane>, pane: Pane) {
    tree.make_active(|_, tile| matches!(tile, egui_tiles::Tile::Pane(found) if *found == pane));
}

/// Draws panes with a function and remembers where they were.
pub struct Behavior<'a, F: FnMut(Pane, &mut egui::Ui)> {
    /// Draws one pane.
    pub draw: F,
    /// The places of the panes that were drawn in this frame.
    pub places: &'a mut Vec<(Pane, egui::Rect)>,
}

impl<F: FnMut(Pane, &mut egui::Ui)> egui_tiles::Behavior<Pane> for Behavior<'_, F> {
    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        pane.title().into()
    }

    fn pane_ui(
        &mut self,
        ui: &mut egui::Ui,
        _tile: egui_tiles::TileId,
        pane: &mut Pane,
    ) -> egui_tiles::UiResponse {
        self.places.push((*pane, ui.max_rect()));
        ui.painter()
            .rect_filled(ui.max_rect(), 0.0, ui.visuals().panel_fill);
        egui::Frame::new()
            .inner_margin(egui::Margin::symmetric(12, 8))
            .show(ui, |ui| {
                // A landmark to which screen readers jump.
                ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
                    node.set_role(egui::Role::Region);
                    node.set_label(format!("{} panel", pane.title()));
                });
                (self.draw)(*pane, ui);
            });
        egui_tiles::UiResponse::None
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        30.0
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        4.0
    }

    fn min_size(&self) -> f32 {
        160.0
    }

    fn tab_title_spacing(&self, _visuals: &egui::Visuals) -> f32 {
        12.0
    }

    fn tab_bar_color(&self, visuals: &egui::Visuals) -> egui::Color32 {
        theme::bar_color(visuals)
    }

    fn tab_outline_stroke(
        &self,
        _visuals: &egui::Visuals,
        _tiles: &egui_tiles::Tiles<Pane>,
        _tile: egui_tiles::TileId,
        _state: &egui_tiles::TabState,
    ) -> egui::Stroke {
        egui::Stroke::NONE
    }

    fn simplification_options(&self) -> egui_tiles::SimplificationOptions {
        egui_tiles::SimplificationOptions {
            all_panes_must_have_tabs: true,
            ..Default::default()
        }
    }
}
