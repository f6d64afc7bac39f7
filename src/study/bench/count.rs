//! What a step launches: the one place that counts launches, their bytes and their times, for `plateau bench`, its forecast and the tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::cubecl::logging::{
    Duration, LaunchObservation, LaunchObserver, TimingMethod, TimingRequest,
};
use serde::{Deserialize, Serialize};

use crate::kernels::gpu::Watch;

/// What Burn launches itself.
const BURN: &str = "Burn's own";

/// The launches of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageCount {
    /// The name of its shader, or `Burn's own` for all that Burn launches itself.
    pub stage: String,
    /// Launches of a step.
    pub launches: u64,
    /// Bytes of the tensors of these launches, each counted once a launch; 0 for Burn's own, whose bytes nobody knows.
    pub bytes: u64,
    /// What they took on the device; none where they were not timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
}

#[derive(Default)]
struct Tally {
    launches: u64,
    bytes: u64,
    seconds: f64,
}

#[derive(Default)]
struct Tallies {
    /// The stage that is about to be launched, with its bytes.
    next: Option<(&'static str, u64)>,
    /// Whose launch was the last one.
    last: &'static str,
    of: BTreeMap<&'static str, Tally>,
    /// Whether a time holds more than the device's work.
    by_host: bool,
}

struct Observer {
    tallies: Mutex<Tallies>,
    timing: TimingRequest,
}

impl Observer {
    /// A thread that panicked meanwhile has left them whole.
    fn tallies(&self) -> MutexGuard<'_, Tallies> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LaunchObserver for Observer {
    fn launched(&self, _kernel: &'static str) {
        let mut tallies = self.tallies();
        let (stage, bytes) = tallies.next.take().unwrap_or((BURN, 0));
        tallies.last = stage;
        let tally = tallies.of.entry(stage).or_default();
        tally.launches += 1;
        tally.bytes += bytes;
    }

    fn timing(&self) -> TimingRequest {
        self.timing
    }

    fn timed(&self, _kernel: &'static str, duration: Duration, method: TimingMethod) {
        let mut tallies = self.tallies();
        let last = tallies.last;
        tallies.of.entry(last).or_default().seconds += duration.as_secs_f64();
        tallies.by_host |= method == TimingMethod::System;
    }
}

/// Counts every launch of the process from when it is made until it is asked.
pub struct Counter {
    observer: Arc<Observer>,
    // Both end with this.
    _launches: LaunchObservation,
    _stages: Watch,
}

/// What was counted.
#[derive(Default)]
pub struct Counted {
    /// Every stage that was launched, in the order of the names.
    pub stages: Vec<StageCount>,
    /// Whether times were taken by the host's clock and not by the device's.
    pub by_host: bool,
}

impl Counter {
    /// Counts; a launch costs a fraction of a microsecond more.
    pub fn new() -> Self {
        Self::with(TimingRequest::None)
    }

    /// Counts and times each launch by itself: they run one after the other, so that a step takes longer than it would.
    pub fn timing() -> Self {
        Self::with(TimingRequest::Resolved)
    }

    fn with(timing: TimingRequest) -> Self {
        let observer = Arc::new(Observer {
            tallies: Mutex::default(),
            timing,
        });
        let next = observer.clone();
        Self {
            _launches: LaunchObservation::new(observer.clone()),
            // It is launched right after, on the same thread.
            _stages: Watch::new(move |launch| {
                next.tallies().next = Some((launch.stage, launch.bytes));
            }),
            observer,
        }
    }

    /// All launches so far; none is counted any more.
    pub fn end(self) -> Counted {
        let timed = self.observer.timing != TimingRequest::None;
        let tallies = self.observer.tallies();
        let stages = tallies.of.iter().map(|(&stage, tally)| StageCount {
            stage: stage.to_owned(),
            launches: tally.launches,
            bytes: tally.bytes,
            ms: timed.then_some(1e3 * tally.seconds),
        });
        Counted {
            stages: stages.collect(),
            by_host: tallies.by_host,
        }
    }
}

impl Counted {
    /// Launches of all stages.
    pub fn launches(&self) -> u64 {
        self.stages.iter().map(|stage| stage.launches).sum()
    }

    /// Bytes of all stages.
    pub fn bytes(&self) -> u64 {
        self.stages.iter().map(|stage| stage.bytes).sum()
    }
}
