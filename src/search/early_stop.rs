//! The early stop of RobustDARTS (Zela et al., ICLR 2020): a search ends when its sharpness rises, and an earlier architecture is
//! taken (`method.md` §6).

/// Sharpness evaluations whose mean is compared, the middle one's own and two on either side.
const WINDOW: usize = 5;
/// How many evaluations lie between the two means.
const DELTA: usize = 4;
/// The search stops where the later mean is so many times the earlier.
const FACTOR: f64 = 1.3;
/// Evaluations in a search: the authors' every second of 50 epochs, spread evenly over a search of any length.
pub const EVALUATIONS: usize = 25;

/// Steps between two sharpness evaluations of a search of `steps` steps where none were asked for.
pub fn interval(steps: usize) -> usize {
    (steps / EVALUATIONS).max(1)
}

/// The first evaluation, counted from 0, that may be gone back to: that after a fifth of the search, the authors' epoch 10 of 50.
pub fn first_candidate(steps: usize, interval: usize) -> usize {
    (steps / 5).div_ceil(interval.max(1)).saturating_sub(1)
}

/// Whether the search stops at the newest of these sharpness evaluations, and at which of them, counted from 0, its architecture is
/// taken: where the local mean is more than 1.3 times that of four evaluations before. `first` is the earliest that may be taken.
///
/// Local means are centred; the first two have fewer evaluations before them. An earlier mean that is not positive stops nothing:
/// its ratio means nothing.
pub fn early_stop(sharpness: &[f64], first: usize) -> Option<usize> {
    let half = WINDOW / 2;
    let mean = |middle: usize| {
        let window = &sharpness[middle.saturating_sub(half)..=middle + half];
        window.iter().sum::<f64>() / window.len() as f64
    };
    let now = sharpness.len().checked_sub(1 + half)?;
    let before = now.checked_sub(DELTA).filter(|&before| before >= first)?;
    let earlier = mean(before);
    (earlier > 0.0 && mean(now) > FACTOR * earlier).then_some(before)
}
