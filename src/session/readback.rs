//! When the measurements of steps are read back.

use std::time::Duration;

use burn::tensor::Device;
use web_time::Instant;

use crate::kernels::on_cpu;

/// Most quick steps between two reads from a GPU, where each read waits for all work given to it.
const STEPS_A_READ: usize = 8;
/// Up to this a step is quick. Slower ones are read one by one, so that a person sees them and a stop need not wait for eight.
const QUICK: Duration = Duration::from_millis(100);

/// How many steps a loop takes between two reads: the first is read at once, then as many as are quick. When they are read changes
/// no value.
pub struct Pace {
    most: usize,
    now: usize,
    last: Instant,
}

impl Pace {
    /// For a loop that begins. The CPU has its values at once.
    pub fn new(device: &Device) -> Self {
        Self {
            most: if on_cpu(device) { 1 } else { STEPS_A_READ },
            now: 1,
            last: Instant::now(),
        }
    }

    /// Whether so many steps are enough for a read.
    pub fn due(&self, pending: usize) -> bool {
        pending >= self.now
    }

    /// Takes note that so many steps were read.
    pub fn has_read(&mut self, steps: usize) {
        let slow = self.last.elapsed() > QUICK * steps as u32;
        self.now = if slow { 1 } else { self.most };
        self.last = Instant::now();
    }
}
