//! The rows of the search panel's settings: a name, a value with its unit, one sentence on hover.

use std::ops::RangeInclusive;

use eframe::egui::{self, DragValue};

use crate::data::{Augmentation, LastBatch};
use crate::search::{Draw, HessianPoint, Order, Representation, Select, Strategy, Temperature};
use crate::session::{SearchConfig, TrainConfig};
use crate::space::{Aggregation, Space};

use super::theme;

/// A two-column grid of settings.
pub fn grid(ui: &mut egui::Ui, id: &str, rows: impl FnOnce(&mut egui::Ui)) {
    egui::Grid::new(id)
        .num_columns(2)
        .spacing([theme::SPACE[1], theme::SPACE[0]])
        .show(ui, rows);
}

/// One row: `add` draws the value and is told the label that names it.
pub fn row(ui: &mut egui::Ui, name: &str, help: &str, add: impl FnOnce(&mut egui::Ui, egui::Id)) {
    let label = ui.label(name).on_hover_text(help);
    add(ui, label.id);
    ui.end_row();
}

fn whole(
    ui: &mut egui::Ui,
    name: &str,
    unit: &str,
    help: &str,
    value: &mut usize,
    range: RangeInclusive<usize>,
) {
    row(ui, name, help, |ui, label| {
        ui.add(DragValue::new(value).range(range).suffix(unit).speed(0.1))
            .labelled_by(label)
            .on_hover_text(help);
    });
}

fn real(
    ui: &mut egui::Ui,
    name: &str,
    unit: &str,
    help: &str,
    value: &mut f64,
    range: RangeInclusive<f64>,
) {
    row(ui, name, help, |ui, label| {
        // A hundredth of the value a point, so that small rates move finely.
        let speed = (value.abs() * 0.01).max(1e-6);
        ui.add(
            DragValue::new(value)
                .range(range)
                .suffix(unit)
                .speed(speed)
                .max_decimals(6),
        )
        .labelled_by(label)
        .on_hover_text(help);
    });
}

/// Chooses one of a few named values.
pub fn choice<T: PartialEq + Copy>(
    ui: &mut egui::Ui,
    label: egui::Id,
    id: &str,
    value: &mut T,
    options: &[(T, String, &str)],
) {
    let current = options
        .iter()
        .find(|(option, ..)| option == value)
        .map_or("", |(_, name, _)| name.as_str());
    let combo = egui::ComboBox::from_id_salt(id)
        .selected_text(current)
        .width(ui.available_width().min(170.0))
        .show_ui(ui, |ui| {
            for (option, name, help) in options {
                ui.selectable_value(value, *option, name)
                    .on_hover_text(*help);
            }
        });
    combo.response.labelled_by(label);
}

/// Size and length of the search.
pub fn search_size(ui: &mut egui::Ui, search: &mut SearchConfig) {
    let layers = match search.space {
        Space::Darts => "Cells",
        Space::NasBench201 | Space::NasBench201Small => "Cells a stage",
    };
    whole(
        ui,
        "Epochs",
        "",
        "Passes over the half of the training images that trains the weights.",
        &mut search.epochs,
        1..=100_000,
    );
    whole(
        ui,
        "Batch",
        " images",
        "Images of a step of the weights, and of one of α where α batch is 0.",
        &mut search.batch,
        2..=65_536,
    );
    whole(
        ui,
        "Channels",
        "",
        "Width of the first cells; even, since a reduction halves it.",
        &mut search.channels,
        2..=4096,
    );
    search.channels += search.channels % 2;
    whole(
        ui,
        layers,
        "",
        "Depth of the supernet.",
        &mut search.layers,
        1..=64,
    );
}

/// What becomes of an epoch's incomplete last batch.
fn last_batch(ui: &mut egui::Ui, id: &str, value: &mut LastBatch) {
    let help = "What becomes of an epoch's incomplete last batch.";
    row(ui, "Last batch", help, |ui, label| {
        let options = [
            (
                LastBatch::Drop,
                "left out".to_owned(),
                "Its images come in other epochs.",
            ),
            (
                LastBatch::Keep,
                "kept".to_owned(),
                "A smaller batch, as in DARTS' program.",
            ),
        ];
        choice(ui, label, id, value, &options);
    });
}

/// What only some gradient strategies have, and how sharpness is watched.
pub fn curvature(ui: &mut egui::Ui, search: &mut SearchConfig) {
    if search.strategy == Strategy::A2m {
        real(
            ui,
            "Ascent ρ",
            "",
            "How far α is moved up its gradient before the gradient is taken: larger flees sharp places harder.",
            &mut search.rho,
            0.0..=10.0,
        );
        let help = "Where the Hessian of A2M's gradient is taken.";
        row(ui, "Hessian at", help, |ui, label| {
            let options = [
                (
                    HessianPoint::Ascended,
                    "the ascended α".to_owned(),
                    "As the authors' program does.",
                ),
                (
                    HessianPoint::Alpha,
                    "α itself".to_owned(),
                    "As the objective's gradient has it.",
                ),
            ];
            choice(ui, label, "hessian", &mut search.hessian_point, &options);
        });
    }
    if search.strategy == Strategy::SdartsRs {
        real(
            ui,
            "Perturbation",
            "",
            "Largest random change of the operations' weights in the weight step; it grows from its tenth over the search.",
            &mut search.perturbation,
            0.0..=1.0,
        );
    }
    whole(
        ui,
        "Sharpness every",
        " steps",
        "Steps between two measurements of the largest curvature of the validation loss in α; each takes up to 40 gradient passes. 0: none.",
        &mut search.sharpness,
        0..=1_000_000,
    );
    whole(
        ui,
        "Of batches",
        "",
        "Batches of the architecture half that a measurement is the mean over, with its standard error.",
        &mut search.sharpness_batches,
        1..=1024,
    );
    let help = "Ends the search when its sharpness has risen by 30 % and keeps the earlier architecture (RobustDARTS).";
    row(ui, "Early stop", help, |ui, label| {
        ui.checkbox(&mut search.early_stop, "")
            .labelled_by(label)
            .on_hover_text(help);
    });
}

/// What makes a search look at neighbors.
pub fn neighborhood(ui: &mut egui::Ui, search: &mut SearchConfig) {
    whole(
        ui,
        "Neighbors",
        " a step",
        "Architectures near α that are scored with it in each step; 0 is plain DARTS.",
        &mut search.neighbors,
        0..=1024,
    );
    whole(
        ui,
        "Radius",
        " edges",
        "How many edges a neighbor may change; 0 is plain DARTS.",
        &mut search.radius,
        0..=3,
    );
    let help = "How the neighbors' losses become one: the mean prizes flat places, the maximum fears the worst neighbor.";
    row(ui, "Joined by", help, |ui, label| {
        let options = [
            (Aggregation::Mean, "mean"),
            (Aggregation::Median, "median"),
            (Aggregation::Max, "maximum"),
            (Aggregation::Min, "minimum"),
            (Aggregation::MeanStd { lambda: 1.0 }, "mean + deviation"),
            (Aggregation::Quantile { q: 0.9 }, "quantile"),
            (Aggregation::LogSumExp { tau: 0.1 }, "log-sum-exp"),
            (Aggregation::Own { weight: 0.5 }, "own and others"),
        ];
        let same = |a: &Aggregation, b: &Aggregation| {
            std::mem::discriminant(a) == std::mem::discriminant(b)
        };
        let current = options
            .iter()
            .find(|(option, _)| same(option, &search.aggregation))
            .map_or("", |(_, name)| name);
        egui::ComboBox::from_id_salt("aggregation")
            .selected_text(current)
            .show_ui(ui, |ui| {
                for (option, name) in options {
                    if ui
                        .selectable_label(same(&option, &search.aggregation), name)
                        .clicked()
                    {
                        search.aggregation = option;
                    }
                }
            })
            .response
            .labelled_by(label)
            .on_hover_text(help);
    });
    match &mut search.aggregation {
        Aggregation::MeanStd { lambda } => real(
            ui,
            "Weight λ",
            "",
            "How much the deviation counts.",
            lambda,
            0.0..=100.0,
        ),
        Aggregation::Quantile { q } => real(
            ui,
            "Quantile q",
            "",
            "0 is the best neighbor, 1 the worst.",
            q,
            0.0..=1.0,
        ),
        Aggregation::LogSumExp { tau } => real(
            ui,
            "Temperature τ",
            " nats",
            "Low is close to the maximum, high close to the mean.",
            tau,
            1e-3..=1e3,
        ),
        Aggregation::Own { weight } => real(
            ui,
            "Weight W",
            "",
            "Of α's own loss; the rest is the mean of the neighbors.",
            weight,
            0.0..=1.0,
        ),
        _ => {}
    }
    if search.aggregation.weighs_own() {
        search.exclude_self = false;
    } else {
        let help = "Only the neighbors count, not α itself.";
        row(ui, "Leave itself out", help, |ui, label| {
            ui.checkbox(&mut search.exclude_self, "")
                .labelled_by(label)
                .on_hover_text(help);
        });
    }
    let help = "How a step's neighbors are drawn.";
    row(ui, "Drawn", help, |ui, label| {
        let options = [
            (Draw::Ball, "from the ball".to_owned(), "Uniformly."),
            (
                Draw::Antithetic,
                "in opposite pairs".to_owned(),
                "One and the one with the opposite shifts, whose first effects cancel.",
            ),
            (
                Draw::Edge,
                "edge by edge".to_owned(),
                "All changes of one edge, then of another; the radius is 1.",
            ),
        ];
        choice(ui, label, "draw", &mut search.draw, &options);
    });
    let help = "How a neighbor is made so that its loss has a gradient in α.";
    row(ui, "Made by", help, |ui, label| {
        let options = [
            (
                Representation::Permutation,
                "permutation".to_owned(),
                "Rotates the operations' weights of an edge by a random shift.",
            ),
            (
                Representation::MassTransfer { share: 0.5 },
                "mass transfer".to_owned(),
                "Moves half of an edge's weight to an operation other than its strongest.",
            ),
            (
                Representation::HardReplacement,
                "replacement".to_owned(),
                "Forces an edge to an operation other than its strongest; no gradient flows to its α.",
            ),
        ];
        choice(
            ui,
            label,
            "representation",
            &mut search.representation,
            &options,
        );
    });
}

/// Rates, penalties and the temperature of the search.
pub fn search_rates(ui: &mut egui::Ui, search: &mut SearchConfig) {
    let help = "Temperature T of the operations' weights softmax(α/T): the lower, the more a difference in α counts. From the first step to the last.";
    row(ui, "Temperature", help, |ui, label| {
        for (index, end) in [&mut search.temperature.from, &mut search.temperature.to]
            .into_iter()
            .enumerate()
        {
            if index > 0 {
                ui.label("to");
            }
            let speed = (end.abs() * 0.01).max(1e-3);
            ui.add(DragValue::new(end).range(Temperature::RANGE).speed(speed))
                .labelled_by(label)
                .on_hover_text(help);
        }
    });
    let rows: [(&str, &str, &mut f64, RangeInclusive<f64>); 7] = [
        (
            "α rate",
            "Adam's learning rate for the architecture α.",
            &mut search.alpha_rate,
            0.0..=100.0,
        ),
        (
            "α decay",
            "L2 penalty of α, which holds it near even weights.",
            &mut search.alpha_decay,
            0.0..=10.0,
        ),
        (
            "Weight rate",
            "Highest learning rate of the supernet's weights; it falls along a cosine.",
            &mut search.weight_rate,
            0.0..=100.0,
        ),
        (
            "Lowest rate",
            "Learning rate of the weights at the end of the cosine.",
            &mut search.weight_rate_min,
            0.0..=100.0,
        ),
        (
            "Momentum",
            "Share of the last weight step that the next one keeps.",
            &mut search.momentum,
            0.0..=1.0,
        ),
        (
            "Weight decay",
            "L2 penalty of the supernet's weights.",
            &mut search.weight_decay,
            0.0..=10.0,
        ),
        (
            "Longest gradient",
            "A longer gradient of the weights is cut to this length; 0 cuts none.",
            &mut search.clip,
            0.0..=1e6,
        ),
    ];
    for (name, help, value, range) in rows {
        real(ui, name, "", help, value, range);
    }
    whole(
        ui,
        "α batch",
        " images",
        "Images of a step of α; 0 for as many as Batch.",
        &mut search.alpha_batch,
        0..=65_536,
    );
    last_batch(ui, "search-last-batch", &mut search.last_batch);
    let most = search.epochs.saturating_sub(1);
    whole(
        ui,
        "Weights alone",
        " epochs",
        "Epochs at the start in which only the weights are trained.",
        &mut search.alpha_after,
        0..=most,
    );
    let help = "Which step comes first: that of α, as in DARTS' program, or that of the weights, as in NAS-Bench-201's.";
    row(ui, "First step", help, |ui, label| {
        let options = [
            (Order::AlphaFirst, "α".to_owned(), help),
            (Order::WeightsFirst, "weights".to_owned(), help),
        ];
        choice(ui, label, "order", &mut search.order, &options);
    });
    let help = "Which epoch's architecture the search ends with.";
    row(ui, "Ends with", help, |ui, label| {
        let options = [
            (Select::Last, "the last epoch".to_owned(), help),
            (
                Select::BestValidation,
                "the best validation".to_owned(),
                "That of the epoch with the best mean accuracy on the architecture half.",
            ),
        ];
        choice(ui, label, "select", &mut search.select, &options);
    });
}

/// Random changes to images.
pub fn augmentation(ui: &mut egui::Ui, augmentation: &mut Augmentation) {
    whole(
        ui,
        "Shift",
        " px",
        "Images move by up to this many pixels at random.",
        &mut augmentation.crop_padding,
        0..=32,
    );
    whole(
        ui,
        "Cutout",
        " px",
        "Side of a square that is cut out of every image at random; 0 cuts nothing.",
        &mut augmentation.cutout,
        0..=64,
    );
    let help = "Mirrors images at random, where the data set allows it; digits are never mirrored.";
    row(ui, "Mirror", help, |ui, label| {
        ui.checkbox(&mut augmentation.flip, "")
            .labelled_by(label)
            .on_hover_text(help);
    });
}

/// Training of the derived network from scratch.
pub fn training(ui: &mut egui::Ui, train: &mut TrainConfig) {
    whole(
        ui,
        "Epochs",
        "",
        "Passes over all training images.",
        &mut train.epochs,
        1..=100_000,
    );
    whole(
        ui,
        "Batch",
        " images",
        "Images a step.",
        &mut train.batch,
        2..=65_536,
    );
    last_batch(ui, "train-last-batch", &mut train.last_batch);
    whole(
        ui,
        "Channels",
        "",
        "Width of the derived network's first cells; even.",
        &mut train.channels,
        2..=4096,
    );
    train.channels += train.channels % 2;
    whole(
        ui,
        "Cells",
        "",
        "Depth of the derived network: cells (DARTS) or cells a stage (NAS-Bench-201).",
        &mut train.layers,
        1..=64,
    );
    let rows: [(&str, &str, &mut f64, RangeInclusive<f64>); 7] = [
        (
            "Rate",
            "Highest learning rate; it falls to 0 along a cosine.",
            &mut train.rate,
            0.0..=100.0,
        ),
        (
            "Momentum",
            "Share of the last step that the next one keeps.",
            &mut train.momentum,
            0.0..=1.0,
        ),
        (
            "Weight decay",
            "L2 penalty of the weights.",
            &mut train.weight_decay,
            0.0..=10.0,
        ),
        (
            "Longest gradient",
            "A longer gradient is cut to this length; 0 cuts none.",
            &mut train.clip,
            0.0..=1e6,
        ),
        (
            "Auxiliary head",
            "Weight of the auxiliary head's loss; 0 leaves the head away, which needs images of 32×32 or more.",
            &mut train.auxiliary_weight,
            0.0..=10.0,
        ),
        (
            "Drop path",
            "Probability at the last epoch that a path of a cell is left out of a step.",
            &mut train.drop_path,
            0.0..=0.99,
        ),
        (
            "Label smoothing",
            "Share of the target that is spread over all classes.",
            &mut train.label_smoothing,
            0.0..=0.99,
        ),
    ];
    for (name, help, value, range) in rows {
        real(ui, name, "", help, value, range);
    }
    augmentation(ui, &mut train.augmentation);
}
