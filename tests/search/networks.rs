//! The built networks have exactly the weights and multiply-adds of `method.md` §9.

use std::cell::Cell;

use burn::tensor::{Device, Tensor};
use plateau::nn::{DerivedNetwork, Packing, Pass, Statistics, Supernet};
use plateau::space::{Genotype, Input, Macro, Operation, Space, count_genotype, count_supernet};

use crate::support::supernet::computed;

fn size(channels: usize, layers: usize, classes: usize, image: usize) -> Macro {
    Macro {
        channels,
        layers,
        classes,
        image_channels: 3,
        height: image,
        width: image,
        auxiliary: false,
        imagenet_stem: false,
    }
}

/// Weights and multiply-adds of a supernet as built: the latter counted while one image passes through.
fn built_supernet(space: Space, size: &Macro) -> (u64, u64) {
    let device = Device::flex();
    let supernet = Supernet::new(space, size, Packing::Entries).unwrap();
    let packed = Supernet::new(space, size, Packing::Blocks).unwrap();
    assert_eq!(supernet.layout().parameters(), packed.layout().parameters());
    let shape = [1, space.edges().len(), space.operations().len()];
    let mix: Vec<_> = space
        .cell_kinds()
        .iter()
        .map(|_| Tensor::<3>::ones(shape, &device).autodiff())
        .collect();
    let weights = supernet.layout().initial_weights(0, &device);
    (weights.dims()[0] as u64, computed(&supernet, size, &mix))
}

fn built_network(genotype: &Genotype, size: &Macro) -> (u64, u64) {
    let device = Device::flex();
    let network = DerivedNetwork::new(genotype, size, false).unwrap();
    let weights = network.layout().initial_weights(0, &device);
    let statistics = network.layout().initial_statistics(&device).autodiff();
    let leaves = network.layout().leaves(&weights, false);
    let counter = Cell::new(0);
    let pass = Pass {
        leaves: &leaves,
        lanes: 1,
        statistics: Statistics::Running(&statistics),
        fused: None,
        multiply_adds: Some(&counter),
    };
    let images =
        Tensor::ones([1, size.image_channels, size.height, size.width], &device).autodiff();
    network.forward(pass, images, None, false);
    (weights.dims()[0] as u64, counter.get())
}

#[test]
fn built_supernets_have_the_published_weights_and_multiply_adds() {
    for (channels, layers, classes, parameters, multiply_adds) in [
        (16, 8, 10, 1_930_618, 300_255_744),
        (4, 3, 10, 72_854, 15_483_520),
        (4, 5, 10, 136_182, 22_884_992),
        (8, 5, 10, 394_210, 61_629_696),
        (8, 8, 10, 597_890, 100_254_976),
        (16, 5, 10, 1_275_834, 186_698_240),
    ] {
        let size = size(channels, layers, classes, 32);
        let label = format!("C={channels} L={layers}");
        assert_eq!(
            built_supernet(Space::Darts, &size),
            (parameters, multiply_adds),
            "{label}"
        );
    }
    let hundred = Supernet::new(Space::Darts, &size(16, 8, 100, 32), Packing::Entries).unwrap();
    assert_eq!(hundred.layout().parameters(), 1_953_748);
}

#[test]
fn built_supernets_of_nas_bench_201_have_what_the_arithmetic_counts() {
    for space in [Space::NasBench201, Space::NasBench201Small] {
        let size = size(8, 2, 10, 16);
        let count = count_supernet(space, &size).unwrap();
        assert_eq!(
            built_supernet(space, &size),
            (count.parameters, count.multiply_adds)
        );
    }
}

/// Every node takes the cell's two inputs through one operation.
fn uniform(operation: Operation) -> Genotype {
    let node = || (0..2).map(|from| Input { from, operation }).collect();
    let cell = plateau::space::Cell::new(Space::Darts, (0..4).map(|_| node()).collect());
    Genotype::new(Space::Darts, vec![cell.clone(), cell]).unwrap()
}

#[test]
fn built_derived_networks_have_the_published_weights_and_multiply_adds() {
    let rows: [(Genotype, [u64; 7]); 6] = [
        (
            Genotype::preset("darts-v1").unwrap(),
            [
                3_169_414,
                3_645_840,
                3_221_344,
                500_987_520,
                4_510_432,
                232_890,
                41_355_776,
            ],
        ),
        (
            Genotype::preset("darts-v2").unwrap(),
            [
                3_349_342,
                3_825_768,
                3_401_272,
                528_359_040,
                4_718_752,
                246_106,
                43_444_736,
            ],
        ),
        (
            Genotype::preset("pc-darts-cifar").unwrap(),
            [
                3_634_678,
                4_111_104,
                3_686_608,
                556_670_592,
                5_270_560,
                335_738,
                53_258_752,
            ],
        ),
        (
            Genotype::preset("pc-darts-image").unwrap(),
            [
                3_721_510,
                4_197_936,
                3_773_440,
                570_466_944,
                5_342_464,
                327_546,
                52_460_032,
            ],
        ),
        (
            uniform(Operation::SkipConnect),
            [
                1_580_950,
                2_057_376,
                1_632_880,
                248_505_984,
                2_800_480,
                143_226,
                24_660_480,
            ],
        ),
        (
            uniform(Operation::SepConv5x5),
            [
                5_144_086,
                5_620_512,
                5_196_016,
                817_833_600,
                6_966_112,
                492_922,
                81_873_408,
            ],
        ),
    ];
    for (
        genotype,
        [
            c10,
            with_head,
            c100,
            multiply_adds,
            imagenet,
            small,
            small_multiply_adds,
        ],
    ) in rows
    {
        let parameters = |size: Macro| {
            DerivedNetwork::new(&genotype, &size, false)
                .unwrap()
                .layout()
                .parameters() as u64
        };
        let label = genotype.to_text();
        let cifar = size(36, 20, 10, 32);
        assert_eq!(
            built_network(&genotype, &cifar),
            (c10, multiply_adds),
            "{label}"
        );
        assert_eq!(
            parameters(Macro {
                auxiliary: true,
                ..cifar
            }),
            with_head,
            "{label}"
        );
        assert_eq!(
            parameters(Macro {
                classes: 100,
                ..cifar
            }),
            c100,
            "{label}"
        );
        let large = Macro {
            imagenet_stem: true,
            ..size(48, 14, 1000, 224)
        };
        assert_eq!(parameters(large), imagenet, "{label}");
        assert_eq!(
            built_network(&genotype, &size(16, 8, 10, 32)),
            (small, small_multiply_adds),
            "{label}"
        );
    }
}

#[test]
fn a_built_imagenet_network_has_the_published_weights_and_multiply_adds() {
    let genotype = Genotype::preset("darts-v2").unwrap();
    let large = Macro {
        imagenet_stem: true,
        ..size(48, 14, 1000, 224)
    };
    assert_eq!(built_network(&genotype, &large), (4_718_752, 529_911_552));
}

#[test]
fn built_nas_bench_201_networks_have_the_published_weights_and_multiply_adds() {
    let index_9930 = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|";
    for (text, channels, cells, classes, image, parameters, multiply_adds) in [
        (
            "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
            16,
            5,
            10,
            32,
            1_531_546,
            220_119_680,
        ),
        (
            "|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_1x1~1|+|nor_conv_1x1~0|nor_conv_1x1~1|nor_conv_1x1~2|",
            16,
            5,
            10,
            32,
            241_306,
            31_376_000,
        ),
        (
            "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|",
            16,
            5,
            10,
            32,
            559_386,
            78_561_920,
        ),
        (index_9930, 16, 5, 10, 32, 1_288_506, 184_730_240),
        (index_9930, 16, 5, 120, 16, 1_295_656, 46_190_080),
        (index_9930, 8, 1, 10, 32, 79_778, 10_903_872),
        (index_9930, 4, 1, 10, 32, 20_294, 2_781_344),
    ] {
        let genotype = Genotype::parse(text).unwrap();
        let size = size(channels, cells, classes, image);
        assert_eq!(
            built_network(&genotype, &size),
            (parameters, multiply_adds),
            "{text}"
        );
        let count = count_genotype(&genotype, &size).unwrap();
        assert_eq!(
            (count.parameters, count.multiply_adds),
            (parameters, multiply_adds)
        );
    }
    for (channels, cells, parameters) in [(16, 1, 316_346), (8, 2, 140_818)] {
        let network = DerivedNetwork::new(
            &Genotype::parse(index_9930).unwrap(),
            &size(channels, cells, 10, 32),
            false,
        );
        assert_eq!(network.unwrap().layout().parameters(), parameters);
    }
}
