//! Logits as a person reads them.

/// The probability of each class.
pub fn probabilities(logits: &[f32]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers = logits.iter().map(|&logit| f64::from(logit - most).exp());
    let powers: Vec<f64> = powers.collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// The classes with the highest probabilities, the highest first; of equal ones the first.
pub fn likeliest(probabilities: &[f64], most: usize) -> Vec<(usize, f64)> {
    let mut classes: Vec<_> = probabilities.iter().copied().enumerate().collect();
    classes.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    classes.truncate(most);
    classes
}
