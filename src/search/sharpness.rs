//! Sharpness: the largest eigenvalue of the Hessian of the validation loss in α (`method.md` §6, RobustDARTS; §8, pitfall 18).
//!
//! The Hessian is never built. Its products with vectors are central differences of the first-order gradient in α, all on one batch
//! with batch statistics, and Lanczos' method needs 10 to 20 of them. Of the Hessian of `L(softmax(α))` one eigenvalue an edge is
//! exactly zero: adding a constant to an edge's α changes nothing.

use burn::tensor::{Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::SearchError;
use super::darts::{first_order, wanted};
use super::objective::{Objective, read};

/// Half the width of the central difference: how far α is moved along a unit vector.
const STEP: f64 = 0.02;
/// Most Hessian-vector products of one [`sharpness`].
pub const PRODUCTS: usize = 20;
/// Lanczos ends when the eigenvalue is known to this share of itself.
const TOLERANCE: f64 = 1e-3;

/// The largest eigenvalue of ∇²L(α) of the objective's validation loss, at the weights `[parameters]` and α
/// `[cell kinds, edges, operations]`; at most 40 gradient passes.
pub async fn sharpness(
    objective: &impl Objective,
    weights: &Tensor<1>,
    alpha: &Tensor<3>,
) -> Result<f64, SearchError> {
    let size = alpha.dims().iter().product();
    largest_eigenvalue(size, PRODUCTS, async |vector| {
        hessian_product(objective, weights, alpha, vector).await
    })
    .await
}

/// ∇²L(α)·v for a vector of α's length: two gradient passes. Its length need not be 1.
pub async fn hessian_product(
    objective: &impl Objective,
    weights: &Tensor<1>,
    alpha: &Tensor<3>,
    vector: &[f64],
) -> Result<Vec<f64>, SearchError> {
    let length = norm(vector);
    if length == 0.0 {
        return Ok(vec![0.0; vector.len()]);
    }
    let offset: Vec<f32> = vector
        .iter()
        .map(|value| (value * STEP / length) as f32)
        .collect();
    let offset = Tensor::from_data(TensorData::new(offset, alpha.dims()), &alpha.device());
    let above = first_order(objective, weights, &(alpha.clone() + offset.clone())).await?;
    let below = first_order(objective, weights, &(alpha.clone() - offset)).await?;
    let difference = wanted(above.alpha)? - wanted(below.alpha)?;
    let scale = length / (2.0 * STEP);
    let values = read(difference.reshape([-1])).await?;
    Ok(values
        .into_iter()
        .map(|value| f64::from(value) * scale)
        .collect())
}

/// The largest eigenvalue of a symmetric matrix of `size` rows that is only known by its products with vectors, by Lanczos' method
/// with full reorthogonalisation from a fixed start; at most `products` of them.
///
/// # Errors
/// Those of `apply`.
pub async fn largest_eigenvalue<E>(
    size: usize,
    products: usize,
    mut apply: impl AsyncFnMut(&[f64]) -> Result<Vec<f64>, E>,
) -> Result<f64, E> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut vector: Vec<f64> = (0..size).map(|_| rng.random::<f64>() - 0.5).collect();
    let length = norm(&vector);
    scale(&mut vector, 1.0 / length);
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let mut diagonal = Vec::new();
    let mut beside: Vec<f64> = Vec::new();
    loop {
        let mut next = apply(&vector).await?;
        diagonal.push(dot(&next, &vector));
        basis.push(vector);
        // Twice is enough to make it orthogonal to rounding.
        for _ in 0..2 {
            for known in &basis {
                let share = dot(&next, known);
                for (value, known) in next.iter_mut().zip(known) {
                    *value -= share * known;
                }
            }
        }
        let rest = norm(&next);
        let (value, last) = largest_of_tridiagonal(&diagonal, &beside);
        // The residual of the Ritz pair bounds the distance to an eigenvalue.
        let known = rest * last.abs() <= TOLERANCE * value.abs();
        if known || diagonal.len() >= products.min(size) {
            return Ok(value);
        }
        scale(&mut next, 1.0 / rest);
        beside.push(rest);
        vector = next;
    }
}

/// The largest eigenvalue of a symmetric tridiagonal matrix, and the last component of its unit eigenvector.
fn largest_of_tridiagonal(diagonal: &[f64], beside: &[f64]) -> (f64, f64) {
    let n = diagonal.len();
    let mut matrix = vec![0.0; n * n];
    for (row, &value) in diagonal.iter().enumerate() {
        matrix[row * n + row] = value;
    }
    for (row, &value) in beside.iter().enumerate() {
        matrix[row * n + row + 1] = value;
        matrix[(row + 1) * n + row] = value;
    }
    let (values, vectors) = symmetric_eigen(matrix, n);
    let largest = (0..n)
        .max_by(|&a, &b| values[a].total_cmp(&values[b]))
        .unwrap_or(0);
    (values[largest], vectors[(n - 1) * n + largest])
}

/// Eigenvalues of a symmetric matrix (`n` rows, row after row) in no particular order, and its unit eigenvectors as the columns of
/// a second matrix: Jacobi's rotations, for the small matrices of Lanczos' method and for tests.
pub fn symmetric_eigen(mut matrix: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0.0; n * n];
    for place in 0..n {
        vectors[place * n + place] = 1.0;
    }
    // Convergence is quadratic: 30 sweeps are far more than any symmetric matrix takes.
    for _ in 0..30 {
        let off: f64 = (0..n)
            .flat_map(|row| (0..row).map(move |column| (row, column)))
            .map(|(row, column)| matrix[row * n + column].powi(2))
            .sum();
        let all: f64 = matrix.iter().map(|value| value * value).sum();
        if off <= 1e-28 * all {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut matrix, &mut vectors, n, p, q);
            }
        }
    }
    let values = (0..n).map(|place| matrix[place * n + place]).collect();
    (values, vectors)
}

/// The rotation of rows and columns p and q that makes the element (p, q) zero.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], n: usize, p: usize, q: usize) {
    let element = matrix[p * n + q];
    if element == 0.0 {
        return;
    }
    let theta = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * element);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for k in 0..n {
        let (a, b) = (matrix[k * n + p], matrix[k * n + q]);
        matrix[k * n + p] = cosine * a - sine * b;
        matrix[k * n + q] = sine * a + cosine * b;
    }
    for k in 0..n {
        let (a, b) = (matrix[p * n + k], matrix[q * n + k]);
        matrix[p * n + k] = cosine * a - sine * b;
        matrix[q * n + k] = sine * a + cosine * b;
    }
    for k in 0..n {
        let (a, b) = (vectors[k * n + p], vectors[k * n + q]);
        vectors[k * n + p] = cosine * a - sine * b;
        vectors[k * n + q] = sine * a + cosine * b;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

fn scale(vector: &mut [f64], factor: f64) {
    for value in vector {
        *value *= factor;
    }
}
