//! SDARTS (Chen and Hsieh, ICML 2020; the authors' `SmoothDARTS`): the weights are trained under a perturbed β = softmax(α), so that they
//! serve a whole region of architectures; the α-step is that of DARTS (`method.md` §6). SDARTS-RS perturbs at random, SDARTS-ADV towards
//! a higher loss.

use burn::tensor::{Tensor, TensorData};
use rand::{Rng, RngExt};

use super::SearchError;
use super::objective::{NeighborMaps, read};

/// The perturbation of an epoch counted from 0: linear from a tenth of `highest` towards `highest` (0.03 to 0.3 in the paper).
pub fn perturbation(epoch: usize, epochs: usize, highest: f64) -> f64 {
    let progress = epoch as f64 / epochs.max(1) as f64;
    highest * (0.1 + 0.9 * progress)
}

/// Steps of projected gradient ascent in the authors' program.
const STEPS: usize = 7;

/// One lane whose mixing weights are β + U(−ε, ε) a component, clamped to [0, 1] and divided by their sum, whatever α is then; a row
/// without anything left becomes one-hot at its largest component, as in the authors' program. β is
/// `[cell kinds, edges, operations]`; what is not `allowed`, in the same order, has no weight.
pub fn perturbed(
    beta: &Tensor<3>,
    epsilon: f64,
    allowed: &[bool],
    rng: &mut impl Rng,
) -> NeighborMaps {
    let noise = uniform(beta, epsilon, allowed, rng);
    one_lane(on_simplex(beta.clone() + noise))
}

/// One lane whose mixing weights lie within ε of β, a component, where the loss is higher: from a uniform place there seven steps of
/// 2ε/7 along the sign of the gradient, each put back into the box and onto the simplex; β itself where that has not raised the loss.
/// `loss`: the training loss `[1]` and its gradient in given weights, `[cell kinds, edges, operations]` like β; what is not `allowed`
/// has no weight. The authors' program evaluates with running statistics, which supernets here do not have.
pub async fn adversarial(
    beta: &Tensor<3>,
    epsilon: f64,
    allowed: &[bool],
    rng: &mut impl Rng,
    loss: impl AsyncFn(&Tensor<3>) -> Result<(Tensor<1>, Tensor<3>), SearchError>,
) -> Result<NeighborMaps, SearchError> {
    let rate = 2.0 * epsilon / STEPS as f64;
    let (before, _) = loss(beta).await?;
    let mut worst = on_simplex(beta.clone() + uniform(beta, epsilon, allowed, rng));
    let left_out = allowed
        .iter()
        .map(|&allowed| if allowed { 0.0 } else { NOTHING });
    let left_out = TensorData::new(left_out.collect::<Vec<f32>>(), beta.dims());
    let left_out = Tensor::<3>::from_data(left_out, &beta.device());
    for _ in 0..STEPS {
        let (_, gradient) = loss(&worst).await?;
        let moved = worst + gradient.sign().mul_scalar(rate);
        let offset = (moved - beta.clone()).clamp(-epsilon, epsilon);
        worst = on_simplex(beta.clone() + offset + left_out.clone());
    }
    let (after, _) = loss(&worst).await?;
    let losses = read(Tensor::cat(vec![before, after], 0)).await?;
    let weights = match losses[0] > losses[1] {
        true => beta.clone(),
        false => worst,
    };
    Ok(one_lane(weights))
}

/// Below whatever noise leaves a candidate.
const NOTHING: f32 = -2.0;

/// U(−ε, ε) in the shape of β; far below where that is not `allowed`.
fn uniform(beta: &Tensor<3>, epsilon: f64, allowed: &[bool], rng: &mut impl Rng) -> Tensor<3> {
    let noise: Vec<f32> = (0..beta.dims().iter().product())
        .map(|_| (epsilon * (2.0 * rng.random::<f64>() - 1.0)) as f32)
        .zip(allowed)
        .map(|(noise, &allowed)| if allowed { noise } else { NOTHING })
        .collect();
    Tensor::from_data(TensorData::new(noise, beta.dims()), &beta.device())
}

/// Clamped to [0, 1] and divided by the sum, row by row.
fn on_simplex(beta: Tensor<3>) -> Tensor<3> {
    // Lifts the rows that have nothing above zero until their largest component is: all that is left after the division.
    let lift = beta
        .clone()
        .max_dim(2)
        .neg()
        .add_scalar(1e-7)
        .clamp_min(0.0);
    let beta = (beta + lift).clamp(0.0, 1.0);
    let sum = beta.clone().sum_dim(2);
    beta / sum
}

/// One lane with these weights, whatever α is.
fn one_lane(weights: Tensor<3>) -> NeighborMaps {
    let [kinds, edges, operations] = weights.dims();
    let edges = kinds * edges;
    let weights = weights.reshape([1, edges, operations]);
    NeighborMaps::given(weights, vec![(0..edges).collect()])
}
