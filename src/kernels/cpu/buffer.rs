//! Buffers for vectors: aligned to a vector (a load across two cache lines costs twice), and used again instead of going
//! back to the system (fresh memory costs a page fault for every 4 KiB, more than some stages that fill it).

use std::ops::{Deref, DerefMut};
use std::sync::Mutex;

/// Floats in the 32 bytes of a vector.
const ALIGNMENT: usize = 8;

/// Free memory, the oldest first.
static FREE: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// Most floats kept free (4 GiB): about twice what a step of the largest supernet of method.md §9.1 holds.
const KEPT: usize = 1 << 30;

/// Aligned floats whose memory is used again after they are dropped.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    memory: Vec<f32>,
    start: usize,
    len: usize,
}

impl Buffer {
    /// A buffer whose contents are arbitrary: whoever takes it must write all of it before reading.
    pub fn stale(len: usize) -> Self {
        let needed = len + ALIGNMENT - 1;
        let mut free = FREE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let fits = |memory: &Vec<f32>| (needed..=needed.saturating_mul(2)).contains(&memory.len());
        let best = (0..free.len())
            .filter(|i| fits(&free[*i]))
            .min_by_key(|i| free[*i].len());
        let reused = best.map(|index| free.remove(index));
        let given_back = match &reused {
            Some(_) => Vec::new(),
            None => make_room(&mut free, needed),
        };
        drop(free);
        // What takes its time, with no other thread waiting.
        drop(given_back);
        let memory = reused.unwrap_or_else(|| vec![0.0; needed]);
        // Where the alignment cannot be known the buffer is only slower.
        let offset = memory.as_ptr().align_offset(ALIGNMENT * size_of::<f32>());
        let start = if offset < ALIGNMENT { offset } else { 0 };
        Self { memory, start, len }
    }

    /// A buffer of zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Self::stale(len);
        buffer.fill(0.0);
        buffer
    }
}

/// As much free memory as is about to be taken, to be given back: the largest pieces that are too small, which the new one can stand for.
fn make_room(free: &mut Vec<Vec<f32>>, needed: usize) -> Vec<Vec<f32>> {
    let mut pieces = Vec::new();
    let mut room = 0;
    while room < needed {
        let small = (0..free.len()).filter(|i| free[*i].len() < needed);
        let Some(largest) = small.max_by_key(|i| free[*i].len()) else {
            break;
        };
        room += free[largest].len();
        pieces.push(free.remove(largest));
    }
    pieces
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        if memory.is_empty() {
            return;
        }
        let mut free = FREE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        free.push(memory);
        let mut kept: usize = free.iter().map(Vec::len).sum();
        while kept > KEPT {
            kept -= free.remove(0).len();
        }
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Self::stale(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.memory[self.start..self.start + self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.memory[self.start..self.start + self.len]
    }
}
