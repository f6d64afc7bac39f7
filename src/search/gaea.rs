//! GAEA (Li et al., ICLR 2021; the authors' `gaea_release`): α is the logarithm of weights θ on the simplex, which are multiplied by
//! exp(−rate · ∂L/∂θ) and divided by their sum. No weight falls below 1e-5, as in the authors' program.

use burn::tensor::{Tensor, activation::softmax};

use crate::space::NO_CANDIDATE;

/// The least weight before the division.
const LEAST: f64 = 1e-5;

/// The step: α `[cell kinds, edges, operations]` and the gradient in θ. What is no candidate stays as it is.
pub fn step(alpha: Tensor<3>, gradient: Tensor<3>, rate: f64) -> Tensor<3> {
    let none = alpha.clone().lower_equal_elem(NO_CANDIDATE);
    let multiplied = softmax(alpha - gradient.mul_scalar(rate), 2).clamp_min(LEAST);
    let multiplied = multiplied.mask_fill(none.clone(), 0.0);
    let sum = multiplied.clone().sum_dim(2);
    (multiplied / sum).log().mask_fill(none, NO_CANDIDATE)
}
