//! The result of a finished run: how good what it found is, how sure that is, what it looks like, and what to do with it.

use eframe::egui::{self, RichText, Ui, vec2};

use super::editor::card::word_color;
use super::editor::flatness::INSIDE_THE_NOISE;
use super::editor::flatness_words::explanation;
use super::editor::scores::{ScoredBy, Scores, judge_for, trust};
use super::export::{genotype_items, network_items};
use super::forecast::duration;
use crate::app::context::{Action, Context, Racer};
use crate::app::draw::cell_canvas::{CellPicture, cell_title};
use crate::app::draw::explained::explained;
use crate::app::draw::theme::{self, SPACE};
use crate::app::pane::Pane;
use crate::app::runs::supernet::SupernetState;
use crate::numbers::thousands;
use crate::record::{RunState, RunView, Tested};
use crate::space::Genotype;

/// Size of a cell's picture, points.
const CELL: egui::Vec2 = vec2(250.0, 132.0);
/// The result of a run, where it has one: it was tested, or its search is over.
pub fn of(run: &RunView) -> Option<&Genotype> {
    let over = run.tested().is_some() || run.state == RunState::Finished;
    run.genotype().filter(|_| over)
}

/// Draws the card. `scores` says how good the neighbors are.
pub fn show(ui: &mut Ui, genotype: &Genotype, scores: &mut Scores, context: &mut Context) {
    scores.refresh(genotype, context);
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let pictures = CELL.x * genotype.cells().len() as f32;
        let wide = ui.available_width() > pictures + 260.0;
        if wide {
            ui.horizontal_top(|ui| {
                let room = ui.available_width() - pictures - 3.0 * SPACE[1];
                ui.vertical(|ui| {
                    ui.set_width(room);
                    words(ui, genotype, scores, context);
                });
                cells(ui, genotype, CELL.x);
            });
        } else {
            words(ui, genotype, scores, context);
            let gaps = ui.spacing().item_spacing.x * genotype.cells().len() as f32;
            let width = (ui.available_width() - gaps) / genotype.cells().len() as f32;
            ui.horizontal_top(|ui| cells(ui, genotype, width.min(CELL.x)));
        }
    });
    ui.add_space(SPACE[0]);
}

/// The derived cells.
fn cells(ui: &mut Ui, genotype: &Genotype, width: f32) {
    let space = genotype.space();
    for (&kind, cell) in space.cell_kinds().iter().zip(genotype.cells()) {
        ui.vertical(|ui| {
            ui.set_width(width);
            ui.label(theme::note(cell_title(space, kind)));
            let picture = CellPicture::of_cell(space, kind, cell);
            picture.show_still(ui, vec2(width, CELL.y));
        });
    }
}

fn words(ui: &mut Ui, genotype: &Genotype, scores: &Scores, context: &mut Context) {
    let run = context.run;
    match run.tested() {
        Some(tested) => accuracy(ui, tested),
        None => {
            ui.horizontal_wrapped(|ui| match scores.own() {
                Some(own) => {
                    let text = format!("{:.2} %", own.accuracy);
                    ui.label(RichText::new(text).size(28.0).strong());
                    ui.label(said_by(scores.by(genotype, context), scores, context));
                }
                None => {
                    ui.label(RichText::new("found, not trained").size(20.0).strong());
                }
            })
            .inner
        }
    }
    flatness(ui, genotype, scores, context);
    ui.label(theme::note(cost(run)));
    ui.horizontal_wrapped(|ui| buttons(ui, genotype, context));
}

/// The test accuracy with its interval.
fn accuracy(ui: &mut Ui, tested: Tested) {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(format!("{:.2} %", 100.0 * tested.accuracy)).size(28.0).strong());
        let (low, high) = tested.interval();
        explained(
            ui,
            format!("test accuracy, {:.1} to {:.1} %", 100.0 * low, 100.0 * high),
            &format!(
                "Of {} images that neither the search nor the training has seen; the range is the 95 % interval (Wilson) for other images \
                 of the same kind. Another seed of the search moves it further.",
                tested.images
            ),
        );
    });
}

/// Flat or sharp, by whoever can score the neighbors.
fn flatness(ui: &mut Ui, genotype: &Genotype, scores: &Scores, context: &mut Context) {
    let by = scores.by(genotype, context);
    let wanted = judge_for(genotype, context);
    let judged = by == ScoredBy::Judge && context.judge.of == Some(wanted);
    ui.horizontal_wrapped(|ui| match scores.flatness(genotype) {
        Some(flatness) => {
            let strong = ui.visuals().strong_text_color();
            let (text, color) = match (flatness.is_doubtful(), flatness.word) {
                (true, _) => (INSIDE_THE_NOISE, strong),
                (false, Some(word)) => (word.name(), word_color(word, ui.visuals().dark_mode)),
                (false, None) => ("flat or sharp: not known", strong),
            };
            let more = format!(
                "{}\n\n{}: {}",
                explanation(genotype, Some(&flatness)),
                by.name(),
                trust(by, genotype, context)
            );
            explained(
                ui,
                RichText::new(text)
                    .size(theme::TYPE[2])
                    .strong()
                    .color(color),
                &more,
            );
            let said = flatness.margin().unwrap_or_default();
            ui.label(format!("{said} ({})", said_by(by, scores, context)));
            if let Some(counts) = flatness.counts() {
                ui.end_row();
                ui.label(counts);
            }
        }
        None if judged && context.judge.is_training() => {
            ui.label(theme::note(
                "its neighbors are scored when the judge has been trained",
            ));
        }
        None if scores.waiting() || (judged && context.judge.state == SupernetState::Asked) => {
            ui.spinner();
            ui.label(theme::note("its neighbors are being scored"));
        }
        None => {
            ui.label("flat or sharp: not known");
            if judged && matches!(context.judge.state, SupernetState::Missing(_)) {
                let button = ui.small_button("Train the judge").on_hover_text(
                    "A supernet that scores the neighbors, trained once for a data set",
                );
                if button.clicked() {
                    context.actions.push(Action::TrainJudge);
                }
                if let Some(cost) = &context.judge.cost {
                    ui.label(theme::note(cost));
                }
            } else if let Some(problem) = scores.problem() {
                ui.label(theme::note(problem));
            }
        }
    });
}

/// Who scored, in brackets behind a number.
fn said_by(by: ScoredBy, scores: &Scores, context: &Context) -> String {
    match by {
        ScoredBy::Table => scores.table().to_owned(),
        ScoredBy::Judge => format!("by the judge, on {} images", scores.images()),
        ScoredBy::Supernet => format!("by the weights of {}", context.run.name),
        ScoredBy::Training => "trained from scratch".into(),
    }
}

/// What the result took, and what it takes to run it.
fn cost(run: &RunView) -> String {
    let mut parts = Vec::new();
    if let Some(radius) = run.effective_radius() {
        parts.push(format!("effective radius {radius:.2} edges"));
    }
    if run.search.is_some() {
        parts.push(format!("search {}", duration(run.search_seconds())));
    }
    if let Some((training, tested)) = run.training.as_ref().zip(run.tested()) {
        parts.push(format!("training {}", duration(tested.seconds)));
        parts.push(format!(
            "{} weights, {} multiply-adds an image",
            thousands(training.parameters),
            thousands(training.multiply_adds)
        ));
    }
    parts.join("; ")
}

fn buttons(ui: &mut Ui, genotype: &Genotype, context: &mut Context) {
    let edit = ui
        .button("Edit")
        .on_hover_text("Shows what was found in the cell editor");
    if edit.clicked() {
        context.actions.push(Action::Edit(genotype.clone()));
        context.actions.push(Action::Show(Pane::Editor));
    }
    let compare = ui
        .button("Compare…")
        .on_hover_text("Beside other runs that are kept");
    if compare.clicked() {
        context.actions.push(Action::ListRuns);
    }
    export_menu(ui, genotype, context.run, Racer::Shown, context.actions);
}

/// The button that opens the menu of all that a run leaves for other programs.
pub fn export_menu(
    ui: &mut Ui,
    genotype: &Genotype,
    run: &RunView,
    racer: Racer,
    actions: &mut Vec<Action>,
) -> egui::Response {
    let menu = ui.menu_button("Export ▾", |ui| {
        genotype_items(ui, genotype, actions);
        curves_items(ui, racer, actions);
        if run.tested().is_some() {
            network_items(ui, actions, |form| Action::SaveNetwork(racer, form));
        }
        if ui.button("Run as zip").clicked() {
            actions.push(Action::SaveRun(racer));
            ui.close();
        }
    });
    menu.response
}

/// The buttons that save what a run measured.
fn curves_items(ui: &mut Ui, racer: Racer, actions: &mut Vec<Action>) {
    let csv = ui
        .button("Curves as CSV")
        .on_hover_text("What every step measured, a row a step.");
    if csv.clicked() {
        actions.push(Action::SaveCurves(racer));
        ui.close();
    }
    let events = ui.button("Curves for TensorBoard").on_hover_text(
        "An event file: curves, α as histograms, settings. Put it into a folder of its own below that of tensorboard --logdir.",
    );
    if events.clicked() {
        actions.push(Action::SaveEventFile(racer));
        ui.close();
    }
}
