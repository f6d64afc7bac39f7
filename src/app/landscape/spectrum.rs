//! How much of the landscape comes from interactions of how many edges.

use eframe::egui::{self, RichText};

use super::super::context::Context;
use super::super::export::Export;
use super::super::figure::{Figure, Hue, Mark, Series};
use super::scatter::Plane;

/// Draws the bars and their numbers.
pub fn show(ui: &mut egui::Ui, context: &mut Context, plane: &Plane, export: &mut Export) {
    let spectrum = &plane.spectrum;
    ui.horizontal_wrapped(|ui| {
        ui.label(
            RichText::new(
                "Order 1 is what each edge does by itself; order 2 is what pairs of edges do together, and so on. Averaging over the \
                 neighbors keeps the low orders and wipes out the high ones: that is why a neighborhood mean is smooth.",
            )
            .weak(),
        );
    });
    if spectrum.variance == 0.0 {
        ui.label(format!(
            "All accuracies are {:.2} %: there is no variance to share out.",
            spectrum.mean
        ));
        return;
    }
    let kept = |share: f64, smoothing: f64| share * smoothing * smoothing;
    let bars = |shift: f64, value: &dyn Fn(usize) -> f64| -> Vec<[f64; 2]> {
        spectrum
            .orders
            .iter()
            .enumerate()
            .map(|(place, order)| [order.order as f64 + shift, 100.0 * value(place)])
            .collect()
    };
    let figure = Figure {
        title: "Variance by interaction order".into(),
        x: "edges that act together".into(),
        y: "share of the variance (%)".into(),
        whole_x: true,
        series: vec![
            Series::new(
                "of the landscape",
                Hue::Blue,
                Mark::Bars(0.38),
                bars(-0.2, &|place| spectrum.orders[place].share),
            ),
            Series::new(
                "left after averaging over distance 1",
                Hue::Vermillion,
                Mark::Bars(0.38),
                bars(0.2, &|place| {
                    let order = &spectrum.orders[place];
                    kept(order.share, order.smoothing)
                }),
            ),
        ],
        ..Figure::default()
    };
    let row = ui.spacing().interact_size.y.max(20.0) + ui.spacing().item_spacing.y;
    let below = row * (spectrum.orders.len() + 4) as f32;
    let height = (ui.available_height() - below).max(160.0);
    let plot = figure.show(ui, height);
    ui.horizontal(|ui| {
        export.menu(ui, context, &figure, Some(plot.response.rect), None);
        ui.label(format!(
            "mean {:.2} %, standard deviation {:.2}",
            spectrum.mean,
            spectrum.variance.sqrt()
        ));
    });
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
                ui.label(format!(
                    "{:.2} %",
                    100.0 * kept(order.share, order.smoothing)
                ));
                ui.end_row();
            }
        });
}
