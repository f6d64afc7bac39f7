//! The landscape panel on complete tables.

use std::time::Instant;

use eframe::egui::{self, Pos2, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use plateau::app::{Action, LandscapePanel};
use plateau::landscape::{TableEvaluator, Transform, architecture, barrier, transformed_spectrum};
use plateau::space::{Genotype, Operation, Space};

use super::{
    Bench, check_xml, large_table, numbers, painted, picture, small_table, table, texts, window,
};

type Panel<'a> = Harness<'a, Bench<LandscapePanel>>;

fn open<'a>(bench: Bench<LandscapePanel>) -> Panel<'a> {
    window(bench, LandscapePanel::show)
}

fn large<'a>() -> Panel<'a> {
    open(Bench::new(LandscapePanel::default(), Some(large_table())))
}

fn small<'a>() -> Panel<'a> {
    open(Bench::new(LandscapePanel::default(), Some(small_table())))
}

fn plot_of(harness: &Panel, title: &str) -> Rect {
    harness.get_by_label(title).rect()
}

const MAP: &str = "Accuracy against neighborhood";

/// Moves the pointer over the map until it shows an architecture; returns the place.
fn hover_some_dot(harness: &mut Panel, start: f32) -> Pos2 {
    let rect = plot_of(harness, MAP);
    for step in 0..60 {
        let along = start + (0.9 - start) * step as f32 / 60.0;
        let place = Pos2::new(
            rect.left() + along * rect.width(),
            rect.bottom() - along * rect.height(),
        );
        harness.hover_at(place);
        harness.run_ok();
        if harness.query_by_label_contains(" % on average").is_some() {
            return place;
        }
    }
    panic!("no dot anywhere on the diagonal");
}

#[test]
fn a_click_in_the_map_takes_the_architecture_that_is_shown_into_the_editor() {
    let mut harness = large();
    let before = harness.state().edited.clone();
    let place = hover_some_dot(&mut harness, 0.4);
    picture(&mut harness, "map-hover");
    let shown: Vec<String> = harness
        .query_all_by_label_contains("~0|")
        .filter_map(|node| node.accesskit_node().value())
        .collect();
    harness.drag_at(place);
    harness.drop_at(place);
    harness.run_ok();
    let edited = harness.state().edited.clone();
    assert_ne!(edited, before);
    let nodes: Vec<String> = edited.to_text().split('+').map(str::to_owned).collect();
    for node in nodes {
        assert!(shown.contains(&node), "{node} was not among {shown:?}");
    }
}

#[test]
fn the_best_architectures_of_a_table_are_one_click_away() {
    let mut harness = large();
    let open = large_table();
    harness.get_by_label("Most accurate").click();
    harness.run();
    let (best, accuracy) = open.table.best("test accuracy").unwrap();
    assert_eq!(harness.state().edited, best);
    harness.get_by_label_contains(&format!("{accuracy:.2} %, neighbors"));
    harness.get_by_label("Flattest hill").click();
    harness.run();
    assert_ne!(harness.state().edited, best);
}

#[test]
fn the_barrier_of_two_pinned_architectures_is_that_of_the_library() {
    let mut harness = large();
    let [a, b] = [123, 9_876].map(|index| architecture(Space::NasBench201, index).unwrap());
    for (genotype, button) in [(&a, "Pin as A"), (&b, "Pin as B")] {
        harness.state_mut().edited = genotype.clone();
        harness.run();
        harness.get_by_label(button).click();
        harness.run();
    }
    harness.get_by_label("Barrier").click();
    harness.run();
    picture(&mut harness, "barrier");
    let open = large_table();
    let mut evaluator = TableEvaluator::new(&open.table, Some("test accuracy")).unwrap();
    let report = pollster::block_on(barrier(&mut evaluator, &a, &b, 200, 0)).unwrap();
    harness.get_by_label(&format!("Barrier {:.2} %", report.barrier.mean));
    let line = format!("Below the straight line {:.2} %", report.below_line.mean);
    harness.get_by_label(&line);
    for level in &report.levels {
        let mean = format!("{:.2}", level.accuracy.mean);
        assert!(harness.query_all_by_label(&mean).next().is_some(), "{mean}");
    }
    harness.get_by_label_contains(&format!("over {} shortest paths", report.paths));
}

#[test]
fn a_barrier_without_two_pins_says_how_to_pin() {
    let mut harness = large();
    harness.get_by_label("Barrier").click();
    harness.run();
    harness.get_by_label_contains("Pin two architectures");
    for button in ["Pin as A", "Pin as B"] {
        harness.get_by_label(button).click();
        harness.run();
    }
    harness.get_by_label_contains("There is no barrier to draw");
}

#[test]
fn histograms_count_every_architecture_at_each_distance() {
    let mut harness = large();
    harness.get_by_label("Around the cell").click();
    harness.run();
    picture(&mut harness, "around");
    for count in [
        "24 architectures",
        "240 architectures",
        "1280 architectures",
    ] {
        harness.get_by_label_contains(count);
    }
    let mut harness = small();
    harness.get_by_label("Around the cell").click();
    harness.run();
    for count in ["12 architectures", "48 architectures", "64 architectures"] {
        harness.get_by_label_contains(count);
    }
}

#[test]
fn the_spectrum_shows_the_share_of_every_order() {
    let mut harness = large();
    harness.get_by_label("Spectrum").click();
    harness.run();
    picture(&mut harness, "spectrum");
    let open = large_table();
    let spectrum = plateau::landscape::spectrum(&open.table.values()[0], 6, 5).unwrap();
    for order in &spectrum.orders {
        let share = format!("{:.2} %", 100.0 * order.share);
        assert!(
            harness.query_all_by_label(&share).next().is_some(),
            "{share}"
        );
    }
}

#[test]
fn the_spectrum_of_ranks_is_one_choice_away() {
    let mut harness = large();
    harness.get_by_label("Spectrum").click();
    harness.run();
    harness.get_by_label("Transform").click();
    harness.run();
    harness.get_by_label("ranks").click();
    harness.run();
    harness.get_by_label("Variance by interaction order (rank)");
    let open = large_table();
    let values = &open.table.values()[0];
    let spectrum = transformed_spectrum(values, 6, 5, Transform::Rank).unwrap();
    for order in &spectrum.orders {
        let share = format!("{:.2} %", 100.0 * order.share);
        assert!(
            harness.query_all_by_label(&share).next().is_some(),
            "{share}"
        );
    }
}

#[test]
fn another_metric_changes_every_number() {
    let mut harness = large();
    harness.get_by_label("Metric").click();
    harness.run();
    harness.get_by_label("half accuracy").click();
    harness.run();
    let state = harness.state();
    assert_eq!(state.table.as_ref().unwrap().metric, "half accuracy");
    let index = large_table().table.index_of(&state.edited).unwrap();
    let own = large_table().table.values()[1][index];
    harness.get_by_label_contains(&format!("{own:.2} %, neighbors"));
}

#[test]
fn a_cell_of_another_space_is_explained_and_replaced_on_request() {
    let mut bench = Bench::new(LandscapePanel::default(), Some(small_table()));
    bench.edited = Genotype::preset("darts-v2").unwrap();
    let mut harness = open(bench);
    harness.get_by_label("not in this table");
    harness.get_by_label("Around the cell").click();
    harness.run();
    harness.get_by_label_contains("The editor shows a DARTS cell");
    harness
        .get_by_label("Show the best of the table in the editor")
        .click();
    harness.run();
    assert_eq!(harness.state().edited.space(), Space::NasBench201Small);
}

#[test]
fn without_a_table_the_panel_offers_to_open_one() {
    let mut harness = open(Bench::new(LandscapePanel::default(), None));
    harness.get_by_label("No landscape is open");
    harness.get_by_label("Open a table…").click();
    harness.run();
    assert!(matches!(harness.state().actions[..], [Action::ChooseFile]));
}

#[test]
fn the_map_is_saved_as_svg_and_as_csv_with_all_architectures() {
    let mut harness = large();
    picture(&mut harness, "map");
    harness.get_by_label("Export").click();
    harness.run();
    harness.get_by_label("SVG: vector picture").click();
    harness.run();
    let svg = harness.state().saved_text();
    check_xml(&svg);
    assert_eq!(svg.matches("h0").count(), 15_625);
    harness.get_by_label("Export").click();
    harness.run();
    harness.get_by_label("CSV: the numbers").click();
    harness.run();
    let csv = harness.state().saved_text();
    let best = harness.state().edited.to_text();
    assert!(csv.lines().count() > 15_625);
    let row = csv.lines().find(|line| line.ends_with(&best)).unwrap();
    let own = large_table().table.values()[0][7];
    assert!(row.contains(&own.to_string()), "{row}");
}

#[test]
fn the_map_is_saved_as_it_looks_with_axes_and_legend() {
    let mut harness = small();
    let plot = plot_of(&harness, MAP);
    harness.get_by_label("Export").click();
    harness.run();
    harness.get_by_label("PNG: as it looks now").click();
    for _ in 0..20 {
        harness.step();
        if !harness.state().actions.is_empty() {
            break;
        }
    }
    let (name, bytes) = harness.state().saved();
    assert_eq!(name, "accuracy-against-neighborhood.png");
    let image = image::load_from_memory(&bytes).unwrap().to_rgba8();
    // Numbers and name of y to the left; the legend above; numbers and name of x below.
    let [width, height] = [image.width(), image.height()].map(|side| side as f32);
    let [left, around] = [width - plot.width(), height - plot.height()];
    assert!((40.0..100.0).contains(&left), "{left}");
    assert!((45.0..120.0).contains(&around), "{around}");
    let colors = |columns: std::ops::Range<u32>| {
        let pixels = image
            .enumerate_pixels()
            .filter(|(x, ..)| columns.contains(x));
        let colors: std::collections::BTreeSet<[u8; 4]> =
            pixels.map(|(.., pixel)| pixel.0).collect();
        colors.len()
    };
    let inside = left as u32;
    assert!(colors(0..inside - 4) > 10, "an axis without numbers");
    assert!(colors(inside..width as u32) > 10, "a blank picture");
}

/// How many dots are drawn in a plot.
fn dots_in(harness: &Panel, plot: Rect) -> usize {
    painted(harness.output())
        .iter()
        .filter(|(_, shape)| match shape {
            egui::Shape::Circle(circle) => plot.contains(circle.center) && circle.radius < 3.0,
            _ => false,
        })
        .count()
}

#[test]
fn another_metric_is_in_sight_after_zooming_in_one() {
    let mut harness = small();
    let plot = plot_of(&harness, MAP);
    harness.hover_at(plot.right_top() + egui::vec2(-60.0, 60.0));
    harness.run_ok();
    harness.event(egui::Event::Zoom(5.0));
    harness.run_ok();
    harness.remove_cursor();
    harness.run_ok();
    let zoomed = dots_in(&harness, plot_of(&harness, MAP));
    harness.get_by_label("Metric").click();
    harness.run();
    harness.get_by_label("half accuracy").click();
    harness.run_ok();
    let other = dots_in(&harness, plot_of(&harness, MAP));
    assert!(zoomed < 60 && other > 60, "{zoomed} and {other} dots");
}

#[test]
fn a_large_map_opens_at_its_best_tenth_and_a_double_click_shows_everything() {
    let mut harness = large();
    harness.get_by_label_contains("The best tenth is in sight at first");
    let mut accuracy = large_table().table.values()[0].clone();
    accuracy.sort_by(f64::total_cmp);
    let [median, best] = [5, 9].map(|tenths| accuracy[accuracy.len() * tenths / 10]);
    let lowest = |harness: &Panel| {
        let [_, y] = numbers(harness.output(), plot_of(harness, MAP));
        y.iter().map(|(value, _)| *value).fold(f64::MAX, f64::min)
    };
    let first = lowest(&harness);
    assert!(best - 2.0 < first && first < best + 5.0, "{best} {first}");
    double_click(&mut harness);
    assert!(lowest(&harness) < median, "{}", lowest(&harness));
}

/// A double click into the map.
fn double_click(harness: &mut Panel) {
    let center = plot_of(harness, MAP).center();
    harness.hover_at(center);
    harness.run_ok();
    let button = |pressed| egui::Event::PointerButton {
        pos: center,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    let clicks = [true, false, true, false].map(button);
    harness.input_mut().events.extend(clicks);
    harness.run_ok();
    harness.run_ok();
}

#[test]
fn a_small_map_leaves_out_cells_that_learned_nothing_and_says_how_many_they_are() {
    let open = table(Space::NasBench201Small, 125, |index| match index % 14 {
        0 => 10.0,
        _ => 70.0 + ((index * 37) % 100) as f64 / 10.0,
    });
    let mut harness = self::open(Bench::new(LandscapePanel::default(), Some(open)));
    harness.get_by_label_contains("Those far below the others are out of sight at first");
    harness.get_by_label_contains("9 of 125 are out of sight, marked at the edge");
    let [_, y] = numbers(harness.output(), plot_of(&harness, MAP));
    assert!(
        y.len() >= 2 && y.iter().all(|(value, _)| *value > 60.0),
        "{y:?}"
    );
    double_click(&mut harness);
    let [_, y] = numbers(harness.output(), plot_of(&harness, MAP));
    assert!(y.iter().any(|(value, _)| *value < 30.0), "{y:?}");
    assert!(
        harness
            .query_by_label_contains("are out of sight, marked")
            .is_none()
    );
}

#[test]
fn an_export_that_is_chosen_by_keyboard_closes_its_menu() {
    let mut harness = small();
    for control in ["Export", "SVG: vector picture"] {
        harness.get_by_label(control).focus();
        harness.run_ok();
        harness.key_press(egui::Key::Enter);
        harness.run_ok();
    }
    check_xml(&harness.state().saved_text());
    assert!(harness.query_by_label("SVG: vector picture").is_none());
}

#[test]
fn the_diagonal_does_not_answer_for_a_dot() {
    let mut harness = small();
    let plot = plot_of(&harness, MAP);
    let [x, y] = numbers(harness.output(), plot);
    let at = |along: &[(f64, f32)], value: f64| {
        let [(low, from), (high, to)] = [along[0], along[along.len() - 1]];
        from + ((value - low) / (high - low)) as f32 * (to - from)
    };
    let mut seen = 0;
    for tenth in 0..300 {
        let value = 50.0 + f64::from(tenth) / 10.0;
        let place = Pos2::new(at(&x, value), at(&y, value));
        if !plot.shrink(8.0).contains(place) {
            continue;
        }
        seen += 1;
        harness.hover_at(place);
        harness.step();
        harness.step();
        let told = texts(harness.output());
        let line = told
            .iter()
            .find(|(text, _)| text.starts_with("as good as its neighbors\n"));
        assert!(line.is_none(), "{line:?}");
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn a_dot_under_the_pointer_shows_its_cell() {
    let mut harness = large();
    hover_some_dot(&mut harness, 0.4);
    harness.get_by_label("picture of the cell");
}

#[test]
fn one_metric_can_be_seen_against_another() {
    let mut harness = large();
    harness.get_by_label("Against").click();
    harness.run();
    harness.get_by_label("half accuracy").click();
    harness.run_ok();
    let title = "test accuracy against half accuracy";
    let plot = plot_of(&harness, title);
    let [x, y] = numbers(harness.output(), plot);
    let middle = |along: &[(f64, f32)]| {
        along.iter().map(|(value, _)| value).sum::<f64>() / along.len() as f64
    };
    // The metric is half of the other.
    let ratio = middle(&y) / middle(&x);
    assert!((1.8..2.2).contains(&ratio), "{ratio}");
}

#[test]
fn histograms_leave_cells_that_learned_nothing_to_one_bar_and_say_how_many_they_are() {
    let open = table(Space::NasBench201, 15_625, |index| match index % 13 {
        0 => 10.0,
        _ => 90.0 + ((index * 37) % 400) as f64 / 100.0,
    });
    let values = open.table.values()[0].clone();
    let mut harness = self::open(Bench::new(LandscapePanel::default(), Some(open)));
    harness.get_by_label("Around the cell").click();
    harness.run();
    picture(&mut harness, "around-tail");
    harness.get_by_label_contains("The grey bar at the left holds all that lie below 90.");
    let near = plateau::landscape::shells(Space::NasBench201, 7, 3);
    for (distance, shell) in (1..).zip(&near) {
        let nothing = shell
            .iter()
            .filter(|&&member| values[member] < 50.0)
            .count();
        if nothing > 0 {
            harness.get_by_label_contains(&format!(", {nothing} below 90."));
        }
        let plot = plot_of(&harness, &format!("Accuracy at distance {distance}"));
        let [x, _] = numbers(harness.output(), plot);
        assert!(
            x.len() >= 2 && x.iter().all(|(value, _)| *value > 80.0),
            "{x:?}"
        );
    }
}

/// The CPU's part of a frame: the panel, and its shapes as triangles.
#[test]
fn fifteen_thousand_architectures_are_drawn_sixty_times_a_second() {
    let context = egui::Context::default();
    plateau::app::theme::apply(&context);
    let mut bench = Bench::new(LandscapePanel::default(), Some(large_table()));
    let mut times = Vec::new();
    let start = Instant::now();
    for frame in 0..60 {
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, egui::vec2(1280.0, 800.0))),
            time: Some(f64::from(frame) / 60.0),
            // The pointer moves over the dots, so that the nearest one is looked for.
            events: vec![egui::Event::PointerMoved(Pos2::new(
                500.0 + frame as f32,
                400.0,
            ))],
            ..Default::default()
        };
        let begin = Instant::now();
        let output = context.run_ui(input, |ui| bench.frame(ui, LandscapePanel::show));
        let triangles = context.tessellate(output.shapes, output.pixels_per_point);
        times.push(begin.elapsed());
        assert!(!triangles.is_empty());
    }
    let first = times[0];
    times.sort_unstable();
    println!(
        "first frame {first:?}, median {:?}, slowest {:?}, all {:?}",
        times[30],
        times[59],
        start.elapsed()
    );
    assert!(times[30].as_millis() < 16, "median {:?}", times[30]);
}

#[test]
fn neighbors_of_the_same_operation_do_not_count_as_changes() {
    // The architecture with `none` everywhere: 24 neighbors, all with one operation that is not `none`.
    let none = architecture(Space::NasBench201, 0).unwrap();
    assert!(
        none.encoding()[0]
            .iter()
            .all(|&operation| operation == Operation::None)
    );
    let mut bench = Bench::new(LandscapePanel::default(), Some(large_table()));
    bench.edited = none;
    let harness = open(bench);
    let open = large_table();
    let values = &open.table.values()[0];
    let neighbors: Vec<f64> = (0..6)
        .flat_map(|edge| (1..5).map(move |digit| digit * 5usize.pow(edge)))
        .map(|index| values[index])
        .collect();
    let mean = neighbors.iter().sum::<f64>() / 24.0;
    harness.get_by_label(&format!("{:.2} %, neighbors {mean:.2} %", values[0]));
}
