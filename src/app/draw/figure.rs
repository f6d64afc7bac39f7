//! One plot as plain data: it is drawn in the window, and written as SVG and CSV, from the same points.

use eframe::egui::{self, Pos2};
use egui_plot::{Plot, PlotBounds, PlotPoint, PlotTransform, VLine};

use super::axes::{AxisOf, number, step_name, with_axes};
use super::theme;
use super::words::{counted, describe};

pub use super::series::{Mark, Series};
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
    /// What it tells, for who asks; empty: nothing more.
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

/// What came of drawing a figure.
pub struct Drawn {
    /// The inside of the plot, which is hovered and clicked.
    pub response: egui::Response,
    /// Where points lie on the screen.
    pub transform: PlotTransform,
    /// All of it on the screen, from the legend to the name of the x-axis.
    pub outer: egui::Rect,
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
                // Of numbers and the name below them: what is measured comes with the second frame.
                least: 30.0,
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
        describe(&shown.response, || self.in_words());
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

    /// The axes and every series in words: where one point is, where a line begins and ends, the highest bar, and how far others reach.
    fn in_words(&self) -> String {
        let at = |point: &PlotPoint| {
            // Bars of two series stand beside the number that they share.
            let x = if self.whole_x {
                point.x.round()
            } else {
                point.x
            };
            format!("{} at {}", short(point.y), short(x))
        };
        let one = |series: &Series| {
            let points = &series.points;
            let (first, last) = (points.first()?, points.last()?);
            let by_height = |a: &&PlotPoint, b: &&PlotPoint| a.y.total_cmp(&b.y);
            let low = points.iter().min_by(by_height)?;
            let high = points.iter().max_by(by_height)?;
            let told = match series.mark {
                // Lines between architectures, a range around another series.
                Mark::Segments | Mark::Band(_) => return None,
                _ if points.len() == 1 => at(first),
                Mark::Line | Mark::Way { .. } => format!("from {} to {}", at(first), at(last)),
                Mark::Bars(_) => format!("highest {}", at(high)),
                Mark::Dots | Mark::Marker(_) => format!(
                    "{}, the lowest {}, the highest {}",
                    counted(points.len(), "point"),
                    at(low),
                    at(high)
                ),
            };
            Some(format!("{} {told}", series.name).trim_start().to_owned())
        };
        let series: Vec<String> = self.series.iter().filter_map(one).collect();
        format!("{} by {}: {}", self.y, self.x, series.join("; "))
    }

    /// Takes up the points of another that come after its own; series that it lacks stand where they stand there.
    pub fn extend(&mut self, more: Self) {
        let mut place = 0;
        for series in more.series {
            let same = |own: &Series| own.name == series.name && own.hue == series.hue;
            match self.series.iter().position(same) {
                Some(at) => {
                    self.series[at].extend(series);
                    place = at + 1;
                }
                None => {
                    self.series.insert(place, series);
                    place += 1;
                }
            }
        }
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
                theme::swatch(ui, &series.name, |painter, place| {
                    series.key(painter, place, dark);
                });
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
