//! How long a run has taken.

use web_time::Instant;

/// Counts the seconds of a run, and goes on where it stood when the run was interrupted. It never goes back, whatever is done to the
/// system's clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    before: f64,
}

impl Clock {
    /// A clock that stands at so many seconds now.
    pub fn at(seconds: f64) -> Self {
        Self {
            start: Instant::now(),
            before: seconds,
        }
    }

    /// What it shows, seconds.
    pub fn seconds(&self) -> f64 {
        self.before + self.start.elapsed().as_secs_f64()
    }
}
