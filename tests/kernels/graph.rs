//! Derived networks on the fused kernels of both devices against stock operations: logits, gradients, batch statistics, and tests with
//! running statistics.

use crate::gpu::gpu_device;
use crate::reference::random;
use burn::tensor::{Device, Tensor, TensorData};
use plateau::kernels::cpu::{graph_backward, graph_forward};
use plateau::kernels::graph::{
    Graph, GraphShape, GraphTensors, Norm, Pool, Size, Term, Value, Work,
};
use plateau::kernels::shape::Branch;
use plateau::nn::{DerivedNetwork, DropPath};
use plateau::space::{Cell, Genotype, Input, Macro, Operation, Space};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

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
    cases.push(case("auxiliary head", preset("darts-v2"), large, 6, true));
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
    // Runs of one image and of two.
    let mut case = cases().swap_remove(1);
    case.batch = 67;
    let run = || {
        let outcome = outcome(&case, true, &Device::flex());
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

/// A graph with every kind of unit, term and normalisation on a 6×5 image, two lanes with factors of their own.
fn everything() -> GraphShape {
    let input = Size {
        channels: 6,
        height: 6,
        width: 5,
    };
    let mut graph = Graph::new(input);
    let mut weights = 0;
    let mut take = |length: usize| {
        weights += length;
        weights - length
    };
    let norm = |channels: usize, take: &mut dyn FnMut(usize) -> usize| Norm::Batch {
        affine: Some([take(channels), take(channels)]),
        running: None,
    };
    let dense = |kernel, stride, relu, weights| Work::Dense {
        kernel,
        stride,
        relu,
        weights,
    };
    let separable = |branch, stride, depthwise, pointwise| Work::Separable {
        branch,
        stride,
        depthwise,
        pointwise,
    };
    let affine = norm(4, &mut take);
    let unit = graph.unit(&[0], 4, dense(3, 1, false, take(4 * 6 * 9)), affine);
    let first = graph.behind(unit);
    let affine = norm(4, &mut take);
    let unit = graph.unit(&[0], 4, dense(1, 1, true, take(4 * 6)), affine);
    let second = graph.behind(unit);
    let factor = |value, place| Term {
        value,
        factor: Some(place),
    };
    let plain = Norm::Batch {
        affine: None,
        running: None,
    };
    let small = graph.unit(&[first], 4, dense(1, 1, true, take(16)), plain);
    let large = graph.unit(&[first], 4, dense(3, 1, true, take(16 * 9)), plain);
    let pooled = graph.only(Value::Pool(Pool::Max(1), second));
    let pooled = graph.unit(&[pooled], 4, Work::Copy, plain);
    let pooled = graph.behind(pooled);
    let affine = norm(4, &mut take);
    let half = graph.unit(
        &[second],
        4,
        separable(Branch::Sep5, 1, take(100), take(16)),
        affine,
    );
    let affine = norm(4, &mut take);
    let whole = graph.second(
        half,
        4,
        separable(Branch::Sep5, 1, take(100), take(16)),
        affine,
    );
    let size = graph.states[first].size;
    let mixed = graph.state(
        size,
        vec![
            factor(Value::Unit(small), 0),
            factor(Value::Unit(large), 1),
            factor(Value::State(second), 2),
            factor(Value::Pool(Pool::Average(1), first), 3),
            factor(Value::Unit(whole), 4),
            factor(Value::State(pooled), 5),
        ],
    );
    let affine = norm(6, &mut take);
    let reduced = graph.unit(
        &[mixed, first],
        6,
        Work::Reduce { weights: take(48) },
        affine,
    );
    let affine = norm(6, &mut take);
    let joined = graph.unit(
        &[first, second],
        6,
        dense(3, 2, true, take(6 * 8 * 9)),
        affine,
    );
    let raw = graph.only(Value::Pool(Pool::Halve, mixed));
    let raw = graph.unit(&[raw], 6, dense(1, 1, false, take(24)), Norm::None);
    let affine = norm(6, &mut take);
    let size = graph.units[reduced].size;
    let sum = graph.state(
        size,
        vec![
            factor(Value::Unit(reduced), 6),
            factor(Value::Unit(raw), 7),
            Term {
                value: Value::Unit(joined),
                factor: None,
            },
        ],
    );
    let dilated = graph.unit(
        &[sum],
        6,
        separable(Branch::Dil3, 2, take(54), take(36)),
        affine,
    );
    let copied = graph.unit(&[sum, sum], 12, Work::Copy, plain);
    let outputs = [dilated, copied].map(|unit| graph.behind(unit));
    graph.outputs = vec![vec![outputs[0]], vec![outputs[1], sum]];
    GraphShape {
        graph: Arc::new(graph),
        lanes: 2,
        batch: 3,
        groups: 2,
        running: false,
    }
}

/// x, weights, factors and the gradient of the outputs.
fn drawn(shape: &GraphShape, seed: u64) -> [Vec<f32>; 4] {
    let graph = &shape.graph;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let inputs = shape.images() * graph.states[0].size.elements();
    [
        random(&mut rng, inputs, 1.0),
        random(&mut rng, graph.weights, 0.8),
        random(&mut rng, graph.places * shape.groups, 1.0),
        random(&mut rng, shape.output_len(), 1.0),
    ]
}

/// x, weights and factors.
fn tensors(values: [&[f32]; 3]) -> GraphTensors<&[f32]> {
    let [x, weights, factors] = values;
    GraphTensors {
        x,
        weights,
        factors,
        statistics: &[],
    }
}

#[test]
fn gradients_of_graphs_are_those_of_finite_differences() {
    let shape = everything();
    let [x, weights, factors, grad] = drawn(&shape, 11);
    let all = GraphTensors {
        x: true,
        weights: true,
        factors: true,
        statistics: false,
    };
    let (_, saved) = graph_forward(&shape, tensors([&x, &weights, &factors]), true);
    let read = tensors([&x, &weights, &factors]);
    let found = graph_backward(&shape, read, &saved.unwrap(), &grad, all);
    let loss = |tensors: GraphTensors<&[f32]>| -> f64 {
        let (out, _) = graph_forward(&shape, tensors, false);
        let products = out.iter().zip(&grad);
        products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let differences = |values: &[f32], loss: &dyn Fn(&[f32]) -> f64| -> Vec<f32> {
        let step = 2e-3;
        let mut moved = values.to_vec();
        let places = 0..values.len();
        let difference = |place: usize| {
            moved[place] = values[place] + step;
            let above = loss(&moved);
            moved[place] = values[place] - step;
            let below = loss(&moved);
            moved[place] = values[place];
            ((above - below) / f64::from(2.0 * step)) as f32
        };
        places.map(difference).collect()
    };
    // A step across the kink of a ReLU, or to another largest element, is seen by the difference only: a few may be off.
    let agree = |name: &str, found: &[f32], expected: &[f32]| {
        let scale = expected.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
        let off = found
            .iter()
            .zip(expected)
            .filter(|(found, expected)| (*found - *expected).abs() > 0.02 * scale);
        let off = off.count();
        assert!(
            off * 20 <= found.len(),
            "{name}: {off} of {} off",
            found.len()
        );
        let distance = distance(found, expected);
        assert!(distance < 0.05, "{name}: {distance}");
    };
    let expected = differences(&x, &|x| loss(tensors([x, &weights, &factors])));
    agree("x", &found.x.unwrap(), &expected);
    let expected = differences(&weights, &|weights| loss(tensors([&x, weights, &factors])));
    agree("weights", &found.weights.unwrap(), &expected);
    let expected = differences(&factors, &|factors| loss(tensors([&x, &weights, factors])));
    agree("factors", &found.factors.unwrap(), &expected);
}

#[test]
fn a_pass_that_keeps_nothing_gives_the_same_bits() {
    let shape = everything();
    let [x, weights, factors, _] = drawn(&shape, 13);
    let tensors = tensors([&x, &weights, &factors]);
    let (kept, saved) = graph_forward(&shape, tensors, true);
    let (out, nothing) = graph_forward(&shape, tensors, false);
    assert!(saved.is_some() && nothing.is_none());
    assert!(kept == out);
}

#[test]
fn what_is_not_wanted_does_not_change_the_other_gradients() {
    let shape = everything();
    let [x, weights, factors, grad] = drawn(&shape, 12);
    let tensors = tensors([&x, &weights, &factors]);
    let gradients = |x, weights, factors| {
        let wanted = GraphTensors {
            x,
            weights,
            factors,
            statistics: false,
        };
        let (_, saved) = graph_forward(&shape, tensors, true);
        graph_backward(&shape, tensors, &saved.unwrap(), &grad, wanted)
    };
    let all = gradients(true, true, true);
    assert!(gradients(true, false, false).x == all.x);
    assert!(gradients(false, true, false).weights == all.weights);
    assert!(gradients(false, false, true).factors == all.factors);
    assert!(gradients(false, true, true).x.is_none());
}
