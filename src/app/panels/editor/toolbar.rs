//! The row of buttons above a cell: where architectures come from and where they go.

use eframe::egui::{self, Button, Ui};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::super::export::{Export, genotype_items};
use super::edits::History;
use super::scores::title;
use super::text_window::TextWindow;
use crate::app::context::{Action, Context};
use crate::record::{RunState, RunView};
use crate::space::{Genotype, PRESETS, Space};

/// The text forms of a genotype: what they are called and what they are.
fn forms(genotype: &Genotype) -> Vec<(&'static str, String)> {
    let mut forms = Vec::new();
    if let Ok(text) = genotype.to_python() {
        forms.push(("Copy as DARTS Python", text));
    }
    if let Ok(text) = genotype.to_nb201_string() {
        forms.push(("Copy as NAS-Bench-201 string", text));
    }
    forms.push(("Copy as JSON", genotype.to_json()));
    forms.push(("Copy as short text", genotype.to_compact()));
    forms
}

/// Where each space begins.
fn first_of(space: Space) -> Option<Genotype> {
    match space {
        Space::Darts => Genotype::preset("darts-v2"),
        Space::NasBench201 => Genotype::preset("resnet-like"),
        Space::NasBench201Small => {
            Genotype::parse("|nor_conv_3x3~0|+|skip_connect~0|nor_conv_3x3~1|").ok()
        }
    }
}

fn preset_title(name: &str) -> &str {
    match name {
        "darts-v1" => "DARTS V1 (first order)",
        "darts-v2" => "DARTS V2 (second order)",
        "pc-darts-cifar" => "PC-DARTS, CIFAR-10",
        "pc-darts-image" => "PC-DARTS, ImageNet",
        "resnet-like" => "ResNet-like (NAS-Bench-201)",
        other => other,
    }
}

/// Why there is nothing that the run has found, behind the words that name it.
fn nothing_found(run: &RunView) -> &'static str {
    let goes_on = matches!(run.state, RunState::Running | RunState::Held);
    match (&run.derived, &run.config) {
        (Some(_), _) => "",
        (None, None) => " (no run yet)",
        (None, Some(config)) if config.search.is_none() => " (it only trains)",
        (None, Some(_)) if goes_on => " (its search goes on)",
        (None, Some(_)) => " (its search did not end)",
    }
}

/// What a picture of the cells is taken with.
pub struct Picture<'a> {
    /// Where they are on the screen.
    pub place: Option<egui::Rect>,
    /// Takes it.
    pub export: &'a mut Export,
}

/// Saves the architecture as text, or its cells as pictures.
fn save_menu(ui: &mut Ui, genotype: &Genotype, picture: Picture, context: &mut Context) {
    ui.menu_button("Save ▾", |ui| {
        genotype_items(ui, genotype, context.actions);
        let button = ui.add_enabled(picture.place.is_some(), Button::new("PNG: as it looks now"));
        if let Some(place) = picture.place
            && button.clicked()
        {
            picture.export.ask("cells.png".into(), place, ui.ctx());
            ui.close();
        }
    });
}

/// Draws the row. The architecture to go to, if one was chosen.
pub fn show(
    ui: &mut Ui,
    history: &mut History,
    seed: &mut u64,
    window: &mut TextWindow,
    picture: Picture,
    context: &mut Context,
) -> Option<Genotype> {
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        let space = history.now().space();
        ui.menu_button(format!("{} ▾", title(space)), |ui| {
            for other in Space::ALL {
                let text = format!("{} cells", title(other));
                if ui.selectable_label(other == space, text).clicked() {
                    if other != space {
                        chosen = first_of(other);
                    }
                    ui.close();
                }
            }
        })
        .response
        .on_hover_text("The search space of the cell");
        ui.menu_button("Start from ▾", |ui| {
            for name in PRESETS {
                if ui.button(preset_title(name)).clicked() {
                    chosen = Genotype::preset(name);
                    ui.close();
                }
            }
            ui.separator();
            let derived = &context.run.derived;
            let text = format!("What the run found{}", nothing_found(context.run));
            let button = ui.add_enabled(derived.is_some(), Button::new(text));
            if button.clicked() {
                chosen.clone_from(derived);
                ui.close();
            }
            if ui.button(format!("Random cell, seed {seed}")).clicked() {
                let mut rng = ChaCha8Rng::seed_from_u64(*seed);
                chosen = Some(Genotype::random_among(
                    &context.run.allowed(space),
                    &mut rng,
                ));
                *seed += 1;
                ui.close();
            }
        });
        ui.separator();
        let undo = ui
            .add_enabled(history.undo_count() > 0, Button::new("↶ Undo"))
            .on_hover_text("Takes the last edit back (Ctrl+Z)");
        if undo.clicked() {
            history.undo();
        }
        let redo = ui
            .add_enabled(history.redo_count() > 0, Button::new("↷ Redo"))
            .on_hover_text("Makes the last undone edit again (Ctrl+Shift+Z or Ctrl+Y)");
        if redo.clicked() {
            history.redo();
        }
        ui.separator();
        ui.menu_button("Copy ▾", |ui| {
            for (name, text) in forms(history.now()) {
                if ui.button(name).clicked() {
                    ui.ctx().copy_text(text);
                    ui.close();
                }
            }
        });
        if ui
            .button("Paste…")
            .on_hover_text("Type or paste an architecture (Ctrl+V anywhere in the editor)")
            .clicked()
        {
            window.paste(ui.ctx());
        }
        if ui
            .button("Open…")
            .on_hover_text("An architecture, a run or a table from a file")
            .clicked()
        {
            context.actions.push(Action::ChooseFile);
        }
        save_menu(ui, history.now(), picture, context);
    });
    chosen
}
