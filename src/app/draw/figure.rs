//! One plot as plain data: it is drawn in the window, and written as SVG and CSV, from the same points.

use eframe::egui::{self, Color32, Pos2};
use egui_plot::{
    Bar, BarChart, FilledArea, Line, MarkerShape, Plot, PlotBounds, PlotPoint, PlotTransform,
    Points, VLine,
};

use super::axes::{AxisOf, number, step_name, with_axes};
use super::theme::{self, Hue};
use super::thin::{LEVELS, thin_dots};

pub use super::thin::thin_line;

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
    /// What its points are of, such as a table and a metric: a view of one is not kept for another.
    pub of: String,
    /// What of x and of y is in sight at first; nothing: everything.
    pub view: Option<[[f64; 2]; 2]>,
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

/// What came of drawing a figure.
pub struct Drawn {
    /// The inside of the plot, which is hovered and clicked.
    pub response: egui::Response,
    /// Where points lie on the screen.
    pub transform: PlotTransform,
    /// All of it on the screen, from the legend to the name of the x-axis.
    pub outer: egui::Rect,
}

/// How the points of a series are drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// Small dots, possibly thousands: where many fall on one place, one of them is drawn, and the denser they lie, the deeper is the
    /// colour.
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
                    let share = level as f32 / (LEVELS - 1) as f32;
                    plot.points(
                        Points::new(name, points)
                            .id((name, level))
                            .radius(DOT)
                            .color(theme::density(self.hue, dark, share))
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
                plot.line(stroke(Line::new(name, points)).color(color).width(1.5));
            }
            Mark::Line => plot.line(
                stroke(Line::new(name, &self.points[..]))
                    .color(color)
                    .width(2.0),
            ),
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

/// A line that is a line where points share an x, too: egui_plot would fill what lies between them, so that a stair looks like wedges.
fn stroke(line: Line<'_>) -> Line<'_> {
    line.allow_band(false)
}

impl Figure {
    /// Draws the plot to a height in points. Dragging moves it, the wheel with the control key or two fingers zoom, a box with the
    /// secondary button zooms in, a double click shows everything again.
    pub fn show(&self, ui: &mut egui::Ui, height: f32) -> Drawn {
        self.draw(ui, height, false)
    }

    /// The same for a plot that fills its panel: the wheel alone zooms.
    pub fn show_zooming(&self, ui: &mut egui::Ui, height: f32) -> Drawn {
        self.draw(ui, height, true)
    }

    fn draw(&self, ui: &mut egui::Ui, height: f32, wheel: bool) -> Drawn {
        let drawn = ui.vertical(|ui| {
            let height = height - self.legend(ui);
            self.draw_plot(ui, height, wheel)
        });
        let (response, transform) = drawn.inner;
        Drawn {
            response,
            transform,
            outer: drawn.response.rect,
        }
    }

    fn draw_plot(
        &self,
        ui: &mut egui::Ui,
        height: f32,
        wheel: bool,
    ) -> (egui::Response, PlotTransform) {
        let visuals = ui.visuals().clone();
        let id = ui.make_persistent_id(&self.title);
        let axes = [
            AxisOf {
                name: &self.x,
                whole: self.whole_x,
                least: 14.0,
                number,
            },
            AxisOf {
                name: &self.y,
                whole: false,
                least: 44.0,
                number,
            },
        ];
        let mut plot = with_axes(Plot::new(&self.title), axes)
            .id(id)
            .height(height)
            .allow_scroll(false)
            .grid_color(visuals.text_color().gamma_multiply(0.3))
            .set_margin_fraction(egui::vec2(0.04, 0.06))
            .label_formatter(|hover| self.told(hover));
        for &x in self.x_range.iter().flatten() {
            plot = plot.include_x(x);
        }
        let other = self.is_other(ui, id);
        let turned = ui.input(|input| input.smooth_scroll_delta.y);
        let mut before = None;
        let shown = plot.show(ui, |plot| {
            match self.view {
                Some([x, y]) if other => {
                    plot.set_plot_bounds(PlotBounds::from_min_max([x[0], y[0]], [x[1], y[1]]));
                }
                None if other => plot.set_auto_bounds(true),
                _ => {}
            }
            if wheel && turned != 0.0 && plot.response().hovered() {
                plot.zoom_bounds_around_hovered(egui::Vec2::splat((turned / 300.0).exp()));
            }
            before = Some(*plot.transform());
            for series in &self.series {
                series.add(plot, visuals.dark_mode);
            }
        });
        follow(ui, before, &shown.transform);
        shown.response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Figure, true, self.title.as_str())
        });
        (shown.response, shown.transform)
    }

    /// Whether the last frame's points were of something else.
    fn is_other(&self, ui: &egui::Ui, plot: egui::Id) -> bool {
        ui.data_mut(|data| {
            let last: &mut Option<String> = data.get_temp_mut_or_default(plot.with("of"));
            let other = last.as_deref() != Some(self.of.as_str());
            if other {
                *last = Some(self.of.clone());
            }
            other
        })
    }

    /// What is said of the point under the pointer.
    fn told(&self, hover: &egui_plot::HoverPosition<'_>) -> Option<String> {
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
    }

    /// Draws a small plot over the steps of a run, with a mark at step `cursor` and the values there in its legend. Returns the step that was
    /// clicked or dragged to, and the place of legend, plot and axes on the screen.
    pub fn show_steps(
        &self,
        ui: &mut egui::Ui,
        cursor: Option<f64>,
        size: egui::Vec2,
    ) -> (Option<f64>, egui::Rect) {
        let drawn = ui.vertical(|ui| {
            self.values_at(ui, cursor);
            self.draw_steps(ui, cursor, size)
        });
        (drawn.inner, drawn.response.rect)
    }

    /// The names of the series and their values at a step.
    fn values_at(&self, ui: &mut egui::Ui, cursor: Option<f64>) {
        theme::rows_of_words(ui, |ui| {
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
    }

    fn draw_steps(&self, ui: &mut egui::Ui, cursor: Option<f64>, size: egui::Vec2) -> Option<f64> {
        let visuals = ui.visuals().clone();
        let axes = [
            AxisOf {
                name: "",
                whole: true,
                least: 14.0,
                number: step_name,
            },
            AxisOf {
                name: "",
                whole: false,
                least: 34.0,
                number,
            },
        ];
        let plot = with_axes(Plot::new(&self.title), axes)
            .width(size.x)
            .height(size.y)
            .show_background(false)
            .allow_drag(false)
            .allow_scroll(false)
            .allow_zoom(false)
            .allow_axis_zoom_drag(false)
            .set_margin_fraction(egui::vec2(0.01, 0.06))
            .grid_color(visuals.text_color().gamma_multiply(0.3))
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
        pointer.filter(|_| taken).map(|point| point.x)
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
        theme::rows_of_words(ui, |ui| {
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
