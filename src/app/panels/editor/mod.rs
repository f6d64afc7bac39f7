//! The cell under the hand: edits, scores and the neighborhood of an architecture.

pub mod card;
pub mod edits;
pub mod flatness;
mod gain;
mod neighborhood;
mod palette;
pub mod scores;
mod strip;
mod text_window;
mod toolbar;

use eframe::egui::text_selection::LabelSelectionState;
use eframe::egui::{self, Event, EventFilter, Key, Modifiers, ScrollArea, Ui, vec2};

use super::export::Export;
use crate::app::context::{Action, Context};
use crate::app::draw::cell_canvas::{CanvasResponse, CellPicture, DrawnEdge, Geometry};
use crate::app::draw::theme::{SPACE, operation_label};
use crate::app::draw::words::counted;
use crate::app::runs::notice::Notice;
use crate::landscape::Score;
use crate::space::{Genotype, GenotypeError, Reading, Space};

use edits::{History, Place, operations, sources, with_operation, with_source};
use flatness::Flatness;
use neighborhood::Pointed;
use palette::Choice;
use scores::Scores;
use text_window::TextWindow;

/// The panel is drawn in two columns from this width on, points.
const WIDE: f32 = 1000.0;
/// Height of the picture of the neighborhood, points.
const DOTS: f32 = 178.0;
/// Its height on a small screen.
const LEAST_DOTS: f32 = 120.0;
/// Height of the row above it.
const DOTS_TITLE: f32 = 30.0;
/// Height of the card and the list below it.
const BELOW: f32 = 230.0;

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

    /// Takes up scores that the session sent.
    pub fn scored(&mut self, request: u64, first: usize, scores: &[Score]) {
        self.scores.take(request, first, scores);
    }

    /// The score of the architecture, where it is known.
    pub fn score(&self) -> Option<Score> {
        self.scores.own()
    }

    /// Draws the panel.
    pub fn show(&mut self, ui: &mut Ui, context: &mut Context) {
        self.keys(ui, context);
        self.scores.refresh(self.history.now(), context);
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
        self.export.poll(ui, context.actions);
        self.place = None;
        if let Some(genotype) = chosen {
            self.edit(genotype);
        } else if let Some(reading) = self.window.show(ui) {
            self.take(reading, context);
        }
        // An edit made above is scored in the same frame.
        self.scores.refresh(self.history.now(), context);
        strip::show(ui, self.history.now(), &mut self.scores, context);
        ui.add_space(SPACE[0]);

        let mut pointed = Pointed::default();
        let space = self.genotype().space();
        if ui.available_width() >= WIDE {
            let size = ui.available_size();
            ui.horizontal_top(|ui| {
                ui.allocate_ui(vec2(size.x - 350.0, size.y), |ui| {
                    ui.set_min_size(ui.available_size());
                    ui.vertical(|ui| {
                        let height = ui.available_height() - DOTS - 32.0;
                        self.cells(ui, height);
                        self.dots(ui, DOTS, &mut pointed);
                    });
                });
                ui.vertical(|ui| {
                    self.card(ui);
                    ui.add_space(SPACE[1]);
                    self.list(ui, ui.available_height() - 30.0, &mut pointed);
                });
            });
        } else {
            ScrollArea::vertical()
                .id_salt("editor")
                .auto_shrink(false)
                .show(ui, |ui| {
                    let [cells, dots] = heights(space, ui.available_height());
                    self.cells(ui, cells);
                    self.dots(ui, dots, &mut pointed);
                    ui.columns(2, |columns| {
                        columns[0].vertical(|ui| self.card(ui));
                        self.list(&mut columns[1], 210.0, &mut pointed);
                    });
                });
        }
        self.follow(ui, pointed);
        self.scores.refresh(self.history.now(), context);
        if std::mem::take(&mut self.changed) {
            // The edit and its score are shown in this very frame.
            ui.ctx().request_discard("a cell was edited");
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
        let genotype = self.genotype().clone();
        let kinds = genotype.space().cell_kinds();
        let places = Place::all(&genotype);
        let title = 18.0;
        let each = height / kinds.len() as f32 - ui.spacing().item_spacing.y;
        let mut focused = None;
        for (cell, (&kind, wiring)) in kinds.iter().zip(genotype.cells()).enumerate() {
            let own: Vec<Place> = places.iter().copied().filter(|p| p.cell == cell).collect();
            let mut picture = CellPicture::of_cell(genotype.space(), kind, wiring);
            picture.sources = own.iter().map(|&place| sources(&genotype, place)).collect();
            picture.selected = own.iter().position(|&place| Some(place) == self.selected);
            picture.preview = self.preview(&own);
            let (width, top) = (ui.available_width(), ui.cursor().min);
            let response = ui
                .push_id(cell, |ui| {
                    picture.show(ui, vec2(width, each.max(title)), "editor")
                })
                .inner;
            let drawn = response.rect;
            self.place = Some(self.place.map_or(drawn, |place| place.union(drawn)));
            if kinds.len() > 1 {
                ui.painter().text(
                    top,
                    egui::Align2::LEFT_TOP,
                    format!("{kind} cell"),
                    egui::FontId::proportional(13.0),
                    ui.visuals().weak_text_color(),
                );
            }
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
            let text = egui::RichText::new(refusal).color(ui.visuals().error_fg_color);
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
            Err(error) => self.refusal = Some(error.to_string()),
        }
    }

    /// Keys that act on the focused edge: arrows go to another one, with Shift its source changes, digits choose its operation.
    fn edge_keys(&mut self, ui: &Ui, place: Place, places: &[Place]) {
        let genotype = self.genotype().clone();
        let pressed = |modifiers: Modifiers, keys: [Key; 2]| {
            ui.input_mut(|input| keys.iter().any(|&key| input.consume_key(modifiers, key)))
        };
        let (back, on) = (
            [Key::ArrowLeft, Key::ArrowUp],
            [Key::ArrowRight, Key::ArrowDown],
        );
        let rewire = match (
            pressed(Modifiers::SHIFT, back),
            pressed(Modifiers::SHIFT, on),
        ) {
            (true, _) => -1,
            (_, true) => 1,
            _ => 0,
        };
        if rewire != 0
            && let Some(input) = place.input(&genotype)
        {
            let free = sources(&genotype, place);
            let next = if rewire > 0 {
                free.iter().find(|&&from| from > input.from)
            } else {
                free.iter().rev().find(|&&from| from < input.from)
            };
            if let Some(&from) = next {
                self.try_edit(with_source(&genotype, place, from));
            }
        }
        let walk = match (pressed(Modifiers::NONE, back), pressed(Modifiers::NONE, on)) {
            (true, _) => places.len() - 1,
            (_, true) => 1,
            _ => 0,
        };
        if walk != 0
            && let Some(here) = places.iter().position(|&one| one == place)
        {
            let next = places[(here + walk) % places.len()];
            self.selected = Some(next);
            self.focus = Some(next);
            ui.ctx().request_repaint();
        }
        let digits = [
            Key::Num1,
            Key::Num2,
            Key::Num3,
            Key::Num4,
            Key::Num5,
            Key::Num6,
            Key::Num7,
        ];
        for (key, &operation) in digits.into_iter().zip(operations(genotype.space())) {
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                self.palette = None;
                self.try_edit(with_operation(&genotype, place, operation));
            }
        }
    }

    /// Keys of the whole panel: undo, redo, copy, paste. They belong to a text field while one has the keyboard.
    fn keys(&mut self, ui: &Ui, context: &mut Context) {
        if ui.ctx().text_edit_focused() {
            return;
        }
        let pressed = |modifiers: Modifiers, key: Key| {
            ui.input_mut(|input| input.consume_key(modifiers, key))
        };
        if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z)
            || pressed(Modifiers::COMMAND, Key::Y)
        {
            self.history.redo();
        }
        if pressed(Modifiers::COMMAND, Key::Z) {
            self.history.undo();
        }
        // Text that is marked is copied itself.
        let marked = ui
            .ctx()
            .with_plugin(|labels: &mut LabelSelectionState| labels.has_selection())
            .unwrap_or(false);
        let (mut copy, mut pasted) = (false, None);
        ui.input_mut(|input| {
            input.events.retain(|event| match event {
                Event::Copy if !marked => {
                    copy = true;
                    false
                }
                Event::Paste(text) => {
                    pasted = Some(text.clone());
                    false
                }
                _ => true,
            });
        });
        if copy {
            ui.ctx().copy_text(self.genotype().to_text());
        }
        if let Some(text) = pasted {
            match text_window::read(&text) {
                Ok(reading) => self.take(reading, context),
                Err(error) => self.window.open(text, Some(error)),
            }
        }
    }

    /// Shows what was read from a text, and tells what was not taken as it stands.
    fn take(&mut self, reading: Reading, context: &mut Context) {
        self.edit(reading.genotype);
        let notices = reading.notes.into_iter().map(Notice::info);
        context.actions.extend(notices.map(Action::Notify));
    }

    fn dots(&mut self, ui: &mut Ui, height: f32, pointed: &mut Pointed) {
        ui.horizontal(|ui| {
            ui.strong("Neighborhood").on_hover_text(
                "Every architecture one change away. Its column is the edge that changes, its height what the change brings.",
            );
            ui.weak(counted(self.scores.neighbors().len(), "one-change neighbor"));
            if self.genotype().space() == Space::Darts {
                ui.checkbox(&mut self.scores.rewirings, "with rewirings")
                    .on_hover_text("An edge that reads another state, with any operation, counts as one change, too");
            }
            let room = ui.available_width() - 200.0;
            if room > 0.0 {
                ui.add_space(room);
                neighborhood::show_legend(ui);
            }
        });
        let size = vec2(ui.available_width(), height);
        let shown =
            neighborhood::show_dots(ui, size, self.history.now(), &self.scores, self.hovered);
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
        Some(format!(
            "{kind} cell, edge {} → {}, {name}",
            input.from, place.node
        ))
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
