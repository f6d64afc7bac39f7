use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{DataError, Dataset};

/// The three parts of a data set in a bilevel search (method.md §3.1), as ascending image indices. They are disjoint and
/// together hold every image. The test part never reaches a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Images that train the weights.
    pub weights: Vec<u32>,
    /// Images that train the architecture parameters.
    pub architecture: Vec<u32>,
    /// Images that only a finished architecture is tested on.
    pub test: Vec<u32>,
}

impl Split {
    /// Splits by seed and class: a part has its share of the images rounded, and its share of each class to within two images.
    ///
    /// The test part is `test_share` of the images, or the official one where the data set has it (`test_share` is then
    /// unused); the rest goes half to the weights and half to the architecture.
    ///
    /// # Errors
    /// [`DataError::TestShare`] unless `0 ≤ test_share < 1`; [`DataError::NoTest`] if the test would get no image and
    /// [`DataError::TooFew`] if the weights or the architecture would; [`DataError::Inconsistent`] from [`Dataset::check`].
    pub fn new(dataset: &Dataset, test_share: f64, seed: u64) -> Result<Split, DataError> {
        dataset.check()?;
        if !(0.0..1.0).contains(&test_share) {
            return Err(DataError::TestShare(test_share));
        }
        let searchable = dataset.test_from.unwrap_or(dataset.len());
        let mut classes = vec![Vec::new(); dataset.classes.len()];
        for (index, &label) in (0u32..).zip(&dataset.labels[..searchable]) {
            classes[usize::from(label)].push(index);
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for class in &mut classes {
            class.shuffle(&mut rng);
        }
        let test = match dataset.test_from {
            Some(_) => (0u32..).take(dataset.len()).skip(searchable).collect(),
            None => take(&mut classes, test_share),
        };
        if test.is_empty() {
            return Err(DataError::NoTest {
                name: dataset.name.clone(),
                images: searchable,
                share: test_share,
                // Half an image is rounded to one.
                least: (500.0 / searchable as f64).ceil() / 1000.0,
            });
        }
        let weights = take(&mut classes, 0.5);
        let architecture = take(&mut classes, 1.0);
        if weights.is_empty() || architecture.is_empty() {
            return Err(DataError::TooFew {
                name: dataset.name.clone(),
                left: weights.len() + architecture.len(),
            });
        }
        Ok(Split {
            weights,
            architecture,
            test,
        })
    }

    /// The images of a judge of architectures (method.md §10.7): one half of the weights' images trains it, it scores on the other. So it
    /// never sees the images that choose architectures or that test them.
    ///
    /// # Errors
    /// [`DataError::TooFew`] if a half would get no image.
    pub fn of_judge(&self, dataset: &Dataset, seed: u64) -> Result<Split, DataError> {
        let mut classes = vec![Vec::new(); dataset.classes.len()];
        for &index in &self.weights {
            classes[usize::from(dataset.labels[index as usize])].push(index);
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for class in &mut classes {
            class.shuffle(&mut rng);
        }
        let weights = take(&mut classes, 0.5);
        let architecture = take(&mut classes, 1.0);
        if weights.is_empty() || architecture.is_empty() {
            return Err(DataError::TooFew {
                name: dataset.name.clone(),
                left: self.weights.len(),
            });
        }
        Ok(Split {
            weights,
            architecture,
            test: self.test.clone(),
        })
    }

    /// Everything outside the test part: the weights' images, then the architecture's. Final training uses it.
    pub fn train(&self) -> Vec<u32> {
        [self.weights.as_slice(), &self.architecture].concat()
    }
}

/// Moves `share` of the images out of the classes. Rounding the running total instead of each class keeps the sum exact.
fn take(classes: &mut [Vec<u32>], share: f64) -> Vec<u32> {
    let mut taken = Vec::new();
    let mut seen = 0;
    for class in classes {
        seen += class.len();
        let due = (share * seen as f64).round() as usize;
        let keep = class.len() - due.saturating_sub(taken.len()).min(class.len());
        taken.extend(class.split_off(keep));
    }
    taken.sort_unstable();
    taken
}
