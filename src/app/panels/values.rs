//! The window of an experiment's values: every series beside the one that it is compared with.

use eframe::egui;

use super::export::Export;
use crate::app::context::Action;
use crate::app::draw::figure::{Figure, Mark, Series};
use crate::app::draw::theme::{self, Hue, Lies, REPORT, SPACE};
use crate::app::draw::words::counted;
use crate::landscape::{Values, ValuesError, signed, student_t_95};

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// How much more than the reference a series has.
    #[default]
    Differences,
    /// What each series has.
    Means,
}

/// The window.
#[derive(Default)]
pub struct ValuesWindow {
    open: bool,
    name: String,
    values: Vec<Values>,
    /// Which of them is in sight.
    at: usize,
    shown: Shown,
    export: Export,
}

impl ValuesWindow {
    /// Shows what was read from a file of that name; says how many parts it has.
    ///
    /// # Errors
    /// What is wrong with a damaged file.
    pub fn open(
        &mut self,
        name: &str,
        read: Result<Vec<Values>, ValuesError>,
    ) -> Result<String, String> {
        let values = read.map_err(|error| format!("{name}: {error}"))?;
        let panels = values.len();
        *self = Self {
            open: true,
            name: name.to_owned(),
            values,
            ..Self::default()
        };
        Ok(format!(
            "opened the values of an experiment, {name}: {panels} {}",
            if panels == 1 { "part" } else { "parts" }
        ))
    }

    /// Draws it.
    pub fn window(&mut self, context: &egui::Context, actions: &mut Vec<Action>) {
        let Some(values) = self.values.get(self.at) else {
            return;
        };
        let names: Vec<String> = self.values.iter().map(heading).collect();
        let (at, shown, file) = (&mut self.at, &mut self.shown, &self.name);
        let export = &mut self.export;
        theme::window_over(
            context,
            "Experiment",
            &mut self.open,
            Lies::Report(REPORT),
            |ui| {
                export.poll(ui, actions);
                ui.label(theme::note(format!(
                    "{file}: {}, paired by {}",
                    counted(
                        values.of(&values.reference, 0).map_or(0, <[f64]>::len),
                        "repetition"
                    ),
                    values.paired_by
                )));
                if let [only] = &names[..] {
                    ui.label(only);
                }
                if names.len() > 1 {
                    egui::ComboBox::new("experiment-part", "Part")
                        .width(420.0)
                        .show_index(ui, at, names.len(), |index| &names[index]);
                }
                ui.horizontal_wrapped(|ui| {
                    ui.selectable_value(
                        shown,
                        Shown::Differences,
                        format!("Difference from {}", values.reference),
                    );
                    ui.selectable_value(shown, Shown::Means, "Means");
                });
                let mut figure = figure(values, *shown);
                figure.of = format!("{file} {shown:?}");
                export.with_heading(ui, actions, &figure, |ui| {
                    ((), figure.show(ui, 300.0).outer)
                });
                ui.label(theme::note(match *shown {
                        Shown::Differences => {
                            "Mean difference, repetition by repetition; the band is its 95 % interval (Student's t)."
                        }
                        Shown::Means => {
                            "Mean over the repetitions; the band is its 95 % interval (Student's t)."
                        }
                    }));
                ui.add_space(SPACE[1]);
                numbers(ui, values, *shown);
            },
        );
    }
}

/// What a part is about.
fn heading(values: &Values) -> String {
    format!("{}: {}", values.panel, values.quantity)
}

/// A mean and its interval at a place, where it has one.
fn mean(values: &Values, name: &str, place: usize, shown: Shown) -> Option<[f64; 3]> {
    match shown {
        Shown::Differences => {
            let difference = values.difference(name, place)?;
            let mean = difference.mean;
            Some([
                mean,
                difference.low.unwrap_or(mean),
                difference.high.unwrap_or(mean),
            ])
        }
        Shown::Means => {
            let spread = values.spread(name, place)?;
            let error = spread.std.unwrap_or(0.0) / (spread.count as f64).sqrt();
            let half = match spread.count {
                1 => 0.0,
                count => student_t_95(count - 1) * error,
            };
            Some([spread.mean, spread.mean - half, spread.mean + half])
        }
    }
}

/// The plot of a part: a line and the band of its interval for each series, markers where there is one place only.
pub fn figure(values: &Values, shown: Shown) -> Figure {
    let mut series = Vec::new();
    for (number, one) in values.series.iter().enumerate() {
        let hue = Hue::Arm(number);
        let points: Vec<(f64, [f64; 3])> = values
            .at
            .iter()
            .enumerate()
            .filter_map(|(place, &at)| Some((at, mean(values, &one.name, place, shown)?)))
            .collect();
        if points.is_empty() {
            continue;
        }
        let at = |figure: usize| points.iter().map(move |(at, mean)| [*at, mean[figure]]);
        let upper = points.iter().map(|(_, mean)| mean[2]).collect();
        series.push(Series::new(&one.name, hue, Mark::Band(upper), at(1)));
        series.push(Series::new(&one.name, hue, Mark::Line, at(0)));
        let mark = Mark::Marker(egui_plot::MarkerShape::Circle);
        series.push(Series::new(&one.name, hue, mark, at(0)));
    }
    if shown == Shown::Differences {
        let ends = [values.at.first(), values.at.last()];
        let zero = ends.into_iter().flatten().map(|&at| [at, 0.0]);
        series.push(Series::new("", Hue::Quiet, Mark::Line, zero));
    }
    Figure {
        title: heading(values),
        x: values.across.clone(),
        y: match shown {
            Shown::Differences => format!("difference from {}, points", values.reference),
            Shown::Means => values.quantity.clone(),
        },
        whole_x: values.at.iter().all(|at| at.fract() == 0.0),
        series,
        ..Figure::default()
    }
}

/// The numbers of the plot.
fn numbers(ui: &mut egui::Ui, values: &Values, shown: Shown) {
    egui::Grid::new("experiment-numbers")
        .striped(true)
        .spacing([SPACE[2], SPACE[0]])
        .show(ui, |ui| {
            ui.label(theme::note(&values.across));
            for at in &values.at {
                ui.label(theme::note(at.to_string()));
            }
            ui.end_row();
            for series in &values.series {
                ui.label(&series.name);
                for place in 0..values.at.len() {
                    ui.label(match mean(values, &series.name, place, shown) {
                        None => "–".to_owned(),
                        Some([mean, _, high]) => match shown {
                            Shown::Differences => {
                                format!("{} ± {:.2}", signed(mean, 2), high - mean)
                            }
                            Shown::Means => format!("{mean:.2} ± {:.2}", high - mean),
                        },
                    });
                }
                ui.end_row();
            }
        });
}
