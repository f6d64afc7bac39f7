//! The cell under the hand: edits, scores and the neighborhood of an architecture.

pub mod card;
pub mod edits;
pub mod flatness;
pub mod flatness_words;
mod gain;
mod keyboard;
mod missing;
mod neighborhood;
mod palette;
mod scored_by;
pub mod scores;
mod strip;
mod text_window;
mod toolbar;

use eframe::egui::{self, EventFilter, RichText, Ui, Vec2, vec2};

use super::export::Export;
use crate::app::context::{Action, Context};
use crate::app::draw::cell_canvas::{CanvasResponse, CellPicture, DrawnEdge, Geometry};
use crate::app::draw::explained::explained;
use crate::app::draw::states::edge_name;
use crate::app::draw::theme::{self, SPACE, operation_label};
use crate::app::draw::words::counted;
use crate::app::runs::notice::Notice;
use crate::landscape::Score;
use crate::space::{Genotype, GenotypeError, Reading, Space};

use edits::{History, Place, refusal, sources, with_operation, with_source};
use flatness::Flatness;
use neighborhood::Pointed;
use palette::Choice;
use scores::Scores;
use text_window::TextWindow;

/// The panel is drawn in two columns from this width on, points.
const WIDE: f32 = 1000.0;
/// Card and list stand beside each other from this width on, points: half of it has room for the numbers of the card.
const BESIDE: f32 = 640.0;
/// What stands above the dots wraps below this width, points.
const ONE_ROW: f32 = 400.0;
/// Height of the picture of the neighborhood, points.
const DOTS: f32 = 178.0;
/// Its height on a small screen.
const LEAST_DOTS: f32 = 120.0;
/// Height of the row above it.
const DOTS_TITLE: f32 = 30.0;
/// Height of the card and the list below it.
const BELOW: f32 = 230.0;
/// Height of the list of neighbors where it is below.
const LIST: f32 = 210.0;
/// Least height of a cell in a panel that is too low for more.
const LEAST_CELL: f32 = 180.0;
/// How much of the buttons below it is in sight there.
const PEEK: f32 = 44.0;
/// A panel that is too low has its cell and what it scores beside each other from this width on, points.
const SIDES: f32 = 760.0;
/// Width of what stands beside the cells, points.
const ASIDE: f32 = 350.0;

/// State of the panel.
pub struct Editor {
    history: History,
    scores: Scores,
    /// The edge that keys act on.
    selected: Option<Place>,
    /// The edge that gets the keyboard in the next frame.
    focus: Option<Place>,
    /// The edge whose palette is open.
    palette: Option<Place>,
    /// The neighbor under the pointer in the last frame.
    hovered: Option<usize>,
    /// Why the last edit was refused.
    refusal: Option<String>,
    window: TextWindow,
    /// Seed of the next random architecture.
    seed: u64,
    /// Whether something has changed in this frame after its score was drawn.
    changed: bool,
    /// Whether the architecture came from elsewhere since the last frame.
    brought: bool,
    /// Where the cells were drawn in the last frame.
    place: Option<egui::Rect>,
    export: Export,
}

impl Editor {
    /// An editor that shows an architecture.
    pub fn new(genotype: Genotype) -> Self {
        Self {
            history: History::new(genotype),
            scores: Scores::default(),
            selected: None,
            focus: None,
            palette: None,
            hovered: None,
            refusal: None,
            window: TextWindow::default(),
            seed: 0,
            changed: false,
            brought: false,
            place: None,
            export: Export::default(),
        }
    }

    /// The architecture as it is now.
    pub fn genotype(&self) -> &Genotype {
        self.history.now()
    }

    /// Shows another architecture, as one undoable edit.
    pub fn edit(&mut self, genotype: Genotype) {
        let space = self.genotype().space();
        if genotype.space() != space {
            self.selected = None;
            self.palette = None;
        }
        self.refusal = None;
        self.hovered = None;
        self.changed |= self.history.edit(genotype);
    }

    /// Shows an architecture from elsewhere, as one undoable edit, scored by somebody who can.
    pub fn bring(&mut self, genotype: Genotype) {
        self.edit(genotype);
        self.brought = true;
    }

    /// Takes up scores that the session sent.
    pub fn scored(&mut self, request: u64, first: usize, scores: &[Score]) {
        self.scores.take(request, first, scores);
    }

    /// A session cannot answer a request for scores.
    pub fn refused(&mut self, request: u64, message: &str) {
        self.scores.refuse(request, message);
    }

    /// The score of the architecture, where it is known.
    pub fn score(&self) -> Option<Score> {
        self.scores.own()
    }

    /// The same, unless it is that of another architecture or those of its neighbors are still to come.
    pub fn score_of_now(&self) -> Option<Score> {
        let there = self.scores.are_of(self.genotype()) && !self.scores.waiting();
        self.score().filter(|_| there)
    }

    /// Draws the panel.
    pub fn show(&mut self, ui: &mut Ui, context: &mut Context) {
        self.keys(ui, context);
        self.reconsider(context);
        self.scores.refresh(self.history.now(), context);
        let mut pointed = Pointed::default();
        if theme::is_short(ui) {
            theme::scroll_panel(ui, "editor", |ui| self.short(ui, context, &mut pointed));
        } else if ui.available_width() >= WIDE {
            let missing = self.head(ui, context);
            self.wide(ui, missing.as_deref(), &mut pointed);
        } else {
            let missing = self.head(ui, context);
            theme::scroll_panel(ui, "editor", |ui| {
                let space = self.genotype().space();
                let [cells, dots] = heights(space, ui.available_height());
                self.cells(ui, cells);
                self.dots(ui, dots, missing.as_deref(), &mut pointed);
                self.below(ui, &mut pointed);
            });
        }
        self.export.poll(ui, context.actions);
        self.follow(ui, pointed);
        self.scores.refresh(self.history.now(), context);
        if std::mem::take(&mut self.changed) {
            // The edit and its score are shown in this very frame.
            ui.ctx().request_discard("a cell was edited");
        }
    }

    /// The cell first, in sight at once, and where there is room beside it what it scores and its neighborhood; everything else below.
    fn short(&mut self, ui: &mut Ui, context: &mut Context, pointed: &mut Pointed) {
        let cells = self.genotype().cells().len() as f32;
        let height = (ui.available_height() - PEEK).max(cells * LEAST_CELL);
        let before = self.genotype().clone();
        if ui.available_width() >= SIDES {
            let size = vec2(ui.available_width() - ASIDE, height);
            ui.horizontal_top(|ui| {
                left(ui, size, |ui| self.cells(ui, height));
                ui.vertical(|ui| {
                    let missing = self.score_strip(ui, context);
                    self.dots(ui, LEAST_DOTS, missing.as_deref(), pointed);
                });
            });
            self.toolbar(ui, context);
        } else {
            self.cells(ui, height);
            let missing = self.head(ui, context);
            self.dots(ui, LEAST_DOTS, missing.as_deref(), pointed);
        }
        self.changed |= *self.genotype() != before;
        self.below(ui, pointed);
    }

    /// The cells with their neighborhood on the left, the card with the list on the right.
    fn wide(&mut self, ui: &mut Ui, missing: Option<&str>, pointed: &mut Pointed) {
        let size = ui.available_size() - vec2(ASIDE, 0.0);
        ui.horizontal_top(|ui| {
            left(ui, size, |ui| {
                let height = ui.available_height() - DOTS - 32.0;
                self.cells(ui, height);
                self.dots(ui, DOTS, missing, pointed);
            });
            ui.vertical(|ui| {
                self.card(ui);
                ui.add_space(SPACE[1]);
                self.list(ui, ui.available_height() - 30.0, pointed);
            });
        });
    }

    /// The card and the list, beside each other where there is room.
    fn below(&mut self, ui: &mut Ui, pointed: &mut Pointed) {
        if ui.available_width() < BESIDE {
            self.card(ui);
            ui.add_space(SPACE[1]);
            self.list(ui, LIST, pointed);
        } else {
            ui.columns(2, |columns| {
                columns[0].vertical(|ui| self.card(ui));
                self.list(&mut columns[1], LIST, pointed);
            });
        }
    }

    /// Where the architecture comes from and goes to, and what it scores. Returns what to press where there are no scores.
    fn head(&mut self, ui: &mut Ui, context: &mut Context) -> Option<String> {
        self.toolbar(ui, context);
        self.score_strip(ui, context)
    }

    /// Where the architecture comes from and goes to.
    fn toolbar(&mut self, ui: &mut Ui, context: &mut Context) {
        let chosen = toolbar::show(
            ui,
            &mut self.history,
            &mut self.seed,
            &mut self.window,
            toolbar::Picture {
                place: self.place,
                export: &mut self.export,
            },
            context,
        );
        if let Some(genotype) = chosen {
            self.bring(genotype);
        } else if let Some(reading) = self.window.show(ui) {
            self.take(reading, context);
        }
    }

    /// What the architecture scores. Returns what to press where there are no scores.
    fn score_strip(&mut self, ui: &mut Ui, context: &mut Context) -> Option<String> {
        // An edit made above is scored in the same frame.
        self.reconsider(context);
        self.scores.refresh(self.history.now(), context);
        strip::show(ui, self.history.now(), &mut self.scores, context);
        ui.add_space(SPACE[0]);
        missing::missing(self.history.now(), &self.scores, context)
    }

    /// Has somebody score an architecture that came from elsewhere who can, and says who does.
    fn reconsider(&mut self, context: &mut Context) {
        if !std::mem::take(&mut self.brought) {
            return;
        }
        let now = self.history.now();
        if let Some([before, by]) = self.scores.reconsider(now, context) {
            let text = format!(
                "scored by: {}; {} has no score of this cell",
                by.name(),
                before.name()
            );
            let told = Action::Notify(Notice::info(text));
            context.actions.push(told);
        }
    }

    /// Takes up what was pointed at in the neighborhood.
    fn follow(&mut self, ui: &Ui, pointed: Pointed) {
        if self.hovered != pointed.hovered {
            self.hovered = pointed.hovered;
            ui.ctx().request_repaint();
        }
        let taken = pointed
            .taken
            .and_then(|index| self.scores.neighbors().get(index));
        if let Some(neighbor) = taken {
            self.selected = Some(neighbor.place);
            let genotype = neighbor.genotype.clone();
            self.edit(genotype);
        }
    }

    /// Both cells, or the one.
    fn cells(&mut self, ui: &mut Ui, height: f32) {
        self.place = None;
        let genotype = self.genotype().clone();
        let kinds = genotype.space().cell_kinds();
        let places = Place::all(&genotype);
        let least = 18.0;
        let each = height / kinds.len() as f32 - ui.spacing().item_spacing.y;
        let mut focused = None;
        for (cell, (&kind, wiring)) in kinds.iter().zip(genotype.cells()).enumerate() {
            let own: Vec<Place> = places.iter().copied().filter(|p| p.cell == cell).collect();
            let mut picture = CellPicture::of_cell(genotype.space(), kind, wiring);
            picture.sources = own.iter().map(|&place| sources(&genotype, place)).collect();
            picture.selected = own.iter().position(|&place| Some(place) == self.selected);
            picture.preview = self.preview(&own);
            picture.titled = true;
            let size = vec2(ui.available_width(), each.max(least));
            let response = ui
                .push_id(cell, |ui| picture.show(ui, size, "editor"))
                .inner;
            let drawn = response.rect;
            self.place = Some(self.place.map_or(drawn, |place| place.union(drawn)));
            let focus = self.edges(ui, &genotype, &own, &response.edges);
            focused = focus.or(focused);
            self.act(&genotype, &own, &response);
        }
        if let Some(refusal) = &self.refusal {
            // Over the picture, so that nothing moves.
            let below = ui.min_rect();
            let place = egui::Rect::from_min_max(
                egui::pos2(below.left(), below.bottom() - 22.0),
                below.right_bottom(),
            );
            let text = RichText::new(refusal).color(ui.visuals().error_fg_color);
            ui.place(place, egui::Label::new(text));
        }
        if let Some(place) = focused {
            self.selected = Some(place);
            self.edge_keys(ui, place, &places);
        }
    }

    /// Gives the edges of a cell their hints and the keyboard. Returns the one that has it.
    fn edges(
        &mut self,
        ui: &Ui,
        genotype: &Genotype,
        own: &[Place],
        edges: &[egui::Response],
    ) -> Option<Place> {
        let mut focused = None;
        for (&place, edge) in own.iter().zip(edges) {
            if self.palette.is_none() {
                let fixed = sources(genotype, place).is_empty();
                edge.clone().on_hover_text(hint(fixed));
            }
            if self.focus == Some(place) {
                edge.request_focus();
                edge.scroll_to_me(None);
                self.focus = None;
            }
            if edge.has_focus() {
                focused = Some(place);
                let filter = EventFilter {
                    horizontal_arrows: true,
                    vertical_arrows: true,
                    ..EventFilter::default()
                };
                ui.memory_mut(|memory| memory.set_focus_lock_filter(edge.id, filter));
            }
        }
        focused
    }

    /// Takes up what was done to the picture of a cell, and shows the palette where it belongs to one of its edges.
    fn act(&mut self, genotype: &Genotype, own: &[Place], response: &CanvasResponse) {
        if let Some(edge) = response.clicked {
            self.selected = Some(own[edge]);
            self.focus = Some(own[edge]);
            self.palette = Some(own[edge]);
        }
        if let Some((edge, from)) = response.rewired {
            self.selected = Some(own[edge]);
            self.try_edit(with_source(genotype, own[edge], from));
        }
        if let Some((edge, from)) = response.refused {
            self.try_edit(with_source(genotype, own[edge], from));
        }
        if let Some(place) = self.palette
            && let Some(edge) = own.iter().position(|&one| one == place)
        {
            let mut open = true;
            let label = &response.edges[edge];
            let choice = palette::show(label, genotype, place, &self.scores, &mut open);
            match choice {
                Some(Choice::Operation(operation)) => {
                    self.try_edit(with_operation(genotype, place, operation));
                }
                Some(Choice::Source(from)) => {
                    self.try_edit(with_source(genotype, place, from));
                }
                None => {}
            }
            if !open {
                self.palette = None;
                self.focus = Some(place);
            }
        }
    }

    /// The neighbor under the pointer, if it changes one of these edges.
    fn preview(&self, own: &[Place]) -> Option<(usize, DrawnEdge)> {
        let neighbor = self.scores.neighbors().get(self.hovered?)?;
        let edge = own.iter().position(|&place| place == neighbor.place)?;
        Some((
            edge,
            DrawnEdge {
                from: neighbor.change.after.from,
                to: neighbor.change.node,
                operation: neighbor.change.after.operation,
                weight: 0.8,
            },
        ))
    }

    fn try_edit(&mut self, edited: Result<Genotype, GenotypeError>) {
        match edited {
            Ok(genotype) => self.edit(genotype),
            Err(error) => self.refusal = Some(refusal(self.genotype().space(), &error)),
        }
    }

    /// Shows what was read from a text, and tells what was not taken as it stands.
    fn take(&mut self, reading: Reading, context: &mut Context) {
        self.bring(reading.genotype);
        let notices = reading.notes.into_iter().map(Notice::info);
        context.actions.extend(notices.map(Action::Notify));
    }

    /// `missing`: what to press where there are no scores.
    fn dots(&mut self, ui: &mut Ui, height: f32, missing: Option<&str>, pointed: &mut Pointed) {
        let wraps = ui.available_width() < ONE_ROW;
        let row = egui::Layout::left_to_right(egui::Align::Center).with_main_wrap(wraps);
        let room = vec2(ui.available_width(), ui.spacing().interact_size.y);
        ui.allocate_ui_with_layout(room, row, |ui| {
            explained(
                ui,
                RichText::new("Neighborhood").strong(),
                "Every architecture one change away. Its column is the edge that changes: below it the state that the edge reads, and below that, behind \
                 the arrow, the node that it leads to. Its height is what the change brings; the marks lie evenly up to about a point \
                 and as on a logarithmic scale beyond, so that a loss of 1 and one of 70 can both be seen. Within a column operations \
                 stand in the order of the palette. A flat architecture has dots close to the line.",
            );
            ui.weak(counted(self.scores.neighbors().len(), "one-change neighbor"));
            if self.genotype().space() == Space::Darts {
                ui.checkbox(&mut self.scores.rewirings, "with rewirings")
                    .on_hover_text("An edge that reads another state, with any operation, counts as one change, too");
            }
            let room = ui.available_size_before_wrap().x - 200.0;
            if room > 0.0 {
                ui.add_space(room);
                neighborhood::show_legend(ui);
            }
        });
        let size = vec2(ui.available_width(), height);
        let shown = neighborhood::show_dots(
            ui,
            size,
            self.history.now(),
            &self.scores,
            self.hovered,
            missing,
        );
        merge(pointed, shown);
    }

    fn list(&mut self, ui: &mut Ui, height: f32, pointed: &mut Pointed) {
        ui.strong("Neighbors, best first");
        let shown = neighborhood::show_list(ui, height, &self.scores, self.hovered);
        merge(pointed, shown);
    }

    fn card(&self, ui: &mut Ui) {
        let flatness = self.flatness();
        card::show(ui, self.genotype(), &self.scores, flatness.as_ref());
    }

    /// The architecture among the neighbors whose scores are known, once all are.
    pub fn flatness(&self) -> Option<Flatness> {
        self.scores.flatness(self.genotype())
    }

    /// The edge that keys act on, in words.
    pub fn selection(&self) -> Option<String> {
        let place = self.selected?;
        let input = place.input(self.genotype())?;
        let kind = place.kind(self.genotype().space());
        let name = operation_label(input.operation);
        let edge = edge_name(self.genotype().space(), input.from, place.node);
        Some(format!("{kind} cell, edge {edge}, {name}"))
    }
}

/// Heights of the cells and of the dots in one column, which belong on one screen: a person looks from the one to the other. What is
/// below comes into view where there is room.
fn heights(space: Space, available: f32) -> [f32; 2] {
    let cells = space.cell_kinds().len() as f32;
    let least = cells * Geometry::least_height(space);
    let comfortable = cells * Geometry::comfortable_height(space);
    let room = available - DOTS_TITLE;
    let dots = (room - least).clamp(LEAST_DOTS, DOTS);
    let rest = room - DOTS - BELOW;
    [rest.max(comfortable).min(room - dots).max(least), dots]
}

/// Draws what stands on the left in a row, in a size.
fn left(ui: &mut Ui, size: Vec2, add: impl FnOnce(&mut Ui)) {
    ui.allocate_ui(size, |ui| {
        ui.set_min_size(ui.available_size());
        ui.vertical(add);
    });
}

/// What can be done with an edge.
fn hint(fixed: bool) -> &'static str {
    if fixed {
        "Click to choose its operation.\nKeys: arrows go to the next edge, digits choose the operation."
    } else {
        "Click to choose its operation, drag it to another state to rewire it.\n\
         Keys: arrows go to the next edge, digits choose the operation, Shift with arrows rewires."
    }
}

fn merge(into: &mut Pointed, new: Pointed) {
    into.hovered = into.hovered.or(new.hovered);
    into.taken = into.taken.or(new.taken);
}
