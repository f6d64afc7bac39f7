//! Layout and size of networks, against the check values of `method.md` §9.1–9.3.

use plateau::space::{
    Count, Genotype, Macro, MacroError, Operation, Space, Stage, count_genotype, count_supernet,
    genotype_stages, macro_stages,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{preset, uniform_darts};

fn size(channels: usize, layers: usize) -> Macro {
    Macro {
        channels,
        layers,
        classes: 10,
        image_channels: 3,
        height: 32,
        width: 32,
        auxiliary: false,
        imagenet_stem: false,
    }
}

fn count(parameters: u64, multiply_adds: u64) -> Count {
    Count {
        parameters,
        multiply_adds,
    }
}

fn nb201(text: &str) -> Genotype {
    let text = text
        .replace("3x3", "nor_conv_3x3")
        .replace("avg", "avg_pool_3x3")
        .replace("skip", "skip_connect");
    Genotype::from_nb201_string(&text).unwrap()
}

const INDEX_9930: &str = "|3x3~0|+|3x3~0|3x3~1|+|skip~0|3x3~1|3x3~2|";

#[test]
fn the_darts_supernet_has_the_published_size() {
    let supernet = |channels, layers| count_supernet(Space::Darts, &size(channels, layers));
    assert_eq!(supernet(16, 8), Ok(count(1_930_618, 300_255_744)));
    assert_eq!(supernet(4, 3), Ok(count(72_854, 15_483_520)));
    assert_eq!(supernet(4, 5), Ok(count(136_182, 22_884_992)));
    assert_eq!(supernet(8, 5), Ok(count(394_210, 61_629_696)));
    assert_eq!(supernet(8, 8), Ok(count(597_890, 100_254_976)));
    assert_eq!(supernet(16, 5), Ok(count(1_275_834, 186_698_240)));
    let hundred = Macro {
        classes: 100,
        ..size(16, 8)
    };
    let counted = count_supernet(Space::Darts, &hundred).unwrap();
    assert_eq!(counted.parameters, 1_953_748);
}

/// A row of §9.2: parameters for 10 classes, with the auxiliary head, for 100 classes, multiply-adds; the ImageNet network's
/// parameters and multiply-adds; both for C = 16, L = 8.
fn check_row(genotype: &Genotype, row: [u64; 8]) {
    let [
        ten,
        with_auxiliary,
        hundred,
        ten_macs,
        imagenet,
        imagenet_macs,
        small,
        small_macs,
    ] = row;
    let of = |size: Macro| count_genotype(genotype, &size).unwrap();
    let cifar = size(36, 20);
    assert_eq!(of(cifar), count(ten, ten_macs));
    let auxiliary = of(Macro {
        auxiliary: true,
        ..cifar
    });
    assert_eq!(auxiliary.parameters, with_auxiliary);
    let classes = of(Macro {
        classes: 100,
        ..cifar
    });
    assert_eq!(classes.parameters, hundred);
    let both = of(Macro {
        classes: 100,
        auxiliary: true,
        ..cifar
    });
    assert_eq!(both.parameters, hundred + 545_636);
    let large = Macro {
        classes: 1000,
        height: 224,
        width: 224,
        imagenet_stem: true,
        ..size(48, 14)
    };
    assert_eq!(of(large), count(imagenet, imagenet_macs));
    let auxiliary = of(Macro {
        auxiliary: true,
        ..large
    });
    assert_eq!(auxiliary.parameters, imagenet + 1_260_776);
    assert_eq!(of(size(16, 8)), count(small, small_macs));
}

#[test]
fn darts_v1_has_the_published_sizes() {
    check_row(
        &preset("darts-v1"),
        [
            3_169_414,
            3_645_840,
            3_221_344,
            500_987_520,
            4_510_432,
            505_864_704,
            232_890,
            41_355_776,
        ],
    );
}

#[test]
fn darts_v2_has_the_published_sizes() {
    check_row(
        &preset("darts-v2"),
        [
            3_349_342,
            3_825_768,
            3_401_272,
            528_359_040,
            4_718_752,
            529_911_552,
            246_106,
            43_444_736,
        ],
    );
}

#[test]
fn pc_darts_for_cifar_has_the_published_sizes() {
    check_row(
        &preset("pc-darts-cifar"),
        [
            3_634_678,
            4_111_104,
            3_686_608,
            556_670_592,
            5_270_560,
            571_137_408,
            335_738,
            53_258_752,
        ],
    );
}

#[test]
fn pc_darts_for_imagenet_has_the_published_sizes() {
    check_row(
        &preset("pc-darts-image"),
        [
            3_721_510,
            4_197_936,
            3_773_440,
            570_466_944,
            5_342_464,
            581_627_328,
            327_546,
            52_460_032,
        ],
    );
}

#[test]
fn skip_connections_alone_have_the_expected_sizes() {
    check_row(
        &uniform_darts(Operation::SkipConnect),
        [
            1_580_950,
            2_057_376,
            1_632_880,
            248_505_984,
            2_800_480,
            294_297_600,
            143_226,
            24_660_480,
        ],
    );
}

#[test]
fn large_separable_convolutions_alone_have_the_expected_sizes() {
    check_row(
        &uniform_darts(Operation::SepConv5x5),
        [
            5_144_086,
            5_620_512,
            5_196_016,
            817_833_600,
            6_966_112,
            786_674_688,
            492_922,
            81_873_408,
        ],
    );
}

#[test]
fn benchmark_networks_have_the_published_sizes() {
    let of = |text: &str, size: Macro| count_genotype(&nb201(text), &size).unwrap();
    let full = size(16, 5);
    let all = "|3x3~0|+|3x3~0|3x3~1|+|3x3~0|3x3~1|3x3~2|";
    assert_eq!(of(all, full), count(1_531_546, 220_119_680));
    let pointwise = all.replace("3x3", "nor_conv_1x1");
    assert_eq!(of(&pointwise, full), count(241_306, 31_376_000));
    let resnet = "|3x3~0|+|none~0|3x3~1|+|skip~0|none~1|skip~2|";
    assert_eq!(of(resnet, full), count(559_386, 78_561_920));
    assert_eq!(nb201(resnet), preset("resnet-like"));
    assert_eq!(of(INDEX_9930, full), count(1_288_506, 184_730_240));
    let readme = "|3x3~0|+|3x3~0|avg~1|+|skip~0|3x3~1|skip~2|";
    assert_eq!(of(readme, full), count(802_426, 113_951_360));
}

#[test]
fn every_benchmark_cell_follows_the_size_formula() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..50 {
        let genotype = Genotype::random(Space::NasBench201, &mut rng);
        let number = |operation| {
            let inputs = genotype.cells()[0].nodes.iter().flatten();
            inputs.filter(|input| input.operation == operation).count() as u64
        };
        let [n1, n3] = [number(Operation::Conv1x1), number(Operation::Conv3x3)];
        let parameters = 73_306 + 28_000 * n1 + 243_040 * n3;
        let multiply_adds = 7_783_040 + 3_932_160 * n1 + 35_389_440 * n3;
        for (classes, extra) in [(10, 0), (100, 5_850), (120, 7_150)] {
            let size = Macro {
                classes,
                ..size(16, 5)
            };
            let counted = count_genotype(&genotype, &size).unwrap();
            assert_eq!(counted.parameters, parameters + extra);
            assert_eq!(
                counted.multiply_adds,
                multiply_adds + 64 * (classes as u64 - 10)
            );
        }
    }
}

#[test]
fn smaller_benchmark_networks_have_the_expected_sizes() {
    let of = |size: Macro| count_genotype(&nb201(INDEX_9930), &size).unwrap();
    let imagenet16 = Macro {
        classes: 120,
        height: 16,
        width: 16,
        ..size(16, 5)
    };
    assert_eq!(of(imagenet16), count(1_295_656, 46_190_080));
    assert_eq!(of(size(16, 1)).parameters, 316_346);
    assert_eq!(of(size(8, 2)).parameters, 140_818);
    assert_eq!(of(size(8, 1)), count(79_778, 10_903_872));
    assert_eq!(of(size(4, 1)), count(20_294, 2_781_344));
}

#[test]
fn the_benchmark_supernet_holds_every_operation_on_every_edge() {
    // Skeleton of §9.3 and, per edge and cell, C² + 9C² weights; normalisations on edges have none.
    let edge_weights: u64 = [16u64, 32, 64].iter().map(|c| 10 * c * c).sum();
    let counted = count_supernet(Space::NasBench201, &size(16, 5)).unwrap();
    assert_eq!(counted.parameters, 73_306 + 5 * 6 * edge_weights);
    let macs = 7_783_040 + 6 * (3_932_160 + 35_389_440);
    assert_eq!(counted.multiply_adds, macs);
    let small = count_supernet(Space::NasBench201Small, &size(16, 5)).unwrap();
    assert_eq!(small.parameters, 73_306 + 5 * 3 * edge_weights);
}

#[test]
fn reductions_stand_after_each_third_of_the_cells() {
    let places = |layers| -> Vec<usize> {
        macro_stages(Space::Darts, &size(4, layers))
            .unwrap()
            .iter()
            .enumerate()
            .filter(|(_, stage)| matches!(stage, Stage::Cell(cell) if cell.reduction()))
            .map(|(index, _)| index)
            .collect()
    };
    assert_eq!(places(8), [2, 5]);
    assert_eq!(places(20), [6, 13]);
    assert_eq!(places(3), [1, 2]);
}

#[test]
fn odd_image_sizes_round_up_at_every_reduction() {
    let odd = Macro {
        height: 9,
        width: 13,
        ..size(4, 6)
    };
    let sizes: Vec<_> = macro_stages(Space::Darts, &odd)
        .unwrap()
        .iter()
        .map(|stage| match stage {
            Stage::Cell(cell) => cell.output_size(),
            Stage::Residual { height, width, .. } => [*height, *width],
        })
        .collect();
    assert_eq!(sizes, [[9, 13], [9, 13], [5, 7], [5, 7], [3, 4], [3, 4]]);
}

#[test]
fn a_cell_whose_output_leaves_out_nodes_narrows_the_next_cells() {
    let mut cells = preset("darts-v2").cells().to_vec();
    cells[0].concat = vec![4, 5];
    let genotype = Genotype::new(Space::Darts, cells).unwrap();
    let stages = genotype_stages(&genotype, &size(8, 3)).unwrap();
    let [Stage::Cell(_), Stage::Cell(second), Stage::Cell(third)] = stages[..] else {
        panic!("three cells expected");
    };
    assert_eq!([second.channels_prev_prev, second.channels_prev], [24, 16]);
    assert_eq!([third.channels_prev_prev, third.channels_prev], [16, 64]);
}

#[test]
fn impossible_network_sizes_are_refused() {
    let refused = |size: Macro| count_genotype(&preset("darts-v2"), &size).unwrap_err();
    assert_eq!(refused(size(7, 8)), MacroError::Odd(7));
    assert!(matches!(
        refused(size(0, 8)),
        MacroError::Range {
            name: "channels",
            ..
        }
    ));
    assert!(matches!(
        refused(size(8, 0)),
        MacroError::Range { name: "layers", .. }
    ));
    let tiny = Macro {
        height: 8,
        width: 8,
        auxiliary: true,
        ..size(8, 8)
    };
    assert!(matches!(
        refused(tiny),
        MacroError::AuxiliaryTooSmall { height: 2, .. }
    ));
    let huge = Macro {
        height: usize::MAX,
        ..size(8, 8)
    };
    assert!(count_supernet(Space::NasBench201, &huge).is_err());
}

#[test]
fn counts_of_the_largest_allowed_network_do_not_overflow() {
    let largest = Macro {
        channels: 4096,
        layers: 256,
        classes: 1_000_000,
        image_channels: 4096,
        height: 4096,
        width: 4096,
        auxiliary: true,
        imagenet_stem: false,
    };
    for space in Space::ALL {
        let counted = count_supernet(space, &largest).unwrap();
        let fewer = Macro {
            layers: 255,
            ..largest
        };
        assert!(count_supernet(space, &fewer).unwrap().multiply_adds < counted.multiply_adds);
    }
}
