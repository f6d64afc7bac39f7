//! A small fuzzer: seeds and changed seeds, the same ones every time.

use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Changed seeds a target. With PLATEAU_FUZZ_SECONDS set, as many as fit into that time.
const RUNS: usize = 3000;
/// No single input may take longer, on a machine that does other things too.
const LONGEST: Duration = Duration::from_secs(2);

/// One to four changes: a bit, an interesting byte or number, a cut, a repetition, a piece of another seed.
fn change(bytes: &mut Vec<u8>, other: &[u8], rng: &mut ChaCha8Rng) {
    for _ in 0..rng.random_range(1..=4) {
        let at = rng.random_range(0..=bytes.len());
        let end = rng.random_range(at..=bytes.len().min(at + 64));
        match rng.random_range(0..8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            1 if at < bytes.len() => {
                bytes[at] = *b"\x00\xff\x7f\x80-9(\""
                    .get(rng.random_range(0..8))
                    .unwrap()
            }
            2 if at + 4 <= bytes.len() => {
                let number: u32 = [0, 1, u32::MAX, 1 << 31, 1 << 20][rng.random_range(0..5)];
                let number = if rng.random() {
                    number.to_le_bytes()
                } else {
                    number.to_be_bytes()
                };
                bytes[at..at + 4].copy_from_slice(&number);
            }
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            6 if !other.is_empty() => {
                let from = rng.random_range(0..other.len());
                let piece = &other[from..other.len().min(from + 64)];
                bytes.splice(at..end, piece.iter().copied());
            }
            _ => bytes.insert(at, rng.random()),
        }
    }
}

/// Runs a target on its seeds as they are, of which it must accept one, and on changed ones.
pub fn run(target: impl Fn(&[u8]) -> bool, seeds: &[Vec<u8>]) {
    let seconds = std::env::var("PLATEAU_FUZZ_SECONDS");
    let time = seconds
        .ok()
        .map(|seconds| Duration::from_secs(seconds.parse().unwrap()));
    let begin = Instant::now();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut slowest = Duration::ZERO;
    let mut accepted = 0;
    let mut round = 0;
    while time.map_or(round < seeds.len() + RUNS, |time| begin.elapsed() < time) {
        let mut bytes = seeds[round % seeds.len()].clone();
        if round >= seeds.len() {
            let other = &seeds[rng.random_range(0..seeds.len())];
            change(&mut bytes, other, &mut rng);
        }
        let start = Instant::now();
        let good = target(&bytes);
        slowest = slowest.max(start.elapsed());
        accepted += usize::from(good && round < seeds.len());
        round += 1;
    }
    println!(
        "{round} inputs in {:?}, the slowest {slowest:?}",
        begin.elapsed()
    );
    // What a target never accepts shows nothing.
    assert!(accepted > 0, "no seed is valid");
    assert!(slowest < LONGEST, "an input took {slowest:?}");
}
