//! Curves over the steps of a run.

use std::ops::RangeInclusive;

use eframe::egui::{self, Color32, Role, WidgetInfo};
use egui_plot::{AxisHints, FilledArea, GridMark, Line, Plot, PlotPoint, PlotPoints, VLine};

use super::theme::{self, Hue, SPACE, hue};

/// Most points of a curve that are drawn; more would not be seen.
const DRAWN: usize = 600;

/// One curve.
pub struct Series {
    /// Its name in the legend.
    pub name: &'static str,
    /// Its colour.
    pub hue: Hue,
    /// `[step, value]`, ascending in the step.
    pub points: Vec<[f64; 2]>,
}

/// An area between two curves.
pub struct Band {
    /// Its name in the legend.
    pub name: &'static str,
    /// Its colour.
    pub hue: Hue,
    /// `[step, low, high]`, ascending in the step.
    pub points: Vec<[f64; 3]>,
}

/// What one plot shows.
pub struct Curves {
    /// Its title, with the unit.
    pub title: &'static str,
    /// What it tells, for a hover.
    pub help: &'static str,
    /// The curves.
    pub series: Vec<Series>,
    /// An area behind them.
    pub band: Option<Band>,
}

/// At most about `most` of the points: of each run of neighbors the lowest and the highest, so that no spike is lost.
/// Points that are not finite are left out.
pub fn thin(points: &[[f64; 2]], most: usize) -> Vec<[f64; 2]> {
    let finite = points.iter().filter(|point| point[1].is_finite());
    let chunk = (2 * points.len()).div_ceil(most.max(2));
    if chunk <= 2 {
        return finite.copied().collect();
    }
    let finite: Vec<[f64; 2]> = finite.copied().collect();
    finite
        .chunks(chunk)
        .flat_map(|chunk| {
            let by_value = |a: &&[f64; 2], b: &&[f64; 2]| a[1].total_cmp(&b[1]);
            let low = chunk.iter().min_by(by_value).copied();
            let high = chunk.iter().max_by(by_value).copied();
            let mut pair: Vec<[f64; 2]> = low.into_iter().chain(high).collect();
            pair.sort_by(|a, b| a[0].total_cmp(&b[0]));
            pair.dedup();
            pair
        })
        .collect()
}

/// Draws the curves with a mark at step `cursor`. Returns the step that was clicked or dragged to.
pub fn show(
    ui: &mut egui::Ui,
    id: &str,
    curves: &Curves,
    cursor: Option<f64>,
    size: egui::Vec2,
) -> Option<f64> {
    ui.scope(|ui| {
        ui.set_width(size.x);
        ui.spacing_mut().item_spacing = egui::vec2(SPACE[1], 2.0);
        legend(ui, curves, cursor);
        draw(ui, id, curves, cursor, size)
    })
    .inner
}

fn legend(ui: &mut egui::Ui, curves: &Curves, cursor: Option<f64>) {
    ui.label(egui::RichText::new(curves.title).strong())
        .on_hover_text(curves.help);
    ui.horizontal_wrapped(|ui| {
        for series in &curves.series {
            let value = cursor.and_then(|step| value_at(&series.points, step));
            let text = match value {
                Some(value) => format!("{} {}", series.name, number(value)),
                None => series.name.to_owned(),
            };
            key(ui, hue(ui.visuals(), series.hue), &text);
        }
        if let Some(band) = &curves.band {
            key(ui, band_color(ui.visuals(), band.hue), band.name);
        }
    });
}

fn key(ui: &mut egui::Ui, color: Color32, text: &str) {
    theme::swatch(ui, text, |painter, place| {
        painter.circle_filled(place.center(), 4.0, color);
    });
}

/// Two to six marks at round values: steps of 1, 2 or 5 times a power of ten.
fn marks((low, high): (f64, f64)) -> Vec<GridMark> {
    let rough = (high - low) / 2.0;
    if !rough.is_finite() || rough <= 0.0 {
        return Vec::new();
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|times| times * power)
        .rfind(|step| *step <= rough)
        .unwrap_or(power);
    let first = (low / step).ceil();
    (0..8)
        .map(|index| (first + f64::from(index)) * step)
        .take_while(|value| *value <= high)
        .map(|value| GridMark {
            value,
            step_size: step,
        })
        .collect()
}

/// The number of a step below the plot; the first says what is counted.
fn step_name(mark: GridMark, shown: &RangeInclusive<f64>) -> String {
    if mark.value.fract() != 0.0 {
        return String::new();
    }
    let number = format!("{:.0}", mark.value);
    if mark.value - mark.step_size < *shown.start() {
        format!("step {number}")
    } else {
        number
    }
}

fn band_color(visuals: &egui::Visuals, of: Hue) -> Color32 {
    hue(visuals, of).gamma_multiply(0.35)
}

fn draw(
    ui: &mut egui::Ui,
    id: &str,
    curves: &Curves,
    cursor: Option<f64>,
    size: egui::Vec2,
) -> Option<f64> {
    let plot = Plot::new(id)
        .width(size.x)
        .height(size.y)
        .show_background(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_axis_zoom_drag(false)
        .set_margin_fraction(egui::vec2(0.01, 0.06))
        .y_axis_min_width(34.0)
        .grid_spacing(egui::Rangef::new(20.0, 60.0))
        .grid_color(ui.visuals().text_color().gamma_multiply(0.3))
        .x_grid_spacer(|input| marks(input.bounds))
        .custom_x_axes(vec![
            AxisHints::new_x()
                .label_spacing(egui::Rangef::new(20.0, 40.0))
                .formatter(step_name),
        ])
        .y_grid_spacer(|input| marks(input.bounds))
        .y_axis_formatter(|mark, _| {
            // As many decimals as tell two marks apart.
            let decimals = (-mark.step_size.log10()).ceil().clamp(0.0, 6.0) as usize;
            format!("{:.decimals$}", mark.value)
        })
        .label_formatter(|_| None)
        .show_crosshair(false);
    let visuals = ui.visuals().clone();
    let response = plot.show(ui, |plot| {
        if let Some(band) = &curves.band {
            let color = band_color(&visuals, band.hue);
            let low: Vec<[f64; 2]> = band.points.iter().map(|p| [p[0], p[1]]).collect();
            let stride = low.len().div_ceil(DRAWN).max(1);
            let column = |index: usize| -> Vec<f64> {
                band.points
                    .iter()
                    .step_by(stride)
                    .map(|point| point[index])
                    .collect()
            };
            plot.add(
                FilledArea::new(band.name, &column(0), &column(1), &column(2)).fill_color(color),
            );
        }
        for series in &curves.series {
            let points: PlotPoints = thin(&series.points, DRAWN).into();
            plot.line(
                Line::new(series.name, points)
                    .color(hue(&visuals, series.hue))
                    .width(1.6),
            );
        }
        if let Some(step) = cursor {
            plot.vline(
                VLine::new("step", step)
                    .color(visuals.text_color().gamma_multiply(0.6))
                    .width(1.0),
            );
        }
        plot.pointer_coordinate()
    });
    let pointer: Option<PlotPoint> = response.inner;
    let response = response.response;
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, spoken(curves, cursor)));
    if response.clicked() || response.dragged_by(egui::PointerButton::Primary) {
        pointer.map(|point| point.x)
    } else {
        None
    }
}

/// The plot in words, for a screen reader.
fn spoken(curves: &Curves, cursor: Option<f64>) -> String {
    let values: Vec<String> = curves
        .series
        .iter()
        .filter_map(|series| {
            let value = value_at(&series.points, cursor?)?;
            Some(format!("{} {}", series.name, number(value)))
        })
        .collect();
    format!("{}: {}", curves.title, values.join(", "))
}

/// The newest value at or before a step.
fn value_at(points: &[[f64; 2]], step: f64) -> Option<f64> {
    let after = points.partition_point(|point| point[0] <= step);
    points.get(after.checked_sub(1)?).map(|point| point[1])
}

/// A number for people: three digits that matter.
pub fn number(value: f64) -> String {
    let size = value.abs();
    let text = match size {
        _ if value == 0.0 => return "0".into(),
        size if !(0.001..1000.0).contains(&size) => return format!("{value:.1e}"),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
