//! What averaging over a ball does to a landscape (`method.md` §1.2, §9.4).

use plateau::space::{enumerate_ball, smoothing_eigenvalue};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{EDGES, OPERATIONS, rng};

const ARCHITECTURES: usize = 15_625;

/// The operations on the six edges of architecture number `index`.
fn digits(index: usize) -> [usize; EDGES] {
    std::array::from_fn(|edge| index / OPERATIONS.pow(edge as u32) % OPERATIONS)
}

fn index_of(digits: [usize; EDGES]) -> usize {
    digits
        .iter()
        .rev()
        .fold(0, |index, digit| index * OPERATIONS + digit)
}

/// The mean of f over the ball of a radius, for every architecture, by visiting all its members.
fn ball_means(f: &[f64], radius: usize) -> Vec<f64> {
    let ball = enumerate_ball(EDGES, OPERATIONS, radius).unwrap();
    (0..f.len())
        .map(|index| {
            let others: f64 = ball
                .iter()
                .map(|shifts| {
                    let mut member = digits(index);
                    for &(edge, shift) in shifts {
                        member[edge] = (member[edge] + shift) % OPERATIONS;
                    }
                    f[index_of(member)]
                })
                .sum();
            (f[index] + others) / (ball.len() + 1) as f64
        })
        .collect()
}

/// Values of one edge that add up to zero over the operations.
fn centred(rng: &mut ChaCha8Rng) -> [f64; OPERATIONS] {
    let values: [f64; OPERATIONS] = std::array::from_fn(|_| rng.random());
    let mean = values.iter().sum::<f64>() / OPERATIONS as f64;
    values.map(|value| value - mean)
}

#[test]
fn the_smoothing_eigenvalues_are_those_of_the_table() {
    let rows: [(usize, usize, usize, &[f64]); 5] = [
        (6, 5, 1, &[1.0, 0.8, 0.6, 0.4, 0.2, 0.0, -0.2]),
        (
            6,
            5,
            2,
            &[1.0, 0.6038, 0.3019, 0.0943, -0.0189, -0.0377, 0.0377],
        ),
        (
            6,
            5,
            3,
            &[1.0, 0.4142, 0.1036, -0.0129, -0.0162, 0.0129, -0.0065],
        ),
        (
            14,
            8,
            1,
            &[1.0, 0.9192, 0.8384, 0.7576, 0.6768, 0.5960, 0.5152],
        ),
        (
            28,
            8,
            1,
            &[1.0, 0.9594, 0.9188, 0.8782, 0.8376, 0.7970, 0.7563],
        ),
    ];
    for (edges, operations, radius, row) in rows {
        for (order, expected) in row.iter().enumerate() {
            let eigenvalue = smoothing_eigenvalue(edges, operations, radius, order);
            assert!(
                (eigenvalue - expected).abs() < 6e-5,
                "{edges} {radius} {order}: {eigenvalue}"
            );
        }
    }
    assert_eq!(smoothing_eigenvalue(14, 8, 1, 1), 91.0 / 99.0);
    assert_eq!(smoothing_eigenvalue(28, 8, 1, 1), 189.0 / 197.0);
    for order in 1..=28 {
        assert_eq!(smoothing_eigenvalue(28, 8, 28, order), 0.0);
    }
    assert!(smoothing_eigenvalue(6, 5, 1, 7).is_nan());
    assert!(smoothing_eigenvalue(500, 500, 500, 3).is_nan());
}

#[test]
fn ball_means_scale_a_pure_interaction_by_its_eigenvalue() {
    let mut rng = rng(11);
    for order in 0..=EDGES {
        let factors: Vec<_> = (0..order).map(|_| centred(&mut rng)).collect();
        // Interacting edges are the last ones; edge 0 joins only at order 6.
        let f: Vec<f64> = (0..ARCHITECTURES)
            .map(|index| {
                let digits = digits(index);
                let on = &digits[EDGES - order..];
                factors.iter().zip(on).map(|(f, &k)| f[k]).product()
            })
            .collect();
        for radius in 1..=2 {
            let eigenvalue = smoothing_eigenvalue(EDGES, OPERATIONS, radius, order);
            for (mean, f) in ball_means(&f, radius).iter().zip(&f) {
                assert!((mean - eigenvalue * f).abs() < 1e-13);
            }
        }
    }
}

#[test]
fn an_additive_landscape_keeps_its_ranking() {
    let mut rng = rng(12);
    let edges: Vec<_> = (0..EDGES).map(|_| centred(&mut rng)).collect();
    let f: Vec<f64> = (0..ARCHITECTURES)
        .map(|index| edges.iter().zip(digits(index)).map(|(f, k)| f[k]).sum())
        .collect();
    for (mean, f) in ball_means(&f, 1).iter().zip(&f) {
        assert!((mean - 0.8 * f).abs() < 1e-14);
    }
}

#[test]
fn ball_means_keep_the_mean_of_the_space() {
    let mut rng = rng(13);
    let f: Vec<f64> = (0..ARCHITECTURES).map(|_| rng.random()).collect();
    let total: f64 = f.iter().sum();
    let smoothed: f64 = ball_means(&f, 2).iter().sum();
    assert!((total - smoothed).abs() < 1e-8);
}

#[test]
fn the_largest_ball_has_the_same_mean_everywhere() {
    let mut rng = rng(14);
    let f: Vec<f64> = (0..125).map(|_| rng.random()).collect();
    let mean = f.iter().sum::<f64>() / 125.0;
    let ball = enumerate_ball(3, 5, 3).unwrap();
    assert_eq!(ball.len(), 124);
    for centre in 0..125usize {
        let others = ball.iter().map(|shifts| {
            let mut index = centre;
            for &(edge, shift) in shifts {
                let place = 5usize.pow(edge as u32);
                let digit = index / place % 5;
                index = index - digit * place + (digit + shift) % 5 * place;
            }
            f[index]
        });
        let smoothed = (f[centre] + others.sum::<f64>()) / 125.0;
        assert!((smoothed - mean).abs() < 1e-14);
    }
}
