//! Training of a network from scratch: curves, test, mistakes, sizes of the cells, and what it says of an image.

mod answer;
mod confusion;
mod curves;
mod size;

use eframe::egui::{self, RichText};

use super::export::{Export, network_items};
use super::run::titles;
use crate::app::context::{Action, Context};
use crate::app::draw::pictures::Pictures;
use crate::app::draw::theme::{self, SPACE};
use crate::app::draw::words::counted;
use crate::app::runs::labels::in_labels;
use crate::record::{RunState, RunView, TrainingView};
use crate::space::Genotype;
pub use answer::Answered;
use answer::Question;
use confusion::Pair;
use curves::Curves;

/// What the panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum View {
    /// Loss and accuracy.
    #[default]
    Curves,
    /// Which classes are taken for which.
    Confusion,
    /// Images that were misclassified.
    Mistakes,
    /// What the network says of an image of the person's own.
    Image,
    /// Parameters and multiply-adds.
    Size,
}

impl View {
    const ALL: [(View, &'static str, &'static str); 5] = [
        (View::Curves, "Curves", "Loss and accuracy while it trains."),
        (
            View::Confusion,
            "Confusion",
            "Which classes the trained network takes for which.",
        ),
        (
            View::Mistakes,
            "Mistakes",
            "Test images that were taken for another class.",
        ),
        (
            View::Image,
            "Your image",
            "What the trained network says of an image of yours.",
        ),
        (
            View::Size,
            "Size",
            "Parameters and multiply-adds of every part of the network.",
        ),
    ];
}

/// State of the panel.
#[derive(Default)]
pub struct NetworkPanel {
    view: View,
    curves: Curves,
    pictures: Pictures,
    export: Export,
    /// Only mistakes of this kind are shown.
    only: Option<Pair>,
    sizes: size::Sizes,
    question: Question,
}

impl NetworkPanel {
    /// Draws the panel.
    pub fn show(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        self.export.poll(ui, context.actions);
        theme::scroll_if_short(ui, |ui| self.parts(ui, context));
    }

    /// What the trained network is asked about.
    pub fn question(&mut self) -> &mut Question {
        &mut self.question
    }

    /// The trained network has answered: its answer is shown.
    pub fn answer(&mut self, answered: Answered) {
        self.view = View::Image;
        self.question.answer(answered);
    }

    fn parts(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        let trained = context.trained.filter(|run| run.training.is_some());
        let run = trained.unwrap_or(context.run);
        start(ui, context, run);
        if let Some(training) = &run.training {
            whose(ui, run);
            progress(ui, run, training);
        }
        // That of the shown run is among what *Result* exports.
        if trained.is_some_and(|run| run.tested().is_some()) {
            ui.menu_button("Export the network ▾", |ui| {
                network_items(ui, context.actions, Action::SaveTrained);
            });
        }
        ui.horizontal_wrapped(|ui| {
            for (view, name, explanation) in View::ALL {
                ui.selectable_value(&mut self.view, view, name)
                    .on_hover_text(explanation);
            }
        });
        ui.separator();
        let training = run.training.as_ref();
        match (self.view, training) {
            (View::Size, _) => {
                let genotype = training.map_or(context.edited, |training| &training.genotype);
                self.sizes
                    .show(ui, context, run, genotype, &mut self.export);
            }
            (View::Image, _) => self.question.show(ui, context),
            (_, None) => {
                ui.label(
                    "Nothing has been trained yet. A search trains the cell it finds when it is over; the buttons above train a \
                     cell from scratch at once.",
                );
            }
            (View::Curves, Some(training)) => {
                self.curves.show(ui, context, training, &mut self.export);
            }
            (View::Confusion, Some(training)) => {
                let classes = self.classes(run);
                let chosen = confusion::matrix(ui, context, training, &classes);
                if let Some(pair) = chosen {
                    self.only = Some(pair);
                    self.view = View::Mistakes;
                }
            }
            (View::Mistakes, Some(training)) => {
                let classes = self.classes(run);
                confusion::mistakes(ui, training, &classes, &mut self.pictures, &mut self.only);
            }
        }
    }

    /// The names of the classes of a run's data set; empty where it cannot be read.
    fn classes(&mut self, run: &RunView) -> Vec<String> {
        let name = run
            .dataset
            .as_ref()
            .map_or("", |dataset| dataset.name.as_str());
        self.pictures
            .load(name)
            .map(|dataset| dataset.classes.clone())
            .unwrap_or_default()
    }
}

/// The buttons that start a training.
fn start(ui: &mut egui::Ui, context: &mut Context, run: &RunView) {
    let busy = run
        .training
        .as_ref()
        .is_some_and(|training| training.tested.is_none())
        && matches!(run.state, RunState::Running | RunState::Held);
    let mut train =
        |ui: &mut egui::Ui, text: &str, explanation: &str, genotype: Option<&Genotype>| {
            let button = ui.add_enabled(genotype.is_some() && !busy, egui::Button::new(text));
            let clicked = button
                .on_hover_text(explanation)
                .on_disabled_hover_text(if busy {
                    "A network is being trained."
                } else {
                    "The search has not found a cell yet."
                })
                .clicked();
            if let Some(genotype) = genotype.filter(|_| clicked) {
                context.actions.push(Action::Train(genotype.clone()));
            }
        };
    ui.horizontal_wrapped(|ui| {
        train(
            ui,
            "Train the cell in the editor",
            "Builds a network of this cell, trains it from scratch and tests it once.",
            Some(context.edited),
        );
        train(
            ui,
            "Train the cell of the search",
            "Builds a network of the cell that the search found, trains it from scratch and tests it once.",
            context.run.derived.as_ref(),
        );
    });
}

/// The run that the network is of: another may be shown, and a race has two.
fn whose(ui: &mut egui::Ui, run: &RunView) {
    let (title, about) = titles(run);
    theme::rows_of_words(ui, |ui| {
        ui.label(theme::note("Network of"));
        ui.strong(title);
        ui.label(theme::note(about));
    });
}

/// How far the training is, and how the test went.
fn progress(ui: &mut egui::Ui, run: &RunView, training: &TrainingView) {
    let steps = training.epochs * training.steps_per_epoch;
    let share = training.steps.len() as f32 / steps.max(1) as f32;
    match training.tested {
        Some(tested) => {
            let (loss, images) = (tested.loss, counted(tested.images, "image"));
            theme::rows_of_words(ui, |ui| {
                ui.label("Test accuracy");
                ui.heading(format!("{:.2} %", 100.0 * tested.accuracy));
                ui.label(RichText::new(format!("of {images}, loss {loss:.3} nats")).weak())
                    .on_hover_text("Images that neither the search nor the training has seen.");
            });
        }
        None => {
            let text = format!(
                "epoch {} of {}",
                training.epoch_means.len(),
                training.epochs
            );
            let bar = egui::ProgressBar::new(share).text(match &run.state {
                RunState::Held => format!("{text}, paused"),
                RunState::Stopped => format!("{text}, stopped before the test"),
                RunState::Failed(message) => format!("{text}, failed: {}", in_labels(message)),
                _ => text,
            });
            ui.add(bar);
        }
    }
    theme::rows_of_words(ui, |ui| {
        ui.label(
            RichText::new(format!(
                "{} parameters, {} multiply-adds an image",
                size::grouped(training.parameters),
                size::grouped(training.multiply_adds)
            ))
            .weak(),
        );
    });
    ui.add_space(SPACE[0]);
}
