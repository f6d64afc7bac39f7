//! Edits by mouse, keyboard and text.

use std::sync::Arc;

use eframe::egui::{self, Key, Modifiers, Pos2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use plateau::app::edits::{Place, with_operation};
use plateau::app::{Action, OpenTable};
use plateau::landscape::Table;
use plateau::search::Strategy;
use plateau::session::Preset;
use plateau::space::{Genotype, Operation, Space};

use super::bench::*;

#[test]
fn a_click_on_an_edge_opens_the_palette_and_a_click_there_changes_its_operation() {
    let mut harness = darts_editor();
    harness
        .get_by_label("normal cell, edge c_{k−2} → 2, sep conv 3×3")
        .click();
    harness.run();
    // The same name as on the canvas.
    harness.get_by_label("normal cell, edge c_{k−2} → 2");
    harness.get_by_label("use max pool 3×3").click();
    harness.run();
    let now = edited(&harness);
    assert_eq!(normal(&now).nodes[0][0].operation, Operation::MaxPool3x3);
    // Nothing else has changed.
    let place = Place {
        cell: 0,
        node: 2,
        input: 0,
    };
    let expected = with_operation(&darts(), place, Operation::MaxPool3x3).unwrap();
    assert_eq!(now, expected);
    harness.get_by_label("normal cell, edge c_{k−2} → 2, max pool 3×3");
    assert!(harness.query_by_label("use max pool 3×3").is_none());
}

#[test]
fn the_palette_says_which_operations_the_shown_run_does_not_search() {
    let mut harness = darts_editor();
    let mut config = Preset::Quick.run("digits", Space::Darts, Strategy::Darts);
    config.search.as_mut().unwrap().candidates = "S2".parse().unwrap();
    harness.state_mut().run.config = Some(config);
    harness.run();
    harness
        .get_by_label("normal cell, edge c_{k−2} → 2, sep conv 3×3")
        .click();
    harness.run();
    harness.get_by_label("use skip");
    // It can be looked at all the same.
    harness
        .get_by_label("use max pool 3×3, no candidate of the run")
        .click();
    harness.run();
    let now = edited(&harness);
    assert_eq!(normal(&now).nodes[0][0].operation, Operation::MaxPool3x3);
}

#[test]
fn the_palette_names_the_states_that_an_edge_could_read_as_the_canvas_does() {
    let mut harness = darts_editor();
    harness
        .get_by_label("normal cell, edge 2 → 5, dil conv 3×3")
        .click();
    harness.run();
    harness.get_by_label("read 4");
    harness.get_by_label("read c_{k−1}, the last cell").click();
    harness.run();
    assert_eq!(normal(&edited(&harness)).nodes[3][1].from, 1);
}

#[test]
fn digits_choose_the_operation_of_the_focused_edge_and_arrows_go_to_the_next() {
    let mut harness = darts_editor();
    harness
        .get_by_label("normal cell, edge c_{k−2} → 2, sep conv 3×3")
        .focus();
    harness.run();
    harness.key_press(Key::Num3);
    harness.run();
    assert_eq!(
        normal(&edited(&harness)).nodes[0][0].operation,
        Operation::SkipConnect
    );
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert!(
        harness
            .get_by_label("normal cell, edge c_{k−1} → 2, sep conv 3×3")
            .is_focused()
    );
    harness.key_press(Key::Num7);
    harness.run();
    let now = edited(&harness);
    assert_eq!(normal(&now).nodes[0][1].operation, Operation::DilConv5x5);
    // Backwards beyond the first edge lies the last one of the other cell.
    harness.key_press(Key::ArrowLeft);
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert!(
        harness
            .get_by_label("reduction cell, edge c_{k−1} → 5, max pool 3×3")
            .is_focused()
    );
}

#[test]
fn shift_and_arrows_rewire_the_focused_edge_past_states_that_its_node_reads() {
    let mut harness = darts_editor();
    harness
        .get_by_label("normal cell, edge c_{k−2} → 4, skip")
        .focus();
    harness.run();
    // Node 4 reads state 1 already.
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    harness.run();
    let focused = harness.get_by_label("normal cell, edge 2 → 4, skip");
    assert!(focused.is_focused());
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    harness.run();
    assert_eq!(edited(&harness), darts());
}

/// Presses on the middle of an edge's label and lets go over a state of its cell.
fn drag_to(harness: &mut Harness<Bench>, edge: &str, to: Pos2) {
    let from = harness.get_by_label(edge).rect().center();
    harness.drag_at(from);
    harness.step();
    harness.hover_at(from + 0.5 * (to - from));
    harness.step();
    harness.hover_at(to);
    harness.step();
    harness.drop_at(to);
    harness.run();
}

/// Where the left ends of an edge's line and its label would be if its source were this state.
pub fn state_place(harness: &Harness<Bench>, state: usize) -> Pos2 {
    // Node n stands half a column right of the labels of its edges and on the line of those from n − 1.
    let label = |name: &str| harness.get_by_label(name).rect().center();
    let node_4 = label("normal cell, edge 2 → 5, dil conv 3×3");
    let node_2 = label("normal cell, edge c_{k−2} → 2, sep conv 3×3");
    let node_2_below = label("normal cell, edge c_{k−1} → 2, sep conv 3×3");
    let column = (node_4.x - node_2.x) / 3.0;
    let y = 0.5 * (node_2.y + node_2_below.y);
    pos2(node_2.x + (state as f32 - 1.5) * column, y)
}

#[test]
fn an_edge_that_is_dragged_to_a_free_state_reads_it() {
    let mut harness = darts_editor();
    let to = state_place(&harness, 3);
    drag_to(&mut harness, "normal cell, edge c_{k−2} → 4, skip", to);
    harness.get_by_label("normal cell, edge 3 → 4, skip");
    let now = edited(&harness);
    assert_eq!(normal(&now).nodes[2][1].from, 3);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert_eq!(edited(&harness), darts());
}

#[test]
fn an_edge_that_is_dragged_to_a_later_state_is_refused_with_the_reason() {
    let mut harness = darts_editor();
    let to = state_place(&harness, 5);
    drag_to(&mut harness, "normal cell, edge c_{k−2} → 4, skip", to);
    assert_eq!(edited(&harness), darts());
    harness.get_by_label_contains("normal cell: 4 cannot read 5, only states before itself");
}

#[test]
fn undo_and_redo_go_through_all_edits() {
    let mut harness = darts_editor();
    harness
        .get_by_label("reduction cell, edge c_{k−2} → 2, max pool 3×3")
        .focus();
    harness.run();
    for digit in [Key::Num4, Key::Num5, Key::Num6] {
        harness.key_press(digit);
        harness.run();
    }
    let last = edited(&harness);
    for _ in 0..3 {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        harness.run();
    }
    assert_eq!(edited(&harness), darts());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Y);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    harness.run();
    harness.get_by_label_contains("Redo").click();
    harness.run();
    assert_eq!(edited(&harness), last);
    harness.get_by_label_contains("Undo").click();
    harness.run();
    assert_ne!(edited(&harness), last);
}

#[test]
fn a_pasted_darts_text_is_shown_and_a_bad_one_is_refused_with_line_and_column() {
    let mut harness = small_editor();
    let v1 = Genotype::preset("darts-v1").unwrap();
    harness.event(egui::Event::Paste(v1.to_python().unwrap()));
    harness.run();
    assert_eq!(edited(&harness), v1);
    harness.get_by_label("reduction cell, edge 2 → 5, skip");

    harness.event(egui::Event::Paste(
        "Genotype(\n  normal=[('sep_conv_9x9', 0)])".into(),
    ));
    harness.run();
    assert_eq!(edited(&harness), v1);
    harness.get_by_label_contains("line 2, column 12: unknown operation \"sep_conv_9x9\"");
}

#[test]
fn a_pasted_log_shows_its_last_genotype_and_says_so_and_a_file_of_several_is_refused_with_their_names()
 {
    let mut harness = small_editor();
    let [first, last] = ["darts-v2", "darts-v1"].map(|name| Genotype::preset(name).unwrap());
    let [one, other] = [&first, &last].map(|genotype| genotype.to_python().unwrap());
    let log = format!("07:00 genotype = {one}\r\n07:01 genotype = {other}\r\n07:02 acc 61\r\n");
    harness.event(egui::Event::Paste(log));
    harness.run();
    assert_eq!(edited(&harness), last);
    let told: Vec<String> = harness.state().actions.iter().filter_map(notice).collect();
    assert_eq!(
        told,
        ["2 genotypes are in it, in lines 1 and 2; the last is read"]
    );

    harness.event(egui::Event::Paste(format!(
        "FIRST = {other}\nSECOND = {one}\n"
    )));
    harness.run();
    assert_eq!(edited(&harness), last);
    harness.get_by_label_contains(
        "it holds 2 genotypes: FIRST (line 1) and SECOND (line 2); paste only one of them",
    );
}

fn notice(action: &Action) -> Option<String> {
    match action {
        Action::Notify(notice) => Some(notice.text.clone()),
        _ => None,
    }
}

#[test]
fn copying_gives_the_text_of_the_cell() {
    let mut harness = darts_editor();
    harness.event(egui::Event::Copy);
    harness.step();
    let copied =
        harness
            .output()
            .platform_output
            .commands
            .iter()
            .find_map(|command| match command {
                egui::OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            });
    assert_eq!(copied, Some(darts().to_python().unwrap()));
}

#[test]
fn the_score_and_its_change_are_those_of_the_table_in_the_same_frame() {
    let mut harness = small_editor();
    let open = small_table();
    let before = score_of(&open, &small());
    assert_eq!(
        harness.get_all_by_label(&format!("{before:.2} %")).count(),
        2
    );
    harness
        .get_by_label("normal cell, edge 0 → 1, conv 3×3")
        .focus();
    harness.run();
    harness.key_down(Key::Num1);
    harness.step();
    let now = edited(&harness);
    let after = score_of(&open, &now);
    assert_eq!(now.cells()[0].nodes[0][0].operation, Operation::None);
    // In the strip and on the card.
    assert_eq!(
        harness.get_all_by_label(&format!("{after:.2} %")).count(),
        2
    );
    let gain = after - before;
    assert!(gain < -1.0);
    harness.get_by_label_contains(&format!("−{:.2}", -gain));
    assert_eq!(harness.state().editor.score().unwrap().accuracy, after);
}

#[test]
fn a_click_on_a_neighbor_takes_it_and_undo_comes_back() {
    let mut harness = small_editor();
    let open = small_table();
    let own = score_of(&open, &small());
    let place = Place {
        cell: 0,
        node: 2,
        input: 0,
    };
    let neighbor = with_operation(&small(), place, Operation::Conv3x3).unwrap();
    let gain = score_of(&open, &neighbor) - own;
    harness
        .get_by_label(&format!(
            "neighbor normal 0 → 2: skip ⇒ conv 3×3, +{gain:.2}"
        ))
        .click();
    harness.run();
    assert_eq!(edited(&harness), neighbor);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert_eq!(edited(&harness), small());
    // The list has it, too.
    harness
        .get_by_label(&format!("take normal 0 → 2: skip ⇒ conv 3×3, +{gain:.2}"))
        .click();
    harness.run();
    assert_eq!(edited(&harness), neighbor);
}

#[test]
fn a_loss_of_87_points_is_drawn_below_one_of_30() {
    let mut harness = small_editor();
    let open = small_table();
    let own = open.table.index_of(&small()).unwrap();
    let place = Place {
        cell: 0,
        node: 2,
        input: 0,
    };
    let losses = [(Operation::None, 87.0), (Operation::Conv1x1, 30.0)];
    let mut values = vec![94.0; open.table.values()[0].len()];
    values[own] = 95.0;
    for (operation, loss) in losses {
        let neighbor = with_operation(&small(), place, operation).unwrap();
        values[open.table.index_of(&neighbor).unwrap()] -= loss - 1.0;
    }
    let table = Table::new(open.table.space(), vec!["accuracy".into()], vec![values]);
    harness.state_mut().table = Some(OpenTable {
        table: Arc::new(table.unwrap()),
        ..open
    });
    harness.run();
    let height = |change: &str| {
        let name = format!("neighbor normal 0 → 2: skip ⇒ {change}");
        harness.get_by_label(&name).rect().center().y
    };
    let [low, high] = ["none, −87.00", "conv 1×1, −30.00"].map(height);
    assert!(low > high + 5.0, "{low} and {high}");
}

#[test]
fn a_narrow_list_of_neighbors_names_every_operation_whole_and_shortens_the_edge() {
    let mut harness = open(darts(), [400.0, 1400.0], egui::Theme::Dark);
    harness.run();
    let rows = harness.get_all_by_label_contains("take normal");
    let rows: Vec<egui::Rect> = rows.map(|row| row.rect()).collect();
    assert!(rows.len() > 3);
    let mut named = 0;
    for shown in &harness.output().shapes {
        let egui::Shape::Text(text) = &shown.shape else {
            continue;
        };
        let place = text.visual_bounding_rect();
        let Some(row) = rows.iter().find(|row| row.contains(place.left_center())) else {
            continue;
        };
        assert!(place.right() <= row.right(), "{}", text.galley.text());
        if text.galley.text().contains("conv") {
            assert!(!text.galley.elided, "{}", text.galley.text());
            named += 1;
        }
    }
    assert!(named > 1);
}

#[test]
fn a_neighborhood_without_scores_says_what_to_press_and_shows_its_cells_at_the_edge() {
    let mut harness = small_editor();
    harness.run();
    let heights = |harness: &Harness<Bench>| -> Vec<i32> {
        let dots = harness.get_all_by_label_contains("neighbor normal");
        let mut heights: Vec<i32> = dots.map(|dot| dot.rect().center().y as i32).collect();
        assert_eq!(heights.len(), 12);
        heights.sort_unstable();
        heights.dedup();
        heights
    };
    let scored = heights(&harness);
    assert!(scored.len() > 3, "{scored:?}");
    harness.get_by_label("Training").click();
    harness.run();
    harness.get_by_label(
        "Not scored yet: training tells of one cell at a time; press Train this cell for this one, Table for all.",
    );
    let missing = heights(&harness);
    assert_eq!(missing.len(), 1);
    assert!(
        missing[0] >= scored[scored.len() - 1],
        "{missing:?} {scored:?}"
    );
    harness.get_by_label("Table").click();
    harness.run();
    assert!(harness.query_by_label_contains("Not scored yet").is_none());
    assert_eq!(heights(&harness), scored);
}

#[test]
fn what_stands_behind_a_word_opens_by_a_click_and_by_keyboard() {
    let mut harness = small_editor();
    harness.run();
    let shows = |harness: &Harness<Bench>, words: &str| {
        harness.query_all_by_label_contains(words).next().is_some()
    };
    let rule = "The rule: if the accuracy were a sum";
    harness.get_by_label("why?").click();
    harness.run();
    harness.remove_cursor();
    harness.run();
    assert!(shows(&harness, rule));
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!shows(&harness, rule));

    harness.get_by_label("how sure?").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert!(shows(&harness, "of networks that were trained"));
    harness.key_press(Key::Escape);
    harness.run();
    // What a dot says under the pointer, its row says to the keyboard.
    let row = harness.get_all_by_label_contains("take normal").next();
    row.unwrap().focus();
    harness.run();
    assert!(shows(&harness, "click to take it"));
    // A screen reader hears the rest of it behind the name of the row, and not all of it again beside that.
    let row = harness.get_all_by_label_contains("take normal").next();
    let row = row.unwrap().accesskit_node();
    let more = row.data().description();
    assert!(more.is_some_and(|more| more.contains(" %")), "{more:?}");
    let tip = harness.get_all_by_label_contains("click to take it").next();
    let tip = tip.unwrap().accesskit_node();
    let mut around = std::iter::successors(tip.parent(), |node| node.parent());
    assert!(around.any(|node| node.data().is_hidden()));
}

#[test]
fn a_table_of_another_space_says_so_instead_of_a_score() {
    let mut harness = darts_editor();
    harness.get_by_label("Table").click();
    harness.run();
    harness.get_by_label_contains(
        "the open table has 3-edge NAS-Bench-201 cells, this is a DARTS cell",
    );
    assert!(harness.state().editor.score().is_none());
}

#[test]
fn undoing_to_a_smaller_space_while_pointing_at_a_neighbor_shows_the_smaller_cell() {
    let mut harness = small_editor();
    harness.event(egui::Event::Paste(darts().to_text()));
    harness.run();
    let last = harness
        .get_all_by_label_contains("neighbor reduction c_{k−1} → 5")
        .last()
        .unwrap()
        .rect()
        .center();
    harness.hover_at(last);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert_eq!(edited(&harness), small());
    harness.get_by_label("normal cell, edge 0 → 1, conv 3×3");
}

#[test]
fn a_frame_with_all_rewirings_of_a_darts_cell_takes_less_than_a_60th_of_a_second() {
    let mut harness = darts_editor();
    harness.get_by_label("with rewirings").click();
    harness.run();
    let dots = ["neighbor normal", "neighbor reduction"]
        .map(|name| harness.query_all_by_label_contains(name).count());
    assert_eq!(dots, [132, 132]);
    let mut times: Vec<_> = (0..60)
        .map(|_| {
            let start = std::time::Instant::now();
            harness.step();
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("median {:?}, worst {:?}", times[30], times[59]);
    // The harness adds the tree of a screen reader to every frame.
    assert!(times[30].as_secs_f64() < 1.0 / 60.0);
}

#[test]
fn the_neighborhood_says_what_its_uneven_heights_and_its_columns_are() {
    let mut harness = small_editor();
    harness.run();
    let painted = |words: &str| {
        harness
            .output()
            .shapes
            .iter()
            .any(|shown| match &shown.shape {
                egui::Shape::Text(text) => text.galley.text().contains(words),
                _ => false,
            })
    };
    assert!(painted("points above or below this cell's") && painted("log scale from ±1"));
    assert!(painted("from state → to node"));
    let picture = harness.get_by_label("what every change brings");
    let more = picture
        .accesskit_node()
        .data()
        .description()
        .map(str::to_owned);
    assert!(more.is_some_and(|more| more.ends_with("logarithmic from one point on")));
}

#[test]
fn beside_the_word_stand_the_drop_its_limit_and_the_neighbors_that_make_it() {
    let mut harness = small_editor();
    harness.run();
    let flatness = harness.state().editor.flatness().unwrap();
    harness.get_by_label(flatness.words().unwrap());
    harness.get_by_label(&flatness.margin().unwrap());
    harness.get_by_label(&flatness.counts().unwrap());
    harness.get_by_label("how sure?").click();
    harness.run();
    harness.remove_cursor();
    harness.run();
    // The table of the bench has one training a cell.
    let none = harness.query_all_by_label_contains("there is no ±, and no interval");
    assert!(none.count() > 0);
}
