//! One plot as plain data: it is drawn in the window, and written as SVG and CSV, from the same points.

use std::ops::RangeInclusive;

use eframe::egui::{self, Color32, Pos2};
use egui_plot::{
    AxisHints, Bar, BarChart, FilledArea, GridMark, Line, MarkerShape, Plot, PlotPoint,
    PlotResponse, PlotTransform, Points, VLine,
};

use super::theme::{self, Hue};
use crate::svg::{nice_step, ticks};

/// A plot of one or more series over a common pair of axes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// What it shows: the heading of the file and the name for screen readers.
    pub title: String,
    /// What is along x, with its unit.
    pub x: String,
    /// What is along y, with its unit.
    pub y: String,
    /// Whether only whole numbers of x mean something.
    pub whole_x: bool,
    /// What it tells, for a hover; empty: nothing more.
    pub help: &'static str,
    /// What of x is in sight even without points there.
    pub x_range: Option<[f64; 2]>,
    /// Drawn in this order.
    pub series: Vec<Series>,
}

/// Points of one meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend; the same name may come twice.
    pub name: String,
    /// Its colour.
    pub hue: Hue,
    /// How it is drawn.
    pub mark: Mark,
    /// Its points in the units of the axes.
    pub points: Vec<PlotPoint>,
}

/// How the points of a series are drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// Small dots, possibly thousands: where many fall on one place, one of them is drawn, in a stronger colour.
    Dots,
    /// A large marker at each point.
    Marker(MarkerShape),
    /// One line through all points.
    Line,
    /// Thin lines between points 0 and 1, 2 and 3, …
    Segments,
    /// The area between the points and as many upper values.
    Band(Vec<f64>),
    /// Bars from 0, this wide.
    Bars(f64),
}

/// Points closer together than this many pixels are drawn as one.
const CELL: f32 = 2.0;
/// Radius of dots, pixels.
const DOT: f32 = 2.0;
/// Radius of markers, pixels.
const MARKER: f32 = 6.0;
/// A line is thinned to the lowest and highest point of a pixel column beyond so many points.
const LONG_LINE: usize = 4000;

impl Series {
    /// A series of pairs.
    pub fn new(
        name: impl Into<String>,
        hue: Hue,
        mark: Mark,
        points: impl IntoIterator<Item = [f64; 2]>,
    ) -> Self {
        Self {
            name: name.into(),
            hue,
            mark,
            points: points.into_iter().map(PlotPoint::from).collect(),
        }
    }

    /// The newest value at or before an x; the points ascend. A band has none.
    fn value_at(&self, x: f64) -> Option<f64> {
        if matches!(self.mark, Mark::Band(_)) {
            return None;
        }
        let after = self.points.partition_point(|point| point.x <= x);
        self.points.get(after.checked_sub(1)?).map(|point| point.y)
    }

    /// The colour that fills its place in a legend.
    fn fill(&self, dark: bool) -> Color32 {
        match self.mark {
            Mark::Band(_) => self.hue.color(dark).gamma_multiply(0.35),
            _ => self.hue.color(dark),
        }
    }

    fn add<'a>(&'a self, plot: &mut egui_plot::PlotUi<'a>, dark: bool) {
        let color = self.hue.color(dark);
        let name = &self.name;
        match &self.mark {
            Mark::Dots => {
                let transform = *plot.transform();
                for (level, points) in thin_dots(&self.points, &transform).into_iter().enumerate() {
                    let strength = [0.45, 0.7, 1.0][level];
                    plot.points(
                        Points::new(name, points)
                            .id((name, level))
                            .radius(DOT)
                            .color(color.gamma_multiply(strength))
                            .allow_hover(false),
                    );
                }
            }
            Mark::Marker(shape) => plot.points(
                Points::new(name, &self.points[..])
                    .shape(*shape)
                    .radius(MARKER)
                    .color(color),
            ),
            Mark::Line if self.points.len() > LONG_LINE => {
                let transform = *plot.transform();
                let points = egui_plot::PlotPoints::Owned(thin_line(&self.points, &transform));
                plot.line(Line::new(name, points).color(color).width(1.5));
            }
            Mark::Line => plot.line(Line::new(name, &self.points[..]).color(color).width(2.0)),
            Mark::Segments => {
                for (number, pair) in self.points.chunks_exact(2).enumerate() {
                    plot.line(
                        Line::new(name, pair)
                            .id((name, number))
                            .color(color.gamma_multiply(0.6))
                            .width(1.0)
                            .allow_hover(false),
                    );
                }
            }
            Mark::Band(upper) => {
                let (xs, lower): (Vec<f64>, Vec<f64>) = self
                    .points
                    .iter()
                    .zip(upper)
                    .map(|(point, _)| (point.x, point.y))
                    .unzip();
                plot.add(
                    FilledArea::new(name, &xs, &lower, &upper[..xs.len()])
                        .fill_color(color.gamma_multiply(0.25)),
                );
            }
            Mark::Bars(width) => {
                let bars = self
                    .points
                    .iter()
                    .map(|point| Bar::new(point.x, point.y).width(*width))
                    .collect();
                plot.bar_chart(BarChart::new(name, bars).color(color));
            }
        }
    }
}

impl Figure {
    /// Draws the plot to a height in points. Dragging moves it, the wheel with the control key or two fingers zoom, a box with the
    /// secondary button zooms in, a double click shows everything again.
    pub fn show(&self, ui: &mut egui::Ui, height: f32) -> PlotResponse<()> {
        self.draw(ui, height, false)
    }

    /// The same for a plot that fills its panel: the wheel alone zooms.
    pub fn show_zooming(&self, ui: &mut egui::Ui, height: f32) -> PlotResponse<()> {
        self.draw(ui, height, true)
    }

    fn draw(&self, ui: &mut egui::Ui, height: f32, wheel: bool) -> PlotResponse<()> {
        let dark = ui.visuals().dark_mode;
        let height = height - self.legend(ui);
        let mut plot = Plot::new(&self.title)
            .x_axis_label(self.x.as_str())
            .y_axis_label(self.y.as_str())
            .allow_scroll(false)
            .y_axis_min_width(44.0)
            .set_margin_fraction(egui::vec2(0.04, 0.06))
            .label_formatter(|hover| {
                let egui_plot::HoverPosition::NearDataPoint {
                    plot_name,
                    position,
                    ..
                } = hover
                else {
                    return None;
                };
                Some(format!(
                    "{plot_name}\n{}: {}\n{}: {}",
                    self.x,
                    short(position.x),
                    self.y,
                    short(position.y)
                ))
            });
        if self.whole_x {
            plot = plot.x_grid_spacer(|input| marks(input.bounds, 8.0, 1.0));
        }
        for &x in self.x_range.iter().flatten() {
            plot = plot.include_x(x);
        }
        let turned = ui.input(|input| input.smooth_scroll_delta.y);
        let mut before = None;
        let response = plot.height(height).show(ui, |plot| {
            if wheel && turned != 0.0 && plot.response().hovered() {
                plot.zoom_bounds_around_hovered(egui::Vec2::splat((turned / 300.0).exp()));
            }
            before = Some(*plot.transform());
            for series in &self.series {
                series.add(plot, dark);
            }
        });
        follow(ui, before, &response.transform);
        response.response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Figure, true, self.title.as_str())
        });
        response
    }

    /// Draws a small plot over the steps of a run, with a mark at step `cursor` and the values there in its legend. Returns the step that was
    /// clicked or dragged to, and its place.
    pub fn show_steps(
        &self,
        ui: &mut egui::Ui,
        cursor: Option<f64>,
        size: egui::Vec2,
    ) -> (Option<f64>, egui::Rect) {
        ui.horizontal_wrapped(|ui| {
            for series in self.named() {
                let value = cursor.and_then(|step| series.value_at(step));
                let text = match value {
                    Some(value) => format!("{} {}", series.name, short(value)),
                    None => series.name.clone(),
                };
                let color = series.fill(ui.visuals().dark_mode);
                theme::swatch(ui, &text, |painter, place| {
                    painter.circle_filled(place.center(), 4.0, color);
                });
            }
        });
        let visuals = ui.visuals().clone();
        let plot = Plot::new(&self.title)
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
            .grid_color(visuals.text_color().gamma_multiply(0.3))
            .x_grid_spacer(|input| marks(input.bounds, 5.0, 1.0))
            .custom_x_axes(vec![
                AxisHints::new_x()
                    .label_spacing(egui::Rangef::new(20.0, 40.0))
                    .formatter(step_name),
            ])
            .y_grid_spacer(|input| marks(input.bounds, 4.0, 0.0))
            .y_axis_formatter(|mark, _| {
                // As many decimals as tell two marks apart.
                let decimals = (-mark.step_size.log10()).ceil().clamp(0.0, 6.0) as usize;
                format!("{:.decimals$}", mark.value)
            })
            .label_formatter(|_| None)
            .show_crosshair(false);
        let mut before = None;
        let shown = plot.show(ui, |plot| {
            before = Some(*plot.transform());
            for series in &self.series {
                series.add(plot, visuals.dark_mode);
            }
            if let Some(step) = cursor {
                let color = visuals.text_color().gamma_multiply(0.6);
                plot.vline(VLine::new("step", step).color(color).width(1.0));
            }
            plot.pointer_coordinate()
        });
        follow(ui, before, &shown.transform);
        let (pointer, response) = (shown.inner, shown.response);
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Canvas, true, self.spoken(cursor))
        });
        let taken = response.clicked() || response.dragged_by(egui::PointerButton::Primary);
        let step = pointer.filter(|_| taken).map(|point| point.x);
        (step, response.rect)
    }

    /// The plot in words, for a screen reader.
    fn spoken(&self, cursor: Option<f64>) -> String {
        let values: Vec<String> = self
            .series
            .iter()
            .filter_map(|series| {
                Some(format!(
                    "{} {}",
                    series.name,
                    short(series.value_at(cursor?)?)
                ))
            })
            .collect();
        format!("{}: {}", self.title, values.join(", "))
    }

    /// The first series of each name.
    fn named(&self) -> Vec<&Series> {
        let mut named: Vec<&Series> = Vec::new();
        for series in &self.series {
            let seen = named.iter().any(|other| other.name == series.name);
            if !series.name.is_empty() && !seen {
                named.push(series);
            }
        }
        named
    }

    /// The names of those that a legend lists: none where there is one series.
    pub fn legend_rows(&self) -> Vec<&Series> {
        let named = self.named();
        if named.len() < 2 { Vec::new() } else { named }
    }

    /// The names of the series above the plot, where they cover nothing. Returns the height that they took.
    fn legend(&self, ui: &mut egui::Ui) -> f32 {
        let named = self.legend_rows();
        if named.is_empty() {
            return 0.0;
        }
        let top = ui.cursor().top();
        let dark = ui.visuals().dark_mode;
        ui.horizontal_wrapped(|ui| {
            for series in named {
                let (key, _) = ui.allocate_exact_size(egui::vec2(12.0, 8.0), egui::Sense::hover());
                ui.painter().rect_filled(key, 2.0, series.hue.color(dark));
                ui.label(egui::RichText::new(&series.name).small());
            }
        });
        ui.cursor().top() - top
    }

    /// The smallest and largest x and y of all points, with some room; unit lengths where there is nothing.
    pub fn bounds(&self) -> [[f64; 2]; 2] {
        let mut bounds = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
        let mut take = |axis: usize, value: f64| {
            if value.is_finite() {
                bounds[axis] = [bounds[axis][0].min(value), bounds[axis][1].max(value)];
            }
        };
        for &x in self.x_range.iter().flatten() {
            take(0, x);
        }
        for series in &self.series {
            for point in &series.points {
                take(0, point.x);
                take(1, point.y);
                if let Mark::Bars(width) = series.mark {
                    take(0, point.x - width / 2.0);
                    take(0, point.x + width / 2.0);
                    take(1, 0.0);
                }
            }
            if let Mark::Band(upper) = &series.mark {
                upper.iter().for_each(|&value| take(1, value));
            }
        }
        bounds.map(|[low, high]| {
            if low > high {
                [0.0, 1.0]
            } else {
                let room = if high > low { 0.04 * (high - low) } else { 0.5 };
                [low - room, high + room]
            }
        })
    }
}

/// Draws once more where the view has changed, since thinning follows that of the last frame.
fn follow(ui: &egui::Ui, before: Option<PlotTransform>, now: &PlotTransform) {
    let same =
        |before: PlotTransform| before.bounds() == now.bounds() && before.frame() == now.frame();
    if !before.is_some_and(same) {
        ui.ctx().request_repaint();
    }
}

/// Marks at round values, at most about `most`, and `least` apart.
fn marks((low, high): (f64, f64), most: f64, least: f64) -> Vec<GridMark> {
    let step_size = nice_step((high - low) / most).max(least);
    let values = ticks([low, high], step_size);
    values.map(|value| GridMark { value, step_size }).collect()
}

/// The number of a step below the plot; the first says what is counted.
fn step_name(mark: GridMark, shown: &RangeInclusive<f64>) -> String {
    let number = format!("{:.0}", mark.value);
    if mark.value - mark.step_size < *shown.start() {
        format!("step {number}")
    } else {
        number
    }
}

/// The index of the point that is drawn nearest to a place on the screen, if one is at most `reach` pixels away.
pub fn nearest(
    points: &[PlotPoint],
    transform: &PlotTransform,
    place: Pos2,
    reach: f32,
) -> Option<usize> {
    let mut best = (None, reach * reach);
    for (index, point) in points.iter().enumerate() {
        let distance = transform.position_from_point(point).distance_sq(place);
        if distance <= best.1 {
            best = (Some(index), distance);
        }
    }
    best.0
}

/// One point for each occupied cell of the screen, by how many share it: one, two to four, more. What is outside is left out,
/// except the outermost points, so that automatic bounds stay those of all points.
fn thin_dots(points: &[PlotPoint], transform: &PlotTransform) -> [Vec<[f64; 2]>; 3] {
    let frame = transform.frame();
    let columns = (frame.width() / CELL).ceil().clamp(1.0, 8192.0) as usize;
    let rows = (frame.height() / CELL).ceil().clamp(1.0, 8192.0) as usize;
    let mut counts = vec![0u32; columns * rows];
    let mut kept = Vec::new();
    for (index, point) in points.iter().enumerate() {
        let place = transform.position_from_point(point) - frame.min;
        let (column, row) = ((place.x / CELL).floor(), (place.y / CELL).floor());
        if column >= 0.0 && row >= 0.0 && column < columns as f32 && row < rows as f32 {
            let cell = row as usize * columns + column as usize;
            if counts[cell] == 0 {
                kept.push((index, cell));
            }
            counts[cell] += 1;
        }
    }
    let mut levels = [Vec::new(), Vec::new(), Vec::new()];
    for (index, cell) in kept {
        let level = match counts[cell] {
            1 => 0,
            2..=4 => 1,
            _ => 2,
        };
        levels[level].push([points[index].x, points[index].y]);
    }
    levels[0].extend(outermost(points));
    levels
}

/// The leftmost, rightmost, lowest and highest point.
fn outermost(points: &[PlotPoint]) -> impl Iterator<Item = [f64; 2]> {
    let by_x = |a: &&PlotPoint, b: &&PlotPoint| a.x.total_cmp(&b.x);
    let by_y = |a: &&PlotPoint, b: &&PlotPoint| a.y.total_cmp(&b.y);
    [
        points.iter().min_by(by_x),
        points.iter().max_by(by_x),
        points.iter().min_by(by_y),
        points.iter().max_by(by_y),
    ]
    .into_iter()
    .flatten()
    .map(|point| [point.x, point.y])
}

/// The lowest and the highest point of every pixel column, in their order, and both ends. The points ascend in x.
pub fn thin_line(points: &[PlotPoint], transform: &PlotTransform) -> Vec<PlotPoint> {
    // All that is left or right of the view is one column each.
    let [left, right] = [
        transform.frame().left() - 1.0,
        transform.frame().right() + 1.0,
    ];
    let column = |point: &PlotPoint| {
        transform
            .position_from_point_x(point.x)
            .clamp(left, right)
            .floor()
    };
    let mut kept = Vec::new();
    for group in points.chunk_by(|a, b| column(a) == column(b)) {
        let extreme = |sign: f64| {
            let by_height = |a: &(usize, &PlotPoint), b: &(usize, &PlotPoint)| {
                (sign * a.1.y).total_cmp(&(sign * b.1.y))
            };
            group
                .iter()
                .enumerate()
                .max_by(by_height)
                .map(|(place, _)| place)
        };
        let mut places: Vec<usize> = [extreme(-1.0), extreme(1.0)]
            .into_iter()
            .flatten()
            .collect();
        places.sort_unstable();
        places.dedup();
        kept.extend(places.into_iter().map(|place| group[place]));
    }
    let ends = [points.first(), points.last()].into_iter().flatten();
    for (place, &end) in ends.enumerate() {
        match place {
            0 if kept.first() != Some(&end) => kept.insert(0, end),
            1 if kept.last() != Some(&end) => kept.push(end),
            _ => {}
        }
    }
    kept
}

/// A number with as many digits as people read: 92.31, 0.0123, 1500, 3.2e-5.
pub fn short(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 1e7 || (size < 0.001 && size > 0.0) => return format!("{value:.1e}"),
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 0.1 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
