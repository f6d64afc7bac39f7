//! Plots as files.

use eframe::egui;
use egui_plot::{MarkerShape, PlotBounds, PlotPoint, PlotTransform};
use plateau::app::figure::{Figure, Mark, Series, short, thin_line};
use plateau::app::svg::{figure_csv, figure_svg};
use plateau::app::theme::Hue;
use plateau::csv::csv;
use plateau::svg::nice_step;

use super::check_xml;

fn figure() -> Figure {
    let points = || (0..5).map(|step| [f64::from(step), f64::from(step * step)]);
    Figure {
        title: "loss < 1 & \"rising\"\u{7}".into(),
        x: "step".into(),
        y: "loss <nats>".into(),
        series: vec![
            Series::new("dots, many", Hue::Accent, Mark::Dots, points()),
            Series::new("line", Hue::Good, Mark::Line, points()),
            Series::new("pairs", Hue::Quiet, Mark::Segments, points().take(4)),
            Series::new(
                "band",
                Hue::Neighbor,
                Mark::Band(vec![9.0, 12.0]),
                points().take(2),
            ),
            Series::new("bars", Hue::Chosen, Mark::Bars(0.5), points()),
            Series::new(
                "A",
                Hue::Good,
                Mark::Marker(MarkerShape::Diamond),
                [[1.0, 1.0]],
            ),
        ],
        ..Figure::default()
    }
}

#[test]
fn a_plot_becomes_a_well_formed_svg_with_every_series_and_label() {
    let svg = figure_svg(&figure());
    check_xml(&svg);
    for text in [
        "loss &lt;nats&gt;",
        "dots, many",
        ">A</text>",
        "loss &lt; 1 &amp; &quot;rising&quot;",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    assert_eq!(svg.matches("h0").count(), 5, "one dot a point");
    assert_eq!(
        svg.matches("fill-opacity=\"0.85\"/>").count(),
        5,
        "one bar a point"
    );
}

#[test]
fn a_plot_without_points_or_with_equal_points_is_still_a_picture() {
    let mut empty = figure();
    empty.series.clear();
    check_xml(&figure_svg(&empty));
    empty.series = vec![Series::new("one", Hue::Accent, Mark::Line, [[2.0, 3.0]])];
    check_xml(&figure_svg(&empty));
    let [x, y] = empty.bounds();
    assert!(x[0] < 2.0 && 2.0 < x[1] && y[0] < 3.0 && 3.0 < y[1]);
}

#[test]
fn a_plot_becomes_csv_with_its_series_and_units() {
    let text = figure_csv(&figure(), Some(&|index| format!("cell {index}")));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "series,step,loss <nats>,loss <nats> (upper),architecture"
    );
    assert_eq!(lines[1], "\"dots, many\",0,0,,cell 0");
    assert!(lines.contains(&"band,1,1,12,"));
    assert_eq!(lines.len(), 1 + 5 + 5 + 4 + 2 + 5 + 1);
    assert_eq!(csv(&[vec!["a\"b".into(), "c".into()]]), "\"a\"\"b\",c\n");
}

#[test]
fn a_long_line_is_thinned_without_losing_a_spike() {
    let mut points: Vec<PlotPoint> = (0..10_000)
        .map(|x| PlotPoint::new(f64::from(x), 1.0))
        .collect();
    points[4_321].y = 9.0;
    let frame = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(200.0, 100.0));
    let bounds = PlotBounds::from_min_max([0.0, 0.0], [10_000.0, 10.0]);
    let transform = PlotTransform::new(frame, bounds, egui::Vec2b::FALSE);
    let thin = thin_line(&points, &transform);
    assert!(thin.len() <= 2 * 201 + 2, "{}", thin.len());
    assert!(thin.contains(&points[4_321]));
    assert!(thin.windows(2).all(|pair| pair[0].x < pair[1].x));
}

#[test]
fn numbers_on_axes_are_round_and_short() {
    let steps = [0.03, 0.5, 7.0, 12.0, 0.1 + 0.2].map(nice_step);
    let expected = [0.05, 0.5, 10.0, 20.0, 0.5];
    for (step, expected) in steps.into_iter().zip(expected) {
        assert!((step - expected).abs() < 1e-12, "{step} {expected}");
    }
    assert_eq!(nice_step(f64::NAN), 1.0);
    assert_eq!(
        [92.5, 0.0123, 1500.0, -3.0, 0.0, 0.000032].map(short),
        ["92.5", "0.0123", "1500", "-3", "0", "3.2e-5"]
    );
}
