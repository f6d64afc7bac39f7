//! DrNAS (Chen et al., ICLR 2021; the authors' `DrNAS`): the weights of an edge are drawn from the Dirichlet distribution with
//! concentrations elu(α) + 1, and the gradient goes along the path of the draw. Its penalty is the L2 one on α, as in the authors'
//! settings; without partial channels and the progressive pruning that goes with them.
//!
//! A draw is a gamma variable an operation, divided by their sum. A gamma variable is drawn at a uniform place of its cumulative
//! distribution, so that it is a smooth function of its concentration with that place held.

use rand::{Rng, RngExt};
use statrs::function::gamma::{gamma_lr, ln_gamma};

use crate::space::NO_CANDIDATE;

/// So many uniform places in (0, 1).
pub fn places(entries: usize, rng: &mut impl Rng) -> Vec<f64> {
    (0..entries)
        .map(|_| rng.random::<f64>().clamp(1e-12, 1.0 - 1e-12))
        .collect()
}

/// elu(α) + 1, and its derivative; none of what is no candidate. An operation that has all but vanished keeps a concentration whose
/// variable is a number.
fn concentration(alpha: f64) -> Option<(f64, f64)> {
    const LEAST: f64 = 1e-2;
    match alpha > 0.0 {
        true => Some((alpha + 1.0, 1.0)),
        false if alpha <= f64::from(NO_CANDIDATE) => None,
        false if alpha.exp() > LEAST => Some((alpha.exp(), alpha.exp())),
        false => Some((LEAST, 0.0)),
    }
}

/// The gamma variable of a concentration at a place of its distribution, and its derivative in the concentration.
fn gamma_at(concentration: f64, place: f64) -> (f64, f64) {
    let z = quantile(concentration, place);
    // −∂P/∂a over ∂P/∂z, with P the cumulative distribution.
    let step = 1e-5 * concentration;
    let slope =
        (cumulative(concentration + step, z) - cumulative(concentration - step, z)) / (2.0 * step);
    let density = ((concentration - 1.0) * z.ln() - z - ln_gamma(concentration)).exp();
    match density > 0.0 && density.is_finite() {
        true => (z, -slope / density),
        false => (z, 0.0),
    }
}

fn cumulative(concentration: f64, z: f64) -> f64 {
    gamma_lr(concentration, z)
}

/// Where the cumulative distribution of the gamma distribution has the value `place`: by halving in ln z, ended by Newton's steps.
fn quantile(concentration: f64, place: f64) -> f64 {
    // Below, P(a, z) = zᵃ/Γ(a + 1) to the last digit.
    let small = ((place.ln() + ln_gamma(concentration + 1.0)) / concentration).exp();
    if small < 1e-12 {
        return small.max(f64::MIN_POSITIVE);
    }
    let (mut low, mut high) = (0.5 * small.min(1.0), (concentration + 1.0) * 40.0);
    let mut z = concentration.max(2.0 * low).min(high);
    for _ in 0..200 {
        let above = cumulative(concentration, z) - place;
        match above > 0.0 {
            true => high = z,
            false => low = z,
        }
        let density = ((concentration - 1.0) * z.ln() - z - ln_gamma(concentration)).exp();
        let newton = z - above / density;
        let next = match newton > low && newton < high {
            true => newton,
            false => (low * high).sqrt(),
        };
        let done = (next - z).abs() <= 1e-14 * z;
        z = next;
        if done {
            break;
        }
    }
    z
}

/// The weights of a row of α at these places.
pub(super) fn mix(row: &[f64], places: &[f64]) -> Vec<f64> {
    let draws: Vec<f64> = variables(row, places).iter().map(|draw| draw[0]).collect();
    let sum: f64 = draws.iter().sum();
    draws.iter().map(|draw| draw / sum).collect()
}

/// From a gradient in the weights of a row to that in the row.
pub(super) fn transpose(row: &[f64], gradient: &[f64], places: &[f64]) -> Vec<f64> {
    divided(&variables(row, places), gradient)
}

/// The mean of the distribution of a row.
pub(super) fn mean(row: &[f64]) -> Vec<f64> {
    let values = concentrations(row);
    let sum: f64 = values.iter().map(|value| value[0]).sum();
    values.iter().map(|value| value[0] / sum).collect()
}

/// From a gradient in the mean of a row to that in the row.
pub(super) fn mean_transpose(row: &[f64], gradient: &[f64]) -> Vec<f64> {
    divided(&concentrations(row), gradient)
}

/// The concentration of every operation, and its derivative in α; 0 of what is no candidate.
fn concentrations(row: &[f64]) -> Vec<[f64; 2]> {
    row.iter()
        .map(|&alpha| concentration(alpha).unwrap_or_default().into())
        .collect()
}

/// The gamma variable of every operation, and its derivative in α.
fn variables(row: &[f64], places: &[f64]) -> Vec<[f64; 2]> {
    row.iter()
        .zip(places)
        .map(|(&alpha, &place)| {
            concentration(alpha).map_or([0.0; 2], |(concentration, inner)| {
                let (z, outer) = gamma_at(concentration, place);
                [z, outer * inner]
            })
        })
        .collect()
}

/// From a gradient in values divided by their sum to that in what the values, each with its derivative, are functions of.
fn divided(values: &[[f64; 2]], gradient: &[f64]) -> Vec<f64> {
    let sum: f64 = values.iter().map(|value| value[0]).sum();
    let mean: f64 = values
        .iter()
        .zip(gradient)
        .map(|([value, _], gradient)| value / sum * gradient)
        .sum();
    values
        .iter()
        .zip(gradient)
        .map(|([_, derivative], gradient)| derivative * (gradient - mean) / sum)
        .collect()
}
