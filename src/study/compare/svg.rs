//! A comparison as a picture: one panel a metric, every run a point, mean and deviation beside them.

use super::{Comparison, Metric};
use crate::data::short_name;
use crate::svg::{PALETTE, escape, line, nice_step, ticks};

/// Size of a panel with its labels, in pixels.
const PANEL: [f64; 2] = [230.0, 258.0];
/// Least width of a strategy's column.
const COLUMN: f64 = 22.0;
/// Space between the edge of a panel and its axes: left, top, right, bottom.
const MARGIN: [f64; 4] = [52.0, 34.0, 10.0, 14.0];
/// Width of a letter of the labels, about.
const LETTER: f64 = 6.0;
/// Space above and below all panels.
const HEAD: f64 = 34.0;
const FOOT: f64 = 26.0;

impl Comparison {
    /// The text of `compare.svg`.
    pub fn svg(&self) -> String {
        self.svg_of(&self.metrics())
    }

    /// The same with these metrics only.
    pub fn svg_of(&self, metrics: &[Metric]) -> String {
        let panel = self.panel_width();
        let width = panel * metrics.len().max(1) as f64;
        let height = PANEL[1] + self.label_room() + HEAD + FOOT;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"11\" fill=\"#222\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
             <text x=\"12\" y=\"22\" font-size=\"14\" font-weight=\"bold\">Strategies compared on {}</text>\n",
            escape(&short_name(&self.settings.dataset))
        );
        for (index, &metric) in metrics.iter().enumerate() {
            self.panel(&mut svg, metric, panel * index as f64);
        }
        let note = "Small points: one a seed, in the same order in every column. Large points and bars: mean ± standard deviation.";
        line(
            &mut svg,
            format_args!(
                "<text x=\"12\" y=\"{}\" fill=\"#555\">{note}</text>",
                height - 9.0
            ),
        );
        svg.push_str("</svg>\n");
        svg
    }

    /// Wide enough for all strategies.
    fn panel_width(&self) -> f64 {
        let columns = COLUMN * self.strategies.len() as f64;
        PANEL[0].max(MARGIN[0] + columns + MARGIN[2])
    }

    /// What the names of the strategies take below a panel.
    fn label_room(&self) -> f64 {
        let names = self.strategies.iter().map(|name| name.to_string().len());
        LETTER * names.max().unwrap_or(0) as f64
    }

    fn panel(&self, svg: &mut String, metric: Metric, left: f64) {
        let [x0, x1] = [left + MARGIN[0], left + self.panel_width() - MARGIN[2]];
        let [y0, y1] = [HEAD + PANEL[1] - MARGIN[3], HEAD + MARGIN[1]];
        let values = self.entries.iter().filter_map(|entry| metric.of(entry));
        let bars = self.summaries.iter();
        let bars = bars.filter_map(|summary| *summary.metrics.get(metric));
        let ends = bars.flat_map(|spread| {
            let std = spread.std.unwrap_or_default();
            [spread.mean - std, spread.mean + std]
        });
        let [least, most] = range(metric);
        let all: Vec<f64> = values
            .chain(ends)
            .filter(|value| value.is_finite())
            .map(|value| value.clamp(least, most))
            .collect();
        let scale = Scale::of(&all);
        let y = |value: f64| y0 + (value - scale.low) / (scale.high - scale.low) * (y1 - y0);
        line(
            svg,
            format_args!(
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"bold\">{}</text>",
                0.5 * (x0 + x1),
                y1 - 12.0,
                self.heading(metric)
            ),
        );
        for tick in ticks(
            [scale.low - 0.5 * scale.step, scale.high + 0.5 * scale.step],
            scale.step,
        ) {
            let y = y(tick);
            line(
                svg,
                format_args!(
                    "<path d=\"M{x0:.1} {y:.1}H{x1:.1}\" stroke=\"#e4e4e4\"/>\
                     <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{tick:.*}</text>",
                    x0 - 6.0,
                    y + 4.0,
                    scale.digits
                ),
            );
        }
        line(
            svg,
            format_args!(
                "<path d=\"M{x0:.1} {y1:.1}V{y0:.1}H{x1:.1}\" fill=\"none\" stroke=\"#444\"/>"
            ),
        );
        let column = (x1 - x0) / self.strategies.len().max(1) as f64;
        for (index, summary) in self.summaries.iter().enumerate() {
            let middle = x0 + column * (index as f64 + 0.5);
            line(
                svg,
                format_args!(
                    "<text transform=\"translate({:.1} {:.1}) rotate(-90)\" text-anchor=\"end\">{}</text>",
                    middle + 4.0,
                    y0 + 8.0,
                    summary.strategy
                ),
            );
            self.column(svg, metric, index, [middle, column], y);
        }
    }

    /// The runs of a strategy, and beside them their mean and deviation. `y`: the height of a value.
    fn column(
        &self,
        svg: &mut String,
        metric: Metric,
        index: usize,
        [middle, width]: [f64; 2],
        y: impl Fn(f64) -> f64,
    ) {
        let summary = &self.summaries[index];
        let colour = format!("#{:06x}", PALETTE[index % PALETTE.len()]);
        // Seeds from left to right over the left part of the column.
        let seeds = self.seeds.len().max(1) as f64;
        for entry in &self.entries {
            let place = self.seeds.iter().position(|&seed| seed == entry.seed);
            if let (true, Some(value), Some(place)) =
                (entry.strategy == summary.strategy, metric.of(entry), place)
            {
                let x = middle + width * (0.5 * (place as f64 + 0.5) / seeds - 0.38);
                line(
                    svg,
                    format_args!(
                        "<circle cx=\"{x:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\" fill-opacity=\"0.55\">\
                         <title>{}, seed {}: {value:.*}</title></circle>",
                        y(value),
                        entry.strategy,
                        entry.seed,
                        metric.digits()
                    ),
                );
            }
        }
        if let Some(spread) = summary.metrics.get(metric) {
            let x = middle + 0.28 * width;
            let half = (0.14 * width).min(8.0);
            if let Some(std) = spread.std.filter(|std| *std > 0.0) {
                let [least, most] = range(metric);
                let [low, high] =
                    [-1.0, 1.0].map(|sign| y((spread.mean + sign * std).clamp(least, most)));
                line(
                    svg,
                    format_args!(
                        "<path d=\"M{x:.1} {low:.1}V{high:.1}M{0:.1} {low:.1}H{1:.1}M{0:.1} {high:.1}H{1:.1}\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
                        x - half,
                        x + half
                    ),
                );
            }
            let mean = y(spread.mean);
            line(
                svg,
                format_args!(
                    "<circle cx=\"{x:.1}\" cy=\"{mean:.1}\" r=\"4.5\" fill=\"{colour}\"/>"
                ),
            );
        }
    }
}

/// What a metric can be at least and at most: a deviation may reach beyond it.
fn range(metric: Metric) -> [f64; 2] {
    match metric {
        Metric::Accuracy | Metric::NeighborhoodMean | Metric::NeighborhoodWorst => [0.0, 100.0],
        _ => [f64::NEG_INFINITY, f64::INFINITY],
    }
}

/// The range of an axis and its ticks.
struct Scale {
    low: f64,
    high: f64,
    step: f64,
    digits: usize,
}

impl Scale {
    /// About five ticks at 1, 2 or 5 times a power of ten, the ends included.
    fn of(values: &[f64]) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = match high - low {
            span if span > 0.0 && span.is_finite() => (low, high),
            // One value, or none.
            _ if low.is_finite() => (low - 0.5, low + 0.5),
            _ => (0.0, 1.0),
        };
        let step = nice_step((high - low) / 5.0);
        Self {
            low: (low / step).floor() * step,
            high: (high / step).ceil() * step,
            step,
            digits: (-step.log10().floor()).max(0.0) as usize,
        }
    }
}
