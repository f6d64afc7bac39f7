//! What a person hears who does not see the window: names and sentences, and what is told.

use eframe::egui;
use eframe::egui::accessibility::is_input;
use eframe::egui::accesskit::Action;
use egui_kittest::Harness;
use egui_kittest::kittest::{AccessKitNode, NodeT, Queryable};
use plateau::app::{App, Pane, Recording, Told};
use plateau::landscape::{BUILTIN_METRIC, Table, builtin_table};
use plateau::session::Event;

use crate::window::{digits_search, window_without_session};

fn is_named(node: &AccessKitNode) -> bool {
    let has = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
    has(node.label().as_deref()) || has(node.data().placeholder())
}

/// Whether a person would miss its name.
fn needs_name(node: &AccessKitNode) -> bool {
    let data = node.data();
    match node.role() {
        role if is_input(role) => !data.is_read_only(),
        egui::Role::Image | egui::Role::Figure | egui::Role::Canvas => true,
        // What turns while something is awaited stands beside words.
        egui::Role::ProgressIndicator => data.numeric_value().is_some(),
        // What lies between and behind the tabs of panels moves only what is seen.
        egui::Role::Unknown => false,
        _ => data.supports_action(Action::Focus),
    }
}

/// Fails where something that is shown lacks its name, or a plot its sentence.
fn check(window: &mut Harness<'_, App>, state: &str) {
    window.run_ok();
    for found in window.root().children_recursive() {
        let node = found.accesskit_node();
        if needs_name(&node) {
            let place = node.bounding_box();
            assert!(is_named(&node), "{state}: no name: {found:?} at {place:?}");
        }
        if node.role() == egui::Role::Figure {
            let told = node.data().description().unwrap_or_default();
            assert!(told.contains(char::is_numeric), "{state}: {found:?}");
        }
    }
}

/// Presses a control as a screen reader does, and checks what comes.
fn press(window: &mut Harness<'_, App>, label: &str) {
    window
        .get_by_role_and_label(egui::Role::Button, label)
        .click_accesskit();
    check(window, label);
}

#[test]
fn every_control_picture_and_plot_of_every_panel_has_a_name() {
    let (mut window, ends) = window_without_session();
    check(&mut window, "first frame");
    for pane in Pane::ALL {
        window.state_mut().show(pane);
        check(&mut window, pane.title());
        window.get_by_label(&format!("{} panel", pane.title()));
    }
    window.state_mut().show(Pane::Landscape);
    window.run_ok();
    let map = window.get_by_label("Accuracy against neighborhood");
    let said = map.accesskit_node().data().description().unwrap();
    assert!(
        said.starts_with(
            "accuracy (%) by mean accuracy of the neighbors (%): all architectures 125 points"
        ),
        "{said}"
    );
    for view in ["Around the cell", "Barrier", "Spectrum"] {
        press(&mut window, view);
    }
    let sections: Vec<String> = window
        .get_all_by_role(egui::Role::DisclosureTriangle)
        .filter_map(|section| section.accesskit_node().label())
        .collect();
    assert!(sections.len() >= 3, "{sections:?}");
    for section in sections {
        let role = egui::Role::DisclosureTriangle;
        window
            .get_by_role_and_label(role, &section)
            .click_accesskit();
        check(&mut window, &section);
    }
    window.key_press(egui::Key::F1);
    check(&mut window, "keys");

    // While a run goes on, and with a trained network.
    let (_, outbox) = ends.lock().unwrap()[0].clone();
    let events = digits_search().events;
    let (first, rest) = events.split_at(events.len() / 4);
    for (part, state) in [(first, "running"), (rest, "finished")] {
        for timed in part {
            outbox.try_send(timed.clone()).unwrap();
        }
        check(&mut window, state);
    }
    let weights = window.get_by_label("weights of the normal cell");
    let said = weights.accesskit_node().data().description().unwrap();
    assert!(
        said.starts_with("The strongest on each edge: c_{k−2} → 2, "),
        "{said}"
    );
    window.state_mut().show(Pane::Network);
    window.run_ok();
    for view in ["Confusion", "Mistakes", "Size", "Curves"] {
        press(&mut window, view);
    }
}

#[test]
fn a_run_is_told_in_sentences_its_state_at_once_its_progress_now_and_then_and_its_result() {
    let (mut window, ends) = window_without_session();
    window.run_ok();
    let mut told = Told::default();
    // What is there at first is read, not told.
    assert_eq!(window.state().news(&mut told, 0.0), Vec::<String>::new());
    let (_, outbox) = ends.lock().unwrap()[0].clone();
    let events = digits_search().events;
    let is_step = |event: &Event| matches!(event, Event::SearchStep(_));
    let mut steps = (0..events.len()).filter(|&at| is_step(&events[at].event));
    let (first, rest) = events.split_at(steps.nth(2).unwrap() + 1);
    let say = |part: &[plateau::session::Timed]| {
        for timed in part {
            outbox.try_send(timed.clone()).unwrap();
        }
    };
    say(first);
    window.run_ok();
    let news = window.state().news(&mut told, 1.0);
    assert_eq!(news, ["NA-DARTS on digits: running."]);
    assert!(window.state().news(&mut told, 10.9).is_empty());
    let total = window.state().run().search.as_ref().unwrap().steps;
    let news = window.state().news(&mut told, 11.0);
    assert_eq!(news, [format!("search, step 3 of {total}.")]);
    assert!(window.state().news(&mut told, 30.0).is_empty());

    say(rest);
    window.run_ok();
    let news = window.state().news(&mut told, 30.1);
    let tested = window.state().run().tested().unwrap();
    let (low, high) = tested.interval();
    let result = format!(
        "NA-DARTS on digits: test accuracy {:.2} %, 95 % interval {:.1} to {:.1} %",
        100.0 * tested.accuracy,
        100.0 * low,
        100.0 * high
    );
    assert_eq!(news[0], "NA-DARTS on digits: finished.");
    assert!(news[1].starts_with(&result), "{news:?}");
    // The list of messages says so in other words.
    assert_eq!(news.join(" ").matches("finished").count(), 1, "{news:?}");
    assert!(window.state().news(&mut told, 60.0).is_empty());
}

#[test]
fn a_result_that_was_told_is_not_told_again_when_another_table_says_how_flat_it_is() {
    let (mut window, _ends) = window_without_session();
    window.run_ok();
    let mut told = Told::default();
    window.state().news(&mut told, 0.0);
    assert!(window.state().news(&mut told, 1.0).is_empty());
    // What was high is low.
    let column = builtin_table().column(BUILTIN_METRIC).unwrap();
    let values = column.iter().map(|value| 100.0 - value).collect();
    let metrics = vec!["test accuracy".to_owned()];
    let table = Table::new(builtin_table().space(), metrics, vec![values]).unwrap();
    let csv = table.to_csv();
    assert!(window.state_mut().open("other.csv", csv.as_bytes()));
    window.run_ok();
    let news = window.state().news(&mut told, 2.0);
    let of_results: Vec<_> = news
        .iter()
        .filter(|one| one.starts_with("A recorded race: "))
        .collect();
    // Those of both sides.
    assert_eq!(of_results.len(), 2, "{news:?}");
    let again = of_results.iter().any(|one| one.contains("a cell is found"));
    assert!(!again, "{of_results:?}");
    assert!(window.state().news(&mut told, 3.0).is_empty());
}

#[test]
fn a_run_that_fails_is_told_with_the_reason() {
    let (mut window, ends) = window_without_session();
    window.run_ok();
    let mut told = Told::default();
    window.state().news(&mut told, 0.0);
    let (_, outbox) = ends.lock().unwrap()[0].clone();
    for timed in &Recording::demo().events[..20] {
        outbox.try_send(timed.clone()).unwrap();
    }
    let message = "the device failed: lost";
    let failed = Event::Failed {
        message: message.into(),
    };
    outbox.try_send(crate::window::now(failed)).unwrap();
    window.run_ok();
    let news = window.state().news(&mut told, 1.0);
    assert!(news[0].ends_with(": failed."), "{news:?}");
    assert!(news.contains(&message.to_owned()), "{news:?}");
}

#[test]
fn an_operation_is_changed_without_seeing_it_and_what_that_costs_is_told_once() {
    let (mut window, _ends) = window_without_session();
    window.run_ok();
    let mut told = Told::default();
    window.state().news(&mut told, 0.0);
    let edge = "normal cell, edge 0 → 1, ";
    let name = window.get_by_label_contains(edge).accesskit_node().label();
    let other = match name.unwrap().ends_with(", skip") {
        true => "conv 3×3",
        false => "skip",
    };
    window.get_by_label_contains(edge).click_accesskit();
    window.run_ok();
    window
        .get_by_label(&format!("use {other}"))
        .click_accesskit();
    window.run_ok();
    window.get_by_label(&format!("{edge}{other}"));
    let own = window.state().score().unwrap().accuracy;
    let news = window.state().news(&mut told, 1.0);
    let begin = format!("The edited cell: {own:.2} %, neighbors ");
    assert!(
        news.len() == 1 && news[0].starts_with(&begin) && news[0].contains(" % on average"),
        "{news:?}"
    );
    assert!(window.state().news(&mut told, 2.0).is_empty());
}
