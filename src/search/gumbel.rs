//! Operations drawn by Gumbel's trick. GDAS (Dong and Yang, CVPR 2019; `GDAS` in the authors' AutoDL-Projects) computes the one that was
//! drawn and takes the gradient as if its soft form had been mixed; SNAS (Xie et al., ICLR 2019) mixes the soft form, a draw from
//! the concrete distribution. Without SNAS' penalty on resources.

use std::ops::Range;

use rand::{Rng, RngExt};

use super::simplex::{largest, softmax, softmax_transpose};
use super::strategy::Strategy;
use super::temperature::Temperature;

/// Noise and temperature of a pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Gumbel {
    /// Draws of Gumbel's distribution, `[edges · operations]`.
    pub noise: Vec<f64>,
    /// τ of softmax((log softmax(α) + noise)/τ).
    pub temperature: f64,
    /// Whether the largest weight becomes 1 and the others 0.
    pub hard: bool,
}

/// The temperatures of the authors' programs, from the first epoch to the last.
pub fn published(plain: Strategy) -> Temperature {
    match plain {
        Strategy::Snas => Temperature {
            from: 1.0,
            to: 0.03,
        },
        _ => Temperature {
            from: 10.0,
            to: 0.1,
        },
    }
}

/// So many draws of Gumbel's distribution.
pub fn noise(entries: usize, rng: &mut impl Rng) -> Vec<f64> {
    (0..entries)
        .map(|_| {
            // In (0, 1): both logarithms are finite.
            let place = (rng.random::<f64>() + 2.0_f64.powi(-54)).min(1.0 - 2.0_f64.powi(-53));
            -(-place.ln()).ln()
        })
        .collect()
}

impl Gumbel {
    /// softmax((log softmax(row) + noise)/τ). The constant of the inner softmax does not count.
    fn soft(&self, row: &[f64], place: Range<usize>) -> Vec<f64> {
        let noise = &self.noise[place];
        let sums: Vec<f64> = row.iter().zip(noise).map(|(a, g)| a + g).collect();
        softmax(&sums, self.temperature)
    }

    /// The weights of a row of α, whose entries stand at `place` among all.
    pub(super) fn mix(&self, row: &[f64], place: Range<usize>) -> Vec<f64> {
        let soft = self.soft(row, place);
        match self.hard {
            false => soft,
            true => {
                let chosen = largest(&soft);
                (0..soft.len())
                    .map(|k| f64::from(u8::from(k == chosen)))
                    .collect()
            }
        }
    }

    /// The gradient in a row of α of what has this gradient in its weights. Where only the drawn operation is computed, the gradient is
    /// known in its weight alone, and counts there alone.
    pub(super) fn transpose(&self, row: &[f64], gradient: &[f64], place: Range<usize>) -> Vec<f64> {
        let soft = self.soft(row, place);
        match self.hard {
            false => softmax_transpose(&soft, gradient, self.temperature),
            true => {
                let chosen = largest(&soft);
                let mut known = vec![0.0; gradient.len()];
                known[chosen] = gradient[chosen];
                softmax_transpose(&soft, &known, self.temperature)
            }
        }
    }
}
