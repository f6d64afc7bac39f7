use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::DataError;

/// Endless mini-batches of image indices: each epoch deals every index at most once, in an order that depends only on the
/// seed and the epoch, so the number of batches drawn is the whole state.
///
/// An epoch's incomplete last batch is dropped unless it is the only one. Two samplers over different parts of one data set
/// should have different seeds, or they shuffle alike.
#[derive(Debug, Clone)]
pub struct Sampler {
    indices: Vec<u32>,
    batch: usize,
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
            seed,
            drawn: 0,
            order: Vec::new(),
            ordered: None,
        })
    }

    /// The next mini-batch: `batch` indices, or all of them where there are fewer.
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
        let batch = self.batch.min(self.order.len());
        self.order[position * batch..][..batch].to_vec()
    }

    /// Mini-batches of one epoch, at least 1.
    pub fn batches_per_epoch(&self) -> usize {
        (self.indices.len() / self.batch).max(1)
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
