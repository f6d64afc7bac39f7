//! How much the processor can multiply and add, measured: what the speed of a step is compared with.

use std::hint::black_box;
use std::time::Instant;

use super::dispatch::dispatch;
use super::simd::{Simd, Task, V, WIDTH};

/// Sums that do not wait for each other: enough to fill two units of a latency of five, and few enough for sixteen registers.
const CHAINS: usize = 10;
/// Links of every chain: some milliseconds.
const LINKS: usize = 1 << 22;
/// The fastest of so many rounds counts, so that other work on the machine or a sleeping core does not.
const ROUNDS: usize = 16;

/// The most multiplications and additions a second of all threads together, with the vectors that the kernels use on this machine, fused
/// where they fuse: a tenth of a second of work.
pub fn peak_flops() -> f64 {
    let mut fastest = 0.0_f64;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let done: u64 = rayon::broadcast(|_| dispatch(Chains)).into_iter().sum();
        fastest = fastest.max(done as f64 / start.elapsed().as_secs_f64());
    }
    fastest
}

/// Chains of `chain·factor + term`, which tend to 1; returns the operations done.
struct Chains;

impl Task for Chains {
    type Output = u64;

    #[inline(always)]
    fn run<S: Simd>(self, lanes: S) -> u64 {
        let factor = lanes.splat_f32s(black_box(0.999));
        let term = lanes.splat_f32s(black_box(0.001));
        let mut chains: [V<S>; CHAINS] = [term; CHAINS];
        for _ in 0..LINKS {
            for chain in &mut chains {
                *chain = lanes.fma(*chain, factor, term);
            }
        }
        black_box(chains);
        (LINKS * CHAINS * WIDTH * 2) as u64
    }
}
