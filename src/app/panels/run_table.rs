//! All kept runs as a table: sorted, filtered, and ticked to be seen beside each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{self, Rangef, RichText, Ui, vec2};
use web_time::SystemTime;

use super::forecast::duration;
use crate::app::context::{Action, OpenTable, table_of};
use crate::app::draw::cell_canvas::CellPicture;
use crate::app::draw::explained::explained;
use crate::app::draw::theme::{self, SPACE};
use crate::app::runs::kept_run::{Ask, KeptRun};
use crate::app::runs::labels::in_labels;
use crate::app::runs::link::{Seat, SessionState};
use crate::app::runs::shelf::Shelf;
use crate::data::short_name;
use crate::landscape::Verdict;
use crate::record::{Digest, RunState};
use crate::session::{Preset, RunKind, differences};

/// Runs beside each other, at most.
const MOST_BESIDE: usize = 6;
/// Width of a run's name, points, at most.
const NAME: f32 = 220.0;
/// Size of a cell's thumbnail, points.
const THUMBNAIL: egui::Vec2 = vec2(88.0, 44.0);
/// Height of a row, points.
const ROW: f32 = THUMBNAIL.y + 2.0;
/// Columns, with those that nothing is sorted by: the box to tick, the buttons, settings and cells.
const COLUMNS: usize = Column::ALL.len() + 4;
/// Rows that are drawn above and below what is in sight, for who goes on by keyboard.
const BEYOND: f32 = 2.0;

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Column {
    /// When it was recorded.
    #[default]
    Recorded,
    /// Its name.
    Name,
    /// Its images.
    Data,
    /// How it searched.
    Strategy,
    /// Its seed.
    Seed,
    /// The accuracy on the test part.
    Test,
    /// The mean of the neighbors in a table.
    Neighbors,
    /// How far the last neighbors were.
    Radius,
}

impl Column {
    const ALL: [(Column, &'static str, &'static str); 8] = [
        (
            Column::Recorded,
            "recorded",
            "How long ago it was recorded last",
        ),
        (Column::Name, "run", "Its name where it is kept"),
        (Column::Data, "images", "The data set"),
        (Column::Strategy, "strategy", "How it searched"),
        (Column::Seed, "seed", "Of its random numbers"),
        (
            Column::Test,
            "test, %",
            "Accuracy on images that neither search nor training saw; press one for its 95 % interval",
        ),
        (
            Column::Neighbors,
            "neighbors, %",
            "Mean accuracy of the architectures one change away, where a table has them",
        ),
        (
            Column::Radius,
            "radius",
            "Effective radius of the last neighbors, in edges",
        ),
    ];
}

/// State of the table.
#[derive(Default)]
pub struct RunTable {
    column: Column,
    /// Whether the largest comes first; the newest run does where nothing was chosen.
    falling: Option<bool>,
    filter: String,
    /// In the order of ticking, which gives the colours.
    ticked: Vec<String>,
    /// What follows from digests, by the run's name, as long as the table is that one.
    derived: BTreeMap<String, Derived>,
    derived_by: Option<(usize, String)>,
    /// The widths that the columns had where they were widest, points: rows that come into view move nothing.
    widths: [f32; COLUMNS],
}

/// What follows from a digest and takes longer than a frame for many.
#[derive(Clone, Default)]
struct Derived {
    /// Mean accuracy of the neighbors in percent, where a table has them.
    neighbors: Option<f64>,
    /// Settings that are not those of the quick preset.
    others: Vec<String>,
}

/// One row: a kept run and what is known of it.
struct Row<'a> {
    run: &'a KeptRun,
    digest: Option<&'a Digest>,
    derived: Derived,
}

impl Row<'_> {
    fn strategy(&self) -> &'static str {
        let config = self.digest.map(|digest| &digest.config);
        let search = config.and_then(|config| config.search.as_ref());
        match (search, config) {
            (Some(_), Some(config)) if config.kind == RunKind::Judge => "judge",
            (Some(search), _) => search.strategy.title(),
            (None, Some(_)) => "training",
            (None, None) => "",
        }
    }

    fn data(&self) -> String {
        let config = self.digest.map(|digest| &digest.config);
        config.map_or(String::new(), |config| {
            short_name(&config.dataset).to_string()
        })
    }

    fn test(&self) -> Option<f64> {
        Some(100.0 * self.digest?.tested?.accuracy)
    }

    fn radius(&self) -> Option<f64> {
        self.digest?.effective_radius.map(f64::from)
    }

    /// What the text field looks in.
    fn words(&self) -> String {
        let words = [self.run.name.as_str(), self.strategy(), &self.data()].join(" ");
        words.to_lowercase()
    }
}

impl RunTable {
    /// Draws the table. Returns whether the list has served its purpose.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        shelf: &mut Shelf,
        session: SessionState,
        table: Option<&OpenTable>,
        actions: &mut Vec<Action>,
    ) -> bool {
        let Some(Ok(runs)) = shelf.runs.clone() else {
            return false;
        };
        // The newest first: they are on top where nothing else was chosen.
        let unknown = |run: &&KeptRun| !shelf.digests.contains_key(&run.name);
        let mut newest: Vec<&KeptRun> = runs.iter().filter(unknown).collect();
        newest.sort_by_key(|run| std::cmp::Reverse(run.changed));
        for run in newest {
            shelf.describe(&run.name);
        }
        self.ticked
            .retain(|name| runs.iter().any(|run| run.name == *name));
        self.above(ui, shelf);
        let by = table.map(|open| (Arc::as_ptr(&open.table) as usize, open.metric.clone()));
        if self.derived_by != by {
            self.derived.clear();
            self.derived_by = by;
        }
        // What has been read anew may be another run.
        self.derived
            .retain(|name, _| shelf.digests.contains_key(name));
        let mut rows: Vec<Row> = runs
            .iter()
            .map(|run| {
                let digest = shelf.digests.get(&run.name);
                let digest = digest.and_then(|digest| digest.as_deref().ok());
                let derived = match digest {
                    Some(digest) => {
                        let known = self.derived.entry(run.name.clone());
                        known.or_insert_with(|| Derived::of(digest, table)).clone()
                    }
                    None => Derived::default(),
                };
                Row {
                    run,
                    digest,
                    derived,
                }
            })
            .collect();
        let filter = self.filter.to_lowercase();
        rows.retain(|row| {
            filter
                .split_whitespace()
                .all(|word| row.words().contains(word))
        });
        if rows.is_empty() {
            ui.label("No run has these words.");
        }
        self.sort(&mut rows);
        let mut done = false;
        egui::ScrollArea::both().auto_shrink(false).show(ui, |ui| {
            let places = egui::Grid::new("kept-runs")
                .striped(true)
                .min_row_height(ROW)
                .spacing(vec2(SPACE[2], SPACE[0]))
                .show(ui, |ui| {
                    let places = self.room_for_headings(ui);
                    let seen = ui.clip_rect().y_range().expand(BEYOND * ROW);
                    for row in &rows {
                        let top = ui.cursor().top();
                        if seen.intersects(Rangef::new(top, top + ROW)) {
                            done |= self.row(ui, row, shelf, session, actions);
                        } else {
                            // Only its height.
                            ui.allocate_space(egui::Vec2::ZERO);
                            ui.end_row();
                        }
                    }
                    places
                });
            self.headings(ui, &places.inner);
        });
        done
    }

    /// The text field, and the button for what is ticked.
    fn above(&mut self, ui: &mut Ui, shelf: &mut Shelf) {
        ui.horizontal_wrapped(|ui| {
            let field = egui::TextEdit::singleline(&mut self.filter)
                .hint_text("filter by name, images, strategy")
                .desired_width(220.0);
            let field = ui.add(field);
            field.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Filter runs")
            });
            let count = self.ticked.len();
            let enough = (2..=MOST_BESIDE).contains(&count);
            let text = match count {
                0 | 1 => "Compare".to_owned(),
                count => format!("Compare {count} runs"),
            };
            let button = ui
                .add_enabled(enough, egui::Button::new(text))
                .on_hover_text("Shows the ticked runs beside each other")
                .on_disabled_hover_text(format!("Tick two to {MOST_BESIDE} runs"));
            if button.clicked() {
                shelf.beside.clear();
                for name in &self.ticked {
                    shelf.ask(Ask::Beside(name.clone()));
                }
            }
        });
        ui.add_space(SPACE[0]);
    }

    fn sort(&self, rows: &mut [Row]) {
        let number = |value: Option<f64>| value.unwrap_or(f64::NEG_INFINITY);
        rows.sort_by(|a, b| {
            let order = match self.column {
                Column::Recorded => a.run.changed.cmp(&b.run.changed),
                Column::Name => a.run.name.cmp(&b.run.name),
                Column::Data => a.data().cmp(&b.data()),
                Column::Strategy => a.strategy().cmp(b.strategy()),
                Column::Seed => {
                    let seed = |row: &Row| row.digest.map(|digest| digest.config.seed);
                    seed(a).cmp(&seed(b))
                }
                Column::Test => number(a.test()).total_cmp(&number(b.test())),
                Column::Neighbors => {
                    number(a.derived.neighbors).total_cmp(&number(b.derived.neighbors))
                }
                Column::Radius => number(a.radius()).total_cmp(&number(b.radius())),
            };
            let order = order.then_with(|| a.run.name.cmp(&b.run.name));
            match self.falling.unwrap_or(true) {
                true => order.reverse(),
                false => order,
            }
        });
    }

    /// Keeps the first row of the table free, as much of it as each heading needs: columns are wide enough. Ends the row, and returns
    /// the places of the headings.
    fn room_for_headings(&mut self, ui: &mut Ui) -> Vec<egui::Rect> {
        let (font, padding) = (
            egui::TextStyle::Button.resolve(ui.style()),
            ui.spacing().button_padding,
        );
        let sorted = Column::ALL.map(|(_, name, _)| (format!("{name} ▼"), padding));
        let others = ["settings", "cell"].map(|name| (name.to_owned(), egui::Vec2::ZERO));
        let row = Rangef::new(ui.cursor().top(), ui.cursor().top() + ROW);
        let mut widths = self.widths.iter_mut();
        for width in widths.by_ref().take(COLUMNS - sorted.len() - others.len()) {
            as_wide(ui, width, |_| ());
        }
        let mut places = Vec::new();
        for ((text, padding), width) in sorted.into_iter().chain(others).zip(widths) {
            as_wide(ui, width, |ui| {
                let galley =
                    (ui.painter()).layout_no_wrap(text, font.clone(), egui::Color32::WHITE);
                let size = galley.size() + 2.0 * padding;
                let (place, _) = ui.allocate_exact_size(size, egui::Sense::hover());
                places.push(egui::Rect::from_x_y_ranges(place.x_range(), row));
            });
        }
        ui.end_row();
        places
    }

    /// Draws the headings into the first row, or over the first row in sight where that is scrolled away.
    fn headings(&mut self, ui: &mut Ui, places: &[egui::Rect]) {
        let seen = ui.clip_rect();
        let Some(first) = places.first() else {
            return;
        };
        let top = first.top().max(seen.top());
        let row = egui::Rect::from_x_y_ranges(seen.x_range(), top..=top + ROW);
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        let builder = egui::UiBuilder::new().id_salt("headings").max_rect(row);
        let mut ui = ui.new_child(builder.layout(layout));
        ui.painter().rect_filled(row, 0.0, ui.visuals().panel_fill);
        // What lies below is not meant.
        let ground = ui.make_persistent_id("ground");
        ui.interact(row, ground, egui::Sense::CLICK);
        let mut at = |place: &egui::Rect, widget: &mut dyn FnMut(&mut Ui)| {
            let place = egui::Rect::from_x_y_ranges(place.x_range(), row.y_range());
            let builder = egui::UiBuilder::new().max_rect(place).layout(layout);
            widget(&mut ui.new_child(builder));
        };
        for (place, (column, name, help)) in places.iter().zip(Column::ALL) {
            at(place, &mut |ui| self.heading(ui, column, name, help));
        }
        if let [.., settings, cell] = places {
            at(settings, &mut |ui| {
                let text = RichText::new("settings").strong();
                explained(ui, text, "That differ from the quick preset's");
            });
            at(cell, &mut |ui| {
                ui.strong("cell");
            });
        }
    }

    /// The heading of one column, which sorts by it.
    fn heading(&mut self, ui: &mut Ui, column: Column, name: &str, help: &str) {
        let chosen = self.column == column;
        let falling = self.falling.unwrap_or(true);
        let arrow = match (chosen, falling) {
            (true, true) => " ▼",
            (true, false) => " ▲",
            (false, _) => "",
        };
        let heading = ui.button(RichText::new(format!("{name}{arrow}")).strong());
        heading.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Sort by {name}"))
        });
        if heading.on_hover_text(help).clicked() {
            self.falling = Some(!(chosen && falling));
            self.column = column;
        }
    }

    /// Draws one run. Returns whether the list has served its purpose.
    fn row(
        &mut self,
        ui: &mut Ui,
        row: &Row,
        shelf: &Shelf,
        session: SessionState,
        actions: &mut Vec<Action>,
    ) -> bool {
        let name = &row.run.name;
        let mut ticked = self.ticked.contains(name);
        let tick = ui.checkbox(&mut ticked, "");
        tick.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::CheckBox, true, ticked, format!("Tick {name}"))
        });
        if tick.gained_focus() {
            // The headings lie over the first row in sight.
            ui.scroll_to_rect(tick.rect.expand2(vec2(0.0, ROW)), None);
        }
        if tick.changed() {
            match ticked {
                true => self.ticked.push(name.clone()),
                false => self.ticked.retain(|other| other != name),
            }
        }
        // In front, where nothing moves them when more becomes known.
        let done = buttons(ui, row.run, session, actions);
        ui.label(theme::note(ago(row.run.changed)));
        ui.scope(|ui| {
            ui.set_max_width(NAME);
            ui.add(egui::Label::new(name).truncate());
        });
        match (row.digest, shelf.digests.get(name)) {
            (Some(digest), _) => known(ui, row, digest),
            (None, Some(Err(problem))) => {
                let text = RichText::new("cannot be read").color(ui.visuals().warn_fg_color);
                explained(ui, text, problem);
                (0..7).for_each(|_| {
                    ui.label("");
                });
            }
            (None, _) => (0..8).for_each(|_| {
                ui.label("");
            }),
        }
        ui.end_row();
        done
    }
}

impl Derived {
    fn of(digest: &Digest, table: Option<&OpenTable>) -> Self {
        let config = &digest.config;
        let others = config.search.as_ref().map_or_else(Vec::new, |search| {
            let mut preset = Preset::Quick.run(&config.dataset, search.space, search.strategy);
            preset.seed = config.seed;
            preset.device = config.device;
            let found = differences(&preset, config);
            found.iter().map(|one| in_labels(one)).collect()
        });
        let neighbors = digest.genotype.as_ref().and_then(|genotype| {
            let (table, metric) = table_of(genotype.space(), table)?;
            Some(Verdict::of(table, metric, genotype, &[])?.mean)
        });
        Self { neighbors, others }
    }
}

/// A cell of the grid that is no narrower than its column was once: the grid knows only what is in sight.
fn as_wide(ui: &mut Ui, width: &mut f32, add: impl FnOnce(&mut Ui)) {
    let left = ui.cursor().left();
    ui.horizontal(|ui| {
        ui.set_min_width(*width);
        add(ui);
    });
    let now = ui.cursor().left() - left - SPACE[2];
    // Not for a rounding error, which would come again in every frame.
    if now > *width + 0.5 {
        *width = now.ceil();
    }
}

/// Everything of a run that was read.
fn known(ui: &mut Ui, row: &Row, digest: &Digest) {
    ui.label(row.data());
    ui.label(row.strategy());
    ui.label(digest.config.seed.to_string());
    let result = match (digest.tested, &digest.state) {
        (Some(tested), _) => {
            let (low, high) = tested.interval();
            let more = format!(
                "95 % interval for other images: {:.1} to {:.1} %",
                100.0 * low,
                100.0 * high
            );
            explained(ui, format!("{:.2}", 100.0 * tested.accuracy), &more)
        }
        (None, RunState::Failed(_)) => ui.label(theme::note("failed")),
        (None, RunState::Finished) => ui.label(theme::note("not trained")),
        (None, _) if digest.warning.is_some() => {
            ui.colored_label(ui.visuals().warn_fg_color, "incomplete")
        }
        (None, _) => ui.label(theme::note("unfinished")),
    };
    if let Some(warning) = &digest.warning {
        result.on_hover_text(warning);
    }
    ui.label(
        row.derived
            .neighbors
            .map_or("–".to_owned(), |mean| format!("{mean:.2}")),
    );
    ui.label(
        row.radius()
            .map_or("–".to_owned(), |radius| format!("{radius:.2}")),
    );
    settings(ui, &row.derived.others);
    match &digest.genotype {
        Some(genotype) => {
            let (kinds, cells) = (genotype.space().cell_kinds(), genotype.cells());
            ui.horizontal(|ui| {
                for (&kind, cell) in kinds.iter().zip(cells) {
                    CellPicture::of_cell(genotype.space(), kind, cell).thumbnail(ui, THUMBNAIL);
                }
            });
        }
        None => {
            ui.label("");
        }
    }
}

/// How many settings are not those of the quick preset, and to who asks, which.
fn settings(ui: &mut Ui, other: &[String]) {
    let text = match other.len() {
        0 => "–".to_owned(),
        1 => "1 other".to_owned(),
        count => format!("{count} others"),
    };
    match other {
        [] => ui.label(text),
        other => {
            let more = other.join("\n").replace(" there, ", " by default, ");
            explained(ui, text, &more)
        }
    };
}

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// How long ago something was.
fn ago(changed: Option<SystemTime>) -> String {
    let seconds = changed.and_then(|then| then.elapsed().ok());
    seconds.map_or(String::new(), |since| match since.as_secs() / DAY {
        days @ 2.. => format!("{days} days ago"),
        _ => format!("{} ago", duration(since.as_secs_f64())),
    })
}

/// What can be done with a run. Returns whether the list has served its purpose.
fn buttons(ui: &mut Ui, run: &KeptRun, session: SessionState, actions: &mut Vec<Action>) -> bool {
    let name = &run.name;
    let mut done = false;
    ui.horizontal(|ui| {
        let button = |ui: &mut Ui, enabled, word: &str, help: &str| {
            let button = ui.add_enabled(enabled, egui::Button::new(word));
            let label = format!("{word} {name}");
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, &label));
            let button = button.on_hover_text(help).on_disabled_hover_text(help);
            button.clicked()
        };
        let free = !session.is_busy();
        let help = match run.rival {
            Some(_) => "Shows the run beside the one that raced with it",
            None => "Shows the run",
        };
        if button(ui, free, "Open", help) {
            actions.push(Action::Shelf(Ask::Open(name.clone())));
            done = true;
        }
        let idle = session == SessionState::Idle;
        let help = match run.rival {
            Some(_) => {
                "Goes on with both sides of the race from their last checkpoints, bit for bit"
            }
            None => "Goes on from its last checkpoint, bit for bit",
        };
        if run.can_go_on && button(ui, idle, "Go on", help) {
            actions.push(Action::Shelf(Ask::GoOn(name.clone(), Seat::Shown)));
            done = true;
        }
        if let Some(why) = &run.stuck {
            button(ui, false, "Go on", why);
        }
        #[cfg(target_arch = "wasm32")]
        if button(
            ui,
            free,
            "Remove",
            "Removes the run from this browser's storage for good",
        ) {
            actions.push(Action::Shelf(Ask::Remove(name.clone())));
        }
    });
    done
}
