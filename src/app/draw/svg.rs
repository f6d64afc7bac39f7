//! Plots as text files: SVG for a paper, CSV for another program.

use eframe::egui::Color32;
use egui_plot::{MarkerShape, PlotPoint};

use super::figure::{Figure, Mark, Series, short};
use crate::csv::csv;
use crate::svg::{escape, line, nice_step, ticks};

/// Width of the picture, pixels.
const WIDTH: f64 = 800.0;
/// Height of the picture, pixels.
const HEIGHT: f64 = 520.0;
/// Left, top, right and bottom margin of the plot itself.
const MARGIN: [f64; 4] = [72.0, 40.0, 20.0, 56.0];

/// `#rrggbb`.
pub fn hex(color: Color32) -> String {
    let [red, green, blue, _] = color.to_array();
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Where a point of the figure lies in the picture.
struct Place {
    bounds: [[f64; 2]; 2],
}

impl Place {
    fn x(&self, value: f64) -> f64 {
        let [low, high] = self.bounds[0];
        MARGIN[0] + (value - low) / (high - low) * (WIDTH - MARGIN[0] - MARGIN[2])
    }

    fn y(&self, value: f64) -> f64 {
        let [low, high] = self.bounds[1];
        HEIGHT - MARGIN[3] - (value - low) / (high - low) * (HEIGHT - MARGIN[1] - MARGIN[3])
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

/// The figure as an SVG picture on white, with axes, labels and a legend.
pub fn figure_svg(figure: &Figure) -> String {
    let place = Place {
        bounds: figure.bounds(),
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n<title>{}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n",
        escape(&figure.title)
    );
    axes(&mut svg, figure, &place);
    for series in &figure.series {
        draw(&mut svg, series, &place);
    }
    legend(&mut svg, figure);
    svg.push_str("</svg>\n");
    svg
}

fn axes(svg: &mut String, figure: &Figure, place: &Place) {
    let [left, top, right, bottom] = [MARGIN[0], MARGIN[1], WIDTH - MARGIN[2], HEIGHT - MARGIN[3]];
    let marks = |axis: usize, about: f64| {
        let [low, high] = place.bounds[axis];
        let whole = axis == 0 && figure.whole_x;
        let least = if whole { 1.0 } else { 0.0 };
        ticks([low, high], nice_step((high - low) / about).max(least))
    };
    for value in marks(0, 8.0) {
        let x = place.x(value);
        line(
            svg,
            format_args!(
                "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"#ddd\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 18.0,
                short(value)
            ),
        );
    }
    for value in marks(1, 6.0) {
        let y = place.y(value);
        line(
            svg,
            format_args!(
                "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left - 8.0,
                y + 4.5,
                short(value)
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
            HEIGHT - 14.0
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
        Mark::Dots => {
            // Lines of no length with round ends are dots, in a third of the bytes of circles.
            let dots: String = points
                .iter()
                .map(|point| format!("M{}h0", place.pair(point)))
                .collect();
            line(
                svg,
                format_args!(
                    "<path d=\"{dots}\" stroke=\"{color}\" stroke-width=\"3.5\" stroke-linecap=\"round\" stroke-opacity=\"0.5\"/>"
                ),
            );
        }
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

fn marker(svg: &mut String, shape: MarkerShape, [x, y]: [f64; 2], color: &str) {
    let path = match shape {
        MarkerShape::Diamond => format!("M{:.1} {y:.1}l7 7 7 -7 -7 -7z", x - 7.0),
        MarkerShape::Square => format!("M{:.1} {:.1}h10v10h-10z", x - 5.0, y - 5.0),
        MarkerShape::Up => format!("M{x:.1} {:.1}l7 12h-14z", y - 7.0),
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

fn legend(svg: &mut String, figure: &Figure) {
    let named = figure.legend_rows();
    if named.is_empty() {
        return;
    }
    let longest = named.iter().map(|series| series.name.chars().count()).max();
    let width = 40.0 + 7.0 * longest.unwrap_or(0) as f64;
    let left = WIDTH - MARGIN[2] - width - 8.0;
    let top = MARGIN[1] + 8.0;
    line(
        svg,
        format_args!(
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"#fff\" fill-opacity=\"0.85\" stroke=\"#ccc\"/>",
            20 * named.len() + 8
        ),
    );
    for (row, series) in named.iter().enumerate() {
        let y = top + 18.0 + 20.0 * row as f64;
        let [x, middle] = [left + 16.0, y - 4.5];
        let color = hex(series.hue.color(false));
        match series.mark {
            Mark::Marker(shape) => marker(svg, shape, [x, middle], &color),
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
                "<text x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
                left + 32.0,
                escape(&series.name)
            ),
        );
    }
}

/// All points of a figure as CSV: series, x, y, and the upper value of bands. `name` tells what a point of the first series is.
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
