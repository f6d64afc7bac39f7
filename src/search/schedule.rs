//! How learning rates fall.

/// The cosine schedule of DARTS: one value an epoch, from `highest` at epoch 0 towards `lowest`.
pub fn cosine_rate(epoch: usize, epochs: usize, highest: f64, lowest: f64) -> f64 {
    let progress = epoch as f64 / epochs.max(1) as f64;
    lowest + 0.5 * (highest - lowest) * (1.0 + (std::f64::consts::PI * progress).cos())
}
