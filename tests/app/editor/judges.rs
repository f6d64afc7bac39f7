//! Who scores a cell: the supernet of the open run.

use eframe::egui::{self, Key};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use plateau::app::{Action, JudgeOf, Link, RunView, SupernetState, worth};
use plateau::landscape::{BUILTIN_METRIC, Score, builtin_table};
use plateau::search::Strategy;
use plateau::session::{
    Command, DatasetInfo, DeviceInfo, Event, MemoryChoice, Preset, RunConfig, RunKind,
};
use plateau::space::{Counting, Genotype, Space, neighbors};

use super::bench::*;
use crate::support::runs::on_digits;

/// What a search says before its first step.
pub fn search_started(run: &mut RunView, space: Space) {
    let quick = Preset::Quick;
    let config = RunConfig {
        seed: 0,
        split_seed: None,
        kind: RunKind::Full,
        memory: MemoryChoice::Auto,
        ..on_digits(
            Some(quick.search(space, Strategy::Darts)),
            quick.train(space),
        )
    };
    run.apply(&Event::Started {
        config: Box::new(config),
        plateau: "test".into(),
        device: DeviceInfo {
            name: "test".into(),
            backend: "cpu".into(),
            driver: String::new(),
            software: false,
            max_binding: 0,
        },
        dataset: DatasetInfo {
            name: "digits".into(),
            hash: String::new(),
            split: [1, 1, 1],
            image: [1, 8, 8],
            classes: 10,
            notes: Vec::new(),
        },
    });
    run.apply(&Event::SearchStarted {
        parameters: 1,
        multiply_adds: 1,
        steps: 10,
        memory: "keep".into(),
        lanes: 1,
        memory_bytes: 1,
    });
}

/// The last request for scores.
pub fn asked(harness: &Harness<Bench>) -> (u64, Vec<Genotype>) {
    harness
        .state()
        .actions
        .iter()
        .rev()
        .find_map(|action| match action {
            Action::Send(Command::Score { request, genotypes })
            | Action::ToJudge(Command::Score { request, genotypes }) => {
                Some((*request, genotypes.clone()))
            }
            _ => None,
        })
        .unwrap()
}

pub fn scores(accuracies: &[f64]) -> Vec<Score> {
    accuracies
        .iter()
        .map(|&accuracy| Score {
            loss: 1.0 - accuracy / 100.0,
            accuracy,
        })
        .collect()
}

#[test]
fn the_supernet_is_asked_for_the_cell_and_its_neighbors_and_answers_appear_as_they_come() {
    let mut harness = small_editor();
    search_started(&mut harness.state_mut().run, Space::NasBench201Small);
    harness.state_mut().supernet = SupernetState::Ready {
        space: Space::NasBench201Small,
        images: 2,
        serial: 1,
    };
    harness.get_by_label("This search's weights").click();
    harness.run_ok();
    let (request, genotypes) = asked(&harness);
    assert_eq!(genotypes[0], small());
    let listed = neighbors(&small(), 1, Counting::Topology);
    for neighbor in listed.unwrap() {
        assert!(genotypes[1..13].contains(&neighbor.genotype));
    }
    // The first part of the answer.
    let editor = &mut harness.state_mut().editor;
    editor.scored(request, 0, &scores(&[70.0, 71.5, 60.0]));
    harness.run_ok();
    harness.get_by_label("70.00 %");
    assert_eq!(
        harness.query_all_by_label_contains("no score yet").count(),
        2 * 10
    );
    harness.get_all_by_label_contains(", +1.50").next().unwrap();
    assert!(harness.state().editor.flatness().is_none());
    // The rest.
    let rest = vec![65.0; genotypes.len() - 3];
    harness
        .state_mut()
        .editor
        .scored(request, 3, &scores(&rest));
    harness.run();
    assert_eq!(
        harness.query_all_by_label_contains("no score yet").count(),
        0
    );
    let flatness = harness.state().editor.flatness().unwrap();
    assert_eq!(flatness.rank, 2);
    assert_eq!(flatness.neighbors.worst, 60.0);
}

#[test]
fn answers_to_an_older_question_are_dropped() {
    let mut harness = small_editor();
    search_started(&mut harness.state_mut().run, Space::NasBench201Small);
    harness.state_mut().supernet = SupernetState::Ready {
        space: Space::NasBench201Small,
        images: 2,
        serial: 1,
    };
    harness.get_by_label("This search's weights").click();
    harness.run_ok();
    let (old, _) = asked(&harness);
    harness
        .get_by_label("normal cell, edge 0 → 1, conv 3×3")
        .focus();
    harness.run_ok();
    harness.key_press(Key::Num2);
    harness.run_ok();
    let (new, genotypes) = asked(&harness);
    assert_ne!(old, new);
    assert_eq!(genotypes[0], edited(&harness));
    harness.state_mut().editor.scored(old, 0, &scores(&[99.0]));
    assert!(harness.state().editor.score().is_none());
    harness.state_mut().editor.scored(new, 0, &scores(&[50.0]));
    assert_eq!(harness.state().editor.score().unwrap().accuracy, 50.0);
}

#[test]
fn a_refused_request_says_why() {
    let mut harness = small_editor();
    search_started(&mut harness.state_mut().run, Space::NasBench201Small);
    harness.state_mut().supernet = SupernetState::Ready {
        space: Space::NasBench201Small,
        images: 2,
        serial: 1,
    };
    harness.get_by_label("This search's weights").click();
    harness.run_ok();
    let (request, _) = asked(&harness);
    let why = "there is no supernet to score with; start a search first";
    harness.state_mut().editor.refused(request, why);
    harness.run();
    harness.get_by_label_contains("there is no supernet to score with");
}

#[test]
fn without_a_table_the_built_in_landscape_scores_small_cells() {
    let mut harness = small_editor();
    harness.state_mut().table = None;
    harness.run();
    let table = builtin_table();
    let index = table.index_of(&small()).unwrap();
    let expected = table.column(BUILTIN_METRIC).unwrap()[index];
    assert_eq!(harness.state().editor.score().unwrap().accuracy, expected);
    harness.get_by_label_contains("built-in landscape");
}

#[test]
fn a_search_without_its_weights_says_so_and_does_not_wait() {
    let mut harness = small_editor();
    search_started(&mut harness.state_mut().run, Space::NasBench201Small);
    harness.get_by_label("This search's weights").click();
    harness.run_ok();
    let opens = |action: &Action| matches!(action, Action::OpenSupernet);
    assert!(harness.state().actions.iter().any(opens));
    harness.state_mut().supernet = SupernetState::Missing("this run came without them".into());
    // It settles: nothing turns for ever.
    harness.run();
    harness.get_by_label("this run came without them");
    harness.get_by_label("no score");
}

#[test]
fn a_cell_without_a_table_is_scored_by_the_judge_with_an_interval() {
    let mut harness = open(darts(), [1280.0, 800.0], egui::Theme::Light);
    harness.run_ok();
    let wanted = harness
        .state()
        .actions
        .iter()
        .find_map(|action| match action {
            Action::FindJudge(of) => Some(of.clone()),
            _ => None,
        });
    let wanted = wanted.unwrap();
    assert_eq!(wanted.dataset, "digits");
    assert_eq!(wanted.space, Space::Darts);
    harness.state_mut().judge.of = Some(wanted);
    let (commands, _inbox) = async_channel::unbounded();
    let (_outbox, events) = async_channel::unbounded();
    harness
        .state_mut()
        .judge
        .line
        .connect(Link::new(commands, events));
    harness.state_mut().judge.state = SupernetState::Missing("there is none yet".into());
    harness.run();
    harness.get_by_label("no judge of DARTS cells on digits: there is none yet");
    harness.get_by_label("Train the judge").click();
    harness.run();
    let trains = |action: &Action| matches!(action, Action::TrainJudge);
    assert!(harness.state().actions.iter().any(trains));

    harness.state_mut().judge.state = SupernetState::Ready {
        space: Space::Darts,
        images: 157,
        serial: 1,
    };
    harness.run_ok();
    let (request, genotypes) = asked(&harness);
    assert_eq!(genotypes[0], darts());
    let mut said = vec![90.0; genotypes.len()];
    said[0] = 91.0;
    harness
        .state_mut()
        .editor
        .scored(request, 0, &scores(&said));
    harness.run();
    harness.get_by_label("91.00 %");
    // √(p·(1 − p)/157) of p = (0.91·157 + 2) / 161, in points.
    harness.get_by_label("± 2.40");
    // One point among 157 images is one image and a half.
    harness.get_by_label("inside the noise");
}

#[test]
fn how_well_the_judge_of_the_digits_orders_cells_is_said_where_it_scores_as_in_the_manual() {
    let mut harness = darts_editor();
    harness.run_ok();
    harness.get_by_label("how sure?").click();
    harness.run_ok();
    harness.remove_cursor();
    harness.run_ok();
    harness.get_by_label_contains("Kendall's τ 0.11 [−0.11, 0.33]");
    let manual = include_str!("../../../src/manual/judge.md");
    let worth = worth(&JudgeOf {
        dataset: "digits".into(),
        space: Space::Darts,
    });
    let words = format!(
        "{} for the judge that comes with the program",
        worth.unwrap()
    );
    assert!(manual.replace('\n', " ").contains(&words), "{words}");
}

#[test]
fn a_cell_from_elsewhere_is_scored_by_somebody_who_can_and_it_is_said_by_whom() {
    let mut harness = small_editor();
    harness.get_by_label("Training").click();
    harness.run();
    assert!(harness.state().editor.score().is_none());
    let other = Genotype::parse("|skip_connect~0|+|nor_conv_3x3~0|nor_conv_1x1~1|").unwrap();
    harness.state_mut().editor.bring(other.clone());
    harness.run();
    let expected = score_of(&small_table(), &other);
    assert_eq!(harness.state().editor.score().unwrap().accuracy, expected);
    let said = harness
        .state()
        .actions
        .iter()
        .find_map(|action| match action {
            Action::Notify(notice) => Some(notice.text.clone()),
            _ => None,
        });
    let words = "scored by: Table; Training has no score of this cell";
    assert_eq!(said.as_deref(), Some(words));
    // Who has scores of it keeps the choice.
    harness.get_by_label("Judge").click();
    harness.run_ok();
    harness.state_mut().editor.bring(small());
    harness.run_ok();
    assert!(harness.state().editor.score().is_none());
}

#[test]
fn without_a_judge_the_weights_of_a_search_score_a_cell_that_no_table_has() {
    let mut harness = darts_editor();
    harness.run_ok();
    search_started(&mut harness.state_mut().run, Space::Darts);
    harness.state_mut().judge.of = Some(JudgeOf {
        dataset: "digits".into(),
        space: Space::Darts,
    });
    harness.state_mut().judge.state = SupernetState::Missing("there is none yet".into());
    harness.run_ok();
    harness.get_by_label("Not scored yet: press Train the judge above.");
    harness.state_mut().supernet = SupernetState::Ready {
        space: Space::Darts,
        images: 2,
        serial: 1,
    };
    harness.run_ok();
    assert_eq!(asked(&harness).1[0], darts());
    harness.get_by_label_contains("there is no judge of these cells yet");
}

#[test]
fn what_a_run_found_is_grey_with_the_reason_while_it_goes_on() {
    let mut harness = small_editor();
    search_started(&mut harness.state_mut().run, Space::NasBench201Small);
    harness.get_by_label("Start from ▾").click();
    harness.run();
    harness.get_by_label("What the run found (its search goes on)");
}

#[test]
fn what_others_said_of_the_cell_stands_beside_its_score() {
    let mut harness = small_editor();
    harness.run();
    let by_table = harness.state().editor.score().unwrap().accuracy;
    harness.state_mut().supernet = SupernetState::Ready {
        space: Space::NasBench201Small,
        images: 2,
        serial: 1,
    };
    search_started(&mut harness.state_mut().run, Space::NasBench201Small);
    harness.get_by_label("This search's weights").click();
    harness.run_ok();
    let (request, genotypes) = asked(&harness);
    let said = vec![50.0; genotypes.len()];
    harness
        .state_mut()
        .editor
        .scored(request, 0, &scores(&said));
    harness.run();
    harness.get_by_label(&format!("also: Table {by_table:.2} %"));
}
