//! What a run has trained is kept, and says of images what the run's own test says.

use std::fs;
use std::sync::Arc;

use plateau::data::{Dataset, hand_over};
use plateau::record::{NETWORK_FILE, Recorder, load_network};
use plateau::session::{
    Checkpoint, CheckpointEvery, DeviceChoice, Event, NetworkError, Predictor, Preset, RunConfig,
    Start, Timed, TrainedNetwork, device, likeliest, probabilities, run_blocking_from,
};
use plateau::space::{Genotype, Space, count_genotype};
use sha2::{Digest, Sha256};

use crate::support::folder::folder;
use crate::support::runs::on_digits;

/// Images behind this one are the test.
const TRAINED_ON: usize = 200;
const IMAGES: usize = 300;

/// Some digits with an official test part, `scale` times as large, grey or in three planes that differ.
fn digits(name: &str, colours: bool, scale: usize) -> Arc<Dataset> {
    let grey = Dataset::load("digits").unwrap();
    let mut images = Vec::new();
    for image in grey.images.chunks_exact(64).take(IMAGES) {
        let mut plane = |change: fn(u8) -> u8| {
            for row in 0..8 * scale {
                let row = &image[row / scale * 8..][..8];
                images.extend((0..8 * scale).map(|column| change(row[column / scale])));
            }
        };
        plane(|pixel| pixel);
        if colours {
            plane(|pixel| 16 - pixel);
            plane(|pixel| pixel / 2);
        }
    }
    let dataset = Arc::new(Dataset {
        name: name.into(),
        images,
        labels: grey.labels[..IMAGES].to_vec(),
        channels: if colours { 3 } else { 1 },
        height: 8 * scale,
        width: 8 * scale,
        test_from: Some(TRAINED_ON),
        ..grey
    });
    hand_over(name, dataset.clone());
    dataset
}

fn cell(space: Space) -> Genotype {
    match space {
        Space::Darts => Genotype::preset("darts-v1").unwrap(),
        _ => Genotype::parse(
            "|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|none~1|avg_pool_3x3~2|",
        )
        .unwrap(),
    }
}

/// A name and the shape that belongs to it.
type Shaped = (&'static str, &'static [usize]);

/// A training of a few steps.
fn training(space: Space, dataset: &str) -> RunConfig {
    let mut train = Preset::Quick.train(space);
    (train.channels, train.epochs, train.batch) = (4, 2, 50);
    train.layers = if space == Space::Darts { 3 } else { 1 };
    train.auxiliary_weight = 0.0;
    RunConfig {
        dataset: dataset.into(),
        genotype: Some(cell(space)),
        ..on_digits(None, train)
    }
}

/// What a run says that keeps what it trains.
fn said(config: &RunConfig, from: Option<Checkpoint>) -> Vec<Event> {
    let events = run_blocking_from(&Start {
        checkpoints: Some(CheckpointEvery::Steps(3)),
        from,
        ..Start::new(config.clone())
    });
    assert_eq!(events.last(), Some(&Event::Finished));
    events
}

fn network_of(events: &[Event]) -> &TrainedNetwork {
    let mut networks = events.iter().filter_map(|event| match event {
        Event::Network { network } => Some(&**network),
        _ => None,
    });
    let network = networks.next().expect("the network is kept");
    assert!(networks.next().is_none());
    network
}

/// What a network says of the images of a data set from one on.
fn logits(network: &TrainedNetwork, dataset: &Dataset, from: usize) -> Vec<Vec<f32>> {
    let opened = pollster::block_on(device::open(DeviceChoice::Cpu)).unwrap();
    let predictor = Predictor::new(network, &opened.device).unwrap();
    let images = &dataset.images[from * dataset.volume()..];
    pollster::block_on(predictor.logits(images)).unwrap()
}

fn check_against_the_test(events: &[Event], dataset: &Dataset) {
    let network = network_of(events);
    let read = TrainedNetwork::from_bytes(&network.to_bytes().unwrap()).unwrap();
    assert_eq!(read, *network);
    let classes = dataset.classes.len();
    let mut confusion = vec![vec![0; classes]; classes];
    let (mut right, mut loss) = (0, 0.0);
    let answers = logits(&read, dataset, TRAINED_ON);
    let labels = &dataset.labels[TRAINED_ON..];
    assert_eq!(answers.len(), labels.len());
    for (logits, &label) in answers.iter().zip(labels) {
        let probabilities = probabilities(logits);
        let [(chosen, _)] = likeliest(&probabilities, 1)[..] else {
            panic!("a class");
        };
        confusion[usize::from(label)][chosen] += 1;
        right += usize::from(chosen == usize::from(label));
        loss -= probabilities[usize::from(label)].ln();
    }
    let count = labels.len() as f64;
    let tested = events.iter().find_map(|event| match event {
        Event::Tested { loss, accuracy, .. } => Some((*loss, *accuracy)),
        _ => None,
    });
    let (said_loss, said_accuracy) = tested.unwrap();
    assert_eq!(right as f64 / count, said_accuracy);
    assert!((loss / count - f64::from(said_loss)).abs() < 1e-4);
    let said = events.iter().find_map(|event| match event {
        Event::Predicted { confusion, .. } => Some(confusion),
        _ => None,
    });
    assert_eq!(Some(&confusion), said);
}

#[test]
fn a_kept_network_says_what_the_test_of_its_run_said_in_both_spaces_grey_and_in_colours() {
    for colours in [false, true] {
        let name = if colours { "coloured" } else { "grey" };
        let dataset = digits(name, colours, 1);
        for space in [Space::Darts, Space::NasBench201] {
            let events = said(&training(space, name), None);
            check_against_the_test(&events, &dataset);
            let description = &network_of(&events).description;
            assert_eq!(description.classes, dataset.classes);
            assert_eq!(description.white, 16);
            assert!(!description.auxiliary_head_left_out);
        }
    }
}

#[test]
fn an_auxiliary_head_is_left_out_of_the_kept_network() {
    let dataset = digits("large", false, 4);
    let mut config = training(Space::Darts, "large");
    (config.train.epochs, config.train.batch) = (1, 100);
    config.train.auxiliary_weight = 0.4;
    let events = said(&config, None);
    let network = network_of(&events);
    assert!(network.description.auxiliary_head_left_out);
    assert!(network.tensors.keys().all(|name| !name.contains("aux")));
    check_against_the_test(&events, &dataset);
}

#[test]
fn the_names_of_weights_say_where_they_are_and_are_all_of_them() {
    digits("grey", false, 1);
    let expected: [(Space, &[Shaped]); 2] = [
        (
            Space::Darts,
            &[
                ("stem.weight", &[12, 1, 3, 3]),
                ("stem.norm.scale", &[12]),
                ("cells.0.preprocess1.weight", &[4, 12, 1, 1]),
                ("cells.0.preprocess1.norm.mean", &[4]),
                ("cells.2.preprocess0.first.weight", &[8, 16, 1, 1]),
                ("cells.2.preprocess0.second.weight", &[8, 16, 1, 1]),
                ("cells.2.preprocess0.norm.variance", &[16]),
                (
                    "cells.0.nodes.0.input0.sep_conv_3x3.first.depthwise.weight",
                    &[4, 1, 3, 3],
                ),
                (
                    "cells.0.nodes.0.input1.sep_conv_3x3.second.pointwise.weight",
                    &[4, 4, 1, 1],
                ),
                (
                    "cells.0.nodes.0.input1.sep_conv_3x3.second.norm.shift",
                    &[4],
                ),
                ("classifier.weight", &[10, 64]),
                ("classifier.bias", &[10]),
            ],
        ),
        (
            Space::NasBench201,
            &[
                ("stem.weight", &[4, 1, 3, 3]),
                ("cells.0.nodes.1.input0.nor_conv_1x1.weight", &[4, 4, 1, 1]),
                ("cells.2.nodes.1.input1.nor_conv_3x3.weight", &[8, 8, 3, 3]),
                ("cells.2.nodes.1.input1.nor_conv_3x3.norm.mean", &[8]),
                ("cells.1.first.weight", &[8, 4, 3, 3]),
                ("cells.1.second.norm.variance", &[8]),
                ("cells.1.shortcut.weight", &[8, 4, 1, 1]),
                ("last.norm.scale", &[16]),
                ("classifier.weight", &[10, 16]),
            ],
        ),
    ];
    for (space, names) in expected {
        let mut config = training(space, "grey");
        (config.train.epochs, config.train.batch) = (1, 200);
        let events = said(&config, None);
        let network = network_of(&events);
        for (name, shape) in names {
            let values = network.tensor(name, shape).unwrap();
            assert_eq!(values.len(), shape.iter().product::<usize>(), "{name}");
        }
        let learned = network
            .tensors
            .iter()
            .filter(|(name, _)| !name.ends_with(".norm.mean") && !name.ends_with(".norm.variance"));
        let learned: usize = learned.map(|(_, tensor)| tensor.values.len()).sum();
        let description = &network.description;
        let count = count_genotype(&description.genotype, &description.size()).unwrap();
        assert_eq!(learned as u64, count.parameters);
    }
}

/// A small network, of which tests take copies.
fn small() -> TrainedNetwork {
    digits("grey", false, 1);
    let mut config = training(Space::NasBench201, "grey");
    (config.train.epochs, config.train.batch) = (1, 200);
    network_of(&said(&config, None)).clone()
}

/// The file with a text in the place of another of the same length, and a sum that fits.
fn resealed(bytes: &[u8], old: &str, new: &str) -> Vec<u8> {
    let at = |bytes: &[u8], text: &str| {
        let mut windows = bytes.windows(text.len());
        windows.position(|part| part == text.as_bytes()).unwrap()
    };
    let mut bytes = bytes.to_vec();
    let place = at(&bytes, old);
    bytes[place..place + old.len()].copy_from_slice(new.as_bytes());
    let key = "sha256\\\":\\\"";
    let digits = at(&bytes, key) + key.len();
    bytes[digits..digits + 64].fill(b'0');
    let sum = format!("{:x}", Sha256::digest(&bytes));
    bytes[digits..digits + 64].copy_from_slice(sum.as_bytes());
    bytes
}

#[test]
fn a_kept_network_that_was_cut_changed_or_is_of_another_version_is_refused_in_one_line() {
    let network = small();
    let bytes = network.to_bytes().unwrap();
    assert_eq!(bytes, network.to_bytes().unwrap(), "the same bytes again");
    for place in (0..bytes.len()).step_by(bytes.len() / 300) {
        let mut changed = bytes.clone();
        changed[place] ^= 4;
        let error = TrainedNetwork::from_bytes(&changed).unwrap_err();
        assert!(!error.to_string().contains('\n'), "{error}");
        let error = TrainedNetwork::from_bytes(&bytes[..place]).unwrap_err();
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(
        TrainedNetwork::from_bytes(&changed),
        Err(NetworkError::Damaged)
    );
    let key = "\\\"version\\\":";
    let newer = resealed(&bytes, &format!("{key}1,"), &format!("{key}2,"));
    assert_eq!(
        TrainedNetwork::from_bytes(&newer),
        Err(NetworkError::Version { found: 2 })
    );
    let mut infinite = network.clone();
    let values = &mut infinite.tensors.get_mut("stem.weight").unwrap().values;
    values[3] = f32::INFINITY;
    let error = TrainedNetwork::from_bytes(&infinite.to_bytes().unwrap()).unwrap_err();
    assert_eq!(error, NetworkError::NotFinite("stem.weight".into()));
    let mut negative = network.clone();
    let values = &mut negative
        .tensors
        .get_mut("last.norm.variance")
        .unwrap()
        .values;
    values[0] = -0.5;
    let error = TrainedNetwork::from_bytes(&negative.to_bytes().unwrap()).unwrap_err();
    let named = NetworkError::NegativeVariance("last.norm.variance".into());
    assert_eq!(error, named);
    let checkpoint = fs::read_dir("tests/fixtures/before/interrupted").unwrap();
    let paths = checkpoint.map(|entry| entry.unwrap().path());
    let path = paths
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "safetensors"));
    let error = TrainedNetwork::from_bytes(&fs::read(path.unwrap()).unwrap()).unwrap_err();
    assert!(error.to_string().contains("no network of Plateau in it"));
}

#[test]
fn a_kept_network_that_does_not_fit_its_genotype_is_refused_in_one_line() {
    let network = small();
    let opened = pollster::block_on(device::open(DeviceChoice::Cpu)).unwrap();
    let refused = |network: &TrainedNetwork, what: &str| {
        let read = TrainedNetwork::from_bytes(&network.to_bytes().unwrap());
        let error = match read {
            Ok(read) => match Predictor::new(&read, &opened.device) {
                Ok(_) => panic!("{what}: taken"),
                Err(error) => error.to_string(),
            },
            Err(error) => error.to_string(),
        };
        assert!(error.contains(what), "{error}");
        assert!(!error.contains('\n'), "{error}");
    };
    let mut other = network.clone();
    other.description.genotype = Genotype::parse(
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|none~1|avg_pool_3x3~2|",
    )
    .unwrap();
    refused(
        &other,
        "cells.0.nodes.1.input0.nor_conv_3x3.weight is missing",
    );
    let mut less = network.clone();
    less.description.genotype = Genotype::parse(
        "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|avg_pool_3x3~2|",
    )
    .unwrap();
    refused(&less, "tensors that its genotype does not have");
    let mut wider = network.clone();
    wider.description.channels = 8;
    refused(
        &wider,
        "has shape [4, 1, 3, 3], the genotype needs [8, 1, 3, 3]",
    );
    let mut darts = network.clone();
    darts.description.genotype = Genotype::preset("darts-v1").unwrap();
    refused(&darts, "its space is nas-bench-201");
    let mut coloured = network.clone();
    coloured.description.input[0] = 3;
    refused(&coloured, "its normalisation is not of 3 channels");
}

#[cfg(target_os = "linux")]
#[test]
fn a_network_that_does_not_fit_on_the_disk_loses_nothing_and_comes_with_the_resumed_run() {
    digits("grey", false, 1);
    let config = training(Space::NasBench201, "grey");
    let events = said(&config, None);
    let folder = folder("network-full");
    let mut recorder = Recorder::create(&folder).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.join(NETWORK_FILE)).unwrap();
    let timed = |event| Timed {
        seconds: 0.0,
        event,
    };
    let mut failed = None;
    for event in &events {
        failed = recorder.record(&timed(event.clone())).err();
        if failed.is_some() {
            break;
        }
    }
    let error = failed.expect("the disk is full").to_string();
    assert!(error.contains(NETWORK_FILE), "{error}");
    assert!(error.ends_with("free some space"), "{error}");
    assert!(!error.contains('\n'), "{error}");
    drop(recorder);
    assert!(folder.join("result.json").is_file());
    fs::remove_file(folder.join(NETWORK_FILE)).unwrap();
    let error = load_network(&folder).unwrap_err().to_string();
    assert!(error.contains("plateau train"), "{error}");

    let found = Recorder::interrupted(&folder).unwrap();
    let rest = said(&found.config, found.from);
    let mut recorder = found.tail.cut().unwrap();
    for event in rest {
        recorder.record(&timed(event)).unwrap();
    }
    let (file, network) = load_network(&folder).unwrap();
    assert_eq!(network, *network_of(&events));
    assert_eq!(
        fs::read(file).unwrap(),
        network_of(&events).to_bytes().unwrap()
    );
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_network_of_too_large_weights_says_so_and_not_a_class() {
    let dataset = digits("grey", false, 1);
    let mut network = small();
    for (name, tensor) in &mut network.tensors {
        if name.ends_with(".scale") {
            tensor.values.fill(f32::MAX);
        }
    }
    let opened = pollster::block_on(device::open(DeviceChoice::Cpu)).unwrap();
    let predictor = Predictor::new(&network, &opened.device).unwrap();
    let answer = pollster::block_on(predictor.logits(&dataset.images[..64]));
    let error = answer.unwrap_err().to_string();
    assert!(error.contains("not a number"), "{error}");
}
