//! Trained networks for other programs: what is in the files, and the answers of the programs themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use burn::tensor::Device;
use plateau::data::Normalisation;
use plateau::export::{Plan, onnx, pytorch};
use plateau::nn::DerivedNetwork;
use plateau::session::{HostTensor, NetworkDescription, NetworkError, Predictor, TrainedNetwork};
use plateau::space::{Cell, Genotype, Input, Operation, Space};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::folder::folder;
use crate::support::peers;
use crate::support::protobuf::{Field, parse};

/// A cell from what its nodes read, such as `sep_conv_3x3 0, max_pool_3x3 1`.
fn cell(space: Space, nodes: &[&str]) -> Cell {
    let input = |text: &str| {
        let (operation, from) = text.trim().split_once(' ').unwrap();
        Input {
            from: from.parse().unwrap(),
            operation: Operation::from_name(operation).unwrap(),
        }
    };
    let nodes = nodes
        .iter()
        .map(|node| node.split(',').map(input).collect());
    Cell::new(space, nodes.collect())
}

/// Every operation of DARTS, at both strides where it has both; a node that the output leaves out and a state that nobody reads.
fn darts() -> Genotype {
    let normal = [
        "sep_conv_3x3 0, sep_conv_5x5 1",
        "dil_conv_3x3 0, dil_conv_5x5 2",
        "max_pool_3x3 1, avg_pool_3x3 0",
        "skip_connect 3, skip_connect 2",
    ];
    let reduction = [
        "skip_connect 0, max_pool_3x3 1",
        "avg_pool_3x3 0, dil_conv_3x3 1",
        "sep_conv_3x3 1, dil_conv_5x5 0",
        "sep_conv_5x5 1, skip_connect 3",
    ];
    let [mut normal, reduction] = [normal, reduction].map(|nodes| cell(Space::Darts, &nodes));
    normal.concat = vec![2, 3, 5];
    Genotype::new(Space::Darts, vec![normal, reduction]).unwrap()
}

/// Every operation of NAS-Bench-201, and a node that is zero.
fn nas_bench_201() -> Genotype {
    let nodes = [
        "nor_conv_3x3 0",
        "none 0, none 1",
        "nor_conv_1x1 0, avg_pool_3x3 1, skip_connect 2",
    ];
    let cells = vec![cell(Space::NasBench201, &nodes)];
    Genotype::new(Space::NasBench201, cells).unwrap()
}

fn small() -> Genotype {
    let nodes = ["skip_connect 0", "none 0, nor_conv_3x3 1"];
    let cells = vec![cell(Space::NasBench201Small, &nodes)];
    Genotype::new(Space::NasBench201Small, cells).unwrap()
}

/// A network with weights and statistics as they might be after training.
fn network(
    genotype: Genotype,
    layers: usize,
    input: [usize; 3],
    imagenet_stem: bool,
) -> TrainedNetwork {
    let by_channel = |first: f32| {
        (0..input[0])
            .map(|channel| first + channel as f32)
            .collect()
    };
    let description = NetworkDescription {
        plateau: "0.1.0".into(),
        space: genotype.space(),
        genotype,
        channels: 4,
        layers,
        input,
        imagenet_stem,
        auxiliary_head_left_out: false,
        normalisation: Normalisation {
            mean: by_channel(120.5),
            deviation: by_channel(60.25),
        },
        white: 255,
        classes: ["heron", "kingfisher", "dipper"].map(str::to_owned).into(),
        dataset: "birds".into(),
    };
    let derived = DerivedNetwork::new(&description.genotype, &description.size(), false).unwrap();
    let layout = derived.layout();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let named = layout.named_weights().chain(layout.named_statistics());
    let tensors = named.map(|(name, shape)| {
        let fan_in: usize = shape[1..].iter().product();
        let [least, most] = match name.rsplit('.').next().unwrap() {
            "variance" => [0.5, 1.5],
            "scale" => [0.8, 1.2],
            "mean" | "shift" | "bias" => [-0.3, 0.3],
            _ => [-1.0, 1.0].map(|bound: f32| bound * (3.0 / fan_in as f32).sqrt()),
        };
        let length: usize = shape.iter().product();
        let values = (0..length).map(|_| rng.random_range(least..most));
        let mut values: Vec<f32> = values.collect();
        // The first channel hardly varies: what is added to the variance counts.
        match name.rsplit('.').next().unwrap() {
            "variance" => values[0] = rng.random_range(1e-6..1e-4),
            "scale" => values[0] = 0.005,
            _ => {}
        }
        (name, HostTensor { shape, values })
    });
    TrainedNetwork {
        tensors: tensors.collect(),
        description,
    }
}

/// Both spaces, grey and colour, sizes that are even and odd, both stems.
fn networks() -> Vec<(&'static str, TrainedNetwork)> {
    vec![
        ("darts-grey", network(darts(), 4, [1, 8, 8], false)),
        ("darts-colour", network(darts(), 4, [3, 9, 7], false)),
        ("darts-imagenet", network(darts(), 3, [3, 33, 32], true)),
        ("nb201-grey", network(nas_bench_201(), 1, [1, 8, 8], false)),
        (
            "nb201-colour",
            network(nas_bench_201(), 2, [3, 7, 9], false),
        ),
        ("small-colour", network(small(), 1, [3, 8, 8], false)),
    ]
}

/// Five images, and what the program itself says of them.
fn answers(network: &TrainedNetwork) -> (Vec<u8>, Vec<f32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let volume: usize = network.description.input.iter().product();
    let pixels: Vec<u8> = (0..5 * volume).map(|_| rng.random()).collect();
    let predictor = Predictor::new(network, &Device::flex()).unwrap();
    let logits = pollster::block_on(predictor.logits(&pixels)).unwrap();
    (pixels, logits.concat())
}

/// Has another program answer for networks whose exported files `export` names.
fn hold_against(kind: &str, export: impl Fn(&TrainedNetwork) -> Vec<(&'static str, Vec<u8>)>) {
    let folder = folder(&format!("exported-{kind}"));
    let networks = networks();
    for (name, network) in &networks {
        let case = folder.join(name);
        fs::create_dir_all(&case).unwrap();
        let (pixels, logits) = answers(network);
        let logits = logits
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let mut files = export(network);
        files.extend([("pixels.bin", pixels), ("logits.bin", logits)]);
        for (name, bytes) in files {
            fs::write(case.join(name), bytes).unwrap();
        }
    }
    let output = peers::python()
        .args([
            Path::new("tests/peers/answers.py"),
            Path::new(kind),
            &folder,
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{failed}");
    assert_eq!(said.lines().count(), networks.len(), "{said}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_onnx_file_gives_the_same_answers_by_the_real_onnxruntime() {
    hold_against("onnx", |network| {
        vec![
            ("model.onnx", onnx(network, false).unwrap()),
            ("raw.onnx", onnx(network, true).unwrap()),
        ]
    });
}

#[test]
fn the_files_for_pytorch_give_the_same_answers_by_the_real_pytorch() {
    hold_against("pytorch", |network| pytorch(network).unwrap().into());
}

#[test]
fn an_export_asks_for_every_tensor_of_a_network_and_for_no_other() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    for space in Space::ALL {
        for round in 0..40 {
            let stem = round % 2 == 1;
            let genotype = Genotype::random(space, &mut rng);
            let network = network(genotype, round % 5 + 1, [3, 8, 8], stem);
            let plan = Plan::of(&network.description).unwrap();
            let asked: Vec<_> = plan.tensors().map(|t| (&t.ours, &t.shape)).collect();
            let unlike: BTreeMap<_, _> = asked.iter().copied().collect();
            assert_eq!(asked.len(), unlike.len(), "a tensor is asked for twice");
            let there: BTreeMap<_, _> = network
                .tensors
                .iter()
                .map(|(name, t)| (name, &t.shape))
                .collect();
            assert_eq!(unlike, there, "{:?}", network.description);
        }
    }
}

#[test]
fn an_onnx_file_reads_only_what_is_there_and_has_nothing_that_is_not_read() {
    for (name, network) in networks() {
        let model = parse(&onnx(&network, false).unwrap());
        let [Field::Bytes(opset)] = &model[&8][..] else {
            panic!("{name}: not one set of operators")
        };
        assert_eq!(parse(opset)[&2], [Field::Number(17)], "{name}");
        let graph = parse(model[&7][0].bytes());
        let named = |field: u32, name: u32| -> Vec<String> {
            let messages = graph[&field].iter();
            messages
                .map(|message| parse(message.bytes())[&name][0].text())
                .collect()
        };
        let tensors = named(5, 8);
        let mut known: BTreeSet<String> = named(11, 1).into_iter().chain(tensors.clone()).collect();
        assert_eq!(
            known.len(),
            tensors.len() + 1,
            "{name}: a tensor is there twice"
        );
        let mut read = BTreeSet::new();
        let mut places = BTreeSet::new();
        for node in &graph[&1] {
            let node = parse(node.bytes());
            for input in node[&1].iter().map(Field::text) {
                assert!(
                    known.contains(&input),
                    "{name}: {input} is read before it is there"
                );
                read.insert(input);
            }
            let [output, place] = [2, 3].map(|field| node[&field][0].text());
            assert!(
                known.insert(output.clone()),
                "{name}: {output} is made twice"
            );
            assert!(
                places.insert(place.clone()),
                "{name}: two layers are called {place}"
            );
        }
        let made_of = known.difference(&read).collect::<Vec<_>>();
        assert_eq!(made_of, ["logits"], "{name}: nobody reads that");
        if name.starts_with("darts") {
            let place = "cell0/node2/sep_conv_3x3/from0/first/depthwise";
            assert!(places.contains(place), "{places:?}");
        }
    }
}

#[test]
fn the_weights_for_pytorch_are_called_as_in_the_code_of_the_spaces_authors() {
    let names = |network: &TrainedNetwork| -> BTreeSet<String> {
        let files = pytorch(network).unwrap();
        let (_, bytes) = files
            .iter()
            .find(|(name, _)| *name == "weights.safetensors")
            .unwrap();
        let tensors = safetensors::SafeTensors::deserialize(bytes).unwrap();
        tensors
            .names()
            .iter()
            .map(|name| name.to_string())
            .collect()
    };
    let darts_names = names(&network(darts(), 3, [3, 8, 8], false));
    let imagenet_names = names(&network(darts(), 3, [3, 33, 32], true));
    let nas_bench_names = names(&network(nas_bench_201(), 1, [3, 8, 8], false));
    // The depthwise convolution of the first half of a separable one, a factorized reduction, the classifier …
    for name in [
        "stem.0.weight",
        "stem.1.running_var",
        "cells.0.preprocess0.op.1.weight",
        "cells.0._ops.0.op.1.weight",
        "cells.0._ops.0.op.7.bias",
        "cells.1._ops.0.conv_2.weight",
        "cells.2.preprocess0.bn.running_mean",
        "classifier.bias",
    ] {
        assert!(darts_names.contains(name), "{name}: {darts_names:?}");
    }
    for name in [
        "stem0.3.weight",
        "stem0.4.bias",
        "stem1.1.weight",
        "stem1.2.weight",
    ] {
        assert!(imagenet_names.contains(name), "{name}: {imagenet_names:?}");
    }
    for name in [
        "cells.0.layers.0.op.1.weight",
        "cells.0.layers.3.op.2.running_mean",
        "cells.1.conv_b.op.1.weight",
        "cells.1.downsample.1.weight",
        "lastact.0.weight",
    ] {
        assert!(
            nas_bench_names.contains(name),
            "{name}: {nas_bench_names:?}"
        );
    }
}

#[test]
fn a_network_whose_weights_do_not_fit_its_genotype_is_not_exported() {
    let mut network = network(darts(), 2, [1, 8, 8], false);
    let name = "cells.1.preprocess1.norm.mean";
    network.tensors.remove(name).unwrap();
    let missing = NetworkError::Fit(format!("{name} is missing"));
    assert_eq!(onnx(&network, false), Err(missing));
    assert!(matches!(pytorch(&network), Err(NetworkError::Fit(_))));
}
