//! Loss and accuracy of a training.

use eframe::egui;
use egui_plot::PlotPoint;

use super::super::export::Export;
use crate::app::context::Context;
use crate::app::draw::figure::{Figure, Mark, Series};
use crate::app::draw::theme::Hue;
use crate::record::TrainingView;
use crate::space::Genotype;

/// Both plots. Points are appended as they come.
#[derive(Default)]
pub struct Curves {
    of: Option<Genotype>,
    loss: Figure,
    accuracy: Figure,
}

/// Places of the series in both figures.
const STEPS: usize = 0;
const EPOCHS: usize = 1;

impl Curves {
    fn start(training: &TrainingView) -> Self {
        let figure = |title: &str, y: &str| Figure {
            title: title.into(),
            x: "epoch".into(),
            y: y.into(),
            of: training.genotype.to_text(),
            series: vec![
                Series::new("each step", Hue::Quiet, Mark::Line, []),
                Series::new("mean of the epoch", Hue::Accent, Mark::Line, []),
            ],
            ..Figure::default()
        };
        Self {
            of: Some(training.genotype.clone()),
            loss: figure("Training loss", "loss (nats)"),
            accuracy: figure("Training accuracy", "accuracy (%)"),
        }
    }

    /// Takes up what has come since the last frame.
    fn update(&mut self, training: &TrainingView) {
        let other = self.of.as_ref() != Some(&training.genotype);
        let shorter = |figure: &Figure| {
            let seen = &figure.series;
            seen[STEPS].points.len() > training.steps.len()
                || seen[EPOCHS].points.len() > training.epoch_means.len()
                || (seen.len() > 2 && training.tested.is_none())
        };
        if other || shorter(&self.loss) {
            *self = Self::start(training);
        }
        let steps_per_epoch = training.steps_per_epoch.max(1) as f64;
        let sources = [
            (STEPS, &training.steps, 1.0 / steps_per_epoch),
            (EPOCHS, &training.epoch_means, 1.0),
        ];
        for (place, values, scale) in sources {
            let seen = self.loss.series[place].points.len();
            for (index, &(loss, accuracy)) in values.iter().enumerate().skip(seen) {
                // An epoch's mean stands at its middle.
                let shift = if place == STEPS { 1.0 } else { 0.5 };
                let x = (index as f64 + shift) * scale;
                let values = [f64::from(loss), 100.0 * f64::from(accuracy)];
                for (figure, y) in [&mut self.loss, &mut self.accuracy].into_iter().zip(values) {
                    figure.series[place].points.push(PlotPoint::new(x, y));
                }
            }
        }
        if let Some(tested) = training.tested
            && self.loss.series.len() == 2
        {
            let end = training.epochs as f64;
            let values = [f64::from(tested.loss), 100.0 * tested.accuracy];
            for (figure, y) in [&mut self.loss, &mut self.accuracy].into_iter().zip(values) {
                figure.series.push(Series::new(
                    "test",
                    Hue::Chosen,
                    Mark::Line,
                    [[0.0, y], [end, y]],
                ));
            }
        }
    }

    /// Draws both plots below each other.
    pub fn show(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut Context,
        training: &TrainingView,
        export: &mut Export,
    ) {
        self.update(training);
        let menu = ui.spacing().interact_size.y + ui.spacing().item_spacing.y;
        let height = (ui.available_height() / 2.0 - menu - ui.spacing().item_spacing.y).max(120.0);
        for figure in [&self.loss, &self.accuracy] {
            let plot = figure.show(ui, height);
            ui.push_id(&figure.title, |ui| {
                export.menu(ui, context.actions, figure, Some(plot.outer), None);
            });
        }
    }
}
