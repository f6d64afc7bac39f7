//! Plots as files.

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use egui_plot::{MarkerShape, PlotBounds, PlotPoint, PlotTransform};
use plateau::app::alpha_file::{alpha_csv, cells_svg, heat_map_svg};
use plateau::app::figure::{Figure, Mark, Series, short, thin_line};
use plateau::app::svg::{figure_csv, figure_svg};
use plateau::app::theme::Hue;
use plateau::app::{CellPicture, cell_pictures, png};
use plateau::csv::csv;
use plateau::space::Genotype;
use plateau::svg::nice_step;

use super::{check_xml, numbers, painted};
use crate::window::digits_search;

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
fn the_two_ways_of_a_race_differ_by_more_than_colour_in_a_picture_and_in_its_legend() {
    let picture = |dashed, end| {
        let way = Mark::Way { dashed, end };
        let points = [[0.0, 0.0], [1.0, 1.0]];
        let svg = figure_svg(&Figure {
            // One name alone needs no legend.
            series: vec![
                Series::new("way", Hue::Good, way, points),
                Series::new("line", Hue::Accent, Mark::Line, points),
            ],
            ..figure()
        });
        check_xml(&svg);
        svg
    };
    let one = picture(false, MarkerShape::Up);
    let other = picture(true, MarkerShape::Down);
    // In the plot and in the legend.
    let count = |text: &str| [&one, &other].map(|svg| svg.matches(text).count());
    assert_eq!(count("stroke-dasharray"), [0, 2]);
    assert_eq!(count("l7 12h-14z"), [2, 0]);
    assert_eq!(count("l7 -12h-14z"), [0, 2]);
}

/// A number that an element of a picture gives.
fn attribute(element: &str, name: &str) -> f64 {
    let (_, rest) = element.split_once(&format!(" {name}=\"")).unwrap();
    rest.split_once('"').unwrap().0.parse().unwrap()
}

#[test]
fn the_legend_of_a_picture_lies_outside_the_plot_and_makes_it_higher() {
    let mut long = figure();
    let names = ["first", "second", "third", "fourth", "fifth"];
    long.series = names
        .map(|name| {
            let name = format!("{name} of several series with a long name");
            Series::new(name, Hue::Accent, Mark::Line, [[0.0, 0.0], [1.0, 1.0]])
        })
        .into();
    let [svg, higher] = [figure(), long].map(|figure| figure_svg(&figure));
    for (svg, names) in [
        (&svg, &["dots, many", "line", "bars", "A"][..]),
        (&higher, &names[..]),
    ] {
        let lines = || svg.lines();
        let frame = lines()
            .find(|line| line.contains("stroke=\"#888\""))
            .unwrap();
        let width = attribute(svg, "width");
        for name in names {
            let entry = lines()
                .find(|line| line.contains(&format!(">{name}")))
                .unwrap();
            let [x, y] = ["x", "y"].map(|name| attribute(entry, name));
            assert!(y < attribute(frame, "y"), "{name} lies in the plot");
            assert!(x < width, "{name} lies outside the picture");
        }
        let below = attribute(frame, "y") + attribute(frame, "height");
        assert!(below + 40.0 < attribute(svg, "height"));
    }
    assert!(attribute(&higher, "height") > attribute(&svg, "height"));
}

/// A panel of a width with a plot of a height.
fn drawn(figure: &Figure, [width, height]: [f32; 2], over_steps: bool) -> Harness<'_> {
    let mut harness = Harness::builder()
        .with_size([width, height + 100.0])
        .with_context_setup(plateau::app::theme::apply)
        .build_ui(move |ui| {
            egui::CentralPanel::default().show(ui, |ui| {
                if over_steps {
                    let size = egui::vec2(ui.available_width(), height);
                    figure.show_steps(ui, None, size);
                } else {
                    figure.show(ui, height);
                }
            });
        });
    harness.run_ok();
    harness
}

#[test]
fn every_axis_has_two_numbers_at_every_size() {
    let ranges = [
        [1.0, 54.0],
        [1.0, 1200.0],
        [0.0, 3.0],
        [93.78, 94.61],
        [-87.0, 2.0],
        [0.0012, 0.0019],
        [9.9, 80.4],
        [51.0, 149.0],
    ];
    for [low, high] in ranges {
        let figure = Figure {
            title: "a plot".into(),
            x: "accuracy (%)".into(),
            y: "accuracy (%)".into(),
            series: vec![Series::new(
                "",
                Hue::Accent,
                Mark::Line,
                [[low, low], [high, high]],
            )],
            ..Figure::default()
        };
        for width in [300.0, 520.0, 900.0] {
            for height in [112.0, 160.0, 400.0] {
                // Steps are whole numbers.
                for over_steps in [false, true].into_iter().take(1 + usize::from(low == 1.0)) {
                    let harness = drawn(&figure, [width, height], over_steps);
                    let inside = harness.get_by_label_contains("a plot").rect();
                    let along = numbers(harness.output(), inside);
                    for (axis, numbers) in ["x", "y"].into_iter().zip(along) {
                        assert!(
                            numbers.len() >= 2,
                            "{axis} of {low} to {high} at {width} × {height}: {numbers:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_stair_is_drawn_as_a_line_and_not_as_wedges() {
    let stair = (0..6).flat_map(|step| {
        let value = f64::from(step * step);
        [[f64::from(step), value], [f64::from(step + 1), value]]
    });
    let figure = Figure {
        title: "a plot".into(),
        series: vec![Series::new("", Hue::Accent, Mark::Line, stair)],
        ..Figure::default()
    };
    let harness = drawn(&figure, [400.0, 200.0], true);
    let bands = painted(harness.output())
        .into_iter()
        .filter(|(_, shape)| matches!(shape, egui::Shape::Band(_) | egui::Shape::Mesh(_)));
    assert_eq!(bands.count(), 0);
}

#[test]
fn dots_that_lie_close_have_another_colour_than_one_alone() {
    let dense = (0..400).map(|dot| [f64::from(dot % 20), 1.6 * f64::from(dot / 20)]);
    let alone = [[100.0, 100.0], [60.0, 70.0]];
    let figure = Figure {
        title: "a plot".into(),
        series: vec![Series::new("", Hue::Accent, Mark::Dots, dense.chain(alone))],
        ..Figure::default()
    };
    let harness = drawn(&figure, [460.0, 300.0], false);
    let colors: std::collections::BTreeSet<[u8; 4]> = painted(harness.output())
        .into_iter()
        .filter_map(|(_, shape)| match shape {
            egui::Shape::Circle(circle) => Some(circle.fill.to_array()),
            _ => None,
        })
        .collect();
    assert!(colors.len() > 1, "{colors:?}");
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
fn a_plot_becomes_a_png_of_twice_its_size_dark_on_white_with_letters() {
    let svg = figure_svg(&figure());
    let bytes = png(&svg).unwrap();
    let picture = image::load_from_memory(&bytes).unwrap().to_rgba8();
    let size = |name: &str| {
        let (_, rest) = svg.split_once(&format!(" {name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse::<f64>().unwrap()
    };
    let expected = ["width", "height"].map(|name| 2.0 * size(name));
    let found = [picture.width(), picture.height()].map(f64::from);
    assert_eq!(found, expected);
    assert_eq!(picture.get_pixel(0, 0).0, [255; 4]);
    // The title is above all lines.
    let title = picture.rows().take(40).flatten();
    let dark = title.filter(|pixel| pixel.0[0] < 100).count();
    assert!(dark > 100, "{dark}");
    assert!(png("<svg>").is_err());
}

/// A cell fills its picture, and everything that is written in it is there, in pixels, too.
#[test]
fn a_cell_becomes_a_png_without_wide_margins_with_its_input_and_its_output_named() {
    for name in ["resnet-like", "darts-v2"] {
        let genotype = Genotype::preset(name).unwrap();
        let mut kinds = genotype.space().cell_kinds().iter();
        for picture in cell_pictures(&genotype).unwrap() {
            let pixels = image::load_from_memory(&picture.png).unwrap().to_luma8();
            let [width, height] = [pixels.width(), pixels.height()];
            let drawn = pixels.enumerate_pixels().filter(|(.., one)| one.0[0] < 240);
            let drawn: Vec<[u32; 2]> = drawn.map(|(x, y, _)| [x, y]).collect();
            let end = |axis: usize, size: u32| {
                let along = drawn.iter().map(|at| at[axis]);
                [
                    along.clone().min().unwrap(),
                    size - 1 - along.max().unwrap(),
                ]
            };
            let margins = [end(0, width), end(1, height)];
            for margin in margins.into_iter().flatten() {
                assert!((4..60).contains(&margin), "{name}: margins of {margins:?}");
            }

            let kind = *kinds.next().unwrap();
            let cell = genotype.cell(kind).unwrap();
            let whole = egui::vec2(760.0, 420.0);
            let svg = CellPicture::of_cell(genotype.space(), kind, cell).to_svg(whole);
            check_xml(&svg);
            let frame = svg.split_once("viewBox=\"").unwrap().1;
            let frame: Vec<f32> = frame
                .split('"')
                .next()
                .unwrap()
                .split(' ')
                .map(|number| number.parse().unwrap())
                .collect();
            assert_eq!(
                [2.0 * frame[2], 2.0 * frame[3]],
                [width as f32, height as f32]
            );
            for role in [">input</text>", ">output</text>"] {
                let (before, _) = svg.split_once(role).unwrap();
                let (_, text) = before.rsplit_once("<text ").unwrap();
                let number = |name: &str| -> f32 {
                    let (_, rest) = text.split_once(&format!("{name}=\"")).unwrap();
                    rest.split('"').next().unwrap().parse().unwrap()
                };
                let [x, y] = [
                    2.0 * (number("x") - frame[0]),
                    2.0 * (number("y") - frame[1]),
                ];
                // Around the line on which it stands.
                let near = |at: &&[u32; 2]| {
                    let [right, down] = [at[0] as f32 - x, at[1] as f32 - y];
                    right.abs() < 40.0 && (-24.0..2.0).contains(&down)
                };
                let ink = drawn.iter().filter(near).count();
                assert!(ink > 60, "{name}: {ink} pixels of {role}");
            }
        }
    }
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
fn the_weights_of_a_step_become_pictures_and_numbers() {
    let run = digits_search().view("recorded");
    let (space, step) = (run.space().unwrap(), run.shown().unwrap());
    for svg in [cells_svg(space, step), heat_map_svg(space, step)] {
        check_xml(&svg);
        assert!(svg.contains("fill=\"#fff\"") && svg.contains("skip"));
    }
    let weights = space.cell_kinds().len() * space.edges().len() * space.operations().len();
    let heat_map = heat_map_svg(space, step);
    assert_eq!(heat_map.matches("<rect x=").count(), weights);
    let text = alpha_csv(space, step);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "step,cell,edge,operation,α (before the softmax),weight (0 to 1)"
    );
    assert_eq!(lines.len(), 1 + weights);
    let weight = |line: &str| line.rsplit(',').next().unwrap().parse::<f32>().unwrap();
    let operations = space.operations().len();
    let sum: f32 = lines[1..=operations].iter().map(|line| weight(line)).sum();
    assert!((sum - 1.0).abs() < 1e-4, "{sum}");
}

#[test]
fn the_cell_in_the_editor_has_no_colour_of_the_ways_of_searches_or_of_all_architectures() {
    for dark in [false, true] {
        let own = Hue::Ink.color(dark);
        for other in [
            Hue::Arm(0),
            Hue::Arm(1),
            Hue::Accent,
            Hue::Good,
            Hue::Neighbor,
        ] {
            assert_ne!(own, other.color(dark), "{other:?}");
        }
    }
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
fn a_figure_that_grows_is_that_of_all_its_points() {
    let part = |steps: std::ops::Range<u32>| {
        let line = |name, mark, first: u32| {
            let points = steps.clone().filter(move |step| *step >= first);
            let points = points.map(|step| [f64::from(step), f64::from(step % 3)]);
            Series::new(name, Hue::Neighbor, mark, points)
        };
        let upper = steps.clone().filter(|step| *step >= 5).map(f64::from);
        let band = line("range", Mark::Band(upper.collect()), 5);
        let mut series = vec![
            band,
            line("own", Mark::Line, 0),
            line("mean", Mark::Line, 5),
        ];
        series.retain(|series| !series.points.is_empty());
        Figure {
            series,
            ..Figure::default()
        }
    };
    let mut grown = part(0..3);
    for more in [3..3, 3..6, 6..10] {
        grown.extend(part(more));
    }
    assert_eq!(grown, part(0..10));
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
