//! The strip between the buttons and the cell: what the cell scores, by whom, and what the last edit did to it.

use eframe::egui::{
    Align2, Button, FontId, RichText, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo,
};

use super::gain;
use super::scores::{Judge, Scores};
use crate::app::context::{Action, Context};
use crate::space::Genotype;

/// Draws the strip.
pub fn show(ui: &mut Ui, genotype: &Genotype, scores: &mut Scores, context: &mut Context) {
    ui.horizontal_wrapped(|ui| {
        match scores.own() {
            Some(own) => {
                let text = RichText::new(format!("{:.2} %", own.accuracy));
                let help = match scores.own_known() {
                    Some(known) => format!(
                        "Accuracy of the cell on the screen, the mean of several runs on the same images; its standard error is {:.2} points",
                        known.error
                    ),
                    None => "Accuracy of the cell on the screen".to_owned(),
                };
                ui.label(text.size(28.0).strong()).on_hover_text(help);
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
        }
        ui.separator();
        ui.weak("scored by");
        let judges = [
            (
                Judge::Table,
                "Table",
                "Looks the cell up in the open table: at once, exact",
            ),
            (
                Judge::Supernet,
                "Supernet",
                "Scores the cell with the shared weights of the open search",
            ),
            (
                Judge::Scratch,
                "Training",
                "Trains the cell from scratch: slow, but it is the real thing",
            ),
        ];
        for (judge, name, help) in judges {
            ui.selectable_value(&mut scores.judge, judge, name)
                .on_hover_text(help);
        }
        note(ui, genotype, scores, context);
    });
}

/// What else there is to say of the score.
fn note(ui: &mut Ui, genotype: &Genotype, scores: &mut Scores, context: &mut Context) {
    if let Some(problem) = scores.problem() {
        ui.label(RichText::new(problem).color(ui.visuals().warn_fg_color));
        return;
    }
    match scores.judge {
        Judge::Table => {
            ui.weak(scores.table());
        }
        Judge::Supernet => {
            let now = context.run.steps.len();
            let then = scores.asked_at_step();
            ui.weak(format!("weights of step {then}"));
            if !scores.waiting() && now > then && ui.button("Score again").clicked() {
                scores.ask_again();
            }
        }
        Judge::Scratch => training(ui, genotype, context),
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
