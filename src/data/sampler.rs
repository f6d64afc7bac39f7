use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::DataError;
use crate::nearest::named;

/// What becomes of an epoch's incomplete last batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastBatch {
    /// It is left out; its images come in other epochs.
    #[default]
    Drop,
    /// It is a smaller batch, as in DARTS' program, unless it is a single image, of which no batch norm can be taken.
    Keep,
}

impl LastBatch {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            LastBatch::Drop => "drop",
            LastBatch::Keep => "keep",
        }
    }

    /// Mini-batches of one epoch, at least 1.
    pub fn batches(self, images: usize, batch: usize) -> usize {
        let (full, rest) = (images / batch, images % batch);
        let kept = self == LastBatch::Keep && rest > 1;
        (full + usize::from(kept)).max(1)
    }

    /// Images of the mini-batches of one epoch.
    pub fn images(self, images: usize, batch: usize) -> usize {
        images.min(batch * self.batches(images, batch))
    }
}

impl std::str::FromStr for LastBatch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        named(
            text,
            "a rule for the last batch",
            &[LastBatch::Drop, LastBatch::Keep],
            LastBatch::name,
        )
    }
}

/// Endless mini-batches of image indices: each epoch deals every index at most once, in an order that depends only on the
/// seed and the epoch, so the number of batches drawn is the whole state.
///
/// An epoch's incomplete last batch is dropped unless it is the only one or shall be kept ([`Sampler::with_last`]). Two samplers over different parts of one data set
/// should have different seeds, or they shuffle alike.
#[derive(Debug, Clone)]
pub struct Sampler {
    indices: Vec<u32>,
    batch: usize,
    last: LastBatch,
    seed: u64,
    drawn: u64,
    /// The shuffled indices of one epoch, and which.
    order: Vec<u32>,
    ordered: Option<u64>,
}

impl Sampler {
    /// Samples `batch` of the `indices` at a time.
    ///
    /// # Errors
    /// [`DataError::Empty`] without indices or with `batch = 0`.
    pub fn new(indices: Vec<u32>, batch: usize, seed: u64) -> Result<Sampler, DataError> {
        if indices.is_empty() || batch == 0 {
            return Err(DataError::Empty);
        }
        Ok(Sampler {
            indices,
            batch,
            last: LastBatch::default(),
            seed,
            drawn: 0,
            order: Vec::new(),
            ordered: None,
        })
    }

    /// The same with another rule for an epoch's incomplete last batch.
    #[must_use]
    pub fn with_last(self, last: LastBatch) -> Sampler {
        Sampler { last, ..self }
    }

    /// The next mini-batch: `batch` indices, or those that are left where there are fewer.
    #[expect(
        clippy::should_implement_trait,
        reason = "endless: an iterator's None would be noise"
    )]
    pub fn next(&mut self) -> Vec<u32> {
        let batches = self.batches_per_epoch() as u64;
        let (epoch, position) = (self.drawn / batches, (self.drawn % batches) as usize);
        if self.ordered != Some(epoch) {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(epoch);
            self.order.clone_from(&self.indices);
            self.order.shuffle(&mut rng);
            self.ordered = Some(epoch);
        }
        self.drawn = self.drawn.wrapping_add(1);
        let rest = &self.order[position * self.batch..];
        rest[..self.batch.min(rest.len())].to_vec()
    }

    /// Mini-batches of one epoch, at least 1.
    pub fn batches_per_epoch(&self) -> usize {
        self.last.batches(self.indices.len(), self.batch)
    }

    /// Mini-batches drawn so far: all that a checkpoint has to keep.
    pub fn position(&self) -> u64 {
        self.drawn
    }

    /// Continues after `position` drawn mini-batches, as if they had been drawn from this sampler.
    pub fn restore(&mut self, position: u64) {
        self.drawn = position;
    }
}
