//! SDARTS-RS (Chen and Hsieh, ICML 2020): the weights are trained under randomly perturbed β = softmax(α), so that they serve a
//! whole region of architectures; the α-step is that of DARTS (`method.md` §6).

use burn::tensor::{Tensor, TensorData};
use rand::{Rng, RngExt};

use super::objective::NeighborMaps;

/// The perturbation of an epoch counted from 0: linear from a tenth of `highest` towards `highest` (0.03 to 0.3 in the paper).
pub fn perturbation(epoch: usize, epochs: usize, highest: f64) -> f64 {
    let progress = epoch as f64 / epochs.max(1) as f64;
    highest * (0.1 + 0.9 * progress)
}

/// One lane whose mixing weights are β + U(−ε, ε) a component, clamped to [0, 1] and divided by their sum, whatever α is then; a row
/// without anything left becomes one-hot at its largest component, as in the authors' program. β is
/// `[cell kinds, edges, operations]`; what is not `allowed`, in the same order, has no weight.
pub fn perturbed(
    beta: &Tensor<3>,
    epsilon: f64,
    allowed: &[bool],
    rng: &mut impl Rng,
) -> NeighborMaps {
    let [kinds, edges, operations] = beta.dims();
    let edges = kinds * edges;
    let noise: Vec<f32> = (0..edges * operations)
        .map(|_| (epsilon * (2.0 * rng.random::<f64>() - 1.0)) as f32)
        .zip(allowed)
        // Below whatever noise leaves a candidate.
        .map(|(noise, &allowed)| if allowed { noise } else { -2.0 })
        .collect();
    let device = beta.device();
    let noise = Tensor::from_data(TensorData::new(noise, [1, edges, operations]), &device);
    let beta = beta.clone().reshape([1, edges, operations]) + noise;
    // Lifts the rows that have nothing above zero until their largest component is: all that is left after the division.
    let lift = beta
        .clone()
        .max_dim(2)
        .neg()
        .add_scalar(1e-7)
        .clamp_min(0.0);
    let beta = (beta + lift).clamp(0.0, 1.0);
    let sum = beta.clone().sum_dim(2);
    NeighborMaps {
        linear: Tensor::zeros([1, edges, operations, operations], &device),
        constant: beta / sum,
        own: vec![(0..edges).collect()],
        include_self: true,
    }
}
