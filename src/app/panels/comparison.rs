//! A comparison that was opened: the seeds of every strategy, and what they say about the differences.

use eframe::egui::{self, Color32, RichText, Sense, Stroke};

use super::export::Export;
use crate::app::context::Action;
use crate::app::draw::figure::{Figure, Mark, Series};
use crate::app::draw::theme::{self, Hue, Lies, REPORT, SPACE};
use crate::app::draw::words::counted;
use crate::data::short_name;
use crate::landscape::signed;
use crate::session::settings::SEARCH;
use crate::study::compare::{Arm, Comparison, DETECTED, JudgedBy, Metric, Paired, PrimaryPair};

/// Width of a strip with points or an interval.
const STRIP: f32 = 260.0;
/// Height of a strip.
const HEIGHT: f32 = 18.0;

/// The window of a comparison.
#[derive(Default)]
pub struct ComparisonWindow {
    shown: bool,
    comparison: Option<(String, Comparison)>,
    metric: Option<Metric>,
    export: Export,
}

impl ComparisonWindow {
    /// Shows a comparison that was read from a file of that name.
    pub fn open(&mut self, name: &str, comparison: Comparison) {
        self.shown = true;
        self.metric = None;
        self.comparison = Some((name.to_owned(), comparison));
    }

    /// Draws it.
    pub fn window(&mut self, context: &egui::Context, actions: &mut Vec<Action>) {
        let Some((name, comparison)) = &self.comparison else {
            return;
        };
        let (metric, export) = (&mut self.metric, &mut self.export);
        theme::window_over(
            context,
            "Comparison",
            &mut self.shown,
            Lies::Report(REPORT),
            |ui| {
                export.poll(ui, actions);
                caption(ui, name, comparison);
                runs(ui, comparison, metric);
                differences(ui, comparison);
                curves(ui, (name, comparison), export, actions);
            },
        );
    }
}

fn caption(ui: &mut egui::Ui, name: &str, comparison: &Comparison) {
    let by = match &comparison.judged_by {
        JudgedBy::Judge { .. } => {
            "trained from scratch and tested; neighbors scored by a judge".to_owned()
        }
        JudgedBy::Table { metric, .. } => format!("looked up in {metric} of a table"),
    };
    ui.label(theme::note(format!(
        "{name}: {}, {}, {by}",
        short_name(&comparison.settings.dataset),
        counted(comparison.seeds.len(), "seed")
    )));
    if let Some(tau) = comparison.judge_tau {
        ui.label(theme::note(format!(
            "The judge orders the found cells like their accuracies with Kendall's τ {:.2}.",
            tau.tau
        )));
    }
    ui.add_space(SPACE[1]);
}

/// The name of an arm for people: its strategy, and what it has of its own.
fn title(arm: &Arm) -> String {
    let mut title = arm.strategy.title().to_owned();
    if let Some(other) = arm.cost {
        title += &format!(" at the cost of {}", other.title());
    }
    if arm.replica {
        title += ", replica";
    }
    for (key, value) in &arm.settings {
        let setting = SEARCH.iter().find(|setting| setting.key() == key);
        let label = setting.map_or(key.as_str(), |setting| setting.label);
        title += &match value.as_str() {
            "true" => format!(", {}", label.to_lowercase()),
            _ => format!(", {} {value}", label.to_lowercase()),
        };
    }
    title
}

/// The colour of a strategy by its place.
fn hue(ui: &egui::Ui, index: usize) -> Color32 {
    Hue::Arm(index).color(ui.visuals().dark_mode)
}

/// Where values lie on a strip.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// Of values and 5 % beside them.
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let margin = match high - low {
            span if span > 0.0 => 0.05 * span,
            _ => 0.5,
        };
        match low.is_finite() {
            true => Self {
                low: low - margin,
                high: high + margin,
            },
            false => Self {
                low: -1.0,
                high: 1.0,
            },
        }
    }

    fn place(&self, rect: egui::Rect, value: f64) -> f32 {
        let share = (value - self.low) / (self.high - self.low);
        rect.left() + rect.width() * share.clamp(0.0, 1.0) as f32
    }
}

/// An empty strip, spoken as a text.
fn strip(ui: &mut egui::Ui, spoken: &str) -> egui::Rect {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(STRIP, HEIGHT), Sense::hover());
    let spoken = spoken.to_owned();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
    let line = ui.visuals().text_color().gamma_multiply(0.25);
    let y = rect.center().y;
    ui.painter()
        .hline(rect.x_range(), y, Stroke::new(1.0, line));
    response.on_hover_text(spoken);
    rect
}

/// Every run a point, with mean and deviation.
fn runs(ui: &mut egui::Ui, comparison: &Comparison, chosen: &mut Option<Metric>) {
    let metrics = comparison.metrics();
    let Some(&first) = metrics.first() else {
        ui.label("No run is finished yet.");
        return;
    };
    let metric = chosen.filter(|metric| metrics.contains(metric));
    let metric = chosen.insert(metric.unwrap_or(first));
    ui.horizontal_wrapped(|ui| {
        for other in metrics {
            ui.selectable_value(metric, other, comparison.heading(other));
        }
    });
    let metric = *metric;
    let digits = metric.digits();
    let scale = Scale::of(
        comparison
            .entries
            .iter()
            .filter_map(|entry| metric.of(entry)),
    );
    egui::Grid::new("comparison-runs")
        .num_columns(3)
        .spacing([SPACE[2], SPACE[0]])
        .show(ui, |ui| {
            for (index, row) in comparison.summaries.iter().enumerate() {
                let color = hue(ui, index);
                let name = title(&row.strategy);
                ui.label(RichText::new(&name).color(theme::ink(ui.visuals(), Hue::Arm(index))));
                let values: Vec<f64> = comparison
                    .entries
                    .iter()
                    .filter(|entry| entry.strategy == row.strategy)
                    .filter_map(|entry| metric.of(entry))
                    .collect();
                let words = match row.metrics.get(metric) {
                    Some(spread) => match spread.std {
                        Some(std) => format!("{:.digits$} ± {std:.digits$}", spread.mean),
                        None => format!("{:.digits$}", spread.mean),
                    },
                    None => "none".into(),
                };
                let rect = strip(ui, &format!("{name}: {words}"));
                let y = rect.center().y;
                for value in values {
                    let at = egui::pos2(scale.place(rect, value), y);
                    ui.painter()
                        .circle_filled(at, 3.5, color.gamma_multiply(0.55));
                }
                if let Some(spread) = row.metrics.get(metric) {
                    let x = scale.place(rect, spread.mean);
                    ui.painter()
                        .vline(x, rect.y_range(), Stroke::new(2.5, color));
                }
                ui.label(words);
                ui.end_row();
            }
        });
    ui.label(theme::note(
        "A point is a seed, the upright line their mean; the number is mean ± standard deviation.",
    ));
    ui.add_space(SPACE[2]);
}

/// The primary differences with their intervals.
fn differences(ui: &mut egui::Ui, comparison: &Comparison) {
    let pairs = &comparison.primary.pairs;
    if pairs.is_empty() {
        return;
    }
    ui.strong("Differences in accuracy, points");
    let ends = pairs.iter().filter_map(|pair| pair.interval);
    let scale = Scale::of(ends.flatten().chain([0.0]));
    egui::Grid::new("comparison-differences")
        .num_columns(5)
        .spacing([SPACE[2], SPACE[0]])
        .show(ui, |ui| {
            for head in [
                "",
                "",
                "mean [95 %]",
                "p (Holm)",
                &format!("seeds to see {DETECTED}"),
            ] {
                ui.label(theme::note(head));
            }
            ui.end_row();
            for pair in pairs {
                difference(ui, pair, &scale);
                ui.end_row();
            }
        });
    ui.label(theme::note(
        "The bar is the 95 % interval of the mean of that pair alone, blue where p (Holm), over all pairs, is below 5 %; the thin upright line is 0. A \
         null pair is a strategy against itself with other random numbers for α: its difference is chance alone.",
    ));
    ui.add_space(SPACE[2]);
}

fn difference(ui: &mut egui::Ui, pair: &PrimaryPair, scale: &Scale) {
    let null = match pair.first.is_null_pair(&pair.second) {
        true => " (null pair)",
        false => "",
    };
    let name = format!("{} − {}{null}", title(&pair.first), title(&pair.second));
    ui.label(&name);
    let words = match (pair.paired, pair.interval) {
        (Some(Paired::Varying(varying)), Some([low, high])) => {
            let [mean, low, high] = [varying.mean, low, high].map(|value| signed(value, 2));
            format!("{mean} [{low}, {high}]")
        }
        (Some(Paired::AllEqual { mean, .. }), _) => format!("{}, all equal", signed(mean, 2)),
        _ => "fewer than two seeds".into(),
    };
    let rect = strip(ui, &format!("{name}: {words}"));
    let weak = ui.visuals().text_color().gamma_multiply(0.5);
    let zero = scale.place(rect, 0.0);
    ui.painter()
        .vline(zero, rect.y_range(), Stroke::new(1.0, weak));
    if let (Some(Paired::Varying(varying)), Some([low, high])) = (pair.paired, pair.interval) {
        let color = match pair.tells_apart().or(pair.leaves_out_zero()) {
            Some(true) => Hue::Accent.color(ui.visuals().dark_mode),
            _ => weak,
        };
        let [low, high, mean] = [low, high, varying.mean].map(|value| scale.place(rect, value));
        let y = rect.center().y;
        ui.painter().hline(low..=high, y, Stroke::new(3.0, color));
        ui.painter().circle_filled(egui::pos2(mean, y), 4.5, color);
    }
    ui.label(words);
    ui.label(pair.adjusted_p.map_or("–".into(), |p| format!("{p:.3}")));
    ui.label(pair.seeds_needed.map_or("–".into(), |n| n.to_string()));
}

/// What each epoch would have ended with in the table, the mean over the seeds, of a comparison and the name of its file.
fn curves(
    ui: &mut egui::Ui,
    (name, comparison): (&str, &Comparison),
    export: &mut Export,
    actions: &mut Vec<Action>,
) {
    let mean = |arm: &Arm| -> Vec<[f64; 2]> {
        let entries = comparison.entries.iter();
        let of_arm: Vec<&Vec<f64>> = entries
            .filter(|entry| entry.strategy == *arm)
            .map(|entry| &entry.curve)
            .collect();
        let epochs = of_arm.iter().map(|curve| curve.len()).min().unwrap_or(0);
        (0..epochs)
            .map(|epoch| {
                let sum: f64 = of_arm.iter().map(|curve| curve[epoch]).sum();
                [(epoch + 1) as f64, sum / of_arm.len() as f64]
            })
            .collect()
    };
    let arms = comparison.strategies.iter().enumerate();
    let series: Vec<Series> = arms
        .map(|(index, arm)| Series::new(title(arm), Hue::Arm(index), Mark::Line, mean(arm)))
        .filter(|series| series.points.len() > 1)
        .collect();
    if series.is_empty() {
        return;
    }
    let figure = Figure {
        title: "Table accuracy by epoch".into(),
        x: "epoch".into(),
        y: "accuracy (%)".into(),
        whole_x: true,
        of: name.to_owned(),
        series,
        ..Figure::default()
    };
    export.with_heading(ui, actions, &figure, |ui| {
        ((), figure.show(ui, 220.0).outer)
    });
    ui.label(theme::note(
        "What every epoch of the search would have ended with, the mean over the seeds.",
    ));
}
