//! The network panel on a training that went through, and the events that feed it.

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use plateau::app::{Action, NetworkPanel, RunView};
use plateau::session::{Event, MISTAKES, Preset, RunConfig, run_blocking};
use plateau::space::{Genotype, Space, count_genotype, count_stages};

use super::{Bench, check_xml, painted, picture, window};
use crate::support::runs::on_digits;

/// A short training of a small network on digits.
fn config() -> RunConfig {
    let mut train = Preset::Quick.train(Space::NasBench201);
    train.channels = 4;
    train.layers = 1;
    train.epochs = 2;
    train.batch = 200;
    RunConfig {
        genotype: Some(cell()),
        ..on_digits(None, train)
    }
}

fn cell() -> Genotype {
    Genotype::parse(
        "|skip_connect~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|none~0|nor_conv_1x1~1|skip_connect~2|",
    )
    .unwrap()
}

fn events() -> &'static [Event] {
    static EVENTS: std::sync::OnceLock<Vec<Event>> = std::sync::OnceLock::new();
    EVENTS.get_or_init(|| run_blocking(&config()))
}

fn trained(upto: usize) -> RunView {
    let mut run = RunView::default();
    for event in &events()[..upto] {
        run.apply(event);
    }
    run
}

fn open<'a>(run: RunView) -> Harness<'a, Bench<NetworkPanel>> {
    let mut bench = Bench::new(NetworkPanel::default(), None);
    bench.run = run;
    window(bench, NetworkPanel::show)
}

#[test]
fn predictions_add_up_to_the_test_and_name_the_mistaken_images() {
    let (accuracy, images) = events()
        .iter()
        .find_map(|event| match event {
            Event::Tested {
                accuracy, images, ..
            } => Some((*accuracy, *images)),
            _ => None,
        })
        .unwrap();
    let (confusion, mistakes) = events()
        .iter()
        .find_map(|event| match event {
            Event::Predicted {
                confusion,
                mistakes,
            } => Some((confusion, mistakes)),
            _ => None,
        })
        .unwrap();
    let all: u32 = confusion.iter().flatten().sum();
    let right: u32 = (0..10).map(|class| confusion[class][class]).sum();
    assert_eq!(all as usize, images);
    assert_eq!(f64::from(right) / images as f64, accuracy);
    let wrong = (all - right) as usize;
    assert!(wrong > 0, "two epochs of four channels make mistakes");
    assert_eq!(mistakes.len(), wrong.min(MISTAKES));
    let dataset = plateau::data::Dataset::load("digits").unwrap();
    for mistake in mistakes {
        assert_eq!(dataset.labels[mistake.image as usize], mistake.label);
        assert_ne!(mistake.label, mistake.predicted);
    }
    let counts = dataset.class_counts();
    for (class, row) in confusion.iter().enumerate() {
        assert!(row.iter().sum::<u32>() as usize <= counts[class]);
    }
}

#[test]
fn a_cell_is_trained_at_the_press_of_a_button() {
    let mut harness = open(RunView::default());
    harness.get_by_label_contains("Nothing has been trained yet");
    harness.get_by_label("Train the cell in the editor").click();
    harness.run();
    let edited = harness.state().edited.clone();
    assert!(
        matches!(&harness.state().actions[..], [Action::Train(genotype)] if *genotype == edited)
    );
}

#[test]
fn a_network_that_was_trained_beside_the_shown_run_leaves_from_where_it_is_shown() {
    let mut harness = open(trained(events().len()));
    assert!(harness.query_by_label("Export the network ▾").is_none());
    harness.state_mut().trained = Some(trained(events().len()));
    harness.run();
    harness.get_by_label("Export the network ▾").click();
    harness.run();
    harness.get_by_label("Trained network as ONNX").click();
    harness.run();
    assert!(matches!(
        &harness.state().actions[..],
        [Action::SaveTrained(_)]
    ));
}

#[test]
fn a_training_shows_how_far_it_is() {
    let upto = events()
        .iter()
        .position(|event| matches!(event, Event::TrainEpoch { .. }))
        .unwrap();
    let harness = open(trained(upto + 1));
    harness.get_by_label_contains("epoch 1 of 2");
    assert!(harness.query_by_label("Test accuracy").is_none());
}

#[test]
fn a_trained_network_shows_its_curves_and_its_test() {
    let mut harness = open(trained(events().len()));
    picture(&mut harness, "curves");
    harness.get_by_label("Training loss");
    harness.get_by_label("Training accuracy");
    let tested = harness
        .state()
        .run
        .training
        .as_ref()
        .unwrap()
        .tested
        .unwrap();
    harness.get_by_label(&format!("{:.2} %", 100.0 * tested.accuracy));
    harness.get_all_by_label("Export").next().unwrap().click();
    harness.run();
    harness.get_by_label("SVG: vector picture").click();
    harness.run();
    let svg = harness.state().saved_text();
    check_xml(&svg);
    assert!(svg.contains("Training loss") && svg.contains("test</text>"));
}

#[test]
fn a_click_on_a_kind_of_mistake_shows_its_images() {
    let mut harness = open(trained(events().len()));
    harness.get_by_label("Confusion").click();
    harness.run();
    picture(&mut harness, "confusion");
    let confusion = harness
        .state()
        .run
        .training
        .as_ref()
        .unwrap()
        .confusion
        .clone();
    let mut kinds = (0..10).flat_map(|row| (0..10).map(move |column| (row, column)));
    let (row, column) = kinds
        .find(|&(row, column)| row != column && confusion[row][column] > 0)
        .unwrap();
    let rect = harness.get_by_label("Confusion matrix").rect();
    let side = (rect.width() - 56.0) / 10.0;
    let place = rect.min
        + eframe::egui::vec2(
            56.0 + side * (column as f32 + 0.5),
            56.0 + side * (row as f32 + 0.5),
        );
    harness.hover_at(place);
    harness.run_ok();
    harness.drag_at(place);
    harness.drop_at(place);
    harness.run_ok();
    picture(&mut harness, "mistakes");
    let number = confusion[row][column];
    harness.get_by_label(&format!(
        "{number} images of class {row} taken for {column}"
    ));
    let kind = format!("of class {row}, taken for {column}");
    let images = harness.query_all_by_label_contains(&kind);
    let mistakes = &harness.state().run.training.as_ref().unwrap().mistakes;
    let kept = mistakes
        .iter()
        .filter(|mistake| [mistake.label, mistake.predicted].map(usize::from) == [row, column])
        .count();
    assert!(kept > 0 && kept <= number as usize);
    assert_eq!(images.count(), kept);
    harness.get_by_label("Show all mistakes").click();
    harness.run();
    picture(&mut harness, "mistakes-all");
    harness.get_by_label_contains("test images were taken for another class");
}

#[test]
fn the_confusion_matrix_is_saved_as_picture_and_as_numbers() {
    let mut harness = open(trained(events().len()));
    harness.get_by_label("Confusion").click();
    harness.run();
    harness.get_by_label("Export SVG").click();
    harness.run();
    check_xml(&harness.state().saved_text());
    harness.get_by_label("Export CSV").click();
    harness.run();
    let csv = harness.state().saved_text();
    let confusion = &harness.state().run.training.as_ref().unwrap().confusion;
    let row: Vec<String> = confusion[3].iter().map(u32::to_string).collect();
    assert!(
        csv.lines()
            .any(|line| line == format!("3,{}", row.join(","))),
        "{csv}"
    );
}

#[test]
fn the_parts_of_a_network_add_up_to_the_network() {
    for text in ["darts-v2", "nb201"] {
        let genotype = match text {
            "nb201" => cell(),
            name => Genotype::preset(name).unwrap(),
        };
        let mut train = Preset::Paper.train(genotype.space());
        train.layers = 7;
        let size = train.size([3, 32, 32], 10);
        let parts = count_stages(&genotype, &size).unwrap();
        let total = count_genotype(&genotype, &size).unwrap();
        assert_eq!(
            parts.iter().map(|part| part.count.parameters).sum::<u64>(),
            total.parameters
        );
        assert_eq!(
            parts
                .iter()
                .map(|part| part.count.multiply_adds)
                .sum::<u64>(),
            total.multiply_adds
        );
        assert_eq!(parts[0].name, "stem");
        assert_eq!(parts.last().unwrap().output, [10, 1, 1]);
        let reductions = parts
            .iter()
            .filter(|part| part.name.starts_with("reduction"))
            .count();
        let blocks = parts
            .iter()
            .filter(|part| part.name == "residual block")
            .count();
        assert_eq!(
            [reductions, blocks],
            if text == "nb201" { [0, 2] } else { [2, 0] }
        );
    }
}

#[test]
fn the_size_of_every_part_is_listed() {
    let mut harness = open(trained(events().len()));
    harness.get_by_label("Size").click();
    harness.run();
    picture(&mut harness, "size");
    for part in ["stem", "cell 1", "cell 3", "head"] {
        harness.get_by_label(part);
    }
    assert_eq!(harness.query_all_by_label("residual block").count(), 2);
    harness.get_by_label("Export CSV").click();
    harness.run();
    let csv = harness.state().saved_text();
    let training = harness.state().run.training.as_ref().unwrap();
    let sum: u64 = csv
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(4).unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(sum, training.parameters);
}

#[test]
fn the_confusion_matrix_names_every_class_whole_and_apart_from_the_others() {
    let mut run = trained(events().len());
    // Digits have figures for names, clothes have words.
    run.dataset.as_mut().unwrap().name = "fashion".into();
    let classes = plateau::data::Dataset::load("fashion").unwrap().classes;
    let mut harness = open(run);
    harness.get_by_label("Confusion").click();
    harness.run();
    let clothes =
        |text: &&egui::epaint::TextShape| classes.iter().any(|one| one == text.galley.text());
    let shapes: Vec<_> = painted(harness.output()).into_iter().collect();
    let texts = shapes.iter().filter_map(|(clip, shape)| match shape {
        egui::Shape::Text(text) => Some((clip, text)),
        _ => None,
    });
    let named: Vec<_> = texts.filter(|(_, text)| clothes(text)).collect();
    // Once beside its row and once above its column.
    assert_eq!(named.len(), 2 * classes.len());
    let places: Vec<egui::Rect> = named
        .iter()
        .map(|(clip, text)| {
            assert!(!text.galley.elided);
            let place = text.visual_bounding_rect();
            assert!(
                clip.expand(1.0).contains_rect(place),
                "{}",
                text.galley.text()
            );
            place
        })
        .collect();
    for (index, one) in places.iter().enumerate() {
        for other in &places[index + 1..] {
            assert!(!one.shrink(1.0).intersects(other.shrink(1.0)));
        }
    }
    harness.get_by_label("Export SVG").click();
    harness.run();
    let svg = harness.state().saved_text();
    check_xml(&svg);
    assert_eq!(svg.matches("rotate(-90)").count(), classes.len());
}
