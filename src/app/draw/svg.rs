//! Plots as text files: SVG for a paper, CSV for another program.

use eframe::egui::{Color32, Pos2, Rect, pos2};
use egui_plot::{MarkerShape, PlotPoint};

use super::axes::{marks, number};
use super::figure::{Figure, Mark, Series};
use super::theme::density as density_color;
use super::thin::{Density, LEVELS};
use crate::csv::csv;
use crate::svg::{escape, line};

/// Width of the picture, pixels.
const WIDTH: f64 = 800.0;
/// Height of the plot itself, pixels.
const HEIGHT: f64 = 424.0;
/// Left, top, right and bottom margin of the plot itself; between it and the top margin lies the legend.
const MARGIN: [f64; 4] = [72.0, 40.0, 20.0, 56.0];
/// Height of a row of the legend.
const ROW: f64 = 20.0;
/// Width of a letter, about; no font is at hand to measure with.
const LETTER: f64 = 7.0;

/// `#rrggbb`.
pub fn hex(color: Color32) -> String {
    let [red, green, blue, _] = color.to_array();
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Where a point of the figure lies in the picture.
struct Place {
    bounds: [[f64; 2]; 2],
    /// The upper end of the plot, below title and legend.
    top: f64,
}

impl Place {
    fn bottom(&self) -> f64 {
        self.top + HEIGHT
    }

    fn x(&self, value: f64) -> f64 {
        let [low, high] = self.bounds[0];
        MARGIN[0] + (value - low) / (high - low) * (WIDTH - MARGIN[0] - MARGIN[2])
    }

    fn y(&self, value: f64) -> f64 {
        let [low, high] = self.bounds[1];
        self.bottom() - (value - low) / (high - low) * HEIGHT
    }

    fn pair(&self, point: &PlotPoint) -> String {
        format!("{:.1} {:.1}", self.x(point.x), self.y(point.y))
    }

    fn path<'a>(&self, points: impl IntoIterator<Item = &'a PlotPoint>) -> String {
        let places: Vec<String> = points.into_iter().map(|point| self.pair(point)).collect();
        if places.is_empty() {
            String::new()
        } else {
            format!("M{}", places.join("L"))
        }
    }
}

/// The figure as an SVG picture on white, with axes and labels; the legend lies between title and plot, where it covers nothing.
pub fn figure_svg(figure: &Figure) -> String {
    let entries = legend_places(figure);
    let rows = entries.last().map_or(0.0, |(_, [_, row])| row + 1.0);
    let place = Place {
        bounds: figure.bounds(),
        top: MARGIN[1] + ROW * rows,
    };
    let height = place.bottom() + MARGIN[3];
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n<title>{}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n",
        escape(&figure.title)
    );
    axes(&mut svg, figure, &place);
    for series in &figure.series {
        draw(&mut svg, series, &place);
    }
    for (series, [x, row]) in entries {
        legend_entry(&mut svg, series, [x, MARGIN[1] + ROW * row]);
    }
    svg.push_str("</svg>\n");
    svg
}

fn axes(svg: &mut String, figure: &Figure, place: &Place) {
    let [left, top, right, bottom] = [MARGIN[0], place.top, WIDTH - MARGIN[2], place.bottom()];
    let numbers = |axis: usize, about: f64| {
        let bounds = place.bounds[axis];
        let whole = axis == 0 && figure.whole_x;
        let shown = bounds[0]..=bounds[1];
        marks(bounds, about, whole)
            .into_iter()
            .map(move |mark| (mark.value, number(mark, &shown)))
    };
    for (value, text) in numbers(0, 8.0) {
        let x = place.x(value);
        line(
            svg,
            format_args!(
                "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"#ddd\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                bottom + 18.0,
            ),
        );
    }
    for (value, text) in numbers(1, 6.0) {
        let y = place.y(value);
        line(
            svg,
            format_args!(
                "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                left - 8.0,
                y + 4.5,
            ),
        );
    }
    line(
        svg,
        format_args!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#888\"/>",
            right - left,
            bottom - top
        ),
    );
    let middle = (left + right) / 2.0;
    let [x, y] = [&figure.x, &figure.y].map(|text| escape(text));
    line(
        svg,
        format_args!(
            "<text x=\"{middle}\" y=\"25\" text-anchor=\"middle\" font-size=\"16\">{}</text>",
            escape(&figure.title)
        ),
    );
    line(
        svg,
        format_args!(
            "<text x=\"{middle}\" y=\"{:.1}\" text-anchor=\"middle\">{x}</text>",
            bottom + MARGIN[3] - 14.0
        ),
    );
    line(
        svg,
        format_args!(
            "<text transform=\"translate(20 {:.1}) rotate(-90)\" text-anchor=\"middle\">{y}</text>",
            (top + bottom) / 2.0
        ),
    );
}

fn draw(svg: &mut String, series: &Series, place: &Place) {
    let color = hex(series.hue.color(false));
    let points = &series.points;
    match &series.mark {
        Mark::Dots => dots(svg, series, place),
        Mark::Marker(shape) => {
            for point in points {
                marker(svg, *shape, [place.x(point.x), place.y(point.y)], &color);
            }
        }
        Mark::Line => line(
            svg,
            format_args!(
                "<path d=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-linejoin=\"round\"/>",
                place.path(points)
            ),
        ),
        Mark::Way { dashed, end } => {
            let dashes = dashes(*dashed);
            line(
                svg,
                format_args!(
                    "<path d=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-linejoin=\"round\"{dashes}/>",
                    place.path(points)
                ),
            );
            if let Some(last) = points.last() {
                marker(svg, *end, [place.x(last.x), place.y(last.y)], &color);
            }
        }
        Mark::Segments => {
            let paths: String = points
                .chunks_exact(2)
                .map(|pair| place.path(pair))
                .collect();
            line(
                svg,
                format_args!("<path d=\"{paths}\" stroke=\"{color}\" stroke-opacity=\"0.6\"/>"),
            );
        }
        Mark::Band(upper) => {
            let back: Vec<PlotPoint> = points
                .iter()
                .zip(upper)
                .rev()
                .map(|(point, &y)| PlotPoint::new(point.x, y))
                .collect();
            line(
                svg,
                format_args!(
                    "<path d=\"{}\" fill=\"{color}\" fill-opacity=\"0.25\"/>",
                    place.path(points.iter().take(back.len()).chain(&back))
                ),
            );
        }
        Mark::Bars(width) => {
            for point in points {
                let [from, to] = [-0.5, 0.5].map(|side| place.x(point.x + side * width));
                let [zero, value] = [place.y(0.0), place.y(point.y)];
                line(
                    svg,
                    format_args!(
                        "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{color}\" fill-opacity=\"0.85\"/>",
                        value.min(zero),
                        to - from,
                        (zero - value).abs()
                    ),
                );
            }
        }
    }
}

/// Dots, the deeper the denser they lie. Lines of no length with round ends are dots, in a third of the bytes of circles.
fn dots(svg: &mut String, series: &Series, place: &Place) {
    let at = |point: &PlotPoint| pos2(place.x(point.x) as f32, place.y(point.y) as f32);
    let places: Vec<Pos2> = series.points.iter().map(at).collect();
    let [left, top] = [MARGIN[0] as f32, place.top as f32];
    let [right, bottom] = [(WIDTH - MARGIN[2]) as f32, place.bottom() as f32];
    let density = Density::of(&places, Rect::from_x_y_ranges(left..=right, top..=bottom));
    let mut levels: [String; LEVELS] = Default::default();
    for (point, &at) in series.points.iter().zip(&places) {
        let text = format!("M{}h0", place.pair(point));
        levels[density.level(at)].push_str(&text);
    }
    for (level, dots) in levels.iter().enumerate() {
        if dots.is_empty() {
            continue;
        }
        let share = level as f32 / (LEVELS - 1) as f32;
        let [red, green, blue, alpha] =
            density_color(series.hue, false, share).to_srgba_unmultiplied();
        line(
            svg,
            format_args!(
                "<path d=\"{dots}\" stroke=\"#{red:02x}{green:02x}{blue:02x}\" stroke-width=\"3.5\" stroke-linecap=\"round\" \
                 stroke-opacity=\"{:.2}\"/>",
                f32::from(alpha) / 255.0
            ),
        );
    }
}

/// What dashes a line.
fn dashes(dashed: bool) -> &'static str {
    match dashed {
        true => " stroke-dasharray=\"4 3\"",
        false => "",
    }
}

fn marker(svg: &mut String, shape: MarkerShape, [x, y]: [f64; 2], color: &str) {
    let path = match shape {
        MarkerShape::Diamond => format!("M{:.1} {y:.1}l7 7 7 -7 -7 -7z", x - 7.0),
        MarkerShape::Square => format!("M{:.1} {:.1}h10v10h-10z", x - 5.0, y - 5.0),
        MarkerShape::Up => format!("M{x:.1} {:.1}l7 12h-14z", y - 7.0),
        MarkerShape::Down => format!("M{x:.1} {:.1}l7 -12h-14z", y + 7.0),
        _ => {
            line(
                svg,
                format_args!(
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"{color}\" stroke=\"#fff\"/>"
                ),
            );
            return;
        }
    };
    line(
        svg,
        format_args!("<path d=\"{path}\" fill=\"{color}\" stroke=\"#fff\"/>"),
    );
}

/// The series that the legend lists, each with its x in pixels and its row.
fn legend_places(figure: &Figure) -> Vec<(&Series, [f64; 2])> {
    let [mut x, mut row] = [MARGIN[0], 0.0];
    let mut places = Vec::new();
    for series in figure.legend_rows() {
        let width = 40.0 + LETTER * series.name.chars().count() as f64;
        if x > MARGIN[0] && x + width > WIDTH - MARGIN[2] {
            [x, row] = [MARGIN[0], row + 1.0];
        }
        places.push((series, [x, row]));
        x += width;
    }
    places
}

/// A mark and a name; x and the upper end of the row in pixels.
fn legend_entry(svg: &mut String, series: &Series, [left, top]: [f64; 2]) {
    let [x, middle] = [left + 8.0, top + 0.4 * ROW];
    let color = hex(series.hue.color(false));
    match series.mark {
        Mark::Marker(shape) => marker(svg, shape, [x, middle], &color),
        Mark::Way { dashed, end } => {
            let (left, dashes) = (x - 12.0, dashes(dashed));
            line(
                svg,
                format_args!(
                    "<path d=\"M{left:.1} {middle:.1}h22\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"{dashes}/>"
                ),
            );
            // So small that the line is seen on both sides.
            let place = format_args!("<g transform=\"translate({x:.1} {middle:.1}) scale(0.6)\">");
            line(svg, place);
            marker(svg, end, [0.0; 2], &color);
            line(svg, format_args!("</g>"));
        }
        _ => line(
            svg,
            format_args!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"14\" height=\"6\" fill=\"{color}\"/>",
                x - 7.0,
                middle - 3.0
            ),
        ),
    }
    line(
        svg,
        format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            left + 20.0,
            middle + 4.5,
            escape(&series.name)
        ),
    );
}

/// All points of a figure as CSV: series, x, y, and the upper value of bands, each with its unit in the header. `name` tells what a point
/// of the first series is.
pub fn figure_csv(figure: &Figure, name: Option<&dyn Fn(usize) -> String>) -> String {
    let mut rows = vec![vec![
        "series".to_owned(),
        figure.x.clone(),
        figure.y.clone(),
    ]];
    let bands = figure
        .series
        .iter()
        .any(|series| matches!(series.mark, Mark::Band(_)));
    if bands {
        rows[0].push(format!("{} (upper)", figure.y));
    }
    if name.is_some() {
        rows[0].push("architecture".into());
    }
    for (number, series) in figure.series.iter().enumerate() {
        for (index, point) in series.points.iter().enumerate() {
            let mut row = vec![
                series.name.clone(),
                point.x.to_string(),
                point.y.to_string(),
            ];
            if bands {
                row.push(match &series.mark {
                    Mark::Band(upper) => upper.get(index).map(f64::to_string).unwrap_or_default(),
                    _ => String::new(),
                });
            }
            if let Some(name) = name {
                row.push(if number == 0 {
                    name(index)
                } else {
                    String::new()
                });
            }
            rows.push(row);
        }
    }
    csv(&rows)
}
