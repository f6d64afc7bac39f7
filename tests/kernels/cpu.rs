//! The CPU kernels against a naive f64 reference written from the definitions (method.md §4.1), whose gradients are
//! central differences of a random projection of the output.

use crate::reference;
use crate::reference::{assert_close, assert_gradient, conv, dot, edges, random, wide};
use plateau::kernels::cpu::{
    conv_bn_backward, conv_bn_forward, mixed_edges_backward, mixed_edges_forward,
};
use plateau::kernels::shape::{ConvShape, EdgesShape, Wanted};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const EVERYTHING: Wanted = Wanted {
    x: true,
    weights: true,
    mix: true,
};

struct EdgesCase {
    x: Vec<f32>,
    weights: Vec<f32>,
    mix: Vec<f32>,
    grad: Vec<f32>,
}

fn edges_case(shape: EdgesShape, seed: u64) -> EdgesCase {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mix = random(&mut rng, shape.mix_len(), 1.0);
    EdgesCase {
        x: random(&mut rng, shape.input_len(), 1.0),
        weights: random(&mut rng, shape.weights_len(), 0.5),
        mix,
        grad: random(&mut rng, shape.output_len(), 1.0),
    }
}

/// Leaves one operation in the mix.
fn only(operation: usize, mix: &mut [f32]) {
    for (index, value) in mix.iter_mut().enumerate() {
        if index % 8 != operation {
            *value = 0.0;
        }
    }
}

fn odd_shapes() -> Vec<EdgesShape> {
    vec![
        edges(1, 3, 2, (5, 7), 2, 1),
        edges(2, 2, 6, (5, 7), 3, 2),
        edges(3, 2, 8, (8, 8), 1, 1),
        edges(1, 4, 8, (8, 8), 2, 2),
        edges(5, 1, 4, (3, 4), 1, 1),
        edges(1, 5, 16, (4, 4), 4, 1),
        edges(2, 3, 12, (4, 4), 2, 2),
        edges(1, 5, 10, (2, 2), 2, 1),
        edges(1, 5, 4, (2, 2), 2, 2),
        edges(1, 4, 4, (1, 6), 1, 2),
        edges(1, 4, 2, (1, 1), 2, 1),
        edges(1, 4, 2, (1, 1), 1, 2),
        edges(1, 2, 4, (9, 11), 1, 1),
        edges(1, 2, 4, (11, 9), 1, 2),
        edges(1, 2, 2, (3, 19), 1, 1),
        edges(1, 2, 2, (6, 21), 1, 2),
        edges(2, 9, 4, (4, 5), 1, 1),
        // More images than runs: of one image and of two.
        edges(1, 67, 4, (3, 3), 1, 1),
    ]
}

#[test]
fn mixed_edges_agree_with_their_definition_on_odd_shapes() {
    for (seed, shape) in odd_shapes().into_iter().enumerate() {
        let case = edges_case(shape, seed as u64);
        let (out, _) = mixed_edges_forward(&shape, &case.x, &case.weights, &case.mix);
        let expected = reference::mixed_edges(
            &shape,
            &wide(&case.x),
            &wide(&case.weights),
            &wide(&case.mix),
        );
        assert_close(&format!("{shape:?} out"), &out, &expected, 1e-4);
    }
}

#[test]
fn all_gradients_of_mixed_edges_agree_with_central_differences() {
    for (seed, shape) in odd_shapes().into_iter().enumerate() {
        let case = edges_case(shape, 100 + seed as u64);
        let mut rng = ChaCha8Rng::seed_from_u64(200 + seed as u64);
        let EdgesCase {
            x,
            weights,
            mix,
            grad,
            ..
        } = &case;
        let (_, saved) = mixed_edges_forward(&shape, x, weights, mix);
        let got = mixed_edges_backward(&shape, x, weights, mix, &saved, grad, EVERYTHING);
        let (wide_x, wide_weights, wide_mix) = (wide(x), wide(weights), wide(mix));
        let what = |name: &str| format!("{shape:?} {name}");
        assert_gradient(&what("x"), &mut rng, x, &got.x.unwrap(), |x| {
            dot(
                &reference::mixed_edges(&shape, x, &wide_weights, &wide_mix),
                grad,
            )
        });
        assert_gradient(
            &what("weights"),
            &mut rng,
            weights,
            &got.weights.unwrap(),
            |weights| {
                dot(
                    &reference::mixed_edges(&shape, &wide_x, weights, &wide_mix),
                    grad,
                )
            },
        );
        assert_gradient(&what("mix"), &mut rng, mix, &got.mix.unwrap(), |mix| {
            dot(
                &reference::mixed_edges(&shape, &wide_x, &wide_weights, mix),
                grad,
            )
        });
    }
}

#[test]
fn only_wanted_gradients_are_returned_and_they_are_the_same() {
    for stride in [1, 2] {
        let shape = edges(2, 3, 6, (6, 5), 2, stride);
        let case = edges_case(shape, 11);
        let EdgesCase {
            x,
            weights,
            mix,
            grad,
            ..
        } = &case;
        let (_, saved) = mixed_edges_forward(&shape, x, weights, mix);
        let all = mixed_edges_backward(&shape, x, weights, mix, &saved, grad, EVERYTHING);
        for bits in 0..8 {
            let wanted = Wanted {
                x: bits & 1 != 0,
                weights: bits & 2 != 0,
                mix: bits & 4 != 0,
            };
            let got = mixed_edges_backward(&shape, x, weights, mix, &saved, grad, wanted);
            assert_eq!(got.x, all.x.clone().filter(|_| wanted.x), "{wanted:?}");
            assert_eq!(
                got.weights,
                all.weights.clone().filter(|_| wanted.weights),
                "{wanted:?}"
            );
            assert_eq!(
                got.mix,
                all.mix.clone().filter(|_| wanted.mix),
                "{wanted:?}"
            );
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bits_on_any_number_of_threads() {
    // Runs of two and of three images.
    let shape = edges(2, 75, 8, (6, 6), 3, 2);
    let conv = conv(2, 75, (6, 12), (7, 6), 3, 1);
    let case = edges_case(shape, 13);
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    let conv_x = random(&mut rng, conv.input_len(), 1.0);
    let conv_weights = random(&mut rng, conv.weights_len(), 1.0);
    let conv_grad = random(&mut rng, conv.output_len(), 1.0);
    let run = || {
        let EdgesCase {
            x,
            weights,
            mix,
            grad,
            ..
        } = &case;
        let (out, saved) = mixed_edges_forward(&shape, x, weights, mix);
        let got = mixed_edges_backward(&shape, x, weights, mix, &saved, grad, EVERYTHING);
        let (y, saved) = conv_bn_forward(&conv, &conv_x, &conv_weights);
        let conv_got = conv_bn_backward(
            &conv,
            &conv_x,
            &conv_weights,
            &saved,
            &conv_grad,
            EVERYTHING,
        );
        let all = [
            out,
            got.x.unwrap(),
            got.weights.unwrap(),
            got.mix.unwrap(),
            y,
        ];
        let all = all
            .into_iter()
            .chain([conv_got.x.unwrap(), conv_got.weights.unwrap()]);
        all.flatten().map(f32::to_bits).collect::<Vec<_>>()
    };
    let first = run();
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        for _ in 0..2 {
            assert!(pool.install(run) == first, "{threads} threads");
        }
    }
}

#[test]
fn max_pooling_sends_a_tied_gradient_to_the_first_largest_element() {
    for stride in [1, 2] {
        let shape = edges(1, 3, 2, (5, 6), 1, stride);
        let mut case = edges_case(shape, 17);
        only(1, &mut case.mix);
        let mut rng = ChaCha8Rng::seed_from_u64(18);
        for value in &mut case.x {
            *value = f32::from(rng.random_range(0..4u8) == 0);
        }
        let EdgesCase {
            x,
            weights,
            mix,
            grad,
            ..
        } = &case;
        let (_, saved) = mixed_edges_forward(&shape, x, weights, mix);
        let got = mixed_edges_backward(&shape, x, weights, mix, &saved, grad, EVERYTHING)
            .x
            .unwrap();

        let mut maps = reference::Maps::new(3, 2, 5, 6);
        maps.data = wide(x);
        let pooled = maps.max_pool(stride);
        let loss = |data: Vec<f64>| {
            let pooled = reference::Maps {
                data,
                ..pooled.clone()
            };
            f64::from(mix[1]) * dot(&pooled.batch_norm(3).data, grad)
        };
        let mut expected = vec![0.0; x.len()];
        for position in 0..pooled.data.len() {
            let moved = |by: f64| {
                let mut data = pooled.data.clone();
                data[position] += by;
                data
            };
            let slope = (loss(moved(1e-5)) - loss(moved(-1e-5))) / 2e-5;
            let plane = position / (pooled.height * pooled.width);
            let (y, x_out) = (
                position / pooled.width % pooled.height,
                position % pooled.width,
            );
            let mut target: Option<usize> = None;
            for row in (y * stride).saturating_sub(1)..(y * stride + 2).min(5) {
                for column in (x_out * stride).saturating_sub(1)..(x_out * stride + 2).min(6) {
                    let candidate = (plane * 5 + row) * 6 + column;
                    if target.is_none_or(|target| x[candidate] > x[target]) {
                        target = Some(candidate);
                    }
                }
            }
            expected[target.unwrap()] += slope;
        }
        assert_close("x", &got, &expected, 1e-4);
    }
}

#[test]
fn a_large_mean_costs_the_statistics_no_digits() {
    // Average pooling only: what counts is a variance of about 0.04 around a mean of 1000.
    let shape = edges(1, 4, 2, (8, 8), 1, 1);
    let mut case = edges_case(shape, 19);
    only(2, &mut case.mix);
    for value in &mut case.x {
        *value += 1000.0;
    }
    let (out, _) = mixed_edges_forward(&shape, &case.x, &case.weights, &case.mix);
    let expected = reference::mixed_edges(
        &shape,
        &wide(&case.x),
        &wide(&case.weights),
        &wide(&case.mix),
    );
    assert_close("out", &out, &expected, 2e-3);
}

#[test]
fn convolution_with_batch_norm_and_its_gradients_agree_with_the_definition() {
    let shapes = [
        conv(1, 3, (3, 5), (5, 7), 3, 1),
        ConvShape {
            relu: false,
            ..conv(2, 2, (3, 48), (6, 6), 3, 1)
        },
        conv(2, 2, (9, 16), (7, 5), 3, 2),
        conv(1, 4, (12, 6), (4, 4), 1, 1),
        conv(3, 2, (4, 8), (5, 5), 1, 2),
        conv(1, 67, (2, 2), (3, 3), 3, 1),
        conv(1, 4, (4, 4), (1, 1), 3, 1),
        conv(1, 2, (16, 8), (40, 40), 3, 1),
        ConvShape {
            reduce: true,
            ..conv(2, 2, (6, 4), (5, 7), 1, 2)
        },
        ConvShape {
            reduce: true,
            relu: false,
            ..conv(1, 3, (16, 32), (8, 8), 1, 2)
        },
        ConvShape {
            reduce: true,
            ..conv(1, 3, (8, 24), (4, 6), 1, 2)
        },
    ];
    for (seed, shape) in shapes.into_iter().enumerate() {
        let mut rng = ChaCha8Rng::seed_from_u64(300 + seed as u64);
        let x = random(&mut rng, shape.input_len(), 1.0);
        let weights = random(&mut rng, shape.weights_len(), 0.5);
        let grad = random(&mut rng, shape.output_len(), 1.0);
        let (y, saved) = conv_bn_forward(&shape, &x, &weights);
        let (wide_x, wide_weights) = (wide(&x), wide(&weights));
        let what = |name: &str| format!("{shape:?} {name}");
        assert_close(
            &what("y"),
            &y,
            &reference::conv_bn(&shape, &wide_x, &wide_weights),
            1e-4,
        );
        let got = conv_bn_backward(&shape, &x, &weights, &saved, &grad, EVERYTHING);
        let (x_got, weights_got) = (got.x.unwrap(), got.weights.unwrap());
        assert_gradient(&what("x"), &mut rng, &x, &x_got, |x| {
            dot(&reference::conv_bn(&shape, x, &wide_weights), &grad)
        });
        assert_gradient(
            &what("weights"),
            &mut rng,
            &weights,
            &weights_got,
            |weights| dot(&reference::conv_bn(&shape, &wide_x, weights), &grad),
        );
        let only_x = Wanted {
            x: true,
            weights: false,
            mix: false,
        };
        let got = conv_bn_backward(&shape, &x, &weights, &saved, &grad, only_x);
        assert_eq!((got.x.as_deref(), got.weights), (Some(&x_got[..]), None));
        let only_weights = Wanted {
            x: false,
            weights: true,
            mix: false,
        };
        let got = conv_bn_backward(&shape, &x, &weights, &saved, &grad, only_weights);
        assert_eq!((got.x, got.weights), (None, Some(weights_got)));
    }
}
