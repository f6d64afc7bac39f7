//! The strip between the buttons and the cell: what the cell scores, by whom, and what the last edit did to it.

use eframe::egui::{
    Align2, Button, FontId, RichText, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo,
};

use super::gain;
use super::scored_by::error_of;
use super::scores::{ScoredBy, Scores, trust};
use crate::app::context::{Action, Context};
use crate::app::draw::explained::explained;
use crate::app::runs::supernet::SupernetState;
use crate::data::short_name;
use crate::space::Genotype;

/// Draws the strip.
pub fn show(ui: &mut Ui, genotype: &Genotype, scores: &mut Scores, context: &mut Context) {
    ui.horizontal_wrapped(|ui| match scores.own() {
        Some(own) => {
            let text = RichText::new(format!("{:.2} %", own.accuracy));
            let help = match scores.own_known() {
                Some(known) => format!(
                    "Accuracy of the cell on the screen; its standard error is {:.2} points. {}",
                    known.error,
                    error_of(scores.by(genotype, context), genotype, context)
                ),
                None => "Accuracy of the cell on the screen".to_owned(),
            };
            ui.label(text.size(28.0).strong()).on_hover_text(help);
            if let Some(known) = scores.own_known() {
                ui.label(
                    RichText::new(format!("± {:.2}", known.error))
                        .size(17.0)
                        .weak(),
                );
            }
            if let Some(before) = scores.before() {
                let gain = own.accuracy - before.accuracy;
                ui.label(gain::text(ui, gain).size(17.0))
                    .on_hover_text(format!("Before the last edit: {:.2} %", before.accuracy));
            }
        }
        None if scores.waiting() => {
            ui.spinner();
            ui.label("being scored");
        }
        None => {
            ui.label(RichText::new("no score").size(20.0).weak());
        }
    });
    // A row of their own: what the score is must neither move them nor take the keyboard from one to another.
    ui.horizontal_wrapped(|ui| {
        ui.weak("scored by");
        let by = scores.by(genotype, context);
        for other in ScoredBy::ALL {
            let choice = ui.selectable_label(other == by, other.name());
            if choice.on_hover_text(other.help()).clicked() {
                scores.chosen = Some(other);
            }
        }
        let question = RichText::new("how sure?").weak().underline();
        explained(ui, question, &trust(by, genotype, context));
        note(ui, genotype, scores, context);
    });
}

/// What else there is to say of the score.
fn note(ui: &mut Ui, genotype: &Genotype, scores: &mut Scores, context: &mut Context) {
    if let Some(problem) = scores.problem() {
        ui.end_row();
        ui.label(RichText::new(problem).color(ui.visuals().warn_fg_color));
    }
    match scores.by(genotype, context) {
        ScoredBy::Table => {
            ui.weak(scores.table());
        }
        ScoredBy::Judge => judge(ui, scores, context),
        ScoredBy::Supernet if scores.problem().is_some() => {}
        ScoredBy::Supernet if matches!(context.supernet, SupernetState::Ready { .. }) => {
            if scores.chosen.is_none() {
                ui.weak("there is no judge of these cells yet: Judge trains one;");
            }
            let now = context.run.steps.len();
            let then = scores.asked_at_step();
            ui.weak(format!("of step {then}, on {} images", scores.images()));
            if !scores.waiting() && now > then && ui.button("Score again").clicked() {
                scores.ask_again();
            }
        }
        ScoredBy::Supernet if *context.supernet == SupernetState::Asked => {
            ui.spinner();
        }
        ScoredBy::Supernet => {}
        ScoredBy::Training => training(ui, genotype, context),
    }
    others(ui, genotype, scores, context);
}

/// What others say of the same cell, and why that differs.
fn others(ui: &mut Ui, genotype: &Genotype, scores: &Scores, context: &Context) {
    let by = scores.by(genotype, context);
    let said: Vec<_> = scores.by_all().filter(|(other, _)| *other != by).collect();
    if said.is_empty() || scores.own().is_none() {
        return;
    }
    let text: Vec<String> = said
        .iter()
        .map(|(other, accuracy)| format!("{} {accuracy:.2} %", other.name()))
        .collect();
    let mut help = String::from("The same cell, measured in other ways:");
    for other in said.iter().map(|(other, _)| *other).chain([by]) {
        help.push_str(&format!("\n\n{}: {}", other.name(), other.help()));
    }
    let text = format!("also: {}", text.join(", "));
    explained(ui, RichText::new(text).weak(), &help);
}

/// The judge: what it is, or how it comes to be.
fn judge(ui: &mut Ui, scores: &Scores, context: &mut Context) {
    let judge = context.judge;
    let Some(of) = &judge.of else {
        return;
    };
    if judge.is_training() {
        let (done, total) = judge
            .training
            .progress()
            .map_or((0, 1), |at| (at.done, at.total));
        ring(ui, done as f32 / total.max(1) as f32);
        ui.weak("the judge is being trained");
        return;
    }
    match &judge.state {
        SupernetState::Ready { .. } => {
            ui.weak(format!(
                "of {}, on {} images",
                short_name(&of.dataset),
                scores.images()
            ));
        }
        SupernetState::Missing(_) => {
            let button = ui.button("Train the judge").on_hover_text(
                "Once for a data set: it is kept with the runs, and one that was stopped goes on. The window stays usable.",
            );
            if button.clicked() {
                context.actions.push(Action::TrainJudge);
            }
            if let Some(cost) = &judge.cost {
                ui.weak(cost);
            }
            let again = ui.button("Look again").on_hover_text(
                "Looks for a judge once more: one that was kept since, or that comes with the program",
            );
            if again.clicked() {
                context.actions.push(Action::FindJudge(of.clone()));
            }
        }
        SupernetState::Unknown | SupernetState::Asked => {
            ui.spinner();
        }
    }
}

fn training(ui: &mut Ui, genotype: &Genotype, context: &mut Context) {
    let views = context.trained.into_iter().chain([context.run]);
    let own = views
        .filter_map(|view| view.training.as_ref())
        .find(|training| training.genotype == *genotype);
    match own {
        Some(training) if training.tested.is_none() => {
            let steps = training.epochs * training.steps_per_epoch;
            let share = training.steps.len() as f32 / steps.max(1) as f32;
            ring(ui, share);
            ui.weak(format!(
                "epoch {} of {}",
                training.epoch_means.len() + 1,
                training.epochs
            ));
        }
        _ => {
            if ui
                .add(Button::new("Train this cell"))
                .on_hover_text("In the background; the window stays usable")
                .clicked()
            {
                context.actions.push(Action::Train(genotype.clone()));
            }
        }
    }
}

/// How far training is: a ring that fills.
fn ring(ui: &mut Ui, share: f32) {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(34.0), Sense::hover());
    let percent = (100.0 * share.clamp(0.0, 1.0)).round();
    response.widget_info(|| {
        let name = format!("training, {percent} %");
        WidgetInfo::labeled(Role::ProgressIndicator, true, name)
    });
    let visuals = ui.visuals();
    let (center, radius) = (rect.center(), 15.0);
    let painter = ui.painter();
    let ground = Stroke::new(4.0, visuals.faint_bg_color);
    painter.circle_stroke(center, radius, ground);
    let arc = (0..=48)
        .map(|step| {
            let turn = share.clamp(0.0, 1.0) * step as f32 / 48.0;
            center + radius * Vec2::angled(std::f32::consts::TAU * (turn - 0.25))
        })
        .collect();
    painter.add(Shape::line(arc, Stroke::new(4.0, visuals.hyperlink_color)));
    painter.text(
        center,
        Align2::CENTER_CENTER,
        percent.to_string(),
        FontId::proportional(10.5),
        visuals.text_color(),
    );
}
