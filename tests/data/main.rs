//! Images in memory: the data sets, their splits and batches, and the readers of what people bring.

mod batch;
mod cli;
mod dataset;
mod memory;
mod readers;
#[path = "../support/mod.rs"]
mod support;

use plateau::data::Dataset;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Twelve colour images of 4×5 with different pixels everywhere, three classes in turn.
fn colours() -> Dataset {
    let (count, channels, height, width) = (12, 3, 4, 5);
    Dataset {
        name: "colours".to_owned(),
        images: (0..count * channels * height * width)
            .map(|at| (at * 37 % 251) as u8)
            .collect(),
        labels: (0..12).map(|image| image % 3).collect(),
        classes: ["a", "b", "c"].map(str::to_owned).to_vec(),
        channels,
        height,
        width,
        flip: true,
        test_from: None,
        notes: Vec::new(),
    }
}

fn generator(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}
