//! The architecture gradient of DARTS, first and second order (`method.md` §3.3, §4.4).
//!
//! Nothing here knows of neighbors: NA-DARTS is the same two gradients of another [`Objective`].

use burn::tensor::Tensor;

use crate::kernels::total;

use super::SearchError;
use super::objective::{Evaluated, Objective, Wanted};
use super::optimizer::Sgd;

/// ∂J/∂α at the weights `[parameters]` of now, with α `[cell kinds, edges, operations]`.
pub async fn first_order(
    objective: &impl Objective,
    weights: &Tensor<1>,
    alpha: &Tensor<3>,
) -> Result<Evaluated, SearchError> {
    objective.validation(weights, alpha, Wanted::ALPHA).await
}

/// The gradient through one look-ahead step of the weights, with the Hessian-vector product by a two-sided difference.
/// `optimizer` and `rate` (ξ) are those of the weight step.
pub async fn second_order(
    objective: &impl Objective,
    weights: &Tensor<1>,
    alpha: &Tensor<3>,
    optimizer: &Sgd,
    rate: f64,
) -> Result<Evaluated, SearchError> {
    let gradient = objective.training(weights, alpha, Wanted::WEIGHTS).await?;
    let gradient = wanted(gradient.weights)?;
    let step = optimizer.look_ahead(weights, gradient).mul_scalar(rate);
    let ahead = weights.clone() - step;
    let both = Wanted {
        alpha: true,
        weights: true,
    };
    let mut outer = objective.validation(&ahead, alpha, both).await?;
    let direction = wanted(outer.weights.take())?;
    // R = 0.01 / ‖v‖ over all weights; the guard only matters for a gradient that is exactly zero.
    let norm = total(direction.clone().square()).sqrt();
    let epsilon = (norm + 1e-12).recip().mul_scalar(0.01);
    let offset = direction * epsilon.clone();
    let above = weights.clone() + offset.clone();
    let above = wanted(
        objective
            .training(&above, alpha, Wanted::ALPHA)
            .await?
            .alpha,
    )?;
    let below = weights.clone() - offset;
    let below = wanted(
        objective
            .training(&below, alpha, Wanted::ALPHA)
            .await?
            .alpha,
    )?;
    let scale = epsilon.recip().mul_scalar(0.5 * rate);
    let curvature = (above - below) * scale.reshape([1, 1, 1]);
    outer.alpha = outer.alpha.map(|alpha| alpha - curvature);
    Ok(outer)
}

/// The gradient of the training loss in the weights, for the weight step.
pub async fn weight_gradient(
    objective: &impl Objective,
    weights: &Tensor<1>,
    alpha: &Tensor<3>,
) -> Result<Evaluated, SearchError> {
    objective.training(weights, alpha, Wanted::WEIGHTS).await
}

/// A gradient that was asked for.
pub fn wanted<const D: usize>(gradient: Option<Tensor<D>>) -> Result<Tensor<D>, SearchError> {
    gradient.ok_or_else(|| SearchError::Internal("a gradient was not computed".into()))
}
