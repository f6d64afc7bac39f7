//! Lessons, taken as a person takes them.

use std::sync::{Arc, Mutex};

use eframe::App as _;
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use plateau::app::lessons::{Lesson, built_in};
use plateau::app::{App, Fragment, LEAST_SIZE, LessonPlace, Link, Recorded, Recording};
use plateau::search::Strategy;
use plateau::session::Event;
use plateau::space::Genotype;

use super::lesson;
use crate::window::{Ends, now, window_without_session};

/// A window that opens a link, whose sessions the test plays.
fn opened(link: &str, size: [f32; 2]) -> (Harness<'static, App>, Arc<Mutex<Vec<Ends>>>) {
    let ends: Arc<Mutex<Vec<Ends>>> = Arc::default();
    let keep = ends.clone();
    let fragment = Fragment::parse(link).unwrap();
    let connect = move |_: &egui::Context| {
        let (commands, inbox) = async_channel::unbounded();
        let (outbox, events) = async_channel::unbounded();
        keep.lock().unwrap().push((inbox, outbox));
        Ok(Link::new(commands, events))
    };
    let mut window = Harness::builder()
        .with_size(size)
        .with_max_steps(20)
        .build_eframe(move |creation| App::new(creation, Box::new(connect), Ok(fragment)));
    window.run_ok();
    (window, ends)
}

fn press(window: &mut Harness<'_, App>, key: Key) {
    window.key_press(key);
    window.run_ok();
}

/// The place of the card, counted from 0.
fn at(window: &Harness<'_, App>) -> Option<usize> {
    window.state().lesson().map(|(_, at)| at)
}

fn shows(window: &Harness<'_, App>, text: &str) -> bool {
    window.query_all_by_label(text).next().is_some()
}

/// Whether the window shows what a card names.
fn check_card(window: &mut Harness<'_, App>, lesson: &Lesson, place: usize) {
    let card = &lesson.cards[place];
    let what = format!("{}, {} of {}", lesson.title, place + 1, lesson.cards.len());
    assert_eq!(at(window), Some(place), "{what}");
    assert!(shows(window, &what) && shows(window, &card.text), "{what}");
    let app = window.state();
    let in_front = format!("{}*", card.panel.title());
    assert!(app.layout().contains(&in_front), "{what}: {}", app.layout());
    if let Some(cell) = &card.cell {
        assert_eq!(app.fragment().cell.as_ref(), Some(cell), "{what}");
    }
    if let Some(recording) = card.recording {
        let own = match recording {
            Recorded::Race | Recorded::NaDarts => Strategy::NaDarts,
            Recorded::Darts => Strategy::Darts,
        };
        let search = app.run().config.as_ref().unwrap().search.as_ref().unwrap();
        assert_eq!(search.strategy, own, "{what}");
        let race = recording == Recorded::Race;
        assert_eq!(app.rival().is_some(), race, "{what}");
        let shown = app.run().shown().unwrap().step;
        assert_eq!(shown, card.step.unwrap_or(recording.steps()), "{what}");
    }
    if card.table {
        assert!(app.table_name().unwrap().starts_with("built-in"), "{what}");
    }
    if let Some(settings) = &card.settings {
        let mut now = app.fragment();
        (now.cell, now.lesson) = (None, None);
        assert_eq!(&now, settings, "{what}");
    }
    if let Some(name) = &card.points_at {
        assert!(shows(window, name), "{what} points at {name}");
    }
}

#[test]
fn every_lesson_is_walked_by_keyboard_and_shows_what_its_cards_name() {
    assert_eq!(built_in().len(), 4, "a lesson's file cannot be read");
    for (name, lesson) in built_in() {
        let (mut window, _ends) = opened(&format!("v=1&lesson={name}"), [1280.0, 800.0]);
        for place in 0..lesson.cards.len() {
            check_card(&mut window, lesson, place);
            press(&mut window, Key::PageDown);
        }
        assert_eq!(at(&window), None, "{name}");
    }
    let (mut window, _ends) = opened("v=1&lesson=skip&at=3", [1280.0, 800.0]);
    for place in [2, 1, 0, 0] {
        check_card(&mut window, lesson("skip"), place);
        press(&mut window, Key::PageUp);
    }
}

#[test]
fn a_lesson_begins_in_the_menu_and_ends_by_esc_unless_that_closes_a_palette() {
    let (mut window, _ends) = window_without_session();
    window.get_by_label("Lessons").click();
    window.run_ok();
    window.get_by_label("What flat means").click();
    window.run_ok();
    check_card(&mut window, lesson("flat"), 0);
    window.get_by_label("Next").click();
    window.run_ok();
    window.get_by_label("normal cell, edge 0 → 1, none").click();
    window.run_ok();
    assert!(shows(&window, "use skip"));
    press(&mut window, Key::Escape);
    assert!(!shows(&window, "use skip"));
    assert_eq!(at(&window), Some(1));
    press(&mut window, Key::Escape);
    assert_eq!(at(&window), None);
    assert!(!shows(&window, "End lesson"));
}

#[test]
fn esc_closes_the_window_over_a_lesson_before_it_ends_the_lesson() {
    // The card lies beside the panel, and below the panels.
    for size in [[1280.0, 800.0], [820.0, 800.0]] {
        let (mut window, _ends) = opened("v=1&lesson=skip&at=2", size);
        press(&mut window, Key::F1);
        assert!(shows(&window, "Everywhere"), "{size:?}");
        press(&mut window, Key::Escape);
        assert!(!shows(&window, "Everywhere"), "{size:?}");
        assert_eq!(at(&window), Some(1), "{size:?}");
        press(&mut window, Key::Escape);
        assert_eq!(at(&window), None, "{size:?}");
    }
}

/// A window without anything that reads its names, unlike that of [`Harness`].
struct Unread {
    context: egui::Context,
    app: App,
    frame: eframe::Frame,
    seconds: f64,
}

impl Unread {
    fn opened(link: &str) -> Self {
        let context = egui::Context::default();
        let creation = eframe::CreationContext::_new_kittest(context.clone());
        let connect = |_: &egui::Context| Err("no session here".to_owned());
        let fragment = Fragment::parse(link).unwrap();
        Self {
            app: App::new(&creation, Box::new(connect), Ok(fragment)),
            context,
            frame: eframe::Frame::_new_kittest(),
            seconds: 0.0,
        }
    }

    /// Draws a frame so many seconds later: whether everything in it was named, and whether a control is framed.
    fn draw(&mut self, seconds: f64, events: Vec<egui::Event>) -> [bool; 2] {
        self.seconds += seconds;
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 800.0));
        let input = egui::RawInput {
            screen_rect: Some(screen),
            time: Some(self.seconds),
            events,
            ..egui::RawInput::default()
        };
        let (app, frame) = (&mut self.app, &mut self.frame);
        let output = self.context.run_ui(input, |ui| {
            app.logic(ui.ctx(), frame);
            app.ui(ui, frame);
        });
        let named = output.platform_output.accesskit_update.is_some();
        let framed = output.shapes.iter().any(
            |clipped| matches!(&clipped.shape, egui::Shape::Rect(rect) if rect.stroke.width == 2.5),
        );
        output.drop_without_applying_deltas();
        [named, framed]
    }
}

#[test]
fn a_lesson_points_without_a_screen_reader_at_little_cost_and_lets_one_that_begins_listen() {
    for reader in [false, true] {
        let mut window = Unread::opened("v=1&lesson=skip&at=2");
        let frames: Vec<[bool; 2]> = (0..20).map(|_| window.draw(0.02, Vec::new())).collect();
        let named = frames.iter().filter(|[named, _]| *named).count();
        assert!((1..=8).contains(&named), "{frames:?}");
        assert!(frames[19][1], "nothing is pointed at: {frames:?}");
        if reader {
            window.context.enable_accesskit();
            assert!((0..20).all(|_| window.draw(0.02, Vec::new())[0]));
        }
        let esc = egui::Event::Key {
            key: Key::Escape,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: egui::Modifiers::NONE,
        };
        window.draw(0.02, vec![esc]);
        assert!(window.app.lesson().is_none());
        for _ in 0..10 {
            assert_eq!(window.draw(0.2, Vec::new()), [reader, false]);
        }
    }
}

#[test]
fn every_answer_says_whether_it_is_right_and_why() {
    for (name, lesson) in built_in() {
        for (place, card) in lesson.cards.iter().enumerate() {
            let Some(question) = &card.question else {
                continue;
            };
            let link = format!("v=1&lesson={name}&at={}", place + 1);
            let (mut window, _ends) = opened(&link, [1280.0, 800.0]);
            let keys = [Key::Num1, Key::Num2, Key::Num3, Key::Num4];
            for (answer, key) in question.answers.iter().zip(keys) {
                let word = if answer.right { "Right." } else { "Not so." };
                let reply = format!("{word} {}", answer.why);
                assert!(!shows(&window, &reply), "{reply}");
                press(&mut window, key);
                assert!(shows(&window, &reply), "{reply}");
            }
            // By mouse, too; and the lesson stays where it is.
            let first = &question.answers[0];
            window.get_by_label(&first.text).click();
            window.run_ok();
            let reply = window.get_by_label_contains(&first.why);
            assert!(reply.value().is_some_and(|text| text.ends_with(&first.why)));
            assert_eq!(at(&window), Some(place));
        }
    }
}

#[test]
fn a_lesson_goes_on_when_what_it_asks_for_is_done() {
    // An edge of the cell.
    let (mut window, _ends) = opened("v=1&lesson=flat&at=2", [1280.0, 800.0]);
    window.get_by_label("normal cell, edge 0 → 2, skip").click();
    window.run_ok();
    window.get_by_label("use conv 1×1").click();
    window.run_ok();
    assert_eq!(at(&window), Some(1));
    window
        .get_by_label("normal cell, edge 0 → 2, conv 1×1")
        .click();
    window.run_ok();
    window.get_by_label("use none").click();
    window.run_ok();
    check_card(&mut window, lesson("flat"), 2);

    // A step of the recording.
    let (mut window, ends) = opened("v=1&lesson=supernet&at=2", [1280.0, 800.0]);
    assert_eq!(at(&window), Some(1));
    press(&mut window, Key::End);
    check_card(&mut window, lesson("supernet"), 2);

    // The steps of a run.
    for _ in 0..3 {
        press(&mut window, Key::PageDown);
    }
    check_card(&mut window, lesson("supernet"), 5);
    let (_, outbox) = ends.lock().unwrap()[0].clone();
    let events = Recording::demo().events;
    for timed in &events[..8] {
        outbox.try_send(timed.clone()).unwrap();
    }
    window.run_ok();
    assert_eq!(at(&window), Some(5));
    for timed in &events[8..14] {
        outbox.try_send(timed.clone()).unwrap();
    }
    window.run_ok();
    assert_eq!(at(&window), Some(6));

    // A run that goes on is not put away for a recording.
    let withheld = "Your run was still in progress, so the recording is not shown.";
    for _ in 0..3 {
        press(&mut window, Key::PageUp);
    }
    assert_eq!(at(&window), Some(3));
    assert!(window.state().run().live && shows(&window, withheld));
    outbox.try_send(now(Event::Stopped)).unwrap();
    window.run_ok();
    window.get_by_label("Show the recording").click();
    window.run_ok();
    check_card(&mut window, lesson("supernet"), 3);
    assert!(!window.state().run().live && !shows(&window, withheld));
}

#[test]
fn a_link_opens_a_lesson_at_its_card_with_the_cell_of_who_copied_it() {
    let (mut window, _ends) = opened("v=1&lesson=flat&at=3", [1280.0, 800.0]);
    check_card(&mut window, lesson("flat"), 2);
    let place = LessonPlace {
        name: "flat".into(),
        at: 3,
    };
    assert_eq!(window.state().fragment().lesson, Some(place));
    assert!(window.state().link().contains("&lesson=flat&at=3"));

    let cell = Genotype::from_compact("s234").unwrap();
    assert!(
        window
            .state_mut()
            .open("cell.json", cell.to_json().as_bytes())
    );
    window.run_ok();
    let link = window.state().fragment();
    let (other, _ends) = opened(&link.to_text(), [1280.0, 800.0]);
    assert_eq!(other.state().fragment(), link);
    assert_eq!(at(&other), Some(2));

    for (link, said) in [
        (
            "v=1&lesson=flatt",
            "lesson in the link: 'flatt' is not a lesson (did you mean flat?)",
        ),
        (
            "v=1&lesson=flat&at=99",
            "at in the link: the lesson flat has 7 cards",
        ),
    ] {
        let (window, _ends) = opened(link, [1280.0, 800.0]);
        let notices = window.state().notices();
        assert!(
            notices.iter().any(|one| one.text.starts_with(said)),
            "{notices:?}"
        );
        assert_eq!(at(&window), None);
    }
    for link in ["v=1&at=3", "v=1&lesson=flat&at=0", "v=1&lesson=../flat"] {
        assert!(Fragment::parse(link).unwrap_err().contains("in the link: "));
    }
}

const MINE: &str = r#"{
  "lesson": 1,
  "title": "Mine",
  "cards": [
    {
      "title": "One",
      "text": "Look.",
      "panel": "Cell editor",
      "cell": "s111",
      "step": 3,
      "recording": "darts",
      "question": {
        "text": "Which?",
        "answers": [
          { "text": "This", "why": "So.", "right": true },
          { "text": "That", "why": "No." }
        ]
      }
    }
  ]
}
"#;

#[test]
fn a_lesson_of_ones_own_opens_and_one_with_a_mistake_is_refused_with_its_line() {
    let (mut window, _ends) = window_without_session();
    for (right, wrong, line, said) in [
        ("1,\n", "2,\n", 2, "format 2: this version reads 1"),
        (
            "\"text\": \"Look",
            "\"txt\": \"Look",
            7,
            "unknown field `txt`",
        ),
        ("Look.\",", "Look.\"", 8, "expected `,` or `}`"),
        ("Look.", " ", 7, "this text is empty"),
        ("Cell editor", "Editor", 8, "'Editor' is not a panel"),
        ("s111", "s1x1", 9, "the cell: "),
        ("\"darts\"", "\"sdarts\"", 11, "'sdarts' is not a recording"),
        (
            ", \"right\": true",
            "",
            18,
            "0 answers of the question are right",
        ),
        (
            "\"step\": 3",
            "\"step\": 97",
            19,
            "the recording has 96 steps",
        ),
    ] {
        assert!(MINE.contains(right));
        let text = MINE.replacen(right, wrong, 1);
        assert!(!window.state_mut().open("mine.json", text.as_bytes()));
        let told = window.state().notices().last().unwrap().text.clone();
        let place = format!("mine.json: line {line}, column ");
        assert!(told.starts_with(&place) && told.contains(said), "{told}");
        assert_eq!(at(&window), None);
    }
    let large = format!("{MINE}{}", " ".repeat(1 << 19));
    assert!(!window.state_mut().open("mine.json", large.as_bytes()));
    let told = window.state().notices().last().unwrap().text.clone();
    assert!(
        told.ends_with("the lesson has 512 KiB: at most 256 are read"),
        "{told}"
    );

    // However late its cards come it is no genotype.
    let long = MINE.replacen("Mine", &"M".repeat(5000), 1);
    assert!(!window.state_mut().open("mine.json", long.as_bytes()));
    let told = window.state().notices().last().unwrap().text.clone();
    assert!(told.contains("this text has 5000 letters"), "{told}");

    assert!(window.state_mut().open("mine.json", MINE.as_bytes()));
    window.run_ok();
    let mine = Lesson::read(MINE.as_bytes()).unwrap();
    check_card(&mut window, &mine, 0);
    // Nobody else could open it by a link.
    assert_eq!(window.state().fragment().lesson, None);
    window.get_by_label("Done").click();
    window.run_ok();
    assert_eq!(at(&window), None);
}

#[test]
fn the_lesson_of_the_manual_opens_and_goes_on_by_hand() {
    let page = include_str!("../../../src/manual/lessons.md");
    let (_, text) = page.split_once("```json\n").unwrap();
    let (text, _) = text.split_once("```").unwrap();
    let (mut window, _ends) = window_without_session();
    assert!(window.state_mut().open("mine.json", text.as_bytes()));
    window.run_ok();
    let mine = Lesson::read(text.as_bytes()).unwrap();
    check_card(&mut window, &mine, 0);
    window.get_by_label("normal cell, edge 0 → 2, skip").click();
    window.run_ok();
    window.get_by_label("use none").click();
    window.run_ok();
    check_card(&mut window, &mine, 1);
}

#[test]
fn the_cards_fit_small_screens_with_their_buttons_in_sight() {
    for size in [LEAST_SIZE, [360.0, 640.0]] {
        let (mut window, _ends) = opened("v=1&lesson=flat", size);
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
        for place in 0..lesson("flat").cards.len() {
            assert_eq!(at(&window), Some(place));
            let last = place + 1 == lesson("flat").cards.len();
            let next = if last { "Done" } else { "Next" };
            let card = window.get_by_role_and_label(Role::Window, "What flat means");
            for rect in [card.rect(), window.get_by_label(next).rect()] {
                assert!(screen.contains_rect(rect), "{size:?}, {place}: {rect}");
            }
            press(&mut window, Key::PageDown);
        }
    }
}
