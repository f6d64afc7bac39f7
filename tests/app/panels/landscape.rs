//! The landscape panel on complete tables.

use std::time::Instant;

use eframe::egui::{self, Pos2, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use plateau::app::{Action, LandscapePanel};
use plateau::landscape::{TableEvaluator, Transform, architecture, barrier, transformed_spectrum};
use plateau::space::{Genotype, Operation, Space};

use super::{Bench, check_xml, large_table, picture, small_table, window};

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
        if harness.query_by_label_contains("on average").is_some() {
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
fn the_map_is_saved_as_it_looks() {
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
    let image = image::load_from_memory(&bytes).unwrap();
    assert_eq!(
        [image.width(), image.height()].map(|side| side as i32),
        [plot.width(), plot.height()].map(|side| side.round() as i32)
    );
    let colors: std::collections::BTreeSet<[u8; 4]> =
        image.to_rgba8().pixels().map(|pixel| pixel.0).collect();
    assert!(colors.len() > 10, "not a blank picture: {}", colors.len());
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
