//! Histograms of accuracy by exact distance from the architecture in the editor.

use eframe::egui::{self, RichText};

use super::super::export::Export;
use super::scatter::{Plane, fence};
use crate::app::context::Context;
use crate::app::draw::figure::{Figure, Mark, Series};
use crate::app::draw::theme::Hue;
use crate::landscape::{Statistics, shells};
use crate::space::Genotype;

/// Largest distance.
const RADIUS: usize = 3;
/// Bars of a histogram over its range.
const BINS: usize = 40;

/// What the bars stand for. Percent.
struct Range {
    /// The lowest accuracy that has a bar by its worth; what is lower is counted in one bar below it.
    low: f64,
    /// The width of a bar.
    width: f64,
    /// Whether anything is lower.
    below: bool,
}

impl Range {
    /// From the quartiles of all values, so that a few cells that learned nothing leave the others room; the own accuracy is always in it.
    fn of(values: &[f64], own: f64) -> Self {
        let fence = fence(values).min(own);
        let inside = values.iter().copied().filter(|&value| value >= fence);
        let low = inside.fold(own, f64::min);
        let high = values.iter().copied().fold(own, f64::max).max(low + 1e-6);
        Self {
            low,
            width: (high - low) / BINS as f64,
            below: values.iter().any(|&value| value < low),
        }
    }

    /// The share of values in every bar, percent: first what is below, where there is something, then the range.
    fn shares(&self, values: &[f64]) -> Vec<f64> {
        let mut shares = vec![0.0; self.bars()];
        for value in values {
            // What is below goes to −1.
            let place = ((value - self.low) / self.width).floor().max(-1.0) as isize;
            let bar = (place + isize::from(self.below)).max(0) as usize;
            shares[bar.min(self.bars() - 1)] += 100.0 / values.len() as f64;
        }
        shares
    }

    fn bars(&self) -> usize {
        BINS + usize::from(self.below)
    }

    /// The lower end of a bar.
    fn edge(&self, bar: usize) -> f64 {
        self.low + (bar as f64 - f64::from(u8::from(self.below))) * self.width
    }

    /// What is along x.
    fn axis(&self) -> String {
        match self.below {
            true => format!("accuracy (%), the first bar: all below {:.2}", self.low),
            false => "accuracy (%)".into(),
        }
    }
}

/// What is computed once for an architecture.
pub struct Around {
    index: usize,
    own: f64,
    /// Of distance 1, 2, 3.
    radii: Vec<Radius>,
    /// The lowest accuracy that has a bar of its own, where others are lower, percent.
    below: Option<f64>,
    /// All of them as outlines over one pair of axes, for the file.
    together: Figure,
}

/// The architectures at one distance.
struct Radius {
    statistics: Statistics,
    /// How many lie below the range.
    below: usize,
    histogram: Figure,
}

impl Around {
    /// The histograms around an architecture of the table: those of the last frame, or new ones. Nothing for other spaces.
    pub fn of<'a>(
        last: &'a mut Option<Self>,
        plane: &Plane,
        edited: &Genotype,
    ) -> Option<&'a Self> {
        let index = plane.open.table.index_of(edited)?;
        if last.as_ref().is_none_or(|around| around.index != index) {
            *last = Some(Self::new(plane, index));
        }
        last.as_ref()
    }

    fn new(plane: &Plane, index: usize) -> Self {
        let space = plane.open.table.space();
        let own = plane.accuracy[index];
        let shells: Vec<Vec<f64>> = shells(space, index, RADIUS)
            .iter()
            .map(|shell| shell.iter().map(|&member| plane.accuracy[member]).collect())
            .collect();
        let all: Vec<f64> = shells.iter().flatten().copied().chain([own]).collect();
        let range = Range::of(&all, own);
        let axes = |title: String| Figure {
            title,
            x: range.axis(),
            y: "share (%)".into(),
            of: format!("{} {index}", plane.shown()),
            ..Figure::default()
        };
        let mut together = axes("Accuracy by distance from the cell".into());
        let mut radii = Vec::new();
        let hues = [Hue::Accent, Hue::Good, Hue::Neighbor];
        for (radius, (values, hue)) in (1..).zip(shells.iter().zip(hues)) {
            // A space of three edges has no architecture farther away.
            let Some(statistics) = Statistics::of(values) else {
                break;
            };
            let shares = range.shares(values);
            let ends = |bar: usize| [range.edge(bar), range.edge(bar + 1)];
            let outline = (0..range.bars()).flat_map(|bar| ends(bar).map(|x| [x, shares[bar]]));
            let name = format!("distance {radius}");
            let line = Series::new(name, hue, Mark::Line, outline);
            together.series.push(line);
            let mut histogram = axes(format!("Accuracy at distance {radius}"));
            histogram.x_range = Some([range.edge(0), range.edge(range.bars())]);
            histogram.series = bars(&range, &shares, hue);
            histogram.series.push(upright(own, &shares));
            radii.push(Radius {
                statistics,
                below: values.iter().filter(|&&value| value < range.low).count(),
                histogram,
            });
        }
        let top = together.bounds()[1][1];
        together.series.push(upright(own, &[top]));
        Self {
            index,
            own,
            radii,
            below: range.below.then_some(range.low),
            together,
        }
    }
}

/// The bars of a range, and apart from them that of what is below.
fn bars(range: &Range, shares: &[f64], hue: Hue) -> Vec<Series> {
    let bar = |bar: usize| [range.edge(bar) + range.width / 2.0, shares[bar]];
    let first = usize::from(range.below);
    let mark = || Mark::Bars(range.width * 0.92);
    [(Hue::Quiet, 0..first), (hue, first..range.bars())]
        .into_iter()
        .filter(|(_, places)| !places.is_empty())
        .map(|(hue, places)| Series::new("", hue, mark(), places.map(bar)))
        .collect()
}

/// The line at the own accuracy, as high as the highest share.
fn upright(own: f64, shares: &[f64]) -> Series {
    let top = shares.iter().copied().fold(0.0, f64::max);
    let ends = [[own, 0.0], [own, top]];
    Series::new("in the editor", Hue::Ink, Mark::Line, ends)
}

/// Draws the histograms below each other over the same accuracies.
pub fn show(
    ui: &mut egui::Ui,
    context: &mut Context,
    plane: &Plane,
    around: Option<&Around>,
    export: &mut Export,
) {
    let Some(around) = around else {
        super::other_space(ui, context, plane);
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.label(
            RichText::new(format!(
                "Architectures that differ from the one in the editor in exactly so many edges. The upright line is its own accuracy, \
                 {:.2} %. A flat optimum keeps most of its neighbors close to that line.{}",
                around.own,
                around.below.map_or(String::new(), |low| format!(
                    " The grey bar at the left holds all that lie below {low:.2} %."
                ))
            ))
            .weak(),
        );
    });
    let text = ui.spacing().interact_size.y.max(20.0) + ui.spacing().item_spacing.y;
    let rows = around.radii.len().max(1) as f32;
    let left = ui.available_height() - text - ui.spacing().item_spacing.y;
    let height = (left / rows - text - ui.spacing().item_spacing.y).max(90.0);
    let top = ui.cursor().min;
    for (number, radius) in (1..).zip(&around.radii) {
        let statistics = &radius.statistics;
        ui.horizontal_wrapped(|ui| {
            ui.strong(match number {
                1 => "1 edge differs".to_owned(),
                _ => format!("{number} edges differ"),
            });
            let below = match (radius.below, around.below) {
                (1.., Some(low)) => format!(", {} below {low:.2} %", radius.below),
                _ => String::new(),
            };
            ui.label(format!(
                "{} architectures, mean {:.2} %, worst {:.2} %, best {:.2} %{below}",
                statistics.count, statistics.mean, statistics.worst, statistics.best
            ));
        });
        radius.histogram.show(ui, height);
    }
    let place = egui::Rect::from_min_max(top, egui::pos2(ui.max_rect().right(), ui.cursor().min.y));
    export.menu(ui, context.actions, &around.together, Some(place), None);
}
