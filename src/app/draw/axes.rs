//! Round numbers along axes: at least two on each, at every size that a plot is drawn at.

use std::ops::RangeInclusive;

use eframe::egui::{Rangef, WidgetText};
use egui_plot::{Axis, AxisHints, GridInput, GridMark, Plot};

use crate::svg::{nice_step, ticks};

/// Distances of grid lines, points: none is drawn below the first, and none is paler beyond the second.
const GRID: Rangef = Rangef {
    min: 8.0,
    max: 60.0,
};
/// Distances of numbers, points: none is drawn below the first, and none is paler beyond the second.
const NUMBERS: Rangef = Rangef {
    min: 10.0,
    max: 20.0,
};
/// About the distance of two numbers along x, points.
const APART_X: f64 = 66.0;
/// About the distance of two numbers along y, points.
const APART_Y: f64 = 26.0;

/// The axis of an x or a y, with its name below or beside it; `whole`: only whole numbers mean something.
pub struct AxisOf<'a> {
    /// What it is called, with its unit; empty: not at all.
    pub name: &'a str,
    /// Whether only whole numbers mean something.
    pub whole: bool,
    /// The least room for its numbers, points.
    pub least: f32,
    /// What is written at a mark.
    pub number: fn(GridMark, &RangeInclusive<f64>) -> String,
}

/// Gives a plot its axes, x and y.
pub fn with_axes<'a>(plot: Plot<'a>, [x, y]: [AxisOf<'a>; 2]) -> Plot<'a> {
    let hints = |axis: Axis, of: &AxisOf<'a>| {
        AxisHints::new(axis)
            .label(WidgetText::from(of.name))
            .label_spacing(NUMBERS)
            .min_thickness(of.least)
            .formatter(of.number)
    };
    let axes = [hints(Axis::X, &x), hints(Axis::Y, &y)];
    let [x_axis, y_axis] = axes;
    plot.grid_spacing(GRID)
        .custom_x_axes(vec![x_axis])
        .custom_y_axes(vec![y_axis])
        .x_grid_spacer(move |input| marks_apart(&input, APART_X, x.whole))
        .y_grid_spacer(move |input| marks_apart(&input, APART_Y, y.whole))
}

/// The marks in sight, about so many points from each other.
fn marks_apart(input: &GridInput, apart: f64, whole: bool) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    // The base step is as long as the least distance of grid lines.
    let length = (high - low) / input.base_step_size * f64::from(GRID.min);
    marks([low, high], length / apart, whole)
}

/// Marks at round values, at most about `most` and at least two, wherever there are two; `whole`: only at whole numbers, where one is in
/// sight.
pub fn marks(bounds: [f64; 2], most: f64, whole: bool) -> Vec<GridMark> {
    let most = most.max(2.0);
    let whole = whole && ticks(bounds, 1.0).next().is_some();
    let least = if whole { 1.0 } else { 0.0 };
    let mut step_size = nice_step((bounds[1] - bounds[0]) / most).max(least);
    let mut values: Vec<f64> = ticks(bounds, step_size).collect();
    // The next rounder step may be so long that the axis has one of its multiples only.
    for _ in 0..3 {
        if values.len() >= 2 || step_size <= least {
            break;
        }
        step_size = nice_step(0.4 * step_size).max(least);
        values = ticks(bounds, step_size).collect();
        if let [first, .., last] = values[..]
            && values.len() as f64 > most
        {
            step_size = last - first;
            values = vec![first, last];
        }
    }
    let mark = |value| GridMark { value, step_size };
    values.into_iter().map(mark).collect()
}

/// The number at a mark, with as many decimals as it and its neighbors need.
pub fn number(mark: GridMark, shown: &RangeInclusive<f64>) -> String {
    let room = 1e-6 * (shown.end() - shown.start()).abs();
    let exact = |decimals: i32| {
        let scale = 10f64.powi(decimals);
        ((mark.value * scale).round() / scale - mark.value).abs() <= room
    };
    let of_value = (0..9).find(|&decimals| exact(decimals)).unwrap_or(9);
    let of_step = (-mark.step_size.log10() - 1e-9).ceil().clamp(0.0, 9.0) as i32;
    let decimals = of_value.max(of_step) as usize;
    format!("{:.decimals$}", mark.value)
}

/// The number of a step of a run; the first in sight says what is counted.
pub fn step_name(mark: GridMark, shown: &RangeInclusive<f64>) -> String {
    let number = format!("{:.0}", mark.value);
    if mark.value - mark.step_size < *shown.start() {
        format!("step {number}")
    } else {
        number
    }
}
