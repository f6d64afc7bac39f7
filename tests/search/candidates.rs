//! Searches among fewer candidates: what is none has no weight, moves nothing and is not computed.

use burn::tensor::{Device, Int, Tensor, TensorData, activation::softmax};
use plateau::data::Batch;
use plateau::forecast::Forecast;
use plateau::kernels::Memory;
use plateau::kernels::graph::Size;
use plateau::nn::{Packing, Supernet};
use plateau::search::Strategy;
use plateau::search::na_darts::{Draw, Representation, draw_neighbors_among, neighbor_maps_among};
use plateau::search::objective::{Evaluated, Network, Point, Wanted, evaluate, mixing_weights};
use plateau::search::relaxation::Relaxation;
use plateau::search::sdarts::perturbed;
use plateau::session::{Event, Preset, RunConfig, RunKind, run_blocking};
use plateau::space::{Allowed, Candidates, Macro, NO_CANDIDATE, Space, count_supernet_among};
use pollster::block_on;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::support::runs::on_digits;
use crate::support::supernet::{computed, values, vector};

const SIZE: Macro = Macro {
    channels: 2,
    layers: 3,
    classes: 3,
    image_channels: 1,
    height: 8,
    width: 8,
    auxiliary: false,
    imagenet_stem: false,
};

fn allowed(text: &str, space: Space) -> Allowed {
    let candidates: Candidates = text.parse().unwrap();
    candidates.allowed(space).unwrap()
}

/// α with the numbers of a search for candidates.
fn alpha(allowed: &Allowed) -> Tensor<3> {
    let space = allowed.space();
    let flags = allowed.flags().into_iter().enumerate();
    let values: Vec<f32> = flags
        .map(|(i, flag)| match flag {
            true => (i * 31 % 19) as f32 / 9.0 - 1.0,
            false => NO_CANDIDATE,
        })
        .collect();
    let kinds = space.cell_kinds().len();
    vector(
        &values,
        [kinds, space.edges().len(), space.operations().len()],
    )
}

fn batch() -> Batch {
    let pixels: Vec<f32> = (0..6 * 64)
        .map(|i| ((i * 37 % 101) as f32) / 50.0 - 1.0)
        .collect();
    let labels = TensorData::new(vec![0_i32, 1, 2, 0, 1, 2], [6]);
    Batch {
        images: vector(&pixels, [6, 1, 8, 8]),
        labels: Tensor::<1, Int>::from_ints(labels, &Device::flex()),
    }
}

/// Loss and gradients through a supernet.
fn passed(network: &Network, alpha: &Tensor<3>) -> Evaluated {
    let weights = network
        .supernet
        .layout()
        .initial_weights(4, &Device::flex());
    let point = Point {
        weights: &weights,
        alpha,
        relaxation: &Relaxation::Softmax { temperature: 0.7 },
    };
    let both = Wanted {
        alpha: true,
        weights: true,
    };
    block_on(evaluate(network, point, None, &batch(), both)).unwrap()
}

#[test]
fn a_masked_supernet_is_the_whole_one_with_no_weight_on_what_is_no_candidate() {
    for (text, space) in [
        ("S1", Space::Darts),
        ("S3", Space::Darts),
        ("normal/0:none,skip_connect;reduction/4:none", Space::Darts),
        (
            "none,nor_conv_1x1;normal/2:none;normal/0:avg_pool_3x3",
            Space::NasBench201,
        ),
    ] {
        let mask = allowed(text, space);
        let alpha = alpha(&mask);
        let near = |one: &[f32], other: &[f32], share: f32| {
            let scale = one
                .iter()
                .fold(0.0_f32, |most, value| most.max(value.abs()));
            let mut pairs = one.iter().zip(other);
            scale > 0.0 && pairs.all(|(a, b)| (a - b).abs() <= share * scale)
        };
        let whole = passed(&Network::new(space, &SIZE, None).unwrap(), &alpha);
        let [loss, by_alpha, by_weights] = [
            values(whole.losses),
            values(whole.alpha.unwrap()),
            values(whole.weights.unwrap()),
        ];
        // Rounding may decide on a ReLU where kernels differ.
        for (fused, share) in [(None, 1e-5), (Some(Memory::Keep), 2e-2)] {
            let part = passed(&Network::among(mask, &SIZE, fused).unwrap(), &alpha);
            let losses = values(part.losses);
            assert!(near(&loss, &losses, 1e-4), "{text} {fused:?}");
            let gradient = values(part.alpha.unwrap());
            assert!(near(&by_alpha, &gradient, share), "{text} {fused:?}");
            for (value, flag) in gradient.iter().zip(mask.flags()) {
                assert!(flag || *value == 0.0, "{text} {fused:?}");
            }
            let gradient = values(part.weights.unwrap());
            assert!(near(&by_weights, &gradient, share), "{text} {fused:?}");
        }
    }
}

#[test]
fn only_candidates_are_computed() {
    let mask = allowed("S2", Space::Darts);
    // As a graph: 2 pre-processed inputs a cell, a separable convolution of two halves on each of 14 edges, and in the two reduction cells a
    // factorised reduce on each of the 8 edges that leave an input.
    let size = Size {
        channels: 6,
        height: 8,
        width: 8,
    };
    let plan = |mask| {
        Supernet::new(Space::Darts, &SIZE, Packing::Body)
            .unwrap()
            .with_candidates(mask)
    };
    let cell = 2 + 14 * 2;
    assert_eq!(plan(mask).units(size), 3 * cell + 2 * 8);
    // Two more convolutions with dilation, a second separable one, and two poolings of 5 states.
    let whole = cell + 14 * 4 + 2 * 5;
    assert_eq!(
        plan(Allowed::all(Space::Darts)).units(size),
        3 * whole + 2 * 8
    );

    // Of stock operations: the multiply-adds while one image passes through.
    let supernet = Supernet::new(Space::Darts, &SIZE, Packing::Entries)
        .unwrap()
        .with_candidates(mask);
    let mix = softmax(alpha(&mask), 2).autodiff();
    let mix = [0, 1].map(|kind| mix.clone().narrow(0, kind, 1));
    let counted = count_supernet_among(&mask, &SIZE).unwrap();
    assert_eq!(computed(&supernet, &SIZE, &mix), counted.multiply_adds);
    let all = count_supernet_among(&Allowed::all(Space::Darts), &SIZE).unwrap();
    assert_eq!(counted.parameters, all.parameters, "all keep their places");
    assert!(2 * counted.multiply_adds < all.multiply_adds);
}

#[test]
fn the_forecast_of_a_restricted_space_is_lower() {
    let size = Macro {
        channels: 16,
        layers: 8,
        ..SIZE
    };
    let bytes = |text, gpu| {
        let mask = allowed(text, Space::Darts);
        let forecast = Forecast::among(&mask, &size, 64, 0, Some(Memory::Keep), gpu);
        forecast.unwrap().bytes(1)
    };
    for gpu in [false, true] {
        assert!(bytes("S2", gpu) < bytes("all", gpu));
        // Seven of eight operations need nearly all.
        let most =
            "none,max_pool_3x3,avg_pool_3x3,sep_conv_3x3,sep_conv_5x5,dil_conv_3x3,dil_conv_5x5";
        assert!(bytes("S3", gpu) < bytes(most, gpu));
    }
}

#[test]
fn neighbors_and_perturbations_of_alpha_give_no_weight_to_what_is_no_candidate() {
    let mask = allowed("S3", Space::Darts);
    let beta = softmax(alpha(&mask), 2);
    let own = values(beta.clone());
    let flags = mask.flags();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let shifted = |edge, operation, shift| mask.shifted(edge, operation, shift);
    let sound = |lane: &[f32]| {
        for (row, flags) in lane.chunks(8).zip(flags.chunks(8)) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{row:?}");
            assert!(
                row.iter()
                    .zip(flags)
                    .all(|(&value, &flag)| flag || value == 0.0)
            );
        }
    };
    for draw in [Draw::Ball, Draw::Antithetic, Draw::Edge] {
        let radius = if draw == Draw::Edge { 1 } else { 2 };
        let drawn = draw_neighbors_among(draw, &mask.counts(), radius, 9, &mut rng).unwrap();
        assert_eq!(drawn.len(), 9);
        for representation in [
            Representation::Permutation,
            Representation::MassTransfer { share: 0.5 },
            Representation::HardReplacement,
        ] {
            let maps = neighbor_maps_among(representation, &beta, &drawn, shifted);
            let mix = mixing_weights(beta.clone(), Some(&maps));
            // [lanes, edges of both cells, operations].
            let mix = values(Tensor::cat(mix, 1));
            for (lane, changes) in mix.chunks(2 * 14 * 8).skip(1).zip(&drawn) {
                sound(lane);
                for &(edge, shift) in changes {
                    assert!((1..3).contains(&shift), "of three candidates");
                    let [one, other] = [lane, &own].map(|all| &all[edge * 8..edge * 8 + 8]);
                    assert_ne!(one, other);
                }
            }
        }
    }
    for epsilon in [0.03, 1.0] {
        let maps = perturbed(&beta, epsilon, &flags, &mut rng);
        let mix = mixing_weights(beta.clone(), Some(&maps));
        sound(&values(Tensor::cat(mix, 1)));
    }
}

fn tiny(strategy: Strategy, candidates: &str) -> RunConfig {
    let mut search = Preset::Quick.search(Space::Darts, strategy);
    (search.channels, search.layers, search.epochs) = (4, 2, 2);
    (search.batch, search.neighbors) = (90, 2);
    search.candidates = candidates.parse().unwrap();
    let train = Preset::Quick.train(Space::Darts);
    RunConfig {
        test_share: 0.8,
        kind: RunKind::SearchOnly,
        ..on_digits(Some(search), train)
    }
}

#[test]
fn a_search_in_a_restricted_space_never_weighs_or_finds_another_operation() {
    let mask = allowed("S2", Space::Darts);
    for strategy in Strategy::ALL {
        let events = run_blocking(&tiny(strategy, "S2"));
        assert_eq!(events.last(), Some(&Event::Finished), "{strategy}");
        let (mut steps, mut found) = (0, 0);
        for event in &events {
            match event {
                Event::SearchStep(step) => {
                    steps += 1;
                    let alpha = step.alpha.iter().flatten().flatten();
                    for (&value, flag) in alpha.zip(mask.flags()) {
                        match flag {
                            true => assert!(value.abs() < 10.0, "{strategy}: {value}"),
                            false => assert_eq!(value, NO_CANDIDATE, "{strategy}"),
                        }
                    }
                    assert!(step.entropy <= 2_f32.ln() + 1e-5, "{strategy}");
                }
                Event::SearchEpoch { genotype, .. } | Event::Derived { genotype } => {
                    found += 1;
                    assert!(genotype.is_among(&mask), "{strategy}");
                }
                _ => {}
            }
        }
        assert_eq!(steps > 0, strategy != Strategy::Random);
        assert!(found > 0, "{strategy}");
    }
}

#[test]
fn candidates_that_are_all_of_the_space_change_no_bit() {
    let names: Vec<&str> = Space::Darts
        .operations()
        .iter()
        .map(|operation| operation.name())
        .collect();
    for strategy in [
        Strategy::NaDarts,
        Strategy::SdartsRs,
        Strategy::Rsps,
        Strategy::Random,
    ] {
        let [none, all] = ["all", &names.join(",")].map(|text| run_blocking(&tiny(strategy, text)));
        assert!(none.len() > 2);
        // The first says the settings.
        assert_eq!(none[1..], all[1..], "{strategy}");
    }
}

#[test]
fn an_edge_with_one_candidate_is_not_searched() {
    let mut config = tiny(Strategy::NaDarts, "S2");
    let search = config.search.as_mut().unwrap();
    search.candidates =
        "normal:skip_connect;reduction:sep_conv_3x3;normal/4:sep_conv_3x3,skip_connect"
            .parse()
            .unwrap();
    search.draw = Draw::Ball;
    let events = run_blocking(&config);
    let mut neighbors = 0;
    for event in &events {
        if let Event::SearchStep(step) = event {
            // The one other choice on the one edge that has two.
            assert!(step.neighbors.iter().all(|changes| *changes == [(4, 1)]));
            neighbors += step.neighbors.len();
        }
    }
    assert!(neighbors > 0);
}
