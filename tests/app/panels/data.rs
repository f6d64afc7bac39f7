//! The data panel.

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use plateau::app::{Action, DataPanel};
use plateau::data::Dataset;

use super::{Bench, picture, window};

fn open<'a>() -> Harness<'a, Bench<DataPanel>> {
    window(Bench::new(DataPanel::default(), None), DataPanel::show)
}

#[test]
fn a_data_set_shows_its_sizes_its_split_and_images_of_every_class() {
    let mut harness = open();
    picture(&mut harness, "data");
    let digits = Dataset::load("digits").unwrap();
    harness.get_by_label("1797 images of 8×8 pixels, grey, 10 classes");
    for (class, count) in digits.class_counts().into_iter().enumerate() {
        assert!(
            harness
                .query_all_by_label(&format!("{count} images"))
                .next()
                .is_some()
        );
        let kind = format!("of class {class}");
        let images = harness.query_all_by_label_contains(&kind);
        assert!(images.count() >= 8, "class {class}");
    }
    let parts = [
        "train the weights",
        "choose the architecture",
        "kept for the test",
    ]
    .map(|part| {
        let text = harness
            .get_by_label_contains(part)
            .accesskit_node()
            .value()
            .unwrap();
        text.split(' ').next().unwrap().parse::<usize>().unwrap()
    });
    assert_eq!(parts.iter().sum::<usize>(), 1797);
}

#[test]
fn another_data_set_is_shown_on_a_click_and_other_samples_too() {
    let mut harness = open();
    harness.get_by_label("mnist5k").click();
    harness.run();
    picture(&mut harness, "data-mnist");
    harness.get_by_label("5000 images of 28×28 pixels, grey, 10 classes");
    assert!(harness.query_by_label("image 0 of class 0").is_some());
    harness.get_by_label("Show others").click();
    harness.run();
    assert!(harness.query_by_label("image 0 of class 0").is_none());
}

#[test]
fn a_built_in_set_is_taken_up_with_the_options_that_are_typed() {
    let mut harness = open();
    harness.get_by_label("Options").focus();
    harness.run();
    harness.get_by_label("Options").type_text("size=14");
    harness.run();
    harness.get_by_label("mnist5k").click();
    harness.run();
    let [Action::DataRead(Ok(read))] = &harness.state().actions[..] else {
        panic!("no data set was read");
    };
    assert_eq!(read.name, "mnist5k#size=14");
    assert_eq!((read.dataset.len(), read.dataset.height), (5000, 14));
}

#[test]
fn a_file_of_ones_own_is_asked_for() {
    let mut harness = open();
    harness.get_by_label("Open files…").click();
    harness.run();
    assert!(matches!(harness.state().actions[..], [Action::ChooseFile]));
}
