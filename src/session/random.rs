//! One seeded generator a purpose, so that a change in one place does not shift the random numbers of another.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// What random numbers are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Which images are for what.
    Split = 1,
    /// The supernet's first weights.
    SupernetWeights,
    /// The first α.
    Alpha,
    /// Order of the weights half.
    WeightBatches,
    /// Order of the architecture half.
    AlphaBatches,
    /// Augmentation during a search.
    SearchAugmentation,
    /// Neighbors.
    Neighbors,
    /// The genotype of a random choice.
    RandomGenotype,
    /// The derived network's first weights.
    DerivedWeights,
    /// Order of the training part.
    TrainBatches,
    /// Augmentation during training.
    TrainAugmentation,
    /// Drop path.
    DropPath,
    /// The noise of SDARTS.
    Perturbation,
    /// The batch that sharpness is measured on.
    SharpnessBatch,
    /// The single paths that a supernet is trained on.
    SinglePaths,
    /// The images that genotypes are scored on.
    ScoreBatches,
    /// The architectures that a supernet trained on single paths chooses among.
    Candidates,
    /// Everything about α in the other half of a null pair.
    Replica,
    /// Everything of a judge: its images, weights and paths are not those of a search with the same seed.
    Judge,
    /// The order in which a perturbation selects, and the neighbors that a selection looks at.
    Selection,
}

/// The generator of a purpose.
pub fn generator(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(purpose as u64);
    rng
}

/// The generator of a purpose after `drawn` words.
pub fn generator_at(seed: u64, purpose: Purpose, drawn: u64) -> ChaCha8Rng {
    let mut rng = generator(seed, purpose);
    rng.set_word_pos(u128::from(drawn));
    rng
}

/// Words drawn from a generator so far.
pub fn drawn(rng: &ChaCha8Rng) -> u64 {
    // No run draws 2⁶⁴ words.
    rng.get_word_pos() as u64
}

/// A seed of its own for a purpose.
pub fn seed_for(seed: u64, purpose: Purpose) -> u64 {
    generator(seed, purpose).next_u64()
}
