//! Phones, tablets, small screens and large type: one panel at a time, everything within reach.

use std::time::Duration;

use eframe::egui::{Key, Modifiers, Rect, Role, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use plateau::app::{Answer, App, Pane, Recording};
use plateau::session::Event;
use plateau::space::Genotype;

use crate::shell::{kept, with_keeper};
use crate::window::{Memory, now, window_without_session};

/// A phone, a tablet, 1366×768 pixels at 200 %, 1280×720 with larger type, and a phone as narrow as they are made.
const SIZES: [[f32; 2]; 5] = [
    [390.0, 844.0],
    [820.0, 1180.0],
    [683.0, 384.0],
    [948.0, 533.0],
    [360.0, 780.0],
];

/// What a finger hits, points.
const FINGER: f32 = 36.0;

fn resize(window: &mut Harness<'_, App>, [width, height]: [f32; 2]) {
    window.set_size(vec2(width, height));
    window.run_ok();
}

fn choose(window: &mut Harness<'_, App>, pane: Pane) {
    let tab = window.get_by_role_and_label(Role::Tab, pane.title());
    tab.click();
    window.run_ok();
}

fn tab(window: &Harness<'_, App>, pane: Pane) -> Rect {
    let tab = window.get_by_role_and_label(Role::Tab, pane.title());
    tab.rect()
}

/// The panels that are in sight.
fn seen(window: &Harness<'_, App>) -> Vec<Pane> {
    let app = window.state();
    let seen = |pane: &Pane| app.place(*pane).is_some();
    Pane::ALL.into_iter().filter(seen).collect()
}

/// A control or a text of the window.
struct Item {
    name: String,
    place: Rect,
    is_text: bool,
    /// The bar or the panel that it is in.
    part: String,
}

/// Everything in the window that has a name and a place of its own; dots and edges of pictures may touch.
fn items(window: &Harness<'_, App>) -> Vec<Item> {
    let mut items = Vec::new();
    for node in window.root().children_recursive() {
        let own = node.accesskit_node();
        let is_text = own.role() == Role::Label;
        let is_control = matches!(
            own.role(),
            Role::Button
                | Role::CheckBox
                | Role::ComboBox
                | Role::Slider
                | Role::SpinButton
                | Role::Tab
                | Role::TextInput
        );
        let name = match is_text {
            true => own.value(),
            false => own.label(),
        };
        let name = name.unwrap_or_default();
        let drawn = name.starts_with("neighbor ") || name.contains(", edge ");
        if !(is_text || is_control) || name.is_empty() || drawn {
            continue;
        }
        let mut above = std::iter::successors(own.parent(), |node| node.parent());
        let part = above.find(|node| node.role() == Role::Pane);
        items.push(Item {
            name,
            place: node.rect(),
            is_text,
            part: part.map_or(String::new(), |part| format!("{:?}", part.id())),
        });
    }
    items
}

/// Fails where something is cut at the side, or where controls of the same part lie on each other.
fn check(window: &Harness<'_, App>, what: &str) {
    let width = window.ctx.content_rect().width();
    let items = items(window);
    assert!(items.len() > 10, "{what}: only {}", items.len());
    for Item { name, place, .. } in &items {
        let inside = place.left() >= -1.0 && place.right() <= width + 1.0;
        assert!(inside, "{what}: {name} lies at {place}");
    }
    let controls: Vec<&Item> = items.iter().filter(|item| !item.is_text).collect();
    for (number, one) in controls.iter().enumerate() {
        for other in &controls[..number] {
            let both = one.place.shrink(1.5).intersect(other.place.shrink(1.5));
            let apart = one.part != other.part || !both.is_positive();
            assert!(apart, "{what}: {} lies on {}", one.name, other.name);
        }
    }
}

#[test]
fn in_a_small_window_every_panel_is_a_thumb_away_and_nothing_is_cut_or_lies_on_another() {
    for [width, height] in SIZES {
        let (mut window, _ends) = window_without_session();
        resize(&mut window, [width, height]);
        // The recorded race is what a person sees first.
        assert_eq!(seen(&window), [Pane::Run]);
        let mut end = 0.0;
        for pane in Pane::ALL {
            let place = tab(&window, pane);
            assert!(place.width() >= 44.0 && place.height() >= 44.0, "{place}");
            assert!(place.left() >= end - 0.5, "{pane:?} at {place}");
            assert!(place.bottom() <= height + 0.5, "{pane:?} at {place}");
            end = place.right();
        }
        assert!(end <= width + 0.5, "the tabs end at {end}");
        for pane in Pane::ALL {
            choose(&mut window, pane);
            assert_eq!(seen(&window), [pane]);
            let place = window.state().place(pane).unwrap();
            assert!(place.bottom() <= tab(&window, pane).top() + 0.5);
            assert!(place.height() > 0.55 * height, "{pane:?} has {place}");
            check(&window, &format!("{width}×{height}, {pane:?}"));
        }
    }
}

#[test]
fn keys_tabs_and_buttons_bring_panels_to_the_front_and_a_wider_window_has_its_layout_again() {
    let (mut window, _ends) = window_without_session();
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num5);
    window.run_ok();
    let wide = [Pane::Search, Pane::Run, Pane::Network];
    assert_eq!(seen(&window), wide);
    let before = (
        window.state().layout(),
        wide.map(|pane| window.state().place(pane)),
    );

    resize(&mut window, [390.0, 844.0]);
    assert_eq!(seen(&window), [Pane::Network]);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    window.run_ok();
    assert_eq!(seen(&window), [Pane::Search]);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num4);
    window.run_ok();
    assert_eq!(seen(&window), [Pane::Landscape]);
    choose(&mut window, Pane::Run);
    let edit = window.get_all_by_label("Edit").next().unwrap();
    edit.click_accesskit();
    window.run_ok();
    assert_eq!(seen(&window), [Pane::Editor]);

    resize(&mut window, [1280.0, 800.0]);
    let after = (
        window.state().layout(),
        wide.map(|pane| window.state().place(pane)),
    );
    assert_eq!(after, before);
    assert!(window.query_by_role(Role::Tab).is_none());
}

#[test]
fn what_is_pressed_in_a_narrow_window_is_large_enough_for_a_finger() {
    let (mut window, _ends) = window_without_session();
    let high = |window: &Harness<'_, App>, name: &str| window.get_by_label(name).rect().height();
    let small = high(&window, "▶  Run");
    resize(&mut window, [390.0, 844.0]);
    for name in ["First step", "Replay", "Newest step", "Slow motion", "File"] {
        assert!(high(&window, name) >= FINGER, "{name}");
    }
    choose(&mut window, Pane::Search);
    for name in ["▶  Run", "Step", "Stop", "Strategy"] {
        assert!(high(&window, name) >= FINGER, "{name}");
    }
    choose(&mut window, Pane::Editor);
    window.get_by_label_contains("edge 0 → 2, ").click();
    window.run_ok();
    assert!(high(&window, "use skip") >= FINGER);
    resize(&mut window, [1280.0, 800.0]);
    assert_eq!(high(&window, "▶  Run"), small);
}

#[test]
fn in_a_short_window_the_cell_and_the_map_are_in_sight_at_once() {
    for size in [[683.0, 384.0], [948.0, 533.0], [1100.0, 420.0]] {
        let (mut window, _ends) = window_without_session();
        resize(&mut window, size);
        window.state_mut().show(Pane::Editor);
        window.run_ok();
        let place = window.state().place(Pane::Editor).unwrap();
        let edges = ["edge 0 → 1, ", "edge 0 → 2, "].map(|name| {
            let edge = window.get_by_label_contains(name).rect();
            assert!(place.contains_rect(edge), "{size:?}: {name} at {edge}");
            edge.center().y
        });
        // Their lines are 56 of the 124 points of a picture apart.
        let height = (edges[0] - edges[1]) * 124.0 / 56.0;
        assert!(height >= 170.0, "{size:?}: a cell of {height}");

        window.state_mut().show(Pane::Landscape);
        window.run_ok();
        let place = window.state().place(Pane::Landscape).unwrap();
        let map = window.get_by_label("Accuracy against neighborhood").rect();
        assert!(place.contains_rect(map), "{size:?}: {map} in {place}");
        assert!(map.height() >= 50.0, "{size:?}: {map}");
    }
}

/// 1280×720 and 1280×800 with larger type, and 1366×768 at 200 %.
#[test]
fn in_a_low_window_the_switch_of_larger_type_is_in_sight_as_soon_as_its_menu_is_open() {
    for size in [[948.0, 533.0], [948.0, 592.0], [683.0, 384.0]] {
        let (mut window, _ends) = window_without_session();
        resize(&mut window, size);
        window.get_by_label("View").click();
        window.run_ok();
        let screen = window.ctx.content_rect();
        for name in [
            "Theme of the system",
            "Light",
            "Dark",
            "Larger type for a projector",
        ] {
            let place = window.get_by_label(name).rect();
            assert!(place.height() >= FINGER, "{size:?}: {name} at {place}");
            assert!(screen.contains_rect(place), "{size:?}: {name} at {place}");
        }
    }
}

#[test]
fn in_larger_type_a_cell_its_score_and_its_neighborhood_are_in_sight_at_once() {
    for size in [[948.0, 533.0], [948.0, 592.0]] {
        let (mut window, _ends) = window_without_session();
        resize(&mut window, size);
        window.state_mut().show(Pane::Editor);
        window.run_ok();
        let place = window.state().place(Pane::Editor).unwrap();
        let edge = window.get_by_label_contains("edge 0 → 2, ").rect();
        let words = ["74.80 %", "Neighborhood"].map(|name| window.get_by_label(name).rect());
        let dots = window.query_all_by_label_contains("neighbor ");
        let dots = dots.filter_map(|dot| {
            let name = dot.accesskit_node().label()?;
            name.starts_with("neighbor ").then(|| dot.rect())
        });
        let dots: Vec<Rect> = dots.collect();
        assert_eq!(dots.len(), 12, "{size:?}");
        for at in words.into_iter().chain(dots).chain([edge]) {
            assert!(place.contains_rect(at), "{size:?}: {at} in {place}");
        }
        check(&window, &format!("{size:?}"));

        // Both cells of the other space keep their edges in sight.
        let darts = Genotype::preset("darts-v2").unwrap().to_json();
        assert!(window.state_mut().open("cell.json", darts.as_bytes()));
        window.run_ok();
        for name in ["normal cell, edge 2 → 5, ", "reduction cell, edge 2 → 5, "] {
            let at = window.get_by_label_contains(name).rect();
            let seen = place.contains_rect(at);
            assert!(seen, "{size:?}: {name} at {at} in {place}");
        }
        check(&window, &format!("{size:?}, DARTS"));
    }
}

#[test]
fn slow_motion_keeps_the_run_within_its_panel() {
    let (mut window, _ends) = window_without_session();
    resize(&mut window, [1280.0, 720.0]);
    window.get_by_label("Slow motion").click();
    for _ in 0..8 {
        window.step();
    }
    let place = window.state().place(Pane::Run).unwrap();
    let items = items(&window);
    let within: Vec<&Item> = items
        .iter()
        .filter(|item| place.contains(item.place.left_center()))
        .collect();
    assert!(
        within
            .iter()
            .any(|item| item.name == "Speed of slow motion")
    );
    for Item {
        name, place: at, ..
    } in within
    {
        assert!(at.right() <= place.right() - 4.0, "{name} lies at {at}");
    }
}

#[test]
fn on_a_phone_the_map_is_in_sight_at_once() {
    let (mut window, _ends) = window_without_session();
    for size in [[390.0, 844.0], [820.0, 1180.0]] {
        resize(&mut window, size);
        choose(&mut window, Pane::Landscape);
        let place = window.state().place(Pane::Landscape).unwrap();
        let map = window.get_by_label("Accuracy against neighborhood").rect();
        assert!(place.contains_rect(map), "{size:?}: {map} in {place}");
        assert!(map.height() >= 150.0, "{size:?}: {map}");
    }
}

#[test]
fn the_card_of_a_lesson_never_covers_the_panel_that_it_is_about() {
    for size in [[1280.0, 800.0], [390.0, 844.0], [683.0, 384.0]] {
        let (mut window, _ends) = window_without_session();
        resize(&mut window, size);
        window.get_by_label("Help").click();
        window.run_ok();
        window.get_by_label("Guided tour").click();
        window.run_ok();
        let stops = [
            Pane::Run,
            Pane::Landscape,
            Pane::Search,
            Pane::Run,
            Pane::Editor,
            Pane::Run,
        ];
        for (number, pane) in stops.into_iter().enumerate() {
            window.run_ok();
            let at = window.state().lesson().map(|(_, at)| at);
            assert_eq!(at, Some(number));
            let place = window.state().place(pane).expect("the panel is in front");
            let next = if number == 5 { "Done" } else { "Next" };
            let screen = window.ctx.content_rect();
            for button in [next, "Back", "End lesson"] {
                let button = window.get_by_label(button).rect();
                assert!(screen.contains_rect(button), "{size:?}: {button}");
                let covers = place.shrink(1.0).intersects(button);
                assert!(!covers, "{size:?}, {pane:?} at {place}: {button}");
            }
            if number == 1 && size[0] < 1000.0 {
                // Who looks at another panel is not called back before the next step.
                choose(&mut window, Pane::Data);
                assert_eq!(seen(&window), [Pane::Data]);
            }
            window.get_by_label(next).click();
            window.run_ok();
        }
        assert!(window.state().lesson().is_none());
    }
}

/// The strips of failures that are in sight.
fn strips(window: &Harness<'_, App>) -> usize {
    window.query_all_by_label("Close").count()
}

#[test]
fn two_failures_stand_as_strips_one_in_a_short_window_and_a_success_takes_them_away() {
    let (mut window, _ends) = window_without_session();
    resize(&mut window, [390.0, 844.0]);
    for number in 0..5 {
        let name = format!("noise-{number}.bin");
        assert!(!window.state_mut().open(&name, &[7; 300]));
    }
    window.run_ok();
    assert_eq!(strips(&window), 2);
    window.get_by_label("3 more…");
    check(&window, "strips");
    resize(&mut window, [683.0, 384.0]);
    assert_eq!(strips(&window), 1);
    window.get_by_label("4 more…").click();
    window.run_ok();
    for number in 0..5 {
        let name = format!("noise-{number}.bin is neither");
        let told = window.query_all_by_label_contains(&name).count();
        assert!(told > 0, "{name} is not in the list");
    }
    // Each with its time of day.
    let labels = window.get_all_by_role(Role::Label);
    let times = labels.filter_map(|label| label.value()).filter(|text| {
        let parts: Vec<&str> = text.split(':').collect();
        let is_number = |part: &&str| part.len() == 2 && part.parse::<u32>().is_ok();
        parts.len() == 2 && parts.iter().all(is_number)
    });
    assert_eq!(times.count(), 5);
    window.key_press(Key::Escape);
    window.run_ok();

    let cell = Genotype::preset("darts-v2").unwrap();
    assert!(
        window
            .state_mut()
            .open("cell.json", cell.to_json().as_bytes())
    );
    window.run_ok();
    assert_eq!(strips(&window), 0);
    assert!(window.query_by_label_contains(" more…").is_none());
    // The list forgets nothing.
    let failures = window.state().notices().iter().filter(|one| one.error);
    assert_eq!(failures.count(), 5);
}

#[test]
fn a_failure_of_a_run_has_its_name_in_the_list_and_goes_when_the_next_one_is_started() {
    let (mut window, ends) = window_without_session();
    let (_, outbox) = ends.lock().unwrap()[0].clone();
    for timed in &Recording::demo().events[..20] {
        outbox.try_send(timed.clone()).unwrap();
    }
    let message = "the device was lost".to_owned();
    outbox.try_send(now(Event::Failed { message })).unwrap();
    window.run_ok();
    assert_eq!(strips(&window), 1);
    let name = window.state().run().name.clone();
    assert!(window.query_by_label(&name).is_none());
    window.get_by_label("Help").click();
    window.run_ok();
    window.get_by_label("Messages").click();
    window.run_ok();
    window.get_by_label(&name);
    window.key_press(Key::Escape);
    window.run_ok();
    window.get_by_label("▶  Run").click();
    window.run_ok();
    assert_eq!(strips(&window), 0);
}

#[test]
fn the_headings_of_kept_runs_stay_while_a_phone_scrolls_and_bars_stay_in_sight() {
    let (mut window, (_asks, answers)) = with_keeper(&Memory::default());
    resize(&mut window, [390.0, 844.0]);
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.run_ok();
    let runs = (0..30).map(|number| kept(&format!("run-{number:02}"), false, number));
    answers
        .try_send(Answer::Listed(Ok(runs.collect())))
        .unwrap();
    window.run_ok();
    let place = window
        .get_by_role_and_label(Role::Window, "Kept runs")
        .rect();
    let panel = window.state().place(Pane::Run).unwrap();
    assert!(panel.expand(1.0).contains_rect(place), "{place} in {panel}");

    let heading = |window: &Harness<'_, App>| window.get_by_label("Sort by recorded").rect();
    let top = heading(&window);
    // The newest is the first.
    let row = window.get_by_label("Tick run-29").rect();
    assert!(top.bottom() <= row.center().y, "{top} and {row}");
    // Those far out of sight are not drawn.
    for number in (2..30).rev().step_by(3) {
        let name = format!("Tick run-{number:02}");
        window.get_by_label(&name).scroll_to_me();
        window.run_ok();
    }
    let row = window.get_by_label("Tick run-02").rect();
    assert!(place.y_range().contains(row.center().y), "{row}");
    let moved = heading(&window).min - top.min;
    assert!(moved.length() < 2.0, "the headings moved by {moved}");
    window.get_by_label("Sort by recorded").click();
    window.run_ok();
    // The newer are below the older now.
    let tops = ["Tick run-26", "Tick run-27"].map(|name| window.get_by_label(name).rect().top());
    assert!(tops[0] < tops[1], "{tops:?}");

    window.key_press(Key::Escape);
    let start = std::time::Instant::now();
    while window.query_by_label("Sort by recorded").is_some() {
        assert!(start.elapsed() < Duration::from_secs(5), "it stays");
        window.run_ok();
    }
}
