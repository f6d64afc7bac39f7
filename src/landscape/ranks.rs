//! Ranks of values, and how alike two lists are ordered.

/// The most values of a list whose order is compared.
pub(super) const MOST_RANKED: usize = 1 << 24;

/// The places of the values in ascending order, and where each run of equal values ends in it.
fn runs(values: &[f64]) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let ends = (1..=order.len())
        .filter(|&end| end == order.len() || values[order[end - 1]] != values[order[end]])
        .collect();
    (order, ends)
}

/// The rank of each value, 1 for the lowest; equal values share the mean of their ranks.
pub(super) fn average_ranks(values: &[f64]) -> Vec<f64> {
    let (order, ends) = runs(values);
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for end in ends {
        // The mean of the ranks start + 1 to end.
        let rank = (start + end + 1) as f64 / 2.0;
        for &place in &order[start..end] {
            ranks[place] = rank;
        }
        start = end;
    }
    ranks
}

/// The number of each value's run of equal values, from 0 for the lowest. At most 2^32 values.
pub(super) fn dense_ranks(values: &[f64]) -> Vec<u32> {
    let (order, ends) = runs(values);
    let mut ranks = vec![0; values.len()];
    let mut start = 0;
    for (rank, end) in (0..).zip(ends) {
        for &place in &order[start..end] {
            ranks[place] = rank;
        }
        start = end;
    }
    ranks
}

/// Whether two lists can be compared value by value: equally long, 2 to 2^24 finite values.
pub(super) fn comparable(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len()
        && (2..=MOST_RANKED).contains(&a.len())
        && a.iter().chain(b).all(|value| value.is_finite())
}

/// Spearman's ρ: the correlation of the ranks of two lists, equal values with the mean of their ranks. Nothing for lists of different
/// lengths, for fewer than 2 or more than 2^24 values, where one is not finite or where all of a list are equal.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    if !comparable(a, b) {
        return None;
    }
    // The mean rank does not depend on the ties.
    let mean = (a.len() + 1) as f64 / 2.0;
    let (mut both, mut first, mut second) = (0.0, 0.0, 0.0);
    for (a, b) in average_ranks(a).into_iter().zip(average_ranks(b)) {
        both += (a - mean) * (b - mean);
        first += (a - mean).powi(2);
        second += (b - mean).powi(2);
    }
    (first > 0.0 && second > 0.0).then(|| (both / first.sqrt() / second.sqrt()).clamp(-1.0, 1.0))
}
