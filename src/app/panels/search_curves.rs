//! The curves of a search over its steps.

use eframe::egui;

use super::any_time;
use super::export::Export;
use super::figure_rows::{self, over_steps};
use super::kept_figures::{Growing, Kept, Seen};
use crate::app::context::{Action, Context};
use crate::app::draw::figure::{Figure, Mark, Series};
use crate::app::draw::theme::Hue;
use crate::session::{SearchStep, Sharpness};

/// Height of a plot, points.
const PLOT: f32 = 112.0;

/// The curves, as far as they were drawn.
#[derive(Default)]
pub struct SearchCurves {
    steps: Growing,
    in_table: Kept,
}

impl SearchCurves {
    /// Draws them in rows.
    pub fn show(&mut self, ui: &mut egui::Ui, context: &mut Context, export: &mut Export) {
        let (run, table) = (context.run, context.table);
        let cursor = run.shown().map(|step| step.step as f64);
        let columns = (ui.available_width() / 210.0).floor().clamp(1.0, 4.0);
        // Four plots fill two rows of two; three in a row would leave a hole.
        let columns = if columns == 3.0 { 2.0 } else { columns };
        // Sharpness may be measured after its step was drawn.
        let of = run.sharpness.len().to_string();
        let kept = self.steps.figures(&of, &[run], |steps| {
            vec![
                losses(steps[0]),
                accuracies(steps[0]),
                neighbors(steps[0]),
                shape_of_alpha(steps[0], &run.sharpness),
            ]
        });
        let of = any_time::key(table, &[(run, Seen::of(&run.steps))]);
        let make = || any_time::figure(run, table).into_iter().collect();
        let plots: Vec<&Figure> = kept
            .iter()
            .chain(self.in_table.figures(&of, make))
            .collect();
        let columns = columns as usize;
        let actions = &mut *context.actions;
        if let Some(step) = figure_rows::show(ui, &plots, columns, PLOT, cursor, export, actions) {
            let place = run
                .steps
                .partition_point(|known| (known.step as f64) < step - 0.5);
            actions.push(Action::Seek(Some(place.min(run.steps.len() - 1))));
        }
    }
}

/// A line over the steps; what is not finite is left out.
fn series(
    name: &str,
    hue: Hue,
    steps: &[SearchStep],
    value: impl Fn(&SearchStep) -> Option<f32>,
) -> Series {
    let point = |step: &SearchStep| Some([step.step as f64, f64::from(value(step)?)]);
    let points = steps.iter().filter_map(point);
    let finite = points.filter(|point| point[1].is_finite());
    Series::new(name, hue, Mark::Line, finite)
}

fn losses(steps: &[SearchStep]) -> Figure {
    over_steps(
        "Loss, nats",
        "loss (nats)",
        "Cross-entropy of each step's batch: of the half that trains the weights, and of the half that trains α.",
        vec![
            series("training", Hue::Accent, steps, |step| Some(step.train_loss)),
            series("validation", Hue::Warm, steps, |step| {
                Some(step.validation_loss)
            }),
        ],
    )
}

fn accuracies(steps: &[SearchStep]) -> Figure {
    over_steps(
        "Accuracy, %",
        "accuracy (%)",
        "Share of right answers in each step's batch, of the supernet with all operations mixed.",
        vec![
            series("training", Hue::Accent, steps, |step| {
                Some(100.0 * step.train_accuracy)
            }),
            series("validation", Hue::Warm, steps, |step| {
                Some(100.0 * step.validation_accuracy)
            }),
        ],
    )
}

fn neighbors(steps: &[SearchStep]) -> Figure {
    let of = |join: fn(&[f32]) -> f32| {
        move |step: &SearchStep| {
            let losses = &step.neighbor_losses;
            (!losses.is_empty()).then(|| join(losses))
        }
    };
    let lowest = series(
        "range",
        Hue::Neighbor,
        steps,
        of(|losses| losses.iter().copied().fold(f32::INFINITY, f32::min)),
    );
    let highest = series(
        "range",
        Hue::Neighbor,
        steps,
        of(|losses| losses.iter().copied().fold(f32::NEG_INFINITY, f32::max)),
    );
    let own = series("own", Hue::Warm, steps, |step| Some(step.validation_loss));
    let mean = series(
        "mean",
        Hue::Neighbor,
        steps,
        of(|losses| losses.iter().sum::<f32>() / losses.len() as f32),
    );
    let upper = highest.points.iter().map(|point| point.y).collect();
    let band = Series {
        mark: Mark::Band(upper),
        ..lowest
    };
    let mut shown = vec![band, own, mean];
    shown.retain(|series| !series.points.is_empty());
    over_steps(
        "Neighbor losses, nats",
        "loss (nats)",
        "Validation loss of α itself and of the neighbors that were drawn in the step. A narrow band close to the own \
         loss means a flat place: small changes cost little. Plain DARTS draws no neighbors.",
        shown,
    )
}

/// `sharpness`: of all steps.
fn shape_of_alpha(steps: &[SearchStep], sharpness: &[Sharpness]) -> Figure {
    let among = |one: &&Sharpness| {
        let ends = steps.first().zip(steps.last());
        ends.is_some_and(|(first, last)| (first.step..=last.step).contains(&one.step))
    };
    let sharpness = sharpness.iter().filter(among);
    let sharpness = sharpness.map(|one| [one.step as f64, one.eigenvalue]);
    let mut shown = vec![
        series("entropy, nats", Hue::Accent, steps, |step| {
            Some(step.entropy)
        }),
        series("effective radius, edges", Hue::Neighbor, steps, |step| {
            step.effective_radius
        }),
        Series::new("sharpness", Hue::Bad, Mark::Line, sharpness),
    ];
    shown.retain(|series| !series.points.is_empty());
    over_steps(
        "Shape of α",
        "entropy (nats), effective radius (edges), sharpness (nats)",
        "Mean entropy of the operations' weights over the edges: it falls as α makes up its mind. The effective radius \
         is how far the step's neighbors were from α: 0 where they were the same, 1 where a whole edge was \
         another. Sharpness, where it is measured, is the largest curvature of the validation loss in α.",
        shown,
    )
}
