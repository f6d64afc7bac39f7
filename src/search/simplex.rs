//! Softmax and sigmoid of a row of α on the host, with their transposes.

/// softmax(row/T).
pub(super) fn softmax(row: &[f64], temperature: f64) -> Vec<f64> {
    let highest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = row
        .iter()
        .map(|value| ((value - highest) / temperature).exp())
        .collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// `pₖ (gₖ − Σⱼ pⱼ gⱼ)/T`: from a gradient in p = softmax(row/T) to that in the row.
pub(super) fn softmax_transpose(p: &[f64], gradient: &[f64], temperature: f64) -> Vec<f64> {
    let mean: f64 = p.iter().zip(gradient).map(|(p, g)| p * g).sum();
    p.iter()
        .zip(gradient)
        .map(|(p, g)| p * (g - mean) / temperature)
        .collect()
}

/// 1/(1 + exp(−value)).
pub(super) fn sigmoid(value: f64) -> f64 {
    1.0 / (1.0 + (-value).exp())
}

/// The place of the largest, the first of equals.
pub fn largest<T: PartialOrd>(row: &[T]) -> usize {
    (1..row.len()).fold(0, |best, k| if row[k] > row[best] { k } else { best })
}
