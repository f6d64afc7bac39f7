//! Accuracy against neighborhood mean, or against another metric, of all architectures of a table.

use std::collections::BTreeSet;
use std::sync::Arc;

use eframe::egui::{self, RichText, Stroke};
use egui_plot::MarkerShape;

use super::super::export::Export;
use crate::app::context::{Action, Context, OpenTable};
use crate::app::draw::cell_canvas::{CellPicture, Geometry};
use crate::app::draw::figure::{Drawn, Figure, Mark, Series, nearest};
use crate::app::draw::theme::{self, Hue, hue};
use crate::landscape::{
    Spectrum, Transform, neighbor_means, plus_minus, spectrum, transformed_spectrum,
};
use crate::record::RunView;
use crate::space::{Aggregation, Genotype};

/// What is computed once for a table and a metric. Accuracies are in percent, by architecture index.
pub struct Plane {
    /// The table and the metric.
    pub open: OpenTable,
    /// Of each architecture.
    pub accuracy: Vec<f64>,
    /// Of the neighbors at distance 1 of each architecture, itself left out.
    pub means: Vec<f64>,
    /// The index of the highest accuracy.
    pub most_accurate: usize,
    /// The index of the highest neighborhood mean.
    pub flattest: usize,
    /// Energy by interaction order, of the accuracies as [`Plane::share_out`] was told last.
    pub spectrum: Spectrum,
    /// The metric that is along x; nothing: [`Plane::means`].
    against: Option<String>,
    /// Of each architecture what is along x, percent.
    across: Vec<f64>,
    /// The first series is all architectures by their index; the others change from frame to frame.
    figure: Figure,
    /// What is in sight at first, where that is not all.
    view: Option<[[f64; 2]; 2]>,
}

impl Plane {
    /// Computes everything: a few milliseconds for 15,625 architectures. Nothing if the metric is not in the table.
    pub fn new(open: &OpenTable) -> Option<Self> {
        let space = open.table.space();
        let accuracy = open.table.column(&open.metric)?.to_vec();
        let [edges, operations] = [space.edges().len(), space.operations().len()];
        let means = neighbor_means(&accuracy, edges, operations).ok()?;
        let spectrum = spectrum(&accuracy, edges, operations).ok()?;
        let highest = |values: &[f64]| {
            let by_value = |a: &(usize, &f64), b: &(usize, &f64)| a.1.total_cmp(b.1);
            values
                .iter()
                .enumerate()
                .max_by(by_value)
                .map_or(0, |(index, _)| index)
        };
        let mut plane = Self {
            open: open.clone(),
            most_accurate: highest(&accuracy),
            flattest: highest(&means),
            across: means.clone(),
            accuracy,
            means,
            spectrum,
            against: None,
            figure: Figure::default(),
            view: None,
        };
        plane.figure = plane.map();
        plane.view = plane.figure.view;
        Some(plane)
    }

    /// Puts another metric along x, or nothing for the means of the neighbors. One that the table has not, or that is along y, counts as
    /// nothing.
    pub fn set_against(&mut self, metric: Option<&str>) {
        let other = metric.filter(|&metric| metric != self.open.metric);
        let column = other.and_then(|metric| Some((metric, self.open.table.column(metric)?)));
        if self.against.as_deref() == column.map(|(metric, _)| metric) {
            return;
        }
        (self.against, self.across) = match column {
            Some((metric, values)) => (Some(metric.to_owned()), values.to_vec()),
            None => (None, self.means.clone()),
        };
        self.figure = self.map();
        self.view = self.figure.view;
    }

    /// The metric that is along x, if one is.
    pub fn against(&self) -> Option<&str> {
        self.against.as_deref()
    }

    /// The table and the metric, in a text that no other pair has.
    pub fn shown(&self) -> String {
        format!("{:p} {}", Arc::as_ptr(&self.open.table), self.open.metric)
    }

    /// The figure with all architectures and nothing over them.
    fn map(&self) -> Figure {
        let points = self.across.iter().zip(&self.accuracy);
        let points = points.map(|(&x, &y)| [x, y]);
        let metric = &self.open.metric;
        let [title, x, y] = match &self.against {
            None => [
                "Accuracy against neighborhood".into(),
                "mean accuracy of the neighbors (%)".into(),
                "accuracy (%)".into(),
            ],
            Some(other) => [
                format!("{metric} against {other}"),
                format!("{other} (%)"),
                format!("{metric} (%)"),
            ],
        };
        let all = Series::new("all architectures", Hue::Accent, Mark::Dots, points);
        Figure {
            title,
            x,
            y,
            of: self.shown(),
            view: self.first_view(),
            series: vec![all],
            ..Figure::default()
        }
    }

    /// The part of the map that is in sight at first, with some room: of a large table the most accurate tenth, and of none those far below
    /// the others, which would squeeze them. Nothing where that is all.
    fn first_view(&self) -> Option<[[f64; 2]; 2]> {
        let count = self.accuracy.len();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| self.accuracy[b].total_cmp(&self.accuracy[a]));
        order.truncate((count / 10).max(MOST_ERRORS));
        let best: Vec<f64> = order.iter().map(|&index| self.accuracy[index]).collect();
        let fence = fence(&best);
        order.retain(|&index| self.accuracy[index] >= fence);
        if order.len() == count {
            return None;
        }
        let bounds = [&self.across, &self.accuracy].map(|values| {
            let best = order.iter().map(|&index| values[index]);
            let low = best.clone().fold(f64::INFINITY, f64::min);
            let high = best.fold(f64::NEG_INFINITY, f64::max);
            let room = 0.04 * (high - low);
            [low - room, high + room]
        });
        bounds
            .iter()
            .all(|[low, high]| low < high)
            .then_some(bounds)
    }

    /// Whether this belongs to that table and metric.
    pub fn is_of(&self, open: &OpenTable) -> bool {
        Arc::ptr_eq(&self.open.table, &open.table) && self.open.metric == open.metric
    }

    /// Shares the variance of the transformed accuracies out, where that is not done.
    pub fn share_out(&mut self, transform: Transform) {
        let space = self.open.table.space();
        let [edges, operations] = [space.edges().len(), space.operations().len()];
        if self.spectrum.transform != transform
            && let Ok(spectrum) = transformed_spectrum(&self.accuracy, edges, operations, transform)
        {
            self.spectrum = spectrum;
        }
    }

    /// Ends of upright bars, two by two: a standard error above and below each architecture, of large tables only the marked ones.
    fn error_bars(&self, marked: &[usize]) -> Vec<[f64; 2]> {
        let every: Vec<usize> = (0..self.accuracy.len()).collect();
        let shown = match every.len() {
            0..=MOST_ERRORS => &every,
            _ => marked,
        };
        let bar = |&index: &usize| {
            let error = self.open.table.standard_error(&self.open.metric, index)?;
            let [x, own] = [self.across[index], self.accuracy[index]];
            Some([[x, own - error], [x, own + error]])
        };
        shown.iter().filter_map(bar).flatten().collect()
    }

    /// Draws the way of a search over the map as far as the step that is looked at: what each epoch would have ended with.
    fn draw_path(&mut self, run: &RunView, number: usize) {
        let Some(position) = run.position() else {
            return;
        };
        // The ends of the epochs before, and the step itself: α trembles from step to step.
        let before = run.steps[position].epoch.saturating_sub(1);
        let ends = run.epochs.iter().take(before);
        let way = ends.chain(run.derivable_at(position));
        let places = way.filter_map(|genotype| self.open.table.index_of(genotype));
        let points: Vec<[f64; 2]> = places
            .map(|index| [self.across[index], self.accuracy[index]])
            .collect();
        if points.is_empty() {
            return;
        }
        // All of the way is in sight.
        if let Some(view) = &mut self.figure.view {
            for (range, place) in view.iter_mut().zip([0, 1]) {
                let along = points.iter().map(|point| point[place]);
                range[0] = along.clone().fold(range[0], f64::min);
                range[1] = along.fold(range[1], f64::max);
            }
        }
        let search = run.config.as_ref().and_then(|run| run.search.as_ref());
        let name = search.map_or("search", |search| search.strategy.title());
        // The two sides of a race differ by more than colour.
        let mark = match number {
            0 => Mark::Way {
                dashed: false,
                end: MarkerShape::Up,
            },
            _ => Mark::Way {
                dashed: true,
                end: MarkerShape::Down,
            },
        };
        let (name, hue) = (format!("way of {name}"), Hue::Arm(number));
        self.figure
            .series
            .push(Series::new(name, hue, mark, points));
    }

    /// Draws anew what lies over the dots: the line of equal accuracy, the architectures that are marked, and standard errors.
    fn draw_over(&mut self, edited: &Genotype, pins: &[Option<Genotype>; 2]) {
        self.figure.series.truncate(1);
        // Equal architectures: their mean would be their own accuracy.
        let [[low_x, high_x], [low_y, high_y]] = self.figure.bounds();
        let [low, high] = [low_x.max(low_y), high_x.min(high_y)];
        if low < high {
            let name = match self.against {
                None => "as good as its neighbors",
                Some(_) => "equal in both",
            };
            // As a segment it says nothing under the pointer, where dots are looked for.
            let ends = [[low, low], [high, high]];
            self.figure
                .series
                .push(Series::new(name, Hue::Quiet, Mark::Segments, ends));
        }
        let markers = [
            ("in the editor", Some(edited), Hue::Ink, MarkerShape::Circle),
            ("A", pins[0].as_ref(), Hue::Good, MarkerShape::Diamond),
            ("B", pins[1].as_ref(), Hue::Neighbor, MarkerShape::Square),
        ];
        let mut marked = Vec::new();
        for (name, genotype, hue, shape) in markers {
            if let Some(index) = genotype.and_then(|one| self.open.table.index_of(one)) {
                let point = [self.across[index], self.accuracy[index]];
                let marker = Series::new(name, hue, Mark::Marker(shape), [point]);
                self.figure.series.push(marker);
                marked.push(index);
            }
        }
        let errors = self.error_bars(&marked);
        if !errors.is_empty() {
            self.figure.series.push(Series::new(
                "± standard error of the accuracy",
                Hue::Quiet,
                Mark::Segments,
                errors,
            ));
        }
    }
}

/// The most architectures that all have their standard errors drawn; of more, only those that are marked. A table of more is large.
const MOST_ERRORS: usize = 1000;
/// How many times the distance of the quartiles a value lies below the lower one that is far below the others.
const FAR: f64 = 3.0;

/// The least value that is not far below the others, by their quartiles: cells that learned nothing lie below it.
pub fn fence(values: &[f64]) -> f64 {
    let quartile = |q: f64| Aggregation::Quantile { q }.value(values);
    let [lower, upper] = [0.25, 0.75].map(quartile);
    lower - FAR * (upper - lower)
}

/// What is along x where no metric is.
const NEIGHBORS: &str = "neighbors' mean";
/// The words below the map fit into one row from this width on, points.
const ONE_ROW: f32 = 880.0;
/// Width of the picture of the cell under the pointer, points.
const PICTURE: f32 = 300.0;
/// How far from a dot the pointer takes it, pixels.
const REACH: f32 = 12.0;
/// Least height of the map with its legend, points.
const LEAST: f32 = 160.0;

/// Draws the map. A click shows the architecture in the editor. `scrolls`: it lies in what scrolls, and comes before its explanation.
pub fn show(
    ui: &mut egui::Ui,
    context: &mut Context,
    plane: &mut Plane,
    pins: &[Option<Genotype>; 2],
    export: &mut Export,
    scrolls: bool,
) {
    if !scrolls {
        choose(ui, plane);
        meaning(ui, plane);
    }
    plane.draw_over(context.edited, pins);
    plane.figure.view = plane.view;
    let runs = [Some(context.run), context.rival];
    for (number, run) in runs.into_iter().flatten().enumerate() {
        plane.draw_path(run, number);
    }
    let rows = match plane.view {
        Some(_) if ui.available_width() < ONE_ROW => 2.0,
        _ => 1.0,
    };
    let footer = rows * (ui.spacing().interact_size.y + ui.spacing().item_spacing.y);
    let height = (ui.available_height() - footer).max(LEAST);
    let plot = match scrolls {
        // Not higher than wide: what scrolls must be within reach of a finger.
        true => plane.figure.show(ui, height.min(ui.available_width())),
        false => plane.figure.show_zooming(ui, height),
    };
    let outside = mark_outside(ui, plane, &plot);
    show_nearest(ui, context, plane, &plot);
    ui.horizontal_wrapped(|ui| {
        let table = plane.open.table.clone();
        let name = move |index: usize| {
            let genotype = table.genotype_of(index);
            genotype
                .map(|genotype| genotype.to_text())
                .unwrap_or_default()
        };
        export.menu(
            ui,
            context.actions,
            &plane.figure,
            Some(plot.outer),
            Some(&name),
        );
        let zoom = match scrolls {
            true => "pinch or turn the wheel with Ctrl",
            false => "turn the wheel",
        };
        let how = format!("drag to move, {zoom} to zoom, double-click to see everything");
        ui.weak(match outside {
            0 => how,
            outside => {
                let all = plane.accuracy.len();
                format!("{outside} of {all} are out of sight, marked at the edge; {how}")
            }
        });
    });
    if scrolls {
        meaning(ui, plane);
        choose(ui, plane);
    }
}

/// What the map says.
fn meaning(ui: &mut egui::Ui, plane: &Plane) {
    let meaning = match plane.against {
        None => {
            "High and to the right: accurate, and on average still accurate after one change. A dot far above the others of its column \
             is much better than its neighbors are on average."
        }
        Some(_) => "High and to the right: accurate by both.",
    };
    let first = match plane.view {
        Some(_) if plane.accuracy.len() > MOST_ERRORS => " The best tenth is in sight at first.",
        Some(_) => " Those far below the others are out of sight at first.",
        None => "",
    };
    theme::rows_of_words(ui, |ui| {
        let text = format!("{meaning} Click a dot to take it into the editor.{first}");
        ui.label(RichText::new(text).weak());
    });
}

/// Marks at the edge of the plot where the architectures lie that are out of sight. Returns how many they are.
fn mark_outside(ui: &egui::Ui, plane: &Plane, plot: &Drawn) -> usize {
    let frame = *plot.transform.frame();
    let stroke = Stroke::new(1.5, hue(ui.visuals(), Hue::Accent));
    let mut marked = BTreeSet::new();
    let mut outside = 0;
    for point in &plane.figure.series[0].points {
        let at = plot.transform.position_from_point(point);
        if frame.contains(at) {
            continue;
        }
        outside += 1;
        let edge = at.clamp(frame.min, frame.max);
        // One mark for those that would lie on each other.
        if marked.insert([edge.x, edge.y].map(|along| (along / 3.0) as i32)) {
            let inward = (edge - at).normalized();
            ui.painter()
                .line_segment([edge, edge + 6.0 * inward], stroke);
        }
    }
    outside
}

/// The choice of what is along x, where the table has more than one metric.
fn choose(ui: &mut egui::Ui, plane: &mut Plane) {
    let table = plane.open.table.clone();
    let metrics = table.metrics().iter();
    let others: Vec<&String> = metrics.filter(|&name| *name != plane.open.metric).collect();
    if others.is_empty() {
        return;
    }
    let mut against = plane.against.clone();
    ui.horizontal_wrapped(|ui| {
        ui.label("against");
        let text = against.as_deref().unwrap_or(NEIGHBORS).to_owned();
        let combo = egui::ComboBox::from_id_salt("against")
            .selected_text(&text)
            .show_ui(ui, |ui| {
                let names = others.iter().map(|name| Some(name.as_str()));
                for other in std::iter::once(None).chain(names) {
                    let chosen = against.as_deref() == other;
                    if theme::choice(ui, chosen, other.unwrap_or(NEIGHBORS)).clicked() {
                        against = other.map(str::to_owned);
                    }
                }
            });
        combo
            .response
            .on_hover_text("What is along x.")
            .widget_info(|| {
                let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Against");
                info.current_text_value = Some(text.clone());
                info
            });
    });
    if against != plane.against {
        plane.set_against(against.as_deref());
        ui.ctx().request_repaint();
    }
}

/// Rings the dot that the pointer is near and tells what it is. A click on it edits it.
fn show_nearest(ui: &egui::Ui, context: &mut Context, plane: &Plane, plot: &Drawn) {
    let dots = &plane.figure.series[0].points;
    let place = plot.response.hover_pos();
    let under = place.and_then(|place| nearest(dots, &plot.transform, place, REACH));
    if let Some(index) = under
        && let Some(genotype) = plane.open.table.genotype_of(index)
    {
        let center = plot.transform.position_from_point(&dots[index]);
        let stroke = Stroke::new(2.0, ui.visuals().strong_text_color());
        ui.painter().circle_stroke(center, 6.0, stroke);
        let response = plot.response.clone().on_hover_ui_at_pointer(|ui| {
            ui.set_max_width(420.0);
            let error = plane.open.table.standard_error(&plane.open.metric, index);
            let error = plus_minus(error);
            ui.strong(format!("{:.2}{error} %", plane.accuracy[index]));
            ui.label(format!("neighbors {:.2} % on average", plane.means[index]));
            if let Some(other) = &plane.against {
                ui.label(format!("{other} {:.2} %", plane.across[index]));
            }
            let space = genotype.space();
            let height = 0.7 * Geometry::least_height(space);
            for (&kind, cell) in space.cell_kinds().iter().zip(genotype.cells()) {
                let picture = CellPicture::of_cell(space, kind, cell);
                picture.show_still(ui, egui::vec2(PICTURE, height));
            }
            for node in genotype.to_text().split('+') {
                ui.label(RichText::new(node).monospace());
            }
        });
        if response.clicked() {
            context.actions.push(Action::Edit(genotype));
        }
    }
}
