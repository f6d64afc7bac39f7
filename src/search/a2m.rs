//! A2M (arXiv 2503.10404): sharpness-aware minimisation of the validation loss in α, first order in the weights
//! (`method.md` §6).
//!
//! It minimises `L(α + ρ∇L(α))`, whose gradient is `(I + ρ∇²L(α))·∇L(α̃)` with `α̃ = α + ρ∇L(α)`; unlike SAM, the step to α̃ is not
//! normalised. The Hessian-vector product is a central difference of gradients, so an α-step takes four passes on one batch.

use burn::tensor::Tensor;

use super::SearchError;
use super::darts::{first_order, wanted};
use super::objective::{Evaluated, Objective};
pub use super::strategy::HessianPoint;

/// Half the width of the central difference, in units of the gradient at α̃: the authors' ε.
const EPSILON: f64 = 1e-2;

/// A2M's direction `g̃ + ρh` at the weights `[parameters]` and α `[cell kinds, edges, operations]`: `g̃ = ∇L(α̃)`, and h the Hessian
/// times g̃. Losses and accuracy are those at α itself. With `rho` 0 the direction is ∇L(α), that of DARTS.
pub async fn a2m(
    objective: &impl Objective,
    weights: &Tensor<1>,
    alpha: &Tensor<3>,
    rho: f64,
    point: HessianPoint,
) -> Result<Evaluated, SearchError> {
    let gradient =
        async |alpha: &Tensor<3>| wanted(first_order(objective, weights, alpha).await?.alpha);
    let mut at_alpha = first_order(objective, weights, alpha).await?;
    let ascent = wanted(at_alpha.alpha.take())?.mul_scalar(rho);
    let ascended = alpha.clone() + ascent;
    let outer = gradient(&ascended).await?;
    let base = match point {
        HessianPoint::Ascended => ascended,
        HessianPoint::Alpha => alpha.clone(),
    };
    let offset = outer.clone().mul_scalar(EPSILON);
    let above = gradient(&(base.clone() + offset.clone())).await?;
    let below = gradient(&(base - offset)).await?;
    let product = (above - below).mul_scalar(0.5 / EPSILON);
    at_alpha.alpha = Some(outer + product.mul_scalar(rho));
    Ok(at_alpha)
}
