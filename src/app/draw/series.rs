//! A series of a figure: its points, how they are drawn, and its mark in a legend.

use eframe::egui::{Color32, Painter, Rect, Shape, Stroke, pos2, vec2};
use egui_plot::{Bar, BarChart, FilledArea, Line, LineStyle, MarkerShape, PlotPoint, Points};

use super::theme::{self, Hue};
use super::thin::{LEVELS, thin_band, thin_dots, thin_line};

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
    /// Small dots, possibly thousands: where many fall on one place, one of them is drawn, and the denser they lie, the deeper is the
    /// colour.
    Dots,
    /// A large marker at each point.
    Marker(MarkerShape),
    /// One line through all points.
    Line,
    /// One line through all points, with a marker at the last.
    Way {
        /// Whether the line is dashed.
        dashed: bool,
        /// The marker.
        end: MarkerShape,
    },
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
/// A line or a band is thinned to the lowest and highest point of a pixel column beyond so many points.
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

    /// Takes up the points of another that come after its own.
    pub(super) fn extend(&mut self, more: Self) {
        self.points.extend(more.points);
        if let (Mark::Band(upper), Mark::Band(more)) = (&mut self.mark, more.mark) {
            upper.extend(more);
        }
    }

    /// The newest value at or before an x; the points ascend. A band has none.
    pub(super) fn value_at(&self, x: f64) -> Option<f64> {
        if matches!(self.mark, Mark::Band(_)) {
            return None;
        }
        let after = self.points.partition_point(|point| point.x <= x);
        self.points.get(after.checked_sub(1)?).map(|point| point.y)
    }

    /// The colour that fills its place in a legend.
    pub(super) fn fill(&self, dark: bool) -> Color32 {
        match self.mark {
            Mark::Band(_) => self.hue.color(dark).gamma_multiply(0.35),
            _ => self.hue.color(dark),
        }
    }

    /// Paints its mark in a legend into a place: as its points are drawn, so that series of like colours are told apart.
    pub(super) fn key(&self, painter: &Painter, place: Rect, dark: bool) {
        let color = self.hue.color(dark);
        let (center, radius) = (place.center(), 0.5 * place.height());
        let polygon = |corners: &[[f32; 2]]| {
            let corners = corners
                .iter()
                .map(|&[x, y]| center + vec2(x, y) * radius)
                .collect();
            Shape::convex_polygon(corners, color, Stroke::NONE)
        };
        match &self.mark {
            Mark::Marker(MarkerShape::Diamond) => {
                painter.add(polygon(&[[0.0, -1.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]));
            }
            Mark::Marker(MarkerShape::Square) => {
                painter.add(polygon(&[
                    [-0.8, -0.8],
                    [0.8, -0.8],
                    [0.8, 0.8],
                    [-0.8, 0.8],
                ]));
            }
            Mark::Marker(MarkerShape::Up) => {
                painter.add(polygon(&[[0.0, -0.9], [1.0, 0.8], [-1.0, 0.8]]));
            }
            Mark::Marker(_) => {
                painter.circle_filled(center, radius, color);
            }
            Mark::Dots => {
                for (x, y) in [(0.2, 0.35), (0.5, 0.7), (0.8, 0.3)] {
                    let [across, down] = [x * place.width(), y * place.height()];
                    painter.circle_filled(place.min + vec2(across, down), 1.6, color);
                }
            }
            Mark::Line | Mark::Segments => {
                let width = if self.mark == Mark::Line { 2.5 } else { 1.0 };
                let ends = [place.left(), place.right()].map(|x| pos2(x, center.y));
                painter.line_segment(ends, Stroke::new(width, color));
            }
            Mark::Way { dashed, end } => {
                // A little wider than others, so that the line is seen beside the marker.
                let ends = [place.left() - 3.0, place.right() + 3.0];
                let ends = ends.map(|x| pos2(x, center.y));
                let stroke = Stroke::new(2.0, color);
                match dashed {
                    true => {
                        painter.extend(Shape::dashed_line(&ends, stroke, 3.0, 2.0));
                    }
                    false => {
                        painter.line_segment(ends, stroke);
                    }
                }
                let down = if *end == MarkerShape::Down { -1.0 } else { 1.0 };
                let corners = [[0.0, -0.9], [1.0, 0.8], [-1.0, 0.8]];
                painter.add(polygon(&corners.map(|[x, y]| [0.7 * x, 0.8 * down * y])));
            }
            Mark::Band(_) => {
                painter.rect_filled(place, 2.0, color.gamma_multiply(0.35));
            }
            Mark::Bars(_) => {
                painter.rect_filled(place, 2.0, color);
            }
        }
    }

    /// Draws its points.
    pub(super) fn add<'a>(&'a self, plot: &mut egui_plot::PlotUi<'a>, dark: bool) {
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
            Mark::Way { dashed, end } => {
                let line = Line::new(name, &self.points[..]).color(color).width(2.0);
                let style = match dashed {
                    true => LineStyle::dashed_dense(),
                    false => LineStyle::Solid,
                };
                plot.line(stroke(line).style(style));
                let last = self.points.len().saturating_sub(1);
                plot.points(
                    Points::new(name, &self.points[last..])
                        .id((name, "end"))
                        .shape(*end)
                        .radius(MARKER)
                        .color(color),
                );
            }
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
                let band: Vec<(PlotPoint, f64)> = match self.points.len() > LONG_LINE {
                    true => thin_band(&self.points, upper, plot.transform()),
                    false => self
                        .points
                        .iter()
                        .copied()
                        .zip(upper.iter().copied())
                        .collect(),
                };
                let xs: Vec<f64> = band.iter().map(|(point, _)| point.x).collect();
                let lower: Vec<f64> = band.iter().map(|(point, _)| point.y).collect();
                let upper: Vec<f64> = band.iter().map(|(_, upper)| *upper).collect();
                let area = FilledArea::new(name, &xs, &lower, &upper);
                plot.add(area.fill_color(color.gamma_multiply(0.25)));
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
