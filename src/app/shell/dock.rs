//! The panels of the window and how they are laid out: beside each other, or one at a time where the window is narrow.

use eframe::egui::{self, Color32, Role, TextStyle, Vec2, WidgetInfo};

use crate::app::draw::theme::{self, SPACE};
use crate::app::draw::words::landmark;
use crate::app::pane::Pane;

/// A window that is less wide shows one panel at a time, points: among others 1366 pixels with larger type.
const NARROW: f32 = 1024.0;
/// Height of the tabs of a narrow window, and their least width, points: a thumb's.
const TAB: f32 = 44.0;

/// The panels.
pub struct Dock {
    /// The layout of a wide window. A narrow one leaves it as it is.
    tree: egui_tiles::Tree<Pane>,
    /// The panel that a narrow window shows.
    front: Pane,
    narrow: bool,
    /// The places of the panels that were drawn last.
    places: Vec<(Pane, egui::Rect)>,
}

impl Default for Dock {
    fn default() -> Self {
        Self {
            tree: default_tree(),
            front: Pane::Run,
            narrow: false,
            places: Vec::new(),
        }
    }
}

impl Dock {
    /// The layout of a wide window, to be remembered.
    pub fn tree(&self) -> &egui_tiles::Tree<Pane> {
        &self.tree
    }

    /// Takes up the layout of an earlier day, if it shows every panel exactly once.
    pub fn restore(&mut self, tree: egui_tiles::Tree<Pane>) {
        if valid(&tree) {
            self.tree = tree;
        }
    }

    /// Takes up how wide the window is.
    pub fn fit(&mut self, width: f32) {
        self.narrow = width < NARROW;
    }

    /// Whether one panel is shown at a time.
    pub fn is_narrow(&self) -> bool {
        self.narrow
    }

    /// Where a panel was drawn last; none: it was not.
    pub fn place(&self, pane: Pane) -> Option<egui::Rect> {
        let mut places = self.places.iter();
        places.find(|(one, _)| *one == pane).map(|(_, rect)| *rect)
    }

    /// Brings a panel to the front.
    pub fn show(&mut self, pane: Pane) {
        self.front = pane;
        if !self.narrow {
            self.tree.make_active(
                |_, tile| matches!(tile, egui_tiles::Tile::Pane(found) if *found == pane),
            );
        }
    }

    /// Draws the tabs of a narrow window.
    pub fn tabs(&mut self, ui: &mut egui::Ui) {
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        ui.spacing_mut().button_padding = Vec2::ZERO;
        let font = TextStyle::Button.resolve(ui.style());
        let widths = Pane::ALL.map(|pane| {
            let (painter, title) = (ui.painter(), pane.title().to_owned());
            let galley = painter.layout_no_wrap(title, font.clone(), Color32::WHITE);
            (galley.size().x + SPACE[1]).max(TAB)
        });
        // What is left is shared out alike.
        let room = (ui.available_width() - widths.iter().sum::<f32>()) / widths.len() as f32;
        ui.horizontal(|ui| {
            for (pane, width) in Pane::ALL.into_iter().zip(widths) {
                let front = pane == self.front;
                let size = egui::vec2((width + room).floor(), TAB);
                let tab = egui::Button::selectable(front, pane.title()).min_size(size);
                let tab = ui.add(tab);
                tab.widget_info(|| WidgetInfo::selected(Role::Tab, true, front, pane.title()));
                if tab.clicked() {
                    self.front = pane;
                }
            }
        });
    }

    /// Draws the panels that are in sight with a function.
    pub fn panels(&mut self, ui: &mut egui::Ui, mut draw: impl FnMut(Pane, &mut egui::Ui)) {
        self.places.clear();
        if self.narrow {
            let pane = self.front;
            self.places.push((pane, ui.max_rect()));
            ui.push_id(pane.title(), |ui| framed(ui, pane, |ui| draw(pane, ui)));
            return;
        }
        let mut behavior = Behavior {
            draw,
            front: &mut self.front,
            places: &mut self.places,
        };
        self.tree.ui(&mut behavior, ui);
    }

    /// The layout of a wide window in words: containers with their children in brackets, the active tab with a star.
    pub fn describe(&self) -> String {
        let root = self.tree.root();
        root.map_or_else(String::new, |root| describe(&self.tree, root))
    }
}

/// The layout that a new user sees: settings on the left, the run in the middle, everything else in tabs on the right.
fn default_tree() -> egui_tiles::Tree<Pane> {
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

/// Whether a layout shows every panel exactly once.
fn valid(tree: &egui_tiles::Tree<Pane>) -> bool {
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

/// A part of a layout in words.
fn describe(tree: &egui_tiles::Tree<Pane>, id: egui_tiles::TileId) -> String {
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
                    format!("{}{}", describe(tree, child), if active { "*" } else { "" })
                })
                .collect();
            format!("{:?}[{}]", container.kind(), children.join(" "))
        }
        None => String::new(),
    }
}

/// The ground and the margin of a panel.
fn framed(ui: &mut egui::Ui, pane: Pane, add: impl FnOnce(&mut egui::Ui)) {
    ui.painter()
        .rect_filled(ui.max_rect(), 0.0, ui.visuals().panel_fill);
    egui::Frame::new()
        .inner_margin(egui::Margin::symmetric(12, 8))
        .show(ui, |ui| {
            let name = format!("{} panel", pane.title());
            landmark(ui, Role::Region, &name, ui.max_rect());
            add(ui);
        });
}

/// Draws the panels of a wide window with a function, and remembers where they were and which tab was chosen last.
struct Behavior<'a, F: FnMut(Pane, &mut egui::Ui)> {
    draw: F,
    front: &'a mut Pane,
    places: &'a mut Vec<(Pane, egui::Rect)>,
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
        framed(ui, *pane, |ui| (self.draw)(*pane, ui));
        egui_tiles::UiResponse::None
    }

    fn on_tab_button(
        &mut self,
        tiles: &mut egui_tiles::Tiles<Pane>,
        tile: egui_tiles::TileId,
        tab: egui::Response,
    ) -> egui::Response {
        if tab.clicked()
            && let Some(egui_tiles::Tile::Pane(pane)) = tiles.get(tile)
        {
            *self.front = *pane;
        }
        tab
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
