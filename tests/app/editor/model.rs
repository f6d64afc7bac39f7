//! The plain data below the window: edits, places, flatness.

use eframe::egui::{Pos2, Rect, vec2};
use proptest::prelude::*;

use plateau::app::edits::{History, Place, operations, sources, with_operation, with_source};
use plateau::app::flatness::{ErrorOf, Flatness, Known, Word, share_of_one_change};
use plateau::app::flatness_words::{error_in_table, error_on_images, explanation};
use plateau::app::{CellPicture, Geometry, distance};
use plateau::landscape::{BUILTIN_METRIC, Table, architecture, architecture_count, builtin_table};
use plateau::space::{CellKind, Counting, Genotype, Space, neighbors};

use super::bench::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_edit_gives_a_valid_cell_and_undoing_all_gives_the_first_one(
        steps in proptest::collection::vec((any::<bool>(), 0usize..1000, 0usize..1000), 0..40),
        darts_space in any::<bool>(),
    ) {
        let start = if darts_space { darts() } else { small() };
        let mut history = History::new(start.clone());
        let mut made = vec![start.clone()];
        for (rewire, which, what) in steps {
            let now = history.now().clone();
            let places = Place::all(&now);
            let place = places[which % places.len()];
            let free = sources(&now, place);
            let next = if rewire && !free.is_empty() {
                with_source(&now, place, free[what % free.len()])
            } else {
                let choices = operations(now.space());
                with_operation(&now, place, choices[what % choices.len()])
            };
            let next = next.unwrap();
            prop_assert_eq!(&Genotype::new(next.space(), next.cells().to_vec()).unwrap(), &next);
            if history.edit(next.clone()) {
                made.push(next);
            }
        }
        let end = history.now().clone();
        for expected in made.iter().rev().skip(1) {
            prop_assert!(history.undo());
            prop_assert_eq!(history.now(), expected);
        }
        prop_assert!(!history.undo());
        while history.redo() {}
        prop_assert_eq!(history.now(), &end);
    }
}

#[test]
fn states_that_a_node_reads_or_that_come_later_cannot_be_chosen() {
    for place in Place::all(&darts()) {
        let free = sources(&darts(), place);
        for from in 0..6 {
            let edited = with_source(&darts(), place, from);
            let present = place.input(&darts()).unwrap().from == from;
            assert_eq!(
                edited.is_ok(),
                present || free.contains(&from),
                "{place:?} {from}"
            );
        }
    }
    assert!(sources(&small(), Place::all(&small())[0]).is_empty());
}

/// An edge's states, its curve and the place of its label.
type Route = ((usize, usize), Vec<Pos2>, Rect);

/// The parts of a picture with all edges of a space at some size: labels of a width, circles, lines.
fn drawn(space: Space, size: [f32; 2], label: f32) -> (Geometry, Vec<Route>) {
    let rect = Rect::from_min_size(Pos2::ZERO, vec2(size[0], size[1]));
    let mut geometry = Geometry::new(space, rect);
    geometry.set_label(vec2(label, 22.0) * geometry.scale);
    let routes = space
        .edges()
        .iter()
        .map(|edge| {
            let route = geometry.route(edge.from, edge.to, None).unwrap();
            ((edge.from, edge.to), route.line, route.label)
        })
        .collect();
    (geometry, routes)
}

#[test]
fn no_edge_crosses_a_label_or_a_node_of_others_at_any_size() {
    let sizes = [
        [680.0, 240.0],
        [680.0, 300.0],
        [520.0, 240.0],
        [1000.0, 300.0],
        [1000.0, 420.0],
        [1380.0, 800.0],
    ];
    let mut compared = 0;
    for space in Space::ALL {
        // The least height, less the distance to what is below.
        let least =
            [520.0, 680.0, 1000.0].map(|width| [width, Geometry::least_height(space) - 6.0]);
        for size in sizes.into_iter().chain(least) {
            for label in [98.0, 66.0] {
                let (geometry, routes) = drawn(space, size, label);
                if label * geometry.scale > geometry.label_room() {
                    continue;
                }
                for (edge, line, own) in &routes {
                    assert!(own.min.x >= 0.0 && own.max.x <= size[0]);
                    assert!(own.min.y >= 0.0 && own.max.y <= size[1], "{space} {edge:?}");
                    for (other, _, place) in &routes {
                        if edge == other {
                            continue;
                        }
                        assert!(
                            !own.intersects(*place),
                            "{space} {size:?} {edge:?} {other:?}"
                        );
                        for pair in line.windows(2) {
                            let place = place.expand(2.0);
                            let inside = (0..=8).any(|step| {
                                place.contains(pair[0].lerp(pair[1], step as f32 / 8.0))
                            });
                            assert!(!inside, "{space} {size:?} line {edge:?}, label {other:?}");
                        }
                        compared += 1;
                    }
                    for (state, center) in geometry.states.iter().enumerate() {
                        if state == edge.0 || state == edge.1 {
                            continue;
                        }
                        let room = distance(line, *center) - geometry.state_radius(state);
                        assert!(room > 2.0, "{space} {size:?} line {edge:?}, state {state}");
                    }
                }
            }
        }
    }
    assert!(compared > 1500, "{compared}");
}

#[test]
fn nothing_of_a_darts_cell_crosses_its_name_at_any_size() {
    let mut compared = 0;
    for size in [
        [290.0, 176.0],
        [420.0, 240.0],
        [520.0, 240.0],
        [680.0, 300.0],
        [1000.0, 420.0],
        [1380.0, 800.0],
    ] {
        for label in [98.0, 66.0, 12.0] {
            let (geometry, routes) = drawn(Space::Darts, size, label);
            if label > 12.0 && label * geometry.scale > geometry.label_room() {
                continue;
            }
            let room = geometry.title_room().unwrap();
            assert!(room.width() > 52.0 && room.left() >= 0.0, "{size:?} {room}");
            for (edge, line, own) in &routes {
                assert!(!own.intersects(room), "{size:?} label {edge:?}");
                for pair in line.windows(2) {
                    let crosses =
                        (0..=8).any(|step| room.contains(pair[0].lerp(pair[1], step as f32 / 8.0)));
                    assert!(!crosses, "{size:?} line {edge:?}");
                }
                compared += 1;
            }
            for (state, &center) in geometry.states.iter().enumerate() {
                let apart = room.distance_to_pos(center) - geometry.state_radius(state);
                assert!(apart > 1.0, "{size:?} state {state}");
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn a_sum_over_edges_is_on_the_border_between_flat_and_sharp() {
    // Without interactions the neighbors give up exactly their share (method.md §1.2).
    let space = Space::NasBench201;
    let worth = [-4.0, 1.0, 2.5, 3.0, 0.2];
    let value = |genotype: &Genotype| -> f64 {
        genotype.encoding()[0]
            .iter()
            .zip(1..)
            .map(|(operation, edge)| {
                f64::from(edge) * worth[space.operation_index(*operation).unwrap()]
            })
            .sum()
    };
    let count = architecture_count(space).unwrap();
    let mean = (0..count)
        .map(|index| value(&architecture(space, index).unwrap()))
        .sum::<f64>()
        / count as f64;
    let best = Genotype::parse(
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    )
    .unwrap();
    let neighbors: Vec<f64> = neighbors(&best, 1, Counting::Topology)
        .unwrap()
        .iter()
        .map(|one| value(&one.genotype))
        .collect();
    let share = share_of_one_change(&best);
    assert!((share - 5.0 / 24.0).abs() < 1e-12);
    let own = value(&best);
    let report = Flatness::of(own, &neighbors, Some(mean), share).unwrap();
    assert!((report.cost - report.share.unwrap()).abs() < 1e-9);
    assert_eq!(report.word, Some(Word::Flat));
    assert_eq!(report.rank, 1);
    let worse: Vec<f64> = neighbors.iter().map(|one| one - 0.1).collect();
    let report = Flatness::of(own, &worse, Some(mean), share).unwrap();
    assert_eq!(report.word, Some(Word::Sharp));
    let report = Flatness::of(mean - 1.0, &worse, Some(mean), share).unwrap();
    assert_eq!(report.word, Some(Word::Low));
}

#[test]
fn flat_or_sharp_is_in_doubt_where_standard_errors_are_larger_than_what_parts_them() {
    // The cells 0 (nothing passes) and 124 have standard errors of 0.3 and 0.4, the cell 37 one of 0.2; the cell 25 computes nothing, too.
    let space = Space::NasBench201Small;
    let cell = |index| architecture(space, index).unwrap();
    let mut csv = "accuracy,accuracyStandardError,ArchitectureString\n".to_owned();
    for index in 0..125 {
        let error = match index {
            37 => 0.2,
            124 => 0.4,
            _ => 0.3,
        };
        csv += &format!("50,{error},{}\n", cell(index).to_text());
    }
    let table = Table::parse(&csv).unwrap();
    let known = |index| Known::of(&table, "accuracy", &cell(index)).unwrap();
    let [own, first, second, again] = [37, 0, 124, 25].map(known);
    assert_eq!(first.of, again.of);
    assert_ne!(first.of, second.of);
    // Own 90, neighbors 88 and another, mean of the space 60, a share of a tenth: one change costs 3 and may cost 3.
    let of = |accuracy: f64, own: Option<&Known>, other: &Known| {
        Flatness::of(90.0, &[88.0, accuracy], Some(60.0), 0.1)
            .unwrap()
            .with_errors(own, &[Some(&first), Some(other)], 0.1)
    };
    let certain = of(84.0, None, &second);
    assert_eq!((certain.errors, certain.is_doubtful()), (None, false));
    let close = |errors: [f64; 3], expected: [f64; 3]| {
        let pairs = errors.iter().zip(&expected);
        assert!(
            pairs.clone().all(|(a, b)| (a - b).abs() < 1e-12),
            "{errors:?}"
        );
    };
    // By hand: 0.5 / 2, and √(0.25² + (0.9 · 0.2)²).
    let doubtful = of(85.5, Some(&own), &second);
    close(
        doubtful.errors.unwrap(),
        [0.2, 0.25, 0.308_058_436_014_987_3],
    );
    assert_eq!(
        (doubtful.word, doubtful.is_doubtful()),
        (Some(Word::Sharp), true)
    );
    assert!(!of(84.0, Some(&own), &second).is_doubtful());
    // The same networks err together: (0.3 + 0.3) / 2; and where they are the architecture's own, 0.9 of it less both halves.
    close(
        of(85.5, Some(&own), &again).errors.unwrap(),
        [0.2, 0.3, 0.3_f64.hypot(0.18)],
    );
    close(
        of(85.5, Some(&again), &again).errors.unwrap(),
        [0.3, 0.3, 0.1 * 0.3],
    );
}

#[test]
fn what_may_be_below_or_above_average_is_called_by_what_a_change_costs() {
    let known = |of| Known { error: 0.5, of };
    let own = known(ErrorOf::Images);
    let other = known(ErrorOf::ImagesOfNeighbors);
    let of = |mean: f64, neighbors: f64| {
        Flatness::of(60.0, &[neighbors, neighbors], Some(mean), 0.1)
            .unwrap()
            .with_errors(Some(&own), &[Some(&other), Some(&other)], 0.1)
    };
    assert_eq!(of(70.0, 50.0).word, Some(Word::Low));
    let sharp = of(60.2, 50.0);
    assert_eq!(
        (sharp.word, sharp.is_doubtful()),
        (Some(Word::Sharp), false)
    );
    let flat = of(60.2, 65.0);
    assert_eq!((flat.word, flat.is_doubtful()), (Some(Word::Flat), false));
    assert!(of(60.2, 59.9).is_doubtful());
    // Of the same images the errors add up, whichever neighbor comes first: (0.1 + 2) / 2.
    let errors = [0.1, 2.0].map(|error| Known {
        error,
        of: ErrorOf::ImagesOfNeighbors,
    });
    for [a, b] in [[0, 1], [1, 0]] {
        let flatness = Flatness::of(60.0, &[50.0, 50.0], Some(55.0), 0.1).unwrap();
        let flatness = flatness.with_errors(Some(&own), &[Some(&errors[a]), Some(&errors[b])], 0.1);
        let [_, mean, _] = flatness.errors.unwrap();
        assert!((mean - 1.05).abs() < 1e-12, "{mean}");
    }
}

#[test]
fn an_svg_of_a_cell_has_every_edge_with_its_label_and_every_state() {
    for (genotype, states, inputs) in [(darts(), 7, 2), (small(), 3, 1)] {
        let kind = CellKind::Normal;
        let cell = genotype.cell(kind).unwrap();
        let svg = CellPicture::of_cell(genotype.space(), kind, cell).to_svg(vec2(900.0, 300.0));
        let edges: usize = cell.nodes.iter().map(Vec::len).sum();
        assert_eq!(svg.matches("<polyline").count(), edges);
        assert_eq!(svg.matches("<circle").count(), states);
        let named = ["input", "output"].map(|name| svg.matches(&format!(">{name}<")).count());
        assert_eq!(named, [inputs, 1]);
        assert_eq!(svg.matches("<text").count(), edges + states + inputs + 1);
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
        assert!(svg.contains("skip"));
    }
}

#[test]
fn the_word_comes_with_the_drop_its_limit_and_how_many_neighbors_make_it() {
    let known = |of| Known { error: 0.5, of };
    let own = known(ErrorOf::Images);
    let other = known(ErrorOf::ImagesOfNeighbors);
    // One dead neighbor of twelve: the drop is 72.20 − 67.50, the limit a tenth of 12.20.
    let mut neighbors = vec![73.0; 7];
    neighbors.extend([72.2, 72.2, 72.2, 72.4, 10.0]);
    neighbors[10] = 72.0;
    let of = |errors: bool| {
        let flatness = Flatness::of(72.2, &neighbors, Some(60.0), 0.1).unwrap();
        match errors {
            true => flatness.with_errors(Some(&own), &[Some(&other); 12], 0.1),
            false => flatness,
        }
    };
    let certain = of(false);
    assert_eq!((certain.words(), certain.below), (Some("sharp"), Some(1)));
    let counts = "by the mean only: of 12 neighbors 7 are better, 4 lose no more than the limit, 1 loses more, down to 10.00 %";
    assert_eq!(certain.counts().as_deref(), Some(counts));
    let cost = certain.cost;
    let begin =
        format!("drop {cost:.2} points (no interval: these scores have no standard error), ");
    assert_eq!(certain.margin().unwrap(), format!("{begin}limit 1.22"));

    // The error of drop less limit: 0.45 of the own images and 0.5 of the others.
    let error = 0.45_f64.hypot(0.5);
    let flatness = of(true);
    let [low, high] = [cost - 2.0 * error, cost + 2.0 * error];
    let margin = format!("drop {cost:.2} points (about 95 %: {low:.2} to {high:.2}), limit 1.22");
    assert_eq!(flatness.margin(), Some(margin));
    assert_eq!(flatness.told().unwrap().split(':').next(), Some("sharp"));

    // An interval that holds the limit says so, and the word is no word.
    let near = Flatness::of(60.0, &[59.9, 59.9], Some(55.0), 0.1).unwrap();
    let near = near.with_errors(Some(&own), &[Some(&other); 2], 0.1);
    assert_eq!(near.words(), Some("inside the noise"));
    let margin = near.margin().unwrap();
    assert!(
        margin.ends_with("limit 0.50, which the interval holds"),
        "{margin}"
    );
    assert!(margin.contains("−"), "{margin}");
    assert_eq!(
        near.counts().as_deref(),
        Some("of 2 neighbors 2 lose no more than the limit")
    );
}

#[test]
fn what_stands_behind_the_word_claims_nothing_that_the_neighbors_do_not_show() {
    let rule = explanation(&small(), None);
    assert!(
        !rule.contains("spike") && rule.contains("a few bad neighbors"),
        "{rule}"
    );
    let errors = error_in_table(builtin_table(), BUILTIN_METRIC);
    assert!(errors.contains("the mean over 12 trainings"), "{errors}");
    assert!(error_in_table(builtin_table(), "TestAccuracySeed0").contains("no standard errors"));
    assert!(error_on_images(Some(157)).contains("a share of 157 images (binomial)"));
}
