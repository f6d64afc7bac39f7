//! The run that is shown: where it stands, its curves, α and the cells, at any of its steps.

use eframe::egui;

use crate::data::short_name;
use crate::landscape::Score;
use crate::session::RunKind;
use crate::space::Genotype;

use super::alpha_file;
use super::beside::{Beside, Side};
use super::editor::flatness::Flatness;
use super::editor::scores::Scores;
use super::export::Export;
use super::result;
use super::search_curves::SearchCurves;
use super::slow_motion::SlowMotion;
use super::state_words::{state_label, state_words};
use crate::app::context::{Action, Context, Racer};
use crate::app::draw::cell_canvas::{CellPicture, cell_title};
use crate::app::draw::explained::explained;
use crate::app::draw::heat_map;
use crate::app::draw::states::numbers_in_text;
use crate::app::draw::theme::{self, Hue, SPACE};
use crate::app::keys::{self, Deed, Place};
use crate::app::pane::Pane;
use crate::app::runs::labels::in_labels;
use crate::app::runs::link::SessionState;
use crate::record::{RunState, RunView};

/// Seconds that a replay takes from the first to the last step, at most.
const REPLAY: f64 = 12.0;
/// Steps a second of a replay, at most.
const FASTEST: f64 = 12.0;
/// A slider that is shorter cannot be aimed at, points.
const LEAST_SLIDER: f32 = 60.0;
/// Height of a cell's picture, points.
const CELL: f32 = 260.0;

/// State of the panel.
pub struct RunPanel {
    playing: bool,
    /// Part of the next step that has been played.
    carry: f64,
    slow: SlowMotion,
    /// Whether α is shown as cells and not as a heat map.
    as_cells: bool,
    export: Export,
    /// How good the neighbors of what was found are.
    scores: Scores,
    beside: Beside,
    curves: SearchCurves,
}

impl Default for RunPanel {
    fn default() -> Self {
        Self {
            playing: false,
            carry: 0.0,
            slow: SlowMotion::default(),
            as_cells: false,
            export: Export::default(),
            scores: Scores::of_result(),
            beside: Beside::default(),
            curves: SearchCurves::default(),
        }
    }
}

impl RunPanel {
    /// Takes up scores that a session sent.
    pub fn scored(&mut self, request: u64, first: usize, scores: &[Score]) {
        self.scores.take(request, first, scores);
    }

    /// What was found among its neighbors, where the card of the result has asked for their scores and all are known.
    pub fn flatness(&self, genotype: &Genotype) -> Option<Flatness> {
        let known = self.scores.are_of(genotype);
        known.then(|| self.scores.flatness(genotype))?
    }

    /// Draws the panel.
    pub fn show(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        self.export.poll(ui, context.actions);
        let stays = !theme::is_short(ui);
        if stays {
            self.head(ui, context);
        }
        theme::scroll_panel(ui, "run", |ui| {
            if !stays {
                self.head(ui, context);
            }
            if context.run.steps.is_empty() {
                self.result(ui, context);
                waiting(ui, context.run);
                return;
            }
            self.race(ui, context);
            self.result(ui, context);
            skip_warning(ui, context.run);
            self.curves.show(ui, context, &mut self.export);
            let lit = self.slow.lit(context.run);
            alphas(ui, context, lit, &mut self.as_cells);
        });
    }

    /// What the run is, and the step of it that is looked at.
    fn head(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        header(ui, context);
        if !context.run.steps.is_empty() {
            self.scrubber(ui, context);
            ui.add_space(SPACE[0]);
            self.slow.show(ui, context.run, context.actions);
        }
    }

    /// The run and its rival beside each other.
    fn race(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        let Some(rival) = context.rival else {
            return;
        };
        let sides = [(context.run, Racer::Shown), (rival, Racer::Rival)];
        let sides = sides.map(|(run, racer)| Side {
            run,
            at: run.cursor,
            racer: Some(racer),
        });
        self.beside
            .show(ui, &sides, context.table, &mut self.export, context.actions);
        ui.add_space(SPACE[1]);
        ui.separator();
    }

    /// A session cannot answer a request for scores.
    pub fn refused(&mut self, request: u64, message: &str) {
        self.scores.refuse(request, message);
    }

    /// What came of the run, while its end is looked at.
    fn result(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        // The columns of a race have the results of both.
        if context.rival.is_none()
            && context.run.cursor.is_none()
            && let Some(genotype) = result::of(context.run)
        {
            result::show(ui, &genotype.clone(), &mut self.scores, context);
        }
    }

    /// Moves the cursor and plays by keyboard.
    pub fn keys(&mut self, input: &mut egui::InputState, run: &RunView, actions: &mut Vec<Action>) {
        let Some(position) = run.position() else {
            return;
        };
        let last = run.steps.len() - 1;
        for asked in keys::asked(input, Place::Run, |_| true) {
            let to = match asked.deed {
                Deed::StepBack => Some(position.saturating_sub(1)),
                Deed::StepOn => Some((position + 1).min(last)),
                Deed::FirstStep => Some(0),
                Deed::NewestStep => None,
                Deed::Play => {
                    self.toggle_play(run, actions);
                    continue;
                }
                _ => continue,
            };
            actions.push(Action::Seek(to));
        }
    }

    /// Stays at the step that is shown.
    pub fn hold_replay(&mut self) {
        self.playing = false;
    }

    fn toggle_play(&mut self, run: &RunView, actions: &mut Vec<Action>) {
        self.playing = !self.playing;
        self.carry = 0.0;
        let at_end = run.position().is_some_and(|at| at + 1 == run.steps.len());
        if self.playing && at_end {
            actions.push(Action::Seek(Some(0)));
        }
    }

    fn scrubber(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        let run = context.run;
        let Some(position) = run.position() else {
            return;
        };
        self.play(ui, run, position, context.actions);
        let counter = Counter::new(ui, run, position);
        let below = ui
            .horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = SPACE[0];
                self.buttons(ui, context);
                let fits = slider_width(ui, counter.width) >= LEAST_SLIDER;
                if fits {
                    self.track(ui, context, position, &counter);
                }
                !fits
            })
            .inner;
        // A small screen or large type has no room beside the buttons: what is too wide would widen everything below.
        if below {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = SPACE[0];
                self.track(ui, context, position, &counter);
            });
        }
    }

    fn buttons(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        let run = context.run;
        let button = |ui: &mut egui::Ui, icon: &str, name: &str, key: &str| {
            let button = ui.button(icon).on_hover_text(format!("{name} ({key})"));
            let enabled = ui.is_enabled();
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, name));
            button.clicked()
        };
        if button(ui, "|◀", "First step", "Home") {
            context.actions.push(Action::Seek(Some(0)));
        }
        let (icon, name) = if self.playing {
            ("▮▮", "Hold replay")
        } else {
            ("▶", "Replay")
        };
        if button(ui, icon, name, "P") {
            self.toggle_play(run, context.actions);
        }
        if button(ui, "▶|", "Newest step", "End") {
            context.actions.push(Action::Seek(None));
        }
        let slow = ui
            .selectable_label(self.slow.on(), "Slow")
            .on_hover_text("Slow motion: one step at a time, one stage at a time");
        let on = self.slow.on();
        slow.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::Button, true, on, "Slow motion")
        });
        if slow.clicked() {
            self.playing = false;
            self.slow.toggle(run, context.actions);
        }
    }

    /// The slider over the steps, and the counter behind it.
    fn track(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut Context,
        position: usize,
        counter: &Counter,
    ) {
        let last = context.run.steps.len() - 1;
        let whole = slider_width(ui, counter.width) >= LEAST_SLIDER;
        let (text, width) = match whole {
            true => (&counter.text, counter.width),
            false => (&counter.short, counter.short_width),
        };
        ui.spacing_mut().slider_width = slider_width(ui, width).max(1.0);
        let mut at = position;
        // What it does is said at the counter: beside the slider it would lie on what a person looks at while moving it.
        let slider = ui.add(egui::Slider::new(&mut at, 0..=last).show_value(false));
        slider.widget_info(|| egui::WidgetInfo::slider(true, at as f64, "Step of the run"));
        if slider.changed() {
            self.playing = false;
            context.actions.push(Action::Seek(Some(at)));
        }
        ui.add_space(SPACE[0]);
        let label = ui.label(text);
        let help = "The slider replays the run to any step (left and right arrow)";
        if whole {
            label.on_hover_text(help);
        } else {
            label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &counter.text));
            label.on_hover_text(format!("{}\n\n{help}", counter.text));
        }
    }

    fn play(&mut self, ui: &egui::Ui, run: &RunView, position: usize, actions: &mut Vec<Action>) {
        if !self.playing {
            return;
        }
        let last = run.steps.len() - 1;
        if position >= last {
            self.playing = false;
            return;
        }
        let pace = (run.steps.len() as f64 / REPLAY).max(FASTEST);
        self.carry += pace * f64::from(ui.input(|input| input.stable_dt)).min(0.25);
        let whole = self.carry.floor();
        if whole >= 1.0 {
            self.carry -= whole;
            let next = (position + whole as usize).min(last);
            actions.push(Action::Seek((next < last).then_some(next)));
        }
        ui.ctx().request_repaint();
    }
}

/// Where the slider stands, in words and in short.
struct Counter {
    text: String,
    width: f32,
    short: String,
    short_width: f32,
}

impl Counter {
    fn new(ui: &egui::Ui, run: &RunView, position: usize) -> Self {
        let (step, last) = (&run.steps[position], run.steps.len());
        let text = format!("step {} of {last}, epoch {}", step.step, step.epoch);
        let short = format!("{}/{last}", step.step);
        let width = |text: &str| {
            let font = egui::TextStyle::Body.resolve(ui.style());
            let painter = ui.painter();
            let galley = painter.layout_no_wrap(text.to_owned(), font, egui::Color32::WHITE);
            galley.size().x
        };
        Self {
            width: width(&text),
            short_width: width(&short),
            text,
            short,
        }
    }
}

/// The width that is left for the slider in this row, beside a text of a width.
fn slider_width(ui: &egui::Ui, text: f32) -> f32 {
    ui.available_size_before_wrap().x - text - 2.0 * SPACE[1]
}

/// What a run is called, and what else tells it from others. The names of folders are for files: people read strategy and data.
pub fn titles(run: &RunView) -> (String, String) {
    let Some(config) = &run.config else {
        let name = match run.name.as_str() {
            "" => "No run yet",
            name => name,
        };
        return (name.to_owned(), String::new());
    };
    let data = short_name(&config.dataset);
    let searched = config.search.as_ref();
    let what = match (searched, config.kind) {
        (Some(_), RunKind::Judge) => format!("Judge on {data}"),
        (Some(search), _) => format!("{} on {data}", search.strategy.title()),
        (None, _) => format!("Training on {data}"),
    };
    let given = config.genotype.as_ref().map(Genotype::space);
    let cells = searched.map(|search| search.space).or(given);
    let cells = cells.map_or(String::new(), |space| format!("{} cells, ", space.title()));
    let rest = format!("{cells}seed {}", config.seed);
    match run.name == config.name() {
        true => (what, rest),
        false => (run.name.clone(), format!("{what}, {rest}")),
    }
}

fn header(ui: &mut egui::Ui, context: &Context) {
    let run = context.run;
    theme::rows_of_words(ui, |ui| {
        let (title, about) = titles(run);
        ui.heading(title);
        let words = match context.session {
            SessionState::Stopping if run.live => ("stopping", Some(Hue::Warm)),
            _ => state_words(run, context.kept),
        };
        state_label(ui, words);
        if let Some(device) = &run.device {
            ui.label(theme::note(format!("on {}", device.name)));
        }
        if !about.is_empty() {
            ui.label(theme::note(about));
        }
    });
}

fn waiting(ui: &mut egui::Ui, run: &RunView) {
    ui.add_space(SPACE[2]);
    let text = match (&run.state, &run.training, &run.config) {
        (RunState::Failed(message), ..) => in_labels(message),
        (_, Some(_), _) => {
            "This run trains a given architecture: its curves are in the Network panel.".into()
        }
        (RunState::Running, None, Some(_)) => "The first step is being computed…".into(),
        _ => "Press Run in the Search panel, or open a run folder's events.jsonl.".into(),
    };
    ui.label(text);
}

/// Explains that skip connections have taken over, where they have at the step that is looked at.
fn skip_warning(ui: &mut egui::Ui, run: &RunView) {
    let (Some((step, skips, edges)), Some(shown)) = (run.skip_collapse, run.shown()) else {
        return;
    };
    if shown.step < step {
        return;
    }
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let color = ui.visuals().warn_fg_color;
        ui.label(
            egui::RichText::new(format!(
                "Skip connections hold {skips} of {edges} edges of the normal cell since step {step}."
            ))
            .color(color)
            .strong(),
        );
        ui.label(
            "Skips have no weights, so early in a search they look better than operations that must still learn. \
             The derived network is then shallow and tests badly. Fewer epochs, a smaller α rate or more neighbors help.",
        );
    });
    ui.add_space(SPACE[1]);
}

/// `lit`: cell and edge that slow motion shows as being updated. `as_cells`: whether α is shown as cells.
fn alphas(
    ui: &mut egui::Ui,
    context: &mut Context,
    lit: Option<(usize, usize)>,
    as_cells: &mut bool,
) {
    let run = context.run;
    let (Some(space), Some(step)) = (run.space(), run.shown()) else {
        return;
    };
    ui.horizontal_wrapped(|ui| {
        explained(
            ui,
            egui::RichText::new("Weights of the operations").strong(),
            "What α gives each operation of an edge: softmax of α divided by the temperature, in FairDARTS σ(α), in DrNAS the mean of what is drawn. The heat map has one row an edge, one column an operation, and a stronger colour \
             for more weight. The cells have every edge with its strongest operation other than none: the wider, the more weight.",
        );
        ui.selectable_value(as_cells, false, "Heat map");
        ui.selectable_value(as_cells, true, "Cells");
        alpha_file::menu(ui, context.actions, space, step, *as_cells);
    });
    heat_map::legend(ui, space);
    if !*as_cells {
        heat_map::scale(ui);
    }
    ui.add_space(SPACE[0]);
    let kinds = space.cell_kinds();
    let cells = kinds.iter().zip(&step.alpha).enumerate();
    let edge_of = |cell: usize| lit.filter(|lit| lit.0 == cell).map(|lit| lit.1);
    if *as_cells {
        for (cell, (&kind, alpha)) in cells {
            ui.label(theme::note(cell_title(space, kind)));
            let weights: Vec<Vec<f64>> = alpha
                .iter()
                .map(|row| {
                    heat_map::weights(row, &step.relaxation())
                        .into_iter()
                        .map(f64::from)
                        .collect()
                })
                .collect();
            let mut picture = CellPicture::of_weights(space, kind, &weights);
            picture.selected = edge_of(cell);
            let size = egui::vec2(ui.available_width(), CELL);
            picture.show(ui, size, "weights");
            ui.add_space(SPACE[0]);
        }
    } else {
        let gap = SPACE[2];
        let columns = kinds.len() as f32;
        let width = ((ui.available_width() - gap * (columns - 1.0)) / columns).min(360.0);
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for (cell, (&kind, alpha)) in cells {
                ui.vertical(|ui| {
                    ui.label(theme::note(cell_title(space, kind)));
                    let lit = edge_of(cell);
                    heat_map::show(ui, space, kind, alpha, &step.relaxation(), width, lit);
                });
            }
        });
    }
    ui.add_space(SPACE[1]);
    derived(ui, context);
}

/// The genotype that would be derived at the step that is looked at.
fn derived(ui: &mut egui::Ui, context: &mut Context) {
    let run = context.run;
    let Some((since, genotype)) = run.derivable() else {
        return;
    };
    let Some(first) = run.steps.get(*since) else {
        return;
    };
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            explained(
                ui,
                egui::RichText::new("Derived now").strong(),
                "The architecture that the search would hand over if it ended at this step.",
            );
            ui.label(theme::note(format!("unchanged since step {}", first.step)));
            let edit = ui
                .small_button("Edit this cell")
                .on_hover_text("Shows it in the cell editor");
            if edit.clicked() {
                context.actions.push(Action::Edit(genotype.clone()));
                context.actions.push(Action::Show(Pane::Editor));
            }
            if ui
                .small_button("Copy")
                .on_hover_text("Copies its text")
                .clicked()
            {
                ui.ctx().copy_text(genotype.to_text());
            }
        });
        ui.label(egui::RichText::new(genotype.to_text()).monospace().weak());
        if let Some(numbers) = numbers_in_text(genotype.space()) {
            ui.label(theme::note(numbers));
        }
    });
}
