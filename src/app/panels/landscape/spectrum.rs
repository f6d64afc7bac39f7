//! How much of the landscape comes from interactions of how many edges.

use eframe::egui::{self, RichText};

use super::super::export::Export;
use super::scatter::Plane;
use crate::app::context::Context;
use crate::app::draw::figure::{Figure, Mark, Series};
use crate::app::draw::theme::{self, Hue};
use crate::landscape::{OrderEnergy, Spectrum, Transform};

/// Draws the bars and their numbers.
pub fn show(
    ui: &mut egui::Ui,
    context: &mut Context,
    plane: &mut Plane,
    transform: &mut Transform,
    export: &mut Export,
) {
    ui.horizontal_wrapped(|ui| {
        ui.label(
            RichText::new(
                "Order 1 is what each edge does by itself; order 2 is what pairs of edges do together, and so on. Averaging over the \
                 neighbors keeps the low orders and wipes out the high ones: that is why a neighborhood mean is smooth.",
            )
            .weak(),
        );
    });
    choose(ui, transform);
    plane.share_out(*transform);
    let spectrum = &plane.spectrum;
    let unit = if transform.keeps_percent() { " %" } else { "" };
    if spectrum.variance == 0.0 {
        ui.label(format!(
            "All values are {:.2}{unit}: there is no variance to share out.",
            spectrum.mean
        ));
        return;
    }
    let figure = bars(spectrum, *transform, plane.shown());
    let row = ui.spacing().interact_size.y.max(20.0) + ui.spacing().item_spacing.y;
    let below = row * (spectrum.orders.len() + 4) as f32;
    let height = (ui.available_height() - below).max(160.0);
    let plot = figure.show(ui, height);
    ui.horizontal_wrapped(|ui| {
        export.menu(ui, context.actions, &figure, Some(plot.outer), None);
        ui.label(format!(
            "mean {:.2}{unit}, standard deviation {:.2}",
            spectrum.mean,
            spectrum.variance.sqrt()
        ));
    });
    // A narrow panel has no room for all of its columns.
    let scrolled = egui::ScrollArea::horizontal().id_salt("orders");
    scrolled.show(ui, |ui| numbers(ui, spectrum));
}

/// The share of the variance that is left of an order after averaging.
fn kept(order: &OrderEnergy) -> f64 {
    order.share * order.smoothing * order.smoothing
}

/// Two bars for each order, side by side: its share of the variance, and what averaging leaves of that. `of`: which table and metric.
fn bars(spectrum: &Spectrum, transform: Transform, of: String) -> Figure {
    let series = |name: &str, hue: Hue, shift: f64, value: fn(&OrderEnergy) -> f64| {
        let bar = |order: &OrderEnergy| [order.order as f64 + shift, 100.0 * value(order)];
        Series::new(name, hue, Mark::Bars(0.38), spectrum.orders.iter().map(bar))
    };
    Figure {
        title: match transform {
            Transform::Raw => "Variance by interaction order".into(),
            other => format!("Variance by interaction order ({other})"),
        },
        x: "edges that act together".into(),
        y: "share of the variance (%)".into(),
        whole_x: true,
        of,
        series: vec![
            series("of the landscape", Hue::Accent, -0.2, |order| order.share),
            series(
                "left after averaging over distance 1",
                Hue::Chosen,
                0.2,
                kept,
            ),
        ],
        ..Figure::default()
    }
}

/// A table of what the bars show, with the factor of the averaging.
fn numbers(ui: &mut egui::Ui, spectrum: &Spectrum) {
    egui::Grid::new("orders")
        .striped(true)
        .num_columns(4)
        .show(ui, |ui| {
            for name in [
                "order",
                "share of the variance",
                "averaging keeps",
                "share that is left",
            ] {
                ui.label(RichText::new(name).weak());
            }
            ui.end_row();
            for order in &spectrum.orders {
                ui.label(order.order.to_string());
                ui.label(format!("{:.2} %", 100.0 * order.share));
                ui.label(format!("× {:.3}", order.smoothing));
                ui.label(format!("{:.2} %", 100.0 * kept(order)));
                ui.end_row();
            }
        });
}

/// How the window calls a transform.
fn words(transform: Transform) -> &'static str {
    match transform {
        Transform::Raw => "accuracies",
        Transform::Rank => "ranks",
        Transform::LogError => "logarithm of the error",
        Transform::Floor { .. } => "accuracies above a floor",
    }
}

/// The choice of what is done to the accuracies, and the floor where there is one.
fn choose(ui: &mut egui::Ui, transform: &mut Transform) {
    ui.horizontal_wrapped(|ui| {
        let combo = egui::ComboBox::from_id_salt("transform")
            .selected_text(words(*transform))
            .show_ui(ui, |ui| {
                for option in Transform::ALL {
                    let same =
                        std::mem::discriminant(&option) == std::mem::discriminant(transform);
                    let label = theme::choice(ui, same, words(option));
                    if label.clicked() && !same {
                        *transform = option;
                    }
                }
            });
        let current = *transform;
        combo
            .response
            .on_hover_text(
                "What the variance is of. Most of that of the accuracies is between cells that learn and cells that do not; the others let \
                 the differences among the good ones count.",
            )
            .widget_info(|| {
                let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Transform");
                info.current_text_value = Some(words(current).to_owned());
                info
            });
        if let Transform::Floor { at } = transform {
            ui.add(
                egui::DragValue::new(at)
                    .range(0.0..=100.0)
                    .suffix(" %")
                    .speed(0.1),
            )
            .on_hover_text("Accuracies below it count as this.");
        }
        ui.weak(transform.meaning());
    });
}
