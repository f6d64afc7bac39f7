//! Derived networks on the fused kernels of both devices against stock operations: logits, gradients, batch statistics, and tests with
//! running statistics.

use crate::gpu::gpu_device;
use crate::reference::random;
use burn::tensor::{Device, Tensor, TensorData};
use plateau::nn::{DerivedNetwork, DropPath};
use plateau::space::{Cell, Genotype, Input, Macro, Operation, Space};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

struct Case {
    label: String,
    genotype: Genotype,
    size: Macro,
    batch: usize,
    drop_path: bool,
}

/// What one training pass and one test pass give.
struct Outcome {
    logits: Vec<f32>,
    auxiliary: Vec<f32>,
    gradient: Vec<f32>,
    seen: Vec<f32>,
    tested: Vec<f32>,
}

fn tensor<const D: usize>(values: Vec<f32>, dims: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, dims), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

fn outcome(case: &Case, packed: bool, device: &Device) -> Outcome {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let Macro {
        image_channels,
        height,
        width,
        classes,
        ..
    } = case.size;
    let network = DerivedNetwork::new(&case.genotype, &case.size, packed).unwrap();
    let layout = network.layout();
    // Scales and shifts away from 1 and 0, of both signs.
    let weights = layout.initial_weights(3, device)
        + tensor(
            random(&mut rng, layout.parameters(), 0.4),
            [layout.parameters()],
            device,
        );
    let images = tensor(
        random(&mut rng, case.batch * image_channels * height * width, 1.0),
        [case.batch, image_channels, height, width],
        device,
    );
    let masks: DropPath = tensor(
        (0..network.drop_places() * case.batch)
            .map(|_| if rng.random::<f32>() < 0.7 { 1.25 } else { 0.0 })
            .collect(),
        [network.drop_places(), case.batch],
        device,
    );
    let masks = masks.autodiff();
    let leaves = layout.leaves(&weights, true);
    let drop_path = case.drop_path.then_some(&masks);
    let (logits, seen) = network.train(&leaves, images.clone().autodiff(), drop_path);
    let towards = |rng: &mut ChaCha8Rng| {
        tensor(
            random(rng, case.batch * classes, 1.0),
            [case.batch, classes],
            device,
        )
        .autodiff()
    };
    let main = towards(&mut rng);
    let mut loss = (logits.main.clone() * main).sum();
    let auxiliary = logits.auxiliary.map(|auxiliary| {
        let towards = towards(&mut rng);
        loss = loss.clone() + (auxiliary.clone() * towards).sum();
        auxiliary.inner()
    });
    let gradient = leaves.gradient(&mut loss.backward());
    let statistics: Vec<f32> = random(&mut rng, layout.statistics(), 0.5)
        .iter()
        .map(|value| value.abs() + 0.3)
        .collect();
    let statistics = tensor(statistics, [layout.statistics()], device).autodiff();
    let leaves = layout.leaves(&weights, false);
    let tested = network.test(&leaves, &statistics, images.autodiff());
    Outcome {
        logits: values(logits.main.inner()),
        auxiliary: auxiliary.map(values).unwrap_or_default(),
        gradient: values(gradient),
        seen: values(seen),
        tested: values(tested.inner()),
    }
}

/// The length of the difference as a share of the length of what is expected.
fn distance(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let length = |values: &mut dyn Iterator<Item = f32>| {
        values.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt()
    };
    let difference = length(&mut found.iter().zip(expected).map(|(a, b)| a - b));
    difference / length(&mut expected.iter().copied()).max(1e-12)
}

fn size(channels: usize, layers: usize, image: [usize; 3]) -> Macro {
    let [image_channels, height, width] = image;
    Macro {
        channels,
        layers,
        classes: 5,
        image_channels,
        height,
        width,
        auxiliary: false,
        imagenet_stem: false,
    }
}

/// Every node takes the cell's two inputs through one operation.
fn uniform(operation: Operation) -> Genotype {
    let node = || (0..2).map(|from| Input { from, operation }).collect();
    let cell = Cell::new(Space::Darts, (0..4).map(|_| node()).collect());
    Genotype::new(Space::Darts, vec![cell.clone(), cell]).unwrap()
}

fn cases() -> Vec<Case> {
    let case = |label: &str, genotype, size, batch, drop_path| Case {
        label: label.into(),
        genotype,
        size,
        batch,
        drop_path,
    };
    let preset = |name| Genotype::preset(name).unwrap();
    let mut cases = vec![
        case(
            "darts-v2",
            preset("darts-v2"),
            size(8, 3, [1, 8, 8]),
            4,
            false,
        ),
        case(
            "odd sizes",
            preset("darts-v2"),
            size(6, 4, [3, 7, 5]),
            3,
            true,
        ),
        case(
            "twelve channels",
            preset("darts-v1"),
            size(12, 3, [1, 8, 8]),
            5,
            true,
        ),
        case(
            "one image",
            preset("pc-darts-cifar"),
            size(4, 2, [3, 9, 6]),
            1,
            false,
        ),
    ];
    for operation in &Space::Darts.operations()[1..] {
        let label = format!("all {operation}");
        cases.push(case(
            &label,
            uniform(*operation),
            size(4, 3, [2, 6, 7]),
            3,
            true,
        ));
    }
    let large = Macro {
        auxiliary: true,
        ..size(4, 3, [3, 32, 32])
    };
    cases.push(case("auxiliary head", preset("darts-v2"), large, 2, true));
    let imagenet = Macro {
        imagenet_stem: true,
        ..size(8, 3, [3, 40, 36])
    };
    cases.push(case(
        "ImageNet stem",
        preset("darts-v2"),
        imagenet,
        2,
        false,
    ));
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for index in 0..6 {
        for space in Space::ALL {
            let label = format!("random {space} {index}");
            let genotype = Genotype::random(space, &mut rng);
            let image = [3, rng.random_range(3..10), rng.random_range(3..10)];
            cases.push(case(&label, genotype, size(6, 2, image), 3, index % 2 == 0));
        }
    }
    let empty = Genotype::from_encoding(Space::NasBench201, &[vec![Operation::None; 6]]).unwrap();
    cases.push(case(
        "nothing but none",
        empty,
        size(6, 1, [3, 6, 6]),
        2,
        false,
    ));
    cases
}

/// Fails where an outcome of a device's kernels is further from what is expected than these limits: of logits, those of the auxiliary head,
/// the gradient, the batch statistics and the logits of a test.
fn compare(device: &Device, limits: [f64; 5], expected: impl Fn(&Case) -> Outcome) {
    let mut worst: [(f64, String); 5] = Default::default();
    for case in cases() {
        let (found, expected) = (outcome(&case, true, device), expected(&case));
        let distances = [
            distance(&found.logits, &expected.logits),
            distance(&found.auxiliary, &expected.auxiliary),
            distance(&found.gradient, &expected.gradient),
            distance(&found.seen, &expected.seen),
            distance(&found.tested, &expected.tested),
        ];
        println!("{}: {distances:?}", case.label);
        for (worst, distance) in worst.iter_mut().zip(distances) {
            if distance.is_nan() || distance > worst.0 {
                *worst = (distance, case.label.clone());
            }
        }
    }
    for ((worst, label), limit) in worst.into_iter().zip(limits) {
        assert!(worst < limit, "{label}: {worst}");
    }
}

#[test]
fn derived_networks_on_fused_kernels_are_those_of_stock_operations() {
    let flex = Device::flex();
    let limits = [1e-4, 1e-4, 1e-3, 1e-4, 1e-4];
    compare(&flex, limits, |case| outcome(case, false, &flex));
}

#[test]
fn derived_networks_on_the_gpu_are_those_of_the_cpu() {
    let limits = [1e-4, 1e-4, 1e-3, 1e-4, 1e-4];
    compare(&gpu_device(), limits, |case| {
        outcome(case, true, &Device::flex())
    });
}

#[test]
fn derived_networks_give_the_same_bits_on_any_number_of_threads() {
    let case = &cases()[1];
    let run = || {
        let outcome = outcome(case, true, &Device::flex());
        let all = [
            outcome.logits,
            outcome.gradient,
            outcome.seen,
            outcome.tested,
        ]
        .concat();
        all.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
    };
    let first = run();
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        assert!(pool.unwrap().install(run) == first, "{threads} threads");
    }
}
