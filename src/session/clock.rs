//! How long a run has taken.

use std::cell::Cell;

use web_time::Instant;

use super::event::{Event, Timed};

/// The one clock of a session: counts the seconds of its run, and goes on where it stood when the run was interrupted. It never goes
/// back, whatever is done to the system's clock.
#[derive(Debug)]
pub struct Clock(Cell<(Instant, f64)>);

impl Default for Clock {
    fn default() -> Self {
        Self(Cell::new((Instant::now(), 0.0)))
    }
}

impl Clock {
    /// Sets it to so many seconds.
    pub fn set(&self, seconds: f64) {
        self.0.set((Instant::now(), seconds));
    }

    /// The event with the time of now.
    pub fn stamp(&self, event: Event) -> Timed {
        let (start, before) = self.0.get();
        let seconds = before + start.elapsed().as_secs_f64();
        Timed { seconds, event }
    }
}
